/* A table: which template gives which rules. */
#include "access/template.h"

#include "access/name.h"

static const struct {
    const char *name;
    bool wants_name;
} templates[TEMPLATES] = {
    [TEMPLATE_SERVICE] = { "builtin/service", true },
    [TEMPLATE_NODE] = { "builtin/node", true },
    [TEMPLATE_DNS] = { "builtin/dns", false },
    [TEMPLATE_NOMAD_SERVER] = { "builtin/nomad-server", false },
    [TEMPLATE_NOMAD_CLIENT] = { "builtin/nomad-client", false },
    [TEMPLATE_API_GATEWAY] = { "builtin/api-gateway", true },
    [TEMPLATE_WORKLOAD_IDENTITY] = { "builtin/workload-identity", true },
};

/* SUFFIX: what follows the name in an exact rule; NULL: a prefix rule for all names. A kind without
 * names has an empty exact one. */
static const struct {
    enum access_template template;
    enum access_kind kind;
    const char *suffix;
    unsigned grants;
} rows[] = {
    { TEMPLATE_SERVICE, ACCESS_SERVICE, "", ACCESS_GRANT_WRITE },
    { TEMPLATE_SERVICE, ACCESS_SERVICE, "-sidecar-proxy", ACCESS_GRANT_WRITE },
    { TEMPLATE_SERVICE, ACCESS_SERVICE, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_SERVICE, ACCESS_NODE, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_NODE, ACCESS_NODE, "", ACCESS_GRANT_WRITE },
    { TEMPLATE_NODE, ACCESS_SERVICE, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_DNS, ACCESS_NODE, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_DNS, ACCESS_SERVICE, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_DNS, ACCESS_QUERY, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_NOMAD_SERVER, ACCESS_ACL, "", ACCESS_GRANT_WRITE },
    { TEMPLATE_NOMAD_SERVER, ACCESS_AGENT, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_NOMAD_SERVER, ACCESS_NODE, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_NOMAD_SERVER, ACCESS_SERVICE, NULL, ACCESS_GRANT_WRITE },
    { TEMPLATE_NOMAD_CLIENT, ACCESS_AGENT, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_NOMAD_CLIENT, ACCESS_NODE, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_NOMAD_CLIENT, ACCESS_SERVICE, NULL, ACCESS_GRANT_WRITE },
    { TEMPLATE_NOMAD_CLIENT, ACCESS_KEY, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_API_GATEWAY, ACCESS_MESH, "", ACCESS_GRANT_READ },
    { TEMPLATE_API_GATEWAY, ACCESS_NODE, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_API_GATEWAY, ACCESS_SERVICE, NULL, ACCESS_GRANT_READ },
    { TEMPLATE_API_GATEWAY, ACCESS_SERVICE, "", ACCESS_GRANT_WRITE },
};

const char *template_name(enum access_template t)
{
    return templates[t].name;
}

bool template_find(struct bytes name, enum access_template *ret)
{
    for (enum access_template t = 0; t < TEMPLATES; t++)
        if (bytes_is(name, templates[t].name)) {
            *ret = t;
            return true;
        }
    return false;
}

bool template_wants_name(enum access_template t)
{
    return templates[t].wants_name;
}

static void add_row(size_t row, struct bytes name, struct bytes source, struct access_rules *out)
{
    struct access_rule rule = { .kind = rows[row].kind,
                                .grants = rows[row].grants,
                                .source = source };
    if (rows[row].suffix == NULL)
        rule.match = ACCESS_PREFIX;
    else if (access_kind_info(rule.kind)->has_names)
        rule.name = bytes_str(arena_printf(out->arena, "%.*s%s", (int)name.n, (const char *)name.p,
                                           rows[row].suffix));
    access_rules_add(out, &rule);
    if (rule.kind != ACCESS_SERVICE)
        return;
    rule.kind = ACCESS_INTENTION; /* as a written rule without `intentions` implies */
    rule.is_implied = true;
    rule.grants &= ACCESS_GRANT_READ;
    access_rules_add(out, &rule);
}

enum err template_add_rules(enum access_template t, struct bytes name, struct access_rules *out)
{
    bool is_fit = templates[t].wants_name ? identity_name_is_valid(name) : name.n == 0;
    if (!is_fit)
        return ERR_INVALID;
    struct bytes source =
        bytes_str(arena_printf(out->arena, "%s%s%.*s", templates[t].name, name.n == 0 ? "" : ":",
                               (int)name.n, (const char *)name.p));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].template == t)
            add_row(i, name, source, out);
    return OK;
}

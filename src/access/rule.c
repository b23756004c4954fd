/* The table of kinds, and the list of rules. */
#include "access/rule.h"

enum { FIRST_ROOM = 16 };

/* clang-format off */
static const struct access_kind_info kinds[ACCESS_KINDS] = {
    /*                    name         names  choice          default fallback */
    [ACCESS_ACL]       = { "acl",       false, ACCESS_NEAREST, false, ACCESS_ACL },
    [ACCESS_AGENT]     = { "agent",     true,  ACCESS_NEAREST, true,  ACCESS_AGENT },
    [ACCESS_EVENT]     = { "event",     true,  ACCESS_NEAREST, true,  ACCESS_EVENT },
    [ACCESS_INTENTION] = { "intention", true,  ACCESS_NEAREST, true,  ACCESS_INTENTION },
    [ACCESS_KEY]       = { "key",       true,  ACCESS_NEAREST, true,  ACCESS_KEY },
    [ACCESS_KEYRING]   = { "keyring",   false, ACCESS_NEAREST, true,  ACCESS_KEYRING },
    [ACCESS_MESH]      = { "mesh",      false, ACCESS_NEAREST, true,  ACCESS_OPERATOR },
    [ACCESS_NODE]      = { "node",      true,  ACCESS_NEAREST, true,  ACCESS_NODE },
    [ACCESS_OPERATOR]  = { "operator",  false, ACCESS_NEAREST, true,  ACCESS_OPERATOR },
    [ACCESS_PEERING]   = { "peering",   false, ACCESS_NEAREST, true,  ACCESS_OPERATOR },
    [ACCESS_QUERY]     = { "query",     true,  ACCESS_NEAREST, true,  ACCESS_QUERY },
    [ACCESS_SERVICE]   = { "service",   true,  ACCESS_NEAREST, true,  ACCESS_SERVICE },
    [ACCESS_SESSION]   = { "session",   true,  ACCESS_NEAREST, true,  ACCESS_SESSION },
    [ACCESS_ETCD_KEY]  = { "etcd_key",  true,  ACCESS_UNION,   false, ACCESS_ETCD_KEY },
};
/* clang-format on */

const struct access_kind_info *access_kind_info(enum access_kind kind)
{
    return &kinds[kind];
}

void access_rules_init(struct access_rules *r, struct arena *arena)
{
    *r = (struct access_rules){ .arena = arena };
}

void access_rules_add(struct access_rules *r, const struct access_rule *rule)
{
    if (r->n == r->room) {
        size_t room = r->room == 0 ? FIRST_ROOM : 2 * r->room;
        struct access_rule *all = arena_zalloc(r->arena, room, sizeof *all);
        if (r->n > 0)
            memcpy(all, r->all, r->n * sizeof *all);
        r->all = all;
        r->room = room;
    }
    struct access_rule *copy = &r->all[r->n++];
    *copy = *rule;
    copy->name = arena_dup(r->arena, rule->name);
    copy->end = arena_dup(r->arena, rule->end);
    copy->source = arena_dup(r->arena, rule->source);
}

void access_rules_add_all(struct access_rules *r, struct bytes source)
{
    for (enum access_kind kind = 0; kind < ACCESS_KINDS; kind++)
        access_rules_add(
            r, &(struct access_rule){ .kind = kind,
                                      .match = kinds[kind].has_names ? ACCESS_PREFIX : ACCESS_EXACT,
                                      .grants = ACCESS_GRANT_WRITE,
                                      .source = source });
}

/* -- for a person --------------------------------------------------------------------------------
 */

static void print_quoted(struct bytes text, struct buf *out)
{
    buf_put_u8(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            buf_printf(out, "\\x%02x", c);
        else
            buf_put_u8(out, c);
    }
    buf_put_u8(out, '"');
}

static void print_grants(unsigned grants, struct buf *out)
{
    static const struct {
        unsigned grants;
        const char *name;
    } levels[] = {
        { ACCESS_GRANT_DENY, "deny" }, { ACCESS_GRANT_READ, "read" },
        { ACCESS_GRANT_LIST, "list" }, { ACCESS_GRANT_WRITE, "write" },
        { ACCESS_GRANT_PUT, "put" },   { ACCESS_GRANT_PUT | ACCESS_GRANT_LIST, "read and put" },
    };
    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        if (levels[i].grants == grants)
            buf_put_str(out, levels[i].name);
}

void access_rule_print(const struct access_rule *rule, struct buf *out)
{
    buf_put_str(out, kinds[rule->kind].name);
    if (rule->match == ACCESS_PREFIX)
        buf_put_str(out, "_prefix");
    if (kinds[rule->kind].has_names) {
        buf_put_u8(out, ' ');
        print_quoted(rule->name, out);
    }
    if (rule->match == ACCESS_SPAN) {
        buf_put_str(out, " up to ");
        if (rule->end.n == 0)
            buf_put_str(out, "the end");
        else
            print_quoted(rule->end, out);
    }
    buf_put_str(out, " = ");
    print_grants(rule->grants, out);
    buf_put_str(out, ", by ");
    print_quoted(rule->source, out);
}

/* Templated policies: what there are, what they say, and of whom. */
#include "access/template.h"
#include "base/siphash.h"
#include "faces/consul/acl/acl.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"

/* Stands for the name while the text of a template is made; no name of anything. */
#define PLACE "name-of-what-it-is-about"

static const char *const descriptions[TEMPLATES] = {
    [TEMPLATE_SERVICE] = "Gives the token or role permissions to register a service and discover "
                         "services in the Consul catalog. It also gives the specified service's "
                         "sidecar proxy the permission to discover and route traffic to other "
                         "services.",
    [TEMPLATE_NODE] = "Gives the token or role permissions for a register an agent/node into the "
                      "catalog. A node is typically a consul agent but can also be a physical "
                      "server, cloud instance or a container.",
    [TEMPLATE_DNS] = "Gives the token or role permissions for the Consul DNS to query services in "
                     "the network.",
    [TEMPLATE_NOMAD_SERVER] = "Gives the token or role permissions required for integration with a "
                              "nomad server.",
    [TEMPLATE_NOMAD_CLIENT] = "Gives the token or role permissions required for integration with a "
                              "nomad client.",
    [TEMPLATE_API_GATEWAY] = "Gives the token or role permissions for a Consul api gateway",
    [TEMPLATE_WORKLOAD_IDENTITY] = "Gives the token or role permissions for a specific workload "
                                   "identity.",
};

/* -- the text of rules ------------------------------------------------------------------------- */

/* NAME with "{{.Name}}" for PLACE. */
static void put_name(struct buf *out, struct bytes name)
{
    if (bytes_starts(name, bytes_str(PLACE))) {
        buf_put_str(out, "{{.Name}}");
        name = bytes_skip(name, sizeof PLACE - 1);
    }
    buf_put_bytes(out, name);
}

static void put_rule(struct buf *out, const struct access_rule *r)
{
    const struct access_kind_info *kind = access_kind_info(r->kind);
    const char *level = r->grants == ACCESS_GRANT_WRITE ? "write" : "read";
    if (out->n > 0)
        buf_put_u8(out, '\n');
    if (!kind->has_names) {
        buf_printf(out, "%s = \"%s\"", kind->name, level);
        return;
    }
    buf_printf(out, "%s%s \"", kind->name, r->match == ACCESS_PREFIX ? "_prefix" : "");
    put_name(out, r->name);
    buf_printf(out, "\" {\n\tpolicy = \"%s\"\n}", level);
}

static enum err put_rules(enum access_template t, struct bytes name, struct arena *arena,
                          struct buf *out)
{
    struct access_rules rules;
    access_rules_init(&rules, arena);
    enum err e = template_add_rules(t, name, &rules);
    for (size_t i = 0; e == OK && i < rules.n; i++)
        if (!rules.all[i].is_implied)
            put_rule(out, &rules.all[i]);
    return e;
}

/* -- showing ----------------------------------------------------------------------------------- */

static const char *schema_of(enum access_template t)
{
    return template_wants_name(t) ? "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":"
                                    "\"string\",\"$ref\":\"#/definitions/min-length-one\"}},"
                                    "\"required\":[\"name\"],\"definitions\":{\"min-length-one\":"
                                    "{\"type\":\"string\",\"minLength\":1}}}"
                                  : "";
}

static void put_template(struct consul_call *c, struct json_writer *j, enum access_template t)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    enum err e =
        put_rules(t, bytes_str(template_wants_name(t) ? PLACE : ""), consul_arena(c), &text);
    json_open_object(j);
    json_add_str(j, "TemplateName", template_name(t));
    json_add_str(j, "Schema", schema_of(t));
    json_add_string(j, "Template", e == OK ? buf_bytes(&text) : bytes_str(""));
    json_add_str(j, "Description", descriptions[t]);
    json_close_object(j);
    buf_fini(&text);
}

void acl_templates(struct consul_call *c)
{
    if (!acl_may_read(c))
        return;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    for (enum access_template t = 0; t < TEMPLATES; t++) {
        json_put_name(j, template_name(t));
        put_template(c, j, t);
    }
    json_close_object(j);
    consul_answer_json(c, 200);
}

static bool find(struct consul_call *c, enum access_template *ret)
{
    bool found = template_find(c->rest, ret);
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing templated policy Name");
    else if (!found)
        consul_refuse_text(c, 404, "Invalid templated policy Name: %s", consul_text(c, c->rest));
    return found;
}

void acl_template_get_one(struct consul_call *c)
{
    enum access_template t;
    if (!acl_may_read(c) || !find(c, &t))
        return;
    put_template(c, consul_json(c), t);
    consul_answer_json(c, 200);
}

/* -- what it would be for a name --------------------------------------------------------------- */

struct preview {
    struct bytes name;
};
static const struct json_field fields[] = { JSON_FIELD(struct preview, name, "Name", STRING) };
static const struct json_shape shape = { "ACLTemplatedPolicyVariables", sizeof(struct preview),
                                         fields, 1, false };

/* The policy's id is made of what it says, so that the same is called the same. */
static struct uuid id_of(struct bytes rules)
{
    uint64_t a = siphash(&(struct siphash_key){ { 1, 2 } }, rules);
    uint64_t b = siphash(&(struct siphash_key){ { 3, 4 } }, rules);
    return uuid_random(a, b);
}

static void answer_preview(struct consul_call *c, struct bytes rules, enum access_template t)
{
    struct uuid id = id_of(rules);
    char text[UUID_TEXT + 1];
    uuid_print(&id, text);
    struct acl_policy p = {
        .id = id,
        .name = bytes_str(arena_printf(consul_arena(c), "synthetic-policy-%s", text)),
        .description = bytes_str(
            arena_printf(consul_arena(c), "synthetic policy generated from templated policy: %s",
                         template_name(t))),
        .rules = rules
    };
    struct acl_stamp none = { 0 };
    acl_put_policy_object(consul_json(c), &p, &none, true);
    consul_answer_json(c, 200);
}

void acl_template_preview(struct consul_call *c)
{
    enum access_template t;
    struct preview none = { 0 };
    struct buf rules;
    if (!acl_may_read(c) || !find(c, &t))
        return;
    acl_task(c)->body = &none;
    if (http_body(c->request).n > 0 && !acl_decode(c, &shape, "Request"))
        return;
    struct bytes name = ((const struct preview *)acl_task(c)->body)->name;
    buf_init(&rules, 64 * 1024);
    if (put_rules(t, name, consul_arena(c), &rules) == OK)
        answer_preview(c, arena_dup(consul_arena(c), buf_bytes(&rules)), t);
    else
        consul_refuse_text(c, 400, "validation error for templated policy: %s: Name is %s",
                           template_name(t), consul_quoted(c, name));
    buf_fini(&rules);
}

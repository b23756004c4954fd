/* Auth methods: who may log in. */
#include "access/acl_check.h"
#include "faces/consul/acl/acl.h"
#include "faces/consul/acl/acl_keys.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/json_text.h"
#include "wire/duration.h"

#define MISSING "Missing auth method name"
#define UNKNOWN "Requested auth method does not exist: ACL not found"

struct method_body {
    struct bytes name, type, display_name, description, locality;
    int64_t max_ttl_ns;
    const struct json_node *config, *ignored;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct method_body, name, "Name", STRING),
    JSON_FIELD(struct method_body, type, "Type", STRING),
    JSON_FIELD(struct method_body, display_name, "DisplayName", STRING),
    JSON_FIELD(struct method_body, description, "Description", STRING),
    JSON_FIELD(struct method_body, max_ttl_ns, "MaxTokenTTL", DURATION),
    JSON_FIELD(struct method_body, locality, "TokenLocality", STRING),
    JSON_FIELD(struct method_body, config, "Config", ANY),
    JSON_FIELD(struct method_body, ignored, "CreateIndex", ANY),
    JSON_FIELD(struct method_body, ignored, "ModifyIndex", ANY),
};
static const struct json_shape shape = { "ACLAuthMethod", sizeof(struct method_body), fields,
                                         ARRAY_LEN(fields), false };

/* -- showing ----------------------------------------------------------------------------------- */

static void put_object(struct json_writer *j, const struct acl_auth_method *m,
                       const struct acl_stamp *stamp, bool is_whole)
{
    struct buf ttl;
    buf_init(&ttl, 64);
    duration_print((int64_t)(m->max_ttl_ms * 1000000), &ttl);
    json_open_object(j);
    json_add_string(j, "Name", m->name);
    json_add_string(j, "Type", m->type);
    if (m->display_name.n > 0)
        json_add_string(j, "DisplayName", m->display_name);
    json_add_string(j, "Description", m->description);
    if (m->max_ttl_ms > 0)
        json_add_string(j, "MaxTokenTTL", buf_bytes(&ttl));
    json_add_str(j, "TokenLocality", m->is_global ? "global" : "local");
    if (is_whole)
        json_add_raw(j, "Config", m->config);
    acl_put_stamp(j, stamp, NULL);
    json_close_object(j);
    buf_fini(&ttl);
}

static void show(struct consul_call *c, const struct view *view)
{
    struct acl_auth_method m;
    struct acl_stamp stamp;
    enum err e = acl_auth_method_get(view, acl_task(c)->name, consul_arena(c), &m, &stamp);
    if (e == ERR_NOT_FOUND) {
        consul_refuse_text(c, 404, UNKNOWN);
    } else if (e != OK) {
        consul_fail(c, e);
    } else {
        put_object(consul_json(c), &m, &stamp, true);
        consul_answer_json(c, 200);
    }
}

static void list(struct consul_call *c, const struct view *view)
{
    struct acl_texts names;
    enum err e = acl_list(view, ACL_ROW_AUTH_METHOD, consul_arena(c), &names);
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; e == OK && i < names.n; i++) {
        struct acl_auth_method m;
        struct acl_stamp stamp;
        e = acl_auth_method_get(view, names.all[i], consul_arena(c), &m, &stamp);
        if (e == OK)
            put_object(j, &m, &stamp, false);
    }
    json_close_array(j);
    if (e == OK)
        consul_answer_json(c, 200);
    else
        consul_fail(c, e);
}

void acl_methods(struct consul_call *c)
{
    if (acl_may_read(c))
        acl_show(c, list);
}

/* What follows the path as a name; false: refused. */
static bool take_name(struct consul_call *c)
{
    acl_task(c)->name = c->rest;
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, MISSING);
    return c->rest.n > 0;
}

void acl_method_get_one(struct consul_call *c)
{
    if (acl_may_read(c) && take_name(c))
        acl_show(c, show);
}

/* -- changing ---------------------------------------------------------------------------------- */

static bool read_method(struct consul_call *c, struct acl_auth_method *ret)
{
    const struct method_body *b = acl_task(c)->body;
    struct why why = { 0 };
    *ret = (struct acl_auth_method){ .name = acl_task(c)->name,
                                     .type = b->type,
                                     .display_name = b->display_name,
                                     .description = b->description,
                                     .is_global = bytes_is(b->locality, "global"),
                                     .config = consul_json_text(c, b->config, 2 * ACL_CONFIG_MAX) };
    if (b->locality.n > 0 && !ret->is_global && !bytes_is(b->locality, "local"))
        IGNORE(why_set(&why, ERR_INVALID,
                       "Invalid Auth Method: TokenLocality should be one of 'local' or 'global'"));
    else if (b->max_ttl_ns < 0 || (b->max_ttl_ns > 0 && b->max_ttl_ns < INT64_C(60000000000)) ||
             b->max_ttl_ns > INT64_C(86400000000000))
        IGNORE(why_set(&why, ERR_INVALID, "MaxTokenTTL must be between 1m0s and 24h0m0s"));
    else if (acl_auth_method_check(ret, &why) == OK)
        ret->max_ttl_ms = (uint64_t)b->max_ttl_ns / 1000000;
    if (why.text[0] != 0)
        acl_refuse(c, &why);
    return why.text[0] == 0;
}

static void plan(struct consul_call *c, const struct view *view)
{
    struct acl_auth_method m, before;
    struct acl_stamp stamp;
    struct acl_edits edits;
    bool is_new = acl_task(c)->is_new;
    enum err e = acl_auth_method_get(view, acl_task(c)->name, consul_arena(c), &before, &stamp);
    if (!read_method(c, &m))
        return;
    if (is_new && e == OK) {
        consul_refuse_text(c, 500,
                           "Invalid Auth Method: An Auth Method with Name %s already exists",
                           consul_quoted(c, m.name));
    } else if (!is_new && e != OK) {
        consul_refuse_text(c, 500, "cannot find auth method %s", consul_text(c, m.name));
    } else if (!is_new && !bytes_eq(before.type, m.type)) {
        consul_refuse_text(c, 500, "Changing an auth method's type is not permitted");
    } else {
        acl_edits_init(&edits, 1, consul_arena(c));
        acl_put_auth_method(&edits, &m, is_new ? NULL : &stamp);
        acl_commit(c, &edits, show);
    }
}

/* Keys that cannot be fetched now would let nobody in. */
static void with_keys(struct consul_call *c, const struct jwk_set *keys, const char *failure)
{
    if (keys != NULL)
        acl_plan(c, plan);
    else
        consul_refuse_text(c, 500, "Invalid Auth Method: error checking %s: %s", acl_task(c)->what,
                           failure);
}

/* Looks at the method before it is written. */
static void try_and_plan(struct consul_call *c)
{
    struct acl_auth_method m;
    struct jwt_method *method;
    struct why why = { 0 };
    if (!read_method(c, &m))
        return;
    if (!bytes_is(m.type, "jwt")) {
        acl_plan(c, plan);
        return;
    }
    if (jwt_method_new(m.config, &method, &why) != OK) {
        acl_refuse(c, &why);
        return;
    }
    const struct jwt_source *source = jwt_method_source(method);
    acl_task(c)->what = source->kind == JWT_KEYS_AT_URL ? "JWKSURL" : "OIDCDiscoveryURL";
    if (source->kind == JWT_KEYS_GIVEN)
        acl_plan(c, plan);
    else
        acl_keys_ask(c, source, NULL, with_keys);
    jwt_method_free(method);
}

void acl_method_create(struct consul_call *c)
{
    if (!acl_may_write(c) || !acl_decode(c, &shape, "AuthMethod"))
        return;
    acl_task(c)->is_new = true;
    acl_task(c)->name = ((const struct method_body *)acl_task(c)->body)->name;
    try_and_plan(c);
}

void acl_method_put_one(struct consul_call *c)
{
    if (!acl_may_write(c) || !take_name(c) || !acl_decode(c, &shape, "AuthMethod"))
        return;
    const struct method_body *b = acl_task(c)->body;
    if (b->name.n > 0 && !bytes_eq(b->name, c->rest))
        consul_refuse_text(c, 400, "AuthMethod Name in URL and payload do not match");
    else
        try_and_plan(c);
}

/* -- removing ---------------------------------------------------------------------------------- */

/* With it go its rules. What it let in stays until it ends or is removed, as those who may can. */
static enum err remove_rules(struct consul_call *c, const struct view *view,
                             struct acl_edits *edits, const struct acl_texts *ids,
                             struct bytes method)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ids->n; i++) {
        struct uuid id;
        struct acl_binding_rule b;
        struct acl_stamp stamp;
        memcpy(id.b, ids->all[i].p, UUID_BYTES);
        e = acl_binding_rule_get(view, &id, consul_arena(c), &b, &stamp);
        if (e == OK && bytes_eq(b.auth_method, method))
            acl_remove_binding_rule(edits, &id, &stamp);
    }
    return e;
}

static void plan_delete(struct consul_call *c, const struct view *view)
{
    struct acl_auth_method m;
    struct acl_stamp stamp;
    struct acl_edits edits;
    struct acl_texts rules;
    enum err e = acl_auth_method_get(view, acl_task(c)->name, consul_arena(c), &m, &stamp);
    if (e == ERR_NOT_FOUND) {
        consul_refuse_text(c, 404, "Cannot find auth method to delete");
        return;
    }
    if (e == OK)
        e = acl_list(view, ACL_ROW_BINDING_RULE, consul_arena(c), &rules);
    if (e == OK) {
        acl_edits_init(&edits, 1 + rules.n, consul_arena(c));
        acl_remove_auth_method(&edits, m.name, &stamp);
        e = remove_rules(c, view, &edits, &rules, m.name);
    }
    if (e == OK)
        acl_commit(c, &edits, NULL);
    else
        consul_fail(c, e);
}

void acl_method_delete(struct consul_call *c)
{
    if (acl_may_write(c) && take_name(c))
        acl_plan(c, plan_delete);
}

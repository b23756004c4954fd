/* Binding rules: what who logs in is given. */
#include "access/acl_check.h"
#include "faces/consul/acl/acl.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"

#define MISSING "Missing binding rule ID"
#define UNKNOWN "Requested binding rule does not exist: ACL not found"

struct vars {
    struct bytes name;
};

struct rule_body {
    struct bytes id, description, auth_method, selector, bind_type, bind_name;
    struct vars vars;
    const struct json_node *ignored;
};

static const struct json_field vars_fields[] = {
    JSON_FIELD(struct vars, name, "Name", STRING),
};
static const struct json_shape vars_shape = { "ACLTemplatedPolicyVariables", sizeof(struct vars),
                                              vars_fields, 1, false };
static const struct json_field fields[] = {
    JSON_FIELD(struct rule_body, id, "ID", STRING),
    JSON_FIELD(struct rule_body, description, "Description", STRING),
    JSON_FIELD(struct rule_body, auth_method, "AuthMethod", STRING),
    JSON_FIELD(struct rule_body, selector, "Selector", STRING),
    JSON_FIELD(struct rule_body, bind_type, "BindType", STRING),
    JSON_FIELD(struct rule_body, bind_name, "BindName", STRING),
    JSON_FIELD_OF(struct rule_body, vars, "BindVars", STRUCT, &vars_shape),
    JSON_FIELD(struct rule_body, ignored, "CreateIndex", ANY),
    JSON_FIELD(struct rule_body, ignored, "ModifyIndex", ANY),
};
static const struct json_shape shape = { "ACLBindingRule", sizeof(struct rule_body), fields,
                                         ARRAY_LEN(fields), false };

/* -- showing ----------------------------------------------------------------------------------- */

static void put_object(struct json_writer *j, const struct acl_binding_rule *b,
                       const struct acl_stamp *stamp)
{
    json_open_object(j);
    acl_put_id(j, "ID", &b->id);
    json_add_string(j, "Description", b->description);
    json_add_string(j, "AuthMethod", b->auth_method);
    json_add_string(j, "Selector", b->selector);
    json_add_str(j, "BindType", acl_bind_name(b->bind));
    json_add_string(j, "BindName", b->bind_name);
    if (b->bind_var.n > 0) {
        json_add_object(j, "BindVars");
        json_add_string(j, "Name", b->bind_var);
        json_close_object(j);
    }
    acl_put_stamp(j, stamp, NULL);
    json_close_object(j);
}

static void show(struct consul_call *c, const struct view *view)
{
    struct acl_binding_rule b;
    struct acl_stamp stamp;
    enum err e = acl_binding_rule_get(view, &acl_task(c)->id, consul_arena(c), &b, &stamp);
    if (e == ERR_NOT_FOUND) {
        consul_refuse_text(c, 404, UNKNOWN);
    } else if (e != OK) {
        consul_fail(c, e);
    } else {
        put_object(consul_json(c), &b, &stamp);
        consul_answer_json(c, 200);
    }
}

static void list(struct consul_call *c, const struct view *view)
{
    struct acl_texts ids;
    struct bytes method;
    if (!consul_param(c, "authmethod", &method))
        method = bytes_str("");
    enum err e = acl_list(view, ACL_ROW_BINDING_RULE, consul_arena(c), &ids);
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; e == OK && i < ids.n; i++) {
        struct uuid id;
        struct acl_binding_rule b;
        struct acl_stamp stamp;
        memcpy(id.b, ids.all[i].p, UUID_BYTES);
        e = acl_binding_rule_get(view, &id, consul_arena(c), &b, &stamp);
        if (e == OK && (method.n == 0 || bytes_eq(method, b.auth_method)))
            put_object(j, &b, &stamp);
    }
    json_close_array(j);
    if (e == OK)
        consul_answer_json(c, 200);
    else
        consul_fail(c, e);
}

void acl_bindings(struct consul_call *c)
{
    if (acl_may_read(c))
        acl_show(c, list);
}

void acl_binding_get_one(struct consul_call *c)
{
    if (acl_may_read(c) && acl_id_of_path(c, MISSING, UNKNOWN))
        acl_show(c, show);
}

/* -- changing ---------------------------------------------------------------------------------- */

static enum err read_rule(struct consul_call *c, const struct view *view,
                          struct acl_binding_rule *ret, struct why *why)
{
    const struct rule_body *b = acl_task(c)->body;
    struct acl_auth_method m;
    struct acl_stamp stamp;
    *ret = (struct acl_binding_rule){ .id = acl_task(c)->id,
                                      .description = b->description,
                                      .auth_method = b->auth_method,
                                      .selector = b->selector,
                                      .bind_name = b->bind_name,
                                      .bind_var = b->vars.name };
    if (b->bind_type.n == 0)
        return why_set(why, ERR_INVALID, "Invalid Binding Rule: no BindType is set");
    if (!acl_bind_find(b->bind_type, &ret->bind))
        return why_set(why, ERR_INVALID, "Invalid Binding Rule: unknown BindType %s",
                       consul_quoted(c, b->bind_type));
    enum err e = acl_binding_rule_check(ret, why);
    if (e == OK && acl_auth_method_get(view, b->auth_method, consul_arena(c), &m, &stamp) != OK)
        e = why_set(why, ERR_INVALID, "cannot find auth method with name %s",
                    consul_quoted(c, b->auth_method));
    return e;
}

static void plan(struct consul_call *c, const struct view *view)
{
    struct acl_binding_rule rule, before;
    struct acl_stamp stamp;
    struct acl_edits edits;
    struct why why = { 0 };
    bool is_new = acl_task(c)->is_new;
    if (!is_new &&
        acl_binding_rule_get(view, &acl_task(c)->id, consul_arena(c), &before, &stamp) != OK) {
        consul_refuse_text(c, 500, "cannot find binding rule %s", consul_text(c, c->rest));
    } else if (read_rule(c, view, &rule, &why) != OK) {
        acl_refuse(c, &why);
    } else if (!is_new && !bytes_eq(before.auth_method, rule.auth_method)) {
        consul_refuse_text(c, 500, "the AuthMethod field of an Binding Rule is immutable");
    } else {
        acl_edits_init(&edits, 1, consul_arena(c));
        acl_put_binding_rule(&edits, &rule, is_new ? NULL : &stamp);
        acl_commit(c, &edits, show);
    }
}

void acl_binding_create(struct consul_call *c)
{
    if (!acl_may_write(c) || !acl_decode(c, &shape, "BindingRule"))
        return;
    struct acl_task *task = acl_task(c);
    if (((const struct rule_body *)task->body)->id.n > 0) {
        consul_refuse_text(c, 400, "Cannot specify the ID when creating a new binding rule");
        return;
    }
    task->is_new = true;
    task->id = uuid_random(entropy_u64(), entropy_u64());
    acl_plan(c, plan);
}

void acl_binding_put_one(struct consul_call *c)
{
    struct uuid in_body;
    if (!acl_may_write(c) || !acl_id_of_path(c, MISSING, UNKNOWN) ||
        !acl_decode(c, &shape, "BindingRule"))
        return;
    const struct rule_body *b = acl_task(c)->body;
    if (b->id.n > 0 && (!uuid_parse(b->id, &in_body) || !uuid_eq(&in_body, &acl_task(c)->id)))
        consul_refuse_text(c, 400, "BindingRule ID in URL and payload do not match");
    else
        acl_plan(c, plan);
}

static void plan_delete(struct consul_call *c, const struct view *view)
{
    struct acl_binding_rule b;
    struct acl_stamp stamp;
    struct acl_edits edits;
    enum err e = acl_binding_rule_get(view, &acl_task(c)->id, consul_arena(c), &b, &stamp);
    if (e == ERR_NOT_FOUND) {
        consul_refuse_text(c, 404, "Cannot find binding rule to delete");
        return;
    }
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    acl_edits_init(&edits, 1, consul_arena(c));
    acl_remove_binding_rule(&edits, &b.id, &stamp);
    acl_commit(c, &edits, NULL);
}

void acl_binding_delete(struct consul_call *c)
{
    if (acl_may_write(c) && acl_id_of_path(c, MISSING, "Cannot find binding rule to delete"))
        acl_plan(c, plan_delete);
}

/* Roles. */
#include "access/acl_check.h"
#include "faces/consul/acl/acl.h"
#include "faces/consul/acl/acl_order.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"

#define MISSING "Missing role ID"
#define UNKNOWN "Requested role does not exist: ACL not found"

struct role_body {
    struct bytes id, name, description;
    struct acl_grants_body grants;
    const struct json_node *ignored;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct role_body, id, "ID", STRING),
    JSON_FIELD(struct role_body, name, "Name", STRING),
    JSON_FIELD(struct role_body, description, "Description", STRING),
    JSON_FIELD_OF(struct role_body, grants.policies, "Policies", STRUCTS, &acl_link_shape),
    JSON_FIELD_OF(struct role_body, grants.services, "ServiceIdentities", STRUCTS,
                  &acl_service_shape),
    JSON_FIELD_OF(struct role_body, grants.nodes, "NodeIdentities", STRUCTS, &acl_node_shape),
    JSON_FIELD_OF(struct role_body, grants.templates, "TemplatedPolicies", STRUCTS,
                  &acl_template_shape),
    JSON_FIELD(struct role_body, ignored, "Hash", ANY),
    JSON_FIELD(struct role_body, ignored, "CreateIndex", ANY),
    JSON_FIELD(struct role_body, ignored, "ModifyIndex", ANY),
};
static const struct json_shape shape = { "ACLRole", sizeof(struct role_body), fields,
                                         ARRAY_LEN(fields), false };

/* -- showing ----------------------------------------------------------------------------------- */

void acl_put_role_object(struct consul_call *c, struct json_writer *j, const struct view *view,
                         const struct acl_role *r, const struct acl_stamp *stamp)
{
    json_open_object(j);
    acl_put_id(j, "ID", &r->id);
    json_add_string(j, "Name", r->name);
    json_add_string(j, "Description", r->description);
    acl_put_grants(j, view, &r->grants, consul_arena(c));
    acl_put_stamp(j, stamp, &stamp->row);
    json_close_object(j);
}

static void show(struct consul_call *c, const struct view *view)
{
    struct acl_role r;
    struct acl_stamp stamp;
    enum err e = acl_role_get(view, &acl_task(c)->id, consul_arena(c), &r, &stamp);
    if (e == ERR_NOT_FOUND) {
        consul_refuse_text(c, 404, UNKNOWN);
    } else if (e != OK) {
        consul_fail(c, e);
    } else {
        acl_put_role_object(c, consul_json(c), view, &r, &stamp);
        consul_answer_json(c, 200);
    }
}

static void show_named(struct consul_call *c, const struct view *view)
{
    if (acl_id_of_name(view, ACL_ROW_ROLE_NAME, c->rest, consul_arena(c), &acl_task(c)->id) == OK)
        show(c, view);
    else
        consul_refuse_text(c, 404, UNKNOWN);
}

/* ?policy= names one that they must have. */
static bool has_policy(const struct acl_role *r, struct bytes text)
{
    struct uuid id;
    bool has = text.n == 0;
    if (!has && uuid_parse(text, &id))
        for (size_t i = 0; i < r->grants.policies.n; i++)
            has |= uuid_eq(&r->grants.policies.all[i], &id);
    return has;
}

static void list(struct consul_call *c, const struct view *view)
{
    struct arena *arena = consul_arena(c);
    struct acl_listed *all;
    size_t n;
    struct bytes policy;
    if (!consul_param(c, "policy", &policy))
        policy = bytes_str("");
    enum err e = acl_list_in_order(view, ACL_ROW_ROLE, arena, &all, &n);
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; e == OK && i < n; i++)
        if (has_policy(&all[i].role, policy))
            acl_put_role_object(c, j, view, &all[i].role, &all[i].stamp);
    json_close_array(j);
    if (e == OK)
        consul_answer_json(c, 200);
    else
        consul_fail(c, e);
}

void acl_roles(struct consul_call *c)
{
    if (acl_may_read(c))
        acl_show(c, list);
}

void acl_role_get_one(struct consul_call *c)
{
    if (acl_may_read(c) && acl_id_of_path(c, MISSING, UNKNOWN))
        acl_show(c, show);
}

void acl_role_of_name(struct consul_call *c)
{
    if (acl_may_read(c))
        acl_show(c, show_named);
}

/* -- changing ---------------------------------------------------------------------------------- */

static bool has_own_name(struct consul_call *c, const struct view *view, const struct acl_role *r)
{
    struct uuid other;
    enum err e = acl_id_of_name(view, ACL_ROW_ROLE_NAME, r->name, consul_arena(c), &other);
    if (e != OK || uuid_eq(&other, &r->id))
        return true;
    consul_refuse_text(c, 500, "Invalid Role: A Role with Name %s already exists",
                       consul_quoted(c, r->name));
    return false;
}

static void plan(struct consul_call *c, const struct view *view)
{
    const struct role_body *b = acl_task(c)->body;
    struct acl_role r = { .id = acl_task(c)->id, .name = b->name, .description = b->description };
    struct acl_role before;
    struct acl_stamp stamp;
    struct acl_edits edits;
    struct why why = { 0 };
    bool is_new = acl_task(c)->is_new;
    if (!is_new && acl_role_get(view, &r.id, consul_arena(c), &before, &stamp) != OK) {
        consul_refuse_text(c, 500, "cannot find role %s", consul_text(c, c->rest));
        return;
    }
    enum err e = acl_read_grants(view, &b->grants, consul_arena(c), &r.grants, &why);
    if (e == OK)
        e = acl_role_check(&r, &why);
    if (e != OK) {
        acl_refuse(c, &why);
        return;
    }
    if (!has_own_name(c, view, &r))
        return;
    acl_edits_init(&edits, 1, consul_arena(c));
    acl_put_role(&edits, &r, is_new ? NULL : &before, is_new ? NULL : &stamp);
    acl_commit(c, &edits, show);
}

void acl_role_create(struct consul_call *c)
{
    if (!acl_may_write(c) || !acl_decode(c, &shape, "Role"))
        return;
    struct acl_task *task = acl_task(c);
    if (((const struct role_body *)task->body)->id.n > 0) {
        consul_refuse_text(c, 400, "Cannot specify the ID when creating a new role");
        return;
    }
    task->is_new = true;
    task->id = uuid_random(entropy_u64(), entropy_u64());
    acl_plan(c, plan);
}

void acl_role_put_one(struct consul_call *c)
{
    struct uuid in_body;
    if (!acl_may_write(c) || !acl_id_of_path(c, MISSING, UNKNOWN) || !acl_decode(c, &shape, "Role"))
        return;
    const struct role_body *b = acl_task(c)->body;
    if (b->id.n > 0 && (!uuid_parse(b->id, &in_body) || !uuid_eq(&in_body, &acl_task(c)->id)))
        consul_refuse_text(c, 400, "Role ID in URL and payload do not match");
    else
        acl_plan(c, plan);
}

static void plan_delete(struct consul_call *c, const struct view *view)
{
    struct acl_role r;
    struct acl_stamp stamp;
    struct acl_edits edits;
    enum err e = acl_role_get(view, &acl_task(c)->id, consul_arena(c), &r, &stamp);
    if (e == ERR_NOT_FOUND) {
        consul_refuse_text(c, 404, "Cannot find role to delete");
        return;
    }
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    acl_edits_init(&edits, 1, consul_arena(c));
    acl_remove_role(&edits, &r, &stamp);
    acl_commit(c, &edits, NULL);
}

void acl_role_delete(struct consul_call *c)
{
    if (acl_may_write(c) && acl_id_of_path(c, MISSING, "Cannot find role to delete"))
        acl_plan(c, plan_delete);
}

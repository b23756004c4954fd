/* Policies. */
#include "access/acl_check.h"
#include "faces/consul/acl/acl.h"
#include "faces/consul/acl/acl_order.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"

#define MISSING "Missing policy ID"
#define UNKNOWN "Requested policy does not exist: ACL not found"

struct policy_body {
    struct bytes id, name, description, rules;
    struct json_texts datacenters;
    const struct json_node *ignored;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct policy_body, id, "ID", STRING),
    JSON_FIELD(struct policy_body, name, "Name", STRING),
    JSON_FIELD(struct policy_body, description, "Description", STRING),
    JSON_FIELD(struct policy_body, rules, "Rules", STRING),
    JSON_FIELD(struct policy_body, datacenters, "Datacenters", STRINGS),
    JSON_FIELD(struct policy_body, ignored, "Hash", ANY),
    JSON_FIELD(struct policy_body, ignored, "CreateIndex", ANY),
    JSON_FIELD(struct policy_body, ignored, "ModifyIndex", ANY),
};
static const struct json_shape shape = { "ACLPolicy", sizeof(struct policy_body), fields,
                                         ARRAY_LEN(fields), false };

/* -- showing ----------------------------------------------------------------------------------- */

void acl_put_policy_object(struct json_writer *j, const struct acl_policy *p,
                           const struct acl_stamp *stamp, bool is_whole)
{
    struct buf row;
    buf_init(&row, ACL_ROW_MAX);
    acl_policy_write(p, &row); /* what is built in has no row */
    struct bytes hashed = buf_bytes(&row);
    json_open_object(j);
    acl_put_id(j, "ID", &p->id);
    json_add_string(j, "Name", p->name);
    json_add_string(j, "Description", p->description);
    if (is_whole)
        json_add_string(j, "Rules", p->rules);
    if (!is_whole && p->datacenters.n == 0)
        json_add_null(j, "Datacenters");
    else if (p->datacenters.n > 0)
        acl_put_texts(j, "Datacenters", &p->datacenters);
    acl_put_stamp(j, stamp, &hashed);
    json_close_object(j);
    buf_fini(&row);
}

static void show(struct consul_call *c, const struct view *view)
{
    struct acl_policy p;
    struct acl_stamp stamp;
    enum err e = acl_policy_get(view, &acl_task(c)->id, consul_arena(c), &p, &stamp);
    if (e == ERR_NOT_FOUND) {
        consul_refuse_text(c, 404, UNKNOWN);
    } else if (e != OK) {
        consul_fail(c, e);
    } else {
        acl_put_policy_object(consul_json(c), &p, &stamp, true);
        consul_answer_json(c, 200);
    }
}

static void show_named(struct consul_call *c, const struct view *view)
{
    if (acl_id_of_name(view, ACL_ROW_POLICY_NAME, c->rest, consul_arena(c), &acl_task(c)->id) == OK)
        show(c, view);
    else
        consul_refuse_text(c, 404, UNKNOWN);
}

static void list(struct consul_call *c, const struct view *view)
{
    struct arena *arena = consul_arena(c);
    struct acl_listed *all;
    size_t n;
    enum err e = acl_list_in_order(view, ACL_ROW_POLICY, arena, &all, &n);
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; e == OK && i < n; i++)
        acl_put_policy_object(j, &all[i].policy, &all[i].stamp, false);
    json_close_array(j);
    if (e == OK)
        consul_answer_json(c, 200);
    else
        consul_fail(c, e);
}

void acl_policies(struct consul_call *c)
{
    if (acl_may_read(c))
        acl_show(c, list);
}

void acl_policy_get_one(struct consul_call *c)
{
    if (acl_may_read(c) && acl_id_of_path(c, MISSING, UNKNOWN))
        acl_show(c, show);
}

void acl_policy_of_name(struct consul_call *c)
{
    if (acl_may_read(c))
        acl_show(c, show_named);
}

/* -- changing ---------------------------------------------------------------------------------- */

/* WHAT is not permitted on those that are built in. */
static bool is_builtin(struct consul_call *c, const struct uuid *id, const char *what)
{
    struct acl_policy builtin;
    if (!acl_builtin_policy(id, &builtin))
        return false;
    consul_refuse_text(c, 500, "%s the builtin %s policy is not permitted", what,
                       consul_text(c, builtin.name));
    return true;
}

/* Nobody but P has its name. */
static bool has_own_name(struct consul_call *c, const struct view *view, const struct acl_policy *p)
{
    struct uuid other;
    enum err e = acl_id_of_name(view, ACL_ROW_POLICY_NAME, p->name, consul_arena(c), &other);
    if (e != OK || uuid_eq(&other, &p->id))
        return true;
    consul_refuse_text(c, 500, "Invalid Policy: A Policy with Name %s already exists",
                       consul_quoted(c, p->name));
    return false;
}

static void plan(struct consul_call *c, const struct view *view)
{
    const struct policy_body *b = acl_task(c)->body;
    struct acl_policy p = { .id = acl_task(c)->id,
                            .name = b->name,
                            .description = b->description,
                            .rules = b->rules,
                            .datacenters = acl_texts_of(&b->datacenters) };
    struct acl_policy before;
    struct acl_stamp stamp;
    struct acl_edits edits;
    struct why why = { 0 };
    bool is_new = acl_task(c)->is_new;
    if (!is_new && acl_policy_get(view, &p.id, consul_arena(c), &before, &stamp) != OK) {
        consul_refuse_text(c, 500, "cannot find policy %s", consul_text(c, c->rest));
        return;
    }
    if (acl_policy_check(&p, &why) != OK) {
        acl_refuse(c, &why);
        return;
    }
    if (!has_own_name(c, view, &p))
        return;
    acl_edits_init(&edits, 1, consul_arena(c));
    acl_put_policy(&edits, &p, is_new ? NULL : &before, is_new ? NULL : &stamp);
    acl_commit(c, &edits, show);
}

void acl_policy_create(struct consul_call *c)
{
    if (!acl_may_write(c) || !acl_decode(c, &shape, "Policy"))
        return;
    struct acl_task *task = acl_task(c);
    if (((const struct policy_body *)task->body)->id.n > 0) {
        consul_refuse_text(c, 400, "Cannot specify the ID when creating a new policy");
        return;
    }
    task->is_new = true;
    task->id = uuid_random(entropy_u64(), entropy_u64());
    acl_plan(c, plan);
}

void acl_policy_put_one(struct consul_call *c)
{
    struct uuid in_body;
    if (!acl_may_write(c) || !acl_id_of_path(c, MISSING, UNKNOWN) ||
        !acl_decode(c, &shape, "Policy"))
        return;
    const struct policy_body *b = acl_task(c)->body;
    if (b->id.n > 0 && (!uuid_parse(b->id, &in_body) || !uuid_eq(&in_body, &acl_task(c)->id)))
        consul_refuse_text(c, 400, "Policy ID in URL and payload do not match");
    else if (!is_builtin(c, &acl_task(c)->id, "Changing the Rules for"))
        acl_plan(c, plan);
}

static void plan_delete(struct consul_call *c, const struct view *view)
{
    struct acl_policy p;
    struct acl_stamp stamp;
    struct acl_edits edits;
    enum err e = acl_policy_get(view, &acl_task(c)->id, consul_arena(c), &p, &stamp);
    if (e == ERR_NOT_FOUND) {
        consul_refuse_text(c, 404, "Cannot find policy to delete");
        return;
    }
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    acl_edits_init(&edits, 1, consul_arena(c));
    acl_remove_policy(&edits, &p, &stamp);
    acl_commit(c, &edits, NULL);
}

void acl_policy_delete(struct consul_call *c)
{
    if (acl_may_write(c) && acl_id_of_path(c, MISSING, "Cannot find policy to delete") &&
        !is_builtin(c, &acl_task(c)->id, "Deleting"))
        acl_plan(c, plan_delete);
}

/* Tokens as they are shown: whole to who may write them, without their secret to who may read them.
 */
#include "faces/consul/acl/acl.h"
#include "faces/consul/acl/acl_order.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "wire/time_text.h"

/* -- showing ----------------------------------------------------------------------------------- */

static void add_time(struct json_writer *j, const char *name, uint64_t ms)
{
    char room[40];
    struct buf text = { .p = (uint8_t *)room, .room = sizeof room, .max = sizeof room };
    time_print(ms, &text);
    json_add_string(j, name, buf_bytes(&text));
}

void acl_put_token_members(struct consul_call *c, struct json_writer *j, const struct view *view,
                           const struct acl_token *t, const struct acl_stamp *stamp, bool is_hidden)
{
    acl_put_id(j, "AccessorID", &t->accessor);
    json_add_string(j, "SecretID", is_hidden ? bytes_str("<hidden>") : t->secret);
    json_add_string(j, "Description", t->description);
    acl_put_grants(j, view, &t->grants, consul_arena(c));
    json_add_bool(j, "Local", t->is_local);
    if (t->auth_method.n > 0)
        json_add_string(j, "AuthMethod", t->auth_method);
    if (t->expires_ms != 0)
        add_time(j, "ExpirationTime", t->expires_ms);
    add_time(j, "CreateTime", t->created_ms);
    acl_put_stamp(j, stamp, &stamp->row);
}

void acl_put_token_object(struct consul_call *c, struct json_writer *j, const struct view *view,
                          const struct acl_token *t, const struct acl_stamp *stamp, bool is_hidden)
{
    json_open_object(j);
    acl_put_token_members(c, j, view, t, stamp, is_hidden);
    json_close_object(j);
}

bool acl_token_is_over(const struct acl_token *t)
{
    return t->expires_ms != 0 && clock_wall_ms() >= t->expires_ms;
}

/* Policies and roles as they are now, for `?expanded`. */
static void put_expanded(struct consul_call *c, struct json_writer *j, const struct view *view,
                         const struct acl_token *t)
{
    const struct gate_options *gate = access_options(c->face->hub);
    struct acl_stamp stamp;
    json_add_array(j, "ExpandedPolicies");
    for (size_t i = 0; i < t->grants.policies.n; i++) {
        struct acl_policy p;
        if (acl_policy_get(view, &t->grants.policies.all[i], consul_arena(c), &p, &stamp) == OK)
            acl_put_policy_object(j, &p, &stamp, true);
    }
    json_close_array(j);
    json_add_array(j, "ExpandedRoles");
    for (size_t i = 0; i < t->grants.roles.n; i++) {
        struct acl_role r;
        if (acl_role_get(view, &t->grants.roles.all[i], consul_arena(c), &r, &stamp) == OK)
            acl_put_role_object(c, j, view, &r, &stamp);
    }
    json_close_array(j);
    json_add_null(j, "NamespaceDefaultPolicyIDs");
    json_add_null(j, "NamespaceDefaultRoleIDs");
    json_add_str(j, "AgentACLDefaultPolicy", gate->is_open ? "allow" : "deny");
    json_add_str(j, "AgentACLDownPolicy", "extend-cache");
    json_add_str(j, "ResolvedByAgent", c->face->self.node_name);
}

static void answer_token(struct consul_call *c, const struct view *view, bool is_hidden)
{
    struct acl_token t;
    struct acl_stamp stamp;
    enum err e = acl_token_get(view, &acl_task(c)->id, consul_arena(c), &t, &stamp);
    if (e == ERR_NOT_FOUND || (e == OK && acl_token_is_over(&t))) {
        consul_refuse_text(c, 404, ACL_TOKEN_UNKNOWN);
        return;
    }
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    acl_put_token_members(c, j, view, &t, &stamp, is_hidden);
    if (consul_param_is_given(c, "expanded"))
        put_expanded(c, j, view, &t);
    json_close_object(j);
    consul_answer_json(c, 200);
}

void acl_show_token(struct consul_call *c, const struct view *view)
{
    answer_token(c, view, false);
}

static void show_to_reader(struct consul_call *c, const struct view *view)
{
    answer_token(c, view, !consul_could(c, ACCESS_WRITE, ACCESS_ACL, bytes_str("")));
}

void acl_token_get_one(struct consul_call *c)
{
    if (acl_may_read(c) && acl_id_of_path(c, ACL_TOKEN_MISSING, ACL_TOKEN_UNKNOWN))
        acl_show(c, show_to_reader);
}

void acl_token_self(struct consul_call *c)
{
    if (!consul_grant_open(c))
        return;
    if (granted_accessor(c->granted, &acl_task(c)->id))
        acl_show(c, acl_show_token);
}

/* -- lists ------------------------------------------------------------------------------------- */

struct selection {
    struct bytes policy, role, auth_method, service;
};

static bool has_id(const struct acl_ids *ids, struct bytes text)
{
    struct uuid id;
    bool has = text.n == 0;
    if (!has && uuid_parse(text, &id))
        for (size_t i = 0; i < ids->n; i++)
            has |= uuid_eq(&ids->all[i], &id);
    return has;
}

static bool has_service(const struct acl_identities *services, struct bytes name)
{
    bool has = name.n == 0;
    for (size_t i = 0; i < services->n; i++)
        has |= bytes_eq(services->all[i].name, name);
    return has;
}

static bool is_asked_for(const struct selection *s, const struct acl_token *t)
{
    return !acl_token_is_over(t) && has_id(&t->grants.policies, s->policy) &&
           has_id(&t->grants.roles, s->role) && has_service(&t->grants.services, s->service) &&
           (s->auth_method.n == 0 || bytes_eq(s->auth_method, t->auth_method));
}

static struct bytes param(struct consul_call *c, const char *name)
{
    struct bytes value;
    return consul_param(c, name, &value) ? value : (struct bytes){ 0 };
}

static void answer_list(struct consul_call *c, const struct view *view)
{
    struct arena *arena = consul_arena(c);
    struct selection s = { .policy = param(c, "policy"),
                           .role = param(c, "role"),
                           .auth_method = param(c, "authmethod"),
                           .service = param(c, "servicename") };
    struct acl_listed *all;
    size_t n;
    bool is_hidden = !consul_could(c, ACCESS_WRITE, ACCESS_ACL, bytes_str(""));
    enum err e = acl_list_in_order(view, ACL_ROW_TOKEN, arena, &all, &n);
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; e == OK && i < n; i++)
        if (is_asked_for(&s, &all[i].token))
            acl_put_token_object(c, j, view, &all[i].token, &all[i].stamp, is_hidden);
    json_close_array(j);
    if (e == OK)
        consul_answer_json(c, 200);
    else
        consul_fail(c, e);
}

void acl_tokens(struct consul_call *c)
{
    static const char *const filters[] = { "policy", "role", "authmethod", "servicename" };
    size_t given = 0;
    for (size_t i = 0; i < ARRAY_LEN(filters); i++)
        given += param(c, filters[i]).n > 0;
    if (!acl_may_read(c))
        return;
    if (given > 1)
        consul_refuse_text(c, 500,
                           "can only filter by one of policy, role, authmethod or servicename");
    else
        acl_show(c, answer_list);
}

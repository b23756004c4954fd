/* Tokens that are made, changed and removed; the first one. */
#include <inttypes.h>

#include "access/acl_check.h"
#include "access/principal.h"
#include "faces/consul/acl/acl.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "wire/time_text.h"

struct token_body {
    struct bytes accessor, secret, description, auth_method, expires;
    struct acl_grants_body grants;
    bool is_local;
    int64_t ttl_ns;
    const struct json_node *ignored; /* what a token that was read says of itself */
};

static const struct json_field token_fields[] = {
    JSON_FIELD(struct token_body, accessor, "AccessorID", STRING),
    JSON_FIELD(struct token_body, secret, "SecretID", STRING),
    JSON_FIELD(struct token_body, description, "Description", STRING),
    JSON_FIELD_OF(struct token_body, grants.policies, "Policies", STRUCTS, &acl_link_shape),
    JSON_FIELD_OF(struct token_body, grants.roles, "Roles", STRUCTS, &acl_link_shape),
    JSON_FIELD_OF(struct token_body, grants.services, "ServiceIdentities", STRUCTS,
                  &acl_service_shape),
    JSON_FIELD_OF(struct token_body, grants.nodes, "NodeIdentities", STRUCTS, &acl_node_shape),
    JSON_FIELD_OF(struct token_body, grants.templates, "TemplatedPolicies", STRUCTS,
                  &acl_template_shape),
    JSON_FIELD(struct token_body, is_local, "Local", BOOL),
    JSON_FIELD(struct token_body, auth_method, "AuthMethod", STRING),
    JSON_FIELD(struct token_body, expires, "ExpirationTime", STRING),
    JSON_FIELD(struct token_body, ttl_ns, "ExpirationTTL", DURATION),
    JSON_FIELD(struct token_body, ignored, "CreateTime", ANY),
    JSON_FIELD(struct token_body, ignored, "Hash", ANY),
    JSON_FIELD(struct token_body, ignored, "CreateIndex", ANY),
    JSON_FIELD(struct token_body, ignored, "ModifyIndex", ANY),
};
static const struct json_shape token_shape = { "ACLToken", sizeof(struct token_body), token_fields,
                                               ARRAY_LEN(token_fields), false };

/* -- making ------------------------------------------------------------------------------------ */

struct making { /* of a new token, between its plans */
    struct acl_token token;
    uint64_t now_ms;
    int64_t lease;
};

static bool refuse(struct consul_call *c, const char *text)
{
    consul_refuse_text(c, 500, "%s", text);
    return false;
}

static bool read_expiry(struct consul_call *c, const struct token_body *b, struct making *m)
{
    uint64_t at = 0;
    if (b->expires.n > 0 && time_parse(b->expires, &at) != OK) {
        consul_refuse_text(c, 400, "Token decoding failed: parsing time %s",
                           consul_quoted(c, b->expires));
        return false;
    }
    if (at != 0 && b->ttl_ns != 0)
        return refuse(c, "Expiration TTL and Expiration Time cannot both be set");
    if (b->ttl_ns < 0)
        return refuse(c, "Token Expiration TTL should be > 0");
    uint64_t ttl_ms = b->ttl_ns != 0 ? (uint64_t)b->ttl_ns / 1000000 : at == 0 ? 0 : at - m->now_ms;
    if (at == 0 && b->ttl_ns == 0)
        return true;
    if (at != 0 && at <= m->now_ms)
        return refuse(c, "ExpirationTime cannot be before CreateTime");
    if (token_expiry(ttl_ms, m->now_ms, &m->token.expires_ms) == OK)
        return true;
    return refuse(c, ttl_ms < TOKEN_TTL_LEAST_MS
                         ? "ExpirationTime cannot be less than 1m0s in the future"
                         : "ExpirationTime cannot be more than 24h0m0s in the future");
}

static bool read_ids(struct consul_call *c, const struct token_body *b, struct making *m)
{
    struct uuid secret = uuid_random(entropy_u64(), entropy_u64());
    char text[UUID_TEXT + 1];
    m->token.accessor = uuid_random(entropy_u64(), entropy_u64());
    if (b->accessor.n > 0 && !uuid_parse(b->accessor, &m->token.accessor))
        return refuse(c, "Invalid Token: AccessorID is not a valid UUID");
    if (b->secret.n > 0 && !uuid_parse(b->secret, &secret))
        return refuse(c, "Invalid Token: SecretID is not a valid UUID");
    if (acl_id_is_reserved(&m->token.accessor) || acl_id_is_reserved(&secret))
        return refuse(c, "UUIDs with the prefix \"00000000-0000-0000-0000-0000000000\" are "
                         "reserved");
    uuid_print(&secret, text);
    m->token.secret = bytes_str(arena_str(consul_arena(c), bytes_str(text)));
    return true;
}

static void show_first(struct consul_call *c, const struct view *view)
{
    struct acl_token t;
    struct acl_stamp stamp;
    enum err e = acl_token_get(view, &acl_task(c)->id, consul_arena(c), &t, &stamp);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_string(j, "ID", t.secret); /* as the first clients knew it */
    acl_put_token_members(c, j, view, &t, &stamp, false);
    json_close_object(j);
    consul_answer_json(c, 200);
}

static void commit_new(struct consul_call *c, const struct making *m, bool is_first)
{
    struct acl_edits edits;
    acl_edits_init(&edits, 2, consul_arena(c));
    acl_put_token(&edits, &m->token, NULL, NULL, m->lease);
    if (is_first)
        acl_bootstrap(&edits, &m->token);
    acl_commit(c, &edits, is_first ? show_first : acl_show_token);
}

/* What is taken by somebody else. */
static bool is_free(struct consul_call *c, const struct view *view, const struct acl_token *t)
{
    struct acl_token other;
    struct acl_stamp stamp;
    if (acl_token_get(view, &t->accessor, consul_arena(c), &other, &stamp) != ERR_NOT_FOUND)
        return refuse(c, "Invalid Token: AccessorID is already in use");
    if (acl_token_of_secret(view, t->secret, consul_arena(c), &other, &stamp) != ERR_NOT_FOUND)
        return refuse(c, "Invalid Token: SecretID is already in use");
    return true;
}

static void plan_new(struct consul_call *c, const struct view *view)
{
    struct making *m = acl_task(c)->body;
    if (is_free(c, view, &m->token))
        commit_new(c, m, false);
}

static void with_lease(struct consul_call *c, int64_t lease)
{
    struct making *m = acl_task(c)->body;
    m->lease = lease;
    acl_plan(c, plan_new);
}

/* What is done again from here on is done with M. */
static void put_new(struct consul_call *c, const struct view *view, struct making *m)
{
    struct acl_task *task = acl_task(c);
    task->id = m->token.accessor;
    task->body = m;
    task->plan = plan_new;
    if (m->token.expires_ms != 0)
        acl_grant_lease(c, m->now_ms, m->token.expires_ms, with_lease);
    else
        plan_new(c, view);
}

static void check_new(struct consul_call *c, const struct view *view)
{
    const struct token_body *b = acl_task(c)->body;
    struct making *m = arena_zalloc(consul_arena(c), 1, sizeof *m);
    struct why why = { 0 };
    m->now_ms = m->token.created_ms = clock_wall_ms();
    m->token.description = b->description;
    m->token.is_local = b->is_local;
    if (!read_ids(c, b, m) || !read_expiry(c, b, m))
        return;
    enum err e = acl_read_grants(view, &b->grants, consul_arena(c), &m->token.grants, &why);
    if (e == OK)
        e = acl_token_check(&m->token, &why);
    if (e != OK) {
        acl_refuse(c, &why);
        return;
    }
    put_new(c, view, m);
}

void acl_token_create(struct consul_call *c)
{
    if (!acl_may_write(c) || !acl_decode(c, &token_shape, "Token"))
        return;
    acl_plan(c, check_new);
}

/* -- changing ---------------------------------------------------------------------------------- */

static bool refuse_id(struct consul_call *c, const char *text)
{
    char id[UUID_TEXT + 1];
    uuid_print(&acl_task(c)->id, id);
    consul_refuse_text(c, 500, "%s %s", text, id);
    return false;
}

/* The token as it stands, to be changed or to be cloned; false: refused. */
static bool find(struct consul_call *c, const struct view *view, bool clones, struct acl_token *ret,
                 struct acl_stamp *ret_stamp)
{
    enum err e = acl_token_get(view, &acl_task(c)->id, consul_arena(c), ret, ret_stamp);
    char id[UUID_TEXT + 1];
    uuid_print(&acl_task(c)->id, id);
    if (e == OK && !acl_token_is_over(ret))
        return true;
    if ((e == OK || e == ERR_NOT_FOUND) && clones)
        consul_refuse_text(c, 403, "token does not exist: ACL not found");
    else if (e == OK || e == ERR_NOT_FOUND)
        consul_refuse_text(c, 500, "Cannot find token \"%s\"", id);
    else
        consul_fail(c, e);
    return false;
}

static bool may_change(struct consul_call *c, const struct token_body *b,
                       const struct acl_token *before)
{
    uint64_t at = 0;
    if (b->secret.n > 0 && !bytes_eq(b->secret, before->secret))
        return refuse(c, "Changing a token's SecretID is not permitted");
    if (b->is_local != before->is_local)
        return refuse_id(c, "Cannot toggle local mode of");
    if (b->auth_method.n > 0 && !bytes_eq(b->auth_method, before->auth_method))
        return refuse_id(c, "Cannot change AuthMethod of");
    bool is_same_end =
        b->ttl_ns == 0 &&
        (b->expires.n == 0 || (time_parse(b->expires, &at) == OK && at == before->expires_ms));
    return is_same_end || refuse_id(c, "Cannot change expiration time of");
}

static void plan_change(struct consul_call *c, const struct view *view)
{
    const struct token_body *b = acl_task(c)->body;
    struct acl_token before, token;
    struct acl_stamp stamp;
    struct acl_edits edits;
    struct why why = { 0 };
    if (!find(c, view, false, &before, &stamp) || !may_change(c, b, &before))
        return;
    token = before;
    token.description = b->description;
    enum err e = acl_read_grants(view, &b->grants, consul_arena(c), &token.grants, &why);
    if (e == OK)
        e = acl_token_check(&token, &why);
    if (e != OK) {
        acl_refuse(c, &why);
        return;
    }
    acl_edits_init(&edits, 1, consul_arena(c));
    acl_put_token(&edits, &token, &before, stamp.modify == 0 ? NULL : &stamp, stamp.lease);
    acl_commit(c, &edits, acl_show_token);
}

static void plan_clone(struct consul_call *c, const struct view *view)
{
    const struct token_body *b = acl_task(c)->body;
    struct acl_token from;
    struct acl_stamp stamp;
    struct making *m = arena_zalloc(consul_arena(c), 1, sizeof *m);
    if (!find(c, view, true, &from, &stamp))
        return;
    if (from.auth_method.n > 0) {
        refuse(c, "Cannot clone a token created from an auth method");
        return;
    }
    m->token = from; /* it ends when the other does */
    m->now_ms = m->token.created_ms = clock_wall_ms();
    if (b->description.n > 0)
        m->token.description = b->description;
    if (!read_ids(c, &(struct token_body){ 0 }, m))
        return;
    put_new(c, view, m);
}

static bool take_clone(struct consul_call *c)
{
    static const char end[] = "/clone";
    size_t n = sizeof end - 1;
    if (c->rest.n < n || !bytes_is(bytes_skip(c->rest, c->rest.n - n), end))
        return false;
    c->rest.n -= n;
    return true;
}

void acl_token_put_one(struct consul_call *c)
{
    const struct token_body *b;
    struct uuid in_body;
    bool is_clone = take_clone(c);
    if (!acl_may_write(c) || !acl_id_of_path(c, ACL_TOKEN_MISSING, ACL_TOKEN_UNKNOWN) ||
        !acl_decode(c, &token_shape, "Token"))
        return;
    b = acl_task(c)->body;
    if (b->accessor.n > 0 &&
        (!uuid_parse(b->accessor, &in_body) || !uuid_eq(&in_body, &acl_task(c)->id)))
        consul_refuse_text(c, 400, "Token Accessor ID in URL and payload do not match");
    else
        acl_plan(c, is_clone ? plan_clone : plan_change);
}

/* -- removing ---------------------------------------------------------------------------------- */

static void remove_it(struct consul_call *c, const struct acl_token *t,
                      const struct acl_stamp *stamp)
{
    struct acl_edits edits;
    acl_edits_init(&edits, 1, consul_arena(c));
    acl_remove_token(&edits, t, stamp);
    acl_commit(c, &edits, NULL);
}

static void plan_delete(struct consul_call *c, const struct view *view)
{
    struct uuid own, anonymous = acl_builtin_id(ACL_ANONYMOUS), id = acl_task(c)->id;
    struct acl_token t;
    struct acl_stamp stamp;
    enum err e = acl_token_get(view, &id, consul_arena(c), &t, &stamp);
    if (uuid_eq(&id, &anonymous))
        refuse(c, "Delete operation not permitted on the anonymous token");
    else if (granted_accessor(c->granted, &own) && uuid_eq(&own, &id))
        refuse(c, "Deletion of the request's authorization token is not permitted");
    else if (e == ERR_NOT_FOUND)
        consul_refuse_text(c, 404, "Cannot find token to delete");
    else if (e != OK)
        consul_fail(c, e);
    else
        remove_it(c, &t, &stamp);
}

void acl_token_delete(struct consul_call *c)
{
    if (acl_may_write(c) && acl_id_of_path(c, ACL_TOKEN_MISSING, "Cannot find token to delete"))
        acl_plan(c, plan_delete);
}

static void plan_logout(struct consul_call *c, const struct view *view)
{
    struct acl_token t;
    struct acl_stamp stamp;
    enum err e = acl_token_of_secret(view, consul_token(c), consul_arena(c), &t, &stamp);
    if (e == ERR_NOT_FOUND)
        consul_refuse_text(c, 401, "Supplied token does not exist");
    else if (e != OK)
        consul_fail(c, e);
    else if (t.auth_method.n == 0)
        consul_refuse_text(c, 403, "Permission denied: token wasn't created via login");
    else
        remove_it(c, &t, &stamp);
}

void acl_logout(struct consul_call *c)
{
    if (c->params.token.n == 0)
        consul_refuse_text(c, 401, "Supplied token does not exist");
    else if (consul_grant_open(c))
        acl_plan(c, plan_logout);
}

/* -- the first one ----------------------------------------------------------------------------- */

struct bootstrap_body {
    struct bytes secret;
};
static const struct json_field bootstrap_fields[] = {
    JSON_FIELD(struct bootstrap_body, secret, "BootstrapSecret", STRING),
};
static const struct json_shape bootstrap_shape = { "ACLInitialTokenBootstrapRequest",
                                                   sizeof(struct bootstrap_body), bootstrap_fields,
                                                   1, false };

static void plan_bootstrap(struct consul_call *c, const struct view *view)
{
    struct acl_task *task = acl_task(c);
    const struct bootstrap_body *body = task->body;
    struct uuid first, *management = arena_zalloc(consul_arena(c), 1, sizeof *management);
    uint64_t revision;
    struct making *m = arena_zalloc(consul_arena(c), 1, sizeof *m);
    if (acl_bootstrapped(view, consul_arena(c), &first, &revision) != ERR_NOT_FOUND) {
        consul_refuse_text(c, 403,
                           "Permission denied: ACL bootstrap no longer allowed (reset index: "
                           "%" PRIu64 ")",
                           revision);
        return;
    }
    *management = acl_builtin_id(ACL_MANAGEMENT_POLICY);
    m->token.created_ms = clock_wall_ms();
    m->token.description = bytes_str("Bootstrap Token (Global Management)");
    m->token.grants.policies = (struct acl_ids){ management, 1 };
    if (!read_ids(c, &(struct token_body){ .secret = body->secret }, m) ||
        !is_free(c, view, &m->token))
        return;
    task->id = m->token.accessor;
    commit_new(c, m, true);
}

/* Whoever is first: there is nobody yet who could be asked for. */
void acl_bootstrap_put(struct consul_call *c)
{
    static const struct bootstrap_body none = { 0 };
    if (!consul_grant_nobody(c))
        return;
    acl_task(c)->body = (void *)(uintptr_t)&none;
    if (http_body(c->request).n > 0 && !acl_decode(c, &bootstrap_shape, "Request"))
        return;
    acl_plan(c, plan_bootstrap);
}

/* Logging in with a token of somebody else's: it is verified, its claims choose binding rules, and
 * these say what the new token grants. Who no rule is for is not let in. */
#include "access/acl_check.h"
#include "access/jwt_method.h"
#include "faces/consul/acl/acl.h"
#include "faces/consul/acl/acl_cluster.h"
#include "faces/consul/acl/acl_keys.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"

enum { TRIES_MAX = 8 };

struct login_body {
    struct bytes method, bearer;
    struct json_pairs meta;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct login_body, method, "AuthMethod", STRING),
    JSON_FIELD(struct login_body, bearer, "BearerToken", STRING),
    JSON_FIELD(struct login_body, meta, "Meta", STRING_MAP),
};
static const struct json_shape shape = { "ACLLoginParams", sizeof(struct login_body), fields, 3,
                                         false };

struct login { /* the task's body, between its plans */
    struct login_body sent;
    struct acl_auth_method method; /* as it was verified by */
    struct acl_claims claims;
    bool has_newer_keys;
    struct acl_token token;
    int64_t lease;
};

/* -- what the rules give ----------------------------------------------------------------------- */

static void add_identity(struct acl_identities *list, struct bytes template, struct bytes name,
                         const struct acl_texts *datacenters)
{
    list->all[list->n++] =
        (struct acl_identity){ .template = template, .name = name, .datacenters = *datacenters };
}

/* Policies and roles are bound by name, and only if there is one of that name. */
static void add_named(struct consul_call *c, const struct view *view, enum acl_row_kind kind,
                      struct bytes name, struct acl_ids *ids)
{
    struct uuid id;
    if (acl_id_of_name(view, kind, name, consul_arena(c), &id) == OK)
        ids->all[ids->n++] = id;
}

static void bind_to(struct consul_call *c, const struct view *view,
                    const struct acl_binding_rule *rule, struct bytes name, struct bytes variable,
                    struct acl_grants *g)
{
    static const struct acl_texts everywhere = { 0 };
    struct bytes *here = arena_zalloc(consul_arena(c), 1, sizeof *here);
    *here = bytes_str(c->face->self.datacenter);
    const struct acl_texts only_here = { here, 1 };
    switch (rule->bind) {
    case ACL_BIND_SERVICE:
        add_identity(&g->services, (struct bytes){ 0 }, name, &everywhere);
        break;
    case ACL_BIND_NODE:
        add_identity(&g->nodes, (struct bytes){ 0 }, name, &only_here);
        break;
    case ACL_BIND_TEMPLATE:
        add_identity(&g->templates, name, variable, &everywhere);
        break;
    case ACL_BIND_ROLE:
        add_named(c, view, ACL_ROW_ROLE_NAME, name, &g->roles);
        break;
    case ACL_BIND_POLICY:
        add_named(c, view, ACL_ROW_POLICY_NAME, name, &g->policies);
        break;
    case ACL_BINDS:
        break;
    }
}

static enum err expand(struct consul_call *c, struct bytes text, const struct acl_claims *claims,
                       struct bytes *ret)
{
    struct buf out;
    buf_init(&out, ACL_NAME_MAX);
    enum err e = acl_bind_expand(text, claims, &out);
    if (e == OK)
        *ret = arena_dup(consul_arena(c), buf_bytes(&out));
    buf_fini(&out);
    return e;
}

static enum err apply_rule(struct consul_call *c, const struct view *view,
                           const struct acl_binding_rule *rule, const struct acl_claims *claims,
                           struct acl_grants *g, struct why *why)
{
    struct bytes name, variable;
    if (!acl_selector_matches(rule->selector, claims))
        return OK;
    enum err e = expand(c, rule->bind_name, claims, &name);
    if (e == OK)
        e = expand(c, rule->bind_var, claims, &variable);
    if (e != OK)
        return why_set(why, ERR_INVALID, "cannot compute %s bind name for bind target",
                       acl_bind_name(rule->bind));
    bind_to(c, view, rule, name, variable, g);
    return OK;
}

static struct acl_identities room_for(struct consul_call *c, size_t n)
{
    return (struct acl_identities){ .all = arena_zalloc(consul_arena(c), n,
                                                        sizeof(struct acl_identity)) };
}

static enum err bind_all(struct consul_call *c, const struct view *view, struct bytes method,
                         const struct acl_claims *claims, struct acl_grants *g, struct why *why)
{
    struct acl_texts ids;
    struct arena *arena = consul_arena(c);
    enum err e = acl_list(view, ACL_ROW_BINDING_RULE, arena, &ids);
    if (e != OK)
        return e;
    *g = (struct acl_grants){ .policies.all = arena_zalloc(arena, ids.n, sizeof(struct uuid)),
                              .roles.all = arena_zalloc(arena, ids.n, sizeof(struct uuid)),
                              .services = room_for(c, ids.n),
                              .nodes = room_for(c, ids.n),
                              .templates = room_for(c, ids.n) };
    for (size_t i = 0; e == OK && i < ids.n; i++) {
        struct uuid id;
        struct acl_binding_rule rule;
        struct acl_stamp stamp;
        memcpy(id.b, ids.all[i].p, UUID_BYTES);
        e = acl_binding_rule_get(view, &id, arena, &rule, &stamp);
        if (e == OK && bytes_eq(rule.auth_method, method))
            e = apply_rule(c, view, &rule, claims, g, why);
    }
    return e;
}

static bool grants_nothing(const struct acl_grants *g)
{
    return g->policies.n + g->roles.n + g->services.n + g->nodes.n + g->templates.n == 0;
}

/* -- logging in -------------------------------------------------------------------------------- */

/* "token created via login: {"pod":"a"}" */
static struct bytes describe(struct consul_call *c, const struct json_pairs *meta)
{
    struct json_writer j;
    struct buf text;
    buf_init(&text, ACL_DESCRIPTION_MAX);
    buf_put_str(&text, "token created via login");
    if (meta->n > 0) {
        buf_put_str(&text, ": ");
        json_init(&j, &text);
        json_open_object(&j);
        for (size_t i = 0; i < meta->n; i++) {
            json_put_name(&j, consul_text(c, meta->all[i].name));
            json_put_string(&j, meta->all[i].value);
        }
        json_close_object(&j);
    }
    struct bytes whole = arena_dup(consul_arena(c), buf_bytes(&text));
    buf_fini(&text);
    return whole;
}

static void plan(struct consul_call *c, const struct view *view)
{
    struct login *login = acl_task(c)->body;
    struct acl_edits edits;
    acl_edits_init(&edits, 1, consul_arena(c));
    acl_put_token(&edits, &login->token, NULL, NULL, login->lease);
    acl_commit(c, &edits, acl_show_token);
}

static void with_lease(struct consul_call *c, int64_t lease)
{
    ((struct login *)acl_task(c)->body)->lease = lease;
    acl_plan(c, plan);
}

static void make_token(struct consul_call *c, const struct acl_auth_method *m, struct login *login,
                       const struct view *view)
{
    struct acl_token *t = &login->token;
    struct uuid secret = uuid_random(entropy_u64(), entropy_u64());
    char text[UUID_TEXT + 1];
    uuid_print(&secret, text);
    t->secret = arena_dup(consul_arena(c), bytes_str(text));
    t->accessor = uuid_random(entropy_u64(), entropy_u64());
    t->auth_method = arena_dup(consul_arena(c), m->name);
    t->is_local = !m->is_global;
    t->created_ms = clock_wall_ms();
    acl_task(c)->id = t->accessor;
    acl_task(c)->plan = plan;
    if (m->max_ttl_ms == 0) {
        plan(c, view);
        return;
    }
    t->expires_ms = t->created_ms + m->max_ttl_ms;
    acl_grant_lease(c, t->created_ms, t->expires_ms, with_lease);
}

/* -- who it is -----------------------------------------------------------------------------------
 */

static struct login *login_of(struct consul_call *c)
{
    return acl_task(c)->body;
}

static bool is_same(const struct acl_auth_method *a, const struct acl_auth_method *b)
{
    return bytes_eq(a->type, b->type) && bytes_eq(a->config, b->config);
}

static void check(struct consul_call *c, const struct view *view);

/* What was verified was verified by a method that may have changed meanwhile. */
static void bind(struct consul_call *c, const struct view *view)
{
    struct login *login = login_of(c);
    struct acl_auth_method m;
    struct acl_stamp stamp;
    struct why why = { 0 };
    if (acl_auth_method_get(view, login->sent.method, consul_arena(c), &m, &stamp) != OK ||
        !is_same(&m, &login->method)) {
        check(c, view);
        return;
    }
    enum err e = bind_all(c, view, m.name, &login->claims, &login->token.grants, &why);
    login->token.description = describe(c, &login->sent.meta);
    if (e == OK)
        e = acl_token_check(&login->token, &why);
    if (e != OK)
        acl_refuse(c, &why);
    else if (grants_nothing(&login->token.grants))
        consul_refuse_text(c, 403, "Permission denied");
    else
        make_token(c, &m, login, view);
}

static void refuse_bearer(struct consul_call *c, const char *reason)
{
    consul_refuse_text(c, 403, "Permission denied: %s", reason);
}

static void verify(struct consul_call *c, const struct jwk_set *keys);

static void with_keys(struct consul_call *c, const struct jwk_set *keys, const char *failure)
{
    if (keys != NULL)
        verify(c, keys);
    else
        consul_refuse_text(c, 500, "the keys of auth method %s cannot be fetched: %s",
                           consul_quoted(c, login_of(c)->method.name), failure);
}

/* A token by a key that is not known may be by one that is newer than those here. */
static void verify(struct consul_call *c, const struct jwk_set *keys)
{
    struct login *login = login_of(c);
    struct jwt_method *method;
    struct why why = { 0 };
    if (jwt_method_new(login->method.config, &method, &why) != OK) {
        acl_refuse(c, &why); /* an older build took it */
        return;
    }
    enum err e = jwt_method_login(method, keys, login->sent.bearer, clock_wall_ms(),
                                  consul_arena(c), &login->claims, &why);
    if (e == OK) {
        acl_plan(c, bind);
    } else if (e == ERR_NOT_FOUND && keys != NULL && !login->has_newer_keys) {
        login->has_newer_keys = true;
        acl_keys_ask(c, jwt_method_source(method), keys, with_keys);
    } else {
        refuse_bearer(c, why.text);
    }
    jwt_method_free(method);
}

static void fetch_and_verify(struct consul_call *c)
{
    struct jwt_method *method;
    struct why why = { 0 };
    if (jwt_method_new(login_of(c)->method.config, &method, &why) != OK) {
        acl_refuse(c, &why);
        return;
    }
    const struct jwt_source *source = jwt_method_source(method);
    if (source->kind == JWT_KEYS_GIVEN)
        verify(c, NULL);
    else
        acl_keys_ask(c, source, NULL, with_keys);
    jwt_method_free(method);
}

static void with_account(struct consul_call *c, const struct kubernetes_account *account,
                         enum err e, const char *failure)
{
    if (e == ERR_UNAUTHENTICATED) {
        refuse_bearer(c, failure);
    } else if (e != OK) {
        consul_refuse_text(c, 500, "the cluster of auth method %s cannot be asked: %s",
                           consul_quoted(c, login_of(c)->method.name), failure);
    } else {
        kubernetes_claims(account, &login_of(c)->claims);
        acl_plan(c, bind);
    }
}

static void check(struct consul_call *c, const struct view *view)
{
    struct login *login = login_of(c);
    struct acl_auth_method m;
    struct acl_stamp stamp;
    if (++acl_task(c)->tries > TRIES_MAX) {
        consul_refuse(c, CONSUL_OVERLOADED);
        return;
    }
    if (acl_auth_method_get(view, login->sent.method, consul_arena(c), &m, &stamp) != OK) {
        consul_refuse_text(c, 403, "ACL not found: auth method %s not found",
                           consul_quoted(c, login->sent.method));
        return;
    }
    login->method = (struct acl_auth_method){ .name = arena_dup(consul_arena(c), m.name),
                                              .type = arena_dup(consul_arena(c), m.type),
                                              .config = arena_dup(consul_arena(c), m.config) };
    if (bytes_is(m.type, "kubernetes"))
        acl_cluster_ask(c, login->method.config, login->sent.bearer, with_account);
    else
        fetch_and_verify(c);
}

void acl_login(struct consul_call *c)
{
    if (c->params.token.n > 0) {
        consul_refuse_text(c, 500, "do not provide a token when logging in");
        return;
    }
    if (!consul_grant_nobody(c) || !acl_decode(c, &shape, "Login"))
        return;
    struct login *login = arena_zalloc(consul_arena(c), 1, sizeof *login);
    login->sent = *(const struct login_body *)acl_task(c)->body;
    acl_task(c)->body = login;
    acl_plan(c, check);
}

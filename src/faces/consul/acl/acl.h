/* faces/consul/acl/acl.h -- /v1/acl: what its files share.
 *
 * A change is planned on a view as new as can be, proposed as a transaction that holds only if that
 * view still stood, and planned again if it did not. What is answered is read afterwards, by the
 * same code that answers reads. */
#ifndef FACES_CONSUL_ACL_ACL_H
#define FACES_CONSUL_ACL_ACL_H

#include "faces/consul/call/call.h"
#include "faces/consul/call/query.h"
#include "hub/acl_write.h"
#include "wire/json_bind.h"
#include "wire/json_writer.h"

/* -- acl_task.c: from a body to a row -----------------------------------------------------------
 */

/* A change under way: the call's state. */
struct acl_task {
    consul_read_fn plan, show;
    unsigned tries;
    bool is_new;       /* else the path names what is changed */
    struct uuid id;    /* of what is changed, made or shown */
    struct bytes name; /* the same, of an auth method */
    void *body;
    const char *what; /* of a method: the setting that is tried */
    void *waits_for;  /* acl_keys.c, acl_cluster.c */
};

/* The call's task, made by the first call. */
struct acl_task *acl_task(struct consul_call *c);
/* Asks for acl:write (or read); false: refused and answered. */
bool acl_may_write(struct consul_call *c);
bool acl_may_read(struct consul_call *c);
/* The body by SHAPE into a new struct of its size: the task's. False: "WHAT decoding failed: ..."
 * with 400. */
bool acl_decode(struct consul_call *c, const struct json_shape *shape, const char *what);
/* PLAN with a view; it refuses, or calls acl_commit. */
void acl_plan(struct consul_call *c, consul_read_fn plan);
/* SHOW once it is written; NULL: `true`. */
void acl_commit(struct consul_call *c, struct acl_edits *edits, consul_read_fn show);
/* 500 with the sentence. */
void acl_refuse(struct consul_call *c, const struct why *why);
/* What follows the route's path as an id. False: refused with 400 and MISSING if nothing does, else
 * 404 and UNKNOWN. */
bool acl_id_of_path(struct consul_call *c, const char *missing, const char *unknown);
/* The index of all ACL objects, hung on. */
enum err acl_index(struct consul_call *c, const struct view *view, uint64_t *ret);
/* One of the objects: shown once its index has passed. */
void acl_show(struct consul_call *c,
              void (*answer)(struct consul_call *c, const struct view *view));

/* -- acl_grants.c: what tokens and roles have in common ------------------------------------------
 */

struct acl_grants_body {
    struct json_structs policies, roles, services, nodes, templates;
};
extern const struct json_shape acl_link_shape, acl_service_shape, acl_node_shape,
    acl_template_shape;

/* The ids of what is linked by id or name; ERR_INVALID with the sentence. */
MUST_CHECK enum err acl_read_grants(const struct view *view, const struct acl_grants_body *body,
                                    struct arena *arena, struct acl_grants *ret, struct why *why);
/* Members of the object that is open. Links that lead nowhere are left out, empty lists too. */
void acl_put_grants(struct json_writer *j, const struct view *view, const struct acl_grants *g,
                    struct arena *arena);
void acl_put_texts(struct json_writer *j, const char *name, const struct acl_texts *texts);
void acl_put_id(struct json_writer *j, const char *name, const struct uuid *id);
/* Hash, CreateIndex, ModifyIndex: the end of each object. HASHED: what the hash is over; NULL: none
 * is shown. */
void acl_put_stamp(struct json_writer *j, const struct acl_stamp *stamp,
                   const struct bytes *hashed);
struct acl_texts acl_texts_of(const struct json_texts *texts);

/* -- acl_token_show.c ----------------------------------------------------------------------------
 */

#define ACL_TOKEN_MISSING "Missing token AccessorID"
#define ACL_TOKEN_UNKNOWN "Requested token does not exist: ACL not found"

/* The task's token, whole. */
void acl_show_token(struct consul_call *c, const struct view *view);
bool acl_token_is_over(const struct acl_token *t);
/* Without the braces. */
void acl_put_token_members(struct consul_call *c, struct json_writer *j, const struct view *view,
                           const struct acl_token *t, const struct acl_stamp *stamp,
                           bool is_hidden);

/* -- objects -------------------------------------------------------------------------------------
 */

void acl_put_token_object(struct consul_call *c, struct json_writer *j, const struct view *view,
                          const struct acl_token *t, const struct acl_stamp *stamp, bool is_hidden);
void acl_put_policy_object(struct json_writer *j, const struct acl_policy *p,
                           const struct acl_stamp *stamp, bool is_whole);
void acl_put_role_object(struct consul_call *c, struct json_writer *j, const struct view *view,
                         const struct acl_role *r, const struct acl_stamp *stamp);

/* A lease that ends with the token at EXPIRES_MS, then what THEN does with it. */
void acl_grant_lease(struct consul_call *c, uint64_t now_ms, uint64_t expires_ms,
                     void (*then)(struct consul_call *c, int64_t lease));

/* -- handlers ------------------------------------------------------------------------------------
 */

void acl_bootstrap_put(struct consul_call *c);
void acl_put_own_token(struct consul_call *c);
void acl_replication(struct consul_call *c);
void acl_authorize(struct consul_call *c);
void acl_tokens(struct consul_call *c);
void acl_token_create(struct consul_call *c);
void acl_token_get_one(struct consul_call *c);
void acl_token_put_one(struct consul_call *c);
void acl_token_delete(struct consul_call *c);
void acl_token_self(struct consul_call *c);
void acl_policies(struct consul_call *c);
void acl_policy_create(struct consul_call *c);
void acl_policy_get_one(struct consul_call *c);
void acl_policy_of_name(struct consul_call *c);
void acl_policy_put_one(struct consul_call *c);
void acl_policy_delete(struct consul_call *c);
void acl_roles(struct consul_call *c);
void acl_role_create(struct consul_call *c);
void acl_role_get_one(struct consul_call *c);
void acl_role_of_name(struct consul_call *c);
void acl_role_put_one(struct consul_call *c);
void acl_role_delete(struct consul_call *c);
void acl_methods(struct consul_call *c);
void acl_method_create(struct consul_call *c);
void acl_method_get_one(struct consul_call *c);
void acl_method_put_one(struct consul_call *c);
void acl_method_delete(struct consul_call *c);
void acl_bindings(struct consul_call *c);
void acl_binding_create(struct consul_call *c);
void acl_binding_get_one(struct consul_call *c);
void acl_binding_put_one(struct consul_call *c);
void acl_binding_delete(struct consul_call *c);
void acl_login(struct consul_call *c);
void acl_logout(struct consul_call *c);
void acl_templates(struct consul_call *c);
void acl_template_get_one(struct consul_call *c);
void acl_template_preview(struct consul_call *c);

#endif

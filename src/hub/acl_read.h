/* hub/acl_read.h -- ACL objects out of a view.
 *
 * What these give lends from the view and lies in the arena. ERR_NOT_FOUND; ERR_DAMAGED,
 * ERR_VERSION for a row that cannot be read. What is built in is found like the rest, whether it
 * has a row or not. */
#ifndef HUB_ACL_READ_H
#define HUB_ACL_READ_H

#include "access/acl_row.h"
#include "access/rule.h"
#include "store/view.h"

struct acl_stamp { /* SYSTEM's revisions */
    uint64_t create, modify;
    int64_t lease;    /* that ends it; 0: none */
    struct bytes row; /* as it is kept: what a hash is over */
};

MUST_CHECK enum err acl_token_get(const struct view *v, const struct uuid *accessor,
                                  struct arena *arena, struct acl_token *ret,
                                  struct acl_stamp *ret_stamp);
MUST_CHECK enum err acl_token_of_secret(const struct view *v, struct bytes secret,
                                        struct arena *arena, struct acl_token *ret,
                                        struct acl_stamp *ret_stamp);
MUST_CHECK enum err acl_policy_get(const struct view *v, const struct uuid *id, struct arena *arena,
                                   struct acl_policy *ret, struct acl_stamp *ret_stamp);
MUST_CHECK enum err acl_role_get(const struct view *v, const struct uuid *id, struct arena *arena,
                                 struct acl_role *ret, struct acl_stamp *ret_stamp);
MUST_CHECK enum err acl_auth_method_get(const struct view *v, struct bytes name,
                                        struct arena *arena, struct acl_auth_method *ret,
                                        struct acl_stamp *ret_stamp);
MUST_CHECK enum err acl_binding_rule_get(const struct view *v, const struct uuid *id,
                                         struct arena *arena, struct acl_binding_rule *ret,
                                         struct acl_stamp *ret_stamp);

/* The id behind a name: KIND is ACL_ROW_POLICY_NAME or ACL_ROW_ROLE_NAME. */
MUST_CHECK enum err acl_id_of_name(const struct view *v, enum acl_row_kind kind, struct bytes name,
                                   struct arena *arena, struct uuid *ret);

/* The ids (or names, of auth methods) of all of KIND, in the order of their keys, what is built in
 * first. */
MUST_CHECK enum err acl_list(const struct view *v, enum acl_row_kind kind, struct arena *arena,
                             struct acl_texts *ret);

/* The token that bootstrapped the system, and when; ERR_NOT_FOUND: nobody has yet. */
MUST_CHECK enum err acl_bootstrapped(const struct view *v, struct arena *arena, struct uuid *ret,
                                     uint64_t *ret_revision);

/* The secret of the token that servers use for OWN; ERR_NOT_FOUND. */
MUST_CHECK enum err acl_own_get(const struct view *v, enum acl_own own, struct arena *arena,
                                struct bytes *ret);

/* Adds all rules of TOKEN in DATACENTER: its own, its roles', its identities'. Links that lead
 * nowhere give none. */
MUST_CHECK enum err acl_token_rules(const struct view *v, const struct acl_token *token,
                                    struct bytes datacenter, struct access_rules *out);

#endif

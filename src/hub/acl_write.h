/* hub/acl_write.h -- changes of ACL objects, as transactions.
 *
 * Each edit was made on what a view showed; its transaction compares that and does nothing if it is
 * no longer so: then the whole request is done again. Where what somebody may do changes, the
 * policy revision moves with it. */
#ifndef HUB_ACL_WRITE_H
#define HUB_ACL_WRITE_H

#include "access/acl_row.h"
#include "hub/acl_read.h"
#include "store/txn.h"

struct acl_edits {
    struct arena *arena; /* of everything */
    struct compare *compares;
    struct op *ops;
    size_t compare_n, op_n, room;
    bool moves_policy;
};

/* Room for EDITS edits. */
void acl_edits_init(struct acl_edits *e, size_t edits, struct arena *arena);

/* STAMP: of the row as it was seen, with BEFORE; NULL both: there is none yet. A name, id or secret
 * that is taken makes the transaction fail like one that has moved. LEASE ends the token. */
void acl_put_token(struct acl_edits *e, const struct acl_token *t, const struct acl_token *before,
                   const struct acl_stamp *stamp, int64_t lease);
void acl_put_policy(struct acl_edits *e, const struct acl_policy *p,
                    const struct acl_policy *before, const struct acl_stamp *stamp);
void acl_put_role(struct acl_edits *e, const struct acl_role *r, const struct acl_role *before,
                  const struct acl_stamp *stamp);
void acl_put_auth_method(struct acl_edits *e, const struct acl_auth_method *m,
                         const struct acl_stamp *stamp);
void acl_put_binding_rule(struct acl_edits *e, const struct acl_binding_rule *b,
                          const struct acl_stamp *stamp);
void acl_remove_token(struct acl_edits *e, const struct acl_token *t,
                      const struct acl_stamp *stamp);
void acl_remove_policy(struct acl_edits *e, const struct acl_policy *p,
                       const struct acl_stamp *stamp);
void acl_remove_role(struct acl_edits *e, const struct acl_role *r, const struct acl_stamp *stamp);
void acl_remove_auth_method(struct acl_edits *e, struct bytes name, const struct acl_stamp *stamp);
void acl_remove_binding_rule(struct acl_edits *e, const struct uuid *id,
                             const struct acl_stamp *stamp);
/* The secret of the token that servers use for OWN; empty: none. */
void acl_put_own(struct acl_edits *e, enum acl_own own, struct bytes secret);
/* T is the first token, put by another edit; fails if there was one. */
void acl_bootstrap(struct acl_edits *e, const struct acl_token *t);

/* The whole as one transaction, in the arena; it may be encoded at once. */
const struct txn *acl_edits_txn(struct acl_edits *e);

#endif

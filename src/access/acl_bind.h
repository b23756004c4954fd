/* access/acl_bind.h -- from what a login says to what its token grants: selectors and names. */
#ifndef ACCESS_ACL_BIND_H
#define ACCESS_ACL_BIND_H

#include "access/acl.h"
#include "base/buf.h"
#include "base/why.h"

enum { ACL_CLAIMS_MAX = 64 };

struct acl_claim {
    struct bytes name;
    struct bytes value;     /* of `value` */
    struct acl_texts texts; /* of `list` */
};

/* What a login says of itself: value.NAME and list.NAME of selectors, and for a pod of a cluster
 * serviceaccount.namespace, .name, .uid. */
struct acl_claims {
    struct acl_claim values[ACL_CLAIMS_MAX], lists[ACL_CLAIMS_MAX], account[3];
    size_t value_n, list_n, account_n;
};

/* ERR_INVALID with a sentence. An empty selector is one. */
MUST_CHECK enum err acl_selector_check(struct bytes selector, struct why *why);
/* Whether SELECTOR asks for who says CLAIMS; an empty one does, one that fails does not. */
bool acl_selector_matches(struct bytes selector, const struct acl_claims *claims);
/* NAME with each ${value.X} and ${serviceaccount.X} replaced. ERR_INVALID if X is not said, or the
 * braces do not close. */
MUST_CHECK enum err acl_bind_expand(struct bytes name, const struct acl_claims *claims,
                                    struct buf *out);

#endif

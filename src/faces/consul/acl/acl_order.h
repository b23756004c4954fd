/* faces/consul/acl/acl_order.h -- tokens, policies and roles in the order in which Consul lists
 * them. */
#ifndef FACES_CONSUL_ACL_ACL_ORDER_H
#define FACES_CONSUL_ACL_ACL_ORDER_H

#include "hub/acl_read.h"

struct acl_listed {
    struct bytes by; /* what the order is of */
    union {
        struct acl_token token;
        struct acl_policy policy;
        struct acl_role role;
    };
    struct acl_stamp stamp;
};

/* All of KIND in the arena: tokens by their secrets, policies and roles by their names, whose case
 * does not count. ERR_DAMAGED, ERR_VERSION. */
MUST_CHECK enum err acl_list_in_order(const struct view *view, enum acl_row_kind kind,
                                      struct arena *arena, struct acl_listed **ret, size_t *ret_n);

#endif

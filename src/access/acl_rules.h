/* access/acl_rules.h -- the rules that a token's policies and identities amount to. */
#ifndef ACCESS_ACL_RULES_H
#define ACCESS_ACL_RULES_H

#include "access/acl.h"
#include "access/rule.h"

/* Adds what P says in DATACENTER, from the source of its name; nothing if it is for others. A
 * policy whose rules do not parse (an older build took them) gives none. */
void acl_policy_rules(const struct acl_policy *p, struct bytes datacenter,
                      struct access_rules *out);
/* Adds what the identities and templated policies of G stand for in DATACENTER. */
void acl_identity_rules(const struct acl_grants *g, struct bytes datacenter,
                        struct access_rules *out);

#endif

/* access/acl_check.h -- whether an ACL object can be one, in Consul's words.
 *
 * Everything that the object alone decides; whether a name is taken or a link leads somewhere is
 * for who has the rows. ERR_INVALID (or ERR_MALFORMED, ERR_TOO_BIG) with the sentence in WHY. */
#ifndef ACCESS_ACL_CHECK_H
#define ACCESS_ACL_CHECK_H

#include "access/acl.h"
#include "base/why.h"

MUST_CHECK enum err acl_policy_check(const struct acl_policy *p, struct why *why);
MUST_CHECK enum err acl_role_check(const struct acl_role *r, struct why *why);
/* Its grants and texts. */
MUST_CHECK enum err acl_token_check(const struct acl_token *t, struct why *why);
/* With its configuration. */
MUST_CHECK enum err acl_auth_method_check(const struct acl_auth_method *m, struct why *why);
/* With its selector and the name it binds to. */
MUST_CHECK enum err acl_binding_rule_check(const struct acl_binding_rule *b, struct why *why);

#endif

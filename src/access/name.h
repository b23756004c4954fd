/* access/name.h -- what policies, roles and identities may be called. */
#ifndef ACCESS_NAME_H
#define ACCESS_NAME_H

#include "base/bytes.h"

enum { POLICY_NAME_MAX = 128, ROLE_NAME_MAX = 256, IDENTITY_NAME_MAX = 256 };

/* Letters, digits, '-' and '_', and one '/' that is not the first. */
bool policy_name_is_valid(struct bytes name);
/* Letters, digits, '-' and '_'. */
bool role_name_is_valid(struct bytes name);
/* Small letters, digits, '-' and '_', the last two neither first nor last: a service or node that
 * an identity stands for. */
bool identity_name_is_valid(struct bytes name);

#endif

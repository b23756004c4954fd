/* hub/acl_start.h -- the token that an operator gave on the command line: there from the start.
 *
 * A management token with the given secret (the task's argument, a string) is made unless one has
 * it; the system counts as bootstrapped then. */
#ifndef HUB_ACL_START_H
#define HUB_ACL_START_H

#include "hub/startup.h"

extern const struct startup_task acl_start;

#endif

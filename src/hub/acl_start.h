/* hub/acl_start.h -- the token that an operator gave on the command line: there from the start.
 *
 * A management token with the given secret is made unless one has it; the system counts as
 * bootstrapped then. One io thread does it, as often as it takes; all members of a cluster may. */
#ifndef HUB_ACL_START_H
#define HUB_ACL_START_H

#include "hub/hub.h"

struct acl_start;

/* Keeps HUB and SECRET. Before the hub's loop is started. */
struct acl_start *acl_start_new(struct hub *h, const char *secret);
/* After it ended. */
void acl_start_free(struct acl_start *s);

#endif

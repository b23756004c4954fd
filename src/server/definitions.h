/* server/definitions.h -- services and checks that configuration files define: brought into the
 * registry, kept up with the files, and taken out again at the end; nothing else is touched.
 *
 * What stands because of them is written down in the data directory first, so that a definition
 * that was removed from its file while the server was down goes too. */
#ifndef SERVER_DEFINITIONS_H
#define SERVER_DEFINITIONS_H

#include "base/why.h"
#include "server/agent_read.h"

struct definitions;
struct parts;

/* After the parts have started; keeps P. */
struct definitions *definitions_new(struct parts *p);
void definitions_free(struct definitions *d);
/* Registers all that A defines and takes out what it does not define any more; waits for it, some
 * seconds at most. On the main thread. ERR_INVALID with what the first refusal was: the others are
 * registered all the same. */
MUST_CHECK enum err definitions_apply(struct definitions *d, const struct agent_config *a,
                                      struct why *why);
/* Takes them all out, a second at most. */
void definitions_withdraw(struct definitions *d);

#endif

/* server/agent_options.h -- what a Consul agent's configuration means as options of `muster serve`.
 */
#ifndef SERVER_AGENT_OPTIONS_H
#define SERVER_AGENT_OPTIONS_H

#include "base/buf.h"
#include "server/agent_read.h"

struct agent_options {
    char *const *argv; /* as for config_read; in the arena */
    int argc;
};

/* Keys that were given and have no meaning here are appended to IGNORED, a line each. ERR_INVALID,
 * with the sentence, for what cannot be: no data directory, an agent that is no server. */
MUST_CHECK enum err agent_options_make(const struct agent_config *a, struct arena *arena,
                                       struct agent_options *ret, struct buf *ignored,
                                       struct why *why);

#endif

/* health/script_wire.h -- what the server and the process that runs scripts say to each other.
 *
 * Over a socket pair: each message is a u32 length and its bytes. Both ends are ours, of one build;
 * what does not read is a fault. */
#ifndef HEALTH_SCRIPT_WIRE_H
#define HEALTH_SCRIPT_WIRE_H

#include "base/buf.h"

enum { SCRIPTS_AT_ONCE = 64, SCRIPT_ARGS_MAX = 64, SCRIPT_MESSAGE_MAX = 128 * 1024 };

enum script_verb { SCRIPT_RUN, SCRIPT_KILL /* no answer comes back */ };

struct script_order {
    enum script_verb verb;
    uint64_t id;
    uint64_t timeout_ms;
    uint32_t output_max;
    size_t arg_n;
    struct bytes args[SCRIPT_ARGS_MAX]; /* lent */
};

enum script_end {
    SCRIPT_EXITED,
    SCRIPT_SIGNALED,
    SCRIPT_TIMED_OUT,
    SCRIPT_NOT_STARTED,
    SCRIPT_ENDS
};

struct script_outcome {
    uint64_t id;
    enum script_end end;
    int code; /* of the exit, or the signal */
    uint64_t total;
    struct bytes output; /* lent; at most what the order allows */
};

void script_order_write(const struct script_order *o, struct buf *out);
void script_outcome_write(const struct script_outcome *o, struct buf *out);
/* The message that IN begins with; *RET_USED is the whole of it. ERR_TRUNCATED: more is needed;
 * ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK enum err script_order_read(struct bytes in, struct script_order *ret, size_t *ret_used);
MUST_CHECK enum err script_outcome_read(struct bytes in, struct script_outcome *ret,
                                        size_t *ret_used);

#endif

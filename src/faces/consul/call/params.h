/* faces/consul/call/params.h -- what every request may say beside its path and body. */
#ifndef FACES_CONSUL_CALL_PARAMS_H
#define FACES_CONSUL_CALL_PARAMS_H

#include <stdbool.h>

#include "base/bytes.h"

struct consul_call;
struct consul_options;

enum consul_level { CONSUL_LEVEL_LEADER, CONSUL_LEVEL_STALE, CONSUL_LEVEL_CONSISTENT };

struct consul_pair {
    struct bytes name, value;
};

struct consul_params { /* lent by the request */
    struct bytes token;
    enum consul_level level;
    bool cached, pretty, local_only;
    uint64_t index;   /* 0: answer at once */
    uint64_t wait_ms; /* at most; set when INDEX is */
    struct bytes near, filter;
    bool of_peer;                  /* what was imported from a peer is asked for: nothing ever is */
    struct consul_pair *node_meta; /* "k:v"; all must match */
    size_t node_meta_n;
};

/* Fills the call's parameters in; false: refused and answered. */
bool consul_params_read(struct consul_call *c);

/* How long a query waits that asked for ASKED_NS, the default if that is not positive; RANDOM is
 * any number. At most a sixteenth more, so that those who asked together do not come back together.
 */
uint64_t consul_wait_ms(const struct consul_options *o, int64_t asked_ns, uint64_t random);

/* A parameter, decoded; false: it is not there. */
bool consul_param(struct consul_call *c, const char *name, struct bytes *ret);
/* True if it is there, whatever its value. */
bool consul_param_is_given(struct consul_call *c, const char *name);

#endif

/* faces/consul/call/params.h -- what every request may say beside its path and body. */
#ifndef FACES_CONSUL_CALL_PARAMS_H
#define FACES_CONSUL_CALL_PARAMS_H

#include <stdbool.h>

#include "base/bytes.h"

struct consul_call;

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
    struct consul_pair *node_meta; /* "k:v"; all must match */
    size_t node_meta_n;
};

/* Fills the call's parameters in; false: refused and answered. */
bool consul_params_read(struct consul_call *c);

/* A parameter, decoded; false: it is not there. */
bool consul_param(struct consul_call *c, const char *name, struct bytes *ret);
/* True if it is there, whatever its value. */
bool consul_param_is_given(struct consul_call *c, const char *name);

#endif

/* net/resolver.h -- addresses of names, looked up by the system off the loop, and remembered.
 *
 * One thread. Names that are addresses need no look-up. At most RESOLVER_AT_ONCE look-ups are under
 * way, others wait their turn: a name server that hangs does not take the whole thread pool. Nor
 * does it hold up names that are known: what was found once is good until it is found anew, within
 * limits.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include <netinet/in.h>

#include "base/bytes.h"
#include "loop/loop.h"

struct resolver;

enum {
    RESOLVER_ADDRESSES = 8, /* of a name; more are left out */
    RESOLVER_NAMES_MAX = 4096,
    RESOLVER_NAME_MAX = 255,
    RESOLVER_AT_ONCE = 2,
    RESOLVER_KEEP_MS = 30 * 1000,
    RESOLVER_STALE_MS = 10 * 60 * 1000,
    RESOLVER_KEEP_NOTHING_MS = 5 * 1000
};

struct resolver_times {
    uint64_t keep_ms;         /* what was found is not looked up again */
    uint64_t stale_ms;        /* and so much longer it is good while it is looked up */
    uint64_t keep_nothing_ms; /* that nothing was found */
};

struct addresses {
    const char *failure; /* why there are none, constant text; NULL if there are */
    unsigned n;
    union address {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } all[RESOLVER_ADDRESSES]; /* their ports are 0 */
};

/* TIMES may be NULL: those above. */
struct resolver *resolver_new(struct loop *loop, const struct resolver_times *times);
/* All asks have been answered or canceled. Look-ups under way end by themselves, before the loop is
 * freed. */
void resolver_free(struct resolver *r);

/* Embed it, zeroed. */
struct resolver_ask {
    struct list link; /* internal */
    void (*done)(struct resolver_ask *ask, const struct addresses *addresses);
};
/* True: *RET has been filled in at once, and DONE will not be called. False: it will be, later,
 * from the loop. */
bool resolver_find(struct resolver *r, struct bytes name, struct resolver_ask *ask,
                   struct addresses *ret);
/* DONE will not be called. */
void resolver_cancel(struct resolver_ask *ask);

#endif

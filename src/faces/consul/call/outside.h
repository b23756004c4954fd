/* faces/consul/call/outside.h -- asking others by HTTP: who signs tokens for his keys, a cluster
 * for its accounts. What comes back is bounded in size and time. One io thread's. */
#ifndef FACES_CONSUL_CALL_OUTSIDE_H
#define FACES_CONSUL_CALL_OUTSIDE_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/why.h"

struct consul_face;
struct tls_client;

enum {
    OUTSIDE_DEADLINE_MS = 10 * 1000,
    OUTSIDE_MAX = 32, /* asks under way on a thread */
};

struct outside_ask { /* copied, but for TRUST */
    struct bytes url;
    struct bytes bearer;      /* empty: none */
    struct bytes body;        /* JSON to be posted; empty: GET */
    size_t answer_max;        /* bytes; more is a failure */
    struct tls_client *trust; /* kept until it is over; NULL: the system's authorities */
};

struct outside_answer {  /* lent for the call */
    const char *failure; /* why there is none; NULL if there is */
    int status;
    struct bytes body;
};

struct outside; /* one ask; gone once DONE has been called or it was canceled */
typedef void (*outside_fn)(void *ctx, const struct outside_answer *answer);

/* DONE comes from the loop. ERR_BUSY, ERR_STOPPING, or what TLS fails with; WHY says so. */
MUST_CHECK enum err outside_start(struct consul_face *face, const struct outside_ask *ask,
                                  outside_fn done, void *ctx, struct outside **ret,
                                  struct why *why);
void outside_cancel(struct outside *o);

/* -- the face's ----------------------------------------------------------------------------------
 */

/* What is under way fails, nothing begins any more. */
void outside_stop(struct consul_face *face);
/* True if no connection is left. */
bool outside_is_gone(const struct consul_face *face);
/* After the loop has ended. What is still open is left to the end of the process. */
void outside_free(struct consul_face *face);

#endif

/* net/serve.h -- what the protocols on a listener's connections are given by the server.
 *
 * One `struct serve` for each listener and io thread, used by that thread alone. It lives until the
 * server is freed, longer than any connection. */
#ifndef NET_SERVE_H
#define NET_SERVE_H

#include <stdatomic.h>

#include "net/conn.h"
#include "net/service.h"
#include "net/unsent.h"

struct grpc_routes;
struct metrics;

struct serve {
    struct loop *loop;
    const struct net_service *service;
    struct net_limits limits;    /* defaults filled in: no zeroes */
    void *context;               /* the service set's, of this thread; NULL without contexts */
    struct serve_shared *shared; /* of this thread, all listeners */
    struct metrics *metrics;     /* may be NULL */
    struct grpc_routes *routes;  /* the listener's, all threads; read-only */
};

/* What all listeners of one io thread have in common. */
struct serve_shared {
    _Atomic uint64_t streams; /* requests and calls under way; kept by the protocols (relaxed) */
    bool draining;            /* set before the protocols' `shutdown` is called */
    bool serving;             /* what health answers; changed on this thread */
    struct list watches;      /* struct serving_watch */
    struct unsent unsent;     /* answers that wait for their clients */
};

/* Told on this thread when SERVING has changed. */
struct serving_watch {
    struct list link;
    void (*changed)(struct serving_watch *watch, bool serving);
};

/* The protocols. Each makes its session, sets it on C with conn_set_protocol and LEFT, and owns it
 * until `gone`. */
void http1_serve(struct conn *c, struct serve *serve, struct bytes left);
void http2_serve(struct conn *c, struct serve *serve, struct bytes left);

#endif

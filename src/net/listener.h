/* net/listener.h -- one listening socket on the first io thread, and what it serves. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/endpoint.h"
#include "net/serve.h"

struct listener;
struct tls_context;

struct listener_setup {
    struct loop *loop; /* the first io thread's */
    const struct net_service *service;
    struct tls_context *tls;   /* or NULL; shared */
    struct serve *take_serves; /* one an io thread */
    struct metrics *metrics;
    /* Takes an accepted descriptor. */
    void (*accepted)(void *ctx, struct listener *l, int take_fd);
    /* False: there are too many connections, the next one is refused. */
    bool (*has_room)(void *ctx, const struct listener *l);
    void *ctx;
};

MUST_CHECK enum err listener_open(const struct listener_setup *setup, const struct endpoint *at,
                                  struct listener **ret, struct why *why);
uint16_t listener_port(const struct listener *l);
/* Opens a sniffed connection on TAKE_FD in SET, which is of io thread AT. On that thread. */
MUST_CHECK enum err listener_adopt(struct listener *l, struct conn_set *set, size_t at,
                                   int take_fd);
const struct net_limits *listener_limits(const struct listener *l);
/* Stops accepting. On the first io thread, or after it has ended. Harmless twice. */
void listener_stop(struct listener *l);
/* When no connection of it is left. */
void listener_free(struct listener *l);

#endif

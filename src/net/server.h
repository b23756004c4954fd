/* net/server.h -- listeners, and the io threads their connections go to.
 *
 * One listener a port, on the first io thread, without SO_REUSEPORT; an accepted descriptor goes to
 * the thread with the fewest connections (kernel.md 2). HTTP/1.1, HTTP/2 and TLS are told apart on
 * one port. */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include "base/metric.h"
#include "net/endpoint.h"
#include "net/grpc.h"
#include "net/http.h"
#include "net/tls.h"

struct net_server;

struct net_limits { /* 0 = the default in brackets */
    size_t
        grpc_message_max; /* received, bytes [2 MiB + 512 KiB: 2621440]; etcd's face sets its own */
    size_t grpc_send_max; /* [2^31 - 1] */
    uint32_t streams_max; /* concurrent, a connection [65536] */
    uint32_t connections_max;      /* all listeners together [file limit - 10%] */
    uint64_t ping_min_ms;          /* client pings closer together than this are strikes [5000] */
    uint64_t keepalive_idle_ms;    /* server pings after this long idle [7200000] */
    uint64_t keepalive_timeout_ms; /* [20000] */
    uint64_t header_timeout_ms;    /* request head, TLS handshake [10000] */
    uint64_t idle_timeout_ms;      /* HTTP/1.1 keep-alive [75000] */
    uint64_t stream_buffer_max;    /* reassembling one gRPC message is bounded by grpc_message_max;
                                      this bounds what a connection may hold over all [16 MiB] */
};

/* What one listener serves. All pointers are kept. */
struct net_service {
    const char *name;                           /* "etcd" for logs and metrics */
    const struct grpc_service *const *services; /* NULL-terminated; NULL: no gRPC here */
    const struct http_service *http;            /* NULL: no plain HTTP: 404 */
    void *const *contexts;                      /* one an io thread: grpc_call_context */
    struct net_limits limits;
};

/* LOOPS are the io threads, before they are started; kept. METRICS may be NULL. */
MUST_CHECK enum err net_server_new(struct loop *const *loops, size_t loop_n,
                                   struct metrics *metrics, struct net_server **ret);
/* Binds and listens; connections are accepted once the loops run. TLS may be NULL for plain.
 * *ret_port is the bound port. ERR_ADDRESS_IN_USE and others: WHY says the address and what to do.
 */
MUST_CHECK enum err net_server_listen(struct net_server *s, const struct endpoint *at,
                                      const struct net_service *service, struct tls_context *tls,
                                      uint16_t *ret_port, struct why *why);
struct net_thread_counts {
    uint64_t connections, streams;
};
/* What io thread AT has at the moment. From any thread. */
struct net_thread_counts net_server_counts(const struct net_server *s, size_t at);

/* From any thread: stop accepting, tell every protocol to say goodbye (GOAWAY, then Connection:
 * close); streams that do not end by themselves are closed after GRACE_MS. DONE runs once on the
 * first io loop when no connection is left. */
void net_server_drain(struct net_server *s, uint64_t grace_ms, void (*done)(void *ctx), void *ctx);
/* After the loops have ended. Connections that are left are closed at once: their loops are run
 * here for as long as that takes. */
void net_server_free(struct net_server *s);

/* gRPC's own services, to be listed beside a face's. Health answers SERVING for "" and whatever
 * names it is told; reflection lists the services of the listener. */
extern const struct grpc_service grpc_health_service;
extern const struct grpc_service grpc_reflection_service;       /* grpc.reflection.v1 */
extern const struct grpc_service grpc_reflection_alpha_service; /* grpc.reflection.v1alpha */
/* Any thread: from now on health answers NOT_SERVING, or SERVING again (drain, lost disk). */
void net_server_set_serving(struct net_server *s, bool serving);

#endif

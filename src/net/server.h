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
#include "net/service.h"
#include "net/tls.h"

struct net_server;

/* LOOPS are the io threads, before they are started; kept. METRICS may be NULL. */
struct net_server *net_server_new(struct loop *const *loops, size_t loop_n,
                                  struct metrics *metrics);
/* Binds and listens; connections are accepted once the loops run. TLS may be NULL for plain.
 * *ret_port is the bound port. ERR_ADDRESS_IN_USE and others: WHY says the address and what to do.
 */
MUST_CHECK enum err net_server_listen(struct net_server *s, const struct endpoint *at,
                                      const struct net_service *service, struct tls_context *tls,
                                      uint16_t *ret_port, struct why *why);
/* Of all threads together: how many bytes of unary answers should wait for their clients at most
 * [64 MiB], and how long one is kept of which nothing leaves [30 s]. Before the loops run. */
void net_server_limit_answers(struct net_server *s, size_t bytes, uint64_t stall_ms);
/* On io thread AT: too much of what its connections sent is under way, they are not to be read;
 * and: they are again. Services that are always read are exempt, and no connection waits for long
 * (net/conn_set.h). */
void net_server_hold(struct net_server *s, size_t at);
void net_server_release(struct net_server *s, size_t at);
/* How long [1 s]. Before the loops run. */
void net_server_limit_hold(struct net_server *s, uint64_t ms);
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

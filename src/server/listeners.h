/* server/listeners.h -- what is listened on: addresses, certificates, and the faces behind them. */
#ifndef SERVER_LISTENERS_H
#define SERVER_LISTENERS_H

#include "base/buf.h"
#include "net/http.h"
#include "net/server.h"
#include "net/udp.h"
#include "server/config.h"
#include "server/hosts.h"

enum { LISTENERS_SERVICES_MAX = 32, LISTENERS_UDP_MAX = 16 };

struct listeners {
    const struct config *config;
    struct net_server *net;
    const struct listeners_contexts *contexts; /* while they are opened */
    struct tls_context *tls;                   /* NULL: there are no certificates */
    struct hosts hosts;
    const struct grpc_service *served[LISTENERS_SERVICES_MAX];
    struct http_service etcd_http, consul_http, native_http; /* as HOSTS allows */
    const struct grpc_service *consul_served[LISTENERS_SERVICES_MAX];
    struct net_service etcd_service, consul_service, consul_grpc_service, dns_service,
        native_service;
    struct udp_port *udp[LISTENERS_UDP_MAX]; /* of DNS */
    size_t udp_n;
    struct buf addresses;   /* one "face address" a line */
    struct buf client_urls; /* of the etcd face */
};

/* What the faces' requests get as their context, one an io thread; and the threads. */
struct listeners_contexts {
    void *const *etcd, *const *consul, *const *dns, *const *native;
    struct loop *const *loops;
    size_t loop_n;
    struct metrics *metrics;
};

/* What needs no disk, before one is touched: a refusal leaves nothing behind. Keeps CONFIG; ends
 * with listeners_fini whatever it answers. */
MUST_CHECK enum err listeners_check(struct listeners *l, const struct config *config,
                                    struct why *why);
/* Binds them; the contexts are kept, one an io thread. */
MUST_CHECK enum err listeners_open(struct listeners *l, struct net_server *net,
                                   const struct listeners_contexts *contexts,
                                   size_t etcd_message_bytes, struct why *why);
/* Comma-separated; once they are open. */
const char *listeners_client_urls(struct listeners *l);
/* Reads certificates again; the old ones stay if it fails. */
MUST_CHECK enum err listeners_reload(struct listeners *l, struct why *why);
/* Closes what is no connection: when the loops have ended, before they and the faces are freed. */
void listeners_close(struct listeners *l);
/* After the server of NET is gone. */
void listeners_fini(struct listeners *l);

#endif

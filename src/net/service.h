/* net/service.h -- what a listener serves, and within what limits. */
#ifndef NET_SERVICE_H
#define NET_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct framed_service;
struct grpc_service;
struct http_service;

struct net_limits {                /* 0 = the default in brackets */
    size_t grpc_message_max;       /* received, bytes [2621440, that is 2.5 MiB] */
    size_t grpc_send_max;          /* [2^31 - 1] */
    uint32_t streams_max;          /* concurrent, a connection [65536] */
    uint32_t connections_max;      /* all listeners together [file limit - 10%] */
    uint64_t ping_min_ms;          /* client pings closer together than this are strikes [5000] */
    uint64_t keepalive_idle_ms;    /* server pings after this long idle [7200000] */
    uint64_t keepalive_timeout_ms; /* [20000] */
    uint64_t header_timeout_ms;    /* request head, TLS handshake [10000] */
    uint64_t idle_timeout_ms;      /* HTTP/1.1 keep-alive, and a body that does not come [75000] */
    uint64_t stream_buffer_max;    /* what a connection holds of messages that are not whole, over
                                      all its streams: above it one stream at a time gets more
                                      window, above four times it streams are ended [16 MiB] */
};

/* LIMITS with the defaults filled in. */
struct net_limits net_limits_filled(const struct net_limits *limits);

/* What one listener serves. All pointers are kept. */
struct net_service {
    const char *name;                           /* "etcd" for logs and metrics */
    const struct grpc_service *const *services; /* NULL-terminated; NULL: no gRPC here */
    const struct http_service *http;            /* NULL: no plain HTTP: 404 */
    const struct framed_service *framed;        /* messages instead of HTTP (framed.h), or NULL */
    void *const *contexts;                      /* one an io thread: grpc_call_context */
    struct net_limits limits;
    bool is_always_read; /* also while its thread is held (net_server_hold) */
};

#endif

/* net/grpc_routes.h -- which method a path calls, and what is counted of it. */
#ifndef NET_GRPC_ROUTES_H
#define NET_GRPC_ROUTES_H

#include "base/bytes.h"

struct grpc_method;
struct grpc_service;
struct metric;
struct metrics;

enum { GRPC_STATUSES = 17 };

struct grpc_route {
    struct bytes path; /* "/etcdserverpb.KV/Range" */
    const struct grpc_service *service;
    const struct grpc_method *method;
    /* NULL without metrics */
    struct metric *started, *received, *sent;
    struct metric *handled[GRPC_STATUSES];
};

/* Read-only once made: shared by all threads. */
struct grpc_routes;

/* SERVICES is NULL-terminated, or NULL: none; kept. NAME is the listener's, for its byte counters;
 * all counters are there from now on. METRICS may be NULL. */
struct grpc_routes *grpc_routes_new(const struct grpc_service *const *services, const char *name,
                                    struct metrics *metrics);
void grpc_routes_free(struct grpc_routes *r);
/* NULL if there is none. */
const struct grpc_route *grpc_routes_find(const struct grpc_routes *r, struct bytes path);
const struct grpc_service *grpc_routes_service(const struct grpc_routes *r, struct bytes name);
const struct grpc_service *const *grpc_routes_services(const struct grpc_routes *r);
/* Bytes of DATA from and to clients, or NULL. */
struct metric *grpc_routes_received_bytes(const struct grpc_routes *r);
struct metric *grpc_routes_sent_bytes(const struct grpc_routes *r);

#endif

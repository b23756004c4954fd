/* faces/consul/call/route.h -- the routes of the API: a table for each area, and what a path leads
 * to.
 */
#ifndef FACES_CONSUL_CALL_ROUTE_H
#define FACES_CONSUL_CALL_ROUTE_H

#include "base/arena.h"
#include "base/buf.h"

struct consul_call;

enum {                     /* flags of a route */
       CONSUL_INDEXED = 1, /* answers carry an index, whether a leader is known, and so on */
       CONSUL_BLOCKS = 2,  /* waits for ?index to be passed */
       CONSUL_LOCAL = 4,   /* of this agent: no datacenter, no consistency */
       CONSUL_KEEPS = 32,  /* kept.h: it shows nothing but CATALOG */
       CONSUL_LEVELS = 8,  /* says at which consistency it was answered */
       CONSUL_OF_ACL = 16, /* 401 while ACLs are off */
};

/* One method of one path. Rows of the same path stand together. */
struct consul_route {
    const char *method;
    /* From "/v1/". With '/' at its end it holds for all that begins with it, and what follows is
     * the call's `rest`. */
    const char *path;
    void (*handle)(struct consul_call *c);
    unsigned flags;
    size_t body_max;        /* bytes; 0 = 1 MiB */
    const char *access;     /* "service:write", or "" */
    const char *parameters; /* beside those that all have */
    const char *does;       /* for the page: what is answered, what differs */
    const char *test;       /* which asserts what only the real work can produce */
};

struct consul_area {
    const char *name;
    const struct consul_route *routes;
    size_t route_n;
};

/* All areas: routes.c. */
extern const struct consul_area *const consul_areas[];
extern const size_t consul_area_n;

struct consul_router; /* immutable; any thread */

struct consul_router *consul_router_new(void);
void consul_router_free(struct consul_router *router);

struct consul_match {
    const struct consul_route *route; /* NULL: the path leads nowhere, or not with this method */
    struct bytes rest;                /* of PATH, behind the route's */
    bool add_slash;                   /* it would lead somewhere with '/' at its end */
    /* Without a route: the methods that the path has, in ARENA; NULL: there is no such path. */
    const char *allow;
};
/* PATH is decoded and clean. */
struct consul_match consul_route_find(const struct consul_router *router, struct bytes method,
                                      struct bytes path, struct arena *arena);

/* PATH with its escapes read, in ARENA. */
struct bytes consul_path_decode(struct bytes path, struct arena *arena);
/* PATH without doubled slashes and dot segments; the same bytes if it has none. */
struct bytes consul_path_clean(struct bytes path, struct arena *arena);
/* PATH with escapes where a URL needs them. */
struct bytes consul_path_encode(struct bytes path, struct arena *arena);
/* False if it holds what is not to be seen. */
bool consul_path_is_printable(struct bytes path);

#endif

/* faces/consul/rows/extras.h -- what only Consul knows of an instance and of a node: the extras of
 * their rows (catalog/publication.h, catalog/node.h). */
#ifndef FACES_CONSUL_ROWS_EXTRAS_H
#define FACES_CONSUL_ROWS_EXTRAS_H

#include "base/arena.h"
#include "base/buf.h"

enum { CONSUL_EXTRAS_FORMAT = 2, CONSUL_WEIGHT_MAX = 65535, CONSUL_TAGGED_MAX = 64 };

struct consul_tagged { /* an address under a name: "lan", "wan_ipv4" */
    struct bytes name, address;
    uint32_t port; /* of a service's; 0 of a node's */
};

struct consul_extras { /* text is lent */
    struct bytes kind; /* "": an ordinary service */
    struct bytes socket_path;
    uint32_t passing, warning; /* weights */
    bool has_tag_override;
    bool is_sidecar;              /* registered with its service, and goes with it */
    struct consul_tagged *tagged; /* ascending by name */
    size_t tagged_n;
    struct bytes proxy, connect, locality; /* JSON as it is shown; empty: not given */
    struct bytes ports;                    /* the same, each with a name */
};

/* As of an instance that another face has registered. */
struct consul_extras consul_extras_none(void);
/* In format 1, without ports, if there are none. */
void consul_extras_write(const struct consul_extras *x, struct buf *out);
/* Lends from BYTES and the arena; empty BYTES are consul_extras_none. ERR_VERSION, ERR_TRUNCATED,
 * ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK enum err consul_extras_read(struct bytes bytes, struct arena *arena,
                                       struct consul_extras *ret);

#endif

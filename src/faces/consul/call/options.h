/* faces/consul/call/options.h -- what a face is started with. */
#ifndef FACES_CONSUL_CALL_OPTIONS_H
#define FACES_CONSUL_CALL_OPTIONS_H

#include "base/metric.h"
#include "base/why.h"
#include "catalog/status.h"
#include "loop/mailbox.h"

struct consul_call;

#define CONSUL_VERSION "1.21.4" /* whose API this is; clients switch features by it */

enum {
    CONSUL_BODY_MAX = 4 * 1024 * 1024 /* of a request; a route may take less or more */
};

struct consul_meta {
    const char *name, *value;
};

/* What this server says of itself. All texts are kept. */
struct consul_self {
    const char *datacenter, *node_name;
    const char *node_id;            /* a UUID; NULL: made from the member's id */
    const char *address;            /* by which others reach it */
    const struct consul_meta *meta; /* of its node; ascending by name, without Consul's own */
    size_t meta_n;
    const char *domain, *alt_domain; /* DNS's; NULL: "consul", and no other */
    const char *version;             /* Muster's */
    uint16_t http_port, https_port, dns_port, grpc_port, grpc_tls_port; /* 0: not listened on */
    uint16_t native_port; /* where the console is; the same */
};

/* That the server reads its files again was asked for. */
struct consul_reload {
    struct consul_reload *next; /* the server's, until it is told */
    struct mail mail;           /* internal, as the next */
    struct mailbox *reply_to;
    struct consul_call *call; /* NULL: its client has gone */
    enum err err;
    struct why why;
};
/* It has been done; E: with WHY. Any thread, once. */
void consul_reload_done(struct consul_reload *take_r, enum err e, const char *why);

struct consul_options {
    struct consul_self self;
    uint64_t default_query_ms, max_query_ms; /* of blocking queries; 0 = 5 and 10 minutes */
    bool always_pretty;                      /* as Consul's -dev */
    bool no_connect;                         /* no certificates, no intentions */
    bool no_coordinates;                     /* Consul's disable_coordinates */
    const char *mesh_cluster; /* a UUID, what the trust domain begins with; NULL: drawn */
    /* Of long answers that clients have not read, together: with more, a further one is refused. 0
     * = 256 MiB. */
    size_t unsent_max;
    uint64_t keys_pause_ms;    /* between fetches of a signer's keys for logins; 0: none */
    const char *default_token; /* of who brings none; NULL: he is anonymous. Kept */
    struct metrics *metrics;   /* kept; may be NULL */
    /* The service of a TTL check has said how that is, and it is as it was: its time begins anew. A
     * change of it is written, which does the same. NULL: all is written. Any io thread. */
    void (*note_check)(void *ctx, struct bytes instance, struct bytes check, enum status status,
                       struct bytes output);
    bool runs_scripts; /* checks that are programs may be registered */
    /* What SIGHUP does, then consul_reload_done; and what SIGTERM does. Any io thread. */
    void (*reload)(void *ctx, struct consul_reload *take_r);
    void (*leave)(void *ctx);
    void *ctx;
};

#endif

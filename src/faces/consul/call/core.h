/* faces/consul/call/core.h -- the inside of a face: this folder's files only. One io thread's. */
#ifndef FACES_CONSUL_CALL_CORE_H
#define FACES_CONSUL_CALL_CORE_H

#include "faces/consul/call/options.h"
#include "faces/consul/call/route.h"
#include "hub/hub.h"
#include "wire/json_writer.h"

struct acl_keys;
struct dialer;

struct consul_face {
    struct hub *hub;
    struct loop *loop;
    struct mailbox *box;
    struct consul_options options; /* defaults filled in */
    struct consul_self self;
    char node_id[37];
    uint64_t began_wall_ms;
    struct consul_router *router;
    struct list calls; /* under way: consul_call.link */
    struct wait_table *waits;
    struct consul_kept *kept;
    struct metric *blocking, *requests; /* of all threads */
    struct metrics *own_metrics;        /* made here if none were given */
    bool draining;
    uint64_t random;

    struct dialer *dialer; /* outside.h; made by the first who asks others */
    struct list outside;   /* asks under way */
    unsigned outside_n;
    struct acl_keys *keys; /* acl_keys.h; made by the first login that wants some */
    void (*free_keys)(struct acl_keys *keys);

    /* of the answer that is being made; free once it is */
    struct buf body;
    struct json_writer json;
    struct arena scratch; /* of one look at a view */
    struct buf ranges;    /* what that look depends on */
    size_t unsent_bytes;
};

/* Not for secrets. */
uint64_t consul_random(struct consul_face *face);

#endif

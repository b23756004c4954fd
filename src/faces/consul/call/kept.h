/* faces/consul/call/kept.h -- answers of the catalog and of health, kept while nothing has changed.
 *
 * The same question asked again, by many clients or by many that a change has woken, is rendered
 * once; those who ask it to wait for the next answer hang on what the first of them found. Anything
 * that changes in CATALOG or in SYSTEM forgets all of them. While access is on answers differ by
 * who asks, and none is kept. One io thread's. */
#ifndef FACES_CONSUL_CALL_KEPT_H
#define FACES_CONSUL_CALL_KEPT_H

#include "faces/consul/call/call.h"

enum {
    CONSUL_KEPT_MAX = 1024,               /* answers of a thread */
    CONSUL_KEPT_BYTES = 16 * 1024 * 1024, /* of all of them together */
    CONSUL_KEPT_BODY_MAX = 256 * 1024,    /* of one; a longer one is not kept */
    CONSUL_KEPT_QUESTION_MAX = 512,       /* of path and query */
    CONSUL_KEPT_RANGES_MAX = 64 * 1024,   /* of what one depends on; with more each looks itself */
};

struct consul_kept; /* all that a face keeps */

struct consul_kept_answer {  /* lent until something changes */
    struct buf body, packed; /* PACKED: as gzip, empty until somebody takes it so */
    uint64_t index;
    struct buf ranges; /* what it depends on, as consul_query wrote it; empty until one waits */
};

/* Keeps HUB. */
struct consul_kept *consul_kept_new(struct hub *hub);
void consul_kept_free(struct consul_kept *kept);

/* The answer to what C asks, or NULL; for routes with CONSUL_KEEPS. */
struct consul_kept_answer *consul_kept_find(struct consul_call *c);
/* BODY, with c->index, is what C is answered with. Copies. */
void consul_kept_put(struct consul_call *c, struct bytes body);
/* RANGES is what the kept answer to what C asks depends on, if it has one. Copies. */
void consul_kept_put_ranges(struct consul_call *c, const struct buf *ranges);

#endif

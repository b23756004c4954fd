/* net/conn_core.h -- the inside of connections and their set; for conn*.c alone. */
#ifndef NET_CONN_CORE_H
#define NET_CONN_CORE_H

#include <netinet/in.h>
#include <uv.h>

#include "base/buf.h"
#include "loop/loop.h"

struct conn_filter;
struct conn_protocol;

enum {
    CONN_READ_BYTES = 64 * 1024,
    CONN_PLAIN_MAX = 4 * CONN_READ_BYTES,
    CONN_KEEP_BYTES = 4 * 1024, /* an idle connection's buffers hold no more than this */
    CONN_HOLD_MS = 1000
};

enum conn_reading {
    CONN_READING,
    CONN_HOLDING, /* what has something to read is put aside, unread */
    CONN_TIRED    /* one has waited too long: read all the same, until the release */
};

struct conn_set {
    struct loop *loop;
    struct loop_hook flush;
    struct list conns;
    struct list touched;
    enum conn_reading reading;
    struct list held;      /* in the order in which they had something to be read */
    struct timer patience; /* set for the one that has waited longest */
    uint64_t patient_until_ms, hold_max_ms;
    size_t conn_n;
    void (*closed)(void *ctx);
    void *ctx;
    struct buf plain; /* what a filter has decrypted, while the protocol is fed */
    char read[CONN_READ_BYTES];
};

enum conn_state { CONN_OPEN, CONN_FLUSHING, CONN_LINGERING, CONN_CLOSED };

struct conn {
    union {
        uv_handle_t any;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } handle;
    struct conn_set *set;
    struct list link, touched, held;
    enum conn_state state;
    const struct conn_protocol *protocol;
    void *self;
    struct conn_filter *filter;
    struct buf out;    /* the protocol's bytes */
    struct buf wire;   /* the filter's */
    struct buf flying; /* what libuv is writing */
    uv_write_t write;
    uv_shutdown_t shutdown;
    bool is_flying;
    bool was_high;   /* the protocol may have seen more than CONN_OUT_HIGH */
    bool peer_ended; /* its half is closed */
    bool said_bye;
    unsigned pauses;
    bool is_always_read;
    uint64_t held_since_ms; /* has waited since then without a read; 0: it has not */
    struct timer limit;     /* of FLUSHING and LINGERING */
    size_t unmoved;         /* pending when LIMIT was last set */
    enum err why;
    char peer[INET6_ADDRSTRLEN + 10];
};

/* -- conn.c ------------------------------------------------------------------------------------ */

/* Closes at once; WHY is told with the last word, unless another was first. */
void conn_lose(struct conn *c, enum err why);
/* All is sent: closes our half and waits for the peer's. */
void conn_linger(struct conn *c);
/* Reads the socket again, as far as nothing else is against it. */
void conn_start_reading(struct conn *c);

/* -- conn_set.c -------------------------------------------------------------------------------- */

static inline bool conn_must_wait(const struct conn *c)
{
    return c->set->reading == CONN_HOLDING && c->state == CONN_OPEN && !c->is_always_read;
}
/* It has something to be read and must wait: puts it aside. */
void conn_put_aside(struct conn *c);

/* -- conn_write.c ------------------------------------------------------------------------------ */

/* Asks the protocol for what it has and writes all that waits, unless a write is on its way. */
void conn_flush(struct conn *c);

#endif

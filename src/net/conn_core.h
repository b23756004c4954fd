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
    CONN_KEEP_BYTES = 4 * 1024 /* an idle connection's buffers hold no more than this */
};

struct conn_set {
    struct loop *loop;
    struct loop_hook flush;
    struct list conns;
    struct list touched;
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
    struct list link, touched;
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
    struct timer limit; /* of FLUSHING and LINGERING */
    size_t unmoved;     /* pending when LIMIT was last set */
    enum err why;
    char peer[INET6_ADDRSTRLEN + 10];
};

/* -- conn.c ------------------------------------------------------------------------------------ */

/* Closes at once; WHY is told with the last word, unless another was first. */
void conn_lose(struct conn *c, enum err why);
/* All is sent: closes our half and waits for the peer's. */
void conn_linger(struct conn *c);

/* -- conn_write.c ------------------------------------------------------------------------------ */

/* Asks the protocol for what it has and writes all that waits, unless a write is on its way. */
void conn_flush(struct conn *c);

#endif

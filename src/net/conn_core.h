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
    CONN_STALL_MS = 5000,
    CONN_PLAIN_MAX = 4 * CONN_READ_BYTES,
    CONN_KEEP_BYTES = 4 * 1024 /* an idle connection's buffers hold no more than this */
};

enum conn_hold_state { CONN_READING, CONN_HOLDING, CONN_SERVING, CONN_TIRED };

struct conn_hold { /* conn_hold.c */
    struct loop *loop;
    enum conn_hold_state state;
    struct list queue; /* connections with something to be read, who waits longest first */
    uint64_t began_ms, max_ms;
    struct timer patience;  /* set while HOLDING and somebody waits */
    struct loop_hook serve; /* linked while SERVING */
};

enum conn_grant { /* of one read */
                  CONN_GRANT_NONE,
                  CONN_GRANT_TURN,   /* while SERVING */
                  CONN_GRANT_OVERDUE /* while HOLDING too */
};

struct conn_set {
    struct loop *loop;
    struct loop_hook flush;
    struct list conns;
    struct list touched;
    struct conn_hold hold;
    size_t conn_n;
    void (*closed)(void *ctx);
    void *ctx;
    struct buf plain; /* what a filter has decrypted, while the protocol is fed */
    char read[CONN_READ_BYTES];
};

enum conn_state { CONN_CONNECTING, CONN_OPEN, CONN_FLUSHING, CONN_LINGERING, CONN_CLOSED };

struct conn {
    union {
        uv_handle_t any;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } handle;
    struct conn_set *set;
    struct list link, touched, waiting;
    enum conn_state state;
    const struct conn_protocol *protocol;
    void *self;
    struct conn_filter *filter;
    struct buf out;    /* the protocol's bytes */
    struct buf wire;   /* the filter's */
    struct buf flying; /* what libuv is writing */
    uv_write_t write;
    union {
        uv_connect_t connect; /* of CONNECTING */
        uv_shutdown_t shutdown;
    } step;
    bool is_flying;
    bool was_high;   /* the protocol may have seen more than CONN_OUT_HIGH */
    bool peer_ended; /* its half is closed */
    bool said_bye;
    bool is_call; /* we made it: nobody waits for its next word by the microsecond */
    bool is_new;  /* of a call: `opened` has not been called */
    unsigned pauses;
    bool is_always_read;
    enum conn_grant grant;
    uint64_t waits_since_ms; /* for a read, in the queue or not; 0: it does not */
    struct timer limit;      /* of FLUSHING and LINGERING */
    size_t unmoved;          /* pending when LIMIT was last set */
    enum err why;
    const char *failure; /* constant text, or NULL */
    char peer[INET6_ADDRSTRLEN + 10];
};

/* -- conn_life.c ------------------------------------------------------------------------------- */

/* In the state OPEN, in no set yet, without a handle. */
struct conn *conn_new(struct conn_set *set, struct conn_filter *take_filter,
                      const struct conn_protocol *protocol, void *self);
/* Gives back what conn_new made, once the handle has closed, if it was ever there; FD may be -1. */
void conn_drop_unopened(struct conn *c, int fd);
/* Its handle is there: it counts, and dies by `gone`. */
void conn_join_set(struct conn *c);
/* Closes at once: `gone` is called once the handle has closed. */
void conn_end(struct conn *c);
/* The same; WHY is told with the last word, unless another was first. */
void conn_lose(struct conn *c, enum err why);
/* All is sent: closes our half and waits for the peer's. */
void conn_linger(struct conn *c);

/* -- conn.c ------------------------------------------------------------------------------------ */

/* Bytes of the socket, through the filter; empty ones let a filter begin. */
void conn_take_bytes(struct conn *c, struct bytes in);
/* Reads the socket again, as far as nothing else is against it. */
void conn_start_reading(struct conn *c);

/* -- conn_hold.c ------------------------------------------------------------------------------- */

void conn_hold_init(struct conn_hold *h, struct loop *loop);
void conn_hold_fini(struct conn_hold *h);

/* -- conn_queue.c ------------------------------------------------------------------------------ */

/* It has something to be read: whether that must wait. */
bool conn_must_wait(const struct conn *c);
/* It must: stops reading it and lets it queue. */
void conn_put_aside(struct conn *c);
/* It is being read. */
void conn_note_read(struct conn *c);
/* It has ended, or its protocol does not want to read. */
void conn_leave_queue(struct conn *c);
/* Who waits longest, or NULL. */
struct conn *conn_queue_first(const struct conn_hold *h);
/* Sets its timer, for the first in the queue, and for the hold as a whole. */
void conn_queue_set_patience(struct conn_hold *h);

/* -- conn_write.c ------------------------------------------------------------------------------ */

/* Asks the protocol for what it has and writes all that waits, unless a write is on its way. */
void conn_flush(struct conn *c);

#endif

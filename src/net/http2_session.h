/* net/http2_session.h -- the inside of a connection and its streams; for http2*.c alone. */
#ifndef NET_HTTP2_SESSION_H
#define NET_HTTP2_SESSION_H

#include <nghttp2/nghttp2.h>

#include "base/arena.h"
#include "loop/loop.h"
#include "net/http2_guard.h"
#include "net/http2_out.h"
#include "net/http2_user.h"
#include "net/serve.h"

enum {
    HTTP2_CONN_WINDOW = 8 * 1024 * 1024,
    HTTP2_STREAM_WINDOW = 256 * 1024,
    HTTP2_STREAM_CREDIT = 64 * 1024, /* given back in steps of this */
    HTTP2_HEADERS_MAX = 100,
    HTTP2_HEADERS_INLINE = 16,
    HTTP2_FREE_STREAMS = 16
};

enum http2_life {
    HTTP2_OPEN,
    HTTP2_NOTICED, /* shutdown notice sent, waiting for a round trip */
    HTTP2_LEAVING, /* GOAWAY sent: closed when the last stream is */
    HTTP2_CLOSED   /* conn_close called */
};

#define http2_goodbye_ping ((const uint8_t *)"goodbye") /* 8 bytes with its NUL */

struct http2 {
    struct conn *conn;
    struct http2_setup setup;
    nghttp2_session *session;
    enum http2_life life;
    struct http2_guard guard;
    const char *doom; /* what the peer has overdone; ends the connection after the feed */
    struct list streams;
    struct list resumed;       /* streams, to be shown what they hold */
    struct list holders;       /* streams that hold something, longest first */
    struct list withheld;      /* streams whose windows were not given back: too much is held */
    struct list drained;       /* streams, to be told after the render */
    struct loop_hook later;    /* linked while RESUMED is not empty */
    struct http2_stream *free; /* for reuse, linked by next_free */
    unsigned free_n, stream_n;
    size_t held_bytes;    /* in the HELD of all streams */
    size_t owed;          /* credit of the connection's window, not given back yet */
    bool is_withholding;  /* a stream's window was not given back: too much is held */
    bool is_full;         /* the render stopped because conn_out is full */
    bool is_expelled;     /* the last GOAWAY is out: no DATA any more */
    struct timer alive;   /* first settings, then keepalive */
    struct timer goodbye; /* how long NOTICED may last */
    uint64_t last_read_ms;
    bool has_settings, is_pinged;
    bool is_round_tripped; /* the ping that followed the shutdown notice came back */
};

struct http2_stream {
    struct http2 *c;
    int32_t id;
    struct list link, resumed, drained, holding, withheld;
    struct http2_stream *next_free;
    const struct http2_user *user; /* NULL before the head is whole */
    struct arena arena;
    /* in */
    struct http2_header *headers; /* FIRST, or in the arena */
    size_t header_n, header_room;
    bool headers_cut;
    size_t block_bytes; /* of the head, later of the trailers, as far as they have come */
    bool is_paused, is_discarded, in_ended, told_ended;
    bool is_showing; /* its user is looking at HELD */
    struct buf held; /* came, not taken */
    size_t want;
    size_t owed; /* credit of the stream's window, not given back yet */
    /* out */
    struct http2_out out;
    bool is_answered, is_ending, has_ended, is_deferred, was_high, is_reset;
    bool counts_unsent, is_given_up; /* given up: OUT has been emptied */
    struct unsent_share unsent;
    unsigned trailer_n;
    struct http2_field trailers[HTTP2_TRAILERS_MAX];
    struct http2_header first[HTTP2_HEADERS_INLINE];
    _Alignas(16) uint8_t state[];
};

/* -- http2_stream.c ---------------------------------------------------------------------------- */

struct http2_stream *http2_stream_new(struct http2 *c, int32_t id);
/* After the user's last word. */
void http2_stream_free(struct http2_stream *s);
/* Of the connection: all that are kept for reuse. */
void http2_free_streams(struct http2 *c);
/* The next field of the head or the trailers: counted, and kept if there is room. Trailers say
 * nothing that we ask for. */
void http2_stream_add_field(struct http2_stream *s, nghttp2_rcbuf *name, nghttp2_rcbuf *value);
/* Call after each change of what OUT holds. */
void http2_note_unsent(struct http2_stream *s);

/* -- http2_hold.c ------------------------------------------------------------------------------ */

/* New bytes, or what is held: shown to the user as far as it wants. */
void http2_stream_take(struct http2_stream *s, struct bytes in);
void http2_stream_take_end(struct http2_stream *s);
/* After a resume. */
void http2_stream_go_on(struct http2_stream *s);
/* Gives back what windows are owed, and ends streams that hold too much. */
void http2_settle(struct http2 *c);
/* What is held is gone. */
void http2_stream_drop_held(struct http2_stream *s);

/* -- http2_send.c ------------------------------------------------------------------------------ */

/* nghttp2's callback: one DATA frame into conn_out. */
int http2_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *framehd,
                    size_t length, nghttp2_data_source *source, void *user_data);
/* nghttp2's callback: a frame has been rendered. */
int http2_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user_data);

/* -- http2_recv.c ------------------------------------------------------------------------------ */

/* A session whose events go to C. */
nghttp2_session *http2_session_new(struct http2 *c);

#endif

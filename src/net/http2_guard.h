/* net/http2_guard.h -- counts what an HTTP/2 peer may do too often.
 *
 * The counts are a connection's, most of them in windows of ten seconds; time is an argument. */
#ifndef NET_HTTP2_GUARD_H
#define NET_HTTP2_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTTP2_GUARD_WINDOW_MS = 10000,
    HTTP2_RESETS_MAX = 100,       /* beyond half of the streams opened in the window */
    HTTP2_CONTINUATIONS_MAX = 8,  /* of one header block; nghttp2 counts these */
    HTTP2_HEAD_MAX = 60 * 1024,   /* fields of a head or of trailers, as RFC 9113 counts them */
    HTTP2_BLOCK_MAX = 256 * 1024, /* more than nine frames hold by themselves: the peer repeats a
                                     field of the table to cost us time */
    HTTP2_QUEUED_MAX = 1000,      /* our answers to control frames that wait to be sent */
    HTTP2_SETTINGS_MAX = 100,
    HTTP2_PINGS_MAX = 100, /* counted anew from each of our HEADERS and DATA */
    HTTP2_PING_STRIKES_MAX = 2,
    HTTP2_EMPTY_DATA_MAX = 100,
    HTTP2_OTHERS_MAX = 1000, /* PRIORITY and the like; beyond ten a stream */
    HTTP2_OTHERS_PER_STREAM = 10,
    HTTP2_TINY_UPDATES_MAX = 1000, /* beyond ten a DATA frame of ours */
    HTTP2_TINY_PER_DATA = 10,
    HTTP2_TINY_BYTES = 64 /* a window update below this is tiny */
};

enum http2_event {
    HTTP2_STREAM, /* the peer opened one */
    HTTP2_RESET,  /* by the peer, or by us because of what the peer did */
    HTTP2_SETTINGS_IN,
    HTTP2_PING_IN,
    HTTP2_EMPTY_DATA, /* without END_STREAM */
    HTTP2_TINY_UPDATE,
    HTTP2_OTHER
};

struct http2_guard {
    uint64_t ping_min_ms;
    uint64_t window_ms; /* when the present window began */
    uint32_t streams, resets, settings, pings, empty_data, tiny_updates, others, data;
    uint32_t queued;       /* answers since all was sent last */
    uint64_t last_ping_ms; /* of the latest since our last HEADERS or DATA */
    bool has_pinged;
    unsigned strikes;
};

void http2_guard_init(struct http2_guard *g, uint64_t ping_min_ms, uint64_t now_ms);
/* NULL, or what the peer has overdone: GOAWAY's debug data. */
const char *http2_guard_saw(struct http2_guard *g, enum http2_event event, uint64_t now_ms);
/* We have sent HEADERS or DATA. */
void http2_guard_sent(struct http2_guard *g, bool is_data);
/* Nothing waits to be sent. */
void http2_guard_flushed(struct http2_guard *g);

#endif

/* Streams: their making and reuse, and what they say of themselves. */
#include "net/http2_stream.h"

#include <assert.h>

#include "base/mem.h"
#include "net/http2_session.h"

enum {
    KEEP_BYTES = 1024, /* of each of a stream's buffers, while it waits for reuse */
    KEEP_ARENA = 4 * 1024,
    HEADER_OVERHEAD = 32 /* as RFC 9113 counts a field */
};

/* -- making and reuse -------------------------------------------------------------------------- */

static struct http2_stream *take_free(struct http2 *c)
{
    struct http2_stream *s = c->free;
    if (s == NULL) {
        s = mem_zalloc(1, sizeof(*s) + c->setup.state_bytes);
        s->c = c;
        arena_init(&s->arena, 0);
        buf_init(&s->held, SIZE_MAX / 4);
        http2_out_init(&s->out);
        return s;
    }
    c->free = s->next_free;
    c->free_n--;
    return s;
}

struct http2_stream *http2_stream_new(struct http2 *c, int32_t id)
{
    struct http2_stream *s = take_free(c);
    s->id = id;
    s->headers = s->first;
    s->header_room = HTTP2_HEADERS_INLINE;
    list_append(&c->streams, &s->link);
    c->stream_n++;
    atomic_fetch_add_explicit(&c->setup.serve->shared->streams, 1, memory_order_relaxed);
    return s;
}

static void destroy(struct http2_stream *s)
{
    arena_fini(&s->arena);
    buf_fini(&s->held);
    http2_out_fini(&s->out);
    mem_free(s);
}

static void drop_headers(struct http2_stream *s)
{
    for (size_t i = 0; i < s->header_n; i++) {
        nghttp2_rcbuf_decref(s->headers[i].name_ref);
        nghttp2_rcbuf_decref(s->headers[i].value_ref);
    }
    s->header_n = 0;
}

static void reset_fields(struct http2_stream *s)
{
    s->user = NULL;
    s->block_bytes = s->want = s->owed = 0;
    s->headers_cut = s->is_paused = s->is_discarded = s->in_ended = s->told_ended = false;
    s->is_answered = s->is_ending = s->has_ended = s->is_deferred = s->was_high = false;
    s->is_reset = s->counts_unsent = s->is_given_up = false;
    s->trailer_n = 0;
    memset(s->state, 0, s->c->setup.state_bytes);
}

void http2_note_unsent(struct http2_stream *s)
{
    if (s->counts_unsent)
        unsent_set(&s->c->setup.serve->shared->unsent, &s->unsent, http2_out_left(&s->out));
}

void http2_stream_free(struct http2_stream *s)
{
    struct http2 *c = s->c;
    list_remove(&s->link);
    list_remove(&s->resumed);
    list_remove(&s->drained);
    list_remove(&s->withheld);
    c->stream_n--;
    atomic_fetch_sub_explicit(&c->setup.serve->shared->streams, 1, memory_order_relaxed);
    drop_headers(s);
    http2_stream_drop_held(s);
    http2_out_clear(&s->out);
    http2_note_unsent(s);
    if (c->free_n == HTTP2_FREE_STREAMS) {
        destroy(s);
        return;
    }
    buf_clear(&s->out.own, KEEP_BYTES);
    if (s->arena.used_bytes > KEEP_ARENA)
        arena_fini(&s->arena);
    else
        arena_clear(&s->arena);
    reset_fields(s);
    s->next_free = c->free;
    c->free = s;
    c->free_n++;
}

void http2_free_streams(struct http2 *c)
{
    while (c->free != NULL) {
        struct http2_stream *s = c->free;
        c->free = s->next_free;
        destroy(s);
    }
    c->free_n = 0;
}

/* -- headers ----------------------------------------------------------------------------------- */

static void grow_headers(struct http2_stream *s)
{
    size_t room = s->header_room * 4 < HTTP2_HEADERS_MAX ? s->header_room * 4 : HTTP2_HEADERS_MAX;
    struct http2_header *more = arena_zalloc(&s->arena, room, sizeof(*more));
    memcpy(more, s->headers, s->header_n * sizeof(*more));
    s->headers = more;
    s->header_room = room;
}

void http2_stream_add_field(struct http2_stream *s, nghttp2_rcbuf *name, nghttp2_rcbuf *value)
{
    nghttp2_vec n = nghttp2_rcbuf_get_buf(name), v = nghttp2_rcbuf_get_buf(value);
    s->block_bytes += n.len + v.len + HEADER_OVERHEAD;
    if (s->block_bytes > HTTP2_HEAD_MAX || s->user != NULL)
        return;
    if (s->header_n == HTTP2_HEADERS_MAX) {
        s->headers_cut = true;
        return;
    }
    if (s->header_n == s->header_room)
        grow_headers(s);
    nghttp2_rcbuf_incref(name);
    nghttp2_rcbuf_incref(value);
    s->headers[s->header_n++] = (struct http2_header){ .name = bytes_of(n.base, n.len),
                                                       .value = bytes_of(v.base, v.len),
                                                       .name_ref = name,
                                                       .value_ref = value };
}

const struct http2_header *http2_stream_headers(const struct http2_stream *s, size_t *ret_n)
{
    *ret_n = s->header_n;
    return s->headers;
}

struct bytes http2_stream_header(const struct http2_stream *s, const char *name)
{
    struct bytes wanted = bytes_str(name);
    for (size_t i = 0; i < s->header_n; i++)
        if (bytes_eq(s->headers[i].name, wanted))
            return s->headers[i].value;
    return (struct bytes){ 0 };
}

bool http2_stream_headers_cut(const struct http2_stream *s)
{
    return s->headers_cut;
}

bool http2_stream_is_overlong(const struct http2_stream *s)
{
    return s->block_bytes > HTTP2_HEAD_MAX;
}

/* -- looking ----------------------------------------------------------------------------------- */

void *http2_stream_state(struct http2_stream *s)
{
    return s->state;
}

struct http2_stream *http2_stream_of_state(void *state)
{
    return CONTAINER_OF(state, struct http2_stream, state);
}

struct arena *http2_stream_arena(struct http2_stream *s)
{
    return &s->arena;
}

struct serve *http2_stream_serve(const struct http2_stream *s)
{
    return s->c->setup.serve;
}

struct conn *http2_stream_conn(const struct http2_stream *s)
{
    return s->c->conn;
}

int32_t http2_stream_id(const struct http2_stream *s)
{
    return s->id;
}

/* Streams: their making and reuse, and what they receive.
 *
 * What a stream has received and its user has not taken lies in HELD. The connection's window is
 * given back at once, a stream's as bytes come in, unless it is paused: a message larger than the
 * window must be able to come in whole, and its size is the user's to bound.
 *
 * While all streams together hold more than the limit, only the oldest that has something in its
 * hands gets more: it will be whole some day, and then the next one. The others stop when their
 * windows are used up, so that a client may send any number of large messages at once. If windows
 * alone add up to HARD times the limit, the stream that holds most is ended. */
#include "net/http2_stream.h"

#include <assert.h>

#include "base/mem.h"
#include "net/http2_session.h"

enum {
    KEEP_BYTES = 1024, /* of each of a stream's buffers, while it waits for reuse */
    KEEP_ARENA = 4 * 1024,
    KEEP_HELD = 16 * 1024, /* while it lives */
    HARD = 4,
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
    s->head_bytes = s->want = s->owed = 0;
    s->headers_cut = s->is_paused = s->is_discarded = s->in_ended = s->told_ended = false;
    s->is_answered = s->is_ending = s->has_ended = s->is_deferred = s->was_high = false;
    s->is_reset = s->counts_unsent = s->is_given_up = false;
    s->trailer_n = 0;
    memset(s->state, 0, s->c->setup.state_bytes);
}

/* Call after each change of what S holds. */
static void held_changed(struct http2_stream *s, size_t before)
{
    s->c->held_bytes += s->held.n;
    s->c->held_bytes -= before;
    if (s->held.n == 0)
        list_remove(&s->holding);
    else if (before == 0)
        list_append(&s->c->holders, &s->holding);
}

static void drop_held(struct http2_stream *s)
{
    size_t before = s->held.n;
    buf_clear(&s->held, KEEP_BYTES);
    held_changed(s, before);
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
    drop_held(s);
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

bool http2_stream_add_header(struct http2_stream *s, nghttp2_rcbuf *name, nghttp2_rcbuf *value)
{
    nghttp2_vec n = nghttp2_rcbuf_get_buf(name), v = nghttp2_rcbuf_get_buf(value);
    s->head_bytes += n.len + v.len + HEADER_OVERHEAD;
    if (s->head_bytes > HTTP2_HEAD_MAX)
        return false;
    if (s->header_n == HTTP2_HEADERS_MAX) {
        s->headers_cut = true;
        return true;
    }
    if (s->header_n == s->header_room)
        grow_headers(s);
    nghttp2_rcbuf_incref(name);
    nghttp2_rcbuf_incref(value);
    s->headers[s->header_n++] = (struct http2_header){ .name = bytes_of(n.base, n.len),
                                                       .value = bytes_of(v.base, v.len),
                                                       .name_ref = name,
                                                       .value_ref = value };
    return true;
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

/* -- credit ------------------------------------------------------------------------------------ */

static size_t limit_of(const struct http2 *c)
{
    return c->setup.serve->limits.stream_buffer_max;
}

static struct http2_stream *oldest_holder(struct http2 *c)
{
    LIST_FOR_EACH(link, &c->holders)
    {
        struct http2_stream *s = CONTAINER_OF(link, struct http2_stream, holding);
        if (!s->is_paused)
            return s;
    }
    return NULL;
}

static void give_back(struct http2_stream *s)
{
    struct http2 *c = s->c;
    if (s->in_ended || s->owed < HTTP2_STREAM_CREDIT || (s->is_paused && !s->is_discarded))
        return;
    list_remove(&s->withheld);
    if (c->held_bytes > limit_of(c) && !s->is_discarded && s != oldest_holder(c)) {
        list_append(&c->withheld, &s->withheld);
        return;
    }
    /* Fails for a stream that is closed meanwhile: it needs no credit. */
    nghttp2_session_consume_stream(c->session, s->id, s->owed);
    s->owed = 0;
    conn_touch(c->conn);
}

/* All that waited, or as long as too much is held the one that is first to go on. */
static void give_back_withheld(struct http2 *c)
{
    struct http2_stream *oldest = oldest_holder(c);
    if (c->held_bytes > limit_of(c)) {
        if (oldest != NULL)
            give_back(oldest);
        return;
    }
    while (!list_is_empty(&c->withheld)) {
        struct http2_stream *s = CONTAINER_OF(c->withheld.next, struct http2_stream, withheld);
        list_remove(&s->withheld);
        give_back(s);
    }
}

static struct http2_stream *fullest(struct http2 *c)
{
    struct http2_stream *most = NULL;
    LIST_FOR_EACH(link, &c->holders)
    {
        struct http2_stream *s = CONTAINER_OF(link, struct http2_stream, holding);
        if (most == NULL || s->held.n > most->held.n)
            most = s;
    }
    return most;
}

void http2_settle(struct http2 *c)
{
    while (c->held_bytes / HARD > limit_of(c)) {
        struct http2_stream *s = fullest(c);
        s->user->overfull(s);
        http2_stream_discard(s);
    }
    if (!list_is_empty(&c->withheld))
        give_back_withheld(c);
    if (c->owed == 0)
        return;
    nghttp2_session_consume_connection(c->session, c->owed);
    c->owed = 0;
}

/* -- showing what came ------------------------------------------------------------------------- */

/* Keeps what is left of IN, which either is HELD or has come behind an empty HELD. */
static void hold_rest(struct http2_stream *s, struct bytes in, size_t used)
{
    struct bytes rest = bytes_skip(in, used);
    size_t before = s->held.n;
    if (before == 0) {
        buf_put_bytes(&s->held, rest);
    } else {
        if (rest.n > 0)
            memmove(s->held.p, rest.p, rest.n);
        s->held.n = rest.n;
        if (rest.n == 0)
            buf_clear(&s->held, KEEP_HELD);
    }
    held_changed(s, before);
}

static void show(struct http2_stream *s, struct bytes in)
{
    s->want = 0;
    s->is_showing = true;
    size_t used = s->user->data(s, in);
    s->is_showing = false;
    if (s->is_discarded)
        drop_held(s);
    else
        hold_rest(s, in, used);
}

void http2_stream_take(struct http2_stream *s, struct bytes in)
{
    s->owed += in.n;
    if (s->is_discarded || s->user == NULL) {
        give_back(s);
        return;
    }
    if (!s->is_paused && s->held.n == 0 && in.n >= s->want) {
        show(s, in);
    } else {
        size_t before = s->held.n;
        buf_put_bytes(&s->held, in);
        held_changed(s, before);
        if (!s->is_paused && s->held.n >= s->want)
            show(s, buf_bytes(&s->held));
    }
    give_back(s);
}

static void tell_end(struct http2_stream *s)
{
    if (s->told_ended || s->is_paused || s->is_discarded)
        return;
    s->told_ended = s->is_showing = true;
    s->user->ended(s, buf_bytes(&s->held));
    s->is_showing = false;
    drop_held(s);
}

void http2_stream_take_end(struct http2_stream *s)
{
    s->in_ended = true;
    tell_end(s);
}

void http2_stream_want(struct http2_stream *s, size_t n)
{
    s->want = n;
}

void http2_stream_discard(struct http2_stream *s)
{
    s->is_discarded = true;
    if (!s->is_showing)
        drop_held(s);
}

/* -- pausing ----------------------------------------------------------------------------------- */

void http2_stream_pause(struct http2_stream *s)
{
    s->is_paused = true;
    list_remove(&s->resumed);
}

void http2_stream_resume(struct http2_stream *s)
{
    struct http2 *c = s->c;
    if (!s->is_paused)
        return;
    s->is_paused = false;
    list_append(&c->resumed, &s->resumed);
    if (!list_is_linked(&c->later.link))
        loop_hook_add(c->setup.serve->loop, LOOP_STAGE_ANSWER, &c->later);
    loop_again(c->setup.serve->loop);
}

void http2_stream_go_on(struct http2_stream *s)
{
    if (!s->is_paused && !s->is_discarded && s->held.n > 0 && s->held.n >= s->want)
        show(s, buf_bytes(&s->held));
    give_back(s);
    if (s->in_ended)
        tell_end(s);
}

bool http2_stream_is_paused(const struct http2_stream *s)
{
    return s->is_paused;
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

/* What streams receive: shown to their users, held, and paid for with windows.
 *
 * What a stream has received and its user has not taken lies in HELD. The connection's window is
 * given back at once, a stream's as bytes come in, unless it is paused: a message larger than the
 * window must be able to come in whole, and its size is the user's to bound.
 *
 * While all streams together hold more than the limit, only the oldest that has something in its
 * hands gets more: it will be whole some day, and then the next one. The others stop when their
 * windows are used up, so that a client may send any number of large messages at once. If windows
 * alone add up to HARD times the limit, the stream that holds most is ended. */
#include "net/http2_hold.h"

#include "base/mem.h"
#include "net/http2_session.h"

enum {
    KEEP_FREE = 1024,      /* of a stream's buffer, while it waits for reuse */
    KEEP_HELD = 16 * 1024, /* while it lives */
    HARD = 4
};

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

void http2_stream_drop_held(struct http2_stream *s)
{
    size_t before = s->held.n;
    buf_clear(&s->held, KEEP_FREE);
    held_changed(s, before);
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
        http2_stream_drop_held(s);
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
    http2_stream_drop_held(s);
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
        http2_stream_drop_held(s);
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
        loop_hook_add(c->setup.serve->loop, LOOP_STAGE_MAIL, &c->later);
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

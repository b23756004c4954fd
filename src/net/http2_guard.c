/* The limits are those of known attacks (rapid reset, CONTINUATION, PING and SETTINGS floods, empty
 * frames, data dribble), set so that a busy honest client never comes near: Go measures bandwidth
 * with a PING a round trip, so pings count from our last HEADERS or DATA; a client that reads small
 * messages grants small windows, so those count beyond the DATA frames they may be for. */
#include "net/http2_guard.h"

void http2_guard_init(struct http2_guard *g, uint64_t ping_min_ms, uint64_t now_ms)
{
    *g = (struct http2_guard){ .ping_min_ms = ping_min_ms, .window_ms = now_ms };
}

/* Windows follow each other rather than slide: twice a limit may pass at a boundary. */
static void look_at_clock(struct http2_guard *g, uint64_t now_ms)
{
    if (now_ms - g->window_ms < HTTP2_GUARD_WINDOW_MS)
        return;
    g->window_ms = now_ms;
    g->streams = g->resets = g->settings = g->pings = g->empty_data = 0;
    g->tiny_updates = g->others = g->data = 0;
}

static const char *saw_ping(struct http2_guard *g, uint64_t now_ms)
{
    if (g->has_pinged && now_ms - g->last_ping_ms < g->ping_min_ms)
        g->strikes++;
    g->has_pinged = true;
    g->last_ping_ms = now_ms;
    bool is_too_much = ++g->pings > HTTP2_PINGS_MAX || g->strikes > HTTP2_PING_STRIKES_MAX;
    return is_too_much ? "too_many_pings" : NULL;
}

static const char *saw_reset(struct http2_guard *g)
{
    return ++g->resets > HTTP2_RESETS_MAX + g->streams / 2 ? "too_many_resets" : NULL;
}

static const char *saw_tiny_update(struct http2_guard *g)
{
    uint32_t free = HTTP2_TINY_UPDATES_MAX + HTTP2_TINY_PER_DATA * g->data;
    return ++g->tiny_updates > free ? "too_small_windows" : NULL;
}

static const char *saw_other(struct http2_guard *g)
{
    uint32_t free = HTTP2_OTHERS_MAX + HTTP2_OTHERS_PER_STREAM * g->streams;
    return ++g->others > free ? "too_many_frames" : NULL;
}

static const char *count(struct http2_guard *g, enum http2_event event, uint64_t now_ms)
{
    switch (event) {
    case HTTP2_STREAM:
        g->streams++;
        return NULL;
    case HTTP2_RESET:
        return saw_reset(g);
    case HTTP2_SETTINGS_IN:
        return ++g->settings > HTTP2_SETTINGS_MAX ? "too_many_settings" : NULL;
    case HTTP2_PING_IN:
        return saw_ping(g, now_ms);
    case HTTP2_EMPTY_DATA:
        return ++g->empty_data > HTTP2_EMPTY_DATA_MAX ? "too_much_empty_data" : NULL;
    case HTTP2_TINY_UPDATE:
        return saw_tiny_update(g);
    case HTTP2_OTHER:
        return saw_other(g);
    }
    return NULL;
}

static bool is_answered(enum http2_event event)
{
    return event == HTTP2_SETTINGS_IN || event == HTTP2_PING_IN;
}

const char *http2_guard_saw(struct http2_guard *g, enum http2_event event, uint64_t now_ms)
{
    look_at_clock(g, now_ms);
    const char *overdone = count(g, event, now_ms);
    if (is_answered(event) && ++g->queued > HTTP2_QUEUED_MAX && overdone == NULL)
        overdone = "too_many_unread_answers";
    return overdone;
}

void http2_guard_sent(struct http2_guard *g, bool is_data)
{
    g->pings = 0;
    g->has_pinged = false;
    g->strikes = 0;
    g->data += is_data;
}

void http2_guard_flushed(struct http2_guard *g)
{
    g->queued = 0;
}

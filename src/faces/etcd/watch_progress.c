/* Progress: "you have seen everything up to this revision".
 *
 * Both kinds are answered at the end of a turn, from its view and behind all events of the turn, so
 * that no event at or below the announced revision can follow. A request is answered only if every
 * watcher of the stream is in sync at or above its start, which one that compaction has ended is
 * not until it is cancelled; else not at all: the client asks again. */
#include "faces/etcd/watch.h"

static void answer_requests(struct etcd_watches *s)
{
    uint64_t revision;
    bool synced =
        s->watch_n > 0 && s->compacted_n == 0 && watch_stream_is_synced(s->hub_stream, &revision);
    size_t n = s->asked_n;
    s->asked_n = 0;
    for (size_t i = 0; synced && i < n; i++)
        watch_send_answer(s, &(struct watch_answer){ .revision = revision, .id = -1 });
}

static void answer_tick(struct etcd_watches *s)
{
    LIST_FOR_EACH(link, &s->watches)
    {
        struct etcd_watch *w = CONTAINER_OF(link, struct etcd_watch, link);
        uint64_t revision;
        if (w->progress_notify && w->watcher != NULL && !w->spoke &&
            watcher_is_synced(w->watcher, &revision))
            watch_send_answer(s, &(struct watch_answer){ .revision = revision, .id = w->id });
        w->spoke = false;
    }
}

static void ready(struct hub_read *r, enum err err, const struct view *view)
{
    struct etcd_watches *s = CONTAINER_OF(r, struct etcd_watches, asked);
    bool tick = s->tick;
    s->tick = false;
    if (err != OK || s->stream.ended)
        return;
    answer_requests(s);
    if (tick)
        answer_tick(s);
}

static void ask(struct etcd_watches *s)
{
    if (list_is_linked(&s->asked.link))
        return;
    s->asked = (struct hub_read){ .granted = granted_self(), .ready = ready };
    hub_read(s->stream.face->hub, &s->asked);
}

void watch_progress_ask(struct etcd_watches *s)
{
    s->asked_n++;
    ask(s);
}

/* Ten percent of jitter: thousands of streams must not speak in one voice. */
static uint64_t next_interval(const struct etcd_watches *s)
{
    uint64_t ms = s->stream.face->options.progress_interval_ms;
    return ms + entropy_u64() % (ms / 10 + 1);
}

static void ring(struct timer *t)
{
    struct etcd_watches *s = CONTAINER_OF(t, struct etcd_watches, periodic);
    s->tick = true;
    ask(s);
    timer_start(t, next_interval(s));
}

void watch_progress_start(struct etcd_watches *s)
{
    if (timer_is_set(&s->periodic))
        return;
    timer_init(&s->periodic, s->stream.face->loop, ring);
    timer_start(&s->periodic, next_interval(s));
}

void watch_progress_stop(struct etcd_watches *s)
{
    if (timer_is_set(&s->periodic))
        timer_stop(&s->periodic);
    if (list_is_linked(&s->asked.link))
        hub_read_cancel(s->stream.face->hub, &s->asked);
}

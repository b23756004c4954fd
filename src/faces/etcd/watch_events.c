/* What is sent on a Watch stream: events, and answers without them.
 *
 * The hub hands the same events to all watchers of a range one after another. What follows the
 * watch id in the message, the events themselves, is rendered once for those with previous values
 * and once for those without, and shared as a chunk; only the head differs. */
#include "base/mem.h"
#include "faces/etcd/watch.h"
#include "net/chunk.h"
#include "store/history.h"
#include "store/range.h"
#include "wire/pb.h"

enum { RENDERED_KEEP = 256 * 1024 };

struct rendered {
    struct chunk *plain, *with_prev;
};

void watch_free_rendered(void *shared)
{
    struct rendered *r = shared;
    if (r->plain != NULL)
        chunk_unref(r->plain);
    if (r->with_prev != NULL)
        chunk_unref(r->with_prev);
    mem_free(r);
}

/* What stood there at the revision before EVENT's, if that can still be read: a creation has none,
 * below the compacted revision nothing is promised, and what the same transaction wrote and then
 * removed never stood anywhere. */
static enum err find_prev(struct etcd_face *face, const struct view *view,
                          const struct event *event, struct kv *into, const struct kv **ret)
{
    *ret = NULL;
    bool creates = event->kind == EVENT_PUT && event->kv.version == 1;
    if (event->prev_mod == 0 || creates || event->kv.mod - 1 < view_compacted(view, SPACE_ETCD))
        return OK;
    bool within = event->prev_mod == event->kv.mod;
    enum err e =
        within ? range_get(view, SPACE_ETCD, event->kv.key, event->kv.mod - 1, &face->arena, into)
               : history_prev(view, SPACE_ETCD, event, &face->arena, into);
    if (e == OK)
        *ret = into;
    return e == ERR_NOT_FOUND || e == ERR_KEY_NOT_FOUND || e == ERR_COMPACTED ? OK : e;
}

static enum err render_event(struct etcd_face *face, const struct watch_events *events, size_t i,
                             bool want_prev, struct buf *out)
{
    const struct event *event = events->events[i];
    struct kv found;
    const struct kv *prev = NULL;
    if (want_prev) {
        enum err e = find_prev(face, events->view, event, &found, &prev);
        if (e != OK)
            return e;
    }
    return etcd_put_event(out, events->view, event, prev);
}

static enum err render_all(struct etcd_face *face, const struct watch_events *events,
                           bool want_prev, struct buf *out)
{
    buf_clear(out, RENDERED_KEEP);
    arena_clear(&face->arena);
    enum err e = OK;
    for (size_t i = 0; i < events->n && e == OK; i++)
        e = render_event(face, events, i, want_prev, out);
    return e == OK ? buf_err(out) : e;
}

/* -- heads ------------------------------------------------------------------------------------ */

static struct bytes put_head(struct buf *head, const struct etcd_watch *w, uint64_t revision,
                             bool fragment)
{
    etcd_put_header(head, face_header(w->stream->stream.face), revision);
    pb_put_int(head, 2, w->id);
    pb_put_bool(head, 7, fragment);
    return buf_bytes(head);
}

static void send(const struct etcd_watch *w, uint64_t revision, bool fragment, struct bytes events,
                 struct chunk *shared)
{
    struct etcd_watches *s = w->stream;
    if (shared != NULL) {
        struct buf head;
        buf_init(&head, 256);
        grpc_call_send(s->stream.call, put_head(&head, w, revision, fragment), shared);
        buf_fini(&head);
        return;
    }
    struct buf *out = grpc_call_begin(s->stream.call);
    put_head(out, w, revision, fragment);
    buf_put_bytes(out, events);
    if (grpc_call_end(s->stream.call) != OK)
        stream_end(&s->stream, ETCD_ANSWER_TOO_LARGE);
}

/* -- fragments -------------------------------------------------------------------------------- */

/* Where the next part ends: as many whole events as stay below MAX with their head, at least one.
 */
static size_t part_end(struct bytes events, size_t max)
{
    struct bytes left = events;
    size_t end = 0;
    struct pb_field f;
    while (left.n > 0 && pb_next(&left, &f) == OK) {
        size_t next = events.n - left.n;
        if (end > 0 && next >= max)
            break;
        end = next;
    }
    return end;
}

static void send_in_parts(const struct etcd_watch *w, uint64_t revision, struct bytes events,
                          size_t max)
{
    while (events.n > 0 && !w->stream->stream.ended) {
        size_t end = part_end(events, max);
        send(w, revision, end < events.n, bytes_of(events.p, end), NULL);
        events = bytes_skip(events, end);
    }
}

/* -- all together ----------------------------------------------------------------------------- */

/* The rendering, shared if others will want it: in *ret_chunk, else in the face's buffer. */
static enum err rendering(struct etcd_face *face, const struct watch_events *events, bool want_prev,
                          struct chunk **ret_chunk, struct bytes *ret)
{
    struct rendered *r = events->shared == NULL ? NULL : *events->shared;
    struct chunk *chunk = r == NULL ? NULL : want_prev ? r->with_prev : r->plain;
    if (chunk == NULL) {
        enum err e = render_all(face, events, want_prev, &face->scratch);
        if (e != OK)
            return e;
        *ret = buf_bytes(&face->scratch);
        if (events->shared == NULL) {
            *ret_chunk = NULL;
            return OK;
        }
        if (r == NULL)
            *events->shared = r = mem_zalloc(1, sizeof *r);
        chunk = chunk_new(*ret);
        *(want_prev ? &r->with_prev : &r->plain) = chunk;
    }
    *ret_chunk = chunk;
    *ret = bytes_of(chunk->p, chunk->n);
    return OK;
}

void watch_send_events(struct watcher *watcher, const struct watch_events *events)
{
    struct etcd_watch *w = watcher_ctx(watcher);
    struct etcd_watches *s = w->stream;
    struct etcd_face *face = s->stream.face;
    if (s->stream.ended)
        return;
    struct chunk *chunk;
    struct bytes bytes;
    enum err e = rendering(face, events, w->prev_kv, &chunk, &bytes);
    if (e != OK) {
        /* A value that the view should have: the client comes again, from where it stands. */
        stream_end(&s->stream, ETCD_TIMED_OUT);
        return;
    }
    w->spoke = true;
    size_t max = (size_t)etcd_message_max(&face->options);
    size_t head = etcd_header_size(face_header(face), events->revision) + 16;
    if (w->fragment && events->n > 1 && bytes.n + head >= max)
        send_in_parts(w, events->revision, bytes, max - head);
    else
        send(w, events->revision, false, bytes, chunk);
}

/* -- answers without events ------------------------------------------------------------------- */

void watch_send_answer(struct etcd_watches *s, const struct watch_answer *a)
{
    if (s->stream.ended)
        return;
    struct buf *out = grpc_call_begin(s->stream.call);
    etcd_put_header(out, face_header(s->stream.face), a->revision);
    pb_put_int(out, 2, a->id);
    pb_put_bool(out, 3, a->created);
    pb_put_bool(out, 4, a->canceled);
    pb_put_uint(out, 5, a->compact_revision);
    if (a->reason != NULL)
        pb_put_bytes(out, 6, bytes_str(a->reason));
    IGNORE(grpc_call_end(s->stream.call)); /* a few bytes fit every limit */
}

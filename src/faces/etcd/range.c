/* Range. The hottest path is one key: decoded by hand, one look-up, written into the call's buffer.
 *
 * A whole range in key order, without filters and limit, is read in pieces of about 1 MiB, one a
 * turn, all at the revision of the first, so that a large answer does not hold the thread up. gRPC
 * wants a message's length before its bytes, so the pieces are put together before they are sent.
 * Ranges that must be sorted, filtered or counted beyond their limit are read at once. */
#include "faces/etcd/range.h"

#include "faces/etcd/render.h"
#include "net/chunk.h"
#include "wire/pb.h"

enum { PIECE_BYTES = 1024 * 1024 };

static void observe(const struct range_call *r)
{
    struct histogram *h = r->call.face->metrics.range_seconds;
    if (h != NULL)
        histogram_observe_ns(h, clock_now_ns() - r->begun_ns);
}

/* -- one piece after another ------------------------------------------------------------------ */

static bool comes_in_pieces(const struct range_query *q)
{
    return q->end.n > 0 && q->limit <= 0 && !q->count_only && q->target == RANGE_KEY &&
           q->order != RANGE_DESCEND && q->min_mod == 0 && q->max_mod == 0 && q->min_create == 0 &&
           q->max_create == 0;
}

static enum err keep_piece(struct range_call *r, const struct view *view,
                           const struct range_result *piece)
{
    for (size_t i = 0; i < piece->kv_n; i++) {
        enum err e = etcd_put_kv(&r->body, 2, view, &piece->kvs[i]);
        if (e != OK)
            return e;
    }
    r->count += piece->count;
    return buf_err(&r->body);
}

/* Goes on behind the last key of PIECE: that key and a 0x00. */
static void move_on(struct range_call *r, const struct range_result *piece)
{
    struct bytes last = piece->kvs[piece->kv_n - 1].key;
    uint8_t *next = arena_alloc(call_arena(&r->call), last.n + 1);
    memcpy(next, last.p, last.n);
    next[last.n] = 0;
    r->query.key = bytes_of(next, last.n + 1);
}

static void send_long(struct range_call *r)
{
    struct etcd_call *c = &r->call;
    struct buf head;
    pb_put_uint(&r->body, 4, r->count);
    buf_init(&head, 256);
    etcd_put_header(&head, face_header(c->face), r->revision);
    struct chunk *body = chunk_new(buf_bytes(&r->body));
    buf_fini(&r->body);
    grpc_call_send(c->call, buf_bytes(&head), body);
    chunk_unref(body);
    buf_fini(&head);
    grpc_call_finish(c->call, GRPC_OK, NULL);
    observe(r);
}

/* True: it is sent or has failed. */
static bool read_piece(struct range_call *r, const struct view *view)
{
    struct range_result piece;
    arena_clear(&r->arena);
    enum err e = range_read(view, &r->query, &r->arena, &piece);
    if (e == OK)
        e = keep_piece(r, view, &piece);
    if (e == OK && piece.over_budget) {
        move_on(r, &piece);
        return false;
    }
    if (e == OK)
        send_long(r);
    else if (e == ERR_TOO_BIG)
        call_refuse(&r->call, ETCD_ANSWER_TOO_LARGE);
    else if (e == ERR_COMPACTED)
        call_refuse(&r->call, ETCD_TIMED_OUT); /* a compaction was faster: another try helps */
    else
        call_fail(&r->call, e);
    return true;
}

static bool work_on(struct hub_work *w, const struct view *view)
{
    struct range_call *r = CONTAINER_OF(w, struct range_call, work);
    r->working = !read_piece(r, view);
    return !r->working;
}

static void begin_long(struct range_call *r, const struct view *view,
                       const struct range_result *first)
{
    r->revision = view_revision(view);
    if (r->query.revision <= 0)
        r->query.revision = (int64_t)r->revision;
    buf_init(&r->body, ETCD_ANSWER_MAX);
    arena_init(&r->arena, 0);
    enum err e = keep_piece(r, view, first);
    if (e != OK) {
        call_fail(&r->call, e);
        return;
    }
    move_on(r, first);
    r->work.run = work_on;
    r->working = true;
    hub_work_add(r->call.face->hub, &r->work);
}

/* -- at once ---------------------------------------------------------------------------------- */

static void answer_whole(struct range_call *r, const struct view *view,
                         const struct range_result *result)
{
    size_t size = render_range_size(result);
    if (size > ETCD_ANSWER_MAX) {
        call_refuse(&r->call, ETCD_ANSWER_TOO_LARGE);
        return;
    }
    struct buf *out = call_answer(&r->call, view_revision(view));
    buf_reserve(out, size);
    call_answered_if(&r->call, out, render_range(out, view, result));
    observe(r);
}

static void answer(struct etcd_call *c, const struct view *view)
{
    struct range_call *r = CONTAINER_OF(c, struct range_call, call);
    struct range_result result;
    if (comes_in_pieces(&r->query))
        r->query.budget_bytes = PIECE_BYTES;
    enum err e = range_read(view, &r->query, call_arena(c), &result);
    if (e != OK)
        call_fail(c, e);
    else if (result.over_budget)
        begin_long(r, view, &result);
    else
        answer_whole(r, view, &result);
}

void range_message(struct grpc_call *call, struct bytes message)
{
    struct range_call *r = grpc_call_state(call);
    struct etcd_call *c = &r->call;
    if (!call_begin(call))
        return;
    Etcdserverpb__RangeRequest request;
    if (call_refuse(c, etcd_decode_range(message, &request)) ||
        call_refuse(c, etcd_check_range(&request)))
        return;
    r->begun_ns = loop_now_ns(c->face->loop);
    r->query = etcd_range_query(&request);
    r->query.key = arena_dup(call_arena(c), r->query.key);
    r->query.end = arena_dup(call_arena(c), r->query.end);
    if (!call_granted_one(c, ACCESS_READ, SPACE_ETCD, r->query.key, r->query.end))
        return;
    etcd_count(c->face->metrics.ranges, 1);
    call_read(c, !request.serializable, answer);
}

void range_closed(struct grpc_call *call, enum err why)
{
    struct range_call *r = grpc_call_state(call);
    if (r->working)
        hub_work_remove(r->call.face->hub, &r->work);
    buf_fini(&r->body);
    arena_fini(&r->arena);
    call_closed(call, why);
}

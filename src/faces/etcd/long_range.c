/* Long answers to Range.
 *
 *   GATHERS        -> MEASURES:       more than WHOLE_MAX bytes
 *                  -> WAITS_FOR_ROOM: all of it is there
 *   MEASURES       -> WAITS_FOR_ROOM: the length is known, and the walk back where measuring began
 *   WAITS_FOR_ROOM -> SENDS:          other answers have been read: the length and BODY leave
 *   SENDS          -> NOT:            the last of it is handed over
 *
 * A failure before anything has left refuses the call in etcd's words. Afterwards the stream is
 * broken off: gRPC has no word for half a message. */
#include "faces/etcd/long_range.h"

#include <assert.h>

#include "net/conn.h"
#include "wire/pb.h"

enum {
    WHOLE_MAX = 4 << 20,
    STEP_ROWS = 1024,
    STEP_BYTES = 256 * 1024,
    ROOM_POLL_MS = 5,
    TAIL_MAX = 16 /* of more and count */
};

static void move(struct long_range *l, enum long_state to)
{
    static const unsigned next[] = {
        [LONG_NOT] = BIT(LONG_GATHERS),
        [LONG_GATHERS] = BIT(LONG_MEASURES) | BIT(LONG_WAITS_FOR_ROOM) | BIT(LONG_NOT),
        [LONG_MEASURES] = BIT(LONG_WAITS_FOR_ROOM) | BIT(LONG_NOT),
        [LONG_WAITS_FOR_ROOM] = BIT(LONG_SENDS) | BIT(LONG_NOT),
        [LONG_SENDS] = BIT(LONG_NOT),
    };
    assert((next[l->state] & BIT(to)) != 0);
    l->state = to;
}

void long_range_fini(struct long_range *l)
{
    if (l->state == LONG_NOT)
        return;
    timer_stop(&l->timer);
    hub_work_remove(l->call->face->hub, &l->work);
    range_walk_free(l->walk);
    buf_fini(&l->body);
    arena_fini(&l->arena);
    move(l, LONG_NOT);
}

/* -- ends ------------------------------------------------------------------------------------- */

static void end(struct long_range *l, bool ok)
{
    l->ended(l, ok);
    long_range_fini(l);
}

static void fail(struct long_range *l, enum etcd_refusal r)
{
    struct etcd_call *c = l->call;
    bool has_begun = l->state == LONG_SENDS;
    end(l, false);
    if (has_begun)
        grpc_call_break(c->call);
    else
        call_refuse(c, r);
}

static void fail_with(struct long_range *l, enum err e)
{
    if (e == ERR_COMPACTED)
        fail(l, ETCD_TIMED_OUT); /* a compaction was faster: another try helps */
    else
        fail(l, etcd_refusal_of(e));
}

/* -- pace ------------------------------------------------------------------------------------ */

/* Nothing is to be done in the next turn. */
static bool is_at_rest(const struct long_range *l)
{
    return l->state == LONG_NOT || l->state == LONG_WAITS_FOR_ROOM ||
           (l->state == LONG_SENDS && grpc_call_pending(l->call->call) > CONN_OUT_HIGH);
}

static void go_on(struct long_range *l)
{
    if (!list_is_linked(&l->work.link))
        hub_work_add(l->call->face->hub, &l->work);
}

void long_range_drained(struct long_range *l)
{
    if (l->state == LONG_SENDS && !is_at_rest(l))
        go_on(l);
}

/* -- sending ---------------------------------------------------------------------------------- */

static void put_tail(const struct long_range *l, struct buf *b)
{
    pb_put_bool(b, 3, l->more);
    pb_put_uint(b, 4, l->count);
}

static void finish(struct long_range *l)
{
    struct etcd_call *c = l->call;
    uint8_t room[TAIL_MAX];
    struct buf tail = { .p = room, .room = sizeof room, .max = sizeof room };
    put_tail(l, &tail);
    grpc_call_put(c->call, buf_bytes(&tail));
    end(l, true);
    grpc_call_finish(c->call, GRPC_OK, NULL);
}

/* Length, header and what was gathered. */
static void begin_to_send(struct long_range *l)
{
    struct grpc_call *call = l->call->call;
    struct buf *head = &l->call->face->scratch;
    buf_clear(head, 64 * 1024);
    put_tail(l, head);
    size_t tail_n = head->n;
    buf_clear(head, 64 * 1024);
    etcd_put_header(head, face_header(l->call->face), l->revision);
    uint64_t n = head->n + l->body.n + l->measured + tail_n;
    if (n > INT32_MAX) {
        fail(l, ETCD_ANSWER_TOO_LARGE);
        return;
    }
    move(l, LONG_SENDS);
    grpc_call_begin_long(call, (size_t)n);
    grpc_call_put(call, buf_bytes(head));
    grpc_call_put(call, buf_bytes(&l->body));
    buf_clear(&l->body, 0);
    l->measured_all(l);
    if (l->measured == 0)
        finish(l);
    else
        long_range_drained(l);
}

/* What is sent now waits for the client, beside the answers of others. */
static void ask_for_room(struct timer *timer)
{
    struct long_range *l = CONTAINER_OF(timer, struct long_range, timer);
    uint64_t now = loop_now_ms(l->call->face->loop);
    if (grpc_call_room(l->call->call) >= l->body.n)
        begin_to_send(l);
    else if (now >= l->until_ms)
        fail(l, ETCD_TOO_MANY_REQUESTS);
    else
        timer_start(timer, ROOM_POLL_MS);
}

static void send(struct long_range *l, const struct range_part *part)
{
    if (l->measured > 0) {
        range_walk_rewind(l->walk);
    } else {
        range_walk_free(l->walk);
        l->walk = NULL;
    }
    l->count = part->count;
    l->more = part->more;
    l->until_ms = loop_now_ms(l->call->face->loop) + l->call->face->options.request_timeout_ms;
    move(l, LONG_WAITS_FOR_ROOM);
    ask_for_room(&l->timer);
}

/* -- one step --------------------------------------------------------------------------------- */

static enum err put_kvs(struct buf *b, const struct view *view, const struct range_part *part)
{
    for (size_t i = 0; i < part->kv_n; i++) {
        enum err e = etcd_put_kv(b, 2, view, &part->kvs[i]);
        if (e != OK)
            return e;
    }
    return buf_err(b);
}

static enum err gather(struct long_range *l, const struct view *view, const struct range_part *part)
{
    enum err e = put_kvs(&l->body, view, part);
    if (e != OK)
        return e;
    if (part->done) {
        send(l, part);
    } else if (l->body.n > WHOLE_MAX) {
        range_walk_mark(l->walk);
        move(l, LONG_MEASURES);
    }
    return OK;
}

static void measure(struct long_range *l, const struct range_part *part)
{
    for (size_t i = 0; i < part->kv_n; i++)
        l->measured += etcd_kv_size(2, &part->kvs[i]);
    if (part->done)
        send(l, part);
}

static enum err send_more(struct long_range *l, const struct view *view,
                          const struct range_part *part)
{
    struct buf *piece = &l->call->face->scratch;
    buf_clear(piece, 4 * STEP_BYTES);
    enum err e = put_kvs(piece, view, part);
    if (e == OK && piece->n > l->measured)
        e = ERR_DAMAGED; /* it is not what was measured */
    if (e != OK)
        return e;
    l->measured -= piece->n;
    grpc_call_put(l->call->call, buf_bytes(piece));
    if (l->measured == 0)
        finish(l);
    return OK;
}

static bool work_on(struct hub_work *w, const struct view *view)
{
    struct long_range *l = CONTAINER_OF(w, struct long_range, work);
    struct range_part part;
    arena_clear(&l->arena);
    bool measures = l->state == LONG_MEASURES;
    enum err e = range_walk_step(l->walk, view, STEP_ROWS, measures ? UINT64_MAX : STEP_BYTES,
                                 !measures, &l->arena, &part);
    if (e == OK && l->state == LONG_GATHERS)
        e = gather(l, view, &part);
    else if (e == OK && l->state == LONG_MEASURES)
        measure(l, &part);
    else if (e == OK)
        e = send_more(l, view, &part);
    if (e != OK)
        fail_with(l, e);
    return is_at_rest(l);
}

/* -- beginning -------------------------------------------------------------------------------- */

void long_range_begin(struct long_range *l, struct etcd_call *c, const struct view *view,
                      struct range_walk *take_walk, const struct range_part *first)
{
    l->call = c;
    l->walk = take_walk;
    l->work.run = work_on;
    l->revision = view_revision(view);
    timer_init(&l->timer, c->face->loop, ask_for_room);
    buf_init(&l->body, SIZE_MAX / 4);
    arena_init(&l->arena, 0);
    move(l, LONG_GATHERS);
    enum err e = put_kvs(&l->body, view, first);
    if (e != OK)
        fail_with(l, e);
    else
        go_on(l);
}

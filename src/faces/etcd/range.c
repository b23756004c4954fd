/* Range. The hottest path is one key: decoded by hand, one look-up, written into the call's buffer.
 *
 * A range is walked: what is not done after a few hundred rows goes on turn by turn. Only so many
 * of these are made at a time, for each holds memory until its client takes it; others wait for
 * their turn, and begin anew when it comes. So does an answer that has no room beside those that
 * other clients have not read yet. Who waits for too long is refused. */
#include "faces/etcd/range.h"

#include "faces/etcd/render.h"

enum { FIRST_ROWS = 512, FIRST_BYTES = 256 * 1024, FIRST_STEPS = 4, ROOM_POLL_MS = 5 };

static void observe(const struct range_call *r)
{
    struct histogram *h = r->call.face->metrics.range_seconds;
    if (h != NULL)
        histogram_observe_ns(h, clock_now_ns() - r->begun_ns);
}

static void answer(struct etcd_call *c, const struct view *view);

static void read_again(struct range_call *r)
{
    timer_stop(&r->timer);
    call_read(&r->call, !r->serializable, answer);
    loop_again(r->call.face->loop);
}

/* -- turns of long ones ----------------------------------------------------------------------- */

static struct long_turns *turns_of(const struct range_call *r)
{
    struct etcd_face *face = r->call.face;
    return r->query.target == RANGE_KEY ? &face->long_ranges : &face->sorted_ranges;
}

static bool take_turn(struct range_call *r)
{
    struct long_turns *turns = turns_of(r);
    if (!r->has_turn && turns->taken < turns->most) {
        turns->taken++;
        r->has_turn = true;
    }
    return r->has_turn;
}

/* The next one has it. */
static void give_turn(struct range_call *r)
{
    struct long_turns *turns = turns_of(r);
    if (!r->has_turn)
        return;
    r->has_turn = false;
    struct range_call *next = LIST_FIRST(&turns->waiting, struct range_call, link);
    if (next == NULL) {
        turns->taken--;
        return;
    }
    list_remove(&next->link);
    next->has_turn = true;
    read_again(next);
}

static void wait_too_long(struct timer *timer)
{
    struct range_call *r = CONTAINER_OF(timer, struct range_call, timer);
    if (list_is_linked(&r->link) || loop_now_ms(r->call.face->loop) >= r->until_ms) {
        list_remove(&r->link);
        give_turn(r);
        call_refuse(&r->call, ETCD_TOO_MANY_REQUESTS);
    } else {
        read_again(r);
    }
}

static void wait_for_turn(struct range_call *r)
{
    uint64_t now = loop_now_ms(r->call.face->loop);
    list_append(&turns_of(r)->waiting, &r->link);
    timer_start(&r->timer, r->until_ms > now ? r->until_ms - now : 0);
}

/* In key order a turn ends when the length is known; a selection is held until it is sent. */
static void ended(struct long_range *l, bool ok)
{
    struct range_call *r = CONTAINER_OF(l, struct range_call, more);
    give_turn(r);
    if (ok)
        observe(r);
}

static void measured(struct long_range *l)
{
    struct range_call *r = CONTAINER_OF(l, struct range_call, more);
    if (r->query.target == RANGE_KEY)
        give_turn(r);
}

/* -- answers ---------------------------------------------------------------------------------- */

static void answer_whole(struct range_call *r, const struct view *view,
                         const struct range_result *result)
{
    size_t size = render_range_size(result);
    if (UNLIKELY(size > grpc_call_room(r->call.call))) {
        timer_start(&r->timer, ROOM_POLL_MS);
        return;
    }
    struct buf *out = call_answer(&r->call, view_revision(view));
    buf_reserve(out, size);
    call_answered_if(&r->call, out, render_range(out, view, result));
    observe(r);
}

static void answer_key(struct range_call *r, const struct view *view)
{
    struct range_result result;
    enum err e = range_read(view, &r->query, call_arena(&r->call), &result);
    if (e != OK)
        call_fail(&r->call, e);
    else
        answer_whole(r, view, &result);
}

/* A few steps, for a sorted range takes one to look and one to sort. */
static enum err begin_walk(struct range_call *r, const struct view *view, struct range_walk **ret,
                           struct range_part *ret_part)
{
    struct arena *arena = &r->call.face->arena;
    arena_clear(arena);
    enum err e = range_walk_new(view, &r->query, 0, ret);
    *ret_part = (struct range_part){ 0 };
    for (int i = 0; i < FIRST_STEPS && e == OK && !ret_part->done && ret_part->kv_n == 0; i++)
        e = range_walk_step(*ret, view, FIRST_ROWS, FIRST_BYTES, true, arena, ret_part);
    return e;
}

static void answer_range(struct range_call *r, const struct view *view)
{
    struct range_walk *walk = NULL;
    struct range_part part;
    enum err e = begin_walk(r, view, &walk, &part);
    if (e == OK && !part.done && take_turn(r)) {
        r->more.ended = ended;
        r->more.measured_all = measured;
        long_range_begin(&r->more, &r->call, view, walk, &part);
        return;
    }
    if (e != OK) {
        call_fail(&r->call, e);
    } else if (part.done) {
        const struct range_result result = {
            .kvs = part.kvs, .kv_n = part.kv_n, .count = part.count, .more = part.more
        };
        answer_whole(r, view, &result);
    } else {
        wait_for_turn(r);
    }
    give_turn(r); /* it was not so long after all */
    range_walk_free(walk);
}

static void answer(struct etcd_call *c, const struct view *view)
{
    struct range_call *r = CONTAINER_OF(c, struct range_call, call);
    if (r->query.end.n == 0)
        answer_key(r, view);
    else
        answer_range(r, view);
}

/* -- the call --------------------------------------------------------------------------------- */

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
    r->until_ms = loop_now_ms(c->face->loop) + c->face->options.request_timeout_ms;
    timer_init(&r->timer, c->face->loop, wait_too_long);
    r->serializable = request.serializable;
    r->query = etcd_range_query(&request);
    r->query.key = arena_dup(call_arena(c), r->query.key);
    r->query.end = arena_dup(call_arena(c), r->query.end);
    if (!call_granted_one(c, ACCESS_READ, SPACE_ETCD, r->query.key, r->query.end))
        return;
    etcd_count(c->face->metrics.ranges, 1);
    call_read(c, !r->serializable, answer);
}

void range_drained(struct grpc_call *call)
{
    struct range_call *r = grpc_call_state(call);
    long_range_drained(&r->more);
}

void range_closed(struct grpc_call *call, enum err why)
{
    struct range_call *r = grpc_call_state(call);
    if (r->call.face != NULL) {
        timer_stop(&r->timer);
        list_remove(&r->link);
        long_range_fini(&r->more);
        give_turn(r);
    }
    call_closed(call, why);
}

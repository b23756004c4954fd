/* Leases by id, and a wheel of what is due.
 *
 * The wheel runs in the clock's own time, so one that stood still wakes up with as much left for
 * everybody as before. A lease is in the wheel unless a move of its stage is under way; then a
 * renewal waits for what is applied: removed answers gone, anything else is followed by the move
 * back to live.
 *
 * Renewals are not written down, so a start gives full time to everybody. To whom nobody comes in
 * half of it is written down, however short: a server that starts again and again gives those no
 * full time again, and who is alive renews before. */
#include "keeper/lease_clock.h"

#include "base/mem.h"
#include "base/wheel.h"

#define HASH_NONFATAL_OOM 0
#include <uthash.h>

enum {
    TURN_MAX_MS = 500,
    RETRY_MS = 500,
    CHECKPOINT_TTL_MS = 5 * 60 * 1000, /* only leases at least this long are written down always */
    CHECKPOINT_EVERY_MS = 5 * 60 * 1000,
    CHECKPOINT_LEAST_MS = 500 /* no sooner after a start */
};

struct held {
    UT_hash_handle hh;
    struct wheel_timer timer; /* the next stage, or nothing while moving */
    struct wheel_timer mark;  /* the next checkpoint */
    int64_t id;
    struct lease_grant grant;
    enum lease_stage stage;
    uint64_t renewed_ms; /* the clock's time from which the stages count */
    bool moving;
    bool loaded;       /* from the store, and not renewed since */
    bool checkpointed; /* the store holds less than its full time: a renewal must undo it */
    bool wants_live;   /* a renewal came while it was moving, or it is not live */
};

struct lease_clock {
    uint64_t age_ms;
    bool unsettled; /* a turn was cut short: nobody is removed before a full round */
    struct wheel wheel, marks;
    struct list due, due_marks; /* rung, not handed out yet */
    struct held *by_id;
    struct siphash_key key; /* of BY_ID: clients choose ids */
};

struct lease_clock *lease_clock_new(uint64_t age_ms, const struct siphash_key *key)
{
    struct lease_clock *c = mem_zalloc(1, sizeof *c);
    c->age_ms = age_ms;
    c->key = *key;
    wheel_init(&c->wheel, age_ms);
    wheel_init(&c->marks, age_ms);
    list_init(&c->due);
    list_init(&c->due_marks);
    return c;
}

/* A timer that rang waits in a list of ours, one that has not lies in the wheel: both let go here.
 */
static void unset(struct wheel *w, struct wheel_timer *t, bool rung)
{
    if (rung)
        list_remove(&t->link);
    else
        wheel_cancel(w, t);
}

static bool has_rung(const struct wheel *w, const struct wheel_timer *t)
{
    return wheel_timer_is_set(t) && t->at_ms <= w->now_ms;
}

static void stop_timer(struct lease_clock *c, struct held *h)
{
    unset(&c->wheel, &h->timer, has_rung(&c->wheel, &h->timer));
}

static void stop_mark(struct lease_clock *c, struct held *h)
{
    unset(&c->marks, &h->mark, has_rung(&c->marks, &h->mark));
}

static void forget(struct lease_clock *c, struct held *h)
{
    stop_timer(c, h);
    stop_mark(c, h);
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): H is in the table, so there is one */
    HASH_DEL(c->by_id, h);
    mem_free(h);
}

void lease_clock_free(struct lease_clock *c)
{
    if (c == NULL)
        return;
    struct held *h, *next;
    HASH_ITER(hh, c->by_id, h, next)
    {
        forget(c, h);
    }
    mem_free(c);
}

static unsigned hash_of(const struct lease_clock *c, int64_t id)
{
    return (unsigned)siphash(&c->key, bytes_of(&id, sizeof id));
}

static struct held *find(const struct lease_clock *c, int64_t id)
{
    struct held *h;
    HASH_FIND_BYHASHVALUE(hh, c->by_id, &id, sizeof id, hash_of(c, id), h);
    return h;
}

/* -- stages ----------------------------------------------------------------------------------- */

/* The stage after H's and when it begins, counted from the last renewal. */
static uint64_t next_stage(const struct held *h, enum lease_stage *ret_to)
{
    const struct lease_grant *g = &h->grant;
    if (h->stage < LEASE_SUSPECT && g->suspect_ms != 0) {
        *ret_to = LEASE_SUSPECT;
        return g->suspect_ms;
    }
    if (h->stage < LEASE_DOWN && g->down_ms != 0) {
        *ret_to = LEASE_DOWN;
        return g->down_ms;
    }
    *ret_to = LEASE_REMOVED;
    return g->remove_ms;
}

static void arm(struct lease_clock *c, struct held *h)
{
    enum lease_stage to;
    uint64_t after = next_stage(h, &to);
    stop_timer(c, h);
    wheel_set(&c->wheel, &h->timer, h->renewed_ms + after);
}

static bool is_long(const struct held *h)
{
    return h->grant.remove_ms >= CHECKPOINT_TTL_MS;
}

/* When its remaining time is written down next, if at all. */
static void set_mark(struct lease_clock *c, struct held *h)
{
    uint64_t end = h->renewed_ms + h->grant.remove_ms;
    uint64_t half = (end > c->age_ms ? end - c->age_ms : 0) / 2;
    stop_mark(c, h);
    if (h->loaded && half < CHECKPOINT_EVERY_MS)
        wheel_set(&c->marks, &h->mark,
                  c->age_ms + (half > CHECKPOINT_LEAST_MS ? half : CHECKPOINT_LEAST_MS));
    else if (is_long(h))
        wheel_set(&c->marks, &h->mark, c->age_ms + CHECKPOINT_EVERY_MS);
}

static struct held *hold(struct lease_clock *c, const struct lease_grant *grant,
                         enum lease_stage stage)
{
    struct held *h = find(c, grant->id);
    if (h == NULL) {
        h = mem_zalloc(1, sizeof *h);
        h->id = grant->id;
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, c->by_id, &h->id, sizeof h->id, hash_of(c, h->id), h);
    }
    h->grant = *grant;
    h->stage = stage;
    h->renewed_ms = c->age_ms;
    h->moving = false;
    arm(c, h);
    set_mark(c, h);
    return h;
}

void lease_clock_load(struct lease_clock *c, const struct lease *lease)
{
    struct held *h = hold(c, &lease->grant, lease->stage);
    if (lease->remaining_ms < lease->grant.remove_ms) {
        /* As if it had been renewed long enough ago for just this much to be left. */
        uint64_t spent = lease->grant.remove_ms - lease->remaining_ms;
        h->renewed_ms = c->age_ms > spent ? c->age_ms - spent : 0;
        h->checkpointed = true;
        arm(c, h);
    }
    h->loaded = true;
    set_mark(c, h);
}

void lease_clock_apply(struct lease_clock *c, const struct lease_change *change)
{
    struct held *h = find(c, change->grant.id);
    switch (change->kind) {
    case LEASE_CHANGE_GRANTED:
        hold(c, &change->grant, LEASE_LIVE);
        break;
    case LEASE_CHANGE_REMOVED:
        if (h != NULL)
            forget(c, h);
        break;
    case LEASE_CHANGE_MOVED:
        if (h == NULL)
            break;
        h->stage = change->stage;
        h->moving = false;
        arm(c, h);
        break;
    case LEASE_CHANGE_CHECKPOINT:
        break;
    }
}

/* -- time ------------------------------------------------------------------------------------- */

bool lease_clock_turn(struct lease_clock *c, uint64_t elapsed_ms)
{
    bool cut_short = elapsed_ms > TURN_MAX_MS;
    c->age_ms += cut_short ? TURN_MAX_MS : elapsed_ms;
    if (cut_short)
        c->unsettled = true;
    wheel_advance(&c->wheel, c->age_ms, &c->due);
    wheel_advance(&c->marks, c->age_ms, &c->due_marks);
    return cut_short;
}

void lease_clock_settled(struct lease_clock *c)
{
    c->unsettled = false;
}

uint64_t lease_clock_age_ms(const struct lease_clock *c)
{
    return c->age_ms;
}

size_t lease_clock_count(const struct lease_clock *c)
{
    return HASH_COUNT(c->by_id);
}

/* -- renewing --------------------------------------------------------------------------------- */

static struct held *find_of_face(const struct lease_clock *c, enum face face, int64_t id)
{
    struct held *h = find(c, id);
    return h != NULL && h->grant.face == face ? h : NULL;
}

/* What the checkpoint says is no longer true: the next one, due at once, gives it all back. */
static void mark_now(struct lease_clock *c, struct held *h)
{
    stop_mark(c, h);
    h->checkpointed = false;
    h->mark.at_ms = c->marks.now_ms;
    list_append(&c->due_marks, &h->mark.link);
}

enum renewal lease_clock_renew(struct lease_clock *c, enum face face, int64_t id,
                               uint64_t *ret_ttl_ms)
{
    struct held *h = find_of_face(c, face, id);
    if (h == NULL)
        return RENEWAL_GONE;
    if (h->moving)
        return RENEWAL_WAIT;
    h->renewed_ms = c->age_ms;
    bool was_loaded = h->loaded;
    h->loaded = false;
    if (h->checkpointed)
        mark_now(c, h);
    else if (was_loaded)
        set_mark(c, h);
    if (h->stage != LEASE_LIVE) {
        /* Due at once: the move back. */
        h->wants_live = true;
        stop_timer(c, h);
        h->timer.at_ms = c->wheel.now_ms;
        list_append(&c->due, &h->timer.link);
    } else {
        arm(c, h);
    }
    *ret_ttl_ms = h->grant.ttl_ms;
    return RENEWAL_DONE;
}

bool lease_clock_remaining(const struct lease_clock *c, enum face face, int64_t id,
                           uint64_t *ret_remaining_ms, uint64_t *ret_ttl_ms)
{
    const struct held *h = find_of_face(c, face, id);
    if (h == NULL)
        return false;
    uint64_t end = h->renewed_ms + h->grant.remove_ms;
    *ret_remaining_ms = end > c->age_ms ? end - c->age_ms : 0;
    *ret_ttl_ms = h->grant.ttl_ms;
    return true;
}

/* -- what is due ------------------------------------------------------------------------------ */

size_t lease_clock_due(struct lease_clock *c, struct lease_move *into, size_t max)
{
    size_t n = 0;
    if (c->unsettled)
        return 0;
    LIST_FOR_EACH(link, &c->due)
    {
        if (n == max)
            break;
        struct held *h = CONTAINER_OF(link, struct held, timer.link);
        struct lease_move move = { .id = h->id, .from = h->stage, .to = LEASE_LIVE };
        if (!h->wants_live)
            next_stage(h, &move.to);
        list_remove(link);
        h->wants_live = false;
        h->moving = true;
        into[n++] = move;
    }
    return n;
}

void lease_clock_move_failed(struct lease_clock *c, int64_t id)
{
    struct held *h = find(c, id);
    if (h == NULL || !h->moving)
        return;
    h->moving = false;
    stop_timer(c, h);
    /* Whatever refused it (a full disk, most likely) is not asked again at once. */
    wheel_set(&c->wheel, &h->timer, c->age_ms + RETRY_MS);
}

size_t lease_clock_checkpoint(struct lease_clock *c, struct lease_remaining *into, size_t max)
{
    size_t n = 0;
    LIST_FOR_EACH(link, &c->due_marks)
    {
        if (n == max)
            break;
        struct held *h = CONTAINER_OF(link, struct held, mark.link);
        list_remove(link);
        uint64_t remaining = 0, ttl = 0;
        lease_clock_remaining(c, h->grant.face, h->id, &remaining, &ttl);
        into[n++] = (struct lease_remaining){ .id = h->id, .remaining_ms = remaining };
        h->checkpointed = remaining < h->grant.remove_ms;
        set_mark(c, h);
    }
    return n;
}

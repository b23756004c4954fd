/* Questions about changes and leases. */
#include <inttypes.h>

#include "store/history.h"
#include "store/lease.h"
#include "store/origin.h"
#include "test/unit/store/differential/compare.h"
#include "test/unit/store/differential/look_parts.h"
#include "test/unit/store/differential/translate.h"

enum { ORIGIN_KEPT = 300 };

struct past { /* one catch-up: what is asked for, and what must come */
    unsigned space;
    struct bytes key, end;
    bool by_scan; /* history_scan, else history_range */
    uint64_t from;
    size_t max_keys, max_events, max_bytes;
    const struct model_event **events;
    size_t event_n, at; /* how many have come */
};

static enum err ask(struct look *l, const struct past *p, struct arena *arena,
                    struct history_batch *ret)
{
    enum space space = (enum space)p->space;
    if (p->by_scan)
        return history_scan(l->view, space, p->from, p->max_events, p->max_bytes, arena, ret);
    return history_range(l->view, space, p->key, p->end, p->from, p->max_keys, p->max_events,
                         p->max_bytes, arena, ret);
}

static bool prev_agrees(struct look *l, const struct past *p, const struct model_event *event,
                        const struct event *got)
{
    struct arena arena;
    struct kv kv;
    const struct model_event *want = NULL;
    arena_init(&arena, 0);
    enum err want_err = model_prev(l->model, event, &want);
    enum err got_err = history_prev(l->view, (enum space)p->space, got, &arena, &kv);
    bool agrees = report_same_err(l->report, "prev", want_err, got_err) &&
                  (want_err != OK || compare_kv(l->report, want, &kv, false, l->view));
    arena_fini(&arena);
    return agrees;
}

/* Who made the change, and why; of long names only the beginning is kept. */
static bool origin_agrees(struct look *l, const struct model_event *event)
{
    struct arena arena;
    struct origin want = translate_origin(event->origin), got = { 0 };
    arena_init(&arena, 0);
    if (want.principal.n > ORIGIN_KEPT)
        want.principal.n = ORIGIN_KEPT;
    enum err e = origin_of(l->view, (enum space)event->space, event->mod, event->sub, &arena, &got);
    bool agrees = report_same_err(l->report, "origin", OK, e) &&
                  report_same_bytes(l->report, "principal", want.principal, got.principal) &&
                  report_same_bytes(l->report, "address", want.address, got.address) &&
                  report_same_bytes(l->report, "why", want.why, got.why) &&
                  report_same_u64(l->report, "face", want.face, got.face);
    arena_fini(&arena);
    return agrees;
}

/* All events below NEXT have come, none of NEXT or above, and the batch ended where its limits say:
 * after the first revision that reaches one of them. */
static bool ends_well(struct look *l, const struct past *p, const struct history_batch *got)
{
    uint64_t newest = model_newest(l->model, p->space);
    size_t n = 0, bytes = 0;
    if (p->at < p->event_n && p->events[p->at]->mod < got->next)
        return report_differs(l->report, "an event below next was left out");
    if (p->at > 0 && p->events[p->at - 1]->mod >= got->next)
        return report_differs(l->report, "an event at or above next was given");
    for (size_t i = 0; i < got->event_n; i++) {
        bool begins = i > 0 && got->events[i].kv.mod != got->events[i - 1].kv.mod;
        if (begins && (n >= p->max_events || bytes >= p->max_bytes))
            return report_differs(l->report, "a revision above the limits was given");
        n++;
        bytes += got->events[i].kv.key.n + got->events[i].kv.value.n;
    }
    if (got->next <= newest && n < p->max_events && bytes < p->max_bytes)
        return report_differs(l->report,
                              "ended before its limits: %zu events, %zu bytes, next %" PRIu64
                              " of %" PRIu64,
                              n, bytes, got->next, newest);
    return got->next > p->from || p->from > newest ||
           report_differs(l->report, "next did not move");
}

static bool batch_agrees(struct look *l, struct past *p, const struct history_batch *got)
{
    if (got->event_n > p->event_n - p->at)
        return report_differs(l->report, "%zu events too many",
                              got->event_n - (p->event_n - p->at));
    for (size_t i = 0; i < got->event_n; i++) {
        const struct model_event *want = p->events[p->at + i];
        if (!compare_event(l->report, want, &got->events[i], l->view))
            return false;
        if (dice_percent(l->dice, 20) && !prev_agrees(l, p, want, &got->events[i]))
            return false;
        if (dice_percent(l->dice, 10) && !origin_agrees(l, want))
            return false;
    }
    p->at += got->event_n;
    return ends_well(l, p, got);
}

/* The head rows of the range. A key that was deleted below the compacted revision has one until it
 * is swept: counted or not, as WITH_DEAD says. */
static size_t heads_in_range(const struct look *l, const struct past *p, bool with_dead)
{
    const struct model_space *space = &l->model->spaces[p->space];
    size_t n = 0;
    for (size_t i = 0; i < space->key_n; i++) {
        const struct model_key *key = &space->keys[i];
        const struct model_event *last = key->event_n == 0 ? NULL : key->events[key->event_n - 1];
        bool dead = last == NULL || (last->is_delete && last->mod < space->compacted);
        n += (with_dead || !dead) && model_range_holds(p->key, p->end, key->key);
    }
    return n;
}

/* ERR_TOO_BIG where it must be, and where it may be. */
static bool too_big_agrees(struct look *l, const struct past *p, enum err got)
{
    if (p->by_scan || p->end.n == 0)
        return report_same_u64(l->report, "too big", false, got == ERR_TOO_BIG);
    if (got == ERR_TOO_BIG && heads_in_range(l, p, true) <= p->max_keys)
        return report_differs(l->report, "too big without need");
    if (got == OK && heads_in_range(l, p, false) > p->max_keys)
        return report_differs(l->report, "more heads than allowed were read");
    return true;
}

static bool past_agrees(struct look *l, struct past *p, struct arena *arena)
{
    enum err want =
        model_history(l->model, p->space, p->key, p->end, p->from, arena, &p->events, &p->event_n);
    for (;;) {
        struct history_batch got;
        report_at(l->report, "history of space %u by %s from %" PRIu64 ", %zu events, %zu bytes",
                  p->space, p->by_scan ? "scan" : "range", p->from, p->max_events, p->max_bytes);
        enum err e = ask(l, p, arena, &got);
        if (!too_big_agrees(l, p, e))
            return false;
        if (e == ERR_TOO_BIG && want == OK)
            return true;
        if (!report_same_err(l->report, "result", want, e))
            return false;
        if (e != OK)
            return true;
        if (!batch_agrees(l, p, &got))
            return false;
        if (got.next > model_newest(l->model, p->space))
            return report_same_u64(l->report, "events", p->event_n, p->at);
        p->from = got.next;
    }
}

bool look_history(struct look *l)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct random_source source = look_source(l, &arena);
    struct past p = {
        .space = random_space(l->dice),
        .end = bytes_of("", 1),
        .by_scan = dice_percent(l->dice, 50),
        .max_keys = dice_percent(l->dice, 20) ? dice_between(l->dice, 1, 3) : 1000,
        .max_events = dice_percent(l->dice, 50) ? dice_between(l->dice, 1, 10) : 100000,
        .max_bytes = dice_percent(l->dice, 50) ? dice_between(l->dice, 1, 5000) : 1U << 30,
    };
    if (!p.by_scan)
        random_bounds(&source, &p.key, &p.end);
    uint64_t compacted = l->model->spaces[p.space].compacted;
    uint64_t newest = model_newest(l->model, p.space);
    p.from = dice_between(l->dice, compacted, newest + 1);
    if (compacted > 1 && dice_percent(l->dice, 5))
        p.from = compacted - 1;
    if (p.from == 0)
        p.from = 1;
    bool agrees = past_agrees(l, &p, &arena);
    arena_fini(&arena);
    return agrees;
}

bool look_whole_history(struct look *l, unsigned space)
{
    struct arena arena;
    bool agrees = true;
    arena_init(&arena, 0);
    for (int by_scan = 0; by_scan <= 1 && agrees; by_scan++) {
        struct past p = {
            .space = space,
            .end = bytes_of("", 1),
            .by_scan = by_scan != 0,
            .from = l->model->spaces[space].compacted,
            .max_keys = 100000,
            .max_events = 100000,
            .max_bytes = 1U << 30,
        };
        if (p.from == 0)
            p.from = 1;
        agrees = past_agrees(l, &p, &arena);
    }
    arena_fini(&arena);
    return agrees;
}

/* -- leases ----------------------------------------------------------------------------------- */

static bool keys_of_lease_agree(struct look *l, int64_t id, struct arena *arena, uint64_t *n)
{
    for (unsigned s = 0; s < MODEL_SPACES; s++) {
        struct bytes *want, *got;
        size_t got_n;
        size_t want_n = model_lease_keys(l->model, id, s, arena, &want);
        enum err e = lease_keys(l->view, id, (enum space)s, 0, arena, &got, &got_n);
        if (!report_same_err(l->report, "keys", OK, e) ||
            !report_same_u64(l->report, "number of keys", want_n, got_n))
            return false;
        for (size_t i = 0; i < want_n; i++)
            if (!report_same_bytes(l->report, "key of lease", want[i], got[i]))
                return false;
        if (want_n > 1 &&
            lease_keys(l->view, id, (enum space)s, want_n - 1, arena, &got, &got_n) != ERR_TOO_BIG)
            return report_differs(l->report, "keys above the maximum were given");
        *n += want_n;
    }
    return true;
}

static bool lease_agrees(struct look *l, const struct model_lease *want, const struct lease *got)
{
    struct arena arena;
    struct lease again;
    uint64_t key_n = 0;
    int64_t id = want->grant.id;
    arena_init(&arena, 0);
    report_at(l->report, "lease %" PRId64, id);
    bool agrees = compare_lease(l->report, want, got) &&
                  keys_of_lease_agree(l, id, &arena, &key_n) &&
                  report_same_u64(l->report, "key_n", key_n, got->key_n);
    for (int face = 0; face < FACES && agrees; face++) {
        enum err expected = face == 0 || face == want->grant.face ? OK : ERR_LEASE_NOT_FOUND;
        enum err e = lease_get(l->view, (enum face)face, id, &again);
        agrees = report_same_err(l->report, "lease by face", expected, e) &&
                 (e != OK || compare_lease(l->report, want, &again));
    }
    arena_fini(&arena);
    return agrees;
}

struct lease_walk {
    struct look *look;
    size_t at;
    bool agrees;
};

static bool walk_lease(void *ctx, const struct lease *lease)
{
    struct lease_walk *w = ctx;
    struct look *l = w->look;
    if (w->at == l->model->lease_n) {
        w->agrees = report_differs(l->report, "lease %" PRId64 " should not be", lease->grant.id);
        return false;
    }
    w->agrees = lease_agrees(l, &l->model->leases[w->at++], lease);
    return w->agrees;
}

bool look_leases(struct look *l)
{
    struct lease_walk walk = { .look = l, .agrees = true };
    report_at(l->report, "leases");
    bool all;
    enum err e = lease_each(l->view, INT64_MIN, walk_lease, &walk, &all);
    struct lease none;
    return walk.agrees && report_same_err(l->report, "leases", OK, e) &&
           report_same_u64(l->report, "number of leases", l->model->lease_n, walk.at) &&
           report_same_err(l->report, "lease that is not there", ERR_LEASE_NOT_FOUND,
                           lease_get(l->view, FACE_NONE, 424242, &none));
}

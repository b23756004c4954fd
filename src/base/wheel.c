/* A hierarchical wheel: level L has slots of 64^L milliseconds.
 *
 * A timer lies in the lowest level whose span still holds it. When level 0 has gone round, the next
 * slot of level 1 is spread over it, and so on; a timer is touched at most once a level. */
#include "base/wheel.h"

#include <stddef.h>

enum { SLOT_BITS = 6 };

static void place(struct wheel *w, struct wheel_timer *t)
{
    uint64_t delta = t->at_ms > w->now_ms ? t->at_ms - w->now_ms : 0;
    uint64_t at = delta == 0 ? w->now_ms : t->at_ms;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        unsigned shift = SLOT_BITS * level;
        /* Same lap of the next level up, or less than one lap away: this level's slots tell it. */
        if ((at >> shift) - (w->now_ms >> shift) < WHEEL_SLOTS) {
            list_append(&w->slots[level][(at >> shift) % WHEEL_SLOTS], &t->link);
            return;
        }
    }
    list_append(&w->far, &t->link);
}

void wheel_init(struct wheel *w, uint64_t now_ms)
{
    w->now_ms = now_ms;
    w->timer_n = 0;
    for (size_t level = 0; level < WHEEL_LEVELS; level++)
        for (size_t slot = 0; slot < WHEEL_SLOTS; slot++)
            list_init(&w->slots[level][slot]);
    list_init(&w->far);
}

void wheel_set(struct wheel *w, struct wheel_timer *t, uint64_t at_ms)
{
    wheel_cancel(w, t);
    /* What has passed rings at the next advance: the slot of the present is still to be taken. */
    t->at_ms = at_ms > w->now_ms ? at_ms : w->now_ms + 1;
    w->timer_n++;
    place(w, t);
}

void wheel_cancel(struct wheel *w, struct wheel_timer *t)
{
    if (!wheel_timer_is_set(t))
        return;
    list_remove(&t->link);
    w->timer_n--;
}

static void spread(struct wheel *w, struct list *slot)
{
    struct list taken;
    list_init(&taken);
    list_splice(&taken, slot);
    LIST_FOR_EACH(link, &taken)
    {
        list_remove(link);
        place(w, CONTAINER_OF(link, struct wheel_timer, link));
    }
}

static void take(struct wheel *w, struct list *slot, struct list *rung)
{
    LIST_FOR_EACH(link, slot)
    {
        list_remove(link);
        list_append(rung, link);
        w->timer_n--;
    }
}

/* Moves the present forward to AT, where a lap of some levels may begin. */
static void step_to(struct wheel *w, uint64_t at, struct list *rung)
{
    w->now_ms = at;
    for (unsigned level = WHEEL_LEVELS - 1; level > 0; level--)
        if (at % ((uint64_t)1 << (SLOT_BITS * level)) == 0)
            spread(w, &w->slots[level][(at >> (SLOT_BITS * level)) % WHEEL_SLOTS]);
    if (at % ((uint64_t)1 << (SLOT_BITS * (WHEEL_LEVELS - 1))) == 0)
        spread(w, &w->far);
    take(w, &w->slots[0][at % WHEEL_SLOTS], rung);
}

/* The next time after now at which a slot with timers begins; at most LIMIT. */
static uint64_t next_stop(const struct wheel *w, uint64_t limit)
{
    uint64_t best = limit;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        unsigned shift = SLOT_BITS * level;
        uint64_t slot = (w->now_ms >> shift) + 1;
        for (unsigned i = 0; i < WHEEL_SLOTS && slot << shift < best; i++, slot++)
            if (!list_is_empty(&w->slots[level][slot % WHEEL_SLOTS]))
                best = slot << shift;
    }
    if (!list_is_empty(&w->far)) {
        unsigned shift = SLOT_BITS * (WHEEL_LEVELS - 1);
        uint64_t lap = ((w->now_ms >> shift) + 1) << shift;
        if (lap < best)
            best = lap;
    }
    return best;
}

void wheel_advance(struct wheel *w, uint64_t now_ms, struct list *rung)
{
    if (w->timer_n == 0) {
        if (now_ms > w->now_ms)
            w->now_ms = now_ms;
        return;
    }
    while (w->now_ms < now_ms) {
        uint64_t stop = next_stop(w, now_ms);
        step_to(w, stop, rung);
    }
}

uint64_t wheel_next_ms(const struct wheel *w)
{
    if (w->timer_n == 0)
        return UINT64_MAX;
    return next_stop(w, UINT64_MAX);
}

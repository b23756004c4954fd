/* A sleep and the way out of it cost up to SPIN_NS where processors are virtual. Looking on for as
 * long at most doubles the price of a pause, and saves all of it when work comes sooner: from a
 * peer that asks again as soon as it has its answer. It is done where it paid off lately; elsewhere
 * once in TRY_EVERY turns, to find out. */
#include "loop/spin.h"

enum { SPIN_NS = 100 * 1000, LUCK_MAX = 8, TRY_EVERY = 64 };

static bool is_worth_it(struct spin *s)
{
    if (s->luck > 0)
        return true;
    s->skipped = (s->skipped + 1) % TRY_EVERY;
    return s->skipped == 0;
}

bool spin_on(struct spin *s, bool had_work, uint64_t now_ns)
{
    if (had_work) {
        if (s->looking && s->luck < LUCK_MAX)
            s->luck++;
        s->looking = is_worth_it(s);
        s->until_ns = now_ns + SPIN_NS;
    } else if (s->looking && now_ns >= s->until_ns) {
        s->looking = false;
        s->luck -= s->luck > 0;
    }
    return s->looking;
}

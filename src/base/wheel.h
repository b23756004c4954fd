/* base/wheel.h -- a hierarchical timer wheel: a million deadlines, constant work for each.
 *
 * Pure: time is an argument, in milliseconds of any clock that never goes back. A timer is embedded
 * in its object. One thread. */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include <stdint.h>

#include "base/list.h"

enum { WHEEL_LEVELS = 6, WHEEL_SLOTS = 64 };

struct wheel_timer {
    struct list link;
    uint64_t at_ms;
};

struct wheel {
    uint64_t now_ms; /* all timers at or below it have been handed out */
    uint64_t timer_n;
    struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];
    struct list far; /* beyond the outermost level */
};

void wheel_init(struct wheel *w, uint64_t now_ms);
/* Sets T to ring at AT_MS (at once, if that has passed); moves it if it is set already.
 * T must be zeroed before its first use. */
void wheel_set(struct wheel *w, struct wheel_timer *t, uint64_t at_ms);
void wheel_cancel(struct wheel *w, struct wheel_timer *t);
static inline bool wheel_timer_is_set(const struct wheel_timer *t)
{
    return list_is_linked(&t->link);
}
/* Advances to NOW_MS and moves every timer that has rung to RUNG (a list head), in order of time.
 */
void wheel_advance(struct wheel *w, uint64_t now_ms, struct list *rung);
/* A time not later than the next timer's, for sleeping; UINT64_MAX if there is none. */
uint64_t wheel_next_ms(const struct wheel *w);

#endif

/* store/range_select.h -- the first so many versions of a range in an order other than the keys'.
 *
 * What is offered is copied as far as the order needs it: the key, the numbers, and the value if it
 * is what is compared. What is kept is bounded by number and by bytes. If bytes end it, the rest
 * is had by offering everything again after range_select_next: a selection goes on behind the last
 * one that it has given. */
#ifndef STORE_RANGE_SELECT_H
#define STORE_RANGE_SELECT_H

#include "store/range_query.h"

struct select_entry;

struct range_select {
    enum range_target target;      /* not RANGE_KEY */
    bool descending;               /* equal ones ascend by key all the same */
    uint64_t most;                 /* entries wanted, those given before not counted */
    size_t bytes_max;              /* of entries, at least one is kept; 0 = no limit */
    struct select_entry **entries; /* a heap, the last in order on top; or in order */
    size_t n, room, bytes;
    size_t unsorted;           /* entries that are still a heap */
    struct select_entry *last; /* given by the selection before this one, or NULL */
    struct select_entry *bar;  /* the first in order that found no room, or NULL */
};

/* QUERY's target, order and limit. */
void range_select_init(struct range_select *s, const struct range_query *query, size_t bytes_max);
void range_select_fini(struct range_select *s);
/* KV's value must be in one piece if the target is RANGE_VALUE, and is not looked at otherwise. */
void range_select_offer(struct range_select *s, const struct kv *kv);
/* Puts what was kept in order, about *STEPS entries, and subtracts them; true: all are. */
bool range_select_sort(struct range_select *s, uint64_t *steps);
/* Entry I of N; values are as above: p is NULL unless they are what was compared. */
const struct kv *range_select_at(const struct range_select *s, size_t i);
/* Some found no room: there is a next selection. */
bool range_select_goes_on(const struct range_select *s);
/* Begins the selection of those that come after the first GIVEN of this one. */
void range_select_next(struct range_select *s, size_t given);

/* The place behind the first GIVEN of this selection: gives a copy of the entry before it, NULL if
 * it is the very beginning. */
struct select_entry *range_select_place(const struct range_select *s, size_t given);
void select_entry_free(struct select_entry *e);
/* Begins the selection of at most MOST behind such a place. */
void range_select_restart(struct range_select *s, struct select_entry *take_last, uint64_t most);

#endif

/* keeper/lease_clock.h -- deadlines of all leases, on the leader.
 *
 * Pure: time and turns are arguments. The clock is not the system's: each turn adds the elapsed
 * time, at most 500 ms, so that a stopped process kills nobody who is alive (kernel.md 7). It says
 * which stage moves are due; its owner proposes them, and tells it what was applied. */
#ifndef KEEPER_LEASE_CLOCK_H
#define KEEPER_LEASE_CLOCK_H

#include "base/siphash.h"
#include "store/effects.h"
#include "store/lease.h"

struct lease_clock;

/* KEY is fresh randomness: ids are the clients'. */
struct lease_clock *lease_clock_new(uint64_t age_ms, const struct siphash_key *key);
void lease_clock_free(struct lease_clock *c);

/* A lease that the store holds, at start: gets its full time, or what its last checkpoint says if
 * it was not renewed since. */
void lease_clock_load(struct lease_clock *c, const struct lease *lease);
/* What an applied entry changed. */
void lease_clock_apply(struct lease_clock *c, const struct lease_change *change);

/* Adds ELAPSED_MS since the last turn (at most 500 count). True if the turn was cut short: moves
 * are held back until lease_clock_settled, which the owner calls after one full round over all
 * sockets. */
bool lease_clock_turn(struct lease_clock *c, uint64_t elapsed_ms);
void lease_clock_settled(struct lease_clock *c);
uint64_t lease_clock_age_ms(const struct lease_clock *c);

enum renewal {
    RENEWAL_DONE,
    RENEWAL_GONE,
    RENEWAL_WAIT /* a move is under way: ask again after it */
};
/* Gives LEASE its full time again. */
enum renewal lease_clock_renew(struct lease_clock *c, enum face face, int64_t id,
                               uint64_t *ret_ttl_ms);
/* Milliseconds left until removal; false if there is no such lease. */
bool lease_clock_remaining(const struct lease_clock *c, enum face face, int64_t id,
                           uint64_t *ret_remaining_ms, uint64_t *ret_ttl_ms);

/* The next due moves, at most MAX; each is marked moving until lease_clock_apply sees it or
 * lease_clock_move_failed says that it was refused. */
size_t lease_clock_due(struct lease_clock *c, struct lease_move *into, size_t max);
void lease_clock_move_failed(struct lease_clock *c, int64_t id);
/* Leases whose remaining time is worth writing down, at most MAX: those granted 5 min or more,
 * every 5 min; and any that was loaded and not renewed for half of what it had left. */
size_t lease_clock_checkpoint(struct lease_clock *c, struct lease_remaining *into, size_t max);
size_t lease_clock_count(const struct lease_clock *c);

#endif

/* health/runner.h -- runs the checks it is given, and says when one of them changes.
 *
 * Thousands on one loop: each has a timer, a first run somewhere in its interval by a hash, and its
 * phase for ever. A check never overlaps itself; what is still under way when it is due again is
 * left to its timeout. One loop, no threads. */
#ifndef HEALTH_RUNNER_H
#define HEALTH_RUNNER_H

#include "catalog/status.h"
#include "health/check.h"
#include "health/probe.h"

struct metrics;
struct runner;

enum { RUNNER_AT_ONCE = 4096, RUNNER_ID_MAX = 8 * 1024 };

struct runner_options {
    struct loop *loop;       /* kept */
    struct prober *prober;   /* kept */
    uint64_t seed;           /* entropy for the spread */
    unsigned at_once;        /* probes under way, others wait; 0 = RUNNER_AT_ONCE */
    struct metrics *metrics; /* may be NULL */
    /* What of check ID is to be told to the catalog (health/report.h); lent for the call, from the
     * loop. May call the runner. */
    void (*sink)(void *ctx, struct bytes id, enum status status, struct bytes output);
    void *ctx;
};

struct runner *runner_new(const struct runner_options *options);
/* Gives up what is under way; no call of the sink any more. */
void runner_stop(struct runner *r);
void runner_free(struct runner *r);

/* Adds check ID, or replaces it if its definition is another; the same once more changes nothing.
 * STATUS and OUTPUT are what the catalog holds. A TTL check that is not critical has its full time.
 * External checks are not run: this removes them. All is copied. */
void runner_set(struct runner *r, struct bytes id, const struct check_definition *definition,
                enum status status, struct bytes output);
/* Harmless if there is none. What is under way is given up. */
void runner_remove(struct runner *r, struct bytes id);
/* Gives a TTL check its result and its full time again; an alias its target's state. ERR_NOT_FOUND;
 * ERR_INVALID: it is of another kind. The sink is called from inside, if at all. */
MUST_CHECK enum err runner_note(struct runner *r, struct bytes id, enum status status,
                                struct bytes output);

struct runner_counts {
    size_t checks, under_way, waiting;
    uint64_t runs;    /* probes started */
    uint64_t skipped; /* were still under way when due again */
    uint64_t late_ms; /* the most that a probe has started after its time, ever */
};
void runner_counts(const struct runner *r, struct runner_counts *ret);

#endif

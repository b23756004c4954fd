/* differential/look.h -- questions to a view, each asked of the model as well. */
#ifndef DIFFERENTIAL_LOOK_H
#define DIFFERENTIAL_LOOK_H

#include "test/lib/dice.h"
#include "test/unit/store/differential/report.h"
#include "test/unit/store/differential/script.h"

#include "store/view.h"

struct look { /* all borrowed */
    struct report *report;
    const struct view *view;
    struct model *model; /* as it was at the view's revision */
    struct dice *dice;
    const struct script *script; /* whose keys are asked for */
};

/* Each returns true if view and model agree, and notes the first difference otherwise. */

/* Revisions, compactions, index, term, times. */
bool look_counters(struct look *l);
/* One random range with all options: the answer, the same walked in steps, and in small budgets. */
bool look_range(struct look *l);
/* One key at a random revision. */
bool look_key(struct look *l);
/* A random transaction that only reads. */
bool look_txn(struct look *l);
/* The changes from a random revision on, of a space and of a range of keys. */
bool look_history(struct look *l);
/* All leases and their keys. */
bool look_leases(struct look *l);
/* One of the above. */
bool look_somewhere(struct look *l);
/* All that can be read, without chance: every space at its oldest, a middle and its newest
 * revision, its history, every key, every lease. */
bool look_everywhere(struct look *l);

#endif

/* differential/upper.h -- a kind of command as an upper folder would bring it: puts and removes of
 * single keys, encoded as a transaction's THEN list. */
#ifndef DIFFERENTIAL_UPPER_H
#define DIFFERENTIAL_UPPER_H

#include "store/store.h"
#include "test/unit/store/differential/report.h"

enum { UPPER_WRITES = COMMAND_KIND_UPPER + 3 };

struct upper {              /* the kinds' context */
    struct entry_time time; /* what the entry under way should say */
};

extern const struct command_kind_row upper_kinds[1];

/* GOT is the result's `upper`. */
bool upper_agrees(struct report *r, uint64_t removed, uint64_t revision, const void *got);

#endif

/* differential/batch.h -- an entry's change batch and lease changes against the model's events. */
#ifndef DIFFERENTIAL_BATCH_H
#define DIFFERENTIAL_BATCH_H

#include "test/unit/store/differential/report.h"
#include "test/unit/store/differential/script.h"

#include "store/effects.h"

struct batch_expected { /* the model before the entry, and what the batch was made under */
    size_t events_before[MODEL_SPACES];
    uint64_t revision_before, system_revision_before;
    uint64_t max_bytes;
    bool wanted[MODEL_SPACES]; /* spaces that somebody watches */
};

/* Notes where M stands. */
void batch_expect(struct batch_expected *x, const struct model *m);
/* M has run the entry. */
bool batch_agrees(struct report *r, const struct batch_expected *x, const struct model *m,
                  const struct batch *got);
/* The commands' outcomes say what must have changed. */
bool lease_changes_agree(struct report *r, const struct script_entry *entry,
                         const struct model_outcome *outcomes, const struct effects *got);

#endif

/* differential/look_parts.h -- what the two halves of look share. */
#ifndef DIFFERENTIAL_LOOK_PARTS_H
#define DIFFERENTIAL_LOOK_PARTS_H

#include "test/unit/store/differential/look.h"
#include "test/unit/store/differential/random.h"

struct random_source look_source(struct look *l, struct arena *arena);
/* From the compacted revision on, by scan and by range. */
/* WANT in steps of any size, and once more from somewhere in it. */
bool look_walk(struct look *l, const struct model_range *range, const struct model_rows *want);
bool look_whole_history(struct look *l, unsigned space);

#endif

/* catalog/sweep.h -- a change of the rules by which keys of etcd and instances follow each other:
 * it holds at once, and reaches what is there already piece by piece, in one revision. */
#ifndef CATALOG_SWEEP_H
#define CATALOG_SWEEP_H

#include "catalog/projection.h"

struct sweep;

/* Begins it, in the arena. The rules are copied. */
struct sweep *sweep_new(const struct projection_rules *rules, struct arena *arena);
/* The rules that hold from now on. */
const struct projection_rules *sweep_rules(const struct sweep *s);
/* Goes on for about *ROWS rows, and subtracts them; *ret_done: nothing is left. */
MUST_CHECK enum err sweep_step(struct sweep *s, struct apply_context *c, uint64_t *rows,
                               bool *ret_done);

#endif

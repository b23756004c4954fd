/* keeper/compactor.h -- when which space is compacted (etcd.md 12; kernel.md 4, 11).
 *
 * Pure: cluster age is the clock, applied batches the input, a proposal the output. ETCD follows
 * what its user asked for, or 24 h and half of its limit; the other spaces keep 24 h. */
#ifndef KEEPER_COMPACTOR_H
#define KEEPER_COMPACTOR_H

#include "keeper/options.h"
#include "store/effects.h"
#include "store/store.h"

struct compactor;

MUST_CHECK enum err compactor_new(struct store *store, const struct keeper_options *options,
                                  void (*propose)(void *ctx, enum space space, uint64_t revision),
                                  void *ctx, struct compactor **ret);
void compactor_free(struct compactor *c);
/* What an entry changed: counts revisions that touched ETCD. */
void compactor_applied(struct compactor *c, const struct batch *b);
/* At least once a second; AGE_MS never goes back. */
void compactor_tick(struct compactor *c, uint64_t age_ms);

#endif

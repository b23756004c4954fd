/* differential/random.h -- random keys, ranges, transactions and whole scripts from a seed. */
#ifndef DIFFERENTIAL_RANDOM_H
#define DIFFERENTIAL_RANDOM_H

#include "test/unit/store/differential/script.h"

#include "test/lib/dice.h"

/* What a random thing is made of. */
struct random_source {
    struct dice *dice;
    const struct bytes *keys; /* the universe */
    size_t key_n;
    const struct model *model; /* where things stand, to aim at them */
    struct arena *arena;       /* of what is made */
};

/* A space, often ETCD. */
unsigned random_space(struct dice *d);
/* One key, a range, everything, nothing: END as etcd writes it. */
void random_bounds(struct random_source *r, struct bytes *ret_key, struct bytes *ret_end);
/* A range with every kind of option, at a revision that may be refused. */
struct model_range random_range(struct random_source *r);
/* A transaction; without writes if READ_ONLY. */
struct model_txn *random_txn(struct random_source *r, bool read_only, bool duplicates);
struct bytes random_value(struct dice *d);

/* Fills S with about OPERATIONS operations. The seed decides the style as well: short or long keys,
 * few or many, values, spaces, whether one transaction may write a key twice. */
void random_script(struct script *s, uint64_t seed, size_t operations);

#endif

/* test/lib/dice.h -- chance from a seed: the same seed throws the same dice everywhere. */
#ifndef TEST_LIB_DICE_H
#define TEST_LIB_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

/* Dice of SEED; PART makes independent ones of the same seed. */
struct dice dice_of(uint64_t seed, uint64_t part);
uint64_t dice_u64(struct dice *d);
/* 0 .. N - 1; N is not 0. */
size_t dice_below(struct dice *d, size_t n);
/* FROM .. TO, both included. */
size_t dice_between(struct dice *d, size_t from, size_t to);
bool dice_percent(struct dice *d, unsigned percent);
/* An index into WEIGHTS, each as likely as its weight. */
size_t dice_weighted(struct dice *d, const unsigned *weights, size_t n);

/* The number in environment variable NAME, or FALLBACK. */
uint64_t dice_env(const char *name, uint64_t fallback);

#endif

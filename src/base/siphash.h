/* base/siphash.h -- SipHash-2-4: a hash that who does not know its key cannot find collisions of.
 *
 * For tables whose keys a peer chooses: with a hash that everybody can compute, a client sends a
 * hundred thousand keys of one bucket, and every look-up walks them all. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include "base/bytes.h"

struct siphash_key {
    uint64_t k[2]; /* random, of one table or one process */
};

uint64_t siphash(const struct siphash_key *key, struct bytes bytes);

#endif

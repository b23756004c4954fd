/* store/hash_core.h -- what hash.c and hash_space.c share. */
#ifndef STORE_HASH_CORE_H
#define STORE_HASH_CORE_H

#include <xxhash.h>

#include "base/buf.h"
#include "store/layered.h"
#include "store/view.h"

enum { HASH_VALUE_KEPT = 1 << 20 /* of the memory for one */ };

struct hash_job {
    const struct view *view;
    XXH64_state_t *xxh; /* of the whole store; NULL: of one space, in CRC */
    uint32_t crc;
    enum space space;
    uint64_t revision;
    struct buf value;
    unsigned part;
    bool walks_layers; /* LAYERS is open */
    struct layered_cursor layers;
    MDB_cursor *rows; /* or this one, unless NULL */
    uint64_t left;    /* rows of this step */
};

/* A row of work, or several if it is large. */
void hash_spend(struct hash_job *j, size_t bytes);

/* What stood at the revision under a head of the space AT, into CRC. ERR_DAMAGED. */
MUST_CHECK enum err hash_space_head(struct hash_job *j, unsigned at, struct bytes key,
                                    struct bytes row);

#endif

/* store/hash.h -- hashes of a view in steps: what store_hash and store_hash_space give at once. */
#ifndef STORE_HASH_H
#define STORE_HASH_H

#include <stdbool.h>

#include "store/view.h"

struct hash_job;

/* store_hash. VIEW is kept, and must not be renewed before the job ends. */
struct hash_job *hash_job_new(const struct view *view);
/* store_hash_space. ERR_COMPACTED, ERR_FUTURE. */
MUST_CHECK enum err hash_job_new_space(const struct view *view, enum space space, uint64_t revision,
                                       struct hash_job **ret);
void hash_job_free(struct hash_job *j);
/* Looks at about ROWS rows; *ret_done: *ret_hash is there. */
MUST_CHECK enum err hash_job_step(struct hash_job *j, uint64_t rows, bool *ret_done,
                                  uint64_t *ret_hash);

#endif

/* store/store.h -- the kernel: rows, revisions, leases, applied entry by entry.
 *
 * store_apply_* and all it calls read the entry and the store, nothing else: no clock, option, seed
 * or member identity. One thread writes (core); any thread reads through views. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/why.h"
#include "store/effects.h"
#include "store/entry.h"
#include "store/options.h"

struct store;
/* Opens or creates the view file. A fresh one has revision 1, applied index and term 0, no leases.
 * ERR_VERSION for a row or file format this build does not know, ERR_DAMAGED, ERR_IO. */
MUST_CHECK enum err store_open(const struct store_options *options, struct why *why,
                               struct store **ret);
/* All views must be closed. Does not sync. */
void store_close(struct store *store);
/* Writes what is mapped to disk (mdb_env_sync, forced). */
MUST_CHECK enum err store_sync(struct store *store);

/* -- applying: core only ---------------------------------------------------------------------- */

struct apply; /* one entry on its way */

/* Begins entry INDEX of TERM (the next after the applied one). PAYLOAD must stay until the end.
 * An empty payload only moves index and term. ERR_VERSION, ERR_RULES, ERR_MALFORMED: nothing
 * happened. */
MUST_CHECK enum err store_apply_begin(struct store *store, uint64_t index, uint64_t term,
                                      struct bytes payload, struct apply **ret);
/* Does about ROWS rows' worth of work (500 are about 2 ms). When the entry is finished it is
 * committed, *ret_effects is given (effects_unref) and the apply is gone; until then *ret_effects
 * is NULL and nobody sees anything of it. Any error but OK is fatal for the process. */
MUST_CHECK enum err store_apply_step(struct apply *apply, uint64_t rows,
                                     struct effects **ret_effects);
/* Forgets an unfinished entry. */
void store_apply_abort(struct apply *apply);
/* The whole entry in one call (tests, replay). */
MUST_CHECK enum err store_apply(struct store *store, uint64_t index, uint64_t term,
                                struct bytes payload, struct effects **ret_effects);

/* Events are encoded only for spaces that somebody watches. Any thread. */
void store_want_events(struct store *store, enum space space, bool wanted);

/* Removes about ROWS rows that compactions have made unreadable, in a transaction of its own; must
 * not be called while an apply is open. *ret_done: nothing is left to remove in any space. */
MUST_CHECK enum err store_sweep(struct store *store, uint64_t rows, bool *ret_done);

/* Records members and cluster identity, kept beside the applied index; opaque to the store. */
MUST_CHECK enum err store_set_identity(struct store *store, struct bytes identity);
MUST_CHECK enum err store_identity(struct store *store, struct buf *out);

/* -- looking ---------------------------------------------------------------------------------- */

struct store_space {       /* pages in use; any thread; as of the last commit */
    uint64_t file_bytes;   /* size of the view file that is in use */
    uint64_t used_bytes;   /* file_bytes without free pages */
    uint64_t etcd_bytes;   /* ETCD's tables, history included: what the quota counts */
    uint64_t keys[SPACES]; /* living keys */
};
void store_space(struct store *store, struct store_space *ret);

/* A hash over everything readable at and above the compacted revisions, leases included; equal for
 * two stores fed the same entries, whatever their pages look like. */
MUST_CHECK enum err store_hash(const struct view *view, uint64_t *ret);
/* The living keys of a space at REVISION (0 = newest), as etcd's HashKV wants it: equal on all
 * members. ERR_COMPACTED, ERR_FUTURE. */
MUST_CHECK enum err store_hash_space(const struct view *view, enum space space, uint64_t revision,
                                     uint32_t *ret);

#endif

/* store/apply_context.h -- what a command of an upper folder reads and writes through.
 *
 * Handed to the functions of struct command_kind_row while their entry is applied. `check` only
 * reads; `run` writes, and everything it writes shares one revision. Only the entry and the store
 * may be looked at: the same on every replica. */
#ifndef STORE_APPLY_CONTEXT_H
#define STORE_APPLY_CONTEXT_H

#include "store/lease.h"
#include "store/range.h"

struct apply_context;

/* A view of the state as it is becoming; lent until the next write. */
const struct view *apply_view(struct apply_context *c);
const struct origin *apply_command_origin(const struct apply_context *c);
/* The apply rules of the entry (store/entry.h). */
uint32_t apply_rules(const struct apply_context *c);
/* Cluster age and wall time of the entry, milliseconds. */
uint64_t apply_age_ms(const struct apply_context *c);
uint64_t apply_wall_ms(const struct apply_context *c);
/* The revision that writes of this command get; the present one if it has not written yet. */
uint64_t apply_revision(const struct apply_context *c);
/* The same as they will get it, before the first of them. */
uint64_t apply_next_revision(const struct apply_context *c);

/* What the asker gets of the command (command_result.upper), also with a refusal; in this arena,
 * which lives as long as the entry's effects. */
struct arena *apply_result_arena(struct apply_context *c);
void apply_give_result(struct apply_context *c, void *result);
/* Counts BYTES of results, about: ERR_TOO_BIG above TXN_RESULT_BYTES for one command, ERR_AGAIN if
 * those of the entry before it leave no room (txn_size.h). */
MUST_CHECK enum err apply_take_results(struct apply_context *c, uint64_t bytes);
/* The last revision at which the present entry has written in SPACE; 0 if it has not. */
uint64_t apply_last_revision(const struct apply_context *c, enum space space);

/* LEASE must be there (checked in `check`); 0 = none. */
MUST_CHECK enum err apply_put(struct apply_context *c, enum space space, struct bytes key,
                              struct bytes value, int64_t lease);
/* ERR_NOT_FOUND if nothing stands there. */
MUST_CHECK enum err apply_remove(struct apply_context *c, enum space space, struct bytes key);

/* Lets the row of KEY hang on LEASE (there, or 0 = none) from now on; the row is else as it was: no
 * revision, no event. ERR_NOT_FOUND. */
MUST_CHECK enum err apply_attach(struct apply_context *c, enum space space, struct bytes key,
                                 int64_t lease);

/* Grants a lease, whose id is free (checked in `check`). */
MUST_CHECK enum err apply_grant_lease(struct apply_context *c, const struct lease_grant *grant);

/* For work that is done piece by piece; cleared by this call. */
struct arena *apply_work_arena(struct apply_context *c);

/* Where something can be kept from command to command of the present entry, for `end_entry`; NULL
 * when the entry begins. ARENA lives as long as the entry's apply. */
void **apply_entry_memo(struct apply_context *c, struct arena **ret_arena);

/* Rows beside the spaces, read with store/side.h: no revision, no event. ERR_TOO_BIG above
 * SIDE_VALUE_MAX (checked in `check`). */
MUST_CHECK enum err apply_side_put(struct apply_context *c, struct bytes key, struct bytes value);
/* ERR_NOT_FOUND. */
MUST_CHECK enum err apply_side_remove(struct apply_context *c, struct bytes key);

#endif

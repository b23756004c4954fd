/* catalog/draft.h -- rows that a command is going to write, over a view: none is written yet.
 *
 * A command is planned in a draft: what it reads is what stands with what it has put and removed so
 * far over it, so later operations see earlier ones, and a refusal leaves nothing. When all of it
 * is planned the rows are written, in the order in which they were first touched. */
#ifndef CATALOG_DRAFT_H
#define CATALOG_DRAFT_H

#include "store/apply_context.h"

struct draft;

/* A row as it is seen through a draft. */
struct draft_row {
    struct bytes value;
    int64_t lease;   /* 0 = none */
    uint64_t create; /* revision of the put that began its life */
    uint64_t mod;    /* revision of its last put; draft_revision if it is of this draft */
};

/* A draft over VIEW, both kept: nothing but the draft itself may write until it is written whole.
 */
struct draft *draft_new(const struct view *view, struct arena *arena);
/* The same over the state in which a command is applied. */
struct draft *draft_for(struct apply_context *c, struct arena *arena);
/* The revision that its rows get. */
uint64_t draft_revision(const struct draft *d);
const struct view *draft_view(const struct draft *d);
struct arena *draft_arena(const struct draft *d);

/* Everything read lends from the view and the arena, until the first row is written. */

/* ERR_NOT_FOUND. */
MUST_CHECK enum err draft_get(const struct draft *d, enum space space, struct bytes key,
                              struct draft_row *ret);
/* LEASE must be there, 0 = none. Copies both. A put equal to what stands is a put: who wants no
 * revision for it looks first. */
void draft_put(struct draft *d, enum space space, struct bytes key, struct bytes value,
               int64_t lease);
/* Lets the row of KEY, which is there, hang on LEASE, and leaves it else as it is: no revision. */
MUST_CHECK enum err draft_attach(struct draft *d, enum space space, struct bytes key,
                                 int64_t lease);
/* Harmless if nothing is there. */
void draft_remove(struct draft *d, enum space space, struct bytes key);
/* Calls EACH for the rows whose keys begin with PREFIX, in order, until it returns false. KEY and
 * ROW outlive the call; EACH must not change the draft. */
MUST_CHECK enum err
draft_each(const struct draft *d, enum space space, struct bytes prefix,
           bool (*each)(void *ctx, struct bytes key, const struct draft_row *row), void *ctx);

/* The same for rows beside the spaces (store/side.h); a value is at most SIDE_VALUE_MAX long. */
MUST_CHECK enum err draft_side_get(const struct draft *d, struct bytes key, struct bytes *ret);
void draft_side_put(struct draft *d, struct bytes key, struct bytes value);
void draft_side_remove(struct draft *d, struct bytes key);
MUST_CHECK enum err draft_side_each(const struct draft *d, struct bytes prefix,
                                    bool (*each)(void *ctx, struct bytes key, struct bytes value),
                                    void *ctx);

/* True if a row of a space is to be put or removed, so that the command takes a revision. */
bool draft_changes(const struct draft *d);
/* Calls EACH for all rows of spaces that are to be put or removed. */
void draft_each_change(const struct draft *d,
                       void (*each)(void *ctx, enum space space, struct bytes key), void *ctx);
/* Writes about *ROWS rows, and subtracts them; *ret_done: all are written. */
MUST_CHECK enum err draft_write(struct draft *d, struct apply_context *c, uint64_t *rows,
                                bool *ret_done);

#endif

/* store/view.h -- a fixed revision of the store, read by any thread without locks.
 *
 * A view is an LMDB read transaction. It belongs to one thread at a time. What is read out of it
 * lends from the mapped file and is valid until the view is renewed or closed. */
#ifndef STORE_VIEW_H
#define STORE_VIEW_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "store/space.h"

struct store;
struct view;

/* Gives a view of the newest committed state. ERR_BUSY if there are too many readers. */
MUST_CHECK enum err view_open(struct store *store, struct view **ret);
/* Moves to the newest committed state. */
MUST_CHECK enum err view_renew(struct view *view);
void view_close(struct view *view);

/* The common revision counter (1 in a fresh store), and SYSTEM's own. */
uint64_t view_revision(const struct view *view);
uint64_t view_system_revision(const struct view *view);
/* Reads of SPACE below this revision are refused; 0 = never compacted. */
uint64_t view_compacted(const struct view *view, enum space space);
/* Whether SPACE can be read at REVISION (at or below 0: newest): ERR_COMPACTED, ERR_FUTURE. */
MUST_CHECK enum err view_check_revision(const struct view *view, enum space space,
                                        int64_t revision);
uint64_t view_applied_index(const struct view *view);
uint64_t view_applied_term(const struct view *view);
/* Cluster age in milliseconds and wall time of the last applied entry. */
uint64_t view_age_ms(const struct view *view);
uint64_t view_wall_ms(const struct view *view);

#endif

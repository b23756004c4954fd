/* store/change.h -- rows of CHANGE by their place. */
#ifndef STORE_CHANGE_H
#define STORE_CHANGE_H

#include "base/arena.h"
#include "store/row.h"
#include "store/tables.h"

/* The change at PLACE; ERR_NOT_FOUND if it has been swept. */
MUST_CHECK enum err change_get(const struct view *v, enum space space, struct place place,
                               struct row *ret);
/* The key of a change, in ARENA if it lies in pieces, else lent. */
MUST_CHECK enum err change_key(const struct view *v, enum space space, const struct row *row,
                               struct arena *arena, struct bytes *ret);

#endif

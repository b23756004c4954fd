/* catalog/object.h -- reading objects: Consul's configuration entries and prepared queries, whose
 * rows mean nothing here. */
#ifndef CATALOG_OBJECT_H
#define CATALOG_OBJECT_H

#include "base/arena.h"
#include "catalog/key.h"
#include "store/view.h"

struct object {
    struct bytes type, name, row; /* lent from the view or in the arena */
    uint64_t create, modify;
};

struct objects {
    struct object *all; /* in the order of their types and names */
    size_t n;
};

/* ERR_NOT_FOUND. */
MUST_CHECK enum err object_read(const struct view *view, enum object_kind kind, struct bytes ns,
                                struct bytes type, struct bytes name, struct arena *arena,
                                struct object *ret);
/* Those of one type, or all if TYPE.p is NULL. */
MUST_CHECK enum err objects_read(const struct view *view, enum object_kind kind, struct bytes ns,
                                 struct bytes type, struct arena *arena, struct objects *ret);

#endif

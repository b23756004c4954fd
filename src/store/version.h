/* store/version.h -- the versions of one key: finding the one at a revision, writing the next. */
#ifndef STORE_VERSION_H
#define STORE_VERSION_H

#include "store/change.h"

/* The version of the key whose head is HEAD at REVISION (not below the compacted one).
 * ERR_NOT_FOUND if it did not exist yet; a deleted version is found. */
MUST_CHECK enum err version_at(const struct view *v, enum space space, const struct row *head,
                               uint64_t revision, struct row *ret);
/* What makes up the next version. */
struct next_version {
    struct place place;
    bool deleted;
    struct bytes value;
    int64_t lease;
    uint32_t origin;
    uint32_t *next_layer;
};
/* Writes head and change of KEY in V's writing transaction. HEAD is the present head or NULL; its
 * bytes may lie in the map. *RET is what was written, with VALUE and KEY as they were handed in. */
MUST_CHECK enum err version_write(const struct view *v, enum space space, struct bytes key,
                                  const struct row *head, const struct next_version *next,
                                  struct row *ret);

#endif

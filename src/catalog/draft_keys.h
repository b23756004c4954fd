/* catalog/draft_keys.h -- the keys of rows in a space or beside them, as a list. */
#ifndef CATALOG_DRAFT_KEYS_H
#define CATALOG_DRAFT_KEYS_H

#include "catalog/draft.h"

struct draft_keys {
    struct bytes *all; /* in the draft's arena */
    size_t n;
};

/* Those that begin with PREFIX, in order; what is changed later does not change the list. */
MUST_CHECK enum err draft_side_keys(const struct draft *d, struct bytes prefix,
                                    struct draft_keys *ret);

MUST_CHECK enum err draft_space_keys(const struct draft *d, enum space space, struct bytes prefix,
                                     struct draft_keys *ret);

#endif

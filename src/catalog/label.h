/* catalog/label.h -- metadata: keys with values, in the order of the keys.
 *
 * One form for one meaning: keys are strictly ascending by their bytes, so that what was registered
 * twice is the same bytes. Text is UTF-8. */
#ifndef CATALOG_LABEL_H
#define CATALOG_LABEL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/rd.h"

enum { LABELS_MAX = 512, LABEL_KEY_MAX = 512, LABEL_VALUE_MAX = 16 * 1024 };

struct label { /* lent */
    struct bytes key, value;
};

struct labels {
    struct label *all;
    size_t n;
};

/* Puts labels into their order. ERR_EXISTS if two have the same key. */
MUST_CHECK enum err labels_sort(struct labels *labels);
/* The value of KEY, or NULL. */
const struct bytes *labels_find(const struct labels *labels, struct bytes key);
/* What stands in UNDER and in OVER, whose values win; in the arena. */
struct labels labels_merge(const struct labels *under, const struct labels *over,
                           struct arena *arena);
bool labels_eq(const struct labels *a, const struct labels *b);

/* u16 number, then each run key, run value. They must be in order. */
void labels_write(const struct labels *labels, struct buf *out);
/* Into the arena, lending text from the input. Fails R with ERR_MALFORMED for what is out of order,
 * an empty key or no UTF-8, ERR_TOO_BIG above a limit. */
struct labels labels_read(struct rd *r, struct arena *arena);

#endif

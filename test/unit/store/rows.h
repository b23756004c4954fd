/* rows.h -- the rows of a closed store, seen by LMDB alone: which tables there are is found by
 * walking the file's main database. */
#ifndef TEST_STORE_ROWS_H
#define TEST_STORE_ROWS_H

#include "base/arena.h"

struct rows_row {
    const char *table;
    struct bytes key, value;
};

/* All rows of all tables of the store in DIR, in the arena. */
void rows_load(const char *dir, struct arena *arena, struct rows_row **ret, size_t *ret_n);
/* Writes the row, or removes it. */
void rows_put(const char *dir, const struct rows_row *row);
void rows_remove(const char *dir, const struct rows_row *row);
/* Overflow pages of all tables together. */
size_t rows_overflow_pages(const char *dir);

#endif

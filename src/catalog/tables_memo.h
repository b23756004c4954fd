/* catalog/tables_memo.h -- which tables of which namespaces an entry has changed: gathered while
 * its commands are applied, written once at its end. */
#ifndef CATALOG_TABLES_MEMO_H
#define CATALOG_TABLES_MEMO_H

#include "catalog/plan.h"

/* The rules of projection that hold for the entry's next command, read once an entry; none for one
 * made under older rules of the log. */
MUST_CHECK enum err tables_memo_rules(struct apply_context *c, const struct projection_rules **ret);
/* They are others from now on; copied. */
void tables_memo_set_rules(struct apply_context *c, const struct projection_rules *rules);
/* Notes what P, planned and about to be written, changes. */
void tables_memo_note(struct apply_context *c, const struct plan *p);
/* Writes what was noted, about *ROWS rows at a time. MEMO is the entry's. */
MUST_CHECK enum err tables_memo_write(struct apply_context *c, void *memo, uint64_t *rows,
                                      bool *ret_done);

#endif

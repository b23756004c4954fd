/* store/dump.h -- all rows of a view as a stream, and back: the body of a snapshot.
 *
 * The stream is a run of rows, each u8 table, run key, run value (docs/formats.md), tables and keys
 * in order, so that loading appends. The disk folder frames it into blocks with CRCs. */
#ifndef STORE_DUMP_H
#define STORE_DUMP_H

#include "base/buf.h"
#include "base/why.h"
#include "store/store.h"

struct dump; /* one pass over a pinned view */

MUST_CHECK enum err dump_open(struct store *store, struct dump **ret);
void dump_close(struct dump *d);
/* What the dump holds. */
uint64_t dump_index(const struct dump *d);
uint64_t dump_term(const struct dump *d);
uint64_t dump_revision(const struct dump *d);
/* Appends about BYTES of rows to OUT; *ret_end when there are no more. */
MUST_CHECK enum err dump_next(struct dump *d, size_t bytes, struct buf *out, bool *ret_end);

struct load; /* fills a fresh store */

/* STORE must be fresh. Nothing is visible before load_finish. */
MUST_CHECK enum err load_open(struct store *store, struct load **ret);
/* Whole rows; ERR_MALFORMED, ERR_VERSION with the reason in WHY. */
MUST_CHECK enum err load_rows(struct load *l, struct bytes rows, struct why *why);
/* BUMP is added to the revision and the history below it is marked compacted (0 = as it was).
 * Gives up L in any case. */
MUST_CHECK enum err load_finish(struct load *l, uint64_t bump);
void load_abort(struct load *l);

#endif

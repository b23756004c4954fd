/* faces/consul/snapshot/load_rows.h -- that rows of an archive can be read where they will stand:
 * one that cannot would break all answers that it is part of, until it is removed by hand. */
#ifndef FACES_CONSUL_SNAPSHOT_LOAD_ROWS_H
#define FACES_CONSUL_SNAPSHOT_LOAD_ROWS_H

#include "catalog/restore.h"

/* ITEM is a change or a row of SYSTEM. Errors of what reads its rows: ERR_VERSION if a newer Muster
 * wrote it, ERR_MALFORMED and others else. */
MUST_CHECK enum err snapshot_row_check(const struct restore_item *item, struct arena *scratch);
/* The key of a row of SYSTEM is a token's. */
bool snapshot_row_is_token(struct bytes key);

#endif

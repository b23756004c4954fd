/* catalog/rows.h -- what readers share: lists of raw rows out of a draft. */
#ifndef CATALOG_ROWS_H
#define CATALOG_ROWS_H

#include "catalog/draft.h"
#include "catalog/key.h"
#include "catalog/node.h"

struct keyed_row {
    struct bytes key;
    struct draft_row row;
};

struct rows {
    struct keyed_row *all; /* in the order of their keys, in the draft's arena */
    size_t n;
};

/* Those in CATALOG whose keys begin with PREFIX. */
MUST_CHECK enum err rows_read(const struct draft *d, struct bytes prefix, struct rows *ret);
/* The same beside the spaces, with values alone. */
MUST_CHECK enum err side_rows_read(const struct draft *d, struct bytes prefix, struct rows *ret);

/* What a reader of stored rows says of one that it does not take: ERR_VERSION stays, the rest is
 * damage. */
enum err rows_damage(enum err e);

struct from_node_row { /* what a node publishes under a name; lent */
    struct service_id service;
    struct bytes address; /* of a member's own node, which has no row; else empty */
};

void from_node_row_write(const struct from_node_row *row, struct buf *out);
/* In namespace NS. ERR_DAMAGED. */
MUST_CHECK enum err from_node_row_read(struct bytes bytes, struct bytes ns,
                                       struct from_node_row *ret);
/* The row of OWNER, whose name is the node. ERR_NOT_FOUND. */
MUST_CHECK enum err from_node_in_draft(const struct draft *d, struct bytes ns,
                                       const struct owner *owner, struct from_node_row *ret);

#endif

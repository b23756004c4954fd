/* catalog/node.h -- a machine that agents publish from, and the checks of it and its instances. */
#ifndef CATALOG_NODE_H
#define CATALOG_NODE_H

#include "catalog/identity.h"
#include "catalog/label.h"
#include "catalog/status.h"

enum {
    NODE_FORMAT = 1,
    CHECK_FORMAT = 1,
    NODE_MAX = 128 * 1024,
    NODE_ID_MAX = 64,
    NODE_EXTRAS_MAX = 64 * 1024,
    CHECK_MAX = 128 * 1024,
    CHECK_TEXT_MAX = 16 * 1024, /* notes, output */
    CHECK_TYPE_MAX = 64
};

struct node {             /* text is lent */
    struct bytes name;    /* as it was given */
    struct bytes id;      /* a UUID in text, or empty */
    struct bytes address; /* empty: nobody has said it yet */
    struct labels metadata;
    struct bytes extras;
    uint64_t create, modify; /* of its row, where it was read out of a view; so below */
};

struct check {          /* text is lent */
    enum status status; /* UP, SUSPECT or DOWN */
    struct bytes id;    /* as it was given */
    struct bytes name, notes, output, type;
    /* The service it speaks of; both empty for a check of the node. */
    struct bytes group, service;
    struct bytes extras; /* its definition */
    uint64_t create, modify;
};

void node_write(const struct node *n, struct buf *out);
/* ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK enum err node_read(struct bytes bytes, struct arena *arena, struct node *ret);

/* True for those that a check may have. */
bool check_has_status(enum status status);
void check_write(const struct check *c, struct buf *out);
/* Errors as of node_read. */
MUST_CHECK enum err check_read(struct bytes bytes, struct check *ret);

#endif

/* catalog/coordinate.h -- where a node stands in a network that is measured by round trips.
 *
 * An object without a type, named as the node with fold_dup; it goes with the node. What is
 * measured from it is computed by who reads it (faces/consul/rows/near.h), never by apply. */
#ifndef CATALOG_COORDINATE_H
#define CATALOG_COORDINATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

enum { COORDINATE_FORMAT = 1, COORDINATE_DIMENSIONS = 8 };

struct coordinate { /* all in seconds */
    double vec[COORDINATE_DIMENSIONS];
    double error, adjustment, height;
};

/* Appends the object's row. */
void coordinate_write(const struct coordinate *c, struct buf *out);
/* ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED for a part that is no finite number. */
MUST_CHECK enum err coordinate_read(struct bytes row, struct coordinate *ret);
/* True if all of it is finite. */
bool coordinate_is_valid(const struct coordinate *c);
/* The key of NODE's object. */
void coordinate_key(struct bytes ns, struct bytes node, struct buf *out);

#endif

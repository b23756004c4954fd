/* test/lib/filter_row.h -- one row with a field of every kind, for what asks rows. */
#ifndef TEST_LIB_FILTER_ROW_H
#define TEST_LIB_FILTER_ROW_H

#include "wire/filter.h"

struct filter_row; /* what it holds: filter_row.c */

/* Strings ID Node; numbers Port Small(8 bits) Count(16) Big Ratio; On; lists Tags Ports; maps Meta
 * TaggedAddresses Lists; structs Weights Gone (absent); a list of structs Checks. */
extern const struct filter_schema filter_row_schema;
extern const struct filter_row filter_row;

/* Parses EXPRESSION, binds it and asks the row. */
MUST_CHECK enum err filter_row_ask(struct bytes expression, bool *ret, struct why *why);

#endif

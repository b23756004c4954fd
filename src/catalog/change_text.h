/* catalog/change_text.h -- an operation in words, for people who read the log. */
#ifndef CATALOG_CHANGE_TEXT_H
#define CATALOG_CHANGE_TEXT_H

#include "catalog/change.h"

/* Appends such as `set publication DEFAULT_GROUP@@web of n1/web-1`; names are as they are. */
void change_op_say(const struct change_op *op, struct buf *out);

#endif

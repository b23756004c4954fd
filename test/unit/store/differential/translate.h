/* differential/translate.h -- the model's words in the store's: commands, ranges, transactions. */
#ifndef DIFFERENTIAL_TRANSLATE_H
#define DIFFERENTIAL_TRANSLATE_H

#include "test/unit/store/differential/script.h"

#include "store/range.h"
#include "store/txn.h"
#include "test/lib/entries.h"

struct range_query translate_range(const struct model_range *range);
/* In the arena; lends keys and values. */
struct txn *translate_txn(const struct model_txn *txn, struct arena *arena);
/* Who a number in a script stands for. */
struct origin translate_origin(unsigned number);
/* Adds the command to the payload in the making. */
void translate_command(const struct model_command *command, struct entries *entries);

#endif

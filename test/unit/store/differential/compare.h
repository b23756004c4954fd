/* differential/compare.h -- what the store answered, held against what the model says.
 *
 * Each returns true if they agree, and notes the first difference otherwise. VIEW is where values
 * in pieces are read from; NULL where values must be flat. */
#ifndef DIFFERENTIAL_COMPARE_H
#define DIFFERENTIAL_COMPARE_H

#include "test/unit/store/model/model.h"
#include "test/unit/store/differential/report.h"

#include "store/effects.h"
#include "store/history.h"
#include "store/lease.h"

bool compare_kv(struct report *r, const struct model_event *want, const struct kv *got,
                bool without_value, const struct view *view);
bool compare_rows(struct report *r, const struct model_range *range, const struct model_rows *want,
                  const struct range_result *got, const struct view *view);
bool compare_txn(struct report *r, const struct model_txn *txn, const struct model_txn_answer *want,
                 const struct txn_result *got, const struct view *view);
bool compare_outcome(struct report *r, const struct model_command *command,
                     const struct model_outcome *want, const struct command_result *got);
bool compare_event(struct report *r, const struct model_event *want, const struct event *got,
                   const struct view *view);
bool compare_lease(struct report *r, const struct model_lease *want, const struct lease *got);

#endif

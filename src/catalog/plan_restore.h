/* catalog/plan_restore.h -- COMMAND_RESTORE (restore.h), checked, planned and run. */
#ifndef CATALOG_PLAN_RESTORE_H
#define CATALOG_PLAN_RESTORE_H

#include "catalog/restore.h"
#include "store/apply_context.h"

/* For struct command_kind_row. */
MUST_CHECK enum err restore_check(void *ctx, struct apply_context *apply, struct bytes body,
                                  struct arena *a, void **ret_plan);
MUST_CHECK enum err restore_plan(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                                 bool *ret_done);
MUST_CHECK enum err restore_run(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                                bool *ret_done);

#endif

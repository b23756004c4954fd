/* catalog/session_plan.h -- sessions that begin and end, in a draft. */
#ifndef CATALOG_SESSION_PLAN_H
#define CATALOG_SESSION_PLAN_H

#include "catalog/draft.h"
#include "catalog/session_op.h"

/* Each fails only if the store does; a refusal has changed nothing. */

MUST_CHECK enum err session_plan_create(struct draft *d, struct bytes ns,
                                        const struct session_create *c, struct session_result *ret);
/* Begins the session C as it once was, whatever its node and checks are now; there is none of its
 * id. Its lease is granted before the draft is written. */
void session_plan_restore(struct draft *d, struct bytes ns, const struct session_create *c);
/* Ends the session ID, with what it holds, at the cluster's age AGE_MS; harmless if it is not
 * there. */
MUST_CHECK enum err session_plan_end(struct draft *d, struct bytes ns, const struct uuid *id,
                                     uint64_t age_ms);
/* The same of the row KEY in CATALOG, which holds or has held ROW: its lease has ended. */
MUST_CHECK enum err session_plan_end_row(struct draft *d, struct bytes key, struct bytes row,
                                         uint64_t age_ms);
/* Ends all sessions that depend on CHECK of NODE (it is critical, or gone), or on NODE itself if
 * CHECK is empty. */
MUST_CHECK enum err sessions_invalidate_for(struct draft *d, struct bytes ns, struct bytes node,
                                            struct bytes check, uint64_t age_ms);

#endif

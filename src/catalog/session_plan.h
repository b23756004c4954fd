/* catalog/session_plan.h -- sessions that begin and end, in a draft. */
#ifndef CATALOG_SESSION_PLAN_H
#define CATALOG_SESSION_PLAN_H

#include "catalog/draft.h"
#include "catalog/session.h"

/* The check that a node of Muster's own has without a row. */
#define CHECK_OF_MEMBERS "serfHealth"

struct session_create {
    struct uuid id; /* drawn by who asks; not zero */
    int64_t lease;  /* granted before; 0: none */
    /* Its node is one of Muster's own, which has no row: it is there, and so is its
     * CHECK_OF_MEMBERS. */
    bool of_member;
    struct session session;
};

enum session_refusal {
    SESSION_DONE,
    SESSION_EXISTS,         /* one of that id */
    SESSION_NO_NODE,        /* "Missing node registration" */
    SESSION_NO_CHECK,       /* "Missing check 'CHECK' registration" */
    SESSION_CHECK_CRITICAL, /* "Check 'CHECK' is in critical state" */
    SESSION_NO_LEASE        /* it has ended, or was never granted */
};

struct session_result {
    enum session_refusal refusal;
    struct bytes check; /* lent from the command */
};

void session_create_put(const struct session_create *c, struct buf *out);
/* Lists in the arena. Fails R with ERR_MALFORMED, ERR_TOO_BIG. */
struct session_create session_create_take(struct rd *r, struct arena *arena);

/* Each fails only if the store does; a refusal has changed nothing. */

MUST_CHECK enum err session_plan_create(struct draft *d, struct bytes ns,
                                        const struct session_create *c, struct session_result *ret);
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

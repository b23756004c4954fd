/* catalog/session_op.h -- a session that is to begin, as part of a command, and what became of it.
 */
#ifndef CATALOG_SESSION_OP_H
#define CATALOG_SESSION_OP_H

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

#endif

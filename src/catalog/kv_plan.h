/* catalog/kv_plan.h -- operations on pairs, in a draft; Consul's rules.
 *
 * The draft may be over a command that is applied or over a view that is only read: then no
 * operation may write. */
#ifndef CATALOG_KV_PLAN_H
#define CATALOG_KV_PLAN_H

#include "catalog/draft.h"
#include "catalog/kv_op.h"

enum {
    KV_TREE_MAX = 16 * 1024,             /* keys that KV_GET_TREE gives, KV_DELETE_TREE removes */
    KV_TREE_MAX_BYTES = 16 * 1024 * 1024 /* what KV_GET_TREE gives */
};

enum kv_refusal {
    KV_DONE,
    KV_NO_KEY,          /* the empty key, which only a whole tree may have */
    KV_ABSENT,          /* it would be read or checked, and is not there */
    KV_PRESENT,         /* KV_CHECK_NOT_EXISTS */
    KV_STALE,           /* KV_CAS, KV_DELETE_CAS */
    KV_HELD,            /* by another session */
    KV_NOT_HELD,        /* by this one */
    KV_DELAYED,         /* torn from a session a short while ago */
    KV_NO_SESSION,      /* none was given */
    KV_UNKNOWN_SESSION, /* it is not there (any more) */
    KV_OTHER_SESSION,   /* KV_CHECK_SESSION; CURRENT has the one that holds it */
    KV_OTHER_INDEX,     /* KV_CHECK_INDEX; CURRENT has it */
    KV_TREE_TOO_BIG,    /* above KV_TREE_MAX or KV_TREE_MAX_BYTES */
    KV_TOO_MANY_LOCKS   /* of one session: SESSION_LOCKS_MAX */
};

struct kv_result {
    enum kv_refusal refusal;
    struct kv_entry *entries; /* what Consul shows of it; without values but for reads */
    size_t entry_n;
    struct kv_entry current; /* KV_OTHER_SESSION, KV_OTHER_INDEX: what stands, without its value */
};

/* Plans OP, whose session is in namespace NS, at the cluster's age AGE_MS. The result lies in
 * RESULTS whole. A refusal has changed nothing. Fails only if the store does. */
MUST_CHECK enum err kv_plan(struct draft *d, struct bytes ns, uint64_t age_ms,
                            const struct kv_op *op, struct arena *results, struct kv_result *ret);

#endif

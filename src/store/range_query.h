/* store/range_query.h -- which keys are asked for, and what comes back. Rules: etcd's Range
 * (kernel.md, etcd.md 4.1). */
#ifndef STORE_RANGE_QUERY_H
#define STORE_RANGE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "store/kv.h"
#include "store/space.h"

enum range_order { RANGE_NONE, RANGE_ASCEND, RANGE_DESCEND };
enum range_target { RANGE_KEY, RANGE_VERSION, RANGE_CREATE, RANGE_MOD, RANGE_VALUE };

/* KEY alone (END empty), KEY <= x < END, or everything from KEY on (END is one 0x00 byte).
 * END at or below KEY selects nothing. */
struct range_query {
    enum space space;
    struct bytes key, end;
    int64_t revision;       /* at or below 0: newest */
    int64_t limit;          /* most kvs; at or below 0: no limit */
    enum range_order order; /* NONE with a target other than KEY: range_job.c */
    enum range_target target;
    bool keys_only; /* values are left empty, the rest stays */
    bool count_only;
    int64_t min_mod, max_mod, min_create, max_create; /* 0 = off */
    uint64_t budget_bytes; /* stop before keys and values exceed it (at least one kv is given);
                              0 = off. Only for key order ascending */
};

struct range_result {
    struct kv *kvs; /* in the arena; keys lend from the view, the key of one alone from the query */
    size_t kv_n;
    uint64_t count;   /* keys in the range at that revision, before filters and limit */
    bool more;        /* the limit cut something */
    bool over_budget; /* budget_bytes cut: go on from the key after the last (last key + 0x00);
                         COUNT is then only what was seen */
};

#endif

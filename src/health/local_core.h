/* health/local_core.h -- the inside of a node's checks; for local*.c alone. */
#ifndef HEALTH_LOCAL_CORE_H
#define HEALTH_LOCAL_CORE_H

#include <uthash.h>

#include "base/siphash.h"
#include "catalog/change.h"
#include "catalog/node.h"
#include "health/local.h"
#include "health/runner.h"
#include "hub/gate.h"
#include "hub/watch.h"

enum { LOCAL_KEY_MAX = 16 * 1024, LOCAL_RETRY_MS = 1000 };

struct local_check {
    UT_hash_handle hh;
    struct local_checks *local;
    struct list retry; /* in the local's RETRY */
    struct arena arena;
    struct bytes key; /* of its row; also its id in the runner */
    struct check_id id;
    enum check_kind kind;
    uint64_t deregister_after_ms;
    struct bytes alias_node, alias_service; /* the node is never empty */
    struct buf row;                         /* as it stands */
    uint64_t modify;
    enum status status;         /* of the row */
    uint64_t critical_since_ms; /* while it is DOWN */
    bool is_seen;               /* while all are read again */
    /* What is to be written: */
    bool is_wanted;
    enum status wanted;
    struct buf output;
    /* What the runner said last, of a check that is probed: others may have overwritten it. */
    bool has_verdict;
    enum status verdict;
    struct hub_write *write; /* under way */
    uint64_t tried;          /* what MODIFY was when it began */
};

struct local_checks {
    struct local_options options;
    struct runner *runner;
    struct local_check *checks;
    struct siphash_key key; /* of CHECKS: clients choose ids */
    struct buf prefix;      /* of the node's checks */
    struct watch_stream *stream;
    struct hub_read reload, judge;
    bool is_reloading, is_judging, is_stopped;
    size_t alias_n;
    struct hub_listener listener;
    struct timer retry, alias, reap;
    struct list retries;
    struct list reaps; /* reapings under way */
    struct metric *writes_total, *deregistered_total;
};

struct bytes local_ns(const struct local_checks *l);
struct bytes local_node(const struct local_checks *l);
struct loop *local_loop(const struct local_checks *l);
struct local_check *local_find(struct local_checks *l, struct bytes key);
uint64_t local_now_ms(const struct local_checks *l);

#endif

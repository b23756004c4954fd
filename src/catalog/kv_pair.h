/* catalog/kv_pair.h -- a key-value pair of Consul: its row in CONSUL_KV, whose key is its own. */
#ifndef CATALOG_KV_PAIR_H
#define CATALOG_KV_PAIR_H

#include "base/buf.h"
#include "base/rd.h"
#include "base/uuid.h"

enum { KV_PAIR_FORMAT = 1, KV_KEY_MAX = 32 * 1024, KV_VALUE_MAX = 512 * 1024 };

struct kv_pair { /* value is lent */
    uint64_t flags;
    uint64_t lock_index; /* how often a session has taken it */
    struct uuid session; /* that holds it; zero: none */
    struct bytes value;
};

struct kv_entry { /* a pair as it is shown; key is lent */
    struct bytes key;
    struct kv_pair pair;
    uint64_t create, modify; /* revisions of its row: the first put of its life, the last one */
};

bool kv_pair_eq(const struct kv_pair *a, const struct kv_pair *b);

void kv_pair_write(const struct kv_pair *p, struct buf *out);
/* ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK enum err kv_pair_read(struct bytes bytes, struct kv_pair *ret);

#endif

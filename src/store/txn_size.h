/* store/txn_size.h -- how much the results of transactions may hold. */
#ifndef STORE_TXN_SIZE_H
#define STORE_TXN_SIZE_H

#include "store/range_select.h"

/* Constants of the apply rules (entry.h): replicas must agree. */
#define TXN_RESULT_BYTES ((uint64_t)32 << 20)   /* of one transaction that gives more than one kv */
#define ENTRY_RESULT_BYTES ((uint64_t)64 << 20) /* of an entry, but for its first results */
enum { RESULT_KV_BYTES = 128 /* what a kv counts beside its key and value */ };

struct txn_size {
    uint64_t kv_n, bytes;
};

/* One kv more. ERR_TOO_BIG: above TXN_RESULT_BYTES. */
MUST_CHECK enum err txn_size_add(struct txn_size *s, uint64_t key_n, uint64_t value_n);
/* The same for N. */
MUST_CHECK enum err txn_size_add_kvs(struct txn_size *s, const struct kv *kvs, size_t n);
/* What must be held while it is selected counts as what is given. */
MUST_CHECK enum err txn_size_check(const struct txn_size *s, const struct range_select *selection);

#endif

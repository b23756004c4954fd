#include "store/txn_size.h"

#include "base/compiler.h"

enum err txn_size_add(struct txn_size *s, uint64_t key_n, uint64_t value_n)
{
    s->kv_n++;
    s->bytes += RESULT_KV_BYTES + key_n + value_n;
    return s->kv_n > 1 && s->bytes > TXN_RESULT_BYTES ? ERR_TOO_BIG : OK;
}

enum err txn_size_add_kvs(struct txn_size *s, const struct kv *kvs, size_t n)
{
    enum err e = OK;
    for (size_t i = 0; i < n && e == OK; i++)
        e = txn_size_add(s, kvs[i].key.n, kvs[i].value.n);
    return e;
}

enum err txn_size_check(const struct txn_size *s, const struct range_select *selection)
{
    uint64_t held = selection->bytes + (uint64_t)selection->n * RESULT_KV_BYTES;
    return selection->n > 1 && s->bytes + held > TXN_RESULT_BYTES ? ERR_TOO_BIG : OK;
}

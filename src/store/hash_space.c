/* One space, as etcd's HashKV: what stood at a revision, key by key. */
#include "base/crc32c.h"
#include "store/hash_core.h"
#include "store/version.h"

static void hash_kv(uint32_t *crc, const struct kv *kv, struct bytes value)
{
    uint8_t numbers[6 * 8];
    const uint64_t fields[] = { kv->key.n, value.n,     kv->create,
                                kv->mod,   kv->version, (uint64_t)kv->lease };
    struct buf b = { .p = numbers, .room = sizeof numbers, .max = sizeof numbers };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        buf_put_u64(&b, fields[i]);
    *crc = crc32c(*crc, buf_bytes(&b));
    *crc = crc32c(*crc, kv->key);
    *crc = crc32c(*crc, value);
}

enum err hash_space_head(struct hash_job *j, unsigned at, struct bytes key, struct bytes bytes)
{
    enum space space = (enum space)at;
    struct row row;
    enum err e = head_row_read(bytes, &row);
    if (e == OK)
        e = version_at(j->view, space, &row, j->revision, &row);
    if (e != OK || row.deleted)
        return e == ERR_NOT_FOUND ? OK : e;
    struct kv kv = row_kv(space, key, &row);
    buf_clear(&j->value, HASH_VALUE_KEPT);
    e = value_append(j->view, &kv.value, &j->value);
    hash_spend(j, j->value.n);
    if (e == OK)
        hash_kv(&j->crc, &kv, buf_bytes(&j->value));
    return e;
}

/* Pairs are hashed in order; what has no order is joined by exclusive or. */
#include "wire/go_hash.h"

#define FNV_BEGIN UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t fnv(uint64_t h, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = h * FNV_PRIME ^ p[i];
    return h;
}

/* Eight bytes, the lowest first. */
static uint64_t fnv_u64(uint64_t h, uint64_t v)
{
    uint8_t le[8];
    for (int i = 0; i < 8; i++)
        le[i] = (uint8_t)(v >> (8 * i));
    return fnv(h, le, sizeof le);
}

uint64_t go_hash_text(struct bytes text)
{
    return fnv(FNV_BEGIN, text.p, text.n);
}

uint64_t go_hash_int(int64_t v)
{
    return fnv_u64(FNV_BEGIN, (uint64_t)v);
}

uint64_t go_hash_bool(bool v)
{
    const uint8_t byte = v;
    return fnv(FNV_BEGIN, &byte, 1);
}

uint64_t go_hash_nil(void)
{
    return go_hash_int(0);
}

void go_hash_add(uint64_t *list, uint64_t element)
{
    *list = fnv_u64(fnv_u64(FNV_BEGIN, *list), element);
}

void go_hash_put_bytes(uint64_t *whole, struct bytes name, uint64_t value)
{
    uint64_t pair = go_hash_text(name);
    go_hash_add(&pair, value);
    *whole ^= pair;
}

void go_hash_put(uint64_t *whole, const char *name, uint64_t value)
{
    go_hash_put_bytes(whole, bytes_str(name), value);
}

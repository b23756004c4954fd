#include "base/siphash.h"

struct lanes {
    uint64_t a, b, c, d;
};

static uint64_t turn(uint64_t v, unsigned by)
{
    return v << by | v >> (64 - by);
}

static void mix(struct lanes *v)
{
    v->a += v->b;
    v->c += v->d;
    v->b = turn(v->b, 13) ^ v->a;
    v->d = turn(v->d, 16) ^ v->c;
    v->a = turn(v->a, 32) + v->d;
    v->c += v->b;
    v->d = turn(v->d, 21) ^ v->a;
    v->b = turn(v->b, 17) ^ v->c;
    v->c = turn(v->c, 32);
}

static void take_word(struct lanes *v, uint64_t word)
{
    v->d ^= word;
    mix(v);
    mix(v);
    v->a ^= word;
}

/* Little-endian; N at most 8. */
static uint64_t read_word(const uint8_t *p, size_t n)
{
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)p[i] << (8 * i);
    return word;
}

uint64_t siphash(const struct siphash_key *key, struct bytes bytes)
{
    struct lanes v = {
        .a = key->k[0] ^ UINT64_C(0x736f6d6570736575),
        .b = key->k[1] ^ UINT64_C(0x646f72616e646f6d),
        .c = key->k[0] ^ UINT64_C(0x6c7967656e657261),
        .d = key->k[1] ^ UINT64_C(0x7465646279746573),
    };
    size_t at = 0;
    for (; bytes.n - at >= 8; at += 8)
        take_word(&v, read_word(bytes.p + at, 8));
    uint64_t rest = bytes.n > at ? read_word(bytes.p + at, bytes.n - at) : 0;
    take_word(&v, rest | (uint64_t)bytes.n << 56);
    v.c ^= 0xff;
    for (int i = 0; i < 4; i++)
        mix(&v);
    return v.a ^ v.b ^ v.c ^ v.d;
}

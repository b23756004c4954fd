/* The reading cursor. */
#include "base/rd.h"

#include "base/text.h"

void rd_init(struct rd *r, struct bytes input)
{
    *r = (struct rd){ .left = input };
}

void rd_fail(struct rd *r, enum err e)
{
    if (r->err == OK)
        r->err = e;
}

struct bytes rd_take(struct rd *r, size_t n)
{
    if (r->err == OK && n > r->left.n)
        r->err = ERR_TRUNCATED;
    if (r->err != OK || n == 0)
        return (struct bytes){ 0 };
    struct bytes taken = bytes_of(r->left.p, n);
    r->left = bytes_of(r->left.p + n, r->left.n - n);
    return taken;
}

static uint64_t read_le(struct rd *r, size_t n)
{
    struct bytes b = rd_take(r, n);
    uint64_t v = 0;
    for (size_t i = 0; i < b.n; i++)
        v |= (uint64_t)b.p[i] << (8 * i);
    return v;
}

static uint64_t read_be(struct rd *r, size_t n)
{
    struct bytes b = rd_take(r, n);
    uint64_t v = 0;
    for (size_t i = 0; i < b.n; i++)
        v = v << 8 | b.p[i];
    return v;
}

uint8_t rd_u8(struct rd *r)
{
    return (uint8_t)read_le(r, 1);
}

uint16_t rd_u16(struct rd *r)
{
    return (uint16_t)read_le(r, 2);
}

uint32_t rd_u32(struct rd *r)
{
    return (uint32_t)read_le(r, 4);
}

uint64_t rd_u64(struct rd *r)
{
    return read_le(r, 8);
}

uint32_t rd_be32(struct rd *r)
{
    return (uint32_t)read_be(r, 4);
}

uint64_t rd_be64(struct rd *r)
{
    return read_be(r, 8);
}

struct bytes rd_run(struct rd *r)
{
    uint32_t n = rd_u32(r);
    return rd_take(r, n);
}

struct bytes rd_text(struct rd *r, size_t max)
{
    struct bytes text = rd_run(r);
    if (text.n > max)
        rd_fail(r, ERR_TOO_BIG);
    if (!text_is_utf8(text))
        rd_fail(r, ERR_MALFORMED);
    return text;
}

size_t rd_count(struct rd *r, size_t max, size_t min_bytes)
{
    size_t n = rd_u16(r);
    if (n > max)
        rd_fail(r, ERR_TOO_BIG);
    if (n * min_bytes > r->left.n)
        rd_fail(r, ERR_TRUNCATED);
    return r->err == OK ? n : 0;
}

enum err rd_end(struct rd *r)
{
    if (r->err == OK && r->left.n != 0)
        r->err = ERR_MALFORMED;
    return r->err;
}

/* Numbers in text, and what is well-formed UTF-8. */
#include "base/text.h"

bool text_u64(struct bytes text, uint64_t *ret)
{
    uint64_t v = 0;
    if (text.n == 0)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(text.p[i] - '0'), &v))
            return false;
    }
    *ret = v;
    return true;
}

bool text_i64(struct bytes text, int64_t *ret)
{
    bool negative = text.n > 0 && text.p[0] == '-';
    uint64_t v;
    if (!text_u64(negative ? bytes_skip(text, 1) : text, &v))
        return false;
    if (v > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    if (negative)
        *ret = v == 0 ? 0 : -(int64_t)(v - 1) - 1;
    else
        *ret = (int64_t)v;
    return true;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool text_eq_nocase(struct bytes a, struct bytes b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

/* Bytes of the sequence that begins with LEAD; 0 if none does. */
static size_t sequence_length(uint8_t lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* The second byte's narrower range keeps out over-long forms, surrogates and above U+10FFFF. */
static bool second_fits(uint8_t lead, uint8_t second)
{
    switch (lead) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return second >= 0x80 && second <= 0xbf;
    }
}

size_t text_rune(struct bytes text, uint32_t *ret)
{
    static const uint8_t lead_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    size_t n = text.n == 0 ? 0 : sequence_length(text.p[0]);
    if (n == 0 || n > text.n || (n > 1 && !second_fits(text.p[0], text.p[1])))
        return 0;
    uint32_t rune = text.p[0] & lead_bits[n];
    for (size_t i = 1; i < n; i++) {
        if ((text.p[i] & 0xc0) != 0x80)
            return 0;
        rune = rune << 6 | (text.p[i] & 0x3f);
    }
    *ret = rune;
    return n;
}

size_t text_put_rune(uint32_t rune, uint8_t out[4])
{
    if (rune < 0x80) {
        out[0] = (uint8_t)rune;
        return 1;
    }
    size_t n = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, rune >>= 6)
        out[i] = (uint8_t)(0x80 | (rune & 0x3f));
    out[0] = (uint8_t)(0xf00 >> n | rune);
    return n;
}

bool text_is_utf8(struct bytes text)
{
    uint32_t rune;
    while (text.n > 0) {
        size_t n = text_rune(text, &rune);
        if (n == 0)
            return false;
        text = bytes_skip(text, n);
    }
    return true;
}

/* Three bytes are four letters. */
#include "wire/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void write_quartet(const uint8_t *plain, size_t n, uint8_t *out)
{
    uint32_t bits = (uint32_t)plain[0] << 16;
    if (n > 1)
        bits |= (uint32_t)plain[1] << 8;
    if (n > 2)
        bits |= plain[2];
    out[0] = (uint8_t)letters[bits >> 18];
    out[1] = (uint8_t)letters[bits >> 12 & 63];
    out[2] = n > 1 ? (uint8_t)letters[bits >> 6 & 63] : '=';
    out[3] = n > 2 ? (uint8_t)letters[bits & 63] : '=';
}

void base64_write(struct bytes plain, struct buf *out)
{
    uint8_t *at = buf_extend(out, plain.n / 3 * 4 + (plain.n % 3 > 0 ? 4 : 0));
    for (size_t i = 0; at != NULL && i < plain.n; i += 3, at += 4)
        write_quartet(plain.p + i, plain.n - i < 3 ? plain.n - i : 3, at);
}

/* The value of a letter, or 64. */
static uint32_t letter_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - (uint32_t)'A';
    if (c >= 'a' && c <= 'z')
        return c - (uint32_t)'a' + 26;
    if (c >= '0' && c <= '9')
        return c - (uint32_t)'0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

struct quartet {
    uint32_t bits;
    unsigned n, padding;
};

/* The bytes that four letters stand for; false if they stand for none. */
static bool end_quartet(struct quartet *q, uint8_t *out, size_t *n)
{
    if (q->padding > 2)
        return false;
    out[(*n)++] = (uint8_t)(q->bits >> 16);
    if (q->padding < 2)
        out[(*n)++] = (uint8_t)(q->bits >> 8);
    if (q->padding < 1)
        out[(*n)++] = (uint8_t)q->bits;
    *q = (struct quartet){ .padding = q->padding };
    return true;
}

enum err base64_read(struct bytes text, struct arena *arena, struct bytes *ret, size_t *ret_at)
{
    uint8_t *out = arena_alloc(arena, text.n / 4 * 3 + 3);
    size_t n = 0;
    struct quartet q = { 0 };
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c == '\n' || c == '\r')
            continue;
        uint32_t value = c == '=' ? 0 : letter_value(c);
        bool is_padding = c == '=';
        *ret_at = i;
        if (value > 63 || (is_padding && q.n < 2) || (!is_padding && q.padding > 0))
            return ERR_MALFORMED;
        q.padding += is_padding;
        q.bits = q.bits << 6 | value;
        if (++q.n == 4 && !end_quartet(&q, out, &n))
            return ERR_MALFORMED;
    }
    *ret_at = text.n;
    if (q.n != 0)
        return ERR_MALFORMED;
    *ret = bytes_of(out, n);
    return OK;
}

enum err base64url_read(struct bytes text, struct arena *arena, struct bytes *ret)
{
    uint8_t *out = arena_alloc(arena, text.n);
    uint32_t bits = 0;
    unsigned bit_n = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        uint32_t value = c == '-'               ? 62
                         : c == '_'             ? 63
                         : c == '+' || c == '/' ? 64
                                                : letter_value(c);
        if (value > 63)
            return ERR_MALFORMED;
        bits = bits << 6 | value;
        bit_n += 6;
        if (bit_n >= 8) {
            bit_n -= 8;
            out[n++] = (uint8_t)(bits >> bit_n);
            bits &= BIT(bit_n) - 1;
        }
    }
    *ret = bytes_of(out, n);
    return bit_n < 6 && bits == 0 ? OK : ERR_MALFORMED;
}

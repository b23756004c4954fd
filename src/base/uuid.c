/* Hexadecimal digits in groups. */
#include "base/uuid.h"

static bool is_dash_at(size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

/* The value of a hexadecimal digit, or -1. */
static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool uuid_parse(struct bytes text, struct uuid *ret)
{
    struct uuid u = { { 0 } };
    size_t n = 0; /* digits */
    if (text.n != UUID_TEXT)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        int digit = digit_of(text.p[i]);
        if (is_dash_at(i) ? text.p[i] != '-' : digit < 0)
            return false;
        if (is_dash_at(i))
            continue;
        u.b[n / 2] = (uint8_t)(u.b[n / 2] << 4 | digit);
        n++;
    }
    *ret = u;
    return true;
}

void uuid_print(const struct uuid *u, char out[UUID_TEXT + 1])
{
    size_t n = 0;
    for (size_t i = 0; i < UUID_TEXT; i++) {
        if (is_dash_at(i)) {
            out[i] = '-';
            continue;
        }
        unsigned digit = n % 2 == 0 ? u->b[n / 2] >> 4 : u->b[n / 2] & 15U;
        out[i] = "0123456789abcdef"[digit];
        n++;
    }
    out[UUID_TEXT] = '\0';
}

struct uuid uuid_random(uint64_t a, uint64_t b)
{
    struct uuid u;
    for (size_t i = 0; i < 8; i++) {
        u.b[i] = (uint8_t)(a >> (8 * i));
        u.b[8 + i] = (uint8_t)(b >> (8 * i));
    }
    u.b[6] = (uint8_t)((u.b[6] & 0x0f) | 0x40);
    u.b[8] = (uint8_t)((u.b[8] & 0x3f) | 0x80);
    return u;
}

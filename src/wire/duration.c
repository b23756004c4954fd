/* Go's durations: a run of decimal numbers with fractions and units. */
#include "wire/duration.h"

#include <string.h>

static const struct unit {
    const char *name;
    int64_t ns;
} units[] = {
    { "ns", 1 },       { "us", 1000 },      { "\xc2\xb5s", 1000 }, { "\xce\xbcs", 1000 },
    { "ms", 1000000 }, { "s", 1000000000 }, { "m", 60000000000 },  { "h", 3600000000000 },
};

static const struct unit *take_unit(struct bytes *text)
{
    const struct unit *best = NULL;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        struct bytes name = bytes_str(units[i].name);
        if (bytes_starts(*text, name) && (best == NULL || name.n > strlen(best->name)))
            best = &units[i];
    }
    if (best != NULL)
        *text = bytes_skip(*text, strlen(best->name));
    return best;
}

static bool is_digit(struct bytes text)
{
    return text.n > 0 && text.p[0] >= '0' && text.p[0] <= '9';
}

/* One number and unit off the front of *TEXT, added to *SUM. */
static enum err take_part(struct bytes *text, int64_t *sum)
{
    int64_t whole = 0, fraction = 0, scale = 1, part;
    bool digits = false;
    for (; is_digit(*text); *text = bytes_skip(*text, 1), digits = true)
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, text->p[0] - '0', &whole))
            return ERR_TOO_BIG;
    if (text->n > 0 && text->p[0] == '.') {
        *text = bytes_skip(*text, 1);
        for (; is_digit(*text); *text = bytes_skip(*text, 1), digits = true) {
            if (scale < 1000000000000000000) {
                fraction = fraction * 10 + (text->p[0] - '0');
                scale *= 10;
            }
        }
    }
    const struct unit *unit = digits ? take_unit(text) : NULL;
    if (unit == NULL)
        return ERR_MALFORMED;
    /* As Go computes it: exact as long as SCALE divides the unit. */
    double small = (double)fraction * ((double)unit->ns / (double)scale);
    if (__builtin_mul_overflow(whole, unit->ns, &part) ||
        __builtin_add_overflow(part, (int64_t)small, &part) ||
        __builtin_add_overflow(*sum, part, sum))
        return ERR_TOO_BIG;
    return OK;
}

enum err duration_parse(struct bytes text, int64_t *ret_ns)
{
    bool negative = text.n > 0 && text.p[0] == '-';
    if (text.n > 0 && (text.p[0] == '-' || text.p[0] == '+'))
        text = bytes_skip(text, 1);
    int64_t sum = 0;
    if (bytes_is(text, "0")) {
        *ret_ns = 0;
        return OK;
    }
    if (text.n == 0)
        return ERR_MALFORMED;
    while (text.n > 0) {
        enum err e = take_part(&text, &sum);
        if (e != OK)
            return e;
    }
    *ret_ns = negative ? -sum : sum;
    return OK;
}

/* V in units of UNIT_NS with its fraction, without trailing zeroes. */
static void put_fraction(struct buf *out, uint64_t v, uint64_t unit_ns, const char *unit)
{
    char digits[16];
    uint64_t rest = v % unit_ns;
    buf_printf(out, "%llu", (unsigned long long)(v / unit_ns));
    if (rest > 0) {
        int n = 0;
        for (uint64_t scale = unit_ns / 10; scale > 0 && rest > 0; scale /= 10) {
            digits[n++] = (char)('0' + rest / scale);
            rest %= scale;
        }
        digits[n] = 0;
        buf_printf(out, ".%s", digits);
    }
    buf_put_str(out, unit);
}

void duration_print(int64_t ns, struct buf *out)
{
    uint64_t v = ns < 0 ? (uint64_t)0 - (uint64_t)ns : (uint64_t)ns;
    if (ns < 0)
        buf_put_u8(out, '-');
    if (v == 0) {
        buf_put_str(out, "0s");
    } else if (v < 1000) {
        put_fraction(out, v, 1, "ns");
    } else if (v < 1000000) {
        put_fraction(out, v, 1000, "\xc2\xb5s");
    } else if (v < 1000000000) {
        put_fraction(out, v, 1000000, "ms");
    } else {
        uint64_t hours = v / 3600000000000ULL, minutes = v / 60000000000ULL % 60;
        if (hours > 0)
            buf_printf(out, "%lluh", (unsigned long long)hours);
        if (hours > 0 || minutes > 0)
            buf_printf(out, "%llum", (unsigned long long)minutes);
        put_fraction(out, v % 60000000000ULL, 1000000000, "s");
    }
}

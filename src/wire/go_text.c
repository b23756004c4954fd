/* Quoted strings and numbers by Go's rules. */
#include "wire/go_text.h"

#include <stdlib.h>

#include "base/text.h"

/* -- quotes ------------------------------------------------------------------------------------ */

/* The value of a digit, letters from 10 on; above any base if it is none. */
static unsigned digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    uint8_t lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10U : 99;
}

/* N digits of BASE off the front of *IN. */
static bool take_digits(struct bytes *in, size_t n, unsigned base, uint32_t *ret)
{
    uint32_t v = 0;
    if (in->n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned d = digit(in->p[i]);
        if (d >= base)
            return false;
        v = v * base + d;
    }
    *in = bytes_skip(*in, n);
    *ret = v;
    return true;
}

/* A byte by its number: N digits of BASE. */
static bool take_byte(struct bytes *in, size_t n, unsigned base, struct bytes *out, uint8_t *at)
{
    uint32_t v;
    if (!take_digits(in, n, base, &v) || v > 0xff)
        return false;
    at[out->n++] = (uint8_t)v;
    return true;
}

/* A character by its number: N hexadecimal digits. */
static bool take_character(struct bytes *in, size_t n, struct bytes *out, uint8_t *at)
{
    uint32_t rune;
    if (!take_digits(in, n, 16, &rune) || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
        return false;
    out->n += text_put_rune(rune, at + out->n);
    return true;
}

/* What stands after a backslash. OUT is what lies at AT so far. */
static bool take_escape(struct bytes *in, struct bytes *out, uint8_t *at)
{
    static const char names[] = "abfnrtv\\\"", means[] = "\a\b\f\n\r\t\v\\\"";
    if (in->n == 0)
        return false;
    uint8_t c = in->p[0];
    if (c >= '0' && c <= '7')
        return take_byte(in, 3, 8, out, at);
    *in = bytes_skip(*in, 1);
    if (c == 'x')
        return take_byte(in, 2, 16, out, at);
    if (c == 'u' || c == 'U')
        return take_character(in, c == 'u' ? 4 : 8, out, at);
    const char *name = c == 0 ? NULL : strchr(names, c);
    if (name == NULL)
        return false;
    at[out->n++] = (uint8_t)means[name - names];
    return true;
}

static enum err unquote_double(struct bytes in, uint8_t *at, struct bytes *ret)
{
    struct bytes out = { .p = at };
    while (in.n > 0) {
        uint8_t c = in.p[0];
        in = bytes_skip(in, 1);
        if (c == '"' || c == '\n' || (c == '\\' && !take_escape(&in, &out, at)))
            return ERR_MALFORMED;
        if (c != '\\')
            at[out.n++] = c;
    }
    *ret = out;
    return OK;
}

/* Nothing is escaped between back quotes; carriage returns do not count. */
static enum err unquote_raw(struct bytes in, uint8_t *at, struct bytes *ret)
{
    struct bytes out = { .p = at };
    for (size_t i = 0; i < in.n; i++) {
        if (in.p[i] == '`')
            return ERR_MALFORMED;
        if (in.p[i] != '\r')
            at[out.n++] = in.p[i];
    }
    *ret = out;
    return OK;
}

enum err go_unquote(struct bytes literal, struct arena *arena, struct bytes *ret)
{
    if (literal.n < 2 || literal.p[0] != literal.p[literal.n - 1])
        return ERR_MALFORMED;
    struct bytes in = bytes_of(literal.p + 1, literal.n - 2);
    uint8_t *at = arena_try(arena, literal.n); /* nothing becomes longer than its escape */
    if (at == NULL)
        return ERR_TOO_BIG;
    if (literal.p[0] == '`')
        return unquote_raw(in, at, ret);
    return literal.p[0] == '"' ? unquote_double(in, at, ret) : ERR_MALFORMED;
}

/* True if a reader would see RUNE as itself: the blocks of controls, formats, private use and odd
 * spaces are left out, not every code point without a character. */
static bool is_visible(uint32_t rune)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        { 0, 0x1f },        { 0x7f, 0xa0 },       { 0xad, 0xad },        { 0x1680, 0x1680 },
        { 0x180e, 0x180e }, { 0x2000, 0x200f },   { 0x2028, 0x202f },    { 0x205f, 0x206f },
        { 0x3000, 0x3000 }, { 0xe000, 0xf8ff },   { 0xfeff, 0xfeff },    { 0xfff0, 0xfffb },
        { 0xfffe, 0xffff }, { 0xe0000, 0xe00ff }, { 0xf0000, 0x10ffff },
    };
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
        if (rune >= hidden[i].first && rune <= hidden[i].last)
            return false;
    return true;
}

static void put_escaped(struct buf *out, uint32_t rune)
{
    static const char means[] = "\a\b\f\n\r\t\v", names[] = "abfnrtv";
    const char *mean = rune == 0 || rune > 0x7f ? NULL : strchr(means, (int)rune);
    if (mean != NULL)
        buf_printf(out, "\\%c", names[mean - means]);
    else if (rune < 0x80)
        buf_printf(out, "\\x%02x", rune);
    else
        buf_printf(out, rune < 0x10000 ? "\\u%04x" : "\\U%08x", rune);
}

void go_quote(struct buf *out, struct bytes text)
{
    uint32_t rune;
    buf_put_u8(out, '"');
    for (size_t n; text.n > 0; text = bytes_skip(text, n == 0 ? 1 : n)) {
        n = text_rune(text, &rune);
        if (n == 0)
            buf_printf(out, "\\x%02x", text.p[0]);
        else if (rune == '"' || rune == '\\')
            buf_printf(out, "\\%c", (int)rune);
        else if (is_visible(rune))
            buf_put(out, text.p, n);
        else
            put_escaped(out, rune);
    }
    buf_put_u8(out, '"');
}

/* -- numbers ----------------------------------------------------------------------------------- */

/* Takes the prefix of another base than 10 off *TEXT. */
static unsigned take_base(struct bytes *text)
{
    if (text->n == 0 || text->p[0] != '0')
        return 10;
    uint8_t letter = text->n < 3 ? 0 : text->p[1] | 0x20;
    unsigned base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    *text = bytes_skip(*text, base == 0 ? 1 : 2);
    return base == 0 ? 8 : base;
}

/* Underscores stand between digits or between a prefix and a digit. */
static bool underscores_fit(struct bytes text)
{
    enum { START, DIGIT, UNDERSCORE, OTHER } last = START;
    unsigned base = 10;
    if (text.n >= 2 && text.p[0] == '0' && strchr("xXoObB", text.p[1]) != NULL) {
        base = (text.p[1] | 0x20) == 'x' ? 16 : 10;
        last = DIGIT;
        text = bytes_skip(text, 2);
    }
    for (size_t i = 0; i < text.n; i++) {
        bool is_underscore = text.p[i] == '_';
        if (is_underscore && last != DIGIT)
            return false;
        if (digit(text.p[i]) < base) {
            last = DIGIT;
            continue;
        }
        if (!is_underscore && last == UNDERSCORE)
            return false;
        last = is_underscore ? UNDERSCORE : OTHER;
    }
    return last != UNDERSCORE;
}

enum err go_read_uint(struct bytes text, unsigned bits, uint64_t *ret)
{
    uint64_t v = 0, most = UINT64_MAX >> (64 - bits);
    struct bytes rest = text;
    unsigned base = take_base(&rest);
    bool is_over = false;
    if (text.n == 0)
        return ERR_MALFORMED;
    for (size_t i = 0; i < rest.n; i++) {
        if (rest.p[i] == '_')
            continue;
        unsigned d = digit(rest.p[i]);
        if (d >= base)
            return is_over ? ERR_TOO_BIG : ERR_MALFORMED;
        is_over |=
            __builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, d, &v) || v > most;
    }
    if (is_over)
        return ERR_TOO_BIG;
    if (!underscores_fit(text))
        return ERR_MALFORMED;
    *ret = v;
    return OK;
}

enum err go_read_int(struct bytes text, unsigned bits, int64_t *ret)
{
    uint64_t v, least = (uint64_t)1 << (bits - 1);
    bool is_negative = text.n > 0 && text.p[0] == '-';
    bool has_sign = is_negative || (text.n > 0 && text.p[0] == '+');
    enum err e = go_read_uint(has_sign ? bytes_skip(text, 1) : text, bits, &v);
    if (e != OK)
        return e;
    if (v > (is_negative ? least : least - 1))
        return ERR_TOO_BIG;
    *ret = is_negative && v > 0 ? -(int64_t)(v - 1) - 1 : (int64_t)v;
    return OK;
}

/* How many digits of BASE, underscores too, *TEXT begins with; takes them off. */
static size_t take_run(struct bytes *text, unsigned base)
{
    size_t n = 0, digits = 0;
    for (; n < text->n && (digit(text->p[n]) < base || text->p[n] == '_'); n++)
        digits += text->p[n] != '_';
    *text = bytes_skip(*text, n);
    return digits;
}

/* Takes an exponent off *TEXT; false if it is not whole. */
static bool take_exponent(struct bytes *text)
{
    *text = bytes_skip(*text, 1);
    if (text->n > 0 && (text->p[0] == '+' || text->p[0] == '-'))
        *text = bytes_skip(*text, 1);
    return text->n > 0 && text->p[0] != '_' && take_run(text, 10) > 0;
}

/* True if TEXT, after its sign, is the form of a finite number. */
static bool is_float(struct bytes text)
{
    bool is_hex = text.n > 2 && text.p[0] == '0' && (text.p[1] | 0x20) == 'x';
    unsigned base = is_hex ? 16 : 10;
    if (!underscores_fit(text))
        return false;
    struct bytes rest = bytes_skip(text, is_hex ? 2 : 0);
    size_t digits = take_run(&rest, base);
    if (rest.n > 0 && rest.p[0] == '.') {
        rest = bytes_skip(rest, 1);
        digits += take_run(&rest, base);
    }
    if (digits == 0)
        return false;
    if (rest.n > 0 && (rest.p[0] | 0x20) == (is_hex ? 'p' : 'e'))
        return take_exponent(&rest) && rest.n == 0;
    return rest.n == 0 && !is_hex;
}

static bool is_special_float(struct bytes text)
{
    static const char *const names[] = { "inf", "infinity" };
    bool has_sign = text.n > 0 && (text.p[0] == '+' || text.p[0] == '-');
    if (text_eq_nocase(text, bytes_str("nan")))
        return true;
    struct bytes rest = bytes_skip(text, has_sign ? 1 : 0);
    return text_eq_nocase(rest, bytes_str(names[0])) || text_eq_nocase(rest, bytes_str(names[1]));
}

enum err go_read_float(struct bytes text, double *ret)
{
    char copy[512]; /* for strtod, which knows no underscores and wants an end */
    size_t n = 0;
    bool has_sign = text.n > 0 && (text.p[0] == '+' || text.p[0] == '-');
    bool is_special = is_special_float(text);
    if (!is_special && !is_float(bytes_skip(text, has_sign ? 1 : 0)))
        return ERR_MALFORMED;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '_') {
            if (n + 1 == sizeof copy)
                return ERR_TOO_BIG;
            copy[n++] = (char)text.p[i];
        }
    copy[n] = 0;
    double v = strtod(copy, NULL);
    if (!is_special && __builtin_isinf(v))
        return ERR_TOO_BIG;
    *ret = v;
    return OK;
}

enum err go_read_bool(struct bytes text, bool *ret)
{
    static const char *const trues[] = { "1", "t", "T", "true", "True", "TRUE" };
    static const char *const falses[] = { "0", "f", "F", "false", "False", "FALSE" };
    for (size_t i = 0; i < ARRAY_LEN(trues); i++) {
        bool is_true = bytes_is(text, trues[i]);
        if (is_true || bytes_is(text, falses[i])) {
            *ret = is_true;
            return OK;
        }
    }
    return ERR_MALFORMED;
}

const char *go_number_error(enum err e)
{
    return e == ERR_TOO_BIG ? "value out of range" : "invalid syntax";
}

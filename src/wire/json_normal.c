/* One pass over the text, a token at a time. */
#include "wire/json_normal.h"

#include "base/text.h"
#include "wire/json_plain.h"

struct pass {
    struct bytes left; /* not rewritten yet */
    struct buf *out;
    struct why *why;
    struct json_limits limits;
    unsigned depth, parts;
};

static enum err unexpected_end(struct pass *p)
{
    return why_set(p->why, ERR_MALFORMED, "unexpected EOF");
}

static void take(struct pass *p, size_t n)
{
    buf_put(p->out, p->left.p, n);
    p->left = bytes_skip(p->left, n);
}

static enum err count_part(struct pass *p)
{
    if (++p->parts > p->limits.parts)
        return why_set(p->why, ERR_TOO_BIG, "more than %u parts", p->limits.parts);
    return OK;
}

static enum err begin_value(struct pass *p, char mark)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t text[2 + 8] = { '"', (uint8_t)mark };
    enum err e = count_part(p);
    if (e != OK)
        return e;
    for (unsigned i = 0; i < 8; i++)
        text[2 + i] = (uint8_t)digits[p->parts >> (28 - 4 * i) & 15];
    buf_put(p->out, text, sizeof text);
    return OK;
}

/* -- strings ---------------------------------------------------------------------------------- */

/* The value of "\uXXXX" at the front of TEXT, or UINT32_MAX. */
static uint32_t read_escape(struct bytes text)
{
    uint32_t value = 0;
    if (text.n < 6 || text.p[0] != '\\' || text.p[1] != 'u')
        return UINT32_MAX;
    for (size_t i = 2; i < 6; i++) {
        uint8_t c = text.p[i], low = c | 0x20;
        bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && (low < 'a' || low > 'f'))
            return UINT32_MAX;
        value = value << 4 | (uint32_t)(is_digit ? c - '0' : low - 'a' + 10);
    }
    return value;
}

static void rewrite_escape(struct pass *p)
{
    uint32_t high = read_escape(p->left);
    if (high == UINT32_MAX) { /* a short one, or none that jansson knows */
        take(p, p->left.n < 2 ? p->left.n : 2);
        return;
    }
    uint32_t low = read_escape(bytes_skip(p->left, 6));
    if (high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
        take(p, 12);
    } else if (high >= 0xd800 && high < 0xe000) {
        buf_put_str(p->out, "\\ufffd");
        p->left = bytes_skip(p->left, 6);
    } else {
        take(p, 6);
    }
}

/* What does not stand for itself, at the front. */
static void rewrite_rune(struct pass *p)
{
    uint32_t rune;
    size_t n = text_rune(p->left, &rune);
    if (p->left.p[0] == '\\') {
        rewrite_escape(p);
    } else if (n == 0) {
        buf_put_str(p->out, "\xef\xbf\xbd");
        p->left = bytes_skip(p->left, 1);
    } else {
        take(p, n);
    }
}

static enum err rewrite_string(struct pass *p)
{
    enum err e = begin_value(p, JSON_MARK_STRING);
    if (e != OK)
        return e;
    p->left = bytes_skip(p->left, 1);
    take(p, json_plain(p->left));
    while (p->left.n > 0 && p->left.p[0] != '"') {
        rewrite_rune(p);
        take(p, json_plain(p->left));
    }
    if (p->left.n == 0)
        return unexpected_end(p);
    take(p, 1);
    return OK;
}

/* -- numbers ---------------------------------------------------------------------------------- */

static size_t digits(struct bytes text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9')
        n++;
    return n;
}

/* How long the number at the front of TEXT is; 0 if none is whole there. */
static size_t number_length(struct bytes text)
{
    size_t at = text.n > 0 && text.p[0] == '-';
    size_t whole = digits(bytes_skip(text, at));
    if (whole == 0 || (whole > 1 && text.p[at] == '0'))
        return 0;
    at += whole;
    if (at < text.n && text.p[at] == '.') {
        size_t n = digits(bytes_skip(text, at + 1));
        if (n == 0)
            return 0;
        at += 1 + n;
    }
    if (at < text.n && (text.p[at] | 0x20) == 'e') {
        size_t sign = at + 1 < text.n && (text.p[at + 1] == '+' || text.p[at + 1] == '-');
        size_t n = digits(bytes_skip(text, at + 1 + sign));
        if (n == 0)
            return 0;
        at += 1 + sign + n;
    }
    return at;
}

static enum err rewrite_number(struct pass *p)
{
    size_t n = number_length(p->left);
    enum err e = begin_value(p, JSON_MARK_NUMBER);
    if (e != OK)
        return e;
    if (n == 0 && digits(bytes_skip(p->left, p->left.p[0] == '-')) + 1 >= p->left.n)
        return unexpected_end(p);
    if (n == 0)
        return why_set(p->why, ERR_MALFORMED, "invalid character in numeric literal");
    take(p, n);
    buf_put_u8(p->out, '"');
    return OK;
}

/* -- all of it -------------------------------------------------------------------------------- */

static enum err rewrite_token(struct pass *p)
{
    uint8_t c = p->left.p[0];
    if (c == '"')
        return rewrite_string(p);
    if (c == '-' || (c >= '0' && c <= '9'))
        return rewrite_number(p);
    if ((c == '{' || c == '[') && ++p->depth > p->limits.depth)
        return why_set(p->why, ERR_TOO_BIG, "exceeded max depth");
    if ((c == '}' || c == ']') && p->depth > 0)
        p->depth--;
    take(p, 1);
    return c == '{' || c == '[' || c == ',' ? count_part(p) : OK;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* True if C cannot be the last byte of a value that stands in nothing. */
static bool is_inside(uint8_t c)
{
    return is_blank(c) || (c >= 'a' && c <= 'z');
}

enum err json_normalize(struct bytes text, struct json_limits limits, struct buf *out,
                        struct why *why)
{
    struct pass p = { .left = text, .out = out, .why = why, .limits = limits };
    while (p.left.n > 0 && is_blank(p.left.p[0]))
        p.left = bytes_skip(p.left, 1);
    if (p.left.n == 0)
        return why_set(why, ERR_MALFORMED, "EOF");
    enum err e = OK;
    bool ended = false;
    while (e == OK && p.left.n > 0 && !ended) {
        uint8_t c = p.left.p[0];
        e = rewrite_token(&p);
        ended = p.depth == 0 && !is_inside(c);
    }
    return e == OK && p.depth > 0 ? unexpected_end(&p) : e;
}

/* Characters, escapes and error sentences of a regular expression. */
#include "wire/regex_reader.h"

#include "base/text.h"

enum { RUNE_MAX = 0x10ffff };

bool regex_at_end(const struct regex_reader *in)
{
    return in->at == in->text.n;
}

bool regex_stands(const struct regex_reader *in, const char *word)
{
    return bytes_starts(bytes_skip(in->text, in->at), bytes_str(word));
}

bool regex_take(struct regex_reader *in, const char *word)
{
    if (!regex_stands(in, word))
        return false;
    in->at += strlen(word);
    return true;
}

/* WHAT is wrong with the pattern from FROM up to TO. */
static enum err refuse_between(struct regex_reader *in, enum err e, const char *what, size_t from,
                               size_t to)
{
    return why_set(in->why, e, "error parsing regexp: %s: `%.*s`", what, (int)(to - from),
                   (const char *)in->text.p + from);
}

enum err regex_refuse(struct regex_reader *in, const char *what, size_t from)
{
    return refuse_between(in, ERR_MALFORMED, what, from, in->at);
}

enum err regex_refuse_rest(struct regex_reader *in, enum err e, const char *what, size_t from)
{
    return refuse_between(in, e, what, from, in->text.n);
}

/* The next character; 0xffffffff at the end. */
enum err regex_take_rune(struct regex_reader *in, uint32_t *ret)
{
    if (regex_at_end(in)) {
        *ret = UINT32_MAX;
        return OK;
    }
    size_t n = text_rune(bytes_skip(in->text, in->at), ret);
    in->at += n;
    return n == 0 ? regex_refuse_rest(in, ERR_MALFORMED, "invalid UTF-8", in->at) : OK;
}

bool regex_is_alnum(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool regex_is_surrogate(uint32_t rune)
{
    return rune >= 0xd800 && rune <= 0xdfff;
}

static unsigned hex_digit(uint32_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* `{10ffff}` of `\x{10ffff}`, after the brace. Ill-formed: *RET is above any character. */
static enum err take_long_hex(struct regex_reader *in, uint32_t *ret)
{
    uint32_t c, v = 0;
    for (bool is_first = true;; is_first = false) {
        enum err e = regex_take_rune(in, &c);
        if (e != OK)
            return e;
        bool is_end = c == '}' && !is_first;
        if (is_end || hex_digit(c) > 15 || v > RUNE_MAX >> 4) {
            *ret = is_end ? v : UINT32_MAX;
            return OK;
        }
        v = v * 16 + hex_digit(c);
    }
}

/* `7f` of `\x7f`. */
static enum err take_short_hex(struct regex_reader *in, uint32_t *ret)
{
    uint32_t high, low;
    enum err e = regex_take_rune(in, &high);
    if (e == OK)
        e = regex_take_rune(in, &low);
    if (e != OK)
        return e;
    bool ok = hex_digit(high) < 16 && hex_digit(low) < 16;
    *ret = ok ? hex_digit(high) * 16 + hex_digit(low) : UINT32_MAX;
    return OK;
}

static uint32_t take_octal(struct regex_reader *in, uint32_t first)
{
    uint32_t v = first - '0';
    for (unsigned n = 1; n < 3 && !regex_at_end(in); n++) {
        uint8_t c = in->text.p[in->at];
        if (c < '0' || c > '7')
            break;
        v = v * 8 + c - '0';
        in->at++;
    }
    return v;
}

static bool octal_follows(const struct regex_reader *in)
{
    return !regex_at_end(in) && in->text.p[in->at] >= '0' && in->text.p[in->at] <= '7';
}

/* A character by its escape; the cursor is on the backslash. */
enum err regex_take_escape(struct regex_reader *in, uint32_t *ret)
{
    static const char names[] = "afnrtv", means[] = "\a\f\n\r\t\v";
    size_t from = in->at++;
    uint32_t c, v = UINT32_MAX;
    if (regex_at_end(in))
        return refuse_between(in, ERR_MALFORMED, "trailing backslash at end of expression", 0, 0);
    enum err e = regex_take_rune(in, &c);
    if (e != OK)
        return e;
    const char *name = c == 0 || c > 0x7f ? NULL : strchr(names, (int)c);
    if (name != NULL)
        v = (uint8_t)means[name - names];
    else if (c == 'x')
        e = regex_take(in, "{") ? take_long_hex(in, &v) : take_short_hex(in, &v);
    else if (c == '0' || (c >= '1' && c <= '7' && octal_follows(in)))
        v = take_octal(in, c);
    else if (c < 0x80 && !regex_is_alnum(c))
        v = c;
    if (e != OK)
        return e;
    if (v > RUNE_MAX)
        return regex_refuse(in, "invalid escape sequence", from);
    *ret = v;
    return OK;
}

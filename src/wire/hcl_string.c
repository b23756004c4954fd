/* Escapes, interpolations and heredocs, from their source to the bytes they stand for. */
#include "wire/hcl_string.h"

#include "base/text.h"

/* -- where a string ends -------------------------------------------------------------------------
 */

/* How deep C leads into `${...}`: "${" opens, then every brace counts. */
static unsigned braces_after(struct bytes text, size_t i, unsigned braces)
{
    uint8_t c = text.p[i];
    bool opens = c == '{' && (braces > 0 || (i > 0 && text.p[i - 1] == '$'));
    if (opens)
        return braces + 1;
    return braces > 0 && c == '}' ? braces - 1 : braces;
}

bool hcl_string_length(struct bytes text, bool is_json, size_t *ret)
{
    unsigned braces = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c == '"' && braces == 0) {
            *ret = i;
            return true;
        }
        if (braces == 0 && (c == '\n' || (is_json && c < 0x20)))
            return false;
        if (c == '\\')
            i++;
        else if (!is_json)
            braces = braces_after(text, i, braces);
    }
    return false;
}

/* -- escapes -------------------------------------------------------------------------------------
 */

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* N digits of BASE at the head of TEXT. */
static bool take_digits(struct bytes text, size_t n, int base, uint32_t *ret)
{
    uint32_t v = 0;
    if (n > text.n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int digit = digit_value(text.p[i]);
        if (digit >= base)
            return false;
        v = v * (uint32_t)base + (uint32_t)digit;
    }
    *ret = v;
    return true;
}

/* JSON writes a character beyond the first plane as two. */
static uint32_t join_surrogates(struct bytes text, uint32_t first, size_t *used)
{
    uint32_t second;
    bool is_pair = first >= 0xd800 && first < 0xdc00 && text.n >= 6 && text.p[0] == '\\' &&
                   text.p[1] == 'u' && take_digits(bytes_skip(text, 2), 4, 16, &second) &&
                   second >= 0xdc00 && second < 0xe000;
    if (!is_pair)
        return first;
    *used += 6;
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

/* A letter after the backslash that stands for one byte; 0 if it does not. */
static uint8_t plain_escape(uint8_t letter, bool is_json)
{
    static const char both[] = "\"\"\\\\b\bf\fn\nr\rt\t", json[] = "//", hcl[] = "a\av\v";
    const char *more = is_json ? json : hcl;
    for (size_t i = 0; both[i] != 0; i += 2)
        if (both[i] == (char)letter)
            return (uint8_t)both[i + 1];
    for (size_t i = 0; more[i] != 0; i += 2)
        if (more[i] == (char)letter)
            return (uint8_t)more[i + 1];
    return 0;
}

/* What the escape at the head of TEXT (after its backslash) makes, and how long it is; 0: nothing.
 */
static size_t decode_escape(struct bytes text, bool is_json, uint8_t *out, size_t *ret_used)
{
    static const struct {
        uint8_t letter;
        size_t digits;
    } wide[] = { { 'x', 2 }, { 'u', 4 }, { 'U', 8 } };
    uint32_t c;
    *ret_used = 1;
    if (text.n == 0)
        return 0;
    out[0] = plain_escape(text.p[0], is_json);
    if (out[0] != 0)
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(wide); i++) {
        if (text.p[0] != wide[i].letter || (is_json && wide[i].letter != 'u'))
            continue;
        if (!take_digits(bytes_skip(text, 1), wide[i].digits, 16, &c) || c > 0x10ffff)
            return 0;
        *ret_used += wide[i].digits;
        if (is_json)
            c = join_surrogates(bytes_skip(text, *ret_used), c, ret_used);
        out[0] = (uint8_t)c; /* a surrogate is found when the whole is checked for UTF-8 */
        return wide[i].letter == 'x' ? 1 : text_put_rune(c, out);
    }
    if (is_json || !take_digits(text, 3, 8, &c) || c > 0xff)
        return 0;
    *ret_used = 3;
    out[0] = (uint8_t)c;
    return 1;
}

static bool is_text(struct bytes text)
{
    return text_is_utf8(text) && (text.n == 0 || memchr(text.p, 0, text.n) == NULL);
}

bool hcl_string_decode(struct bytes inside, bool is_json, struct arena *arena, struct bytes *ret,
                       size_t *ret_bad)
{
    uint8_t *out = arena_alloc(arena, inside.n);
    size_t n = 0, used;
    unsigned braces = 0;
    for (size_t i = 0; i < inside.n; i++) {
        uint8_t c = inside.p[i];
        if (c == '\\' && braces > 0) { /* kept, but for the quote that could not stand alone */
            if (i + 1 == inside.n || inside.p[i + 1] != '"')
                out[n++] = c;
            if (++i < inside.n)
                out[n++] = inside.p[i];
        } else if (c == '\\') {
            size_t made = decode_escape(bytes_skip(inside, i + 1), is_json, out + n, &used);
            if (made == 0) {
                *ret_bad = i;
                return false;
            }
            n += made;
            i += used;
        } else {
            braces = is_json ? 0 : braces_after(inside, i, braces);
            out[n++] = c;
        }
    }
    *ret_bad = 0;
    if (!is_text(bytes_of(out, n)))
        return false;
    *ret = bytes_of(out, n);
    return true;
}

/* -- heredocs ------------------------------------------------------------------------------------
 */

/* The line at the head of TEXT, its end included. */
static struct bytes line_of(struct bytes text)
{
    const uint8_t *end = text.n == 0 ? NULL : memchr(text.p, '\n', text.n);
    return bytes_of(text.p, end == NULL ? text.n : (size_t)(end - text.p) + 1);
}

static size_t blank_length(struct bytes line)
{
    size_t n = 0;
    while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
        n++;
    return n;
}

static struct bytes without_end(struct bytes line)
{
    while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
        line.n--;
    return line;
}

static bool is_marker(struct bytes name)
{
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i], letter = c | 0x20;
        if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c < 0x80)
            return false;
    }
    return name.n > 0;
}

/* LINES without the first INDENT.n bytes of each; LINES if one of them does not begin with INDENT.
 */
static struct bytes unindent(struct bytes lines, struct bytes indent, struct arena *arena)
{
    uint8_t *out;
    size_t n = 0;
    for (struct bytes rest = lines, line; rest.n > 0; rest = bytes_skip(rest, line.n)) {
        line = line_of(rest);
        if (!bytes_starts(line, indent))
            return lines;
    }
    out = arena_alloc(arena, lines.n);
    for (struct bytes rest = lines, line; rest.n > 0; rest = bytes_skip(rest, line.n)) {
        line = line_of(rest);
        memcpy(out + n, line.p + indent.n, line.n - indent.n);
        n += line.n - indent.n;
    }
    return bytes_of(out, n);
}

bool hcl_heredoc_decode(struct bytes text, struct arena *arena, struct bytes *ret, size_t *ret_used)
{
    bool is_indented = text.n > 2 && text.p[2] == '-';
    struct bytes head = line_of(text);
    struct bytes marker = bytes_skip(without_end(head), is_indented ? 3 : 2);
    if (!is_marker(marker))
        return false;
    size_t at = head.n;
    for (struct bytes line; at < text.n; at += line.n) {
        line = line_of(bytes_skip(text, at));
        size_t blank = is_indented ? blank_length(line) : 0;
        struct bytes word = without_end(bytes_skip(line, blank));
        if (!bytes_eq(word, marker))
            continue;
        struct bytes lines = bytes_of(text.p + head.n, at - head.n);
        *ret = blank == 0 ? lines : unindent(lines, bytes_of(line.p, blank), arena);
        *ret_used = at + blank + word.n;
        return true;
    }
    return false;
}

/* Commas, quotes and escapes. */
#include "wire/json_writer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "wire/base64.h"
#include "wire/duration.h"
#include "wire/json_plain.h"

enum { DOUBLE_DIGITS = 17, DOUBLE_TEXT = 40, DURATION_TEXT = 64 };

void json_init(struct json_writer *j, struct buf *out)
{
    *j = (struct json_writer){ .out = out };
    j->first[0] = true;
}

/* Before any value: the comma that separates it from the one before. */
static void begin_value(struct json_writer *j)
{
    if (j->after_name) {
        j->after_name = false;
        return;
    }
    if (!j->first[j->depth])
        buf_put_u8(j->out, ',');
    j->first[j->depth] = false;
}

static void go_in(struct json_writer *j, char open)
{
    begin_value(j);
    assert(j->depth + 1 < JSON_DEPTH_MAX);
    buf_put_u8(j->out, (uint8_t)open);
    j->first[++j->depth] = true;
}

static void come_out(struct json_writer *j, char close)
{
    assert(j->depth > 0);
    j->depth--;
    buf_put_u8(j->out, (uint8_t)close);
}

void json_open_object(struct json_writer *j)
{
    go_in(j, '{');
}

void json_close_object(struct json_writer *j)
{
    come_out(j, '}');
}

void json_open_array(struct json_writer *j)
{
    go_in(j, '[');
}

void json_close_array(struct json_writer *j)
{
    come_out(j, ']');
}

/* One byte that does not stand for itself. */
static void put_escape(struct buf *out, uint8_t c)
{
    static const char *const shorts[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"
    };
    if (c == '"' || c == '\\') {
        buf_put_u8(out, '\\');
        buf_put_u8(out, c);
    } else if (c < ARRAY_LEN(shorts) && shorts[c] != NULL) {
        buf_put_str(out, shorts[c]);
    } else {
        buf_printf(out, "\\u%04x", c);
    }
}

static void put_rune(struct buf *out, struct bytes *text)
{
    uint32_t rune;
    size_t n = text_rune(*text, &rune);
    if (n == 0)
        buf_put_str(out, "\xef\xbf\xbd");
    else if (n == 1)
        put_escape(out, text->p[0]);
    else
        buf_put(out, text->p, n);
    *text = bytes_skip(*text, n == 0 ? 1 : n);
}

/* Most of what is written stands for itself, and is taken over in runs. */
void json_escape(struct buf *out, struct bytes text)
{
    while (text.n > 0) {
        size_t plain = json_plain(text);
        buf_put(out, text.p, plain);
        text = bytes_skip(text, plain);
        if (text.n > 0)
            put_rune(out, &text);
    }
}

static void put_string(struct json_writer *j, struct bytes text)
{
    buf_put_u8(j->out, '"');
    json_escape(j->out, text);
    buf_put_u8(j->out, '"');
}

void json_put_name_bytes(struct json_writer *j, struct bytes name)
{
    begin_value(j);
    put_string(j, name);
    buf_put_u8(j->out, ':');
    j->after_name = true;
}

void json_put_name(struct json_writer *j, const char *name)
{
    json_put_name_bytes(j, bytes_str(name));
}

void json_put_string(struct json_writer *j, struct bytes text)
{
    begin_value(j);
    put_string(j, text);
}

void json_put_base64(struct json_writer *j, struct bytes plain)
{
    begin_value(j);
    buf_put_u8(j->out, '"');
    base64_write(plain, j->out);
    buf_put_u8(j->out, '"');
}

void json_put_str(struct json_writer *j, const char *text)
{
    json_put_string(j, bytes_str(text));
}

static void put_digits(struct buf *out, uint64_t v)
{
    char digits[20]; /* of UINT64_MAX */
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + v % 10);
    while ((v /= 10) > 0);
    buf_put(out, digits + at, sizeof digits - at);
}

void json_put_int(struct json_writer *j, int64_t v)
{
    begin_value(j);
    if (v < 0)
        buf_put_u8(j->out, '-');
    put_digits(j->out, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void json_put_uint(struct json_writer *j, uint64_t v)
{
    begin_value(j);
    put_digits(j->out, v);
}

void json_put_bool(struct json_writer *j, bool v)
{
    begin_value(j);
    buf_put_str(j->out, v ? "true" : "false");
}

/* DIGITS without a point, the first of them worth 10^EXPONENT. */
static void put_plain(struct buf *out, const char *digits, int exponent)
{
    int n = (int)strlen(digits);
    if (exponent < 0)
        buf_put_str(out, "0.");
    for (int i = -1; i > exponent; i--)
        buf_put_u8(out, '0');
    for (int i = 0; i < n || i <= exponent; i++) {
        if (i > 0 && i == exponent + 1)
            buf_put_u8(out, '.');
        buf_put_u8(out, i < n ? (uint8_t)digits[i] : '0');
    }
}

static bool prints(double v, int more, char text[DOUBLE_TEXT])
{
    snprintf(text, DOUBLE_TEXT, "%.*e", more, v);
    return strtod(text, NULL) == v;
}

/* The fewest digits that are read as V again. With one more they are no farther from V, so they are
 * found by halves: but not at powers of two, where what is read as V reaches less far down than up.
 */
static void print_shortest(double v, char text[DOUBLE_TEXT])
{
    int from = 0, to = DOUBLE_DIGITS - 1;
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    bool is_even = bits << 12 != 0; /* the fraction's: a power of two has none */
    while (from < to) {
        int middle = is_even ? from + (to - from) / 2 : from;
        if (prints(v, middle, text))
            to = middle;
        else
            from = middle + 1;
    }
    IGNORE(prints(v, to, text)); /* all digits always do */
}

void json_put_double(struct json_writer *j, double v)
{
    char text[DOUBLE_TEXT], digits[DOUBLE_DIGITS + 1] = "";
    begin_value(j);
    print_shortest(v, text);
    const char *e = strchr(text, 'e');
    const char *at = text[0] == '-' ? text + 1 : text;
    int exponent = (int)strtol(e + 1, NULL, 10);
    size_t n = 0;
    for (; at < e; at++)
        if (*at != '.')
            digits[n++] = *at;
    digits[n] = 0;
    if (text[0] == '-')
        buf_put_u8(j->out, '-');
    if (v == 0 || (exponent >= -6 && exponent < 21))
        put_plain(j->out, digits, exponent);
    else
        buf_printf(j->out, "%c%s%se%+d", digits[0], n > 1 ? "." : "", digits + 1, exponent);
}

void json_put_null(struct json_writer *j)
{
    begin_value(j);
    buf_put_str(j->out, "null");
}

void json_put_raw(struct json_writer *j, struct bytes json)
{
    begin_value(j);
    buf_put_bytes(j->out, json);
}

void json_add_string(struct json_writer *j, const char *name, struct bytes text)
{
    json_put_name(j, name);
    json_put_string(j, text);
}

void json_add_str(struct json_writer *j, const char *name, const char *text)
{
    json_put_name(j, name);
    json_put_str(j, text);
}

void json_add_int(struct json_writer *j, const char *name, int64_t v)
{
    json_put_name(j, name);
    json_put_int(j, v);
}

void json_add_uint(struct json_writer *j, const char *name, uint64_t v)
{
    json_put_name(j, name);
    json_put_uint(j, v);
}

void json_add_bool(struct json_writer *j, const char *name, bool v)
{
    json_put_name(j, name);
    json_put_bool(j, v);
}

void json_add_double(struct json_writer *j, const char *name, double v)
{
    json_put_name(j, name);
    json_put_double(j, v);
}

void json_put_duration(struct json_writer *j, int64_t ns)
{
    char room[DURATION_TEXT];
    struct buf text = { .p = (uint8_t *)room, .room = sizeof room, .max = sizeof room };
    duration_print(ns, &text);
    json_put_string(j, buf_bytes(&text));
}

void json_add_duration(struct json_writer *j, const char *name, int64_t ns)
{
    json_put_name(j, name);
    json_put_duration(j, ns);
}

void json_add_raw(struct json_writer *j, const char *name, struct bytes json)
{
    json_put_name(j, name);
    json_put_raw(j, json);
}

void json_add_null(struct json_writer *j, const char *name)
{
    json_put_name(j, name);
    json_put_null(j);
}

void json_add_object(struct json_writer *j, const char *name)
{
    json_put_name(j, name);
    json_open_object(j);
}

void json_add_array(struct json_writer *j, const char *name)
{
    json_put_name(j, name);
    json_open_array(j);
}

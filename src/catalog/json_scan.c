/* A cursor over text; a value is skipped with a stack of open brackets. */
#include "catalog/json_scan.h"

#include "base/text.h"

static void skip_space(struct bytes *t)
{
    while (t->n > 0 && (t->p[0] == ' ' || t->p[0] == '\t' || t->p[0] == '\n' || t->p[0] == '\r'))
        *t = bytes_skip(*t, 1);
}

static bool take(struct bytes *t, char c)
{
    skip_space(t);
    if (t->n == 0 || t->p[0] != (uint8_t)c)
        return false;
    *t = bytes_skip(*t, 1);
    return true;
}

static bool take_word(struct bytes *t, const char *word)
{
    if (!bytes_starts(*t, bytes_str(word)))
        return false;
    *t = bytes_skip(*t, strlen(word));
    return true;
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A string with its quotes. */
static bool take_string(struct bytes *t)
{
    if (!take(t, '"'))
        return false;
    for (size_t i = 0; i < t->n; i++) {
        uint8_t c = t->p[i];
        if (c == '"') {
            *t = bytes_skip(*t, i + 1);
            return true;
        }
        if (c < 0x20)
            return false;
        if (c != '\\')
            continue;
        if (++i == t->n || strchr("\"\\/bfnrtu", t->p[i]) == NULL || t->p[i] == 0)
            return false;
        for (size_t h = 1; t->p[i] == 'u' && h <= 4; h++)
            if (i + h >= t->n || !is_hex(t->p[i + h]))
                return false;
    }
    return false;
}

static size_t digits(struct bytes t)
{
    size_t n = 0;
    while (n < t.n && t.p[n] >= '0' && t.p[n] <= '9')
        n++;
    return n;
}

static bool take_digits(struct bytes *t)
{
    size_t n = digits(*t);
    *t = bytes_skip(*t, n);
    return n > 0;
}

static bool take_number(struct bytes *t)
{
    take_word(t, "-");
    bool zero = t->n > 0 && t->p[0] == '0';
    if (zero ? digits(*t) != 1 : digits(*t) == 0)
        return false;
    take_digits(t);
    if (take_word(t, ".") && !take_digits(t))
        return false;
    if (!take_word(t, "e") && !take_word(t, "E"))
        return true;
    if (!take_word(t, "+"))
        take_word(t, "-");
    return take_digits(t);
}

static bool take_scalar(struct bytes *t)
{
    if (t->n > 0 && t->p[0] == '"')
        return take_string(t);
    return take_word(t, "true") || take_word(t, "false") || take_word(t, "null") || take_number(t);
}

static bool take_name(struct bytes *t)
{
    return take_string(t) && take(t, ':');
}

/* What follows a value inside of OPEN brackets: leaves the cursor before the next value, or, with
 * none open any more, behind the whole. */
static bool close_value(struct bytes *t, const char *open, size_t *n)
{
    while (*n > 0) {
        char top = open[*n - 1];
        if (take(t, ','))
            return top == '[' || take_name(t);
        if (!take(t, top == '[' ? ']' : '}'))
            return false;
        --*n;
    }
    return true;
}

static bool take_value(struct bytes *t)
{
    char open[JSON_SCAN_DEPTH];
    size_t n = 0;
    do {
        skip_space(t);
        bool is_object = t->n > 0 && t->p[0] == '{';
        bool is_array = t->n > 0 && t->p[0] == '[';
        if (is_object || is_array) {
            if (n == JSON_SCAN_DEPTH)
                return false;
            *t = bytes_skip(*t, 1);
            open[n++] = is_object ? '{' : '[';
            if (!take(t, is_object ? '}' : ']')) {
                if (is_object && !take_name(t))
                    return false;
                continue;
            }
            n--;
        } else if (!take_scalar(t)) {
            return false;
        }
        if (!close_value(t, open, &n))
            return false;
    } while (n > 0);
    return true;
}

/* -- strings ---------------------------------------------------------------------------------- */

static uint32_t hex4(const uint8_t *p)
{
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t digit = p[i] <= '9' ? p[i] - (uint32_t)'0' : (p[i] | 0x20U) - 'a' + 10;
        v = v << 4 | digit;
    }
    return v;
}

/* The rune of an escape \uXXXX at P, and of its second half if it has one; how many bytes. */
static size_t read_unicode(const uint8_t *p, const uint8_t *end, uint32_t *ret)
{
    enum { ESCAPE = 6, REPLACEMENT = 0xfffd };
    uint32_t high = hex4(p + 2);
    *ret = high;
    if (high < 0xd800 || high > 0xdfff)
        return ESCAPE;
    *ret = REPLACEMENT;
    if (high > 0xdbff || end - p < 2 * ESCAPE || p[ESCAPE] != '\\' || p[ESCAPE + 1] != 'u')
        return ESCAPE;
    uint32_t low = hex4(p + ESCAPE + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return ESCAPE;
    *ret = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return 2 * (size_t)ESCAPE;
}

static uint8_t unescaped(uint8_t c)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *at = strchr(from, c);
    return at == NULL ? c : (uint8_t)to[at - from];
}

/* STRING was taken by take_string. */
static struct bytes decode(struct bytes string, struct arena *arena)
{
    const uint8_t *p = string.p + 1, *end = string.p + string.n - 1;
    uint8_t *out = arena_alloc(arena, string.n);
    size_t n = 0;
    while (p < end) {
        uint32_t rune;
        if (*p != '\\') {
            out[n++] = *p++;
        } else if (p[1] != 'u') {
            out[n++] = unescaped(p[1]);
            p += 2;
        } else {
            p += read_unicode(p, end, &rune);
            n += text_put_rune(rune, out + n);
        }
    }
    return bytes_of(out, n);
}

bool json_scan_string(struct bytes value, struct arena *arena, struct bytes *ret)
{
    struct bytes rest = value;
    if (value.n == 0 || value.p[0] != '"' || !take_string(&rest) || rest.n > 0)
        return false;
    *ret = decode(value, arena);
    return true;
}

/* -- objects ---------------------------------------------------------------------------------- */

static struct bytes between(struct bytes before, struct bytes after)
{
    return bytes_of(before.p, before.n - after.n);
}

bool json_scan_object(struct bytes text, struct arena *arena,
                      void (*each)(void *ctx, struct bytes name, struct bytes value), void *ctx)
{
    if (!take(&text, '{'))
        return false;
    bool more = !take(&text, '}');
    while (more) {
        skip_space(&text);
        struct bytes at = text;
        if (!take_string(&text))
            return false;
        struct bytes name = decode(between(at, text), arena);
        if (!take(&text, ':'))
            return false;
        skip_space(&text);
        at = text;
        if (!take_value(&text))
            return false;
        each(ctx, name, between(at, text));
        more = take(&text, ',');
        if (!more && !take(&text, '}'))
            return false;
    }
    skip_space(&text);
    return text.n == 0;
}

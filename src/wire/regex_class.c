/* Bracket expressions and Unicode's properties. Every character of a class is written by its
 * number, so that no bracket, hyphen or caret of the pattern has a second meaning. */
#include "wire/regex_class.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

static bool is_category(struct bytes name)
{
    static const char *const names[] = { "C",  "Cc", "Cf", "Co", "Cs", "L",  "Ll", "Lm", "Lo",
                                         "Lt", "Lu", "M",  "Mc", "Me", "Mn", "N",  "Nd", "Nl",
                                         "No", "P",  "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps",
                                         "S",  "Sc", "Sk", "Sm", "So", "Z",  "Zl", "Zp", "Zs" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (bytes_is(name, names[i]))
            return true;
    return bytes_is(name, "Any");
}

/* PCRE2 knows the scripts; it would take more spellings of them than Go does. */
static bool is_script(struct bytes name)
{
    char pattern[64];
    int error;
    size_t offset;
    if (name.n < 2 || name.n > 40 || name.p[0] < 'A' || name.p[0] > 'Z')
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] != '_' && (!regex_is_alnum(name.p[i]) || name.p[i] <= '9'))
            return false;
    int n = snprintf(pattern, sizeof pattern, "\\p{sc:%.*s}", (int)name.n, (const char *)name.p);
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)pattern, (size_t)n, PCRE2_UTF, &error, &offset, NULL);
    pcre2_code_free(code);
    return code != NULL;
}

/* `\pL`, `\p{Greek}`, `\P{^Lu}`: takes it and appends it, in or outside of a class. */
enum err regex_property_translate(struct regex_reader *in)
{
    size_t from = in->at;
    bool is_negated = in->text.p[from + 1] == 'P';
    uint32_t c;
    in->at += 2;
    size_t name_at = in->at;
    enum err e = regex_take_rune(in, &c);
    if (e != OK)
        return e;
    if (c == '{') {
        name_at++;
        while (!regex_at_end(in) && in->text.p[in->at] != '}')
            in->at++;
        if (regex_at_end(in))
            return regex_refuse(in, "invalid character class range", from);
        in->at++;
    }
    struct bytes name = bytes_of(in->text.p + name_at, in->at - name_at - (c == '{'));
    if (name.n > 0 && name.p[0] == '^') {
        is_negated = !is_negated;
        name = bytes_skip(name, 1);
    }
    bool is_known = is_category(name);
    if (!is_known && !is_script(name))
        return regex_refuse(in, "invalid character class range", from);
    buf_printf(in->out, "\\%c{%s%.*s}", is_negated ? 'P' : 'p', is_known ? "" : "sc:", (int)name.n,
               (const char *)name.p);
    return OK;
}

bool regex_property_stands(const struct regex_reader *in)
{
    return regex_stands(in, "\\p") || regex_stands(in, "\\P");
}

/* `\d`, `\s`, `\w` and their opposites: takes it and gives what to write inside of a class. */
const char *regex_take_perl_class(struct regex_reader *in)
{
    static const struct {
        const char *name, *content;
    } classes[] = {
        { "\\d", "\\d" },
        { "\\D", "\\D" },
        { "\\s", "\\t\\n\\f\\r\\x20" },
        { "\\S", "\\x00-\\x08\\x0b\\x0e-\\x1f!-\\x{10ffff}" },
        { "\\w", "\\w" },
        { "\\W", "\\W" },
    };
    for (size_t i = 0; i < ARRAY_LEN(classes); i++)
        if (regex_take(in, classes[i].name))
            return classes[i].content;
    return NULL;
}

/* Appends what the POSIX class NAME, perhaps with a caret, holds; false if there is none. One that
 * is not denied is written as its ranges: behind `\W`, PCRE2 10.42 forgets for it what is beyond
 * U+00FF. */
static bool put_posix_class(struct buf *out, struct bytes name)
{
    static const struct {
        const char *name, *content;
    } classes[] = {
        { "alnum", "0-9A-Za-z" },
        { "alpha", "A-Za-z" },
        { "ascii", "\\x00-\\x7f" },
        { "blank", "\\t\\x20" },
        { "cntrl", "\\x00-\\x1f\\x7f" },
        { "digit", "0-9" },
        { "graph", "!-~" },
        { "lower", "a-z" },
        { "print", "\\x20-~" },
        { "punct", "!-/:-@\\[-`{-~" },
        { "space", "\\t-\\r\\x20" },
        { "upper", "A-Z" },
        { "word", "0-9A-Z_a-z" },
        { "xdigit", "0-9A-Fa-f" },
    };
    bool is_denied = name.n > 0 && name.p[0] == '^';
    struct bytes plain = bytes_skip(name, is_denied ? 1 : 0);
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        if (!bytes_is(plain, classes[i].name))
            continue;
        if (is_denied)
            buf_printf(out, "[:^%s:]", classes[i].name);
        else
            buf_put_str(out, classes[i].content);
        return true;
    }
    return false;
}

/* `[:alpha:]` inside of a class. FOUND: it was there; else a bracket is itself. */
static enum err translate_posix_class(struct regex_reader *in, bool *found)
{
    size_t from = in->at, end = from + 2;
    *found = false;
    if (!regex_stands(in, "[:"))
        return OK;
    while (end + 1 < in->text.n && (in->text.p[end] != ':' || in->text.p[end + 1] != ']'))
        end++;
    if (end + 1 >= in->text.n)
        return OK;
    in->at = end + 2;
    *found = true;
    if (put_posix_class(in->out, bytes_of(in->text.p + from + 2, end - from - 2)))
        return OK;
    return regex_refuse(in, "invalid character class range", from);
}

/* A character of the class that began at FROM. */
static enum err take_class_rune(struct regex_reader *in, size_t from, uint32_t *ret)
{
    if (regex_at_end(in))
        return regex_refuse_rest(in, ERR_MALFORMED, "missing closing ]", from);
    return regex_stands(in, "\\") ? regex_take_escape(in, ret) : regex_take_rune(in, ret);
}

/* Surrogates are in no text, and PCRE2 takes none for an end of a range. */
static void put_range(struct regex_reader *in, uint32_t low, uint32_t high)
{
    low = regex_is_surrogate(low) ? 0xe000 : low;
    high = regex_is_surrogate(high) ? 0xd7ff : high;
    if (low <= high)
        buf_printf(in->out, "\\x{%x}-\\x{%x}", low, high);
}

static enum err translate_range(struct regex_reader *in, size_t class_at)
{
    size_t from = in->at;
    uint32_t low = 0, high;
    enum err e = take_class_rune(in, class_at, &low);
    if (e != OK)
        return e;
    high = low;
    if (in->at + 2 <= in->text.n && regex_stands(in, "-") && in->text.p[in->at + 1] != ']') {
        in->at++;
        e = take_class_rune(in, class_at, &high);
        if (e != OK)
            return e;
        if (high < low)
            return regex_refuse(in, "invalid character class range", from);
    }
    put_range(in, low, high);
    return OK;
}

static enum err translate_class_part(struct regex_reader *in, size_t class_at)
{
    bool found = false;
    enum err e = translate_posix_class(in, &found);
    if (e != OK || found)
        return e;
    if (regex_property_stands(in))
        return regex_property_translate(in);
    const char *content = regex_take_perl_class(in);
    if (content == NULL)
        return translate_range(in, class_at);
    buf_put_str(in->out, content);
    return OK;
}

enum err regex_class_translate(struct regex_reader *in)
{
    size_t from = in->at++;
    bool is_negated = regex_take(in, "^");
    buf_put_str(in->out, is_negated ? "[^" : "[");
    size_t empty_n = in->out->n;
    for (bool is_first = true; is_first || !regex_stands(in, "]"); is_first = false) {
        enum err e = translate_class_part(in, from);
        if (e != OK)
            return e;
    }
    in->at++;
    if (in->out->n == empty_n && !in->out->full) { /* only surrogates: nothing, or anything */
        in->out->n -= is_negated;
        buf_put_str(in->out, is_negated ? "\\x00-\\x{10ffff}" : "^\\x00-\\x{10ffff}");
    }
    buf_put_u8(in->out, ']');
    return OK;
}

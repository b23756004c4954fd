/* Each element of the pattern is read by Go's rules and written anew, so that nothing which only
 * PCRE2 knows (back references, looking around, possessive repetition, verbs) can pass, and what
 * both write alike but mean differently (`\v`, `\s`, `^*`, a hyphen after a class) means what it
 * does in Go. Literals that are no letters or digits are written by their number.
 *
 * Flags and lazy repetition that change only which match is found are left out: nobody asks.
 *
 * Flags wait for what they are for: in `a(?i)*b` Go repeats the a.
 *
 * Refused though Go takes it: such a repetition of a repetition, `a*(?i)*`. */
#include "wire/regex_syntax.h"

#include "wire/regex_class.h"

enum { REPEAT_MAX = 1000 };

/* What stands in front of a repetition. */
enum last { LAST_NOTHING, LAST_ELEMENT, LAST_REPETITION };

struct group {
    enum last last;
    size_t repetition_at; /* where the last one begins */
    unsigned copies;      /* of its smallest part that the last element stands for */
    unsigned most_copies; /* of those before it */
};

struct translator {
    struct regex_reader in;
    bool captures;
    struct group groups[REGEX_DEPTH_MAX + 1];
    unsigned depth;
    unsigned waiting[2]; /* flags to be set and unset before the next element */
};

static struct group *here(struct translator *t)
{
    return &t->groups[t->depth];
}

/* -- writing ----------------------------------------------------------------------------------- */

/* "(?i-s" for FLAGS, set and unset. */
static void open_flags(struct translator *t, const unsigned flags[2])
{
    static const char letters[] = "ims";
    buf_put_str(t->in.out, "(?");
    for (unsigned side = 0; side < 2; side++) {
        if (side == 1 && flags[1] != 0)
            buf_put_u8(t->in.out, '-');
        for (unsigned i = 0; letters[i] != 0; i++)
            if ((flags[side] & BIT(i)) != 0)
                buf_put_u8(t->in.out, (uint8_t)letters[i]);
    }
}

static void put_waiting_flags(struct translator *t)
{
    if ((t->waiting[0] | t->waiting[1]) == 0)
        return;
    open_flags(t, t->waiting);
    buf_put_u8(t->in.out, ')');
    t->waiting[0] = t->waiting[1] = 0;
}

/* Text that can be repeated, and holds COPIES of its smallest part. */
static void put_element(struct translator *t, const char *text, unsigned copies)
{
    struct group *g = here(t);
    put_waiting_flags(t);
    buf_put_str(t->in.out, text);
    if (g->copies > g->most_copies)
        g->most_copies = g->copies;
    g->copies = copies;
    g->last = LAST_ELEMENT;
}

static void put_literal(struct translator *t, uint32_t rune)
{
    put_element(t, regex_is_surrogate(rune) ? "(?:(?!))" : "", 1); /* no text holds a surrogate */
    if (regex_is_alnum(rune))
        buf_put_u8(t->in.out, (uint8_t)rune);
    else if (!regex_is_surrogate(rune))
        buf_printf(t->in.out, "\\x{%x}", rune);
}

/* -- repetition -------------------------------------------------------------------------------- */

/* A number without leading zeros; above any limit if it has too many digits. */
static bool take_number(struct translator *t, unsigned *ret)
{
    size_t start = t->in.at;
    unsigned v = 0;
    while (!regex_at_end(&t->in) && t->in.text.p[t->in.at] >= '0' &&
           t->in.text.p[t->in.at] <= '9') {
        v = v > REPEAT_MAX ? v : v * 10 + (t->in.text.p[t->in.at] - '0');
        t->in.at++;
    }
    *ret = v;
    return t->in.at > start && (t->in.text.p[start] != '0' || t->in.at == start + 1);
}

struct repetition {
    unsigned least, most;
    bool is_open; /* no MOST */
};

/* Takes "{2}", "{2,}" or "{2,3}"; anything else is no repetition, and a brace is itself. */
static bool take_counts(struct translator *t, struct repetition *ret)
{
    size_t start = t->in.at;
    struct repetition r = { 0 };
    bool ok = regex_take(&t->in, "{") && take_number(t, &r.least);
    r.most = r.least;
    if (ok && regex_take(&t->in, ",")) {
        r.is_open = regex_stands(&t->in, "}");
        ok = r.is_open || take_number(t, &r.most);
    }
    ok = ok && regex_take(&t->in, "}");
    if (ok)
        *ret = r;
    else
        t->in.at = start;
    return ok;
}

static bool counts_fit(const struct repetition *r)
{
    return r->least <= REPEAT_MAX && (r->is_open || (r->most <= REPEAT_MAX && r->least <= r->most));
}

/* What R makes of an element of COPIES. */
static unsigned multiply(unsigned copies, const struct repetition *r)
{
    unsigned times = r->is_open ? r->least : r->most;
    if (times == 0)
        return r->is_open ? copies : 1;
    return copies * times;
}

/* A sign, R then is NULL, or counts have been taken since FROM; a question mark may follow. */
static enum err repeat(struct translator *t, const struct repetition *r, size_t from)
{
    struct group *g = here(t);
    struct bytes written = bytes_of(t->in.text.p + from, t->in.at - from);
    if (r != NULL && !counts_fit(r))
        return regex_refuse(&t->in, "invalid repeat count", from);
    regex_take(&t->in, "?");
    if (g->last == LAST_REPETITION)
        return regex_refuse(&t->in, "invalid nested repetition operator", g->repetition_at);
    if (g->last == LAST_NOTHING)
        return regex_refuse(&t->in, "missing argument to repetition operator", from);
    g->last = LAST_REPETITION;
    g->repetition_at = from;
    g->copies = r == NULL ? g->copies : multiply(g->copies, r);
    if (g->copies > REPEAT_MAX)
        return regex_refuse(&t->in, "invalid repeat count", from);
    buf_put_bytes(t->in.out, written);
    return OK;
}

static enum err translate_sign(struct translator *t)
{
    t->in.at++;
    return repeat(t, NULL, t->in.at - 1);
}

static enum err translate_brace(struct translator *t)
{
    struct repetition r;
    size_t from = t->in.at;
    if (take_counts(t, &r))
        return repeat(t, &r, from);
    t->in.at++;
    put_literal(t, '{');
    return OK;
}

/* -- the elements ------------------------------------------------------------------------------ */

static enum err open_group(struct translator *t, const char *text)
{
    if (t->depth == REGEX_DEPTH_MAX)
        return regex_refuse_rest(&t->in, ERR_TOO_BIG, "expression nests too deeply", 0);
    put_waiting_flags(t);
    buf_put_str(t->in.out, text);
    t->groups[++t->depth] = (struct group){ .copies = 1, .most_copies = 1 };
    return OK;
}

static enum err close_group(struct translator *t)
{
    if (t->depth == 0)
        return regex_refuse_rest(&t->in, ERR_MALFORMED, "unexpected )", 0);
    struct group *g = here(t);
    unsigned copies = g->copies > g->most_copies ? g->copies : g->most_copies;
    t->in.at++;
    t->depth--;
    put_element(t, ")", copies);
    return OK;
}

/* `(?P<name>` and `(?<name>`; their names are not asked for. */
static enum err translate_named_group(struct translator *t, size_t from)
{
    size_t name_at = t->in.at;
    while (!regex_at_end(&t->in) && t->in.text.p[t->in.at] != '>')
        t->in.at++;
    bool ok = !regex_at_end(&t->in) && t->in.at > name_at;
    for (size_t i = name_at; ok && i < t->in.at; i++)
        ok = t->in.text.p[i] == '_' || regex_is_alnum(t->in.text.p[i]);
    t->in.at += !regex_at_end(&t->in);
    return ok ? open_group(t, t->captures ? "(" : "(?:")
              : regex_refuse(&t->in, "invalid named capture", from);
}

/* Takes of FLAGS, set and then unset, what changes whether there is a match; opens a group with
 * them or lets them wait. */
static enum err take_flags(struct translator *t, const unsigned flags[2], bool is_group)
{
    const unsigned known[2] = { flags[0] & 7, flags[1] & 7 };
    if (is_group) {
        put_waiting_flags(t);
        open_flags(t, known);
        return open_group(t, ":");
    }
    t->waiting[0] = (t->waiting[0] | known[0]) & ~known[1];
    t->waiting[1] = (t->waiting[1] & ~known[0]) | known[1];
    return OK;
}

/* `(?i)`, `(?s-m:`, `(?:`, after the question mark. */
static enum err translate_flags(struct translator *t, size_t from)
{
    static const char known[] = "imsU"; /* U says which match is found, so it is left out */
    unsigned flags[2] = { 0 }, side = 0;
    bool some = true;
    while (!regex_at_end(&t->in)) {
        uint32_t c;
        enum err e = regex_take_rune(&t->in, &c);
        if (e != OK)
            return e;
        const char *flag = c == 0 || c > 0x7f ? NULL : strchr(known, (int)c);
        if (flag != NULL) {
            flags[side] |= BIT(flag - known);
            some = true;
        } else if (c == '-' && side == 0) {
            side = 1;
            some = false;
        } else if ((c == ':' || c == ')') && some) {
            return take_flags(t, flags, c == ':');
        } else {
            break;
        }
    }
    return regex_refuse(&t->in, "invalid or unsupported Perl syntax", from);
}

static enum err translate_group(struct translator *t)
{
    size_t from = t->in.at, left = t->in.text.n - t->in.at;
    bool is_named =
        (left > 4 && regex_stands(&t->in, "(?P<")) || (left > 3 && regex_stands(&t->in, "(?<"));
    if (is_named) {
        t->in.at += t->in.text.p[from + 2] == 'P' ? 4 : 3;
        return translate_named_group(t, from);
    }
    t->in.at++;
    return regex_take(&t->in, "?") ? translate_flags(t, from)
                                   : open_group(t, t->captures ? "(" : "(?:");
}

static enum err translate_quoted(struct translator *t)
{
    while (!regex_at_end(&t->in) && !regex_take(&t->in, "\\E")) {
        uint32_t rune;
        enum err e = regex_take_rune(&t->in, &rune);
        if (e != OK)
            return e;
        put_literal(t, rune);
    }
    return OK;
}

/* Assertions stand in a group, for Go repeats them too. */
static bool translate_assertion(struct translator *t)
{
    static const struct {
        const char *go, *pcre2;
    } assertions[] = {
        { "^", "(?:^)" },     { "$", "(?:$)" },     { "\\A", "(?:\\A)" },
        { "\\z", "(?:\\z)" }, { "\\b", "(?:\\b)" }, { "\\B", "(?:\\B)" },
    };
    for (size_t i = 0; i < ARRAY_LEN(assertions); i++)
        if (regex_take(&t->in, assertions[i].go)) {
            put_element(t, assertions[i].pcre2, 1);
            return true;
        }
    return false;
}

static enum err translate_escape(struct translator *t)
{
    uint32_t rune;
    if (regex_take(&t->in, "\\Q"))
        return translate_quoted(t);
    if (regex_property_stands(&t->in)) {
        put_element(t, "", 1);
        return regex_property_translate(&t->in);
    }
    const char *content = regex_take_perl_class(&t->in);
    if (content != NULL) {
        put_element(t, "[", 1);
        buf_printf(t->in.out, "%s]", content);
        return OK;
    }
    enum err e = regex_take_escape(&t->in, &rune);
    if (e == OK)
        put_literal(t, rune);
    return e;
}

static enum err translate_literal(struct translator *t)
{
    uint32_t rune;
    enum err e = regex_take_rune(&t->in, &rune);
    if (e == OK)
        put_literal(t, rune);
    return e;
}

static enum err translate_element(struct translator *t)
{
    if (translate_assertion(t))
        return OK;
    switch (t->in.text.p[t->in.at]) {
    case '(':
        return translate_group(t);
    case ')':
        return close_group(t);
    case '[':
        put_element(t, "", 1);
        return regex_class_translate(&t->in);
    case '\\':
        return translate_escape(t);
    case '{':
        return translate_brace(t);
    case '*':
    case '+':
    case '?':
        return translate_sign(t);
    case '.':
        t->in.at++;
        put_element(t, ".", 1);
        return OK;
    case '|':
        t->in.at++;
        put_waiting_flags(t);
        buf_put_u8(t->in.out, '|');
        here(t)->last = LAST_NOTHING;
        return OK;
    default:
        return translate_literal(t);
    }
}

enum err regex_translate(struct bytes pattern, bool captures, struct buf *out, struct why *why)
{
    struct translator t = { .in = { .text = pattern, .out = out, .why = why },
                            .captures = captures };
    t.groups[0] = (struct group){ .copies = 1, .most_copies = 1 };
    while (!regex_at_end(&t.in)) {
        enum err e = translate_element(&t);
        if (e != OK)
            return e;
    }
    return t.depth == 0 ? OK : regex_refuse_rest(&t.in, ERR_MALFORMED, "missing closing )", 0);
}

/* Literals and selectors of the filter language. */
#include "wire/filter_token.h"

#include "wire/go_text.h"

enum filter_rule filter_enter(struct filter_tokens *in, enum filter_rule rule)
{
    enum filter_rule outer = in->scan.rule;
    in->scan.rule = rule;
    return outer;
}

bool filter_leave(struct filter_tokens *in, enum filter_rule outer, size_t start, bool ok)
{
    in->scan.rule = outer;
    if (!ok)
        in->scan.at = start;
    return ok;
}

/* -- literals ---------------------------------------------------------------------------------- */

/* The rest of a string that began with QUOTE. */
static bool take_characters(struct filter_tokens *in, enum filter_want quote)
{
    enum filter_rule rule =
        quote == FILTER_WANT_QUOTE ? FILTER_RULE_CHARACTER : FILTER_RULE_RAW_CHARACTER;
    while (filter_scan_but(&in->scan, rule, quote))
        ;
    if (filter_scan_word(&in->scan, quote))
        return true;
    filter_scan_fault(&in->scan, "Unterminated string literal", in->scan.at);
    return false;
}

/* A string whose escapes are none is a fault that does not end the reading. */
static void unquote(struct filter_tokens *in, size_t start, struct bytes *ret)
{
    struct bytes literal = bytes_of(in->scan.text.p + start, in->scan.at - start);
    enum err e = go_unquote(literal, in->arena, ret);
    if (e == ERR_MALFORMED)
        filter_scan_fault(&in->scan, "invalid syntax", start);
    in->is_too_big |= e == ERR_TOO_BIG;
}

static bool take_string(struct filter_tokens *in, struct bytes *ret)
{
    size_t start = in->scan.at;
    enum filter_rule outer = filter_enter(in, FILTER_RULE_STRING);
    bool ok = false;
    if (filter_scan_word(&in->scan, FILTER_WANT_BACK_QUOTE))
        ok = take_characters(in, FILTER_WANT_BACK_QUOTE);
    else if (filter_scan_word(&in->scan, FILTER_WANT_QUOTE))
        ok = take_characters(in, FILTER_WANT_QUOTE);
    if (ok)
        unquote(in, start, ret);
    return filter_leave(in, outer, start, ok);
}

static bool take_fraction(struct filter_tokens *in)
{
    size_t start = in->scan.at;
    bool ok = filter_scan_word(&in->scan, FILTER_WANT_DOT) &&
              filter_scan_class(&in->scan, FILTER_WANT_DIGIT);
    while (ok && filter_scan_class(&in->scan, FILTER_WANT_DIGIT))
        ;
    return filter_leave(in, in->scan.rule, start, ok);
}

static bool take_digits(struct filter_tokens *in)
{
    size_t start = in->scan.at;
    enum filter_rule outer = filter_enter(in, FILTER_RULE_DIGITS);
    bool ok = filter_scan_word(&in->scan, FILTER_WANT_ZERO);
    if (!ok && filter_scan_class(&in->scan, FILTER_WANT_NONZERO)) {
        ok = true;
        while (filter_scan_class(&in->scan, FILTER_WANT_DIGIT))
            ;
    }
    if (ok)
        take_fraction(in); /* or not */
    return filter_leave(in, outer, start, ok);
}

/* A number must be followed by a blank, a parenthesis or nothing; looks without taking. */
static bool number_ends(struct filter_tokens *in)
{
    size_t start = in->scan.at;
    enum filter_rule outer = filter_enter(in, FILTER_RULE_AFTER_NUMBER);
    bool ok = filter_scan_space(&in->scan) || filter_scan_end(&in->scan) ||
              filter_scan_word(&in->scan, FILTER_WANT_CLOSE);
    filter_leave(in, outer, start, false);
    return ok;
}

static bool take_number(struct filter_tokens *in, struct bytes *ret)
{
    size_t start = in->scan.at;
    enum filter_rule outer = filter_enter(in, FILTER_RULE_NUMBER);
    filter_scan_word(&in->scan, FILTER_WANT_MINUS); /* or not */
    bool ok = take_digits(in);
    if (ok && !number_ends(in)) {
        filter_scan_fault(&in->scan, "Invalid number literal", in->scan.at);
        ok = false;
    }
    if (ok) {
        struct bytes digits = bytes_of(in->scan.text.p + start, in->scan.at - start);
        *ret = arena_dup(in->arena, digits);
    }
    return filter_leave(in, outer, start, ok);
}

/* -- selectors --------------------------------------------------------------------------------- */

static bool take_name(struct filter_tokens *in, struct bytes *ret)
{
    size_t start = in->scan.at;
    enum filter_rule outer = filter_enter(in, FILTER_RULE_IDENTIFIER);
    bool ok = filter_scan_class(&in->scan, FILTER_WANT_LETTER);
    while (ok && filter_scan_class(&in->scan, FILTER_WANT_WORD))
        ;
    if (ok)
        *ret = bytes_of(in->scan.text.p + start, in->scan.at - start); /* copied when joined */
    return filter_leave(in, outer, start, ok);
}

static bool take_index(struct filter_tokens *in, struct bytes *ret)
{
    size_t start = in->scan.at;
    enum filter_rule outer = filter_enter(in, FILTER_RULE_INDEX);
    bool ok = filter_scan_word(&in->scan, FILTER_WANT_OPEN_INDEX);
    if (ok) {
        filter_scan_space(&in->scan);
        ok = take_string(in, ret);
        if (!ok)
            filter_scan_fault(&in->scan, "Invalid index", in->scan.at);
    }
    if (ok) {
        filter_scan_space(&in->scan);
        ok = filter_scan_word(&in->scan, FILTER_WANT_CLOSE_INDEX);
        if (!ok)
            filter_scan_fault(&in->scan, "Unclosed index expression", in->scan.at);
    }
    return filter_leave(in, outer, start, ok);
}

static bool take_segment(struct filter_tokens *in, struct bytes *ret)
{
    size_t start = in->scan.at;
    enum filter_rule outer = filter_enter(in, FILTER_RULE_SEGMENT);
    bool ok = filter_scan_word(&in->scan, FILTER_WANT_DOT) && take_name(in, ret);
    if (!ok) {
        in->scan.at = start;
        ok = take_index(in, ret);
    }
    return filter_leave(in, outer, start, ok);
}

/* Sets what hangs on all segments: the joined text, and each name as a part of it. */
static void join(struct filter_tokens *in, struct filter_selector *s, size_t n)
{
    uint8_t *joined = arena_alloc(in->arena, n);
    size_t at = 0;
    for (struct filter_segment *g = s->first; g != NULL; g = g->next) {
        if (g != s->first)
            joined[at++] = '.';
        if (g->name.n > 0)
            memcpy(joined + at, g->name.p, g->name.n);
        g->name.p = joined + at;
        at += g->name.n;
        g->joined_n = at;
    }
    s->joined = bytes_of(joined, at);
}

bool filter_take_selector(struct filter_tokens *in, struct filter_selector *ret)
{
    size_t start = in->scan.at, n = 0;
    enum filter_rule outer = filter_enter(in, FILTER_RULE_SELECTOR);
    struct filter_selector s = { 0 };
    struct filter_segment **link = &s.first;
    struct bytes name = { 0 };
    bool ok = take_name(in, &name);
    for (bool more = ok; more; more = take_segment(in, &name)) {
        *link = arena_zalloc(in->arena, 1, sizeof **link);
        (*link)->name = name;
        link = &(*link)->next;
        n += name.n + 1;
        name = (struct bytes){ 0 };
    }
    if (ok) {
        join(in, &s, n);
        *ret = s;
    }
    return filter_leave(in, outer, start, ok);
}

/* A selector where a value stands is its own text: `passing`, `a.b`. */
bool filter_take_value(struct filter_tokens *in, struct bytes *ret)
{
    size_t start = in->scan.at;
    enum filter_rule outer = filter_enter(in, FILTER_RULE_VALUE);
    struct filter_selector bare;
    bool is_bare = filter_take_selector(in, &bare);
    if (is_bare)
        *ret = bare.joined;
    return filter_leave(in, outer, start, is_bare || take_number(in, ret) || take_string(in, ret));
}

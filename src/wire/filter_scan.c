/* The cursor of the filter language, and the two kinds of sentences that say what is wrong. */
#include "wire/filter_scan.h"

#include "base/buf.h"
#include "base/text.h"

static const char *const rule_names[FILTER_RULES] = {
    [FILTER_RULE_INPUT] = "Input",
    [FILTER_RULE_OR] = "OrExpression",
    [FILTER_RULE_AND] = "AndExpression",
    [FILTER_RULE_NOT] = "NotExpression",
    [FILTER_RULE_GROUPING] = "\"grouping\"",
    [FILTER_RULE_MATCH] = "\"match\"",
    [FILTER_RULE_EQUAL] = "MatchEqual",
    [FILTER_RULE_NOT_EQUAL] = "MatchNotEqual",
    [FILTER_RULE_IS_EMPTY] = "MatchIsEmpty",
    [FILTER_RULE_IS_NOT_EMPTY] = "MatchIsNotEmpty",
    [FILTER_RULE_IN] = "MatchIn",
    [FILTER_RULE_NOT_IN] = "MatchNotIn",
    [FILTER_RULE_CONTAINS] = "MatchContains",
    [FILTER_RULE_NOT_CONTAINS] = "MatchNotContains",
    [FILTER_RULE_MATCHES] = "MatchMatches",
    [FILTER_RULE_NOT_MATCHES] = "MatchNotMatches",
    [FILTER_RULE_SELECTOR] = "\"selector\"",
    [FILTER_RULE_IDENTIFIER] = "Identifier",
    [FILTER_RULE_SEGMENT] = "SelectorOrIndex",
    [FILTER_RULE_INDEX] = "\"index\"",
    [FILTER_RULE_VALUE] = "\"value\"",
    [FILTER_RULE_NUMBER] = "\"number\"",
    [FILTER_RULE_AFTER_NUMBER] = "AfterNumbers",
    [FILTER_RULE_DIGITS] = "IntegerOrFloat",
    [FILTER_RULE_STRING] = "\"string\"",
    [FILTER_RULE_RAW_CHARACTER] = "RawStringChar",
    [FILTER_RULE_CHARACTER] = "DoubleStringChar",
    [FILTER_RULE_SPACE] = "\"whitespace\"",
    [FILTER_RULE_END] = "EOF",
};

/* The words and signs themselves; classes have a test of their own. */
static const struct {
    const char *word, *shown;
} wants[FILTER_WANTS] = {
    [FILTER_WANT_NOT_EQUAL] = { "!=", "\"!=\"" },
    [FILTER_WANT_OPEN] = { "(", "\"(\"" },
    [FILTER_WANT_CLOSE] = { ")", "\")\"" },
    [FILTER_WANT_MINUS] = { "-", "\"-\"" },
    [FILTER_WANT_DOT] = { ".", "\".\"" },
    [FILTER_WANT_ZERO] = { "0", "\"0\"" },
    [FILTER_WANT_EQUAL] = { "==", "\"==\"" },
    [FILTER_WANT_OPEN_INDEX] = { "[", "\"[\"" },
    [FILTER_WANT_QUOTE] = { "\"", "\"\\\"\"" },
    [FILTER_WANT_CLOSE_INDEX] = { "]", "\"]\"" },
    [FILTER_WANT_BACK_QUOTE] = { "`", "\"`\"" },
    [FILTER_WANT_AND] = { "and", "\"and\"" },
    [FILTER_WANT_CONTAINS] = { "contains", "\"contains\"" },
    [FILTER_WANT_EMPTY] = { "empty", "\"empty\"" },
    [FILTER_WANT_IN] = { "in", "\"in\"" },
    [FILTER_WANT_IS] = { "is", "\"is\"" },
    [FILTER_WANT_MATCHES] = { "matches", "\"matches\"" },
    [FILTER_WANT_NOT] = { "not", "\"not\"" },
    [FILTER_WANT_OR] = { "or", "\"or\"" },
    [FILTER_WANT_SPACE] = { NULL, "[ \\t\\r\\n]" },
    [FILTER_WANT_DIGIT] = { NULL, "[0-9]" },
    [FILTER_WANT_NONZERO] = { NULL, "[1-9]" },
    [FILTER_WANT_WORD] = { NULL, "[a-zA-Z0-9_]" },
    [FILTER_WANT_LETTER] = { NULL, "[a-zA-Z]" },
    [FILTER_WANT_END] = { NULL, "EOF" },
};

/* -- the cursor -------------------------------------------------------------------------------- */

void filter_scan_fault(struct filter_scan *s, const char *text, size_t at)
{
    for (unsigned i = 0; i < s->fault_n; i++) {
        const struct filter_fault *f = &s->faults[i];
        if (f->at == at && f->rule == s->rule && strcmp(f->text, text) == 0)
            return;
    }
    if (s->fault_n < FILTER_FAULTS)
        s->faults[s->fault_n++] = (struct filter_fault){ .text = text, .at = at, .rule = s->rule };
}

/* What now stands under the cursor must be a character: each is looked at before it is wanted. */
static void look(struct filter_scan *s)
{
    uint32_t rune;
    if (s->at < s->text.n && text_rune(bytes_skip(s->text, s->at), &rune) == 0)
        filter_scan_fault(s, "invalid encoding", s->at);
}

static void step(struct filter_scan *s)
{
    uint32_t rune;
    size_t n = text_rune(bytes_skip(s->text, s->at), &rune);
    s->at += n == 0 ? 1 : n;
    look(s);
}

void filter_scan_init(struct filter_scan *s, struct bytes text)
{
    *s = (struct filter_scan){ .text = text };
    look(s);
}

/* WANT was not found at AT. */
static bool miss(struct filter_scan *s, enum filter_want want, size_t at)
{
    if (at > s->furthest) {
        s->furthest = at;
        s->wanted = 0;
    }
    if (at == s->furthest)
        s->wanted |= BIT(want);
    return false;
}

bool filter_scan_word(struct filter_scan *s, enum filter_want word)
{
    size_t start = s->at;
    for (const char *c = wants[word].word; *c != 0; c++) {
        if (s->at == s->text.n || s->text.p[s->at] != (uint8_t)*c) {
            s->at = start;
            return miss(s, word, start);
        }
        step(s);
    }
    return true;
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_in(uint8_t c, enum filter_want class)
{
    if (class == FILTER_WANT_SPACE)
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (class == FILTER_WANT_LETTER)
        return is_letter(c);
    if (class == FILTER_WANT_NONZERO)
        return c >= '1' && c <= '9';
    bool is_digit = c >= '0' && c <= '9';
    return class == FILTER_WANT_DIGIT ? is_digit : is_digit || is_letter(c) || c == '_';
}

bool filter_scan_class(struct filter_scan *s, enum filter_want class)
{
    if (s->at == s->text.n || !is_in(s->text.p[s->at], class))
        return miss(s, class, s->at);
    step(s);
    return true;
}

bool filter_scan_space(struct filter_scan *s)
{
    enum filter_rule outer = s->rule;
    bool some = false;
    s->rule = FILTER_RULE_SPACE;
    while (filter_scan_class(s, FILTER_WANT_SPACE))
        some = true;
    s->rule = outer;
    return some;
}

bool filter_scan_but(struct filter_scan *s, enum filter_rule rule, enum filter_want but)
{
    enum filter_rule outer = s->rule;
    if (s->at == s->text.n)
        return false;
    s->rule = rule;
    bool is_other = s->text.p[s->at] != (uint8_t)wants[but].word[0];
    size_t start = s->at;
    step(s);
    if (!is_other)
        s->at = start;
    s->rule = outer;
    return is_other;
}

bool filter_scan_end(struct filter_scan *s)
{
    enum filter_rule outer = s->rule;
    size_t start = s->at;
    if (start == s->text.n)
        return true;
    s->rule = FILTER_RULE_END;
    step(s); /* to see that there is something is to take it */
    s->rule = outer;
    s->at = start;
    return miss(s, FILTER_WANT_END, start);
}

/* -- what is wrong ----------------------------------------------------------------------------- */

/* "line:column (offset)"; a newline is the place 0 of the line that it begins. */
static void put_place(struct buf *out, struct bytes text, size_t at)
{
    size_t line = 1, column = 0;
    uint32_t rune;
    for (size_t i = 0; i <= at; i++) {
        column++;
        if (i < text.n && text.p[i] == '\n') {
            line++;
            column = 0;
        }
        size_t n = text_rune(bytes_skip(text, i), &rune);
        i += n > 1 ? n - 1 : 0;
    }
    buf_printf(out, "%zu:%zu (%zu)", line, column, at);
}

static void put_faults(const struct filter_scan *s, struct buf *out)
{
    for (unsigned i = 0; i < s->fault_n; i++) {
        const struct filter_fault *f = &s->faults[i];
        if (i > 0)
            buf_put_u8(out, '\n');
        put_place(out, s->text, f->at);
        if (f->rule != FILTER_RULE_NONE)
            buf_printf(out, ": rule %s", rule_names[f->rule]);
        buf_printf(out, ": %s", f->text);
    }
}

static void put_wanted(const struct filter_scan *s, struct buf *out)
{
    put_place(out, s->text, s->furthest);
    buf_put_str(out, ": no match found, expected: ");
    for (unsigned i = 0, left = s->wanted; left != 0; i++) {
        if ((left & BIT(i)) == 0)
            continue;
        bool is_first = left == s->wanted;
        left &= ~BIT(i);
        buf_put_str(out, is_first ? "" : left == 0 ? " or " : ", ");
        buf_put_str(out, wants[i].shown);
    }
}

enum err filter_scan_why(const struct filter_scan *s, struct why *why)
{
    struct buf text;
    buf_init(&text, sizeof why->text * 8);
    if (s->fault_n > 0)
        put_faults(s, &text);
    else
        put_wanted(s, &text);
    why_set(why, ERR_MALFORMED, "%.*s", (int)text.n, (const char *)text.p);
    buf_fini(&text);
    return ERR_MALFORMED;
}

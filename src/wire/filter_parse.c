/* clang-format off */
/* The grammar, lowest first:
 *
 *     or       = and { "or" and }
 *     and      = not { "and" not }
 *     not      = "not" not | group
 *     group    = "(" or ")" | match
 *     match    = selector ( "==" | "!=" | ["not"] "contains" | ["not"] "matches" ) value
 *              | selector "is" ["not"] "empty"
 *              | value ["not"] "in" selector
 *     selector = name { "." name | "[" string "]" }
 *     value    = selector | number | string
 *
 * No word is reserved: `not in in` finds the value "not" in the field "in". So a rule that fails
 * goes back, and the next form is tried from the same place; `or` and `and` that lead nowhere are
 * given back too. The order of attempts decides what an error says, and is that of Consul's parser;
 * no attempt reads a group twice but the outermost, so the time is linear where that parser's
 * doubles with each parenthesis.
 *
 * Recursion: only `not` and "(" go deeper, and these are counted. */
/* clang-format on */
#include "wire/filter.h"
#include "wire/filter_token.h"

struct parser {
    struct filter_tokens in;
    unsigned depth, depth_max;
    bool is_too_deep;
};

static bool go_deeper(struct parser *p)
{
    if (p->depth < p->depth_max && !p->is_too_deep) {
        p->depth++;
        return true;
    }
    p->is_too_deep = true;
    return false;
}

/* -- matches ----------------------------------------------------------------------------------- */

/* How an operator is written: words with blanks between them, before them and after them, or a sign
 * that needs none. */
struct spelling {
    enum filter_rule rule;
    enum filter_operator operator;
    bool is_sign, is_last; /* IS_LAST: nothing follows it */
    enum filter_want words[3];
    unsigned word_n;
};

/* clang-format off */
static const struct spelling with_value[] = {
    { FILTER_RULE_EQUAL, FILTER_EQUAL, true, false, { FILTER_WANT_EQUAL }, 1 },
    { FILTER_RULE_NOT_EQUAL, FILTER_NOT_EQUAL, true, false, { FILTER_WANT_NOT_EQUAL }, 1 },
    { FILTER_RULE_CONTAINS, FILTER_IN, false, false, { FILTER_WANT_CONTAINS }, 1 },
    { FILTER_RULE_NOT_CONTAINS, FILTER_NOT_IN, false, false,
      { FILTER_WANT_NOT, FILTER_WANT_CONTAINS }, 2 },
    { FILTER_RULE_MATCHES, FILTER_MATCHES, false, false, { FILTER_WANT_MATCHES }, 1 },
    { FILTER_RULE_NOT_MATCHES, FILTER_NOT_MATCHES, false, false,
      { FILTER_WANT_NOT, FILTER_WANT_MATCHES }, 2 },
};
static const struct spelling without_value[] = {
    { FILTER_RULE_IS_EMPTY, FILTER_IS_EMPTY, false, true, { FILTER_WANT_IS, FILTER_WANT_EMPTY }, 2 },
    { FILTER_RULE_IS_NOT_EMPTY, FILTER_IS_NOT_EMPTY, false, true,
      { FILTER_WANT_IS, FILTER_WANT_NOT, FILTER_WANT_EMPTY }, 3 },
};
static const struct spelling after_value[] = {
    { FILTER_RULE_IN, FILTER_IN, false, false, { FILTER_WANT_IN }, 1 },
    { FILTER_RULE_NOT_IN, FILTER_NOT_IN, false, false, { FILTER_WANT_NOT, FILTER_WANT_IN }, 2 },
};
/* clang-format on */

static bool take_spelling(struct parser *p, const struct spelling *o)
{
    size_t start = p->in.scan.at;
    enum filter_rule outer = filter_enter(&p->in, o->rule);
    bool ok = true;
    for (unsigned i = 0; i < o->word_n && ok; i++) {
        ok = filter_scan_space(&p->in.scan) || o->is_sign;
        ok = ok && filter_scan_word(&p->in.scan, o->words[i]);
    }
    if (ok && !o->is_last)
        ok = filter_scan_space(&p->in.scan) || o->is_sign;
    return filter_leave(&p->in, outer, start, ok);
}

static bool take_operator(struct parser *p, const struct spelling *spellings, size_t n,
                          enum filter_operator *ret)
{
    for (size_t i = 0; i < n; i++)
        if (take_spelling(p, &spellings[i])) {
            *ret = spellings[i].operator;
            return true;
        }
    return false;
}

static bool take_selector_first(struct parser *p, bool has_value, struct filter_comparison *m)
{
    size_t start = p->in.scan.at;
    enum filter_rule outer = filter_enter(&p->in, FILTER_RULE_MATCH);
    bool ok = filter_take_selector(&p->in, &m->selector);
    if (has_value)
        ok = ok && take_operator(p, with_value, ARRAY_LEN(with_value), &m->operator) &&
             filter_take_value(&p->in, &m->value);
    else
        ok = ok && take_operator(p, without_value, ARRAY_LEN(without_value), &m->operator);
    return filter_leave(&p->in, outer, start, ok);
}

static bool take_value_first(struct parser *p, struct filter_comparison *m)
{
    size_t start = p->in.scan.at;
    enum filter_rule outer = filter_enter(&p->in, FILTER_RULE_MATCH);
    bool ok = filter_take_value(&p->in, &m->value) &&
              take_operator(p, after_value, ARRAY_LEN(after_value), &m->operator);
    if (ok && !filter_take_selector(&p->in, &m->selector)) {
        filter_scan_fault(&p->in.scan, "Invalid selector", p->in.scan.at);
        ok = false;
    }
    return filter_leave(&p->in, outer, start, ok);
}

static struct filter_node *new_node(struct parser *p, enum filter_node_kind kind,
                                    struct filter_node *first)
{
    struct filter_node *node = arena_zalloc(p->in.arena, 1, sizeof *node);
    node->kind = kind;
    node->first = first;
    return node;
}

static struct filter_node *take_match(struct parser *p)
{
    struct filter_comparison with = { 0 }, without = { 0 }, after = { 0 };
    struct filter_comparison *m = take_selector_first(p, true, &with)       ? &with
                                  : take_selector_first(p, false, &without) ? &without
                                  : take_value_first(p, &after)             ? &after
                                                                            : NULL;
    if (m == NULL)
        return NULL;
    struct filter_node *node = new_node(p, FILTER_NODE_MATCH, NULL);
    node->match = *m;
    return node;
}

/* -- expressions ------------------------------------------------------------------------------- */

static struct filter_node *take_or(struct parser *p);

/* "(" or ")", after the first of them. */
static struct filter_node *take_inside(struct parser *p, bool *ret_is_open)
{
    if (!go_deeper(p))
        return NULL;
    filter_scan_space(&p->in.scan);
    struct filter_node *inside = take_or(p);
    p->depth--;
    if (inside == NULL)
        return NULL;
    filter_scan_space(&p->in.scan);
    *ret_is_open = !filter_scan_word(&p->in.scan, FILTER_WANT_CLOSE);
    return *ret_is_open ? NULL : inside;
}

static struct filter_node *take_group(struct parser *p)
{
    size_t start = p->in.scan.at;
    enum filter_rule outer = filter_enter(&p->in, FILTER_RULE_GROUPING);
    struct filter_node *node = NULL;
    bool is_open = false;
    if (filter_scan_word(&p->in.scan, FILTER_WANT_OPEN)) {
        node = take_inside(p, &is_open);
        size_t end = p->in.scan.at;
        if (node == NULL && !p->is_too_deep) { /* the match is tried before it is called unclosed */
            p->in.scan.at = start;
            node = take_match(p);
            p->in.scan.at = end;
        }
        if (is_open)
            filter_scan_fault(&p->in.scan, "Unmatched parentheses", end);
    } else {
        node = take_match(p);
    }
    filter_leave(&p->in, outer, start, node != NULL);
    return node;
}

/* What `not` stands before, after the word. */
static struct filter_node *take_not(struct parser *p)
{
    size_t start = p->in.scan.at;
    enum filter_rule outer = filter_enter(&p->in, FILTER_RULE_NOT);
    struct filter_node *node = NULL;
    if (filter_scan_word(&p->in.scan, FILTER_WANT_NOT) && filter_scan_space(&p->in.scan) &&
        go_deeper(p)) {
        node = take_not(p);
        p->depth--;
        if (node != NULL)
            node = node->kind == FILTER_NODE_NOT ? node->first : new_node(p, FILTER_NODE_NOT, node);
    }
    if (node == NULL && !p->is_too_deep) {
        p->in.scan.at = start;
        node = take_group(p);
    }
    filter_leave(&p->in, outer, start, node != NULL);
    return node;
}

/* Operands with WORD between them; a word that no operand follows is given back. */
static struct filter_node *take_chain(struct parser *p,
                                      struct filter_node *(*take)(struct parser *),
                                      enum filter_want word, enum filter_node_kind kind)
{
    struct filter_node *first = take(p), **link;
    if (first == NULL)
        return NULL;
    link = &first->next;
    for (;;) {
        size_t before = p->in.scan.at;
        struct filter_node *more = NULL;
        if (filter_scan_space(&p->in.scan) && filter_scan_word(&p->in.scan, word) &&
            filter_scan_space(&p->in.scan))
            more = take(p);
        if (more == NULL) {
            p->in.scan.at = before;
            break;
        }
        *link = more;
        link = &more->next;
    }
    return first->next == NULL ? first : new_node(p, kind, first);
}

static struct filter_node *take_and(struct parser *p)
{
    size_t start = p->in.scan.at;
    enum filter_rule outer = filter_enter(&p->in, FILTER_RULE_AND);
    struct filter_node *node = take_chain(p, take_not, FILTER_WANT_AND, FILTER_NODE_AND);
    filter_leave(&p->in, outer, start, node != NULL);
    return node;
}

static struct filter_node *take_or(struct parser *p)
{
    size_t start = p->in.scan.at;
    enum filter_rule outer = filter_enter(&p->in, FILTER_RULE_OR);
    struct filter_node *node = take_chain(p, take_and, FILTER_WANT_OR, FILTER_NODE_OR);
    filter_leave(&p->in, outer, start, node != NULL);
    return node;
}

/* The whole text; IN_PARENTHESES: one pair around all of it, which belongs to no group. */
static struct filter_node *take_all(struct parser *p, bool in_parentheses)
{
    enum filter_rule outer = filter_enter(&p->in, FILTER_RULE_INPUT);
    struct filter_node *node = NULL;
    bool is_open;
    filter_scan_space(&p->in.scan);
    if (!in_parentheses)
        node = take_or(p);
    else if (filter_scan_word(&p->in.scan, FILTER_WANT_OPEN))
        node = take_inside(p, &is_open);
    filter_scan_space(&p->in.scan);
    bool ok = node != NULL && filter_scan_end(&p->in.scan);
    filter_leave(&p->in, outer, 0, ok);
    return ok ? node : NULL;
}

/* Numbers the comparisons in their order, from N on; returns how many there are then. */
static size_t number(struct filter_node *node, size_t n)
{
    if (node->kind == FILTER_NODE_MATCH)
        node->match.index = n++;
    for (struct filter_node *o = node->first; o != NULL; o = o->next)
        n = number(o, n);
    return n;
}

enum err filter_parse(struct bytes text, const struct filter_limits *limits, struct arena *arena,
                      const struct filter **ret, struct why *why)
{
    size_t text_max = limits == NULL || limits->text_max == 0 ? FILTER_TEXT_MAX : limits->text_max;
    unsigned depth_max =
        limits == NULL || limits->depth_max == 0 ? FILTER_DEPTH_MAX : limits->depth_max;
    struct parser p = { .in = { .arena = arena }, .depth_max = depth_max };
    if (text.n > text_max)
        return why_set(why, ERR_TOO_BIG, "the expression is longer than %zu bytes", text_max);

    filter_scan_init(&p.in.scan, text);
    struct filter_node *root = take_all(&p, true);
    if (root == NULL && !p.is_too_deep)
        root = take_all(&p, false);
    if (p.is_too_deep)
        return why_set(why, ERR_TOO_BIG, "the expression nests deeper than %u", depth_max);
    if (p.in.is_too_big)
        return why_set(why, ERR_TOO_BIG, "the expression needs too much memory");
    if (root == NULL || p.in.scan.fault_n > 0)
        return filter_scan_why(&p.in.scan, why);

    struct filter *filter = arena_zalloc(arena, 1, sizeof *filter);
    *filter = (struct filter){ .root = root, .match_n = number(root, 0) };
    *ret = filter;
    return OK;
}

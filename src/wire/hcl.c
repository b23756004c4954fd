/* Recursive descent, one word ahead, as deep as HCL_DEPTH_MAX.
 *
 *     object body:  { NAME {NAME} '{' body '}'  |  NAME '=' value }     commas between are allowed
 *     list:         '[' value ',' ... ']'                               a comma may end it
 *     JSON:         STRING ':' value, commas between and nowhere else
 *
 * where NAME is a name or a string. */
#include "wire/hcl.h"

#include "base/text.h"
#include "wire/hcl_token.h"

struct parser {
    struct hcl_scanner scanner;
    struct hcl_token token; /* read and not used yet */
    struct arena *arena;
    unsigned depth;
    size_t value_n;
    struct why *why;
};

static enum err read_value(struct parser *p, struct hcl_node *node);

static enum err advance(struct parser *p)
{
    return hcl_scanner_next(&p->scanner, &p->token);
}

static enum err fail(const struct parser *p, enum err e, const char *what)
{
    why_set(p->why, e, "At %u:%u: %s", p->token.line, p->token.column, what);
    return e;
}

static enum err fail_expected(const struct parser *p, const char *wanted)
{
    why_set(p->why, ERR_MALFORMED, "At %u:%u: expected %s, found %s", p->token.line,
            p->token.column, wanted, hcl_token_name(p->token.kind));
    return ERR_MALFORMED;
}

static enum err expect(struct parser *p, enum hcl_token_kind kind)
{
    return p->token.kind == kind ? advance(p) : fail_expected(p, hcl_token_name(kind));
}

static enum err go_deeper(struct parser *p)
{
    if (p->depth == HCL_DEPTH_MAX)
        return fail(p, ERR_TOO_BIG, "nested too deep");
    p->depth++;
    return OK;
}

/* A node where the word is, put at the end of a list of siblings. */
static enum err add_node(struct parser *p, const struct hcl_node ***end, struct hcl_node **ret)
{
    if (p->value_n == HCL_VALUES_MAX)
        return fail(p, ERR_TOO_BIG, "too many values");
    p->value_n++;
    struct hcl_node *node = arena_zalloc(p->arena, 1, sizeof *node);
    node->line = p->token.line;
    node->column = p->token.column;
    **end = node;
    *end = &node->next;
    *ret = node;
    return OK;
}

/* -- objects -------------------------------------------------------------------------------------
 */

static bool at_name(const struct parser *p)
{
    return p->token.kind == HCL_TOKEN_STRING ||
           (p->token.kind == HCL_TOKEN_NAME && !p->scanner.is_json);
}

/* The labels between a block's name and its brace: each is an object with the next as its only
 * member. NODE becomes the innermost. */
static enum err read_labels(struct parser *p, struct hcl_node **node)
{
    while (at_name(p)) {
        enum err e = go_deeper(p);
        const struct hcl_node **end = &(*node)->first;
        (*node)->kind = HCL_OBJECT;
        if (e == OK)
            e = add_node(p, &end, node);
        if (e != OK)
            return e;
        (*node)->name = p->token.text;
        e = advance(p);
        if (e != OK)
            return e;
    }
    return OK;
}

/* What follows the name of a member in HCL. */
static enum err read_hcl_member(struct parser *p, struct hcl_node *node)
{
    unsigned depth = p->depth;
    enum err e = read_labels(p, &node);
    if (e != OK)
        return e;
    if (p->token.kind == HCL_TOKEN_ASSIGN && p->depth == depth)
        e = advance(p);
    else if (p->token.kind != HCL_TOKEN_OPEN_BRACE)
        e = fail_expected(p, p->depth == depth ? "'=' or '{'" : "'{'");
    if (e == OK)
        e = read_value(p, node);
    p->depth = depth;
    return e;
}

static enum err read_json_member(struct parser *p, struct hcl_node *node)
{
    enum err e = expect(p, HCL_TOKEN_COLON);
    return e != OK ? e : read_value(p, node);
}

static enum err read_member(struct parser *p, const struct hcl_node ***end)
{
    struct hcl_node *node;
    if (!at_name(p))
        return fail_expected(p, p->scanner.is_json ? "a string" : "a name");
    enum err e = add_node(p, end, &node);
    if (e != OK)
        return e;
    node->name = p->token.text;
    e = advance(p);
    if (e != OK)
        return e;
    return p->scanner.is_json ? read_json_member(p, node) : read_hcl_member(p, node);
}

/* After an element: a comma, which JSON wants between two and HCL, in lists. */
static enum err read_comma(struct parser *p, enum hcl_token_kind closing, bool is_wanted)
{
    if (p->token.kind == closing)
        return OK;
    if (p->token.kind != HCL_TOKEN_COMMA)
        return is_wanted ? fail_expected(p, "','") : OK;
    enum err e = advance(p);
    if (e == OK && p->scanner.is_json && p->token.kind == closing)
        return fail(p, ERR_MALFORMED, "nothing after a comma");
    return e;
}

/* The members up to CLOSING, which stays. */
static enum err read_members(struct parser *p, enum hcl_token_kind closing, struct hcl_node *object)
{
    const struct hcl_node **end = &object->first;
    object->kind = HCL_OBJECT;
    while (p->token.kind != closing) {
        enum err e = read_member(p, &end);
        if (e == OK)
            e = read_comma(p, closing, p->scanner.is_json);
        if (e != OK)
            return e;
    }
    return OK;
}

static enum err read_elements(struct parser *p, enum hcl_token_kind closing, struct hcl_node *list)
{
    const struct hcl_node **end = &list->first;
    list->kind = HCL_LIST;
    while (p->token.kind != closing) {
        struct hcl_node *node;
        enum err e = add_node(p, &end, &node);
        if (e == OK)
            e = read_value(p, node);
        if (e == OK)
            e = read_comma(p, closing, true);
        if (e != OK)
            return e;
    }
    return OK;
}

/* -- values --------------------------------------------------------------------------------------
 */

static enum err read_nested(struct parser *p, struct hcl_node *node)
{
    bool is_list = p->token.kind == HCL_TOKEN_OPEN_BRACKET;
    enum hcl_token_kind closing = is_list ? HCL_TOKEN_CLOSE_BRACKET : HCL_TOKEN_CLOSE_BRACE;
    enum err e = go_deeper(p);
    if (e == OK)
        e = advance(p);
    if (e == OK)
        e = is_list ? read_elements(p, closing, node) : read_members(p, closing, node);
    if (e == OK)
        e = expect(p, closing);
    p->depth--;
    return e;
}

/* true, false and, in JSON, null. */
static enum err read_word(struct parser *p, struct hcl_node *node)
{
    struct bytes word = p->token.text;
    node->truth = bytes_is(word, "true");
    if (node->truth || bytes_is(word, "false"))
        node->kind = HCL_BOOL;
    else if (!p->scanner.is_json || !bytes_is(word, "null"))
        return fail(p, ERR_MALFORMED, "this word is no value; a string stands in quotes");
    return advance(p);
}

static enum err read_value(struct parser *p, struct hcl_node *node)
{
    switch (p->token.kind) {
    case HCL_TOKEN_STRING:
    case HCL_TOKEN_NUMBER:
        node->kind = p->token.kind == HCL_TOKEN_STRING ? HCL_STRING : HCL_NUMBER;
        node->text = p->token.text;
        return advance(p);
    case HCL_TOKEN_NAME:
        return read_word(p, node);
    case HCL_TOKEN_OPEN_BRACE:
    case HCL_TOKEN_OPEN_BRACKET:
        return read_nested(p, node);
    case HCL_TOKEN_END:
    case HCL_TOKEN_CLOSE_BRACE:
    case HCL_TOKEN_CLOSE_BRACKET:
    case HCL_TOKEN_ASSIGN:
    case HCL_TOKEN_COLON:
    case HCL_TOKEN_COMMA:
        break;
    }
    return fail_expected(p, "a value");
}

enum err hcl_parse(struct bytes text, struct arena *arena, const struct hcl_node **ret,
                   struct why *why)
{
    struct parser p = { .arena = arena, .why = why };
    if (text.n > HCL_TEXT_MAX)
        return why_set(why, ERR_TOO_BIG, "At 1:1: the text has more than %d bytes", HCL_TEXT_MAX);
    enum err e = hcl_scanner_init(&p.scanner, text, arena, why);
    if (e == OK)
        e = advance(&p);
    if (e != OK)
        return e;
    struct hcl_node *root = arena_zalloc(arena, 1, sizeof *root);
    root->line = p.token.line;
    root->column = p.token.column;
    e = p.scanner.is_json ? read_nested(&p, root) : read_members(&p, HCL_TOKEN_END, root);
    if (e == OK)
        e = expect(&p, HCL_TOKEN_END);
    if (e == OK)
        *ret = root;
    return e;
}

/* -- reading the tree ----------------------------------------------------------------------------
 */

void hcl_cursor_init(struct hcl_cursor *c, const struct hcl_node *object, const char *name)
{
    *c = (struct hcl_cursor){ .member = object->kind == HCL_OBJECT ? object->first : NULL,
                              .name = name };
}

const struct hcl_node *hcl_cursor_next(struct hcl_cursor *c)
{
    struct bytes name = bytes_str(c->name);
    for (;;) {
        const struct hcl_node *node = c->element;
        if (node != NULL) {
            c->element = node->next;
            return node;
        }
        while (c->member != NULL && !text_eq_nocase(c->member->name, name))
            c->member = c->member->next;
        node = c->member;
        if (node == NULL)
            return NULL;
        c->member = node->next;
        if (node->kind != HCL_LIST)
            return node;
        c->element = node->first;
    }
}

bool hcl_integer(const struct hcl_node *node, int64_t *ret)
{
    struct bytes t = node->text;
    if (node->kind != HCL_NUMBER)
        return false;
    bool is_negative = t.p[0] == '-';
    t = bytes_skip(t, is_negative);
    int base = 10;
    if (t.n > 1 && t.p[0] == '0')
        base = (t.p[1] | 0x20) == 'x' ? 16 : 8;
    t = bytes_skip(t, base == 16 ? 2 : 0);
    int64_t v = 0;
    for (size_t i = 0; i < t.n; i++) {
        int c = t.p[i] | 0x20, digit = c >= 'a' ? c - 'a' + 10 : t.p[i] - '0';
        if (digit < 0 || digit >= base || __builtin_mul_overflow(v, base, &v) ||
            __builtin_add_overflow(v, is_negative ? -digit : digit, &v))
            return false;
    }
    *ret = v;
    return t.n > 0;
}

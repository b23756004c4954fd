/* Any bytes as a filter expression and, after a zero byte, as a regular expression and what it is
 * matched against: what is refused is refused with a sentence; what is read and written again is
 * the same; `not` of it answers the opposite; nothing outgrows its arena. */
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "test/lib/filter_row.h"
#include "wire/filter_tree.h"
#include "wire/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 16 << 20, WRITTEN_MAX = 1 << 20 };

/* -- writing a tree ------------------------------------------------------------------------------
 */

/* Every byte by its number: a string cannot hold a quote otherwise. */
static void put_string(struct buf *out, struct bytes text)
{
    buf_put_u8(out, '"');
    for (size_t i = 0; i < text.n; i++)
        buf_printf(out, "\\x%02x", text.p[i]);
    buf_put_u8(out, '"');
}

static void put_selector(struct buf *out, const struct filter_selector *s)
{
    buf_put_bytes(out, s->first->name);
    for (const struct filter_segment *g = s->first->next; g != NULL; g = g->next) {
        buf_put_u8(out, '[');
        put_string(out, g->name);
        buf_put_u8(out, ']');
    }
}

static void put_comparison(struct buf *out, const struct filter_comparison *m)
{
    static const char *const between[FILTER_OPERATORS] = {
        [FILTER_EQUAL] = "==",           [FILTER_NOT_EQUAL] = " != ",
        [FILTER_IN] = " contains ",      [FILTER_NOT_IN] = " not contains ",
        [FILTER_IS_EMPTY] = " is empty", [FILTER_IS_NOT_EMPTY] = " is not empty",
        [FILTER_MATCHES] = " matches ",  [FILTER_NOT_MATCHES] = " not matches ",
    };
    enum filter_operator o = m->operator;
    put_selector(out, &m->selector);
    buf_put_str(out, between[o]);
    if (o != FILTER_IS_EMPTY && o != FILTER_IS_NOT_EMPTY)
        put_string(out, m->value);
}

static void put_node(struct buf *out, const struct filter_node *node)
{
    if (node->kind == FILTER_NODE_MATCH) {
        put_comparison(out, &node->match);
        return;
    }
    buf_put_str(out, node->kind == FILTER_NODE_NOT ? "not (" : "(");
    for (const struct filter_node *o = node->first; o != NULL; o = o->next) {
        put_node(out, o);
        if (o->next != NULL)
            buf_put_str(out, node->kind == FILTER_NODE_OR ? " or " : " and ");
    }
    buf_put_u8(out, ')');
}

/* -- the expression ------------------------------------------------------------------------------
 */

static const struct filter_limits wide = { .text_max = WRITTEN_MAX, .depth_max = 1000 };

static void read_again(const struct filter *filter)
{
    struct buf first, second;
    struct arena arena;
    struct why why = { 0 };
    const struct filter *again;
    arena_init(&arena, 0);
    buf_init(&first, WRITTEN_MAX);
    buf_init(&second, WRITTEN_MAX);
    put_node(&first, filter->root);
    if (buf_err(&first) == OK) {
        enum err e = filter_parse(buf_bytes(&first), &wide, &arena, &again, &why);
        assert(e == OK && again->match_n == filter->match_n);
        put_node(&second, again->root);
        assert(bytes_eq(buf_bytes(&first), buf_bytes(&second)));
    }
    buf_fini(&first);
    buf_fini(&second);
    arena_fini(&arena);
}

static void deny(struct bytes expression, bool is_so)
{
    struct buf text;
    struct arena arena;
    struct why why = { 0 };
    const struct filter *filter;
    const struct filter_plan *plan;
    bool denied = is_so;
    arena_init(&arena, ARENA_MAX);
    buf_init(&text, WRITTEN_MAX);
    buf_put_str(&text, "not (");
    buf_put_bytes(&text, expression);
    buf_put_str(&text, ")");
    enum err e = filter_parse(buf_bytes(&text), &wide, &arena, &filter, &why);
    if (e == OK)
        e = filter_check(filter, &filter_row_schema, &arena, &plan, &why);
    if (e == OK)
        e = filter_match(plan, &filter_row, &denied, &why);
    assert(e == OK && denied != is_so);
    buf_fini(&text);
    arena_fini(&arena);
}

static void ask(const struct filter *filter, struct arena *arena, struct bytes expression)
{
    struct why why = { 0 };
    const struct filter_plan *plan;
    bool is_so = false, again = true;
    enum err e = filter_check(filter, &filter_row_schema, arena, &plan, &why);
    assert(e == OK || ((e == ERR_INVALID || e == ERR_TOO_BIG) && why.text[0] != 0));
    if (e != OK)
        return;
    e = filter_match(plan, &filter_row, &is_so, &why);
    assert(e == OK || (e == ERR_TOO_BIG && why.text[0] != 0));
    if (e != OK)
        return;
    e = filter_match(plan, &filter_row, &again, &why);
    assert(e == OK && again == is_so);
    deny(expression, is_so);
}

static void read_expression(struct bytes expression)
{
    struct arena arena;
    struct why why = { 0 };
    const struct filter *filter;
    arena_init(&arena, ARENA_MAX);
    enum err e = filter_parse(expression, NULL, &arena, &filter, &why);
    assert(e == OK || ((e == ERR_MALFORMED || e == ERR_TOO_BIG) && why.text[0] != 0));
    if (e == OK) {
        read_again(filter);
        ask(filter, &arena, expression);
    }
    assert(arena.used_bytes <= ARENA_MAX);
    arena_fini(&arena);
}

/* -- the pattern ---------------------------------------------------------------------------------
 */

static void read_pattern(struct bytes pattern, struct bytes subject)
{
    struct arena arena;
    struct why why = { 0 };
    struct regex *regex;
    bool first = false, second = true;
    arena_init(&arena, ARENA_MAX);
    enum err e = regex_compile(pattern, &arena, &regex, &why);
    assert(e == OK || ((e == ERR_MALFORMED || e == ERR_TOO_BIG) && why.text[0] != 0));
    if (e == OK) {
        e = regex_match(regex, subject, &first);
        assert(e == regex_match(regex, subject, &second) && (e != OK || first == second));
    }
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes all = bytes_of(data, size);
    const uint8_t *zero = size == 0 ? NULL : memchr(data, 0, size);
    if (zero == NULL) {
        read_expression(all);
        return 0;
    }
    read_expression(bytes_of(data, (size_t)(zero - data)));
    struct bytes rest = bytes_skip(all, (size_t)(zero - data) + 1);
    zero = rest.n == 0 ? NULL : memchr(rest.p, 0, rest.n);
    size_t pattern_n = zero == NULL ? rest.n : (size_t)(zero - rest.p);
    read_pattern(bytes_of(rest.p, pattern_n), bytes_skip(rest, pattern_n + 1));
    return 0;
}

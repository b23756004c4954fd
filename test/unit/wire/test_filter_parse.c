#include "wire/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "wire/filter_tree.h"

static void put_comparison(struct buf *out, const struct filter_comparison *m)
{
    static const char *const names[] = { "==",       "!=",           "in",      "not in",
                                         "is empty", "is not empty", "matches", "not matches" };
    buf_put_bytes(out, m->selector.joined);
    buf_printf(out, " %s <", names[m->operator]);
    buf_put_bytes(out, m->value);
    buf_put_u8(out, '>');
}

/* The tree in parentheses, so that a test can see what binds. */
static void put_node(struct buf *out, const struct filter_node *node)
{
    static const char *const names[] = { "or", "and", "not" };
    if (node->kind == FILTER_NODE_MATCH) {
        put_comparison(out, &node->match);
        return;
    }
    buf_printf(out, "(%s", names[node->kind]);
    for (const struct filter_node *o = node->first; o != NULL; o = o->next) {
        buf_put_u8(out, ' ');
        put_node(out, o);
    }
    buf_put_u8(out, ')');
}

static void assert_tree(const char *text, const char *wanted)
{
    struct arena arena;
    struct why why = { 0 };
    struct buf out;
    const struct filter *filter;
    arena_init(&arena, 0);
    buf_init(&out, 1 << 20);
    if (filter_parse(bytes_str(text), NULL, &arena, &filter, &why) != OK)
        fail_msg("%s: %s", text, why.text);
    put_node(&out, filter->root);
    buf_put_u8(&out, 0);
    assert_string_equal((const char *)out.p, wanted);
    buf_fini(&out);
    arena_fini(&arena);
}

static enum err parse(struct bytes text, const struct filter_limits *limits, struct why *why)
{
    struct arena arena;
    const struct filter *filter;
    arena_init(&arena, 0);
    *why = (struct why){ 0 };
    enum err e = filter_parse(text, limits, &arena, &filter, why);
    arena_fini(&arena);
    return e;
}

static void assert_refused(const char *text, const char *wanted)
{
    struct why why;
    assert_int_equal(parse(bytes_str(text), NULL, &why), ERR_MALFORMED);
    assert_string_equal(why.text, wanted);
}

static void every_operator_is_read(void **state)
{
    assert_tree("a == b", "a == <b>");
    assert_tree("a != b", "a != <b>");
    assert_tree("b in a", "a in <b>");
    assert_tree("b not in a", "a not in <b>");
    assert_tree("a contains b", "a in <b>");
    assert_tree("a not contains b", "a not in <b>");
    assert_tree("a is empty", "a is empty <>");
    assert_tree("a is not empty", "a is not empty <>");
    assert_tree("a matches b", "a matches <b>");
    assert_tree("a not matches b", "a not matches <b>");
}

static void blanks_are_needed_around_words_only(void **state)
{
    assert_tree("a==b", "a == <b>");
    assert_tree("\t\r\n a \t!=\r\n b \n", "a != <b>");
    assert_tree("a \t not\r\nin\n\nb", "b not in <a>");
    assert_tree("(a==b) or (c==d)", "(or a == <b> c == <d>)");
    assert_refused("(a==b)or (c==d)", "1:7 (6): no match found, expected: [ \\t\\r\\n] or EOF");
}

static void selectors_have_dotted_and_quoted_segments(void **state)
{
    assert_tree("a.b.c == d", "a.b.c == <d>");
    assert_tree("a[\"b c\"].d[ `e-f`\t] is empty", "a.b c.d.e-f is empty <>");
    assert_tree("x in a[\"\\u00e9\"]", "a.\xc3\xa9 in <x>");
    assert_tree("a[\"\"] == d", "a. == <d>");
    assert_tree("A_1.B2 == d", "A_1.B2 == <d>");
}

static void values_are_bare_quoted_raw_or_numbers(void **state)
{
    assert_tree("a == b.c[\"d e\"]", "a == <b.c.d e>");
    assert_tree("a == \"x\\ty\\x41\\101\\u00e9\"", "a == <x\tyAA\xc3\xa9>");
    assert_tree("a == `x\\ty\r\n`", "a == <x\\ty\n>");
    assert_tree("a == \"\"", "a == <>");
    assert_tree("a == 0", "a == <0>");
    assert_tree("a == -12.50", "a == <-12.50>");
    assert_tree("(a == 7)", "a == <7>");
    assert_tree("7 in a", "a in <7>");
}

static void no_word_is_reserved(void **state)
{
    assert_tree("not == or", "not == <or>");
    assert_tree("not in in", "in in <not>");
    assert_tree("not not in in", "(not in in <not>)");
    assert_tree("and is empty and empty is empty", "(and and is empty <> empty is empty <>)");
    assert_tree("a == or or or == a", "(or a == <or> or == <a>)");
}

static void not_binds_before_and_and_and_before_or(void **state)
{
    static const char *const rows[][2] = {
        { "a==1 or b==2 and c==3", "(or a == <1> (and b == <2> c == <3>))" },
        { "a==1 and b==2 or c==3", "(or (and a == <1> b == <2>) c == <3>)" },
        { "not a==1 and b==2", "(and (not a == <1>) b == <2>)" },
        { "not a==1 or b==2", "(or (not a == <1>) b == <2>)" },
        { "a==1 and not b==2 or c==3", "(or (and a == <1> (not b == <2>)) c == <3>)" },
        { "(a==1 or b==2) and c==3", "(and (or a == <1> b == <2>) c == <3>)" },
        { "not (a==1 or b==2)", "(not (or a == <1> b == <2>))" },
        { "not (a==1 and b==2) or c==3", "(or (not (and a == <1> b == <2>)) c == <3>)" },
        { "a==1 or b==2 or c==3", "(or a == <1> b == <2> c == <3>)" },
        { "a==1 or (b==2 or c==3)", "(or a == <1> (or b == <2> c == <3>))" },
        { "not not a==1", "a == <1>" },
        { "not not not a==1", "(not a == <1>)" },
        { "not (not a==1)", "a == <1>" },
        { "((a==1))", "a == <1>" },
        { "(a==1) and (b==2)", "(and a == <1> b == <2>)" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_tree(rows[i][0], rows[i][1]);
}

/* What Consul says of the same texts. */
static void errors_say_what_was_expected_and_where(void **state)
{
    static const char *const rows[][2] = {
        { "32 == 32", "1:4 (3): no match found, expected: \"in\", \"not\" or [ \\t\\r\\n]" },
        { "32 is empty", "1:4 (3): no match found, expected: \"in\", \"not\" or [ \\t\\r\\n]" },
        { "x in foo abc",
          "1:10 (9): no match found, expected: \"and\", \"or\", [ \\t\\r\\n] or EOF" },
        { "x in foo and ",
          "1:14 (13): no match found, expected: \"(\", \"-\", \"0\", \"\\\"\", \"`\", \"not\", "
          "[ \\t\\r\\n], [1-9] or [a-zA-Z]" },
        { "x in foo or not ",
          "1:17 (16): no match found, expected: \"!=\", \"(\", \"-\", \"0\", \"==\", \"\\\"\", "
          "\"`\", "
          "\"contains\", \"in\", \"is\", \"matches\", \"not\", [ \\t\\r\\n], [1-9] or [a-zA-Z]" },
        { "", "1:1 (0): no match found, expected: \"(\", \"-\", \"0\", \"\\\"\", \"`\", \"not\", [ "
              "\\t\\r\\n], [1-9] or [a-zA-Z]" },
        { "   ", "1:4 (3): no match found, expected: \"(\", \"-\", \"0\", \"\\\"\", \"`\", "
                 "\"not\", [ \\t\\r\\n], [1-9] or [a-zA-Z]" },
        { "a", "1:2 (1): no match found, expected: \"!=\", \".\", \"==\", \"[\", [ \\t\\r\\n] or "
               "[a-zA-Z0-9_]" },
        { "a.", "1:3 (2): no match found, expected: [a-zA-Z]" },
        { "a =", "1:3 (2): no match found, expected: \"!=\", \"==\", \"contains\", \"in\", \"is\", "
                 "\"matches\", \"not\" or [ \\t\\r\\n]" },
        { "a == b)",
          "1:7 (6): no match found, expected: \".\", \"[\", [ \\t\\r\\n], [a-zA-Z0-9_] or EOF" },
        { "a == 7)", "1:7 (6): no match found, expected: \".\", [ \\t\\r\\n], [0-9] or EOF" },
        { "7", "1:2 (1): no match found, expected: \".\", [ \\t\\r\\n] or [0-9]" },
        { "7)", "1:2 (1): no match found, expected: \".\", [ \\t\\r\\n], [0-9] or EOF" },
        { "a\n== b\n c",
          "3:2 (8): no match found, expected: \"and\", \"or\", [ \\t\\r\\n] or EOF" },
        { "\xc3\xa4 == b", "1:1 (0): no match found, expected: \"(\", \"-\", \"0\", \"\\\"\", "
                           "\"`\", \"not\", [ \\t\\r\\n], [1-9] or [a-zA-Z]" },
        { "a is nothing", "1:9 (8): no match found, expected: [ \\t\\r\\n]" },
        { "a is not full", "1:10 (9): no match found, expected: \"empty\" or [ \\t\\r\\n]" },
        { "a == b and not", "1:15 (14): no match found, expected: \"!=\", \".\", \"==\", \"[\", [ "
                            "\\t\\r\\n] or [a-zA-Z0-9_]" },
        { "a <= b", "1:3 (2): no match found, expected: \"!=\", \"==\", \"contains\", \"in\", "
                    "\"is\", \"matches\", \"not\" or [ \\t\\r\\n]" },
        { "a == web-1",
          "1:9 (8): no match found, expected: \".\", \"[\", [ \\t\\r\\n], [a-zA-Z0-9_] or EOF" },
        { "a contains", "1:11 (10): no match found, expected: [ \\t\\r\\n]" },
        { "()", "1:2 (1): no match found, expected: \"(\", \"-\", \"0\", \"\\\"\", \"`\", \"not\", "
                "[ \\t\\r\\n], [1-9] or [a-zA-Z]" },
        { "/a/b == c", "1:1 (0): no match found, expected: \"(\", \"-\", \"0\", \"\\\"\", \"`\", "
                       "\"not\", [ \\t\\r\\n], [1-9] or [a-zA-Z]" },
        { "any a as b { b == c }",
          "1:5 (4): no match found, expected: \"!=\", \"==\", \"contains\", \"in\", \"is\", "
          "\"matches\", \"not\" or [ \\t\\r\\n]" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(rows[i][0], rows[i][1]);
}

static void faults_are_said_with_the_rule_that_met_them(void **state)
{
    static const char *const rows[][2] = {
        { "foo == \"12x", "1:12 (11): rule \"string\": Unterminated string literal" },
        { "foo == `12x", "1:12 (11): rule \"string\": Unterminated string literal" },
        { "foo == 3x", "1:9 (8): rule \"number\": Invalid number literal" },
        { "foo[3] == abc", "1:5 (4): rule \"index\": Invalid index" },
        { "x in foo[\"abc\"", "1:15 (14): rule \"index\": Unclosed index expression" },
        { "foo[\"abc\" == 3", "1:11 (10): rule \"index\": Unclosed index expression" },
        { "x in 32", "1:6 (5): rule \"match\": Invalid selector" },
        { "(foo == 4", "1:10 (9): rule \"grouping\": Unmatched parentheses" },
        { "a == \"\\q\"", "1:6 (5): rule \"string\": invalid syntax" },
        { "a == \"x\\\"y\"", "1:6 (5): rule \"string\": invalid syntax" },
        { "a == \"\\q\" and b == \"\\q\"",
          "1:6 (5): rule \"string\": invalid syntax\n1:20 (19): rule \"string\": invalid syntax" },
        { "a == \"x\ny\"", "1:6 (5): rule \"string\": invalid syntax" },
        { "a == 01", "1:7 (6): rule \"number\": Invalid number literal" },
        { "a == 1.", "1:7 (6): rule \"number\": Invalid number literal" },
        { "a[\"x", "1:5 (4): rule \"string\": Unterminated string literal\n1:3 (2): rule "
                   "\"index\": Invalid index" },
        { "((a == 3x)", "1:9 (8): rule \"number\": Invalid number literal" },
        { "((a == 3)", "1:10 (9): rule \"grouping\": Unmatched parentheses" },
        { "a == \"\xff\"", "1:7 (6): rule \"string\": invalid encoding" },
        { "a\xff == b", "1:2 (1): rule Identifier: invalid encoding" },
        { "(\xff",
          "1:2 (1): rule Input: invalid encoding\n1:2 (1): rule \"grouping\": invalid encoding" },
        { "\xff", "1:1 (0): invalid encoding" },
        { "a == b\xc3", "1:7 (6): rule Identifier: invalid encoding" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(rows[i][0], rows[i][1]);
}

/* TIMES OPEN, a match, TIMES CLOSE. */
static struct bytes nested(const char *open, const char *close, size_t times)
{
    struct buf b;
    struct bytes text;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < times; i++)
        buf_put_str(&b, open);
    buf_put_str(&b, "a == 1");
    for (size_t i = 0; i < times; i++)
        buf_put_str(&b, close);
    text.p = buf_take(&b, &text.n);
    return text;
}

static void assert_nests(const char *open, const char *close, const struct filter_limits *limits,
                         size_t times, enum err wanted, const char *sentence)
{
    struct why why;
    struct bytes text = nested(open, close, times);
    assert_int_equal(parse(text, limits, &why), wanted);
    assert_string_equal(why.text, sentence);
    mem_free((void *)(uintptr_t)text.p);
}

static void expression_nests_up_to_the_limit_and_no_deeper(void **state)
{
    static const char *const forms[][2] = { { "(", ")" }, { "not ", "" }, { "( ", " ) " } };
    const struct filter_limits five = { .depth_max = 5 };
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        assert_nests(forms[i][0], forms[i][1], NULL, FILTER_DEPTH_MAX, OK, "");
        assert_nests(forms[i][0], forms[i][1], NULL, FILTER_DEPTH_MAX + 1, ERR_TOO_BIG,
                     "the expression nests deeper than 64");
        assert_nests(forms[i][0], forms[i][1], &five, 5, OK, "");
        assert_nests(forms[i][0], forms[i][1], &five, 6, ERR_TOO_BIG,
                     "the expression nests deeper than 5");
    }
    assert_nests("not (", ")", NULL, FILTER_DEPTH_MAX / 2, OK, "");
    assert_nests("not (", ")", NULL, FILTER_DEPTH_MAX / 2 + 1, ERR_TOO_BIG,
                 "the expression nests deeper than 64");
}

static void a_thousand_parentheses_take_no_more_time_than_the_limit(void **state)
{
    struct why why;
    struct bytes text = nested("(", "", 4000);
    assert_int_equal(parse(text, NULL, &why), ERR_TOO_BIG);
    mem_free((void *)(uintptr_t)text.p);
    text = nested("(", "", FILTER_DEPTH_MAX);
    assert_int_equal(parse(text, NULL, &why), ERR_MALFORMED);
    mem_free((void *)(uintptr_t)text.p);
}

static void expression_is_as_long_as_the_limit_and_no_longer(void **state)
{
    struct why why;
    char *text = malloc(FILTER_TEXT_MAX + 1);
    const struct filter_limits six = { .text_max = 6 };
    memset(text, ' ', FILTER_TEXT_MAX + 1);
    memcpy(text, "a == b", 6);
    assert_int_equal(parse(bytes_of(text, FILTER_TEXT_MAX), NULL, &why), OK);
    assert_int_equal(parse(bytes_of(text, FILTER_TEXT_MAX + 1), NULL, &why), ERR_TOO_BIG);
    assert_string_equal(why.text, "the expression is longer than 8192 bytes");
    assert_int_equal(parse(bytes_of(text, 6), &six, &why), OK);
    assert_int_equal(parse(bytes_of(text, 7), &six, &why), ERR_TOO_BIG);
    free(text);
}

static void longest_expressions_stay_within_two_mebibytes(void **state)
{
    static const char *const parts[] = {
        "a.", "a==b or ", "a[``]", "not ", "not a==b and ", "\"\""
    };
    char *text = malloc(FILTER_TEXT_MAX);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct arena arena;
        struct why why;
        const struct filter *filter;
        for (size_t at = 0; at < FILTER_TEXT_MAX; at++)
            text[at] = parts[i][at % strlen(parts[i])];
        arena_init(&arena, 2 << 20);
        enum err e = filter_parse(bytes_of(text, FILTER_TEXT_MAX), NULL, &arena, &filter, &why);
        assert_int_equal(e, i == 3 ? ERR_TOO_BIG : ERR_MALFORMED);
        assert_true(arena.used_bytes <= 2 << 20);
        arena_fini(&arena);
    }
    free(text);
}

static void expression_cut_at_every_byte_is_read_or_refused_with_a_sentence(void **state)
{
    const char *whole = "not (Service.Meta[\"a key\"] == \"\\u00e9x\" and -12.5 not in `\xc3\xa9`) "
                        "or Tags not contains b and (x is not empty or y matches `^a`)";
    for (size_t cut = 0; cut <= strlen(whole); cut++) {
        struct why why;
        char *exact = malloc(cut == 0 ? 1 : cut);
        memcpy(exact, whole, cut);
        enum err e = parse(bytes_of(exact, cut), NULL, &why);
        assert_true(e == OK || (e == ERR_MALFORMED && why.text[0] != 0));
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_is_read),
        cmocka_unit_test(blanks_are_needed_around_words_only),
        cmocka_unit_test(selectors_have_dotted_and_quoted_segments),
        cmocka_unit_test(values_are_bare_quoted_raw_or_numbers),
        cmocka_unit_test(no_word_is_reserved),
        cmocka_unit_test(not_binds_before_and_and_and_before_or),
        cmocka_unit_test(errors_say_what_was_expected_and_where),
        cmocka_unit_test(faults_are_said_with_the_rule_that_met_them),
        cmocka_unit_test(expression_nests_up_to_the_limit_and_no_deeper),
        cmocka_unit_test(a_thousand_parentheses_take_no_more_time_than_the_limit),
        cmocka_unit_test(expression_is_as_long_as_the_limit_and_no_longer),
        cmocka_unit_test(longest_expressions_stay_within_two_mebibytes),
        cmocka_unit_test(expression_cut_at_every_byte_is_read_or_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

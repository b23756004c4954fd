#include "wire/hcl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"

/* -- a tree as text ------------------------------------------------------------------------------
 */

static void print_value(const struct hcl_node *node, struct buf *out);

static void print_members(const struct hcl_node *node, struct buf *out)
{
    for (const struct hcl_node *member = node->first; member != NULL; member = member->next) {
        if (member != node->first)
            buf_put_u8(out, ' ');
        if (node->kind == HCL_OBJECT) {
            buf_put_bytes(out, member->name);
            buf_put_u8(out, ':');
        }
        print_value(member, out);
    }
}

static void print_value(const struct hcl_node *node, struct buf *out)
{
    switch (node->kind) {
    case HCL_NULL:
        buf_put_str(out, "null");
        return;
    case HCL_BOOL:
        buf_put_str(out, node->truth ? "yes" : "no");
        return;
    case HCL_NUMBER:
        buf_put_bytes(out, node->text);
        return;
    case HCL_STRING:
        buf_printf(out, "<%.*s>", (int)node->text.n, (const char *)node->text.p);
        return;
    case HCL_LIST:
    case HCL_OBJECT:
        buf_put_u8(out, node->kind == HCL_LIST ? '[' : '{');
        print_members(node, out);
        buf_put_u8(out, node->kind == HCL_LIST ? ']' : '}');
        return;
    }
}

static void assert_reads(const char *text, const char *wanted)
{
    struct arena arena;
    struct buf out;
    struct why why = { 0 };
    const struct hcl_node *root = NULL;
    arena_init(&arena, 0);
    buf_init(&out, 1 << 20);
    if (hcl_parse(bytes_str(text), &arena, &root, &why) != OK)
        fail_msg("'%s': %s", text, why.text);
    print_members(root, &out);
    buf_put_u8(&out, 0);
    assert_string_equal((const char *)out.p, wanted);
    buf_fini(&out);
    arena_fini(&arena);
}

static void assert_refuses(const char *text, const char *sentence)
{
    struct arena arena;
    struct why why = { 0 };
    const struct hcl_node *root = NULL;
    arena_init(&arena, 0);
    assert_int_equal(hcl_parse(bytes_str(text), &arena, &root, &why), ERR_MALFORMED);
    assert_string_equal(why.text, sentence);
    assert_null(root);
    arena_fini(&arena);
}

/* -- known vectors -------------------------------------------------------------------------------
 */

struct vector {
    const char *text, *wanted;
};

static void values_of_all_kinds_are_read(void **state)
{
    static const struct vector rows[] = {
        { "", "" },
        { " \t\r\n", "" },
        { "\xef\xbb\xbf"
          "a = 1",
          "a:1" },
        { "a = \"b\"", "a:<b>" },
        { "a=1 b=-2 c=0x1F d=017 e=1.5 f=-1e-3 g=.5 h=2.", "a:1 b:-2 c:0x1F d:017 e:1.5 f:-1e-3 "
                                                           "g:.5 h:2." },
        { "a = true\nb = false", "a:yes b:no" },
        { "a = []", "a:[]" },
        { "a = [1, \"b\", true, [2], {c = 3}]", "a:[1 <b> yes [2] {c:3}]" },
        { "a = [1,\n 2,\n]", "a:[1 2]" },
        { "a = {}", "a:{}" },
        { "a {}", "a:{}" },
        { "a { b = 1, c = 2 }", "a:{b:1 c:2}" },
        { "a = 1, b = 2", "a:1 b:2" },
        { "\"a b\" = 1", "a b:1" },
        { "a-b.c_1 = 1 _x = 2 \xc3\xa9 = 3", "a-b.c_1:1 _x:2 \xc3\xa9:3" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_reads(rows[i].text, rows[i].wanted);
}

static void labels_are_objects_of_one_member(void **state)
{
    assert_reads("key \"a/\" { policy = \"read\" }", "key:{a/:{policy:<read>}}");
    assert_reads("a b \"c\" { d = 1 }", "a:{b:{c:{d:1}}}");
    assert_reads("{\"key\": {\"a/\": {\"policy\": \"read\"}}}", "key:{a/:{policy:<read>}}");
}

static void repeated_names_are_all_kept_in_order(void **state)
{
    assert_reads("a {b = 1} c = 2 a {b = 3}", "a:{b:1} c:2 a:{b:3}");
    assert_reads("{\"a\": 1, \"a\": 2}", "a:1 a:2");
}

static void comments_of_all_kinds_are_skipped(void **state)
{
    assert_reads("# one\na = 1 # two\n// three\nb = 2 // four", "a:1 b:2");
    assert_reads("/* one */ a /* two\n * lines **/ = /**/ 1 /* # */", "a:1");
    assert_reads("a = \"# // /* no comment */\"", "a:<# // /* no comment */>");
}

static void escapes_are_decoded(void **state)
{
    static const struct vector rows[] = {
        { "a = \"\\\"\\\\\\n\\t\\r\"", "a:<\"\\\n\t\r>" },
        { "a = \"\\a\\b\\f\\v\"", "a:<\a\b\f\v>" },
        { "a = \"\\101\\x42\\u00e9\\U0001F600\"", "a:<AB\xc3\xa9\xf0\x9f\x98\x80>" },
        { "a = \"\\xc3\\xa9\"", "a:<\xc3\xa9>" },
        { "{\"a\": \"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "a:<\"\\/\b\f\n\r\t>" },
        { "{\"a\": \"\\u00e9\\ud83d\\ude00\"}", "a:<\xc3\xa9\xf0\x9f\x98\x80>" },
        { "{\"a\\u0062\": 1}", "ab:1" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_reads(rows[i].text, rows[i].wanted);
}

static void interpolations_are_kept_as_they_stand(void **state)
{
    assert_reads("a = \"x${f(\"y\", {z})}\"", "a:<x${f(\"y\", {z})}>");
    assert_reads("a = \"${f(\\\"y\\\", \\n\n)}\"", "a:<${f(\"y\", \\n\n)}>");
    assert_reads("a = \"$ {\" b = \"}\"", "a:<$ {> b:<}>");
    assert_reads("{\"a\": \"${\"}", "a:<${>"); /* nothing special in JSON */
}

static void heredocs_are_their_lines(void **state)
{
    static const struct vector rows[] = {
        { "a = <<EOF\none\n two\nEOF\nb = 1", "a:<one\n two\n> b:1" },
        { "a = <<EOF\nEOF", "a:<>" },
        { "a = <<EOF\n EOF\nEOF", "a:< EOF\n>" },
        { "a = <<-EOF\n  one\n    two\n  EOF\n", "a:<one\n  two\n>" },
        { "a = <<-EOF\none\n  EOF\n", "a:<one\n>" },
        { "a = <<-EOF\n  one\nEOF\n", "a:<  one\n>" },
        { "a = <<EOF\r\none\r\nEOF\r\n", "a:<one\r\n>" },
        { "a { b = <<X_1\n\"\\n ${\nX_1\n}", "a:{b:<\"\\n ${\n>}" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_reads(rows[i].text, rows[i].wanted);
}

static void json_is_the_same_tree(void **state)
{
    assert_reads("{}", "");
    assert_reads(" \n{\"a\": [1, -2.5e+3, \"b\", true, false, null, {}, []]}",
                 "a:[1 -2.5e+3 <b> yes no null {} []]");
}

/* -- refused, with the place ---------------------------------------------------------------------
 */

static void broken_hcl_is_refused_with_its_place(void **state)
{
    static const struct vector rows[] = {
        { "a", "At 1:2: expected '=' or '{', found the end" },
        { "a = ", "At 1:5: expected a value, found the end" },
        { "a b", "At 1:4: expected '{', found the end" },
        { "a b = 1", "At 1:5: expected '{', found '='" },
        { "a = {\n  b = 1\n", "At 3:1: expected a name, found the end" },
        { "a = [1 2]", "At 1:8: expected ',', found a number" },
        { "a = [1", "At 1:7: expected ',', found the end" },
        { "a = [,]", "At 1:6: expected a value, found ','" },
        { "}", "At 1:1: expected a name, found '}'" },
        { "a = 1,,b = 2", "At 1:7: expected a name, found ','" },
        { "a = read", "At 1:5: this word is no value; a string stands in quotes" },
        { "a = null", "At 1:5: this word is no value; a string stands in quotes" },
        { "a : 1", "At 1:3: expected '=' or '{', found ':'" },
        { "1 = a", "At 1:1: expected a name, found a number" },
        { "a = 'b'", "At 1:5: a character that begins no word" },
        { "a = \"b\nc\"", "At 1:5: a string that does not end on its line" },
        { "a = \"b", "At 1:5: a string that does not end on its line" },
        { "a = \"b\\", "At 1:5: a string that does not end on its line" },
        { "a = \"b${c\"", "At 1:5: a string that does not end on its line" },
        { "a = \"b\\q\"", "At 1:7: an escape that does not exist or makes no UTF-8" },
        { "a = \"\\u12\"", "At 1:6: an escape that does not exist or makes no UTF-8" },
        { "a = \"\\U00110000\"", "At 1:6: an escape that does not exist or makes no UTF-8" },
        { "a = \"\\777\"", "At 1:6: an escape that does not exist or makes no UTF-8" },
        { "a = \"\\xff\"", "At 1:6: an escape that does not exist or makes no UTF-8" },
        { "a = \"\\ud800\"", "At 1:6: an escape that does not exist or makes no UTF-8" },
        { "a = \"\\000\"", "At 1:6: an escape that does not exist or makes no UTF-8" },
        { "a = 08", "At 1:5: this is no number" },
        { "a = 0x", "At 1:5: this is no number" },
        { "a = 1e", "At 1:5: this is no number" },
        { "a = 1x", "At 1:5: this is no number" },
        { "a = -", "At 1:5: this is no number" },
        { "a = .", "At 1:5: this is no number" },
        { "a = 1\n/* b", "At 2:1: a comment that does not end" },
        { "/*/", "At 1:1: a comment that does not end" },
        { "/", "At 1:1: a character that begins no word" },
        { "a = <", "At 1:5: a lone '<'" },
        { "a = <<EOF\nb\n",
          "At 1:5: a heredoc without its name, or without the line that ends it" },
        { "a = <<\nb\n", "At 1:5: a heredoc without its name, or without the line that ends it" },
        { "a = 1\nb = \"\xff\"", "At 2:6: this is not UTF-8" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refuses(rows[i].text, rows[i].wanted);
}

static void broken_json_is_refused_with_its_place(void **state)
{
    static const struct vector rows[] = {
        { "{", "At 1:2: expected a string, found the end" },
        { "{a: 1}", "At 1:2: expected a string, found a name" },
        { "{\"a\" = 1}", "At 1:6: expected ':', found '='" },
        { "{\"a\": 1,}", "At 1:9: nothing after a comma" },
        { "{\"a\": [1,]}", "At 1:10: nothing after a comma" },
        { "{\"a\": 1 \"b\": 2}", "At 1:9: expected ',', found a string" },
        { "{\"a\": 1} x", "At 1:10: expected the end, found a name" },
        { "{\"a\": 01}", "At 1:7: this is no number" },
        { "{\"a\": 0x1}", "At 1:7: this is no number" },
        { "{\"a\": 1.}", "At 1:7: this is no number" },
        { "{\"a\": \"\\x41\"}", "At 1:8: an escape that does not exist or makes no UTF-8" },
        { "{\"a\": \"\\ud83d\"}", "At 1:8: an escape that does not exist or makes no UTF-8" },
        { "{\"a\": \"\t\"}", "At 1:7: a string that does not end on its line" },
        { "{} # no", "At 1:4: a character that begins no word" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refuses(rows[i].text, rows[i].wanted);
}

static void a_nul_is_refused(void **state)
{
    struct arena arena;
    struct why why = { 0 };
    const struct hcl_node *root = NULL;
    arena_init(&arena, 0);
    assert_int_equal(hcl_parse(bytes_of("a\n= \0", 5), &arena, &root, &why), ERR_MALFORMED);
    assert_string_equal(why.text, "At 2:3: a NUL");
    arena_fini(&arena);
}

/* -- limits --------------------------------------------------------------------------------------
 */

static enum err parse_repeated(const char *head, const char *unit, size_t n, const char *tail)
{
    struct arena arena;
    struct buf text;
    const struct hcl_node *root;
    arena_init(&arena, 0);
    buf_init(&text, 4 << 20);
    buf_put_str(&text, head);
    for (size_t i = 0; i < n; i++)
        buf_put_str(&text, unit);
    for (size_t i = 0; i < n && tail[0] != 0; i++)
        buf_put_str(&text, tail);
    enum err e = hcl_parse(buf_bytes(&text), &arena, &root, NULL);
    buf_fini(&text);
    arena_fini(&arena);
    return e;
}

static void depth_of_64_is_read_and_65_refused(void **state)
{
    assert_int_equal(parse_repeated("a = ", "[", 64, "]"), OK);
    assert_int_equal(parse_repeated("a = ", "[", 65, "]"), ERR_TOO_BIG);
    assert_int_equal(parse_repeated("", "a {", 64, "}"), OK);
    assert_int_equal(parse_repeated("", "a {", 65, "}"), ERR_TOO_BIG);
    assert_int_equal(parse_repeated("", "{\"a\":", 64, "}"), ERR_MALFORMED); /* but read */
    assert_int_equal(parse_repeated("", "{\"a\":", 65, "}"), ERR_TOO_BIG);
    assert_int_equal(parse_repeated("a = ", "[", 1000000, ""), ERR_TOO_BIG);
    assert_int_equal(parse_repeated("a = [", "[],", 65, ""), ERR_MALFORMED); /* side by side */
}

static void labels_count_as_depth(void **state)
{
    char text[1000];
    for (size_t labels = 63; labels <= 64; labels++) {
        size_t n = 0;
        for (size_t i = 0; i <= labels; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, "a ");
        snprintf(text + n, sizeof text - n, "{}");
        assert_int_equal(parse_repeated(text, "", 0, ""), labels == 63 ? OK : ERR_TOO_BIG);
    }
    assert_int_equal(parse_repeated("", "a b {} ", 65, ""), OK); /* beside one another */
}

static void hundred_thousand_values_are_read_and_one_more_refused(void **state)
{
    assert_int_equal(parse_repeated("", "a=1 ", HCL_VALUES_MAX, ""), OK);
    assert_int_equal(parse_repeated("", "a=1 ", HCL_VALUES_MAX + 1, ""), ERR_TOO_BIG);
}

static void text_of_one_mib_is_read_and_a_byte_more_refused(void **state)
{
    assert_int_equal(parse_repeated("#", "x", HCL_TEXT_MAX - 1, ""), OK);
    assert_int_equal(parse_repeated("#", "x", HCL_TEXT_MAX, ""), ERR_TOO_BIG);
}

static void a_text_cut_at_every_byte_is_read_or_refused(void **state)
{
    static const char *const texts[] = {
        "# c\nkey \"a\\u00e9\" { policy = \"read\" l = [1, -0x2f, true,] /* x */ }\n"
        "h = <<-E\n  a\n  E\ni = \"${a(\"b\")}\"\n",
        "{\"a\\ud83d\\ude00\": [1.5e+3, true, null, {\"b\": \"c\"}]}",
    };
    for (size_t t = 0; t < ARRAY_LEN(texts); t++)
        for (size_t cut = 0; cut <= strlen(texts[t]); cut++) {
            struct arena arena;
            struct why why = { 0 };
            const struct hcl_node *root = NULL;
            char *copy = malloc(cut + 1); /* of just that size: reading past it is seen */
            memcpy(copy, texts[t], cut);
            arena_init(&arena, 0);
            enum err e = hcl_parse(bytes_of(copy, cut), &arena, &root, &why);
            assert_true(e == OK ? root != NULL : e == ERR_MALFORMED && why.text[0] != 0);
            assert_true(e == OK || cut < strlen(texts[t]));
            arena_fini(&arena);
            free(copy);
        }
}

/* -- reading the tree ----------------------------------------------------------------------------
 */

static void nodes_know_where_they_stand(void **state)
{
    struct arena arena;
    const struct hcl_node *root;
    arena_init(&arena, 0);
    assert_int_equal(hcl_parse(bytes_str("a = 1\n  b \"c\" {\n"), &arena, &root, NULL),
                     ERR_MALFORMED);
    assert_int_equal(hcl_parse(bytes_str("a = 1\n  b \"c\" {}\n"), &arena, &root, NULL), OK);
    assert_int_equal(root->first->next->line, 2);
    assert_int_equal(root->first->next->column, 3);
    assert_int_equal(root->first->next->first->column, 5);
    arena_fini(&arena);
}

static void a_cursor_walks_repeated_names_and_lists(void **state)
{
    struct arena arena;
    struct buf out;
    const struct hcl_node *root, *node;
    struct hcl_cursor cursor;
    arena_init(&arena, 0);
    buf_init(&out, 1000);
    assert_int_equal(
        hcl_parse(bytes_str("a = 1 b = 2 A = [3, 4] a = [] a = [[5]] aa = 6"), &arena, &root, NULL),
        OK);
    hcl_cursor_init(&cursor, root, "a");
    while ((node = hcl_cursor_next(&cursor)) != NULL)
        print_value(node, &out);
    assert_true(bytes_is(buf_bytes(&out), "134[5]"));
    hcl_cursor_init(&cursor, root->first, "a"); /* no object */
    assert_null(hcl_cursor_next(&cursor));
    buf_fini(&out);
    arena_fini(&arena);
}

static void whole_numbers_are_read_in_their_base(void **state)
{
    static const struct {
        const char *text;
        bool is_whole;
        int64_t wanted;
    } rows[] = {
        { "0", true, 0 },
        { "-17", true, -17 },
        { "010", true, 8 },
        { "-0x10", true, -16 },
        { "0XfF", true, 255 },
        { "9223372036854775807", true, INT64_MAX },
        { "-9223372036854775808", true, INT64_MIN },
        { "9223372036854775808", false, 0 },
        { "0x10000000000000000", false, 0 },
        { "1.5", false, 0 },
        { "1e3", false, 0 },
        { "\"1\"", false, 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena;
        const struct hcl_node *root;
        char text[100];
        int64_t got = 0;
        arena_init(&arena, 0);
        snprintf(text, sizeof text, "a = %s", rows[i].text);
        assert_int_equal(hcl_parse(bytes_str(text), &arena, &root, NULL), OK);
        assert_int_equal(hcl_integer(root->first, &got), rows[i].is_whole);
        assert_true(got == rows[i].wanted);
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_all_kinds_are_read),
        cmocka_unit_test(labels_are_objects_of_one_member),
        cmocka_unit_test(repeated_names_are_all_kept_in_order),
        cmocka_unit_test(comments_of_all_kinds_are_skipped),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(interpolations_are_kept_as_they_stand),
        cmocka_unit_test(heredocs_are_their_lines),
        cmocka_unit_test(json_is_the_same_tree),
        cmocka_unit_test(broken_hcl_is_refused_with_its_place),
        cmocka_unit_test(broken_json_is_refused_with_its_place),
        cmocka_unit_test(a_nul_is_refused),
        cmocka_unit_test(depth_of_64_is_read_and_65_refused),
        cmocka_unit_test(labels_count_as_depth),
        cmocka_unit_test(hundred_thousand_values_are_read_and_one_more_refused),
        cmocka_unit_test(text_of_one_mib_is_read_and_a_byte_more_refused),
        cmocka_unit_test(a_text_cut_at_every_byte_is_read_or_refused),
        cmocka_unit_test(nodes_know_where_they_stand),
        cmocka_unit_test(a_cursor_walks_repeated_names_and_lists),
        cmocka_unit_test(whole_numbers_are_read_in_their_base),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "wire/json_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"

/* -- a tree as text ------------------------------------------------------------------------------
 */

static void print_node(const struct json_node *node, struct buf *out);

static void print_inside(const struct json_node *node, struct buf *out)
{
    for (const struct json_node *at = node->first; at != NULL; at = at->next) {
        if (at != node->first)
            buf_put_u8(out, ',');
        if (node->kind == JSON_NODE_OBJECT) {
            buf_put_bytes(out, at->name);
            buf_put_u8(out, ':');
        }
        print_node(at, out);
    }
}

static void print_node(const struct json_node *node, struct buf *out)
{
    bool is_object = node->kind == JSON_NODE_OBJECT;
    switch (node->kind) {
    case JSON_NODE_NULL:
        buf_put_str(out, "null");
        return;
    case JSON_NODE_BOOL:
        buf_put_str(out, node->truth ? "true" : "false");
        return;
    case JSON_NODE_NUMBER:
        buf_put_bytes(out, node->text);
        return;
    case JSON_NODE_STRING:
        buf_printf(out, "<%.*s>", (int)node->text.n, (const char *)node->text.p);
        return;
    case JSON_NODE_ARRAY:
    case JSON_NODE_OBJECT:
        buf_put_u8(out, is_object ? '{' : '[');
        print_inside(node, out);
        buf_put_u8(out, is_object ? '}' : ']');
        return;
    }
}

static void assert_reads(const char *text, const char *wanted)
{
    struct arena arena;
    struct buf out;
    struct why why = { 0 };
    const struct json_node *root = NULL;
    arena_init(&arena, 0);
    buf_init(&out, 1 << 20);
    if (json_read(bytes_str(text), &arena, &root, &why) != OK)
        fail_msg("%s: %s", text, why.text);
    print_node(root, &out);
    if (!bytes_is(buf_bytes(&out), wanted))
        fail_msg("%s: is %.*s", text, (int)out.n, (const char *)out.p);
    buf_fini(&out);
    arena_fini(&arena);
}

static void assert_refused(struct bytes text, enum err wanted, const char *sentence)
{
    struct arena arena;
    struct why why = { 0 };
    const struct json_node *root = NULL;
    arena_init(&arena, 0);
    assert_int_equal(json_read(text, &arena, &root, &why), wanted);
    assert_string_equal(why.text, sentence);
    assert_null(root);
    arena_fini(&arena);
}

/* -- what is read --------------------------------------------------------------------------------
 */

static void values_become_a_tree_in_the_order_sent(void **state)
{
    assert_reads("{\"b\":[1,true,null,\"x\"],\"a\":{\"c\":false}}",
                 "{b:[1,true,null,<x>],a:{c:false}}");
    assert_reads(" \r\n\t[ ] ", "[]");
    assert_reads("\"alone\"", "<alone>");
    assert_reads("null", "null");
    assert_reads("12", "12");
}

static void numbers_stay_as_they_were_written(void **state)
{
    uint64_t natural;
    int64_t integer;
    assert_reads("[18446744073709551615,-9223372036854775808,1.50,1E+2,0,-0]",
                 "[18446744073709551615,-9223372036854775808,1.50,1E+2,0,-0]");
    struct json_node n = { .kind = JSON_NODE_NUMBER, .text = bytes_str("18446744073709551615") };
    assert_true(json_node_uint(&n, &natural) && natural == UINT64_MAX);
    assert_false(json_node_int(&n, &integer));
    n.text = bytes_str("18446744073709551616");
    assert_false(json_node_uint(&n, &natural));
    n.text = bytes_str("-9223372036854775808");
    assert_true(json_node_int(&n, &integer) && integer == INT64_MIN);
    n.text = bytes_str("1.0");
    assert_false(json_node_int(&n, &integer));
}

static void repeated_names_are_all_kept_in_order(void **state)
{
    assert_reads("{\"a\":1,\"A\":2,\"a\":3}", "{a:1,A:2,a:3}");
}

static void escapes_are_read(void **state)
{
    assert_reads("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "<\"\\/\b\f\n\r\t\xc3\xa9>");
    assert_reads("\"\\ud83d\\ude00\"", "<\xf0\x9f\x98\x80>");
}

static void half_a_pair_and_bad_utf8_become_the_replacement(void **state)
{
    assert_reads("\"a\\ud83dz\"", "<a\xef\xbf\xbdz>");
    assert_reads("\"\\ude00\\ud83d\"", "<\xef\xbf\xbd\xef\xbf\xbd>");
    assert_reads("\"\\ud83d\\u0041\"", "<\xef\xbf\xbd"
                                       "A>");
    assert_reads("\"\xff\xfe\"", "<\xef\xbf\xbd\xef\xbf\xbd>");
    assert_reads("{\"\xed\xa0\x80\":1}", "{\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd:1}");
}

static void nul_in_a_string_is_a_character(void **state)
{
    struct arena arena;
    const struct json_node *root;
    arena_init(&arena, 0);
    assert_int_equal(json_read(bytes_str("\"a\\u0000b\""), &arena, &root, NULL), OK);
    assert_true(bytes_eq(root->text, bytes_of("a\0b", 3)));
    arena_fini(&arena);
}

static void what_follows_the_first_value_is_not_looked_at(void **state)
{
    assert_reads("{\"a\":1} }]garbage", "{a:1}");
    assert_reads("[]{", "[]");
    assert_reads("7 8", "7");
}

/* -- what is refused -----------------------------------------------------------------------------
 */

static void an_empty_text_and_one_cut_short_are_told_apart(void **state)
{
    const char text[] = "{\"name\":[1,\"\\u00e9\",{\"x\":true}]}";
    assert_refused(bytes_str(""), ERR_MALFORMED, "EOF");
    assert_refused(bytes_str(" \n"), ERR_MALFORMED, "EOF");
    for (size_t n = 1; n < sizeof text - 1; n++)
        assert_refused(bytes_of(text, n), ERR_MALFORMED, "unexpected EOF");
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const bad[] = { "{a:1}", "{\"a\" 1}", "[1,]",      "{\"a\":1,}", "[1 2]",
                                       "]",     "nil",       "{\n'a':1}", "\"\x01\"",   "[\"\\x\"]",
                                       "[+1]",  ",",         "[True]" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct arena arena;
        struct why why = { 0 };
        const struct json_node *root;
        arena_init(&arena, 0);
        assert_int_equal(json_read(bytes_str(bad[i]), &arena, &root, &why), ERR_MALFORMED);
        if (strncmp(why.text, "invalid character", 17) != 0)
            fail_msg("%s: %s", bad[i], why.text);
        arena_fini(&arena);
    }
    assert_refused(bytes_str("{\n\n\"a\":nope}"), ERR_MALFORMED, "invalid character in line 3");
}

static void numbers_that_are_none_are_refused(void **state)
{
    static const char *const bad[] = { "[01]", "[1.]", "[.5]", "[-]", "[1e]", "[1.e3]", "[--1]" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct arena arena;
        struct why why = { 0 };
        const struct json_node *root;
        arena_init(&arena, 0);
        assert_int_equal(json_read(bytes_str(bad[i]), &arena, &root, &why), ERR_MALFORMED);
        arena_fini(&arena);
    }
    assert_refused(bytes_str("{1:2}"), ERR_MALFORMED,
                   "invalid character '1' looking for beginning of object key string");
}

static struct bytes nested(char *text, size_t depth)
{
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return bytes_of(text, 2 * depth);
}

static void depth_of_64_is_read_and_65_refused(void **state)
{
    char text[2 * (JSON_READ_DEPTH_MAX + 1)];
    struct arena arena;
    const struct json_node *root;
    arena_init(&arena, 0);
    assert_int_equal(json_read(nested(text, JSON_READ_DEPTH_MAX), &arena, &root, NULL), OK);
    assert_refused(nested(text, JSON_READ_DEPTH_MAX + 1), ERR_TOO_BIG, "exceeded max depth");
    arena_fini(&arena);
}

/* "[1,1,...": a bracket, and two parts for each element but the last. */
static struct bytes list_of_parts(struct buf *text, size_t parts)
{
    buf_clear(text, SIZE_MAX);
    buf_put_u8(text, '[');
    for (size_t i = 1; i < parts; i++)
        buf_put_str(text, i % 2 == 1 ? "1" : ",");
    buf_put_u8(text, ']');
    return buf_bytes(text);
}

static void two_hundred_thousand_parts_are_read_and_more_refused(void **state)
{
    struct arena arena;
    struct buf text;
    const struct json_node *root;
    arena_init(&arena, 0);
    buf_init(&text, 1 << 20);
    assert_int_equal(json_read(list_of_parts(&text, JSON_READ_PARTS_MAX), &arena, &root, NULL), OK);
    assert_refused(list_of_parts(&text, JSON_READ_PARTS_MAX + 2), ERR_TOO_BIG,
                   "more than 200000 parts");
    buf_fini(&text);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_a_tree_in_the_order_sent),
        cmocka_unit_test(numbers_stay_as_they_were_written),
        cmocka_unit_test(repeated_names_are_all_kept_in_order),
        cmocka_unit_test(escapes_are_read),
        cmocka_unit_test(half_a_pair_and_bad_utf8_become_the_replacement),
        cmocka_unit_test(nul_in_a_string_is_a_character),
        cmocka_unit_test(what_follows_the_first_value_is_not_looked_at),
        cmocka_unit_test(an_empty_text_and_one_cut_short_are_told_apart),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(numbers_that_are_none_are_refused),
        cmocka_unit_test(depth_of_64_is_read_and_65_refused),
        cmocka_unit_test(two_hundred_thousand_parts_are_read_and_more_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

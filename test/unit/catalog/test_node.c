/* The rows of nodes and checks. */
#include "catalog/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "test/lib/codec.h"

static struct label labels[] = { { { (const uint8_t *)"k", 1 }, { (const uint8_t *)"v", 1 } } };

static struct bytes row(const struct node *n)
{
    buf_clear(&codec_out, SIZE_MAX);
    node_write(n, &codec_out);
    return buf_bytes(&codec_out);
}

static struct bytes check_row(const struct check *c)
{
    buf_clear(&codec_out, SIZE_MAX);
    check_write(c, &codec_out);
    return buf_bytes(&codec_out);
}

static enum err read(struct bytes bytes)
{
    struct node back;
    return node_read(bytes, &codec_arena, &back);
}

static enum err read_check(struct bytes bytes)
{
    struct check back;
    return check_read(bytes, &back);
}

static struct node full_node(void)
{
    return (struct node){ .name = bytes_str("N1"),
                          .id = bytes_str("u"),
                          .address = bytes_str("a"),
                          .metadata = { labels, 1 },
                          .extras = bytes_str("x") };
}

static struct check full_check(void)
{
    return (struct check){ .status = STATUS_DOWN,
                           .id = bytes_str("c"),
                           .name = bytes_str("C"),
                           .notes = bytes_str("n"),
                           .output = bytes_str("o"),
                           .type = bytes_str("t"),
                           .group = bytes_str("g"),
                           .service = bytes_str("s"),
                           .extras = bytes_str("x") };
}

static void known_node_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = {
        1, 2, 0, 0, 0,   'N', '1', 1, 0, 0, 0, 'u', 1, 0, 0, 0, 'a', /* name, id, address */
        1, 0, 1, 0, 0,   0,   'k', 1, 0, 0, 0, 'v',                  /* metadata */
        1, 0, 0, 0, 'x',
    };
    struct node n = full_node(), back;
    struct bytes b = row(&n);
    assert_int_equal(b.n, sizeof expected);
    assert_memory_equal(b.p, expected, b.n);
    assert_int_equal(node_read(b, &codec_arena, &back), OK);
    assert_true(bytes_is(back.name, "N1") && bytes_is(back.id, "u") && bytes_is(back.address, "a"));
    assert_true(labels_eq(&back.metadata, &n.metadata) && bytes_is(back.extras, "x"));
    assert_only_whole(b, read);
}

static void known_check_is_written_byte_by_byte(void **state)
{
    struct check c = full_check(), back;
    uint8_t expected[2 + 8 * 5] = { 1, STATUS_DOWN };
    for (size_t i = 0; i < 8; i++) {
        expected[2 + 5 * i] = 1;
        expected[2 + 5 * i + 4] = (uint8_t) "cCnotgsx"[i];
    }
    struct bytes b = check_row(&c);
    assert_int_equal(b.n, sizeof expected);
    assert_memory_equal(b.p, expected, b.n);
    assert_int_equal(check_read(b, &back), OK);
    assert_int_equal(back.status, STATUS_DOWN);
    assert_true(bytes_is(back.id, "c") && bytes_is(back.name, "C") && bytes_is(back.notes, "n"));
    assert_true(bytes_is(back.output, "o") && bytes_is(back.type, "t"));
    assert_true(bytes_is(back.group, "g") && bytes_is(back.service, "s"));
    assert_true(bytes_is(back.extras, "x"));
    assert_only_whole(b, read_check);
}

static void check_says_up_suspect_or_down_and_nothing_else(void **state)
{
    for (int status = 0; status < STATUSES; status++) {
        struct check c = full_check();
        c.status = (enum status)status;
        bool good = status == STATUS_UP || status == STATUS_SUSPECT || status == STATUS_DOWN;
        assert_int_equal(read_check(check_row(&c)), good ? OK : ERR_MALFORMED);
    }
}

static void check_names_a_service_whole_or_not_at_all(void **state)
{
    struct check c = full_check();
    c.group = bytes_str("");
    assert_int_equal(read_check(check_row(&c)), ERR_MALFORMED);
    c.service = bytes_str("");
    assert_int_equal(read_check(check_row(&c)), OK);
}

static void node_needs_a_name_alone(void **state)
{
    struct node n = full_node();
    n.name = bytes_str("");
    assert_int_equal(read(row(&n)), ERR_MALFORMED);
    n = full_node();
    n.address = bytes_str("");
    assert_int_equal(read(row(&n)), OK);
    n.address = bytes_str("a\n");
    assert_int_equal(read(row(&n)), ERR_MALFORMED);
}

static void each_text_ends_at_its_limit(void **state)
{
    static uint8_t text[NODE_EXTRAS_MAX + 1];
    struct node n;
    struct check c;
    memset(text, 'a', sizeof text);
    const struct {
        struct bytes *field;
        size_t max;
    } rows[] = {
        { &n.name, NODE_NAME_MAX },       { &n.id, NODE_ID_MAX },
        { &n.address, ADDRESS_MAX },      { &n.extras, NODE_EXTRAS_MAX },
        { &c.id, INSTANCE_ID_MAX },       { &c.name, INSTANCE_ID_MAX },
        { &c.notes, CHECK_TEXT_MAX },     { &c.output, CHECK_TEXT_MAX },
        { &c.type, CHECK_TYPE_MAX },      { &c.group, GROUP_MAX },
        { &c.service, SERVICE_NAME_MAX }, { &c.extras, NODE_EXTRAS_MAX },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        n = full_node();
        c = full_check();
        *rows[i].field = bytes_of(text, rows[i].max);
        assert_int_equal(read(row(&n)), OK);
        assert_int_equal(read_check(check_row(&c)), OK);
        rows[i].field->n++;
        enum err of_node = read(row(&n)), of_check = read_check(check_row(&c));
        assert_int_equal(of_node == OK ? of_check : of_node, ERR_TOO_BIG);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, codec_set_up, codec_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(known_node_is_written_byte_by_byte),
        TEST(known_check_is_written_byte_by_byte),
        TEST(check_says_up_suspect_or_down_and_nothing_else),
        TEST(check_names_a_service_whole_or_not_at_all),
        TEST(node_needs_a_name_alone),
        TEST(each_text_ends_at_its_limit),
    };
    return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}

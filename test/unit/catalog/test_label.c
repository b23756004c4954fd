/* Labels: order, merging, finding, and their bytes. */
#include "catalog/label.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;
static struct label four[4];
static uint8_t room[LABELS_MAX * 32 + LABEL_VALUE_MAX + LABEL_KEY_MAX];

static struct buf fresh(void)
{
    return (struct buf){ .p = room, .room = sizeof room, .max = sizeof room };
}

/* From pairs of letters: "axby" is a=x, b=y. */
static struct labels labels(const char *pairs)
{
    struct labels made = { .n = strlen(pairs) / 2 };
    made.all = arena_zalloc(&arena, made.n, sizeof *made.all);
    for (size_t i = 0; i < made.n; i++)
        made.all[i] = (struct label){ bytes_of(pairs + 2 * i, 1), bytes_of(pairs + 2 * i + 1, 1) };
    return made;
}

static enum err read(struct bytes bytes, struct labels *ret)
{
    struct rd r;
    rd_init(&r, bytes);
    *ret = labels_read(&r, &arena);
    return rd_end(&r);
}

static enum err reread(const struct labels *written)
{
    struct buf b = fresh();
    struct labels back;
    labels_write(written, &b);
    assert_int_equal(buf_err(&b), OK);
    return read(buf_bytes(&b), &back);
}

static void sorting_puts_keys_in_order(void **state)
{
    struct labels l = labels("cxaybz"), sorted = labels("aybzcx");
    assert_int_equal(labels_sort(&l), OK);
    assert_true(labels_eq(&l, &sorted));
}

static void sorting_refuses_a_key_twice(void **state)
{
    struct labels l = labels("bxaybz");
    assert_int_equal(labels_sort(&l), ERR_EXISTS);
}

static void merged_labels_have_all_keys_and_the_upper_values(void **state)
{
    struct labels under = labels("aubucu"), over = labels("bodo"), expected = labels("aubocudo");
    struct labels merged = labels_merge(&under, &over, &arena);
    assert_true(labels_eq(&merged, &expected));
    struct labels none = { 0 };
    merged = labels_merge(&under, &none, &arena);
    assert_true(labels_eq(&merged, &under));
}

static void equal_labels_have_equal_keys_and_values(void **state)
{
    struct labels a = labels("axby"), value = labels("axbz"), key = labels("axcy"),
                  fewer = labels("ax");
    assert_true(labels_eq(&a, &a));
    assert_false(labels_eq(&a, &value));
    assert_false(labels_eq(&a, &key));
    assert_false(labels_eq(&a, &fewer));
}

static void value_is_found_by_its_key(void **state)
{
    struct labels l = labels("axby");
    assert_true(bytes_is(*labels_find(&l, bytes_str("b")), "y"));
    assert_null(labels_find(&l, bytes_str("c")));
}

static void known_labels_are_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = { 2,   0, 1, 0, 0, 0,   'a', 1, 0, 0, 0,
                                        'x', 1, 0, 0, 0, 'b', 1,   0, 0, 0, 'y' };
    struct labels l = labels("axby"), back;
    struct buf b = fresh();
    labels_write(&l, &b);
    assert_int_equal(b.n, sizeof expected);
    assert_memory_equal(b.p, expected, b.n);
    assert_int_equal(read(buf_bytes(&b), &back), OK);
    assert_true(labels_eq(&l, &back));
}

static void labels_out_of_order_are_not_read(void **state)
{
    struct labels swapped = labels("bxay"), twice = labels("axay");
    assert_int_equal(reread(&swapped), ERR_MALFORMED);
    assert_int_equal(reread(&twice), ERR_MALFORMED);
}

static void empty_key_and_broken_text_are_not_read(void **state)
{
    four[0] = (struct label){ bytes_str(""), bytes_str("x") };
    struct labels l = { .all = four, .n = 1 };
    assert_int_equal(reread(&l), ERR_MALFORMED);
    four[0] = (struct label){ bytes_str("\xff"), bytes_str("x") };
    assert_int_equal(reread(&l), ERR_MALFORMED);
    four[0] = (struct label){ bytes_str("a"), bytes_str("\xff") };
    assert_int_equal(reread(&l), ERR_MALFORMED);
}

static void key_and_value_end_at_their_limits(void **state)
{
    static uint8_t text[LABEL_VALUE_MAX + 1];
    memset(text, 'a', sizeof text);
    struct labels l = { .all = four, .n = 1 };
    four[0] = (struct label){ bytes_of(text, LABEL_KEY_MAX), bytes_of(text, LABEL_VALUE_MAX) };
    assert_int_equal(reread(&l), OK);
    four[0].key.n++;
    assert_int_equal(reread(&l), ERR_TOO_BIG);
    four[0].key.n--;
    four[0].value.n++;
    assert_int_equal(reread(&l), ERR_TOO_BIG);
}

static void number_of_labels_ends_at_its_limit(void **state)
{
    static struct label many[LABELS_MAX + 1];
    static char keys[LABELS_MAX + 1][3];
    for (size_t i = 0; i <= LABELS_MAX; i++) {
        keys[i][0] = (char)('A' + i / 26);
        keys[i][1] = (char)('a' + i % 26);
        many[i] = (struct label){ bytes_of(keys[i], 2), bytes_str("x") };
    }
    struct labels l = { .all = many, .n = LABELS_MAX };
    assert_int_equal(reread(&l), OK);
    l.n++;
    assert_int_equal(reread(&l), ERR_TOO_BIG);
}

static void number_beyond_the_input_takes_no_memory(void **state)
{
    static const uint8_t lying[] = { 0, 2, 1, 0, 0, 0, 'a' };
    struct labels back;
    size_t before = arena.used_bytes;
    assert_int_equal(read(bytes_of(lying, sizeof lying), &back), ERR_TRUNCATED);
    assert_true(arena.used_bytes - before < 64);
}

static int set_up(void **state)
{
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    arena_fini(&arena);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sorting_puts_keys_in_order),
        TEST(sorting_refuses_a_key_twice),
        TEST(merged_labels_have_all_keys_and_the_upper_values),
        TEST(equal_labels_have_equal_keys_and_values),
        TEST(value_is_found_by_its_key),
        TEST(known_labels_are_written_byte_by_byte),
        TEST(labels_out_of_order_are_not_read),
        TEST(empty_key_and_broken_text_are_not_read),
        TEST(key_and_value_end_at_their_limits),
        TEST(number_of_labels_ends_at_its_limit),
        TEST(number_beyond_the_input_takes_no_memory),
    };
    return cmocka_run_group_tests_name("label", tests, NULL, NULL);
}

/* Heads and changes: known bytes, round trip, cut at every byte, never above the greatest size. */
#include "store/row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"

static uint8_t room[ROW_MAX];

static struct row small_row(void)
{
    return (struct row){
        .place = { .revision = 300, .sub = 1 },
        .create = 2,
        .version = 3,
        .lease = 7,
        .depth = 5,
        .prev = { .revision = 200 },
        .jump = { .place = { .revision = 100, .sub = 2 }, .depth = 3 },
        .origin = 9,
        .value_n = 1,
        .value = bytes_str("v"),
        .key_n = 1,
        .key = bytes_str("k"),
    };
}

static struct row greatest_row(void)
{
    struct link far = { .place = { UINT64_MAX, UINT32_MAX }, .depth = UINT32_MAX };
    return (struct row){
        .place = far.place,
        .create = UINT64_MAX,
        .version = UINT64_MAX,
        .lease = -1,
        .depth = UINT32_MAX,
        .prev = far.place,
        .jump = far,
        .jump2 = far,
        .origin = UINT32_MAX,
    };
}

static void known_change_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = {
        1,    0,              /* format, flags */
        2,    3, 7, 5,        /* create, version, lease, depth */
        0xc8, 1, 0,           /* previous: 200, 0 */
        100,  2, 3,           /* jump: 100, 2, depth 3 */
        0,    0, 0,           /* no second jump */
        9,    1, 1, 'k', 'v', /* origin, lengths of value and key, both */
    };
    struct row row = small_row();
    struct bytes b = change_row_write(room, &row);
    assert_int_equal(b.n, sizeof expected);
    assert_memory_equal(b.p, expected, b.n);
}

static void assert_same(const struct row *a, const struct row *b)
{
    assert_int_equal(a->deleted, b->deleted);
    assert_true(a->create == b->create && a->version == b->version && a->lease == b->lease);
    assert_true(a->depth == b->depth && a->origin == b->origin && a->value_n == b->value_n);
    assert_true(a->place.revision == b->place.revision && a->place.sub == b->place.sub);
    assert_true(a->prev.revision == b->prev.revision && a->prev.sub == b->prev.sub);
    assert_true(a->jump.place.revision == b->jump.place.revision);
    assert_true(a->jump2.depth == b->jump2.depth);
    assert_true(bytes_eq(a->value, b->value));
}

static void head_comes_back_as_it_was(void **state)
{
    struct row rows[] = { small_row(), greatest_row() }, read;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(head_row_read(head_row_write(room, &rows[i]), &read), OK);
        assert_same(&rows[i], &read);
    }
}

static void change_comes_back_as_it_was(void **state)
{
    struct row rows[] = { small_row(), greatest_row() }, read;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bytes b = change_row_write(room, &rows[i]);
        assert_int_equal(change_row_read(rows[i].place, b, &read), OK);
        assert_same(&rows[i], &read);
        assert_true(bytes_eq(rows[i].key, read.key));
    }
}

static void row_cut_at_any_byte_is_damaged(void **state)
{
    struct row row = small_row(), read;
    struct bytes b = head_row_write(room, &row);
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(head_row_read(bytes_of(b.p, n), &read), ERR_DAMAGED);
    b = change_row_write(room, &row);
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(change_row_read(row.place, bytes_of(b.p, n), &read), ERR_DAMAGED);
}

static void row_with_more_behind_it_is_damaged(void **state)
{
    struct row row = small_row(), read;
    struct bytes b = head_row_write(room, &row);
    assert_int_equal(head_row_read(bytes_of(b.p, b.n + 1), &read), ERR_DAMAGED);
}

static void other_format_is_a_version(void **state)
{
    struct row row = small_row(), read;
    struct bytes b = head_row_write(room, &row);
    room[0] = ROW_FORMAT + 1;
    assert_int_equal(head_row_read(b, &read), ERR_VERSION);
}

static void deleted_head_is_told_without_reading_it(void **state)
{
    struct row row = small_row();
    assert_false(head_row_is_deleted(head_row_write(room, &row)));
    row = (struct row){ .deleted = true };
    assert_true(head_row_is_deleted(head_row_write(room, &row)));
}

static void largest_value_beside_its_key_makes_no_row_too_long(void **state)
{
    static uint8_t bytes[ROW_MAX];
    for (size_t key_n = 0; key_n < 1200; key_n += 7) {
        size_t value_n = 0;
        while (!row_value_in_pieces(key_n, value_n + 1))
            value_n++;
        struct row row = greatest_row();
        row.value = bytes_of(bytes, value_n);
        row.value_n = value_n;
        row.key = bytes_of(bytes, key_n);
        row.key_n = (uint32_t)key_n;
        row.key_in_pieces = row_key_in_pieces(key_n);
        size_t in_head = 4 + (key_n < LAYER_PART ? key_n : LAYER_PART);
        assert_true(PLACE_BYTES + change_row_write(room, &row).n <= ROW_MAX);
        assert_true(in_head + head_row_write(room, &row).n <= ROW_MAX);
    }
}

static void places_sort_as_their_bytes_do(void **state)
{
    const struct place places[] = { { 0, 0 }, { 0, 1 },   { 0, 256 },
                                    { 1, 0 }, { 256, 0 }, { UINT64_MAX, UINT32_MAX } };
    uint8_t before[PLACE_BYTES], p[PLACE_BYTES];
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        place_write(p, places[i]);
        assert_true(place_read(p).revision == places[i].revision);
        assert_true(place_read(p).sub == places[i].sub);
        if (i > 0)
            assert_true(memcmp(before, p, sizeof p) < 0);
        memcpy(before, p, sizeof p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_change_is_written_byte_by_byte),
        cmocka_unit_test(head_comes_back_as_it_was),
        cmocka_unit_test(change_comes_back_as_it_was),
        cmocka_unit_test(row_cut_at_any_byte_is_damaged),
        cmocka_unit_test(row_with_more_behind_it_is_damaged),
        cmocka_unit_test(other_format_is_a_version),
        cmocka_unit_test(deleted_head_is_told_without_reading_it),
        cmocka_unit_test(largest_value_beside_its_key_makes_no_row_too_long),
        cmocka_unit_test(places_sort_as_their_bytes_do),
    };
    return cmocka_run_group_tests_name("row", tests, NULL, NULL);
}

/* Coordinates: their bytes, their table, and that they go with their node. */
#include "catalog/coordinate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/index.h"
#include "catalog/object.h"
#include "test/lib/codec.h"
#include "test/unit/catalog/registry.h"

static const struct coordinate known = {
    .vec = { 1, -2, 0.5, 0, 0, 0, 0, 1e-9 }, .error = 1.5, .adjustment = -0.25, .height = 0.00001
};

static struct bytes row_of(const struct coordinate *at, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 1024);
    coordinate_write(at, &out);
    struct bytes row = arena_dup(arena, buf_bytes(&out));
    buf_fini(&out);
    return row;
}

static struct change_op place(struct stand *s, const char *node, const struct coordinate *at)
{
    struct change_op op = { .kind = CHANGE_OBJECT, .ns = bytes_str("public") };
    op.object = (struct object_op){ .when = { .verb = OP_SET },
                                    .kind = OBJECT_COORDINATE,
                                    .name = bytes_str(node),
                                    .row = row_of(at, &s->arena) };
    return op;
}

static enum err read_place(struct stand *s, const char *node)
{
    struct object object;
    return object_read(s->view, OBJECT_COORDINATE, bytes_str("public"), bytes_str(""),
                       bytes_str(node), &s->arena, &object);
}

static struct registry_tables tables(struct stand *s)
{
    struct registry_tables t;
    assert_int_equal(registry_tables_get(s->view, bytes_str("public"), &t), OK);
    return t;
}

/* -- claims ----------------------------------------------------------------------------------- */

static enum err read(struct bytes bytes)
{
    struct coordinate c;
    return coordinate_read(bytes, &c);
}

static void coordinate_comes_back_bit_by_bit_and_no_part_of_it(void **state)
{
    struct stand *s = *state;
    struct coordinate back;
    struct bytes row = row_of(&known, &s->arena);
    assert_int_equal(row.n, 1 + 8 * 11);
    assert_int_equal(row.p[8], 0x3f); /* of 1.0, little-endian */
    assert_int_equal(coordinate_read(row, &back), OK);
    assert_memory_equal(&back, &known, sizeof known);
    assert_only_whole(row, read);
}

static void what_is_no_finite_number_is_refused(void **state)
{
    static const uint8_t infinite[8] = { 0, 0, 0, 0, 0, 0, 0xf0, 0x7f };
    static const uint8_t none[8] = { 0, 0, 0, 0, 0, 0, 0xf8, 0x7f };
    struct stand *s = *state;
    for (size_t i = 0; i < 11; i++) {
        for (int k = 0; k < 2; k++) {
            struct change_op op = place(s, "n1", &known);
            uint8_t *row = arena_alloc(&s->arena, op.object.row.n);
            memcpy(row, op.object.row.p, op.object.row.n);
            memcpy(row + 1 + 8 * i, k == 0 ? infinite : none, 8);
            op.object.row.p = row;
            assert_int_equal(read(op.object.row), ERR_MALFORMED);
            assert_int_equal(registry_apply(s, &op, 1)->err, ERR_MALFORMED);
        }
    }
}

static void coordinate_goes_with_its_node(void **state)
{
    struct stand *s = *state;
    registry_do(s, registry_node(s, "N1", "10.0.0.1"));
    registry_do(s, registry_node(s, "n2", "10.0.0.2"));
    registry_do(s, place(s, "n1", &known));
    registry_do(s, place(s, "n2", &known));
    assert_int_equal(read_place(s, "n1"), OK);
    uint64_t at = registry_do(s, registry_with(registry_node(s, "N1", "10.0.0.1"), OP_DELETE, 0));
    assert_int_equal(read_place(s, "n1"), ERR_NOT_FOUND);
    assert_int_equal(read_place(s, "n2"), OK);
    assert_int_equal(tables(s).last[REGISTRY_COORDINATES], at);
}

static void coordinates_have_a_table_of_their_own(void **state)
{
    struct stand *s = *state;
    uint64_t before = registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    assert_int_equal(tables(s).last[REGISTRY_COORDINATES], 0);
    uint64_t at = registry_do(s, place(s, "n1", &known));
    assert_int_equal(tables(s).last[REGISTRY_COORDINATES], at);
    assert_int_equal(tables(s).last[REGISTRY_NODES], before);
    registry_do(s, place(s, "n1", &known)); /* the same: no revision */
    assert_int_equal(tables(s).last[REGISTRY_COORDINATES], at);
}

/* Rows of before there were coordinates are read, and are written as they were. */
static void tables_without_coordinates_are_of_format_1(void **state)
{
    struct buf out;
    struct registry_tables t = { .last = { [REGISTRY_NODES] = 3, [REGISTRY_PAIRS] = 5 } }, back;
    buf_init(&out, 1024);
    registry_tables_write(&t, &out);
    assert_int_equal(out.n, 1 + 8 * 8);
    assert_int_equal(out.p[0], 1);
    assert_int_equal(registry_tables_read(buf_bytes(&out), &back), OK);
    assert_memory_equal(&back, &t, sizeof t);
    buf_clear(&out, SIZE_MAX);
    t.last[REGISTRY_COORDINATES] = 7;
    registry_tables_write(&t, &out);
    assert_int_equal(out.n, 1 + 8 * 9);
    assert_int_equal(registry_tables_read(buf_bytes(&out), &back), OK);
    assert_int_equal(back.last[REGISTRY_COORDINATES], 7);
    out.p[0] = 3;
    assert_int_equal(registry_tables_read(buf_bytes(&out), &back), ERR_VERSION);
    buf_fini(&out);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, registry_set_up, stand_tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(coordinate_comes_back_bit_by_bit_and_no_part_of_it),
        CLAIM(what_is_no_finite_number_is_refused),
        CLAIM(coordinate_goes_with_its_node),
        CLAIM(coordinates_have_a_table_of_their_own),
        CLAIM(tables_without_coordinates_are_of_format_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

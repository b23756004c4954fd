/* Virtual addresses: given once, in order, and kept. */
#include "catalog/virtual.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/object.h"
#include "test/lib/codec.h"
#include "test/unit/catalog/registry.h"

static struct change_op give(const char *service)
{
    return (struct change_op){ .kind = CHANGE_VIRTUAL,
                               .ns = bytes_str("public"),
                               .virtual_of = bytes_str(service) };
}

static uint32_t number_of(struct stand *s, const char *service)
{
    struct virtual_address v;
    assert_int_equal(virtual_get(s->view, bytes_str("public"), bytes_str(service), &s->arena, &v),
                     OK);
    return v.number;
}

static struct bytes row_of(const struct virtual_address *v, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    virtual_write(v, &out);
    struct bytes row = arena_dup(arena, buf_bytes(&out));
    buf_fini(&out);
    return row;
}

/* -- claims ----------------------------------------------------------------------------------- */

static void addresses_are_given_in_order_and_once(void **state)
{
    struct stand *s = *state;
    struct virtual_address v;
    assert_int_equal(virtual_get(s->view, bytes_str("public"), bytes_str("web"), &s->arena, &v),
                     ERR_NOT_FOUND);
    uint64_t at = registry_do(s, give("web"));
    registry_do(s, give("db"));
    assert_int_equal(number_of(s, "web"), 1);
    assert_int_equal(number_of(s, "db"), 2);
    assert_int_equal(registry_do(s, give("WEB")), at + 1); /* has one: nothing changes */
    assert_int_equal(number_of(s, "WEB"), 1);
}

static void two_of_one_command_differ(void **state)
{
    struct stand *s = *state;
    struct change_op ops[] = { give("a"), give("b"), give("a") };
    assert_int_equal(registry_apply(s, ops, 3)->err, OK);
    assert_int_equal(number_of(s, "a"), 1);
    assert_int_equal(number_of(s, "b"), 2);
}

static void address_of_what_is_gone_is_not_given_again(void **state)
{
    struct stand *s = *state;
    struct change_op drop = { .kind = CHANGE_OBJECT, .ns = bytes_str("public") };
    drop.object = (struct object_op){ .when = { .verb = OP_DELETE },
                                      .kind = OBJECT_VIRTUAL,
                                      .name = bytes_str("web") };
    registry_do(s, give("web"));
    registry_do(s, drop);
    registry_do(s, give("db"));
    assert_int_equal(number_of(s, "db"), 2);
}

/* As a restore puts it. */
static void number_that_is_put_is_not_given_again(void **state)
{
    struct stand *s = *state;
    struct change_op put = { .kind = CHANGE_OBJECT, .ns = bytes_str("public") };
    const struct virtual_address v = { .number = 41 };
    put.object = (struct object_op){ .when = { .verb = OP_SET },
                                     .kind = OBJECT_VIRTUAL,
                                     .name = bytes_str("old"),
                                     .row = row_of(&v, &s->arena) };
    registry_do(s, put);
    registry_do(s, give("web"));
    assert_int_equal(number_of(s, "web"), 42);
    put.object.row = bytes_str("\1");
    assert_int_equal(registry_apply(s, &put, 1)->err, ERR_MALFORMED);
}

static void numbers_are_addresses_of_class_e(void **state)
{
    static const struct {
        uint32_t number;
        const char *text;
    } rows[] = { { 0, "" },
                 { 1, "240.0.0.1" },
                 { 256, "240.0.1.0" },
                 { 0x1000000, "241.0.0.0" },
                 { VIRTUAL_LAST, "255.255.255.254" },
                 { VIRTUAL_LAST + 1, "" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[VIRTUAL_TEXT_MAX];
        virtual_print(rows[i].number, text);
        assert_string_equal(text, rows[i].text);
    }
}

static enum err read(struct bytes bytes)
{
    struct arena arena;
    struct virtual_address v;
    arena_init(&arena, 0);
    enum err e = virtual_read(bytes, &arena, &v);
    arena_fini(&arena);
    return e;
}

static void row_is_read_as_it_was_written_and_ends_at_its_limits(void **state)
{
    struct stand *s = *state;
    struct bytes *many = arena_zalloc(&s->arena, VIRTUAL_BY_HAND_MAX + 1, sizeof *many);
    for (size_t i = 0; i <= VIRTUAL_BY_HAND_MAX; i++)
        many[i] = bytes_str("1.1.1.1");
    struct virtual_address v = { 7, many, 2 }, back;
    struct bytes row = row_of(&v, &s->arena);
    assert_int_equal(virtual_read(row, &s->arena, &back), OK);
    assert_int_equal(back.number, 7);
    assert_int_equal(back.by_hand_n, 2);
    assert_true(bytes_is(back.by_hand[1], "1.1.1.1"));
    assert_only_whole(row, read);
    v.by_hand_n = VIRTUAL_BY_HAND_MAX;
    assert_int_equal(read(row_of(&v, &s->arena)), OK);
    v.by_hand_n++;
    assert_int_equal(read(row_of(&v, &s->arena)), ERR_TOO_BIG);
    v = (struct virtual_address){ .number = VIRTUAL_LAST };
    assert_int_equal(read(row_of(&v, &s->arena)), OK);
    v.number++;
    assert_int_equal(read(row_of(&v, &s->arena)), ERR_MALFORMED);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, registry_set_up, stand_tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(addresses_are_given_in_order_and_once),
        CLAIM(two_of_one_command_differ),
        CLAIM(address_of_what_is_gone_is_not_given_again),
        CLAIM(number_that_is_put_is_not_given_again),
        CLAIM(numbers_are_addresses_of_class_e),
        CLAIM(row_is_read_as_it_was_written_and_ends_at_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What only Consul knows of instances and checks, as bytes. */
#include "faces/consul/rows/extras.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "faces/consul/rows/check_extras.h"

static struct arena arena;
static struct buf row;

static int setup(void **state)
{
    arena_init(&arena, 0);
    buf_init(&row, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    buf_fini(&row);
    arena_fini(&arena);
    return 0;
}

static struct consul_tagged tagged[CONSUL_TAGGED_MAX + 1];

static struct consul_extras full(void)
{
    tagged[0] = (struct consul_tagged){ bytes_str("lan"), bytes_str("10.0.0.1"), 80 };
    tagged[1] = (struct consul_tagged){ bytes_str("wan"), bytes_str("1.1.1.1"), 443 };
    return (struct consul_extras){ .kind = bytes_str("connect-proxy"),
                                   .socket_path = bytes_str("/s"),
                                   .passing = 65535,
                                   .warning = 7,
                                   .has_tag_override = true,
                                   .is_sidecar = true,
                                   .tagged = tagged,
                                   .tagged_n = 2,
                                   .proxy = bytes_str("{\"a\":1}"),
                                   .connect = bytes_str("{}"),
                                   .locality = bytes_str("{\"Region\":\"r\"}") };
}

static void known_bytes_of_an_instance(void **state)
{
    static const uint8_t bytes[] = { 1, 2, 1, 0, 0, 0,   3, 0, 0, 0, 1,   0,  0, 0, 'k', 0,
                                     0, 0, 0, 0, 0, 0,   0, 0, 0, 0, 0,   0,  0, 0, 0,   1,
                                     0, 1, 0, 0, 0, 'l', 1, 0, 0, 0, 'a', 80, 0, 0, 0 };
    struct consul_extras x = consul_extras_none();
    tagged[0] = (struct consul_tagged){ bytes_str("l"), bytes_str("a"), 80 };
    x.kind = bytes_str("k");
    x.warning = 3;
    x.is_sidecar = true;
    x.tagged = tagged;
    x.tagged_n = 1;
    consul_extras_write(&x, &row);
    assert_true(bytes_eq(buf_bytes(&row), bytes_of(bytes, sizeof bytes)));
}

/* Only who has ports is written in the format that knows them. */
static void ports_are_of_format_2(void **state)
{
    struct consul_extras x = consul_extras_none(), got;
    x.ports = bytes_str("[]");
    consul_extras_write(&x, &row);
    assert_int_equal(row.p[0], 2);
    assert_int_equal(consul_extras_read(buf_bytes(&row), &arena, &got), OK);
    assert_true(bytes_is(got.ports, "[]"));
    assert_int_equal(consul_extras_read(bytes_of(row.p, row.n - 1), &arena, &got), ERR_TRUNCATED);
    row.p[0] = 1;
    assert_int_equal(consul_extras_read(buf_bytes(&row), &arena, &got), ERR_MALFORMED);
    row.p[0] = 3;
    assert_int_equal(consul_extras_read(buf_bytes(&row), &arena, &got), ERR_VERSION);
}

static void what_is_written_is_read(void **state)
{
    struct consul_extras x = full(), got;
    consul_extras_write(&x, &row);
    assert_int_equal(consul_extras_read(buf_bytes(&row), &arena, &got), OK);
    assert_true(bytes_eq(got.kind, x.kind) && bytes_eq(got.socket_path, x.socket_path));
    assert_true(bytes_eq(got.proxy, x.proxy) && bytes_eq(got.connect, x.connect));
    assert_true(bytes_eq(got.locality, x.locality));
    assert_true(got.has_tag_override && got.is_sidecar);
    assert_int_equal(got.passing, 65535);
    assert_int_equal(got.warning, 7);
    assert_int_equal(got.tagged_n, 2);
    assert_true(bytes_is(got.tagged[1].name, "wan") && bytes_is(got.tagged[1].address, "1.1.1.1"));
    assert_int_equal(got.tagged[1].port, 443);
}

static void no_bytes_are_the_defaults(void **state)
{
    struct consul_extras got;
    assert_int_equal(consul_extras_read(bytes_str(""), &arena, &got), OK);
    assert_int_equal(got.passing, 1);
    assert_int_equal(got.warning, 1);
    assert_int_equal(got.tagged_n, 0);
}

static void cut_at_every_byte_it_is_refused(void **state)
{
    struct consul_extras x = full(), got;
    consul_extras_write(&x, &row);
    for (size_t n = 1; n < row.n; n++)
        assert_int_equal(consul_extras_read(bytes_of(row.p, n), &arena, &got), ERR_TRUNCATED);
    buf_put_u8(&row, 0);
    assert_int_equal(consul_extras_read(buf_bytes(&row), &arena, &got), ERR_MALFORMED);
}

static enum err read_changed(size_t at, uint8_t byte)
{
    struct consul_extras x = full(), got;
    buf_clear(&row, SIZE_MAX);
    consul_extras_write(&x, &row);
    row.p[at] = byte;
    return consul_extras_read(buf_bytes(&row), &arena, &got);
}

static void what_cannot_be_is_refused(void **state)
{
    assert_int_equal(read_changed(0, 3), ERR_VERSION);
    assert_int_equal(read_changed(1, 4), ERR_MALFORMED);     /* a flag that there is not */
    assert_int_equal(read_changed(4, 1), ERR_MALFORMED);     /* a weight above 65535 */
    assert_int_equal(read_changed(14, 0xff), ERR_MALFORMED); /* no UTF-8 */
    struct consul_extras x = full(), got;
    tagged[1].name = tagged[0].name;
    buf_clear(&row, SIZE_MAX);
    consul_extras_write(&x, &row);
    assert_int_equal(consul_extras_read(buf_bytes(&row), &arena, &got), ERR_MALFORMED);
}

static void tagged_addresses_end_at_their_limit(void **state)
{
    struct consul_extras x = consul_extras_none(), got;
    for (size_t i = 0; i <= CONSUL_TAGGED_MAX; i++)
        tagged[i].name = bytes_str(arena_printf(&arena, "n%02zu", i));
    x.tagged = tagged;
    for (x.tagged_n = CONSUL_TAGGED_MAX; x.tagged_n <= CONSUL_TAGGED_MAX + 1; x.tagged_n++) {
        buf_clear(&row, SIZE_MAX);
        consul_extras_write(&x, &row);
        assert_int_equal(consul_extras_read(buf_bytes(&row), &arena, &got),
                         x.tagged_n == CONSUL_TAGGED_MAX ? OK : ERR_TOO_BIG);
    }
}

/* -- checks ------------------------------------------------------------------------------------
 */

static void check_that_is_shown_is_read_as_it_was_written(void **state)
{
    struct check_extras x = { .interval = bytes_str("10s"), .definition = bytes_str("{\"a\":1}") };
    struct check_extras got;
    check_extras_write(&x, &row);
    assert_int_equal(row.p[0], CHECK_SHOWN_FORMAT);
    assert_int_equal(check_extras_read(buf_bytes(&row), &arena, &got), OK);
    assert_false(got.is_run);
    assert_true(bytes_is(got.interval, "10s") && got.timeout.n == 0);
    assert_true(bytes_is(got.definition, "{\"a\":1}"));
    for (size_t n = 1; n < row.n; n++)
        assert_int_equal(check_extras_read(bytes_of(row.p, n), &arena, &got), ERR_TRUNCATED);
}

static void check_that_is_run_is_its_definition(void **state)
{
    struct check_extras x = { .is_run = true, .run = { .ttl_ms = 5000 } }, got;
    struct why why;
    assert_int_equal(check_settle(&x.run, &why), OK);
    check_extras_write(&x, &row);
    assert_int_equal(check_extras_read(buf_bytes(&row), &arena, &got), OK);
    assert_true(got.is_run);
    assert_int_equal(got.run.ttl_ms, 5000);
}

static void check_without_either_is_no_bytes(void **state)
{
    struct check_extras x = { .is_run = false }, got;
    check_extras_write(&x, &row);
    assert_int_equal(row.n, 0);
    assert_int_equal(check_extras_read(buf_bytes(&row), &arena, &got), OK);
    assert_false(got.is_run);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(known_bytes_of_an_instance),
        EACH(ports_are_of_format_2),
        EACH(what_is_written_is_read),
        EACH(no_bytes_are_the_defaults),
        EACH(cut_at_every_byte_it_is_refused),
        EACH(what_cannot_be_is_refused),
        EACH(tagged_addresses_end_at_their_limit),
        EACH(check_that_is_shown_is_read_as_it_was_written),
        EACH(check_that_is_run_is_its_definition),
        EACH(check_without_either_is_no_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

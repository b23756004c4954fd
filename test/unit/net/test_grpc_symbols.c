/* A descriptor written by hand:
 *   package a.b; message M { Field f; message N { enum E { V } } } enum T { W } service S { Do } */
#include "net/grpc_symbols.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#include "wire/pb.h"

static struct buf file;

static size_t open_named(uint32_t number, const char *name)
{
    size_t mark = pb_open(&file, number);
    pb_put_bytes(&file, 1, bytes_str(name));
    return mark;
}

static void put_named(uint32_t number, const char *name)
{
    pb_close(&file, open_named(number, name));
}

static int set_up(void **state)
{
    buf_init(&file, 1 << 20);
    pb_put_bytes(&file, 1, bytes_str("a/b.proto"));
    pb_put_bytes(&file, 2, bytes_str("a.b"));
    size_t message = open_named(4, "M");
    put_named(2, "f");
    size_t nested = open_named(3, "N");
    size_t enumeration = open_named(4, "E");
    put_named(2, "V");
    pb_close(&file, enumeration);
    pb_close(&file, nested);
    pb_close(&file, message);
    size_t top = open_named(5, "T");
    put_named(2, "W");
    pb_close(&file, top);
    size_t service = open_named(6, "S");
    put_named(2, "Do");
    pb_close(&file, service);
    put_named(7, "x");
    return 0;
}

static int tear_down(void **state)
{
    buf_fini(&file);
    return 0;
}

static void everything_defined_is_found(void **state)
{
    static const char *const symbols[] = { "a.b.M", "a.b.M.f", "a.b.M.N", "a.b.M.N.E", "a.b.M.N.V",
                                           "a.b.T", "a.b.W",   "a.b.S",   "a.b.S.Do",  "a.b.x" };
    for (size_t i = 0; i < ARRAY_LEN(symbols); i++)
        assert_true(grpc_file_defines(buf_bytes(&file), bytes_str(symbols[i])));
}

static void nothing_else_is_found(void **state)
{
    static const char *const symbols[] = {
        "",          "a",           "a.b",    "a.b.",    "M",   "a.b.X",  "a.b.M.",
        "a.b.M.N.W", "a.b.M.N.E.V", "a.b.Mx", "a.b.S.D", "b.M", ".a.b.M", "a.b.M.f.g"
    };
    for (size_t i = 0; i < ARRAY_LEN(symbols); i++)
        assert_false(grpc_file_defines(buf_bytes(&file), bytes_str(symbols[i])));
}

static void file_without_a_package_is_searched(void **state)
{
    buf_clear(&file, 0);
    put_named(4, "M");
    assert_true(grpc_file_defines(buf_bytes(&file), bytes_str("M")));
    assert_false(grpc_file_defines(buf_bytes(&file), bytes_str("N")));
}

static void cut_at_every_byte_nothing_breaks(void **state)
{
    for (size_t n = 0; n < file.n; n++) {
        uint8_t *p = malloc(n + (n == 0)); /* of its own, so that a read past its end is seen */
        memcpy(p, file.p, n);
        assert_false(grpc_file_defines(bytes_of(p, n), bytes_str("a.b.x")));
        free(p);
    }
}

static void deep_nesting_ends(void **state)
{
    char symbol[200] = "a.b.D";
    buf_clear(&file, 0);
    pb_put_bytes(&file, 2, bytes_str("a.b"));
    size_t marks[40];
    for (unsigned i = 0; i < 40; i++) {
        marks[i] = open_named(i == 0 ? 4 : 3, "D");
        if (i > 0)
            strcat(symbol, ".D");
    }
    for (unsigned i = 40; i-- > 0;)
        pb_close(&file, marks[i]);
    assert_true(grpc_file_defines(buf_bytes(&file), bytes_str("a.b.D.D.D")));
    assert_false(grpc_file_defines(buf_bytes(&file), bytes_str(symbol)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(everything_defined_is_found),
        TEST(nothing_else_is_found),
        TEST(file_without_a_package_is_searched),
        TEST(cut_at_every_byte_nothing_breaks),
        TEST(deep_nesting_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

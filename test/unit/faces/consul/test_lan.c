/* Addresses of either family. */
#include "faces/consul/rows/lan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "faces/consul/rows/extras.h"

static void addresses_of_this_network_are_told_apart(void **state)
{
    struct consul_tagged tagged[] = {
        { .name = bytes_str("lan"), .address = bytes_str("10.0.0.9") },
        { .name = bytes_str("lan_ipv4"), .address = bytes_str("10.0.0.1") },
        { .name = bytes_str("lan_ipv6"), .address = bytes_str("2001:db8::1") },
        { .name = bytes_str("wan_ipv4"), .address = bytes_str("198.51.100.1") },
    };
    struct consul_extras x = consul_extras_none();
    struct arena arena;
    struct buf row;
    struct bytes v4, v6;
    arena_init(&arena, 0);
    buf_init(&row, 4096);
    x.tagged = tagged;
    x.tagged_n = ARRAY_LEN(tagged);
    consul_extras_write(&x, &row);
    consul_lan_addresses(buf_bytes(&row), &arena, &v4, &v6);
    assert_true(bytes_is(v4, "10.0.0.1") && bytes_is(v6, "2001:db8::1"));
    x.tagged_n = 1; /* "lan" alone says no family */
    buf_clear(&row, 4096);
    consul_extras_write(&x, &row);
    consul_lan_addresses(buf_bytes(&row), &arena, &v4, &v6);
    assert_true(v4.n == 0 && v6.n == 0);
    consul_lan_addresses(bytes_of(row.p, row.n - 1), &arena, &v4, &v6);
    assert_true(v4.n == 0 && v6.n == 0);
    consul_lan_addresses(bytes_str(""), &arena, &v4, &v6);
    assert_true(v4.n == 0 && v6.n == 0);
    buf_fini(&row);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_this_network_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Against values that hashstructure gives. */
#include "wire/go_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* FNV-1's own vectors. */
static void text_is_hashed_by_fnv_1(void **state)
{
    assert_int_equal(go_hash_text(bytes_str("")), UINT64_C(0xcbf29ce484222325));
    assert_int_equal(go_hash_text(bytes_str("a")), UINT64_C(0xaf63bd4c8601b7be));
    assert_int_equal(go_hash_text(bytes_str("foobar")), UINT64_C(0x340d8765a4dda9c2));
}

/* Consul's: struct { OverrideMeshGateway MeshGatewayConfig; OverrideProtocol string;
 * OverrideConnectTimeout time.Duration } with "local", "grpc" and 22 s. */
static void struct_is_hashed_as_consul_hashes_it(void **state)
{
    uint64_t gateway = go_hash_text(bytes_str("MeshGatewayConfig"));
    uint64_t whole = go_hash_text(bytes_str("")), turned = whole;
    go_hash_put(&gateway, "Mode", go_hash_text(bytes_str("local")));
    go_hash_put(&whole, "OverrideMeshGateway", gateway);
    go_hash_put(&whole, "OverrideProtocol", go_hash_text(bytes_str("grpc")));
    go_hash_put(&whole, "OverrideConnectTimeout", go_hash_int(INT64_C(22000000000)));
    assert_int_equal(whole, UINT64_C(0x98809527828c88a4));
    go_hash_put(&turned, "OverrideConnectTimeout", go_hash_int(INT64_C(22000000000)));
    go_hash_put(&turned, "OverrideProtocol", go_hash_text(bytes_str("grpc")));
    go_hash_put(&turned, "OverrideMeshGateway", gateway);
    assert_int_equal(turned, whole);
}

static void order_of_a_list_counts(void **state)
{
    uint64_t ab = 0, ba = 0;
    go_hash_add(&ab, go_hash_text(bytes_str("a")));
    go_hash_add(&ab, go_hash_text(bytes_str("b")));
    go_hash_add(&ba, go_hash_text(bytes_str("b")));
    go_hash_add(&ba, go_hash_text(bytes_str("a")));
    assert_int_not_equal(ab, ba);
}

static void nothing_is_the_number_0_and_truth_a_byte(void **state)
{
    assert_int_equal(go_hash_nil(), go_hash_int(0));
    assert_int_not_equal(go_hash_bool(false), go_hash_int(0));
    assert_int_not_equal(go_hash_bool(false), go_hash_bool(true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_hashed_by_fnv_1),
        cmocka_unit_test(struct_is_hashed_as_consul_hashes_it),
        cmocka_unit_test(order_of_a_list_counts),
        cmocka_unit_test(nothing_is_the_number_0_and_truth_a_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

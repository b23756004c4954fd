#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/compiler.h"

static const char known[] = "00112233-4455-6677-8899-aabbccddeeff";

static void known_text_is_read_and_written(void **state)
{
    struct uuid u;
    char text[UUID_TEXT + 1];
    assert_true(uuid_parse(bytes_str(known), &u));
    for (size_t i = 0; i < UUID_BYTES; i++)
        assert_int_equal(u.b[i], i * 0x11);
    uuid_print(&u, text);
    assert_string_equal(text, known);
}

static void upper_case_is_the_same(void **state)
{
    struct uuid u, upper;
    assert_true(uuid_parse(bytes_str(known), &u));
    assert_true(uuid_parse(bytes_str("00112233-4455-6677-8899-AABBCCDDEEFF"), &upper));
    assert_true(uuid_eq(&u, &upper));
    upper.b[15]--;
    assert_false(uuid_eq(&u, &upper));
}

static void what_is_no_uuid_is_refused_and_leaves_the_result(void **state)
{
    static const char *const texts[] = { "",
                                         "00112233-4455-6677-8899-aabbccddeef",
                                         "00112233-4455-6677-8899-aabbccddeefff",
                                         "00112233-4455-6677-8899-aabbccddeefg",
                                         "0011223344-55-6677-8899-aabbccddeeff",
                                         "00112233445566778899aabbccddeeff0000",
                                         "{0112233-4455-6677-8899-aabbccddeef}" };
    struct uuid u = { { 7 } };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_false(uuid_parse(bytes_str(texts[i]), &u));
    assert_int_equal(u.b[0], 7);
}

static void random_one_says_its_version(void **state)
{
    struct uuid none = uuid_random(0, 0), all = uuid_random(UINT64_MAX, UINT64_MAX);
    char text[UUID_TEXT + 1];
    uuid_print(&none, text);
    assert_string_equal(text, "00000000-0000-4000-8000-000000000000");
    uuid_print(&all, text);
    assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

static void zero_is_the_one_without_a_bit(void **state)
{
    struct uuid u = { { 0 } };
    assert_true(uuid_is_zero(&u));
    u.b[15] = 1;
    assert_false(uuid_is_zero(&u));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_text_is_read_and_written),
        cmocka_unit_test(upper_case_is_the_same),
        cmocka_unit_test(what_is_no_uuid_is_refused_and_leaves_the_result),
        cmocka_unit_test(zero_is_the_one_without_a_bit),
        cmocka_unit_test(random_one_says_its_version),
    };
    return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}

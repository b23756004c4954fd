#include "access/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/compiler.h"

static void names_are_held_to_their_letters(void **state)
{
    static const struct {
        const char *name;
        bool policy, role, identity;
    } rows[] = {
        { "", false, false, false },      { "a", true, true, true },
        { "web-1_x", true, true, true },  { "Web", true, true, false },
        { "7", true, true, true },        { "builtin/x", true, false, false },
        { "a/", true, false, false },     { "/a", false, false, false },
        { "a/b/c", false, false, false }, { "-a", true, true, false },
        { "a_", true, true, false },      { "a b", false, false, false },
        { "a.b", false, false, false },   { "\xc3\xa9", false, false, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bytes name = bytes_str(rows[i].name);
        assert_int_equal(policy_name_is_valid(name), rows[i].policy);
        assert_int_equal(role_name_is_valid(name), rows[i].role);
        assert_int_equal(identity_name_is_valid(name), rows[i].identity);
    }
}

static void longest_names_are_valid_and_one_letter_more_is_not(void **state)
{
    char letters[300];
    memset(letters, 'a', sizeof letters);
    assert_true(policy_name_is_valid(bytes_of(letters, POLICY_NAME_MAX)));
    assert_false(policy_name_is_valid(bytes_of(letters, POLICY_NAME_MAX + 1)));
    assert_true(role_name_is_valid(bytes_of(letters, ROLE_NAME_MAX)));
    assert_false(role_name_is_valid(bytes_of(letters, ROLE_NAME_MAX + 1)));
    assert_true(identity_name_is_valid(bytes_of(letters, IDENTITY_NAME_MAX)));
    assert_false(identity_name_is_valid(bytes_of(letters, IDENTITY_NAME_MAX + 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_held_to_their_letters),
        cmocka_unit_test(longest_names_are_valid_and_one_letter_more_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

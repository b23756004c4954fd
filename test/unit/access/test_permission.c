#include "access/permission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define END_OF_ALL bytes_of("\0", 1)

/* "\x01" stands for etcd's single zero byte, which no C string can hold. */
static struct bytes end_of(const char *text)
{
    return text[0] == 1 ? END_OF_ALL : bytes_str(text);
}

static enum err add(struct access_rules *rules, enum permission_type type, const char *key,
                    const char *end)
{
    struct access_rule rule;
    const struct permission p = { .type = type, .key = bytes_str(key), .end = end_of(end) };
    enum err e = permission_rule(&p, bytes_str("role"), &rule);
    if (e == OK)
        access_rules_add(rules, &rule);
    return e;
}

static void permissions_cover_what_etcd_says(void **state)
{
    static const struct {
        struct {
            enum permission_type type;
            const char *key, *end;
        } permissions[3];
        const char *key, *end;
        bool may_read, may_write;
    } rows[] = {
        /* one key */
        { { { PERMISSION_READ, "a", "" } }, "a", "", true, false },
        { { { PERMISSION_WRITE, "a", "" } }, "a", "", false, true },
        { { { PERMISSION_READWRITE, "a", "" } }, "a", "", true, true },
        { { { PERMISSION_READWRITE, "a", "" } }, "ab", "", false, false },
        { { { PERMISSION_READWRITE, "a", "" } }, "a", "b", false, false },
        { { { PERMISSION_READWRITE, "a", "" } }, "a", "\1", false, false },
        /* a range */
        { { { PERMISSION_READ, "a", "c" } }, "a", "c", true, false },
        { { { PERMISSION_READ, "a", "c" } }, "b", "", true, false },
        { { { PERMISSION_READ, "a", "c" } }, "c", "", false, false },
        { { { PERMISSION_READ, "a", "c" } }, "b", "d", false, false },
        { { { PERMISSION_READ, "a", "c" } }, "a", "\1", false, false },
        /* without an end */
        { { { PERMISSION_READ, "a", "\1" } }, "a", "\1", true, false },
        { { { PERMISSION_READ, "a", "\1" } }, "b", "c", true, false },
        { { { PERMISSION_READ, "b", "\1" } }, "a", "\1", false, false },
        /* together, touching, with a gap, of different types */
        { { { PERMISSION_READ, "a", "b" }, { PERMISSION_READ, "b", "c" } }, "a", "c", true, false },
        { { { PERMISSION_READ, "a", "b" }, { PERMISSION_READ, "c", "d" } },
          "a",
          "d",
          false,
          false },
        { { { PERMISSION_READ, "a", "b" }, { PERMISSION_WRITE, "b", "c" } },
          "a",
          "c",
          false,
          false },
        { { { PERMISSION_READ, "a", "c" }, { PERMISSION_READWRITE, "b", "\1" } },
          "a",
          "\1",
          true,
          false },
        { { { PERMISSION_READ, "a", "b" },
            { PERMISSION_READ, "b", "" },
            { PERMISSION_READ, "b0", "c" } },
          "a",
          "c",
          false,
          false }, /* "b/" lies between */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena;
        struct access_rules rules;
        const struct policy_set *set;
        arena_init(&arena, 0);
        access_rules_init(&rules, &arena);
        for (size_t k = 0; k < 3 && rows[i].permissions[k].key != NULL; k++)
            assert_int_equal(add(&rules, rows[i].permissions[k].type, rows[i].permissions[k].key,
                                 rows[i].permissions[k].end),
                             OK);
        assert_int_equal(policy_set_new(rules.all, rules.n, true, &set), OK);
        const struct access_question read =
            permission_question(ACCESS_READ, bytes_str(rows[i].key), end_of(rows[i].end));
        const struct access_question write =
            permission_question(ACCESS_WRITE, bytes_str(rows[i].key), end_of(rows[i].end));
        if (policy_set_check(set, &read).is_allowed != rows[i].may_read)
            fail_msg("row %zu: read", i);
        if (policy_set_check(set, &write).is_allowed != rows[i].may_write)
            fail_msg("row %zu: write", i);
        policy_set_unref(set);
        arena_fini(&arena);
    }
}

static void permissions_of_all_keys_are_no_administration(void **state)
{
    struct arena arena;
    struct access_rules rules;
    const struct policy_set *set;
    arena_init(&arena, 0);
    access_rules_init(&rules, &arena);
    assert_int_equal(add(&rules, PERMISSION_READWRITE, "a", "\1"), OK);
    assert_int_equal(policy_set_new(rules.all, rules.n, true, &set), OK);
    const struct access_question question =
        permission_question(ACCESS_ADMIN, bytes_str("a"), bytes_str(""));
    assert_false(policy_set_check(set, &question).is_allowed);
    policy_set_unref(set);
    arena_fini(&arena);
}

static void ranges_that_are_none_are_refused(void **state)
{
    struct arena arena;
    struct access_rules rules;
    arena_init(&arena, 0);
    access_rules_init(&rules, &arena);
    assert_int_equal(add(&rules, PERMISSION_READ, "", ""), ERR_INVALID);
    assert_int_equal(add(&rules, PERMISSION_READ, "", "\1"), ERR_INVALID);
    assert_int_equal(add(&rules, PERMISSION_READ, "b", "b"), ERR_INVALID);
    assert_int_equal(add(&rules, PERMISSION_READ, "b", "a"), ERR_INVALID);
    assert_int_equal(add(&rules, (enum permission_type)3, "a", "b"), ERR_INVALID);
    assert_int_equal(add(&rules, PERMISSION_READ, "b", "b0"), OK);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permissions_cover_what_etcd_says),
        cmocka_unit_test(permissions_of_all_keys_are_no_administration),
        cmocka_unit_test(ranges_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

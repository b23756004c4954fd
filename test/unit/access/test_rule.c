#include "access/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void assert_prints(const struct access_rule *rule, const char *wanted)
{
    struct buf out;
    buf_init(&out, 1000);
    access_rule_print(rule, &out);
    buf_put_u8(&out, 0);
    assert_string_equal((const char *)out.p, wanted);
    buf_fini(&out);
}

static void rules_print_as_a_person_would_write_them(void **state)
{
    static const struct {
        enum access_kind kind;
        enum access_match match;
        const char *name, *end;
        unsigned grants;
        const char *wanted;
    } rows[] = {
        { ACCESS_KEY, ACCESS_PREFIX, "app/", "", ACCESS_GRANT_READ,
          "key_prefix \"app/\" = read, by \"ops\"" },
        { ACCESS_KEY, ACCESS_EXACT, "app/x", "", ACCESS_GRANT_LIST,
          "key \"app/x\" = list, by \"ops\"" },
        { ACCESS_SERVICE, ACCESS_EXACT, "we\"b\xff", "", ACCESS_GRANT_WRITE,
          "service \"we\\x22b\\xff\" = write, by \"ops\"" },
        { ACCESS_ACL, ACCESS_EXACT, "", "", ACCESS_GRANT_DENY, "acl = deny, by \"ops\"" },
        { ACCESS_ETCD_KEY, ACCESS_SPAN, "a", "c", ACCESS_GRANT_PUT,
          "etcd_key \"a\" up to \"c\" = put, by \"ops\"" },
        { ACCESS_ETCD_KEY, ACCESS_SPAN, "a", "", ACCESS_GRANT_PUT | ACCESS_GRANT_LIST,
          "etcd_key \"a\" up to the end = read and put, by \"ops\"" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_prints(&(struct access_rule){ .kind = rows[i].kind,
                                             .match = rows[i].match,
                                             .name = bytes_str(rows[i].name),
                                             .end = bytes_str(rows[i].end),
                                             .grants = rows[i].grants,
                                             .source = bytes_str("ops") },
                      rows[i].wanted);
}

static void added_rules_are_copies_in_order(void **state)
{
    struct arena arena;
    struct access_rules rules;
    char name[] = "n00", source[] = "s";
    arena_init(&arena, 0);
    access_rules_init(&rules, &arena);
    for (int i = 0; i < 40; i++) {
        name[1] = (char)('0' + i / 10);
        name[2] = (char)('0' + i % 10);
        access_rules_add(&rules, &(struct access_rule){ .kind = ACCESS_NODE,
                                                        .name = bytes_str(name),
                                                        .source = bytes_str(source) });
    }
    source[0] = 'x';
    assert_int_equal(rules.n, 40);
    assert_true(bytes_is(rules.all[0].name, "n00"));
    assert_true(bytes_is(rules.all[39].name, "n39"));
    assert_true(bytes_is(rules.all[39].source, "s"));
    arena_fini(&arena);
}

static void all_means_write_on_every_kind(void **state)
{
    struct arena arena;
    struct access_rules rules;
    unsigned kinds = 0;
    arena_init(&arena, 0);
    access_rules_init(&rules, &arena);
    access_rules_add_all(&rules, bytes_str("root"));
    for (size_t i = 0; i < rules.n; i++) {
        kinds |= BIT(rules.all[i].kind);
        assert_int_equal(rules.all[i].grants, ACCESS_GRANT_WRITE);
        assert_int_equal(rules.all[i].name.n, 0);
    }
    assert_int_equal(kinds, BIT(ACCESS_KINDS) - 1);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_print_as_a_person_would_write_them),
        cmocka_unit_test(added_rules_are_copies_in_order),
        cmocka_unit_test(all_means_write_on_every_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

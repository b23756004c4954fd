/* Names, the word group--name and back, canonical ids. */
#include "catalog/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"

static uint8_t room[2048];

static struct buf fresh(void)
{
    return (struct buf){ .p = room, .room = sizeof room, .max = sizeof room };
}

static struct service_id service(const char *group, const char *name)
{
    struct service_id id;
    assert_int_equal(service_id_make((struct bytes){ 0 }, bytes_str(group), bytes_str(name), &id),
                     OK);
    return id;
}

static enum err make(struct bytes ns, struct bytes group, struct bytes name)
{
    struct service_id id;
    return service_id_make(ns, group, name, &id);
}

static void assert_word(const char *group, const char *name, const char *word)
{
    struct service_id id = service(group, name);
    struct buf b = fresh();
    assert_int_equal(service_id_write(&id, &b), OK);
    assert_int_equal(b.n, strlen(word));
    assert_memory_equal(b.p, word, b.n);
}

static void assert_parsed(const char *word, const char *group, const char *name)
{
    struct service_id id;
    assert_int_equal(service_id_parse((struct bytes){ 0 }, bytes_str(word), &id), OK);
    assert_true(bytes_is(id.group, group));
    assert_true(bytes_is(id.name, name));
}

/* -- making ----------------------------------------------------------------------------------- */

static void empty_namespace_and_group_are_the_defaults(void **state)
{
    struct service_id id = service("", "user");
    assert_true(bytes_is(id.ns, "public"));
    assert_true(bytes_is(id.group, "DEFAULT_GROUP"));
}

static void case_is_kept_and_not_compared_in_group_and_name(void **state)
{
    struct service_id a = service("Blue", "User"), b = service("bLUE", "uSER");
    assert_true(bytes_is(a.name, "User"));
    assert_true(service_id_eq(&a, &b));
    struct service_id other = service("Blue", "Users");
    assert_false(service_id_eq(&a, &other));
}

static void only_ascii_letters_lose_their_case(void **state)
{
    struct service_id a = service("", "\xc3\x84mter"), b = service("", "\xc3\xa4mter");
    assert_false(service_id_eq(&a, &b));
}

static void namespaces_are_compared_byte_by_byte(void **state)
{
    struct service_id a = service("", "user"), b = a;
    b.ns = bytes_str("Public");
    assert_false(service_id_eq(&a, &b));
}

static void each_part_ends_at_its_limit(void **state)
{
    static const struct {
        size_t ns, group, name;
        enum err err;
    } rows[] = {
        { NAMESPACE_MAX, GROUP_MAX, SERVICE_NAME_MAX, OK },
        { NAMESPACE_MAX + 1, 1, 1, ERR_TOO_BIG },
        { 1, GROUP_MAX + 1, 1, ERR_TOO_BIG },
        { 1, 1, SERVICE_NAME_MAX + 1, ERR_TOO_BIG },
        { 1, 1, 0, ERR_INVALID },
    };
    memset(room, 'a', sizeof room);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(make(bytes_of(room, rows[i].ns), bytes_of(room, rows[i].group),
                              bytes_of(room, rows[i].name)),
                         rows[i].err);
}

static void what_is_no_name_is_refused(void **state)
{
    static const struct {
        const char *text;
        size_t n;
    } bad[] = { { "a\0b", 3 }, { "a\nb", 3 }, { "\x7f", 1 }, { "\xff", 1 }, { "\xc3", 1 } };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct bytes part = bytes_of(bad[i].text, bad[i].n), good = bytes_str("a");
        assert_int_equal(make(part, good, good), ERR_INVALID);
        assert_int_equal(make(good, part, good), ERR_INVALID);
        assert_int_equal(make(good, good, part), ERR_INVALID);
    }
}

static void group_that_nacos_would_split_elsewhere_is_refused(void **state)
{
    struct bytes none = { 0 }, name = bytes_str("user");
    assert_int_equal(make(none, bytes_str("a@@b"), name), ERR_INVALID);
    assert_int_equal(make(none, bytes_str("a@"), name), ERR_INVALID);
    assert_int_equal(make(none, bytes_str("a@b"), name), OK);
    assert_int_equal(make(none, bytes_str("a"), bytes_str("x@@y")), OK);
}

/* -- one word --------------------------------------------------------------------------------- */

static void word_of_the_default_group_is_the_name(void **state)
{
    assert_word("", "user", "user");
    assert_word("default_group", "user", "user");
    assert_word("", "my-user-", "my-user-");
}

static void word_of_another_group_begins_with_it(void **state)
{
    assert_word("blue", "user", "blue--user");
    assert_word("blue", "a--b", "blue--a--b");
    assert_word("blue", "-user", "blue---user");
}

static void default_group_name_with_two_dashes_is_written_with_its_group(void **state)
{
    assert_word("", "a--b", "DEFAULT_GROUP--a--b");
    assert_word("", "--b", "DEFAULT_GROUP----b");
}

static void group_that_would_be_split_elsewhere_has_no_word(void **state)
{
    static const char *const groups[] = { "a--b", "--", "a-", "-" };
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        struct service_id id = service(groups[i], "user");
        struct buf b = fresh();
        assert_int_equal(service_id_write(&id, &b), ERR_INVALID);
        assert_int_equal(b.n, 0);
    }
}

static void word_is_split_at_its_first_two_dashes(void **state)
{
    assert_parsed("user", "DEFAULT_GROUP", "user");
    assert_parsed("blue--user", "blue", "user");
    assert_parsed("blue--a--b", "blue", "a--b");
    assert_parsed("blue---user", "blue", "-user");
    assert_parsed("-a--b", "-a", "b");
}

static void word_without_one_of_the_sides_is_a_name(void **state)
{
    assert_parsed("--user", "DEFAULT_GROUP", "--user");
    assert_parsed("user--", "DEFAULT_GROUP", "user--");
    assert_parsed("--", "DEFAULT_GROUP", "--");
}

/* Every group and name of up to four letters out of three. */
static void letters(size_t number, char *text)
{
    static const char alphabet[] = "aB-";
    size_t n = 0;
    for (; number > 0 && n < 4; number /= 4)
        if (number % 4 > 0)
            text[n++] = alphabet[number % 4 - 1];
    text[n] = '\0';
}

static void what_is_written_is_read_back_as_the_same_service(void **state)
{
    size_t written = 0;
    for (size_t g = 0; g < 256; g++) {
        for (size_t n = 1; n < 256; n++) {
            char group[5], name[5];
            letters(g, group);
            letters(n, name);
            if (name[0] == '\0')
                continue;
            struct service_id id = service(group, name), back;
            struct buf b = fresh();
            if (service_id_write(&id, &b) != OK)
                continue;
            assert_int_equal(service_id_parse(id.ns, buf_bytes(&b), &back), OK);
            assert_true(service_id_eq(&id, &back));
            assert_true(bytes_is(back.name, name));
            written++;
        }
    }
    assert_true(written > 20000);
}

static void canonical_id_names_address_and_service(void **state)
{
    struct service_id id = service("blue", "user");
    struct buf b = fresh();
    instance_id_write(&id, bytes_str("10.0.0.1"), 8080, (struct bytes){ 0 }, &b);
    assert_true(bytes_is(buf_bytes(&b), "10.0.0.1#8080#DEFAULT#blue@@user"));
    b = fresh();
    instance_id_write(&id, bytes_str("::1"), 0, bytes_str("east"), &b);
    assert_true(bytes_is(buf_bytes(&b), "::1#0#east#blue@@user"));
}

#define TEST(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(empty_namespace_and_group_are_the_defaults),
        TEST(case_is_kept_and_not_compared_in_group_and_name),
        TEST(only_ascii_letters_lose_their_case),
        TEST(namespaces_are_compared_byte_by_byte),
        TEST(each_part_ends_at_its_limit),
        TEST(what_is_no_name_is_refused),
        TEST(group_that_nacos_would_split_elsewhere_is_refused),
        TEST(word_of_the_default_group_is_the_name),
        TEST(word_of_another_group_begins_with_it),
        TEST(default_group_name_with_two_dashes_is_written_with_its_group),
        TEST(group_that_would_be_split_elsewhere_has_no_word),
        TEST(word_is_split_at_its_first_two_dashes),
        TEST(word_without_one_of_the_sides_is_a_name),
        TEST(what_is_written_is_read_back_as_the_same_service),
        TEST(canonical_id_names_address_and_service),
    };
    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}

#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

struct item {
    char name;
    struct list link;
};

/* The names in order, into TEXT. */
static const char *names(struct list *head, char *text)
{
    size_t n = 0;
    LIST_FOR_EACH(link, head)
    text[n++] = CONTAINER_OF(link, struct item, link)->name;
    text[n] = 0;
    return text;
}

static void append_and_prepend_take_the_ends(void **state)
{
    struct list head;
    struct item a = { 'a' }, b = { 'b' }, c = { 'c' };
    char text[8];
    list_init(&head);
    list_append(&head, &b.link);
    list_append(&head, &c.link);
    list_prepend(&head, &a.link);
    assert_string_equal(names(&head, text), "abc");
}

static void insert_stands_before_the_one_named(void **state)
{
    struct list head;
    struct item a = { 'a' }, b = { 'b' }, c = { 'c' };
    char text[8];
    list_init(&head);
    list_append(&head, &a.link);
    list_append(&head, &c.link);
    list_insert(&c.link, &b.link);
    assert_string_equal(names(&head, text), "abc");
}

static void a_removed_link_is_in_no_list(void **state)
{
    struct list head;
    struct item a = { 'a' }, b = { 'b' };
    char text[8];
    list_init(&head);
    list_append(&head, &a.link);
    list_append(&head, &b.link);
    list_remove(&a.link);
    assert_false(list_is_linked(&a.link));
    assert_true(list_is_linked(&b.link));
    assert_string_equal(names(&head, text), "b");
}

static void removing_twice_or_from_nowhere_is_harmless(void **state)
{
    struct list head;
    struct item a = { 'a' }, zeroed = { 'z' };
    list_init(&head);
    list_append(&head, &a.link);
    list_remove(&a.link);
    list_remove(&a.link);
    list_remove(&zeroed.link);
    assert_true(list_is_empty(&head));
    assert_false(list_is_linked(&zeroed.link));
}

static void the_current_one_may_be_removed_while_running_over(void **state)
{
    struct list head;
    struct item items[5];
    char text[8];
    list_init(&head);
    for (size_t i = 0; i < 5; i++) {
        items[i] = (struct item){ .name = (char)('a' + i) };
        list_append(&head, &items[i].link);
    }
    LIST_FOR_EACH(link, &head)
    if ((CONTAINER_OF(link, struct item, link)->name - 'a') % 2 == 0)
        list_remove(link);
    assert_string_equal(names(&head, text), "bd");
}

static void splice_moves_all_to_the_end(void **state)
{
    struct list to, from;
    struct item a = { 'a' }, b = { 'b' }, c = { 'c' };
    char text[8];
    list_init(&to);
    list_init(&from);
    list_append(&to, &a.link);
    list_append(&from, &b.link);
    list_append(&from, &c.link);
    list_splice(&to, &from);
    assert_string_equal(names(&to, text), "abc");
    assert_true(list_is_empty(&from));
    list_splice(&to, &from);
    assert_string_equal(names(&to, text), "abc");
}

static void first_of_an_empty_list_is_null(void **state)
{
    struct list head;
    struct item a = { 'a' };
    list_init(&head);
    assert_null(LIST_FIRST(&head, struct item, link));
    list_append(&head, &a.link);
    assert_ptr_equal(LIST_FIRST(&head, struct item, link), &a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_and_prepend_take_the_ends),
        cmocka_unit_test(insert_stands_before_the_one_named),
        cmocka_unit_test(a_removed_link_is_in_no_list),
        cmocka_unit_test(removing_twice_or_from_nowhere_is_harmless),
        cmocka_unit_test(the_current_one_may_be_removed_while_running_over),
        cmocka_unit_test(splice_moves_all_to_the_end),
        cmocka_unit_test(first_of_an_empty_list_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

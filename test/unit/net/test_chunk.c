#include "net/chunk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void chunk_holds_a_copy(void **state)
{
    char text[] = "shared";
    struct chunk *c = chunk_new(bytes_str(text));
    text[0] = 'X';
    assert_true(bytes_is(bytes_of(c->p, c->n), "shared"));
    chunk_unref(c);
}

static void chunk_lives_until_its_last_reference_goes(void **state)
{
    struct chunk *c = chunk_new(bytes_str("shared"));
    struct chunk *second = chunk_ref(c);
    chunk_unref(c);
    assert_true(bytes_is(bytes_of(second->p, second->n), "shared"));
    chunk_unref(second);
}

static void chunk_may_be_empty(void **state)
{
    struct chunk *c = chunk_new((struct bytes){ 0 });
    assert_int_equal(c->n, 0);
    chunk_unref(c);
}

static void unref_of_nothing_is_harmless(void **state)
{
    chunk_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunk_holds_a_copy),
        cmocka_unit_test(chunk_lives_until_its_last_reference_goes),
        cmocka_unit_test(chunk_may_be_empty),
        cmocka_unit_test(unref_of_nothing_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

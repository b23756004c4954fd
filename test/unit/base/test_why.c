/* Sentences for people, and what errors say. */
#include "base/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void sentence_is_kept_and_the_error_returned(void **state)
{
    struct why why = { 0 };
    assert_int_equal(why_set(&why, ERR_IO, "log: cannot read '%s'", "a.seg"), ERR_IO);
    assert_string_equal(why.text, "log: cannot read 'a.seg'");
}

static void nobody_listening_is_fine(void **state)
{
    assert_int_equal(why_set(NULL, ERR_BUSY, "%d", 1), ERR_BUSY);
}

static void sentence_that_is_too_long_is_cut_and_ended(void **state)
{
    struct why why;
    memset(why.text, 'x', sizeof why.text);
    assert_int_equal(why_set(&why, ERR_INVALID, "%0*d", 2000, 1), ERR_INVALID);
    assert_int_equal(strlen(why.text), sizeof why.text - 1);
}

static void later_sentence_takes_the_place_of_the_first(void **state)
{
    struct why why = { 0 };
    assert_int_equal(why_set(&why, ERR_IO, "a long first sentence"), ERR_IO);
    assert_int_equal(why_set(&why, ERR_IO, "short"), ERR_IO);
    assert_string_equal(why.text, "short");
}

static void every_error_has_a_sentence_of_its_own(void **state)
{
    static const enum err all[] = {
#define X(name, text) name,
        ERR_LIST(X)
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(err_text(all[i]), err_text(all[k]));
    assert_string_equal(err_text(OK), "ok");
    assert_string_equal(err_text(ERR_QUOTA), "database space exceeded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentence_is_kept_and_the_error_returned),
        cmocka_unit_test(nobody_listening_is_fine),
        cmocka_unit_test(sentence_that_is_too_long_is_cut_and_ended),
        cmocka_unit_test(later_sentence_takes_the_place_of_the_first),
        cmocka_unit_test(every_error_has_a_sentence_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "server/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/compiler.h"

static const char *nearest(const char *typed)
{
    static const char *const known[] = { "data-dir", "name", "cert-file", "key-file", "dev" };
    struct nearest n = nearest_begin(bytes_str(typed));
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        nearest_offer(&n, known[i]);
    return n.best;
}

static void one_slip_is_seen_through(void **state)
{
    assert_string_equal(nearest("datadir"), "data-dir");   /* left out */
    assert_string_equal(nearest("data--dir"), "data-dir"); /* put in */
    assert_string_equal(nearest("data_dir"), "data-dir");  /* changed */
    assert_string_equal(nearest("data-dri"), "data-dir");  /* swapped */
    assert_string_equal(nearest("nmae"), "name");
}

static void the_nearer_of_two_wins(void **state)
{
    assert_string_equal(nearest("kez-file"), "key-file");
    assert_string_equal(nearest("cer-file"), "cert-file");
}

static void a_name_itself_is_nearest(void **state)
{
    assert_string_equal(nearest("dev"), "dev");
}

static void what_is_far_brings_nothing(void **state)
{
    assert_null(nearest(""));
    assert_null(nearest("zzz"));
    assert_null(nearest("port"));
    assert_null(nearest("listen-client-urls"));
}

static void a_name_longer_than_any_brings_nothing(void **state)
{
    assert_null(
        nearest("data-dirdata-dirdata-dirdata-dirdata-dirdata-dirdata-dirdata-dirdata-dir"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_slip_is_seen_through),
        cmocka_unit_test(the_nearer_of_two_wins),
        cmocka_unit_test(a_name_itself_is_nearest),
        cmocka_unit_test(what_is_far_brings_nothing),
        cmocka_unit_test(a_name_longer_than_any_brings_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

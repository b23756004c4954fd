/* Names: put together, taken apart, and where they end. */
#include "faces/dns/dname.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void name_is_labels_behind_their_lengths(void **state)
{
    struct dname d;
    assert_true(dname_parse(bytes_str("Web.Service.consul"), &d));
    assert_int_equal(d.n, 20);
    assert_memory_equal(d.p, "\3web\7service\6consul", 20);
    assert_true(dname_parse(bytes_str("consul."), &d));
    assert_int_equal(dname_length(d.p), d.n);
}

static void text_without_a_name_is_none(void **state)
{
    static const char *const bad[] = { "", ".", "a..b", ".a" };
    struct dname d;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(dname_parse(bytes_str(bad[i]), &d));
}

static void label_of_63_bytes_is_one_and_64_are_not(void **state)
{
    uint8_t label[64];
    struct dname d;
    memset(label, 'x', sizeof label);
    assert_true(dname_parse(bytes_of(label, DNAME_LABEL_MAX), &d));
    assert_false(dname_parse(bytes_of(label, DNAME_LABEL_MAX + 1), &d));
}

static void name_of_255_bytes_is_one_and_256_are_not(void **state)
{
    uint8_t label[DNAME_LABEL_MAX];
    memset(label, 'x', sizeof label);
    for (size_t last = 61; last <= 62; last++) {
        struct dname d = { .n = 0 };
        for (int i = 0; i < 3; i++)
            dname_put_label(&d, bytes_of(label, sizeof label));
        dname_put_label(&d, bytes_of(label, last)); /* 3 * 64 + 1 + 61 + 1 = 255 */
        dname_put_root(&d);
        assert_int_equal(d.bad, last == 62);
        assert_true(d.bad || d.n == DNAME_MAX);
    }
}

static void name_that_failed_stays_bad(void **state)
{
    struct dname d = { .n = 0 };
    dname_put_label(&d, (struct bytes){ 0 });
    dname_put_label(&d, bytes_str("a"));
    assert_true(d.bad);
    assert_int_equal(d.n, 0);
}

static void most_labels_come_apart(void **state)
{
    struct dname d = { .n = 0 };
    struct bytes labels[DNAME_LABELS_MAX];
    for (size_t i = 0; i < DNAME_LABELS_MAX; i++)
        dname_put_label(&d, bytes_str("a"));
    dname_put_root(&d);
    assert_false(d.bad);
    assert_int_equal(dname_labels(dname_bytes(&d), labels), DNAME_LABELS_MAX);
}

static bool is_under(const char *name, const char *zone)
{
    struct dname n, z;
    assert_true(dname_parse(bytes_str(name), &n));
    assert_true(dname_parse(bytes_str(zone), &z));
    return dname_is_under(dname_bytes(&n), dname_bytes(&z));
}

static void what_is_under_a_name_ends_with_its_labels(void **state)
{
    assert_true(is_under("consul", "consul"));
    assert_true(is_under("a.b.consul", "consul"));
    assert_false(is_under("xconsul", "consul"));
    assert_false(is_under("consul.x", "consul"));
    assert_false(is_under("b", "a.b"));
}

static void labels_are_written_with_dots(void **state)
{
    struct dname d;
    struct bytes labels[DNAME_LABELS_MAX];
    struct arena arena = { 0 };
    assert_true(dname_parse(bytes_str("a.bc.d"), &d));
    size_t n = dname_labels(dname_bytes(&d), labels);
    assert_true(bytes_is(dname_dotted(labels, n - 1, &arena), "a.bc"));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_is_labels_behind_their_lengths),
        cmocka_unit_test(text_without_a_name_is_none),
        cmocka_unit_test(label_of_63_bytes_is_one_and_64_are_not),
        cmocka_unit_test(name_of_255_bytes_is_one_and_256_are_not),
        cmocka_unit_test(name_that_failed_stays_bad),
        cmocka_unit_test(most_labels_come_apart),
        cmocka_unit_test(what_is_under_a_name_ends_with_its_labels),
        cmocka_unit_test(labels_are_written_with_dots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

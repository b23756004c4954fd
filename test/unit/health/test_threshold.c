#include "health/threshold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/compiler.h"

struct run {
    uint32_t passing, warning, critical; /* the thresholds */
    const char *results;                 /* p, w, c: what the probes gave */
    const char *told;                    /* what applies; - when the status stays */
};

static const struct run runs[] = {
    { 0, 0, 0, "pcwp", "pcwp" },
    { 0, 0, 3, "ppccc", "pp--c" },
    { 0, 0, 3, "ccpcc", "ccp--" }, /* the first result applies, whatever it is */
    { 2, 0, 0, "ppcpp", "ppc-p" },
    { 2, 0, 0, "cwpc", "c-pc" }, /* a warning counts as a success */
    { 3, 0, 0, "cppcppp", "c--c--p" },
    { 0, 1, 3, "pcccc", "pwwcc" },
    { 0, 2, 3, "pcccpc", "p-wcp-" },
    { 0, 1, 1, "pcp", "pcp" },
};

static enum status status_of(char c)
{
    return c == 'p' ? STATUS_UP : c == 'w' ? STATUS_SUSPECT : STATUS_DOWN;
}

static void results_in_a_row_are_counted(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
        struct check_definition d = { .http = bytes_str("http://a"), .interval_ms = 1000 };
        struct threshold t;
        struct why why;
        d.success_before_passing = runs[i].passing;
        d.failures_before_warning = runs[i].warning;
        d.failures_before_critical = runs[i].critical;
        assert_int_equal(check_settle(&d, &why), OK);
        threshold_init(&t, &d);
        for (size_t j = 0; runs[i].results[j] != 0; j++) {
            enum status status;
            bool applies = threshold_note(&t, &d, status_of(runs[i].results[j]), &status);
            if (applies != (runs[i].told[j] != '-') ||
                (applies && status != status_of(runs[i].told[j])))
                fail_msg("run %zu, result %zu", i, j);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_in_a_row_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/metric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>

#include "base/compiler.h"

/* What M shows, as a text that lives until the next call. */
static const char *shown(struct metrics *m)
{
    static char text[8192];
    struct buf out;
    buf_init(&out, sizeof text - 1);
    metrics_render(m, &out);
    assert_int_equal(buf_err(&out), OK);
    memcpy(text, out.p, out.n);
    text[out.n] = 0;
    buf_fini(&out);
    return text;
}

static void a_counter_shows_help_type_and_value(void **state)
{
    struct metrics *m = metrics_new();
    struct metric *c = metric_counter(m, "x_total", "How many.");
    metric_add(c, 3);
    metric_add(c, 4);
    assert_string_equal(shown(m), "# HELP x_total How many.\n# TYPE x_total counter\nx_total 7\n");
    metrics_free(m);
}

static void a_gauge_goes_down_too(void **state)
{
    struct metrics *m = metrics_new();
    struct metric *g = metric_gauge(m, "x", "h");
    metric_set(g, 5);
    metric_add(g, -7);
    assert_int_equal(metric_get(g), -2);
    assert_non_null(strstr(shown(m), "\nx -2\n"));
    metrics_free(m);
}

static void series_of_a_family_stand_together_under_one_head(void **state)
{
    struct metrics *m = metrics_new();
    struct metric_family *f = metric_family(m, METRIC_COUNTER, "calls_total", "Calls.");
    metric_add(metric_series(f, "code=\"OK\""), 2);
    metric_counter(m, "a_total", "h");
    metric_add(metric_series(f, "code=\"Canceled\""), 1);
    assert_string_equal(strstr(shown(m), "# HELP calls_total"),
                        "# HELP calls_total Calls.\n# TYPE calls_total counter\n"
                        "calls_total{code=\"OK\"} 2\ncalls_total{code=\"Canceled\"} 1\n");
    metrics_free(m);
}

static void families_are_sorted_by_name(void **state)
{
    struct metrics *m = metrics_new();
    metric_gauge(m, "b", "h");
    metric_gauge(m, "c", "h");
    metric_gauge(m, "a", "h");
    const char *text = shown(m);
    assert_true(strstr(text, "\na 0") < strstr(text, "\nb 0"));
    assert_true(strstr(text, "\nb 0") < strstr(text, "\nc 0"));
    metrics_free(m);
}

static void asked_for_twice_it_is_the_same_one(void **state)
{
    struct metrics *m = metrics_new();
    struct metric_family *f = metric_family(m, METRIC_GAUGE, "x", "h");
    assert_ptr_equal(f, metric_family(m, METRIC_GAUGE, "x", "h"));
    assert_ptr_equal(metric_series(f, "a=\"1\""), metric_series(f, "a=\"1\""));
    assert_ptr_not_equal(metric_series(f, "a=\"1\""), metric_series(f, "a=\"2\""));
    metrics_free(m);
}

static const double bounds[] = { 0.001, 0.01, 0.1 };

static void a_histogram_counts_up_to_each_bound(void **state)
{
    struct metrics *m = metrics_new();
    struct metric_family *f = metric_family(m, METRIC_HISTOGRAM, "t_seconds", "Time.");
    struct histogram *h = metric_histogram(f, "", bounds, ARRAY_LEN(bounds));
    histogram_observe_ns(h, 500000);     /* below the first bound */
    histogram_observe_ns(h, 1000000);    /* at it */
    histogram_observe_ns(h, 50000000);   /* in the third */
    histogram_observe_ns(h, 2000000000); /* above all */
    assert_string_equal(shown(m), "# HELP t_seconds Time.\n# TYPE t_seconds histogram\n"
                                  "t_seconds_bucket{le=\"0.001\"} 2\n"
                                  "t_seconds_bucket{le=\"0.01\"} 2\n"
                                  "t_seconds_bucket{le=\"0.1\"} 3\n"
                                  "t_seconds_bucket{le=\"+Inf\"} 4\n"
                                  "t_seconds_sum 2.0515\nt_seconds_count 4\n");
    metrics_free(m);
}

static void a_histogram_keeps_its_labels_beside_le(void **state)
{
    struct metrics *m = metrics_new();
    struct metric_family *f = metric_family(m, METRIC_HISTOGRAM, "t_seconds", "Time.");
    metric_histogram(f, "op=\"put\"", bounds, ARRAY_LEN(bounds));
    const char *text = shown(m);
    assert_non_null(strstr(text, "t_seconds_bucket{op=\"put\",le=\"+Inf\"} 0\n"));
    assert_non_null(strstr(text, "t_seconds_sum{op=\"put\"} 0\n"));
    assert_non_null(strstr(text, "t_seconds_count{op=\"put\"} 0\n"));
    metrics_free(m);
}

static double read_half(void *ctx)
{
    return *(const double *)ctx / 2;
}

static void a_callback_is_asked_when_it_is_shown(void **state)
{
    struct metrics *m = metrics_new();
    double value = 3;
    metric_callback(m, METRIC_GAUGE, "half", "h", read_half, &value);
    assert_non_null(strstr(shown(m), "\nhalf 1.5\n"));
    value = 5;
    assert_non_null(strstr(shown(m), "\nhalf 2.5\n"));
    metrics_free(m);
}

enum { THREADS = 4, EACH = 50000 };

struct counting {
    struct metric *counter;
    struct histogram *histogram;
};

static void *count(void *ctx)
{
    const struct counting *c = ctx;
    for (unsigned i = 0; i < EACH; i++) {
        metric_add(c->counter, 1);
        histogram_observe_ns(c->histogram, 1000000000);
    }
    return NULL;
}

static void counts_of_many_threads_are_all_there(void **state)
{
    struct metrics *m = metrics_new();
    struct counting c = { .counter = metric_counter(m, "x_total", "h"),
                          .histogram =
                              metric_histogram(metric_family(m, METRIC_HISTOGRAM, "t_seconds", "h"),
                                               "", bounds, ARRAY_LEN(bounds)) };
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, &c), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(metric_get(c.counter), THREADS * EACH);
    assert_non_null(strstr(shown(m), "t_seconds_sum 200000\nt_seconds_count 200000\n"));
    metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_shows_help_type_and_value),
        cmocka_unit_test(a_gauge_goes_down_too),
        cmocka_unit_test(series_of_a_family_stand_together_under_one_head),
        cmocka_unit_test(families_are_sorted_by_name),
        cmocka_unit_test(asked_for_twice_it_is_the_same_one),
        cmocka_unit_test(a_histogram_counts_up_to_each_bound),
        cmocka_unit_test(a_histogram_keeps_its_labels_beside_le),
        cmocka_unit_test(a_callback_is_asked_when_it_is_shown),
        cmocka_unit_test(counts_of_many_threads_are_all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

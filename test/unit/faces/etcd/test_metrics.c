/* The figures that a client can make grow: API versions, of which it may say any. */
#include "faces/etcd/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct metrics *registry;
static struct etcd_metrics metrics;

static int setup(void **state)
{
    registry = metrics_new();
    etcd_metrics_init(&metrics, registry, "3.6.14", "3.6.0", 1);
    return 0;
}

static int teardown(void **state)
{
    metrics_free(registry);
    return 0;
}

static void request_of(unsigned number)
{
    char version[24];
    snprintf(version, sizeof version, "3.%u", number);
    etcd_metrics_request(&metrics, false, bytes_str(version));
}

/* The unary requests counted for VERSION; -1: it has no series. */
static int64_t counted(const char *version)
{
    char line[128];
    struct buf out;
    buf_init(&out, 1 << 20);
    metrics_render(registry, &out);
    buf_put_u8(&out, 0);
    snprintf(line, sizeof line,
             "etcd_server_client_requests_total{type=\"unary\",client_api_version=\"%s\"} ",
             version);
    const char *at = strstr((const char *)out.p, line);
    int n = -1;
    if (at != NULL && sscanf(at + strlen(line), "%d", &n) != 1)
        n = -1;
    buf_fini(&out);
    return n;
}

/* One place is that of the unknown. */
static void fifteen_versions_are_counted_apart_and_the_next_as_unknown(void **state)
{
    for (unsigned i = 1; i < API_VERSIONS_MAX; i++)
        request_of(i);
    assert_int_equal(counted("3.15"), 1);
    assert_int_equal(counted("unknown"), 0);
    request_of(API_VERSIONS_MAX);
    request_of(API_VERSIONS_MAX + 1);
    assert_int_equal(counted("3.16"), -1);
    assert_int_equal(counted("unknown"), 2);
    request_of(15);
    assert_int_equal(counted("3.15"), 2);
}

static void versions_that_are_none_are_counted_as_unknown(void **state)
{
    const char *const odd[] = { "", "3.5\"} 1\nforged{", "a b", "1234567890123456789012345" };
    for (size_t i = 0; i < 4; i++)
        etcd_metrics_request(&metrics, false, bytes_str(odd[i]));
    assert_int_equal(counted("unknown"), 4);
    /* One byte shorter than the longest has room for its end. */
    etcd_metrics_request(&metrics, false, bytes_str("12345678901234567890123"));
    assert_int_equal(counted("12345678901234567890123"), 1);
    etcd_metrics_request(&metrics, false, bytes_str("123456789012345678901234"));
    assert_int_equal(counted("unknown"), 5);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(fifteen_versions_are_counted_apart_and_the_next_as_unknown),
        T(versions_that_are_none_are_counted_as_unknown),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}

/* What etcd's clients hear while the disk stands still: writes time out or, when too many of them
 * wait, are refused; reads go on; and what was not refused happens when the disk goes on. */
#include "requests.h"

#include <stdio.h>
#include <stdlib.h>

#include "faces/etcd/core.h"
#include "test/lib/stall_fs.h"

enum { TIMEOUT_MS = 60, VALUE_BYTES = 1500000 };

static struct fixture fixture;

static void start_with(uint64_t timeout_ms, uint64_t credits)
{
    fixture_init(&fixture);
    fixture.kernel.replica_options.fs = stall_fs();
    fixture.kernel.hub_options.credits = credits;
    fixture.options.request_timeout_ms = timeout_ms;
    fixture_start(&fixture);
}

/* Each test starts it by itself. */
static int end(void **state)
{
    stall_fs_release();
    fixture_end(&fixture);
    return 0;
}

static struct grpc_call *send_put(const char *key, const void *value, size_t n)
{
    Etcdserverpb__PutRequest r = ETCDSERVERPB__PUT_REQUEST__INIT;
    struct grpc_call *call = fake_open(&fixture, "KV", "Put", NULL);
    r.key = data(key);
    r.value = data_n(value, n);
    fake_send(call, &r);
    return call;
}

static int64_t failed_proposals(void)
{
    return metric_get(metric_counter(fixture.kernel.metrics, "etcd_server_proposals_failed_total",
                                     "Writes that failed."));
}

static void assert_timed_out(struct grpc_call *call)
{
    char text[128];
    assert_refused(fake_wait_end(call, text), text, GRPC_UNAVAILABLE,
                   "etcdserver: request timed out");
}

/* -- the request timeout ---------------------------------------------------------------------- */

static void requests_may_take_seven_seconds_unless_told_otherwise(void **state)
{
    start_with(0, 0);
    assert_int_equal(fixture.face->options.request_timeout_ms, 7000);
}

static void write_that_the_disk_holds_up_too_long_times_out(void **state)
{
    start_with(TIMEOUT_MS, 0);
    int64_t failed = failed_proposals();
    stall_fs_stall();
    uint64_t began = clock_now_ns();
    assert_timed_out(send_put("a", "1", 1));
    assert_true(clock_now_ns() - began >= TIMEOUT_MS * 1000000ULL);
    assert_int_equal(failed_proposals(), failed + 1);
}

/* The outcome was unknown, and this is how it came out. */
static void write_that_timed_out_happens_when_the_disk_goes_on(void **state)
{
    start_with(TIMEOUT_MS, 0);
    stall_fs_stall();
    assert_timed_out(send_put("a", "1", 1));
    stall_fs_release();
    assert_int_equal(put(&fixture, "b", "2"), 3);
    assert_true(data_is(get(&fixture, "a")->kvs[0]->value, "1"));
}

static void write_that_the_disk_holds_up_less_is_answered(void **state)
{
    start_with(0, 0);
    stall_fs_stall();
    struct grpc_call *call = send_put("a", "1", 1);
    assert_true(stall_fs_wait_caught());
    assert_int_equal(get(&fixture, "a")->count, 0);
    assert_false(fake_has_ended(call));
    stall_fs_release();
    assert_int_equal(fake_wait_end(call, NULL), GRPC_OK);
}

/* One timer serves all that wait: it must be set anew for the next one. */
static void each_waiting_write_has_a_timeout_of_its_own(void **state)
{
    enum { N = 4 };
    start_with(TIMEOUT_MS, 0);
    struct grpc_call *calls[N];
    uint64_t sent[N];
    stall_fs_stall();
    for (size_t i = 0; i < N; i++) {
        sent[i] = clock_now_ns();
        calls[i] = send_put("a", "1", 1);
        while (clock_now_ns() - sent[i] < TIMEOUT_MS / N * 1000000ULL) /* reads do not wait */
            get(&fixture, "a");
    }
    for (size_t i = 0; i < N; i++) {
        assert_timed_out(calls[i]);
        assert_true(clock_now_ns() - sent[i] >= TIMEOUT_MS * 1000000ULL);
    }
}

static void leases_txns_and_compactions_time_out_alike(void **state)
{
    char text[128];
    enum grpc_status status;
    Etcdserverpb__LeaseGrantRequest grant = ETCDSERVERPB__LEASE_GRANT_REQUEST__INIT;
    Etcdserverpb__DeleteRangeRequest del_all = ETCDSERVERPB__DELETE_RANGE_REQUEST__INIT;
    grant.ttl = 60;
    del_all.key = data("a");
    start_with(TIMEOUT_MS, 0);
    put(&fixture, "a", "1");
    stall_fs_stall();
    fake_unary(&fixture, "Lease", "LeaseGrant", &grant, NULL, &status, text);
    assert_refused(status, text, GRPC_UNAVAILABLE, "etcdserver: request timed out");
    fake_unary(&fixture, "KV", "DeleteRange", &del_all, NULL, &status, text);
    assert_refused(status, text, GRPC_UNAVAILABLE, "etcdserver: request timed out");
    status = compact(&fixture, 2, text);
    assert_refused(status, text, GRPC_UNAVAILABLE, "etcdserver: request timed out");
}

/* -- too many that wait ----------------------------------------------------------------------- */

/* Sends puts until one is refused; how many were let in. All of those must then succeed. */
static size_t puts_until_refused(void)
{
    enum { MOST = 100 };
    struct grpc_call *calls[MOST];
    uint8_t *value = calloc(1, VALUE_BYTES);
    char key[16], text[128];
    size_t n = 0;
    uint64_t left;
    stall_fs_stall();
    calls[0] = send_put("first", value, VALUE_BYTES);
    assert_true(stall_fs_wait_caught()); /* it is with the disk, and stands before no queue */
    do {
        assert_true(++n < MOST);
        snprintf(key, sizeof key, "k%zu", n);
        calls[n] = send_put(key, value, VALUE_BYTES);
        /* Once core has answered this, it has answered what came before it. */
        assert_int_equal(kernel_renew(&fixture.kernel, 4711, &left), LEASE_ANSWER_GONE);
    } while (!fake_has_ended(calls[n]));
    assert_refused(fake_wait_end(calls[n], text), text, GRPC_RESOURCE_EXHAUSTED,
                   "etcdserver: too many requests");
    stall_fs_release();
    for (size_t i = 0; i < n; i++)
        assert_int_equal(fake_wait_end(calls[i], NULL), GRPC_OK);
    assert_int_equal(get(&fixture, key)->count, 0); /* refused is refused */
    free(value);
    return n;
}

static void writes_beyond_16_mib_of_a_thread_are_too_many_requests(void **state)
{
    start_with(0, 0);
    assert_int_equal(puts_until_refused(), (16 << 20) / VALUE_BYTES);
    assert_true(put(&fixture, "after", "1") > 0);
}

/* What several io threads have under way together: one with credits without bound stands for them.
 */
static void writes_beyond_64_mib_before_the_log_are_too_many_requests(void **state)
{
    start_with(60000, UINT64_MAX / 2);
    assert_int_equal(puts_until_refused(), 1 + (64 << 20) / VALUE_BYTES);
    assert_true(put(&fixture, "after", "1") > 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, end)
    const struct CMUnitTest tests[] = {
        T(requests_may_take_seven_seconds_unless_told_otherwise),
        T(write_that_the_disk_holds_up_too_long_times_out),
        T(write_that_timed_out_happens_when_the_disk_goes_on),
        T(write_that_the_disk_holds_up_less_is_answered),
        T(each_waiting_write_has_a_timeout_of_its_own),
        T(leases_txns_and_compactions_time_out_alike),
        T(writes_beyond_16_mib_of_a_thread_are_too_many_requests),
        T(writes_beyond_64_mib_before_the_log_are_too_many_requests),
    };
    return cmocka_run_group_tests_name("stalled_disk", tests, NULL, NULL);
}

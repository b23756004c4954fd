/* Transactions whose answers are large, from request to answer on a kernel. */
#include "requests.h"

#include <stdlib.h>

#include "store/txn_measure.h"
#include "test/lib/stall_fs.h"

/* A kv of key "a" that counts a mebibyte. */
enum { MIB = 1 << 20, A_MIB = MIB - RESULT_KV_BYTES - 1, MOST = TXN_RESULT_BYTES / MIB };

static struct fixture fixture;

static int start(void **state)
{
    fixture_init(&fixture);
    fixture.kernel.replica_options.fs = stall_fs();
    fixture_start(&fixture);
    return 0;
}

static int end(void **state)
{
    stall_fs_release();
    fixture_end(&fixture);
    return 0;
}

static void put_a(size_t n)
{
    Etcdserverpb__PutRequest r = ETCDSERVERPB__PUT_REQUEST__INIT;
    enum grpc_status status;
    void *value = calloc(1, n);
    r.key = data("a");
    r.value = data_n(value, n);
    assert_non_null(fake_unary(&fixture, "KV", "Put", &r, &etcdserverpb__put_response__descriptor,
                               &status, NULL));
    free(value);
}

/* A Txn of a put, unless KEY is NULL, and then as many times "a" as asked. */
struct request {
    Etcdserverpb__TxnRequest txn;
    Etcdserverpb__RequestOp ops[MOST + 2], *list[MOST + 2];
    Etcdserverpb__PutRequest put;
    Etcdserverpb__RangeRequest range;
};

static Etcdserverpb__TxnRequest *make(struct request *r, const char *key, size_t ranges)
{
    static const Etcdserverpb__TxnRequest txn0 = ETCDSERVERPB__TXN_REQUEST__INIT;
    static const Etcdserverpb__RequestOp op0 = ETCDSERVERPB__REQUEST_OP__INIT;
    static const Etcdserverpb__PutRequest put0 = ETCDSERVERPB__PUT_REQUEST__INIT;
    static const Etcdserverpb__RangeRequest range0 = ETCDSERVERPB__RANGE_REQUEST__INIT;
    *r = (struct request){ .txn = txn0, .put = put0, .range = range0 };
    size_t n = 0;
    if (key != NULL) {
        r->put.key = data(key);
        r->ops[n] = op0;
        r->ops[n].request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_PUT;
        r->ops[n++].request_put = &r->put;
    }
    r->range.key = data("a");
    for (size_t i = 0; i < ranges; i++) {
        r->ops[n] = op0;
        r->ops[n].request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_RANGE;
        r->ops[n++].request_range = &r->range;
    }
    for (size_t i = 0; i < n; i++)
        r->list[i] = &r->ops[i];
    r->txn.success = r->list;
    r->txn.n_success = n;
    return &r->txn;
}

static struct grpc_call *send_txn(const char *key, size_t ranges)
{
    struct request r;
    struct grpc_call *call = fake_open(&fixture, "KV", "Txn", NULL);
    fake_send(call, make(&r, key, ranges));
    return call;
}

/* -- those that write ------------------------------------------------------------------------- */

static void results_up_to_the_limit_are_answered(void **state)
{
    put_a(A_MIB);
    struct grpc_call *call = send_txn("x", MOST);
    assert_int_equal(fake_wait_end(call, NULL), GRPC_OK);
    const Etcdserverpb__TxnResponse *a =
        fake_answer(call, 0, &etcdserverpb__txn_response__descriptor);
    assert_int_equal(a->responses[MOST]->response_range->kvs[0]->value.len, A_MIB);
}

static void results_above_the_limit_are_refused_and_nothing_is_written(void **state)
{
    char text[128];
    put_a(A_MIB + 1);
    assert_refused(fake_wait_end(send_txn("x", MOST), text), text, GRPC_RESOURCE_EXHAUSTED,
                   "etcdserver: response is too large");
    assert_int_equal(get(&fixture, "x")->count, 0);
}

static void results_above_that_of_an_entry_are_for_another_try(void **state)
{
    static const char *const keys[] = { "x0", "x1", "x2" };
    struct grpc_call *calls[3], *first;
    char text[128];
    uint64_t left;
    put_a(A_MIB);
    stall_fs_stall();
    first = send_txn("first", 0);
    assert_true(stall_fs_wait_caught()); /* the others gather behind it */
    for (size_t i = 0; i < 3; i++)
        calls[i] = send_txn(keys[i], MOST);
    assert_int_equal(kernel_renew(&fixture.kernel, 4711, &left), LEASE_ANSWER_GONE);
    stall_fs_release();
    assert_int_equal(fake_wait_end(first, NULL), GRPC_OK);
    assert_int_equal(fake_wait_end(calls[0], NULL), GRPC_OK);
    assert_int_equal(fake_wait_end(calls[1], NULL), GRPC_OK);
    assert_refused(fake_wait_end(calls[2], text), text, GRPC_RESOURCE_EXHAUSTED,
                   "etcdserver: too many requests");
    assert_int_equal(get(&fixture, keys[2])->count, 0);
    assert_int_equal(fake_wait_end(send_txn(keys[2], MOST), NULL), GRPC_OK);
}

/* -- those that only read --------------------------------------------------------------------- */

static void reading_up_to_the_limit_is_answered_and_above_it_refused(void **state)
{
    char text[128];
    put_a(A_MIB);
    assert_int_equal(fake_wait_end(send_txn(NULL, MOST), NULL), GRPC_OK);
    assert_refused(fake_wait_end(send_txn(NULL, MOST + 1), text), text, GRPC_RESOURCE_EXHAUSTED,
                   "etcdserver: response is too large");
}

static struct grpc_call *send_long(struct request *r)
{
    struct grpc_call *call = fake_open(&fixture, "KV", "Txn", NULL);
    make(r, NULL, 2);
    r->range.key = data("k");
    r->range.range_end = data("l");
    fake_send(call, &r->txn);
    return call;
}

static void reading_over_many_turns_is_of_one_revision(void **state)
{
    enum { KEYS = 5000 };
    struct request r;
    put_many(&fixture, KEYS, 0);
    struct grpc_call *call = send_long(&r);
    for (unsigned i = 0; i < 50; i++) /* some of them in between */
        del(&fixture, "k00000", i % 2 == 0 ? "k02500" : "k04000");
    assert_int_equal(fake_wait_end(call, NULL), GRPC_OK);
    const Etcdserverpb__TxnResponse *a =
        fake_answer(call, 0, &etcdserverpb__txn_response__descriptor);
    const Etcdserverpb__RangeResponse *first = a->responses[0]->response_range;
    const Etcdserverpb__RangeResponse *second = a->responses[1]->response_range;
    assert_int_equal(first->n_kvs, first->count);
    assert_int_equal(first->n_kvs, second->n_kvs);
    assert_true(first->count == KEYS || first->count == KEYS / 2 || first->count == 1000);
    assert_int_equal(first->header->revision, a->header->revision);
    assert_int_equal(second->header->revision, a->header->revision);
}

static void client_gone_in_the_middle_of_a_long_reading_is_forgotten(void **state)
{
    enum { CALLS = 8 };
    struct grpc_call *calls[CALLS];
    struct request r;
    put_many(&fixture, 3000, 0);
    for (size_t i = 0; i < CALLS; i++)
        calls[i] = send_long(&r);
    for (size_t i = 0; i < CALLS; i += 2)
        fake_reset(calls[i]);
    for (size_t i = 1; i < CALLS; i += 2)
        assert_int_equal(fake_wait_end(calls[i], NULL), GRPC_OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        T(results_up_to_the_limit_are_answered),
        T(results_above_the_limit_are_refused_and_nothing_is_written),
        T(results_above_that_of_an_entry_are_for_another_try),
        T(reading_up_to_the_limit_is_answered_and_above_it_refused),
        T(reading_over_many_turns_is_of_one_revision),
        T(client_gone_in_the_middle_of_a_long_reading_is_forgotten),
    };
    return cmocka_run_group_tests_name("txn", tests, NULL, NULL);
}

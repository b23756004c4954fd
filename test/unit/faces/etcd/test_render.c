/* Answers on keys: what clients look into without asking whether it is there. */
#include "faces/etcd/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct kv kv_of(const char *key, uint64_t mod)
{
    return (struct kv){ .key = bytes_str(key),
                        .value = { .p = (const uint8_t *)"v", .n = 1 },
                        .create = mod,
                        .mod = mod,
                        .version = 1 };
}

static Etcdserverpb__TxnResponse *rendered(const struct txn_result *result)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(render_txn(&b, NULL, result), OK);
    Etcdserverpb__TxnResponse *r = etcdserverpb__txn_response__unpack(NULL, b.n, b.p);
    buf_fini(&b);
    assert_non_null(r);
    return r;
}

static void nested_answers_have_a_header_with_the_revision_alone(void **state)
{
    struct op_result ops[] = {
        { .kind = OP_PUT, .revision = 18 },
        { .kind = OP_REMOVE, .revision = 17 },
        { .kind = OP_RANGE, .revision = 18 },
    };
    const struct txn_result result = { .succeeded = true, .revision = 18, .ops = ops, .op_n = 3 };
    Etcdserverpb__TxnResponse *r = rendered(&result);
    assert_int_equal(r->n_responses, 3);
    assert_int_equal(r->responses[0]->response_put->header->revision, 18);
    assert_int_equal(r->responses[0]->response_put->header->cluster_id, 0);
    assert_int_equal(r->responses[1]->response_delete_range->header->revision, 17);
    assert_int_equal(r->responses[2]->response_range->header->revision, 18);
    etcdserverpb__txn_response__free_unpacked(r, NULL);
}

static void nested_txn_has_a_header_that_is_empty(void **state)
{
    struct txn_result inner = { .succeeded = true, .revision = 5 };
    struct op_result op = { .kind = OP_TXN, .revision = 5, .txn = &inner };
    const struct txn_result result = { .ops = &op, .op_n = 1 };
    Etcdserverpb__TxnResponse *r = rendered(&result);
    assert_false(r->succeeded);
    const Etcdserverpb__TxnResponse *nested = r->responses[0]->response_txn;
    assert_true(nested->succeeded);
    assert_non_null(nested->header);
    assert_int_equal(nested->header->revision, 0);
    etcdserverpb__txn_response__free_unpacked(r, NULL);
}

static void previous_values_are_given_where_there_were_any(void **state)
{
    struct kv prev = kv_of("a", 4);
    struct kv prevs[] = { kv_of("b", 5), kv_of("c", 6) };
    struct op_result ops[] = {
        { .kind = OP_PUT, .revision = 9, .prev = &prev },
        { .kind = OP_PUT, .revision = 9 },
        { .kind = OP_REMOVE, .revision = 9, .removed = { .n = 2, .prevs = prevs } },
        { .kind = OP_REMOVE, .revision = 9, .removed = { .n = 2 } },
    };
    const struct txn_result result = { .ops = ops, .op_n = 4 };
    Etcdserverpb__TxnResponse *r = rendered(&result);
    assert_int_equal(r->responses[0]->response_put->prev_kv->mod_revision, 4);
    assert_null(r->responses[1]->response_put->prev_kv);
    assert_int_equal(r->responses[2]->response_delete_range->deleted, 2);
    assert_int_equal(r->responses[2]->response_delete_range->n_prev_kvs, 2);
    assert_int_equal(r->responses[3]->response_delete_range->deleted, 2);
    assert_int_equal(r->responses[3]->response_delete_range->n_prev_kvs, 0);
    etcdserverpb__txn_response__free_unpacked(r, NULL);
}

static void range_says_count_and_more_beside_its_keys(void **state)
{
    struct kv kvs[] = { kv_of("a", 2), kv_of("b", 3) };
    const struct range_result result = { .kvs = kvs, .kv_n = 2, .count = 5, .more = true };
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(render_range(&b, NULL, &result), OK);
    assert_true(b.n <= render_range_size(&result));
    Etcdserverpb__RangeResponse *r = etcdserverpb__range_response__unpack(NULL, b.n, b.p);
    assert_non_null(r);
    assert_int_equal(r->n_kvs, 2);
    assert_int_equal(r->count, 5);
    assert_true(r->more);
    etcdserverpb__range_response__free_unpacked(r, NULL);
    buf_fini(&b);
}

static void answer_that_does_not_fit_is_an_error(void **state)
{
    struct kv kvs[] = { kv_of("a-key-of-some-length", 2) };
    const struct range_result result = { .kvs = kvs, .kv_n = 1, .count = 1 };
    struct buf b;
    buf_init(&b, 10);
    enum err e = render_range(&b, NULL, &result);
    assert_true(e != OK || buf_err(&b) == ERR_TOO_BIG);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nested_answers_have_a_header_with_the_revision_alone),
        cmocka_unit_test(nested_txn_has_a_header_that_is_empty),
        cmocka_unit_test(previous_values_are_given_where_there_were_any),
        cmocka_unit_test(range_says_count_and_more_beside_its_keys),
        cmocka_unit_test(answer_that_does_not_fit_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

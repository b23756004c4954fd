/* KV, from request to answer on a kernel. Rows of the protocol's description that were observed on
 * real etcd are marked by their numbers. */
#include "requests.h"

#include <stdio.h>
#include <stdlib.h>

static void fresh_store_is_at_revision_1_and_the_first_put_makes_2(void **state) /* 1 */
{
    struct fixture *f = *state;
    assert_int_equal(get(f, "a")->header->revision, 1);
    assert_int_equal(put(f, "a", "1"), 2);
}

static void previous_value_comes_with_a_put_that_asks(void **state) /* 1 */
{
    struct fixture *f = *state;
    put(f, "a", "1");
    Etcdserverpb__PutRequest r = ETCDSERVERPB__PUT_REQUEST__INIT;
    r.key = data("a");
    r.value = data("2");
    r.prev_kv = 1;
    enum grpc_status status;
    const Etcdserverpb__PutResponse *a =
        fake_unary(f, "KV", "Put", &r, &etcdserverpb__put_response__descriptor, &status, NULL);
    assert_int_equal(a->header->revision, 3);
    assert_int_equal(a->prev_kv->create_revision, 2);
    assert_int_equal(a->prev_kv->version, 1);
    assert_true(data_is(a->prev_kv->value, "1"));
}

static void header_names_cluster_member_and_term(void **state)
{
    struct fixture *f = *state;
    const Etcdserverpb__ResponseHeader *h = get(f, "a")->header;
    assert_true(h->cluster_id != 0);
    assert_true(h->member_id != 0);
    assert_true(h->raft_term >= 2);
}

static enum grpc_status range_at(struct fixture *f, int64_t revision, char *text,
                                 const Etcdserverpb__RangeResponse **ret)
{
    Etcdserverpb__RangeRequest r = ETCDSERVERPB__RANGE_REQUEST__INIT;
    enum grpc_status status;
    r.key = data("a");
    r.revision = revision;
    *ret = range(f, &r, &status, text);
    return status;
}

static void ranges_are_read_at_their_revision_under_the_newest_header(void **state) /* 2 */
{
    struct fixture *f = *state;
    const Etcdserverpb__RangeResponse *a;
    char text[128];
    put(f, "a", "1");
    put(f, "a", "2");
    assert_int_equal(range_at(f, 2, text, &a), GRPC_OK);
    assert_true(data_is(a->kvs[0]->value, "1"));
    assert_int_equal(a->header->revision, 3);
    assert_int_equal(range_at(f, 1, text, &a), GRPC_OK);
    assert_int_equal(a->n_kvs, 0);
    assert_int_equal(range_at(f, -5, text, &a), GRPC_OK);
    assert_true(data_is(a->kvs[0]->value, "2"));
    assert_refused(range_at(f, 100, text, &a), text, GRPC_OUT_OF_RANGE,
                   "etcdserver: mvcc: required revision is a future revision");
}

static void deleting_nothing_makes_no_revision(void **state) /* 3, 4 */
{
    struct fixture *f = *state;
    put(f, "a", "1");
    const Etcdserverpb__DeleteRangeResponse *a = del(f, "zz", "");
    assert_int_equal(a->deleted, 0);
    assert_int_equal(a->header->revision, 2);
    a = del(f, "a", "");
    assert_int_equal(a->deleted, 1);
    assert_int_equal(a->header->revision, 3);
    assert_true(data_is(a->prev_kvs[0]->value, "1"));
    assert_int_equal(get(f, "a")->count, 0);
}

static void limit_cuts_and_says_more(void **state) /* 6 */
{
    struct fixture *f = *state;
    const char *keys[] = { "k1", "k2", "k3", "k4", "k5" };
    for (size_t i = 0; i < 5; i++)
        put(f, keys[i], "v");
    Etcdserverpb__RangeRequest r = ETCDSERVERPB__RANGE_REQUEST__INIT;
    enum grpc_status status;
    r.key = data("k");
    r.range_end = data("l");
    r.limit = 2;
    r.sort_order = ETCDSERVERPB__RANGE_REQUEST__SORT_ORDER__DESCEND;
    const Etcdserverpb__RangeResponse *a = range(f, &r, &status, NULL);
    assert_int_equal(a->n_kvs, 2);
    assert_true(data_is(a->kvs[0]->key, "k5"));
    assert_true(a->more);
    assert_int_equal(a->count, 5);
    r.limit = 5;
    assert_false(range(f, &r, &status, NULL)->more);
    r.limit = -1;
    assert_int_equal(range(f, &r, &status, NULL)->n_kvs, 5);
}

/* 60 values of 100 KB are several pieces; a write in between must not be seen. */
static void long_range_is_whole_and_of_one_revision(void **state)
{
    enum { N = 60, VALUE = 100000 };
    struct fixture *f = *state;
    char *value = calloc(1, VALUE), key[8];
    enum grpc_status status;
    Etcdserverpb__PutRequest p = ETCDSERVERPB__PUT_REQUEST__INIT;
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof key, "k%03d", i);
        p.key = data(key);
        p.value = data_n(value, VALUE);
        fake_unary(f, "KV", "Put", &p, &etcdserverpb__put_response__descriptor, &status, NULL);
    }
    Etcdserverpb__RangeRequest r = ETCDSERVERPB__RANGE_REQUEST__INIT;
    r.key = data("k");
    r.range_end = data("l");
    struct grpc_call *call = fake_open(f, "KV", "Range", NULL);
    fake_send(call, &r);
    put(f, "k999", "late");
    assert_int_equal(fake_wait_end(call, NULL), GRPC_OK);
    const Etcdserverpb__RangeResponse *a =
        fake_answer(call, 0, &etcdserverpb__range_response__descriptor);
    assert_true(a->n_kvs == N || a->n_kvs == N + 1);
    assert_int_equal(a->count, a->n_kvs);
    assert_false(a->more);
    assert_int_equal(a->header->revision, 1 + (int64_t)a->n_kvs);
    for (size_t i = 0; i < N; i++) {
        snprintf(key, sizeof key, "k%03zu", i);
        assert_true(data_is(a->kvs[i]->key, key));
        assert_int_equal(a->kvs[i]->value.len, VALUE);
    }
    free(value);
}

static void client_gone_in_the_middle_of_a_long_range_is_forgotten(void **state)
{
    struct fixture *f = *state;
    static uint8_t value[1000000];
    enum grpc_status status;
    Etcdserverpb__PutRequest p = ETCDSERVERPB__PUT_REQUEST__INIT;
    const char *keys[] = { "k1", "k2", "k3", "k4", "k5" };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        p.key = data(keys[i]);
        p.value = data_n(value, sizeof value);
        fake_unary(f, "KV", "Put", &p, &etcdserverpb__put_response__descriptor, &status, NULL);
    }
    Etcdserverpb__RangeRequest r = ETCDSERVERPB__RANGE_REQUEST__INIT;
    r.key = data("k");
    r.range_end = data("l");
    struct grpc_call *call = fake_open(f, "KV", "Range", NULL);
    fake_send(call, &r);
    fake_reset(call);
    assert_int_equal(get(f, "k1")->count, 1);
}

static void bad_requests_are_refused_in_etcds_words(void **state)
{
    struct fixture *f = *state;
    char text[128];
    enum grpc_status status;
    Etcdserverpb__RangeRequest r = ETCDSERVERPB__RANGE_REQUEST__INIT;
    range(f, &r, &status, text);
    assert_refused(status, text, GRPC_INVALID_ARGUMENT, "etcdserver: key is not provided");
    r.key = data("k");
    r.sort_target = (Etcdserverpb__RangeRequest__SortTarget)9;
    range(f, &r, &status, text);
    assert_refused(status, text, GRPC_INVALID_ARGUMENT, "etcdserver: invalid sort option");
    Etcdserverpb__PutRequest p = ETCDSERVERPB__PUT_REQUEST__INIT;
    p.key = data("k");
    p.lease = 4242;
    fake_unary(f, "KV", "Put", &p, NULL, &status, text);
    assert_refused(status, text, GRPC_NOT_FOUND, "etcdserver: requested lease not found");
    p.lease = 0;
    p.ignore_value = 1;
    fake_unary(f, "KV", "Put", &p, NULL, &status, text);
    assert_refused(status, text, GRPC_INVALID_ARGUMENT, "etcdserver: key not found");
}

static void undecodable_message_is_an_internal_error(void **state)
{
    struct fixture *f = *state;
    char text[128];
    struct grpc_call *call = fake_open(f, "KV", "Put", NULL);
    fake_send_bytes(call, bytes_of("\x0a\x05k", 3));
    assert_refused(fake_wait_end(call, text), text, GRPC_INTERNAL,
                   "grpc: error unmarshalling request: unexpected EOF");
}

static void value_near_the_limit_is_stored_and_one_above_refused(void **state) /* 15 */
{
    struct fixture *f = *state;
    char text[128];
    enum grpc_status status;
    char *value = calloc(1, 1572865);
    Etcdserverpb__PutRequest p = ETCDSERVERPB__PUT_REQUEST__INIT;
    p.key = data("big");
    p.value = data_n(value, 1572804);
    assert_non_null(
        fake_unary(f, "KV", "Put", &p, &etcdserverpb__put_response__descriptor, &status, text));
    assert_int_equal(get(f, "big")->kvs[0]->value.len, 1572804);
    p.value.len = 1572864;
    fake_unary(f, "KV", "Put", &p, NULL, &status, text);
    assert_refused(status, text, GRPC_INVALID_ARGUMENT, "etcdserver: request is too large");
    free(value);
}

/* -- Txn -------------------------------------------------------------------------------------- */

struct ops {
    Etcdserverpb__RequestOp op[4];
    Etcdserverpb__RequestOp *list[4];
    Etcdserverpb__PutRequest put;
    Etcdserverpb__RangeRequest range;
    Etcdserverpb__DeleteRangeRequest none[2];
};

static Etcdserverpb__TxnRequest delete_put_delete(struct ops *o)
{
    static const Etcdserverpb__RequestOp empty = ETCDSERVERPB__REQUEST_OP__INIT;
    static const Etcdserverpb__PutRequest put0 = ETCDSERVERPB__PUT_REQUEST__INIT;
    static const Etcdserverpb__DeleteRangeRequest del0 = ETCDSERVERPB__DELETE_RANGE_REQUEST__INIT;
    o->put = put0;
    o->put.key = data("x");
    for (size_t i = 0; i < 3; i++) {
        o->op[i] = empty;
        o->list[i] = &o->op[i];
    }
    for (size_t i = 0; i < 2; i++) {
        o->none[i] = del0;
        o->none[i].key = data("none");
        o->op[2 * i].request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_DELETE_RANGE;
        o->op[2 * i].request_delete_range = &o->none[i];
    }
    o->op[1].request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_PUT;
    o->op[1].request_put = &o->put;
    Etcdserverpb__TxnRequest t = ETCDSERVERPB__TXN_REQUEST__INIT;
    t.n_success = 3;
    t.success = o->list;
    return t;
}

static void each_operations_header_has_the_revision_it_saw(void **state) /* 13 */
{
    struct fixture *f = *state;
    struct ops o;
    enum grpc_status status;
    int64_t before = put(f, "a", "1");
    Etcdserverpb__TxnRequest t = delete_put_delete(&o);
    const Etcdserverpb__TxnResponse *a =
        fake_unary(f, "KV", "Txn", &t, &etcdserverpb__txn_response__descriptor, &status, NULL);
    assert_true(a->succeeded);
    assert_int_equal(a->header->revision, before + 1);
    assert_int_equal(a->responses[0]->response_delete_range->header->revision, before);
    assert_int_equal(a->responses[1]->response_put->header->revision, before + 1);
    assert_int_equal(a->responses[2]->response_delete_range->header->revision, before + 1);
}

static void empty_txn_succeeds_without_a_revision(void **state) /* 10 */
{
    struct fixture *f = *state;
    enum grpc_status status;
    int64_t before = put(f, "a", "1");
    Etcdserverpb__TxnRequest t = ETCDSERVERPB__TXN_REQUEST__INIT;
    const Etcdserverpb__TxnResponse *a =
        fake_unary(f, "KV", "Txn", &t, &etcdserverpb__txn_response__descriptor, &status, NULL);
    assert_true(a->succeeded);
    assert_int_equal(a->n_responses, 0);
    assert_int_equal(a->header->revision, before);
}

static void read_only_txn_is_answered_from_a_view(void **state)
{
    struct fixture *f = *state;
    struct ops o;
    enum grpc_status status;
    put(f, "a", "1");
    Etcdserverpb__TxnRequest t = delete_put_delete(&o);
    static const Etcdserverpb__RangeRequest range0 = ETCDSERVERPB__RANGE_REQUEST__INIT;
    o.range = range0;
    o.range.key = data("a");
    o.op[0].request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_RANGE;
    o.op[0].request_range = &o.range;
    t.n_success = 1;
    const Etcdserverpb__TxnResponse *a =
        fake_unary(f, "KV", "Txn", &t, &etcdserverpb__txn_response__descriptor, &status, NULL);
    const Etcdserverpb__RangeResponse *r = a->responses[0]->response_range;
    assert_true(data_is(r->kvs[0]->value, "1"));
    assert_int_equal(r->header->revision, a->header->revision);
}

static void unknown_lease_in_the_taken_branch_aborts_all(void **state) /* 12 */
{
    struct fixture *f = *state;
    struct ops o;
    enum grpc_status status;
    char text[128];
    Etcdserverpb__TxnRequest t = delete_put_delete(&o);
    o.put.lease = 4242;
    fake_unary(f, "KV", "Txn", &t, NULL, &status, text);
    assert_refused(status, text, GRPC_NOT_FOUND, "etcdserver: requested lease not found");
    assert_int_equal(get(f, "x")->count, 0);
    t.n_failure = t.n_success;
    t.failure = t.success;
    t.n_success = 0;
    assert_non_null(
        fake_unary(f, "KV", "Txn", &t, &etcdserverpb__txn_response__descriptor, &status, text));
}

/* -- Compact ---------------------------------------------------------------------------------- */

static void compaction_follows_etcds_rules(void **state) /* 14 */
{
    struct fixture *f = *state;
    char text[128];
    const Etcdserverpb__RangeResponse *a;
    put(f, "a", "1");
    put(f, "a", "2");
    put(f, "a", "3");
    assert_int_equal(compact(f, 0, text), GRPC_OK);
    assert_refused(compact(f, 5, text), text, GRPC_OUT_OF_RANGE,
                   "etcdserver: mvcc: required revision is a future revision");
    assert_refused(compact(f, -1, text), text, GRPC_OUT_OF_RANGE,
                   "etcdserver: mvcc: required revision has been compacted");
    assert_int_equal(compact(f, 3, text), GRPC_OK);
    assert_refused(compact(f, 3, text), text, GRPC_OUT_OF_RANGE,
                   "etcdserver: mvcc: required revision has been compacted");
    assert_int_equal(range_at(f, 3, text, &a), GRPC_OK);
    assert_true(data_is(a->kvs[0]->value, "2"));
    assert_refused(range_at(f, 2, text, &a), text, GRPC_OUT_OF_RANGE,
                   "etcdserver: mvcc: required revision has been compacted");
}

/* -- calls that end otherwise ----------------------------------------------------------------- */

static void client_that_goes_away_is_forgotten(void **state)
{
    struct fixture *f = *state;
    Etcdserverpb__PutRequest p = ETCDSERVERPB__PUT_REQUEST__INIT;
    p.key = data("k");
    for (int i = 0; i < 20; i++) {
        struct grpc_call *call = fake_open(f, "KV", i % 2 ? "Put" : "Range", NULL);
        fake_send(call, &p);
        fake_reset(call);
    }
    assert_true(put(f, "after", "v") > 1); /* what waited was taken back: no one is called */
}

static void bad_client_version_is_refused(void **state)
{
    struct fixture *f = *state;
    static const struct fake_metadata metadata[] = { { "client-api-version", "\xff" }, { 0 } };
    struct grpc_call *call = fake_open(f, "KV", "Range", metadata);
    Etcdserverpb__RangeRequest r = ETCDSERVERPB__RANGE_REQUEST__INIT;
    char text[128];
    fake_send(call, &r);
    assert_refused(fake_wait_end(call, text), text, GRPC_INVALID_ARGUMENT,
                   "etcdserver: invalid client api version");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FIXTURE(fresh_store_is_at_revision_1_and_the_first_put_makes_2),
        ON_FIXTURE(previous_value_comes_with_a_put_that_asks),
        ON_FIXTURE(header_names_cluster_member_and_term),
        ON_FIXTURE(ranges_are_read_at_their_revision_under_the_newest_header),
        ON_FIXTURE(deleting_nothing_makes_no_revision),
        ON_FIXTURE(limit_cuts_and_says_more),
        ON_FIXTURE(long_range_is_whole_and_of_one_revision),
        ON_FIXTURE(client_gone_in_the_middle_of_a_long_range_is_forgotten),
        ON_FIXTURE(bad_requests_are_refused_in_etcds_words),
        ON_FIXTURE(undecodable_message_is_an_internal_error),
        ON_FIXTURE(value_near_the_limit_is_stored_and_one_above_refused),
        ON_FIXTURE(each_operations_header_has_the_revision_it_saw),
        ON_FIXTURE(empty_txn_succeeds_without_a_revision),
        ON_FIXTURE(read_only_txn_is_answered_from_a_view),
        ON_FIXTURE(unknown_lease_in_the_taken_branch_aborts_all),
        ON_FIXTURE(compaction_follows_etcds_rules),
        ON_FIXTURE(client_that_goes_away_is_forgotten),
        ON_FIXTURE(bad_client_version_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

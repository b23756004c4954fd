/* requests.h -- etcd requests in one line each, on a fixture. Text keys and values. */
#ifndef TEST_FACES_ETCD_REQUESTS_H
#define TEST_FACES_ETCD_REQUESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fake_grpc.h"

static inline ProtobufCBinaryData data_n(const void *p, size_t n)
{
    union {
        const void *in;
        uint8_t *out;
    } lent = { .in = p };
    return (ProtobufCBinaryData){ .len = n, .data = lent.out };
}

static inline ProtobufCBinaryData data(const char *text)
{
    return data_n(text, strlen(text));
}

static inline bool data_is(ProtobufCBinaryData d, const char *text)
{
    return bytes_is(bytes_of(d.data, d.len), text);
}

static inline int start_fixture(void **state)
{
    static struct fixture f;
    fixture_init(&f);
    f.options.max_request_bytes = 0;
    fixture_start(&f);
    *state = &f;
    return 0;
}

static inline int end_fixture(void **state)
{
    fixture_end(*state);
    return 0;
}

#define ON_FIXTURE(test) cmocka_unit_test_setup_teardown(test, start_fixture, end_fixture)

static inline void assert_refused(enum grpc_status got, const char *text, enum grpc_status status,
                                  const char *expected)
{
    assert_int_equal(got, status);
    assert_string_equal(text, expected);
}

/* The revision of a put that must succeed. */
static inline int64_t put(struct fixture *f, const char *key, const char *value)
{
    Etcdserverpb__PutRequest r = ETCDSERVERPB__PUT_REQUEST__INIT;
    enum grpc_status status;
    r.key = data(key);
    r.value = data(value);
    const Etcdserverpb__PutResponse *a =
        fake_unary(f, "KV", "Put", &r, &etcdserverpb__put_response__descriptor, &status, NULL);
    assert_non_null(a);
    return a->header->revision;
}

/* Keys "k00000" and so on, N of them (a multiple of 100), a hundred in each Txn. */
static inline void put_many(struct fixture *f, size_t n, int64_t lease)
{
    enum { EACH = 100 };
    static const Etcdserverpb__PutRequest put0 = ETCDSERVERPB__PUT_REQUEST__INIT;
    static const Etcdserverpb__RequestOp op0 = ETCDSERVERPB__REQUEST_OP__INIT;
    static Etcdserverpb__PutRequest puts[EACH];
    static Etcdserverpb__RequestOp ops[EACH], *list[EACH];
    static char keys[EACH][8];
    for (size_t at = 0; at < n; at += EACH) {
        Etcdserverpb__TxnRequest txn = ETCDSERVERPB__TXN_REQUEST__INIT;
        enum grpc_status status;
        for (size_t i = 0; i < EACH; i++) {
            snprintf(keys[i], sizeof keys[i], "k%05u", (unsigned)(at + i) % 100000);
            puts[i] = put0;
            puts[i].key = data(keys[i]);
            puts[i].lease = lease;
            ops[i] = op0;
            ops[i].request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_PUT;
            ops[i].request_put = &puts[i];
            list[i] = &ops[i];
        }
        txn.success = list;
        txn.n_success = EACH;
        assert_non_null(fake_unary(f, "KV", "Txn", &txn, &etcdserverpb__txn_response__descriptor,
                                   &status, NULL));
    }
}

static inline const Etcdserverpb__DeleteRangeResponse *del(struct fixture *f, const char *key,
                                                           const char *end)
{
    Etcdserverpb__DeleteRangeRequest r = ETCDSERVERPB__DELETE_RANGE_REQUEST__INIT;
    enum grpc_status status;
    r.key = data(key);
    r.range_end = data(end);
    r.prev_kv = 1;
    const Etcdserverpb__DeleteRangeResponse *a =
        fake_unary(f, "KV", "DeleteRange", &r, &etcdserverpb__delete_range_response__descriptor,
                   &status, NULL);
    assert_non_null(a);
    return a;
}

static inline const Etcdserverpb__RangeResponse *
range(struct fixture *f, const Etcdserverpb__RangeRequest *r, enum grpc_status *status, char *text)
{
    return fake_unary(f, "KV", "Range", r, &etcdserverpb__range_response__descriptor, status, text);
}

static inline const Etcdserverpb__RangeResponse *get(struct fixture *f, const char *key)
{
    Etcdserverpb__RangeRequest r = ETCDSERVERPB__RANGE_REQUEST__INIT;
    enum grpc_status status;
    r.key = data(key);
    const Etcdserverpb__RangeResponse *a = range(f, &r, &status, NULL);
    assert_non_null(a);
    return a;
}

static inline enum grpc_status compact(struct fixture *f, int64_t revision, char *text)
{
    Etcdserverpb__CompactionRequest r = ETCDSERVERPB__COMPACTION_REQUEST__INIT;
    enum grpc_status status;
    r.revision = revision;
    r.physical = 1;
    fake_unary(f, "KV", "Compact", &r, &etcdserverpb__compaction_response__descriptor, &status,
               text);
    return status;
}

#endif

/* etcd's error table: codes and texts, byte for byte. */
#include "faces/etcd/errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

static void each_refusal_has_its_code_and_text(void **state)
{
    /* Written out once more, from the protocol's description: a slip in the list is seen. */
    static const struct {
        enum etcd_refusal refusal;
        int code;
        const char *text;
    } rows[] = {
        { ETCD_EMPTY_KEY, 3, "etcdserver: key is not provided" },
        { ETCD_KEY_NOT_FOUND, 3, "etcdserver: key not found" },
        { ETCD_VALUE_PROVIDED, 3, "etcdserver: value is provided" },
        { ETCD_LEASE_PROVIDED, 3, "etcdserver: lease is provided" },
        { ETCD_TOO_MANY_OPS, 3, "etcdserver: too many operations in txn request" },
        { ETCD_DUPLICATE_KEY, 3, "etcdserver: duplicate key given in txn request" },
        { ETCD_BAD_API_VERSION, 3, "etcdserver: invalid client api version" },
        { ETCD_BAD_SORT, 3, "etcdserver: invalid sort option" },
        { ETCD_TOO_LARGE, 3, "etcdserver: request is too large" },
        { ETCD_NO_USER, 3, "etcdserver: user name is empty" },
        { ETCD_COMPACTED, 11, "etcdserver: mvcc: required revision has been compacted" },
        { ETCD_FUTURE_REVISION, 11, "etcdserver: mvcc: required revision is a future revision" },
        { ETCD_LEASE_TTL, 11, "etcdserver: too large lease TTL" },
        { ETCD_NO_SPACE, 8, "etcdserver: mvcc: database space exceeded" },
        { ETCD_TOO_MANY_REQUESTS, 8, "etcdserver: too many requests" },
        { ETCD_LEASE_NOT_FOUND, 5, "etcdserver: requested lease not found" },
        { ETCD_LEASE_EXISTS, 9, "etcdserver: lease already exists" },
        { ETCD_PROJECTED, 9, "etcdserver: key shows an instance of another protocol" },
        { ETCD_DENIED, 7, "etcdserver: permission denied" },
        { ETCD_BAD_TOKEN, 16, "etcdserver: invalid auth token" },
        { ETCD_NO_LEADER, 14, "etcdserver: no leader" },
        { ETCD_LEADER_CHANGED, 14, "etcdserver: leader changed" },
        { ETCD_STOPPED, 14, "etcdserver: server stopped" },
        { ETCD_TIMED_OUT, 14, "etcdserver: request timed out" },
        { ETCD_CORRUPT, 15, "etcdserver: corrupt cluster" },
        { ETCD_CANCELED, 1, "etcdserver: request canceled" },
        { ETCD_WATCH_CANCELED, 1, "etcdserver: watch canceled" },
        { ETCD_DEADLINE, 4, "context deadline exceeded" },
        { ETCD_CUT_SHORT, 13, "grpc: error unmarshalling request: unexpected EOF" },
        { ETCD_STREAM_CUT_SHORT, 13,
          "grpc: failed to unmarshal the received message: unexpected EOF" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct etcd_status status = etcd_status_of(rows[i].refusal);
        assert_int_equal(status.code, rows[i].code);
        assert_string_equal(status.text, rows[i].text);
    }
}

static void every_error_of_ours_is_refused_in_words(void **state)
{
    for (int e = OK + 1; e <= ERR_QUOTA; e++) {
        struct etcd_status status = etcd_status_of(etcd_refusal_of((enum err)e));
        assert_true(status.code != GRPC_OK);
        assert_non_null(status.text);
    }
    assert_int_equal(etcd_refusal_of(OK), ETCD_FINE);
}

static void only_what_may_be_tried_again_is_unavailable(void **state)
{
    static const enum err again[] = { ERR_AGAIN, ERR_NOT_LEADER, ERR_UNKNOWN_OUTCOME,
                                      ERR_STOPPING };
    for (int e = OK + 1; e <= ERR_QUOTA; e++) {
        bool expected = false;
        for (size_t i = 0; i < ARRAY_LEN(again); i++)
            expected = expected || again[i] == (enum err)e;
        bool is = etcd_status_of(etcd_refusal_of((enum err)e)).code == GRPC_UNAVAILABLE;
        assert_int_equal(is, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refusal_has_its_code_and_text),
        cmocka_unit_test(every_error_of_ours_is_refused_in_words),
        cmocka_unit_test(only_what_may_be_tried_again_is_unavailable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

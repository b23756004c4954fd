/* etcd's messages: read by hand as protobuf-c reads them, written as protobuf-c would. */
#include "faces/etcd/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/pb.h"

static ProtobufCBinaryData data(const char *text)
{
    union {
        const char *in;
        uint8_t *out;
    } lent = { .in = text };
    return (ProtobufCBinaryData){ .len = strlen(text), .data = lent.out };
}

static struct buf packed(const void *message)
{
    const ProtobufCMessage *m = message;
    struct buf b;
    buf_init(&b, 1 << 20);
    protobuf_c_message_pack(m, buf_extend(&b, protobuf_c_message_get_packed_size(m)));
    return b;
}

static Etcdserverpb__RangeRequest full_range(void)
{
    Etcdserverpb__RangeRequest r = ETCDSERVERPB__RANGE_REQUEST__INIT;
    r.key = data("key");
    r.range_end = data("kez");
    r.limit = -3;
    r.revision = 77;
    r.sort_order = ETCDSERVERPB__RANGE_REQUEST__SORT_ORDER__DESCEND;
    r.sort_target = ETCDSERVERPB__RANGE_REQUEST__SORT_TARGET__VALUE;
    r.serializable = r.keys_only = r.count_only = 1;
    r.min_mod_revision = 1;
    r.max_mod_revision = 2;
    r.min_create_revision = 3;
    r.max_create_revision = INT64_MAX;
    return r;
}

static void range_read_by_hand_is_what_was_packed(void **state)
{
    Etcdserverpb__RangeRequest sent = full_range(), got;
    struct buf b = packed(&sent);
    assert_int_equal(etcd_decode_range(buf_bytes(&b), &got), ETCD_FINE);
    struct buf again = packed(&got);
    assert_int_equal(again.n, b.n);
    assert_memory_equal(again.p, b.p, b.n);
    buf_fini(&again);
    buf_fini(&b);
}

static void put_read_by_hand_is_what_was_packed(void **state)
{
    Etcdserverpb__PutRequest sent = ETCDSERVERPB__PUT_REQUEST__INIT, got;
    sent.key = data("key");
    sent.value = data("value");
    sent.lease = -7;
    sent.prev_kv = sent.ignore_value = sent.ignore_lease = 1;
    struct buf b = packed(&sent);
    assert_int_equal(etcd_decode_put(buf_bytes(&b), &got), ETCD_FINE);
    struct buf again = packed(&got);
    assert_int_equal(again.n, b.n);
    assert_memory_equal(again.p, b.p, b.n);
    buf_fini(&again);
    buf_fini(&b);
}

static void range_cut_anywhere_is_refused_or_a_message(void **state)
{
    Etcdserverpb__RangeRequest sent = full_range(), got;
    struct buf b = packed(&sent);
    for (size_t n = 0; n < b.n; n++) {
        enum etcd_refusal r = etcd_decode_range(bytes_of(b.p, n), &got);
        assert_true(r == ETCD_FINE || r == ETCD_CUT_SHORT);
    }
    buf_fini(&b);
}

static void unknown_fields_are_skipped_by_hand_too(void **state)
{
    struct buf b;
    buf_init(&b, 1024);
    pb_put_bytes(&b, 500, bytes_str("new"));
    pb_put_bytes(&b, 1, bytes_str("k"));
    Etcdserverpb__RangeRequest got;
    assert_int_equal(etcd_decode_range(buf_bytes(&b), &got), ETCD_FINE);
    assert_int_equal(got.key.len, 1);
    buf_fini(&b);
}

static void wrong_wire_type_is_unreadable(void **state)
{
    Etcdserverpb__PutRequest got;
    assert_int_equal(etcd_decode_put(bytes_of("\x08\x01", 2), &got), ETCD_UNREADABLE);
}

/* -- writing ---------------------------------------------------------------------------------- */

static struct etcd_header header(void)
{
    struct etcd_header h;
    etcd_header_init(&h, UINT64_C(0xcdf818194e3a8c32), UINT64_C(0x8e9e05c52164694d));
    h.term = 2;
    return h;
}

static void header_has_all_four_fields(void **state)
{
    struct etcd_header h = header();
    struct buf b;
    buf_init(&b, 1024);
    etcd_put_header(&b, &h, 1234567);
    assert_int_equal(b.n, etcd_header_size(&h, 1234567));
    Etcdserverpb__LeaseRevokeResponse *r =
        etcdserverpb__lease_revoke_response__unpack(NULL, b.n, b.p);
    assert_non_null(r);
    assert_true(r->header->cluster_id == UINT64_C(0xcdf818194e3a8c32));
    assert_true(r->header->member_id == UINT64_C(0x8e9e05c52164694d));
    assert_int_equal(r->header->revision, 1234567);
    assert_int_equal(r->header->raft_term, 2);
    etcdserverpb__lease_revoke_response__free_unpacked(r, NULL);
    buf_fini(&b);
}

static const struct kv sample = {
    .key = { (const uint8_t *)"k\0y", 3 },
    .value = { .p = (const uint8_t *)"value", .n = 5 },
    .create = 3,
    .mod = 300,
    .version = 2,
    .lease = -7,
};

static void key_value_is_written_as_protobuf_c_writes_it(void **state)
{
    struct buf b;
    buf_init(&b, 1024);
    assert_int_equal(etcd_put_kv(&b, 2, NULL, &sample), OK);
    assert_int_equal(b.n, etcd_kv_size(2, &sample));
    Etcdserverpb__RangeResponse *r = etcdserverpb__range_response__unpack(NULL, b.n, b.p);
    assert_non_null(r);
    assert_int_equal(r->n_kvs, 1);
    assert_memory_equal(r->kvs[0]->key.data, "k\0y", 3);
    assert_int_equal(r->kvs[0]->lease, -7);
    struct buf again = packed(r);
    assert_int_equal(again.n, b.n);
    assert_memory_equal(again.p, b.p, b.n);
    buf_fini(&again);
    etcdserverpb__range_response__free_unpacked(r, NULL);
    buf_fini(&b);
}

static Etcdserverpb__WatchResponse *written_event(const struct event *e, const struct kv *prev)
{
    struct buf b;
    buf_init(&b, 1024);
    assert_int_equal(etcd_put_event(&b, NULL, e, prev), OK);
    Etcdserverpb__WatchResponse *r = etcdserverpb__watch_response__unpack(NULL, b.n, b.p);
    buf_fini(&b);
    assert_non_null(r);
    assert_int_equal(r->n_events, 1);
    return r;
}

static void delete_event_has_only_key_and_revision(void **state)
{
    const struct event e = { .kind = EVENT_DELETE, .kv = sample };
    Etcdserverpb__WatchResponse *r = written_event(&e, NULL);
    assert_int_equal(r->events[0]->type, MVCCPB__EVENT__EVENT_TYPE__DELETE);
    assert_int_equal(r->events[0]->kv->mod_revision, 300);
    assert_int_equal(r->events[0]->kv->create_revision, 0);
    assert_int_equal(r->events[0]->kv->value.len, 0);
    assert_null(r->events[0]->prev_kv);
    etcdserverpb__watch_response__free_unpacked(r, NULL);
}

static void put_event_has_the_whole_key_value_and_the_previous_one(void **state)
{
    const struct event e = { .kind = EVENT_PUT, .kv = sample };
    struct kv prev = sample;
    prev.mod = 299;
    Etcdserverpb__WatchResponse *r = written_event(&e, &prev);
    assert_int_equal(r->events[0]->type, MVCCPB__EVENT__EVENT_TYPE__PUT);
    assert_int_equal(r->events[0]->kv->version, 2);
    assert_int_equal(r->events[0]->prev_kv->mod_revision, 299);
    etcdserverpb__watch_response__free_unpacked(r, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(range_read_by_hand_is_what_was_packed),
        cmocka_unit_test(put_read_by_hand_is_what_was_packed),
        cmocka_unit_test(range_cut_anywhere_is_refused_or_a_message),
        cmocka_unit_test(unknown_fields_are_skipped_by_hand_too),
        cmocka_unit_test(wrong_wire_type_is_unreadable),
        cmocka_unit_test(header_has_all_four_fields),
        cmocka_unit_test(key_value_is_written_as_protobuf_c_writes_it),
        cmocka_unit_test(delete_event_has_only_key_and_revision),
        cmocka_unit_test(put_event_has_the_whole_key_value_and_the_previous_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

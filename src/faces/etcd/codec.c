/* etcd's messages.
 *
 * Everything from outside is walked by pb_check before protobuf-c sees it, but for the two requests
 * that are read by hand, which nest nothing. */
#include "faces/etcd/codec.h"

#include <string.h>

#include "wire/pb.h"

/* etcd.md 4.4: 128 operations allow 128 nested transactions, two messages each. */
enum { DEPTH_TXN = 260, DEPTH_OTHERS = 64 };

/* -- reading ---------------------------------------------------------------------------------- */

enum etcd_refusal etcd_decode(const ProtobufCMessageDescriptor *descriptor, struct bytes bytes,
                              struct arena *arena, ProtobufCMessage **ret)
{
    bool is_txn = descriptor == &etcdserverpb__txn_request__descriptor;
    const struct pb_limits limits = { .depth_max = is_txn ? DEPTH_TXN : DEPTH_OTHERS };
    enum err e = pb_decode(descriptor, bytes, &limits, arena, ret);
    if (e == ERR_TOO_BIG && is_txn)
        return ETCD_TOO_MANY_OPS;
    return etcd_refusal_of(e);
}

/* Each field of a hand-read message: where it goes, by number. */
struct target {
    enum pb_wire wire;
    ProtobufCBinaryData *bytes;
    int64_t *number;
    int *choice; /* an enum */
    protobuf_c_boolean *flag;
};

static void set_target(const struct target *t, const struct pb_field *f)
{
    union {
        const uint8_t *in;
        uint8_t *out;
    } lent = { .in = f->bytes.p };
    if (t->bytes != NULL)
        *t->bytes = (ProtobufCBinaryData){ .len = f->bytes.n, .data = lent.out };
    else if (t->number != NULL)
        *t->number = (int64_t)f->value;
    else if (t->choice != NULL)
        *t->choice = (int)(uint32_t)f->value;
    else
        *t->flag = f->value != 0;
}

static enum etcd_refusal decode_by_hand(struct bytes in, const struct target *targets, size_t n)
{
    struct pb_field f;
    enum err e;
    while ((e = pb_next(&in, &f)) == OK) {
        if (f.number > n)
            continue;
        const struct target *t = &targets[f.number - 1];
        if (f.wire != t->wire)
            return ETCD_UNREADABLE;
        set_target(t, &f);
    }
    return e == ERR_NOT_FOUND ? ETCD_FINE : etcd_refusal_of(e);
}

/* The two enums of a range are kept as protobuf-c keeps them: any 32-bit value. */
enum etcd_refusal etcd_decode_range(struct bytes bytes, Etcdserverpb__RangeRequest *ret)
{
    static const Etcdserverpb__RangeRequest empty = ETCDSERVERPB__RANGE_REQUEST__INIT;
    *ret = empty;
    int order = 0, target = 0;
    const struct target targets[] = {
        { PB_LEN, .bytes = &ret->key },
        { PB_LEN, .bytes = &ret->range_end },
        { PB_VARINT, .number = &ret->limit },
        { PB_VARINT, .number = &ret->revision },
        { PB_VARINT, .choice = &order },
        { PB_VARINT, .choice = &target },
        { PB_VARINT, .flag = &ret->serializable },
        { PB_VARINT, .flag = &ret->keys_only },
        { PB_VARINT, .flag = &ret->count_only },
        { PB_VARINT, .number = &ret->min_mod_revision },
        { PB_VARINT, .number = &ret->max_mod_revision },
        { PB_VARINT, .number = &ret->min_create_revision },
        { PB_VARINT, .number = &ret->max_create_revision },
    };
    enum etcd_refusal r = decode_by_hand(bytes, targets, ARRAY_LEN(targets));
    ret->sort_order = (Etcdserverpb__RangeRequest__SortOrder)order;
    ret->sort_target = (Etcdserverpb__RangeRequest__SortTarget)target;
    return r;
}

enum etcd_refusal etcd_decode_put(struct bytes bytes, Etcdserverpb__PutRequest *ret)
{
    static const Etcdserverpb__PutRequest empty = ETCDSERVERPB__PUT_REQUEST__INIT;
    *ret = empty;
    const struct target targets[] = {
        { PB_LEN, .bytes = &ret->key },
        { PB_LEN, .bytes = &ret->value },
        { PB_VARINT, .number = &ret->lease },
        { PB_VARINT, .flag = &ret->prev_kv },
        { PB_VARINT, .flag = &ret->ignore_value },
        { PB_VARINT, .flag = &ret->ignore_lease },
    };
    return decode_by_hand(bytes, targets, ARRAY_LEN(targets));
}

/* -- headers ---------------------------------------------------------------------------------- */

void etcd_header_init(struct etcd_header *h, uint64_t cluster_id, uint64_t member_id)
{
    struct buf b;
    buf_init(&b, sizeof h->ids);
    pb_put_uint(&b, 1, cluster_id);
    pb_put_uint(&b, 2, member_id);
    *h = (struct etcd_header){ .ids_n = b.n };
    memcpy(h->ids, b.p, b.n);
    buf_fini(&b);
}

static size_t number_size(uint64_t v)
{
    return v == 0 ? 0 : 1 + pb_varint_size(v);
}

static size_t header_body(const struct etcd_header *h, uint64_t revision)
{
    return h->ids_n + number_size(revision) + number_size(h->term);
}

size_t etcd_header_size(const struct etcd_header *h, uint64_t revision)
{
    size_t n = header_body(h, revision);
    return 1 + pb_varint_size(n) + n;
}

void etcd_put_header(struct buf *b, const struct etcd_header *h, uint64_t revision)
{
    pb_put_len(b, 1, header_body(h, revision));
    buf_put(b, h->ids, h->ids_n);
    pb_put_uint(b, 3, revision);
    pb_put_uint(b, 4, h->term);
}

void etcd_put_nested_header(struct buf *b, uint64_t revision)
{
    pb_put_len(b, 1, number_size(revision));
    pb_put_uint(b, 3, revision);
}

/* -- keys and values -------------------------------------------------------------------------- */

static size_t run_size(size_t n)
{
    return n == 0 ? 0 : 1 + pb_varint_size(n) + n;
}

static size_t kv_body(const struct kv *kv)
{
    return run_size(kv->key.n) + number_size(kv->create) + number_size(kv->mod) +
           number_size(kv->version) + run_size(kv->value.n) + number_size((uint64_t)kv->lease);
}

size_t etcd_kv_size(uint32_t field, const struct kv *kv)
{
    size_t n = kv_body(kv);
    return pb_varint_size((uint64_t)field << 3) + pb_varint_size(n) + n;
}

enum err etcd_put_kv(struct buf *b, uint32_t field, const struct view *view, const struct kv *kv)
{
    pb_put_len(b, field, kv_body(kv));
    pb_put_bytes(b, 1, kv->key);
    pb_put_uint(b, 2, kv->create);
    pb_put_uint(b, 3, kv->mod);
    pb_put_uint(b, 4, kv->version);
    if (kv->value.n > 0) {
        pb_put_len(b, 5, kv->value.n);
        enum err e = value_append(view, &kv->value, b);
        if (e != OK)
            return e;
    }
    pb_put_int(b, 6, kv->lease);
    return OK;
}

enum err etcd_put_event(struct buf *b, const struct view *view, const struct event *event,
                        const struct kv *prev)
{
    bool is_delete = event->kind == EVENT_DELETE;
    struct kv gone = { .key = event->kv.key, .mod = event->kv.mod };
    const struct kv *kv = is_delete ? &gone : &event->kv;
    pb_put_len(b, 11,
               (is_delete ? 2 : 0) + etcd_kv_size(2, kv) +
                   (prev == NULL ? 0 : etcd_kv_size(3, prev)));
    pb_put_uint(b, 1, is_delete ? 1 : 0);
    enum err e = etcd_put_kv(b, 2, view, kv);
    if (e != OK || prev == NULL)
        return e;
    return etcd_put_kv(b, 3, view, prev);
}

/* etcd's requests, from bytes to bytes: decoded, checked, translated, run on a store, rendered.
 *
 * The first byte picks the message. Whatever is answered must be readable by protobuf-c; whatever
 * is refused must be refused with one of etcd's texts. The store lives in a temporary folder and
 * starts anew when it has grown. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "faces/etcd/render.h"
#include "faces/etcd/request.h"
#include "store/store.h"
#include "store/txn_read.h"

enum { REVISIONS_MAX = 20000 };

static const struct etcd_limits limits = { .max_txn_ops = 128,
                                           .max_request_bytes = 1572864,
                                           .key_max = 32768 };

/* -- the store -------------------------------------------------------------------------------- */

static struct {
    char dir[64];
    struct store *store;
    uint64_t index;
} world;

static void remove_files(void)
{
    static const char *const names[] = { "view.mdb", "view.mdb-lock", "view.state" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", world.dir, names[i]);
        unlink(path);
    }
}

static void leave(void)
{
    if (world.store != NULL)
        store_close(world.store);
    remove_files();
    rmdir(world.dir);
}

static void open_store(void)
{
    struct why why = { 0 };
    const struct store_options options = { .dir = world.dir, .map_bytes = (uint64_t)1 << 30 };
    enum err e = store_open(&options, &why, &world.store);
    if (e != OK) {
        fprintf(stderr, "fuzz: %s\n", why.text);
        abort();
    }
    world.index = 0;
}

static void enter(void)
{
    if (world.store == NULL && world.dir[0] == 0) {
        snprintf(world.dir, sizeof world.dir, "/tmp/muster-fuzz-XXXXXX");
        if (mkdtemp(world.dir) == NULL)
            abort();
        atexit(leave);
    } else if (world.index > REVISIONS_MAX) {
        store_close(world.store);
        world.store = NULL;
        remove_files();
    }
    if (world.store == NULL)
        open_store();
}

static struct effects *apply(enum command_kind kind, struct bytes body)
{
    static const struct origin origin = { .face = FACE_ETCD };
    const struct command command = { .kind = kind, .origin = &origin, .body = body };
    struct entry_writer writer;
    struct buf payload;
    struct effects *effects = NULL;
    entry_writer_init(&writer, 64 << 20);
    buf_init(&payload, 64 << 20);
    enum err e = entry_writer_add(&writer, &command);
    if (e == OK)
        e = entry_writer_finish(&writer, (struct entry_time){ .age_ms = world.index }, &payload);
    if (e == OK)
        e = store_apply(world.store, ++world.index, 2, buf_bytes(&payload), &effects);
    if (e != OK)
        abort(); /* an entry of our own making applies */
    buf_fini(&payload);
    entry_writer_fini(&writer);
    return effects;
}

/* -- what comes out --------------------------------------------------------------------------- */

static void must_be_readable(const ProtobufCMessageDescriptor *d, const struct buf *b)
{
    static const uint8_t nothing[1];
    ProtobufCMessage *m = protobuf_c_message_unpack(d, NULL, b->n, b->n == 0 ? nothing : b->p);
    if (m == NULL)
        abort();
    protobuf_c_message_free_unpacked(m, NULL);
}

static bool refused(enum etcd_refusal r)
{
    struct etcd_status status = etcd_status_of(r);
    if ((r == ETCD_FINE) != (status.text == NULL))
        abort();
    return r != ETCD_FINE;
}

static void run_write(const struct txn *txn,
                      enum err (*render)(struct buf *b, const struct txn_result *result),
                      const ProtobufCMessageDescriptor *d)
{
    struct buf body, out;
    buf_init(&body, 64 << 20);
    buf_init(&out, 256 << 20);
    if (txn_encode(txn, &body) == OK) {
        struct effects *effects = apply(COMMAND_TXN, buf_bytes(&body));
        const struct command_result *result = &effects->results[0];
        if (!refused(etcd_refusal_of(result->err)) && render(&out, result->txn) == OK &&
            buf_err(&out) == OK)
            must_be_readable(d, &out);
        effects_unref(effects);
    }
    buf_fini(&out);
    buf_fini(&body);
}

static struct view *new_view(void)
{
    struct view *view;
    if (view_open(world.store, &view) != OK)
        abort();
    return view;
}

/* -- messages --------------------------------------------------------------------------------- */

static void run_range(struct bytes in, struct arena *arena)
{
    Etcdserverpb__RangeRequest r;
    ProtobufCMessage *m;
    enum etcd_refusal by_hand = etcd_decode_range(in, &r);
    enum etcd_refusal by_library =
        etcd_decode(&etcdserverpb__range_request__descriptor, in, arena, &m);
    if ((by_hand == ETCD_FINE) != (by_library == ETCD_FINE) && by_library != ETCD_TOO_LARGE)
        abort(); /* both ways of reading let the same in */
    if (refused(by_hand) || refused(etcd_check_range(&r)))
        return;
    struct range_query query = etcd_range_query(&r);
    struct view *view = new_view();
    struct range_result result;
    struct buf out;
    buf_init(&out, 256 << 20);
    if (!refused(etcd_refusal_of(range_read(view, &query, arena, &result))) &&
        render_range(&out, view, &result) == OK) {
        assert(out.n <= render_range_size(&result));
        must_be_readable(&etcdserverpb__range_response__descriptor, &out);
    }
    buf_fini(&out);
    view_close(view);
}

static enum err put_answer(struct buf *b, const struct txn_result *result)
{
    return render_put(b, NULL, &result->ops[0]);
}

static void run_put(struct bytes in, struct arena *arena)
{
    Etcdserverpb__PutRequest r;
    if (refused(etcd_decode_put(in, &r)) || refused(etcd_check_put(&r, &limits)) ||
        refused(etcd_check_size(in.n, &limits)))
        return;
    struct op op = etcd_put_op(&r);
    const struct txn txn = { .then_ops = &op, .then_n = 1 };
    run_write(&txn, put_answer, &etcdserverpb__put_response__descriptor);
}

static enum err delete_answer(struct buf *b, const struct txn_result *result)
{
    return render_delete(b, NULL, &result->ops[0]);
}

static void run_delete(struct bytes in, struct arena *arena)
{
    ProtobufCMessage *m;
    if (refused(etcd_decode(&etcdserverpb__delete_range_request__descriptor, in, arena, &m)))
        return;
    const Etcdserverpb__DeleteRangeRequest *r = (const Etcdserverpb__DeleteRangeRequest *)m;
    if (refused(etcd_check_delete(r)))
        return;
    struct op op = etcd_delete_op(r);
    const struct txn txn = { .then_ops = &op, .then_n = 1 };
    run_write(&txn, delete_answer, &etcdserverpb__delete_range_response__descriptor);
}

static enum err txn_answer(struct buf *b, const struct txn_result *result)
{
    return render_txn(b, NULL, result);
}

static void read_txn(const struct txn *txn, struct arena *arena)
{
    struct view *view = new_view();
    struct txn_result *result;
    struct buf out;
    buf_init(&out, 256 << 20);
    if (!refused(etcd_refusal_of(txn_read(view, txn, arena, &result))) &&
        render_txn(&out, view, result) == OK && buf_err(&out) == OK)
        must_be_readable(&etcdserverpb__txn_response__descriptor, &out);
    buf_fini(&out);
    view_close(view);
}

static void run_txn(struct bytes in, struct arena *arena)
{
    ProtobufCMessage *m;
    if (refused(etcd_decode(&etcdserverpb__txn_request__descriptor, in, arena, &m)))
        return;
    const Etcdserverpb__TxnRequest *r = (const Etcdserverpb__TxnRequest *)m;
    if (refused(etcd_check_txn(r, &limits, arena)))
        return;
    struct txn *txn = etcd_txn(r, arena);
    size_t n;
    etcd_txn_operations(txn, arena, &n);
    if (txn_is_read_only(txn))
        read_txn(txn, arena);
    else
        run_write(txn, txn_answer, &etcdserverpb__txn_response__descriptor);
}

static void run_compact(struct bytes in, struct arena *arena)
{
    ProtobufCMessage *m;
    if (refused(etcd_decode(&etcdserverpb__compaction_request__descriptor, in, arena, &m)))
        return;
    const Etcdserverpb__CompactionRequest *r = (const Etcdserverpb__CompactionRequest *)m;
    if (r->revision < 0)
        return;
    struct buf body;
    buf_init(&body, 4096);
    compact_encode(&(struct compact){ SPACE_ETCD, (uint64_t)r->revision }, &body);
    struct effects *effects = apply(COMMAND_COMPACT, buf_bytes(&body));
    refused(etcd_refusal_of(effects->results[0].err));
    effects_unref(effects);
    bool done = false;
    while (!done && store_sweep(world.store, 1000, &done) == OK)
        continue;
    buf_fini(&body);
}

static void run_grant(struct bytes in, struct arena *arena)
{
    ProtobufCMessage *m;
    if (refused(etcd_decode(&etcdserverpb__lease_grant_request__descriptor, in, arena, &m)))
        return;
    const Etcdserverpb__LeaseGrantRequest *r = (const Etcdserverpb__LeaseGrantRequest *)m;
    if (r->id == 0)
        return;
    struct buf body;
    buf_init(&body, 4096);
    lease_grant_encode(
        &(struct lease_grant){ .id = r->id, .ttl_ms = 2000, .remove_ms = 2000, .face = FACE_ETCD },
        &body);
    struct effects *effects = apply(COMMAND_LEASE_GRANT, buf_bytes(&body));
    refused(etcd_refusal_of(effects->results[0].err));
    effects_unref(effects);
    buf_fini(&body);
}

static void run_revoke(struct bytes in, struct arena *arena)
{
    ProtobufCMessage *m;
    if (refused(etcd_decode(&etcdserverpb__lease_revoke_request__descriptor, in, arena, &m)))
        return;
    const Etcdserverpb__LeaseRevokeRequest *r = (const Etcdserverpb__LeaseRevokeRequest *)m;
    struct buf body;
    buf_init(&body, 4096);
    lease_revoke_encode(&(struct lease_revoke){ .id = r->id, .face = FACE_ETCD }, &body);
    struct effects *effects = apply(COMMAND_LEASE_REVOKE, buf_bytes(&body));
    refused(etcd_refusal_of(effects->results[0].err));
    effects_unref(effects);
    buf_fini(&body);
}

static void run_hash(struct bytes in, struct arena *arena)
{
    ProtobufCMessage *m;
    if (refused(etcd_decode(&etcdserverpb__hash_kvrequest__descriptor, in, arena, &m)))
        return;
    const Etcdserverpb__HashKVRequest *r = (const Etcdserverpb__HashKVRequest *)m;
    struct view *view = new_view();
    uint32_t hash;
    if (r->revision >= 0)
        refused(etcd_refusal_of(store_hash_space(view, SPACE_ETCD, (uint64_t)r->revision, &hash)));
    view_close(view);
}

static void only_read(const ProtobufCMessageDescriptor *d, struct bytes in, struct arena *arena)
{
    ProtobufCMessage *m;
    if (refused(etcd_decode(d, in, arena, &m)))
        return;
    struct buf again;
    buf_init(&again, 64 << 20);
    uint8_t *to = buf_extend(&again, protobuf_c_message_get_packed_size(m));
    if (to != NULL) {
        protobuf_c_message_pack(m, to);
        must_be_readable(d, &again);
    }
    buf_fini(&again);
}

static void run(uint8_t which, struct bytes in, struct arena *arena)
{
    static void (*const runs[])(struct bytes in, struct arena * arena) = {
        run_range, run_put, run_delete, run_txn, run_compact, run_grant, run_revoke, run_hash,
    };
    static const ProtobufCMessageDescriptor *const others[] = {
        &etcdserverpb__watch_request__descriptor,
        &etcdserverpb__lease_keep_alive_request__descriptor,
        &etcdserverpb__lease_time_to_live_request__descriptor,
        &etcdserverpb__alarm_request__descriptor,
        &etcdserverpb__member_list_request__descriptor,
        &etcdserverpb__status_request__descriptor,
        &etcdserverpb__member__descriptor,
    };
    size_t i = which % (ARRAY_LEN(runs) + ARRAY_LEN(others));
    if (i < ARRAY_LEN(runs))
        runs[i](in, arena);
    else
        only_read(others[i - ARRAY_LEN(runs)], in, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n == 0)
        return 0;
    enter();
    struct arena arena;
    arena_init(&arena, 0);
    run(p[0], bytes_of(p + 1, n - 1), &arena);
    arena_fini(&arena);
    return 0;
}

/* Any bytes as the archive of a snapshot, and as the records in one: what is loaded of them is the
 * body of a command, whose items are all read again. */
#include <assert.h>
#include <stdio.h>

#include "access/sha256.h"
#include "catalog/restore.h"
#include "faces/consul/snapshot/archive.h"
#include "faces/consul/snapshot/load.h"
#include "net/grpc_gzip.h"
#include "wire/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 4 * 1024 * 1024 };

static void add_file(struct buf *tar, struct buf *sums, const char *name, struct bytes body)
{
    char sum[SHA256_TEXT];
    sha256_of(body, sum);
    if (sums != NULL)
        buf_printf(sums, "%s  %s\n", sum, name);
    tar_write_head(tar, name, body.n, 1);
    buf_put_bytes(tar, body);
    tar_end_file(tar, body.n);
}

/* A whole archive around RECORDS. */
static void wrap(struct bytes records, struct buf *packed)
{
    static const char head[] = "\x82\xa9LastIndex\xcf\0\0\0\0\0\0\0\x01\xa6Muster\x01";
    struct buf state, tar, sums;
    buf_init(&state, ROOM);
    buf_init(&tar, ROOM);
    buf_init(&sums, ROOM);
    buf_put(&state, head, sizeof head - 1);
    buf_put_bytes(&state, records);
    add_file(&tar, &sums, "meta.json", bytes_str("{}"));
    add_file(&tar, &sums, "state.bin", buf_bytes(&state));
    add_file(&tar, NULL, "SHA256SUMS", buf_bytes(&sums));
    tar_end(&tar);
    enum err e = grpc_gzip(buf_bytes(&tar), packed);
    assert(e == OK);
    buf_fini(&state);
    buf_fini(&tar);
    buf_fini(&sums);
}

static uint64_t draw(void *ctx)
{
    return ++*(uint64_t *)ctx;
}

static void check_body(struct bytes body)
{
    struct restore_body b;
    struct arena arena;
    enum err e = restore_body_read(body, &b);
    assert(e == OK);
    arena_init(&arena, 0);
    while (b.items.left.n > 0) {
        struct restore_item item;
        e = restore_item_read(rd_run(&b.items), &arena, &item);
        assert(e == OK && b.items.err == OK);
        arena_clear(&arena);
    }
    arena_fini(&arena);
}

static void load(struct bytes packed, bool is_whole)
{
    static const struct consul_self self = { .node_name = "n1", .address = "10.0.0.1" };
    uint64_t drawn = 0;
    struct snapshot_load l = { &self, 1, draw, &drawn };
    struct why why = { 0 };
    struct buf out;
    buf_init(&out, ROOM);
    enum err e = snapshot_load(&l, packed, &out, &why);
    assert(e == OK || why.text[0] != 0);
    /* What is wrong with a whole archive is said of one of its records. */
    assert(e == OK || !is_whole || strstr(why.text, "record ") != NULL);
    if (e == OK)
        check_body(buf_bytes(&out));
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf packed;
    if (size < 1 || size > ROOM / 4)
        return 0;
    struct bytes in = bytes_of(data + 1, size - 1);
    if (data[0] == 0) {
        load(in, false);
        return 0;
    }
    buf_init(&packed, ROOM);
    wrap(in, &packed);
    load(buf_bytes(&packed), true);
    buf_fini(&packed);
    return 0;
}

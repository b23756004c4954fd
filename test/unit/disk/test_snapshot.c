/* The snapshot stream: vectors, round trip, every cut, every flipped bit; and the file around it.
 */
#include "disk/snapshot.h"
#include "disk/snapshot_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "disk/snapshot_dir.h"
#include "test/lib/sim_fs.h"

static const struct snapshot_head some_head = {
    .index = 10,
    .term = 2,
    .revision = 30,
    .cluster_id = 0xabcdef,
    .wall_ms = 1000,
};

static void write_stream(struct buf *out)
{
    struct snapshot_writer w = { 0 };
    struct snapshot_head head = some_head;
    head.members = bytes_str("m1,m2");
    buf_init(out, 1 << 20);
    snapshot_write_head(&w, out, &head);
    snapshot_write_block(&w, out, bytes_str("first block"));
    snapshot_write_block(&w, out, bytes_str("second"));
    snapshot_write_tail(&w, out);
}

struct seen {
    struct buf body;
    unsigned heads, ends;
};

/* Feeds IN in pieces of PIECE bytes. OK at the end of the input. */
static enum err feed_all(struct bytes in, size_t piece, struct seen *seen, struct why *why)
{
    struct snapshot_reader r = { 0 };
    size_t at = 0, end = 0;
    *seen = (struct seen){ 0 };
    buf_init(&seen->body, 1 << 20);
    while (at < in.n || end < in.n) {
        struct snapshot_event event;
        size_t used;
        enum err e = snapshot_feed(&r, bytes_of(in.p + at, end - at), &used, &event, why);
        if (e != OK)
            return e;
        at += used;
        seen->heads += event.kind == SNAPSHOT_HEAD;
        seen->ends += event.kind == SNAPSHOT_END;
        if (event.kind == SNAPSHOT_BODY)
            buf_put_bytes(&seen->body, event.body);
        if (event.kind == SNAPSHOT_NEED_MORE) {
            if (end == in.n)
                break;
            end = in.n - end < piece ? in.n : end + piece;
        }
    }
    return OK;
}

static void the_stream_has_its_fields_where_the_book_says(void **state)
{
    struct buf out;
    write_stream(&out);
    assert_memory_equal(out.p, "MUSTERSN\x01\x00\x00\x00\x35\x00\x00\x00\x0a", 17);
    assert_memory_equal(out.p + 56, "\x05\x00\x00\x00m1,m2", 9);
    assert_memory_equal(out.p + 69, "B\x0b\x00\x00\x00", 5);
    assert_memory_equal(out.p + 78, "first block", 11);
    assert_memory_equal(out.p + 104, "E\x02\x00\x00\x00\x00\x00\x00\x00\x11", 10);
    assert_int_equal(out.n, 125);
    buf_fini(&out);
}

static void a_stream_in_any_pieces_comes_back(void **state)
{
    struct buf out;
    write_stream(&out);
    for (size_t piece = 1; piece <= out.n; piece++) {
        struct seen seen;
        struct why why;
        assert_int_equal(feed_all(buf_bytes(&out), piece, &seen, &why), OK);
        assert_int_equal(seen.heads, 1);
        assert_int_equal(seen.ends, 1);
        assert_true(bytes_is(buf_bytes(&seen.body), "first blocksecond"));
        buf_fini(&seen.body);
    }
    buf_fini(&out);
}

static void the_head_comes_back(void **state)
{
    struct buf out;
    struct snapshot_reader r = { 0 };
    struct snapshot_event event;
    size_t used;
    write_stream(&out);
    assert_int_equal(snapshot_feed(&r, buf_bytes(&out), &used, &event, NULL), OK);
    assert_int_equal(event.kind, SNAPSHOT_HEAD);
    assert_int_equal(event.head.index, 10);
    assert_int_equal(event.head.cluster_id, 0xabcdef);
    assert_int_equal(event.head.wall_ms, 1000);
    assert_true(bytes_is(event.head.members, "m1,m2"));
    buf_fini(&out);
}

static void a_stream_cut_at_any_byte_has_no_end(void **state)
{
    struct buf out;
    write_stream(&out);
    for (size_t cut = 0; cut < out.n; cut++) {
        struct seen seen;
        struct why why;
        assert_int_equal(feed_all(bytes_of(out.p, cut), 7, &seen, &why), OK);
        assert_int_equal(seen.ends, 0);
        buf_fini(&seen.body);
    }
    buf_fini(&out);
}

static void a_flipped_bit_never_passes(void **state)
{
    struct buf out;
    write_stream(&out);
    for (size_t i = 0; i < out.n * 8; i++) {
        struct seen seen;
        struct why why;
        out.p[i / 8] ^= (uint8_t)(1U << i % 8);
        enum err e = feed_all(buf_bytes(&out), out.n, &seen, &why);
        assert_true(e == ERR_DAMAGED || e == ERR_VERSION || seen.ends == 0);
        buf_fini(&seen.body);
        out.p[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    buf_fini(&out);
}

/* A stream of frames that are each as they were written, but of three blocks only those that ORDER
 * names, the last one of the snapshot at LAST_INDEX: what a reader makes of it. */
static enum err feed_blocks(const char *order, uint64_t last_index, struct why *why)
{
    struct buf out, parts[5], last;
    struct seen seen;
    struct snapshot_head other = some_head;
    struct snapshot_writer w = { 0 }, from = { 0 };
    const char *const bodies[] = { "one", "two", "six" };
    for (size_t i = 0; i < 5; i++) {
        buf_init(&parts[i], 1 << 20);
        if (i == 0)
            snapshot_write_head(&w, &parts[i], &some_head);
        else if (i < 4)
            snapshot_write_block(&w, &parts[i], bytes_str(bodies[i - 1]));
        else
            snapshot_write_tail(&w, &parts[i]);
    }
    buf_init(&last, 1 << 20);
    other.index = last_index;
    snapshot_write_head(&from, &last, &other);
    for (size_t i = 0; i < 3; i++) {
        buf_clear(&last, SIZE_MAX);
        snapshot_write_block(&from, &last, bytes_str(bodies[i]));
    }
    buf_init(&out, 1 << 20);
    buf_put_bytes(&out, buf_bytes(&parts[0]));
    for (const char *at = order; *at != 0; at++)
        buf_put_bytes(&out, buf_bytes(*at == '3' ? &last : &parts[*at - '0']));
    buf_put_bytes(&out, buf_bytes(&parts[4]));
    enum err e = feed_all(buf_bytes(&out), 100, &seen, why);
    assert_int_equal(seen.ends, e == OK);
    for (size_t i = 0; i < 5; i++)
        buf_fini(&parts[i]);
    buf_fini(&last);
    buf_fini(&seen.body);
    buf_fini(&out);
    return e;
}

static void a_block_is_missed_wherever_it_stood(void **state)
{
    struct why why;
    assert_int_equal(feed_blocks("123", some_head.index, &why), OK);
    assert_int_equal(feed_blocks("23", some_head.index, &why), ERR_DAMAGED);
    assert_int_equal(feed_blocks("13", some_head.index, &why), ERR_DAMAGED);
    assert_int_equal(feed_blocks("12", some_head.index, &why), ERR_DAMAGED);
    assert_int_equal(feed_blocks("", some_head.index, &why), ERR_DAMAGED);
}

/* Of one length, so that numbers and sizes still agree. */
static void blocks_that_changed_places_are_damage(void **state)
{
    struct why why;
    assert_int_equal(feed_blocks("213", some_head.index, &why), ERR_DAMAGED);
    assert_non_null(strstr(why.text, "a block does not validate (block 0)"));
    assert_int_equal(feed_blocks("132", some_head.index, &why), ERR_DAMAGED);
    assert_non_null(strstr(why.text, "a block does not validate (block 1)"));
    assert_int_equal(feed_blocks("113", some_head.index, &why), ERR_DAMAGED);
}

static void a_block_of_another_snapshot_is_damage(void **state)
{
    struct why why;
    assert_int_equal(feed_blocks("123", some_head.index + 1, &why), ERR_DAMAGED);
    assert_non_null(strstr(why.text, "a block does not validate (block 2)"));
}

/* Its CRC is right: only the reader's own counting shows that it lies. */
static void a_tail_that_counts_otherwise_is_damage(void **state)
{
    for (int more = 0; more < 2; more++) {
        struct snapshot_writer w = { 0 };
        struct buf out;
        struct seen seen;
        struct why why;
        buf_init(&out, 1 << 20);
        snapshot_write_head(&w, &out, &some_head);
        snapshot_write_block(&w, &out, bytes_str("one"));
        w.blocks += more == 0;
        w.bytes += more == 1;
        snapshot_write_tail(&w, &out);
        assert_int_equal(feed_all(buf_bytes(&out), 100, &seen, &why), ERR_DAMAGED);
        assert_non_null(strstr(why.text, "blocks are missing"));
        buf_fini(&seen.body);
        buf_fini(&out);
    }
}

static void bytes_behind_the_end_are_refused(void **state)
{
    struct buf out;
    struct seen seen;
    struct why why;
    write_stream(&out);
    buf_put_u8(&out, 0);
    assert_int_equal(feed_all(buf_bytes(&out), 100, &seen, &why), ERR_DAMAGED);
    buf_fini(&seen.body);
    buf_fini(&out);
}

static void another_format_is_refused(void **state)
{
    struct buf out;
    struct seen seen;
    struct why why;
    write_stream(&out);
    out.p[8] = SNAPSHOT_FORMAT + 1;
    assert_int_equal(feed_all(buf_bytes(&out), out.n, &seen, &why), ERR_VERSION);
    buf_fini(&seen.body);
    buf_fini(&out);
}

/* ---- files ---- */

struct got {
    unsigned heads;
    uint64_t bytes;
    uint32_t crc;
};

static enum err got_head(void *ctx, const struct snapshot_head *head)
{
    ((struct got *)ctx)->heads++;
    return head->index == 10 ? OK : ERR_MALFORMED;
}

static enum err got_body(void *ctx, struct bytes body)
{
    struct got *g = ctx;
    g->bytes += body.n;
    g->crc = crc32c(g->crc, body);
    return OK;
}

static void make_file(struct sim_fs *sim, const char *path, size_t blocks, uint32_t *ret_crc)
{
    static uint8_t block[SNAPSHOT_BLOCK];
    struct snapshot_file *f;
    struct why why;
    assert_int_equal(snapshot_file_create(sim_fs_fs(sim), path, &some_head, &f, &why), OK);
    *ret_crc = 0;
    for (size_t i = 0; i < blocks; i++) {
        memset(block, (int)i + 1, sizeof block);
        *ret_crc = crc32c(*ret_crc, bytes_of(block, sizeof block));
        assert_int_equal(snapshot_file_write(f, bytes_of(block, sizeof block), &why), OK);
    }
    assert_int_equal(snapshot_file_finish(f, &why), OK);
}

static void a_file_of_many_blocks_comes_back(void **state)
{
    struct sim_fs *sim = sim_fs_new();
    struct got got = { 0 };
    struct why why;
    uint32_t crc;
    make_file(sim, "snap/a", 300, &crc);
    assert_int_equal(snapshot_read_file(sim_fs_fs(sim), "snap/a", got_head, got_body, &got, &why),
                     OK);
    assert_int_equal(got.heads, 1);
    assert_int_equal(got.bytes, 300 * SNAPSHOT_BLOCK);
    assert_int_equal(got.crc, crc);
    assert_null(sim_fs_bytes(sim, "snap/a.tmp").p);
    assert_int_equal(sim_fs_open_n(sim), 0);
    sim_fs_free(sim);
}

static void a_cut_file_is_refused_by_name(void **state)
{
    struct sim_fs *sim = sim_fs_new();
    struct got got = { 0 };
    struct why why;
    uint32_t crc;
    make_file(sim, "snap/a", 1, &crc);
    struct bytes b = sim_fs_bytes(sim, "snap/a");
    sim_fs_put(sim, "snap/b", bytes_of(b.p, b.n - 1));
    assert_int_equal(snapshot_read_file(sim_fs_fs(sim), "snap/b", got_head, got_body, &got, &why),
                     ERR_TRUNCATED);
    assert_non_null(strstr(why.text, "snap/b"));
    sim_fs_free(sim);
}

static void a_damaged_file_is_refused_with_the_way_out(void **state)
{
    struct sim_fs *sim = sim_fs_new();
    struct got got = { 0 };
    struct why why;
    uint32_t crc;
    make_file(sim, "snap/a", 1, &crc);
    struct bytes b = sim_fs_bytes(sim, "snap/a");
    uint8_t *copy = malloc(b.n);
    memcpy(copy, b.p, b.n);
    copy[1000] ^= 1;
    sim_fs_put(sim, "snap/b", bytes_of(copy, b.n));
    assert_int_equal(snapshot_read_file(sim_fs_fs(sim), "snap/b", got_head, got_body, &got, &why),
                     ERR_DAMAGED);
    assert_non_null(strstr(why.text, "snap/b"));
    assert_non_null(strstr(why.text, "snapshot restore"));
    free(copy);
    sim_fs_free(sim);
}

static void an_aborted_file_leaves_nothing(void **state)
{
    struct sim_fs *sim = sim_fs_new();
    struct snapshot_file *f;
    struct why why;
    assert_int_equal(snapshot_file_create(sim_fs_fs(sim), "snap/a", &some_head, &f, &why), OK);
    snapshot_file_abort(f);
    assert_null(sim_fs_bytes(sim, "snap/a").p);
    assert_null(sim_fs_bytes(sim, "snap/a.tmp").p);
    sim_fs_free(sim);
}

static void the_two_newest_snapshots_are_kept(void **state)
{
    struct sim_fs *sim = sim_fs_new();
    struct why why;
    uint64_t older, newest;
    char path[64];
    for (uint64_t i = 1; i <= 4; i++) {
        snapshot_dir_path("snap", i * 100, path, sizeof path);
        sim_fs_put(sim, path, bytes_str("x"));
    }
    assert_int_equal(snapshot_dir_prune(sim_fs_fs(sim), "snap", &older, &why), OK);
    assert_int_equal(older, 300);
    assert_int_equal(snapshot_dir_newest(sim_fs_fs(sim), "snap", UINT64_MAX, &newest, &why), OK);
    assert_int_equal(newest, 400);
    assert_int_equal(snapshot_dir_newest(sim_fs_fs(sim), "snap", 300, &newest, &why),
                     ERR_NOT_FOUND);
    sim_fs_free(sim);
}

static void half_written_snapshots_are_cleaned_away(void **state)
{
    struct sim_fs *sim = sim_fs_new();
    struct why why;
    sim_fs_put(sim, "snap/00000000000000000005.snap.tmp", bytes_str("x"));
    sim_fs_put(sim, "snap/00000000000000000006.snap.tmp", bytes_str("x"));
    sim_fs_put(sim, "snap/00000000000000000004.snap", bytes_str("x"));
    assert_int_equal(snapshot_dir_clean(sim_fs_fs(sim), "snap", &why), OK);
    assert_null(sim_fs_bytes(sim, "snap/00000000000000000005.snap.tmp").p);
    assert_null(sim_fs_bytes(sim, "snap/00000000000000000006.snap.tmp").p);
    assert_non_null(sim_fs_bytes(sim, "snap/00000000000000000004.snap").p);
    sim_fs_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stream_has_its_fields_where_the_book_says),
        cmocka_unit_test(a_stream_in_any_pieces_comes_back),
        cmocka_unit_test(the_head_comes_back),
        cmocka_unit_test(a_stream_cut_at_any_byte_has_no_end),
        cmocka_unit_test(a_flipped_bit_never_passes),
        cmocka_unit_test(a_block_is_missed_wherever_it_stood),
        cmocka_unit_test(blocks_that_changed_places_are_damage),
        cmocka_unit_test(a_block_of_another_snapshot_is_damage),
        cmocka_unit_test(a_tail_that_counts_otherwise_is_damage),
        cmocka_unit_test(bytes_behind_the_end_are_refused),
        cmocka_unit_test(another_format_is_refused),
        cmocka_unit_test(a_file_of_many_blocks_comes_back),
        cmocka_unit_test(a_cut_file_is_refused_by_name),
        cmocka_unit_test(a_damaged_file_is_refused_with_the_way_out),
        cmocka_unit_test(an_aborted_file_leaves_nothing),
        cmocka_unit_test(the_two_newest_snapshots_are_kept),
        cmocka_unit_test(half_written_snapshots_are_cleaned_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

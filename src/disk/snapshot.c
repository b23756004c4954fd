/* The frames of a snapshot stream.
 *
 *   head   "MUSTERSN", format, length of the rest; index, term, revision, cluster id, wall,
 *          members; CRC of all before it
 *   block  'B', length, CRC of length and body; body
 *   tail   'E', blocks, bytes, CRC of all of it before
 *
 * The CRC of a block or tail goes on from that of the frame before. The reader takes a frame only
 * when it has all of it. A stream that stops anywhere has no tail; a block that stands in another
 * place, or comes from another snapshot, does not validate. */
#include "disk/snapshot.h"

#include <assert.h>
#include <inttypes.h>

#include "base/crc32c.h"
#include "base/rd.h"

static const char magic[8] = { 'M', 'U', 'S', 'T', 'E', 'R', 'S', 'N' };

enum {
    HEAD_BEGIN = 16,          /* magic, format, length of the rest */
    HEAD_FIXED = 5 * 8 + 4,   /* numbers and the length of members */
    MEMBERS_MAX = 256 * 1024, /* far above any membership */
    BLOCK_HEAD = 9,
    TAIL_BYTES = 21
};

/* Ends a frame with the CRC of what it has since BEGIN. */
static void put_crc(struct snapshot_writer *w, struct buf *out, size_t begin)
{
    if (out->full)
        return;
    w->crc = crc32c(w->crc, bytes_of(out->p + begin, out->n - begin));
    buf_put_u32(out, w->crc);
}

void snapshot_write_head(struct snapshot_writer *w, struct buf *out,
                         const struct snapshot_head *head)
{
    assert(head->members.n <= MEMBERS_MAX);
    size_t begin = out->n;
    buf_put(out, magic, sizeof magic);
    buf_put_u32(out, SNAPSHOT_FORMAT);
    buf_put_u32(out, (uint32_t)(HEAD_FIXED + head->members.n + 4));
    buf_put_u64(out, head->index);
    buf_put_u64(out, head->term);
    buf_put_u64(out, head->revision);
    buf_put_u64(out, head->cluster_id);
    buf_put_u64(out, head->wall_ms);
    buf_put_run(out, head->members);
    put_crc(w, out, begin);
}

static uint32_t block_crc(uint32_t before, struct bytes length, struct bytes body)
{
    return crc32c(crc32c(before, length), body);
}

void snapshot_write_block(struct snapshot_writer *w, struct buf *out, struct bytes body)
{
    assert(body.n <= SNAPSHOT_BLOCK);
    w->blocks++;
    w->bytes += body.n;
    buf_put_u8(out, 'B');
    buf_put_u32(out, (uint32_t)body.n);
    if (out->full)
        return;
    w->crc = block_crc(w->crc, bytes_of(out->p + out->n - 4, 4), body);
    buf_put_u32(out, w->crc);
    buf_put_bytes(out, body);
}

void snapshot_write_tail(struct snapshot_writer *w, struct buf *out)
{
    size_t begin = out->n;
    buf_put_u8(out, 'E');
    buf_put_u64(out, w->blocks);
    buf_put_u64(out, w->bytes);
    put_crc(w, out, begin);
}

/* ---- reading ---- */

static enum err damaged(struct why *why, const char *what, uint64_t block)
{
    return why_set(why, ERR_DAMAGED, "snapshot: %s (block %" PRIu64 ")", what, block);
}

/* Gives the N bytes of one frame, or NEED_MORE with nothing used. */
static bool has(struct bytes in, size_t n)
{
    return in.n >= n;
}

static enum err feed_head(struct snapshot_reader *r, struct bytes in, size_t *ret_used,
                          struct snapshot_event *ret, struct why *why)
{
    if (in.n > 0 && memcmp(in.p, magic, in.n < sizeof magic ? in.n : sizeof magic) != 0)
        return why_set(why, ERR_DAMAGED, "snapshot: this is no snapshot");
    if (!has(in, HEAD_BEGIN))
        return OK;
    struct rd rd;
    rd_init(&rd, bytes_skip(in, sizeof magic));
    struct snapshot_head head = { .format = rd_u32(&rd) };
    uint32_t rest = rd_u32(&rd);
    if (head.format != SNAPSHOT_FORMAT)
        return why_set(why, ERR_VERSION,
                       "snapshot: format %" PRIu32 " is not known to this build (it knows %d)",
                       head.format, SNAPSHOT_FORMAT);
    if (rest < HEAD_FIXED + 4 || rest > HEAD_FIXED + MEMBERS_MAX + 4)
        return damaged(why, "the head has an impossible length", 0);
    if (!has(in, HEAD_BEGIN + rest))
        return OK;
    rd_init(&rd, bytes_of(in.p + HEAD_BEGIN, rest));
    head.index = rd_u64(&rd);
    head.term = rd_u64(&rd);
    head.revision = rd_u64(&rd);
    head.cluster_id = rd_u64(&rd);
    head.wall_ms = rd_u64(&rd);
    head.members = rd_run(&rd);
    uint32_t crc = rd_u32(&rd);
    if (rd_end(&rd) != OK || crc != crc32c(0, bytes_of(in.p, HEAD_BEGIN + rest - 4)))
        return damaged(why, "the head does not validate", 0);
    r->head_seen = true;
    r->crc = crc;
    *ret_used = HEAD_BEGIN + rest;
    *ret = (struct snapshot_event){ .kind = SNAPSHOT_HEAD, .head = head };
    return OK;
}

static enum err feed_block(struct snapshot_reader *r, struct bytes in, size_t *ret_used,
                           struct snapshot_event *ret, struct why *why)
{
    if (!has(in, BLOCK_HEAD))
        return OK;
    struct rd rd;
    rd_init(&rd, bytes_skip(in, 1));
    struct bytes length = bytes_of(in.p + 1, 4);
    uint32_t n = rd_u32(&rd);
    uint32_t crc = rd_u32(&rd);
    if (n > SNAPSHOT_BLOCK)
        return damaged(why, "a block has an impossible length", r->blocks);
    if (!has(in, BLOCK_HEAD + (size_t)n))
        return OK;
    struct bytes body = bytes_of(in.p + BLOCK_HEAD, n);
    if (crc != block_crc(r->crc, length, body))
        return damaged(why, "a block does not validate", r->blocks);
    r->crc = crc;
    r->blocks++;
    r->bytes += n;
    *ret_used = BLOCK_HEAD + (size_t)n;
    *ret = (struct snapshot_event){ .kind = SNAPSHOT_BODY, .body = body };
    return OK;
}

static enum err feed_tail(struct snapshot_reader *r, struct bytes in, size_t *ret_used,
                          struct snapshot_event *ret, struct why *why)
{
    if (!has(in, TAIL_BYTES))
        return OK;
    struct rd rd;
    rd_init(&rd, bytes_of(in.p + 1, TAIL_BYTES - 1));
    uint64_t blocks = rd_u64(&rd);
    uint64_t bytes = rd_u64(&rd);
    uint32_t crc = rd_u32(&rd);
    if (crc != crc32c(r->crc, bytes_of(in.p, TAIL_BYTES - 4)))
        return damaged(why, "the end does not validate", r->blocks);
    if (blocks != r->blocks || bytes != r->bytes)
        return damaged(why, "blocks are missing", r->blocks);
    r->end_seen = true;
    *ret_used = TAIL_BYTES;
    ret->kind = SNAPSHOT_END;
    return OK;
}

enum err snapshot_feed(struct snapshot_reader *r, struct bytes in, size_t *ret_used,
                       struct snapshot_event *ret, struct why *why)
{
    *ret_used = 0;
    *ret = (struct snapshot_event){ .kind = SNAPSHOT_NEED_MORE };
    if (!r->head_seen)
        return feed_head(r, in, ret_used, ret, why);
    if (in.n == 0)
        return OK;
    if (r->end_seen)
        return damaged(why, "something follows the end", r->blocks);
    if (in.p[0] == 'B')
        return feed_block(r, in, ret_used, ret, why);
    if (in.p[0] == 'E')
        return feed_tail(r, in, ret_used, ret, why);
    return damaged(why, "neither a block nor the end where one must be", r->blocks);
}

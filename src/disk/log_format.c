/* Writing and reading the bytes of a segment.
 *
 * A segment's header is checked by a CRC over its whole block with the CRC's own field as zero, in
 * every format version, so that "another version" and "damaged" are told apart. A batch's header
 * has a CRC of its own beside that of its body: a sound header of a later batch proves, by its
 * `synced`, that an earlier batch had been durable, even if the later one is torn itself. */
#include "disk/log_format.h"

#include "base/crc32c.h"
#include "disk/pages.h"

static const char segment_magic[8] = { 'M', 'U', 'S', 'T', 'E', 'R', 'L', 'G' };
static const uint32_t batch_magic = 0x4843424d; /* "MBCH" */

enum { SEGMENT_CRC_AT = 12, SEGMENT_RESET = 1 };

static uint8_t *put_u32(uint8_t *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (8 * i));
    return at + 4;
}

static uint8_t *put_u64(uint8_t *at, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(v >> (8 * i));
    return at + 8;
}

static uint32_t segment_crc(const uint8_t block[LOG_BLOCK])
{
    static const uint8_t none[4];
    uint32_t crc = crc32c(0, bytes_of(block, SEGMENT_CRC_AT));
    crc = crc32c(crc, bytes_of(none, sizeof none));
    return crc32c(crc, bytes_of(block + SEGMENT_CRC_AT + 4, LOG_BLOCK - SEGMENT_CRC_AT - 4));
}

void log_segment_write(uint8_t block[LOG_BLOCK], const struct log_segment_head *head)
{
    memset(block, 0, LOG_BLOCK);
    memcpy(block, segment_magic, sizeof segment_magic);
    uint8_t *at = put_u32(block + sizeof segment_magic, LOG_FORMAT);
    at = put_u32(at, 0);
    at = put_u64(at, head->sequence);
    at = put_u64(at, head->salt);
    at = put_u64(at, head->bytes);
    at = put_u64(at, head->first_batch);
    at = put_u64(at, head->base_index);
    at = put_u64(at, head->base_term);
    at = put_u64(at, head->hard.term);
    at = put_u64(at, head->hard.vote);
    at = put_u64(at, head->hard.commit);
    put_u32(at, head->reset ? SEGMENT_RESET : 0);
    put_u32(block + SEGMENT_CRC_AT, segment_crc(block));
}

static enum err read_segment_fields(struct rd *r, struct log_segment_head *ret)
{
    struct log_segment_head h = { .sequence = rd_u64(r) };
    h.salt = rd_u64(r);
    h.bytes = rd_u64(r);
    h.first_batch = rd_u64(r);
    h.base_index = rd_u64(r);
    h.base_term = rd_u64(r);
    h.hard.term = rd_u64(r);
    h.hard.vote = rd_u64(r);
    h.hard.commit = rd_u64(r);
    uint32_t flags = rd_u32(r);
    h.reset = flags == SEGMENT_RESET;
    if (r->err != OK || flags > SEGMENT_RESET || h.sequence == 0 || h.first_batch == 0 ||
        h.bytes < 2 * LOG_BLOCK || h.bytes % LOG_BLOCK != 0 || h.base_index > UINT64_MAX / 2)
        return ERR_DAMAGED;
    *ret = h;
    return OK;
}

enum err log_segment_read(const uint8_t block[LOG_BLOCK], struct log_segment_head *ret)
{
    struct rd r;
    rd_init(&r, bytes_of(block, LOG_BLOCK));
    struct bytes magic = rd_take(&r, sizeof segment_magic);
    uint32_t format = rd_u32(&r);
    uint32_t crc = rd_u32(&r);
    if (!bytes_eq(magic, bytes_of(segment_magic, sizeof segment_magic)) ||
        crc != segment_crc(block))
        return ERR_DAMAGED;
    if (format != LOG_FORMAT)
        return ERR_VERSION;
    return read_segment_fields(&r, ret);
}

uint32_t log_seed(uint64_t salt, uint64_t offset)
{
    uint8_t begin[16];
    put_u64(put_u64(begin, salt), offset);
    return crc32c(0, bytes_of(begin, sizeof begin));
}

uint64_t log_batch_size(uint64_t body_bytes)
{
    return pages_round(LOG_BATCH_HEAD + body_bytes);
}

static uint32_t body_crc(const uint8_t *batch, uint32_t seed, uint32_t body_bytes)
{
    size_t n = (size_t)log_batch_size(body_bytes) - LOG_BATCH_HEAD;
    return crc32c(seed, bytes_of(batch + LOG_BATCH_HEAD, n));
}

void log_batch_seal(uint8_t *batch, uint32_t seed, const struct log_batch_head *head)
{
    size_t end = LOG_BATCH_HEAD + (size_t)head->body_bytes;
    memset(batch + end, 0, (size_t)log_batch_size(head->body_bytes) - end);
    uint8_t *at = put_u64(batch + 8, head->number);
    at = put_u64(at, head->synced);
    at = put_u32(at, head->body_bytes);
    at = put_u32(at, body_crc(batch, seed, head->body_bytes));
    at = put_u32(at, head->record_n);
    put_u32(at, 0);
    put_u32(batch, batch_magic);
    put_u32(batch + 4, crc32c(seed, bytes_of(batch + 8, LOG_BATCH_HEAD - 8)));
}

enum err log_batch_read_head(const uint8_t *batch, uint32_t seed, struct log_batch_head *ret)
{
    struct rd r;
    rd_init(&r, bytes_of(batch, LOG_BATCH_HEAD));
    uint32_t magic = rd_u32(&r);
    uint32_t crc = rd_u32(&r);
    if (magic != batch_magic || crc != crc32c(seed, r.left))
        return ERR_DAMAGED;
    struct log_batch_head h = { .number = rd_u64(&r) };
    h.synced = rd_u64(&r);
    h.body_bytes = rd_u32(&r);
    h.body_crc = rd_u32(&r);
    h.record_n = rd_u32(&r);
    *ret = h;
    return OK;
}

bool log_batch_body_holds(const uint8_t *batch, uint32_t seed, const struct log_batch_head *head)
{
    return head->body_crc == body_crc(batch, seed, head->body_bytes);
}

/* ---- records ---- */

static size_t padded(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

uint64_t log_entry_size(size_t payload_bytes)
{
    return LOG_RECORD_HEAD + (uint64_t)padded(payload_bytes);
}

static uint8_t *put_head(uint8_t *at, uint32_t n, enum log_record_type type, uint8_t kind,
                         uint64_t a, uint64_t b)
{
    at = put_u32(at, n);
    at = put_u32(at, (uint32_t)type | (uint32_t)kind << 8);
    return put_u64(put_u64(at, a), b);
}

uint8_t *log_put_entry(uint8_t *at, const struct log_entry *entry)
{
    size_t n = entry->payload.n;
    at = put_head(at, (uint32_t)n, LOG_RECORD_ENTRY, (uint8_t)entry->kind, entry->index,
                  entry->term);
    if (n > 0)
        memcpy(at, entry->payload.p, n);
    memset(at + n, 0, padded(n) - n);
    return at + padded(n);
}

uint8_t *log_put_truncate(uint8_t *at, uint64_t from)
{
    return put_head(at, 0, LOG_RECORD_TRUNCATE, 0, from, 0);
}

uint8_t *log_put_hard(uint8_t *at, const struct log_hard *hard)
{
    return put_u64(put_head(at, 8, LOG_RECORD_HARD, 0, hard->term, hard->vote), hard->commit);
}

void log_records(struct rd *r, const uint8_t *batch, const struct log_batch_head *head)
{
    rd_init(r, bytes_of(batch + LOG_BATCH_HEAD, head->body_bytes));
}

static enum err read_hard(struct bytes payload, uint64_t term, uint64_t vote, struct log_hard *ret)
{
    struct rd r;
    rd_init(&r, payload);
    struct log_hard hard = { .term = term, .vote = vote, .commit = rd_u64(&r) };
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = hard;
    return e;
}

enum err log_record_next(struct rd *r, struct log_record *ret)
{
    uint32_t n = rd_u32(r);
    uint32_t marks = rd_u32(r);
    uint64_t a = rd_u64(r);
    uint64_t b = rd_u64(r);
    struct bytes body = rd_take(r, padded(n));
    if (r->err != OK)
        return r->err;
    if (n > LOG_ENTRY_MAX)
        return ERR_MALFORMED;
    struct bytes payload = bytes_of(body.p, n);
    struct log_record record = { .type = (enum log_record_type)(marks & 0xff) };
    uint32_t kind = marks >> 8;
    switch (record.type) {
    case LOG_RECORD_ENTRY:
        if (kind != LOG_ENTRY_COMMANDS && kind != LOG_ENTRY_MEMBERSHIP)
            return ERR_VERSION;
        record.entry = (struct log_entry){ a, b, (enum log_entry_kind)kind, payload };
        break;
    case LOG_RECORD_TRUNCATE:
        if (kind != 0 || n != 0 || a == 0)
            return ERR_MALFORMED;
        record.from = a;
        break;
    case LOG_RECORD_HARD: {
        enum err e = kind != 0 ? ERR_MALFORMED : read_hard(payload, a, b, &record.hard);
        if (e != OK)
            return e;
        break;
    }
    default: /* a byte from the disk, not a value of ours */
        return ERR_VERSION;
    }
    *ret = record;
    return OK;
}

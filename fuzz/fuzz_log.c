/* Any bytes as a segment of a log: it opens, or says why not; what it took, it keeps.
 *
 * An odd first byte has the CRCs of header and batches set right first, so that the records behind
 * them are reached. */
#include <assert.h>
#include <stdlib.h>

#include "base/crc32c.h"
#include "disk/log.h"
#include "disk/log_format.h"
#include "test/lib/sim_fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 256 * 1024 };

static uint64_t salt(void *ctx)
{
    return 42;
}

static void set_u32(uint8_t *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get(const uint8_t *at, size_t n)
{
    uint64_t v = 0;
    for (size_t i = n; i-- > 0;)
        v = v << 8 | at[i];
    return v;
}

static void mend_header(uint8_t *p)
{
    memset(p + 12, 0, 4);
    set_u32(p + 12, crc32c(0, bytes_of(p, LOG_BLOCK)));
}

/* Seals whatever batch stands at OFFSET with the fields it has; returns where the next may be. */
static size_t mend_batch(uint8_t *p, size_t n, size_t offset, uint64_t segment_salt)
{
    struct log_batch_head head = { .number = get(p + offset + 8, 8),
                                   .synced = get(p + offset + 16, 8),
                                   .body_bytes = (uint32_t)get(p + offset + 24, 4),
                                   .record_n = (uint32_t)get(p + offset + 32, 4) };
    uint64_t length = log_batch_size(head.body_bytes);
    if (length > n - offset)
        return n;
    log_batch_seal(p + offset, log_seed(segment_salt, offset), &head);
    return offset + (size_t)length;
}

static void mend(uint8_t *p, size_t n)
{
    if (n < LOG_BLOCK)
        return;
    mend_header(p);
    for (size_t at = LOG_BLOCK; at + LOG_BLOCK <= n;)
        at = mend_batch(p, n, at, get(p + 24, 8));
}

static enum err count(void *ctx, const struct log_entry *entry)
{
    uint64_t *n = ctx;
    ++*n;
    return OK;
}

static void append_and_reopen(const struct log_options *options, struct log *log,
                              const struct log_found *found)
{
    struct log_entry entry = { .index = found->last + 1, .payload = bytes_str("more") };
    struct log_options all = *options;
    struct log_found again;
    uint64_t entries = 0;
    all.base_index = found->first - 1;
    enum err e = log_append(log, &entry, 1, NULL, NULL);
    assert(e == OK);
    log_close(log);
    e = log_open(&all, count, &entries, &again, &log, NULL);
    assert(e == OK && again.last == entry.index && again.torn_bytes == 0);
    assert(entries == again.last + 1 - again.first);
    log_close(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > INPUT_MAX)
        return 0;
    uint8_t *p = malloc(size);
    memcpy(p, data + 1, size - 1);
    if (data[0] & 1)
        mend(p, size - 1);
    struct sim_fs *sim = sim_fs_new();
    struct log_options options = { .fs = sim_fs_fs(sim),
                                   .dir = "log",
                                   .segment_bytes = 8192,
                                   .entropy = salt,
                                   .base_index = UINT64_MAX / 2 };
    struct log_found found;
    struct log *log;
    uint64_t entries = 0;
    sim_fs_put(sim, "log/00000001.seg", bytes_of(p, size - 1));
    free(p);
    struct log_options all = options;
    all.base_index = 0;
    enum err scanned = log_scan(&all, count, &entries, &found, NULL);
    assert(scanned != OK || entries == found.last + 1 - found.first);
    enum err e = log_open(&options, NULL, NULL, &found, &log, NULL);
    assert((scanned == OK) == (e == OK));
    if (e == OK)
        append_and_reopen(&options, log, &found);
    assert(sim_fs_open_n(sim) == 0);
    sim_fs_free(sim);
    return 0;
}

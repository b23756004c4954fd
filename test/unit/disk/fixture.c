/* Payloads are the stamp and a pattern that follows from it, so that wrong bytes show. */
#include "fixture.h"

#include <assert.h>
#include <stdlib.h>

static uint64_t salts(void *ctx)
{
    static uint64_t salt;
    return salt = salt * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
}

struct log_options fixture_options(struct fs *fs, uint64_t base)
{
    return (struct log_options){ .fs = fs,
                                 .dir = "log",
                                 .segment_bytes = FIXTURE_SEGMENT,
                                 .entropy = salts,
                                 .base_index = base,
                                 .base_term = base == 0 ? 0 : 1 };
}

static void fill(uint8_t *p, size_t n, uint64_t stamp)
{
    for (size_t i = 0; i < n; i++)
        p[i] = i < 8 ? (uint8_t)(stamp >> (8 * i)) : (uint8_t)(stamp * 31 + i * 7);
}

enum err fixture_note(void *ctx, const struct log_entry *entry)
{
    struct readback *read = ctx;
    struct fact f = { .index = entry->index, .term = entry->term, .n = entry->payload.n };
    assert(read->n < FACTS_MAX);
    for (size_t i = 0; i < 8 && i < entry->payload.n; i++)
        f.stamp |= (uint64_t)entry->payload.p[i] << (8 * i);
    uint8_t *want = malloc(f.n + 1);
    assert(want != NULL);
    fill(want, f.n, f.stamp);
    if (f.n > 0 && memcmp(want, entry->payload.p, f.n) != 0)
        read->broken = true;
    free(want);
    read->facts[read->n++] = f;
    return OK;
}

enum err fixture_open(struct fs *fs, uint64_t base, struct readback *ret_read, struct log **ret,
                      struct why *why)
{
    struct log_options options = fixture_options(fs, base);
    *ret_read = (struct readback){ 0 };
    struct log_found *found = &ret_read->found;
    enum err e = log_open(&options, NULL, NULL, found, ret, why);
    if (e != OK || found->first > found->last)
        return e;
    return log_read(*ret, found->first, found->last, UINT64_MAX, fixture_note, ret_read, why);
}

enum err fixture_scan(struct fs *fs, struct readback *ret_read, struct why *why)
{
    struct log_options options = fixture_options(fs, 0);
    *ret_read = (struct readback){ 0 };
    return log_scan(&options, fixture_note, ret_read, &ret_read->found, why);
}

enum err fixture_append(struct log *log, const struct fact *facts, size_t n,
                        const struct log_hard *hard, struct why *why)
{
    struct log_entry entries[16] = { 0 };
    uint8_t *payloads[16] = { 0 };
    assert(n <= ARRAY_LEN(entries));
    for (size_t i = 0; i < n; i++) {
        payloads[i] = malloc(facts[i].n + 1);
        assert(payloads[i] != NULL);
        fill(payloads[i], facts[i].n, facts[i].stamp);
        entries[i] = (struct log_entry){ .index = facts[i].index,
                                         .term = facts[i].term,
                                         .payload = bytes_of(payloads[i], facts[i].n) };
    }
    enum err e = log_append(log, entries, n, hard, why);
    for (size_t i = 0; i < n; i++)
        free(payloads[i]);
    return e;
}

void fixture_fill(struct log *log, uint64_t index, size_t n, size_t size, uint64_t term)
{
    for (size_t i = 0; i < n; i++) {
        struct why why;
        struct fact f = { index + i, term, (index + i) * 1000 + term, size };
        enum err e = fixture_append(log, &f, 1, NULL, &why);
        assert(e == OK);
    }
}

bool fixture_holds(const struct readback *read, uint64_t from, uint64_t to, size_t size,
                   uint64_t term)
{
    if (read->broken || read->n == 0 || from < read->facts[0].index)
        return false;
    for (uint64_t i = from; i <= to; i++) {
        size_t at = (size_t)(i - read->facts[0].index);
        if (at >= read->n || read->facts[at].index != i || read->facts[at].term != term ||
            read->facts[at].n != size || read->facts[at].stamp != i * 1000 + term)
            return false;
    }
    return true;
}

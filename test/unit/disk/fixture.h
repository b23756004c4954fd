/* A log on pretended files, and what reading it back gave. */
#ifndef TEST_UNIT_DISK_FIXTURE_H
#define TEST_UNIT_DISK_FIXTURE_H

#include "disk/log.h"
#include "test/lib/sim_fs.h"

enum { FACTS_MAX = 512, FIXTURE_SEGMENT = 32 * 1024 };

struct fact { /* an entry whose payload follows from STAMP */
    uint64_t index, term, stamp;
    size_t n;
};

struct readback {
    struct fact facts[FACTS_MAX];
    size_t n;
    bool broken; /* a payload that nobody wrote */
    struct log_found found;
};

struct log_options fixture_options(struct fs *fs, uint64_t base);
/* Opens the log of "log" and keeps what it holds. */
MUST_CHECK enum err fixture_open(struct fs *fs, uint64_t base, struct readback *ret_read,
                                 struct log **ret, struct why *why);
/* The same by log_scan, changing nothing. */
MUST_CHECK enum err fixture_scan(struct fs *fs, struct readback *ret_read, struct why *why);
/* Appends the facts as entries in one batch. */
MUST_CHECK enum err fixture_append(struct log *log, const struct fact *facts, size_t n,
                                   const struct log_hard *hard, struct why *why);
/* Notes an entry in CTX, a struct readback. */
enum err fixture_note(void *ctx, const struct log_entry *entry);
/* Appends entries INDEX .. INDEX + N - 1 of SIZE bytes, each a batch of its own, at TERM. */
void fixture_fill(struct log *log, uint64_t index, size_t n, size_t size, uint64_t term);
/* True if the entries FROM..TO of READ are there, in order, at TERM and of SIZE. */
bool fixture_holds(const struct readback *read, uint64_t from, uint64_t to, size_t size,
                   uint64_t term);

#endif

/* disk/log.h -- the log: numbered entries and the hard state, in recycled segments.
 *
 * One write at a time is a batch: padded to 4 KiB, durable when log_append returns. Plain
 * synchronous calls; one thread at a time (the disk thread), except log_recycle, which belongs to
 * its helper. Any error of a write is final for the process. */
#ifndef DISK_LOG_H
#define DISK_LOG_H

#include "disk/fs.h"
#include "disk/log_entry.h"

struct log;

struct log_options {
    struct fs *fs;                  /* kept */
    const char *dir;                /* kept; must exist */
    uint64_t segment_bytes;         /* 0 = 64 MiB */
    uint64_t (*entropy)(void *ctx); /* salts */
    void *entropy_ctx;
    /* What the caller has already: the log must begin at most right behind it, and gives only what
     * is above it. 0 for all of a log. */
    uint64_t base_index, base_term;
    bool must_exist; /* entries up to BASE_INDEX were written: a log without segments is damaged */
};

/* What reading the log at start found. */
struct log_found {
    struct log_hard hard;
    uint64_t first, last; /* indexes of the entries; first > last: none */
    uint64_t last_term;
    uint64_t torn_bytes; /* of a torn tail that was cut, 0 if there was none */
    char torn_file[64];  /* and where */
    uint64_t torn_offset;
};

/* Opens the log of DIR, making it if there is none; cuts a torn tail; syncs once. EACH (may be
 * NULL) is called for every entry above base_index that stands, in order of index after truncations
 * have been applied, and lends its payload for the call; what it returns but OK ends the opening
 * with that.
 * ERR_DAMAGED: an invalid record with a valid later batch behind it; WHY names file, offset and way
 * out. ERR_VERSION for a format it does not know. */
MUST_CHECK enum err log_open(const struct log_options *options,
                             enum err (*each)(void *ctx, const struct log_entry *entry), void *ctx,
                             struct log_found *ret_found, struct log **ret, struct why *why);
void log_close(struct log *log);

/* One batch: if ENTRIES do not follow the last index, those from entries[0].index on are replaced
 * (a truncation record of its own); then the entries, then HARD (NULL: unchanged). Durable on
 * return. A batch larger than what a segment has left goes to the next segment. */
MUST_CHECK enum err log_append(struct log *log, const struct log_entry *entries, size_t n,
                               const struct log_hard *hard, struct why *why);
/* Reads entries LOW..HIGH (as far as they are there, about BYTES) back: each lends for the call. */
MUST_CHECK enum err log_read(struct log *log, uint64_t low, uint64_t high, uint64_t bytes,
                             enum err (*each)(void *ctx, const struct log_entry *entry), void *ctx,
                             struct why *why);
/* Drops whole segments that hold only entries below FIRST; they are recycled. */
MUST_CHECK enum err log_cut(struct log *log, uint64_t first, struct why *why);
/* Drops everything: a snapshot at INDEX, TERM takes the log's place. */
MUST_CHECK enum err log_reset(struct log *log, uint64_t index, uint64_t term,
                              const struct log_hard *hard, struct why *why);
/* Zero-fills one piece (1 MiB) of a spare segment, so that appending never has to. *ret_done: one
 * spare is ready and nothing is left to do. The helper thread calls it with pauses; it may run
 * beside log_append. */
MUST_CHECK enum err log_recycle(struct log *log, bool *ret_done, struct why *why);

struct log_figures {
    uint64_t first, last;
    uint64_t bytes; /* in live segments */
    uint64_t syncs; /* batches written since the opening */
    uint64_t written_bytes;
    uint64_t since_bytes; /* appended since the last log_cut or opening */
};
void log_figures(const struct log *log, struct log_figures *ret);
/* Bytes on disk of the batches with entries above INDEX: what a snapshot at INDEX is behind. */
uint64_t log_bytes_behind(const struct log *log, uint64_t index);

/* Reads a log without opening it for writing (`muster log dump`): like log_open's EACH, but nothing
 * is cut, synced or changed. */
MUST_CHECK enum err log_scan(const struct log_options *options,
                             enum err (*each)(void *ctx, const struct log_entry *entry), void *ctx,
                             struct log_found *ret_found, struct why *why);

#endif

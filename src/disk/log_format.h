/* disk/log_format.h -- the bytes of a segment: its header, batches, records. Pure.
 *
 *   segment  4 KiB header, then batches at multiples of 4 KiB, then zeros
 *   batch    40 bytes of header, records, zeros up to a multiple of 4 KiB
 *   record   24 bytes of header, payload, zeros up to a multiple of 8
 *
 * All numbers are little-endian. Every CRC is a CRC-32C that begins with the segment's salt and the
 * batch's offset, so that nothing of a segment's earlier life, and nothing that stands at another
 * place, ever validates. docs/formats.md has the tables. */
#ifndef DISK_LOG_FORMAT_H
#define DISK_LOG_FORMAT_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/rd.h"
#include "disk/log_entry.h"

enum {
    LOG_FORMAT = 1,
    LOG_BLOCK = 4096,
    LOG_BATCH_HEAD = 40,
    LOG_RECORD_HEAD = 24,
    LOG_ENTRY_MAX = 64 * 1024 * 1024, /* payload of one entry */
    LOG_BATCH_MAX = 128 * 1024 * 1024 /* one batch with its header and padding */
};

struct log_segment_head {
    uint64_t sequence;              /* 1, 2, 3 ... in the order of use */
    uint64_t salt;                  /* fresh at each use */
    uint64_t bytes;                 /* size of the segment, header included */
    uint64_t first_batch;           /* number of its first batch; all before it were synced */
    uint64_t base_index, base_term; /* the last entry before this segment */
    struct log_hard hard;           /* as it was when the segment was begun */
    bool reset;                     /* segments of lower sequence are void */
};

void log_segment_write(uint8_t block[LOG_BLOCK], const struct log_segment_head *head);
/* ERR_DAMAGED, or ERR_VERSION for a sound header of another format. */
MUST_CHECK enum err log_segment_read(const uint8_t block[LOG_BLOCK], struct log_segment_head *ret);

struct log_batch_head {
    uint64_t number;     /* one more than that of the batch before */
    uint64_t synced;     /* all batches up to this number were durable when this one was written */
    uint32_t body_bytes; /* records, without the padding after them */
    uint32_t body_crc;   /* of everything from the records to the end of the padding */
    uint32_t record_n;
};

/* What the CRCs of the batch at OFFSET begin with. */
uint32_t log_seed(uint64_t salt, uint64_t offset);
/* Size of a batch on disk with BODY_BYTES of records. */
uint64_t log_batch_size(uint64_t body_bytes);
/* Clears the padding of BATCH and writes its header over the first 40 bytes; body_crc is computed.
 */
void log_batch_seal(uint8_t *batch, uint32_t seed, const struct log_batch_head *head);
/* ERR_DAMAGED if this is no header of a batch written at this place in this life of the segment. */
MUST_CHECK enum err log_batch_read_head(const uint8_t *batch, uint32_t seed,
                                        struct log_batch_head *ret);
/* BATCH: log_batch_size(head->body_bytes) bytes. */
bool log_batch_body_holds(const uint8_t *batch, uint32_t seed, const struct log_batch_head *head);

enum log_record_type { LOG_RECORD_ENTRY = 1, LOG_RECORD_TRUNCATE = 2, LOG_RECORD_HARD = 3 };

struct log_record {
    enum log_record_type type;
    struct log_entry entry; /* ENTRY; lends from the batch */
    uint64_t from;          /* TRUNCATE: entries from this index on are gone */
    struct log_hard hard;   /* HARD */
};

/* Size of an entry's record on disk. */
uint64_t log_entry_size(size_t payload_bytes);
enum { LOG_TRUNCATE_SIZE = LOG_RECORD_HEAD, LOG_HARD_SIZE = LOG_RECORD_HEAD + 8 };

/* Each writes one record at AT and returns where the next begins. */
uint8_t *log_put_entry(uint8_t *at, const struct log_entry *entry);
uint8_t *log_put_truncate(uint8_t *at, uint64_t from);
uint8_t *log_put_hard(uint8_t *at, const struct log_hard *hard);

/* The records of a batch whose CRC holds. */
void log_records(struct rd *r, const uint8_t *batch, const struct log_batch_head *head);
/* The next one. ERR_MALFORMED or ERR_TRUNCATED: it was never written so; ERR_VERSION: a type or
 * kind this build does not know. */
MUST_CHECK enum err log_record_next(struct rd *r, struct log_record *ret);

#endif

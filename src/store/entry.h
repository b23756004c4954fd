/* store/entry.h -- a log entry's payload: commands made under one set of apply rules.
 *
 * Layout, little-endian (docs/formats.md): u8 format, u32 rules, u64 wall_ms, u64 age_ms, u16
 * number of origins and the origins (principal, face, address, why), u32 number of commands and for
 * each u16 kind, u16 origin, u64 policy mark, run body. An empty payload is a new leader's
 * entry. */
#ifndef STORE_ENTRY_H
#define STORE_ENTRY_H

#include "base/rd.h"
#include "store/command.h"

/* The apply rules this build makes entries under; it applies every number up to it.
 * 2: the results of a transaction and of an entry end somewhere (txn_size.h).
 * 3: a command that was checked at an older policy is refused (policy.h).
 * 4: upper folders have hooks (options.h).
 * 5: and those of transactions.
 * 6: nodes have coordinates, services virtual addresses; a revoke may name its lease's keys.
 * 7: a change may report how a check is. */
enum {
    ENTRY_RULES = 7,
    RULES_RESULTS_END = 2,
    RULES_POLICY = 3,
    RULES_HOOKS = 4,
    RULES_PROJECTION = 5,
    RULES_REPORTS = 7,
    ENTRY_FORMAT = 1
};

enum { ENTRY_RECENT_ORIGINS = 16 };

struct entry_time {
    uint64_t wall_ms; /* since 1970, shown to people */
    uint64_t age_ms;  /* of cluster life, never back: all durations use it */
};

struct command {
    enum command_kind kind;
    const struct origin *origin;
    uint64_t policy_mark; /* of the policy it was checked at (policy.h); 0: it was not */
    struct bytes body;
};

/* Packs commands into one payload. Origins equal to the last few are written once. */
struct entry_writer {
    struct buf commands; /* so far, without the head */
    struct buf origins;
    uint32_t command_n;
    uint16_t origin_n;
    struct {
        size_t at, n; /* of its encoding in ORIGINS */
        uint16_t number;
    } recent[ENTRY_RECENT_ORIGINS];
};

void entry_writer_init(struct entry_writer *w, size_t max_bytes);
void entry_writer_fini(struct entry_writer *w);
/* ERR_TOO_BIG if it does not fit (W is as before: start the next entry with it). */
MUST_CHECK enum err entry_writer_add(struct entry_writer *w, const struct command *command);
/* The payload so far, including its head, appended to OUT; then W is empty again. */
MUST_CHECK enum err entry_writer_finish(struct entry_writer *w, struct entry_time time,
                                        struct buf *out);

struct entry_reader {
    struct rd rd;
    uint32_t rules;
    struct entry_time time;
    struct origin *origins; /* in the arena */
    uint16_t origin_n;
    uint32_t command_n; /* still to come */
};

/* ERR_VERSION for a format this build does not know, ERR_RULES for newer rules, ERR_MALFORMED. */
MUST_CHECK enum err entry_read(struct bytes payload, struct arena *arena, struct entry_reader *ret);
/* The next command, lent from the payload; ERR_NOT_FOUND after the last. */
MUST_CHECK enum err entry_next(struct entry_reader *r, struct command *ret);

#endif

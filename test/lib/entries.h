/* test/lib/entries.h -- log entries for tests, command by command. */
#ifndef TEST_LIB_ENTRIES_H
#define TEST_LIB_ENTRIES_H

#include "store/entry.h"
#include "store/txn.h"

struct entries { /* one payload in the making, then the next */
    struct entry_writer writer;
    struct buf body, payload;
    struct origin origin; /* of the commands to come; may be changed between them */
    uint64_t policy_mark; /* the same */
};

void entries_init(struct entries *e);
void entries_fini(struct entries *e);

/* Each adds a command to the payload in the making. All fit: tests stay far below the limit. */
void entries_txn(struct entries *e, const struct txn *txn);
void entries_put(struct entries *e, enum space space, struct bytes key, struct bytes value,
                 int64_t lease);
void entries_remove(struct entries *e, enum space space, struct bytes key, struct bytes end);
void entries_grant(struct entries *e, const struct lease_grant *grant);
void entries_revoke(struct entries *e, int64_t id, enum face face);
void entries_move(struct entries *e, int64_t id, enum lease_stage from, enum lease_stage to);
void entries_checkpoint(struct entries *e, const struct lease_remaining *leases, size_t n);
void entries_compact(struct entries *e, enum space space, uint64_t revision);

/* Any kind, with its body as it is. */
void entries_command(struct entries *e, enum command_kind kind, struct bytes body);

/* The payload, lent until the next call on E; E is empty again. */
struct bytes entries_finish(struct entries *e, struct entry_time time);

#endif

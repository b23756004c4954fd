/* store/effects.h -- what applying an entry did: results, one change batch, lease changes.
 *
 * Made by core, then shared and only read. */
#ifndef STORE_EFFECTS_H
#define STORE_EFFECTS_H

#include <stdatomic.h>

#include "base/arena.h"
#include "store/command.h"
#include "store/txn.h"

/* The changes of one entry, for watchers. Immutable once made, shared by reference count. */
struct batch {
    _Atomic uint32_t refs;
    uint64_t first, last; /* common revisions it covers: first..last; first > last: none */
    uint64_t system_first, system_last; /* SYSTEM's, the same way */
    unsigned spaces;                    /* BIT(space) of every space that changed */
    unsigned left_out;          /* BIT(space) of those whose events are not in it, for it grew too
                                   large or nobody watched: they are in the history */
    struct batch_event *events; /* in order of revision and sub; flat values */
    size_t event_n;
    size_t bytes;               /* memory it holds, for mailbox limits */
    uint64_t compacted[SPACES]; /* after this entry */
    struct arena arena;
};

struct batch_event {
    enum space space;
    struct event event;
};

struct batch *batch_ref(struct batch *b);
void batch_unref(struct batch *b);

enum lease_change_kind {
    LEASE_CHANGE_GRANTED,
    LEASE_CHANGE_MOVED,
    LEASE_CHANGE_REMOVED,
    LEASE_CHANGE_CHECKPOINT
};

struct lease_change { /* what the lease clock must know */
    enum lease_change_kind kind;
    struct lease_grant grant; /* id always; all of it for GRANTED */
    enum lease_stage stage;
    uint64_t remaining_ms; /* CHECKPOINT */
};

struct command_result {
    enum err err;      /* OK or why `check` refused it: then nothing of it happened. ERR_TOO_BIG:
                          its results alone; ERR_AGAIN: with those of the entry before them */
    uint64_t revision; /* the common revision after this command */
    uint64_t system_revision;
    union {
        struct txn_result *txn; /* COMMAND_TXN */
        uint64_t removed;       /* LEASE_REVOKE, LEASE_STAGE: keys deleted */
        void *upper;            /* what an upper kind gave, in the arena */
    };
};

struct effects {
    _Atomic uint32_t refs;
    uint64_t index, term;
    uint64_t age_ms;
    struct command_result *results; /* one a command, in order */
    size_t result_n;
    struct batch *batch; /* never NULL */
    struct lease_change *lease_changes;
    size_t lease_change_n;
    struct arena arena; /* holds all of the above but the batch */
};

struct effects *effects_ref(struct effects *e);
void effects_unref(struct effects *e);

#endif

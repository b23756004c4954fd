/* model/model.h -- what the kernel is meant to do, written the dumb way.
 *
 * An independent second writing of etcd's rules (etcd.md 3, 4, 6, 12; kernel.md 1, 3, 7): it knows
 * no header of src/store and shares no code with it, so that the two can only agree by being right
 * or by misreading the same sentence. Everything that ever happened is kept, in plain arrays;
 * compaction only moves the line below which questions are refused. Nothing here is fast.
 *
 * Keys and values are kept as they are given: the bytes of commands must outlive the model. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/arena.h"
#include "base/err.h"

enum { MODEL_SPACES = 6, MODEL_SYSTEM = 5 /* the space with a revision counter of its own */ };

/* -- what is stored --------------------------------------------------------------------------- */

struct model_event { /* one change of one key; never altered once made */
    unsigned space;
    bool is_delete; /* then only key, mod, sub and prev_mod mean something */
    struct bytes key, value;
    uint64_t mod, create, version;
    uint64_t prev_mod; /* of the version it replaced or removed; 0 = none */
    uint32_t sub;
    int64_t lease;
    unsigned origin; /* of the command: a number that means something to whoever made it */
};

struct model_key {
    struct bytes key;
    const struct model_event **events; /* oldest first */
    size_t event_n, event_room;
};

struct model_space {
    struct model_key *keys; /* in key order */
    size_t key_n, key_room;
    const struct model_event **events; /* of all keys, oldest first */
    size_t event_n, event_room;
    uint64_t compacted; /* questions below it are refused */
    bool was_compacted; /* a compaction to 0 counts */
};

enum model_stage { MODEL_LIVE, MODEL_SUSPECT, MODEL_DOWN, MODEL_REMOVED };

struct model_grant {
    int64_t id;
    uint64_t ttl_ms, suspect_ms, down_ms, remove_ms;
    int face;
};

struct model_lease {
    struct model_grant grant;
    enum model_stage stage;
    uint64_t granted_age_ms;
    uint64_t remaining_ms;    /* UINT64_MAX: never checkpointed */
    uint64_t key_set_version; /* how many keys were attached and detached so far */
};

struct model {
    struct arena *memory; /* of events; shared with clones */
    bool is_clone;
    struct model_space spaces[MODEL_SPACES];
    uint64_t revision, system_revision;
    struct model_lease *leases; /* in order of id */
    size_t lease_n, lease_room;
    uint64_t index, term, wall_ms, age_ms; /* of the last entry */
    unsigned origin;                       /* of the last command */
    int face;                              /* of its origin: whose leases it sees; 0 = all */
};

/* -- questions -------------------------------------------------------------------------------- */

enum model_order { MODEL_UNORDERED, MODEL_ASCEND, MODEL_DESCEND };
enum model_target { MODEL_BY_KEY, MODEL_BY_VERSION, MODEL_BY_CREATE, MODEL_BY_MOD, MODEL_BY_VALUE };

struct model_range {
    unsigned space;
    struct bytes key, end;
    int64_t revision, limit;
    enum model_order order;
    enum model_target target;
    bool keys_only, count_only;
    int64_t min_mod, max_mod, min_create, max_create;
};

struct model_rows {
    const struct model_event **rows; /* in the arena; values are not blanked for keys_only */
    size_t row_n;
    uint64_t count;
    bool more;
};

/* -- transactions ----------------------------------------------------------------------------- */

enum model_result { MODEL_EQUAL, MODEL_GREATER, MODEL_LESS, MODEL_NOT_EQUAL, MODEL_ALWAYS };
enum model_what { MODEL_VERSION, MODEL_CREATE, MODEL_MOD, MODEL_VALUE, MODEL_LEASE, MODEL_NOTHING };

struct model_compare {
    unsigned space;
    struct bytes key, end;
    enum model_result result;
    enum model_what what;
    int64_t number;
    struct bytes value;
};

struct model_put {
    unsigned space;
    struct bytes key, value;
    int64_t lease;
    bool want_prev, ignore_value, ignore_lease;
};

struct model_remove {
    unsigned space;
    struct bytes key, end;
    bool want_prev;
};

enum model_op_kind { MODEL_OP_RANGE, MODEL_OP_PUT, MODEL_OP_REMOVE, MODEL_OP_TXN };

struct model_txn;

struct model_op {
    enum model_op_kind kind;
    union {
        struct model_range range;
        struct model_put put;
        struct model_remove remove;
        struct model_txn *txn;
    };
};

struct model_txn {
    struct model_compare *compares;
    struct model_op *then_ops, *else_ops;
    size_t compare_n, then_n, else_n;
};

struct model_txn_answer;

struct model_answer { /* of one operation */
    enum model_op_kind kind;
    uint64_t revision; /* the common one, as the operation saw or made it */
    union {
        struct model_rows range;
        const struct model_event *prev; /* what a put replaced, or NULL; asked for or not */
        struct model_rows removed;      /* what was removed; asked for or not */
        struct model_txn_answer *txn;
    };
};

struct model_txn_answer {
    bool succeeded;
    uint64_t revision;
    struct model_answer *answers;
    size_t answer_n;
};

/* -- commands --------------------------------------------------------------------------------- */

enum model_command_kind {
    MODEL_COMMAND_TXN,
    MODEL_COMMAND_GRANT,
    MODEL_COMMAND_REVOKE,
    MODEL_COMMAND_MOVE,
    MODEL_COMMAND_CHECKPOINT,
    MODEL_COMMAND_COMPACT,
    MODEL_COMMAND_WRITES /* puts and removes of single keys, by an upper folder's kind */
};

struct model_remaining {
    int64_t id;
    uint64_t remaining_ms;
};

struct model_command {
    enum model_command_kind kind;
    unsigned origin;
    union {
        struct model_txn *txn; /* of WRITES as well: its THEN list, one key an operation */
        struct model_grant grant;
        struct {
            int64_t id;
            int face;
        } revoke;
        struct {
            int64_t id;
            enum model_stage from, to;
        } move;
        struct {
            struct model_remaining *leases;
            size_t n;
        } checkpoint;
        struct {
            unsigned space;
            uint64_t revision;
        } compact;
    };
};

struct model_outcome {
    enum err err; /* then nothing happened */
    uint64_t revision, system_revision;
    struct model_txn_answer *txn; /* in the arena */
    uint64_t removed;             /* keys, by revoke, move and writes */
    bool *known;                  /* by a checkpoint: which of its leases are there, in the arena */
};

struct model *model_new(void);
/* A copy that stays as it is. Shares the events' memory: must be freed before M. */
struct model *model_clone(const struct model *m);
void model_free(struct model *m);

/* Begins an entry; then its commands are run one by one. */
void model_entry(struct model *m, uint64_t index, uint64_t term, uint64_t wall_ms, uint64_t age_ms);
void model_run(struct model *m, const struct model_command *command, struct arena *arena,
               struct model_outcome *ret);

MUST_CHECK enum err model_read(const struct model *m, const struct model_range *range,
                               struct arena *arena, struct model_rows *ret);
/* A transaction without puts and removes. */
MUST_CHECK enum err model_read_txn(struct model *m, const struct model_txn *txn,
                                   struct arena *arena, struct model_txn_answer **ret);
/* The living version of KEY at REVISION (0 = newest), or NULL; does not mind compaction. */
const struct model_event *model_get(const struct model *m, unsigned space, struct bytes key,
                                    uint64_t revision);
/* The newest revision of a space's counter. */
uint64_t model_newest(const struct model *m, unsigned space);
bool model_range_holds(struct bytes key, struct bytes end, struct bytes x);

/* The changes of SPACE from revision FROM on whose key is in the range, oldest first. */
MUST_CHECK enum err model_history(const struct model *m, unsigned space, struct bytes key,
                                  struct bytes end, uint64_t from, struct arena *arena,
                                  const struct model_event ***ret, size_t *ret_n);
/* What EVENT replaced: ERR_NOT_FOUND if nothing, ERR_COMPACTED if it can no longer be read. */
MUST_CHECK enum err model_prev(const struct model *m, const struct model_event *event,
                               const struct model_event **ret);

/* NULL if there is none. */
struct model_lease *model_lease(const struct model *m, int64_t id);
/* The keys of SPACE that hang on the lease, in key order. */
size_t model_lease_keys(const struct model *m, int64_t id, unsigned space, struct arena *arena,
                        struct bytes **ret);
uint64_t model_living(const struct model *m, unsigned space);

#endif

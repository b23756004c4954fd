/* store/options.h -- what a store is opened with. */
#ifndef STORE_OPTIONS_H
#define STORE_OPTIONS_H

#include "base/arena.h"
#include "store/command.h"

struct apply_context; /* what an upper kind's functions read and write through: apply_context.h */
struct lease;

/* A kind of command that an upper folder brings. `check` reads and may refuse; what it plans, in
 * the arena, is handed to `run`, which writes and cannot fail except by the disk. `run` is called
 * until *ret_done, each time for about *ROWS rows, which it subtracts; nothing else writes in
 * between. So is `plan`, if there is one, between the two: it goes on with what `check` planned,
 * reads, and may refuse. */
struct command_kind_row {
    enum command_kind kind;
    const char *name;
    enum err (*check)(void *ctx, struct apply_context *apply, struct bytes body, struct arena *a,
                      void **ret_plan);
    enum err (*run)(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                    bool *ret_done);
    enum err (*plan)(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                     bool *ret_done);
};

/* What upper folders do when the kernel's own commands touch what is theirs: in the same
 * transaction, writing at the same revision, failing only by the disk. Each may be NULL. Entries
 * made before RULES_HOOKS are applied without, those made before RULES_PROJECTION without the ones
 * of transactions. */
struct store_hooks {
    /* KEY goes because its lease ends: removes it and all that hangs on it. *ret_taken stays false:
     * the kernel removes it alone. */
    enum err (*end_key)(void *ctx, struct apply_context *apply, enum space space, struct bytes key,
                        struct arena *a, bool *ret_taken);
    /* The LEASE of a key in CATALOG has moved to another stage. */
    enum err (*move_key)(void *ctx, struct apply_context *apply, const struct lease *lease,
                         struct bytes key, struct arena *a);
    /* A transaction is going to put KEY in ETCD, or to remove it, or all of [KEY, END): may refuse.
     */
    enum err (*check_put)(void *ctx, struct apply_context *apply, struct bytes key);
    enum err (*check_remove)(void *ctx, struct apply_context *apply, struct bytes key,
                             struct bytes end);
    /* A transaction has put KEY in ETCD, or a transaction or the end of a lease has removed it. */
    enum err (*did_put)(void *ctx, struct apply_context *apply, struct bytes key,
                        struct bytes value, int64_t lease, struct arena *a);
    enum err (*did_remove)(void *ctx, struct apply_context *apply, struct bytes key,
                           struct arena *a);
    /* All commands of an entry are done; MEMO was kept while they were (apply_entry_memo), or is
     * NULL: writes rows beside the spaces, as `run` does. */
    enum err (*end_entry)(void *ctx, struct apply_context *apply, void *memo, uint64_t *rows,
                          bool *ret_done);
};

#define STORE_MAP_BYTES ((uint64_t)64 << 30)

struct store_options {
    const char *dir;                      /* holds view.mdb; must exist. Kept */
    uint64_t map_bytes;                   /* reserved once, sparse; 0 = STORE_MAP_BYTES */
    bool write_map;                       /* MDB_WRITEMAP */
    unsigned reader_max;                  /* views open at once; 0 = 256 */
    const struct command_kind_row *kinds; /* kept */
    size_t kind_n;
    const struct store_hooks *hooks; /* kept; NULL: none */
    void *kinds_ctx;                 /* of kinds and hooks */
    /* Asked before a step that may take up to BYTES of new file space (the file's size so far is
     * FILE_BYTES); anything but OK makes the step fail with it before a write. NULL = do not ask.
     */
    enum err (*assure)(void *ctx, uint64_t file_bytes, uint64_t bytes);
    void *assure_ctx;
    uint64_t batch_max_bytes; /* larger batches are left out; 0 = 4 MiB */
};

#endif

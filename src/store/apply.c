/* One entry in one LMDB transaction, in steps.
 *
 * Each command is checked and run in turn, seeing what the ones before it did. A command that is
 * refused has written nothing. The transaction is opened by the first step, after room on the disk
 * was assured, and stays open between steps: nobody sees anything of it before it commits, together
 * with the applied index. */
#include "store/apply.h"

#include "base/mem.h"
#include "store/apply_context.h"
#include "store/lmdb_err.h"
#include "store/policy.h"
#include "store/store.h"

enum {
    ROOM_BYTES = 256 * 1024, /* for the counters and the paths to them */
    ROOM_A_ROW = 8192,       /* a page of HEAD, and its share of the others */
    ROWS_ASSURED = 512       /* are asked for at a time */
};

/* -- beginning and ending --------------------------------------------------------------------- */

static void apply_free(struct apply *a)
{
    range_job_end(&a->job);
    apply_txn_end_check(a);
    if (a->view.txn != NULL)
        mdb_txn_abort(a->view.txn);
    if (a->effects != NULL)
        effects_unref(a->effects);
    buf_fini(&a->from);
    arena_fini(&a->entry_arena);
    arena_fini(&a->scratch);
    arena_fini(&a->hook_arena);
    a->store->apply = NULL;
    mem_free(a);
}

static void make_effects(struct apply *a, uint64_t index, uint64_t term)
{
    struct batch *b = mem_zalloc(1, sizeof *b);
    atomic_init(&b->refs, 1);
    arena_init(&b->arena, 0);
    b->bytes = sizeof *b;
    struct effects *e = mem_zalloc(1, sizeof *e);
    atomic_init(&e->refs, 1);
    arena_init(&e->arena, 0);
    e->index = index;
    e->term = term;
    e->age_ms = a->entry.time.age_ms;
    e->result_n = a->entry.command_n;
    e->results = arena_zalloc(&e->arena, e->result_n, sizeof *e->results);
    e->batch = b;
    a->effects = e;
    a->batch = b;
}

static const struct command_kind_row *find_kind(const struct store *store, enum command_kind kind)
{
    for (size_t i = 0; i < store->options.kind_n; i++)
        if (store->options.kinds[i].kind == kind)
            return &store->options.kinds[i];
    return NULL;
}

/* Walks all commands once, so that an entry this build cannot apply is refused as a whole. */
static enum err read_ahead(const struct store *store, struct entry_reader entry)
{
    struct command c;
    enum err e;
    while ((e = entry_next(&entry, &c)) == OK)
        if ((c.kind < COMMAND_TXN || c.kind > COMMAND_COMPACT) && find_kind(store, c.kind) == NULL)
            return ERR_RULES; /* made by a build that knows more */
    return e == ERR_NOT_FOUND ? OK : ERR_MALFORMED;
}

enum err store_apply_begin(struct store *store, uint64_t index, uint64_t term, struct bytes payload,
                           struct apply **ret)
{
    if (store->apply != NULL)
        return ERR_INVALID;
    struct apply *a = mem_zalloc(1, sizeof *a);
    a->store = store;
    a->view.store = store;
    a->payload = payload;
    arena_init(&a->entry_arena, 0);
    arena_init(&a->scratch, 0);
    arena_init(&a->hook_arena, 0);
    buf_init(&a->from, SIZE_MAX / 4);
    enum err e = payload.n == 0 ? OK : entry_read(payload, &a->entry_arena, &a->entry);
    if (e == OK && payload.n > 0)
        e = read_ahead(store, a->entry);
    if (e != OK) {
        apply_free(a);
        return e;
    }
    make_effects(a, index, term);
    a->origin_numbers = arena_zalloc(&a->entry_arena, a->entry.origin_n, sizeof *a->origin_numbers);
    store->apply = a;
    *ret = a;
    return OK;
}

void store_apply_abort(struct apply *apply)
{
    apply_free(apply);
}

/* Room for what ROWS more may take, asked for before they write anything. */
static enum err assure(const struct apply *a, uint64_t rows)
{
    const struct store_options *o = &a->store->options;
    if (o->assure == NULL)
        return OK;
    uint64_t bytes = a->grown_bytes + ROOM_BYTES + 3 * a->payload.n + rows * ROOM_A_ROW;
    return o->assure(o->assure_ctx,
                     atomic_load_explicit(&a->store->file_bytes, memory_order_relaxed), bytes);
}

static enum err open_txn(struct apply *a)
{
    if (a->view.txn != NULL)
        return OK;
    enum err e = lmdb_err(mdb_txn_begin(a->store->env, NULL, 0, &a->view.txn));
    if (e != OK)
        return e;
    a->view.state = a->store->committed;
    const struct state *s = &a->view.state;
    if (a->effects->index <= s->index)
        return ERR_INVALID; /* it has been applied: twice would be a divergence */
    a->batch->first = s->revision + 1;
    a->batch->system_first = s->system_revision + 1;
    return OK;
}

/* -- commands --------------------------------------------------------------------------------- */

static enum err check_upper(struct apply *a, uint64_t *rows, bool *ret_done)
{
    const struct command_kind_row *row = find_kind(a->store, a->command.kind);
    void *ctx = a->store->options.kinds_ctx;
    struct apply_context *c = (struct apply_context *)a;
    enum err e = OK;
    if (!a->upper_checked)
        e = row->check(ctx, c, a->command.body, &a->scratch, &a->upper_plan);
    a->upper_checked = true;
    if (e != OK || row->plan == NULL)
        return e;
    return row->plan(ctx, c, a->upper_plan, rows, ret_done);
}

static enum err run_upper(struct apply *a, uint64_t *rows, bool *ret_done)
{
    const struct command_kind_row *row = find_kind(a->store, a->command.kind);
    return row->run(a->store->options.kinds_ctx, (struct apply_context *)a, a->upper_plan, rows,
                    ret_done);
}

static enum err check_command(struct apply *a, uint64_t *rows, bool *ret_done)
{
    *ret_done = true;
    switch (a->command.kind) {
    case COMMAND_TXN:
        return apply_txn_check(a, rows, ret_done);
    case COMMAND_LEASE_GRANT:
    case COMMAND_LEASE_REVOKE:
    case COMMAND_LEASE_STAGE:
    case COMMAND_LEASE_CHECKPOINT:
        return apply_lease_check(a);
    case COMMAND_COMPACT:
        return apply_compact_check(a);
    case COMMAND_KIND_UPPER:
        break;
    }
    return check_upper(a, rows, ret_done);
}

static enum err run_command(struct apply *a, uint64_t *rows, bool *ret_done)
{
    *ret_done = true;
    switch (a->command.kind) {
    case COMMAND_TXN:
        return apply_txn_run(a, rows, ret_done);
    case COMMAND_LEASE_GRANT:
    case COMMAND_LEASE_REVOKE:
    case COMMAND_LEASE_STAGE:
    case COMMAND_LEASE_CHECKPOINT:
        return apply_lease_run(a, rows, ret_done);
    case COMMAND_COMPACT:
        return apply_compact_run(a);
    case COMMAND_KIND_UPPER:
        break;
    }
    return run_upper(a, rows, ret_done);
}

/* What a check may answer without the process being in danger. */
static bool is_refusal(enum err e)
{
    return e != ERR_IO && e != ERR_DAMAGED && e != ERR_NO_SPACE && e != ERR_RULES &&
           e != ERR_VERSION && e != ERR_BUSY;
}

static void end_command(struct apply *a)
{
    a->result->revision = a->view.state.revision;
    a->result->system_revision = a->view.state.system_revision;
    a->phase = COMMAND_NONE;
    a->upper_plan = NULL;
    arena_clear(&a->scratch);
}

static enum err begin_command(struct apply *a)
{
    a->result = &a->effects->results[a->effects->result_n - a->entry.command_n];
    enum err e = entry_next(&a->entry, &a->command);
    if (e != OK)
        return ERR_DAMAGED; /* it was read ahead */
    a->wrote = a->wrote_system = a->policy_checked = a->upper_checked = a->projected = false;
    a->phase = COMMAND_CHECK;
    return OK;
}

/* The policy may have moved since the command was checked, and earlier in this entry. */
static enum err check_policy(struct apply *a)
{
    uint64_t revision;
    if (a->command.policy_mark == 0 || a->entry.rules < RULES_POLICY)
        return OK;
    enum err e = policy_revision(&a->view, &revision);
    return e == OK && a->command.policy_mark < policy_mark(revision) ? ERR_CHECK_AGAIN : e;
}

static enum err go_on_checking(struct apply *a, uint64_t *rows)
{
    bool done = false;
    enum err e = a->policy_checked ? OK : check_policy(a);
    a->policy_checked = true;
    if (e == OK)
        e = check_command(a, rows, &done);
    if (e != OK && !is_refusal(e))
        return e;
    a->result->err = e;
    if (e != OK)
        end_command(a);
    else if (done)
        a->phase = COMMAND_RUN;
    return OK;
}

static enum err go_on_running(struct apply *a, uint64_t *rows)
{
    bool done;
    enum err e = run_command(a, rows, &done);
    apply_spend(a, rows);
    if (e == OK && done)
        end_command(a);
    return e;
}

/* -- the end ---------------------------------------------------------------------------------- */

/* One row a second lets people look at "before the incident". */
static enum err note_time(struct apply *a)
{
    struct state *s = &a->view.state;
    uint64_t second = a->entry.time.wall_ms / 1000;
    if (second <= s->time_s || s->revision < a->batch->first)
        return OK;
    s->time_s = second;
    uint8_t p[8], wall[8];
    for (int i = 0; i < 8; i++) {
        p[i] = (uint8_t)(s->revision >> (56 - 8 * i));
        wall[i] = (uint8_t)(a->entry.time.wall_ms >> (56 - 8 * i));
    }
    MDB_val key = { .mv_size = 8, .mv_data = p }, row = { .mv_size = 8, .mv_data = wall };
    return lmdb_err(mdb_put(a->view.txn, a->store->dbi[TABLE_TIME], &key, &row, 0));
}

static enum err commit(struct apply *a)
{
    struct state *s = &a->view.state;
    struct batch *b = a->batch;
    s->index = a->effects->index;
    s->term = a->effects->term;
    if (a->entry.time.age_ms > s->age_ms)
        s->age_ms = a->entry.time.age_ms;
    if (a->entry.time.wall_ms != 0)
        s->wall_ms = a->entry.time.wall_ms;
    enum err e = note_time(a);
    if (e != OK)
        return e;
    b->last = s->revision;
    b->system_last = s->system_revision;
    for (size_t i = 0; i < SPACES; i++)
        b->compacted[i] = state_compacted(s, (enum space)i);
    MDB_txn *txn = a->view.txn;
    a->view.txn = NULL;
    /* Origins and times grow slowly: they are counted now and then. */
    bool others = a->others_touched || a->effects->lease_change_n > 0 || s->index % 64 == 0;
    return tables_commit(a->store, txn, s, b->spaces, others);
}

static enum err finish(struct apply *a, struct effects **ret_effects)
{
    enum err e = commit(a);
    if (e == OK) {
        *ret_effects = a->effects;
        a->effects = NULL;
    }
    apply_free(a);
    return e;
}

/* About ROWS rows of work; *ret_end when nothing is left to do but the commit. */
static enum err work(struct apply *a, uint64_t rows, bool *ret_end)
{
    enum err e = OK;
    *ret_end = false;
    while (e == OK && rows > 0) {
        switch (a->phase) {
        case COMMAND_NONE:
            if (a->entry.command_n == 0) {
                e = apply_hook_end_entry(a, &rows, ret_end);
                if (*ret_end)
                    return e;
                break;
            }
            rows--;
            e = begin_command(a);
            break;
        case COMMAND_CHECK:
            e = go_on_checking(a, &rows);
            break;
        case COMMAND_RUN:
            e = go_on_running(a, &rows);
            break;
        }
    }
    return e;
}

enum err store_apply_step(struct apply *a, uint64_t rows, struct effects **ret_effects)
{
    bool end = false;
    enum err e = OK;
    *ret_effects = NULL;
    do {
        uint64_t some = rows == 0 ? 1 : rows < ROWS_ASSURED ? rows : ROWS_ASSURED;
        e = assure(a, some);
        if (e == OK)
            e = open_txn(a);
        if (e == OK)
            e = work(a, some, &end);
        rows -= some < rows ? some : rows;
    } while (e == OK && !end && rows > 0);
    return e == OK && end ? finish(a, ret_effects) : e;
}

enum err store_apply(struct store *store, uint64_t index, uint64_t term, struct bytes payload,
                     struct effects **ret_effects)
{
    struct apply *a;
    *ret_effects = NULL;
    enum err e = store_apply_begin(store, index, term, payload, &a);
    while (e == OK && *ret_effects == NULL)
        e = store_apply_step(a, UINT64_MAX, ret_effects);
    return e;
}

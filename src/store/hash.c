/* Hashes over what can be read at and above the compacted revisions: never over pages, and never
 * over what a sweep may or may not have taken already.
 *
 * The tables are walked one after another, as parts. A walk keeps its cursor between two steps, on
 * the row that comes next. */
#include "store/hash.h"

#include "base/mem.h"
#include "store/hash_core.h"
#include "store/lmdb_err.h"
#include "store/piece.h"
#include "store/store.h"
#include "store/tables.h"
#include "store/version.h"

enum { BYTES_A_ROW = 4096 };

/* -- work ------------------------------------------------------------------------------------- */

void hash_spend(struct hash_job *j, size_t bytes)
{
    uint64_t cost = 1 + bytes / BYTES_A_ROW;
    j->left -= cost < j->left ? cost : j->left;
}

static void add(struct hash_job *j, struct bytes b)
{
    uint64_t n = b.n;
    XXH64_update(j->xxh, &n, sizeof n);
    if (b.n > 0)
        XXH64_update(j->xxh, b.p, b.n);
}

static void add_number(struct hash_job *j, uint64_t v)
{
    XXH64_update(j->xxh, &v, sizeof v);
}

/* -- walks ------------------------------------------------------------------------------------ */

/* One row of the table or space AT. */
typedef enum err (*row_fn)(struct hash_job *j, unsigned at, struct bytes key, struct bytes row);

static void end_walk(struct hash_job *j)
{
    if (j->walks_layers)
        layered_cursor_close(&j->layers);
    if (j->rows != NULL)
        mdb_cursor_close(j->rows);
    j->walks_layers = false;
    j->rows = NULL;
}

/* A row that others point at is not there. */
static enum err as_damage(enum err e)
{
    return e == ERR_NOT_FOUND || e == ERR_COMPACTED ? ERR_DAMAGED : e;
}

static enum err end_of_walk(struct hash_job *j, enum err e, bool *ret_done)
{
    *ret_done = e == ERR_NOT_FOUND;
    if (e != OK)
        end_walk(j);
    return *ret_done ? OK : e;
}

static enum err walk_layers(struct hash_job *j, struct layered map, unsigned at, row_fn each,
                            bool *ret_done)
{
    enum err e = OK;
    if (!j->walks_layers) {
        j->walks_layers = true;
        e = layered_cursor_open(&map, &j->layers);
        if (e == OK)
            e = layered_seek(&j->layers, (struct bytes){ 0 });
    }
    while (e == OK && j->left > 0) {
        hash_spend(j, 0);
        e = as_damage(each(j, at, layered_key(&j->layers), j->layers.row));
        if (e == OK)
            e = layered_next(&j->layers);
    }
    return end_of_walk(j, e, ret_done);
}

/* Rows of TABLE from the key FROM on, as long as keys begin with PREFIX. */
static enum err walk_table(struct hash_job *j, unsigned table, struct bytes from,
                           struct bytes prefix, row_fn each, bool *ret_done)
{
    MDB_val key = lmdb_val(from), row;
    MDB_cursor_op first = j->rows != NULL ? MDB_GET_CURRENT
                          : from.n == 0   ? MDB_FIRST
                                          : MDB_SET_RANGE;
    enum err e = OK;
    if (j->rows == NULL)
        e = lmdb_err(mdb_cursor_open(j->view->txn, j->view->store->dbi[table], &j->rows));
    if (e == OK)
        e = lmdb_err(mdb_cursor_get(j->rows, &key, &row, first));
    while (e == OK && j->left > 0) {
        if (!bytes_starts(lmdb_bytes(key), prefix)) {
            e = ERR_NOT_FOUND;
            break;
        }
        hash_spend(j, 0);
        e = as_damage(each(j, table, lmdb_bytes(key), lmdb_bytes(row)));
        if (e == OK)
            e = lmdb_err(mdb_cursor_get(j->rows, &key, &row, MDB_NEXT));
    }
    return end_of_walk(j, e, ret_done);
}

/* -- heads and changes ------------------------------------------------------------------------ */

static enum err add_row(struct hash_job *j, unsigned table, struct bytes key, struct bytes row)
{
    add(j, key);
    add(j, row);
    return OK;
}

static enum err add_pieces(struct hash_job *j, enum space space, const struct row *row)
{
    enum err e = OK;
    buf_clear(&j->value, HASH_VALUE_KEPT);
    if (row->value_in_pieces)
        e = piece_read(j->view, space, row->place, PIECE_VALUE, row->value_n, &j->value);
    if (e == OK && row->key_in_pieces)
        e = piece_read(j->view, space, row->place, PIECE_KEY, row->key_n, &j->value);
    add(j, buf_bytes(&j->value));
    hash_spend(j, j->value.n);
    return e;
}

static enum err add_change(struct hash_job *j, unsigned table, struct bytes key, struct bytes row)
{
    struct row change;
    enum err e = change_row_read(place_read(key.p), row, &change);
    add(j, key);
    add(j, row);
    return e != OK ? e : add_pieces(j, (enum space)(table - TABLE_CHANGE), &change);
}

/* The change at PLACE: it lies below the compacted revision, where the table is not walked. */
static enum err add_change_at(struct hash_job *j, enum space space, struct place place)
{
    uint8_t p[PLACE_BYTES];
    place_write(p, place);
    unsigned table = TABLE_CHANGE + space;
    MDB_val key = { .mv_size = sizeof p, .mv_data = p }, row;
    enum err e = lmdb_err(mdb_get(j->view->txn, j->view->store->dbi[table], &key, &row));
    return e != OK ? e : add_change(j, table, bytes_of(p, sizeof p), lmdb_bytes(row));
}

/* A head counts as it is, and the change of the version that stood at the compacted revision. */
static enum err add_head(struct hash_job *j, unsigned at, struct bytes key, struct bytes row)
{
    enum space space = (enum space)at;
    uint64_t compacted = state_compacted(&j->view->state, space);
    struct row head, old;
    enum err e = head_row_read(row, &head);
    if (e != OK || (head.deleted && head.place.revision < compacted))
        return e;
    add(j, key);
    add(j, row);
    old = head;
    if (head.place.revision > compacted)
        e = version_at(j->view, space, &head, compacted, &old);
    if (e == ERR_NOT_FOUND || (e == OK && (old.deleted || old.place.revision >= compacted)))
        return OK;
    return e != OK ? e : add_change_at(j, space, old.place);
}

static enum err walk_heads(struct hash_job *j, enum space space, bool *ret_done)
{
    return walk_layers(j, head_map(j->view, space), space, add_head, ret_done);
}

static enum err walk_changes(struct hash_job *j, enum space space, bool *ret_done)
{
    uint8_t from[PLACE_BYTES];
    place_write(from, (struct place){ .revision = state_compacted(&j->view->state, space) });
    return walk_table(j, TABLE_CHANGE + space, bytes_of(from, sizeof from), (struct bytes){ 0 },
                      add_change, ret_done);
}

/* -- other tables ----------------------------------------------------------------------------- */

static enum err walk_all(struct hash_job *j, unsigned table, bool *ret_done)
{
    return walk_table(j, table, (struct bytes){ 0 }, (struct bytes){ 0 }, add_row, ret_done);
}

static enum err walk_layered(struct hash_job *j, unsigned table, bool *ret_done)
{
    struct layered map = { .txn = j->view->txn, .dbi = j->view->store->dbi[table] };
    return walk_layers(j, map, table, add_row, ret_done);
}

/* Rows from the oldest readable revision on, whose keys are PREFIX and a revision. */
static enum err walk_noted(struct hash_job *j, unsigned table, struct bytes prefix, bool system,
                           bool *ret_done)
{
    uint64_t oldest = state_oldest(&j->view->state, system);
    uint8_t from[9];
    struct buf b = { .p = from, .room = sizeof from, .max = sizeof from };
    buf_put_bytes(&b, prefix);
    for (int i = 0; i < 8; i++)
        buf_put_u8(&b, (uint8_t)(oldest >> (56 - 8 * i)));
    return walk_table(j, table, buf_bytes(&b), prefix, add_row, ret_done);
}

static enum err walk_reasons(struct hash_job *j, uint8_t prefix, bool system, bool *ret_done)
{
    return walk_noted(j, TABLE_WHY, bytes_of(&prefix, 1), system, ret_done);
}

static void add_counters(struct hash_job *j)
{
    const struct state *s = &j->view->state;
    const uint64_t counters[] = { s->revision, s->system_revision, s->index,  s->term,
                                  s->age_ms,   s->wall_ms,         s->time_s, s->origins };
    for (size_t i = 0; i < ARRAY_LEN(counters); i++)
        add_number(j, counters[i]);
    for (size_t i = 0; i < SPACES; i++) {
        add_number(j, s->compacted[i]);
        add_number(j, s->keys[i]);
    }
}

static enum err add_identity(struct hash_job *j)
{
    MDB_val key = lmdb_val(bytes_str("identity")), row = { 0 };
    MDB_dbi meta = j->view->store->dbi[TABLE_META];
    enum err e = lmdb_err(mdb_get(j->view->txn, meta, &key, &row));
    add(j, e == OK ? lmdb_bytes(row) : (struct bytes){ 0 });
    return e == ERR_NOT_FOUND ? OK : e;
}

/* -- the whole store -------------------------------------------------------------------------- */

/* After two parts for each space. */
enum {
    PART_LEASES,
    PART_ORIGINS,
    PART_LEASE_KEYS,
    PART_SIDE,
    PART_TIMES,
    PART_WHY,
    PART_SYSTEM_WHY,
    PARTS
};

static enum err run_part(struct hash_job *j, bool *ret_done)
{
    if (j->part < 2 * SPACES) {
        enum space space = (enum space)(j->part / 2);
        return j->part % 2 == 0 ? walk_heads(j, space, ret_done) : walk_changes(j, space, ret_done);
    }
    switch (j->part - 2 * SPACES) {
    case PART_LEASES:
        return walk_all(j, TABLE_LEASE, ret_done);
    case PART_ORIGINS:
        return walk_all(j, TABLE_ORIGIN, ret_done);
    case PART_LEASE_KEYS:
        return walk_layered(j, TABLE_LEASE_KEY, ret_done);
    case PART_SIDE:
        return walk_layered(j, TABLE_SIDE, ret_done);
    case PART_TIMES:
        return walk_noted(j, TABLE_TIME, (struct bytes){ 0 }, false, ret_done);
    case PART_WHY:
        return walk_reasons(j, WHY_COMMON, false, ret_done);
    }
    return walk_reasons(j, WHY_SYSTEM, true, ret_done);
}

static enum err step_all(struct hash_job *j, bool *ret_done, uint64_t *ret_hash)
{
    enum err e = OK;
    while (e == OK && j->left > 0 && j->part < 2 * SPACES + PARTS) {
        bool done = false;
        e = run_part(j, &done);
        j->part += done;
    }
    *ret_done = e == OK && j->part == 2 * SPACES + PARTS;
    if (!*ret_done)
        return e;
    e = add_identity(j);
    *ret_hash = XXH64_digest(j->xxh);
    return e;
}

/* -- jobs ------------------------------------------------------------------------------------- */

static struct hash_job *job_new(const struct view *view)
{
    struct hash_job *j = mem_zalloc(1, sizeof *j);
    j->view = view;
    buf_init(&j->value, SIZE_MAX / 4);
    return j;
}

struct hash_job *hash_job_new(const struct view *view)
{
    struct hash_job *j = job_new(view);
    j->xxh = XXH64_createState();
    XXH64_reset(j->xxh, 0);
    add_counters(j);
    return j;
}

enum err hash_job_new_space(const struct view *view, enum space space, uint64_t revision,
                            struct hash_job **ret)
{
    uint64_t at = revision == 0 ? state_revision(&view->state, space) : revision;
    enum err e = view_check_revision(view, space, (int64_t)at);
    if (e != OK)
        return e;
    *ret = job_new(view);
    (*ret)->space = space;
    (*ret)->revision = at;
    return OK;
}

void hash_job_free(struct hash_job *j)
{
    if (j == NULL)
        return;
    end_walk(j);
    if (j->xxh != NULL)
        XXH64_freeState(j->xxh);
    buf_fini(&j->value);
    mem_free(j);
}

enum err hash_job_step(struct hash_job *j, uint64_t rows, bool *ret_done, uint64_t *ret_hash)
{
    j->left = rows;
    if (j->xxh != NULL)
        return step_all(j, ret_done, ret_hash);
    enum err e = walk_layers(j, head_map(j->view, j->space), j->space, hash_space_head, ret_done);
    *ret_hash = j->crc;
    return e;
}

/* -- at once ---------------------------------------------------------------------------------- */

static enum err run(struct hash_job *j, uint64_t *ret)
{
    bool done = false;
    uint64_t hash = 0;
    enum err e = OK;
    while (e == OK && !done)
        e = hash_job_step(j, UINT64_MAX, &done, &hash);
    hash_job_free(j);
    if (e == OK)
        *ret = hash;
    return e;
}

enum err store_hash(const struct view *view, uint64_t *ret)
{
    return run(hash_job_new(view), ret);
}

enum err store_hash_space(const struct view *view, enum space space, uint64_t revision,
                          uint32_t *ret)
{
    struct hash_job *j;
    uint64_t hash;
    enum err e = hash_job_new_space(view, space, revision, &j);
    if (e == OK)
        e = run(j, &hash);
    if (e == OK)
        *ret = (uint32_t)hash;
    return e;
}

/* Hashes over what can be read at and above the compacted revisions: never over pages, and never
 * over what a sweep may or may not have taken already. */
#include <xxhash.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "store/lmdb_err.h"
#include "store/piece.h"
#include "store/store.h"
#include "store/tables.h"
#include "store/version.h"
#include "store/view.h"

enum { VALUE_KEPT = 1 << 20 /* of the memory for one */ };

struct hashing {
    const struct view *view;
    XXH64_state_t *xxh;
    struct buf value;
};

static void add(struct hashing *h, struct bytes b)
{
    uint64_t n = b.n;
    XXH64_update(h->xxh, &n, sizeof n);
    if (b.n > 0)
        XXH64_update(h->xxh, b.p, b.n);
}

static void add_number(struct hashing *h, uint64_t v)
{
    XXH64_update(h->xxh, &v, sizeof v);
}

static enum err add_pieces(struct hashing *h, enum space space, const struct row *row)
{
    enum err e = OK;
    buf_clear(&h->value, VALUE_KEPT);
    if (row->value_in_pieces)
        e = piece_read(h->view, space, row->place, PIECE_VALUE, row->value_n, &h->value);
    if (e == OK && row->key_in_pieces)
        e = piece_read(h->view, space, row->place, PIECE_KEY, row->key_n, &h->value);
    add(h, buf_bytes(&h->value));
    return e;
}

/* -- heads ------------------------------------------------------------------------------------ */

/* The change at PLACE, whole: it lies below the compacted revision, where the table is not walked.
 */
static enum err add_change(struct hashing *h, enum space space, struct place place)
{
    uint8_t p[PLACE_BYTES];
    place_write(p, place);
    MDB_val key = { .mv_size = sizeof p, .mv_data = p }, bytes;
    struct row row;
    enum err e =
        lmdb_err(mdb_get(h->view->txn, h->view->store->dbi[TABLE_CHANGE + space], &key, &bytes));
    if (e == OK)
        e = change_row_read(place, lmdb_bytes(bytes), &row);
    if (e != OK)
        return e;
    add(h, bytes_of(p, sizeof p));
    add(h, lmdb_bytes(bytes));
    return add_pieces(h, space, &row);
}

/* A head counts as it is, and the change of the version that stood at the compacted revision. */
static enum err add_head(struct hashing *h, enum space space, struct bytes key, struct bytes bytes)
{
    uint64_t compacted = state_compacted(&h->view->state, space);
    struct row head, old;
    enum err e = head_row_read(bytes, &head);
    if (e != OK || (head.deleted && head.place.revision < compacted))
        return e;
    add(h, key);
    add(h, bytes);
    old = head;
    if (head.place.revision > compacted)
        e = version_at(h->view, space, &head, compacted, &old);
    if (e == ERR_NOT_FOUND || (e == OK && (old.deleted || old.place.revision >= compacted)))
        return OK;
    return e != OK ? e : add_change(h, space, old.place);
}

static enum err add_heads(struct hashing *h, enum space space)
{
    struct layered map = head_map(h->view, space);
    struct layered_cursor c;
    enum err e = layered_cursor_open(&map, &c);
    if (e == OK)
        e = layered_seek(&c, (struct bytes){ 0 });
    for (; e == OK; e = layered_next(&c)) {
        e = add_head(h, space, layered_key(&c), c.row);
        if (e != OK)
            break;
    }
    layered_cursor_close(&c);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* -- other tables ----------------------------------------------------------------------------- */

/* Rows of TABLE from the key FROM on as long as keys begin with PREFIX, whole. EACH may add more
 * for a row. */
static enum err add_table(struct hashing *h, unsigned table, struct bytes from, struct bytes prefix,
                          enum err (*each)(struct hashing *h, unsigned table, MDB_val *key,
                                           MDB_val *row))
{
    MDB_cursor *cursor;
    MDB_val key = lmdb_val(from), row;
    enum err e = lmdb_err(mdb_cursor_open(h->view->txn, h->view->store->dbi[table], &cursor));
    if (e != OK)
        return e;
    e = lmdb_err(mdb_cursor_get(cursor, &key, &row, from.n == 0 ? MDB_FIRST : MDB_SET_RANGE));
    for (; e == OK; e = lmdb_err(mdb_cursor_get(cursor, &key, &row, MDB_NEXT))) {
        if (!bytes_starts(lmdb_bytes(key), prefix))
            break;
        add(h, lmdb_bytes(key));
        add(h, lmdb_bytes(row));
        if (each != NULL)
            e = each(h, table, &key, &row);
        if (e != OK)
            break;
    }
    mdb_cursor_close(cursor);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err add_change_pieces(struct hashing *h, unsigned table, MDB_val *key, MDB_val *row)
{
    struct row change;
    enum err e = change_row_read(place_read(key->mv_data), lmdb_bytes(*row), &change);
    return e != OK ? e : add_pieces(h, (enum space)(table - TABLE_CHANGE), &change);
}

static enum err add_space(struct hashing *h, enum space space)
{
    uint8_t from[PLACE_BYTES];
    place_write(from, (struct place){ .revision = state_compacted(&h->view->state, space) });
    enum err e = add_heads(h, space);
    return e != OK ? e
                   : add_table(h, TABLE_CHANGE + space, bytes_of(from, sizeof from),
                               (struct bytes){ 0 }, add_change_pieces);
}

static enum err add_lease_keys(struct hashing *h)
{
    struct layered map = { .txn = h->view->txn, .dbi = h->view->store->dbi[TABLE_LEASE_KEY] };
    struct layered_cursor c;
    enum err e = layered_cursor_open(&map, &c);
    if (e == OK)
        e = layered_seek(&c, (struct bytes){ 0 });
    for (; e == OK; e = layered_next(&c)) {
        add(h, layered_key(&c));
        add(h, c.row);
    }
    layered_cursor_close(&c);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* Rows from the oldest readable revision on, whose keys are PREFIX and a revision. */
static enum err add_noted(struct hashing *h, unsigned table, struct bytes prefix, bool system)
{
    uint64_t oldest = state_oldest(&h->view->state, system);
    uint8_t from[9];
    struct buf b = { .p = from, .room = sizeof from, .max = sizeof from };
    buf_put_bytes(&b, prefix);
    for (int i = 0; i < 8; i++)
        buf_put_u8(&b, (uint8_t)(oldest >> (56 - 8 * i)));
    return add_table(h, table, buf_bytes(&b), prefix, NULL);
}

static void add_counters(struct hashing *h)
{
    const struct state *s = &h->view->state;
    const uint64_t counters[] = { s->revision, s->system_revision, s->index,  s->term,
                                  s->age_ms,   s->wall_ms,         s->time_s, s->origins };
    for (size_t i = 0; i < ARRAY_LEN(counters); i++)
        add_number(h, counters[i]);
    for (size_t i = 0; i < SPACES; i++) {
        add_number(h, s->compacted[i]);
        add_number(h, s->keys[i]);
    }
}

static enum err add_identity(struct hashing *h)
{
    MDB_val key = lmdb_val(bytes_str("identity")), row = { 0 };
    MDB_dbi meta = h->view->store->dbi[TABLE_META];
    enum err e = lmdb_err(mdb_get(h->view->txn, meta, &key, &row));
    add(h, e == OK ? lmdb_bytes(row) : (struct bytes){ 0 });
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err hash_all(struct hashing *h)
{
    enum err e = OK;
    add_counters(h);
    for (size_t i = 0; i < SPACES && e == OK; i++)
        e = add_space(h, (enum space)i);
    const unsigned whole[] = { TABLE_LEASE, TABLE_ORIGIN };
    const uint8_t common = WHY_COMMON, system = WHY_SYSTEM;
    for (size_t i = 0; i < ARRAY_LEN(whole) && e == OK; i++)
        e = add_table(h, whole[i], (struct bytes){ 0 }, (struct bytes){ 0 }, NULL);
    if (e == OK)
        e = add_lease_keys(h);
    if (e == OK)
        e = add_noted(h, TABLE_TIME, (struct bytes){ 0 }, false);
    if (e == OK)
        e = add_noted(h, TABLE_WHY, bytes_of(&common, 1), false);
    if (e == OK)
        e = add_noted(h, TABLE_WHY, bytes_of(&system, 1), true);
    return e == OK ? add_identity(h) : e;
}

enum err store_hash(const struct view *view, uint64_t *ret)
{
    struct hashing h = { .view = view, .xxh = XXH64_createState() };
    buf_init(&h.value, SIZE_MAX / 4);
    XXH64_reset(h.xxh, 0);
    enum err e = hash_all(&h);
    if (e == ERR_NOT_FOUND || e == ERR_COMPACTED)
        e = ERR_DAMAGED; /* a row that others point at is not there */
    if (e == OK)
        *ret = XXH64_digest(h.xxh);
    XXH64_freeState(h.xxh);
    buf_fini(&h.value);
    return e;
}

/* -- one space, as etcd's HashKV -------------------------------------------------------------- */

static void hash_kv(uint32_t *crc, const struct kv *kv, struct bytes value)
{
    uint8_t numbers[6 * 8];
    const uint64_t fields[] = { kv->key.n, value.n,     kv->create,
                                kv->mod,   kv->version, (uint64_t)kv->lease };
    struct buf b = { .p = numbers, .room = sizeof numbers, .max = sizeof numbers };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        buf_put_u64(&b, fields[i]);
    *crc = crc32c(*crc, buf_bytes(&b));
    *crc = crc32c(*crc, kv->key);
    *crc = crc32c(*crc, value);
}

/* What stood at REVISION under a head. */
static enum err hash_head(const struct view *view, enum space space, struct bytes key,
                          struct bytes bytes, uint64_t revision, struct buf *value, uint32_t *crc)
{
    struct row row;
    enum err e = head_row_read(bytes, &row);
    if (e == OK)
        e = version_at(view, space, &row, revision, &row);
    if (e != OK || row.deleted)
        return e == ERR_NOT_FOUND ? OK : e;
    struct kv kv = row_kv(space, key, &row);
    buf_clear(value, VALUE_KEPT);
    e = value_append(view, &kv.value, value);
    if (e == OK)
        hash_kv(crc, &kv, buf_bytes(value));
    return e;
}

enum err store_hash_space(const struct view *view, enum space space, uint64_t revision,
                          uint32_t *ret)
{
    struct layered map = head_map(view, space);
    struct layered_cursor c;
    struct buf value;
    uint32_t crc = 0;
    uint64_t at = revision == 0 ? state_revision(&view->state, space) : revision;
    enum err e = view_check_revision(view, space, (int64_t)at);
    if (e != OK)
        return e;
    buf_init(&value, SIZE_MAX / 4);
    e = layered_cursor_open(&map, &c);
    if (e == OK)
        e = layered_seek(&c, (struct bytes){ 0 });
    for (; e == OK; e = layered_next(&c)) {
        e = hash_head(view, space, layered_key(&c), c.row, at, &value, &crc);
        if (e != OK)
            break;
    }
    layered_cursor_close(&c);
    buf_fini(&value);
    if (e != ERR_NOT_FOUND)
        return e == OK ? ERR_DAMAGED : e;
    *ret = crc;
    return OK;
}

/* Leases by id, and their keys: layered (id, space, key), so that they come in order and may be
 * long. Ids are signed; their order in the table is that of the numbers. */
#include "store/lease.h"

#include "base/rd.h"
#include "store/lease_row.h"
#include "store/lmdb_err.h"

enum { LEASE_FORMAT = 1, ID_BYTES = 8, PREFIX_BYTES = ID_BYTES + 1 };

static void write_id(uint8_t *p, int64_t id)
{
    uint64_t v = (uint64_t)id ^ ((uint64_t)1 << 63);
    for (int i = 0; i < ID_BYTES; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

/* -- rows ------------------------------------------------------------------------------------- */

static void write_lease(struct buf *b, const struct lease *l)
{
    buf_put_u8(b, LEASE_FORMAT);
    buf_put_u64(b, (uint64_t)l->grant.id);
    buf_put_u64(b, l->grant.ttl_ms);
    buf_put_u64(b, l->grant.suspect_ms);
    buf_put_u64(b, l->grant.down_ms);
    buf_put_u64(b, l->grant.remove_ms);
    buf_put_u8(b, (uint8_t)l->grant.face);
    buf_put_u8(b, (uint8_t)l->stage);
    buf_put_u64(b, l->granted_age_ms);
    buf_put_u64(b, l->remaining_ms);
    buf_put_u64(b, l->key_n);
    buf_put_u64(b, l->key_set_version);
}

static enum err read_lease(struct bytes bytes, struct lease *ret)
{
    struct rd r;
    struct lease l = { 0 };
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != LEASE_FORMAT)
        return ERR_VERSION;
    l.grant.id = (int64_t)rd_u64(&r);
    l.grant.ttl_ms = rd_u64(&r);
    l.grant.suspect_ms = rd_u64(&r);
    l.grant.down_ms = rd_u64(&r);
    l.grant.remove_ms = rd_u64(&r);
    uint8_t face = rd_u8(&r), stage = rd_u8(&r);
    l.grant.face = (enum face)face;
    l.stage = (enum lease_stage)stage;
    l.granted_age_ms = rd_u64(&r);
    l.remaining_ms = rd_u64(&r);
    l.key_n = rd_u64(&r);
    l.key_set_version = rd_u64(&r);
    if (rd_end(&r) != OK || face >= FACES || stage > LEASE_REMOVED)
        return ERR_DAMAGED;
    *ret = l;
    return OK;
}

enum err lease_row_get(const struct view *v, int64_t id, struct lease *ret)
{
    uint8_t p[ID_BYTES];
    write_id(p, id);
    MDB_val key = { .mv_size = ID_BYTES, .mv_data = p }, row;
    enum err e = lmdb_err(mdb_get(v->txn, v->store->dbi[TABLE_LEASE], &key, &row));
    if (e != OK)
        return e == ERR_NOT_FOUND ? ERR_LEASE_NOT_FOUND : e;
    return read_lease(lmdb_bytes(row), ret);
}

enum err lease_row_put(const struct view *v, const struct lease *lease)
{
    uint8_t p[ID_BYTES], bytes[128];
    struct buf b = { .p = bytes, .room = sizeof bytes, .max = sizeof bytes };
    write_id(p, lease->grant.id);
    write_lease(&b, lease);
    MDB_val key = { .mv_size = ID_BYTES, .mv_data = p }, row = lmdb_val(buf_bytes(&b));
    return lmdb_err(mdb_put(v->txn, v->store->dbi[TABLE_LEASE], &key, &row, 0));
}

enum err lease_row_remove(const struct view *v, int64_t id)
{
    uint8_t p[ID_BYTES];
    write_id(p, id);
    MDB_val key = { .mv_size = ID_BYTES, .mv_data = p };
    return lmdb_err(mdb_del(v->txn, v->store->dbi[TABLE_LEASE], &key, NULL));
}

/* -- keys ------------------------------------------------------------------------------------- */

static struct layered key_map(const struct view *v, uint32_t *next_layer)
{
    return (struct layered){ .txn = v->txn,
                             .dbi = v->store->dbi[TABLE_LEASE_KEY],
                             .next_layer = next_layer };
}

static void write_key(struct buf *b, int64_t id, enum space space, struct bytes key)
{
    uint8_t p[PREFIX_BYTES];
    write_id(p, id);
    p[ID_BYTES] = (uint8_t)space;
    buf_init(b, PREFIX_BYTES + key.n);
    buf_put(b, p, sizeof p);
    buf_put_bytes(b, key);
}

static enum err count_key(const struct view *v, int64_t id, int64_t more)
{
    struct lease lease;
    enum err e = lease_row_get(v, id, &lease);
    if (e != OK)
        return e;
    lease.key_n += (uint64_t)more;
    lease.key_set_version++;
    return lease_row_put(v, &lease);
}

enum err lease_attach(const struct view *v, int64_t id, enum space space, struct bytes key,
                      uint32_t *next_layer)
{
    struct layered map = key_map(v, next_layer);
    struct buf b;
    write_key(&b, id, space, key);
    enum err e = layered_put(&map, buf_bytes(&b), bytes_of("", 0));
    buf_fini(&b);
    return e != OK ? e : count_key(v, id, 1);
}

enum err lease_detach(const struct view *v, int64_t id, enum space space, struct bytes key)
{
    struct layered map = key_map(v, NULL);
    struct buf b;
    write_key(&b, id, space, key);
    enum err e = layered_remove(&map, buf_bytes(&b));
    buf_fini(&b);
    if (e == OK)
        e = count_key(v, id, -1);
    return e == ERR_LEASE_NOT_FOUND || e == ERR_NOT_FOUND ? OK : e;
}

/* Calls EACH with the keys of ID that begin at PREFIX_N bytes of FROM (id, space, key), from FROM
 * on, until it says stop. */
static enum err each_key(const struct view *v, struct bytes from, size_t prefix_n,
                         bool (*each)(void *ctx, enum space space, struct bytes key), void *ctx,
                         bool *ret_all)
{
    struct layered map = key_map(v, NULL);
    struct layered_cursor c;
    enum err e = layered_cursor_open(&map, &c);
    *ret_all = true;
    if (e == OK)
        e = layered_seek(&c, from);
    for (; e == OK && *ret_all; e = layered_next(&c)) {
        struct bytes key = layered_key(&c);
        if (key.n < PREFIX_BYTES || memcmp(key.p, from.p, prefix_n) != 0)
            break;
        *ret_all = each(ctx, (enum space)key.p[ID_BYTES], bytes_skip(key, PREFIX_BYTES));
    }
    layered_cursor_close(&c);
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err lease_each_key(const struct view *view, int64_t id, enum space space, struct bytes from,
                        bool (*each)(void *ctx, enum space space, struct bytes key), void *ctx,
                        bool *ret_all)
{
    struct buf b;
    write_key(&b, id, space, from);
    enum err e = each_key(view, buf_bytes(&b), PREFIX_BYTES, each, ctx, ret_all);
    buf_fini(&b);
    return e;
}

struct first_key {
    struct arena *arena;
    bool found;
    enum space space;
    struct bytes key;
};

static bool take_first(void *ctx, enum space space, struct bytes key)
{
    struct first_key *f = ctx;
    *f = (struct first_key){
        .arena = f->arena, .found = true, .space = space, .key = arena_dup(f->arena, key)
    };
    return false;
}

enum err lease_first_key(const struct view *v, int64_t id, struct arena *arena,
                         enum space *ret_space, struct bytes *ret_key)
{
    struct first_key f = { .arena = arena };
    uint8_t p[ID_BYTES];
    bool all;
    write_id(p, id);
    enum err e = each_key(v, bytes_of(p, sizeof p), ID_BYTES, take_first, &f, &all);
    if (e == OK && !f.found)
        return ERR_NOT_FOUND;
    *ret_space = f.space;
    *ret_key = f.key;
    return e;
}

struct key_list {
    struct arena *arena;
    struct bytes *keys;
    size_t n, room, max;
    bool too_many;
};

static bool take_key(void *ctx, enum space space, struct bytes key)
{
    struct key_list *l = ctx;
    if (l->max != 0 && l->n == l->max) {
        l->too_many = true;
        return false;
    }
    if (l->n == l->room) {
        l->room = l->room == 0 ? 8 : l->room * 2;
        struct bytes *keys = arena_alloc(l->arena, l->room * sizeof *keys);
        if (l->n > 0)
            memcpy(keys, l->keys, l->n * sizeof *keys);
        l->keys = keys;
    }
    l->keys[l->n++] = arena_dup(l->arena, key);
    return true;
}

/* -- for readers ------------------------------------------------------------------------------ */

enum err lease_get(const struct view *view, enum face face, int64_t id, struct lease *ret)
{
    struct lease lease;
    enum err e = lease_row_get(view, id, &lease);
    if (e == OK && face != FACE_NONE && lease.grant.face != face)
        e = ERR_LEASE_NOT_FOUND;
    if (e == OK)
        *ret = lease;
    return e;
}

enum err lease_keys(const struct view *view, int64_t id, enum space space, size_t max,
                    struct arena *arena, struct bytes **ret, size_t *ret_n)
{
    struct key_list list = { .arena = arena, .max = max };
    bool all;
    enum err e = lease_each_key(view, id, space, (struct bytes){ 0 }, take_key, &list, &all);
    if (e == OK && list.too_many)
        e = ERR_TOO_BIG;
    if (e == OK) {
        *ret = list.keys;
        *ret_n = list.n;
    }
    return e;
}

enum err lease_each(const struct view *view, int64_t from,
                    bool (*each)(void *ctx, const struct lease *lease), void *ctx, bool *ret_all)
{
    MDB_cursor *cursor;
    uint8_t p[ID_BYTES];
    write_id(p, from);
    MDB_val key = { .mv_size = ID_BYTES, .mv_data = p }, row;
    *ret_all = true;
    enum err e = lmdb_err(mdb_cursor_open(view->txn, view->store->dbi[TABLE_LEASE], &cursor));
    if (e != OK)
        return e;
    for (e = lmdb_err(mdb_cursor_get(cursor, &key, &row, MDB_SET_RANGE)); e == OK && *ret_all;
         e = lmdb_err(mdb_cursor_get(cursor, &key, &row, MDB_NEXT))) {
        struct lease lease;
        e = read_lease(lmdb_bytes(row), &lease);
        if (e != OK)
            break;
        *ret_all = each(ctx, &lease);
    }
    mdb_cursor_close(cursor);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* ORIGIN holds number -> origin and, beside it, hash -> number, so that the same one is found
 * again. Two that collide are told apart by their rows: the later one is then a number of its own
 * each time. */
#include "store/origin.h"

#include <xxhash.h>

#include "store/apply.h"
#include "store/lmdb_err.h"

enum { BY_NUMBER = 0, BY_HASH = 1, KEY_BYTES = 9, ORIGIN_MAX = 1024, FIELD_MAX = 300 };

static MDB_val make_key(uint8_t *p, uint8_t kind, uint64_t v)
{
    p[0] = kind;
    for (int i = 0; i < 8; i++)
        p[1 + i] = (uint8_t)(v >> (56 - 8 * i));
    return (MDB_val){ .mv_size = KEY_BYTES, .mv_data = p };
}

/* Names are cut so that a row stays small; the log has them whole. */
static struct bytes cut(struct bytes b)
{
    return bytes_of(b.p, b.n < FIELD_MAX ? b.n : FIELD_MAX);
}

/* The host alone: each connection of a client has a port of its own, and rows of origins stay. */
static struct bytes without_port(struct bytes address)
{
    size_t n = address.n;
    while (n > 0 && address.p[n - 1] >= '0' && address.p[n - 1] <= '9')
        n--;
    bool has_port = n > 0 && n < address.n && address.p[n - 1] == ':';
    return bytes_of(address.p, has_port ? n - 1 : address.n);
}

static void write_origin(struct buf *b, const struct origin *o)
{
    buf_put_u8(b, (uint8_t)o->face);
    buf_put_run(b, cut(o->principal));
    buf_put_run(b, cut(without_port(o->address)));
}

static enum err find_number(const struct view *v, uint64_t hash, struct bytes wanted,
                            uint32_t *ret_number)
{
    uint8_t p[KEY_BYTES];
    MDB_dbi dbi = v->store->dbi[TABLE_ORIGIN];
    MDB_val key = make_key(p, BY_HASH, hash), row;
    enum err e = lmdb_err(mdb_get(v->txn, dbi, &key, &row));
    if (e != OK)
        return e;
    struct rd r;
    rd_init(&r, lmdb_bytes(row));
    *ret_number = rd_u32(&r);
    key = make_key(p, BY_NUMBER, *ret_number);
    e = lmdb_err(mdb_get(v->txn, dbi, &key, &row));
    if (e == OK && !bytes_eq(lmdb_bytes(row), wanted))
        e = ERR_NOT_FOUND;
    return e;
}

static enum err add_number(struct apply *a, uint64_t hash, struct bytes origin, uint32_t *ret)
{
    uint8_t p[KEY_BYTES], number[4];
    MDB_dbi dbi = a->store->dbi[TABLE_ORIGIN];
    uint32_t n = ++a->view.state.origins;
    struct buf b = { .p = number, .room = 4, .max = 4 };
    buf_put_u32(&b, n);
    MDB_val key = make_key(p, BY_NUMBER, n), row = lmdb_val(origin);
    enum err e = lmdb_err(mdb_put(a->view.txn, dbi, &key, &row, 0));
    if (e != OK)
        return e;
    key = make_key(p, BY_HASH, hash);
    row = lmdb_val(buf_bytes(&b));
    *ret = n;
    return lmdb_err(mdb_put(a->view.txn, dbi, &key, &row, 0));
}

enum err apply_origin(struct apply *a, uint32_t *ret_number)
{
    size_t at = (size_t)(a->command.origin - a->entry.origins);
    if (a->origin_numbers[at] == 0) {
        uint8_t bytes[ORIGIN_MAX];
        struct buf b = { .p = bytes, .room = sizeof bytes, .max = sizeof bytes };
        write_origin(&b, a->command.origin);
        uint64_t hash = XXH64(b.p, b.n, 0);
        enum err e = find_number(&a->view, hash, buf_bytes(&b), &a->origin_numbers[at]);
        if (e == ERR_NOT_FOUND)
            e = add_number(a, hash, buf_bytes(&b), &a->origin_numbers[at]);
        if (e != OK)
            return e;
    }
    *ret_number = a->origin_numbers[at];
    return OK;
}

enum err apply_why(struct apply *a, enum space space, uint64_t revision)
{
    uint8_t p[KEY_BYTES];
    struct bytes why = cut(a->command.origin->why);
    if (why.n == 0)
        return OK;
    MDB_val key = make_key(p, space == SPACE_SYSTEM ? WHY_SYSTEM : WHY_COMMON, revision),
            row = lmdb_val(why);
    return lmdb_err(mdb_put(a->view.txn, a->store->dbi[TABLE_WHY], &key, &row, 0));
}

/* -- for readers ------------------------------------------------------------------------------ */

static enum err read_why(const struct view *v, enum space space, uint64_t revision,
                         struct arena *arena, struct bytes *ret)
{
    uint8_t p[KEY_BYTES];
    MDB_val key = make_key(p, space == SPACE_SYSTEM ? WHY_SYSTEM : WHY_COMMON, revision), row;
    enum err e = lmdb_err(mdb_get(v->txn, v->store->dbi[TABLE_WHY], &key, &row));
    *ret = e == OK ? arena_dup(arena, lmdb_bytes(row)) : (struct bytes){ 0 };
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err origin_of(const struct view *view, enum space space, uint64_t revision, uint32_t sub,
                   struct arena *arena, struct origin *ret)
{
    struct row change;
    uint8_t p[KEY_BYTES];
    struct place place = { .revision = revision, .sub = sub };
    enum err e = change_get(view, space, place, &change);
    if (e != OK)
        return e;
    MDB_val key = make_key(p, BY_NUMBER, change.origin), row;
    e = lmdb_err(mdb_get(view->txn, view->store->dbi[TABLE_ORIGIN], &key, &row));
    if (e != OK)
        return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
    struct rd r;
    rd_init(&r, lmdb_bytes(row));
    uint8_t face = rd_u8(&r);
    struct origin o = { .face = face < FACES ? (enum face)face : FACE_NONE };
    o.principal = arena_dup(arena, rd_run(&r));
    o.address = arena_dup(arena, rd_run(&r));
    if (rd_end(&r) != OK)
        return ERR_DAMAGED;
    e = read_why(view, space, revision, arena, &o.why);
    if (e == OK)
        *ret = o;
    return e;
}

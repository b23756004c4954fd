/* Long values and long keys, in rows of 2,000 bytes keyed (revision, sub, n): n counts from 0 for
 * the value and from 2^31 for the key, so that all of a change lies together. Written once, in
 * order. */
#include "store/piece.h"

#include "store/lmdb_err.h"

enum { PIECE_KEY_BYTES = PLACE_BYTES + 4 };

#define FIRST_OF_KEY 0x80000000U

static MDB_val piece_key(uint8_t *p, struct place place, uint32_t n)
{
    place_write(p, place);
    for (int i = 0; i < 4; i++)
        p[PLACE_BYTES + i] = (uint8_t)(n >> (24 - 8 * i));
    return (MDB_val){ .mv_size = PIECE_KEY_BYTES, .mv_data = p };
}

enum err piece_write(const struct view *v, enum space space, struct place place,
                     enum piece_kind kind, struct bytes bytes)
{
    uint32_t n = kind == PIECE_KEY ? FIRST_OF_KEY : 0;
    for (; bytes.n > 0; n++) {
        uint8_t p[PIECE_KEY_BYTES];
        size_t size = bytes.n < PIECE_BYTES ? bytes.n : PIECE_BYTES;
        MDB_val key = piece_key(p, place, n), row = lmdb_val(bytes_of(bytes.p, size));
        enum err e =
            lmdb_err(mdb_put(v->txn, v->store->dbi[TABLE_PIECE + space], &key, &row, MDB_APPEND));
        if (e != OK)
            return e;
        bytes = bytes_skip(bytes, size);
    }
    return OK;
}

enum err piece_read(const struct view *v, enum space space, struct place place,
                    enum piece_kind kind, uint64_t n, struct buf *out)
{
    uint8_t p[PIECE_KEY_BYTES];
    MDB_cursor *cursor;
    enum err e = lmdb_err(mdb_cursor_open(v->txn, v->store->dbi[TABLE_PIECE + space], &cursor));
    if (e != OK)
        return e;
    uint32_t at = kind == PIECE_KEY ? FIRST_OF_KEY : 0;
    MDB_cursor_op step = MDB_SET_KEY;
    while (e == OK && n > 0) {
        MDB_val key = piece_key(p, place, at++), row;
        e = lmdb_err(mdb_cursor_get(cursor, &key, &row, step));
        if (e != OK || row.mv_size > n || key.mv_size != PIECE_KEY_BYTES ||
            memcmp(key.mv_data, p, PIECE_KEY_BYTES) != 0) {
            e = e == OK ? ERR_DAMAGED : e;
            break;
        }
        buf_put_bytes(out, lmdb_bytes(row));
        n -= row.mv_size;
        step = MDB_NEXT;
    }
    mdb_cursor_close(cursor);
    return e == OK ? buf_err(out) : e == ERR_NOT_FOUND ? ERR_COMPACTED : e;
}

enum err piece_remove(const struct view *v, enum space space, struct place place)
{
    uint8_t p[PIECE_KEY_BYTES];
    MDB_cursor *cursor;
    enum err e = lmdb_err(mdb_cursor_open(v->txn, v->store->dbi[TABLE_PIECE + space], &cursor));
    if (e != OK)
        return e;
    MDB_val key = piece_key(p, place, 0), row;
    e = lmdb_err(mdb_cursor_get(cursor, &key, &row, MDB_SET_RANGE));
    while (e == OK && memcmp(key.mv_data, p, PLACE_BYTES) == 0) {
        e = lmdb_err(mdb_cursor_del(cursor, 0));
        if (e == OK)
            e = lmdb_err(mdb_cursor_get(cursor, &key, &row, MDB_NEXT));
    }
    mdb_cursor_close(cursor);
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err value_append(const struct view *view, const struct value *value, struct buf *out)
{
    if (value->p != NULL || value->n == 0) {
        buf_put(out, value->p, value->n);
        return buf_err(out);
    }
    struct place place = { .revision = value->revision, .sub = value->sub };
    return piece_read(view, value->space, place, PIECE_VALUE, value->n, out);
}

enum err value_whole(const struct view *view, const struct value *value, struct arena *arena,
                     struct bytes *ret)
{
    if (value->p != NULL || value->n == 0) {
        *ret = bytes_of(value->p, value->n);
        return OK;
    }
    uint8_t *p = arena_alloc(arena, value->n);
    struct buf b = { .p = p, .room = value->n, .max = value->n };
    enum err e = value_append(view, value, &b);
    if (e == OK)
        *ret = buf_bytes(&b);
    return e;
}

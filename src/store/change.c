/* Looking up changes, and their keys where these are long. */
#include "store/change.h"

#include "store/lmdb_err.h"
#include "store/piece.h"

enum err change_get(const struct view *v, enum space space, struct place place, struct row *ret)
{
    uint8_t p[PLACE_BYTES];
    place_write(p, place);
    MDB_val key = { .mv_size = sizeof p, .mv_data = p }, row;
    enum err e = lmdb_err(mdb_get(v->txn, v->store->dbi[TABLE_CHANGE + space], &key, &row));
    return e != OK ? e : change_row_read(place, lmdb_bytes(row), ret);
}

enum err change_key(const struct view *v, enum space space, const struct row *row,
                    struct arena *arena, struct bytes *ret)
{
    if (!row->key_in_pieces) {
        *ret = row->key;
        return OK;
    }
    uint8_t *p = arena_alloc(arena, row->key_n);
    struct buf b = { .p = p, .room = row->key_n, .max = row->key_n };
    enum err e = piece_read(v, space, row->place, PIECE_KEY, row->key_n, &b);
    *ret = buf_bytes(&b);
    return e;
}

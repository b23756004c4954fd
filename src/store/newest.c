/* The last row of CHANGE; the heads of a range, tombstones included. */
#include "store/newest.h"

#include "store/lmdb_err.h"
#include "store/range.h"
#include "store/row.h"
#include "store/tables.h"

/* Revision of the last change that is kept; 0: there is none. */
static enum err last_change(const struct view *view, enum space space, uint64_t *ret)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    enum err e =
        lmdb_err(mdb_cursor_open(view->txn, view->store->dbi[TABLE_CHANGE + space], &cursor));
    if (e != OK)
        return e;
    e = lmdb_err(mdb_cursor_get(cursor, &key, &value, MDB_LAST));
    *ret = 0;
    if (e == OK && key.mv_size != PLACE_BYTES)
        e = ERR_DAMAGED;
    if (e == OK)
        *ret = place_read(key.mv_data).revision;
    mdb_cursor_close(cursor);
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err newest_change(const struct view *view, enum space space, uint64_t *ret)
{
    uint64_t newest, compacted = state_compacted(&view->state, space);
    enum err e = last_change(view, space, &newest);
    if (e != OK)
        return e;
    if (newest < compacted)
        newest = compacted;
    *ret = newest == 0 ? 1 : newest;
    return OK;
}

enum err newest_in_range(const struct view *view, enum space space, struct bytes key,
                         struct bytes end, uint64_t *ret)
{
    struct layered map = head_map(view, space);
    struct layered_cursor cursor;
    struct row head;
    uint64_t newest = 0, compacted = state_compacted(&view->state, space);
    enum err e = layered_cursor_open(&map, &cursor);
    if (e == OK)
        e = layered_seek(&cursor, key);
    for (; e == OK && range_holds(key, end, layered_key(&cursor)); e = layered_next(&cursor)) {
        e = head_row_read(cursor.row, &head);
        if (e != OK)
            break;
        bool counts = !head.deleted || head.place.revision >= compacted;
        if (counts && head.place.revision > newest)
            newest = head.place.revision;
    }
    layered_cursor_close(&cursor);
    if (e == OK || e == ERR_NOT_FOUND)
        *ret = newest;
    return e == ERR_NOT_FOUND ? OK : e;
}

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

/* As long as the space can be read from where it happened, a removal counts. */
static enum err raise(const struct layered_cursor *cursor, uint64_t compacted, uint64_t *newest)
{
    struct row head;
    enum err e = head_row_read(cursor->row, &head);
    if (e != OK)
        return e;
    bool counts = !head.deleted || head.place.revision >= compacted;
    if (counts && head.place.revision > *newest)
        *newest = head.place.revision;
    return OK;
}

enum err newest_in_part(const struct view *view, enum space space, struct bytes from,
                        struct bytes end, uint64_t rows, struct buf *next, uint64_t *newest,
                        bool *ret_done)
{
    struct layered map = head_map(view, space);
    struct layered_cursor cursor;
    uint64_t compacted = state_compacted(&view->state, space);
    bool goes_on = false;
    enum err e = layered_cursor_open(&map, &cursor);
    if (e == OK)
        e = layered_seek(&cursor, from);
    while (e == OK && range_holds(from, end, layered_key(&cursor))) {
        goes_on = rows-- == 0;
        if (goes_on)
            break;
        e = raise(&cursor, compacted, newest);
        if (e == OK)
            e = layered_next(&cursor);
    }
    if (goes_on) {
        buf_clear(next, SIZE_MAX);
        buf_put_bytes(next, layered_key(&cursor));
        e = buf_err(next);
    }
    layered_cursor_close(&cursor);
    *ret_done = !goes_on;
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err newest_in_range(const struct view *view, enum space space, struct bytes key,
                         struct bytes end, uint64_t *ret)
{
    bool done;
    struct buf next;
    uint64_t newest = 0;
    buf_init(&next, 0); /* there is no such number of rows */
    enum err e = newest_in_part(view, space, key, end, UINT64_MAX, &next, &newest, &done);
    buf_fini(&next);
    if (e == OK)
        *ret = newest;
    return e;
}

/* Chains of versions with jump pointers.
 *
 * A new version jumps as far as its predecessor's jump's jump when the two jumps before it are
 * equally long, else to its predecessor: Myers' skew-binary lists. Places below the compacted
 * revision count as gone whether they have been swept or not, so that what is written depends on
 * the log alone. */
#include "store/version.h"

#include "store/lmdb_err.h"
#include "store/piece.h"

enum err version_at(const struct view *v, enum space space, const struct row *head,
                    uint64_t revision, struct row *ret)
{
    struct row row = *head;
    while (row.place.revision > revision) {
        struct place next = row.jump.place.revision > revision ? row.jump.place : row.prev;
        if (next.revision == 0)
            return ERR_NOT_FOUND;
        enum err e = change_get(v, space, next, &row);
        if (e != OK)
            return e;
    }
    *ret = row;
    return OK;
}

static enum err choose_jump(const struct view *v, enum space space, const struct row *head,
                            struct row *row)
{
    struct link prev = { .place = head->place, .depth = head->depth };
    uint64_t compacted = state_compacted(&v->state, space);
    bool equally_long = prev.depth - head->jump.depth == head->jump.depth - head->jump2.depth;
    row->jump = prev;
    row->jump2 = head->jump;
    if (!equally_long || head->jump2.place.revision == 0 || head->jump2.place.revision < compacted)
        return OK;
    struct row far;
    enum err e = change_get(v, space, head->jump2.place, &far);
    if (e != OK)
        return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
    row->jump = head->jump2;
    row->jump2 = far.jump;
    return OK;
}

static enum err put_change(const struct view *v, enum space space, const struct row *row)
{
    uint8_t place[PLACE_BYTES], room[ROW_MAX];
    place_write(place, row->place);
    MDB_val key = { .mv_size = sizeof place, .mv_data = place };
    MDB_val value = lmdb_val(change_row_write(room, row));
    return lmdb_err(mdb_put(v->txn, v->store->dbi[TABLE_CHANGE + space], &key, &value, MDB_APPEND));
}

static enum err put_head(const struct view *v, enum space space, struct bytes key,
                         const struct row *row, uint32_t *next_layer)
{
    uint8_t room[ROW_MAX];
    struct layered map = head_map(v, space);
    map.next_layer = next_layer;
    return layered_put(&map, key, head_row_write(room, row));
}

static enum err put_pieces(const struct view *v, enum space space, const struct row *row,
                           struct bytes key, struct bytes value)
{
    enum err e = OK;
    if (row->value_in_pieces)
        e = piece_write(v, space, row->place, PIECE_VALUE, value);
    if (e == OK && row->key_in_pieces)
        e = piece_write(v, space, row->place, PIECE_KEY, key);
    return e;
}

enum err version_write(const struct view *v, enum space space, struct bytes key,
                       const struct row *head, const struct next_version *next, struct row *ret)
{
    struct row row = {
        .deleted = next->deleted,
        .place = next->place,
        .origin = next->origin,
        .key_n = (uint32_t)key.n,
        .key = key,
        .key_in_pieces = row_key_in_pieces(key.n),
    };
    if (!next->deleted) {
        bool goes_on = head != NULL && !head->deleted;
        row.create = goes_on ? head->create : next->place.revision;
        row.version = goes_on ? head->version + 1 : 1;
        row.lease = next->lease;
        row.value = next->value;
        row.value_n = next->value.n;
        row.value_in_pieces = row_value_in_pieces(key.n, next->value.n);
    }
    enum err e = OK;
    if (head != NULL) {
        row.prev = head->place;
        row.depth = head->depth + 1;
        e = choose_jump(v, space, head, &row);
    }
    if (e == OK)
        e = put_pieces(v, space, &row, key, next->value);
    if (e == OK)
        e = put_change(v, space, &row);
    if (e == OK)
        e = put_head(v, space, key, &row, next->next_layer);
    *ret = row;
    return e;
}

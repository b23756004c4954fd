/* Keys in layers. One LMDB cursor walks all of them: going down a mark seeks the first (or last)
 * key of the layer below, coming up again seeks the mark, whose key is known from the whole key. */
#include "store/layered.h"

#include <assert.h>

#include "base/mem.h"
#include "store/lmdb_err.h"

enum { KEY_MAX_BYTES = 64 * 1024 * 1024 };

struct packed {
    uint8_t p[LAYER_KEY_MAX];
    size_t n;
};

static void put_layer(uint8_t *p, uint32_t layer)
{
    p[0] = (uint8_t)(layer >> 24);
    p[1] = (uint8_t)(layer >> 16);
    p[2] = (uint8_t)(layer >> 8);
    p[3] = (uint8_t)layer;
}

static uint32_t get_layer(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The LMDB key in LAYER for what is left of a key: itself, or the mark's. */
static MDB_val pack(struct packed *k, uint32_t layer, struct bytes rest)
{
    put_layer(k->p, layer);
    size_t n = rest.n < LAYER_PART ? rest.n : LAYER_PART;
    if (n > 0)
        memcpy(k->p + 4, rest.p, n);
    k->n = 4 + n;
    if (rest.n > LAYER_PART)
        k->p[k->n++] = 0;
    return (MDB_val){ .mv_size = k->n, .mv_data = k->p };
}

static bool is_mark(const MDB_val *key)
{
    return key->mv_size == LAYER_KEY_MAX;
}

/* The layer that a mark in layer ABOVE leads to: always one of a higher number. */
static bool mark_layer(const MDB_val *row, uint32_t above, uint32_t *ret)
{
    if (row->mv_size != 4)
        return false;
    *ret = get_layer(row->mv_data);
    return *ret > above;
}

/* -- single rows ------------------------------------------------------------------------------ */

/* Follows the marks of *KEY down to its last layer; *KEY is then the part that lies there. */
static enum err go_down(const struct layered *m, struct bytes *key, uint32_t *ret_layer)
{
    uint32_t layer = 0;
    while (key->n > LAYER_PART) {
        struct packed k;
        MDB_val at = pack(&k, layer, *key), row;
        enum err e = lmdb_err(mdb_get(m->txn, m->dbi, &at, &row));
        if (e != OK)
            return e;
        if (!mark_layer(&row, layer, &layer))
            return ERR_DAMAGED;
        *key = bytes_skip(*key, LAYER_PART);
    }
    *ret_layer = layer;
    return OK;
}

enum err layered_get(const struct layered *m, struct bytes key, struct bytes *ret)
{
    uint32_t layer;
    enum err e = go_down(m, &key, &layer);
    if (e != OK)
        return e;
    struct packed k;
    MDB_val at = pack(&k, layer, key), row;
    e = lmdb_err(mdb_get(m->txn, m->dbi, &at, &row));
    if (e == OK)
        *ret = bytes_of(row.mv_data, row.mv_size);
    return e;
}

/* The same as go_down, making the marks that are missing. */
static enum err make_way(const struct layered *m, struct bytes *key, uint32_t *ret_layer)
{
    uint32_t layer = 0;
    while (key->n > LAYER_PART) {
        struct packed k;
        MDB_val at = pack(&k, layer, *key), row;
        enum err e = lmdb_err(mdb_get(m->txn, m->dbi, &at, &row));
        if (e == OK) {
            if (!mark_layer(&row, layer, &layer))
                return ERR_DAMAGED;
        } else if (e == ERR_NOT_FOUND) {
            uint8_t number[4];
            layer = ++*m->next_layer;
            put_layer(number, layer);
            row = (MDB_val){ .mv_size = 4, .mv_data = number };
            e = lmdb_err(mdb_put(m->txn, m->dbi, &at, &row, 0));
        }
        if (e != OK)
            return e;
        *key = bytes_skip(*key, LAYER_PART);
    }
    *ret_layer = layer;
    return OK;
}

enum err layered_put(const struct layered *m, struct bytes key, struct bytes row)
{
    uint32_t layer;
    enum err e = make_way(m, &key, &layer);
    if (e != OK)
        return e;
    struct packed k;
    MDB_val at = pack(&k, layer, key), value = lmdb_val(row);
    return lmdb_err(mdb_put(m->txn, m->dbi, &at, &value, 0));
}

/* True if no row begins with LAYER's number. */
static enum err layer_is_empty(const struct layered *m, uint32_t layer, bool *ret)
{
    MDB_cursor *cursor;
    enum err e = lmdb_err(mdb_cursor_open(m->txn, m->dbi, &cursor));
    if (e != OK)
        return e;
    struct packed k;
    MDB_val at = pack(&k, layer, (struct bytes){ 0 }), row;
    e = lmdb_err(mdb_cursor_get(cursor, &at, &row, MDB_SET_RANGE));
    *ret = e == ERR_NOT_FOUND || (e == OK && get_layer(at.mv_data) != layer);
    mdb_cursor_close(cursor);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* How many marks lead to KEY. */
static size_t depth_of(struct bytes key)
{
    return key.n <= LAYER_PART ? 0 : (key.n - 1) / LAYER_PART;
}

/* The layers on the way to KEY, the outermost first. */
static enum err find_layers(const struct layered *m, struct bytes key, uint32_t *layers)
{
    layers[0] = 0;
    for (size_t level = 0; level < depth_of(key); level++) {
        struct packed k;
        MDB_val at = pack(&k, layers[level], bytes_skip(key, level * LAYER_PART)), row;
        enum err e = lmdb_err(mdb_get(m->txn, m->dbi, &at, &row));
        if (e != OK)
            return e;
        if (!mark_layer(&row, layers[level], &layers[level + 1]))
            return ERR_DAMAGED;
    }
    return OK;
}

/* Removes what stands at LEVEL of KEY: the row at the last one, a mark above. */
static enum err remove_at(const struct layered *m, struct bytes key, size_t level, uint32_t layer)
{
    struct packed k;
    size_t skip = level * LAYER_PART;
    MDB_val at = pack(&k, layer, bytes_of(key.p + skip, key.n - skip));
    return lmdb_err(mdb_del(m->txn, m->dbi, &at, NULL));
}

enum err layered_remove(const struct layered *m, struct bytes key)
{
    size_t level = depth_of(key);
    uint32_t few[8];
    uint32_t *layers = level < 8 ? few : mem_alloc((level + 1) * sizeof *layers);
    enum err e = find_layers(m, key, layers);
    bool empty = true;
    if (e == OK)
        e = remove_at(m, key, level, layers[level]);
    while (e == OK && level > 0) {
        e = layer_is_empty(m, layers[level], &empty);
        if (e != OK || !empty)
            break;
        level--;
        e = remove_at(m, key, level, layers[level]);
    }
    if (layers != few)
        mem_free(layers);
    return e;
}

/* -- walking ---------------------------------------------------------------------------------- */

enum err layered_cursor_open(const struct layered *m, struct layered_cursor *c)
{
    *c = (struct layered_cursor){ 0 };
    buf_init(&c->parts, KEY_MAX_BYTES);
    buf_init(&c->layers, KEY_MAX_BYTES);
    return lmdb_err(mdb_cursor_open(m->txn, m->dbi, &c->cursor));
}

void layered_cursor_close(struct layered_cursor *c)
{
    if (c->cursor != NULL)
        mdb_cursor_close(c->cursor);
    buf_fini(&c->parts);
    buf_fini(&c->layers);
    c->cursor = NULL;
}

static size_t level_of(const struct layered_cursor *c)
{
    return c->layers.n / sizeof(uint32_t);
}

/* Into the layer that the mark of ROW leads to; false if no store has written that. */
static bool descend(struct layered_cursor *c, const MDB_val *row)
{
    uint32_t layer;
    if (!mark_layer(row, c->layer, &layer) || c->parts.full)
        return false;
    buf_put(&c->layers, &layer, sizeof layer);
    c->layer = layer;
    return true;
}

static void pop_layer(struct layered_cursor *c)
{
    c->layers.n -= sizeof(uint32_t);
    c->layer = 0;
    if (c->layers.n > 0)
        memcpy(&c->layer, c->layers.p + c->layers.n - sizeof(uint32_t), sizeof(uint32_t));
}

/* The cursor stands on AT (or nowhere, as E says): true if that is in the layer it should be in. */
static bool in_layer(const struct layered_cursor *c, enum err e, const MDB_val *at)
{
    return e == OK && get_layer(at->mv_data) == c->layer;
}

/* Takes the part of the key that stands at the cursor's level: a mark's is kept for the layers
 * below, the outermost layer's own rows are not copied. */
static void take_part(struct layered_cursor *c, const MDB_val *at, const MDB_val *row)
{
    const uint8_t *part = (const uint8_t *)at->mv_data + 4;
    c->row = bytes_of(row->mv_data, row->mv_size);
    if (c->layer == 0 && !is_mark(at)) {
        c->key = bytes_of(part, at->mv_size - 4);
        return;
    }
    c->parts.n = level_of(c) * LAYER_PART;
    buf_put(&c->parts, part, is_mark(at) ? LAYER_PART : at->mv_size - 4);
    c->key = buf_bytes(&c->parts);
}

/* Up to the mark that leads to the present layer. */
static enum err climb(struct layered_cursor *c, MDB_val *at, MDB_val *row)
{
    struct packed k;
    pop_layer(c);
    size_t skip = level_of(c) * LAYER_PART;
    uint8_t part[LAYER_PART + 1] = { 0 };
    memcpy(part, c->parts.p + skip, LAYER_PART);
    *at = pack(&k, c->layer, bytes_of(part, sizeof part));
    return lmdb_err(mdb_cursor_get(c->cursor, at, row, MDB_SET_KEY));
}

/* The cursor stands on AT in this level, or beyond its layer's end: goes up, on and down until it
 * is on a row. */
static enum err settle(struct layered_cursor *c, enum err e, MDB_val *at, MDB_val *row,
                       MDB_cursor_op step)
{
    for (;;) {
        while (!in_layer(c, e, at)) {
            if (e != OK && e != ERR_NOT_FOUND)
                return e;
            if (level_of(c) == 0)
                return ERR_NOT_FOUND;
            e = climb(c, at, row);
            if (e != OK)
                return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
            e = lmdb_err(mdb_cursor_get(c->cursor, at, row, step));
        }
        take_part(c, at, row);
        if (!is_mark(at))
            return OK;
        struct packed k;
        if (!descend(c, row))
            return ERR_DAMAGED;
        if (step == MDB_NEXT) {
            *at = pack(&k, c->layer, (struct bytes){ 0 });
            e = lmdb_err(mdb_cursor_get(c->cursor, at, row, MDB_SET_RANGE));
        } else {
            *at = pack(&k, c->layer + 1, (struct bytes){ 0 });
            e = lmdb_err(mdb_cursor_get(c->cursor, at, row, MDB_SET_RANGE));
            e = lmdb_err(mdb_cursor_get(c->cursor, at, row, e == OK ? MDB_PREV : MDB_LAST));
        }
    }
}

static void start_outside(struct layered_cursor *c)
{
    buf_clear(&c->parts, SIZE_MAX);
    buf_clear(&c->layers, SIZE_MAX);
    c->layer = 0;
}

/* Goes down KEY's marks as far as they are there; the cursor is then on the first LMDB key at or
 * above what is left of it. */
static enum err seek_down(struct layered_cursor *c, struct bytes key, MDB_val *at, MDB_val *row)
{
    start_outside(c);
    for (;;) {
        struct packed k;
        *at = pack(&k, c->layer, key);
        bool longer = key.n > LAYER_PART;
        uint8_t wanted[LAYER_KEY_MAX];
        size_t wanted_n = at->mv_size;
        memcpy(wanted, at->mv_data, wanted_n);
        enum err e = lmdb_err(mdb_cursor_get(c->cursor, at, row, MDB_SET_RANGE));
        bool exact =
            e == OK && at->mv_size == wanted_n && memcmp(at->mv_data, wanted, wanted_n) == 0;
        if (!longer || !exact)
            return e;
        take_part(c, at, row);
        if (!descend(c, row))
            return ERR_DAMAGED;
        key = bytes_skip(key, LAYER_PART);
    }
}

enum err layered_seek(struct layered_cursor *c, struct bytes key)
{
    MDB_val at, row;
    enum err e = seek_down(c, key, &at, &row);
    return settle(c, e, &at, &row, MDB_NEXT);
}

enum err layered_seek_before(struct layered_cursor *c, struct bytes key)
{
    MDB_val at, row;
    enum err e;
    if (key.p == NULL) {
        start_outside(c);
        struct packed k;
        at = pack(&k, 1, (struct bytes){ 0 });
        e = lmdb_err(mdb_cursor_get(c->cursor, &at, &row, MDB_SET_RANGE));
    } else {
        e = seek_down(c, key, &at, &row);
    }
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    e = lmdb_err(mdb_cursor_get(c->cursor, &at, &row, e == OK ? MDB_PREV : MDB_LAST));
    return settle(c, e, &at, &row, MDB_PREV);
}

static enum err step_from(struct layered_cursor *c, MDB_cursor_op step)
{
    MDB_val at, row;
    enum err e = lmdb_err(mdb_cursor_get(c->cursor, &at, &row, step));
    return settle(c, e, &at, &row, step);
}

enum err layered_next(struct layered_cursor *c)
{
    return step_from(c, MDB_NEXT);
}

enum err layered_prev(struct layered_cursor *c)
{
    return step_from(c, MDB_PREV);
}

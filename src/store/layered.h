/* store/layered.h -- an ordered map of keys of any length in one LMDB table.
 *
 * LMDB's keys end at 511 bytes. So a key is cut into parts of 490, as in a Masstree: each LMDB key
 * begins with the number of its layer (4 bytes, big-endian; the outermost is 0, so an empty key can
 * be stored). A key of at most 490 bytes lies in its layer as it is. Of a longer one the first 490
 * bytes and a 0x00 are the key of a *mark*, whose value is the number of the layer in which the
 * rest is a key again. The order is exact: 490 bytes sort before what they begin, and nothing else
 * is 491 bytes long. */
#ifndef STORE_LAYERED_H
#define STORE_LAYERED_H

#include <lmdb.h>

#include "base/buf.h"

enum { LAYER_PART = 490, LAYER_KEY_MAX = 4 + LAYER_PART + 1 };

struct layered { /* one table in one transaction */
    MDB_txn *txn;
    MDB_dbi dbi;
    uint32_t *next_layer; /* of the store; NULL in a reading transaction */
};

/* ERR_NOT_FOUND, or the row, lent by the map. */
MUST_CHECK enum err layered_get(const struct layered *m, struct bytes key, struct bytes *ret);
MUST_CHECK enum err layered_put(const struct layered *m, struct bytes key, struct bytes row);
/* Removes the row and every mark that leads to nothing any more. ERR_NOT_FOUND. */
MUST_CHECK enum err layered_remove(const struct layered *m, struct bytes key);

/* Walks rows in the order of their whole keys. Any write to the table ends its validity: seek
 * again. */
struct layered_cursor {
    MDB_cursor *cursor;
    struct bytes key;  /* whole, of the present row; lends from the map or from PARTS */
    struct bytes row;  /* lends from the map */
    struct buf parts;  /* of the key in the layers above, and its rest if it is in a lower layer */
    struct buf layers; /* uint32_t: those below the outermost, down to the present row's */
    uint32_t layer;    /* the present row's */
};

MUST_CHECK enum err layered_cursor_open(const struct layered *m, struct layered_cursor *c);
void layered_cursor_close(struct layered_cursor *c);
/* The first row at or above KEY. ERR_NOT_FOUND if there is none. */
MUST_CHECK enum err layered_seek(struct layered_cursor *c, struct bytes key);
/* The last row below KEY; of all rows if KEY.p is NULL. */
MUST_CHECK enum err layered_seek_before(struct layered_cursor *c, struct bytes key);
MUST_CHECK enum err layered_next(struct layered_cursor *c);
MUST_CHECK enum err layered_prev(struct layered_cursor *c);

static inline struct bytes layered_key(const struct layered_cursor *c)
{
    return c->key;
}

/* True if the present key lends from the map, so that it outlives the cursor. */
static inline bool layered_key_is_lent(const struct layered_cursor *c)
{
    return c->layer == 0;
}

#endif

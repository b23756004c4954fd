/* store/row.h -- the rows of HEAD and CHANGE, and values in pieces.
 *
 * A version of a key is written twice: as a change, keyed (revision, sub), which stays; and as the
 * head of its key, which the next version replaces. Each knows its predecessor and, for reading old
 * revisions in O(log n), a jump further back (skew-binary: of a chain's n versions any is reached
 * in about 2 log n steps).
 *
 * No row is larger than 2,030 bytes, its key included. A value that does not fit beside its key and
 * header lies in PIECE as rows of 2,000 bytes, once, and both rows point at it by their own
 * position; so does a long key of a change. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "base/err.h"
#include "store/kv.h"
#include "store/layered.h"

enum { ROW_MAX = 2030, ROW_FORMAT = 1 };

struct place { /* of a change: where in history; revision 0 = none */
    uint64_t revision;
    uint32_t sub;
};

struct link { /* a place and how many versions lie before it in its key's chain */
    struct place place;
    uint32_t depth;
};

struct row { /* what both rows hold */
    bool deleted, value_in_pieces, key_in_pieces;
    struct place place;
    uint64_t create, version;
    int64_t lease;
    uint32_t depth;
    struct place prev;
    struct link jump;
    struct link jump2; /* the jump's jump: lets the next version choose without a look-up */
    uint32_t origin;
    uint64_t value_n;
    uint32_t key_n;     /* of a change */
    struct bytes value; /* unless in pieces */
    struct bytes key;   /* of a change, unless in pieces */
};

/* True if a version with this key and value needs pieces for it. */
bool row_value_in_pieces(size_t key_n, size_t value_n);
bool row_key_in_pieces(size_t key_n);

/* Each writes into ROOM of ROW_MAX bytes and returns what it wrote there. */
struct bytes head_row_write(uint8_t *room, const struct row *row);
struct bytes change_row_write(uint8_t *room, const struct row *row);
/* A look at a head without reading it. */
bool head_row_is_deleted(struct bytes bytes);
/* ERR_VERSION, ERR_DAMAGED. */
MUST_CHECK enum err head_row_read(struct bytes bytes, struct row *ret);
/* PLACE is the row's key. */
MUST_CHECK enum err change_row_read(struct place place, struct bytes bytes, struct row *ret);

enum { PLACE_BYTES = 12 };
void place_write(uint8_t *p, struct place place);
struct place place_read(const uint8_t *p);

struct value row_value(enum space space, const struct row *row);
/* A version as it is read. KEY is kept. */
struct kv row_kv(enum space space, struct bytes key, const struct row *row);

#endif

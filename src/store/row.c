/* Encodings of heads and changes; layouts in docs/formats.md. */
#include "store/row.h"

#include "store/lmdb_err.h"

enum {
    FLAG_DELETED = 1,
    FLAG_VALUE_IN_PIECES = 2,
    FLAG_KEY_IN_PIECES = 4,
    /* At most: format, flags, and as varints create, version, lease, depth, prev, jump, jump2,
     * origin, value length. A fresh key's take about 20. */
    COMMON_BYTES = 2 + 10 + 10 + 10 + 5 + 15 + 20 + 20 + 5 + 10,
    HEAD_BYTES = COMMON_BYTES + 15,
    CHANGE_BYTES = COMMON_BYTES + 5,
    LMDB_NODE_BYTES = 8 /* of LMDB's own, beside key and data */
};

static size_t head_key_bytes(size_t key_n)
{
    return 4 + (key_n <= LAYER_PART ? key_n : LAYER_PART);
}

bool row_key_in_pieces(size_t key_n)
{
    return PLACE_BYTES + CHANGE_BYTES + key_n > ROW_MAX / 2;
}

bool row_value_in_pieces(size_t key_n, size_t value_n)
{
    size_t change = PLACE_BYTES + CHANGE_BYTES + (row_key_in_pieces(key_n) ? 0 : key_n);
    size_t head = head_key_bytes(key_n) + HEAD_BYTES;
    return (change > head ? change : head) + value_n + LMDB_NODE_BYTES > ROW_MAX;
}

static void put_number(struct buf *b, uint64_t v)
{
    uint8_t p[10];
    size_t n = 0;
    for (; v > 0x7f; v >>= 7)
        p[n++] = (uint8_t)(v | 0x80);
    p[n++] = (uint8_t)v;
    buf_put(b, p, n);
}

static uint64_t rd_number(struct rd *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = rd_u8(r);
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
    rd_fail(r, ERR_MALFORMED);
    return 0;
}

static void put_place(struct buf *b, struct place p)
{
    put_number(b, p.revision);
    put_number(b, p.sub);
}

static struct place rd_place(struct rd *r)
{
    struct place p;
    p.revision = rd_number(r);
    p.sub = (uint32_t)rd_number(r);
    return p;
}

static void put_link(struct buf *b, struct link l)
{
    put_place(b, l.place);
    put_number(b, l.depth);
}

static struct link rd_link(struct rd *r)
{
    struct link l;
    l.place = rd_place(r);
    l.depth = (uint32_t)rd_number(r);
    return l;
}

static void put_common(struct buf *b, const struct row *row)
{
    buf_put_u8(b, ROW_FORMAT);
    buf_put_u8(b, (uint8_t)((row->deleted ? FLAG_DELETED : 0) |
                            (row->value_in_pieces ? FLAG_VALUE_IN_PIECES : 0) |
                            (row->key_in_pieces ? FLAG_KEY_IN_PIECES : 0)));
    put_number(b, row->create);
    put_number(b, row->version);
    put_number(b, (uint64_t)row->lease);
    put_number(b, row->depth);
    put_place(b, row->prev);
    put_link(b, row->jump);
    put_link(b, row->jump2);
    put_number(b, row->origin);
    put_number(b, row->value_n);
}

static enum err read_common(struct rd *r, struct row *row)
{
    uint8_t format = rd_u8(r);
    if (r->err == OK && format != ROW_FORMAT)
        return ERR_VERSION;
    uint8_t flags = rd_u8(r);
    row->deleted = flags & FLAG_DELETED;
    row->value_in_pieces = flags & FLAG_VALUE_IN_PIECES;
    row->key_in_pieces = flags & FLAG_KEY_IN_PIECES;
    row->create = rd_number(r);
    row->version = rd_number(r);
    row->lease = (int64_t)rd_number(r);
    row->depth = (uint32_t)rd_number(r);
    row->prev = rd_place(r);
    row->jump = rd_link(r);
    row->jump2 = rd_link(r);
    row->origin = (uint32_t)rd_number(r);
    row->value_n = rd_number(r);
    return r->err == OK ? OK : ERR_DAMAGED;
}

void head_row_write(struct buf *out, const struct row *row)
{
    put_common(out, row);
    put_place(out, row->place);
    if (!row->value_in_pieces)
        buf_put_bytes(out, row->value);
}

enum err head_row_read(struct bytes bytes, struct row *ret)
{
    struct rd r;
    rd_init(&r, bytes);
    *ret = (struct row){ 0 };
    enum err e = read_common(&r, ret);
    if (e != OK)
        return e;
    ret->place = rd_place(&r);
    ret->value = rd_take(&r, ret->value_in_pieces ? 0 : ret->value_n);
    return rd_end(&r) == OK ? OK : ERR_DAMAGED;
}

void change_row_write(struct buf *out, const struct row *row)
{
    put_common(out, row);
    put_number(out, row->key_n);
    if (!row->key_in_pieces)
        buf_put_bytes(out, row->key);
    if (!row->value_in_pieces)
        buf_put_bytes(out, row->value);
}

enum err change_row_read(struct place place, struct bytes bytes, struct row *ret)
{
    struct rd r;
    rd_init(&r, bytes);
    *ret = (struct row){ .place = place };
    enum err e = read_common(&r, ret);
    if (e != OK)
        return e;
    ret->key_n = (uint32_t)rd_number(&r);
    ret->key = rd_take(&r, ret->key_in_pieces ? 0 : ret->key_n);
    ret->value = rd_take(&r, ret->value_in_pieces ? 0 : ret->value_n);
    return rd_end(&r) == OK ? OK : ERR_DAMAGED;
}

void place_write(uint8_t *p, struct place place)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(place.revision >> (56 - 8 * i));
    for (int i = 0; i < 4; i++)
        p[8 + i] = (uint8_t)(place.sub >> (24 - 8 * i));
}

struct place place_read(const uint8_t *p)
{
    struct place place = { 0 };
    for (int i = 0; i < 8; i++)
        place.revision = place.revision << 8 | p[i];
    for (int i = 0; i < 4; i++)
        place.sub = place.sub << 8 | p[8 + i];
    return place;
}

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

struct value row_value(enum space space, const struct row *row)
{
    static const uint8_t nothing[1];
    if (!row->value_in_pieces)
        return (struct value){ .p = row->value.n == 0 ? nothing : row->value.p, .n = row->value.n };
    return (struct value){
        .n = row->value_n, .space = space, .revision = row->place.revision, .sub = row->place.sub
    };
}

struct kv row_kv(enum space space, struct bytes key, const struct row *row)
{
    struct kv kv = { .key = key, .mod = row->place.revision };
    if (row->deleted)
        return kv;
    kv.value = row_value(space, row);
    kv.create = row->create;
    kv.version = row->version;
    kv.lease = row->lease;
    return kv;
}

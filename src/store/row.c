/* Encodings of heads and changes; layouts in docs/formats.md. */
#include "store/row.h"

#include <assert.h>

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

/* Rows are written and read with bare pointers: both are on the path of every request. A writer's
 * room is assured by the choice of what lies in pieces, a reader remembers its first failure. */

static uint8_t *put_number(uint8_t *p, uint64_t v)
{
    for (; v > 0x7f; v >>= 7)
        *p++ = (uint8_t)(v | 0x80);
    *p++ = (uint8_t)v;
    return p;
}

static uint8_t *put_place(uint8_t *p, struct place place)
{
    return put_number(put_number(p, place.revision), place.sub);
}

static uint8_t *put_link(uint8_t *p, const struct link *l)
{
    return put_number(put_place(p, l->place), l->depth);
}

static uint8_t *put_bytes(uint8_t *p, struct bytes b)
{
    if (b.n > 0)
        memcpy(p, b.p, b.n);
    return p + b.n;
}

static uint8_t *put_common(uint8_t *p, const struct row *row)
{
    *p++ = ROW_FORMAT;
    *p++ = (uint8_t)((row->deleted ? FLAG_DELETED : 0) |
                     (row->value_in_pieces ? FLAG_VALUE_IN_PIECES : 0) |
                     (row->key_in_pieces ? FLAG_KEY_IN_PIECES : 0));
    p = put_number(p, row->create);
    p = put_number(p, row->version);
    p = put_number(p, (uint64_t)row->lease);
    p = put_number(p, row->depth);
    p = put_place(p, row->prev);
    p = put_link(p, &row->jump);
    p = put_link(p, &row->jump2);
    p = put_number(p, row->origin);
    return put_number(p, row->value_n);
}

struct reader {
    const uint8_t *p, *end;
    bool short_of;
};

static uint64_t take_number(struct reader *r)
{
    uint64_t v = 0;
    if (LIKELY(r->p < r->end && *r->p < 0x80))
        return *r->p++;
    for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
        uint8_t byte = *r->p++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
    r->short_of = true;
    return 0;
}

static struct place take_place(struct reader *r)
{
    struct place p;
    p.revision = take_number(r);
    p.sub = (uint32_t)take_number(r);
    return p;
}

static struct link take_link(struct reader *r)
{
    struct link l;
    l.place = take_place(r);
    l.depth = (uint32_t)take_number(r);
    return l;
}

static struct bytes take_bytes(struct reader *r, uint64_t n)
{
    if (n > (size_t)(r->end - r->p)) {
        r->short_of = true;
        return (struct bytes){ 0 };
    }
    struct bytes b = bytes_of(r->p, (size_t)n);
    r->p += n;
    return b;
}

static enum err read_common(struct reader *r, struct row *row)
{
    if (r->end - r->p < 2)
        return ERR_DAMAGED;
    if (r->p[0] != ROW_FORMAT)
        return ERR_VERSION;
    uint8_t flags = r->p[1];
    r->p += 2;
    row->deleted = flags & FLAG_DELETED;
    row->value_in_pieces = flags & FLAG_VALUE_IN_PIECES;
    row->key_in_pieces = flags & FLAG_KEY_IN_PIECES;
    row->create = take_number(r);
    row->version = take_number(r);
    row->lease = (int64_t)take_number(r);
    row->depth = (uint32_t)take_number(r);
    row->prev = take_place(r);
    row->jump = take_link(r);
    row->jump2 = take_link(r);
    row->origin = (uint32_t)take_number(r);
    row->value_n = take_number(r);
    return OK;
}

static enum err read_end(const struct reader *r)
{
    return r->short_of || r->p != r->end ? ERR_DAMAGED : OK;
}

bool head_row_is_deleted(struct bytes bytes)
{
    return bytes.n >= 2 && bytes.p[0] == ROW_FORMAT && (bytes.p[1] & FLAG_DELETED) != 0;
}

struct bytes head_row_write(uint8_t *room, const struct row *row)
{
    assert(row->value_in_pieces || row->value.n <= ROW_MAX - HEAD_BYTES);
    uint8_t *p = put_place(put_common(room, row), row->place);
    if (!row->value_in_pieces)
        p = put_bytes(p, row->value);
    return bytes_of(room, (size_t)(p - room));
}

enum err head_row_read(struct bytes bytes, struct row *ret)
{
    struct reader r = { .p = bytes.p, .end = bytes.p + bytes.n };
    enum err e = read_common(&r, ret);
    if (e != OK)
        return e;
    ret->place = take_place(&r);
    ret->value = take_bytes(&r, ret->value_in_pieces ? 0 : ret->value_n);
    ret->key_n = 0;
    ret->key = (struct bytes){ 0 };
    return read_end(&r);
}

struct bytes change_row_write(uint8_t *room, const struct row *row)
{
    size_t key_n = row->key_in_pieces ? 0 : row->key.n;
    assert(key_n + (row->value_in_pieces ? 0 : row->value.n) <= ROW_MAX - CHANGE_BYTES);
    uint8_t *p = put_number(put_common(room, row), row->key_n);
    if (!row->key_in_pieces)
        p = put_bytes(p, row->key);
    if (!row->value_in_pieces)
        p = put_bytes(p, row->value);
    return bytes_of(room, (size_t)(p - room));
}

enum err change_row_read(struct place place, struct bytes bytes, struct row *ret)
{
    struct reader r = { .p = bytes.p, .end = bytes.p + bytes.n };
    enum err e = read_common(&r, ret);
    if (e != OK)
        return e;
    ret->place = place;
    ret->key_n = (uint32_t)take_number(&r);
    ret->key = take_bytes(&r, ret->key_in_pieces ? 0 : ret->key_n);
    ret->value = take_bytes(&r, ret->value_in_pieces ? 0 : ret->value_n);
    return read_end(&r);
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

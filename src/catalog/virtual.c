/* The last number that was given stands beside the spaces. */
#include "catalog/virtual.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/rd.h"
#include "catalog/object.h"
#include "catalog/rows.h"

enum {
    KEY_MAX = 4 * 1024,
    ROW_BYTES_MAX = 8 + VIRTUAL_BY_HAND_MAX * (8 + VIRTUAL_BY_HAND_TEXT_MAX),
    FIRST_OCTET = 240,
};

/* -- bytes ------------------------------------------------------------------------------------ */

void virtual_write(const struct virtual_address *v, struct buf *out)
{
    buf_put_u8(out, VIRTUAL_FORMAT);
    buf_put_u32(out, v->number);
    buf_put_u16(out, (uint16_t)v->by_hand_n);
    for (size_t i = 0; i < v->by_hand_n; i++)
        buf_put_run(out, v->by_hand[i]);
}

enum err virtual_read(struct bytes row, struct arena *arena, struct virtual_address *ret)
{
    struct rd r;
    struct virtual_address v = { 0 };
    rd_init(&r, row);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != VIRTUAL_FORMAT)
        return ERR_VERSION;
    v.number = rd_u32(&r);
    v.by_hand_n = rd_count(&r, VIRTUAL_BY_HAND_MAX, 1);
    v.by_hand = arena_zalloc(arena, v.by_hand_n + 1, sizeof *v.by_hand);
    for (size_t i = 0; i < v.by_hand_n; i++)
        v.by_hand[i] = rd_text(&r, VIRTUAL_BY_HAND_TEXT_MAX);
    if (r.err == OK && v.number > VIRTUAL_LAST)
        rd_fail(&r, ERR_MALFORMED);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = v;
    return e;
}

void virtual_print(uint32_t number, char out[VIRTUAL_TEXT_MAX])
{
    out[0] = 0;
    if (number > 0 && number <= VIRTUAL_LAST)
        snprintf(out, VIRTUAL_TEXT_MAX, "%" PRIu32 ".%" PRIu32 ".%" PRIu32 ".%" PRIu32,
                 FIRST_OCTET + (number >> 24 & 0x0f), number >> 16 & 0xff, number >> 8 & 0xff,
                 number & 0xff);
}

/* -- rows ------------------------------------------------------------------------------------- */

enum err virtual_get(const struct view *view, struct bytes ns, struct bytes service,
                     struct arena *arena, struct virtual_address *ret)
{
    struct object object;
    enum err e = object_read(view, OBJECT_VIRTUAL, ns, bytes_str(""), fold_dup(service, arena),
                             arena, &object);
    return e == OK ? rows_damage(virtual_read(object.row, arena, ret)) : e;
}

/* The last number that was given; 0: none yet. */
static enum err last_number(struct draft *d, struct bytes ns, uint32_t *ret)
{
    struct buf key;
    struct bytes row;
    struct rd r;
    buf_init(&key, KEY_MAX);
    virtual_last_key(ns, &key);
    enum err e = draft_side_get(d, buf_bytes(&key), &row);
    buf_fini(&key);
    *ret = 0;
    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    rd_init(&r, row);
    *ret = rd_u32(&r);
    return rows_damage(rd_end(&r));
}

static void set_last_number(struct draft *d, struct bytes ns, uint32_t number)
{
    struct buf key;
    uint8_t room[4];
    struct buf value = { .p = room, .room = sizeof room, .max = sizeof room };
    buf_init(&key, KEY_MAX);
    virtual_last_key(ns, &key);
    buf_put_u32(&value, number);
    draft_side_put(d, buf_bytes(&key), buf_bytes(&value));
    buf_fini(&key);
}

/* The next number, 0 if there is none left. */
static enum err take_number(struct draft *d, struct bytes ns, uint32_t *ret)
{
    uint32_t last;
    enum err e = last_number(d, ns, &last);
    *ret = e == OK && last < VIRTUAL_LAST ? last + 1 : 0;
    if (*ret > 0)
        set_last_number(d, ns, *ret);
    return e;
}

enum err virtual_plan_put(struct draft *d, struct bytes ns, struct bytes row)
{
    struct virtual_address v;
    uint32_t last;
    enum err e = virtual_read(row, draft_arena(d), &v);
    if (e == OK)
        e = last_number(d, ns, &last);
    if (e == OK && v.number > last)
        set_last_number(d, ns, v.number);
    return e;
}

enum err virtual_plan(struct draft *d, struct bytes ns, struct bytes service)
{
    struct buf key, row;
    struct draft_row stands;
    struct virtual_address v = { 0 };
    buf_init(&key, KEY_MAX);
    buf_init(&row, ROW_BYTES_MAX);
    object_key(OBJECT_VIRTUAL, ns, bytes_str(""), fold_dup(service, draft_arena(d)), &key);
    enum err e = draft_get(d, SPACE_CATALOG, buf_bytes(&key), &stands);
    if (e == ERR_NOT_FOUND) {
        e = take_number(d, ns, &v.number);
        virtual_write(&v, &row);
        if (e == OK)
            draft_put(d, SPACE_CATALOG, buf_bytes(&key), buf_bytes(&row), 0);
    }
    buf_fini(&key);
    buf_fini(&row);
    return e;
}

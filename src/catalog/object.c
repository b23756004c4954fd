/* Objects out of a view, by key and by prefix. */
#include "catalog/object.h"

#include "catalog/rows.h"

enum { KEY_MAX = 64 * 1024 };

static struct object object_of(const struct draft_row *row)
{
    return (struct object){ .row = row->value, .create = row->create, .modify = row->mod };
}

enum err object_read(const struct view *view, enum object_kind kind, struct bytes ns,
                     struct bytes type, struct bytes name, struct arena *arena, struct object *ret)
{
    struct buf key;
    struct draft_row row;
    buf_init(&key, KEY_MAX);
    object_key(kind, ns, type, name, &key);
    enum err e = draft_get(draft_new(view, arena), SPACE_CATALOG, buf_bytes(&key), &row);
    buf_fini(&key);
    if (e != OK)
        return e;
    *ret = object_of(&row);
    ret->type = type;
    ret->name = name;
    return OK;
}

/* REST is what follows the prefix of all objects: type, a zero, name. */
static enum err split(struct bytes rest, struct object *into)
{
    const uint8_t *zero = rest.n == 0 ? NULL : memchr(rest.p, 0, rest.n);
    if (zero == NULL)
        return ERR_DAMAGED;
    into->type = bytes_of(rest.p, (size_t)(zero - rest.p));
    into->name = bytes_skip(rest, into->type.n + 1);
    return OK;
}

enum err objects_read(const struct view *view, enum object_kind kind, struct bytes ns,
                      struct bytes type, struct arena *arena, struct objects *ret)
{
    struct buf prefix;
    struct rows rows;
    buf_init(&prefix, KEY_MAX);
    object_prefix(kind, ns, &prefix);
    size_t before = prefix.n;
    if (type.p != NULL) {
        buf_put_bytes(&prefix, type);
        buf_put_u8(&prefix, 0);
    }
    enum err e = rows_read(draft_new(view, arena), buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct objects objects = { .all = arena_zalloc(arena, rows.n + 1, sizeof *objects.all) };
    for (; objects.n < rows.n && e == OK; objects.n++) {
        struct object *object = &objects.all[objects.n];
        *object = object_of(&rows.all[objects.n].row);
        e = split(bytes_skip(rows.all[objects.n].key, before), object);
    }
    if (e == OK)
        *ret = objects;
    return e;
}

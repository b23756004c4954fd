/* Rows of queries, and finding them: by id, by name, by the longest prefix. */
#include "catalog/prepared_row.h"

#include "base/text.h"

enum { ROW_MAX = 512 * 1024, KEY_MAX = 64 * 1024 };

/* -- rows ---------------------------------------------------------------------------------------
 */

static struct bytes keep(struct buf *out, struct arena *arena)
{
    struct bytes kept = arena_dup(arena, buf_bytes(out));
    buf_fini(out);
    return kept;
}

/* A format, whether it has a name, the name, JSON. */
struct bytes prepared_row(const struct prepared *p, struct arena *arena)
{
    struct buf out;
    struct json_writer j;
    buf_init(&out, 2 * ROW_MAX);
    buf_put_u8(&out, PREPARED_FORMAT);
    buf_put_u8(&out, p->name.n > 0 || prepared_is_template(p));
    buf_put_run(&out, p->name);
    json_init(&j, &out);
    prepared_write(p, p->token, &j);
    return keep(&out, arena);
}

struct bytes prepared_name_row(const struct prepared *p, struct arena *arena)
{
    struct buf out;
    buf_init(&out, KEY_MAX);
    buf_put_u8(&out, PREPARED_FORMAT);
    buf_put_u8(&out, prepared_is_template(p));
    buf_put_bytes(&out, p->id);
    return keep(&out, arena);
}

struct bytes prepared_name_key(struct bytes name, struct arena *arena)
{
    struct buf out;
    buf_init(&out, KEY_MAX);
    buf_put_u8(&out, '.'); /* a template's may be empty */
    for (size_t i = 0; i < name.n; i++)
        buf_put_u8(&out, name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : name.p[i]);
    return keep(&out, arena);
}

struct bytes prepared_session_key(struct bytes session, struct bytes id, struct arena *arena)
{
    struct buf out;
    buf_init(&out, KEY_MAX);
    buf_put_bytes(&out, session);
    buf_put_u8(&out, '/');
    buf_put_bytes(&out, id);
    return keep(&out, arena);
}

static bool take_head(struct rd *r, struct bytes *ret_name)
{
    if (rd_u8(r) != PREPARED_FORMAT)
        rd_fail(r, ERR_VERSION);
    bool has_name = rd_u8(r) != 0;
    *ret_name = rd_run(r);
    return has_name;
}

enum err prepared_read(const struct object *object, struct arena *arena, struct prepared *ret)
{
    struct rd r;
    struct why why;
    struct bytes name;
    rd_init(&r, object->row);
    IGNORE(take_head(&r, &name)); /* JSON says it too */
    struct bytes json = r.left;
    if (r.err != OK)
        return r.err == ERR_VERSION ? ERR_VERSION : ERR_DAMAGED;
    *ret = (struct prepared){ .id = object->name };
    if (json_decode(json, &prepared_shape, arena, ret, &why) != OK)
        return ERR_DAMAGED;
    ret->create = (int64_t)object->create;
    ret->modify = (int64_t)object->modify;
    return OK;
}

/* -- finding ------------------------------------------------------------------------------------
 */

enum err prepared_get(const struct view *view, struct bytes ns, struct bytes id,
                      struct arena *arena, struct prepared *ret)
{
    struct object object;
    enum err e = object_read(view, OBJECT_QUERY, ns, bytes_str(PREPARED_BY_ID), id, arena, &object);
    return e == OK ? prepared_read(&object, arena, ret) : e;
}

/* The id that a name leads to. ERR_NOT_FOUND, also for one that is no template if it must be. */
static enum err look_up(const struct view *view, struct bytes ns, struct bytes name, bool templates,
                        struct arena *arena, struct bytes *ret_id)
{
    struct object object;
    enum err e = object_read(view, OBJECT_QUERY, ns, bytes_str(PREPARED_BY_NAME),
                             prepared_name_key(name, arena), arena, &object);
    if (e != OK)
        return e;
    if (object.row.n < 2)
        return ERR_DAMAGED;
    *ret_id = bytes_skip(object.row, 2);
    return templates && object.row.p[1] == 0 ? ERR_NOT_FOUND : OK;
}

enum err prepared_find(const struct view *view, struct bytes ns, struct bytes id_or_name,
                       struct arena *arena, struct prepared *ret)
{
    struct uuid uuid;
    struct bytes id;
    if (id_or_name.n > PREPARED_NAME_MAX ||
        (id_or_name.n > 0 && memchr(id_or_name.p, 0, id_or_name.n) != NULL))
        return ERR_NOT_FOUND;
    if (uuid_parse(id_or_name, &uuid)) {
        enum err e = prepared_get(view, ns, id_or_name, arena, ret);
        if (e != ERR_NOT_FOUND)
            return e;
    }
    enum err e = look_up(view, ns, id_or_name, false, arena, &id);
    for (size_t n = id_or_name.n + 1; e == ERR_NOT_FOUND && n-- > 0;)
        e = look_up(view, ns, bytes_of(id_or_name.p, n), true, arena, &id);
    return e == OK ? prepared_get(view, ns, id, arena, ret) : e;
}

/* -- sessions -----------------------------------------------------------------------------------
 */

struct bound { /* ids of queries */
    struct arena *arena;
    struct bound_query {
        struct bytes key, id;
        struct bound_query *next;
    } * first;
};

static bool gather(void *ctx, struct bytes key, const struct draft_row *row)
{
    struct bound *all = ctx;
    struct bound_query *one = arena_zalloc(all->arena, 1, sizeof *one);
    if (key.n >= UUID_TEXT) {
        one->key = key;
        one->id = bytes_skip(key, key.n - UUID_TEXT);
        one->next = all->first;
        all->first = one;
    }
    return true;
}

static void remove_object(struct draft *d, struct bytes ns, const char *type, struct bytes name)
{
    struct buf key;
    buf_init(&key, KEY_MAX);
    object_key(OBJECT_QUERY, ns, bytes_str(type), name, &key);
    draft_remove(d, SPACE_CATALOG, buf_bytes(&key));
    buf_fini(&key);
}

static enum err remove_query(struct draft *d, struct bytes ns, struct bytes id)
{
    struct buf key;
    struct draft_row row;
    struct rd r;
    struct bytes name;
    buf_init(&key, KEY_MAX);
    object_key(OBJECT_QUERY, ns, bytes_str(PREPARED_BY_ID), id, &key);
    enum err e = draft_get(d, SPACE_CATALOG, buf_bytes(&key), &row);
    buf_fini(&key);
    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    rd_init(&r, row.value);
    if (take_head(&r, &name))
        remove_object(d, ns, PREPARED_BY_NAME, prepared_name_key(name, draft_arena(d)));
    remove_object(d, ns, PREPARED_BY_ID, id);
    return OK;
}

enum err prepared_plan_end(struct draft *d, struct bytes ns, const struct uuid *session)
{
    char text[UUID_TEXT + 1];
    struct buf prefix;
    struct bound all = { .arena = draft_arena(d) };
    uuid_print(session, text);
    buf_init(&prefix, KEY_MAX);
    object_key(OBJECT_QUERY, ns, bytes_str(PREPARED_BY_SESSION),
               prepared_session_key(bytes_str(text), bytes_str(""), draft_arena(d)), &prefix);
    enum err e = draft_each(d, SPACE_CATALOG, buf_bytes(&prefix), gather, &all);
    buf_fini(&prefix);
    for (const struct bound_query *one = all.first; e == OK && one != NULL; one = one->next) {
        e = remove_query(d, ns, one->id);
        draft_remove(d, SPACE_CATALOG, one->key);
    }
    return e;
}

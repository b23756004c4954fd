/* Rows of entries: a byte for their format, then JSON. */
#include "faces/consul/config/entries.h"

#include <stdlib.h>

#include "base/siphash.h"
#include "base/text.h"
#include "catalog/op.h"
#include "faces/consul/rows/rows.h"

enum { ROW_FORMAT = 1, KEPT_MAX = OBJECT_ROW_MAX };

/* -- reading ------------------------------------------------------------------------------------
 */

static enum err open_row(const struct object *object, struct consul_entry *into)
{
    if (object->row.n == 0)
        return ERR_DAMAGED;
    if (object->row.p[0] != ROW_FORMAT)
        return ERR_VERSION;
    into->json = bytes_skip(object->row, 1);
    into->name = object->name;
    into->create = object->create;
    into->modify = object->modify;
    return config_entry_kind_find(object->type, &into->kind) ? OK : ERR_VERSION;
}

enum err consul_entry_check(const struct object *object, struct arena *arena)
{
    struct consul_entry kept;
    struct config_entry entry;
    struct why why;
    if (object->type.n == 0)
        return OK; /* the guard: it says nothing */
    enum err e = open_row(object, &kept);
    if (e == OK && (kept.json.n == 0 || !text_is_utf8(kept.json) ||
                    memchr(kept.json.p, 0, kept.json.n) != NULL))
        e = ERR_MALFORMED;
    if (e == OK)
        e = config_entry_read(kept.json, arena, &entry, &why);
    bool is_same = e == OK && entry.kind == kept.kind && bytes_eq(entry.name, kept.name) &&
                   kept.json.p[kept.json.n - 1] == '}';
    return e != OK || is_same ? e : ERR_MALFORMED;
}

enum err consul_entry_read(const struct view *view, enum config_entry_kind kind, struct bytes name,
                           struct arena *arena, struct consul_entry *ret)
{
    struct object object;
    struct consul_entry entry = { .kind = kind };
    enum err e = object_read(view, OBJECT_CONFIG, bytes_str(CONSUL_NS),
                             bytes_str(config_entry_kind_name(kind)), name, arena, &object);
    if (e == OK)
        e = open_row(&object, &entry);
    if (e == OK)
        *ret = entry;
    return e;
}

enum err consul_entries_read(const struct view *view, enum config_entry_kind kind,
                             struct arena *arena, struct consul_entries *ret)
{
    const struct bytes all_types = { 0 };
    struct objects objects;
    struct consul_entries entries = { .arena = arena };
    enum err e =
        objects_read(view, OBJECT_CONFIG, bytes_str(CONSUL_NS),
                     kind == ENTRY_KIND_N ? all_types : bytes_str(config_entry_kind_name(kind)),
                     arena, &objects);
    if (e != OK)
        return e;
    entries.all = arena_zalloc(arena, objects.n + 1, sizeof *entries.all);
    for (size_t i = 0; i < objects.n && e == OK; i++) {
        if (objects.all[i].type.n == 0)
            entries.guard = objects.all[i].modify;
        else
            e = open_row(&objects.all[i], &entries.all[entries.n++]);
    }
    if (e == OK)
        *ret = entries;
    return e;
}

const struct config_entry *consul_entry_decode(struct consul_entries *all, struct consul_entry *e)
{
    if (!e->is_read && !e->is_gone) {
        struct why why;
        enum err err = config_entry_read(e->json, all->arena, &e->entry, &why);
        e->is_read = err == OK;
        if (err != OK)
            all->err = ERR_DAMAGED;
    }
    return e->is_read && !e->is_gone ? &e->entry : NULL;
}

/* -- finding ------------------------------------------------------------------------------------
 */

static int compare(enum config_entry_kind kind, struct bytes name, const struct consul_entry *e)
{
    int order = strcmp(config_entry_kind_name(kind), config_entry_kind_name(e->kind));
    return order != 0 ? order : bytes_cmp(name, e->name);
}

static const struct config_entry *find(void *ctx, enum config_entry_kind kind, struct bytes name)
{
    struct consul_entries *all = ctx;
    size_t from = 0, to = all->n;
    if (all->pending != NULL && compare(kind, name, all->pending) == 0)
        return consul_entry_decode(all, all->pending);
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = compare(kind, name, &all->all[middle]);
        if (order == 0)
            return consul_entry_decode(all, &all->all[middle]);
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

struct chain_source consul_entries_source(struct consul_entries *all)
{
    return (struct chain_source){ .find = find, .ctx = all };
}

/* -- showing ------------------------------------------------------------------------------------
 */

void consul_entry_write(const struct consul_entry *e, struct json_writer *j)
{
    static const struct siphash_key plain; /* the same at all members */
    struct buf whole;
    buf_init(&whole, 2 * KEPT_MAX);
    buf_put(&whole, e->json.p, e->json.n - 1); /* its last brace */
    buf_printf(&whole, ",\"Hash\":%llu,\"CreateIndex\":%llu,\"ModifyIndex\":%llu}",
               (unsigned long long)siphash(&plain, e->json), (unsigned long long)e->create,
               (unsigned long long)e->modify);
    json_put_raw(j, buf_bytes(&whole));
    buf_fini(&whole);
}

struct bytes consul_entry_json(const struct config_entry *entry, struct arena *arena)
{
    struct buf out;
    struct json_writer j;
    buf_init(&out, 2 * KEPT_MAX);
    json_init(&j, &out);
    config_entry_write(entry, &j);
    struct bytes kept = arena_dup(arena, buf_bytes(&out));
    buf_fini(&out);
    return kept;
}

/* -- rights -------------------------------------------------------------------------------------
 */

struct consul_entry_right consul_entry_right(enum config_entry_kind kind)
{
    switch (kind) {
    case ENTRY_SERVICE_DEFAULTS:
    case ENTRY_SERVICE_ROUTER:
    case ENTRY_SERVICE_SPLITTER:
    case ENTRY_SERVICE_RESOLVER:
        return (struct consul_entry_right){ ACCESS_SERVICE, true };
    case ENTRY_SERVICE_INTENTIONS:
        return (struct consul_entry_right){ ACCESS_INTENTION, true };
    case ENTRY_PROXY_DEFAULTS:
    case ENTRY_MESH:
    case ENTRY_INGRESS_GATEWAY:
    case ENTRY_TERMINATING_GATEWAY:
    case ENTRY_API_GATEWAY:
    case ENTRY_HTTP_ROUTE:
    case ENTRY_TCP_ROUTE:
    case ENTRY_INLINE_CERTIFICATE:
    case ENTRY_FILE_CERTIFICATE:
    case ENTRY_BOUND_API_GATEWAY:
    case ENTRY_JWT_PROVIDER:
    case ENTRY_EXPORTED_SERVICES:
    case ENTRY_SAMENESS_GROUP:
        return (struct consul_entry_right){ ACCESS_MESH, false };
    case ENTRY_CONTROL_PLANE_LIMIT:
    case ENTRY_KIND_N:
        break;
    }
    return (struct consul_entry_right){ ACCESS_OPERATOR, false };
}

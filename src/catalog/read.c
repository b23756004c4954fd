/* Ranges of rows, decoded. Nodes and their checks are read once for neighbours: the publications of
 * one agent's node stand together. */
#include "catalog/read.h"

#include "store/range.h"

enum { KEY_MAX = 64 * 1024 };

/* A stored row is what `check` let in, so what its reader does not take is damage. */
static enum err as_damage(enum err e)
{
    return e == OK || e == ERR_VERSION ? e : ERR_DAMAGED;
}

static enum err read_range(const struct view *view, const struct buf *prefix, struct arena *arena,
                           struct range_result *ret)
{
    struct buf end;
    buf_init(&end, KEY_MAX);
    prefix_end(buf_bytes(prefix), &end);
    struct range_query query = { .space = SPACE_CATALOG,
                                 .key = buf_bytes(prefix),
                                 .end = buf_bytes(&end) };
    enum err e = range_read(view, &query, arena, ret);
    buf_fini(&end);
    return e;
}

/* The row of KEY. ERR_NOT_FOUND. */
static enum err read_row(const struct view *view, const struct buf *key, struct arena *arena,
                         struct bytes *ret)
{
    struct kv kv;
    enum err e = range_get(view, SPACE_CATALOG, buf_bytes(key), 0, arena, &kv);
    if (e == OK)
        e = value_whole(view, &kv.value, arena, ret);
    return e == ERR_KEY_NOT_FOUND ? ERR_NOT_FOUND : e;
}

/* -- nodes and checks ------------------------------------------------------------------------- */

enum err node_row_read(const struct view *view, struct bytes ns, struct bytes name,
                       struct arena *arena, struct node *ret)
{
    struct buf key;
    struct bytes row;
    buf_init(&key, KEY_MAX);
    node_key(ns, name, &key);
    enum err e = read_row(view, &key, arena, &row);
    buf_fini(&key);
    return e != OK ? e : as_damage(node_read(row, arena, ret));
}

enum err checks_read(const struct view *view, struct bytes ns, struct bytes node,
                     struct bytes instance, struct arena *arena, struct checks *ret)
{
    struct buf prefix;
    struct range_result rows;
    struct checks checks = { 0 };
    buf_init(&prefix, KEY_MAX);
    check_prefix(ns, node, instance.p == NULL ? bytes_str("") : instance, &prefix);
    enum err e = read_range(view, &prefix, arena, &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    checks.all = arena_zalloc(arena, rows.kv_n, sizeof *checks.all);
    for (; checks.n < rows.kv_n && e == OK; checks.n++) {
        struct bytes row;
        e = value_whole(view, &rows.kvs[checks.n].value, arena, &row);
        if (e == OK)
            e = as_damage(check_read(row, &checks.all[checks.n]));
    }
    if (e == OK)
        *ret = checks;
    return e;
}

enum status checks_worst(const struct checks *checks)
{
    enum status worst = STATUS_UP;
    for (size_t i = 0; i < checks->n; i++)
        worst = status_worse(worst, checks->all[i].status);
    return worst;
}

/* -- services --------------------------------------------------------------------------------- */

enum err service_definition_read(const struct view *view, const struct service_id *id,
                                 struct arena *arena, struct service *ret)
{
    struct buf key;
    struct bytes row;
    buf_init(&key, KEY_MAX);
    service_key(id, &key);
    enum err e = read_row(view, &key, arena, &row);
    buf_fini(&key);
    return e != OK ? e : as_damage(service_read(row, arena, ret));
}

struct node_seen { /* the node of the publication before */
    struct bytes name;
    const struct node *node; /* NULL if it is not registered */
    enum status checks;
};

static enum err see_node(const struct view *view, struct bytes ns, struct bytes name,
                         struct arena *arena, struct node_seen *seen)
{
    if (bytes_eq(seen->name, name))
        return OK;
    struct node *node = arena_zalloc(arena, 1, sizeof *node);
    struct checks checks;
    enum err e = node_row_read(view, ns, name, arena, node);
    seen->node = e == OK ? node : NULL;
    if (e == OK || e == ERR_NOT_FOUND)
        e = checks_read(view, ns, name, (struct bytes){ 0 }, arena, &checks);
    if (e == OK) {
        seen->checks = checks_worst(&checks);
        seen->name = name;
    }
    return e;
}

static enum err add_node(const struct view *view, struct bytes ns, struct arena *arena,
                         struct node_seen *seen, struct published *p)
{
    struct checks own;
    enum err e = see_node(view, ns, p->said.node, arena, seen);
    if (e == OK)
        e = checks_read(view, ns, p->said.node, p->owner.part, arena, &own);
    if (e != OK)
        return e;
    p->node = seen->node;
    p->checks = status_worse(seen->checks, checks_worst(&own));
    if (p->address.n == 0 && p->node != NULL)
        p->address = p->node->address;
    return OK;
}

static enum err read_published(const struct view *view, const struct kv *kv, struct arena *arena,
                               struct published *ret)
{
    struct bytes row;
    enum err e = value_whole(view, &kv->value, arena, &row);
    if (e == OK)
        e = as_damage(publication_read(row, arena, &ret->said));
    if (e == OK)
        e = as_damage(publication_key_owner(kv->key, &ret->owner));
    ret->address = ret->said.address;
    ret->create = kv->create;
    ret->modify = kv->mod;
    return e;
}

static enum err read_publications(const struct view *view, const struct service_id *id,
                                  struct arena *arena, struct service_rows *ret)
{
    struct buf prefix;
    struct range_result rows;
    struct node_seen seen = { 0 };
    buf_init(&prefix, KEY_MAX);
    publication_prefix(id, &prefix);
    enum err e = read_range(view, &prefix, arena, &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct published *all = arena_zalloc(arena, rows.kv_n, sizeof *all);
    for (size_t i = 0; i < rows.kv_n && e == OK; i++) {
        e = read_published(view, &rows.kvs[i], arena, &all[i]);
        if (e == OK && all[i].said.node.n > 0)
            e = add_node(view, id->ns, arena, &seen, &all[i]);
    }
    ret->published = all;
    ret->published_n = rows.kv_n;
    return e;
}

static enum err read_overlays(const struct view *view, const struct service_id *id,
                              struct arena *arena, struct service_rows *ret)
{
    struct buf prefix;
    struct range_result rows;
    buf_init(&prefix, KEY_MAX);
    overlay_prefix(id, &prefix);
    enum err e = read_range(view, &prefix, arena, &rows);
    size_t prefix_n = prefix.n;
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct overlaid *all = arena_zalloc(arena, rows.kv_n, sizeof *all);
    for (size_t i = 0; i < rows.kv_n && e == OK; i++) {
        struct bytes row;
        e = value_whole(view, &rows.kvs[i].value, arena, &row);
        if (e == OK)
            e = as_damage(overlay_read(row, arena, &all[i].overlay));
        if (e == OK)
            e = as_damage(overlay_key_place(bytes_skip(rows.kvs[i].key, prefix_n), &all[i].address,
                                            &all[i].port, &all[i].cluster));
    }
    ret->overlays = all;
    ret->overlay_n = rows.kv_n;
    return e;
}

enum err service_rows_read(const struct view *view, const struct service_id *id,
                           struct arena *arena, struct service_rows *ret)
{
    struct service_rows rows = { 0 };
    enum err e = read_publications(view, id, arena, &rows);
    if (e == OK)
        e = read_overlays(view, id, arena, &rows);
    if (e == OK)
        *ret = rows;
    return e;
}

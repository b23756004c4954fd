/* Rows beside the spaces. */
#include "catalog/index.h"

#include "base/text.h"
#include "store/side.h"

enum { KEY_MAX = 2048 };

static enum err as_damage(enum err e)
{
    return e == OK || e == ERR_VERSION ? e : ERR_DAMAGED;
}

enum err service_state_get(const struct view *view, const struct service_id *id,
                           struct service_state *ret)
{
    struct buf key;
    struct bytes row;
    buf_init(&key, KEY_MAX);
    service_key(id, &key);
    enum err e = side_get(view, buf_bytes(&key), &row);
    buf_fini(&key);
    return e != OK ? e : as_damage(service_state_read(row, ret));
}

enum err registry_tables_get(const struct view *view, struct bytes ns, struct registry_tables *ret)
{
    struct buf key;
    struct bytes row;
    buf_init(&key, KEY_MAX);
    tables_key(ns, &key);
    enum err e = side_get(view, buf_bytes(&key), &row);
    buf_fini(&key);
    if (e == ERR_NOT_FOUND) {
        *ret = (struct registry_tables){ 0 };
        return OK;
    }
    return e != OK ? e : as_damage(registry_tables_read(row, ret));
}

enum err node_index(const struct view *view, struct bytes ns, struct bytes node, uint64_t *ret)
{
    struct buf key;
    struct bytes row;
    buf_init(&key, KEY_MAX);
    node_key(ns, node, &key);
    enum err e = side_get(view, buf_bytes(&key), &row);
    buf_fini(&key);
    if (e == ERR_NOT_FOUND) {
        *ret = 0;
        return OK;
    }
    return e != OK ? e : as_damage(node_state_read(row, ret));
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Those published from one node stand together. */
static enum err add_nodes(const struct view *view, struct bytes ns, const struct service_rows *rows,
                          uint64_t *index)
{
    struct bytes seen = { 0 };
    enum err e = OK;
    for (size_t i = 0; i < rows->published_n && e == OK; i++) {
        struct bytes node = rows->published[i].said.node;
        uint64_t of_node = 0;
        if (node.n == 0 || text_eq_nocase(node, seen))
            continue;
        e = node_index(view, ns, node, &of_node);
        *index = later(*index, of_node);
        seen = node;
    }
    return e;
}

static enum err index_of_none(const struct view *view, struct bytes ns, uint64_t *index)
{
    struct registry_tables t;
    enum err e = registry_tables_get(view, ns, &t);
    if (e != OK)
        return e;
    *index = later(*index, t.last[REGISTRY_EXTINCT]);
    if (*index == 0)
        *index = later(later(t.last[REGISTRY_NODES], t.last[REGISTRY_SERVICES]),
                       t.last[REGISTRY_CHECKS]);
    return OK;
}

enum err service_index(const struct view *view, const struct service_id *id,
                       const struct service_rows *rows, uint64_t *ret)
{
    struct service_state state = { 0 };
    enum err e = service_state_get(view, id, &state);
    uint64_t index = e == OK ? state.revision : 0;
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    e = rows->published_n == 0 ? index_of_none(view, id->ns, &index)
                               : add_nodes(view, id->ns, rows, &index);
    if (e == OK)
        *ret = index == 0 ? 1 : index;
    return e;
}

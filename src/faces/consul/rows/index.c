/* Revisions from the rows beside the spaces; what is hung on are the rows that move them. */
#include "faces/consul/rows/index.h"

#include "base/text.h"
#include "catalog/index.h"
#include "catalog/key.h"
#include "faces/consul/call/call.h"

enum {
    KEY_MAX = 64 * 1024,
    INSTANCES_APART = 64, /* a service with more hangs on all nodes and checks at once */
};

static struct bytes ns(void)
{
    return bytes_str(CONSUL_NS);
}

/* -- what moves them ----------------------------------------------------------------------------
 */

static void depend(struct consul_call *c, struct buf *prefix)
{
    consul_depends_prefix(c, SPACE_CATALOG, buf_bytes(prefix));
    buf_clear(prefix, SIZE_MAX);
}

static void depend_on_letter(struct consul_call *c, char letter)
{
    struct buf prefix;
    buf_init(&prefix, KEY_MAX);
    buf_put_u8(&prefix, (uint8_t)letter);
    buf_put_bytes(&prefix, ns());
    buf_put_u8(&prefix, 0);
    depend(c, &prefix);
    buf_fini(&prefix);
}

static void depend_on_service(struct consul_call *c, const struct service_id *id)
{
    struct buf prefix;
    buf_init(&prefix, KEY_MAX);
    publication_prefix(id, &prefix);
    depend(c, &prefix);
    overlay_prefix(id, &prefix);
    depend(c, &prefix);
    buf_fini(&prefix);
}

static void depend_on_instance(struct consul_call *c, const struct consul_service *s, bool new_node)
{
    struct buf key;
    struct bytes node = s->node->row.name;
    buf_init(&key, KEY_MAX);
    if (new_node) {
        node_key(ns(), node, &key);
        consul_depends(c, SPACE_CATALOG, buf_bytes(&key), bytes_str(""));
        buf_clear(&key, SIZE_MAX);
        check_prefix(ns(), node, bytes_str(""), &key);
        depend(c, &key);
    }
    if (s->face == FACE_CONSUL) {
        check_prefix(ns(), node, s->id, &key);
        depend(c, &key);
    }
    buf_fini(&key);
}

static enum err last_of_table(const struct view *view, enum registry_table table, uint64_t *ret)
{
    struct registry_tables tables;
    enum err e = registry_tables_get(view, ns(), &tables);
    if (e == OK)
        *ret = tables.last[table];
    return e;
}

enum err consul_index_of_object(struct consul_call *c, const struct view *view,
                                enum object_kind kind, struct bytes type, struct bytes name,
                                uint64_t *ret)
{
    static const enum registry_table tables[OBJECT_KINDS] = {
        [OBJECT_CONFIG] = REGISTRY_CONFIG, [OBJECT_QUERY] = REGISTRY_QUERIES
    };
    struct buf key;
    buf_init(&key, KEY_MAX);
    object_key(kind, ns(), type, name.p == NULL ? bytes_str("") : name, &key);
    if (name.p == NULL)
        consul_depends_prefix(c, SPACE_CATALOG, buf_bytes(&key));
    else
        consul_depends(c, SPACE_CATALOG, buf_bytes(&key), bytes_str(""));
    buf_fini(&key);
    return last_of_table(view, tables[kind], ret);
}

enum err consul_index_of_session(struct consul_call *c, const struct view *view,
                                 const struct uuid *session, uint64_t *ret)
{
    struct buf key;
    buf_init(&key, KEY_MAX);
    session_key(ns(), session, &key);
    consul_depends(c, SPACE_CATALOG, buf_bytes(&key), bytes_str(""));
    buf_fini(&key);
    return last_of_table(view, REGISTRY_SESSIONS, ret);
}

enum err consul_index_of_table(struct consul_call *c, const struct view *view,
                               enum registry_table table, uint64_t *ret)
{
    static const char *const letters[REGISTRY_TABLES] = {
        [REGISTRY_NODES] = "n",    [REGISTRY_SERVICES] = "pos", [REGISTRY_CHECKS] = "c",
        [REGISTRY_SESSIONS] = "x", [REGISTRY_CONFIG] = "g",     [REGISTRY_QUERIES] = "q",
        [REGISTRY_EXTINCT] = "p",  [REGISTRY_PAIRS] = "",       [REGISTRY_COORDINATES] = "l",
    };
    for (const char *letter = letters[table]; *letter != 0; letter++)
        depend_on_letter(c, *letter);
    return last_of_table(view, table, ret);
}

static enum err raise_by_node(const struct view *view, struct bytes node, uint64_t *index)
{
    uint64_t revision;
    enum err e = node_index(view, ns(), node, &revision);
    if (e == OK && revision > *index)
        *index = revision;
    return e;
}

enum err consul_index_of_service(struct consul_call *c, const struct view *view,
                                 const struct service_id *id,
                                 const struct consul_service_list *list, uint64_t *ret)
{
    uint64_t index;
    const struct service_rows none = { 0 };
    struct service_state state = { 0 };
    bool apart = list->n <= INSTANCES_APART;
    depend_on_service(c, id);
    if (list->n == 0)
        return service_index(view, id, &none, ret);
    if (!apart) {
        depend_on_letter(c, 'n');
        depend_on_letter(c, 'c');
    }
    enum err e = service_state_get(view, id, &state);
    if (e == ERR_NOT_FOUND) /* Muster's own alone */
        e = OK;
    index = state.revision;
    struct bytes before = { 0 };
    for (size_t i = 0; i < list->n && e == OK; i++) {
        const struct consul_service *s = &list->all[i];
        bool new_node = before.p == NULL || !text_eq_nocase(before, s->node->row.name);
        before = s->node->row.name;
        if (apart)
            depend_on_instance(c, s, new_node);
        if (new_node)
            e = raise_by_node(view, s->node->row.name, &index);
    }
    *ret = index;
    return e;
}

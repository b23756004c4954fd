/* Nodes and checks, decoded; with Muster's own node and its check, which have no rows. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/key.h"
#include "faces/consul/call/face.h"
#include "faces/consul/rows/own_meta.h"
#include "faces/consul/rows/rows_core.h"

enum { ID_PREFIX_LEAST = 2 };

/* A stored row is what `check` let in, so what its reader does not take is damage. */
enum err consul_rows_damage(enum err e)
{
    return e == OK || e == ERR_VERSION ? e : ERR_DAMAGED;
}

struct bytes consul_rows_ns(void)
{
    return bytes_str(CONSUL_NS);
}

enum err consul_rows_read_prefix(const struct consul_rows *r, struct bytes prefix,
                                 struct range_result *ret)
{
    struct buf end;
    buf_init(&end, ROWS_KEY_MAX);
    prefix_end(prefix, &end);
    struct range_query query = { .space = SPACE_CATALOG, .key = prefix, .end = buf_bytes(&end) };
    enum err e = range_read(r->view, &query, r->arena, ret);
    buf_fini(&end);
    return e;
}

enum err consul_rows_read_one(const struct consul_rows *r, struct bytes key, struct kv *ret_kv,
                              struct bytes *ret_row)
{
    enum err e = range_get(r->view, SPACE_CATALOG, key, 0, r->arena, ret_kv);
    if (e == OK)
        e = value_whole(r->view, &ret_kv->value, r->arena, ret_row);
    return e == ERR_KEY_NOT_FOUND ? ERR_NOT_FOUND : e;
}

/* -- words ------------------------------------------------------------------------------------ */

const char *consul_status_word(enum status status)
{
    return status == STATUS_UP ? "passing" : status == STATUS_SUSPECT ? "warning" : "critical";
}

bool consul_status_parse(struct bytes word, enum status *ret)
{
    static const enum status all[] = { STATUS_UP, STATUS_SUSPECT, STATUS_DOWN };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (!bytes_is(word, consul_status_word(all[i])))
            continue;
        *ret = all[i];
        return true;
    }
    return false;
}

/* A service in one word; one that cannot be written so keeps its name alone. */
struct bytes consul_rows_word(const struct consul_rows *r, struct bytes group, struct bytes name)
{
    struct service_id id = { .ns = consul_rows_ns(), .group = group, .name = name };
    struct buf word;
    if (name.n == 0 || text_eq_nocase(group, bytes_str(GROUP_DEFAULT)))
        return name;
    buf_init(&word, GROUP_MAX + SERVICE_NAME_MAX + 8);
    struct bytes ret =
        service_id_write(&id, &word) == OK ? arena_dup(r->arena, buf_bytes(&word)) : name;
    buf_fini(&word);
    return ret;
}

/* -- nodes ------------------------------------------------------------------------------------ */

static void add_tagged(struct consul_extras *x, const char *name, struct bytes address)
{
    x->tagged[x->tagged_n++] =
        (struct consul_tagged){ .name = bytes_str(name), .address = address };
}

struct consul_node consul_rows_own_node(const struct consul_rows *r)
{
    const struct consul_self *self = r->self;
    struct bytes address = bytes_str(self->address);
    bool is_v6 = strchr(self->address, ':') != NULL;
    struct consul_node n = { .row = { .name = bytes_str(self->node_name),
                                      .id = bytes_str(self->node_id),
                                      .address = address,
                                      .metadata =
                                          consul_own_meta(self->meta, self->meta_n, r->arena) },
                             .extras = consul_extras_none(),
                             .datacenter = bytes_str(self->datacenter),
                             .is_member = true,
                             .create = ROWS_OF_MEMBER,
                             .modify = ROWS_OF_MEMBER };
    n.extras.tagged = arena_zalloc(r->arena, 4, sizeof *n.extras.tagged);
    add_tagged(&n.extras, "lan", address);
    add_tagged(&n.extras, is_v6 ? "lan_ipv6" : "lan_ipv4", address);
    add_tagged(&n.extras, "wan", address);
    add_tagged(&n.extras, is_v6 ? "wan_ipv6" : "wan_ipv4", address);
    return n;
}

bool consul_rows_is_own(const struct consul_rows *r, struct bytes name)
{
    return text_eq_nocase(name, bytes_str(r->self->node_name));
}

static enum err decode_node(const struct consul_rows *r, const struct kv *kv,
                            struct consul_node *ret)
{
    struct bytes row;
    *ret = (struct consul_node){ .datacenter = bytes_str(r->self->datacenter),
                                 .create = kv->create,
                                 .modify = kv->mod };
    enum err e = value_whole(r->view, &kv->value, r->arena, &row);
    if (e == OK)
        e = consul_rows_damage(node_read(row, r->arena, &ret->row));
    if (e == OK)
        e = consul_rows_damage(consul_extras_read(ret->row.extras, r->arena, &ret->extras));
    ret->is_member = e == OK && consul_rows_is_own(r, ret->row.name);
    return e;
}

static int compare_nodes(const void *a, const void *b)
{
    const struct consul_node *x = a, *y = b;
    return bytes_cmp(x->row.name, y->row.name);
}

enum err consul_nodes_read(const struct consul_rows *r, struct consul_node_list *ret)
{
    struct buf prefix;
    struct range_result rows;
    buf_init(&prefix, ROWS_KEY_MAX);
    node_prefix(consul_rows_ns(), &prefix);
    enum err e = consul_rows_read_prefix(r, buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    bool has_own = false;
    struct consul_node_list list = { .all =
                                         arena_zalloc(r->arena, rows.kv_n + 1, sizeof *list.all) };
    for (; list.n < rows.kv_n && e == OK; list.n++) {
        e = decode_node(r, &rows.kvs[list.n], &list.all[list.n]);
        has_own = has_own || list.all[list.n].is_member;
    }
    if (!has_own)
        list.all[list.n++] = consul_rows_own_node(r);
    qsort(list.all, list.n, sizeof *list.all, compare_nodes);
    *ret = list;
    return e;
}

enum err consul_node_read(const struct consul_rows *r, struct bytes name, struct consul_node *ret)
{
    struct buf key;
    struct kv kv;
    buf_init(&key, ROWS_KEY_MAX);
    node_key(consul_rows_ns(), name, &key);
    enum err e = range_get(r->view, SPACE_CATALOG, buf_bytes(&key), 0, r->arena, &kv);
    buf_fini(&key);
    if (e == OK)
        return decode_node(r, &kv, ret);
    if (e == ERR_KEY_NOT_FOUND && consul_rows_is_own(r, name)) {
        *ret = consul_rows_own_node(r);
        return OK;
    }
    return e == ERR_KEY_NOT_FOUND ? ERR_NOT_FOUND : e;
}

static bool is_id_prefix(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i], low = c | 0x20;
        if (c != '-' && (c < '0' || c > '9') && (low < 'a' || low > 'f'))
            return false;
    }
    return text.n >= ID_PREFIX_LEAST;
}

enum err consul_node_find(const struct consul_rows *r, struct bytes name_or_id,
                          struct consul_node *ret)
{
    struct consul_node_list nodes;
    enum err e = name_or_id.n == 0 ? ERR_NOT_FOUND : consul_node_read(r, name_or_id, ret);
    if (e != ERR_NOT_FOUND || !is_id_prefix(name_or_id))
        return e;
    e = consul_nodes_read(r, &nodes);
    if (e != OK)
        return e;
    for (size_t i = 0; i < nodes.n; i++) {
        struct bytes id = nodes.all[i].row.id;
        if (id.n < name_or_id.n || !text_eq_nocase(bytes_of(id.p, name_or_id.n), name_or_id))
            continue;
        *ret = nodes.all[i];
        return OK;
    }
    return ERR_NOT_FOUND;
}

/* -- checks ----------------------------------------------------------------------------------- */

static struct consul_check serf_health(const struct consul_node *node)
{
    return (struct consul_check){ .row = { .status = STATUS_UP,
                                           .id = bytes_str("serfHealth"),
                                           .name = bytes_str("Serf Health Status"),
                                           .output = bytes_str("Agent alive and reachable") },
                                  .node = node->row.name,
                                  .create = ROWS_OF_MEMBER,
                                  .modify = ROWS_OF_MEMBER };
}

enum err consul_rows_check(const struct consul_rows *r, const struct consul_node *node,
                           struct bytes instance, const struct kv *kv, struct consul_check *ret)
{
    struct bytes row;
    *ret = (struct consul_check){
        .node = node->row.name, .instance = instance, .create = kv->create, .modify = kv->mod
    };
    enum err e = value_whole(r->view, &kv->value, r->arena, &row);
    if (e == OK)
        e = consul_rows_damage(check_read(row, &ret->row));
    if (e == OK)
        e = consul_rows_damage(check_extras_read(ret->row.extras, r->arena, &ret->extras));
    if (e == OK)
        ret->service = consul_rows_word(r, ret->row.group, ret->row.service);
    return e;
}

/* Those of an instance, or of the node itself (INSTANCE empty). ROOM more are left in front. */
enum err consul_rows_read_checks(const struct consul_rows *r, const struct consul_node *node,
                                 struct bytes instance, size_t room, struct consul_check_list *ret)
{
    struct buf prefix;
    struct range_result rows;
    buf_init(&prefix, ROWS_KEY_MAX);
    check_prefix(consul_rows_ns(), node->row.name, instance.p == NULL ? bytes_str("") : instance,
                 &prefix);
    enum err e = consul_rows_read_prefix(r, buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct consul_check_list list = { .n = room };
    list.all = arena_zalloc(r->arena, room + rows.kv_n, sizeof *list.all);
    for (size_t i = 0; i < rows.kv_n && e == OK; i++)
        e = consul_rows_check(r, node, instance, &rows.kvs[i], &list.all[list.n++]);
    *ret = list;
    return e;
}

enum err consul_node_checks_read(const struct consul_rows *r, const struct consul_node *node,
                                 struct consul_check_list *ret)
{
    enum err e = consul_rows_read_checks(r, node, bytes_str(""), node->is_member, ret);
    if (e == OK && node->is_member)
        ret->all[0] = serf_health(node);
    return e;
}

/* -- one check ----------------------------------------------------------------------------------
 */

/* A check by its id alone. */
#include <string.h>

#include "catalog/key.h"
#include "faces/consul/call/face.h"
#include "faces/consul/rows/rows_core.h"

/* The check ID of an instance, or of the node itself if that is empty. */
static enum err try_check(const struct consul_rows *r, const struct consul_node *node,
                          struct bytes instance, struct bytes id, struct consul_check *ret)
{
    struct check_id where = {
        .ns = consul_rows_ns(), .node = node->row.name, .instance = instance, .check = id
    };
    struct buf key;
    struct kv kv;
    buf_init(&key, ROWS_KEY_MAX);
    check_key(&where, &key);
    enum err e = range_get(r->view, SPACE_CATALOG, buf_bytes(&key), 0, r->arena, &kv);
    buf_fini(&key);
    if (e == OK)
        e = consul_rows_check(r, node, instance, &kv, ret);
    if (e == ERR_KEY_NOT_FOUND || (e == OK && !bytes_eq(ret->row.id, id)))
        return ERR_NOT_FOUND;
    return e;
}

static enum err search_check(const struct consul_rows *r, const struct consul_node *node,
                             struct bytes id, struct consul_check *ret)
{
    struct consul_service_list services;
    enum err e = consul_registered_list(r, node, &services);
    for (size_t i = 0; e == OK && i < services.n; i++) {
        e = try_check(r, node, services.all[i].id, id, ret);
        if (e != ERR_NOT_FOUND)
            return e;
        e = OK;
    }
    return e == OK ? ERR_NOT_FOUND : e;
}

/* Most are the node's own, or bear the name that Consul gives them: "service:ID", "service:ID:2".
 * Those are found at once. */
enum err consul_check_find(const struct consul_rows *r, const struct consul_node *node,
                           struct bytes id, struct consul_check *ret)
{
    static const char usual[] = "service:";
    if (id.n == 0 || id.n > INSTANCE_ID_MAX)
        return ERR_NOT_FOUND;
    enum err e = try_check(r, node, bytes_str(""), id, ret);
    if (e != ERR_NOT_FOUND || memchr(id.p, 0, id.n) != NULL)
        return e;
    if (bytes_starts(id, bytes_str(usual))) {
        struct bytes instance = bytes_skip(id, sizeof usual - 1);
        e = try_check(r, node, instance, id, ret);
        while (e == ERR_NOT_FOUND && instance.n > 0 && instance.p[instance.n - 1] != ':')
            instance.n--;
        if (e == ERR_NOT_FOUND && instance.n > 1)
            e = try_check(r, node, bytes_of(instance.p, instance.n - 1), id, ret);
    }
    return e == ERR_NOT_FOUND ? search_check(r, node, id, ret) : e;
}

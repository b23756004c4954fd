/* The catalog checks its own part of a row when it reads the item. What it only carries is checked
 * here: extras, and JSON that is shown as it is stored. */
#include "faces/consul/snapshot/load_rows.h"

#include "access/acl_row.h"
#include "access/ca.h"
#include "base/text.h"
#include "catalog/coordinate.h"
#include "catalog/node.h"
#include "catalog/prepared_row.h"
#include "catalog/publication.h"
#include "catalog/virtual.h"
#include "faces/consul/config/entries.h"
#include "faces/consul/rows/check_extras.h"
#include "faces/consul/rows/extras.h"
#include "hub/ca_store.h"
#include "wire/json_tree.h"

/* -- JSON ------------------------------------------------------------------------------------- */

/* True for one value of KIND as a json_writer has written it, and nothing else. */
static bool is_written(struct bytes json, enum json_node_kind kind, struct arena *arena)
{
    const struct json_node *node;
    struct json_writer j;
    struct buf again;
    if (json_read(json, arena, &node, NULL) != OK || node->kind != kind)
        return false;
    buf_init(&again, 2 * json.n + 64);
    json_init(&j, &again);
    json_put_node(&j, node);
    bool is_same = bytes_eq(buf_bytes(&again), json);
    buf_fini(&again);
    return is_same;
}

static bool is_object_or_none(struct bytes json, struct arena *arena)
{
    return json.n == 0 || is_written(json, JSON_NODE_OBJECT, arena);
}

/* -- rows of the catalog ---------------------------------------------------------------------- */

static enum err check_extras(struct bytes extras, struct arena *arena)
{
    struct consul_extras x;
    enum err e = consul_extras_read(extras, arena, &x);
    bool is_json = e == OK && is_object_or_none(x.proxy, arena) &&
                   is_object_or_none(x.connect, arena) && is_object_or_none(x.locality, arena) &&
                   (x.ports.n == 0 || is_written(x.ports, JSON_NODE_ARRAY, arena));
    return e != OK || is_json ? e : ERR_MALFORMED;
}

static enum err check_node(struct bytes row, struct arena *arena)
{
    struct node node;
    enum err e = node_read(row, arena, &node);
    return e == OK ? check_extras(node.extras, arena) : e;
}

static enum err check_publication(struct bytes row, struct arena *arena)
{
    struct publication said;
    enum err e = publication_read(row, arena, &said);
    return e == OK ? check_extras(said.extras, arena) : e;
}

static enum err check_check(struct bytes row, struct arena *arena)
{
    struct check check;
    struct check_extras x;
    enum err e = check_read(row, &check);
    if (e == OK)
        e = check_extras_read(check.extras, arena, &x);
    if (e == OK && !x.is_run && !is_object_or_none(x.definition, arena))
        e = ERR_MALFORMED;
    return e;
}

static enum err check_query(const struct object *object, struct arena *arena)
{
    struct prepared query;
    return bytes_is(object->type, PREPARED_BY_ID) ? prepared_read(object, arena, &query) : OK;
}

static enum err check_object(const struct object_op *op, struct arena *arena)
{
    const struct object object = { .type = op->type, .name = op->name, .row = op->row };
    struct coordinate coordinate;
    struct virtual_address address;
    switch (op->kind) {
    case OBJECT_CONFIG:
        return consul_entry_check(&object, arena);
    case OBJECT_QUERY:
        return check_query(&object, arena);
    case OBJECT_COORDINATE:
        return coordinate_read(op->row, &coordinate);
    case OBJECT_VIRTUAL:
        return virtual_read(op->row, arena, &address);
    case OBJECT_KINDS:
        break;
    }
    return ERR_VERSION;
}

static enum err check_change(const struct change_op *op, struct arena *arena)
{
    switch ((int)op->kind) {
    case CHANGE_NODE:
        return check_node(op->node.row, arena);
    case CHANGE_PUBLICATION:
        return check_publication(op->publication.row, arena);
    case CHANGE_CHECK:
        return check_check(op->check.row, arena);
    case CHANGE_OBJECT:
        return check_object(&op->object, arena);
    default:
        return OK; /* a session has no row of its own */
    }
}

/* -- rows of SYSTEM --------------------------------------------------------------------------- */

bool snapshot_row_is_token(struct bytes key)
{
    return bytes_starts(key, bytes_str(acl_key_prefix(ACL_ROW_TOKEN)));
}

static enum err check_system(struct bytes key, struct bytes row, struct arena *a)
{
    struct acl_token token;
    struct acl_policy policy;
    struct acl_role role;
    struct acl_auth_method method;
    struct acl_binding_rule rule;
    struct ca_root root;
    if (snapshot_row_is_token(key))
        return acl_token_read(row, a, &token);
    if (bytes_starts(key, bytes_str(acl_key_prefix(ACL_ROW_POLICY))))
        return acl_policy_read(row, a, &policy);
    if (bytes_starts(key, bytes_str(acl_key_prefix(ACL_ROW_ROLE))))
        return acl_role_read(row, a, &role);
    if (bytes_starts(key, bytes_str(acl_key_prefix(ACL_ROW_AUTH_METHOD))))
        return acl_auth_method_read(row, &method);
    if (bytes_starts(key, bytes_str(acl_key_prefix(ACL_ROW_BINDING_RULE))))
        return acl_binding_rule_read(row, &rule);
    if (bytes_is(key, CA_KEYS "root"))
        return ca_root_read(row, &root);
    return row.n <= ACL_ROW_MAX ? OK : ERR_TOO_BIG; /* ids, secrets, JSON */
}

enum err snapshot_row_check(const struct restore_item *item, struct arena *scratch)
{
    return item->kind == RESTORE_CHANGE
               ? check_change(&item->change, scratch)
               : check_system(item->system.key, item->system.value, scratch);
}

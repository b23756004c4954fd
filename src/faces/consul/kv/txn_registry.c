/* Nodes, services and checks in transactions. */
#include "base/text.h"
#include "catalog/identity.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/kv/txn.h"
#include "faces/consul/rows/show.h"
#include "wire/json_bind.h"

struct node_body {
    struct bytes id, node, address, datacenter;
    struct json_pairs tagged, meta;
    const struct json_node *locality;
    uint64_t modify;
};

struct op_body {
    struct bytes verb, node;
    struct node_body node_row;
    struct consul_service_row service;
    struct consul_check_row check;
};

#define NODE(member, json, kind) JSON_FIELD(struct node_body, member, json, kind)
static const struct json_field node_fields[] = {
    NODE(id, "ID", STRING),
    NODE(node, "Node", STRING),
    NODE(address, "Address", STRING),
    NODE(datacenter, "Datacenter", STRING),
    NODE(tagged, "TaggedAddresses", STRING_MAP),
    NODE(meta, "Meta", STRING_MAP),
    NODE(locality, "Locality", ANY),
    NODE(modify, "ModifyIndex", UINT),
};
static const struct json_shape node_shape = { .go_name = "Node",
                                              .size = sizeof(struct node_body),
                                              .fields = node_fields,
                                              .field_n = ARRAY_LEN(node_fields),
                                              .is_lenient = true };

/* -- reading ---------------------------------------------------------------------------------- */

static bool read_verb(struct bytes text, enum op_verb *ret)
{
    static const char *const names[] = { [OP_GET] = "get",
                                         [OP_SET] = "set",
                                         [OP_CAS] = "cas",
                                         [OP_DELETE] = "delete",
                                         [OP_DELETE_CAS] = "delete-cas" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (bytes_is(text, names[i])) {
            *ret = (enum op_verb)i;
            return true;
        }
    }
    return false;
}

static void take_verb(struct consul_call *c, struct bytes verb, uint64_t index, const char *what,
                      struct txn_item *ret)
{
    if (!read_verb(verb, &ret->when.verb)) {
        ret->refused =
            arena_printf(consul_arena(c), "unknown %s verb %s", what, consul_quoted(c, verb));
        return;
    }
    ret->writes = ret->when.verb != OP_GET;
    if (ret->when.verb == OP_CAS || ret->when.verb == OP_DELETE_CAS)
        ret->when.index = index;
}

static void need(struct consul_call *c, struct txn_item *item, enum access_kind kind,
                 struct bytes name)
{
    const struct access_question question = { .verb = ACCESS_WRITE, .kind = kind, .name = name };
    if (item->refused == NULL && item->writes)
        item->refused = consul_try(c, &question);
}

/* {"Verb", "Node", and the object WHAT of SHAPE}; rows as they were read may be sent back. */
static enum err bind(struct consul_call *c, const struct json_node *node, const char *what,
                     const struct json_shape *of, size_t offset, struct op_body *ret,
                     struct why *why)
{
    struct json_shape lenient = *of;
    lenient.is_lenient = true;
    const struct json_field fields[] = {
        JSON_FIELD(struct op_body, verb, "Verb", STRING),
        { .name = what, .kind = JSON_BIND_STRUCT, .offset = offset, .shape = &lenient },
        JSON_FIELD(struct op_body, node, "Node", STRING),
    };
    const struct json_shape shape = { .go_name = "TxnOp",
                                      .size = sizeof *ret,
                                      .fields = fields,
                                      .field_n =
                                          offset == offsetof(struct op_body, service) ? 3 : 2 };
    return json_bind(node, &shape, consul_arena(c), ret, why);
}

enum err consul_txn_take_node(struct consul_call *c, const struct json_node *node,
                              struct txn_item *ret, struct why *why)
{
    struct op_body b = { 0 };
    enum err e = bind(c, node, "Node", &node_shape, offsetof(struct op_body, node_row), &b, why);
    if (e != OK)
        return e;
    *ret = (struct txn_item){ .what = TXN_NODE, .node = b.node_row.node };
    ret->node_row = (struct consul_node_row){ .id = b.node_row.id,
                                              .name = b.node_row.node,
                                              .address = b.node_row.address,
                                              .tagged = b.node_row.tagged,
                                              .meta = b.node_row.meta,
                                              .locality = b.node_row.locality };
    take_verb(c, b.verb, b.node_row.modify, "Node", ret);
    need(c, ret, ACCESS_NODE, ret->node);
    return OK;
}

enum err consul_txn_take_service(struct consul_call *c, const struct json_node *node,
                                 struct txn_item *ret, struct why *why)
{
    struct op_body *b = arena_zalloc(consul_arena(c), 1, sizeof *b);
    enum err e = bind(c, node, "Service", &consul_service_row_shape,
                      offsetof(struct op_body, service), b, why);
    if (e != OK)
        return e;
    *ret = (struct txn_item){ .what = TXN_SERVICE, .node = b->node, .service = &b->service };
    ret->id = b->service.id.n > 0 ? b->service.id : b->service.name;
    take_verb(c, b->verb, b->service.modify, "Service", ret);
    need(c, ret, ACCESS_SERVICE, b->service.name);
    return OK;
}

enum err consul_txn_take_check(struct consul_call *c, const struct json_node *node,
                               struct txn_item *ret, struct why *why)
{
    struct op_body *b = arena_zalloc(consul_arena(c), 1, sizeof *b);
    enum err e =
        bind(c, node, "Check", &consul_check_row_shape, offsetof(struct op_body, check), b, why);
    if (e != OK)
        return e;
    *ret = (struct txn_item){ .what = TXN_CHECK, .node = b->check.node, .check = &b->check };
    ret->id = b->check.id.n > 0 ? b->check.id : b->check.name;
    take_verb(c, b->verb, b->check.modify, "Check", ret);
    if (b->check.service_name.n > 0)
        need(c, ret, ACCESS_SERVICE, b->check.service_name);
    else
        need(c, ret, ACCESS_NODE, ret->node);
    return OK;
}

/* -- making the operation --------------------------------------------------------------------- */

static bool is_put(const struct txn_item *item)
{
    return item->when.verb == OP_SET || item->when.verb == OP_CAS;
}

static struct consul_place place_of(struct consul_call *c, const struct txn_item *item)
{
    struct consul_place place = { .node = item->node };
    place.is_member = text_eq_nocase(item->node, bytes_str(c->face->self.node_name));
    if (place.is_member)
        place.address = bytes_str(c->face->self.address);
    return place;
}

static enum err make_node(struct consul_call *c, struct txn_item *item, struct consul_edit *edit,
                          struct why *why)
{
    if (!is_put(item))
        consul_edit_drop_node(edit, item->node);
    else if (!place_of(c, item).is_member) /* a member's node is what it is */
        return consul_row_add_node(&item->node_row, OP_SET, edit, why);
    return OK;
}

static enum err make_service(struct consul_call *c, struct txn_item *item, struct consul_edit *edit,
                             struct why *why)
{
    struct consul_place place = place_of(c, item);
    if (is_put(item))
        return consul_row_add_service(&place, item->service, edit, why);
    consul_edit_drop_instance(edit, &place, item->id);
    return OK;
}

/* What it belongs to is known only to its row, unless it is put. */
static enum err instance_of(const struct consul_rows *rows, const struct txn_item *item,
                            struct bytes *ret)
{
    struct consul_node node;
    struct consul_check check;
    *ret = item->check->service_id;
    enum err e = consul_node_read(rows, item->node, &node);
    if (e == OK)
        e = consul_check_find(rows, &node, item->id, &check);
    if (e == OK)
        *ret = check.instance;
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err make_check(struct consul_call *c, const struct consul_rows *rows,
                           struct txn_item *item, struct consul_edit *edit, struct why *why)
{
    struct consul_place place = place_of(c, item);
    struct bytes instance;
    if (is_put(item))
        return consul_row_add_check(&place, item->check, edit, why);
    enum err e = instance_of(rows, item, &instance);
    if (e == OK)
        consul_edit_drop_check(edit, &place, instance, item->id);
    return e;
}

static struct op_when *when_of(struct change_op *op)
{
    return op->kind == CHANGE_NODE    ? &op->node.when
           : op->kind == CHANGE_CHECK ? &op->check.when
                                      : &op->publication.when;
}

/* The names that it was sent with say nothing of what stands under its id. */
static enum err vet(struct consul_call *c, const struct consul_rows *rows, struct txn_item *item)
{
    struct consul_node node;
    struct consul_check check;
    struct consul_service service;
    enum err e = consul_node_read(rows, item->node, &node);
    if (e == OK && item->what == TXN_SERVICE) {
        e = consul_registered_read(rows, &node, item->id, &service);
        if (e == OK)
            need(c, item, ACCESS_SERVICE, service.name);
    } else if (e == OK && item->what == TXN_CHECK) {
        e = consul_check_find(rows, &node, item->id, &check);
        if (e == OK && check.service.n > 0)
            need(c, item, ACCESS_SERVICE, check.service);
        else if (e == OK)
            need(c, item, ACCESS_NODE, item->node);
        if ((e == OK || e == ERR_NOT_FOUND) && item->check->service_id.n > 0) {
            e = consul_registered_read(rows, &node, item->check->service_id, &service);
            if (e == OK)
                need(c, item, ACCESS_SERVICE, service.name);
        }
    }
    return e == ERR_NOT_FOUND ? OK : e;
}

/* False: nothing can stand under the names of ITEM, so there is nothing to delete, either. */
static bool has_names(const struct txn_item *item)
{
    bool may_have_none = item->what != TXN_CHECK || is_put(item);
    return is_name(item->node, NODE_NAME_MAX) &&
           ((item->id.n == 0 && may_have_none) || item->what == TXN_NODE ||
            is_name(item->id, INSTANCE_ID_MAX));
}

enum err consul_txn_make(struct consul_call *c, const struct consul_rows *rows,
                         struct txn_item *item)
{
    struct consul_edit edit = consul_edit_new(c);
    struct why why = { "" };
    enum err e = item->writes && item->node.n > 0 ? vet(c, rows, item) : OK;
    if (e != OK || item->refused != NULL)
        return e;
    e = item->node.n == 0 ? why_set(&why, ERR_INVALID, "Must provide node")
        : !has_names(item)
            ? why_set(&why, ERR_INVALID, "a name is missing, too long, or holds a zero byte")
        : item->what == TXN_NODE    ? make_node(c, item, &edit, &why)
        : item->what == TXN_SERVICE ? make_service(c, item, &edit, &why)
                                    : make_check(c, rows, item, &edit, &why);
    if (e == ERR_INVALID) {
        item->refused = consul_text(c, bytes_str(why.text));
        return OK;
    }
    if (e == OK && edit.n > 0) {
        item->has_op = true;
        item->op = edit.ops[0];
        *when_of(&item->op) = item->when;
        item->has_more = edit.n > 1;
        if (item->has_more)
            item->more = edit.ops[1];
    }
    return e;
}

/* -- what is said of it ----------------------------------------------------------------------- */

static const char *name_of(struct consul_call *c, const struct txn_item *item)
{
    struct arena *a = consul_arena(c);
    const char *node = consul_quoted(c, item->node);
    if (item->what == TXN_NODE)
        return arena_printf(a, "node %s", node);
    return arena_printf(a, "%s %s on node %s", item->what == TXN_SERVICE ? "service" : "check",
                        consul_quoted(c, item->id), node);
}

const char *consul_txn_refusal(struct consul_call *c, const struct txn_item *item,
                               const struct change_result *result)
{
    struct arena *a = consul_arena(c);
    switch (result->refusal) {
    case CHANGE_STALE:
        return arena_printf(a, "failed to %s %s, index is stale", is_put(item) ? "set" : "delete",
                            name_of(c, item));
    case CHANGE_NO_NODE:
        return "Missing node registration";
    case CHANGE_NO_SERVICE:
        return "Missing service registration";
    case CHANGE_NAME_TAKEN:
        return consul_name_taken_text(c, result);
    case CHANGE_DONE:
    case CHANGE_ABSENT:
    case CHANGE_NO_LEASE:
    case CHANGE_OTHER:
        break;
    }
    return arena_printf(a, "%s doesn't exist", name_of(c, item));
}

static enum err show_service(struct consul_call *c, const struct consul_rows *rows,
                             const struct consul_node *node, const struct txn_item *item,
                             struct json_writer *j)
{
    struct consul_service service;
    enum err e = consul_registered_read(rows, node, item->id, &service);
    if (e != OK || !consul_may(c, ACCESS_READ, ACCESS_SERVICE, service.name))
        return e;
    json_open_object(j);
    json_put_name(j, "Service");
    consul_show_node_service(j, &service);
    json_close_object(j);
    return OK;
}

static enum err show_check(struct consul_call *c, const struct consul_rows *rows,
                           const struct consul_node *node, const struct txn_item *item,
                           struct json_writer *j)
{
    struct consul_check check;
    struct consul_service service;
    enum err e = consul_check_find(rows, node, item->id, &check);
    if (e != OK || !consul_may(c, ACCESS_READ, ACCESS_NODE, item->node))
        return e;
    if (check.instance.n > 0 &&
        consul_registered_read(rows, node, check.instance, &service) == OK) {
        check.tags = service.tags;
        check.tag_n = service.tag_n;
    }
    check.no_tags_is_null = true;
    json_open_object(j);
    json_put_name(j, "Check");
    consul_show_check(j, &check);
    json_close_object(j);
    return OK;
}

enum err consul_txn_show(struct consul_call *c, const struct consul_rows *rows,
                         const struct txn_item *item, struct json_writer *j)
{
    struct consul_node node;
    if (item->when.verb == OP_DELETE || item->when.verb == OP_DELETE_CAS)
        return OK;
    enum err e = consul_node_read(rows, item->node, &node);
    if (e != OK)
        return e;
    if (item->what == TXN_SERVICE)
        return show_service(c, rows, &node, item, j);
    if (item->what == TXN_CHECK)
        return show_check(c, rows, &node, item, j);
    if (!consul_may(c, ACCESS_READ, ACCESS_NODE, item->node))
        return OK;
    json_open_object(j);
    json_put_name(j, "Node");
    consul_show_node(j, &node, c->face->self.datacenter);
    json_close_object(j);
    return OK;
}

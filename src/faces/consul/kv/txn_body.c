/* A list of objects, each with one operation. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/kv/txn.h"
#include "faces/consul/rows/rows.h"
#include "wire/json_bind.h"

struct kv_body {
    struct bytes verb, key, value, session, ns;
    uint64_t flags, index;
};

struct item_body {
    struct kv_body *kv;
    const struct json_node *node, *service, *check;
};

static const struct json_field kv_fields[] = {
    JSON_FIELD(struct kv_body, verb, "Verb", STRING),
    JSON_FIELD(struct kv_body, key, "Key", STRING),
    JSON_FIELD(struct kv_body, value, "Value", BASE64),
    JSON_FIELD(struct kv_body, flags, "Flags", UINT),
    JSON_FIELD(struct kv_body, index, "Index", UINT),
    JSON_FIELD(struct kv_body, session, "Session", STRING),
    JSON_FIELD(struct kv_body, ns, "Namespace", STRING),
    JSON_FIELD(struct kv_body, ns, "Partition", STRING),
};
static const struct json_shape kv_shape = { .go_name = "KVTxnOp",
                                            .size = sizeof(struct kv_body),
                                            .fields = kv_fields,
                                            .field_n = ARRAY_LEN(kv_fields) };

static const struct json_field item_fields[] = {
    JSON_FIELD_OF(struct item_body, kv, "KV", POINTER, &kv_shape),
    JSON_FIELD(struct item_body, node, "Node", ANY),
    JSON_FIELD(struct item_body, service, "Service", ANY),
    JSON_FIELD(struct item_body, check, "Check", ANY),
};
static const struct json_shape item_shape = { .go_name = "TxnOp",
                                              .size = sizeof(struct item_body),
                                              .fields = item_fields,
                                              .field_n = ARRAY_LEN(item_fields) };

/* -- pairs ------------------------------------------------------------------------------------ */

static bool read_verb(struct bytes text, enum kv_verb *ret)
{
    static const char *const names[KV_VERBS] = {
        [KV_SET] = "set",
        [KV_CAS] = "cas",
        [KV_LOCK] = "lock",
        [KV_UNLOCK] = "unlock",
        [KV_GET] = "get",
        [KV_GET_OR_EMPTY] = "get-or-empty",
        [KV_GET_TREE] = "get-tree",
        [KV_CHECK_INDEX] = "check-index",
        [KV_CHECK_SESSION] = "check-session",
        [KV_CHECK_NOT_EXISTS] = "check-not-exists",
        [KV_DELETE] = "delete",
        [KV_DELETE_TREE] = "delete-tree",
        [KV_DELETE_CAS] = "delete-cas",
    };
    for (int i = 0; i < KV_VERBS; i++) {
        if (bytes_is(text, names[i])) {
            *ret = (enum kv_verb)i;
            return true;
        }
    }
    return false;
}

/* What a caller may not do is refused by itself (NULL: he may); what may not be seen is left out of
 * the answer. */
static const char *try_op(struct consul_call *c, const struct kv_op *op)
{
    if (op->verb == KV_GET || op->verb == KV_GET_OR_EMPTY || op->verb == KV_GET_TREE)
        return NULL;
    const struct access_question question = {
        .verb = kv_verb_writes(op->verb) ? ACCESS_WRITE : ACCESS_READ,
        .kind = ACCESS_KEY,
        .extent = op->verb == KV_DELETE_TREE ? ACCESS_UNDER : ACCESS_ONE,
        .name = op->key,
    };
    return consul_try(c, &question);
}

static bool take_kv(struct consul_call *c, const struct kv_body *body, struct txn_item *ret)
{
    if (body->value.n > KV_VALUE_MAX || body->key.n > KV_KEY_MAX) {
        bool key = body->key.n > KV_KEY_MAX;
        consul_refuse_text(c, 413, "%s for key %s is too large (%zu > %d bytes)",
                           key ? "Name" : "Value", consul_quoted(c, body->key),
                           key ? body->key.n : body->value.n, key ? KV_KEY_MAX : KV_VALUE_MAX);
        return false;
    }
    struct kv_op op = { .key = body->key,
                        .value = body->value,
                        .flags = body->flags,
                        .index = body->index,
                        .session = consul_session_id(body->session) };
    *ret = (struct txn_item){ .op = { .kind = CHANGE_KV, .ns = bytes_str(CONSUL_NS) },
                              .session = body->session };
    if (!read_verb(body->verb, &op.verb))
        ret->refused =
            arena_printf(consul_arena(c), "unknown KV verb %s", consul_quoted(c, body->verb));
    else
        ret->refused = try_op(c, &op);
    ret->op.kv = op;
    ret->has_op = true;
    ret->writes = kv_verb_writes(op.verb);
    return true;
}

/* -- the list --------------------------------------------------------------------------------- */

static bool is_given(const struct json_node *node)
{
    return node != NULL && node->kind != JSON_NODE_NULL;
}

static bool take_item(struct consul_call *c, const struct json_node *node, struct txn_item *ret)
{
    struct item_body body = { 0 };
    struct why why = { "" };
    if (json_bind(node, &item_shape, consul_arena(c), &body, &why) != OK) {
        consul_refuse_text(c, 400, "Failed to parse body: %s", why.text);
        return false;
    }
    enum err e = OK;
    if (body.kv != NULL)
        return take_kv(c, body.kv, ret);
    if (is_given(body.node))
        e = consul_txn_take_node(c, body.node, ret, &why);
    else if (is_given(body.service))
        e = consul_txn_take_service(c, body.service, ret, &why);
    else if (is_given(body.check))
        e = consul_txn_take_check(c, body.check, ret, &why);
    else
        *ret = (struct txn_item){ .refused = "no operation specified" };
    if (e != OK)
        consul_refuse_text(c, 400, "Failed to parse body: %s", why.text);
    return e == OK;
}

static size_t count(const struct json_node *list)
{
    size_t n = 0;
    for (const struct json_node *i = list->first; i != NULL; i = i->next)
        n++;
    return n;
}

bool consul_txn_read(struct consul_call *c, struct txn_request *ret)
{
    const struct json_node *list;
    struct why why = { "" };
    if (json_read(http_body(c->request), consul_arena(c), &list, &why) != OK) {
        consul_refuse_text(c, 400, "Failed to parse body: %s", why.text);
        return false;
    }
    if (list->kind != JSON_NODE_ARRAY && list->kind != JSON_NODE_NULL) {
        consul_refuse_text(c, 400,
                           "Failed to parse body: json: cannot unmarshal object into Go "
                           "value of type api.TxnOps");
        return false;
    }
    size_t n = count(list);
    if (n > TXN_OPS_MAX) {
        consul_refuse_text(c, 413, "Transaction contains too many operations (%zu > %d)", n,
                           TXN_OPS_MAX);
        return false;
    }
    *ret = (struct txn_request){ .items = arena_zalloc(consul_arena(c), n, sizeof *ret->items) };
    for (const struct json_node *i = list->first; i != NULL; i = i->next) {
        struct txn_item *item = &ret->items[ret->n++];
        if (!take_item(c, i, item))
            return false;
        ret->writes |= item->writes;
        ret->has_registry |= item->what != TXN_KV;
    }
    return true;
}

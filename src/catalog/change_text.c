/* Verb, kind, names; the namespace only where it is not the default one. */
#include "catalog/change_text.h"

static const char *verb_word(enum op_verb verb)
{
    static const char *const words[] = { [OP_GET] = "get",
                                         [OP_SET] = "set",
                                         [OP_CAS] = "cas",
                                         [OP_DELETE] = "delete",
                                         [OP_DELETE_CAS] = "delete-cas",
                                         [OP_ENSURE] = "ensure" };
    return words[verb];
}

static const char *object_word(enum object_kind kind)
{
    static const char *const words[OBJECT_KINDS] = { [OBJECT_CONFIG] = "config",
                                                     [OBJECT_QUERY] = "query",
                                                     [OBJECT_COORDINATE] = "coordinate",
                                                     [OBJECT_VIRTUAL] = "virtual address" };
    return words[kind];
}

static const char *kv_word(enum kv_verb verb)
{
    static const char *const words[KV_VERBS] = {
        "set",          "cas",         "lock",        "unlock",        "get",
        "get-or-empty", "get-tree",    "check-index", "check-session", "check-not-exists",
        "delete",       "delete-tree", "delete-cas"
    };
    return words[verb];
}

static void put_words(struct buf *out, const char *verb, const char *kind)
{
    buf_printf(out, "%s %s ", verb, kind);
}

static void put_service(struct buf *out, struct bytes group, struct bytes name)
{
    if (name.n == 0)
        return;
    buf_put_bytes(out, group);
    buf_put_str(out, "@@");
    buf_put_bytes(out, name);
    buf_put_str(out, " ");
}

static void put_pair(struct buf *out, struct bytes a, struct bytes b)
{
    buf_put_bytes(out, a);
    if (a.n > 0 && b.n > 0)
        buf_put_str(out, "/");
    buf_put_bytes(out, b);
}

static void put_id(struct buf *out, const struct uuid *id)
{
    char text[UUID_TEXT + 1];
    uuid_print(id, text);
    buf_put_str(out, text);
}

static void say_publication(const struct publication_op *op, struct buf *out)
{
    put_words(out, verb_word(op->when.verb), "publication");
    put_service(out, op->group, op->name);
    buf_put_str(out, "of ");
    put_pair(out, op->owner.name, op->owner.part);
}

static void put_check(struct buf *out, struct bytes node, struct bytes instance, struct bytes id)
{
    buf_put_bytes(out, id);
    buf_put_str(out, " of ");
    put_pair(out, node, instance);
}

static void say_check(const struct check_op *op, struct buf *out)
{
    put_words(out, verb_word(op->when.verb), "check");
    put_check(out, op->node, op->instance, op->id);
}

static void say_report(const struct report_op *op, struct buf *out)
{
    buf_put_str(out, "report of check ");
    put_check(out, op->node, op->instance, op->id);
}

static void say_overlay(const struct overlay_op *op, struct buf *out)
{
    put_words(out, verb_word(op->when.verb), "overlay");
    put_service(out, op->group, op->name);
    buf_put_str(out, "at ");
    buf_put_bytes(out, op->address);
    buf_printf(out, ":%u", (unsigned)op->port);
}

static void say(const struct change_op *op, struct buf *out)
{
    switch (op->kind) {
    case CHANGE_NODE:
        put_words(out, verb_word(op->node.when.verb), "node");
        buf_put_bytes(out, op->node.name);
        break;
    case CHANGE_PUBLICATION:
        say_publication(&op->publication, out);
        break;
    case CHANGE_CHECK:
        say_check(&op->check, out);
        break;
    case CHANGE_OVERLAY:
        say_overlay(&op->overlay, out);
        break;
    case CHANGE_SERVICE:
        put_words(out, verb_word(op->service.when.verb), "service");
        put_pair(out, op->service.group, op->service.name);
        break;
    case CHANGE_OBJECT:
        put_words(out, verb_word(op->object.when.verb), object_word(op->object.kind));
        put_pair(out, op->object.type, op->object.name);
        break;
    case CHANGE_KV:
        put_words(out, kv_word(op->kv.verb), "pair");
        buf_put_bytes(out, op->kv.key);
        break;
    case CHANGE_SESSION_CREATE:
        buf_put_str(out, "create session ");
        put_id(out, &op->session.id);
        break;
    case CHANGE_SESSION_END:
        buf_put_str(out, "end session ");
        put_id(out, &op->session_end);
        break;
    case CHANGE_EVENT:
        buf_put_str(out, "fire event ");
        buf_put_bytes(out, op->event.name);
        break;
    case CHANGE_VIRTUAL:
        buf_put_str(out, "give a virtual address to ");
        buf_put_bytes(out, op->virtual_of);
        break;
    case CHANGE_REPORT:
        say_report(&op->report, out);
        break;
    case CHANGE_KINDS:
        break;
    }
}

void change_op_say(const struct change_op *op, struct buf *out)
{
    say(op, out);
    if (!bytes_is(op->ns, NAMESPACE_DEFAULT)) {
        buf_put_str(out, " in ");
        buf_put_bytes(out, op->ns);
    }
}

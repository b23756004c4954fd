/* A format, how many, then each operation: its kind, its namespace, and a run of its own. */
#include "catalog/change.h"

#include "catalog/label.h"

static void put_op(const struct change_op *op, struct buf *out)
{
    switch (op->kind) {
    case CHANGE_NODE:
        node_op_put(&op->node, out);
        break;
    case CHANGE_PUBLICATION:
        publication_op_put(&op->publication, out);
        break;
    case CHANGE_CHECK:
        check_op_put(&op->check, out);
        break;
    case CHANGE_OVERLAY:
        overlay_op_put(&op->overlay, out);
        break;
    case CHANGE_SERVICE:
        service_op_put(&op->service, out);
        break;
    case CHANGE_OBJECT:
        object_op_put(&op->object, out);
        break;
    case CHANGE_KV:
        kv_op_put(&op->kv, out);
        break;
    case CHANGE_SESSION_CREATE:
        session_create_put(&op->session, out);
        break;
    case CHANGE_SESSION_END:
        buf_put_bytes(out, uuid_bytes(&op->session_end));
        break;
    case CHANGE_EVENT:
        user_event_put(&op->event, out);
        break;
    case CHANGE_VIRTUAL:
        buf_put_run(out, op->virtual_of);
        break;
    case CHANGE_REPORT:
        report_op_put(&op->report, out);
        break;
    case CHANGE_KINDS:
        break;
    }
}

static bool adds(const struct change_op *op)
{
    switch (op->kind) {
    case CHANGE_NODE:
        return op_puts(op->node.when.verb);
    case CHANGE_PUBLICATION:
        return op_puts(op->publication.when.verb);
    case CHANGE_CHECK:
        return op_puts(op->check.when.verb);
    case CHANGE_OVERLAY:
        return op_puts(op->overlay.when.verb);
    case CHANGE_SERVICE:
        return op_puts(op->service.when.verb);
    case CHANGE_OBJECT:
        return op_puts(op->object.when.verb);
    case CHANGE_KV:
        return kv_verb_puts(op->kv.verb);
    case CHANGE_SESSION_CREATE:
    case CHANGE_EVENT:
    case CHANGE_VIRTUAL:
    case CHANGE_REPORT:
        return true;
    case CHANGE_SESSION_END:
    case CHANGE_KINDS:
        break;
    }
    return false;
}

bool change_adds(const struct change_op *ops, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (adds(&ops[i]))
            return true;
    return false;
}

void change_write(const struct change_op *ops, size_t n, struct buf *out)
{
    buf_put_u8(out, CHANGE_FORMAT);
    buf_put_u16(out, (uint16_t)n);
    for (size_t i = 0; i < n; i++) {
        buf_put_u8(out, (uint8_t)ops[i].kind);
        buf_put_run(out, ops[i].ns);
        uint8_t *size = buf_extend(out, 4);
        size_t from = out->n;
        put_op(&ops[i], out);
        if (size == NULL || out->full)
            return;
        struct buf run = { .p = out->p + from - 4, .room = 4, .max = 4 };
        buf_put_u32(&run, (uint32_t)(out->n - from));
    }
}

static void take_op(struct rd *r, struct arena *arena, struct change_op *op)
{
    struct bytes id;
    switch (op->kind) {
    case CHANGE_NODE:
        op->node = node_op_take(r, arena);
        return;
    case CHANGE_PUBLICATION:
        op->publication = publication_op_take(r, arena);
        return;
    case CHANGE_CHECK:
        op->check = check_op_take(r);
        return;
    case CHANGE_OVERLAY:
        op->overlay = overlay_op_take(r, arena);
        return;
    case CHANGE_SERVICE:
        op->service = service_op_take(r, arena);
        return;
    case CHANGE_OBJECT:
        op->object = object_op_take(r, arena);
        return;
    case CHANGE_KV:
        op->kv = kv_op_take(r);
        return;
    case CHANGE_SESSION_CREATE:
        op->session = session_create_take(r, arena);
        return;
    case CHANGE_SESSION_END:
        id = rd_take(r, UUID_BYTES);
        if (r->err == OK)
            memcpy(op->session_end.b, id.p, UUID_BYTES);
        return;
    case CHANGE_EVENT:
        op->event = user_event_take(r);
        return;
    case CHANGE_VIRTUAL:
        op->virtual_of = rd_text(r, OBJECT_NAME_MAX);
        if (!is_name(op->virtual_of, OBJECT_NAME_MAX))
            rd_fail(r, ERR_MALFORMED);
        return;
    case CHANGE_REPORT:
        op->report = report_op_take(r);
        return;
    case CHANGE_KINDS:
        break;
    }
    rd_fail(r, ERR_MALFORMED);
}

static void take_run(struct rd *r, struct arena *arena, struct change_op *op)
{
    uint8_t kind = rd_u8(r);
    op->kind = kind < CHANGE_KINDS ? (enum change_kind)kind : CHANGE_KINDS;
    op->ns = rd_text(r, NAMESPACE_MAX);
    if (r->err == OK && !is_name(op->ns, NAMESPACE_MAX))
        rd_fail(r, ERR_MALFORMED);
    struct rd own;
    rd_init(&own, rd_run(r));
    if (r->err != OK)
        return;
    take_op(&own, arena, op);
    enum err e = rd_end(&own);
    if (e != OK)
        rd_fail(r, e == ERR_TRUNCATED ? ERR_MALFORMED : e);
}

enum err change_read(struct bytes body, struct arena *arena, struct change_op **ret, size_t *ret_n)
{
    enum { OP_MIN_BYTES = 10 };
    struct rd r;
    rd_init(&r, body);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != CHANGE_FORMAT)
        return ERR_VERSION;
    size_t n = rd_count(&r, CHANGE_OPS_MAX, OP_MIN_BYTES);
    if (r.err == OK && n == 0)
        rd_fail(&r, ERR_MALFORMED);
    struct change_op *ops = arena_zalloc(arena, n, sizeof *ops);
    for (size_t i = 0; i < n && r.err == OK; i++)
        take_run(&r, arena, &ops[i]);
    enum err e = rd_end(&r);
    if (e == OK) {
        *ret = ops;
        *ret_n = n;
    }
    return e;
}

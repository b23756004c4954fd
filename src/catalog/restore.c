/* Items and commands as bytes; docs/formats.md. */
#include "catalog/restore.h"

#include "catalog/label.h"
#include "catalog/publication.h"

/* -- items ------------------------------------------------------------------------------------ */

void restore_item_write(const struct restore_item *item, struct buf *out)
{
    buf_put_u8(out, (uint8_t)item->kind);
    switch (item->kind) {
    case RESTORE_LEASE:
        lease_grant_encode(&item->lease, out);
        break;
    case RESTORE_CHANGE:
        change_write(&item->change, 1, out);
        break;
    case RESTORE_PAIR:
        buf_put_run(out, item->pair.key);
        buf_put_run(out, item->pair.row);
        break;
    case RESTORE_SYSTEM:
        buf_put_u64(out, (uint64_t)item->system.lease);
        buf_put_run(out, item->system.key);
        buf_put_run(out, item->system.value);
        break;
    case RESTORE_KINDS:
        break;
    }
}

static enum err read_lease(struct bytes bytes, struct restore_item *item)
{
    enum err e = lease_grant_decode(bytes, &item->lease);
    if (e != OK)
        return e;
    bool good =
        item->lease.id != 0 && item->lease.remove_ms != 0 && item->lease.face == FACE_CONSUL;
    return good ? OK : ERR_MALFORMED;
}

/* What a snapshot has of a kind: things as they stand, no conditions. */
static bool is_standing(const struct change_op *op)
{
    switch (op->kind) {
    case CHANGE_NODE:
        return op->node.when.verb == OP_SET;
    case CHANGE_PUBLICATION:
        return op->publication.when.verb == OP_SET && op->publication.owner.face == FACE_CONSUL &&
               op->publication.owner.name.n > 0 && op->publication.lease == 0;
    case CHANGE_CHECK:
        return op->check.when.verb == OP_SET;
    case CHANGE_OBJECT:
        return op->object.when.verb == OP_SET;
    case CHANGE_SESSION_CREATE:
        return true;
    case CHANGE_OVERLAY:
    case CHANGE_SERVICE:
    case CHANGE_KV:
    case CHANGE_SESSION_END:
    case CHANGE_EVENT:
    case CHANGE_VIRTUAL:
    case CHANGE_REPORT:
    case CHANGE_KINDS:
        break;
    }
    return false;
}

static enum err read_change(struct bytes bytes, struct arena *arena, struct restore_item *item)
{
    struct change_op *ops;
    size_t n;
    enum err e = change_read(bytes, arena, &ops, &n);
    if (e != OK)
        return e;
    if (n != 1 || !is_standing(ops))
        return ERR_MALFORMED;
    item->change = *ops;
    return OK;
}

static enum err read_pair(struct bytes bytes, struct restore_item *item)
{
    struct rd r;
    struct kv_pair pair;
    rd_init(&r, bytes);
    item->pair.key = rd_run(&r);
    item->pair.row = rd_run(&r);
    enum err e = rd_end(&r);
    if (e == OK && (item->pair.key.n == 0 || item->pair.key.n > KV_KEY_MAX))
        e = item->pair.key.n == 0 ? ERR_MALFORMED : ERR_TOO_BIG;
    return e == OK ? kv_pair_read(item->pair.row, &pair) : e;
}

static enum err read_system(struct bytes bytes, struct restore_item *item)
{
    struct rd r;
    rd_init(&r, bytes);
    item->system.lease = (int64_t)rd_u64(&r);
    item->system.key = rd_run(&r);
    item->system.value = rd_run(&r);
    enum err e = rd_end(&r);
    return e == OK && item->system.key.n == 0 ? ERR_MALFORMED : e;
}

enum err restore_item_read(struct bytes bytes, struct arena *arena, struct restore_item *ret)
{
    struct restore_item item = { .kind = RESTORE_KINDS };
    if (bytes.n == 0)
        return ERR_TRUNCATED;
    uint8_t kind = bytes.p[0];
    struct bytes rest = bytes_skip(bytes, 1);
    enum err e = OK;
    if (kind == 0 || kind >= RESTORE_KINDS)
        return ERR_VERSION;
    item.kind = (enum restore_kind)kind;
    switch (item.kind) {
    case RESTORE_LEASE:
        e = read_lease(rest, &item);
        break;
    case RESTORE_CHANGE:
        e = read_change(rest, arena, &item);
        break;
    case RESTORE_PAIR:
        e = read_pair(rest, &item);
        break;
    case RESTORE_SYSTEM:
        e = read_system(rest, &item);
        break;
    case RESTORE_KINDS:
        break;
    }
    if (e == OK)
        *ret = item;
    return e;
}

/* -- commands --------------------------------------------------------------------------------- */

void restore_begin(struct bytes ns, const struct bytes *prefixes, size_t n, struct buf *out)
{
    buf_put_u8(out, RESTORE_FORMAT);
    buf_put_run(out, ns);
    buf_put_u16(out, (uint16_t)n);
    for (size_t i = 0; i < n; i++)
        buf_put_run(out, prefixes[i]);
}

void restore_add(const struct restore_item *item, struct buf *out)
{
    uint8_t *size = buf_extend(out, 4);
    size_t from = out->n;
    restore_item_write(item, out);
    if (size == NULL || out->full)
        return;
    struct buf run = { .p = out->p + from - 4, .room = 4, .max = 4 };
    buf_put_u32(&run, (uint32_t)(out->n - from));
}

enum err restore_body_read(struct bytes body, struct restore_body *ret)
{
    struct restore_body b = { 0 };
    struct rd r;
    rd_init(&r, body);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != RESTORE_FORMAT)
        return ERR_VERSION;
    b.ns = rd_text(&r, NAMESPACE_MAX);
    if (r.err == OK && !is_name(b.ns, NAMESPACE_MAX))
        rd_fail(&r, ERR_MALFORMED);
    b.prefix_n = rd_count(&r, RESTORE_PREFIXES_MAX, 4);
    for (size_t i = 0; i < b.prefix_n && r.err == OK; i++) {
        b.prefixes[i] = rd_run(&r);
        if (b.prefixes[i].n == 0 || b.prefixes[i].n > RESTORE_PREFIX_MAX)
            rd_fail(&r, ERR_MALFORMED);
    }
    b.items = r;
    if (r.err == OK)
        *ret = b;
    return r.err;
}

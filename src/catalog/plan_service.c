/* Overlays, services as such, and objects: rows that are put and removed alone. */
#include "catalog/plan.h"
#include "catalog/virtual.h"

/* True if what stands at KEY changes. */
static enum err put_or_remove(struct plan *p, struct bytes key, const struct op_when *when,
                              struct bytes row, struct change_result *ret, bool *ret_changed)
{
    struct standing s;
    *ret_changed = false;
    enum err e = plan_look(p, key, &s);
    if (e != OK || !plan_allows(when, &s, ret))
        return e;
    if (op_puts(when->verb)) {
        *ret_changed = plan_put(p, key, &s, row);
    } else if (when->verb != OP_GET && s.there) {
        draft_remove(p->draft, SPACE_CATALOG, key);
        *ret_changed = true;
    }
    return plan_show(p, key, when->verb, ret);
}

enum err plan_overlay(struct plan *p, struct bytes ns, const struct overlay_op *op,
                      struct change_result *ret)
{
    struct service_id id = { .ns = ns, .group = op->group, .name = op->name };
    struct buf *key = plan_key(p);
    bool changed;
    overlay_key(&id, op->address, op->port, op->cluster, key);
    struct place place = { op->address, op->port, op->cluster };
    enum err e = put_or_remove(p, buf_bytes(key), &op->when, op->row, ret, &changed);
    if (e == OK && changed) {
        plan_touch_service(p, &id, 0);
        plan_touch_place(p, &id, &place);
    }
    return e;
}

enum err plan_service(struct plan *p, struct bytes ns, const struct service_op *op,
                      struct change_result *ret)
{
    struct service_id id = { .ns = ns, .group = op->group, .name = op->name };
    struct buf *key = plan_key(p);
    bool changed;
    service_key(&id, key);
    enum err e = put_or_remove(p, buf_bytes(key), &op->when, op->row, ret, &changed);
    if (e == OK && changed)
        plan_touch_service(p, &id, 0);
    return e;
}

enum err plan_object(struct plan *p, struct bytes ns, const struct object_op *op,
                     struct change_result *ret)
{
    struct buf *key = plan_key(p);
    bool changed;
    object_key(op->kind, ns, op->type, op->name, key);
    enum err e = put_or_remove(p, buf_bytes(key), &op->when, op->row, ret, &changed);
    return e == OK && changed && op->kind == OBJECT_VIRTUAL && op_puts(op->when.verb)
               ? virtual_plan_put(p->draft, ns, op->row)
               : e;
}

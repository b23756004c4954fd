/* Checks of nodes and of what is published from them. */
#include "base/text.h"
#include "catalog/draft_keys.h"
#include "catalog/key_read.h"
#include "catalog/node.h"
#include "catalog/plan.h"
#include "catalog/session_plan.h"

static struct bytes key_of(struct plan *p, const struct check_id *at)
{
    struct buf *key = plan_key(p);
    check_key(at, key);
    return buf_bytes(key);
}

/* WAS is the status that it had: one that stays shows nowhere else. */
static enum err touch_checked(struct plan *p, const struct check_id *at, const struct check *check,
                              enum status was, enum status is)
{
    struct service_id id = { .ns = at->ns, .group = check->group, .name = check->service };
    if (check->service.n == 0)
        plan_touch_node(p, at->ns, at->node, false);
    else
        plan_touch_service(p, &id, 0);
    return was == is ? OK : plan_touch_published(p, at->ns, at->node, at->instance);
}

/* Sessions that depend on the check end when it is critical, or gone. */
static enum err end_sessions(struct plan *p, struct bytes ns, struct bytes node, struct bytes id)
{
    return sessions_invalidate_for(p->draft, ns, node, id, p->age_ms);
}

/* CHECK with the service of what it belongs to; refused if that is not there. */
static enum err complete(struct plan *p, struct bytes ns, const struct check_op *op,
                         struct check *check, struct change_result *ret)
{
    struct owner owner = { .face = FACE_CONSUL, .name = op->node, .part = op->instance };
    struct service_id id;
    bool there = op->of_member;
    enum err e = there ? OK : plan_node_is_there(p, ns, op->node, &there);
    if (e != OK || !there) {
        ret->refusal = CHANGE_NO_NODE;
        return e;
    }
    if (op->instance.n == 0)
        return OK;
    e = plan_find_from_node(p, ns, &owner, &id);
    if (e == ERR_NOT_FOUND) {
        ret->refusal = CHANGE_NO_SERVICE;
        return OK;
    }
    if (e == OK) {
        check->group = id.group;
        check->service = id.name;
    }
    return e;
}

static enum err status_of(const struct standing *s, enum status *ret)
{
    struct check check;
    *ret = STATUS_UP; /* one that is not there is no worse */
    if (!s->there)
        return OK;
    if (check_read(s->row.value, &check) != OK)
        return ERR_DAMAGED;
    *ret = check.status;
    return OK;
}

/* CHECK stands from now on, where S did. */
static enum err put_row(struct plan *p, const struct check_id *at, const struct standing *s,
                        const struct check *check, enum status was)
{
    struct buf *row = plan_row(p);
    check_write(check, row);
    if (!plan_put(p, key_of(p, at), s, buf_bytes(row)))
        return OK;
    enum err e = touch_checked(p, at, check, was, check->status);
    if (e == OK && check->status == STATUS_DOWN)
        e = end_sessions(p, at->ns, at->node, check->id);
    return e;
}

static enum err put_check(struct plan *p, const struct check_id *at, const struct check_op *op,
                          const struct standing *s, struct change_result *ret)
{
    struct check check;
    enum status was;
    enum err e = check_read(op->row, &check);
    if (e == OK)
        e = complete(p, at->ns, op, &check, ret);
    if (e == OK)
        e = status_of(s, &was);
    if (e != OK || ret->refusal != CHANGE_DONE)
        return e;
    return put_row(p, at, s, &check, was);
}

/* ROW stands at KEY, and goes. */
static enum err remove_check(struct plan *p, struct bytes key, struct bytes row)
{
    struct check check;
    struct check_id at;
    key = arena_dup(p->arena, key); /* it may be the scratch */
    if (check_read(row, &check) != OK || check_key_read(key, &at) != OK)
        return ERR_DAMAGED;
    draft_remove(p->draft, SPACE_CATALOG, key);
    enum err e = touch_checked(p, &at, &check, check.status, STATUS_UP);
    return e == OK ? end_sessions(p, at.ns, at.node, check.id) : e;
}

enum err plan_check(struct plan *p, struct bytes ns, const struct check_op *op,
                    struct change_result *ret)
{
    struct check_id at = { ns, op->node, op->instance, op->id };
    struct standing s;
    enum err e = plan_look(p, key_of(p, &at), &s);
    if (e != OK || !plan_allows(&op->when, &s, ret))
        return e;
    if (op_puts(op->when.verb))
        e = put_check(p, &at, op, &s, ret);
    else if (op->when.verb != OP_GET && s.there)
        e = remove_check(p, key_of(p, &at), s.row.value);
    if (e != OK || ret->refusal != CHANGE_DONE)
        return e;
    return plan_show(p, key_of(p, &at), op->when.verb, ret);
}

enum err plan_report(struct plan *p, struct bytes ns, const struct report_op *op,
                     struct change_result *ret)
{
    struct check_id at = { ns, op->node, op->instance, op->id };
    struct standing s;
    struct check check;
    enum err e = plan_look(p, key_of(p, &at), &s);
    if (e != OK)
        return e;
    if (!s.there) {
        ret->refusal = CHANGE_ABSENT;
        return OK;
    }
    if (check_read(s.row.value, &check) != OK)
        return ERR_DAMAGED;
    enum status was = check.status;
    check.status = op->status;
    check.output = op->output;
    e = put_row(p, &at, &s, &check, was);
    return e == OK ? plan_show(p, key_of(p, &at), OP_SET, ret) : e;
}

static enum err list_checks(struct plan *p, struct bytes ns, struct bytes node,
                            struct bytes instance, struct draft_keys *ret)
{
    struct buf *key = plan_key(p);
    check_prefix(ns, node, instance, key);
    return draft_space_keys(p->draft, SPACE_CATALOG, buf_bytes(key), ret);
}

enum err plan_remove_checks(struct plan *p, struct bytes ns, struct bytes node,
                            struct bytes instance)
{
    struct draft_keys keys = { 0 };
    enum err e = list_checks(p, ns, node, instance, &keys);
    for (size_t i = 0; i < keys.n && e == OK; i++) {
        struct standing s;
        e = plan_look(p, keys.all[i], &s);
        if (e == OK && s.there)
            e = remove_check(p, keys.all[i], s.row.value);
    }
    return e;
}

enum err plan_rename_checks(struct plan *p, const struct service_id *id, struct bytes node,
                            struct bytes instance)
{
    struct draft_keys keys = { 0 };
    enum err e = list_checks(p, id->ns, node, instance, &keys);
    for (size_t i = 0; i < keys.n && e == OK; i++) {
        struct standing s;
        struct check check;
        struct buf *row = plan_row(p);
        e = plan_look(p, keys.all[i], &s);
        if (e == OK && check_read(s.row.value, &check) != OK)
            e = ERR_DAMAGED;
        if (e != OK)
            break;
        check.group = id->group;
        check.service = id->name;
        check_write(&check, row);
        plan_put(p, keys.all[i], &s, buf_bytes(row));
    }
    return e;
}

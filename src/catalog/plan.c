/* Which file plans an operation, and what follows from all that were planned. */
#include "catalog/plan.h"

#include "catalog/session_plan.h"
#include "catalog/virtual.h"
#include "store/txn_size.h"

static enum err plan_kv(struct plan *p, const struct change_op *op, struct change_result *ret)
{
    enum err e = kv_plan(p->draft, op->ns, p->age_ms, &op->kv, p->results, &ret->kv);
    if (e == OK && ret->kv.refusal != KV_DONE)
        ret->refusal = CHANGE_OTHER;
    for (size_t i = 0; e == OK && i < ret->kv.entry_n; i++) {
        const struct kv_entry *entry = &ret->kv.entries[i];
        p->result_bytes += RESULT_KV_BYTES + entry->key.n + entry->pair.value.n;
    }
    return e;
}

static enum err plan_session(struct plan *p, const struct change_op *op, struct change_result *ret)
{
    enum err e = session_plan_create(p->draft, op->ns, &op->session, &ret->session);
    if (e == OK && ret->session.refusal != SESSION_DONE)
        ret->refusal = CHANGE_OTHER;
    ret->session.check = arena_dup(p->results, ret->session.check);
    return e;
}

enum err plan_op(struct plan *p, const struct change_op *op, struct change_result *ret)
{
    switch (op->kind) {
    case CHANGE_NODE:
        return plan_node(p, op->ns, &op->node, ret);
    case CHANGE_PUBLICATION:
        return plan_publication(p, op->ns, &op->publication, ret);
    case CHANGE_CHECK:
        return plan_check(p, op->ns, &op->check, ret);
    case CHANGE_OVERLAY:
        return plan_overlay(p, op->ns, &op->overlay, ret);
    case CHANGE_SERVICE:
        return plan_service(p, op->ns, &op->service, ret);
    case CHANGE_OBJECT:
        return plan_object(p, op->ns, &op->object, ret);
    case CHANGE_KV:
        return plan_kv(p, op, ret);
    case CHANGE_SESSION_CREATE:
        return plan_session(p, op, ret);
    case CHANGE_SESSION_END:
        return session_plan_end(p->draft, op->ns, &op->session_end, p->age_ms);
    case CHANGE_EVENT:
        return user_event_plan(p->draft, op->ns, &op->event);
    case CHANGE_VIRTUAL:
        return virtual_plan(p->draft, op->ns, op->virtual_of);
    case CHANGE_REPORT:
        return plan_report(p, op->ns, &op->report, ret);
    case CHANGE_KINDS:
        break;
    }
    return ERR_INVALID; /* change_read gives none */
}

enum err plan_finish(struct plan *p)
{
    enum err e = plan_states(p);
    return e == OK ? plan_project(p) : e;
}

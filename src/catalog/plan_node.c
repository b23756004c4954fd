/* Nodes, with all that goes with them. */
#include "base/text.h"
#include "catalog/coordinate.h"
#include "catalog/draft_keys.h"
#include "catalog/key_read.h"
#include "catalog/node.h"
#include "catalog/plan.h"
#include "catalog/read.h"
#include "catalog/session_plan.h"

static bool is_other(const struct node *a, const struct node *b)
{
    return a->id.n > 0 && b->id.n > 0 && !text_eq_nocase(a->id, b->id);
}

/* True if the members see that the node lives. */
static enum err lives(struct plan *p, struct bytes ns, struct bytes node, bool *ret)
{
    struct buf *key = plan_key(p);
    struct check_id id = { .ns = ns, .node = node, .check = bytes_str(CHECK_OF_MEMBERS) };
    struct standing s;
    struct check check;
    check_key(&id, key);
    enum err e = plan_look(p, buf_bytes(key), &s);
    *ret = false;
    if (e != OK || !s.there)
        return e;
    if (check_read(s.row.value, &check) != OK)
        return ERR_DAMAGED;
    *ret = check.status != STATUS_DOWN;
    return OK;
}

/* -- ids: no two nodes have the same ------------------------------------------------------------
 */

static struct bytes id_key(struct plan *p, struct bytes ns, struct bytes id)
{
    struct buf *key = plan_key(p);
    node_id_key(ns, id, key);
    return buf_bytes(key);
}

/* The node that had ID under another name, lent; empty: none had. */
static enum err find_by_id(struct plan *p, struct bytes ns, struct bytes id, struct bytes name,
                           struct bytes *ret)
{
    struct bytes found = bytes_str("");
    enum err e = id.n == 0 ? ERR_NOT_FOUND : draft_side_get(p->draft, id_key(p, ns, id), &found);
    *ret = e == OK && !text_eq_nocase(found, name) ? found : bytes_str("");
    return e == ERR_NOT_FOUND ? OK : e;
}

/* The node NAME had the id WAS, and has IS; either may be empty. */
static void move_id(struct plan *p, struct bytes ns, struct bytes name, struct bytes was,
                    struct bytes is)
{
    if (text_eq_nocase(was, is))
        return;
    if (was.n > 0)
        draft_side_remove(p->draft, id_key(p, ns, was));
    if (is.n > 0)
        draft_side_put(p->draft, id_key(p, ns, is), name);
}

/* -- ends ---------------------------------------------------------------------------------------
 */

static enum err remove_published(struct plan *p, struct bytes ns, struct bytes node)
{
    struct buf *key = plan_key(p);
    struct draft_keys keys = { 0 };
    from_node_prefix(ns, node, key);
    size_t prefix_n = key->n;
    enum err e = draft_side_keys(p->draft, buf_bytes(key), &keys);
    for (size_t i = 0; i < keys.n && e == OK; i++) {
        struct owner owner;
        struct service_id id;
        e = from_node_key_owner(bytes_skip(keys.all[i], prefix_n), &owner);
        owner.name = node;
        if (e == OK)
            e = plan_find_from_node(p, ns, &owner, &id);
        if (e == OK)
            e = plan_remove_publication(p, &id, &owner);
    }
    return e;
}

/* With all that is published from it, its checks and sessions. */
static enum err remove_node(struct plan *p, struct bytes ns, struct bytes node)
{
    struct node stands = { 0 };
    enum err e = node_in_draft(p->draft, ns, node, &stands);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    move_id(p, ns, node, stands.id, bytes_str(""));
    e = remove_published(p, ns, node);
    if (e == OK)
        e = plan_remove_checks(p, ns, node, (struct bytes){ 0 });
    struct buf *key = plan_key(p);
    node_key(ns, node, key);
    draft_remove(p->draft, SPACE_CATALOG, buf_bytes(key));
    key = plan_key(p);
    coordinate_key(ns, node, key);
    draft_remove(p->draft, SPACE_CATALOG, buf_bytes(key));
    plan_touch_node(p, ns, node, true);
    return e == OK ? sessions_invalidate_for(p->draft, ns, node, bytes_str(""), p->age_ms) : e;
}

/* -- puts ---------------------------------------------------------------------------------------
 */

/* A node that has an id may take another name: what is under the old one goes. */
static enum err put_node(struct plan *p, struct bytes ns, const struct node_op *op,
                         const struct standing *s, struct change_result *ret)
{
    struct node node, stands = { 0 };
    struct bytes renamed = { 0 };
    bool taken = false;
    enum err e = node_read(op->row, p->arena, &node);
    if (e == OK && s->there && node_read(s->row.value, p->arena, &stands) != OK)
        e = ERR_DAMAGED;
    if (e == OK && is_other(&node, &stands))
        e = lives(p, ns, op->name, &taken);
    if (e == OK && taken) {
        ret->refusal = CHANGE_NAME_TAKEN;
        ret->row = arena_dup(p->results, s->row.value);
        p->result_bytes += ret->row.n;
        return OK;
    }
    if (e == OK)
        e = find_by_id(p, ns, node.id, op->name, &renamed);
    if (e == OK && renamed.n > 0)
        e = remove_node(p, ns, renamed);
    if (e != OK)
        return e;
    struct buf *key = plan_key(p);
    node_key(ns, op->name, key);
    if (!plan_put(p, buf_bytes(key), s, op->row))
        return OK;
    move_id(p, ns, op->name, stands.id, node.id);
    plan_touch_node(p, ns, op->name, false);
    return plan_move_node(p, ns, op->name, stands.address, node.address);
}

enum err plan_node(struct plan *p, struct bytes ns, const struct node_op *op,
                   struct change_result *ret)
{
    struct buf *key = plan_key(p);
    struct standing s;
    node_key(ns, op->name, key);
    enum err e = plan_look(p, buf_bytes(key), &s);
    if (e != OK || !plan_allows(&op->when, &s, ret))
        return e;
    if (op_puts(op->when.verb))
        e = put_node(p, ns, op, &s, ret);
    else if (op->when.verb != OP_GET)
        e = remove_node(p, ns, op->name);
    if (e != OK || ret->refusal != CHANGE_DONE)
        return e;
    key = plan_key(p);
    node_key(ns, op->name, key);
    return plan_show(p, buf_bytes(key), op->when.verb, ret);
}

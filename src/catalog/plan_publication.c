/* What owners publish. */
#include "base/text.h"
#include "catalog/key_read.h"
#include "catalog/plan.h"
#include "catalog/publication.h"
#include "catalog/rows.h"

static struct bytes key_of(struct plan *p, const struct service_id *id, const struct owner *owner)
{
    struct buf *key = plan_key(p);
    publication_key(id, owner, key);
    return buf_bytes(key);
}

/* -- what is published from a node ------------------------------------------------------------ */

static void note_from_node(struct plan *p, const struct service_id *id, const struct owner *owner,
                           struct bytes address)
{
    struct buf *key = plan_key(p), *row = plan_row(p);
    from_node_key(id->ns, owner, key);
    from_node_row_write(&(struct from_node_row){ *id, address }, row);
    draft_side_put(p->draft, buf_bytes(key), buf_bytes(row));
}

/* Forgets that OWNER publishes ID, if it is what is known. */
static enum err forget_from_node(struct plan *p, const struct service_id *id,
                                 const struct owner *owner)
{
    struct service_id known;
    enum err e = plan_find_from_node(p, id->ns, owner, &known);
    if (e == OK && service_id_eq(&known, id)) {
        struct buf *key = plan_key(p);
        from_node_key(id->ns, owner, key);
        draft_side_remove(p->draft, buf_bytes(key));
    }
    return e == ERR_NOT_FOUND ? OK : e;
}

/* What stands at KEY; ERR_NOT_FOUND. */
static enum err read_said(struct plan *p, struct bytes key, struct publication *ret)
{
    struct standing s;
    enum err e = plan_look(p, key, &s);
    if (e != OK || !s.there)
        return e == OK ? ERR_NOT_FOUND : e;
    return publication_read(s.row.value, p->arena, ret) == OK ? OK : ERR_DAMAGED;
}

static enum err remove_row(struct plan *p, const struct service_id *id, const struct owner *owner)
{
    struct publication said;
    enum err e = read_said(p, key_of(p, id, owner), &said);
    if (e != OK)
        return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
    draft_remove(p->draft, SPACE_CATALOG, key_of(p, id, owner));
    plan_touch_service(p, id, -1);
    return plan_move_place(p, id, owner, &said, NULL);
}

/* A node has one thing of a name: what stood under it in another service goes, its checks stay. */
static enum err take_over_name(struct plan *p, const struct service_id *id,
                               const struct owner *owner, struct bytes address)
{
    struct from_node_row known;
    enum err e = from_node_in_draft(p->draft, id->ns, owner, &known);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    bool is_known = e == OK, stays = is_known && service_id_eq(&known.service, id);
    if (stays && bytes_eq(known.address, address))
        return OK;
    e = is_known && !stays ? remove_row(p, &known.service, owner) : OK;
    if (e != OK)
        return e;
    note_from_node(p, stays ? &known.service : id, owner, address);
    if (!is_known || stays)
        return OK;
    return plan_rename_checks(p, id, owner->name, owner->part);
}

enum err plan_remove_publication(struct plan *p, const struct service_id *id,
                                 const struct owner *owner)
{
    enum err e = remove_row(p, id, owner);
    if (e == OK)
        e = forget_from_node(p, id, owner);
    if (e != OK || owner->face != FACE_CONSUL)
        return e;
    return plan_remove_checks(p, id->ns, owner->name, owner->part);
}

enum err plan_deregister(struct plan *p, const struct service_id *id, const struct owner *owner)
{
    if (owner->face == FACE_ETCD)
        plan_remove_etcd_key(p, owner->part);
    return plan_remove_publication(p, id, owner);
}

/* -- putting ---------------------------------------------------------------------------------- */

/* The stage of LEASE, if OWNER may use it. */
static enum err look_at_lease(struct plan *p, const struct owner *owner, int64_t id,
                              enum lease_stage *ret_stage, struct change_result *ret)
{
    struct lease lease;
    *ret_stage = LEASE_LIVE;
    if (id == 0)
        return OK;
    enum err e = lease_get(draft_view(p->draft), owner->face, id, &lease);
    if (e == OK)
        *ret_stage = lease.stage;
    if (e == ERR_LEASE_NOT_FOUND)
        ret->refusal = CHANGE_NO_LEASE;
    return e == ERR_LEASE_NOT_FOUND ? OK : e;
}

static enum err check_node(struct plan *p, struct bytes ns, const struct publication_op *op,
                           struct bytes node, struct change_result *ret)
{
    bool there = op->of_member || node.n == 0;
    enum err e = there ? OK : plan_node_is_there(p, ns, node, &there);
    if (e == OK && !there)
        ret->refusal = CHANGE_NO_NODE;
    return e;
}

/* Says again what stands: nothing changes that anyone sees, but the lease may. */
static enum err say_again(struct plan *p, struct bytes key, const struct standing *s, int64_t lease,
                          enum lease_stage stage, bool *ret_changed)
{
    struct publication stands;
    if (publication_read(s->row.value, p->arena, &stands) != OK)
        return ERR_DAMAGED;
    *ret_changed = stands.stage != stage;
    if (*ret_changed) {
        struct bytes row = publication_stamp(s->row.value, stage, stands.spoke, p->arena);
        draft_put(p->draft, SPACE_CATALOG, key, row, lease);
        return OK;
    }
    return s->row.lease == lease ? OK : draft_attach(p->draft, SPACE_CATALOG, key, lease);
}

/* It says what it said, but is in another state. */
static enum err touch(struct plan *p, const struct service_id *id, const struct owner *owner)
{
    struct publication said;
    enum err e = read_said(p, key_of(p, id, owner), &said);
    plan_touch_service(p, id, 0);
    return e == OK ? plan_move_place(p, id, owner, &said, &said) : e;
}

static enum err write_publication(struct plan *p, const struct service_id *id,
                                  const struct publication_op *op, const struct standing *s,
                                  enum lease_stage stage, bool *ret_changed)
{
    struct bytes key = key_of(p, id, &op->owner);
    if (s->there && publication_rows_agree(s->row.value, op->row)) {
        enum err e = say_again(p, key, s, op->lease, stage, ret_changed);
        if (e == OK && *ret_changed)
            plan_touch_service(p, id, 0);
        return e;
    }
    struct bytes row = publication_stamp(op->row, stage, draft_revision(p->draft), p->arena);
    draft_put(p->draft, SPACE_CATALOG, key, row, op->lease);
    plan_touch_service(p, id, s->there ? 0 : 1);
    *ret_changed = true;
    return OK;
}

static bool is_same_place(const struct place *a, const struct place *b)
{
    return bytes_eq(a->address, b->address) && a->port == b->port &&
           bytes_eq(a->cluster, b->cluster);
}

static enum err put_publication(struct plan *p, const struct service_id *id,
                                const struct publication_op *op, const struct standing *s,
                                struct change_result *ret)
{
    struct publication said;
    enum lease_stage stage = LEASE_LIVE;
    enum err e = publication_read(op->row, p->arena, &said);
    if (e == OK)
        e = check_node(p, id->ns, op, said.node, ret);
    if (e == OK && ret->refusal == CHANGE_DONE)
        e = look_at_lease(p, &op->owner, op->lease, &stage, ret);
    if (e != OK || ret->refusal != CHANGE_DONE)
        return e;
    struct place was, is;
    bool has_was = false, has_is = false, changed = false;
    struct publication before;
    if (s->there && publication_read(s->row.value, p->arena, &before) != OK)
        return ERR_DAMAGED;
    if (s->there)
        e = plan_place_of(p, id->ns, &op->owner, &before, &was, &has_was);
    if (e == OK)
        e = write_publication(p, id, op, s, stage, &changed);
    if (e == OK && said.node.n > 0)
        e = take_over_name(p, id, &op->owner, op->member_address);
    if (e == OK)
        e = plan_place_of(p, id->ns, &op->owner, &said, &is, &has_is);
    bool stays = has_was == has_is && (!has_is || is_same_place(&was, &is));
    if (e == OK && (changed || !stays))
        plan_resettle(p, id, &op->owner, has_was ? &was : NULL, has_is ? &is : NULL);
    return e;
}

/* -- operations ------------------------------------------------------------------------------- */

/* The service that is meant; *ret_known is false if it is the node's, and nothing is there. */
static enum err find_service(struct plan *p, struct bytes ns, const struct publication_op *op,
                             struct service_id *ret, bool *ret_known)
{
    *ret = (struct service_id){ .ns = ns, .group = op->group, .name = op->name };
    *ret_known = true;
    if (op->name.n > 0)
        return OK;
    enum err e = plan_find_from_node(p, ns, &op->owner, ret);
    *ret_known = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err plan_publication(struct plan *p, struct bytes ns, const struct publication_op *op,
                          struct change_result *ret)
{
    struct service_id id;
    struct standing s = { 0 };
    bool known;
    enum err e = find_service(p, ns, op, &id, &known);
    if (e == OK && known)
        e = plan_look(p, key_of(p, &id, &op->owner), &s);
    if (e != OK || !plan_allows(&op->when, &s, ret))
        return e;
    if (op_puts(op->when.verb))
        e = put_publication(p, &id, op, &s, ret);
    else if (op->when.verb != OP_GET && s.there)
        e = plan_deregister(p, &id, &op->owner);
    if (e != OK || ret->refusal != CHANGE_DONE || !known)
        return e;
    return plan_show(p, key_of(p, &id, &op->owner), op->when.verb, ret);
}

/* -- leases ----------------------------------------------------------------------------------- */

enum err plan_end_publication(struct plan *p, struct bytes key)
{
    struct service_id id;
    struct owner owner;
    if (publication_key_service(key, &id) != OK || publication_key_owner(key, &owner) != OK)
        return ERR_DAMAGED;
    return plan_remove_publication(p, &id, &owner);
}

enum err plan_move_publication(struct plan *p, struct bytes key, enum lease_stage stage)
{
    struct service_id id;
    struct owner owner;
    struct standing s;
    bool changed = false;
    enum err e = plan_look(p, key, &s);
    if (e == OK && (!s.there || publication_key_service(key, &id) != OK ||
                    publication_key_owner(key, &owner) != OK))
        e = ERR_DAMAGED;
    if (e == OK)
        e = say_again(p, key, &s, s.row.lease, stage, &changed);
    return e == OK && changed ? touch(p, &id, &owner) : e;
}

/* Beside the spaces each place has its owners in a range, so that what is shown of a place is found
 * without looking at all of its service. */
#include "catalog/draft_keys.h"
#include "catalog/key_read.h"
#include "catalog/node.h"
#include "catalog/plan.h"
#include "catalog/read.h"
#include "catalog/rows.h"
#include "catalog/touched_place.h"

static bool is_off(const struct plan *p)
{
    return p->rules == NULL || p->rules->n == 0;
}

static struct bytes folded(struct plan *p, struct bytes text)
{
    struct buf *b = plan_row(p);
    fold_append(text, b);
    return arena_dup(p->arena, buf_bytes(b));
}

static struct place at(struct plan *p, const struct publication *said, struct bytes address)
{
    return (struct place){ folded(p, address), said->port, said->cluster };
}

enum err plan_place_of(struct plan *p, struct bytes ns, const struct owner *owner,
                       const struct publication *said, struct place *ret, bool *ret_has)
{
    struct bytes address = said->address;
    enum err e = OK;
    if (address.n == 0 && said->node.n > 0)
        e = node_address_in_draft(p->draft, ns, owner, &address);
    if (e != OK)
        return e;
    *ret_has = address.n > 0 && said->port > 0;
    if (*ret_has)
        *ret = at(p, said, address);
    return OK;
}

void plan_touch_place(struct plan *p, const struct service_id *id, const struct place *place)
{
    if (is_off(p))
        return;
    struct touched_place *t = arena_zalloc(p->arena, 1, sizeof *t);
    t->id = (struct service_id){ arena_dup(p->arena, id->ns), arena_dup(p->arena, id->group),
                                 arena_dup(p->arena, id->name) };
    t->place = (struct place){ folded(p, place->address), place->port,
                               arena_dup(p->arena, place->cluster) };
    t->next = p->places;
    p->places = t;
}

static struct bytes key_of(struct plan *p, const struct service_id *id, const struct owner *owner,
                           const struct place *place)
{
    struct buf *key = plan_key(p);
    at_place_key(id, place->address, place->port, place->cluster, owner, key);
    return buf_bytes(key);
}

static void leave(struct plan *p, const struct service_id *id, const struct owner *owner,
                  const struct place *place)
{
    draft_side_remove(p->draft, key_of(p, id, owner, place));
    plan_touch_place(p, id, place);
}

static void settle(struct plan *p, const struct service_id *id, const struct owner *owner,
                   const struct place *place)
{
    draft_side_put(p->draft, key_of(p, id, owner, place), bytes_str(""));
    plan_touch_place(p, id, place);
}

static bool is_same(const struct place *a, const struct place *b)
{
    return bytes_eq(a->address, b->address) && a->port == b->port &&
           bytes_eq(a->cluster, b->cluster);
}

/* Either may be NULL. */
void plan_resettle(struct plan *p, const struct service_id *id, const struct owner *owner,
                   const struct place *was, const struct place *is)
{
    if (is_off(p))
        return;
    if (was != NULL && is != NULL && is_same(was, is)) {
        plan_touch_place(p, id, is);
        return;
    }
    if (was != NULL)
        leave(p, id, owner, was);
    if (is != NULL)
        settle(p, id, owner, is);
}

enum err plan_move_place(struct plan *p, const struct service_id *id, const struct owner *owner,
                         const struct publication *was, const struct publication *is)
{
    struct place from, to;
    bool has_from = false, has_to = false;
    enum err e = OK;
    if (is_off(p))
        return OK;
    if (was != NULL)
        e = plan_place_of(p, id->ns, owner, was, &from, &has_from);
    if (e == OK && is != NULL)
        e = plan_place_of(p, id->ns, owner, is, &to, &has_to);
    if (e == OK)
        plan_resettle(p, id, owner, has_from ? &from : NULL, has_to ? &to : NULL);
    return e;
}

enum err plan_owners_at(struct plan *p, const struct service_id *id, const struct place *place,
                        struct owners *ret)
{
    struct buf *key = plan_key(p);
    struct draft_keys keys = { 0 };
    at_place_prefix(id, place->address, place->port, place->cluster, key);
    size_t prefix_n = key->n;
    enum err e = draft_side_keys(p->draft, buf_bytes(key), &keys);
    struct owners owners = { .all = arena_zalloc(p->arena, keys.n, sizeof *owners.all) };
    for (; e == OK && owners.n < keys.n; owners.n++)
        e = rows_damage(
            at_place_key_owner(bytes_skip(keys.all[owners.n], prefix_n), &owners.all[owners.n]));
    if (e == OK)
        *ret = owners;
    return e;
}

/* -- what is published from a node ------------------------------------------------------------ */

struct from_node_publication {
    struct service_id id;
    struct bytes address; /* that a member said */
    struct owner owner;
    struct publication said;
};

static enum err read_one(struct plan *p, struct bytes ns, const struct owner *owner,
                         struct from_node_publication *ret)
{
    struct from_node_row row;
    struct buf *key;
    struct standing s;
    enum err e = from_node_in_draft(p->draft, ns, owner, &row);
    if (e != OK)
        return e;
    ret->owner = *owner;
    ret->id = row.service;
    ret->address = row.address;
    key = plan_key(p);
    publication_key(&ret->id, owner, key);
    e = plan_look(p, buf_bytes(key), &s);
    if (e == OK && !s.there)
        return ERR_DAMAGED;
    return e == OK ? rows_damage(publication_read(s.row.value, p->arena, &ret->said)) : e;
}

/* Calls EACH for all that is published from the node. */
static enum err each_published(struct plan *p, struct bytes ns, struct bytes node,
                               void (*each)(struct plan *p, const struct from_node_publication *f,
                                            void *ctx),
                               void *ctx)
{
    struct buf *key = plan_key(p);
    struct draft_keys keys = { 0 };
    from_node_prefix(ns, node, key);
    size_t prefix_n = key->n;
    enum err e = draft_side_keys(p->draft, buf_bytes(key), &keys);
    for (size_t i = 0; i < keys.n && e == OK; i++) {
        struct owner owner;
        struct from_node_publication f;
        e = rows_damage(from_node_key_owner(bytes_skip(keys.all[i], prefix_n), &owner));
        owner.name = node;
        if (e == OK)
            e = read_one(p, ns, &owner, &f);
        if (e == OK)
            each(p, &f, ctx);
    }
    return e;
}

static enum err touch_one(struct plan *p, const struct from_node_publication *f)
{
    struct place place;
    bool has;
    enum err e = plan_place_of(p, f->id.ns, &f->owner, &f->said, &place, &has);
    if (e == OK && has)
        plan_touch_place(p, &f->id, &place);
    return e;
}

static void touch_each(struct plan *p, const struct from_node_publication *f, void *ctx)
{
    enum err *err = ctx, e = touch_one(p, f);
    if (*err == OK)
        *err = e;
}

enum err plan_touch_published(struct plan *p, struct bytes ns, struct bytes node,
                              struct bytes instance)
{
    enum err err = OK, e;
    if (is_off(p))
        return OK;
    if (instance.n == 0) {
        e = each_published(p, ns, node, touch_each, &err);
        return e != OK ? e : err;
    }
    struct owner owner = { FACE_CONSUL, node, instance };
    struct from_node_publication f;
    e = read_one(p, ns, &owner, &f);
    return e == ERR_NOT_FOUND ? OK : e == OK ? touch_one(p, &f) : e;
}

struct node_move {
    struct bytes was, is;
};

static void move_each(struct plan *p, const struct from_node_publication *f, void *ctx)
{
    const struct node_move *m = ctx;
    if (f->said.address.n > 0 || f->said.port == 0)
        return;
    struct bytes from = m->was.n > 0 ? m->was : f->address, to = m->is.n > 0 ? m->is : f->address;
    struct place was = at(p, &f->said, from), is = at(p, &f->said, to);
    plan_resettle(p, &f->id, &f->owner, from.n > 0 ? &was : NULL, to.n > 0 ? &is : NULL);
}

enum err plan_move_node(struct plan *p, struct bytes ns, struct bytes node, struct bytes was,
                        struct bytes is)
{
    struct node_move m = { was, is };
    return is_off(p) || bytes_eq(was, is) ? OK : each_published(p, ns, node, move_each, &m);
}

/* -- keys of etcd ------------------------------------------------------------------------------
 */

void plan_touch_named(struct plan *p, const struct service_id *service, struct bytes id)
{
    struct place place;
    if (projection_id_place(id, &place))
        plan_touch_place(p, service, &place);
}

void plan_remove_etcd_key(struct plan *p, struct bytes key)
{
    const struct projection_rule *rule;
    struct service_id service;
    struct bytes id;
    draft_remove(p->draft, SPACE_ETCD, key);
    if (p->rules != NULL && projection_match(p->rules, key, &rule, &service, &id) == OK)
        plan_touch_named(p, &service, id);
}

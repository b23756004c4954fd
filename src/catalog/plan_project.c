/* What appears in etcd: one key a rule for each place whose instance is to be used, unless somebody
 * keeps a key of his own for it under the rule, or one where it would stand. */
#include "catalog/plan.h"
#include "catalog/read.h"
#include "catalog/rows.h"
#include "catalog/touched_place.h"

enum { VALUE_MAX = 1024 * 1024, KEY_MAX = 64 * 1024 };

/* -- what appears now ------------------------------------------------------------------------- */

static void write_appears(const struct service_id *id, const struct place *place, struct buf *out)
{
    buf_put_run(out, id->ns);
    buf_put_run(out, id->group);
    buf_put_run(out, id->name);
    buf_put_run(out, place->address);
    buf_put_u16(out, place->port);
    buf_put_run(out, place->cluster);
}

enum err plan_appears(struct plan *p, struct bytes key, struct service_id *ret_id,
                      struct place *ret)
{
    struct buf *side = plan_key(p);
    struct bytes row;
    struct rd r;
    appears_key(key, side);
    enum err e = draft_side_get(p->draft, buf_bytes(side), &row);
    if (e != OK)
        return e;
    rd_init(&r, row);
    struct service_id id = { 0 };
    struct place place = { 0 };
    id.ns = rd_run(&r);
    id.group = rd_run(&r);
    id.name = rd_run(&r);
    place.address = rd_run(&r);
    place.port = rd_u16(&r);
    place.cluster = rd_run(&r);
    if (rd_end(&r) != OK)
        return ERR_DAMAGED;
    *ret_id = id;
    *ret = place;
    return OK;
}

static bool does_appear(struct plan *p, struct bytes key)
{
    struct buf *side = plan_key(p);
    struct bytes row;
    appears_key(key, side);
    return draft_side_get(p->draft, buf_bytes(side), &row) == OK;
}

static void withdraw(struct plan *p, struct bytes key)
{
    struct buf *side = plan_key(p);
    appears_key(key, side);
    draft_side_remove(p->draft, buf_bytes(side));
    draft_remove(p->draft, SPACE_ETCD, key);
}

/* KEY is to hold VALUE. What somebody has put there stays. */
static enum err show(struct plan *p, const struct touched_place *t, struct bytes key,
                     struct bytes value)
{
    struct draft_row row;
    bool ours = does_appear(p, key);
    enum err e = draft_get(p->draft, SPACE_ETCD, key, &row);
    bool stands = e == OK;
    if ((e != OK && e != ERR_NOT_FOUND) || (stands && !ours))
        return e == ERR_NOT_FOUND ? OK : e;
    if (stands && bytes_eq(row.value, value))
        return OK;
    draft_put(p->draft, SPACE_ETCD, key, value, 0);
    if (ours)
        return OK;
    struct buf *side = plan_key(p), *place = plan_row(p);
    appears_key(key, side);
    write_appears(&t->id, &t->place, place);
    draft_side_put(p->draft, buf_bytes(side), buf_bytes(place));
    return OK;
}

/* -- what is to appear ------------------------------------------------------------------------ */

static enum err read_overlay(struct plan *p, const struct touched_place *t, struct overlaid *ret,
                             bool *ret_there)
{
    struct buf *key = plan_key(p);
    struct standing s;
    overlay_key(&t->id, t->place.address, t->place.port, t->place.cluster, key);
    enum err e = plan_look(p, buf_bytes(key), &s);
    *ret_there = e == OK && s.there;
    if (e != OK || !s.there)
        return e;
    *ret = (struct overlaid){ t->place.address, t->place.cluster, t->place.port, { 0 } };
    return rows_damage(overlay_read(s.row.value, p->arena, &ret->overlay));
}

/* The instance at the place; *ret_n is 0 if nothing is published there. */
static enum err merge(struct plan *p, const struct touched_place *t, const struct owners *owners,
                      struct instances *ret)
{
    struct published *all = arena_zalloc(p->arena, owners->n, sizeof *all);
    struct overlaid overlay;
    bool has_overlay = false;
    enum err e = OK;
    for (size_t i = 0; i < owners->n && e == OK; i++)
        e = published_in_draft(p->draft, &t->id, &owners->all[i], &all[i]);
    if (e == OK)
        e = read_overlay(p, t, &overlay, &has_overlay);
    if (e != OK)
        return e == ERR_NOT_FOUND ? ERR_DAMAGED : e; /* it is said to be published there */
    struct service_rows rows = { all, owners->n, &overlay, has_overlay };
    *ret = instances_merge(&rows, p->arena);
    return OK;
}

/* True if one of OWNERS is a key under RULE. */
static bool has_own_key(const struct projection_rule *rule, const struct owners *owners)
{
    for (size_t i = 0; i < owners->n; i++)
        if (owners->all[i].face == FACE_ETCD && bytes_starts(owners->all[i].part, rule->prefix))
            return true;
    return false;
}

static enum err project_under(struct plan *p, const struct projection_rule *rule,
                              const struct touched_place *t, const struct owners *owners,
                              const struct instance *instance)
{
    struct buf key, value;
    buf_init(&key, KEY_MAX);
    buf_init(&value, VALUE_MAX);
    enum err e = projection_key(rule, &t->id, &t->place, &key);
    bool can = e == OK, is = can && instance != NULL && instance->is.enabled &&
                             instance->is.healthy && !has_own_key(rule, owners);
    if (is) {
        projection_value(rule->form, instance, &t->place, &value);
        is = buf_err(&value) == OK;
    }
    e = OK;
    if (is)
        e = show(p, t, buf_bytes(&key), buf_bytes(&value));
    else if (can && does_appear(p, buf_bytes(&key)))
        withdraw(p, buf_bytes(&key));
    buf_fini(&key);
    buf_fini(&value);
    return e;
}

static enum err project(struct plan *p, const struct touched_place *t)
{
    struct owners owners;
    struct instances instances = { 0 };
    enum err e = plan_owners_at(p, &t->id, &t->place, &owners);
    if (e == OK)
        e = merge(p, t, &owners, &instances);
    const struct instance *instance = instances.n > 0 ? &instances.all[0] : NULL;
    for (size_t i = 0; i < p->rules->n && e == OK; i++)
        if (p->rules->all[i].out)
            e = project_under(p, &p->rules->all[i], t, &owners, instance);
    return e;
}

enum err plan_project(struct plan *p)
{
    enum err e = OK;
    for (const struct touched_place *t = p->places; t != NULL && e == OK; t = t->next)
        e = project(p, t);
    return e;
}

enum err plan_appear(struct plan *p, struct apply_context *c, uint64_t *rows, bool *ret_done)
{
    enum err e = OK;
    for (; p->places != NULL && *rows > 0 && e == OK; p->places = p->places->next) {
        struct plan one;
        bool done;
        uint64_t left = UINT64_MAX;
        plan_init(&one, draft_for(c, apply_work_arena(c)), p->age_ms, p->rules, NULL);
        e = project(&one, p->places);
        if (e == OK)
            e = draft_write(one.draft, c, &left, &done);
        plan_fini(&one);
        uint64_t spent = 1 + (UINT64_MAX - left);
        *rows -= spent < *rows ? spent : *rows;
    }
    *ret_done = p->places == NULL;
    return e;
}

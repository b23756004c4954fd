/* Keys of etcd that register instances: each is a publication of its own, whose owner is the key.
 */
#include "catalog/plan.h"
#include "catalog/registration.h"

enum { ROW_MAX_BYTES = PUBLICATION_MAX };

static struct owner owner_of(struct bytes key)
{
    return (struct owner){ .face = FACE_ETCD, .name = bytes_str(""), .part = key };
}

/* The publication that KEY makes with VALUE, in the arena; false if it makes none. */
static bool make_row(struct plan *p, struct bytes key, struct bytes id, struct bytes value,
                     int64_t lease, struct bytes *ret)
{
    struct registration r;
    if (key.n > OWNER_PART_MAX || registration_read(id, value, p->arena, &r) != OK)
        return false;
    struct publication said = {
        .reported = STATUS_UP,
        .enabled = true,
        .ephemeral = lease != 0,
        .id = is_name(id, INSTANCE_ID_MAX) ? id : bytes_str(""),
        .address = r.address,
        .port = r.port,
        .weight = r.weight,
        .metadata = r.metadata,
    };
    struct buf row;
    buf_init(&row, ROW_MAX_BYTES);
    publication_write(&said, &row);
    bool fits = buf_err(&row) == OK;
    if (fits)
        *ret = arena_dup(p->arena, buf_bytes(&row));
    buf_fini(&row);
    return fits && publication_read(*ret, p->arena, &said) == OK;
}

static enum err withdraw(struct plan *p, const struct service_id *service, struct bytes key)
{
    struct owner owner = owner_of(key);
    struct buf *row = plan_key(p);
    struct standing s;
    publication_key(service, &owner, row);
    enum err e = plan_look(p, buf_bytes(row), &s);
    return e == OK && s.there ? plan_remove_publication(p, service, &owner) : e;
}

/* Somebody writes where an instance appeared: from now on it is his key. */
static void take_over(struct plan *p, struct bytes key)
{
    struct buf *side = plan_key(p);
    appears_key(key, side);
    draft_side_remove(p->draft, buf_bytes(side));
}

enum err plan_etcd_put(struct plan *p, struct bytes key, struct bytes value, int64_t lease)
{
    const struct projection_rule *rule;
    struct service_id service;
    struct bytes id, row;
    struct change_result result = { 0 };
    if (projection_match(p->rules, key, &rule, &service, &id) != OK)
        return OK;
    take_over(p, key);
    plan_touch_named(p, &service, id);
    if (!rule->in || !make_row(p, key, id, value, lease, &row))
        return withdraw(p, &service, key);
    struct publication_op op = { .when = { OP_SET, 0 },
                                 .group = service.group,
                                 .name = service.name,
                                 .owner = owner_of(key),
                                 .lease = lease,
                                 .row = row };
    return plan_publication(p, service.ns, &op, &result);
}

/* The instance at the place goes, whoever publishes it. */
static enum err deregister(struct plan *p, const struct service_id *id, const struct place *place)
{
    struct owners owners;
    enum err e = plan_owners_at(p, id, place, &owners);
    for (size_t i = 0; i < owners.n && e == OK; i++)
        e = plan_deregister(p, id, &owners.all[i]);
    return e;
}

enum err plan_etcd_removed(struct plan *p, struct bytes key)
{
    const struct projection_rule *rule;
    struct service_id service;
    struct place place;
    struct bytes id;
    enum err e = plan_appears(p, key, &service, &place);
    if (e == OK) {
        take_over(p, key);
        plan_touch_place(p, &service, &place);
        return deregister(p, &service, &place);
    }
    if (e != ERR_NOT_FOUND || projection_match(p->rules, key, &rule, &service, &id) != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    plan_touch_named(p, &service, id);
    return withdraw(p, &service, key);
}

/* The rules said once more, for each instance alone. */
#include "catalog/projection_problem.h"

#include "catalog/key_read.h"
#include "catalog/read.h"
#include "catalog/rows.h"

enum { KEY_MAX = 64 * 1024 };

struct looking {
    struct draft *d;
    const struct service_id *id;
    struct projection_problems found;
};

static bool appears(const struct looking *l, struct bytes key)
{
    struct buf side;
    struct bytes row;
    buf_init(&side, KEY_MAX);
    appears_key(key, &side);
    enum err e = draft_side_get(l->d, buf_bytes(&side), &row);
    buf_fini(&side);
    return e == OK;
}

/* True if the place has a key of somebody's own under RULE. */
static enum err has_own_key(const struct looking *l, const struct place *place,
                            const struct projection_rule *rule, bool *ret)
{
    struct buf prefix;
    struct rows rows;
    buf_init(&prefix, KEY_MAX);
    at_place_prefix(l->id, place->address, place->port, place->cluster, &prefix);
    size_t prefix_n = prefix.n;
    enum err e = side_rows_read(l->d, buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    *ret = false;
    for (size_t i = 0; e == OK && i < rows.n; i++) {
        struct owner owner;
        e = rows_damage(at_place_key_owner(bytes_skip(rows.all[i].key, prefix_n), &owner));
        if (e == OK)
            *ret |= owner.face == FACE_ETCD && bytes_starts(owner.part, rule->prefix);
    }
    return e;
}

static void add(struct looking *l, enum projection_lack lack, const struct projection_rule *rule,
                const struct instance *i, struct bytes key)
{
    l->found.all[l->found.n++] = (struct projection_problem){ lack, rule->prefix, i->from,
                                                              arena_dup(draft_arena(l->d), key) };
}

static enum err look_at_key(struct looking *l, const struct instance *i, const struct place *place,
                            const struct projection_rule *rule, struct bytes key)
{
    struct draft_row row;
    bool own = false;
    enum err e = draft_get(l->d, SPACE_ETCD, key, &row);
    if (e != OK || appears(l, key))
        return e == ERR_NOT_FOUND ? OK : e;
    e = has_own_key(l, place, rule, &own);
    if (e == OK && !own)
        add(l, PROJECTION_TAKEN, rule, i, key);
    return e;
}

static enum err look_at(struct looking *l, const struct instance *i,
                        const struct projection_rule *rule)
{
    const struct publication *said = &i->from->said;
    struct buf address, key;
    enum err e = OK;
    if (!rule->out || !i->is.enabled || !i->is.healthy)
        return OK;
    if (i->from->address.n == 0 || said->port == 0) {
        add(l, PROJECTION_NO_ADDRESS, rule, i, (struct bytes){ 0 });
        return OK;
    }
    buf_init(&address, KEY_MAX);
    buf_init(&key, KEY_MAX);
    fold_append(i->from->address, &address);
    struct place place = { buf_bytes(&address), said->port, said->cluster };
    if (projection_key(rule, l->id, &place, &key) != OK)
        add(l, PROJECTION_NO_KEY, rule, i, (struct bytes){ 0 });
    else
        e = look_at_key(l, i, &place, rule, buf_bytes(&key));
    buf_fini(&address);
    buf_fini(&key);
    return e;
}

enum err projection_problems_read(const struct view *view, const struct service_id *id,
                                  struct arena *arena, struct projection_problems *ret)
{
    struct looking l = { .d = draft_new(view, arena), .id = id };
    struct projection_rules rules;
    struct service_rows rows;
    enum err e = projection_rules_get(l.d, &rules);
    if (e == OK)
        e = service_rows_in_draft(l.d, id, &rows);
    if (e != OK)
        return e;
    struct instances instances = instances_merge(&rows, arena);
    l.found.all = arena_zalloc(arena, instances.n * rules.n, sizeof *l.found.all);
    for (size_t i = 0; i < instances.n; i++)
        for (size_t r = 0; r < rules.n && e == OK; r++)
            e = look_at(&l, &instances.all[i], &rules.all[r]);
    if (e == OK)
        *ret = l.found;
    return e;
}

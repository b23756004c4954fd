/* Phases, each a walk over rows that goes on at a key. What a phase does to one row is planned in a
 * draft of its own and written at once. */
#include "catalog/sweep.h"

#include <assert.h>

#include "catalog/key_read.h"
#include "catalog/plan.h"
#include "catalog/publication.h"
#include "catalog/tables_memo.h"
#include "store/side.h"

enum phase {
    SWEEP_APPEARS,      /* what appears under no rule any more goes */
    SWEEP_PLACES,       /* with no rules nobody asks who publishes where */
    SWEEP_WITHDRAW,     /* what keys registered that register no more */
    SWEEP_REGISTER,     /* keys that register now */
    SWEEP_PUBLICATIONS, /* what is to appear now */
    SWEEP_DONE
};

struct sweep {
    struct projection_rules rules;
    struct arena *arena;
    enum phase phase;
    size_t rule;       /* of SWEEP_REGISTER */
    struct bytes from; /* where the walk goes on; empty: at its beginning. In ROOM */
    uint8_t *room;
    size_t room_n;
};

struct sweep *sweep_new(const struct projection_rules *rules, struct arena *arena)
{
    struct sweep *s = arena_zalloc(arena, 1, sizeof *s);
    *s = (struct sweep){ .rules = *rules, .arena = arena };
    for (size_t i = 0; i < rules->n; i++)
        s->rules.all[i].prefix = arena_dup(arena, rules->all[i].prefix);
    return s;
}

const struct projection_rules *sweep_rules(const struct sweep *s)
{
    return &s->rules;
}

/* -- walking ---------------------------------------------------------------------------------- */

/* The walk goes on behind KEY, which is not empty. */
static void pass(struct sweep *s, struct bytes key)
{
    assert(key.p != NULL);
    if (s->room_n < key.n + 1) {
        s->room_n = 2 * (key.n + 1);
        s->room = arena_alloc(s->arena, s->room_n);
    }
    memcpy(s->room, key.p, key.n);
    s->room[key.n] = 0;
    s->from = bytes_of(s->room, key.n + 1);
}

struct found {
    struct arena *arena;
    struct bytes key, value;
    int64_t lease;
    bool there;
};

static bool take_side(void *ctx, struct bytes key, struct bytes value)
{
    struct found *f = ctx;
    f->key = arena_dup(f->arena, key);
    f->there = true;
    return false;
}

static enum err next_side(struct sweep *s, struct plan *p, const char *letter, struct found *ret)
{
    struct bytes prefix = bytes_str(letter);
    *ret = (struct found){ .arena = p->arena };
    enum err e = side_each_from(draft_view(p->draft), prefix, s->from.n > 0 ? s->from : prefix,
                                take_side, ret);
    if (e == OK && ret->there)
        pass(s, ret->key);
    return e;
}

/* The next row of SPACE whose key begins with PREFIX. */
static enum err next_row(struct sweep *s, struct plan *p, enum space space, struct bytes prefix,
                         struct found *ret)
{
    struct range_query query = { .space = space,
                                 .key = s->from.n > 0 ? s->from : prefix,
                                 .end = bytes_of("", 1),
                                 .budget_bytes = 1 };
    struct range_result r;
    *ret = (struct found){ .arena = p->arena };
    enum err e = range_read(draft_view(p->draft), &query, p->arena, &r);
    if (e != OK || r.kv_n == 0 || !bytes_starts(r.kvs[0].key, prefix))
        return e;
    ret->there = true;
    ret->key = arena_dup(p->arena, r.kvs[0].key);
    ret->lease = r.kvs[0].lease;
    pass(s, ret->key);
    return value_whole(draft_view(p->draft), &r.kvs[0].value, p->arena, &ret->value);
}

/* -- phases ----------------------------------------------------------------------------------- */

static bool is_under(const struct plan *p, struct bytes key, bool out)
{
    const struct projection_rule *rule;
    struct service_id service;
    struct bytes id;
    return projection_match(p->rules, key, &rule, &service, &id) == OK &&
           (out ? rule->out : rule->in);
}

static void check_appears(struct plan *p, struct bytes side)
{
    struct bytes key = bytes_skip(side, 1);
    if (is_under(p, key, true))
        return;
    draft_side_remove(p->draft, side);
    draft_remove(p->draft, SPACE_ETCD, key);
}

static enum err check_registered(struct plan *p, struct bytes key)
{
    struct service_id id;
    struct owner owner;
    if (publication_key_service(key, &id) != OK || publication_key_owner(key, &owner) != OK)
        return ERR_DAMAGED;
    if (owner.face != FACE_ETCD || is_under(p, owner.part, false))
        return OK;
    return plan_remove_publication(p, &id, &owner);
}

static enum err check_etcd_key(struct plan *p, const struct found *f)
{
    struct service_id id;
    struct place place;
    enum err e = plan_appears(p, f->key, &id, &place);
    return e == ERR_NOT_FOUND ? plan_etcd_put(p, f->key, f->value, f->lease) : e;
}

static enum err check_publication(struct plan *p, const struct found *f)
{
    struct service_id id;
    struct owner owner;
    struct publication said;
    if (publication_key_service(f->key, &id) != OK || publication_key_owner(f->key, &owner) != OK ||
        publication_read(f->value, p->arena, &said) != OK)
        return ERR_DAMAGED;
    return plan_move_place(p, &id, &owner, NULL, &said);
}

static void next_phase(struct sweep *s)
{
    s->from = (struct bytes){ 0 };
    if (s->phase == SWEEP_REGISTER && ++s->rule < s->rules.n)
        return;
    s->phase++;
    if (s->rules.n == 0 && s->phase == SWEEP_REGISTER)
        s->phase = SWEEP_DONE;
    if (s->rules.n > 0 && s->phase == SWEEP_PLACES)
        s->phase++;
}

/* Plans what becomes of one row; or goes to the next phase. */
static enum err do_one(struct sweep *s, struct plan *p)
{
    struct found f = { 0 };
    enum err e = OK;
    switch (s->phase) {
    case SWEEP_APPEARS:
        e = next_side(s, p, "j", &f);
        if (e == OK && f.there)
            check_appears(p, f.key);
        break;
    case SWEEP_PLACES:
        e = next_side(s, p, "a", &f);
        if (e == OK && f.there)
            draft_side_remove(p->draft, f.key);
        break;
    case SWEEP_WITHDRAW:
        e = next_row(s, p, SPACE_CATALOG, bytes_str("p"), &f);
        if (e == OK && f.there)
            e = check_registered(p, f.key);
        break;
    case SWEEP_REGISTER:
        e = next_row(s, p, SPACE_ETCD, s->rules.all[s->rule].prefix, &f);
        if (e == OK && f.there)
            e = check_etcd_key(p, &f);
        break;
    case SWEEP_PUBLICATIONS:
        e = next_row(s, p, SPACE_CATALOG, bytes_str("p"), &f);
        if (e == OK && f.there)
            e = check_publication(p, &f);
        break;
    case SWEEP_DONE:
        break;
    }
    if (e == OK && !f.there)
        next_phase(s);
    return e;
}

enum err sweep_step(struct sweep *s, struct apply_context *c, uint64_t *rows, bool *ret_done)
{
    enum err e = OK;
    while (e == OK && s->phase != SWEEP_DONE && *rows > 0) {
        uint64_t left = UINT64_MAX;
        bool done;
        struct plan p;
        plan_init(&p, draft_for(c, apply_work_arena(c)), apply_age_ms(c), &s->rules, NULL);
        e = do_one(s, &p);
        if (e == OK)
            e = plan_finish(&p);
        if (e == OK)
            tables_memo_note(c, &p);
        if (e == OK)
            e = draft_write(p.draft, c, &left, &done);
        plan_fini(&p);
        uint64_t spent = 1 + (UINT64_MAX - left);
        *rows -= spent < *rows ? spent : *rows;
    }
    *ret_done = s->phase == SWEEP_DONE;
    return e;
}

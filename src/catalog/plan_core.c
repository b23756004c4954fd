/* What all operations share, and the states that are written when all are planned. */
#include "catalog/plan.h"

#include "base/text.h"
#include "catalog/last.h"
#include "catalog/rows.h"
#include "catalog/service.h"

enum { SCRATCH_MAX = 1024 * 1024, SCRATCH_KEPT = 4096 };

struct touched_service {
    struct service_id id;
    int64_t more;
    bool removed; /* one publication at least */
    uint32_t hash;
    struct touched_service *next, *next_in_bucket;
};

struct touched_node {
    struct bytes ns, node;
    bool gone;
    struct touched_node *next;
};

void plan_init(struct plan *p, struct draft *draft, uint64_t age_ms,
               const struct projection_rules *rules, struct arena *results)
{
    *p = (struct plan){ .draft = draft,
                        .arena = draft_arena(draft),
                        .results = results,
                        .age_ms = age_ms,
                        .rules = rules };
    plan_resume(p);
}

void plan_resume(struct plan *p)
{
    buf_init(&p->key, SCRATCH_MAX);
    buf_init(&p->row, SCRATCH_MAX);
}

void plan_fini(struct plan *p)
{
    buf_fini(&p->key);
    buf_fini(&p->row);
}

struct buf *plan_key(struct plan *p)
{
    buf_clear(&p->key, SCRATCH_KEPT);
    return &p->key;
}

struct buf *plan_row(struct plan *p)
{
    buf_clear(&p->row, SCRATCH_KEPT);
    return &p->row;
}

/* -- rows ------------------------------------------------------------------------------------- */

enum err plan_look(struct plan *p, struct bytes key, struct standing *ret)
{
    struct standing s = { 0 };
    enum err e = draft_get(p->draft, SPACE_CATALOG, key, &s.row);
    s.there = e == OK;
    if (e == OK || e == ERR_NOT_FOUND)
        *ret = s;
    return e == ERR_NOT_FOUND ? OK : e;
}

bool plan_allows(const struct op_when *when, const struct standing *s, struct change_result *ret)
{
    bool at_index = s->there && s->row.mod == when->index;
    switch (when->verb) {
    case OP_GET:
        ret->refusal = s->there ? CHANGE_DONE : CHANGE_ABSENT;
        break;
    case OP_CAS:
        ret->refusal = (when->index == 0 ? !s->there : at_index) ? CHANGE_DONE : CHANGE_STALE;
        break;
    case OP_DELETE_CAS:
        ret->refusal = at_index ? CHANGE_DONE : CHANGE_STALE;
        break;
    case OP_ENSURE:
        if (!s->there)
            break;
        ret->there = true;
        ret->create = s->row.create;
        ret->modify = s->row.mod;
        return false;
    case OP_SET:
    case OP_DELETE:
        break;
    }
    return ret->refusal == CHANGE_DONE;
}

enum err plan_show(struct plan *p, struct bytes key, enum op_verb verb, struct change_result *ret)
{
    struct standing s;
    enum err e = plan_look(p, key, &s);
    if (e != OK || !s.there)
        return e;
    ret->there = true;
    ret->create = s.row.create;
    ret->modify = s.row.mod;
    if (verb == OP_GET) {
        ret->row = arena_dup(p->results, s.row.value);
        p->result_bytes += ret->row.n;
    }
    return OK;
}

bool plan_put(struct plan *p, struct bytes key, const struct standing *s, struct bytes row)
{
    if (s->there && bytes_eq(s->row.value, row))
        return false;
    draft_put(p->draft, SPACE_CATALOG, key, row, s->there ? s->row.lease : 0);
    return true;
}

/* -- nodes ------------------------------------------------------------------------------------ */

void plan_touch_node(struct plan *p, struct bytes ns, struct bytes node, bool gone)
{
    struct touched_node *t = p->nodes;
    while (t != NULL && (!bytes_eq(t->ns, ns) || !text_eq_nocase(t->node, node)))
        t = t->next;
    if (t == NULL) {
        t = arena_zalloc(p->arena, 1, sizeof *t);
        t->ns = arena_dup(p->arena, ns);
        t->node = arena_dup(p->arena, node);
        t->next = p->nodes;
        p->nodes = t;
    }
    t->gone = gone;
}

static void write_node_state(struct plan *p, const struct touched_node *t)
{
    struct buf *key = plan_key(p), *row = plan_row(p);
    node_key(t->ns, t->node, key);
    node_state_write(draft_revision(p->draft), row);
    if (t->gone)
        draft_side_remove(p->draft, buf_bytes(key));
    else
        draft_side_put(p->draft, buf_bytes(key), buf_bytes(row));
}

enum err plan_node_is_there(struct plan *p, struct bytes ns, struct bytes node, bool *ret)
{
    struct buf *key = plan_key(p);
    struct standing s;
    node_key(ns, node, key);
    enum err e = plan_look(p, buf_bytes(key), &s);
    *ret = e == OK && s.there;
    return e;
}

enum err plan_find_from_node(struct plan *p, struct bytes ns, const struct owner *owner,
                             struct service_id *ret)
{
    struct from_node_row row;
    enum err e = from_node_in_draft(p->draft, ns, owner, &row);
    if (e == OK)
        *ret = row.service;
    return e;
}

/* -- services --------------------------------------------------------------------------------- */

/* FNV-1a of the folded name: a node may take thousands of services with it. It decides nothing but
 * speed. */
static uint32_t hash_name(struct bytes name)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c | 0x20U : c)) * 16777619U;
    }
    return hash;
}

static void add_to_bucket(struct plan *p, struct touched_service *t)
{
    struct touched_service **bucket = &p->buckets[t->hash & (p->bucket_n - 1)];
    t->next_in_bucket = *bucket;
    *bucket = t;
}

static void grow_buckets(struct plan *p)
{
    p->bucket_n = p->bucket_n == 0 ? 8 : 8 * p->bucket_n;
    p->buckets = arena_zalloc(p->arena, p->bucket_n, sizeof(struct touched_service *));
    for (struct touched_service *t = p->services; t != NULL; t = t->next)
        add_to_bucket(p, t);
}

static struct touched_service *find_touched(struct plan *p, const struct service_id *id)
{
    uint32_t hash = hash_name(id->name);
    struct touched_service *t = p->bucket_n == 0 ? NULL : p->buckets[hash & (p->bucket_n - 1)];
    while (t != NULL && (t->hash != hash || !service_id_eq(&t->id, id)))
        t = t->next_in_bucket;
    if (t != NULL)
        return t;
    if (p->service_n++ >= 2 * p->bucket_n)
        grow_buckets(p);
    t = arena_zalloc(p->arena, 1, sizeof *t);
    t->id = (struct service_id){ .ns = arena_dup(p->arena, id->ns),
                                 .group = arena_dup(p->arena, id->group),
                                 .name = arena_dup(p->arena, id->name) };
    t->hash = hash;
    t->next = p->services;
    p->services = t;
    add_to_bucket(p, t);
    return t;
}

void plan_touch_service(struct plan *p, const struct service_id *id, int64_t more)
{
    struct touched_service *t = find_touched(p, id);
    t->more += more;
    t->removed |= more < 0;
}

static enum err read_state(struct plan *p, struct bytes key, const struct service_id *id,
                           struct service_state *ret, bool *ret_there)
{
    struct bytes row;
    enum err e = draft_side_get(p->draft, key, &row);
    *ret_there = e == OK;
    *ret = (struct service_state){ .group = id->group, .name = id->name };
    if (e == ERR_NOT_FOUND)
        return OK;
    if (e == OK && service_state_read(row, ret) != OK)
        e = ERR_DAMAGED;
    return e;
}

static void note_extinct(struct plan *p, struct bytes ns)
{
    struct extinct *x = arena_zalloc(p->arena, 1, sizeof *x);
    *x = (struct extinct){ .ns = ns, .next = p->extinct };
    p->extinct = x;
}

/* A service is remembered as long as it is described or something is published in it. */
static enum err write_state(struct plan *p, const struct touched_service *t)
{
    struct buf *key = plan_key(p), *row = plan_row(p);
    struct service_state state;
    struct standing definition;
    bool there;
    service_key(&t->id, key);
    enum err e = read_state(p, buf_bytes(key), &t->id, &state, &there);
    if (e == OK)
        e = plan_look(p, buf_bytes(key), &definition);
    if (e != OK)
        return e;
    if (t->more < 0 && state.publication_n < (uint64_t)-t->more)
        return ERR_DAMAGED;
    state.publication_n += (uint64_t)t->more;
    state.revision = draft_revision(p->draft);
    if (t->removed)
        state.last_removal = state.revision;
    if (t->removed && state.publication_n == 0)
        note_extinct(p, t->id.ns);
    if (state.publication_n == 0 && !definition.there) {
        draft_side_remove(p->draft, buf_bytes(key));
        return OK;
    }
    service_state_write(&state, row);
    draft_side_put(p->draft, buf_bytes(key), buf_bytes(row));
    return OK;
}

enum err plan_states(struct plan *p)
{
    enum err e = OK;
    if (!draft_changes(p->draft))
        return OK; /* what was touched is as it was, and there is no revision for it */
    for (const struct touched_node *t = p->nodes; t != NULL; t = t->next)
        write_node_state(p, t);
    for (const struct touched_service *t = p->services; t != NULL && e == OK; t = t->next)
        e = write_state(p, t);
    return e;
}

/* The items of a restore, sorted, so that what stands can be looked up among them. */
#include <stdlib.h>

#include "catalog/restore_core.h"

enum { KEY_MAX = 64 * 1024, ARENA_FIRST = 64 * 1024 };

/* -- items by key ----------------------------------------------------------------------------- */

enum space restore_space(enum restore_rank rank)
{
    return rank == RANK_PAIRS    ? SPACE_CONSUL_KV
           : rank == RANK_SYSTEM ? SPACE_SYSTEM
                                 : SPACE_CATALOG;
}

static int cmp_keys(enum restore_rank rank, struct bytes key, const struct restore_entry *e)
{
    return rank != e->rank ? (rank < e->rank ? -1 : 1) : bytes_cmp(key, e->key);
}

static int cmp_entries(const void *a, const void *b)
{
    const struct restore_entry *x = a;
    return cmp_keys(x->rank, x->key, b);
}

const struct restore_entry *restore_find(const struct restore *r, enum restore_rank rank,
                                         struct bytes key)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = cmp_keys(rank, key, &r->all[middle]);
        if (order == 0)
            return &r->all[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static void publication_op_key(const struct change_op *op, struct buf *key)
{
    const struct publication_op *p = &op->publication;
    struct service_id id = { op->ns, p->group, p->name };
    publication_key(&id, &p->owner, key);
}

static void check_op_key(const struct change_op *op, struct buf *key)
{
    struct check_id id = { op->ns, op->check.node, op->check.instance, op->check.id };
    check_key(&id, key);
}

static enum restore_rank key_of_change(const struct change_op *op, struct buf *key)
{
    switch (op->kind) {
    case CHANGE_NODE:
        node_key(op->ns, op->node.name, key);
        return RANK_NODES;
    case CHANGE_PUBLICATION:
        publication_op_key(op, key);
        return RANK_PUBLICATIONS;
    case CHANGE_CHECK:
        check_op_key(op, key);
        return RANK_CHECKS;
    case CHANGE_SESSION_CREATE:
        session_key(op->ns, &op->session.id, key);
        return RANK_SESSIONS;
    case CHANGE_OBJECT:
        object_key(op->object.kind, op->ns, op->object.type, op->object.name, key);
        return RANK_OBJECTS;
    case CHANGE_OVERLAY:
    case CHANGE_SERVICE:
    case CHANGE_KV:
    case CHANGE_SESSION_END:
    case CHANGE_EVENT:
    case CHANGE_VIRTUAL:
    case CHANGE_REPORT:
    case CHANGE_KINDS:
        break;
    }
    return RANKS; /* restore_item_read gives none */
}

/* -- reading the command ---------------------------------------------------------------------- */

static bool is_under(const struct restore_body *b, struct bytes key)
{
    for (size_t i = 0; i < b->prefix_n; i++)
        if (bytes_starts(key, b->prefixes[i]))
            return true;
    return false;
}

static enum err add_item(struct restore *r, const struct restore_body *b, struct bytes bytes,
                         struct arena *scratch)
{
    struct restore_item item;
    struct restore_entry entry = { .rank = RANKS, .bytes = bytes };
    struct buf key;
    enum err e = restore_item_read(bytes, scratch, &item);
    if (e != OK)
        return e;
    if (item.kind == RESTORE_LEASE) {
        r->grants[r->grant_n++].lease = item.lease;
        return OK;
    }
    buf_init(&key, KEY_MAX);
    if (item.kind == RESTORE_CHANGE)
        entry.rank = bytes_eq(item.change.ns, b->ns) ? key_of_change(&item.change, &key) : RANKS;
    if (item.kind == RESTORE_PAIR) {
        entry.rank = RANK_PAIRS;
        buf_put_bytes(&key, item.pair.key);
    }
    if (item.kind == RESTORE_SYSTEM && is_under(b, item.system.key)) {
        entry.rank = RANK_SYSTEM;
        buf_put_bytes(&key, item.system.key);
    }
    e = entry.rank == RANKS ? ERR_MALFORMED : buf_err(&key);
    entry.key = arena_dup(r->arena, buf_bytes(&key));
    buf_fini(&key);
    if (e == OK)
        r->all[r->n++] = entry;
    return e;
}

static enum err count_items(struct rd items, size_t *ret)
{
    size_t n = 0;
    while (items.err == OK && items.left.n > 0) {
        rd_run(&items);
        if (++n > RESTORE_ITEMS_MAX)
            return ERR_TOO_BIG;
    }
    *ret = n;
    return items.err;
}

static int cmp_grants(const void *a, const void *b)
{
    const struct restore_grant *x = a, *y = b;
    return x->lease.id < y->lease.id ? -1 : x->lease.id > y->lease.id;
}

enum err restore_items_read(struct restore *r, const struct restore_body *b)
{
    struct arena scratch;
    struct rd items = b->items;
    size_t n;
    enum err e = count_items(items, &n);
    if (e != OK)
        return e;
    r->all = arena_zalloc(r->arena, n, sizeof *r->all);
    r->grants = arena_zalloc(r->arena, n, sizeof *r->grants);
    arena_init(&scratch, ARENA_FIRST);
    for (size_t i = 0; i < n && e == OK; i++) {
        e = add_item(r, b, rd_run(&items), &scratch);
        arena_clear(&scratch);
    }
    arena_fini(&scratch);
    if (r->n > 0)
        qsort(r->all, r->n, sizeof *r->all, cmp_entries);
    if (r->grant_n > 0)
        qsort(r->grants, r->grant_n, sizeof *r->grants, cmp_grants);
    return e;
}

const struct restore_entry *restore_find_twice(const struct restore *r)
{
    for (size_t i = 1; i < r->n; i++)
        if (cmp_entries(&r->all[i - 1], &r->all[i]) == 0)
            return &r->all[i];
    return NULL;
}

bool restore_use_grant(struct restore *r, int64_t id)
{
    struct restore_grant wanted = { .lease = { .id = id } };
    struct restore_grant *found =
        r->grant_n == 0 ? NULL
                        : bsearch(&wanted, r->grants, r->grant_n, sizeof *r->grants, cmp_grants);
    if (found != NULL)
        found->is_used = true;
    return found != NULL;
}

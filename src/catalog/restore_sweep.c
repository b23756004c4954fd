/* What stands and is not among the items of a restore. It is walked in the view, by key: nothing
 * changes under it meanwhile. */
#include "base/text.h"
#include "catalog/key_read.h"
#include "catalog/kv_lock.h"
#include "catalog/node.h"
#include "catalog/restore_core.h"
#include "catalog/session_plan.h"
#include "store/range.h"

enum { KEY_MAX = 64 * 1024, WALK_KEYS = 256 /* of one look at what stands */ };

/* -- where to look ---------------------------------------------------------------------------- */

static void add_walk(struct restore *r, enum restore_rank rank, const struct buf *prefix)
{
    r->walks[r->walk_n++] = (struct restore_walk){ rank, arena_dup(r->arena, buf_bytes(prefix)) };
}

/* In an order in which nothing that goes is missed by what goes after it. */
void restore_walks_add(struct restore *r, const struct restore_body *b)
{
    struct buf prefix;
    buf_init(&prefix, KEY_MAX);
    session_prefix(b->ns, &prefix);
    add_walk(r, RANK_SESSIONS, &prefix);
    buf_clear(&prefix, KEY_MAX);
    add_walk(r, RANK_PAIRS, &prefix);
    checks_prefix(b->ns, &prefix);
    add_walk(r, RANK_CHECKS, &prefix);
    buf_clear(&prefix, KEY_MAX);
    publications_prefix(b->ns, &prefix);
    add_walk(r, RANK_PUBLICATIONS, &prefix);
    buf_clear(&prefix, KEY_MAX);
    node_prefix(b->ns, &prefix);
    add_walk(r, RANK_NODES, &prefix);
    for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
        buf_clear(&prefix, KEY_MAX);
        object_prefix(kind, b->ns, &prefix);
        add_walk(r, RANK_OBJECTS, &prefix);
    }
    buf_fini(&prefix);
    for (size_t i = 0; i < b->prefix_n; i++)
        r->walks[r->walk_n++] = (struct restore_walk){ RANK_SYSTEM, b->prefixes[i] };
}

/* -- what stands and is to go ----------------------------------------------------------------- */

static enum err remove_pair(struct plan *p, struct bytes key)
{
    struct draft_row row;
    struct kv_pair pair;
    enum err e = draft_get(p->draft, SPACE_CONSUL_KV, key, &row);
    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    if (kv_pair_read(row.value, &pair) != OK)
        return ERR_DAMAGED;
    draft_remove(p->draft, SPACE_CONSUL_KV, key);
    return uuid_is_zero(&pair.session) ? OK : kv_lock_forget(p->draft, &pair.session, key);
}

static enum err remove_publication(struct plan *p, struct bytes key)
{
    struct service_id id;
    struct owner owner;
    struct standing s;
    if (publication_key_service(key, &id) != OK || publication_key_owner(key, &owner) != OK)
        return ERR_DAMAGED;
    enum err e = owner.face == FACE_CONSUL ? plan_look(p, key, &s) : OK;
    return e == OK && owner.face == FACE_CONSUL && s.there ? plan_deregister(p, &id, &owner) : e;
}

static enum err remove_check(struct plan *p, struct bytes key)
{
    struct change_result result = { 0 };
    struct check_op op = { .when = { OP_DELETE, 0 } };
    struct check_id id;
    if (check_key_read(key, &id) != OK)
        return ERR_DAMAGED;
    op.node = id.node;
    op.instance = id.instance;
    op.id = id.check;
    return plan_check(p, id.ns, &op, &result);
}

static enum err remove_node(struct restore *r, struct bytes key, const struct standing *s)
{
    struct change_result result = { 0 };
    struct node node;
    if (node_read(s->row.value, r->arena, &node) != OK)
        return ERR_DAMAGED;
    struct node_op op = { .when = { OP_DELETE, 0 }, .name = node.name };
    return plan_node(&r->plan, r->ns, &op, &result);
}

static enum err remove_session(struct restore *r, struct bytes key)
{
    struct uuid id;
    struct bytes ns;
    if (session_key_read(key, &ns, &id) != OK)
        return ERR_DAMAGED;
    return session_plan_end(r->plan.draft, r->ns, &id, r->plan.age_ms);
}

/* A node under the same name with another id is another node. */
static enum err is_other_node(struct restore *r, const struct restore_entry *entry,
                              const struct standing *s, bool *ret)
{
    struct restore_item item;
    struct node is, was;
    enum err e = restore_item_read(entry->bytes, r->arena, &item);
    if (e == OK)
        e = node_read(item.change.node.row, r->arena, &is);
    if (e != OK || node_read(s->row.value, r->arena, &was) != OK)
        return ERR_DAMAGED;
    *ret = is.id.n > 0 && was.id.n > 0 && !text_eq_nocase(is.id, was.id);
    return OK;
}

static enum err sweep_node(struct restore *r, struct bytes key)
{
    struct standing s;
    const struct restore_entry *entry = restore_find(r, RANK_NODES, key);
    enum err e = plan_look(&r->plan, key, &s);
    bool goes = entry == NULL;
    if (e == OK && s.there && !goes)
        e = is_other_node(r, entry, &s, &goes);
    return e == OK && s.there && goes ? remove_node(r, key, &s) : e;
}

static enum err sweep_key(struct restore *r, enum restore_rank rank, struct bytes key)
{
    struct plan *p = &r->plan;
    if (rank == RANK_NODES)
        return sweep_node(r, key);
    if (restore_find(r, rank, key) != NULL)
        return OK;
    switch (rank) {
    case RANK_PUBLICATIONS:
        return remove_publication(p, key);
    case RANK_CHECKS:
        return remove_check(p, key);
    case RANK_SESSIONS:
        return remove_session(r, key);
    case RANK_PAIRS:
        return remove_pair(p, key);
    case RANK_OBJECTS:
    case RANK_SYSTEM:
        draft_remove(p->draft, restore_space(rank), key);
        r->moves_policy |= rank == RANK_SYSTEM;
        return OK;
    case RANK_NODES:
    case RANKS:
        break;
    }
    return ERR_INVALID;
}

static struct bytes key_after(struct arena *arena, struct bytes key)
{
    uint8_t *next = arena_alloc(arena, key.n + 1);
    memcpy(next, key.p, key.n);
    next[key.n] = 0;
    return bytes_of(next, key.n + 1);
}

/* Some keys of the present walk. */
enum err restore_sweep_some(struct restore *r, uint64_t *rows)
{
    const struct restore_walk *w = &r->walks[r->at];
    struct buf end;
    struct range_result page;
    buf_init(&end, KEY_MAX);
    prefix_end(w->prefix, &end);
    struct range_query query = { .space = restore_space(w->rank),
                                 .key = r->from.p == NULL ? w->prefix : r->from,
                                 .end = buf_bytes(&end),
                                 .limit = WALK_KEYS,
                                 .keys_only = true };
    enum err e = range_read(draft_view(r->plan.draft), &query, r->arena, &page);
    for (size_t i = 0; e == OK && i < page.kv_n; i++)
        e = sweep_key(r, w->rank, page.kvs[i].key);
    uint64_t spent = e == OK ? 1 + page.kv_n : 1;
    *rows -= spent < *rows ? spent : *rows;
    buf_fini(&end);
    if (e != OK)
        return e;
    r->at += !page.more;
    r->from = page.more ? key_after(r->arena, page.kvs[page.kv_n - 1].key) : (struct bytes){ 0 };
    return OK;
}

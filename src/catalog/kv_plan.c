/* One function a verb. */
#include "catalog/kv_plan.h"

#include "base/compiler.h"
#include "catalog/key.h"
#include "catalog/kv_lock.h"

struct planning {
    struct draft *d;
    struct bytes ns;
    uint64_t age_ms;
    const struct kv_op *op;
    bool there;          /* a pair stands at the operation's key: */
    struct kv_entry now; /* lent */
    struct arena *results;
    struct kv_result result;
};

static enum err refuse(struct planning *p, enum kv_refusal refusal)
{
    p->result.refusal = refusal;
    if (refusal == KV_OTHER_SESSION || refusal == KV_OTHER_INDEX) {
        p->result.current = p->now;
        p->result.current.key = arena_dup(p->results, p->now.key);
        p->result.current.pair.value = (struct bytes){ 0 };
    }
    return OK;
}

/* -- what stands ------------------------------------------------------------------------------ */

static enum err read_entry(struct bytes key, const struct draft_row *row, struct kv_entry *ret)
{
    *ret = (struct kv_entry){ .key = key, .create = row->create, .modify = row->mod };
    return kv_pair_read(row->value, &ret->pair) == OK ? OK : ERR_DAMAGED;
}

static enum err look(struct planning *p)
{
    struct draft_row row;
    enum err e = draft_get(p->d, SPACE_CONSUL_KV, p->op->key, &row);
    p->there = e == OK;
    if (e == ERR_NOT_FOUND)
        return OK;
    return e == OK ? read_entry(p->op->key, &row, &p->now) : e;
}

static enum err session_is_there(const struct planning *p, bool *ret)
{
    enum { SESSION_KEY_MAX = 1024 };
    struct buf key;
    struct draft_row row;
    buf_init(&key, SESSION_KEY_MAX);
    session_key(p->ns, &p->op->session, &key);
    enum err e = draft_get(p->d, SPACE_CATALOG, buf_bytes(&key), &row);
    buf_fini(&key);
    *ret = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

/* -- what is shown of it ---------------------------------------------------------------------- */

static void show(struct planning *p, const struct kv_entry *entry, bool with_value)
{
    struct kv_entry *shown = arena_zalloc(p->results, 1, sizeof *shown);
    *shown = *entry;
    shown->key = arena_dup(p->results, entry->key);
    shown->pair.value = with_value ? arena_dup(p->results, entry->pair.value) : (struct bytes){ 0 };
    p->result.entries = shown;
    p->result.entry_n = 1;
}

/* -- writing ---------------------------------------------------------------------------------- */

/* What is equal to what stands is not written, so its index stays. */
static enum err write_pair(struct planning *p, const struct kv_pair *pair)
{
    struct kv_entry entry = { .key = p->op->key,
                              .pair = *pair,
                              .create = draft_revision(p->d),
                              .modify = draft_revision(p->d) };
    if (p->there)
        entry.create = p->now.create;
    if (p->there && kv_pair_eq(&p->now.pair, pair)) {
        entry.modify = p->now.modify;
    } else {
        struct buf row;
        buf_init(&row, SIZE_MAX / 4);
        kv_pair_write(pair, &row);
        draft_put(p->d, SPACE_CONSUL_KV, p->op->key, buf_bytes(&row), 0);
        buf_fini(&row);
    }
    show(p, &entry, false);
    return OK;
}

/* What the operation says, with the lock as it stands. */
static struct kv_pair said(const struct planning *p)
{
    struct kv_pair pair = { .flags = p->op->flags, .value = p->op->value };
    if (p->there) {
        pair.lock_index = p->now.pair.lock_index;
        pair.session = p->now.pair.session;
    }
    return pair;
}

static enum err plan_set(struct planning *p)
{
    struct kv_pair pair = said(p);
    return write_pair(p, &pair);
}

static enum err plan_cas(struct planning *p)
{
    bool good = p->there ? p->op->index != 0 && p->op->index == p->now.modify : p->op->index == 0;
    return good ? plan_set(p) : refuse(p, KV_STALE);
}

static enum err take_lock(struct planning *p)
{
    struct kv_pair pair = said(p);
    if (uuid_eq(&pair.session, &p->op->session))
        return write_pair(p, &pair);
    enum err e = kv_lock_note(p->d, &p->op->session, p->op->key);
    if (e == ERR_TOO_BIG)
        return refuse(p, KV_TOO_MANY_LOCKS);
    pair.session = p->op->session;
    pair.lock_index++;
    return e == OK ? write_pair(p, &pair) : e;
}

static enum err plan_lock(struct planning *p)
{
    bool delayed, there = false;
    enum err e = kv_lock_is_delayed(p->d, p->op->key, p->age_ms, &delayed);
    if (e != OK || delayed)
        return e == OK ? refuse(p, KV_DELAYED) : e;
    if (uuid_is_zero(&p->op->session))
        return refuse(p, KV_NO_SESSION);
    e = session_is_there(p, &there);
    if (e != OK || !there)
        return e == OK ? refuse(p, KV_UNKNOWN_SESSION) : e;
    bool held = p->there && !uuid_is_zero(&p->now.pair.session);
    if (held && !uuid_eq(&p->now.pair.session, &p->op->session))
        return refuse(p, KV_HELD);
    return take_lock(p);
}

static enum err plan_unlock(struct planning *p)
{
    if (uuid_is_zero(&p->op->session))
        return refuse(p, KV_NO_SESSION);
    if (!p->there || !uuid_eq(&p->now.pair.session, &p->op->session))
        return refuse(p, KV_NOT_HELD);
    struct kv_pair pair = said(p);
    pair.session = (struct uuid){ { 0 } };
    enum err e = kv_lock_forget(p->d, &p->op->session, p->op->key);
    return e == OK ? write_pair(p, &pair) : e;
}

/* -- reading and checking --------------------------------------------------------------------- */

static enum err plan_get(struct planning *p)
{
    if (!p->there)
        return refuse(p, KV_ABSENT);
    show(p, &p->now, true);
    return OK;
}

static enum err plan_get_or_empty(struct planning *p)
{
    const struct kv_entry empty = { .key = p->op->key };
    show(p, p->there ? &p->now : &empty, true);
    return OK;
}

static enum err plan_check_index(struct planning *p)
{
    if (!p->there)
        return refuse(p, KV_ABSENT);
    if (p->now.modify != p->op->index)
        return refuse(p, KV_OTHER_INDEX);
    show(p, &p->now, false);
    return OK;
}

static enum err plan_check_session(struct planning *p)
{
    if (!p->there)
        return refuse(p, KV_ABSENT);
    if (!uuid_eq(&p->now.pair.session, &p->op->session))
        return refuse(p, KV_OTHER_SESSION);
    show(p, &p->now, false);
    return OK;
}

static enum err plan_check_not_exists(struct planning *p)
{
    return p->there ? refuse(p, KV_PRESENT) : OK;
}

/* -- removing --------------------------------------------------------------------------------- */

static enum err remove_entry(struct draft *d, const struct kv_entry *entry)
{
    draft_remove(d, SPACE_CONSUL_KV, entry->key);
    if (uuid_is_zero(&entry->pair.session))
        return OK;
    return kv_lock_forget(d, &entry->pair.session, entry->key);
}

static enum err plan_delete(struct planning *p)
{
    return p->there ? remove_entry(p->d, &p->now) : OK;
}

static enum err plan_delete_cas(struct planning *p)
{
    if (p->there && p->op->index != p->now.modify)
        return refuse(p, KV_STALE);
    return plan_delete(p);
}

/* -- whole trees ------------------------------------------------------------------------------ */

struct tree { /* entries as they stand, lent */
    struct arena *arena;
    struct kv_entry *all;
    size_t n, room, bytes, bytes_max;
    bool too_big;
    enum err err;
};

static void make_room(struct tree *t)
{
    if (t->n < t->room)
        return;
    t->room = t->room == 0 ? 16 : t->room * 2;
    struct kv_entry *all = arena_alloc(t->arena, t->room * sizeof *all);
    if (t->n > 0)
        memcpy(all, t->all, t->n * sizeof *all);
    t->all = all;
}

static bool add_entry(void *ctx, struct bytes key, const struct draft_row *row)
{
    struct tree *t = ctx;
    t->bytes += key.n + row->value.n;
    t->too_big = t->n == KV_TREE_MAX || t->bytes > t->bytes_max;
    if (t->too_big)
        return false;
    make_room(t);
    t->err = read_entry(key, row, &t->all[t->n++]);
    return t->err == OK;
}

static enum err read_tree(struct planning *p, struct tree *t)
{
    enum err e = draft_each(p->d, SPACE_CONSUL_KV, p->op->key, add_entry, t);
    if (e == OK && t->err != OK)
        e = t->err;
    return e == OK && t->too_big ? refuse(p, KV_TREE_TOO_BIG) : e;
}

static enum err plan_get_tree(struct planning *p)
{
    struct tree t = { .arena = p->results, .bytes_max = KV_TREE_MAX_BYTES };
    enum err e = read_tree(p, &t);
    if (e != OK || p->result.refusal != KV_DONE)
        return e;
    for (size_t i = 0; i < t.n; i++) {
        t.all[i].key = arena_dup(p->results, t.all[i].key);
        t.all[i].pair.value = arena_dup(p->results, t.all[i].pair.value);
    }
    p->result.entries = t.all;
    p->result.entry_n = t.n;
    return OK;
}

static enum err plan_delete_tree(struct planning *p)
{
    struct tree t = { .arena = draft_arena(p->d), .bytes_max = SIZE_MAX };
    enum err e = read_tree(p, &t);
    if (p->result.refusal != KV_DONE)
        return e;
    for (size_t i = 0; i < t.n && e == OK; i++)
        e = remove_entry(p->d, &t.all[i]);
    return e;
}

/* -- all verbs -------------------------------------------------------------------------------- */

static enum err (*const verbs[KV_VERBS])(struct planning *p) = {
    [KV_SET] = plan_set,
    [KV_CAS] = plan_cas,
    [KV_LOCK] = plan_lock,
    [KV_UNLOCK] = plan_unlock,
    [KV_GET] = plan_get,
    [KV_GET_OR_EMPTY] = plan_get_or_empty,
    [KV_GET_TREE] = plan_get_tree,
    [KV_CHECK_INDEX] = plan_check_index,
    [KV_CHECK_SESSION] = plan_check_session,
    [KV_CHECK_NOT_EXISTS] = plan_check_not_exists,
    [KV_DELETE] = plan_delete,
    [KV_DELETE_TREE] = plan_delete_tree,
    [KV_DELETE_CAS] = plan_delete_cas,
};

enum err kv_plan(struct draft *d, struct bytes ns, uint64_t age_ms, const struct kv_op *op,
                 struct arena *results, struct kv_result *ret)
{
    struct planning p = { .d = d, .ns = ns, .age_ms = age_ms, .op = op, .results = results };
    bool tree = op->verb == KV_GET_TREE || op->verb == KV_DELETE_TREE;
    enum err e = OK;
    if (op->key.n == 0 && op->verb != KV_DELETE_TREE)
        e = refuse(&p, KV_NO_KEY);
    else if (!tree)
        e = look(&p);
    if (e == OK && p.result.refusal == KV_DONE)
        e = verbs[op->verb](&p);
    if (e == OK)
        *ret = p.result;
    return e;
}

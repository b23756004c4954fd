/* A session's row, and beside the spaces one row for its node and one for each check it depends on,
 * so that those who end with them are found. */
#include "catalog/session_plan.h"

#include "base/text.h"
#include "catalog/draft_keys.h"
#include "catalog/key.h"
#include "catalog/key_read.h"
#include "catalog/kv_lock.h"
#include "catalog/node.h"
#include "catalog/prepared_row.h"

enum { KEY_MAX = 64 * 1024 };

/* -- what it depends on ----------------------------------------------------------------------- */

static enum err node_is_there(const struct draft *d, struct bytes ns, struct bytes node, bool *ret)
{
    struct buf key;
    struct draft_row row;
    buf_init(&key, KEY_MAX);
    node_key(ns, node, &key);
    enum err e = draft_get(d, SPACE_CATALOG, buf_bytes(&key), &row);
    buf_fini(&key);
    *ret = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

struct search { /* for a check of a node, whatever it belongs to */
    struct bytes id;
    bool found, critical;
    enum err err;
};

static bool look_at_check(void *ctx, struct bytes key, const struct draft_row *row)
{
    struct search *s = ctx;
    struct check check;
    s->err = check_read(row->value, &check);
    if (s->err != OK)
        return false;
    if (!text_eq_nocase(check.id, s->id))
        return true;
    s->found = true;
    s->critical = check.status == STATUS_DOWN;
    return false;
}

static enum err search_check(const struct draft *d, struct bytes ns, struct bytes node,
                             struct search *s)
{
    struct buf prefix;
    buf_init(&prefix, KEY_MAX);
    check_prefix(ns, node, (struct bytes){ 0 }, &prefix);
    enum err e = draft_each(d, SPACE_CATALOG, buf_bytes(&prefix), look_at_check, s);
    buf_fini(&prefix);
    return e == OK && s->err != OK ? ERR_DAMAGED : e;
}

static enum err check_checks(const struct draft *d, struct bytes ns, const struct session_create *c,
                             const struct session_checks *checks, struct session_result *ret)
{
    for (size_t i = 0; i < checks->n && ret->refusal == SESSION_DONE; i++) {
        struct search s = { .id = checks->ids[i] };
        if (c->of_member && bytes_is(s.id, CHECK_OF_MEMBERS))
            continue;
        enum err e = search_check(d, ns, c->session.node, &s);
        if (e != OK)
            return e;
        if (!s.found || s.critical)
            *ret = (struct session_result){ s.found ? SESSION_CHECK_CRITICAL : SESSION_NO_CHECK,
                                            s.id };
    }
    return OK;
}

/* -- beginning -------------------------------------------------------------------------------- */

static enum err check_create(const struct draft *d, struct bytes ns, const struct session_create *c,
                             struct session_result *ret)
{
    struct lease lease;
    bool there = c->of_member;
    enum err e = there ? OK : node_is_there(d, ns, c->session.node, &there);
    if (e == OK && !there)
        ret->refusal = SESSION_NO_NODE;
    if (e == OK && c->lease != 0 && ret->refusal == SESSION_DONE) {
        e = lease_get(draft_view(d), FACE_CONSUL, c->lease, &lease);
        if (e == ERR_LEASE_NOT_FOUND) {
            ret->refusal = SESSION_NO_LEASE;
            e = OK;
        }
    }
    if (e == OK)
        e = check_checks(d, ns, c, &c->session.node_checks, ret);
    return e == OK ? check_checks(d, ns, c, &c->session.service_checks, ret) : e;
}

/* One of what a session depends on. */
typedef void (*bind_fn)(struct draft *d, struct bytes key);

static void bind(struct draft *d, struct bytes key)
{
    draft_side_put(d, key, bytes_str(""));
}

static void bind_each(struct draft *d, struct bytes ns, const struct uuid *id,
                      const struct session *s, bind_fn fn)
{
    const struct bytes none = bytes_str("");
    const struct session_checks *const lists[] = { &s->node_checks, &s->service_checks };
    struct buf key;
    buf_init(&key, KEY_MAX);
    bound_key(ns, s->node, none, id, &key);
    fn(d, buf_bytes(&key));
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        for (size_t j = 0; j < lists[i]->n; j++) {
            buf_clear(&key, KEY_MAX);
            bound_key(ns, s->node, lists[i]->ids[j], id, &key);
            fn(d, buf_bytes(&key));
        }
    }
    buf_fini(&key);
}

static void write_session(struct draft *d, struct bytes key, const struct session_create *c)
{
    struct buf row;
    buf_init(&row, SESSION_MAX);
    session_write(&c->session, &row);
    draft_put(d, SPACE_CATALOG, key, buf_bytes(&row), c->lease);
    buf_fini(&row);
}

enum err session_plan_create(struct draft *d, struct bytes ns, const struct session_create *c,
                             struct session_result *ret)
{
    struct buf key;
    struct draft_row row;
    struct session_result result = { 0 };
    buf_init(&key, KEY_MAX);
    session_key(ns, &c->id, &key);
    enum err e = draft_get(d, SPACE_CATALOG, buf_bytes(&key), &row);
    if (e == OK)
        result.refusal = SESSION_EXISTS;
    if (e == ERR_NOT_FOUND)
        e = check_create(d, ns, c, &result);
    if (e == OK && result.refusal == SESSION_DONE) {
        write_session(d, buf_bytes(&key), c);
        bind_each(d, ns, &c->id, &c->session, bind);
    }
    buf_fini(&key);
    if (e == OK)
        *ret = result;
    return e;
}

void session_plan_restore(struct draft *d, struct bytes ns, const struct session_create *c)
{
    struct buf key;
    buf_init(&key, KEY_MAX);
    session_key(ns, &c->id, &key);
    write_session(d, buf_bytes(&key), c);
    bind_each(d, ns, &c->id, &c->session, bind);
    buf_fini(&key);
}

/* -- ending ----------------------------------------------------------------------------------- */

enum err session_plan_end_row(struct draft *d, struct bytes key, struct bytes row, uint64_t age_ms)
{
    struct session s;
    struct uuid id;
    struct bytes ns;
    if (session_key_read(key, &ns, &id) != OK || session_read(row, draft_arena(d), &s) != OK)
        return ERR_DAMAGED;
    draft_remove(d, SPACE_CATALOG, key);
    bind_each(d, ns, &id, &s, draft_side_remove);
    enum err e = prepared_plan_end(d, ns, &id);
    return e == OK ? kv_lock_tear(d, &id, &s, age_ms) : e;
}

enum err session_plan_end(struct draft *d, struct bytes ns, const struct uuid *id, uint64_t age_ms)
{
    struct buf key;
    struct draft_row row;
    buf_init(&key, KEY_MAX);
    session_key(ns, id, &key);
    enum err e = draft_get(d, SPACE_CATALOG, buf_bytes(&key), &row);
    if (e == OK)
        e = session_plan_end_row(d, buf_bytes(&key), row.value, age_ms);
    buf_fini(&key);
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err sessions_invalidate_for(struct draft *d, struct bytes ns, struct bytes node,
                                 struct bytes check, uint64_t age_ms)
{
    struct buf prefix;
    struct draft_keys bound = { 0 };
    struct uuid id;
    buf_init(&prefix, KEY_MAX);
    bound_prefix(ns, node, check, &prefix);
    enum err e = draft_side_keys(d, buf_bytes(&prefix), &bound);
    buf_fini(&prefix);
    for (size_t i = 0; i < bound.n && e == OK; i++) {
        e = bound_key_session(bound.all[i], &id) == OK ? OK : ERR_DAMAGED;
        if (e == OK)
            e = session_plan_end(d, ns, &id, age_ms);
    }
    return e;
}

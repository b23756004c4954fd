/* Rows of both spaces, decoded. */
#include "catalog/kv_read.h"

#include "base/mem.h"
#include "catalog/key.h"
#include "catalog/key_read.h"
#include "store/newest.h"
#include "store/range.h"
#include "store/range_walk.h"

enum { KEY_MAX = 64 * 1024 };

/* A stored row is what `check` let in, so what its reader does not take is damage. */
static enum err as_damage(enum err e)
{
    return e == OK || e == ERR_VERSION ? e : ERR_DAMAGED;
}

static enum err read_row(const struct view *view, enum space space, struct bytes key,
                         struct arena *arena, struct kv *ret, struct bytes *ret_row)
{
    enum err e = range_get(view, space, key, 0, arena, ret);
    if (e == OK)
        e = value_whole(view, &ret->value, arena, ret_row);
    return e == ERR_KEY_NOT_FOUND ? ERR_NOT_FOUND : e;
}

static enum err read_tree(const struct view *view, enum space space, struct bytes prefix,
                          struct arena *arena, struct range_result *ret)
{
    struct buf end;
    buf_init(&end, KEY_MAX);
    prefix_end(prefix, &end);
    struct range_query query = { .space = space, .key = prefix, .end = buf_bytes(&end) };
    enum err e = range_read(view, &query, arena, ret);
    buf_fini(&end);
    return e;
}

/* -- pairs ------------------------------------------------------------------------------------ */

enum err kv_entry_read(const struct view *view, struct bytes key, struct arena *arena,
                       struct kv_entry *ret, uint64_t *ret_index)
{
    struct kv kv;
    struct bytes row;
    struct kv_pair pair;
    enum err e = read_row(view, SPACE_CONSUL_KV, key, arena, &kv, &row);
    if (e == ERR_NOT_FOUND) {
        e = newest_change(view, SPACE_CONSUL_KV, ret_index);
        return e == OK ? ERR_NOT_FOUND : e;
    }
    if (e == OK)
        e = as_damage(kv_pair_read(row, &pair));
    if (e != OK)
        return e;
    *ret = (struct kv_entry){ .key = key, .pair = pair, .create = kv.create, .modify = kv.mod };
    *ret_index = kv.mod;
    return OK;
}

static enum err read_entry(const struct view *view, const struct kv *kv, bool keys_only,
                           struct arena *arena, struct kv_entry *ret)
{
    struct bytes row;
    *ret = (struct kv_entry){ .key = kv->key, .create = kv->create, .modify = kv->mod };
    if (keys_only)
        return OK;
    enum err e = value_whole(view, &kv->value, arena, &row);
    return e != OK ? e : as_damage(kv_pair_read(row, &ret->pair));
}

/* -- trees ------------------------------------------------------------------------------------ */

struct kv_walk {
    struct bytes prefix;
    bool keys_only;
    struct buf end;          /* behind PREFIX */
    struct buf from;         /* where the index goes on; empty: at PREFIX */
    uint64_t newest;         /* so far */
    struct range_walk *rows; /* NULL until pairs are read */
};

struct kv_walk *kv_walk_new(struct bytes prefix, bool keys_only)
{
    struct kv_walk *w = mem_zalloc(1, sizeof *w);
    w->prefix = prefix;
    w->keys_only = keys_only;
    buf_init(&w->end, KEY_MAX);
    buf_init(&w->from, SIZE_MAX / 4);
    prefix_end(prefix, &w->end);
    return w;
}

void kv_walk_free(struct kv_walk *w)
{
    if (w == NULL)
        return;
    range_walk_free(w->rows);
    buf_fini(&w->end);
    buf_fini(&w->from);
    mem_free(w);
}

enum err kv_walk_index(struct kv_walk *w, const struct view *view, uint64_t rows, bool *ret_done,
                       uint64_t *ret_index)
{
    struct bytes from = w->from.n == 0 ? w->prefix : buf_bytes(&w->from);
    enum err e = OK;
    *ret_done = true;
    if (w->prefix.n > 0)
        e = newest_in_part(view, SPACE_CONSUL_KV, from, buf_bytes(&w->end), rows, &w->from,
                           &w->newest, ret_done);
    if (e == OK && *ret_done && w->newest == 0)
        e = newest_change(view, SPACE_CONSUL_KV, &w->newest);
    *ret_index = w->newest;
    return e;
}

enum err kv_walk_read(struct kv_walk *w, const struct view *view, uint64_t rows, uint64_t bytes,
                      struct arena *arena, struct kv_entries *ret, bool *ret_done)
{
    struct range_query query = { .space = SPACE_CONSUL_KV,
                                 .key = w->prefix,
                                 .end = buf_bytes(&w->end),
                                 .keys_only = w->keys_only };
    struct kv_entries entries = { 0 };
    struct range_part part;
    enum err e = w->rows != NULL ? OK : range_walk_new(view, &query, 0, &w->rows);
    if (e == OK)
        e = range_walk_step(w->rows, view, rows, bytes, true, arena, &part);
    if (e != OK)
        return e;
    entries.all = arena_zalloc(arena, part.kv_n, sizeof *entries.all);
    for (; entries.n < part.kv_n && e == OK; entries.n++)
        e = read_entry(view, &part.kvs[entries.n], w->keys_only, arena, &entries.all[entries.n]);
    *ret = entries;
    *ret_done = part.done;
    return e;
}

/* -- sessions --------------------------------------------------------------------------------- */

static enum err read_session(const struct kv *kv, struct bytes row, struct arena *arena,
                             struct session_entry *ret)
{
    struct bytes ns;
    *ret = (struct session_entry){ .lease = kv->lease, .create = kv->create, .modify = kv->mod };
    enum err e = as_damage(session_key_read(kv->key, &ns, &ret->id));
    return e != OK ? e : as_damage(session_read(row, arena, &ret->session));
}

enum err session_entry_read(const struct view *view, struct bytes ns, const struct uuid *id,
                            struct arena *arena, struct session_entry *ret)
{
    struct buf key;
    struct kv kv;
    struct bytes row;
    struct session_entry entry;
    buf_init(&key, KEY_MAX);
    session_key(ns, id, &key);
    enum err e = read_row(view, SPACE_CATALOG, buf_bytes(&key), arena, &kv, &row);
    if (e == OK)
        e = read_session(&kv, row, arena, &entry);
    buf_fini(&key);
    if (e == OK)
        *ret = entry;
    return e;
}

enum err sessions_read(const struct view *view, struct bytes ns, struct arena *arena,
                       struct session_entries *ret)
{
    struct buf prefix;
    struct range_result rows;
    struct session_entries entries = { 0 };
    buf_init(&prefix, KEY_MAX);
    session_prefix(ns, &prefix);
    enum err e = read_tree(view, SPACE_CATALOG, buf_bytes(&prefix), arena, &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    entries.all = arena_zalloc(arena, rows.kv_n, sizeof *entries.all);
    for (; entries.n < rows.kv_n && e == OK; entries.n++) {
        const struct kv *kv = &rows.kvs[entries.n];
        struct bytes row;
        e = value_whole(view, &kv->value, arena, &row);
        if (e == OK)
            e = read_session(kv, row, arena, &entries.all[entries.n]);
    }
    if (e == OK)
        *ret = entries;
    return e;
}

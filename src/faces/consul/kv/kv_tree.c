/* /v1/kv: trees of pairs, and lists of keys.
 *
 * A small one is read and written at once. One of more than FIRST_ROWS rows or FIRST_BYTES bytes is
 * given up and begun anew in steps (call/long_query.h). */
#include "catalog/kv_read.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/call/long_query.h"
#include "faces/consul/call/query.h"
#include "faces/consul/kv/kv.h"
#include "faces/consul/kv/kv_json.h"

enum {
    FIRST_ROWS = 2048,
    FIRST_BYTES = 512 * 1024, /* of keys and values: a value may be as long */
    INDEX_ROWS = 4096,        /* of a step */
    STEP_ROWS = 512,
    STEP_BYTES = 64 * 1024
};

struct tree { /* c->state */
    bool keys_only;
    struct bytes separator;    /* of keys; empty: they are not cut */
    struct kv_entries entries; /* in face->scratch: all of them, if they are few */
    size_t n;                  /* written */
    struct buf last;           /* the key written last */
    struct kv_walk *walk;      /* in steps; NULL: it has not begun */
};

/* -- writing ---------------------------------------------------------------------------------- */

static bool may_see(struct consul_call *c, const struct kv_entry *entry)
{
    return consul_may(c, ACCESS_READ, ACCESS_KEY, entry->key);
}

/* KEY up to and with the first SEPARATOR behind PREFIX_N bytes. */
static struct bytes cut_key(struct bytes key, size_t prefix_n, struct bytes separator)
{
    for (size_t at = prefix_n; separator.n > 0 && at + separator.n <= key.n; at++)
        if (bytes_starts(bytes_skip(key, at), separator))
            return bytes_of(key.p, at + separator.n);
    return key;
}

/* Keys that are cut alike are one. */
static void write_key(struct consul_call *c, struct json_writer *j, const struct kv_entry *entry)
{
    struct tree *t = c->state;
    struct bytes key = cut_key(entry->key, c->rest.n, t->separator);
    if ((t->n > 0 && bytes_eq(key, buf_bytes(&t->last))) || !may_see(c, entry))
        return;
    json_put_string(j, key);
    buf_clear(&t->last, SIZE_MAX);
    buf_put_bytes(&t->last, key);
    t->n++;
}

static void write_pair(struct consul_call *c, struct json_writer *j, const struct kv_entry *entry)
{
    struct tree *t = c->state;
    if (!may_see(c, entry))
        return;
    consul_json_entry(j, entry);
    t->n++;
}

static void write_some(struct consul_call *c, struct json_writer *j,
                       const struct kv_entries *entries)
{
    const struct tree *t = c->state;
    for (size_t i = 0; i < entries->n; i++) {
        if (t->keys_only)
            write_key(c, j, &entries->all[i]);
        else
            write_pair(c, j, &entries->all[i]);
    }
}

/* Of all keys there may be none. */
static bool is_there(const struct consul_call *c)
{
    const struct tree *t = c->state;
    return t->n > 0 || (t->keys_only && c->rest.n == 0);
}

static void clear(struct tree *t)
{
    t->n = 0;
    buf_fini(&t->last);
    buf_init(&t->last, SIZE_MAX / 4);
    kv_walk_free(t->walk);
    t->walk = NULL;
}

/* -- at once ---------------------------------------------------------------------------------- */

static void depend(struct consul_call *c)
{
    consul_depends_prefix(c, SPACE_CONSUL_KV, c->rest);
}

static enum err index_few(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct tree *t = c->state;
    struct kv_walk *w = kv_walk_new(c->rest, t->keys_only);
    bool is_whole;
    depend(c);
    enum err e = kv_walk_index(w, view, FIRST_ROWS, &is_whole, ret);
    if (e == OK && is_whole)
        e = kv_walk_read(w, view, FIRST_ROWS, FIRST_BYTES, &c->face->scratch, &t->entries,
                         &is_whole);
    kv_walk_free(w);
    return e == OK && !is_whole ? ERR_AGAIN : e;
}

static void answer_few(struct consul_call *c, const struct view *view)
{
    struct tree *t = c->state;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    write_some(c, j, &t->entries);
    json_close_array(j);
    bool found = is_there(c);
    clear(t);
    if (found)
        consul_answer_json(c, 200);
    else
        consul_answer_text(c, 404, "");
}

/* -- in steps --------------------------------------------------------------------------------- */

static enum err index_more(struct consul_call *c, const struct view *view, bool *ret_done,
                           uint64_t *ret)
{
    struct tree *t = c->state;
    if (t->walk == NULL)
        t->walk = kv_walk_new(c->rest, t->keys_only);
    return kv_walk_index(t->walk, view, INDEX_ROWS, ret_done, ret);
}

static enum err write_more(struct consul_call *c, const struct view *view, struct json_writer *j,
                           bool *ret_done)
{
    struct tree *t = c->state;
    struct kv_entries entries;
    if (j->depth == 0)
        json_open_array(j);
    enum err e =
        kv_walk_read(t->walk, view, STEP_ROWS, STEP_BYTES, &c->face->scratch, &entries, ret_done);
    if (e != OK)
        return e;
    write_some(c, j, &entries);
    if (*ret_done)
        json_close_array(j);
    return OK;
}

static void end(struct consul_call *c)
{
    clear(c->state);
}

static const struct consul_long_steps steps = { depend, index_more, write_more, is_there, end };
static const struct consul_query query = { index_few, answer_few, .steps = &steps };

void consul_kv_tree(struct consul_call *c, bool keys_only)
{
    struct tree *t = arena_zalloc(consul_arena(c), 1, sizeof *t);
    t->keys_only = keys_only;
    /* Both spellings are sent. */
    if (!consul_param(c, "separator", &t->separator))
        IGNORE(consul_param(c, "seperator", &t->separator));
    buf_init(&t->last, SIZE_MAX / 4);
    c->state = t;
    consul_query(c, &query);
}

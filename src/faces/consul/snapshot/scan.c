/* Table by table, some hundred rows at a time.
 *
 * Muster's own node has no row and is made here: elsewhere it is a node like any other. */
#include "faces/consul/snapshot/scan.h"

#include "catalog/key.h"
#include "catalog/object.h"
#include "faces/consul/rows/extras.h"
#include "faces/consul/rows/rows_core.h"
#include "faces/consul/snapshot/scan_rows.h"
#include "hub/ca_store.h"
#include "store/range.h"

enum { ROWS_OF_STEP = 128, BYTES_OF_STEP = 256 * 1024 };

const char *const snapshot_prefixes[] = { "acl/", CA_KEYS, "operator/" };
const size_t snapshot_prefix_n = ARRAY_LEN(snapshot_prefixes);

/* -- table by table --------------------------------------------------------------------------- */

static void no_prefix(struct buf *out)
{
}

static void nodes_prefix(struct buf *out)
{
    node_prefix(consul_rows_ns(), out);
}

static void published_prefix(struct buf *out)
{
    publications_prefix(consul_rows_ns(), out);
}

static void checked_prefix(struct buf *out)
{
    checks_prefix(consul_rows_ns(), out);
}

static void sessions_prefix(struct buf *out)
{
    session_prefix(consul_rows_ns(), out);
}

static void entries_prefix(struct buf *out)
{
    object_prefix(OBJECT_CONFIG, consul_rows_ns(), out);
}

static void queries_prefix(struct buf *out)
{
    object_prefix(OBJECT_QUERY, consul_rows_ns(), out);
}

static void coordinates_prefix(struct buf *out)
{
    object_prefix(OBJECT_COORDINATE, consul_rows_ns(), out);
}

static void virtual_prefix(struct buf *out)
{
    object_prefix(OBJECT_VIRTUAL, consul_rows_ns(), out);
}

static void acl_prefix(struct buf *out)
{
    buf_put_str(out, snapshot_prefixes[0]);
}

static void ca_prefix(struct buf *out)
{
    buf_put_str(out, snapshot_prefixes[1]);
}

static void operator_prefix(struct buf *out)
{
    buf_put_str(out, snapshot_prefixes[2]);
}

static const struct {
    enum space space;
    void (*prefix)(struct buf *out);
    enum err (*give)(struct scanning *t, const struct kv *kv, struct bytes row);
} parts[] = {
    { SPACE_CATALOG, nodes_prefix, scan_node },
    { SPACE_CATALOG, published_prefix, scan_publication },
    { SPACE_CATALOG, checked_prefix, scan_check },
    { SPACE_CATALOG, sessions_prefix, scan_session },
    { SPACE_CATALOG, entries_prefix, scan_entry },
    { SPACE_CATALOG, queries_prefix, scan_query },
    { SPACE_CATALOG, coordinates_prefix, scan_coordinate },
    { SPACE_CATALOG, virtual_prefix, scan_virtual },
    { SPACE_CONSUL_KV, no_prefix, scan_pair },
    { SPACE_SYSTEM, acl_prefix, scan_system },
    { SPACE_SYSTEM, ca_prefix, scan_system },
    { SPACE_SYSTEM, operator_prefix, scan_system },
};

static struct bytes key_after(struct arena *arena, struct bytes key)
{
    uint8_t *next = arena_alloc(arena, key.n + 1);
    memcpy(next, key.p, key.n);
    next[key.n] = 0;
    return bytes_of(next, key.n + 1);
}

static enum err give_page(struct scanning *t, const struct range_result *page)
{
    enum err e = OK;
    for (size_t i = 0; i < page->kv_n && e == OK; i++) {
        struct bytes row;
        e = value_whole(t->view, &page->kvs[i].value, t->scratch, &row);
        if (e == OK)
            e = parts[t->s->part].give(t, &page->kvs[i], row);
    }
    return e;
}

static enum err scan_page(struct scanning *t)
{
    struct snapshot_scan *s = t->s;
    struct buf prefix, end;
    struct range_result page;
    buf_init(&prefix, SCAN_KEY_MAX);
    buf_init(&end, SCAN_KEY_MAX);
    parts[s->part].prefix(&prefix);
    prefix_end(buf_bytes(&prefix), &end);
    struct range_query query = { .space = parts[s->part].space,
                                 .key = s->from.p == NULL ? buf_bytes(&prefix) : s->from,
                                 .end = buf_bytes(&end),
                                 .limit = ROWS_OF_STEP,
                                 .budget_bytes = BYTES_OF_STEP };
    enum err e = range_read(t->view, &query, t->scratch, &page);
    if (e == OK)
        e = give_page(t, &page);
    bool more = e == OK && (page.more || page.over_budget);
    s->from = more ? key_after(s->arena, page.kvs[page.kv_n - 1].key) : (struct bytes){ 0 };
    s->part += e == OK && !more;
    buf_fini(&prefix);
    buf_fini(&end);
    return e;
}

/* Muster's own node, as it is shown. */
static enum err give_own_node(struct scanning *t)
{
    struct consul_rows rows = { .view = t->view, .self = t->self, .arena = t->scratch };
    struct consul_node own;
    struct buf row, more;
    enum err e = consul_node_read(&rows, bytes_str(t->self->node_name), &own);
    if (e != OK || own.create != ROWS_OF_MEMBER)
        return e; /* somebody has registered a node of its name: it has a row */
    buf_init(&row, NODE_MAX + 1);
    buf_init(&more, NODE_MAX + 1);
    consul_extras_write(&own.extras, &more);
    own.row.extras = buf_bytes(&more);
    node_write(&own.row, &row);
    e = buf_err(&row) == OK ? scan_node(t, NULL, buf_bytes(&row)) : ERR_TOO_BIG;
    buf_fini(&row);
    buf_fini(&more);
    return e;
}

enum err snapshot_scan_some(struct snapshot_scan *s, const struct view *view,
                            const struct consul_self *self, struct arena *scratch,
                            void (*each)(void *ctx, enum archive_kind kind,
                                         const struct restore_item *item, bool is_member),
                            void *ctx, bool *ret_done)
{
    struct scanning t = { s, view, self, scratch, each, ctx };
    bool is_first = s->part == 0 && s->from.p == NULL;
    enum err e = is_first ? give_own_node(&t) : OK;
    if (e == OK)
        e = scan_page(&t);
    arena_clear(scratch);
    *ret_done = e == OK && s->part == ARRAY_LEN(parts);
    return e;
}

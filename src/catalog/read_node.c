/* Nodes, their checks, and what is published from them. */
#include "base/rd.h"
#include "catalog/key_read.h"
#include "catalog/read.h"
#include "catalog/rows.h"

enum { KEY_MAX = 64 * 1024 };

/* -- nodes ------------------------------------------------------------------------------------ */

static enum err decode_node(const struct draft *d, const struct draft_row *row, struct node *ret)
{
    enum err e = rows_damage(node_read(row->value, draft_arena(d), ret));
    ret->create = row->create;
    ret->modify = row->mod;
    return e;
}

enum err node_in_draft(const struct draft *d, struct bytes ns, struct bytes name, struct node *ret)
{
    struct buf key;
    struct draft_row row;
    struct node node = { 0 };
    buf_init(&key, KEY_MAX);
    node_key(ns, name, &key);
    enum err e = draft_get(d, SPACE_CATALOG, buf_bytes(&key), &row);
    buf_fini(&key);
    if (e == OK)
        e = decode_node(d, &row, &node);
    if (e == OK)
        *ret = node;
    return e;
}

enum err node_address_in_draft(const struct draft *d, struct bytes ns, const struct owner *owner,
                               struct bytes *ret)
{
    struct node node;
    struct from_node_row row = { .address = { 0 } };
    enum err e = node_in_draft(d, ns, owner->name, &node);
    if (e == OK) {
        *ret = node.address;
        return OK;
    }
    if (e == ERR_NOT_FOUND)
        e = from_node_in_draft(d, ns, owner, &row);
    *ret = row.address;
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err node_row_read(const struct view *view, struct bytes ns, struct bytes name,
                       struct arena *arena, struct node *ret)
{
    return node_in_draft(draft_new(view, arena), ns, name, ret);
}

enum err nodes_read(const struct view *view, struct bytes ns, struct arena *arena,
                    struct nodes *ret)
{
    struct draft *d = draft_new(view, arena);
    struct buf prefix;
    struct rows rows;
    buf_init(&prefix, KEY_MAX);
    node_prefix(ns, &prefix);
    enum err e = rows_read(d, buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct nodes nodes = { .all = arena_zalloc(arena, rows.n, sizeof *nodes.all) };
    for (; nodes.n < rows.n && e == OK; nodes.n++)
        e = decode_node(d, &rows.all[nodes.n].row, &nodes.all[nodes.n]);
    if (e == OK)
        *ret = nodes;
    return e;
}

/* -- checks ----------------------------------------------------------------------------------- */

static enum err decode_check(const struct draft_row *row, struct check *ret)
{
    enum err e = rows_damage(check_read(row->value, ret));
    ret->create = row->create;
    ret->modify = row->mod;
    return e;
}

static enum err list_checks(const struct draft *d, struct bytes ns, struct bytes node,
                            struct bytes instance, struct checks *ret)
{
    struct buf prefix;
    struct rows rows;
    buf_init(&prefix, KEY_MAX);
    check_prefix(ns, node, instance.p == NULL ? bytes_str("") : instance, &prefix);
    enum err e = rows_read(d, buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct checks checks = { .all = arena_zalloc(draft_arena(d), rows.n, sizeof *checks.all) };
    for (; checks.n < rows.n && e == OK; checks.n++)
        e = decode_check(&rows.all[checks.n].row, &checks.all[checks.n]);
    if (e == OK)
        *ret = checks;
    return e;
}

enum err worst_in_draft(const struct draft *d, struct bytes ns, struct bytes node,
                        struct bytes instance, enum status *ret)
{
    struct checks checks;
    enum err e = list_checks(d, ns, node, instance, &checks);
    if (e == OK)
        *ret = checks_worst(&checks);
    return e;
}

enum err checks_read(const struct view *view, struct bytes ns, struct bytes node,
                     struct bytes instance, struct arena *arena, struct checks *ret)
{
    return list_checks(draft_new(view, arena), ns, node, instance, ret);
}

enum err check_row_read(const struct view *view, const struct check_id *id, struct arena *arena,
                        struct check *ret)
{
    struct draft *d = draft_new(view, arena);
    struct buf key;
    struct draft_row row;
    struct check check = { 0 };
    buf_init(&key, KEY_MAX);
    check_key(id, &key);
    enum err e = draft_get(d, SPACE_CATALOG, buf_bytes(&key), &row);
    buf_fini(&key);
    if (e == OK)
        e = decode_check(&row, &check);
    if (e == OK)
        *ret = check;
    return e;
}

enum status checks_worst(const struct checks *checks)
{
    enum status worst = STATUS_UP;
    for (size_t i = 0; i < checks->n; i++)
        worst = status_worse(worst, checks->all[i].status);
    return worst;
}

enum err checked_read(const struct view *view, struct bytes ns, struct bytes node,
                      struct arena *arena, struct all_checked *ret)
{
    struct draft *d = draft_new(view, arena);
    struct buf prefix;
    struct rows rows;
    buf_init(&prefix, KEY_MAX);
    if (node.n > 0)
        check_prefix(ns, node, (struct bytes){ 0 }, &prefix);
    else
        checks_prefix(ns, &prefix);
    enum err e = rows_read(d, buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct all_checked list = { .all = arena_zalloc(arena, rows.n, sizeof *list.all) };
    for (; list.n < rows.n && e == OK; list.n++) {
        struct checked *c = &list.all[list.n];
        struct check_id id;
        e = rows_damage(check_key_read(rows.all[list.n].key, &id));
        if (e == OK)
            e = decode_check(&rows.all[list.n].row, &c->check);
        c->node = id.node;
        c->instance = id.instance;
    }
    if (e == OK)
        *ret = list;
    return e;
}

/* -- what is published from a node ------------------------------------------------------------ */

/* The publication of OWNER in the service. */
static enum err read_one(const struct draft *d, const struct service_id *id,
                         const struct owner *owner, struct from_node *ret)
{
    struct buf key;
    struct draft_row row;
    struct from_node f = { .service = *id, .published.owner = *owner };
    buf_init(&key, KEY_MAX);
    publication_key(id, owner, &key);
    enum err e = draft_get(d, SPACE_CATALOG, buf_bytes(&key), &row);
    buf_fini(&key);
    if (e != OK)
        return e == ERR_NOT_FOUND ? ERR_DAMAGED : e; /* it is said to be there */
    e = rows_damage(publication_read(row.value, draft_arena(d), &f.published.said));
    f.published.create = row.create;
    f.published.modify = row.mod;
    f.published.address = f.published.said.address;
    if (e == OK)
        *ret = f;
    return e;
}

enum err from_node_find(const struct view *view, struct bytes ns, const struct owner *owner,
                        struct arena *arena, struct from_node *ret)
{
    struct draft *d = draft_new(view, arena);
    struct from_node_row row;
    enum err e = from_node_in_draft(d, ns, owner, &row);
    return e == OK ? read_one(d, &row.service, owner, ret) : e;
}

enum err from_node_read(const struct view *view, struct bytes ns, struct bytes node,
                        struct arena *arena, struct all_from_node *ret)
{
    struct draft *d = draft_new(view, arena);
    struct buf prefix;
    struct rows rows;
    buf_init(&prefix, KEY_MAX);
    from_node_prefix(ns, node, &prefix);
    enum err e = side_rows_read(d, buf_bytes(&prefix), &rows);
    size_t prefix_n = prefix.n;
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct all_from_node list = { .all = arena_zalloc(arena, rows.n, sizeof *list.all) };
    for (; list.n < rows.n && e == OK; list.n++) {
        struct owner owner;
        struct from_node_row row;
        e = rows_damage(from_node_key_owner(bytes_skip(rows.all[list.n].key, prefix_n), &owner));
        if (e == OK)
            e = from_node_row_read(rows.all[list.n].row.value, ns, &row);
        owner.name = node;
        if (e == OK)
            e = read_one(d, &row.service, &owner, &list.all[list.n]);
    }
    if (e == OK)
        *ret = list;
    return e;
}

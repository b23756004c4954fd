/* Services, decoded. Nodes and their checks are read once for neighbours: the publications of one
 * agent's node stand together. */
#include "catalog/read.h"

#include <stdlib.h>

#include "catalog/key_read.h"
#include "catalog/rows.h"

enum { KEY_MAX = 64 * 1024 };

/* -- definitions and states ------------------------------------------------------------------- */

enum err service_definition_read(const struct view *view, const struct service_id *id,
                                 struct arena *arena, struct service *ret)
{
    struct draft *d = draft_new(view, arena);
    struct buf key;
    struct draft_row row;
    buf_init(&key, KEY_MAX);
    service_key(id, &key);
    enum err e = draft_get(d, SPACE_CATALOG, buf_bytes(&key), &row);
    buf_fini(&key);
    return e != OK ? e : rows_damage(service_read(row.value, arena, ret));
}

enum err services_read(const struct view *view, struct bytes ns, struct arena *arena,
                       struct services *ret)
{
    struct draft *d = draft_new(view, arena);
    struct buf prefix;
    struct rows rows;
    buf_init(&prefix, KEY_MAX);
    service_prefix(ns, &prefix);
    enum err e = side_rows_read(d, buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct services list = { .all = arena_zalloc(arena, rows.n, sizeof *list.all) };
    for (; list.n < rows.n && e == OK; list.n++) {
        struct service_listed *s = &list.all[list.n];
        e = rows_damage(service_state_read(rows.all[list.n].row.value, &s->state));
        s->id = (struct service_id){ ns, s->state.group, s->state.name };
    }
    if (e == OK)
        *ret = list;
    return e;
}

/* -- publications ----------------------------------------------------------------------------- */

struct node_seen { /* the node of the publication before */
    struct bytes name;
    const struct node *node; /* NULL if it is not registered */
    enum status checks;
};

static enum err see_node(const struct draft *d, struct bytes ns, struct bytes name,
                         struct node_seen *seen)
{
    if (bytes_eq(seen->name, name))
        return OK;
    struct node *node = arena_zalloc(draft_arena(d), 1, sizeof *node);
    enum err e = node_in_draft(d, ns, name, node);
    seen->node = e == OK ? node : NULL;
    if (e == OK || e == ERR_NOT_FOUND)
        e = worst_in_draft(d, ns, name, (struct bytes){ 0 }, &seen->checks);
    if (e == OK)
        seen->name = name;
    return e;
}

static enum err add_node(const struct draft *d, struct bytes ns, struct node_seen *seen,
                         struct published *p)
{
    enum status own;
    enum err e = see_node(d, ns, p->said.node, seen);
    if (e == OK)
        e = worst_in_draft(d, ns, p->said.node, p->owner.part, &own);
    if (e != OK)
        return e;
    p->node = seen->node;
    p->checks = status_worse(seen->checks, own);
    if (p->address.n == 0 && p->node != NULL)
        p->address = p->node->address;
    if (p->address.n > 0)
        return OK;
    struct owner owner = { p->owner.face, p->said.node, p->owner.part };
    return node_address_in_draft(d, ns, &owner, &p->address);
}

static enum err decode_published(const struct draft *d, const struct keyed_row *row,
                                 struct published *ret)
{
    enum err e = rows_damage(publication_read(row->row.value, draft_arena(d), &ret->said));
    if (e == OK)
        e = rows_damage(publication_key_owner(row->key, &ret->owner));
    ret->create = row->row.create;
    ret->modify = row->row.mod;
    ret->address = ret->said.address;
    return e;
}

enum err published_in_draft(const struct draft *d, const struct service_id *id,
                            const struct owner *owner, struct published *ret)
{
    struct buf key;
    struct keyed_row row = { 0 };
    struct published p = { 0 };
    struct node_seen seen = { 0 };
    buf_init(&key, KEY_MAX);
    publication_key(id, owner, &key);
    row.key = arena_dup(draft_arena(d), buf_bytes(&key));
    buf_fini(&key);
    enum err e = draft_get(d, SPACE_CATALOG, row.key, &row.row);
    if (e == OK)
        e = decode_published(d, &row, &p);
    if (e == OK && p.said.node.n > 0)
        e = add_node(d, id->ns, &seen, &p);
    if (e == OK)
        *ret = p;
    return e;
}

static enum err list_publications(const struct draft *d, const struct service_id *id,
                                  struct service_rows *ret)
{
    struct buf prefix;
    struct rows rows;
    struct node_seen seen = { 0 };
    buf_init(&prefix, KEY_MAX);
    publication_prefix(id, &prefix);
    enum err e = rows_read(d, buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct published *all = arena_zalloc(draft_arena(d), rows.n, sizeof *all);
    for (size_t i = 0; i < rows.n && e == OK; i++) {
        e = decode_published(d, &rows.all[i], &all[i]);
        if (e == OK && all[i].said.node.n > 0)
            e = add_node(d, id->ns, &seen, &all[i]);
    }
    ret->published = all;
    ret->published_n = rows.n;
    return e;
}

static enum err list_overlays(const struct draft *d, const struct service_id *id,
                              struct service_rows *ret)
{
    struct buf prefix;
    struct rows rows;
    buf_init(&prefix, KEY_MAX);
    overlay_prefix(id, &prefix);
    enum err e = rows_read(d, buf_bytes(&prefix), &rows);
    size_t prefix_n = prefix.n;
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct overlaid *all = arena_zalloc(draft_arena(d), rows.n, sizeof *all);
    for (size_t i = 0; i < rows.n && e == OK; i++) {
        e = rows_damage(overlay_read(rows.all[i].row.value, draft_arena(d), &all[i].overlay));
        if (e == OK)
            e = rows_damage(overlay_key_place(bytes_skip(rows.all[i].key, prefix_n),
                                              &all[i].address, &all[i].port, &all[i].cluster));
    }
    ret->overlays = all;
    ret->overlay_n = rows.n;
    return e;
}

enum err service_rows_in_draft(const struct draft *d, const struct service_id *id,
                               struct service_rows *ret)
{
    struct service_rows rows = { 0 };
    enum err e = list_publications(d, id, &rows);
    if (e == OK)
        e = list_overlays(d, id, &rows);
    if (e == OK)
        *ret = rows;
    return e;
}

enum err service_rows_read(const struct view *view, const struct service_id *id,
                           struct arena *arena, struct service_rows *ret)
{
    return service_rows_in_draft(draft_new(view, arena), id, ret);
}

/* -- tags ------------------------------------------------------------------------------------- */

static int cmp_tags(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;
    return bytes_cmp(*x, *y);
}

static struct tags sort_tags(struct bytes *all, size_t n)
{
    struct tags tags = { .all = all };
    if (n > 0)
        qsort(all, n, sizeof *all, cmp_tags);
    for (size_t i = 0; i < n; i++)
        if (tags.n == 0 || !bytes_eq(all[tags.n - 1], all[i]))
            all[tags.n++] = all[i];
    return tags;
}

enum err service_tags_read(const struct view *view, const struct service_id *id,
                           struct arena *arena, struct tags *ret)
{
    struct draft *d = draft_new(view, arena);
    struct buf prefix;
    struct rows rows;
    size_t n = 0;
    buf_init(&prefix, KEY_MAX);
    publication_prefix(id, &prefix);
    enum err e = rows_read(d, buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct published *all = arena_zalloc(arena, rows.n, sizeof *all);
    for (size_t i = 0; i < rows.n && e == OK; i++) {
        e = decode_published(d, &rows.all[i], &all[i]);
        n += all[i].said.tag_n;
    }
    if (e != OK)
        return e;
    struct bytes *tags = arena_zalloc(arena, n, sizeof *tags);
    n = 0;
    for (size_t i = 0; i < rows.n; i++)
        for (size_t j = 0; j < all[i].said.tag_n; j++)
            tags[n++] = all[i].said.tags[j];
    *ret = sort_tags(tags, n);
    return OK;
}

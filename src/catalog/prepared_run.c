/* Instances with their checks, kept or not. */
#include "catalog/prepared_run.h"

#include "catalog/prepared_render.h"
#include "catalog/prepared_row.h"
#include "catalog/read.h"

static void put_checks(struct prepared_check *into, const struct checks *checks)
{
    for (size_t i = 0; i < checks->n; i++)
        into[i] = (struct prepared_check){ checks->all[i].id, checks->all[i].status };
}

/* Those of its node and its own; of an instance without a node how it is. */
static enum err read_checks(const struct view *view, struct bytes ns, const struct instance *i,
                            struct arena *arena, struct prepared_candidate *c)
{
    struct checks own = { .n = 0 }, of_node = { .n = 0 };
    struct bytes node = i->from->said.node;
    if (node.n == 0) {
        struct prepared_check *one = arena_zalloc(arena, 1, sizeof *one);
        one->status = i->is.healthy ? i->is.status : STATUS_DOWN;
        c->checks = one;
        c->check_n = 1;
        return OK;
    }
    enum err e = checks_read(view, ns, node, bytes_str(""), arena, &of_node);
    if (e == OK)
        e = checks_read(view, ns, node, i->from->owner.part, arena, &own);
    if (e != OK)
        return e;
    struct prepared_check *all = arena_zalloc(arena, own.n + of_node.n + 1, sizeof *all);
    put_checks(all, &of_node);
    put_checks(all + of_node.n, &own);
    c->checks = all;
    c->check_n = own.n + of_node.n;
    return OK;
}

static enum err keep(const struct view *view, struct bytes ns, const struct prepared *p,
                     const struct instance *i, struct arena *arena, bool *ret)
{
    struct prepared_candidate c = { .tags = i->from->said.tags,
                                    .tag_n = i->from->said.tag_n,
                                    .service_meta = &i->metadata };
    c.node_meta = i->from->node == NULL ? NULL : &i->from->node->metadata;
    enum err e = read_checks(view, ns, i, arena, &c);
    *ret = e == OK && i->is.enabled && prepared_keeps(p, &c);
    return e;
}

enum err prepared_run(const struct view *view, struct bytes ns, struct bytes id_or_name,
                      enum face face, struct arena *arena, struct prepared_result *ret)
{
    struct prepared found, p;
    struct service_id id;
    struct service_rows rows;
    struct why why;
    enum err e = prepared_find(view, ns, id_or_name, arena, &found);
    if (e != OK)
        return e;
    if (prepared_render(&found, id_or_name, arena, &p, &why) != OK)
        return ERR_NOT_FOUND; /* nothing that could be asked for */
    *ret = (struct prepared_result){ .service = p.service.service,
                                     .near = p.service.near,
                                     .token = p.token };
    ret->has_ttl = prepared_ttl(&p, &ret->ttl_s);
    if (p.service.connect || service_id_parse(ns, p.service.service, &id) != OK)
        return OK; /* the catalog knows no mesh; no service can be called that */
    e = service_rows_read(view, &id, arena, &rows);
    if (e != OK)
        return e;
    struct instances all = instances_listed(face, &rows, arena);
    ret->instances = all.all;
    for (size_t i = 0; i < all.n && e == OK; i++) {
        bool is_kept;
        e = keep(view, ns, &p, &all.all[i], arena, &is_kept);
        if (e == OK && is_kept)
            ret->instances[ret->n++] = all.all[i];
    }
    return e;
}

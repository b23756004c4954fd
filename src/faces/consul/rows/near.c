/* Vivaldi: the distance of two places in a space, with the height that each node's own line adds,
 * and what each has learnt that its estimates are off by. */
#include "faces/consul/rows/near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/object.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/rows/rows_core.h"

enum { OWN_NODE_LOOKED_FOR = 10 }; /* as in Consul */

const struct coordinate consul_origin = { .error = 1.5, .height = 0.00001 };

double consul_distance(const struct coordinate *a, const struct coordinate *b)
{
    double squares = 0;
    for (size_t i = 0; i < COORDINATE_DIMENSIONS; i++)
        squares += (a->vec[i] - b->vec[i]) * (a->vec[i] - b->vec[i]);
    double plain = sqrt(squares) + a->height + b->height;
    double adjusted = plain + a->adjustment + b->adjustment;
    return adjusted > 0 ? adjusted : plain;
}

void consul_show_coordinate(struct json_writer *j, const struct coordinate *at)
{
    json_open_object(j);
    json_add_array(j, "Vec");
    for (size_t i = 0; i < COORDINATE_DIMENSIONS; i++)
        json_put_double(j, at->vec[i]);
    json_close_array(j);
    json_add_double(j, "Error", at->error);
    json_add_double(j, "Adjustment", at->adjustment);
    json_add_double(j, "Height", at->height);
    json_close_object(j);
}

/* -- places ----------------------------------------------------------------------------------- */

struct placed {        /* a node */
    struct bytes name; /* in lower case */
    struct coordinate at;
};

struct places {         /* in the scratch of the view */
    struct placed *all; /* by name */
    size_t n;
    struct arena *arena;
};

static int compare_names(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return bytes_cmp(x->name, y->name);
}

/* NULL: nobody knows. */
static const struct coordinate *find(const struct places *places, struct bytes node)
{
    const struct placed key = { .name = fold_dup(node, places->arena) };
    const struct placed *found = bsearch(&key, places->all, places->n, sizeof key, compare_names);
    return found == NULL ? NULL : &found->at;
}

/* Muster's own node too, which nobody may have measured. */
static enum err read_places(const struct consul_vantage *from, struct places *ret)
{
    struct places p = { .arena = from->arena };
    struct objects objects;
    enum err e = objects_read(from->view, OBJECT_COORDINATE, bytes_str(CONSUL_NS), bytes_str(""),
                              p.arena, &objects);
    if (e != OK)
        return e;
    p.all = arena_zalloc(p.arena, objects.n + 1, sizeof *p.all);
    for (; p.n < objects.n && e == OK; p.n++) {
        p.all[p.n].name = objects.all[p.n].name;
        e = consul_rows_damage(coordinate_read(objects.all[p.n].row, &p.all[p.n].at));
    }
    if (e == OK && find(&p, from->own_node) == NULL) {
        p.all[p.n++] = (struct placed){ fold_dup(from->own_node, p.arena), consul_origin };
        qsort(p.all, p.n, sizeof *p.all, compare_names);
    }
    *ret = p;
    return e;
}

/* -- sorting ---------------------------------------------------------------------------------- */

struct ranked {
    double far;
    size_t at;
};

static int compare_ranks(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->far != y->far)
        return x->far < y->far ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

static void rank(const struct places *places, const struct coordinate *from, const uint8_t *all,
                 size_t n, size_t size, struct bytes (*node_of)(const void *one),
                 struct ranked *ranks)
{
    struct bytes last = { 0 };
    for (size_t i = 0; i < n; i++) {
        struct bytes node = node_of(all + i * size);
        ranks[i].at = i;
        if (i > 0 && bytes_eq(node, last)) {
            ranks[i].far = ranks[i - 1].far;
            continue;
        }
        const struct coordinate *at = find(places, node);
        ranks[i].far = at == NULL ? HUGE_VAL : consul_distance(from, at);
        last = node;
    }
    qsort(ranks, n, sizeof *ranks, compare_ranks);
}

static enum err sort(const struct consul_vantage *v, struct bytes near, uint8_t *all, size_t n,
                     size_t size, struct bytes (*node_of)(const void *one))
{
    struct places places;
    enum err e = read_places(v, &places);
    if (e != OK)
        return e;
    const struct coordinate *from = find(&places, near);
    if (from == NULL)
        return OK;
    struct ranked *ranks = arena_zalloc(places.arena, n, sizeof *ranks);
    uint8_t *before = arena_alloc(places.arena, n * size);
    memcpy(before, all, n * size);
    rank(&places, from, before, n, size, node_of, ranks);
    for (size_t i = 0; i < n; i++)
        memcpy(all + i * size, before + ranks[i].at * size, size);
    return OK;
}

/* It may have no coordinate. */
static void put_first(const struct consul_vantage *v, struct bytes near, uint8_t *all, size_t n,
                      size_t size, struct bytes (*node_of)(const void *one))
{
    uint8_t *one = arena_alloc(v->arena, size);
    for (size_t i = 0; i < n && i < OWN_NODE_LOOKED_FOR; i++) {
        if (!text_eq_nocase(node_of(all + i * size), near))
            continue;
        memcpy(one, all, size);
        memcpy(all, all + i * size, size);
        memcpy(all + i * size, one, size);
        return;
    }
}

enum err consul_near_order(const struct consul_vantage *from, struct bytes near, void *all,
                           size_t n, size_t size, struct bytes (*node_of)(const void *one))
{
    if (near.n == 0 || n < 2)
        return OK;
    enum err e = sort(from, near, all, n, size, node_of);
    if (e == OK)
        put_first(from, near, all, n, size, node_of);
    return e;
}

enum err consul_near_sort(struct consul_call *c, const struct view *view, struct bytes near,
                          void *all, size_t n, size_t size,
                          struct bytes (*node_of)(const void *one))
{
    struct bytes own = bytes_str(c->face->self.node_name);
    const struct consul_vantage from = { view, own, &c->face->scratch };
    if (near.n == 0 || n < 2 || c->face->options.no_coordinates)
        return OK;
    return sort(&from, bytes_is(near, "_agent") ? own : near, all, n, size, node_of);
}

/* -- by ?near --------------------------------------------------------------------------------- */

static bool sort_asked(struct consul_call *c, const struct view *view, void *all, size_t n,
                       size_t size, struct bytes (*node_of)(const void *one))
{
    enum err e = consul_near_sort(c, view, c->params.near, all, n, size, node_of);
    if (e != OK)
        consul_fail(c, e);
    return e == OK;
}

static struct bytes node_of_node(const void *one)
{
    return ((const struct consul_node *)one)->row.name;
}

static struct bytes node_of_service(const void *one)
{
    return ((const struct consul_service *)one)->node->row.name;
}

static struct bytes node_of_check(const void *one)
{
    return ((const struct consul_check *)one)->node;
}

bool consul_sort_nodes(struct consul_call *c, const struct view *view,
                       struct consul_node_list *list)
{
    return sort_asked(c, view, list->all, list->n, sizeof *list->all, node_of_node);
}

bool consul_sort_services(struct consul_call *c, const struct view *view,
                          struct consul_service_list *list)
{
    return sort_asked(c, view, list->all, list->n, sizeof *list->all, node_of_service);
}

bool consul_sort_checks(struct consul_call *c, const struct view *view,
                        struct consul_check_list *list)
{
    return sort_asked(c, view, list->all, list->n, sizeof *list->all, node_of_check);
}

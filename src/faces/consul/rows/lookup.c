/* Found in `index`, shown in `answer`. */
#include "faces/consul/rows/lookup.h"

#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/rows/mesh.h"

struct consul_rows consul_rows_of(struct consul_call *c, const struct view *view)
{
    return (struct consul_rows){ .view = view, .self = &c->face->self, .arena = &c->face->scratch };
}

struct consul_lookup *consul_lookup_new(struct consul_call *c)
{
    c->state = arena_zalloc(consul_arena(c), 1, sizeof(struct consul_lookup));
    return c->state;
}

struct consul_lookup *consul_lookup_of(const struct consul_call *c)
{
    return c->state;
}

bool consul_lookup_service(struct consul_call *c)
{
    struct consul_lookup *l = consul_lookup_of(c);
    if (c->rest.n == 0) {
        consul_refuse_text(c, 400, "Missing service name");
        return false;
    }
    l->is_name = service_id_parse(bytes_str(CONSUL_NS), c->rest, &l->id) == OK;
    return true;
}

void consul_lookup_tags(struct consul_call *c)
{
    struct consul_lookup *l = consul_lookup_of(c);
    struct bytes tag;
    while (http_query_get(c->request, "tag", l->tag_n, &tag))
        l->tag_n++;
    l->tags = arena_zalloc(consul_arena(c), l->tag_n, sizeof *l->tags);
    for (size_t i = 0; i < l->tag_n; i++)
        http_query_get(c->request, "tag", i, &l->tags[i]);
}

/* -- indexes ------------------------------------------------------------------------------------
 */

enum err consul_index_service(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct consul_lookup *l = consul_lookup_of(c);
    struct consul_rows rows = consul_rows_of(c, view);
    l->services = (struct consul_service_list){ 0 };
    if (!l->is_name)
        return consul_index_of_table(c, view, REGISTRY_SERVICES, ret);
    enum err e = consul_service_read(&rows, &l->id, &l->services);
    return e != OK ? e : consul_index_of_service(c, view, &l->id, &l->services, ret);
}

enum err consul_index_services(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct consul_lookup *l = consul_lookup_of(c);
    struct consul_rows rows = consul_rows_of(c, view);
    enum err e = consul_services_read(&rows, &l->services);
    return e != OK ? e : consul_index_of_table(c, view, REGISTRY_SERVICES, ret);
}

enum err consul_index_node(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct consul_lookup *l = consul_lookup_of(c);
    struct consul_rows rows = consul_rows_of(c, view);
    uint64_t nodes = 0, services = 0;
    enum err e = consul_node_find(&rows, c->rest, &l->node);
    l->has_node = e == OK && !c->params.of_peer;
    if (e == OK)
        e = consul_node_services_read(&rows, &l->node, &l->services);
    if (e == OK || e == ERR_NOT_FOUND)
        e = consul_index_of_table(c, view, REGISTRY_NODES, &nodes);
    if (e == OK)
        e = consul_index_of_table(c, view, REGISTRY_SERVICES, &services);
    *ret = nodes > services ? nodes : services;
    return e;
}

/* -- what is shown ------------------------------------------------------------------------------
 */

static bool has_tag(const struct consul_service *s, struct bytes tag)
{
    for (size_t i = 0; i < s->tag_n; i++)
        if (text_eq_nocase(s->tags[i], tag))
            return true;
    return false;
}

bool consul_node_is_shown(struct consul_call *c, const struct consul_node *n)
{
    return consul_meta_matches(c, n) && consul_may(c, ACCESS_READ, ACCESS_NODE, n->row.name);
}

bool consul_service_is_shown(struct consul_call *c, const struct consul_service *s)
{
    const struct consul_lookup *l = consul_lookup_of(c);
    for (size_t i = 0; i < l->tag_n; i++)
        if (!has_tag(s, l->tags[i]))
            return false;
    return consul_node_is_shown(c, s->node) && consul_may(c, ACCESS_READ, ACCESS_SERVICE, s->name);
}

/* -- the mesh -----------------------------------------------------------------------------------
 */

bool consul_service_is_mesh_of(struct consul_call *c, const struct consul_service *s,
                               struct bytes name)
{
    return consul_extras_are_mesh_of(&s->extras, s->name, name, &c->face->scratch);
}

/* What /v1/catalog lists. */
#include "faces/consul/catalog/catalog.h"

#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/catalog/gateway.h"
#include "faces/consul/config/central.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/near.h"
#include "faces/consul/rows/show.h"

void consul_catalog_datacenters(struct consul_call *c)
{
    struct json_writer *j = consul_json(c);
    if (consul_param_is_given(c, "cached"))
        consul_header(c, "x-cache", "MISS"); /* it is made now */
    json_open_array(j);
    json_put_str(j, c->face->self.datacenter);
    json_close_array(j);
    consul_answer_json(c, 200);
}

/* -- nodes --------------------------------------------------------------------------------------
 */

static enum err index_nodes(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct consul_rows rows = consul_rows_of(c, view);
    enum err e = consul_nodes_read(&rows, &consul_lookup_of(c)->nodes);
    return e != OK ? e : consul_index_of_table(c, view, REGISTRY_NODES, ret);
}

static void answer_nodes(struct consul_call *c, const struct view *view)
{
    struct consul_node_list *nodes = &consul_lookup_of(c)->nodes;
    if (!consul_sort_nodes(c, view, nodes))
        return;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; i < nodes->n; i++)
        if (consul_node_is_shown(c, &nodes->all[i]) && consul_filter_keeps(c, &nodes->all[i]))
            consul_show_node(j, &nodes->all[i], c->face->self.datacenter);
    json_close_array(j);
    consul_answer_filtered(c);
}

void consul_catalog_nodes(struct consul_call *c)
{
    static const struct consul_query query = { index_nodes, answer_nodes };
    consul_lookup_new(c);
    if (consul_grant_open(c) && consul_filter_begin(c, &consul_node_schema))
        consul_query(c, &query);
}

/* -- services -----------------------------------------------------------------------------------
 */

struct seen_tags { /* of the instances of one service, without repeats */
    struct bytes *all;
    size_t n;
};

static void add_tags(struct seen_tags *tags, const struct consul_service *s)
{
    for (size_t i = 0; i < s->tag_n; i++) {
        bool is_there = false;
        for (size_t k = 0; k < tags->n && !is_there; k++)
            is_there = bytes_eq(tags->all[k], s->tags[i]);
        if (!is_there)
            tags->all[tags->n++] = s->tags[i];
    }
}

/* The instances of one service from AT on; where the next one begins. */
static size_t show_service(struct consul_call *c, struct json_writer *j,
                           const struct consul_service_list *list, size_t at)
{
    size_t end = at, tag_n = 0;
    struct bytes name = list->all[at].name;
    for (; end < list->n && bytes_eq(list->all[end].name, name); end++)
        tag_n += list->all[end].tag_n;
    struct seen_tags tags = { .all = arena_zalloc(&c->face->scratch, tag_n, sizeof *tags.all) };
    bool is_shown = false;
    for (; at < end; at++) {
        const struct consul_service *s = &list->all[at];
        if (!consul_meta_matches(c, s->node) ||
            !consul_may(c, ACCESS_READ, ACCESS_SERVICE, s->name) || !consul_filter_keeps(c, s))
            continue;
        is_shown = true;
        add_tags(&tags, s);
    }
    if (is_shown) {
        json_put_name_bytes(j, name);
        consul_show_texts(j, tags.all, tags.n);
    }
    return end;
}

static void answer_services(struct consul_call *c, const struct view *view)
{
    const struct consul_service_list *list = &consul_lookup_of(c)->services;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    for (size_t at = 0; at < list->n;)
        at = show_service(c, j, list, at);
    json_close_object(j);
    consul_answer_filtered(c);
}

/* Without a selection of instances the tags are read without their nodes and checks. */

static enum err index_tags(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    return consul_index_of_table(c, view, REGISTRY_SERVICES, ret);
}

static void answer_tags(struct consul_call *c, const struct view *view)
{
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_tag_list list;
    enum err e = consul_tags_read(&rows, &list);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    for (size_t i = 0; i < list.n; i++) {
        if (!consul_may(c, ACCESS_READ, ACCESS_SERVICE, list.all[i].name))
            continue;
        json_put_name_bytes(j, list.all[i].name);
        consul_show_texts(j, list.all[i].tags, list.all[i].tag_n);
    }
    json_close_object(j);
    consul_answer_json(c, 200);
}

void consul_catalog_services(struct consul_call *c)
{
    static const struct consul_query selected = { consul_index_services, answer_services };
    static const struct consul_query all = { index_tags, answer_tags };
    bool selects = c->params.filter.n > 0 || c->params.node_meta_n > 0 || c->params.of_peer;
    consul_lookup_new(c);
    if (consul_grant_open(c) && consul_filter_begin(c, &consul_service_node_schema))
        consul_query(c, selects ? &selected : &all);
}

/* -- instances ----------------------------------------------------------------------------------
 */

static enum err index_service(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    enum err e = consul_index_service(c, view, ret);
    return e == OK ? consul_central_index(c, view, ret) : e;
}

static void answer_service(struct consul_call *c, const struct view *view)
{
    struct consul_service_list *list = &consul_lookup_of(c)->services;
    if (!consul_sort_services(c, view, list) || !consul_central_merge(c, view, list))
        return;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; i < list->n; i++)
        if (consul_service_is_shown(c, &list->all[i]) && consul_filter_keeps(c, &list->all[i]))
            consul_show_service_node(j, &list->all[i], c->face->self.datacenter);
    json_close_array(j);
    consul_answer_filtered(c);
}

void consul_catalog_service(struct consul_call *c)
{
    static const struct consul_query query = { index_service, answer_service };
    consul_lookup_new(c);
    consul_lookup_tags(c);
    if (consul_lookup_service(c) && consul_grant_open(c) &&
        consul_filter_begin(c, &consul_service_node_schema))
        consul_query(c, &query);
}

void consul_catalog_connect(struct consul_call *c)
{
    static const struct consul_query query = { consul_index_mesh, answer_service };
    consul_lookup_new(c);
    consul_lookup_tags(c);
    if (consul_lookup_service(c) && consul_grant_open(c) &&
        consul_filter_begin(c, &consul_service_node_schema))
        consul_query(c, &query);
}

/* -- one node -----------------------------------------------------------------------------------
 */

static bool is_node_shown(struct consul_call *c)
{
    const struct consul_lookup *l = consul_lookup_of(c);
    return l->has_node && consul_may(c, ACCESS_READ, ACCESS_NODE, l->node.row.name);
}

static bool is_on_node(struct consul_call *c, const struct consul_service *s)
{
    return consul_may(c, ACCESS_READ, ACCESS_SERVICE, s->name) && consul_filter_keeps(c, s);
}

static void answer_node(struct consul_call *c, const struct view *view)
{
    const struct consul_lookup *l = consul_lookup_of(c);
    struct json_writer *j = consul_json(c);
    if (!is_node_shown(c)) {
        json_put_null(j);
        consul_answer_json(c, 200);
        return;
    }
    json_open_object(j);
    json_put_name(j, "Node");
    consul_show_node(j, &l->node, c->face->self.datacenter);
    json_add_object(j, "Services");
    for (size_t i = 0; i < l->services.n; i++) {
        if (!is_on_node(c, &l->services.all[i]))
            continue;
        json_put_name_bytes(j, l->services.all[i].id);
        consul_show_node_service(j, &l->services.all[i]);
    }
    json_close_object(j);
    json_close_object(j);
    consul_answer_filtered(c);
}

static void answer_node_services(struct consul_call *c, const struct view *view)
{
    const struct consul_lookup *l = consul_lookup_of(c);
    struct json_writer *j = consul_json(c);
    bool is_shown = is_node_shown(c);
    json_open_object(j);
    json_put_name(j, "Node");
    if (is_shown)
        consul_show_node(j, &l->node, c->face->self.datacenter);
    else
        json_put_null(j);
    json_add_array(j, "Services");
    for (size_t i = 0; is_shown && i < l->services.n; i++)
        if (is_on_node(c, &l->services.all[i]))
            consul_show_node_service(j, &l->services.all[i]);
    json_close_array(j);
    json_close_object(j);
    consul_answer_filtered(c);
}

static void query_node(struct consul_call *c, const struct consul_query *query)
{
    consul_lookup_new(c);
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing node name");
    else if (consul_grant_open(c) && consul_filter_begin(c, &consul_node_service_schema))
        consul_query(c, query);
}

void consul_catalog_node(struct consul_call *c)
{
    static const struct consul_query query = { consul_index_node, answer_node };
    query_node(c, &query);
}

void consul_catalog_node_services(struct consul_call *c)
{
    static const struct consul_query query = { consul_index_node, answer_node_services };
    query_node(c, &query);
}

/* /v1/internal/ui: summaries that dashboards draw. */
#include <stdlib.h>

#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/operator/ui.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/show.h"

enum { READS = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LEVELS | CONSUL_KEEPS };

enum err consul_ui_index(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    static const enum registry_table tables[] = { REGISTRY_NODES, REGISTRY_SERVICES,
                                                  REGISTRY_CHECKS };
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_lookup *l = consul_lookup_of(c);
    uint64_t newest = 0;
    enum err e = consul_nodes_read(&rows, &l->nodes);
    if (e == OK)
        e = consul_services_read(&rows, &l->services);
    for (size_t i = 0; i < ARRAY_LEN(tables) && e == OK; i++) {
        uint64_t index = 0;
        e = consul_index_of_table(c, view, tables[i], &index);
        newest = index > newest ? index : newest;
    }
    *ret = newest;
    return e;
}

enum err consul_ui_index_all(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    uint64_t newest = 0;
    enum err e = consul_ui_index(c, view, ret);
    if (e == OK)
        e = consul_index_of_table(c, view, REGISTRY_CONFIG, &newest);
    *ret = newest > *ret ? newest : *ret;
    return e;
}

/* -- nodes --------------------------------------------------------------------------------------
 */

struct by_node { /* all that may be seen, those of a node together, as they were listed */
    const struct consul_service **all;
    size_t n;
};

static int compare_services(const void *a, const void *b)
{
    const struct consul_service *x = *(const struct consul_service *const *)a;
    const struct consul_service *y = *(const struct consul_service *const *)b;
    int order = bytes_cmp(x->node->row.name, y->node->row.name);
    return order != 0 ? order : x < y ? -1 : x > y;
}

static struct by_node sort_services(struct consul_call *c)
{
    const struct consul_service_list *list = &consul_lookup_of(c)->services;
    struct by_node ret = { arena_zalloc(&c->face->scratch, list->n + 1, sizeof *ret.all), 0 };
    for (size_t i = 0; i < list->n; i++)
        if (consul_may(c, ACCESS_READ, ACCESS_SERVICE, list->all[i].name))
            ret.all[ret.n++] = &list->all[i];
    qsort(ret.all, ret.n, sizeof *ret.all, compare_services);
    return ret;
}

/* The first that is not before NODE. */
static size_t find(const struct by_node *services, struct bytes node)
{
    size_t from = 0, to = services->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (bytes_cmp(services->all[mid]->node->row.name, node) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static enum err read_full(const struct consul_rows *rows, const struct by_node *services,
                          const struct consul_node *node, struct consul_full_node *ret)
{
    struct consul_check_list own;
    enum err e = consul_node_checks_read(rows, node, &own);
    if (e != OK)
        return e;
    size_t first = find(services, node->row.name), n = 0, check_n = own.n;
    while (first + n < services->n &&
           bytes_eq(services->all[first + n]->node->row.name, node->row.name))
        check_n += services->all[first + n++]->checks.n;
    *ret = (struct consul_full_node){ .node = node,
                                      .services = services->all + first,
                                      .service_n = n };
    ret->checks.all = arena_zalloc(rows->arena, check_n + 1, sizeof *ret->checks.all);
    for (size_t i = 0; i < own.n; i++)
        ret->checks.all[ret->checks.n++] = own.all[i];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < ret->services[i]->checks.n; k++)
            ret->checks.all[ret->checks.n++] = ret->services[i]->checks.all[k];
    return OK;
}

static void show_full(struct json_writer *j, const struct consul_full_node *full)
{
    json_open_object(j);
    consul_show_node_fields(j, full->node);
    json_add_array(j, "Services");
    for (size_t i = 0; i < full->service_n; i++)
        consul_show_node_service(j, full->services[i]);
    json_close_array(j);
    json_put_name(j, "Checks");
    consul_show_checks(j, &full->checks);
    json_close_object(j);
}

static void answer_nodes(struct consul_call *c, const struct view *view)
{
    const struct consul_node_list *nodes = &consul_lookup_of(c)->nodes;
    struct consul_rows rows = consul_rows_of(c, view);
    struct by_node services = sort_services(c);
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; i < nodes->n; i++) {
        struct consul_full_node full;
        if (!consul_node_is_shown(c, &nodes->all[i]))
            continue;
        enum err e = read_full(&rows, &services, &nodes->all[i], &full);
        if (e != OK) {
            consul_fail(c, e);
            return;
        }
        if (consul_filter_keeps(c, &full))
            show_full(j, &full);
    }
    json_close_array(j);
    consul_answer_filtered(c);
}

static void answer_node(struct consul_call *c, const struct view *view)
{
    const struct consul_node_list *nodes = &consul_lookup_of(c)->nodes;
    struct consul_rows rows = consul_rows_of(c, view);
    struct by_node services = sort_services(c);
    struct json_writer *j = consul_json(c);
    struct consul_full_node full;
    size_t i = 0;
    while (i < nodes->n && !text_eq_nocase(nodes->all[i].row.name, c->rest))
        i++;
    enum err e = OK;
    if (i == nodes->n || !consul_node_is_shown(c, &nodes->all[i]))
        json_put_null(j);
    else if ((e = read_full(&rows, &services, &nodes->all[i], &full)) == OK)
        show_full(j, &full);
    if (e != OK)
        consul_fail(c, e);
    else
        consul_answer_json(c, 200);
}

/* -- routes -------------------------------------------------------------------------------------
 */

static void handle_nodes(struct consul_call *c)
{
    static const struct consul_query query = { consul_ui_index, answer_nodes };
    consul_lookup_new(c);
    if (consul_grant_open(c) && consul_filter_begin(c, &consul_full_node_schema))
        consul_query(c, &query);
}

static void handle_node(struct consul_call *c)
{
    static const struct consul_query query = { consul_ui_index, answer_node };
    consul_lookup_new(c);
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing node name");
    else if (consul_grant_open(c))
        consul_query(c, &query);
}

/* -- what is there for those who ask for all ----------------------------------------------------
 */

/* There is nothing of the kind, and so none of it. */
static void answer_none(struct consul_call *c)
{
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    json_close_array(j);
    consul_answer_json(c, 200);
}

static void handle_exported(struct consul_call *c)
{
    struct bytes peer;
    if (!consul_param(c, "peer", &peer) || peer.n == 0)
        consul_refuse_text(c, 500, "must provide PeerName");
    else if (consul_grant_open(c))
        answer_none(c);
}

static void handle_metrics(struct consul_call *c)
{
    if (consul_grant_open(c))
        consul_refuse_text(c, 404, "Metrics proxy is not enabled");
}

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/internal/ui/services",
      .handle = consul_ui_services,
      .flags = READS,
      .access = "node:read and service:read filter",
      .parameters = "node-meta, filter",
      .does = "each service with its tags, nodes, numbers of instances and checks, those of its "
              "proxies among them",
      .test = "test_ui services_are_summed_up" },
    { .method = "GET",
      .path = "/v1/internal/ui/nodes",
      .handle = handle_nodes,
      .flags = READS,
      .access = "node:read, service:read filter",
      .parameters = "node-meta, filter",
      .does = "nodes with their services and checks",
      .test = "test_ui nodes_have_services_and_checks" },
    { .method = "GET",
      .path = "/v1/internal/ui/node/",
      .handle = handle_node,
      .flags = READS,
      .access = "node:read, service:read filter",
      .does = "one of them, or null",
      .test = "test_ui nodes_have_services_and_checks" },
    { .method = "GET",
      .path = "/v1/internal/ui/catalog-overview",
      .handle = consul_ui_overview,
      .flags = READS,
      .access = "operator:read",
      .does = "how many nodes, instances of each service and checks of each name there are, by "
              "their state",
      .test = "test_ui overview_counts_by_state" },
    { .method = "GET",
      .path = "/v1/internal/ui/exported-services",
      .handle = handle_exported,
      .access = "",
      .parameters = "peer",
      .does = "none: there are no peers",
      .test = "test_ui what_is_not_there_is_said_of_each_route" },
    { .method = "GET",
      .path = "/v1/internal/ui/service-topology/",
      .handle = consul_ui_topology,
      .flags = READS,
      .access = "service:read, service:read filter",
      .parameters = "kind",
      .does = "whom a service calls and who calls it: by upstreams of proxies, by listeners of "
              "ingress gateways and, of what speaks the mesh's protocol itself, by intentions; "
              "upstreams behind routers and splitters are not followed",
      .test = "test_ui topology_is_of_upstreams_and_intentions" },
    { .method = "GET",
      .path = "/v1/internal/ui/gateway-services-nodes/",
      .handle = consul_ui_gateway_services,
      .flags = READS,
      .access = "service:read, service:read filter",
      .does = "the services that a gateway leads to or stands for, as in services, with the "
              "addresses by which an ingress leads to them",
      .test = "test_ui services_of_a_gateway_are_summed_up" },
    { .method = "GET",
      .path = "/v1/internal/ui/gateway-intentions/",
      .handle = consul_ui_gateway_intentions,
      .flags = READS,
      .access = "service:read, intention:read filter",
      .does = "all intentions about those services (Consul gives the first)",
      .test = "test_ui intentions_of_a_gateway_are_those_of_its_services" },
    { .method = "GET",
      .path = "/v1/internal/ui/metrics-proxy/",
      .handle = handle_metrics,
      .access = "",
      .does = "404: other systems' figures are not asked for",
      .test = "test_ui what_is_not_there_is_said_of_each_route" },
};

const struct consul_area consul_ui_area = { "internal/ui", routes, ARRAY_LEN(routes) };

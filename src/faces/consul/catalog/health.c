/* /v1/health: instances with their checks, and checks by node, service and state. */
#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/catalog/gateway.h"
#include "faces/consul/config/central.h"
#include "faces/consul/rows/health_row.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/near.h"
#include "faces/consul/rows/show.h"
#include "wire/go_text.h"

enum { READS = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LEVELS | CONSUL_KEEPS };

/* -- instances ----------------------------------------------------------------------------------
 */

static bool passes(const struct consul_health_row *row)
{
    for (size_t i = 0; i < row->checks.n; i++)
        if (row->checks.all[i].row.status != STATUS_UP)
            return false;
    return true;
}

/* Those of the lookup's services that are chosen. */
static void answer_chosen(struct consul_call *c, const struct view *view)
{
    struct consul_lookup *l = consul_lookup_of(c);
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_node_checks memo = { 0 };
    if (!consul_sort_services(c, view, &l->services) ||
        !consul_central_merge(c, view, &l->services))
        return;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; i < l->services.n; i++) {
        const struct consul_service *s = &l->services.all[i];
        struct consul_health_row row;
        if (!consul_service_is_shown(c, s))
            continue;
        enum err e = consul_health_row_read(&rows, s, &memo, &row);
        if (e != OK) {
            consul_fail(c, e);
            return;
        }
        if ((!l->passing || passes(&row)) && consul_filter_keeps(c, &row))
            consul_health_row_show(c, j, &row);
    }
    json_close_array(j);
    consul_answer_filtered(c);
}

static enum err index_service(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    enum err e = consul_index_service(c, view, ret);
    return e == OK ? consul_central_index(c, view, ret) : e;
}

static bool read_passing(struct consul_call *c)
{
    struct bytes value;
    struct consul_lookup *l = consul_lookup_of(c);
    l->passing = consul_param(c, "passing", &value);
    if (!l->passing || value.n == 0 || go_read_bool(value, &l->passing) == OK)
        return true;
    consul_refuse_text(c, 400, "Invalid value for ?passing");
    return false;
}

static void query_instances(struct consul_call *c, const struct consul_query *query)
{
    consul_lookup_new(c);
    consul_lookup_tags(c);
    if (consul_lookup_service(c) && read_passing(c) && consul_grant_open(c) &&
        consul_filter_begin(c, &consul_health_schema))
        consul_query(c, query);
}

static void handle_service(struct consul_call *c)
{
    static const struct consul_query query = { index_service, answer_chosen };
    query_instances(c, &query);
}

static void handle_connect(struct consul_call *c)
{
    static const struct consul_query query = { consul_index_mesh, answer_chosen };
    query_instances(c, &query);
}

static void handle_ingress(struct consul_call *c)
{
    static const struct consul_query query = { consul_index_ingress, answer_chosen };
    query_instances(c, &query);
}

/* -- checks -------------------------------------------------------------------------------------
 */

static bool is_check_shown(struct consul_call *c, const struct consul_check *check)
{
    const struct consul_lookup *l = consul_lookup_of(c);
    enum status status = check->row.status;
    bool is_bad = status != STATUS_UP && status != STATUS_SUSPECT;
    if (!l->any_state && (l->state == STATUS_DOWN ? !is_bad : status != l->state))
        return false;
    bool may =
        consul_may(c, ACCESS_READ, ACCESS_NODE, check->node) &&
        (check->service.n == 0 || consul_may(c, ACCESS_READ, ACCESS_SERVICE, check->service));
    return may && consul_filter_keeps(c, check);
}

static void show_checks(struct consul_call *c, struct json_writer *j,
                        const struct consul_check_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (is_check_shown(c, &list->all[i]))
            consul_show_check(j, &list->all[i]);
}

static void show_service_checks(struct consul_call *c, struct json_writer *j)
{
    const struct consul_service_list *list = &consul_lookup_of(c)->services;
    for (size_t i = 0; i < list->n; i++)
        if (consul_meta_matches(c, list->all[i].node))
            show_checks(c, j, &list->all[i].checks);
}

static void answer_node(struct consul_call *c, const struct view *view)
{
    const struct consul_lookup *l = consul_lookup_of(c);
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_check_list list = { 0 };
    enum err e = l->has_node ? consul_node_checks_read(&rows, &l->node, &list) : OK;
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    show_checks(c, j, &list);
    if (l->has_node)
        show_service_checks(c, j);
    json_close_array(j);
    consul_answer_filtered(c);
}

static void answer_checks(struct consul_call *c, const struct view *view)
{
    if (!consul_sort_services(c, view, &consul_lookup_of(c)->services))
        return;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    show_service_checks(c, j);
    json_close_array(j);
    consul_answer_filtered(c);
}

static void append(struct consul_check_list *all, const struct consul_check_list *more)
{
    for (size_t i = 0; i < more->n; i++)
        all->all[all->n++] = more->all[i];
}

/* Of all nodes with ?node-meta, then of all instances on them. */
static enum err gather_checks(struct consul_call *c, const struct view *view,
                              struct consul_check_list *ret)
{
    const struct consul_lookup *l = consul_lookup_of(c);
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_check_list *of_nodes = arena_zalloc(rows.arena, l->nodes.n, sizeof *of_nodes);
    size_t n = 0;
    for (size_t i = 0; i < l->nodes.n; i++) {
        if (!consul_meta_matches(c, &l->nodes.all[i]))
            continue;
        enum err e = consul_node_checks_read(&rows, &l->nodes.all[i], &of_nodes[i]);
        if (e != OK)
            return e;
        n += of_nodes[i].n;
    }
    for (size_t i = 0; i < l->services.n; i++)
        n += l->services.all[i].checks.n;
    *ret = (struct consul_check_list){ .all = arena_zalloc(rows.arena, n + 1, sizeof *ret->all) };
    for (size_t i = 0; i < l->nodes.n; i++)
        append(ret, &of_nodes[i]);
    for (size_t i = 0; i < l->services.n; i++)
        if (consul_meta_matches(c, l->services.all[i].node))
            append(ret, &l->services.all[i].checks);
    return OK;
}

static void answer_state(struct consul_call *c, const struct view *view)
{
    struct consul_check_list list;
    enum err e = gather_checks(c, view, &list);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    if (!consul_sort_checks(c, view, &list))
        return;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    show_checks(c, j, &list);
    json_close_array(j);
    consul_answer_filtered(c);
}

static enum err index_node(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    uint64_t unused;
    enum err e = consul_index_node(c, view, &unused);
    return e != OK ? e : consul_index_of_table(c, view, REGISTRY_CHECKS, ret);
}

static enum err index_checks(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    uint64_t unused;
    enum err e = consul_index_service(c, view, &unused);
    return e != OK ? e : consul_index_of_table(c, view, REGISTRY_CHECKS, ret);
}

static enum err index_state(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_lookup *l = consul_lookup_of(c);
    enum err e = consul_nodes_read(&rows, &l->nodes);
    if (e == OK)
        e = consul_services_read(&rows, &l->services);
    return e != OK ? e : consul_index_of_table(c, view, REGISTRY_CHECKS, ret);
}

static void query_checks(struct consul_call *c, const struct consul_query *query)
{
    if (consul_grant_open(c) && consul_filter_begin(c, &consul_check_schema))
        consul_query(c, query);
}

static void handle_node(struct consul_call *c)
{
    static const struct consul_query query = { index_node, answer_node };
    consul_lookup_new(c)->any_state = true;
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing node name");
    else
        query_checks(c, &query);
}

static void handle_checks(struct consul_call *c)
{
    static const struct consul_query query = { index_checks, answer_checks };
    consul_lookup_new(c)->any_state = true;
    if (consul_lookup_service(c))
        query_checks(c, &query);
}

static void handle_state(struct consul_call *c)
{
    static const struct consul_query query = { index_state, answer_state };
    struct consul_lookup *l = consul_lookup_new(c);
    l->any_state = bytes_is(c->rest, "any");
    l->state = STATUSES; /* no check is so */
    if (!l->any_state)
        consul_status_parse(c->rest, &l->state);
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing check state");
    else
        query_checks(c, &query);
}

/* -- routes -------------------------------------------------------------------------------------
 */

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/health/node/",
      .handle = handle_node,
      .flags = READS,
      .access = "node:read and service:read filter",
      .parameters = "filter, peer",
      .does = "the checks of a node and of what is on it",
      .test = "test_health node_has_its_checks_and_its_services" },
    { .method = "GET",
      .path = "/v1/health/checks/",
      .handle = handle_checks,
      .flags = READS,
      .access = "node:read and service:read filter",
      .parameters = "near, node-meta, filter, peer",
      .does = "the checks of a service's instances",
      .test = "test_health checks_are_those_of_the_service" },
    { .method = "GET",
      .path = "/v1/health/service/",
      .handle = handle_service,
      .flags = READS,
      .access = "node:read and service:read filter",
      .parameters = "passing, tag, near, node-meta, filter, peer, merge-central-config, cached",
      .does = "instances with their nodes and checks, what other protocols have registered among "
              "them",
      .test = "test_health service_has_nodes_and_checks" },
    { .method = "GET",
      .path = "/v1/health/connect/",
      .handle = handle_connect,
      .flags = READS,
      .access = "node:read and service:read filter",
      .parameters = "as service",
      .does = "native instances, proxies, and the terminating gateways that stand for the service",
      .test = "test_health connect_has_proxies" },
    { .method = "GET",
      .path = "/v1/health/ingress/",
      .handle = handle_ingress,
      .flags = READS,
      .access = "node:read and service:read filter",
      .parameters = "as service",
      .does = "the ingress gateways that lead to the service",
      .test = "test_gateways ingress_has_the_gateways_of_a_service" },
    { .method = "GET",
      .path = "/v1/health/state/",
      .handle = handle_state,
      .flags = READS,
      .access = "node:read and service:read filter",
      .parameters = "near, node-meta, filter, peer",
      .does = "all checks in a state: any, passing, warning, critical",
      .test = "test_health state_selects_checks" },
};

const struct consul_area consul_health_area = { "health", routes, ARRAY_LEN(routes) };

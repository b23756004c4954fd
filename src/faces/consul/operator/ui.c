/* /v1/internal/ui: summaries that dashboards draw. */
#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/show.h"

enum { READS = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LEVELS | CONSUL_KEEPS };

/* The newest of what all of these show. */
static enum err index_all(struct consul_call *c, const struct view *view, uint64_t *ret)
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

/* -- counts -------------------------------------------------------------------------------------
 */

struct counts {
    uint64_t passing, warning, critical;
};

static void count_checks(const struct consul_check_list *list, struct counts *counts)
{
    for (size_t i = 0; i < list->n; i++) {
        enum status status = list->all[i].row.status;
        counts->passing += status == STATUS_UP;
        counts->warning += status == STATUS_SUSPECT;
        counts->critical += status != STATUS_UP && status != STATUS_SUSPECT;
    }
}

/* One thing whose checks are LIST: as bad as the worst of them. */
static void count_worst(const struct counts *checks, struct counts *counts)
{
    counts->critical += checks->critical > 0;
    counts->warning += checks->critical == 0 && checks->warning > 0;
    counts->passing += checks->critical == 0 && checks->warning == 0;
}

/* -- services -----------------------------------------------------------------------------------
 */

struct summary { /* of one service */
    struct consul_call *c;
    struct json_writer *j;
    const struct consul_service *all;
    size_t n;
};

static bool is_first_on_node(const struct summary *s, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (text_eq_nocase(s->all[k].node->row.name, s->all[i].node->row.name))
            return false;
    return true;
}

static enum err add_counts(const struct summary *s, const struct consul_rows *rows)
{
    struct counts counts = { 0 };
    for (size_t i = 0; i < s->n; i++) {
        struct consul_check_list list;
        count_checks(&s->all[i].checks, &counts);
        if (!is_first_on_node(s, i))
            continue;
        enum err e = consul_node_checks_read(rows, s->all[i].node, &list);
        if (e != OK)
            return e;
        count_checks(&list, &counts);
    }
    json_add_uint(s->j, "InstanceCount", s->n);
    json_add_uint(s->j, "ChecksPassing", counts.passing);
    json_add_uint(s->j, "ChecksWarning", counts.warning);
    json_add_uint(s->j, "ChecksCritical", counts.critical);
    return OK;
}

static void add_tags(const struct summary *s)
{
    json_add_array(s->j, "Tags");
    for (size_t i = 0; i < s->n; i++)
        for (size_t t = 0; t < s->all[i].tag_n; t++) {
            bool is_new = true;
            for (size_t k = 0; k < i && is_new; k++)
                for (size_t u = 0; u < s->all[k].tag_n && is_new; u++)
                    is_new = !bytes_eq(s->all[k].tags[u], s->all[i].tags[t]);
            if (is_new)
                json_put_string(s->j, s->all[i].tags[t]);
        }
    json_close_array(s->j);
}

static enum err show_summary(const struct summary *s, const struct consul_rows *rows)
{
    struct json_writer *j = s->j;
    json_open_object(j);
    if (s->all[0].extras.kind.n > 0)
        json_add_string(j, "Kind", s->all[0].extras.kind);
    json_add_string(j, "Name", s->all[0].name);
    json_add_str(j, "Datacenter", s->c->face->self.datacenter);
    add_tags(s);
    json_add_array(j, "Nodes");
    for (size_t i = 0; i < s->n; i++)
        if (is_first_on_node(s, i))
            json_put_string(j, s->all[i].node->row.name);
    json_close_array(j);
    json_add_null(j, "ExternalSources");
    enum err e = add_counts(s, rows);
    json_add_object(j, "GatewayConfig");
    json_close_object(j);
    json_add_bool(j, "TransparentProxy", false);
    json_add_bool(j, "ConnectNative", false);
    json_add_bool(j, "ConnectedWithProxy", false);
    json_add_bool(j, "ConnectedWithGateway", false);
    json_close_object(j);
    return e;
}

/* Those of the N instances of a service that may be seen. */
static struct summary shown_of(struct consul_call *c, struct json_writer *j,
                               const struct consul_service *all, size_t n)
{
    struct consul_service *shown = arena_alloc(&c->face->scratch, n * sizeof *shown);
    struct summary s = { c, j, shown, 0 };
    if (consul_may(c, ACCESS_READ, ACCESS_SERVICE, all[0].name))
        for (size_t i = 0; i < n; i++)
            if (consul_may(c, ACCESS_READ, ACCESS_NODE, all[i].node->row.name))
                shown[s.n++] = all[i];
    return s;
}

static void answer_services(struct consul_call *c, const struct view *view)
{
    const struct consul_service_list *list = &consul_lookup_of(c)->services;
    struct consul_rows rows = consul_rows_of(c, view);
    struct json_writer *j = consul_json(c);
    enum err e = OK;
    json_open_array(j);
    for (size_t at = 0, end; at < list->n && e == OK; at = end) {
        for (end = at; end < list->n && bytes_eq(list->all[end].name, list->all[at].name);)
            end++;
        struct summary s = shown_of(c, j, &list->all[at], end - at);
        if (s.n > 0)
            e = show_summary(&s, &rows);
    }
    json_close_array(j);
    if (e != OK)
        consul_fail(c, e);
    else
        consul_answer_json(c, 200);
}

/* -- nodes --------------------------------------------------------------------------------------
 */

static enum err show_node(struct consul_call *c, struct json_writer *j,
                          const struct consul_rows *rows, const struct consul_node *node)
{
    const struct consul_service_list *services = &consul_lookup_of(c)->services;
    struct consul_check_list own;
    enum err e = consul_node_checks_read(rows, node, &own);
    if (e != OK)
        return e;
    json_open_object(j);
    consul_show_node_fields(j, node);
    json_add_array(j, "Services");
    for (size_t i = 0; i < services->n; i++)
        if (text_eq_nocase(services->all[i].node->row.name, node->row.name) &&
            consul_may(c, ACCESS_READ, ACCESS_SERVICE, services->all[i].name))
            consul_show_node_service(j, &services->all[i]);
    json_close_array(j);
    json_add_array(j, "Checks");
    for (size_t i = 0; i < own.n; i++)
        consul_show_check(j, &own.all[i]);
    for (size_t i = 0; i < services->n; i++)
        for (size_t k = 0; k < services->all[i].checks.n; k++)
            if (text_eq_nocase(services->all[i].node->row.name, node->row.name) &&
                consul_may(c, ACCESS_READ, ACCESS_SERVICE, services->all[i].name))
                consul_show_check(j, &services->all[i].checks.all[k]);
    json_close_array(j);
    json_close_object(j);
    return OK;
}

static void answer_nodes(struct consul_call *c, const struct view *view)
{
    const struct consul_node_list *nodes = &consul_lookup_of(c)->nodes;
    struct consul_rows rows = consul_rows_of(c, view);
    struct json_writer *j = consul_json(c);
    enum err e = OK;
    json_open_array(j);
    for (size_t i = 0; i < nodes->n && e == OK; i++)
        if (consul_node_is_shown(c, &nodes->all[i]))
            e = show_node(c, j, &rows, &nodes->all[i]);
    json_close_array(j);
    if (e != OK)
        consul_fail(c, e);
    else
        consul_answer_json(c, 200);
}

static void answer_node(struct consul_call *c, const struct view *view)
{
    const struct consul_node_list *nodes = &consul_lookup_of(c)->nodes;
    struct consul_rows rows = consul_rows_of(c, view);
    struct json_writer *j = consul_json(c);
    size_t i = 0;
    while (i < nodes->n && !text_eq_nocase(nodes->all[i].row.name, c->rest))
        i++;
    enum err e = OK;
    if (i < nodes->n && consul_node_is_shown(c, &nodes->all[i]))
        e = show_node(c, j, &rows, &nodes->all[i]);
    else
        json_put_null(j);
    if (e != OK)
        consul_fail(c, e);
    else
        consul_answer_json(c, 200);
}

/* -- overview -----------------------------------------------------------------------------------
 */

static void show_counts(struct json_writer *j, const char *name, const struct counts *counts)
{
    json_add_array(j, name);
    json_open_object(j);
    json_add_uint(j, "Total", counts->passing + counts->warning + counts->critical);
    json_add_uint(j, "Passing", counts->passing);
    json_add_uint(j, "Warning", counts->warning);
    json_add_uint(j, "Critical", counts->critical);
    json_close_object(j);
    json_close_array(j);
}

static void answer_overview(struct consul_call *c, const struct view *view)
{
    const struct consul_lookup *l = consul_lookup_of(c);
    struct consul_rows rows = consul_rows_of(c, view);
    struct counts nodes = { 0 }, services = { 0 }, checks = { 0 };
    for (size_t i = 0; i < l->nodes.n; i++) {
        struct consul_check_list list;
        struct counts own = { 0 };
        enum err e = consul_node_checks_read(&rows, &l->nodes.all[i], &list);
        if (e != OK) {
            consul_fail(c, e);
            return;
        }
        count_checks(&list, &own);
        count_checks(&list, &checks);
        count_worst(&own, &nodes);
    }
    for (size_t i = 0; i < l->services.n; i++) {
        struct counts own = { 0 };
        count_checks(&l->services.all[i].checks, &own);
        count_checks(&l->services.all[i].checks, &checks);
        count_worst(&own, &services);
    }
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    show_counts(j, "Nodes", &nodes);
    show_counts(j, "Services", &services);
    show_counts(j, "Checks", &checks);
    json_close_object(j);
    consul_answer_json(c, 200);
}

/* -- routes -------------------------------------------------------------------------------------
 */

static void ask(struct consul_call *c, const struct consul_query *query)
{
    consul_lookup_new(c);
    if (consul_grant_open(c))
        consul_query(c, query);
}

static void handle_services(struct consul_call *c)
{
    static const struct consul_query query = { index_all, answer_services };
    ask(c, &query);
}

static void handle_nodes(struct consul_call *c)
{
    static const struct consul_query query = { index_all, answer_nodes };
    ask(c, &query);
}

static void handle_node(struct consul_call *c)
{
    static const struct consul_query query = { index_all, answer_node };
    ask(c, &query);
}

static void handle_overview(struct consul_call *c)
{
    static const struct consul_query query = { index_all, answer_overview };
    consul_lookup_new(c);
    if (consul_grant(c, ACCESS_READ, ACCESS_OPERATOR, bytes_str("")))
        consul_query(c, &query);
}

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/internal/ui/services",
      .handle = handle_services,
      .flags = READS,
      .access = "node:read and service:read filter",
      .does = "each service with its tags, nodes, numbers of instances and checks",
      .test = "test_ui services_are_summed_up" },
    { .method = "GET",
      .path = "/v1/internal/ui/nodes",
      .handle = handle_nodes,
      .flags = READS,
      .access = "node:read, service:read filter",
      .parameters = "node-meta",
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
      .handle = handle_overview,
      .flags = READS,
      .access = "operator:read",
      .does = "how many nodes, instances and checks there are, by their state",
      .test = "test_ui overview_counts_by_state" },
};

const struct consul_area consul_ui_area = { "internal/ui", routes, ARRAY_LEN(routes) };

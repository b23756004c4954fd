/* /v1/operator/usage: how many services, instances by kind, and nodes there are. */
#include "faces/consul/operator/usage.h"

#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/rows/lookup.h"

static const char *const kinds[] = { "connect-proxy", "ingress-gateway", "mesh-gateway",
                                     "terminating-gateway", "api-gateway" };

struct usage {
    uint64_t services, billable, native, by_kind[ARRAY_LEN(kinds)];
};

/* All nodes and instances into the call's lookup. */
static enum err index_of(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct consul_lookup *l = consul_lookup_of(c);
    struct consul_rows rows = consul_rows_of(c, view);
    uint64_t nodes = 0, services = 0;
    enum err e = consul_services_read(&rows, &l->services);
    if (e == OK)
        e = consul_nodes_read(&rows, &l->nodes);
    if (e == OK)
        e = consul_index_of_table(c, view, REGISTRY_NODES, &nodes);
    if (e == OK)
        e = consul_index_of_table(c, view, REGISTRY_SERVICES, &services);
    *ret = nodes > services ? nodes : services;
    return e;
}

static void count(struct consul_call *c, const struct consul_service *s, struct usage *u)
{
    u->native += consul_service_is_mesh_of(c, s, s->name);
    u->billable += s->extras.kind.n == 0 && !bytes_is(s->name, "consul");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        u->by_kind[i] += bytes_is(s->extras.kind, kinds[i]);
}

static struct usage sum(struct consul_call *c)
{
    const struct consul_service_list *list = &consul_lookup_of(c)->services;
    struct usage u = { .services = 0 };
    for (size_t i = 0; i < list->n; i++) {
        u.services += i == 0 || !bytes_eq(list->all[i - 1].name, list->all[i].name);
        count(c, &list->all[i], &u);
    }
    return u;
}

static void answer(struct consul_call *c, const struct view *view)
{
    const struct consul_lookup *l = consul_lookup_of(c);
    struct usage u = sum(c);
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_object(j, "Usage");
    json_add_object(j, c->face->self.datacenter);
    json_add_uint(j, "Services", u.services);
    json_add_uint(j, "ServiceInstances", l->services.n);
    json_add_object(j, "ConnectServiceInstances");
    json_add_uint(j, "connect-native", u.native);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        json_add_uint(j, kinds[i], u.by_kind[i]);
    json_close_object(j);
    json_add_uint(j, "BillableServiceInstances", u.billable);
    json_add_uint(j, "Nodes", l->nodes.n);
    json_close_object(j);
    json_close_object(j);
    consul_json_meta(c, j, c->index);
    json_close_object(j);
    consul_answer_json(c, 200);
}

void consul_operator_usage(struct consul_call *c)
{
    static const struct consul_query query = { index_of, answer };
    consul_lookup_new(c);
    if (consul_grant(c, ACCESS_READ, ACCESS_OPERATOR, bytes_str("")))
        consul_query(c, &query);
}

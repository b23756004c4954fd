/* A chain in the form of /v1/discovery-chain. */
#include "traffic/chain.h"
#include "wire/json_tree.h"

/* The last of a router, which the compiler has made: it alone says where its service is. */
static void write_catch_all(const struct entry_route *route, struct json_writer *j)
{
    json_open_object(j);
    json_add_object(j, "Match");
    json_add_object(j, "HTTP");
    json_add_string(j, "PathPrefix", route->match->http->path_prefix);
    json_close_object(j);
    json_close_object(j);
    json_add_object(j, "Destination");
    json_add_string(j, "Service", route->destination->service);
    json_add_str(j, "Namespace", "default");
    json_add_str(j, "Partition", "default");
    json_close_object(j);
    json_close_object(j);
}

static void write_legs(const struct chain_node *node, struct json_writer *j)
{
    bool is_router = node->kind == CHAIN_ROUTER;
    json_add_array(j, is_router ? "Routes" : "Splits");
    for (size_t i = 0; i < node->leg_n; i++) {
        const struct chain_leg *leg = &node->legs[i];
        json_open_object(j);
        json_put_name(j, "Definition");
        if (is_router && i + 1 == node->leg_n) {
            write_catch_all(&leg->route, j);
        } else if (is_router) {
            shape_write(&leg->route, &entry_route_shape, false, j);
        } else {
            shape_write(&leg->split, &entry_split_shape, false, j);
            json_put_name(j, "Weight");
            shape_write_float(leg->weight, j);
        }
        json_add_string(j, "NextNode", leg->next->key);
        json_close_object(j);
    }
    json_close_array(j);
}

static void write_failover(const struct chain_node *node, struct json_writer *j)
{
    json_add_object(j, "Failover");
    json_add_array(j, "Targets");
    for (size_t i = 0; i < node->failover_n; i++)
        json_put_string(j, node->failover[i]->id);
    json_close_array(j);
    if (node->failover_mode.n > 0) {
        json_add_object(j, "Policy");
        json_add_string(j, "Mode", node->failover_mode);
        json_close_object(j);
    }
    json_close_object(j);
}

static void write_resolver(const struct chain_node *node, struct json_writer *j)
{
    json_add_object(j, "Resolver");
    if (node->connect_timeout != 0)
        json_add_duration(j, "ConnectTimeout", node->connect_timeout);
    if (node->is_default)
        json_add_bool(j, "Default", true);
    if (node->request_timeout != 0)
        json_add_int(j, "RequestTimeout", node->request_timeout);
    json_add_string(j, "Target", node->target->id);
    if (node->failover_n > 0)
        write_failover(node, j);
    json_close_object(j);
}

static void write_node(const struct chain_node *node, struct json_writer *j)
{
    static const char *const types[] = {
        [CHAIN_ROUTER] = "router", [CHAIN_SPLITTER] = "splitter", [CHAIN_RESOLVER] = "resolver"
    };
    json_put_name_bytes(j, node->key);
    json_open_object(j);
    json_add_str(j, "Type", types[node->kind]);
    json_add_string(j, "Name", node->name);
    if (node->kind == CHAIN_RESOLVER)
        write_resolver(node, j);
    else
        write_legs(node, j);
    if (node->balancer != NULL) {
        json_put_name(j, "LoadBalancer");
        shape_write(node->balancer, &entry_balancer_shape, false, j);
    }
    json_close_object(j);
}

static void write_subset(const struct entry_subset *subset, struct json_writer *j)
{
    json_add_object(j, "Subset");
    if (subset != NULL && subset->filter.n > 0)
        json_add_string(j, "Filter", subset->filter);
    if (subset != NULL && subset->only_passing)
        json_add_bool(j, "OnlyPassing", true);
    json_close_object(j);
}

static void write_target(const struct chain_target *t, struct json_writer *j)
{
    json_put_name_bytes(j, t->id);
    json_open_object(j);
    json_add_duration(j, "ConnectTimeout", t->connect_timeout);
    json_add_string(j, "ID", t->id);
    json_add_string(j, "Service", t->service);
    if (t->subset.n > 0)
        json_add_string(j, "ServiceSubset", t->subset);
    json_add_str(j, "Namespace", "default");
    json_add_str(j, "Partition", "default");
    json_add_string(j, "Datacenter", t->datacenter);
    if (t->peer.n > 0)
        json_add_string(j, "Peer", t->peer);
    json_add_object(j, "MeshGateway");
    if (t->gateway.n > 0)
        json_add_string(j, "Mode", t->gateway);
    json_close_object(j);
    write_subset(t->selects, j);
    json_add_object(j, "TransparentProxy");
    json_close_object(j);
    if (t->is_external)
        json_add_bool(j, "External", true);
    json_add_string(j, "SNI", t->sni);
    json_add_string(j, "Name", t->name);
    json_close_object(j);
}

static void write_head(const struct chain *chain, struct json_writer *j)
{
    json_add_string(j, "ServiceName", chain->service);
    json_add_str(j, "Namespace", "default");
    json_add_str(j, "Partition", "default");
    json_add_string(j, "Datacenter", chain->datacenter);
    if (chain->customization[0] != 0)
        json_add_str(j, "CustomizationHash", chain->customization);
    if (chain->is_default)
        json_add_bool(j, "Default", true);
    json_add_string(j, "Protocol", chain->protocol);
    if (chain->defaults != NULL && chain->defaults->meta.n > 0) {
        json_add_object(j, "ServiceMeta");
        for (size_t i = 0; i < chain->defaults->meta.n; i++) {
            json_put_name_bytes(j, chain->defaults->meta.all[i].name);
            json_put_string(j, chain->defaults->meta.all[i].value);
        }
        json_close_object(j);
    }
    if (chain->defaults != NULL && chain->defaults->defaults.envoy_extensions != NULL) {
        json_put_name(j, "EnvoyExtensions");
        json_put_node(j, chain->defaults->defaults.envoy_extensions);
    }
    json_add_string(j, "StartNode", chain->start->key);
}

static void put_addresses(struct json_writer *j, const char *name, const struct bytes *all,
                          size_t n)
{
    if (n == 0) {
        json_add_null(j, name);
        return;
    }
    json_add_array(j, name);
    for (size_t i = 0; i < n; i++)
        json_put_string(j, all[i]);
    json_close_array(j);
}

void chain_write(const struct chain *chain, struct json_writer *j)
{
    json_open_object(j);
    json_add_object(j, "Chain");
    write_head(chain, j);
    json_add_object(j, "Nodes");
    for (size_t i = 0; i < chain->node_n; i++)
        write_node(chain->nodes[i], j);
    json_close_object(j);
    json_add_object(j, "Targets");
    for (size_t i = 0; i < chain->target_n; i++)
        write_target(chain->targets[i], j);
    json_close_object(j);
    put_addresses(j, "AutoVirtualIPs", &chain->virtual_address, chain->virtual_address.n > 0);
    put_addresses(j, "ManualVirtualIPs", chain->virtual_by_hand, chain->virtual_by_hand_n);
    json_close_object(j);
    json_close_object(j);
}

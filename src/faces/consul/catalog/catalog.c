/* The routes of /v1/catalog. */
#include "faces/consul/catalog/catalog.h"

#include "faces/consul/call/areas.h"

enum { READS = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LEVELS | CONSUL_KEEPS };

static const struct consul_route routes[] = {
    { .method = "PUT",
      .path = "/v1/catalog/register",
      .handle = consul_catalog_register,
      .access =
          "node:write (not if it stays as it is), service:write, also of what is written over",
      .does = "true: node, service and checks, in one change",
      .test = "test_catalog register_writes_node_service_and_checks_at_once" },
    { .method = "PUT",
      .path = "/v1/catalog/deregister",
      .handle = consul_catalog_deregister,
      .access = "node:write or service:write",
      .does =
          "true, also for what is not there: a service with its checks, a check, or a node with "
          "all that is on it",
      .test = "test_catalog deregister_takes_a_service_a_check_or_a_node" },
    { .method = "GET",
      .path = "/v1/catalog/datacenters",
      .handle = consul_catalog_datacenters,
      .access = "",
      .does = "this cluster's datacenter",
      .test = "test_catalog datacenters_are_the_one_there_is" },
    { .method = "GET",
      .path = "/v1/catalog/nodes",
      .handle = consul_catalog_nodes,
      .flags = READS,
      .access = "node:read filters",
      .parameters = "near, node-meta, filter, peer",
      .does = "all nodes by name, Muster's own among them; near: the "
              "nearest by their coordinates first",
      .test = "test_catalog nodes_are_sorted_and_selected" },
    { .method = "GET",
      .path = "/v1/catalog/services",
      .handle = consul_catalog_services,
      .flags = READS,
      .access = "service:read filters",
      .parameters = "node-meta, filter, peer",
      .does = "names with the tags of all instances",
      .test = "test_catalog services_have_the_tags_of_all_instances" },
    { .method = "GET",
      .path = "/v1/catalog/service/",
      .handle = consul_catalog_service,
      .flags = READS,
      .access = "node:read and service:read filter",
      .parameters = "tag, near, node-meta, filter, peer, merge-central-config",
      .does = "the instances of a service, what other protocols have registered among them",
      .test = "test_catalog service_lists_its_instances_by_node_and_id" },
    { .method = "GET",
      .path = "/v1/catalog/connect/",
      .handle = consul_catalog_connect,
      .flags = READS,
      .access = "node:read and service:read filter",
      .parameters = "tag, near, node-meta, filter, peer",
      .does = "native instances and proxies of a service, and the terminating gateways that stand "
              "for it",
      .test = "test_catalog connect_lists_natives_and_proxies" },
    { .method = "GET",
      .path = "/v1/catalog/node/",
      .handle = consul_catalog_node,
      .flags = READS,
      .access = "node:read, service:read filters",
      .parameters = "filter, peer",
      .does = "a node, by name or by the first digits of its id, and its services by id; null if "
              "there is none",
      .test = "test_catalog node_has_its_services_by_id" },
    { .method = "GET",
      .path = "/v1/catalog/node-services/",
      .handle = consul_catalog_node_services,
      .flags = READS,
      .access = "node:read, service:read filters",
      .parameters = "filter, peer",
      .does = "the same as a list",
      .test = "test_catalog node_services_are_a_list" },
    { .method = "GET",
      .path = "/v1/catalog/gateway-services/",
      .handle = consul_catalog_gateway_services,
      .flags = READS,
      .access = "service:read filters",
      .does = "what the ingress- or terminating-gateway entry of that name binds, by service; `*` "
              "is all that there are",
      .test = "test_gateways services_of_a_gateway_are_listed" },
};

const struct consul_area consul_catalog_area = { "catalog", routes, ARRAY_LEN(routes) };

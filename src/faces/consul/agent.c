/* The routes of /v1/agent. */
#include "faces/consul/agent.h"

#include "faces/consul/areas.h"

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/agent/self",
      .handle = consul_agent_self,
      .flags = CONSUL_LOCAL,
      .access = "agent:read",
      .does = "configuration, member, statistics; Version is Consul's whose API this is",
      .test = "test_agent self_has_what_clients_read_first" },
    { .method = "GET",
      .path = "/v1/agent/version",
      .handle = consul_agent_version,
      .flags = CONSUL_LOCAL,
      .access = "agent:read",
      .does = "Consul's version whose API this is",
      .test = "test_agent version_is_consuls" },
    { .method = "GET",
      .path = "/v1/agent/host",
      .handle = consul_agent_host,
      .flags = CONSUL_LOCAL,
      .access = "operator:read",
      .does = "memory, processors, host, disk",
      .test = "test_agent host_has_memory_and_disk" },
    { .method = "GET",
      .path = "/v1/agent/members",
      .handle = consul_agent_members,
      .flags = CONSUL_LOCAL,
      .access = "node:read filters",
      .parameters = "wan",
      .does = "the members, alive; with wan their names have the datacenter",
      .test = "test_agent members_are_alive" },
};

const struct consul_area consul_agent_area = { "agent", routes, ARRAY_LEN(routes) };

/* /v1/peering, /v1/internal/federation-state: other clusters. There are none yet, and nothing here
 * says that there were. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/gate.h"

static void answer_none(struct consul_call *c, enum access_kind kind)
{
    if (!consul_grant(c, ACCESS_READ, kind, bytes_str("")))
        return;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    json_close_array(j);
    consul_answer_json(c, 200);
}

static void handle_list(struct consul_call *c)
{
    answer_none(c, ACCESS_PEERING);
}

static void handle_one(struct consul_call *c)
{
    bool reads = bytes_is(http_method(c->request), "GET");
    if (consul_grant(c, reads ? ACCESS_READ : ACCESS_WRITE, ACCESS_PEERING, bytes_str("")))
        consul_refuse_text(c, 404, "Peering not found for %s", consul_quoted(c, c->rest));
}

static void handle_make(struct consul_call *c)
{
    if (consul_grant(c, ACCESS_WRITE, ACCESS_PEERING, bytes_str("")))
        consul_refuse_text(
            c, 500,
            "peering is not supported by this server: it has one cluster, and no other can be "
            "joined to it");
}

static void handle_states(struct consul_call *c)
{
    answer_none(c, ACCESS_OPERATOR);
}

static void handle_state(struct consul_call *c)
{
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing datacenter name");
    else if (consul_grant(c, ACCESS_READ, ACCESS_OPERATOR, bytes_str("")))
        consul_refuse_text(c, 404, "%s", "");
}

static void handle_gateways(struct consul_call *c)
{
    if (!consul_grant_open(c))
        return;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_close_object(j);
    consul_answer_json(c, 200);
}

static const struct consul_route routes[] = {
    { .method = "POST",
      .path = "/v1/peering/establish",
      .handle = handle_make,
      .access = "peering:write",
      .does = "refused (500)",
      .test = "test_peering none_can_be_made" },
    { .method = "POST",
      .path = "/v1/peering/token",
      .handle = handle_make,
      .access = "peering:write",
      .does = "refused (500)",
      .test = "test_peering none_can_be_made" },
    { .method = "GET",
      .path = "/v1/peering/",
      .handle = handle_one,
      .access = "peering:read",
      .does = "404: there are none",
      .test = "test_peering one_is_not_found" },
    { .method = "DELETE",
      .path = "/v1/peering/",
      .handle = handle_one,
      .access = "peering:write",
      .does = "404: there are none",
      .test = "test_peering one_is_not_found" },
    { .method = "GET",
      .path = "/v1/peerings",
      .handle = handle_list,
      .access = "peering:read",
      .does = "none",
      .test = "test_peering there_are_no_peers" },
    { .method = "GET",
      .path = "/v1/internal/federation-states",
      .handle = handle_states,
      .access = "operator:read",
      .does = "none: datacenters are not federated",
      .test = "test_peering no_datacenter_is_federated" },
    { .method = "GET",
      .path = "/v1/internal/federation-states/mesh-gateways",
      .handle = handle_gateways,
      .access = "",
      .does = "none",
      .test = "test_peering no_datacenter_is_federated" },
    { .method = "GET",
      .path = "/v1/internal/federation-state/",
      .handle = handle_state,
      .access = "operator:read",
      .does = "404: there are none",
      .test = "test_peering no_datacenter_is_federated" },
};

const struct consul_area consul_peering_area = { "peering", routes, ARRAY_LEN(routes) };

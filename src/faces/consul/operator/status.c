/* /v1/status: who leads. All clients ping these. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/facts.h"

static const char *server_address(struct consul_call *c)
{
    return consul_server_address(&c->face->self, consul_arena(c));
}

static void handle_leader(struct consul_call *c)
{
    bool known = consul_knows_leader(c->face->hub);
    json_put_str(consul_json(c), known ? server_address(c) : "");
    consul_answer_json(c, 200);
}

static void handle_peers(struct consul_call *c)
{
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    json_put_str(j, server_address(c));
    json_close_array(j);
    consul_answer_json(c, 200);
}

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/status/leader",
      .handle = handle_leader,
      .access = "",
      .does = "address of the leader with Consul's server port; \"\" if there is none",
      .test = "test_status leader_is_the_address_or_empty" },
    { .method = "GET",
      .path = "/v1/status/peers",
      .handle = handle_peers,
      .access = "",
      .does = "the addresses of all members",
      .test = "test_status peers_are_all_members" },
};

const struct consul_area consul_status_area = { "status", routes, ARRAY_LEN(routes) };

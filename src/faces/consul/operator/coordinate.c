/* /v1/coordinate: there is no gossip that would measure distances, so no node has a place. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"

static const char origin[] =
    "{\"Vec\":[0,0,0,0,0,0,0,0],\"Error\":1.5,\"Adjustment\":0,\"Height\":0.00001}";

static void handle_datacenters(struct consul_call *c)
{
    const struct consul_self *self = &c->face->self;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    json_open_object(j);
    json_add_str(j, "Datacenter", self->datacenter);
    json_add_str(j, "AreaID", "wan");
    json_add_array(j, "Coordinates");
    json_open_object(j);
    json_add_str(j, "Node",
                 arena_printf(consul_arena(c), "%s.%s", self->node_name, self->datacenter));
    json_add_str(j, "Segment", "");
    json_add_raw(j, "Coord", bytes_str(origin));
    json_close_object(j);
    json_close_array(j);
    json_close_object(j);
    json_close_array(j);
    consul_answer_json(c, 200);
}

static void handle_nodes(struct consul_call *c)
{
    if (!consul_grant_open(c))
        return;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    json_close_array(j);
    consul_answer_json(c, 200);
}

static void handle_node(struct consul_call *c)
{
    if (consul_grant_open(c))
        consul_answer_text(c, 404, "");
}

static void handle_update(struct consul_call *c)
{
    consul_answer_text(c, 401, "Coordinate support disabled");
}

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/coordinate/datacenters",
      .handle = handle_datacenters,
      .access = "",
      .does = "this cluster's datacenter at the origin",
      .test = "test_coordinate datacenter_is_at_the_origin" },
    { .method = "GET",
      .path = "/v1/coordinate/nodes",
      .handle = handle_nodes,
      .flags = CONSUL_INDEXED | CONSUL_LEVELS,
      .access = "node:read filters",
      .does = "nothing: no distances are measured",
      .test = "test_coordinate no_node_has_a_place" },
    { .method = "GET",
      .path = "/v1/coordinate/node/",
      .handle = handle_node,
      .flags = CONSUL_INDEXED | CONSUL_LEVELS,
      .access = "node:read filters",
      .does = "404, as for a node without coordinates",
      .test = "test_coordinate no_node_has_a_place" },
    { .method = "PUT",
      .path = "/v1/coordinate/update",
      .handle = handle_update,
      .access = "",
      .does = "401 `Coordinate support disabled`, as where it is switched off",
      .test = "test_coordinate updates_are_refused" },
};

const struct consul_area consul_coordinate_area = { "coordinate", routes, ARRAY_LEN(routes) };

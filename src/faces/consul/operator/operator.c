/* /v1/operator: what operators' tools read of the cluster. Members are alone until clusters come:
 * what would change them is refused in the words of a cluster of one. */
#include <time.h>

#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/facts.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/operator/autopilot.h"
#include "faces/consul/operator/usage.h"

static const char *own_address(struct consul_call *c)
{
    return consul_server_address(&c->face->self, consul_arena(c));
}

static bool grant(struct consul_call *c, enum access_verb verb)
{
    return consul_grant(c, verb, ACCESS_OPERATOR, bytes_str(""));
}

/* -- raft ------------------------------------------------------------------------------------- */

static void handle_raft(struct consul_call *c)
{
    struct consul_facts facts = consul_facts(c->face->hub);
    if (!grant(c, ACCESS_READ))
        return;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_array(j, "Servers");
    json_open_object(j);
    json_add_str(j, "ID", c->face->self.node_id);
    json_add_str(j, "Node", c->face->self.node_name);
    json_add_str(j, "Address", own_address(c));
    json_add_bool(j, "Leader", facts.leads);
    json_add_str(j, "ProtocolVersion", "3");
    json_add_bool(j, "Voter", true);
    json_add_uint(j, "LastIndex", facts.commit);
    json_close_object(j);
    json_close_array(j);
    json_add_uint(j, "Index", facts.commit);
    json_close_object(j);
    consul_answer_json(c, 200);
}

static void handle_remove_peer(struct consul_call *c)
{
    struct bytes id, address;
    bool by_id = consul_param(c, "id", &id) && id.n > 0;
    bool by_address = consul_param(c, "address", &address) && address.n > 0;
    if (!grant(c, ACCESS_WRITE))
        return;
    if (!by_id && !by_address) {
        consul_refuse_text(c, 400,
                           "Must specify either ?id with the server's ID or ?address with "
                           "IP:port of peer to remove");
        return;
    }
    if (by_id && by_address) {
        consul_refuse_text(c, 400, "Must specify only one of ?id or ?address");
        return;
    }
    bool is_self = by_id ? bytes_is(id, c->face->self.node_id) : bytes_is(address, own_address(c));
    if (is_self)
        consul_refuse_text(c, 500, "the only server cannot be removed from its cluster");
    else if (by_id)
        consul_refuse_text(c, 500, "id \"%s\" was not found in the Raft configuration",
                           consul_text(c, id));
    else
        consul_refuse_text(c, 500, "address \"%s\" was not found in the Raft configuration",
                           consul_text(c, address));
}

static void handle_transfer(struct consul_call *c)
{
    struct bytes id;
    if (!grant(c, ACCESS_WRITE))
        return;
    if (consul_param(c, "id", &id) && id.n > 0 && !bytes_is(id, c->face->self.node_id))
        consul_refuse_text(c, 404,
                           "Failed to transfer Leader: id \"%s\" was not found in the Raft "
                           "configuration",
                           consul_text(c, id));
    else
        consul_refuse_text(c, 404, "Failed to transfer Leader: cannot find peer");
}

/* -- autopilot -------------------------------------------------------------------------------- */

static void add_time(struct json_writer *j, const char *name, uint64_t wall_ms)
{
    char text[32];
    struct tm tm;
    time_t seconds = (time_t)(wall_ms / 1000);
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    json_add_str(j, name, text);
}

/* What both read-outs say of a server. */
static void add_progress(struct consul_call *c, struct json_writer *j,
                         const struct consul_facts *facts)
{
    json_add_str(j, "Version", CONSUL_VERSION);
    json_add_str(j, "LastContact", "0s");
    json_add_uint(j, "LastTerm", facts->term);
    json_add_uint(j, "LastIndex", facts->commit);
    json_add_bool(j, "Healthy", facts->has_leader);
    add_time(j, "StableSince", c->face->began_wall_ms);
}

static void handle_health(struct consul_call *c)
{
    struct consul_facts facts = consul_facts(c->face->hub);
    if (!grant(c, ACCESS_READ))
        return;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_bool(j, "Healthy", facts.has_leader);
    json_add_uint(j, "FailureTolerance", 0);
    json_add_array(j, "Servers");
    json_open_object(j);
    json_add_str(j, "ID", c->face->self.node_id);
    json_add_str(j, "Name", c->face->self.node_name);
    json_add_str(j, "Address", own_address(c));
    json_add_str(j, "SerfStatus", "alive");
    json_add_bool(j, "Leader", facts.leads);
    json_add_bool(j, "Voter", true);
    add_progress(c, j, &facts);
    json_close_object(j);
    json_close_array(j);
    json_close_object(j);
    consul_answer_json(c, facts.has_leader ? 200 : 429);
}

static void handle_state(struct consul_call *c)
{
    struct consul_facts facts = consul_facts(c->face->hub);
    const struct consul_self *self = &c->face->self;
    if (!grant(c, ACCESS_READ))
        return;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_bool(j, "Healthy", facts.has_leader);
    json_add_uint(j, "FailureTolerance", 0);
    json_add_uint(j, "OptimisticFailureTolerance", 0);
    json_add_object(j, "Servers");
    json_add_object(j, self->node_id);
    json_add_str(j, "ID", self->node_id);
    json_add_str(j, "Name", self->node_name);
    json_add_str(j, "Address", own_address(c));
    json_add_str(j, "NodeStatus", "alive");
    json_add_bool(j, "ReadReplica", false);
    json_add_str(j, "Status", facts.leads ? "leader" : "voter");
    json_add_null(j, "Meta");
    json_add_str(j, "NodeType", "voter");
    add_progress(c, j, &facts);
    json_close_object(j);
    json_close_object(j);
    json_add_str(j, "Leader", facts.leads ? self->node_id : "");
    json_add_array(j, "Voters");
    json_put_str(j, self->node_id);
    json_close_array(j);
    json_close_object(j);
    consul_answer_json(c, 200);
}

/* -- keyring ---------------------------------------------------------------------------------- */

/* As Consul's gossip says it where it is not encrypted. */
static void handle_keyring(struct consul_call *c)
{
    bool reads = bytes_is(http_method(c->request), "GET");
    if (consul_grant(c, reads ? ACCESS_READ : ACCESS_WRITE, ACCESS_KEYRING, bytes_str("")))
        consul_answer_text(c, 500,
                           reads ? "Keyring is empty (encryption not enabled)"
                                 : "No keyring to modify (encryption not enabled)");
}

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/operator/autopilot/configuration",
      .handle = consul_autopilot_get,
      .access = "operator:read",
      .does = "what was set, or Consul's defaults; it is kept for clusters: one server has nobody "
              "to clean up",
      .test = "test_operator configuration_is_the_default" },
    { .method = "PUT",
      .path = "/v1/operator/autopilot/configuration",
      .handle = consul_autopilot_put,
      .parameters = "cas",
      .access = "operator:write",
      .does = "true; with cas true or false",
      .test = "test_operator configuration_is_set_if_its_index_is_the_one_given" },
    { .method = "GET",
      .path = "/v1/operator/autopilot/health",
      .handle = handle_health,
      .access = "operator:read",
      .does = "this server; 429 while no leader is known",
      .test = "test_operator the_server_is_healthy" },
    { .method = "GET",
      .path = "/v1/operator/autopilot/state",
      .handle = handle_state,
      .access = "operator:read",
      .does = "this server, by its id",
      .test = "test_operator the_state_is_by_id" },
    { .method = "GET",
      .path = "/v1/operator/keyring",
      .handle = handle_keyring,
      .access = "keyring:read",
      .does = "refused (500): there is no gossip",
      .test = "test_operator there_is_no_keyring" },
    { .method = "POST",
      .path = "/v1/operator/keyring",
      .handle = handle_keyring,
      .access = "keyring:write",
      .does = "refused (500)",
      .test = "test_operator there_is_no_keyring" },
    { .method = "PUT",
      .path = "/v1/operator/keyring",
      .handle = handle_keyring,
      .access = "keyring:write",
      .does = "refused (500)",
      .test = "test_operator there_is_no_keyring" },
    { .method = "DELETE",
      .path = "/v1/operator/keyring",
      .handle = handle_keyring,
      .access = "keyring:write",
      .does = "refused (500)",
      .test = "test_operator there_is_no_keyring" },
    { .method = "GET",
      .path = "/v1/operator/raft/configuration",
      .handle = handle_raft,
      .access = "operator:read",
      .does = "the members with what they have of the log",
      .test = "test_operator raft_names_the_server" },
    { .method = "DELETE",
      .path = "/v1/operator/raft/peer",
      .handle = handle_remove_peer,
      .access = "operator:write",
      .parameters = "id, address",
      .does = "refused: nobody but the server itself is there",
      .test = "test_operator peers_are_not_removed" },
    { .method = "POST",
      .path = "/v1/operator/raft/transfer-leader",
      .handle = handle_transfer,
      .access = "operator:write",
      .parameters = "id",
      .does = "404: there is no other server",
      .test = "test_operator leadership_has_nowhere_to_go" },
    { .method = "GET",
      .path = "/v1/operator/usage",
      .handle = consul_operator_usage,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS,
      .access = "operator:read",
      .does = "numbers of services, instances by kind, nodes",
      .test = "test_operator usage_counts_services_instances_and_nodes" },
};

const struct consul_area consul_operator_area = { "operator", routes, ARRAY_LEN(routes) };

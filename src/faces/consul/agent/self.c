/* What the agent says of itself. Programs read these first: versions, names, the datacenter. */
#include "faces/consul/agent/agent.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/facts.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/rows/near.h"
#include "faces/consul/rows/rows.h"
#include "faces/consul/rows/selectors.h"
#include "faces/consul/rows/show.h"

enum { SERF_PORT = 8301, SERF_WAN_PORT = 8302, SERVER_PORT = 8300 };

#define BUILD_DATE "1970-01-01T00:00:01Z" /* as Consul's without one */
#define REVISION "muster"

/* A number as a text, as Stats and Tags have them. */
static void put_count(struct json_writer *j, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    json_add_str(j, name, text);
}

/* -- members ---------------------------------------------------------------------------------- */

enum { TAGS_MAX_OF_MEMBER = 20, ALIVE = 1 };

struct shown_member { /* a row of agent/members */
    struct bytes name, address;
    int64_t port, status;
    struct labels tags; /* ascending */
};

static const char *as_text(struct consul_call *c, uint64_t value)
{
    return arena_printf(consul_arena(c), "%" PRIu64, value);
}

static void tag(struct shown_member *m, const char *name, const char *value)
{
    m->tags.all[m->tags.n++] = (struct label){ bytes_str(name), bytes_str(value) };
}

static struct shown_member own_member(struct consul_call *c, bool wan)
{
    const struct consul_self *self = &c->face->self;
    const char *wide = arena_printf(consul_arena(c), "%s.%s", self->node_name, self->datacenter);
    struct shown_member m = { .name = bytes_str(wan ? wide : self->node_name),
                              .address = bytes_str(self->address),
                              .port = wan ? SERF_WAN_PORT : SERF_PORT,
                              .status = ALIVE };
    m.tags.all = arena_zalloc(consul_arena(c), TAGS_MAX_OF_MEMBER, sizeof *m.tags.all);
    tag(&m, "acls", access_options(c->face->hub)->is_on ? "1" : "0");
    tag(&m, "bootstrap", "1");
    tag(&m, "build", CONSUL_VERSION ":" REVISION);
    tag(&m, "dc", self->datacenter);
    tag(&m, "ft_fs", "1");
    tag(&m, "ft_si", "1");
    if (self->grpc_port != 0)
        tag(&m, "grpc_port", as_text(c, self->grpc_port));
    if (self->grpc_tls_port != 0)
        tag(&m, "grpc_tls_port", as_text(c, self->grpc_tls_port));
    tag(&m, "id", self->node_id);
    tag(&m, "port", as_text(c, SERVER_PORT));
    tag(&m, "raft_vsn", "3");
    tag(&m, "role", "consul");
    tag(&m, "segment", "");
    tag(&m, "vsn", "2");
    tag(&m, "vsn_max", "3");
    tag(&m, "vsn_min", "2");
    if (!wan)
        tag(&m, "wan_join_port", as_text(c, SERF_WAN_PORT));
    return m;
}

static const struct {
    const char *name;
    int64_t value;
} protocols[] = { { "ProtocolMin", 1 }, { "ProtocolMax", 5 }, { "ProtocolCur", 2 },
                  { "DelegateMin", 2 }, { "DelegateMax", 5 }, { "DelegateCur", 4 } };

static void put_member(struct json_writer *j, const struct shown_member *m)
{
    json_open_object(j);
    json_add_string(j, "Name", m->name);
    json_add_string(j, "Addr", m->address);
    json_add_int(j, "Port", m->port);
    json_put_name(j, "Tags");
    consul_show_meta(j, &m->tags);
    json_add_int(j, "Status", m->status);
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
        json_add_int(j, protocols[i].name, protocols[i].value);
    json_close_object(j);
}

#define GET(getter, member_of, expression)                           \
    static bool getter(const void *object, struct filter_value *ret) \
    {                                                                \
        const struct shown_member *of = object;                      \
        ret->member_of = (expression);                               \
        return true;                                                 \
    }
GET(get_name, text, of->name)
GET(get_address, text, of->address)
GET(get_port, integer, of->port)
GET(get_status, integer, of->status)
GET(get_tags, object, &of->tags)

static bool find_tag(const void *map, struct bytes key, struct filter_value *ret)
{
    const struct bytes *value = labels_find(map, key);
    if (value != NULL)
        ret->text = *value;
    return value != NULL;
}

static bool has_no_tags(const void *map)
{
    return ((const struct labels *)map)->n == 0;
}

static const struct filter_field tag_element = { .kind = FILTER_STRING };
#define PROTOCOL(getter, i)                                          \
    static bool getter(const void *object, struct filter_value *ret) \
    {                                                                \
        ret->integer = protocols[i].value;                           \
        return true;                                                 \
    }
PROTOCOL(get_protocol_min, 0)
PROTOCOL(get_protocol_max, 1)
PROTOCOL(get_protocol_cur, 2)
PROTOCOL(get_delegate_min, 3)
PROTOCOL(get_delegate_max, 4)
PROTOCOL(get_delegate_cur, 5)

static const struct filter_field member_fields[] = {
    { .name = "Name", .kind = FILTER_STRING, .get = get_name },
    { .name = "Addr", .kind = FILTER_STRING, .get = get_address },
    { .name = "Port", .kind = FILTER_INT, .get = get_port },
    { .name = "Status", .kind = FILTER_INT, .get = get_status },
    { .name = "Tags",
      .kind = FILTER_MAP,
      .get = get_tags,
      .find = find_tag,
      .is_empty = has_no_tags,
      .element = &tag_element },
    { .name = "ProtocolMin", .kind = FILTER_INT, .get = get_protocol_min },
    { .name = "ProtocolMax", .kind = FILTER_INT, .get = get_protocol_max },
    { .name = "ProtocolCur", .kind = FILTER_INT, .get = get_protocol_cur },
    { .name = "DelegateMin", .kind = FILTER_INT, .get = get_delegate_min },
    { .name = "DelegateMax", .kind = FILTER_INT, .get = get_delegate_max },
    { .name = "DelegateCur", .kind = FILTER_INT, .get = get_delegate_cur },
};
static const struct filter_schema member_schema = { member_fields, ARRAY_LEN(member_fields) };

void consul_agent_members(struct consul_call *c)
{
    struct bytes wan;
    if (!consul_grant_open(c) || !consul_filter_begin(c, &member_schema))
        return;
    struct shown_member m =
        own_member(c, consul_param(c, "wan", &wan) && wan.n > 0 && !bytes_is(wan, "0"));
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    if (consul_may(c, ACCESS_READ, ACCESS_NODE, bytes_str(c->face->self.node_name)) &&
        consul_filter_keeps(c, &m))
        put_member(j, &m);
    json_close_array(j);
    consul_answer_filtered(c);
}

/* -- self ------------------------------------------------------------------------------------- */

static void put_config(const struct consul_self *self, struct json_writer *j)
{
    json_open_object(j);
    json_add_str(j, "Datacenter", self->datacenter);
    json_add_str(j, "PrimaryDatacenter", self->datacenter);
    json_add_str(j, "NodeName", self->node_name);
    json_add_str(j, "NodeID", self->node_id);
    json_add_str(j, "Revision", REVISION);
    json_add_bool(j, "Server", true);
    json_add_str(j, "Version", CONSUL_VERSION);
    json_add_str(j, "BuildDate", BUILD_DATE);
    json_close_object(j);
}

static const char *serf_address(const struct consul_self *self, struct arena *arena, int port)
{
    bool is_v6 = strchr(self->address, ':') != NULL;
    return arena_printf(arena, "tcp://%s%s%s:%d", is_v6 ? "[" : "", self->address, is_v6 ? "]" : "",
                        port);
}

static void put_debug(const struct consul_self *self, struct arena *arena, struct json_writer *j)
{
    json_open_object(j);
    json_add_str(j, "AdvertiseAddrLAN", self->address);
    json_add_str(j, "Datacenter", self->datacenter);
    json_add_uint(j, "DNSPort", self->dns_port);
    json_add_bool(j, "EnableDebug", false); /* no profiles of Go's: `consul debug` asks */
    json_add_uint(j, "GRPCPort", self->grpc_port);
    json_add_uint(j, "GRPCTLSPort", self->grpc_tls_port);
    json_add_uint(j, "HTTPPort", self->http_port);
    json_add_uint(j, "HTTPSPort", self->https_port);
    json_add_str(j, "MusterVersion", self->version);
    json_add_str(j, "NodeID", self->node_id);
    json_add_str(j, "NodeName", self->node_name);
    json_add_str(j, "PrimaryDatacenter", self->datacenter);
    json_add_str(j, "SerfAdvertiseAddrLAN", serf_address(self, arena, SERF_PORT));
    json_add_str(j, "SerfAdvertiseAddrWAN", serf_address(self, arena, SERF_WAN_PORT));
    json_add_bool(j, "ServerMode", true);
    json_close_object(j);
}

static void put_raft_stats(const struct consul_self *self, struct arena *arena,
                           struct json_writer *j, const struct consul_facts *facts)
{
    json_open_object(j);
    json_add_str(j, "state", facts->leads ? "Leader" : "Follower");
    put_count(j, "term", facts->term);
    put_count(j, "commit_index", facts->commit);
    put_count(j, "applied_index", facts->applied);
    put_count(j, "last_log_index", facts->commit);
    json_add_str(j, "num_peers", "0");
    json_add_str(j, "protocol_version", "3");
    json_add_str(j, "latest_configuration",
                 arena_printf(arena, "[{Suffrage:Voter ID:%s Address:%s:%d}]", self->node_id,
                              self->address, SERVER_PORT));
    json_close_object(j);
}

static void put_serf_stats(struct json_writer *j, const char *name)
{
    json_add_object(j, name);
    json_add_str(j, "members", "1");
    json_add_str(j, "failed", "0");
    json_add_str(j, "left", "0");
    json_close_object(j);
}

static void put_runtime_stats(struct json_writer *j)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    json_add_object(j, "runtime");
    json_add_str(j, "os", "linux");
    put_count(j, "cpu_count", cpus < 1 ? 1 : (uint64_t)cpus);
    json_close_object(j);
}

struct registered { /* through the agent */
    uint64_t services, checks, ttls;
};

static enum err count_registered(struct consul_call *c, const struct view *view,
                                 struct registered *ret)
{
    struct bytes ns = bytes_str(CONSUL_NS), node = bytes_str(c->face->self.node_name);
    struct all_from_node services;
    struct all_checked checks;
    *ret = (struct registered){ 0 };
    enum err e = from_node_read(view, ns, node, &c->face->scratch, &services);
    if (e == OK)
        e = checked_read(view, ns, node, &c->face->scratch, &checks);
    if (e != OK)
        return e;
    for (size_t i = 0; i < services.n; i++)
        ret->services += services.all[i].published.owner.face == FACE_CONSUL;
    ret->checks = checks.n;
    for (size_t i = 0; i < checks.n; i++)
        ret->ttls += bytes_is(checks.all[i].check.type, "ttl");
    return OK;
}

static void put_stats(struct consul_call *c, struct json_writer *j, const struct registered *r)
{
    const struct consul_self *self = &c->face->self;
    struct consul_facts facts = consul_facts(c->face->hub);
    json_open_object(j);
    json_add_object(j, "agent");
    put_count(j, "check_monitors", 0);
    put_count(j, "check_ttls", r->ttls);
    put_count(j, "checks", r->checks);
    put_count(j, "services", r->services);
    json_close_object(j);
    json_add_object(j, "build");
    json_add_str(j, "prerelease", "");
    json_add_str(j, "revision", REVISION);
    json_add_str(j, "version", CONSUL_VERSION);
    json_add_str(j, "version_metadata", self->version);
    json_close_object(j);
    json_add_object(j, "consul");
    json_add_str(j, "bootstrap", "true");
    json_add_str(j, "known_datacenters", "1");
    json_add_str(j, "leader", facts.leads ? "true" : "false");
    json_add_str(j, "leader_addr",
                 arena_printf(consul_arena(c), "%s:%d", self->address, SERVER_PORT));
    json_add_str(j, "server", "true");
    json_close_object(j);
    json_put_name(j, "raft");
    put_raft_stats(self, consul_arena(c), j, &facts);
    put_serf_stats(j, "serf_lan");
    put_serf_stats(j, "serf_wan");
    put_runtime_stats(j);
    json_close_object(j);
}

static void put_xds(const struct consul_self *self, struct json_writer *j)
{
    json_open_object(j);
    json_add_object(j, "SupportedProxies");
    json_add_array(j, "envoy");
    json_close_array(j);
    json_close_object(j);
    json_add_uint(j, "Port", self->grpc_port);
    json_add_object(j, "Ports");
    json_add_uint(j, "Plaintext", self->grpc_port);
    json_add_uint(j, "TLS", self->grpc_tls_port);
    json_close_object(j);
    json_close_object(j);
}

static void show_self(struct consul_call *c, const struct view *view)
{
    const struct consul_self *self = &c->face->self;
    struct registered registered;
    enum err e = count_registered(c, view, &registered);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_put_name(j, "Config");
    put_config(self, j);
    json_put_name(j, "DebugConfig");
    put_debug(self, consul_arena(c), j);
    json_put_name(j, "Coord");
    consul_show_coordinate(j, &consul_origin);
    json_put_name(j, "Member");
    struct shown_member m = own_member(c, false);
    put_member(j, &m);
    json_put_name(j, "Stats");
    put_stats(c, j, &registered);
    json_add_object(j, "Meta");
    json_add_str(j, "consul-network-segment", "");
    json_add_str(j, "consul-version", CONSUL_VERSION);
    for (size_t i = 0; i < self->meta_n; i++)
        json_add_str(j, self->meta[i].name, self->meta[i].value);
    json_close_object(j);
    json_put_name(j, "xDS");
    put_xds(self, j);
    json_close_object(j);
    consul_answer_json(c, 200);
}

void consul_agent_self(struct consul_call *c)
{
    if (consul_grant(c, ACCESS_READ, ACCESS_AGENT, bytes_str(c->face->self.node_name)))
        consul_read(c, show_self);
}

void consul_agent_version(struct consul_call *c)
{
    if (!consul_grant(c, ACCESS_READ, ACCESS_AGENT, bytes_str(c->face->self.node_name)))
        return;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_str(j, "SHA", REVISION);
    json_add_str(j, "BuildDate", BUILD_DATE);
    json_add_str(j, "HumanVersion", CONSUL_VERSION);
    json_add_str(j, "FIPS", "");
    json_close_object(j);
    consul_answer_json(c, 200);
}

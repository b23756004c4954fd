/* Consul's field order; what it leaves out when empty is left out. */
#include "faces/consul/rows/show.h"

#include "faces/consul/rows/proxy.h"

static const char empty_proxy[] = "{\"Mode\":\"\",\"MeshGateway\":{},\"Expose\":{}}";

void consul_show_meta(struct json_writer *j, const struct labels *meta)
{
    json_open_object(j);
    for (size_t i = 0; i < meta->n; i++) {
        json_put_name_bytes(j, meta->all[i].key);
        json_put_string(j, meta->all[i].value);
    }
    json_close_object(j);
}

void consul_show_texts(struct json_writer *j, const struct bytes *texts, size_t n)
{
    json_open_array(j);
    for (size_t i = 0; i < n; i++)
        json_put_string(j, texts[i]);
    json_close_array(j);
}

static void add_json(struct json_writer *j, const char *name, struct bytes json,
                     const char *when_empty)
{
    json_add_raw(j, name, json.n > 0 ? json : bytes_str(when_empty));
}

/* -- nodes ------------------------------------------------------------------------------------ */

static void add_node_addresses(struct json_writer *j, const struct consul_node *n)
{
    if (n->extras.tagged_n == 0) {
        json_add_null(j, "TaggedAddresses");
        return;
    }
    json_add_object(j, "TaggedAddresses");
    for (size_t i = 0; i < n->extras.tagged_n; i++) {
        json_put_name_bytes(j, n->extras.tagged[i].name);
        json_put_string(j, n->extras.tagged[i].address);
    }
    json_close_object(j);
}

static void add_node_meta(struct json_writer *j, const char *name, const struct consul_node *n)
{
    if (n->row.metadata.n == 0) {
        json_add_null(j, name);
        return;
    }
    json_put_name(j, name);
    consul_show_meta(j, &n->row.metadata);
}

static void add_indexes(struct json_writer *j, uint64_t create, uint64_t modify)
{
    json_add_uint(j, "CreateIndex", create);
    json_add_uint(j, "ModifyIndex", modify);
}

void consul_show_node_fields(struct json_writer *j, const struct consul_node *n)
{
    json_add_string(j, "ID", n->row.id);
    json_add_string(j, "Node", n->row.name);
    json_add_string(j, "Address", n->row.address);
    add_node_addresses(j, n);
    add_node_meta(j, "Meta", n);
}

static void add_node(struct json_writer *j, const struct consul_node *n, const char *datacenter,
                     const char *meta)
{
    json_add_string(j, "ID", n->row.id);
    json_add_string(j, "Node", n->row.name);
    json_add_string(j, "Address", n->row.address);
    json_add_str(j, "Datacenter", datacenter);
    add_node_addresses(j, n);
    add_node_meta(j, meta, n);
}

void consul_show_node(struct json_writer *j, const struct consul_node *n, const char *datacenter)
{
    json_open_object(j);
    add_node(j, n, datacenter, "Meta");
    if (n->extras.locality.n > 0)
        json_add_raw(j, "Locality", n->extras.locality);
    add_indexes(j, n->create, n->modify);
    json_close_object(j);
}

/* -- services --------------------------------------------------------------------------------- */

static void add_service_addresses(struct json_writer *j, const char *name,
                                  const struct consul_service *s)
{
    json_add_object(j, name);
    for (size_t i = 0; i < s->extras.tagged_n; i++) {
        const struct consul_tagged *t = &s->extras.tagged[i];
        json_put_name_bytes(j, t->name);
        json_open_object(j);
        json_add_string(j, "Address", t->address);
        json_add_uint(j, "Port", t->port);
        json_close_object(j);
    }
    json_close_object(j);
}

static void add_weights(struct json_writer *j, const char *name, const struct consul_service *s)
{
    json_add_object(j, name);
    json_add_uint(j, "Passing", s->extras.passing);
    json_add_uint(j, "Warning", s->extras.warning);
    json_close_object(j);
}

static void add_ports(struct json_writer *j, const char *name, const struct consul_service *s)
{
    if (s->extras.ports.n > 0)
        json_add_raw(j, name, s->extras.ports);
}

static void add_tags(struct json_writer *j, const char *name, const struct consul_service *s)
{
    json_put_name(j, name);
    consul_show_texts(j, s->tags, s->tag_n);
}

void consul_show_service_node(struct json_writer *j, const struct consul_service *s,
                              const char *datacenter)
{
    const struct consul_node *n = s->node;
    json_open_object(j);
    add_node(j, n, datacenter, "NodeMeta");
    json_add_string(j, "ServiceKind", s->extras.kind);
    json_add_string(j, "ServiceID", s->id);
    json_add_string(j, "ServiceName", s->name);
    add_tags(j, "ServiceTags", s);
    json_add_string(j, "ServiceAddress", s->address);
    if (s->extras.tagged_n > 0)
        add_service_addresses(j, "ServiceTaggedAddresses", s);
    add_weights(j, "ServiceWeights", s);
    json_put_name(j, "ServiceMeta");
    consul_show_meta(j, &s->meta);
    json_add_uint(j, "ServicePort", s->port);
    add_ports(j, "ServicePorts", s);
    json_add_string(j, "ServiceSocketPath", s->extras.socket_path);
    json_add_bool(j, "ServiceEnableTagOverride", s->extras.has_tag_override);
    add_json(j, "ServiceProxy", s->extras.proxy, empty_proxy);
    add_json(j, "ServiceConnect", s->extras.connect, "{}");
    add_json(j, "ServiceLocality", s->extras.locality, "null");
    add_indexes(j, s->create, s->modify);
    json_close_object(j);
}

void consul_show_node_service(struct json_writer *j, const struct consul_service *s)
{
    json_open_object(j);
    if (s->extras.kind.n > 0)
        json_add_string(j, "Kind", s->extras.kind);
    json_add_string(j, "ID", s->id);
    json_add_string(j, "Service", s->name);
    add_tags(j, "Tags", s);
    json_add_string(j, "Address", s->address);
    if (s->extras.tagged_n > 0)
        add_service_addresses(j, "TaggedAddresses", s);
    json_put_name(j, "Meta");
    consul_show_meta(j, &s->meta);
    if (s->port != 0)
        json_add_uint(j, "Port", s->port);
    add_ports(j, "Ports", s);
    if (s->extras.socket_path.n > 0)
        json_add_string(j, "SocketPath", s->extras.socket_path);
    add_weights(j, "Weights", s);
    json_add_bool(j, "EnableTagOverride", s->extras.has_tag_override);
    if (s->extras.locality.n > 0)
        json_add_raw(j, "Locality", s->extras.locality);
    add_json(j, "Proxy", s->extras.proxy, empty_proxy);
    add_json(j, "Connect", s->extras.connect, "{}");
    json_add_str(j, "PeerName", "");
    add_indexes(j, s->create, s->modify);
    json_close_object(j);
}

static bool is_of_mesh(struct bytes kind)
{
    static const char gateway[] = "-gateway";
    size_t n = sizeof gateway - 1;
    return bytes_is(kind, "connect-proxy") ||
           (kind.n > n && bytes_is(bytes_skip(kind, kind.n - n), gateway));
}

void consul_show_agent_service(struct json_writer *j, const struct consul_service *s,
                               const char *datacenter, const char *hash)
{
    json_open_object(j);
    if (s->extras.kind.n > 0)
        json_add_string(j, "Kind", s->extras.kind);
    json_add_string(j, "ID", s->id);
    json_add_string(j, "Service", s->name);
    add_tags(j, "Tags", s);
    json_put_name(j, "Meta");
    consul_show_meta(j, &s->meta);
    json_add_uint(j, "Port", s->port);
    add_ports(j, "Ports", s);
    json_add_string(j, "Address", s->address);
    if (s->extras.socket_path.n > 0)
        json_add_string(j, "SocketPath", s->extras.socket_path);
    if (s->extras.tagged_n > 0)
        add_service_addresses(j, "TaggedAddresses", s);
    add_weights(j, "Weights", s);
    json_add_bool(j, "EnableTagOverride", s->extras.has_tag_override);
    if (hash != NULL)
        json_add_str(j, "ContentHash", hash);
    if (is_of_mesh(s->extras.kind)) {
        json_put_name(j, "Proxy");
        consul_put_agent_proxy(j, s->extras.proxy);
    }
    if (s->extras.connect.n > 0)
        json_add_raw(j, "Connect", s->extras.connect);
    json_add_str(j, "Datacenter", datacenter);
    if (s->extras.locality.n > 0)
        json_add_raw(j, "Locality", s->extras.locality);
    json_close_object(j);
}

/* -- checks ----------------------------------------------------------------------------------- */

static void add_duration(struct json_writer *j, const char *name, uint64_t ms, bool hides_zero)
{
    if (ms > 0 || !hides_zero)
        json_add_duration(j, name, (int64_t)ms * 1000000);
    else
        json_add_str(j, name, "");
}

static void add_times(struct json_writer *j, const struct check_extras *x)
{
    if (x->is_run) {
        const struct check_definition *d = &x->run;
        add_duration(j, "Interval", d->interval_ms, d->hides_zero);
        add_duration(j, "Timeout", d->timeout_is_usual ? 0 : d->timeout_ms, d->hides_zero);
    } else {
        json_add_string(j, "Interval", x->interval);
        json_add_string(j, "Timeout", x->timeout);
    }
}

void consul_show_check(struct json_writer *j, const struct consul_check *c)
{
    json_open_object(j);
    json_add_string(j, "Node", c->node);
    json_add_string(j, "CheckID", c->row.id);
    json_add_string(j, "Name", c->row.name);
    json_add_str(j, "Status", consul_status_word(c->row.status));
    json_add_string(j, "Notes", c->row.notes);
    json_add_string(j, "Output", c->row.output);
    json_add_string(j, "ServiceID", c->instance);
    json_add_string(j, "ServiceName", c->service);
    json_put_name(j, "ServiceTags");
    if (c->tag_n == 0 && c->no_tags_is_null)
        json_put_null(j);
    else
        consul_show_texts(j, c->tags, c->tag_n);
    json_add_string(j, "Type", c->row.type);
    add_times(j, &c->extras);
    json_add_uint(j, "ExposedPort", 0);
    add_json(j, "Definition", c->extras.definition, "{}");
    add_indexes(j, c->create, c->modify);
    json_close_object(j);
}

void consul_show_checks(struct json_writer *j, const struct consul_check_list *list)
{
    json_open_array(j);
    for (size_t i = 0; i < list->n; i++)
        consul_show_check(j, &list->all[i]);
    json_close_array(j);
}

/* /v1/catalog/gateway-services, and whom gateways stand for in answers about services. */
#include "faces/consul/catalog/gateway.h"

#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/catalog/catalog.h"
#include "faces/consul/config/gateways.h"
#include "faces/consul/rows/lookup.h"

/* -- instances -------------------------------------------------------------------------------- */

static bool choose(struct consul_call *c, const struct view *view, enum config_entry_kind kind)
{
    struct consul_lookup *l = consul_lookup_of(c);
    struct consul_gateways gateways;
    bool wants_mesh = kind == ENTRY_TERMINATING_GATEWAY;
    size_t n = 0;
    enum err e = consul_gateways_of(view, kind, c->rest, &c->face->scratch, &gateways);
    if (e != OK) {
        consul_fail(c, e);
        return false;
    }
    for (size_t i = 0; i < l->services.n; i++) {
        const struct consul_service *s = &l->services.all[i];
        if (consul_gateways_have(&gateways, kind, s) ||
            (wants_mesh && consul_service_is_mesh_of(c, s, c->rest)))
            l->services.all[n++] = *s;
    }
    l->services.n = n;
    return true;
}

bool consul_choose_mesh(struct consul_call *c, const struct view *view)
{
    return choose(c, view, ENTRY_TERMINATING_GATEWAY);
}

bool consul_choose_ingress(struct consul_call *c, const struct view *view)
{
    return choose(c, view, ENTRY_INGRESS_GATEWAY);
}

/* -- services of a gateway -------------------------------------------------------------------- */

static void add_name(struct json_writer *j, const char *name, struct bytes service)
{
    json_add_object(j, name);
    json_add_string(j, "Name", service);
    json_close_object(j);
}

static void add_unless_empty(struct json_writer *j, const char *name, struct bytes text)
{
    if (text.n > 0)
        json_add_string(j, name, text);
}

static void show(struct json_writer *j, const struct gateway_binding *b)
{
    json_open_object(j);
    add_name(j, "Gateway", b->gateway);
    add_name(j, "Service", b->service);
    json_add_str(j, "GatewayKind", config_entry_kind_name(b->kind));
    if (b->port != 0)
        json_add_int(j, "Port", b->port);
    add_unless_empty(j, "Protocol", b->protocol);
    if (b->hosts.n > 0) {
        json_add_array(j, "Hosts");
        for (size_t i = 0; i < b->hosts.n; i++)
            json_put_string(j, b->hosts.all[i]);
        json_close_array(j);
    }
    add_unless_empty(j, "CAFile", b->ca_file);
    add_unless_empty(j, "CertFile", b->cert_file);
    add_unless_empty(j, "KeyFile", b->key_file);
    add_unless_empty(j, "SNI", b->sni);
    if (b->from_wildcard)
        json_add_bool(j, "FromWildcard", true);
    if (b->rewrites_host)
        json_add_bool(j, "AutoHostRewrite", true);
    json_close_object(j);
}

/* By what entries say and, for "*", by who there is. */
static enum err index_bindings(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct gateway_bindings *b = c->state = arena_zalloc(&c->face->scratch, 1, sizeof *b);
    uint64_t of_services = 0, of_config = 0;
    enum err e = consul_index_of_table(c, view, REGISTRY_SERVICES, &of_services);
    if (e == OK)
        e = consul_index_of_table(c, view, REGISTRY_CONFIG, &of_config);
    *ret = of_services > of_config ? of_services : of_config;
    return e != OK ? e : consul_gateway_bindings(view, c->rest, &c->face->scratch, b);
}

static void answer_bindings(struct consul_call *c, const struct view *view)
{
    const struct gateway_bindings *b = c->state;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; i < b->n; i++)
        if (consul_may(c, ACCESS_READ, ACCESS_SERVICE, b->all[i].service))
            show(j, &b->all[i]);
    json_close_array(j);
    consul_answer_json(c, 200);
}

void consul_catalog_gateway_services(struct consul_call *c)
{
    static const struct consul_query query = { index_bindings, answer_bindings };
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing gateway name");
    else if (consul_grant_open(c))
        consul_query(c, &query);
}

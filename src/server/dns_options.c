#include "server/dns_options.h"

#include <string.h>

#include "catalog/prepared_run.h"
#include "catalog/read.h"
#include "faces/consul/config/gateways.h"
#include "faces/consul/rows/lan.h"
#include "faces/consul/rows/mesh.h"
#include "faces/consul/rows/near.h"
#include "faces/consul/rows/own_meta.h"
#include "faces/consul/rows/proxies.h"
#include "faces/consul/rows/virtual_tag.h"
#include "faces/consul/rows/weight.h"
#include "faces/dns/prepared.h"
#include "net/endpoint.h"
#include "net/udp.h"

/* -- prepared queries -------------------------------------------------------------------------- */

/* The node that is registered at the asker's address; empty: none. */
static enum err node_of_asker(const struct view *view, const struct dns_asking *asking,
                              struct arena *arena, struct bytes *ret)
{
    struct nodes nodes;
    *ret = bytes_str("");
    if (asking->asker.n == 0)
        return OK;
    enum err e = nodes_read(view, bytes_str(NAMESPACE_DEFAULT), arena, &nodes);
    for (size_t i = 0; e == OK && i < nodes.n && ret->n == 0; i++) {
        struct ip ip = ip_parse(nodes.all[i].address);
        if (bytes_eq(ip_bytes(&ip), ip_bytes(&asking->asker)))
            *ret = nodes.all[i].name;
    }
    if (ret->n == 0 && bytes_eq(ip_bytes(&asking->own_address), ip_bytes(&asking->asker)))
        *ret = asking->own_node;
    return e;
}

static struct bytes node_of_instance(const void *one)
{
    return ((const struct instance *)one)->from->said.node;
}

static enum err sort(const struct view *view, const struct dns_asking *asking, struct arena *arena,
                     struct prepared_result *result)
{
    const struct consul_vantage from = { view, asking->own_node, arena };
    struct bytes near = result->near;
    enum err e = OK;
    if (bytes_is(near, "_agent"))
        near = asking->own_node;
    else if (bytes_is(near, "_ip"))
        e = node_of_asker(view, asking, arena, &near);
    return e == OK ? consul_near_order(&from, near, result->instances, result->n,
                                       sizeof *result->instances, node_of_instance)
                   : e;
}

static enum err run_prepared(void *ctx, const struct view *view, struct bytes name,
                             const struct dns_asking *asking, struct arena *arena,
                             struct dns_prepared *ret)
{
    const struct config *c = ctx;
    struct prepared_result result;
    enum err e = prepared_run(view, bytes_str(NAMESPACE_DEFAULT), name, FACE_DNS, arena, &result);
    bool sorts = e == OK && result.near.n > 0 && !c->no_coordinates;
    if (sorts)
        e = sort(view, asking, arena, &result);
    if (e == OK)
        *ret = (struct dns_prepared){ .instances = result.instances,
                                      .n = result.n,
                                      .service = result.service,
                                      .token = result.token,
                                      .is_ordered = sorts,
                                      .is_for_asker = sorts && bytes_is(result.near, "_ip"),
                                      .has_ttl = result.has_ttl,
                                      .ttl_s = result.ttl_s };
    return e;
}

/* -- the mesh ---------------------------------------------------------------------------------- */

static enum err find_gateways(const struct view *view, bool ingress, struct bytes service,
                              struct arena *arena, struct bytes **ret, size_t *ret_n)
{
    struct consul_gateways gateways;
    enum err e =
        consul_gateways_of(view, ingress ? ENTRY_INGRESS_GATEWAY : ENTRY_TERMINATING_GATEWAY,
                           service, arena, &gateways);
    if (e == OK) {
        *ret = gateways.all;
        *ret_n = gateways.n;
    }
    return e;
}

/* -- settings ---------------------------------------------------------------------------------- */

struct dns_settings dns_options_settings(const struct config *c, const struct self *self,
                                         struct arena *arena)
{
    return (struct dns_settings){
        .domain = c->domain,
        .alt_domain = c->alt_domain,
        .datacenter = c->datacenter,
        .node_name = self->node_name,
        .node_address = self->address,
        .node_metadata = consul_own_meta(self->meta, self->meta_n, arena),
        .node_ttl_ms = c->dns_node_ttl_ms,
        .service_ttl = c->dns_service_ttl,
        .only_passing = c->dns_only_passing,
        .enable_truncate = c->dns_truncate,
        .disable_compression = c->dns_no_compression,
        .node_meta_txt = c->dns_node_meta,
        .udp_answer_limit = c->dns_udp_answers,
        .a_record_limit = c->dns_a_records,
        .soa_refresh_ms = c->dns_soa_refresh_ms,
        .soa_retry_ms = c->dns_soa_retry_ms,
        .soa_expire_ms = c->dns_soa_expire_ms,
        .soa_min_ttl_ms = c->dns_soa_min_ttl_ms,
        .recursors = c->recursors,
        .recursor_timeout_ms = c->recursor_timeout_ms,
        .recursors_at_random = strcmp(c->recursor_strategy, "random") == 0,
        .token = c->acl_dns_token[0] != 0 ? c->acl_dns_token : c->acl_default_token,
        .weight = consul_srv_weight,
        .lan = consul_lan_addresses,
        .is_mesh_of = consul_instance_is_mesh_of,
        .proxies = consul_proxies_of,
        .gateways = find_gateways,
        .virtual_address = consul_virtual_find,
        .prepared = run_prepared,
        .prepared_ctx = (void *)(uintptr_t)c, /* which outlives the face; it is only read */
        .rate_limit = c->dns_rate_limit,
        .rate_spares = udp_peer_is_loopback,
    };
}

static bool is_mapped_loopback(const struct in6_addr *a)
{
    return IN6_IS_ADDR_LOOPBACK(a) || (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
}

/* The address that AT listens on, if it is one. */
static struct ip address_of(const struct endpoint *at)
{
    return ip_parse(bytes_str(strcmp(at->host, "localhost") == 0 ? "127.0.0.1" : at->host));
}

static bool is_any(const struct ip *ip)
{
    static const uint8_t zero[sizeof ip->p];
    return memcmp(ip->p, zero, ip->n) == 0; /* no host at all, too */
}

/* On all addresses: what is loopback is certainly one of them. */
static bool listens_on(const struct endpoint *at, const struct sockaddr_in6 *recursor)
{
    struct ip ip = address_of(at);
    const struct in6_addr *to = &recursor->sin6_addr;
    size_t skipped = ip.n == 4 ? sizeof to->s6_addr - ip.n : 0;
    if (at->kind != ENDPOINT_TCP || ntohs(recursor->sin6_port) != at->port)
        return false;
    if (is_any(&ip))
        return is_mapped_loopback(to);
    return (ip.n == 4) == IN6_IS_ADDR_V4MAPPED(to) &&
           memcmp(to->s6_addr + skipped, ip.p, ip.n) == 0;
}

enum err dns_options_check(const struct config *c, const struct dns_config *dns, struct why *why)
{
    for (const char *at = c->dns_listen; *at != 0;) {
        size_t n = strcspn(at, ",");
        struct endpoint endpoint = { .kind = ENDPOINT_OFF };
        enum err e = n == 0 ? OK : endpoint_parse(bytes_of(at, n), &endpoint, why);
        for (size_t i = 0; i < dns->recursor_n && e == OK; i++)
            if (listens_on(&endpoint, &dns->recursors[i]))
                e = why_set(why, ERR_INVALID,
                            "--recursors: this server itself listens on %s:%u and would ask "
                            "itself without end",
                            endpoint.host, endpoint.port);
        if (e != OK)
            return e;
        at += n + (at[n] == ',');
    }
    return OK;
}

/* An address that others reach must authenticate: that is refused or allowed here, and nowhere
 * else. */
#include "server/listeners.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "faces/consul/call/face.h"
#include "faces/dns/face.h"
#include "faces/etcd/face.h"
#include "faces/native/face.h"
#include "net/tls.h"

enum { FREE_PORT_TRIES = 16 };

/* ASKS: what is served there asks for a token. */
static enum err check_address(const struct listeners *l, const struct endpoint *at, bool asks,
                              struct why *why)
{
    char text[300];
    endpoint_print(at, text, sizeof text);
    bool authenticates = asks || (at->tls && l->config->client_cert_auth);
    if (!endpoint_is_loopback(at) && !l->config->insecure && !authenticates)
        return why_set(why, ERR_INVALID,
                       "%s can be reached by others, and nobody has to authenticate: listen on "
                       "127.0.0.1, use https:// with --client-cert-auth, Consul's API with "
                       "--acl-enabled and --acl-default-policy=deny, or say --insecure-no-auth",
                       text);
    if (at->tls && l->tls == NULL)
        return why_set(why, ERR_INVALID, "%s wants TLS: give --cert-file and --key-file", text);
    return OK;
}

static void note_address(struct listeners *l, const char *face, const struct endpoint *at,
                         uint16_t port)
{
    struct endpoint bound = *at;
    char text[300];
    bound.port = port;
    endpoint_print(&bound, text, sizeof text);
    buf_printf(&l->addresses, "    %-8s %s\n", face, text);
    log_info("net: listens face=%s address=%s", face, text);
    if (strcmp(face, "etcd") != 0)
        return;
    bool has_scheme = strstr(text, "://") != NULL;
    buf_printf(&l->client_urls, "%s%s%s", l->client_urls.n > 0 ? "," : "",
               has_scheme ? "" : (bound.tls ? "https://" : "http://"), text);
}

static enum err listen_tcp(struct listeners *l, const struct net_service *service,
                           const struct endpoint *at, struct why *why)
{
    uint16_t port = 0;
    enum err e = net_server_listen(l->net, at, service, at->tls ? l->tls : NULL, &port, why);
    if (e == OK)
        note_address(l, service->name, at, port);
    return e;
}

/* Consul's, when access is on and closed to who is nobody. */
static bool is_asked_for_tokens(const struct config *c, const char *addresses)
{
    bool is_consuls = addresses == c->consul_listen || addresses == c->consul_https_listen ||
                      addresses == c->consul_grpc_listen || addresses == c->consul_grpc_tls_listen;
    return is_consuls && c->acl_enabled && strcmp(c->acl_default_policy, "deny") == 0;
}

/* The same port over UDP and TCP. *RET_AGAIN: it was any free one, and is not free over TCP. */
static enum err listen_both(struct listeners *l, const struct endpoint *at, bool *ret_again,
                            struct why *why)
{
    const struct listeners_contexts *c = l->contexts;
    struct endpoint beside = *at;
    struct udp_port *udp;
    *ret_again = false;
    enum err e = udp_open(c->loops, c->loop_n, at, &dns_udp_reader, c->dns, c->metrics, &udp, why);
    if (e != OK)
        return e;
    beside.port = udp_port_number(udp);
    e = listen_tcp(l, &l->dns_service, &beside, why);
    if (e == OK) {
        l->udp[l->udp_n++] = udp;
        return OK;
    }
    udp_close(udp);
    *ret_again = e == ERR_ADDRESS_IN_USE && at->port == 0;
    return e;
}

static enum err listen_dns(struct listeners *l, const struct endpoint *at, struct why *why)
{
    bool again = true;
    enum err e = OK;
    if (l->udp_n == LISTENERS_UDP_MAX)
        return why_set(why, ERR_TOO_BIG, "--dns-listen: more than %d addresses", LISTENERS_UDP_MAX);
    for (unsigned i = 0; i < FREE_PORT_TRIES && again; i++)
        e = listen_both(l, at, &again, why);
    return e;
}

static enum err listen_on(struct listeners *l, const struct net_service *service,
                          const struct endpoint *at, struct why *why)
{
    return service == &l->dns_service ? listen_dns(l, at, why) : listen_tcp(l, service, at, why);
}

/* Each of the comma-separated ADDRESSES that is not "off" is checked and, with a SERVICE, listened
 * on; TLS: with TLS, whatever their scheme. */
static enum err each_address(struct listeners *l, const char *addresses, bool tls,
                             const struct net_service *service, struct why *why)
{
    enum err e = OK;
    for (const char *at = addresses; e == OK; at++) {
        size_t n = strcspn(at, ",");
        struct endpoint endpoint = { .kind = ENDPOINT_OFF };
        if (n > 0)
            e = endpoint_parse(bytes_of(at, n), &endpoint, why);
        if (e == OK && endpoint.kind != ENDPOINT_OFF) {
            endpoint.tls = endpoint.tls || tls;
            e = check_address(l, &endpoint, is_asked_for_tokens(l->config, addresses), why);
            if (e == OK && service != NULL)
                e = listen_on(l, service, &endpoint, why);
        }
        at += n;
        if (*at == 0)
            break;
    }
    return e;
}

/* DNS has no scheme and no paths. */
static enum err check_dns(struct listeners *l, const char *addresses, struct why *why)
{
    if (strstr(addresses, "://") != NULL)
        return why_set(why, ERR_INVALID,
                       "--dns-listen '%.200s': DNS is spoken over UDP and TCP, without TLS: write "
                       "host:port",
                       addresses);
    return each_address(l, addresses, false, NULL, why);
}

enum err listeners_check(struct listeners *l, const struct config *c, struct why *why)
{
    *l = (struct listeners){ .config = c };
    buf_init(&l->addresses, 64 * 1024);
    buf_init(&l->client_urls, 64 * 1024);
    enum err e = hosts_init(&l->hosts, c->allowed_hosts);
    if (e != OK)
        return why_set(why, e, "--allowed-hosts: more than %d names; say * for any", HOSTS_MAX);
    if (c->cert_file[0] != 0 || c->key_file[0] != 0) {
        struct tls_options tls = { .cert_file = c->cert_file,
                                   .key_file = c->key_file,
                                   .trusted_ca_file =
                                       c->trusted_ca_file[0] == 0 ? NULL : c->trusted_ca_file,
                                   .client_cert_auth = c->client_cert_auth };
        e = tls_context_new(&tls, &l->tls, why);
    }
    if (e == OK)
        e = each_address(l, c->etcd_listen, false, NULL, why);
    if (e == OK)
        e = each_address(l, c->consul_listen, false, NULL, why);
    if (e == OK)
        e = each_address(l, c->consul_https_listen, true, NULL, why);
    if (e == OK)
        e = each_address(l, c->consul_grpc_listen, false, NULL, why);
    if (e == OK)
        e = each_address(l, c->consul_grpc_tls_listen, true, NULL, why);
    if (e == OK)
        e = check_dns(l, c->dns_listen, why);
    return e != OK ? e : each_address(l, c->native_listen, false, NULL, why);
}

/* OWN, NULL-terminated, and what every gRPC listener has. */
static void collect_services(const struct grpc_service *const *own,
                             const struct grpc_service **served)
{
    size_t n = 0;
    for (size_t i = 0; own[i] != NULL && n + 4 < LISTENERS_SERVICES_MAX; i++)
        served[n++] = own[i];
    served[n++] = &grpc_health_service;
    served[n++] = &grpc_reflection_service;
    served[n++] = &grpc_reflection_alpha_service;
}

enum err listeners_open(struct listeners *l, struct net_server *net,
                        const struct listeners_contexts *contexts, size_t etcd_message_bytes,
                        struct why *why)
{
    static const struct grpc_service *const no_service = NULL; /* of its own: xDS is to come */
    const struct config *c = l->config;
    l->net = net;
    l->contexts = contexts;
    collect_services(etcd_services, l->served);
    collect_services(&no_service, l->consul_served);
    l->etcd_http = hosts_service(&l->hosts, &etcd_http);
    l->consul_http = hosts_service(&l->hosts, &consul_http);
    l->native_http = hosts_service(&l->hosts, &native_http);
    struct net_limits limits = { .grpc_message_max = etcd_message_bytes,
                                 .streams_max = (uint32_t)c->max_streams,
                                 .ping_min_ms = c->ping_min_ms,
                                 .keepalive_idle_ms = c->keepalive_ms,
                                 .keepalive_timeout_ms = c->keepalive_timeout_ms };
    l->etcd_service = (struct net_service){ .name = "etcd",
                                            .services = l->served,
                                            .http = &l->etcd_http,
                                            .contexts = contexts->etcd,
                                            .limits = limits };
    l->native_service = (struct net_service){ .name = "native",
                                              .http = &l->native_http,
                                              .contexts = contexts->native,
                                              .is_always_read = true }; /* it writes nothing */
    l->consul_service = (struct net_service){ .name = "consul",
                                              .http = &l->consul_http,
                                              .contexts = contexts->consul };
    l->consul_grpc_service = (struct net_service){ .name = "consul-grpc",
                                                   .services = l->consul_served,
                                                   .contexts = contexts->consul,
                                                   .limits = limits };
    l->dns_service = (struct net_service){ .name = "dns",
                                           .framed = &dns_tcp_service,
                                           .contexts = contexts->dns,
                                           .limits.idle_timeout_ms = DNS_TCP_IDLE_MS,
                                           .is_always_read = true };
    enum err e = each_address(l, c->etcd_listen, false, &l->etcd_service, why);
    if (e == OK)
        e = each_address(l, c->consul_listen, false, &l->consul_service, why);
    if (e == OK)
        e = each_address(l, c->consul_https_listen, true, &l->consul_service, why);
    if (e == OK)
        e = each_address(l, c->consul_grpc_listen, false, &l->consul_grpc_service, why);
    if (e == OK)
        e = each_address(l, c->consul_grpc_tls_listen, true, &l->consul_grpc_service, why);
    if (e == OK)
        e = each_address(l, c->dns_listen, false, &l->dns_service, why);
    return e != OK ? e : each_address(l, c->native_listen, false, &l->native_service, why);
}

enum err listeners_reload(struct listeners *l, struct why *why)
{
    if (l->tls == NULL) {
        log_info("server: nothing to read again: there are no certificates");
        return OK;
    }
    enum err e = tls_context_reload(l->tls, why);
    if (e == OK)
        log_info("tls: certificates were read again file=%s", l->config->cert_file);
    else
        log_error("tls: the old certificates stay: %s", why->text);
    return e;
}

const char *listeners_client_urls(struct listeners *l)
{
    buf_put_u8(&l->client_urls, 0);
    return (const char *)l->client_urls.p;
}

void listeners_close(struct listeners *l)
{
    for (size_t i = 0; i < l->udp_n; i++)
        udp_close(l->udp[i]);
    l->udp_n = 0;
}

void listeners_fini(struct listeners *l)
{
    tls_context_unref(l->tls);
    hosts_fini(&l->hosts);
    buf_fini(&l->addresses);
    buf_fini(&l->client_urls);
}

/* faces/dns/config.h -- how the server answers: Consul's dns_config, read and checked once, shared
 * by all io threads and never changed. */
#ifndef FACES_DNS_CONFIG_H
#define FACES_DNS_CONFIG_H

#include <netinet/in.h>

#include "base/why.h"
#include "catalog/label.h"
#include "faces/dns/ip.h"
#include "faces/dns/name.h"
#include "faces/dns/render.h"

struct dns_asking;
struct dns_prepared; /* both: prepared.h */
struct instance;
struct udp_peer;
struct view;

enum {
    DNS_TTL_RULES_MAX = 256,
    DNS_RECURSORS_MAX = 16,
    DNS_TTL_MAX_S = INT32_MAX,
    DNS_SERVER_PORT = 8300 /* of the service `consul` */
};

struct dns_settings {                /* as options say it; texts are copied */
    const char *domain, *alt_domain; /* ALT_DOMAIN "": none */
    const char *datacenter;
    const char *node_name, *node_address; /* this server's own */
    struct labels node_metadata;
    uint64_t node_ttl_ms;
    const char *service_ttl; /* "web=10s,api-*=5s,*=1s" */
    bool only_passing;       /* leaves out what is warned of, too */
    bool enable_truncate, disable_compression, node_meta_txt;
    uint64_t udp_answer_limit, a_record_limit;
    uint64_t soa_refresh_ms, soa_retry_ms, soa_expire_ms, soa_min_ttl_ms;
    const char *recursors; /* "10.0.0.2,[fd00::2]:5353" */
    uint64_t recursor_timeout_ms;
    bool recursors_at_random;
    const char
        *token; /* the secret that queries are asked with, since DNS carries none; "": none */
    uint64_t rate_limit; /* answers a second over UDP to a network of clients; 0 = no limit */
    /* True if that does not hold for PEER; NULL: it holds for all. */
    bool (*rate_spares)(const struct udp_peer *peer);
    /* An instance's weight in SRV records. */
    uint16_t (*weight)(const struct instance *i);
    /* The addresses of either family that stand beside the address of what Consul has registered,
     * out of the EXTRAS of an instance or a node; empty: none. In ARENA. NULL: there are none. */
    void (*lan)(struct bytes extras, struct arena *arena, struct bytes *ret_v4,
                struct bytes *ret_v6);
    /* True if I, of SERVICE, takes requests for NAME in the mesh; NULL: there is none. */
    bool (*is_mesh_of)(const struct instance *i, struct bytes service, struct bytes name,
                       struct arena *arena);
    /* The services that have proxies of SERVICE among their instances, the gateways that lead to it
     * (ingress) or stand for it in the mesh, and its address there as text (empty: none); NULL:
     * there is no mesh. */
    enum err (*proxies)(const struct view *view, struct bytes service, struct arena *arena,
                        struct bytes **ret, size_t *ret_n);
    enum err (*gateways)(const struct view *view, bool ingress, struct bytes service,
                         struct arena *arena, struct bytes **ret, size_t *ret_n);
    enum err (*virtual_address)(const struct view *view, struct bytes service, struct arena *arena,
                                struct bytes *ret);
    /* What a prepared query gives; NULL: there are none. ERR_NOT_FOUND. */
    enum err (*prepared)(void *ctx, const struct view *view, struct bytes name,
                         const struct dns_asking *asking, struct arena *arena,
                         struct dns_prepared *ret);
    void *prepared_ctx;
};

struct dns_ttl_rule {
    struct bytes name; /* without its star */
    bool is_prefix;
    uint32_t seconds;
};

struct dns_config {
    struct arena arena;
    struct dns_zones zones;
    struct bytes node_name;
    struct ip node_address;
    struct labels node_metadata;
    uint32_t node_ttl;
    struct dns_ttl_rule *ttls;
    size_t ttl_n;
    bool only_passing, node_meta_txt;
    size_t a_record_limit;
    struct dns_soa soa; /* without its serial */
    struct dns_style style;
    struct sockaddr_in6 recursors[DNS_RECURSORS_MAX]; /* IPv4's are mapped */
    size_t recursor_n;
    uint64_t recursor_timeout_ms;
    bool recursors_at_random;
    struct bytes token;
    uint64_t rate_limit;
    bool (*rate_spares)(const struct udp_peer *peer);
    uint16_t (*weight)(const struct instance *i);
    void (*lan)(struct bytes extras, struct arena *arena, struct bytes *ret_v4,
                struct bytes *ret_v6);
    bool (*is_mesh_of)(const struct instance *i, struct bytes service, struct bytes name,
                       struct arena *arena);
    enum err (*proxies)(const struct view *view, struct bytes service, struct arena *arena,
                        struct bytes **ret, size_t *ret_n);
    enum err (*gateways)(const struct view *view, bool ingress, struct bytes service,
                         struct arena *arena, struct bytes **ret, size_t *ret_n);
    enum err (*virtual_address)(const struct view *view, struct bytes service, struct arena *arena,
                                struct bytes *ret);
    enum err (*prepared)(void *ctx, const struct view *view, struct bytes name,
                         const struct dns_asking *asking, struct arena *arena,
                         struct dns_prepared *ret);
    void *prepared_ctx;
};

/* ERR_INVALID with what would be right in WHY. dns_config_fini in any case. */
MUST_CHECK enum err dns_config_init(struct dns_config *c, const struct dns_settings *settings,
                                    struct why *why);
void dns_config_fini(struct dns_config *c);
/* Of the exact name, of the longest prefix, or of all. */
uint32_t dns_config_service_ttl(const struct dns_config *c, struct bytes service);

#endif

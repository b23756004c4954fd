/* traffic/config_entry.h -- Consul's configuration entries: which kinds there are, and what those
 * hold that are interpreted here.
 *
 * An entry is kept as the JSON that is shown, without its indexes. Kinds that are not interpreted
 * are kept and given back as they came; their fields are ANY. */
#ifndef TRAFFIC_CONFIG_ENTRY_H
#define TRAFFIC_CONFIG_ENTRY_H

#include "traffic/shape.h"

/* kind, its name, the one name an entry of it may have (NULL: any), whether it is interpreted */
/* clang-format off */
#define ENTRY_KINDS(X)                                                             \
    X(ENTRY_SERVICE_DEFAULTS,     "service-defaults",              NULL,     true)  \
    X(ENTRY_PROXY_DEFAULTS,       "proxy-defaults",                "global", true)  \
    X(ENTRY_SERVICE_ROUTER,       "service-router",                NULL,     true)  \
    X(ENTRY_SERVICE_SPLITTER,     "service-splitter",              NULL,     true)  \
    X(ENTRY_SERVICE_RESOLVER,     "service-resolver",              NULL,     true)  \
    X(ENTRY_SERVICE_INTENTIONS,   "service-intentions",            NULL,     true)  \
    X(ENTRY_INGRESS_GATEWAY,      "ingress-gateway",               NULL,     true)  \
    X(ENTRY_TERMINATING_GATEWAY,  "terminating-gateway",           NULL,     true)  \
    X(ENTRY_MESH,                 "mesh",                          "mesh",   false) \
    X(ENTRY_EXPORTED_SERVICES,    "exported-services",             NULL,     false) \
    X(ENTRY_API_GATEWAY,          "api-gateway",                   NULL,     false) \
    X(ENTRY_HTTP_ROUTE,           "http-route",                    NULL,     false) \
    X(ENTRY_TCP_ROUTE,            "tcp-route",                     NULL,     false) \
    X(ENTRY_INLINE_CERTIFICATE,   "inline-certificate",            NULL,     false) \
    X(ENTRY_FILE_CERTIFICATE,     "file-system-certificate",       NULL,     false) \
    X(ENTRY_BOUND_API_GATEWAY,    "bound-api-gateway",             NULL,     false) \
    X(ENTRY_JWT_PROVIDER,         "jwt-provider",                  NULL,     false) \
    X(ENTRY_SAMENESS_GROUP,       "sameness-group",                NULL,     false) \
    X(ENTRY_CONTROL_PLANE_LIMIT,  "control-plane-request-limit",   NULL,     false)
/* clang-format on */

enum config_entry_kind {
#define X(kind, name, only, interpreted) kind,
    ENTRY_KINDS(X)
#undef X
        ENTRY_KIND_N
};

const char *config_entry_kind_name(enum config_entry_kind kind);
/* False for no such kind. */
bool config_entry_kind_find(struct bytes name, enum config_entry_kind *ret);
bool config_entry_kind_is_interpreted(enum config_entry_kind kind);
/* The one name that an entry of it may have, or NULL. */
const char *config_entry_kind_only(enum config_entry_kind kind);

/* -- what they hold; names as in Consul ---------------------------------------------------------
 */

struct entry_defaults { /* service-defaults */
    struct bytes protocol, mode, mutual_tls_mode, external_sni, balance_inbound_connections;
    const struct json_node *transparent_proxy, *expose, *upstream_config, *destination,
        *rate_limits, *envoy_extensions;
    struct entry_gateway {
        struct bytes mode;
    } * mesh_gateway;
    int64_t max_inbound_connections, local_connect_timeout_ms, local_request_timeout_ms;
};

struct entry_policy { /* of a failover */
    struct bytes mode;
    struct json_texts regions;
};

struct entry_proxy { /* proxy-defaults */
    const struct json_node *config, *transparent_proxy, *expose, *access_logs, *envoy_extensions;
    struct bytes mode, mutual_tls_mode;
    struct entry_gateway *mesh_gateway;
    struct entry_policy *failover_policy;
    const struct json_node *prioritize_by_locality;
};

struct entry_headers { /* modifiers */
    struct json_pairs add, set;
    struct json_texts remove;
};

struct entry_header_match {
    struct bytes name, exact, prefix, suffix, contains, regex;
    bool present, ignore_case, invert;
};

struct entry_param_match {
    struct bytes name, exact, regex;
    bool present;
};

struct entry_http_match {
    struct bytes path_exact, path_prefix, path_regex;
    bool case_insensitive;
    struct json_structs header;      /* of entry_header_match */
    struct json_structs query_param; /* of entry_param_match */
    struct json_texts methods;
};

struct entry_match {
    struct entry_http_match *http;
};

struct entry_destination {
    struct bytes service, subset, prefix_rewrite;
    int64_t request_timeout, idle_timeout, num_retries;
    bool retry_on_connect_failure;
    struct json_texts retry_on, retry_on_status_codes;
    struct entry_headers *request_headers, *response_headers;
};

struct entry_route {
    struct entry_match *match;
    struct entry_destination *destination;
};

struct entry_router {
    struct json_structs routes; /* of entry_route */
};

struct entry_split {
    double weight;
    struct bytes service, subset;
    struct entry_headers *request_headers, *response_headers;
};

struct entry_splitter {
    struct json_structs splits; /* of entry_split */
};

struct entry_subset {
    struct bytes filter;
    bool only_passing;
};

struct entry_redirect {
    struct bytes service, subset, datacenter, peer, sameness_group;
};

struct entry_failover_target {
    struct bytes service, subset, datacenter, peer;
};

struct entry_failover {
    struct bytes service, subset, sameness_group;
    struct json_texts datacenters;
    struct json_structs targets; /* of entry_failover_target */
    struct entry_policy *policy;
};

struct entry_cookie {
    bool session;
    int64_t ttl;
    struct bytes path;
};

struct entry_hash_policy {
    struct bytes field, value;
    struct entry_cookie *cookie;
    bool source_ip, terminal;
};

struct entry_balancer {
    struct bytes policy;
    struct entry_ring {
        int64_t least, most;
    } * ring;
    struct entry_least {
        int64_t choices;
    } * least;
    struct json_structs hash_policies; /* of entry_hash_policy */
};

struct entry_resolver {
    struct bytes default_subset;
    struct json_structs subsets; /* of entry_subset, by name */
    struct entry_redirect *redirect;
    struct json_structs failover; /* of entry_failover, by subset or "*" */
    int64_t connect_timeout, request_timeout;
    const struct json_node *prioritize_by_locality;
    struct entry_balancer *balancer;
};

struct entry_permission {
    struct bytes action;
    struct entry_permission_http {
        struct bytes path_exact, path_prefix, path_regex;
        struct json_structs header; /* of entry_header_match */
        struct json_texts methods;
    } * http;
    const struct json_node *jwt;
};

struct entry_source {
    struct bytes name, action, type, description, peer, sameness_group;
    int64_t precedence;
    struct json_structs permissions; /* of entry_permission */
    struct bytes legacy_id, legacy_created, legacy_updated;
    struct json_pairs legacy_meta;
};

struct entry_intentions {
    struct json_structs sources; /* of entry_source */
    const struct json_node *jwt;
};

struct entry_sds { /* where a gateway's certificate comes from */
    struct bytes cluster, resource;
};

struct entry_gateway_tls {
    bool enabled;
    struct entry_sds *sds;
    struct bytes least, most; /* versions */
    struct json_texts suites;
};

struct entry_gateway_service_tls {
    struct entry_sds *sds;
};

struct entry_passive { /* when an instance is left out for its failures */
    int64_t interval, max_failures;
    const struct json_node *enforcing, *max_ejection, *base_ejection;
};

struct entry_gateway_limits {
    int64_t connections, pending, requests;
    struct entry_passive *passive;
};

struct entry_ingress_service {
    struct bytes name; /* "*": all that speak the listener's protocol */
    struct json_texts hosts;
    struct entry_gateway_service_tls *tls;
    struct entry_headers *request_headers, *response_headers;
    int64_t connections, pending, requests;
    struct entry_passive *passive;
    struct json_pairs meta;
};

struct entry_ingress_listener {
    int64_t port;
    struct bytes protocol;
    struct entry_gateway_tls *tls;
    struct json_structs services; /* of entry_ingress_service */
};

struct entry_ingress {
    struct entry_gateway_tls *tls;
    struct json_structs listeners; /* of entry_ingress_listener */
    struct entry_gateway_limits *defaults;
};

struct entry_linked {  /* a service behind a terminating gateway */
    struct bytes name; /* "*": all */
    struct bytes ca_file, cert_file, key_file, sni;
    bool keeps_host;
};

struct entry_terminating {
    struct json_structs services; /* of entry_linked */
};

struct config_entry {
    enum config_entry_kind kind;
    struct bytes name;
    struct json_pairs meta;
    const struct json_node *as_sent; /* of a kind that is not interpreted */
    union {                          /* of one that is */
        struct entry_defaults defaults;
        struct entry_proxy proxy;
        struct entry_router router;
        struct entry_splitter splitter;
        struct entry_resolver resolver;
        struct entry_intentions intentions;
        struct entry_ingress ingress;
        struct entry_terminating terminating;
    };
};

/* Reads what a client has sent, or what config_entry_write has written. All lies in ARENA.
 * ERR_MALFORMED, ERR_TOO_BIG with Consul's sentence, without "Request decoding failed: ". */
MUST_CHECK enum err config_entry_read(struct bytes json, struct arena *arena,
                                      struct config_entry *ret, struct why *why);
MUST_CHECK enum err config_entry_read_node(const struct json_node *node, struct arena *arena,
                                           struct config_entry *ret, struct why *why);
/* As an object without its indexes; its brace is left open for them. */
void config_entry_write_open(const struct config_entry *entry, struct json_writer *j);
/* The whole object. */
void config_entry_write(const struct config_entry *entry, struct json_writer *j);

/* What stands under NAME in a map of structs of SIZE, or NULL. */
const void *config_entry_named(const struct json_structs *all, size_t size, struct bytes name);
/* The subset of that name, or NULL. */
const struct entry_subset *config_entry_subset_find(const struct entry_resolver *r,
                                                    struct bytes name);
/* The failover of a subset: its own, else that of "*", else NULL. */
const struct entry_failover *config_entry_failover_find(const struct entry_resolver *r,
                                                        struct bytes subset);

/* How many of the ways to compare a header are given. */
unsigned config_entry_header_ways(const struct entry_header_match *header);
bool config_entry_is_method(struct bytes method);

/* For chains, which show parts of entries. */
extern const struct shape entry_route_shape, entry_split_shape, entry_balancer_shape,
    entry_gateway_shape, entry_permission_shape;

#endif

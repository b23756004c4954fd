/* The tables of the kinds that are interpreted, from the innermost struct out. */
#include "traffic/config_entry_tables.h"

#include "base/compiler.h"

#define SHAPE(name, type, fields_of)                         \
    const struct shape name = { .size = sizeof(struct type), \
                                .fields = (fields_of),       \
                                .field_n = ARRAY_LEN(fields_of) }

/* clang-format off */

/* -- shared ------------------------------------------------------------------------------------- */

#define T struct entry_gateway
static const struct shape_field gateway_fields[] = {
    SHAPE_FIELD(T, mode, "Mode", TEXT),
};
#undef T
SHAPE(entry_gateway_shape, entry_gateway, gateway_fields);

#define T struct entry_policy
static const struct shape_field policy_fields[] = {
    SHAPE_FIELD(T, mode,    "Mode",    TEXT),
    SHAPE_FIELD(T, regions, "Regions", TEXTS),
};
#undef T
static SHAPE(policy_shape, entry_policy, policy_fields);

#define T struct entry_headers
static const struct shape_field headers_fields[] = {
    SHAPE_FIELD(T, add,    "Add",    TEXT_MAP),
    SHAPE_FIELD(T, set,    "Set",    TEXT_MAP),
    SHAPE_FIELD(T, remove, "Remove", TEXTS),
};
#undef T
static SHAPE(headers_shape, entry_headers, headers_fields);

#define T struct entry_header_match
static const struct shape_field header_match_fields[] = {
    SHAPE_ALWAYS(T, name,       "Name",       TEXT),
    SHAPE_FIELD(T, present,     "Present",    BOOL),
    SHAPE_FIELD(T, exact,       "Exact",      TEXT),
    SHAPE_FIELD(T, prefix,      "Prefix",     TEXT),
    SHAPE_FIELD(T, suffix,      "Suffix",     TEXT),
    SHAPE_FIELD(T, contains,    "Contains",   TEXT),
    SHAPE_FIELD(T, regex,       "Regex",      TEXT),
    SHAPE_FIELD(T, ignore_case, "IgnoreCase", BOOL),
    SHAPE_FIELD(T, invert,      "Invert",     BOOL),
};
#undef T
static SHAPE(header_match_shape, entry_header_match, header_match_fields);

/* -- service-defaults and proxy-defaults -------------------------------------------------------- */

#define T struct entry_defaults
static const struct shape_field defaults_fields[] = {
    SHAPE_FIELD(T, protocol,                    "Protocol",                  TEXT),
    SHAPE_FIELD(T, mode,                        "Mode",                      TEXT),
    SHAPE_VALUE(T, transparent_proxy,           "TransparentProxy"),
    SHAPE_FIELD(T, mutual_tls_mode,             "MutualTLSMode",             TEXT),
    SHAPE_VALUE_OF(T, mesh_gateway,             "MeshGateway",               &entry_gateway_shape),
    SHAPE_VALUE(T, expose,                      "Expose"),
    SHAPE_FIELD(T, external_sni,                "ExternalSNI",               TEXT),
    SHAPE_FIELD(T, upstream_config,             "UpstreamConfig",            ANY),
    SHAPE_FIELD(T, destination,                 "Destination",               ANY),
    SHAPE_FIELD(T, max_inbound_connections,     "MaxInboundConnections",     INT),
    SHAPE_FIELD(T, local_connect_timeout_ms,    "LocalConnectTimeoutMs",     INT),
    SHAPE_FIELD(T, local_request_timeout_ms,    "LocalRequestTimeoutMs",     INT),
    SHAPE_FIELD(T, balance_inbound_connections, "BalanceInboundConnections", TEXT),
    SHAPE_FIELD(T, rate_limits,                 "RateLimits",                ANY),
    SHAPE_FIELD(T, envoy_extensions,            "EnvoyExtensions",           ANY),
};
#undef T
static SHAPE(defaults_shape, entry_defaults, defaults_fields);

#define T struct entry_proxy
static const struct shape_field proxy_fields[] = {
    SHAPE_FIELD(T, config,                 "Config",               ANY),
    SHAPE_FIELD(T, mode,                   "Mode",                 TEXT),
    SHAPE_VALUE(T, transparent_proxy,      "TransparentProxy"),
    SHAPE_FIELD(T, mutual_tls_mode,        "MutualTLSMode",        TEXT),
    SHAPE_VALUE_OF(T, mesh_gateway,        "MeshGateway",          &entry_gateway_shape),
    SHAPE_VALUE(T, expose,                 "Expose"),
    SHAPE_VALUE(T, access_logs,            "AccessLogs"),
    SHAPE_FIELD(T, envoy_extensions,       "EnvoyExtensions",      ANY),
    SHAPE_FIELD_OF(T, failover_policy,     "FailoverPolicy",       STRUCT, &policy_shape),
    SHAPE_FIELD(T, prioritize_by_locality, "PrioritizeByLocality", ANY),
};
#undef T
static SHAPE(proxy_shape, entry_proxy, proxy_fields);

/* -- service-router ----------------------------------------------------------------------------- */

#define T struct entry_param_match
static const struct shape_field param_match_fields[] = {
    SHAPE_ALWAYS(T, name,   "Name",    TEXT),
    SHAPE_FIELD(T, present, "Present", BOOL),
    SHAPE_FIELD(T, exact,   "Exact",   TEXT),
    SHAPE_FIELD(T, regex,   "Regex",   TEXT),
};
#undef T
static SHAPE(param_match_shape, entry_param_match, param_match_fields);

#define T struct entry_http_match
static const struct shape_field http_match_fields[] = {
    SHAPE_FIELD(T, path_exact,       "PathExact",       TEXT),
    SHAPE_FIELD(T, path_prefix,      "PathPrefix",      TEXT),
    SHAPE_FIELD(T, path_regex,       "PathRegex",       TEXT),
    SHAPE_FIELD(T, case_insensitive, "CaseInsensitive", BOOL),
    SHAPE_FIELD_OF(T, header,        "Header",          STRUCTS, &header_match_shape),
    SHAPE_FIELD_OF(T, query_param,   "QueryParam",      STRUCTS, &param_match_shape),
    SHAPE_FIELD(T, methods,          "Methods",         TEXTS),
};
#undef T
static SHAPE(http_match_shape, entry_http_match, http_match_fields);

#define T struct entry_match
static const struct shape_field match_fields[] = {
    SHAPE_FIELD_OF(T, http, "HTTP", STRUCT, &http_match_shape),
};
#undef T
static SHAPE(match_shape, entry_match, match_fields);

#define T struct entry_destination
static const struct shape_field destination_fields[] = {
    SHAPE_FIELD(T, service,                  "Service",               TEXT),
    SHAPE_FIELD(T, subset,                   "ServiceSubset",         TEXT),
    SHAPE_FIELD(T, prefix_rewrite,           "PrefixRewrite",         TEXT),
    SHAPE_FIELD(T, request_timeout,          "RequestTimeout",        DURATION),
    SHAPE_FIELD(T, idle_timeout,             "IdleTimeout",           DURATION),
    SHAPE_FIELD(T, num_retries,              "NumRetries",            INT),
    SHAPE_FIELD(T, retry_on_connect_failure, "RetryOnConnectFailure", BOOL),
    SHAPE_FIELD(T, retry_on,                 "RetryOn",               TEXTS),
    SHAPE_FIELD(T, retry_on_status_codes,    "RetryOnStatusCodes",    INTS),
    SHAPE_FIELD_OF(T, request_headers,       "RequestHeaders",        STRUCT, &headers_shape),
    SHAPE_FIELD_OF(T, response_headers,      "ResponseHeaders",       STRUCT, &headers_shape),
};
#undef T
static SHAPE(destination_shape, entry_destination, destination_fields);

#define T struct entry_route
static const struct shape_field route_fields[] = {
    SHAPE_FIELD_OF(T, match,       "Match",       STRUCT, &match_shape),
    SHAPE_FIELD_OF(T, destination, "Destination", STRUCT, &destination_shape),
};
#undef T
SHAPE(entry_route_shape, entry_route, route_fields);

#define T struct entry_router
static const struct shape_field router_fields[] = {
    SHAPE_FIELD_OF(T, routes, "Routes", STRUCTS, &entry_route_shape),
};
#undef T
static SHAPE(router_shape, entry_router, router_fields);

/* -- service-splitter --------------------------------------------------------------------------- */

#define T struct entry_split
static const struct shape_field split_fields[] = {
    SHAPE_ALWAYS(T, weight,             "Weight",          FLOAT),
    SHAPE_FIELD(T, service,             "Service",         TEXT),
    SHAPE_FIELD(T, subset,              "ServiceSubset",   TEXT),
    SHAPE_FIELD_OF(T, request_headers,  "RequestHeaders",  STRUCT, &headers_shape),
    SHAPE_FIELD_OF(T, response_headers, "ResponseHeaders", STRUCT, &headers_shape),
};
#undef T
SHAPE(entry_split_shape, entry_split, split_fields);

#define T struct entry_splitter
static const struct shape_field splitter_fields[] = {
    SHAPE_FIELD_OF(T, splits, "Splits", STRUCTS, &entry_split_shape),
};
#undef T
static SHAPE(splitter_shape, entry_splitter, splitter_fields);

/* -- service-resolver --------------------------------------------------------------------------- */

#define T struct entry_subset
static const struct shape_field subset_fields[] = {
    SHAPE_FIELD(T, filter,       "Filter",      TEXT),
    SHAPE_FIELD(T, only_passing, "OnlyPassing", BOOL),
};
#undef T
static SHAPE(subset_shape, entry_subset, subset_fields);

#define T struct entry_redirect
static const struct shape_field redirect_fields[] = {
    SHAPE_FIELD(T, service,        "Service",       TEXT),
    SHAPE_FIELD(T, subset,         "ServiceSubset", TEXT),
    SHAPE_FIELD(T, datacenter,     "Datacenter",    TEXT),
    SHAPE_FIELD(T, peer,           "Peer",          TEXT),
    SHAPE_FIELD(T, sameness_group, "SamenessGroup", TEXT),
};
#undef T
static SHAPE(redirect_shape, entry_redirect, redirect_fields);

#define T struct entry_failover_target
static const struct shape_field target_fields[] = {
    SHAPE_FIELD(T, service,    "Service",       TEXT),
    SHAPE_FIELD(T, subset,     "ServiceSubset", TEXT),
    SHAPE_FIELD(T, datacenter, "Datacenter",    TEXT),
    SHAPE_FIELD(T, peer,       "Peer",          TEXT),
};
#undef T
static SHAPE(target_shape, entry_failover_target, target_fields);

#define T struct entry_failover
static const struct shape_field failover_fields[] = {
    SHAPE_FIELD(T, service,        "Service",       TEXT),
    SHAPE_FIELD(T, subset,         "ServiceSubset", TEXT),
    SHAPE_FIELD(T, datacenters,    "Datacenters",   TEXTS),
    SHAPE_FIELD_OF(T, targets,     "Targets",       STRUCTS, &target_shape),
    SHAPE_FIELD_OF(T, policy,      "Policy",        STRUCT, &policy_shape),
    SHAPE_FIELD(T, sameness_group, "SamenessGroup", TEXT),
};
#undef T
static SHAPE(failover_shape, entry_failover, failover_fields);

#define T struct entry_cookie
static const struct shape_field cookie_fields[] = {
    SHAPE_FIELD(T, session, "Session", BOOL),
    SHAPE_FIELD(T, ttl,     "TTL",     NS),
    SHAPE_FIELD(T, path,    "Path",    TEXT),
};
#undef T
static SHAPE(cookie_shape, entry_cookie, cookie_fields);

#define T struct entry_hash_policy
static const struct shape_field hash_policy_fields[] = {
    SHAPE_FIELD(T, field,     "Field",        TEXT),
    SHAPE_FIELD(T, value,     "FieldValue",   TEXT),
    SHAPE_FIELD_OF(T, cookie, "CookieConfig", STRUCT, &cookie_shape),
    SHAPE_FIELD(T, source_ip, "SourceIP",     BOOL),
    SHAPE_FIELD(T, terminal,  "Terminal",     BOOL),
};
#undef T
static SHAPE(hash_policy_shape, entry_hash_policy, hash_policy_fields);

#define T struct entry_ring
static const struct shape_field ring_fields[] = {
    SHAPE_FIELD(T, least, "MinimumRingSize", INT),
    SHAPE_FIELD(T, most,  "MaximumRingSize", INT),
};
#undef T
static SHAPE(ring_shape, entry_ring, ring_fields);

#define T struct entry_least
static const struct shape_field least_fields[] = {
    SHAPE_FIELD(T, choices, "ChoiceCount", INT),
};
#undef T
static SHAPE(least_shape, entry_least, least_fields);

#define T struct entry_balancer
static const struct shape_field balancer_fields[] = {
    SHAPE_FIELD(T, policy,           "Policy",             TEXT),
    SHAPE_FIELD_OF(T, ring,          "RingHashConfig",     STRUCT,  &ring_shape),
    SHAPE_FIELD_OF(T, least,         "LeastRequestConfig", STRUCT,  &least_shape),
    SHAPE_FIELD_OF(T, hash_policies, "HashPolicies",       STRUCTS, &hash_policy_shape),
};
#undef T
SHAPE(entry_balancer_shape, entry_balancer, balancer_fields);

#define T struct entry_resolver
static const struct shape_field resolver_fields[] = {
    SHAPE_FIELD(T, default_subset,         "DefaultSubset",        TEXT),
    SHAPE_FIELD_OF(T, subsets,             "Subsets",              MAP,    &subset_shape),
    SHAPE_FIELD_OF(T, redirect,            "Redirect",             STRUCT, &redirect_shape),
    SHAPE_FIELD_OF(T, failover,            "Failover",             MAP,    &failover_shape),
    SHAPE_FIELD(T, connect_timeout,        "ConnectTimeout",       DURATION),
    SHAPE_FIELD(T, request_timeout,        "RequestTimeout",       DURATION),
    SHAPE_FIELD(T, prioritize_by_locality, "PrioritizeByLocality", ANY),
    SHAPE_FIELD_OF(T, balancer,            "LoadBalancer",         STRUCT, &entry_balancer_shape),
};
#undef T
static SHAPE(resolver_shape, entry_resolver, resolver_fields);

/* -- gateways ----------------------------------------------------------------------------------- */

#define T struct entry_sds
static const struct shape_field sds_fields[] = {
    SHAPE_FIELD(T, cluster,  "ClusterName",  TEXT),
    SHAPE_FIELD(T, resource, "CertResource", TEXT),
};
#undef T
static SHAPE(sds_shape, entry_sds, sds_fields);

#define T struct entry_gateway_tls
static const struct shape_field gateway_tls_fields[] = {
    SHAPE_ALWAYS(T, enabled,  "Enabled",       BOOL),
    SHAPE_FIELD_OF(T, sds,    "SDS",           STRUCT, &sds_shape),
    SHAPE_FIELD(T, least,     "TLSMinVersion", TEXT),
    SHAPE_FIELD(T, most,      "TLSMaxVersion", TEXT),
    SHAPE_FIELD(T, suites,    "CipherSuites",  TEXTS),
};
#undef T
static SHAPE(gateway_tls_shape, entry_gateway_tls, gateway_tls_fields);

#define T struct entry_gateway_service_tls
static const struct shape_field gateway_service_tls_fields[] = {
    SHAPE_FIELD_OF(T, sds, "SDS", STRUCT, &sds_shape),
};
#undef T
static SHAPE(gateway_service_tls_shape, entry_gateway_service_tls, gateway_service_tls_fields);

#define T struct entry_passive
static const struct shape_field passive_fields[] = {
    SHAPE_FIELD(T, interval,      "Interval",                NS),
    SHAPE_ALWAYS(T, max_failures, "MaxFailures",             INT),
    SHAPE_FIELD(T, enforcing,     "EnforcingConsecutive5xx", ANY),
    SHAPE_FIELD(T, max_ejection,  "MaxEjectionPercent",      ANY),
    SHAPE_FIELD(T, base_ejection, "BaseEjectionTime",        ANY),
};
#undef T
static SHAPE(passive_shape, entry_passive, passive_fields);

#define T struct entry_gateway_limits
static const struct shape_field gateway_limits_fields[] = {
    SHAPE_ALWAYS(T, connections, "MaxConnections",        INT),
    SHAPE_ALWAYS(T, pending,     "MaxPendingRequests",    INT),
    SHAPE_ALWAYS(T, requests,    "MaxConcurrentRequests", INT),
    SHAPE_FIELD_OF(T, passive,   "PassiveHealthCheck",    STRUCT, &passive_shape),
};
#undef T
static SHAPE(gateway_limits_shape, entry_gateway_limits, gateway_limits_fields);

#define T struct entry_ingress_service
static const struct shape_field ingress_service_fields[] = {
    SHAPE_ALWAYS(T, name,               "Name",                  TEXT),
    SHAPE_FIELD(T, hosts,               "Hosts",                 TEXTS),
    SHAPE_FIELD_OF(T, tls,              "TLS",                   STRUCT, &gateway_service_tls_shape),
    SHAPE_FIELD_OF(T, request_headers,  "RequestHeaders",        STRUCT, &headers_shape),
    SHAPE_FIELD_OF(T, response_headers, "ResponseHeaders",       STRUCT, &headers_shape),
    SHAPE_FIELD(T, connections,         "MaxConnections",        INT),
    SHAPE_FIELD(T, pending,             "MaxPendingRequests",    INT),
    SHAPE_FIELD(T, requests,            "MaxConcurrentRequests", INT),
    SHAPE_FIELD_OF(T, passive,          "PassiveHealthCheck",    STRUCT, &passive_shape),
    SHAPE_FIELD(T, meta,                "Meta",                  TEXT_MAP),
};
#undef T
static SHAPE(ingress_service_shape, entry_ingress_service, ingress_service_fields);

#define T struct entry_ingress_listener
static const struct shape_field ingress_listener_fields[] = {
    SHAPE_ALWAYS(T, port,        "Port",     INT),
    SHAPE_ALWAYS(T, protocol,    "Protocol", TEXT),
    SHAPE_FIELD_OF(T, tls,       "TLS",      STRUCT,  &gateway_tls_shape),
    SHAPE_FIELD_OF(T, services,  "Services", STRUCTS, &ingress_service_shape),
};
#undef T
static SHAPE(ingress_listener_shape, entry_ingress_listener, ingress_listener_fields);

#define T struct entry_ingress
static const struct shape_field ingress_fields[] = {
    SHAPE_FIELD_OF(T, tls,       "TLS",       STRUCT,  &gateway_tls_shape),
    SHAPE_FIELD_OF(T, listeners, "Listeners", STRUCTS, &ingress_listener_shape),
    SHAPE_FIELD_OF(T, defaults,  "Defaults",  STRUCT,  &gateway_limits_shape),
};
#undef T
static SHAPE(ingress_shape, entry_ingress, ingress_fields);

#define T struct entry_linked
static const struct shape_field linked_fields[] = {
    SHAPE_ALWAYS(T, name,         "Name",                   TEXT),
    SHAPE_FIELD(T, ca_file,       "CAFile",                 TEXT),
    SHAPE_FIELD(T, cert_file,     "CertFile",               TEXT),
    SHAPE_FIELD(T, key_file,      "KeyFile",                TEXT),
    SHAPE_FIELD(T, sni,           "SNI",                    TEXT),
    SHAPE_FIELD(T, keeps_host,    "DisableAutoHostRewrite", BOOL),
};
#undef T
static SHAPE(linked_shape, entry_linked, linked_fields);

#define T struct entry_terminating
static const struct shape_field terminating_fields[] = {
    SHAPE_FIELD_OF(T, services, "Services", STRUCTS, &linked_shape),
};
#undef T
static SHAPE(terminating_shape, entry_terminating, terminating_fields);

/* -- service-intentions ------------------------------------------------------------------------- */

#define T struct entry_permission_http
static const struct shape_field permission_http_fields[] = {
    SHAPE_FIELD(T, path_exact,  "PathExact",  TEXT),
    SHAPE_FIELD(T, path_prefix, "PathPrefix", TEXT),
    SHAPE_FIELD(T, path_regex,  "PathRegex",  TEXT),
    SHAPE_FIELD_OF(T, header,   "Header",     STRUCTS, &header_match_shape),
    SHAPE_FIELD(T, methods,     "Methods",    TEXTS),
};
#undef T
static SHAPE(permission_http_shape, entry_permission_http, permission_http_fields);

#define T struct entry_permission
static const struct shape_field permission_fields[] = {
    SHAPE_ALWAYS(T, action, "Action", TEXT),
    SHAPE_FIELD_OF(T, http, "HTTP",   STRUCT, &permission_http_shape),
    SHAPE_FIELD(T, jwt,     "JWT",    ANY),
};
#undef T
SHAPE(entry_permission_shape, entry_permission, permission_fields);

#define T struct entry_source
static const struct shape_field source_fields[] = {
    SHAPE_ALWAYS(T, name,          "Name",             TEXT),
    SHAPE_FIELD(T, action,         "Action",           TEXT),
    SHAPE_FIELD_OF(T, permissions, "Permissions",      STRUCTS, &entry_permission_shape),
    SHAPE_FIELD(T, precedence,     "Precedence",       INT),
    SHAPE_FIELD(T, legacy_id,      "LegacyID",         TEXT),
    SHAPE_FIELD(T, type,           "Type",             TEXT),
    SHAPE_FIELD(T, description,    "Description",      TEXT),
    SHAPE_FIELD(T, legacy_meta,    "LegacyMeta",       TEXT_MAP),
    SHAPE_FIELD(T, legacy_created, "LegacyCreateTime", TEXT),
    SHAPE_FIELD(T, legacy_updated, "LegacyUpdateTime", TEXT),
    SHAPE_FIELD(T, peer,           "Peer",             TEXT),
    SHAPE_FIELD(T, sameness_group, "SamenessGroup",    TEXT),
};
#undef T
static SHAPE(source_shape, entry_source, source_fields);

#define T struct entry_intentions
static const struct shape_field intentions_fields[] = {
    SHAPE_FIELD_OF(T, sources, "Sources", STRUCTS, &source_shape),
    SHAPE_FIELD(T, jwt,        "JWT",     ANY),
};
#undef T
static SHAPE(intentions_shape, entry_intentions, intentions_fields);

/* clang-format on */

const struct shape *const config_entry_shapes[ENTRY_KIND_N] = {
    [ENTRY_SERVICE_DEFAULTS] = &defaults_shape, [ENTRY_PROXY_DEFAULTS] = &proxy_shape,
    [ENTRY_SERVICE_ROUTER] = &router_shape,     [ENTRY_SERVICE_SPLITTER] = &splitter_shape,
    [ENTRY_SERVICE_RESOLVER] = &resolver_shape, [ENTRY_SERVICE_INTENTIONS] = &intentions_shape,
    [ENTRY_INGRESS_GATEWAY] = &ingress_shape,   [ENTRY_TERMINATING_GATEWAY] = &terminating_shape,
};

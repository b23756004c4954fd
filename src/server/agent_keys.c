/* What Consul 1.21 reads, and what becomes of it. */
#include "server/agent_keys.h"

#include <string.h>

#include "base/compiler.h"
#include "server/nearest.h"

/* clang-format off */
const struct agent_key agent_keys[] = {
    { "datacenter", "datacenter", AGENT_TEXT, AGENT_OPTION, "datacenter" },
    { "primary_datacenter", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "acl_datacenter", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "node_name", "node", AGENT_TEXT, AGENT_OPTION, "node-name" },
    { "node_id", "node-id", AGENT_TEXT, AGENT_OPTION, "node-id" },
    { "node_meta", "node-meta", AGENT_TREE, AGENT_OWN, "" },
    { "disable_host_node_id", "disable-host-node-id", AGENT_BOOL, AGENT_UNUSED, "" },
    { "server", "server", AGENT_BOOL, AGENT_OWN, "" },
    { "bootstrap", "bootstrap", AGENT_BOOL, AGENT_UNUSED, "" },
    { "bootstrap_expect", "bootstrap-expect", AGENT_TEXT, AGENT_REFUSED, "clusters come in a later version, start one agent alone" },
    { "data_dir", "data-dir", AGENT_TEXT, AGENT_OPTION, "data-dir" },
    { "domain", "domain", AGENT_TEXT, AGENT_OPTION, "domain" },
    { "alt_domain", "alt-domain", AGENT_TEXT, AGENT_OPTION, "alt-domain" },
    { "ui", "ui", AGENT_BOOL, AGENT_UNUSED, "" },
    { "ui_dir", "ui-dir", AGENT_TEXT, AGENT_UNUSED, "" },
    { "ui_content_path", "ui-content-path", AGENT_TEXT, AGENT_UNUSED, "" },
    { "segment", "segment", AGENT_TEXT, AGENT_REFUSED, "network segments are an Enterprise feature" },
    { "segments", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "partition", "partition", AGENT_TEXT, AGENT_REFUSED, "partitions are an Enterprise feature" },
    { "pid_file", "pid-file", AGENT_TEXT, AGENT_OPTION, "pid-file" },
    { "log_level", "log-level", AGENT_TEXT, AGENT_OWN, "" },
    { "log_json", "log-json", AGENT_BOOL, AGENT_OWN, "" },
    { "log_file", "log-file", AGENT_TEXT, AGENT_UNUSED, "" },
    { "log_rotate_bytes", "log-rotate-bytes", AGENT_TEXT, AGENT_UNUSED, "" },
    { "log_rotate_duration", "log-rotate-duration", AGENT_TEXT, AGENT_UNUSED, "" },
    { "log_rotate_max_files", "log-rotate-max-files", AGENT_TEXT, AGENT_UNUSED, "" },
    { "syslog_facility", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "enable_syslog", "syslog", AGENT_BOOL, AGENT_UNUSED, "" },
    { "enable_debug", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "disable_update_check", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "disable_anonymous_signature", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "config_format", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "version", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "version_prerelease", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "version_metadata", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "revision", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "build_date", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "bind_addr", "bind", AGENT_TEXT, AGENT_OWN, "" },
    { "advertise_addr", "advertise", AGENT_TEXT, AGENT_OWN, "" },
    { "advertise_addr_ipv4", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "advertise_addr_ipv6", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "advertise_addr_wan_ipv4", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "advertise_addr_wan_ipv6", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "advertise_addr_wan", "advertise-wan", AGENT_TEXT, AGENT_UNUSED, "" },
    { "serf_lan", "serf-lan-bind", AGENT_TEXT, AGENT_UNUSED, "" },
    { "serf_wan", "serf-wan-bind", AGENT_TEXT, AGENT_UNUSED, "" },
    { "serf_lan_allowed_cidrs", "", AGENT_LIST, AGENT_UNUSED, "" },
    { "serf_wan_allowed_cidrs", "", AGENT_LIST, AGENT_UNUSED, "" },
    { "client_addr", "client", AGENT_TEXT, AGENT_OWN, "" },
    { "addresses.dns", "", AGENT_TEXT, AGENT_OWN, "" },
    { "addresses.http", "", AGENT_TEXT, AGENT_OWN, "" },
    { "addresses.https", "", AGENT_TEXT, AGENT_OWN, "" },
    { "addresses.grpc", "", AGENT_TEXT, AGENT_OWN, "" },
    { "addresses.grpc_tls", "", AGENT_TEXT, AGENT_OWN, "" },
    { "ports.dns", "dns-port", AGENT_TEXT, AGENT_OWN, "" },
    { "ports.http", "http-port", AGENT_TEXT, AGENT_OWN, "" },
    { "ports.https", "https-port", AGENT_TEXT, AGENT_OWN, "" },
    { "ports.grpc", "grpc-port", AGENT_TEXT, AGENT_OWN, "" },
    { "ports.grpc_tls", "grpc-tls-port", AGENT_TEXT, AGENT_OWN, "" },
    { "ports.server", "server-port", AGENT_TEXT, AGENT_UNUSED, "" },
    { "ports.serf_lan", "serf-lan-port", AGENT_TEXT, AGENT_UNUSED, "" },
    { "ports.serf_wan", "serf-wan-port", AGENT_TEXT, AGENT_UNUSED, "" },
    { "ports.sidecar_min_port", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "ports.sidecar_max_port", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "ports.expose_min_port", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "ports.expose_max_port", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "translate_wan_addrs", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "unix_sockets", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "http_config.response_headers", "", AGENT_TREE, AGENT_REFUSED, "headers of its own are not added yet" },
    { "http_config.block_endpoints", "", AGENT_LIST, AGENT_REFUSED, "routes cannot be closed yet" },
    { "http_config.allow_write_http_from", "", AGENT_LIST, AGENT_REFUSED, "writers cannot be restricted by address yet" },
    { "http_config.use_cache", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "http_config.max_header_bytes", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "retry_join", "retry-join", AGENT_LIST, AGENT_REFUSED, "clusters come in a later version, start one agent alone" },
    { "start_join", "join", AGENT_LIST, AGENT_REFUSED, "clusters come in a later version, start one agent alone" },
    { "retry_join_wan", "retry-join-wan", AGENT_LIST, AGENT_REFUSED, "clusters come in a later version, start one agent alone" },
    { "start_join_wan", "join-wan", AGENT_LIST, AGENT_REFUSED, "clusters come in a later version, start one agent alone" },
    { "retry_interval", "retry-interval", AGENT_TEXT, AGENT_UNUSED, "" },
    { "retry_max", "retry-max", AGENT_TEXT, AGENT_UNUSED, "" },
    { "retry_interval_wan", "retry-interval-wan", AGENT_TEXT, AGENT_UNUSED, "" },
    { "retry_max_wan", "retry-max-wan", AGENT_TEXT, AGENT_UNUSED, "" },
    { "rejoin_after_leave", "rejoin", AGENT_BOOL, AGENT_UNUSED, "" },
    { "leave_on_terminate", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "skip_leave_on_interrupt", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "reconnect_timeout", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "reconnect_timeout_wan", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "advertise_reconnect_timeout", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "protocol", "protocol", AGENT_TEXT, AGENT_UNUSED, "" },
    { "raft_protocol", "raft-protocol", AGENT_TEXT, AGENT_UNUSED, "" },
    { "non_voting_server", "non-voting-server", AGENT_BOOL, AGENT_UNUSED, "" },
    { "read_replica", "read-replica", AGENT_BOOL, AGENT_UNUSED, "" },
    { "encrypt", "encrypt", AGENT_TEXT, AGENT_UNUSED, "" },
    { "encrypt_verify_incoming", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "encrypt_verify_outgoing", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "acl.enabled", "", AGENT_BOOL, AGENT_OPTION, "acl-enabled" },
    { "acl.default_policy", "", AGENT_TEXT, AGENT_OPTION, "acl-default-policy" },
    { "acl.down_policy", "", AGENT_TEXT, AGENT_OPTION, "acl-down-policy" },
    { "acl.enable_key_list_policy", "", AGENT_BOOL, AGENT_OPTION, "acl-enable-key-list-policy" },
    { "acl.token_ttl", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "acl.policy_ttl", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "acl.role_ttl", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "acl.enable_token_persistence", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "acl.enable_token_replication", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "acl.disabled_ttl", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "acl.tokens.initial_management", "", AGENT_TEXT, AGENT_OPTION, "acl-initial-management" },
    { "acl.tokens.master", "", AGENT_TEXT, AGENT_OPTION, "acl-initial-management" },
    { "acl.tokens.agent", "", AGENT_TEXT, AGENT_OPTION, "acl-agent-token" },
    { "acl.tokens.default", "", AGENT_TEXT, AGENT_OPTION, "acl-default-token" },
    { "acl.tokens.dns", "", AGENT_TEXT, AGENT_OPTION, "acl-dns-token" },
    { "acl.tokens.agent_recovery", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "acl.tokens.agent_master", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "acl.tokens.replication", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "acl.tokens.config_file_service_registration", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "acl.tokens.managed_service_provider", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "acl_token", "", AGENT_TEXT, AGENT_REFUSED, "it is acl.tokens.default now" },
    { "acl_master_token", "", AGENT_TEXT, AGENT_REFUSED, "it is acl.tokens.initial_management now" },
    { "tls.defaults.cert_file", "", AGENT_TEXT, AGENT_OWN, "" },
    { "tls.https.cert_file", "", AGENT_TEXT, AGENT_OWN, "" },
    { "tls.defaults.key_file", "", AGENT_TEXT, AGENT_OWN, "" },
    { "tls.https.key_file", "", AGENT_TEXT, AGENT_OWN, "" },
    { "tls.defaults.ca_file", "", AGENT_TEXT, AGENT_OWN, "" },
    { "tls.https.ca_file", "", AGENT_TEXT, AGENT_OWN, "" },
    { "tls.defaults.verify_incoming", "", AGENT_BOOL, AGENT_OWN, "" },
    { "tls.https.verify_incoming", "", AGENT_BOOL, AGENT_OWN, "" },
    { "tls.defaults.ca_path", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "tls.https.ca_path", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "tls.defaults.verify_outgoing", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "tls.defaults.tls_min_version", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "tls.defaults.tls_cipher_suites", "", AGENT_TEXT, AGENT_REFUSED, "ciphers cannot be chosen" },
    { "tls.defaults.verify_server_hostname", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "tls.https.verify_outgoing", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "tls.https.tls_min_version", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "tls.https.tls_cipher_suites", "", AGENT_TEXT, AGENT_REFUSED, "ciphers cannot be chosen" },
    { "tls.https.verify_server_hostname", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "tls.grpc", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "tls.internal_rpc", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "tls.enable_agent_tls_for_checks", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "ca_file", "", AGENT_TEXT, AGENT_OWN, "" },
    { "cert_file", "", AGENT_TEXT, AGENT_OWN, "" },
    { "key_file", "", AGENT_TEXT, AGENT_OWN, "" },
    { "ca_path", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "verify_incoming", "", AGENT_BOOL, AGENT_OWN, "" },
    { "verify_incoming_https", "", AGENT_BOOL, AGENT_OWN, "" },
    { "verify_incoming_rpc", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "verify_outgoing", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "verify_server_hostname", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "auto_encrypt", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "auto_config", "", AGENT_TREE, AGENT_REFUSED, "clusters come in a later version, start one agent alone" },
    { "allow_write_http_from", "", AGENT_LIST, AGENT_REFUSED, "writers cannot be restricted by address yet" },
    { "enable_script_checks", "enable-script-checks", AGENT_BOOL, AGENT_OPTION, "enable-script-checks" },
    { "enable_local_script_checks", "enable-local-script-checks", AGENT_BOOL, AGENT_REFUSED, "what files define is registered by the API here: give enable_script_checks" },
    { "enable_central_service_config", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "disable_remote_exec", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "disable_keyring_file", "disable-keyring-file", AGENT_BOOL, AGENT_UNUSED, "" },
    { "disable_coordinates", "", AGENT_BOOL, AGENT_OPTION, "disable-coordinates" },
    { "discard_check_output", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "disable_http_unprintable_char_filter", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "enable_agent_tls_for_checks", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "use_streaming_backend", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "rpc", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "default_query_time", "default-query-time", AGENT_TEXT, AGENT_OPTION, "consul-default-query-time" },
    { "max_query_time", "max-query-time", AGENT_TEXT, AGENT_OPTION, "consul-max-query-time" },
    { "check_update_interval", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "check_output_max_size", "check_output_max_size", AGENT_TEXT, AGENT_UNUSED, "" },
    { "session_ttl_min", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "discovery_max_stale", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "limits.http_max_conns_per_client", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "limits.https_handshake_timeout", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "limits.rpc_handshake_timeout", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "limits.rpc_rate", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "limits.rpc_max_burst", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "limits.rpc_max_conns_per_client", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "limits.rpc_client_timeout", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "limits.kv_max_value_size", "", AGENT_TEXT, AGENT_REFUSED, "values end at 512 KiB here" },
    { "limits.txn_max_req_len", "", AGENT_TEXT, AGENT_REFUSED, "bodies of transactions end where they do here" },
    { "limits.request_limits", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "performance.raft_multiplier", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "performance.leave_drain_time", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "performance.rpc_hold_timeout", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "performance.grpc_keepalive_interval", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "performance.grpc_keepalive_timeout", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "autopilot", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "raft_logstore", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "peering", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "xds", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "cloud", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "reporting", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "experiments", "", AGENT_LIST, AGENT_UNUSED, "" },
    { "audit", "", AGENT_TREE, AGENT_REFUSED, "audit logs are an Enterprise feature" },
    { "license_path", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "locality", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "raft_snapshot_threshold", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "raft_snapshot_interval", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "raft_trailing_logs", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "telemetry.prometheus_retention_time", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "telemetry.statsd_address", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "telemetry.statsite_address", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "telemetry.dogstatsd_addr", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "telemetry.metrics_prefix", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "telemetry.retry_failed_connection", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "telemetry.disable_per_tenancy_usage_metrics", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "telemetry.circonus_api_token", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "telemetry.disable_hostname", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "telemetry.filter_default", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "telemetry.enable_host_metrics", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "telemetry.disable_compat_1.9", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "telemetry.prefix_filter", "", AGENT_LIST, AGENT_UNUSED, "" },
    { "telemetry.allowed_prefixes", "", AGENT_LIST, AGENT_UNUSED, "" },
    { "telemetry.blocked_prefixes", "", AGENT_LIST, AGENT_UNUSED, "" },
    { "telemetry.dogstatsd_tags", "", AGENT_LIST, AGENT_UNUSED, "" },
    { "ui_config", "", AGENT_TREE, AGENT_UNUSED, "" },
    { "watches", "", AGENT_TREE, AGENT_REFUSED, "watches run programs for what changes: let `consul watch` or your own client do it" },
    { "config_entries.bootstrap", "", AGENT_TREE, AGENT_REFUSED, "write them with PUT /v1/config once the agent runs" },
    { "connect.enabled", "", AGENT_BOOL, AGENT_OPTION, "connect-enabled" },
    { "connect.ca_provider", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "connect.ca_config.cluster_id", "", AGENT_TEXT, AGENT_OPTION, "connect-cluster-id" },
    { "connect.ca_config.leaf_cert_ttl", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "connect.ca_config.intermediate_cert_ttl", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "connect.ca_config.root_cert_ttl", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "connect.ca_config.private_key", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "connect.ca_config.private_key_type", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "connect.ca_config.private_key_bits", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "connect.ca_config.root_cert", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "connect.ca_config.csr_max_per_second", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "connect.ca_config.csr_max_concurrent", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "connect.ca_config.force_without_cross_signing", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "connect.enable_mesh_gateway_wan_federation", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "connect.enable_serverless_plugin", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "dns_config.node_ttl", "", AGENT_TEXT, AGENT_OPTION, "dns-node-ttl" },
    { "dns_config.udp_answer_limit", "", AGENT_TEXT, AGENT_OPTION, "dns-udp-answer-limit" },
    { "dns_config.a_record_limit", "", AGENT_TEXT, AGENT_OPTION, "dns-a-record-limit" },
    { "dns_config.recursor_timeout", "", AGENT_TEXT, AGENT_OPTION, "dns-recursor-timeout" },
    { "dns_config.recursor_strategy", "", AGENT_TEXT, AGENT_OPTION, "dns-recursor-strategy" },
    { "dns_config.enable_truncate", "", AGENT_BOOL, AGENT_OPTION, "dns-enable-truncate" },
    { "dns_config.only_passing", "", AGENT_BOOL, AGENT_OPTION, "dns-only-passing" },
    { "dns_config.disable_compression", "", AGENT_BOOL, AGENT_OPTION, "dns-disable-compression" },
    { "dns_config.enable_additional_node_meta_txt", "", AGENT_BOOL, AGENT_OPTION, "dns-node-meta-txt" },
    { "dns_config.service_ttl", "", AGENT_TREE, AGENT_OWN, "" },
    { "dns_config.soa.refresh", "", AGENT_TEXT, AGENT_OWN, "" },
    { "dns_config.soa.retry", "", AGENT_TEXT, AGENT_OWN, "" },
    { "dns_config.soa.expire", "", AGENT_TEXT, AGENT_OWN, "" },
    { "dns_config.soa.min_ttl", "", AGENT_TEXT, AGENT_OWN, "" },
    { "dns_config.allow_stale", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "dns_config.use_cache", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "dns_config.prefer_namespace", "", AGENT_BOOL, AGENT_UNUSED, "" },
    { "dns_config.max_stale", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "dns_config.cache_max_age", "", AGENT_TEXT, AGENT_UNUSED, "" },
    { "recursors", "recursor", AGENT_LIST, AGENT_OPTION, "recursors" },
    { "service", "", AGENT_TREE, AGENT_DEFINES, "" },
    { "services", "", AGENT_TREE, AGENT_DEFINES, "" },
    { "check", "", AGENT_TREE, AGENT_DEFINES, "" },
    { "checks", "", AGENT_TREE, AGENT_DEFINES, "" },
};
/* clang-format on */
const size_t agent_key_n = ARRAY_LEN(agent_keys);

static bool is_same(struct bytes a, const char *b)
{
    size_t n = strlen(b);
    if (a.n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = a.p[i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != (uint8_t)b[i])
            return false;
    }
    return true;
}

size_t agent_key_find(struct bytes path)
{
    size_t i = 0;
    while (i < agent_key_n && !is_same(path, agent_keys[i].path))
        i++;
    return i;
}

size_t agent_flag_find(struct bytes flag)
{
    size_t i = 0;
    while (i < agent_key_n && (agent_keys[i].flag[0] == 0 || !bytes_is(flag, agent_keys[i].flag)))
        i++;
    return i;
}

bool agent_key_is_object(struct bytes path)
{
    for (size_t i = 0; i < agent_key_n; i++) {
        const char *dot = strchr(agent_keys[i].path, '.');
        for (; dot != NULL; dot = strchr(dot + 1, '.')) {
            char begin[64];
            size_t n = (size_t)(dot - agent_keys[i].path);
            if (n >= sizeof begin)
                break;
            memcpy(begin, agent_keys[i].path, n);
            begin[n] = 0;
            if (is_same(path, begin))
                return true;
        }
    }
    return false;
}

const char *agent_key_nearest(struct bytes path)
{
    struct nearest n = nearest_begin(path);
    for (size_t i = 0; i < agent_key_n; i++)
        nearest_offer(&n, agent_keys[i].path);
    return n.best;
}

const char *agent_flag_nearest(struct bytes flag)
{
    struct nearest n = nearest_begin(flag);
    for (size_t i = 0; i < agent_key_n; i++)
        if (agent_keys[i].flag[0] != 0)
            nearest_offer(&n, agent_keys[i].flag);
    return n.best;
}

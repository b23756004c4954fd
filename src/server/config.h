/* server/config.h -- every option of `muster serve`, from one table.
 *
 * The table makes the struct, the parser of flags, environment and file, --help, the documentation
 * and the man page. Order: command line, MUSTER_*, ETCD_* (etcd's own options only), file, default.
 */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

enum config_kind {
    CONFIG_TEXT,
    CONFIG_CHOICE, /* a text; its default is "first|second|third" of all that there are */
    CONFIG_BOOL,
    CONFIG_NUMBER,
    CONFIG_BYTES,    /* a number with an optional K, M, G (powers of 1024) */
    CONFIG_DURATION, /* "10m", "500ms"; kept in milliseconds */
};

/* clang-format off */
/* X(field, kind, flag, default, least, most, etcd's own name ("" = not etcd's), section, help) */
#define CONFIG_LIST(X)                                                                                           \
    X(config,              TEXT,     "config",               "", 0, 0, "config-file", "General", "YAML file with these options by name; given through etcd's name, that file alone counts") \
    X(dev,                 BOOL,     "dev",                  "false", 0, 0, "", "General", "throw-away server: loopback, data in a temporary directory, removed at the end") \
    X(name,                TEXT,     "name",                 "default", 0, 0, "name", "General", "this member's name") \
    X(node_name,           TEXT,     "node-name",            "", 0, 0, "", "General", "the node that Consul's API registers services on; default: the machine's name") \
    X(node_address,        TEXT,     "node-address",         "", 0, 0, "", "General", "its address; default: what --consul-listen or --dns-listen says, or a network interface's") \
    X(node_id,             TEXT,     "node-id",              "", 0, 0, "", "General", "its UUID; default: made from the member's id") \
    X(node_meta,           TEXT,     "node-meta",            "", 0, 0, "", "General", "metadata of that node: name:value, comma-separated") \
    X(datacenter,          TEXT,     "datacenter",           "dc1", 0, 0, "", "General", "what Consul's API and DNS call this cluster") \
    X(data_dir,            TEXT,     "data-dir",             "muster-data", 0, 0, "data-dir", "General", "where everything is kept, whatever --name is; made if it is not there") \
    X(io_threads,          NUMBER,   "io-threads",           "0", 0, 64, "", "General", "threads that serve connections; 0 = cores - 1, at least 1") \
    X(one_thread,          BOOL,     "one-thread",           "false", 0, 0, "", "General", "core's own thread serves connections too (always so on one core without --io-threads)") \
    X(pid_file,            TEXT,     "pid-file",             "", 0, 0, "", "General", "file that holds the process's number while it runs") \
    X(log_level,           CHOICE,   "log-level",            "info|debug|warn|error|panic|fatal", 0, 0, "log-level", "General", "the least that is logged; panic and fatal, etcd's words, leave errors") \
    X(log_format,          CHOICE,   "log-format",           "auto|text|json|console", 0, 0, "log-format", "General", "auto: text on a terminal, JSON elsewhere; console is etcd's word for text") \
    X(etcd_listen,         TEXT,     "etcd-listen",          "127.0.0.1:2379", 0, 0, "listen-client-urls", "Listeners", "etcd's protocol: addresses or URLs, comma-separated, or off") \
    X(advertise,           TEXT,     "etcd-advertise",       "", 0, 0, "advertise-client-urls", "Listeners", "URLs that member lists show; default: what is listened on") \
    X(consul_listen,       TEXT,     "consul-listen",        "127.0.0.1:8500", 0, 0, "", "Listeners", "Consul's HTTP API: addresses or URLs, comma-separated, or off") \
    X(consul_https_listen, TEXT,     "consul-https-listen",  "off", 0, 0, "", "Listeners", "the same with TLS (8501 by habit): addresses, comma-separated, or off") \
    X(consul_grpc_listen,  TEXT,     "consul-grpc-listen",   "off", 0, 0, "", "Listeners", "gRPC as Consul's servers have it (8502 by habit): health and reflection so far; addresses, comma-separated, or off") \
    X(consul_grpc_tls_listen, TEXT,  "consul-grpc-tls-listen", "off", 0, 0, "", "Listeners", "the same with TLS (8503 by habit)") \
    X(native_listen,       TEXT,     "native-listen",        "127.0.0.1:6878", 0, 0, "", "Listeners", "health, metrics, snapshots: an address or off") \
    X(allowed_hosts,       TEXT,     "allowed-hosts",        "", 0, 0, "host-whitelist", "Listeners", "names that HTTP clients may call this server by, comma-separated, beside addresses and localhost; * = any") \
    X(insecure,            BOOL,     "insecure-no-auth",     "false", 0, 0, "", "Listeners", "allow addresses that others reach although there is no authentication") \
    X(acl_enabled,         BOOL,     "acl-enabled",          "false", 0, 0, "", "Access", "ask Consul's clients for tokens") \
    X(acl_default_policy,  CHOICE,   "acl-default-policy",   "allow|deny", 0, 0, "", "Access", "what no rule speaks of") \
    X(acl_down_policy,     CHOICE,   "acl-down-policy",      "extend-cache|allow|deny|async-cache", 0, 0, "", "Access", "taken for Consul's sake: every member has all tokens, so none is ever asked for elsewhere") \
    X(acl_key_list_policy, BOOL,     "acl-enable-key-list-policy", "false", 0, 0, "", "Access", "listing keys wants the right to list them") \
    X(acl_initial,         TEXT,     "acl-initial-management", "", 0, 0, "", "Access", "secret of a management token that is made at the first start; better in the environment or the file, where other users do not see it") \
    X(acl_default_token,   TEXT,     "acl-default-token",    "", 0, 0, "", "Access", "secret of the token for requests that bring none") \
    X(acl_dns_token,       TEXT,     "acl-dns-token",        "", 0, 0, "", "Access", "secret of the token for DNS; default: --acl-default-token") \
    X(acl_own_token,       TEXT,     "acl-agent-token",      "", 0, 0, "", "Access", "taken for Consul's sake: the server needs no token for its own work") \
    X(etcd_projection,     CHOICE,   "etcd-projection",      "on|off", 0, 0, "", "Catalog", "keys below services/ and /services/ in etcd register instances, and instances of other protocols appear there") \
    X(cert_file,           TEXT,     "cert-file",            "", 0, 0, "cert-file", "TLS", "server certificate (PEM), for https:// listeners") \
    X(key_file,            TEXT,     "key-file",             "", 0, 0, "key-file", "TLS", "its private key (PEM)") \
    X(trusted_ca_file,     TEXT,     "trusted-ca-file",      "", 0, 0, "trusted-ca-file", "TLS", "certificates that client certificates must lead to (PEM)") \
    X(client_cert_auth,    BOOL,     "client-cert-auth",     "false", 0, 0, "client-cert-auth", "TLS", "refuse clients without a valid certificate") \
    X(dns_listen,          TEXT,     "dns-listen",           "127.0.0.1:8600", 0, 0, "", "DNS", "DNS over UDP and TCP: addresses, comma-separated, or off") \
    X(domain,              TEXT,     "domain",               "consul", 0, 0, "", "DNS", "the domain that names of services and nodes end with") \
    X(alt_domain,          TEXT,     "alt-domain",           "", 0, 0, "", "DNS", "another one that is answered, too") \
    X(recursors,           TEXT,     "recursors",            "", 0, 0, "", "DNS", "who is asked for names outside: addresses, comma-separated; without, they are refused") \
    X(recursor_timeout_ms, DURATION, "dns-recursor-timeout", "2s", 1, 3600000, "", "DNS", "how long one of them is waited for") \
    X(recursor_strategy,   CHOICE,   "dns-recursor-strategy", "sequential|random", 0, 0, "", "DNS", "which is asked first") \
    X(dns_node_ttl_ms,     DURATION, "dns-node-ttl",         "0s", 0, 2147483647000, "", "DNS", "how long resolvers may keep the address of a node") \
    X(dns_service_ttl,     TEXT,     "dns-service-ttl",      "", 0, 0, "", "DNS", "the same for services: web=10s,api-*=5s,*=1s; the exact name or the longest prefix counts") \
    X(dns_only_passing,    BOOL,     "dns-only-passing",     "false", 0, 0, "", "DNS", "leave instances out that are warned of") \
    X(dns_udp_answers,     NUMBER,   "dns-udp-answer-limit", "3", 1, 65535, "", "DNS", "records in a UDP answer to a client without EDNS; 8 at most, whatever is said") \
    X(dns_a_records,       NUMBER,   "dns-a-record-limit",   "0", 0, 65535, "", "DNS", "addresses in an answer; 0 = as many as fit") \
    X(dns_truncate,        BOOL,     "dns-enable-truncate",  "false", 0, 0, "", "DNS", "say so when an answer did not fit, so that clients come by TCP") \
    X(dns_no_compression,  BOOL,     "dns-disable-compression", "false", 0, 0, "", "DNS", "write every name in full") \
    X(dns_node_meta,       BOOL,     "dns-node-meta-txt",    "true", 0, 0, "", "DNS", "add a node's metadata as TXT records to answers that lead to it") \
    X(dns_soa_refresh_ms,  DURATION, "dns-soa-refresh",      "1h", 0, 2147483647000, "", "DNS", "in the SOA record of the domain") \
    X(dns_soa_retry_ms,    DURATION, "dns-soa-retry",        "10m", 0, 2147483647000, "", "DNS", "in the SOA record") \
    X(dns_soa_expire_ms,   DURATION, "dns-soa-expire",       "24h", 0, 2147483647000, "", "DNS", "in the SOA record") \
    X(dns_soa_min_ttl_ms,  DURATION, "dns-soa-min-ttl",      "0s", 0, 2147483647000, "", "DNS", "how long resolvers may keep that a name does not exist") \
    X(dns_rate_limit,      NUMBER,   "dns-rate-limit",       "10000", 0, 1000000000, "", "DNS", "UDP answers a second and io thread to a network (/24, /56) that is not this machine; above it clients are sent to TCP; 0 = no limit") \
    X(max_request_bytes,   BYTES,    "max-request-bytes",    "1572864", 1024, 33554432, "max-request-bytes", "Limits", "largest write") \
    X(max_txn_ops,         NUMBER,   "max-txn-ops",          "128", 1, 65536, "max-txn-ops", "Limits", "operations in each list of a transaction") \
    X(max_key_bytes,       BYTES,    "max-key-bytes",        "32768", 1, 33554432, "", "Limits", "longest key") \
    X(max_streams,         NUMBER,   "max-concurrent-streams", "65536", 1, 4294967295, "max-concurrent-streams", "Limits", "calls at once on a connection") \
    X(quota_bytes,         BYTES,    "quota-backend-bytes",  "0", 0, 1099511627776, "quota-backend-bytes", "Storage", "space for etcd's keys and their history; 0 = 2 GiB") \
    X(compaction_mode,     CHOICE,   "auto-compaction-mode", "periodic|revision", 0, 0, "auto-compaction-mode", "Storage", "what the retention counts: time or revisions") \
    X(compaction_retention,TEXT,     "auto-compaction-retention", "", 0, 0, "auto-compaction-retention", "Storage", "a duration or hours (periodic), revisions (revision), 0 = never; default: 24 h and half of the quota") \
    X(snapshot_bytes,      BYTES,    "snapshot-bytes",       "256M", 1048576, 1099511627776, "", "Storage", "a snapshot for the next start when this much log has been written") \
    X(rebuild_view,        BOOL,     "rebuild-view",         "false", 0, 0, "", "Storage", "build the view again from snapshot and log") \
    X(skip_entry,          NUMBER,   "skip-entry",           "0", 0, UINT64_MAX, "", "Storage", "leave out the commands of this log entry: for one that ends every start") \
    X(connect,             BOOL,     "connect-enabled",      "true", 0, 0, "", "Consul", "give certificates for the service mesh") \
    X(connect_cluster,     TEXT,     "connect-cluster-id",   "", 0, 0, "", "Consul", "UUID that the mesh's trust domain begins with; default: drawn once") \
    X(no_coordinates,      BOOL,     "disable-coordinates",  "false", 0, 0, "", "Consul", "neither keep nor show where nodes stand in the network; ?near sorts nothing") \
    X(query_ms,            DURATION, "consul-default-query-time", "5m", 1000, 86400000, "", "Consul", "how long a blocking query waits that names no time") \
    X(query_max_ms,        DURATION, "consul-max-query-time", "10m", 1000, 86400000, "", "Consul", "how long one waits at most") \
    X(script_checks,       BOOL,     "enable-script-checks", "false", 0, 0, "", "Consul", "run checks that are programs: whoever may register one runs what he likes as this server's user") \
    X(progress_ms,         DURATION, "watch-progress-notify-interval", "10m", 100, 86400000, "watch-progress-notify-interval", "etcd", "between progress notices of watches that asked for them") \
    X(ping_min_ms,         DURATION, "grpc-keepalive-min-time", "5s", 0, 86400000, "grpc-keepalive-min-time", "etcd", "closest client pings that are tolerated") \
    X(keepalive_ms,        DURATION, "grpc-keepalive-interval", "2h", 1000, 86400000, "grpc-keepalive-interval", "etcd", "server pings after a connection was idle this long") \
    X(keepalive_timeout_ms,DURATION, "grpc-keepalive-timeout", "20s", 100, 86400000, "grpc-keepalive-timeout", "etcd", "and closes it if no answer comes")
/* clang-format on */

struct config {
#define CONFIG_FIELD_TEXT(name) const char *name;
#define CONFIG_FIELD_CHOICE(name) const char *name;
#define CONFIG_FIELD_BOOL(name) bool name;
#define CONFIG_FIELD_NUMBER(name) uint64_t name;
#define CONFIG_FIELD_BYTES(name) uint64_t name;
#define CONFIG_FIELD_DURATION(name) uint64_t name;
#define X(field, kind, ...) CONFIG_FIELD_##kind(field)
    CONFIG_LIST(X)
#undef X
    struct arena arena; /* owns all texts */
    bool data_dir_given, etcd_listen_given;
    bool as_consul; /* it was started as Consul's agent is, by these arguments */
    int agent_argc;
    char *const *agent_argv;
    struct buf ignored; /* one line each: accepted for another's sake, without effect here */
};

#endif

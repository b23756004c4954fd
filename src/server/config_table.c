/* The table's rows, and what becomes of etcd's other options. */
#include "server/config_table.h"

#include <string.h>

#include "server/nearest.h"

const struct config_row config_rows[] = {
#define X(field, kind, flag, initial, least, most, etcd, section, help) \
    {                                                                   \
        offsetof(struct config, field),                                 \
        CONFIG_##kind,                                                  \
        flag,                                                           \
        initial,                                                        \
        least,                                                          \
        most,                                                           \
        etcd,                                                           \
        section,                                                        \
        help                                                            \
    },
    CONFIG_LIST(X)
#undef X
};
const size_t config_row_n = ARRAY_LEN(config_rows);

bool config_is_etcds(const struct config_row *row, struct bytes name)
{
    static const char before[] = "experimental-"; /* as many were called until 3.6 */
    if (bytes_starts(name, bytes_str(before)))
        name = bytes_skip(name, sizeof before - 1);
    return row->etcd[0] != 0 && bytes_is(name, row->etcd);
}

const struct config_row *config_find(struct bytes name, bool *ret_etcd)
{
    for (size_t i = 0; i < config_row_n; i++) {
        const struct config_row *row = &config_rows[i];
        bool own = bytes_is(name, row->flag);
        *ret_etcd = !own && config_is_etcds(row, name);
        if (own || *ret_etcd)
            return row;
    }
    return NULL;
}

/* -- etcd's others ---------------------------------------------------------------------------- */

static const struct etcd_option {
    const char *name;
    bool is_switch;      /* may stand without a value */
    const char *refused; /* why it cannot be left out of account; NULL: it can */
} etcd_options[] = {
    { "wal-dir", false, NULL },
    { "listen-peer-urls", false, NULL },
    { "initial-advertise-peer-urls", false, NULL },
    { "initial-cluster-token", false, NULL },
    { "initial-cluster-state", false, NULL },
    { "strict-reconfig-check", true, NULL },
    { "heartbeat-interval", false, NULL },
    { "election-timeout", false, NULL },
    { "pre-vote", true, NULL },
    { "initial-election-tick-advance", true, NULL },
    { "snapshot-count", false, NULL },
    { "max-wals", false, NULL },
    { "max-snapshots", false, NULL },
    { "snapshot-catchup-entries", false, NULL },
    { "raft-read-timeout", false, NULL },
    { "raft-write-timeout", false, NULL },
    { "listen-metrics-urls", false, NULL },
    { "listen-client-http-urls", false, "HTTP and gRPC share a port here: leave it out" },
    { "client-crl-file", false, "revocation lists are not read yet" },
    { "client-cert-allowed-hostname", false, "client names are not restricted yet" },
    { "auto-tls", true,
      "self-made certificates are not made yet: give --cert-file and --key-file" },
    { "self-signed-cert-validity", false, NULL },
    { "client-cert-file", false, NULL }, /* etcd's own, towards itself */
    { "client-key-file", false, NULL },
    { "peer-cert-file", false, NULL },
    { "peer-key-file", false, NULL },
    { "peer-client-cert-file", false, NULL },
    { "peer-client-key-file", false, NULL },
    { "peer-crl-file", false, NULL },
    { "peer-skip-client-san-verification", true, NULL },
    { "peer-trusted-ca-file", false, NULL },
    { "peer-client-cert-auth", true, NULL },
    { "peer-auto-tls", true, NULL },
    { "peer-cert-allowed-cn", false, NULL },
    { "peer-cert-allowed-hostname", false, NULL },
    { "cipher-suites", false, "they cannot be chosen: TLS 1.2 and 1.3 with OpenSSL's are spoken" },
    { "tls-min-version", false, "it is TLS1.2" },
    { "tls-max-version", false, NULL },
    { "cors", false, NULL },
    { "auth-token", false, NULL },
    { "auth-token-ttl", false, NULL },
    { "bcrypt-cost", false, NULL },
    { "metrics", false, NULL },
    { "enable-pprof", true, NULL },
    { "enable-grpc-gateway", true, NULL },
    { "log-outputs", false, NULL },
    { "logger", false, NULL },
    { "enable-log-rotation", true, NULL },
    { "log-rotation-config-json", false, NULL },
    { "enable-distributed-tracing", true, NULL },
    { "distributed-tracing-address", false, NULL },
    { "distributed-tracing-service-name", false, NULL },
    { "distributed-tracing-instance-id", false, NULL },
    { "distributed-tracing-sampling-rate", false, NULL },
    { "backend-batch-interval", false, NULL },
    { "backend-batch-limit", false, NULL },
    { "backend-bbolt-freelist-type", false, NULL },
    { "bootstrap-defrag-threshold-megabytes", false, NULL },
    { "memory-mlock", true, NULL },
    { "compaction-batch-limit", false, NULL },
    { "compaction-sleep-interval", false, NULL },
    { "corrupt-check-time", false, NULL },
    { "compact-hash-check-time", false, NULL },
    { "warning-apply-duration", false, NULL },
    { "warning-unary-request-duration", false, NULL },
    { "max-learners", false, NULL },
    { "downgrade-check-time", false, NULL },
    { "feature-gates", false, NULL },
    { "socket-reuse-port", true, NULL },
    { "socket-reuse-address", true, NULL },
    { "enable-v2", true, NULL },
    { "v2-deprecation", false, NULL },
    { "proxy", false, NULL },
    { "unsafe-no-fsync", true, "an acknowledged write is always on disk here" },
    { "force-new-cluster", true, "use `muster snapshot restore` into a new directory" },
};

enum config_etcd_verdict config_etcd_option(struct bytes name, const char **ret_reason,
                                            bool *ret_is_switch)
{
    for (size_t i = 0; i < ARRAY_LEN(etcd_options); i++) {
        if (!bytes_is(name, etcd_options[i].name))
            continue;
        *ret_reason = etcd_options[i].refused;
        *ret_is_switch = etcd_options[i].is_switch;
        return *ret_reason == NULL ? CONFIG_ETCD_IGNORED : CONFIG_ETCD_REFUSED;
    }
    *ret_is_switch = false;
    *ret_reason = NULL;
    if (bytes_starts(name, bytes_str("discovery"))) {
        *ret_reason = "clusters come in a later version";
        return CONFIG_ETCD_REFUSED;
    }
    /* Manifests carry many of these; none may keep the server from starting. */
    return bytes_starts(name, bytes_str("experimental-")) ? CONFIG_ETCD_IGNORED
                                                          : CONFIG_ETCD_UNKNOWN;
}

bool config_is_known(struct bytes name)
{
    bool flag;
    const char *reason;
    return config_find(name, &flag) != NULL || bytes_is(name, "initial-cluster") ||
           config_etcd_option(name, &reason, &flag) != CONFIG_ETCD_UNKNOWN;
}

const char *config_nearest(struct bytes name)
{
    struct nearest n = nearest_begin(name);
    for (size_t i = 0; i < config_row_n; i++) {
        nearest_offer(&n, config_rows[i].flag);
        if (config_rows[i].etcd[0] != 0)
            nearest_offer(&n, config_rows[i].etcd);
    }
    for (size_t i = 0; i < ARRAY_LEN(etcd_options); i++)
        nearest_offer(&n, etcd_options[i].name);
    return n.best;
}

/* etcd's names. Families are shared by the faces of all threads. */
#include "faces/etcd/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"

static void set_fixed(struct metrics *m, const char *name, const char *help, const char *label,
                      const char *value)
{
    char labels[128];
    snprintf(labels, sizeof labels, "%s=\"%s\"", label, value);
    metric_set(metric_series(metric_family(m, METRIC_GAUGE, name, help), labels), 1);
}

static void set_identity(struct metrics *m, const char *version, const char *cluster_version,
                         uint64_t member_id)
{
    char id[24];
    snprintf(id, sizeof id, "%" PRIx64, member_id);
    set_fixed(m, "etcd_server_id", "Id of this member in hexadecimal.", "server_id", id);
    set_fixed(m, "etcd_server_version", "Version that this server answers as.", "server_version",
              version);
    set_fixed(m, "etcd_cluster_version", "Version of the cluster's protocol.", "cluster_version",
              cluster_version);
}

static void make_counters(struct etcd_metrics *m)
{
    /* clang-format off */
    const struct {
        struct metric **metric;
        const char *name, *help;
    } counters[] = {
        { &m->puts, "etcd_mvcc_put_total", "Puts seen by this member." },
        { &m->deletes, "etcd_mvcc_delete_total", "Range deletes seen by this member." },
        { &m->txns, "etcd_mvcc_txn_total", "Transactions seen by this member." },
        { &m->ranges, "etcd_mvcc_range_total", "Ranges seen by this member." },
        { &m->health_ok, "etcd_server_health_success", "Health checks that succeeded." },
        { &m->health_failed, "etcd_server_health_failures", "Health checks that failed." },
        { &m->read_indexes_failed, "etcd_server_read_indexes_failed_total",
          "Linearizable reads for which no read point was had." },
        { &m->proposals_failed, "etcd_server_proposals_failed_total",
          "Writes that were not applied, or not known to be." },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(counters); i++)
        *counters[i].metric = metric_counter(m->registry, counters[i].name, counters[i].help);
    /* etcd says that it is a gauge, though it only rises. */
    m->put_bytes = metric_gauge(m->registry, "etcd_debugging_mvcc_total_put_size_in_bytes",
                                "Bytes of keys and values put.");
}

static struct histogram *hash_series(struct metrics *m, const char *name, const char *help)
{
    static const double bounds[] = { 0.01, 0.02, 0.04,  0.08,  0.16,  0.32,  0.64,  1.28,
                                     2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84 };
    return metric_histogram(metric_family(m, METRIC_HISTOGRAM, name, help), "", bounds,
                            ARRAY_LEN(bounds));
}

static struct histogram *apply_series(struct metrics *m, const char *op)
{
    static const double bounds[] = { 0.0001, 0.0002, 0.0004, 0.0008,  0.0016,  0.0032, 0.0064,
                                     0.0128, 0.0256, 0.0512, 0.1024,  0.2048,  0.4096, 0.8192,
                                     1.6384, 3.2768, 6.5536, 13.1072, 26.2144, 52.4288 };
    if (op == NULL)
        return metric_histogram(metric_family(m, METRIC_HISTOGRAM,
                                              "etcd_server_range_duration_seconds",
                                              "Time from a range's arrival to its answer."),
                                "success=\"true\"", bounds, ARRAY_LEN(bounds));
    char labels[96];
    snprintf(labels, sizeof labels, "version=\"v3\",op=\"%s\",success=\"true\"", op);
    return metric_histogram(metric_family(m, METRIC_HISTOGRAM, "etcd_server_apply_duration_seconds",
                                          "Time from a write's proposal to its result."),
                            labels, bounds, ARRAY_LEN(bounds));
}

static void add_version(struct etcd_metrics *m, const char *version)
{
    char labels[96];
    size_t n = strlen(version) < sizeof m->requests[0].version ? strlen(version)
                                                               : sizeof m->requests[0].version - 1;
    memcpy(m->requests[m->request_n].version, version, n);
    snprintf(labels, sizeof labels, "type=\"unary\",client_api_version=\"%s\"", version);
    m->requests[m->request_n].unary = metric_series(m->client_requests, labels);
    snprintf(labels, sizeof labels, "type=\"stream\",client_api_version=\"%s\"", version);
    m->requests[m->request_n].stream = metric_series(m->client_requests, labels);
    m->request_n++;
}

void etcd_metrics_init(struct etcd_metrics *m, struct metrics *registry, const char *version,
                       const char *cluster_version, uint64_t member_id)
{
    *m = (struct etcd_metrics){ .registry = registry };
    if (registry == NULL)
        return;
    set_identity(registry, version, cluster_version, member_id);
    make_counters(m);
    m->apply_put = apply_series(registry, "Put");
    m->apply_delete = apply_series(registry, "DeleteRange");
    m->apply_txn = apply_series(registry, "Txn");
    m->range_seconds = apply_series(registry, NULL);
    m->hash_seconds =
        hash_series(registry, "etcd_mvcc_hash_duration_seconds", "Time to hash the whole store.");
    m->hash_rev_seconds = hash_series(registry, "etcd_mvcc_hash_rev_duration_seconds",
                                      "Time to hash the keys of a revision.");
    m->client_requests =
        metric_family(registry, METRIC_COUNTER, "etcd_server_client_requests_total",
                      "Requests by kind and the client's API version.");
    add_version(m, "unknown");
}

static bool is_plain(struct bytes version)
{
    for (size_t i = 0; i < version.n; i++) {
        uint8_t c = version.p[i];
        bool ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '.' || c == '-' || c == '+' || c == '_';
        if (!ok)
            return false;
    }
    return version.n > 0 && version.n < sizeof((struct etcd_metrics *)NULL)->requests[0].version;
}

static size_t find_version(struct etcd_metrics *m, struct bytes version)
{
    for (size_t i = 0; i < m->request_n; i++)
        if (bytes_is(version, m->requests[i].version))
            return i;
    if (!is_plain(version) || m->request_n == API_VERSIONS_MAX)
        return 0; /* what a peer makes up does not get a series of its own for ever */
    char text[sizeof m->requests[0].version] = { 0 };
    memcpy(text, version.p, version.n);
    add_version(m, text);
    return m->request_n - 1;
}

void etcd_metrics_request(struct etcd_metrics *m, bool is_stream, struct bytes version)
{
    if (m->registry == NULL)
        return;
    size_t i = version.n == 0 ? 0 : find_version(m, version);
    metric_add(is_stream ? m->requests[i].stream : m->requests[i].unary, 1);
}

void etcd_metrics_check(struct etcd_metrics *m, const char *type, const char *name, bool ok)
{
    if (m->registry == NULL)
        return;
    char labels[128];
    snprintf(labels, sizeof labels, "type=\"%s\",name=\"%s\"", type, name);
    metric_set(metric_series(metric_family(m->registry, METRIC_GAUGE, "etcd_server_healthcheck",
                                           "The result of each health check."),
                             labels),
               ok ? 1 : 0);
    snprintf(labels, sizeof labels, "type=\"%s\",name=\"%s\",status=\"%s\"", type, name,
             ok ? "success" : "error");
    metric_add(
        metric_series(metric_family(m->registry, METRIC_COUNTER, "etcd_server_healthchecks_total",
                                    "Health checks run, by result."),
                      labels),
        1);
}

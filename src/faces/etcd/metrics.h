/* faces/etcd/metrics.h -- the figures of etcd's dashboards that a face knows. */
#ifndef FACES_ETCD_METRICS_H
#define FACES_ETCD_METRICS_H

#include "base/bytes.h"
#include "base/metric.h"

enum { API_VERSIONS_MAX = 16 };

struct etcd_metrics {
    struct metrics *registry; /* NULL: nothing is counted */
    struct metric_family *client_requests;
    struct { /* of the versions seen so far, at most API_VERSIONS_MAX; the last takes all others */
        char version[24];
        struct metric *unary, *stream;
    } requests[API_VERSIONS_MAX];
    size_t request_n;
    struct metric *puts, *deletes, *txns, *ranges;
    struct metric *put_bytes;
    struct metric *health_ok, *health_failed, *read_indexes_failed, *proposals_failed;
    struct histogram *apply_put, *apply_delete, *apply_txn, *range_seconds;
    struct histogram *hash_seconds, *hash_rev_seconds;
};

void etcd_metrics_init(struct etcd_metrics *m, struct metrics *registry, const char *version,
                       const char *cluster_version, uint64_t member_id);
/* etcd_server_client_requests_total. VERSION is what the client said, or empty. */
void etcd_metrics_request(struct etcd_metrics *m, bool is_stream, struct bytes version);
/* etcd_server_healthchecks_total and _healthcheck. TYPE is "livez" or "readyz". */
void etcd_metrics_check(struct etcd_metrics *m, const char *type, const char *name, bool ok);

static inline void etcd_count(struct metric *metric, uint64_t n)
{
    if (metric != NULL)
        metric_add(metric, (int64_t)n);
}

#endif

/* faces/etcd/options.h -- what an etcd face is started with. */
#ifndef FACES_ETCD_OPTIONS_H
#define FACES_ETCD_OPTIONS_H

#include <stdint.h>

struct buf;

/* The etcd that this face answers as. */
#define ETCD_ANSWERS_AS "3.6.14"

/* All texts are kept. 0 or NULL = the default in brackets. */
struct etcd_options {
    uint64_t max_request_bytes;    /* of a write in its replicated form [1572864] */
    uint64_t max_txn_ops;          /* in each list of a txn [128] */
    uint64_t key_max;              /* longest key of a put [32768] */
    uint64_t list_max_bytes;       /* of a lease's keys, of all leases, as sent [67108864] */
    uint64_t request_timeout_ms;   /* of reads and writes that wait [7000] */
    uint64_t progress_interval_ms; /* between periodic progress responses [600000], least 100 */
    const char *server_version;    /* [ETCD_ANSWERS_AS] */
    const char *cluster_version;   /* ["3.6.0"] */
    const char *storage_version;   /* ["3.6.0"] */
    uint64_t (*draw)(void *ctx);   /* lease ids that clients leave to us [entropy_u64] */
    void *draw_ctx;
    /* Appends all metrics in Prometheus' text format; NULL: /metrics is 404. */
    void (*render_metrics)(void *ctx, struct buf *out);
    void *render_ctx;
};

/* OPTIONS with the defaults filled in. */
struct etcd_options etcd_options_filled(const struct etcd_options *options);
/* The most a gRPC message may have on this face's listener: max_request_bytes and 512 KiB. */
uint64_t etcd_message_max(const struct etcd_options *options);

#endif

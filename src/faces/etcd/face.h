/* faces/etcd/face.h -- etcd's protocol on one io thread: what the server wires up.
 *
 * One face per io thread, beside that thread's hub; it is the context of the thread's calls and
 * requests. `etcd_services` and `etcd_http` are what the listener serves. */
#ifndef FACES_ETCD_FACE_H
#define FACES_ETCD_FACE_H

#include "base/metric.h"
#include "hub/hub.h"
#include "net/grpc.h"
#include "net/http.h"

struct etcd_face;

/* All texts are kept. 0 or NULL = the default in brackets. */
/* The etcd that this face answers as. */
#define ETCD_ANSWERS_AS "3.6.14"

struct etcd_options {
    uint64_t max_request_bytes;    /* of a write in its replicated form [1572864] */
    uint64_t max_txn_ops;          /* in each list of a txn [128] */
    uint64_t key_max;              /* longest key of a put [32768] */
    uint64_t request_timeout_ms;   /* of reads and writes that wait [7000] */
    uint64_t progress_interval_ms; /* between periodic progress responses [600000], least 100 */
    const char *server_version;    /* [ETCD_ANSWERS_AS] */
    const char *cluster_version;   /* ["3.6.0"] */
    const char *storage_version;   /* ["3.6.0"] */
    /* Appends all metrics in Prometheus' text format; NULL: /metrics is 404. */
    void (*render_metrics)(void *ctx, struct buf *out);
    void *render_ctx;
};

/* Keeps HUB, which must outlive it; METRICS may be NULL. Before the hub's loop is started. */
MUST_CHECK enum err etcd_face_new(struct hub *hub, const struct etcd_options *options,
                                  struct metrics *metrics, struct etcd_face **ret);
/* After its calls are gone. */
void etcd_face_free(struct etcd_face *face);
/* On its thread: ends watch and keepalive streams with 14 "etcdserver: server stopped"; later ones
 * are refused with it. Calls under way finish. */
void etcd_face_drain(struct etcd_face *face);
/* The most a gRPC message may have on this face's listener: max_request_bytes and 512 KiB. */
uint64_t etcd_message_max(const struct etcd_options *options);

/* NULL-terminated; the context of their calls is the thread's struct etcd_face. */
extern const struct grpc_service *const etcd_services[];
extern const struct http_service etcd_http;

#endif

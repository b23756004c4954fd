/* A face's life. */
#include "faces/etcd/face.h"

#include "base/mem.h"
#include "faces/etcd/call.h"
#include "faces/etcd/core.h"
#include "faces/etcd/facts.h"
#include "faces/etcd/gauges.h"
#include "faces/etcd/stream.h"
#include "net/conn.h"

/* Each holds up to 4 MiB while it is made, a sorted one up to 16 MiB more until it is sent. */
enum { LONG_RANGES_MAX = 4, SORTED_RANGES_MAX = 2 };

const struct grpc_service *const etcd_services[] = {
    &etcd_kv_service,      &etcd_watch_service,       &etcd_lease_service,
    &etcd_cluster_service, &etcd_maintenance_service, NULL
};

enum err etcd_face_new(struct hub *hub, const struct etcd_options *options, struct metrics *metrics,
                       struct etcd_face **ret)
{
    struct etcd_face *face = mem_zalloc(1, sizeof *face);
    struct facts_self self = facts_self(hub);
    face->hub = hub;
    face->loop = hub_loop(hub);
    face->options = etcd_options_filled(options);
    face->limits = (struct etcd_limits){ .max_txn_ops = face->options.max_txn_ops,
                                         .max_request_bytes = face->options.max_request_bytes,
                                         .key_max = face->options.key_max };
    face->member_id = self.member_id;
    face->looked_at_ms = UINT64_MAX;
    face->pending_max = CONN_OUT_HIGH;
    etcd_header_init(&face->header, self.cluster_id, self.member_id);
    buf_init(&face->scratch, (size_t)1 << 31);
    arena_init(&face->arena, 0);
    list_init(&face->waiting);
    list_init(&face->streams);
    entropy_fill(&face->hash_key, sizeof face->hash_key);
    face->long_ranges.most = LONG_RANGES_MAX;
    face->sorted_ranges.most = SORTED_RANGES_MAX;
    list_init(&face->long_ranges.waiting);
    list_init(&face->sorted_ranges.waiting);
    timer_init(&face->timeout, face->loop, call_time_out);
    alarms_init(&face->alarms, hub);
    etcd_metrics_init(&face->metrics, metrics, face->options.server_version,
                      face->options.cluster_version, self.member_id);
    if (metrics != NULL)
        etcd_gauges_register(metrics, hub);
    *ret = face;
    return OK;
}

void etcd_face_free(struct etcd_face *face)
{
    if (face == NULL)
        return;
    timer_stop(&face->timeout);
    alarms_fini(&face->alarms);
    buf_fini(&face->scratch);
    arena_fini(&face->arena);
    mem_free(face);
}

void etcd_face_drain(struct etcd_face *face)
{
    face->draining = true;
    LIST_FOR_EACH(link, &face->streams)
    {
        stream_end(CONTAINER_OF(link, struct etcd_stream, link), ETCD_STOPPED);
    }
}

/* faces/etcd/core.h -- the inside of a face: shared by this folder's files only. One io thread's.
 */
#ifndef FACES_ETCD_CORE_H
#define FACES_ETCD_CORE_H

#include "base/siphash.h"
#include "faces/etcd/alarm.h"
#include "faces/etcd/codec.h"
#include "faces/etcd/metrics.h"
#include "faces/etcd/options.h"
#include "faces/etcd/request.h"

/* Long ranges that are made at a time, and those that wait for that. */
struct long_turns {
    unsigned taken, most;
    struct list waiting; /* struct range_call */
};

struct etcd_face {
    struct hub *hub;
    struct loop *loop;
    struct etcd_options options; /* defaults filled in */
    struct etcd_limits limits;
    struct etcd_header header;
    uint64_t member_id;
    uint64_t leader;       /* as of the last look; 0 = none */
    uint64_t looked_at_ms; /* at term and leader */
    struct etcd_alarms alarms;
    struct etcd_metrics metrics;
    struct siphash_key hash_key; /* of tables whose keys clients choose */
    struct buf scratch;          /* one command or rendering at a time */
    struct arena arena;          /* of one function's work: cleared by whoever begins */
    struct list waiting;         /* calls with a request timeout, the oldest first */
    struct timer timeout;
    struct long_turns long_ranges, sorted_ranges;
    struct list streams; /* open watch and keepalive streams */
    bool draining;
    size_t pending_max; /* unsent bytes of a stream above which its client is not read */
};

/* Term and leader, looked up at most once a millisecond. */
void face_look(struct etcd_face *face);
/* The header with the present term. */
const struct etcd_header *face_header(struct etcd_face *face);

/* What a call's metadata say against it: checked when it begins, and counted. */
enum etcd_refusal face_admit(struct etcd_face *face, const struct grpc_call *call, bool is_stream);
/* Who asks, for the gate. */
struct caller caller_of(const struct grpc_call *call);

/* The methods of the services, each in its own file. */
extern const struct grpc_service etcd_kv_service, etcd_watch_service, etcd_lease_service,
    etcd_cluster_service, etcd_maintenance_service;

#endif

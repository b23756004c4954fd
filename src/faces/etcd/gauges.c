/* Gauges of the member: read on the thread that renders, so only facts that any thread may ask. */
#include "faces/etcd/gauges.h"

#include "base/compiler.h"
#include "faces/etcd/facts.h"

static double has_leader(void *hub)
{
    return facts_status(hub).leader != 0;
}

static double is_leader(void *hub)
{
    return facts_status(hub).leader == facts_self(hub).member_id;
}

static double is_learner(void *hub)
{
    return 0; /* a learner serves no face */
}

static double committed(void *hub)
{
    return (double)facts_status(hub).commit;
}

static double applied(void *hub)
{
    return (double)facts_status(hub).applied;
}

static double pending(void *hub)
{
    return (double)facts_status(hub).proposals_waiting;
}

static double quota(void *hub)
{
    return (double)hub_quota(hub);
}

static double file_bytes(void *hub)
{
    return (double)facts_status(hub).file_bytes;
}

static double used_bytes(void *hub)
{
    return (double)facts_status(hub).used_bytes;
}

static double keys(void *hub)
{
    return (double)facts_status(hub).keys;
}

static double revision(void *hub)
{
    uint64_t now = 0, compacted;
    return facts_revisions(hub, &now, &compacted) ? (double)now : 0;
}

static double compacted_revision(void *hub)
{
    uint64_t now, compacted = 0;
    return facts_revisions(hub, &now, &compacted) ? (double)compacted : 0;
}

static double bytes_of_calls(void *counter)
{
    return (double)metric_get(counter);
}

/* What net counts for the listener of this face, under the name that dashboards know. */
static void show_bytes(struct metrics *m, const char *name, const char *help, const char *counted)
{
    struct metric_family *family = metric_family(m, METRIC_COUNTER, counted, help);
    metric_callback(m, METRIC_COUNTER, name, help, bytes_of_calls,
                    metric_series(family, "listener=\"etcd\""));
}

void etcd_gauges_register(struct metrics *m, struct hub *hub)
{
    show_bytes(m, "etcd_network_client_grpc_received_bytes_total", "Bytes of calls received.",
               "muster_net_grpc_received_bytes_total");
    show_bytes(m, "etcd_network_client_grpc_sent_bytes_total", "Bytes of calls sent.",
               "muster_net_grpc_sent_bytes_total");
    /* clang-format off */
    static const struct {
        const char *name, *help;
        double (*read)(void *ctx);
    } gauges[] = {
        { "etcd_server_has_leader", "1 if a leader is known.", has_leader },
        { "etcd_server_is_leader", "1 if this member leads.", is_leader },
        { "etcd_server_is_learner", "1 if this member is a learner.", is_learner },
        { "etcd_server_proposals_committed_total", "Log entries committed.", committed },
        { "etcd_server_proposals_applied_total", "Log entries applied.", applied },
        { "etcd_server_proposals_pending", "Commands that wait for the log.", pending },
        { "etcd_server_quota_backend_bytes", "The quota of the etcd key space.", quota },
        { "etcd_mvcc_db_total_size_in_bytes", "Size of the view file.", file_bytes },
        { "etcd_mvcc_db_total_size_in_use_in_bytes", "The same without free pages.", used_bytes },
        { "etcd_debugging_mvcc_keys_total", "Keys in the etcd key space.", keys },
        { "etcd_debugging_mvcc_current_revision", "The store's revision.", revision },
        { "etcd_debugging_mvcc_compact_revision", "The compacted revision.", compacted_revision },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(gauges); i++)
        metric_callback(m, METRIC_GAUGE, gauges[i].name, gauges[i].help, gauges[i].read, hub);
}

/* The defaults are etcd's. */
#include "faces/etcd/options.h"

#include <stddef.h>

#include "loop/loop.h"

enum {
    MESSAGE_OVERHEAD = 512 * 1024,
    PROGRESS_LEAST_MS = 100,
    LIST_BYTES = 64 << 20 /* all the room that there is for answers */
};

static uint64_t draw_any(void *ctx)
{
    return entropy_u64();
}

struct etcd_options etcd_options_filled(const struct etcd_options *options)
{
    struct etcd_options o = *options;
    if (o.max_request_bytes == 0)
        o.max_request_bytes = 1572864;
    if (o.max_txn_ops == 0)
        o.max_txn_ops = 128;
    if (o.key_max == 0)
        o.key_max = 32768;
    if (o.list_max_bytes == 0)
        o.list_max_bytes = LIST_BYTES;
    if (o.request_timeout_ms == 0)
        o.request_timeout_ms = 7000;
    if (o.progress_interval_ms == 0)
        o.progress_interval_ms = 600000;
    if (o.progress_interval_ms < PROGRESS_LEAST_MS)
        o.progress_interval_ms = PROGRESS_LEAST_MS;
    if (o.draw == NULL)
        o.draw = draw_any;
    if (o.server_version == NULL)
        o.server_version = ETCD_ANSWERS_AS;
    if (o.cluster_version == NULL)
        o.cluster_version = "3.6.0";
    if (o.storage_version == NULL)
        o.storage_version = "3.6.0";
    return o;
}

uint64_t etcd_message_max(const struct etcd_options *options)
{
    return etcd_options_filled(options).max_request_bytes + MESSAGE_OVERHEAD;
}

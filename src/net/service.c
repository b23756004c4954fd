/* The defaults of a service's limits. */
#include "net/service.h"

#include <sys/resource.h>

static uint32_t default_connections_max(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return UINT32_MAX;
    uint64_t most = files.rlim_cur - files.rlim_cur / 10;
    return most > UINT32_MAX ? UINT32_MAX : (uint32_t)most;
}

struct net_limits net_limits_filled(const struct net_limits *limits)
{
    struct net_limits l = *limits;
    if (l.grpc_message_max == 0)
        l.grpc_message_max = (2U << 20) + (512U << 10);
    if (l.grpc_send_max == 0)
        l.grpc_send_max = INT32_MAX;
    if (l.streams_max == 0)
        l.streams_max = 65536;
    if (l.connections_max == 0)
        l.connections_max = default_connections_max();
    if (l.ping_min_ms == 0)
        l.ping_min_ms = 5000;
    if (l.keepalive_idle_ms == 0)
        l.keepalive_idle_ms = 7200000;
    if (l.keepalive_timeout_ms == 0)
        l.keepalive_timeout_ms = 20000;
    if (l.header_timeout_ms == 0)
        l.header_timeout_ms = 10000;
    if (l.idle_timeout_ms == 0)
        l.idle_timeout_ms = 75000;
    if (l.stream_buffer_max == 0)
        l.stream_buffer_max = 16U << 20;
    return l;
}

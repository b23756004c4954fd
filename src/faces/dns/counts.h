/* faces/dns/counts.h -- the face's metrics: one row each. */
#ifndef FACES_DNS_COUNTS_H
#define FACES_DNS_COUNTS_H

#include "base/metric.h"

/* X(field, name, help) */
#define DNS_COUNT_LIST(X)                                                                      \
    X(udp, "muster_dns_udp_queries_total", "Queries that came as UDP packets.")                \
    X(tcp, "muster_dns_tcp_queries_total", "Queries that came over TCP.")                      \
    X(dropped, "muster_dns_dropped_total", "Packets that are no query and get no answer.")     \
    X(cached, "muster_dns_cached_total", "Queries answered with what was rendered before.")    \
    X(cut, "muster_dns_cut_total", "Answers from which something was left out.")               \
    X(limited, "muster_dns_limited_total", "Queries above their network's rate, sent to TCP.") \
    X(denied, "muster_dns_nxdomain_total", "Answers that say that there is no such name.")     \
    X(refused, "muster_dns_refused_total", "Answers that say that the name is not ours.")      \
    X(failed, "muster_dns_servfail_total", "Answers that say that there is no answer now.")    \
    X(forwarded, "muster_dns_forwarded_total", "Queries passed on to recursors.")

struct dns_counts {
#define X(field, name, help) struct metric *field;
    DNS_COUNT_LIST(X)
#undef X
};

static inline void dns_count(struct metric *metric)
{
    metric_add(metric, 1);
}

#endif

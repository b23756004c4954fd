#include "server/dns_options.h"

#include <string.h>

#include "faces/consul/weight.h"

struct dns_settings dns_options_settings(const struct config *c, const struct self *self)
{
    return (struct dns_settings){
        .domain = c->domain,
        .alt_domain = c->alt_domain,
        .datacenter = c->datacenter,
        .node_name = self->node_name,
        .node_address = self->address,
        .node_ttl_ms = c->dns_node_ttl_ms,
        .service_ttl = c->dns_service_ttl,
        .only_passing = c->dns_only_passing,
        .enable_truncate = c->dns_truncate,
        .disable_compression = c->dns_no_compression,
        .node_meta_txt = c->dns_node_meta,
        .udp_answer_limit = c->dns_udp_answers,
        .a_record_limit = c->dns_a_records,
        .soa_refresh_ms = c->dns_soa_refresh_ms,
        .soa_retry_ms = c->dns_soa_retry_ms,
        .soa_expire_ms = c->dns_soa_expire_ms,
        .soa_min_ttl_ms = c->dns_soa_min_ttl_ms,
        .recursors = c->recursors,
        .recursor_timeout_ms = c->recursor_timeout_ms,
        .recursors_at_random = strcmp(c->recursor_strategy, "random") == 0,
        .token = c->acl_dns_token[0] != 0 ? c->acl_dns_token : c->acl_default_token,
        .weight = consul_srv_weight,
        .rate_limit = c->dns_rate_limit,
    };
}

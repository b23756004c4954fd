#include "faces/dns/answer.h"

#include "faces/dns/answer_node.h"
#include "faces/dns/answer_service.h"
#include "faces/dns/lookup.h"

/* -- the zone itself --------------------------------------------------------------------------- */

/* The servers of the zone, with their addresses. */
static void put_servers(struct lookup *l, struct dns_records *section, size_t of)
{
    const struct dns_config *c = l->source->config;
    struct bytes server = lookup_node_name(l, c->node_name);
    if (server.n == 0)
        return;
    dns_add_name(l->reply, section, l->domain, KNOT_RRTYPE_NS, c->node_ttl, server);
    dns_add_address(l->reply, &l->reply->additional, server, c->node_ttl,
                    ip_bytes(&c->node_address), of);
}

static void answer_soa(struct lookup *l)
{
    struct dns_soa soa = lookup_soa(l);
    dns_add_soa(l->reply, &l->reply->answer, l->domain, &soa);
    put_servers(l, &l->reply->authority, DNS_OF_AUTHORITY);
    l->reply->may_be_kept = false;
}

static void answer_address(struct lookup *l, const struct dns_asked *asked, uint16_t type)
{
    uint16_t record = asked->address_n == 4 ? KNOT_RRTYPE_A : KNOT_RRTYPE_AAAA;
    struct dns_records *section = wants(type, record) ? &l->reply->answer : &l->reply->additional;
    dns_add_address(l->reply, section, l->owner, l->source->config->node_ttl,
                    bytes_of(asked->address, asked->address_n), DNS_OF_QUESTION);
}

/* -- kinds of names ---------------------------------------------------------------------------- */

static void answer_name(struct lookup *l, const struct dns_asked *asked, uint16_t type)
{
    if (asked->elsewhere) {
        lookup_deny(l, KNOT_RCODE_NXDOMAIN);
        return;
    }
    switch (asked->kind) {
    case DNS_NODE:
        lookup_node(l, asked, type);
        return;
    case DNS_SERVICE:
        lookup_service(l, asked, type);
        return;
    case DNS_QUERY:
        lookup_prepared(l, asked, type);
        return;
    case DNS_ADDRESS:
        answer_address(l, asked, type);
        return;
    case DNS_VIRTUAL:
        lookup_virtual(l, asked, type);
        return;
    case DNS_CONNECT:
        lookup_mesh(l, asked, type);
        return;
    case DNS_INGRESS:
        lookup_ingress(l, asked, type);
        return;
    case DNS_APEX:
    case DNS_INVALID:
    case DNS_OUTSIDE:
    case DNS_REVERSE:
        lookup_deny(l, KNOT_RCODE_NXDOMAIN);
        return;
    }
}

static bool is_transfer(uint16_t type)
{
    return type == KNOT_RRTYPE_AXFR || type == KNOT_RRTYPE_IXFR;
}

static void begin(struct lookup *l, const struct dns_source *s, struct arena *arena,
                  struct dns_reply *ret)
{
    *ret = (struct dns_reply){ .arena = arena, .may_be_kept = true };
    *l = (struct lookup){ .source = s,
                          .reply = ret,
                          .domain = dname_bytes(&s->config->zones.domain),
                          .answer = answer_name };
}

void dns_answer(const struct dns_source *s, const struct dns_asked *asked, uint16_t type,
                struct arena *arena, struct dns_reply *ret)
{
    struct lookup l;
    begin(&l, s, arena, ret);
    l.domain = dns_name_domain(&s->config->zones, asked);
    l.type = type;
    if (is_transfer(type))
        ret->rcode = KNOT_RCODE_NOTIMPL;
    else if (type == KNOT_RRTYPE_SOA)
        answer_soa(&l);
    else if (type == KNOT_RRTYPE_NS)
        put_servers(&l, &ret->answer, 0);
    else
        answer_name(&l, asked, type);
}

void dns_answer_reverse(const struct dns_source *s, struct bytes target, struct arena *arena,
                        struct dns_reply *ret)
{
    struct lookup l;
    begin(&l, s, arena, ret);
    ret->may_be_kept = false;
    if (target.n == 0)
        lookup_deny(&l, KNOT_RCODE_NXDOMAIN);
    else
        dns_add_name(ret, &ret->answer, (struct bytes){ 0 }, KNOT_RRTYPE_PTR, 0, target);
}

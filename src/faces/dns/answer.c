#include "faces/dns/answer.h"

#include "base/text.h"
#include "faces/dns/lookup.h"

/* -- what all share ---------------------------------------------------------------------------- */

static struct dns_soa soa_of(const struct dns_source *s)
{
    struct dns_soa soa = s->config->soa;
    soa.serial = s->serial;
    return soa;
}

void lookup_deny(struct lookup *l, uint8_t rcode)
{
    struct dns_soa soa = soa_of(l->source);
    l->reply->rcode = rcode;
    l->reply->may_be_kept = false;
    dns_add_soa(l->reply, &l->reply->authority, l->domain, &soa);
}

struct bytes lookup_name(struct lookup *l, const struct dname *labels, const char *kind)
{
    struct dname d = *labels;
    dname_put_label(&d, bytes_str(kind));
    dname_put_label(&d, l->source->config->zones.datacenter);
    dname_put_name(&d, l->domain);
    return dns_reply_name(l->reply, &d);
}

struct bytes lookup_node_name(struct lookup *l, struct bytes node)
{
    struct dname d = { .n = 0 };
    dname_put_dotted(&d, node);
    return lookup_name(l, &d, "node");
}

bool lookup_may(const struct lookup *l, enum access_kind kind, struct bytes name)
{
    struct access_reader *reader = l->source->reader;
    return reader == NULL || access_may(reader, ACCESS_READ, kind, name);
}

bool lookup_is_own_node(const struct lookup *l, struct bytes ns, struct bytes name)
{
    return text_eq_nocase(name, l->source->config->node_name) &&
           (ns.n == 0 || bytes_is(ns, NAMESPACE_DEFAULT));
}

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
    struct dns_soa soa = soa_of(l->source);
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
        return; /* no service has one: an empty answer says so */
    case DNS_CONNECT:
        lookup_mesh(l, asked, type);
        return;
    case DNS_INGRESS: /* the catalog knows no gateways */
    case DNS_APEX:
    case DNS_INVALID:
    case DNS_OUTSIDE:
    case DNS_REVERSE:
        lookup_deny(l, KNOT_RCODE_NXDOMAIN);
        return;
    }
}

void lookup_follow(struct lookup *l, struct bytes host, uint32_t ttl, uint16_t type)
{
    struct dname d;
    if (!dname_parse(host, &d))
        return;
    struct bytes target = dns_reply_name(l->reply, &d);
    const struct dns_zones *zones = &l->source->config->zones;
    struct dns_asked asked;
    dns_add_name(l->reply, &l->reply->answer, l->owner, KNOT_RRTYPE_CNAME, ttl, target);
    l->reply->shuffles = false;
    dns_name_parse(zones, target, false, l->reply->arena, &asked);
    if (asked.kind == DNS_OUTSIDE || asked.kind == DNS_REVERSE) {
        l->reply->chase = target;
        return;
    }
    struct dns_reply found;
    struct lookup next = { .source = l->source,
                           .reply = &found,
                           .owner = target,
                           .domain = l->domain,
                           .depth = l->depth + 1 };
    if (next.depth > DNS_FOLLOW_MAX)
        return;
    found = (struct dns_reply){ .arena = l->reply->arena,
                                .answer = l->reply->answer,
                                .stamp = l->reply->stamp };
    answer_name(&next, &asked, type);
    l->reply->answer = found.answer; /* with what was found; a denial adds nothing */
    l->reply->chase = found.chase;
    l->reply->stamp = found.stamp;
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
                          .domain = dname_bytes(&s->config->zones.domain) };
}

void dns_answer(const struct dns_source *s, const struct dns_asked *asked, uint16_t type,
                struct arena *arena, struct dns_reply *ret)
{
    struct lookup l;
    begin(&l, s, arena, ret);
    l.domain = dns_name_domain(&s->config->zones, asked);
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

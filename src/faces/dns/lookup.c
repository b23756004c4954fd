#include "faces/dns/lookup.h"

#include "base/text.h"

struct dns_soa lookup_soa(const struct lookup *l)
{
    struct dns_soa soa = l->source->config->soa;
    soa.serial = l->source->serial;
    return soa;
}

void lookup_deny(struct lookup *l, uint8_t rcode)
{
    struct dns_soa soa = lookup_soa(l);
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

struct bytes lookup_address(const struct lookup *l, struct bytes address, struct bytes extras)
{
    struct bytes v4 = { 0 }, v6 = { 0 };
    if (l->source->config->lan != NULL)
        l->source->config->lan(extras, l->reply->arena, &v4, &v6);
    if (l->type != KNOT_RRTYPE_A && v6.n > 0)
        return v6;
    return l->type != KNOT_RRTYPE_AAAA && v4.n > 0 ? v4 : address;
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
                           .depth = l->depth + 1,
                           .type = type,
                           .answer = l->answer };
    if (next.depth > DNS_FOLLOW_MAX)
        return;
    found = (struct dns_reply){ .arena = l->reply->arena,
                                .answer = l->reply->answer,
                                .stamp = l->reply->stamp };
    l->answer(&next, &asked, type);
    l->reply->answer = found.answer; /* with what was found; a denial adds nothing */
    l->reply->chase = found.chase;
    l->reply->stamp = found.stamp;
}

void lookup_explain(struct lookup *l, struct bytes target, uint32_t ttl, size_t of)
{
    struct dns_asked asked;
    struct dns_reply found = { .arena = l->reply->arena, .stamp = l->reply->stamp };
    struct lookup next = { .source = l->source,
                           .reply = &found,
                           .owner = target,
                           .domain = l->domain,
                           .depth = l->depth + 1,
                           .type = KNOT_RRTYPE_ANY,
                           .answer = l->answer };
    dns_name_parse(&l->source->config->zones, target, false, l->reply->arena, &asked);
    if (asked.kind == DNS_OUTSIDE || asked.kind == DNS_REVERSE ||
        l->explained++ == DNS_EXPLAINED_MAX)
        return;
    l->answer(&next, &asked, KNOT_RRTYPE_ANY);
    l->reply->stamp = found.stamp;
    for (size_t i = 0; i < found.answer.n && i < DNS_EXPLAINED_MAX; i++) {
        knot_rrset_t rr = found.answer.all[i].rr;
        rr.ttl = ttl;
        if (rr.type == KNOT_RRTYPE_A || rr.type == KNOT_RRTYPE_AAAA || rr.type == KNOT_RRTYPE_CNAME)
            dns_add_record(l->reply, &l->reply->additional, &rr, of);
    }
}

/* libknot reads; what is looked at before that keeps a packet from costing more than its bytes:
 * queries have one question and nearly nothing else. */
#include "faces/dns/query.h"

#include <libknot/libknot.h>

#include "base/compiler.h"

/* Sections of what is taken for a query, as upstream takes it. */
static bool has_odd_counts(const uint8_t *wire)
{
    return knot_wire_get_qdcount(wire) != 1 || knot_wire_get_ancount(wire) > 1 ||
           knot_wire_get_nscount(wire) > 1 || knot_wire_get_arcount(wire) > 2;
}

static void read_question(const knot_pkt_t *pkt, struct dns_query *q)
{
    const knot_dname_t *name = knot_pkt_qname(pkt);
    if (name == NULL)
        return;
    q->name.n = knot_dname_size(name);
    memcpy(q->name.p, name, q->name.n);
    memcpy(q->spelled, knot_pkt_wire_qname(pkt), q->name.n);
    q->type = knot_pkt_qtype(pkt);
    q->class = knot_pkt_qclass(pkt);
}

static void read_subnet(const knot_pkt_t *pkt, struct dns_query *q)
{
    const uint8_t *option = knot_pkt_edns_option(pkt, KNOT_EDNS_OPTION_CLIENT_SUBNET);
    knot_edns_client_subnet_t subnet;
    if (option == NULL)
        return;
    uint16_t n = knot_edns_opt_get_length(option);
    const uint8_t *data = option + KNOT_EDNS_OPTION_HDRLEN;
    if (n > DNS_SUBNET_MAX || knot_edns_client_subnet_parse(&subnet, data, n) != KNOT_EOK) {
        q->rcode = KNOT_RCODE_FORMERR;
        return;
    }
    memcpy(q->subnet, data, n);
    q->subnet_n = n;
}

static void read_edns(const knot_pkt_t *pkt, struct dns_query *q)
{
    if (!knot_pkt_has_edns(pkt))
        return;
    size_t bytes = knot_edns_get_payload(pkt->opt_rr);
    q->has_edns = true;
    q->wants_dnssec = knot_pkt_has_dnssec(pkt);
    q->edns_bytes = bytes < DNS_PLAIN_MAX ? DNS_PLAIN_MAX : bytes;
    if (q->edns_bytes > DNS_EDNS_MAX)
        q->edns_bytes = DNS_EDNS_MAX;
    if (knot_edns_get_version(pkt->opt_rr) != 0)
        q->rcode = KNOT_RCODE_BADVERS;
    else
        read_subnet(pkt, q);
}

static void read_packet(struct bytes in, struct dns_query *q)
{
    knot_pkt_t *pkt = knot_pkt_new((uint8_t *)(uintptr_t)in.p, (uint16_t)in.n, NULL);
    if (pkt == NULL) {
        q->rcode = KNOT_RCODE_SERVFAIL;
        return;
    }
    int e = knot_pkt_parse(pkt, KNOT_PF_KEEPWIRE | KNOT_PF_NOCANON);
    read_question(pkt, q);
    if (e != KNOT_EOK)
        q->rcode = KNOT_RCODE_FORMERR;
    else
        read_edns(pkt, q);
    knot_pkt_free(pkt);
}

enum err dns_query_read(struct bytes in, struct dns_query *ret)
{
    if (in.n < KNOT_WIRE_HEADER_SIZE || in.n > UINT16_MAX || knot_wire_get_qr(in.p))
        return ERR_MALFORMED;
    struct dns_query q = { .id = knot_wire_get_id(in.p),
                           .opcode = knot_wire_get_opcode(in.p),
                           .recursion_desired = knot_wire_get_rd(in.p) != 0,
                           .checking_disabled = knot_wire_get_cd(in.p) != 0,
                           .edns_bytes = DNS_PLAIN_MAX };
    if (q.opcode != KNOT_OPCODE_QUERY)
        q.rcode = KNOT_RCODE_NOTIMPL;
    else if (has_odd_counts(in.p))
        q.rcode = KNOT_RCODE_FORMERR;
    else
        read_packet(in, &q);
    *ret = q;
    return OK;
}

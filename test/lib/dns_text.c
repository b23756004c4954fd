#include "test/lib/dns_text.h"

#include <assert.h>
#include <libknot/libknot.h>
#include <stdio.h>
#include <stdlib.h>

static char text[1 << 20];
static size_t text_n;

static void say(const char *format, ...) PRINTF_FMT(1, 2);

static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text + text_n, sizeof text - text_n, format, args);
    va_end(args);
    assert(n >= 0 && (size_t)n < sizeof text - text_n);
    text_n += (size_t)n;
}

static void say_header(const uint8_t *wire)
{
    const knot_lookup_t *rcode = knot_lookup_by_id(knot_rcode_names, knot_wire_get_rcode(wire));
    say("%s%s%s%s%s%s\n", rcode == NULL ? "?" : rcode->name, knot_wire_get_qr(wire) ? " qr" : "",
        knot_wire_get_aa(wire) ? " aa" : "", knot_wire_get_tc(wire) ? " tc" : "",
        knot_wire_get_rd(wire) ? " rd" : "", knot_wire_get_ra(wire) ? " ra" : "");
}

static void say_type(uint16_t type)
{
    char name[32];
    int n = knot_rrtype_to_string(type, name, sizeof name);
    say("%s", n < 0 ? "?" : name);
}

static void say_opt(const knot_pkt_t *pkt, const knot_rrset_t *rr)
{
    const uint8_t *subnet = knot_pkt_edns_option(pkt, KNOT_EDNS_OPTION_CLIENT_SUBNET);
    say("+ OPT %u", knot_edns_get_payload(rr));
    if (knot_edns_get_ext_rcode(rr) != 0)
        say(" rcode %u", knot_edns_get_ext_rcode(rr));
    if (subnet != NULL)
        say(" subnet %u/%u", subnet[6], subnet[7]);
    say("\n");
}

static void say_record(char mark, const knot_rrset_t *rr)
{
    char name[1024], data[70000];
    knot_dump_style_t style = KNOT_DUMP_STYLE_DEFAULT;
    knot_dname_to_str(name, rr->owner, sizeof name);
    int n = knot_rrset_txt_dump_data(rr, 0, data, sizeof data, &style);
    say("%c %s ", mark, name);
    if (rr->ttl > 0)
        say("%u ", rr->ttl);
    say_type(rr->type);
    say(" %s\n", n < 0 ? "?" : data);
}

static void say_sections(const knot_pkt_t *pkt)
{
    static const char marks[] = "=~+";
    for (unsigned s = 0; s < 3; s++) {
        const knot_pktsection_t *section = knot_pkt_section(pkt, (knot_section_t)s);
        for (uint16_t i = 0; i < section->count; i++) {
            const knot_rrset_t *rr = knot_pkt_rr(section, i);
            if (rr->type == KNOT_RRTYPE_OPT)
                say_opt(pkt, rr);
            else
                say_record(marks[s], rr);
        }
    }
}

const char *dns_text(struct bytes packet)
{
    static uint8_t copy[UINT16_MAX];
    text_n = 0;
    text[0] = 0;
    if (packet.n < KNOT_WIRE_HEADER_SIZE || packet.n > sizeof copy)
        return "malformed";
    memcpy(copy, packet.p, packet.n);
    say_header(copy);
    if (knot_wire_get_qdcount(copy) == 0)
        return text;
    knot_pkt_t *pkt = knot_pkt_new(copy, (uint16_t)packet.n, NULL);
    if (knot_pkt_parse(pkt, KNOT_PF_KEEPWIRE | KNOT_PF_NOCANON) != KNOT_EOK) {
        knot_pkt_free(pkt);
        return "malformed";
    }
    char name[1024];
    knot_dname_to_str(name, knot_pkt_wire_qname(pkt), sizeof name);
    say("? %s ", name);
    say_type(knot_pkt_qtype(pkt));
    say("\n");
    say_sections(pkt);
    knot_pkt_free(pkt);
    return text;
}

static void put_edns(const struct dns_ask *ask, uint8_t *wire, size_t *n)
{
    static const uint8_t subnet[] = { 0, 8, 0, 7, 0, 1, 24, 0, 10, 1, 2 };
    uint8_t opt[11] = { 0, 0, KNOT_RRTYPE_OPT };
    knot_wire_write_u16(opt + 3, ask->edns_bytes);
    knot_wire_write_u16(opt + 9, ask->subnet ? sizeof subnet : 0);
    memcpy(wire + *n, opt, sizeof opt);
    *n += sizeof opt;
    if (ask->subnet)
        memcpy(wire + *n, subnet, sizeof subnet);
    *n += ask->subnet ? sizeof subnet : 0;
    knot_wire_set_arcount(wire, 1);
}

void dns_ask_write(const struct dns_ask *ask, struct buf *out)
{
    uint8_t wire[KNOT_WIRE_HEADER_SIZE + KNOT_DNAME_MAXLEN + 64] = { 0 };
    uint8_t *end = wire + KNOT_WIRE_HEADER_SIZE;
    knot_wire_set_id(wire, ask->id);
    if (!ask->no_rd)
        knot_wire_set_rd(wire);
    knot_wire_set_qdcount(wire, 1);
    knot_dname_t *name = knot_dname_from_str(end, ask->name, KNOT_DNAME_MAXLEN);
    assert(name != NULL);
    end += knot_dname_size(end);
    knot_wire_write_u16(end, ask->type == 0 ? KNOT_RRTYPE_A : ask->type);
    knot_wire_write_u16(end + 2, KNOT_CLASS_IN);
    size_t n = (size_t)(end + 4 - wire);
    if (ask->edns_bytes > 0)
        put_edns(ask, wire, &n);
    buf_put(out, wire, n);
}

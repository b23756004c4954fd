#include "faces/dns/reply.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>
#include <libknot/wire.h>

#include "base/compiler.h"

enum { TXT_STRING_MAX = 255, SRV_FIXED = 6, SOA_FIXED = 20, SRV_PRIORITY = 1 };

static struct dns_record *add(struct dns_reply *r, struct dns_records *section)
{
    if (section->n == section->room) {
        size_t room = section->room == 0 ? 8 : 2 * section->room;
        struct dns_record *all = arena_zalloc(r->arena, room, sizeof *all);
        if (section->n > 0)
            memcpy(all, section->all, section->n * sizeof *all);
        section->all = all;
        section->room = room;
    }
    return &section->all[section->n++];
}

/* A new record with N bytes of data, to be filled. */
static uint8_t *add_record(struct dns_reply *r, struct dns_records *section, struct bytes owner,
                           uint16_t type, uint32_t ttl, size_t n, size_t of)
{
    struct dns_record *record = add(r, section);
    knot_rdata_t *data = arena_alloc(r->arena, knot_rdata_size((uint16_t)n));
    data->len = (uint16_t)n;
    record->of = of;
    knot_rrset_init(&record->rr, owner.n == 0 ? NULL : (knot_dname_t *)(uintptr_t)owner.p, type,
                    KNOT_CLASS_IN, ttl);
    record->rr.rrs = (knot_rdataset_t){ .count = 1,
                                        .size = (uint32_t)knot_rdata_size((uint16_t)n),
                                        .rdata = data };
    return data->data;
}

void dns_add_address(struct dns_reply *r, struct dns_records *section, struct bytes owner,
                     uint32_t ttl, struct bytes address, size_t of)
{
    uint16_t type = address.n == 4 ? KNOT_RRTYPE_A : KNOT_RRTYPE_AAAA;
    memcpy(add_record(r, section, owner, type, ttl, address.n, of), address.p, address.n);
}

void dns_add_name(struct dns_reply *r, struct dns_records *section, struct bytes owner,
                  uint16_t type, uint32_t ttl, struct bytes target)
{
    memcpy(add_record(r, section, owner, type, ttl, target.n, 0), target.p, target.n);
}

void dns_add_srv(struct dns_reply *r, struct bytes owner, uint32_t ttl, uint16_t weight,
                 uint16_t port, struct bytes target)
{
    uint8_t *at = add_record(r, &r->answer, owner, KNOT_RRTYPE_SRV, ttl, SRV_FIXED + target.n, 0);
    knot_wire_write_u16(at, SRV_PRIORITY);
    knot_wire_write_u16(at + 2, weight);
    knot_wire_write_u16(at + 4, port);
    memcpy(at + SRV_FIXED, target.p, target.n);
}

void dns_add_txt(struct dns_reply *r, struct dns_records *section, struct bytes owner, uint32_t ttl,
                 struct bytes text, size_t of)
{
    size_t strings = text.n == 0 ? 1 : (text.n + TXT_STRING_MAX - 1) / TXT_STRING_MAX;
    uint8_t *at = add_record(r, section, owner, KNOT_RRTYPE_TXT, ttl, text.n + strings, of);
    for (size_t i = 0; i < strings; i++) {
        size_t n = text.n < TXT_STRING_MAX ? text.n : TXT_STRING_MAX;
        *at++ = (uint8_t)n;
        if (n > 0)
            memcpy(at, text.p, n);
        at += n;
        text = bytes_skip(text, n);
    }
}

static size_t put_below(uint8_t *at, const char *label, struct bytes domain)
{
    struct dname d = { .n = 0 };
    dname_put_label(&d, bytes_str(label));
    dname_put_name(&d, domain);
    memcpy(at, d.p, d.n);
    return d.n;
}

void dns_add_soa(struct dns_reply *r, struct dns_records *section, struct bytes domain,
                 const struct dns_soa *soa)
{
    static const char server[] = "ns", person[] = "hostmaster";
    size_t n = sizeof server + sizeof person + 2 * domain.n + SOA_FIXED;
    uint8_t *at = add_record(r, section, domain, KNOT_RRTYPE_SOA, soa->min_ttl, n, 0);
    at += put_below(at, server, domain);
    at += put_below(at, person, domain);
    const uint32_t numbers[] = { soa->serial, soa->refresh, soa->retry, soa->expire, soa->min_ttl };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        knot_wire_write_u32(at + 4 * i, numbers[i]);
}

void dns_add_record(struct dns_reply *r, struct dns_records *section, const knot_rrset_t *rr,
                    size_t of)
{
    *add(r, section) = (struct dns_record){ .rr = *rr, .of = of };
}

struct bytes dns_reply_name(struct dns_reply *r, const struct dname *d)
{
    return d->bad ? (struct bytes){ 0 } : arena_dup(r->arena, dname_bytes(d));
}

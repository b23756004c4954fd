/* Any bytes as a DNS packet: a query is read, its name understood, and answered with as many
 * records as the first byte says. What leaves fits into what the client takes and can be read
 * again. */
#include <assert.h>
#include <string.h>

#include <libknot/codes.h>
#include <libknot/descriptor.h>

#include "faces/dns/name.h"
#include "faces/dns/query.h"
#include "faces/dns/render.h"
#include "test/lib/dns_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dns_style style = { .udp_answer_limit = 3, .compresses = true };

static void fill(struct dns_reply *r, uint16_t type, uint8_t n)
{
    static const uint8_t target[] = "\2n1\4node\3dc1\6consul";
    for (size_t i = 0; i < n; i++) {
        uint8_t ip[16] = { 10, 0, 0, (uint8_t)i };
        struct bytes name = bytes_of(target, sizeof target);
        if (type == KNOT_RRTYPE_SRV) {
            dns_add_srv(r, (struct bytes){ 0 }, 10, 1, 80, name);
            dns_add_address(r, &r->additional, name, 10, bytes_of(ip, 4), i);
        } else {
            dns_add_address(r, &r->answer, (struct bytes){ 0 }, 10, bytes_of(ip, i % 2 ? 4 : 16),
                            0);
        }
    }
    r->shuffles = true;
}

static void answer(const struct dns_query *q, enum dns_carrier carrier, uint8_t n,
                   struct arena *arena)
{
    struct dns_reply r = { .arena = arena, .rcode = n == 0 ? KNOT_RCODE_NXDOMAIN : 0 };
    struct dns_room room = dns_room_for(q, carrier, &style);
    uint64_t seed = n;
    struct buf out;
    bool whole;
    buf_init(&out, 1 << 17);
    fill(&r, q->type, n);
    dns_render(q, &r, &room, &style, &seed, &out, &whole);
    assert(out.n <= room.bytes);
    dns_finish(q, &out, out.n);
    assert(carrier == DNS_TCP ? out.n <= UINT16_MAX : out.n <= q->edns_bytes);
    assert(strcmp(dns_text(buf_bytes(&out)), "malformed") != 0);
    buf_fini(&out);
}

static void refuse(const struct dns_query *q)
{
    struct buf out;
    buf_init(&out, 1 << 17);
    dns_render_empty(q, q->rcode, true, &style, &out);
    assert(out.n <= DNS_PLAIN_MAX);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_query q;
    struct dns_asked asked;
    struct dns_zones zones = { .datacenter = bytes_str("dc1") };
    struct arena arena;
    if (size < 1 || dns_query_read(bytes_of(data + 1, size - 1), &q) != OK)
        return 0;
    if (q.rcode != 0) {
        refuse(&q);
        return 0;
    }
    bool parsed = dname_parse(bytes_str("consul"), &zones.domain) &&
                  dname_parse(bytes_str("test.zone"), &zones.alt);
    assert(parsed);
    arena_init(&arena, 0);
    dns_name_parse(&zones, dname_bytes(&q.name), q.type == KNOT_RRTYPE_SRV, &arena, &asked);
    assert(asked.name.n <= DNAME_MAX && asked.tag.n <= DNAME_MAX);
    answer(&q, DNS_UDP, data[0], &arena);
    answer(&q, DNS_TCP, data[0], &arena);
    arena_fini(&arena);
    return 0;
}

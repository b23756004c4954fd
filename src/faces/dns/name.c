/* consul.md 17.1. The first label from the right that names a kind decides; what stands right of it
 * says where, what stands left of it which one. */
#include "faces/dns/name.h"

#include "base/compiler.h"
#include "base/text.h"

struct parts { /* lent labels, from left to right */
    const struct bytes *at;
    size_t n;
};

static bool is_rfc2782(struct bytes label)
{
    return label.n > 1 && label.p[0] == '_';
}

/* -- where ------------------------------------------------------------------------------------- */

static void note_datacenter(const struct dns_zones *zones, struct bytes name, struct dns_asked *a)
{
    a->elsewhere |= !text_eq_nocase(name, zones->datacenter);
}

/* VALUE.KIND pairs: dc, peer, ns. False for another kind, or one that is there twice. */
static bool read_pair(const struct dns_zones *zones, struct bytes value, struct bytes kind,
                      unsigned *seen, struct dns_asked *a)
{
    static const char *const kinds[] = { "dc", "peer", "ns" };
    unsigned bit = 0;
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
        if (bytes_is(kind, kinds[i]))
            bit = BIT(i);
    if (bit == 0 || (*seen & bit) != 0)
        return false;
    *seen |= bit;
    if (bit == BIT(0))
        note_datacenter(zones, value, a);
    else if (bit == BIT(1))
        a->elsewhere = true; /* there are no peers */
    else
        a->ns = value;
    return true;
}

/* Nothing, a datacenter (or a peer), or one or two pairs. */
static bool read_place(const struct dns_zones *zones, struct parts place, struct dns_asked *a)
{
    unsigned seen = 0;
    if (place.n == 1) {
        note_datacenter(zones, place.at[0], a);
        return true;
    }
    if (place.n != 0 && place.n != 2 && place.n != 4)
        return false;
    for (size_t i = 0; i < place.n; i += 2)
        if (!read_pair(zones, place.at[i], place.at[i + 1], &seen, a))
            return false;
    return (seen & (BIT(0) | BIT(1))) != (BIT(0) | BIT(1)); /* a peer is in no datacenter of ours */
}

/* -- which ------------------------------------------------------------------------------------- */

static bool read_service(struct parts left, struct arena *arena, struct dns_asked *a)
{
    if (left.n == 0)
        return false;
    if (left.n == 2 && is_rfc2782(left.at[0]) && is_rfc2782(left.at[1])) {
        a->name = bytes_skip(left.at[0], 1);
        a->tag = bytes_skip(left.at[1], 1);
        if (bytes_is(a->tag, "tcp"))
            a->tag = (struct bytes){ 0 };
        return true;
    }
    a->name = left.at[left.n - 1];
    if (left.n > 1)
        a->tag = dname_dotted(left.at, left.n - 1, arena);
    return true;
}

static bool read_last(struct parts left, struct dns_asked *a)
{
    if (left.n == 0)
        return false;
    a->name = left.at[left.n - 1];
    return true;
}

static bool read_query(struct parts left, struct arena *arena, struct dns_asked *a)
{
    if (left.n == 0)
        return false;
    bool is_srv = left.n == 2 && is_rfc2782(left.at[0]) && bytes_is(left.at[1], "_tcp");
    a->name = is_srv ? bytes_skip(left.at[0], 1) : dname_dotted(left.at, left.n, arena);
    return true;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_address(struct parts left, struct dns_asked *a)
{
    if (left.n != 1 || (left.at[0].n != 8 && left.at[0].n != 32))
        return false;
    for (size_t i = 0; i < left.at[0].n; i += 2) {
        int high = hex_digit(left.at[0].p[i]), low = hex_digit(left.at[0].p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        a->address[i / 2] = (uint8_t)(high * 16 + low);
    }
    a->address_n = left.at[0].n / 2;
    return true;
}

/* -- below arpa -------------------------------------------------------------------------------- */

static bool read_v4(struct parts left, struct dns_asked *a)
{
    if (left.n != 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        uint64_t number;
        if (left.at[i].n > 3 || !text_u64(left.at[i], &number) || number > UINT8_MAX)
            return false;
        a->address[3 - i] = (uint8_t)number;
    }
    return true;
}

static bool read_v6(struct parts left, struct dns_asked *a)
{
    if (left.n != 32)
        return false;
    for (size_t i = 0; i < 32; i++) {
        int digit = left.at[i].n == 1 ? hex_digit(left.at[i].p[0]) : -1;
        if (digit < 0)
            return false;
        a->address[15 - i / 2] |= (uint8_t)(i % 2 == 0 ? digit : digit * 16);
    }
    return true;
}

static void read_reverse(struct parts all, struct dns_asked *a)
{
    struct parts left = { all.at, all.n < 2 ? 0 : all.n - 2 };
    struct bytes family = all.n < 2 ? (struct bytes){ 0 } : all.at[all.n - 2];
    a->kind = DNS_REVERSE;
    if (bytes_is(family, "in-addr") && read_v4(left, a))
        a->address_n = 4;
    else if (bytes_is(family, "ip6") && read_v6(left, a))
        a->address_n = 16;
}

/* -- kinds ------------------------------------------------------------------------------------- */

static enum dns_kind kind_of(struct bytes label)
{
    static const struct {
        const char *label;
        enum dns_kind kind;
    } kinds[] = {
        { "service", DNS_SERVICE }, { "node", DNS_NODE },       { "addr", DNS_ADDRESS },
        { "query", DNS_QUERY },     { "connect", DNS_CONNECT }, { "ingress", DNS_INGRESS },
        { "virtual", DNS_VIRTUAL },
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (bytes_is(label, kinds[i].label))
            return kinds[i].kind;
    return DNS_INVALID;
}

static bool read_kind(const struct dns_zones *zones, struct parts left, struct parts place,
                      struct arena *arena, struct dns_asked *a)
{
    switch (a->kind) {
    case DNS_SERVICE:
        return read_place(zones, place, a) && read_service(left, arena, a);
    case DNS_NODE:
        if (left.n == 0)
            return false;
        a->name = dname_dotted(left.at, left.n, arena);
        return read_place(zones, place, a);
    case DNS_CONNECT:
    case DNS_INGRESS:
    case DNS_VIRTUAL:
        return read_place(zones, place, a) && read_last(left, a);
    case DNS_QUERY:
        return place.n <= 1 && read_place(zones, place, a) && read_query(left, arena, a);
    case DNS_ADDRESS:
        return read_address(left, a); /* whatever the place */
    case DNS_OUTSIDE:
    case DNS_INVALID:
    case DNS_APEX:
    case DNS_REVERSE:
        break;
    }
    return false;
}

static void read_inside(const struct dns_zones *zones, struct parts all, bool is_srv,
                        struct arena *arena, struct dns_asked *a)
{
    a->kind = all.n == 0 ? DNS_APEX : DNS_INVALID;
    for (size_t i = all.n; i-- > 0;) {
        struct parts left = { all.at, i }, place = { all.at + i + 1, all.n - i - 1 };
        a->kind = kind_of(all.at[i]);
        if (a->kind == DNS_INVALID && is_srv && is_rfc2782(all.at[i])) {
            a->kind = DNS_SERVICE;
            left.n++;
        }
        if (a->kind == DNS_INVALID)
            continue;
        if (!read_kind(zones, left, place, arena, a))
            a->kind = DNS_INVALID;
        return;
    }
}

static bool is_under(struct bytes name, const struct dname *zone)
{
    return zone->n > 0 && dname_is_under(name, dname_bytes(zone));
}

void dns_name_parse(const struct dns_zones *zones, struct bytes name, bool is_srv,
                    struct arena *arena, struct dns_asked *ret)
{
    struct bytes labels[DNAME_LABELS_MAX];
    struct parts all = { labels, dname_labels(name, labels) };
    bool main = is_under(name, &zones->domain), alt = is_under(name, &zones->alt);
    *ret = (struct dns_asked){ .kind = DNS_OUTSIDE };
    ret->alt = alt && (!main || zones->alt.n > zones->domain.n);
    if (main || alt) {
        struct bytes unused[DNAME_LABELS_MAX];
        all.n -= dname_labels(dns_name_domain(zones, ret), unused);
        read_inside(zones, all, is_srv, arena, ret);
    } else if (all.n > 0 && bytes_is(labels[all.n - 1], "arpa")) {
        read_reverse(all, ret);
    }
}

struct bytes dns_name_domain(const struct dns_zones *zones, const struct dns_asked *asked)
{
    return dname_bytes(asked->alt ? &zones->alt : &zones->domain);
}

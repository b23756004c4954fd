/* Every form of a name, one row each. */
#include "faces/dns/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;
static struct dns_zones zones;

static const struct row {
    const char *name;
    enum dns_kind kind;
    const char *asked, *tag, *ns; /* NULL: empty */
    bool is_srv, elsewhere;
} rows[] = {
    { "web.service.consul", DNS_SERVICE, "web" },
    { "WEB.Service.Consul", DNS_SERVICE, "web" },
    { "blue.web.service.consul", DNS_SERVICE, "web", "blue" },
    { "a.b.c.web.service.consul", DNS_SERVICE, "web", "a.b.c" },
    { "group--web.service.consul", DNS_SERVICE, "group--web" },
    { "_web._tcp.service.consul", DNS_SERVICE, "web" },
    { "_web._blue.service.consul", DNS_SERVICE, "web", "blue" },
    { "_web._udp.service.consul", DNS_SERVICE, "web", "udp" },
    { "_web.service.consul", DNS_SERVICE, "_web" },
    { "x._web._tcp.service.consul", DNS_SERVICE, "_tcp", "x._web" },
    { "_web._tcp.consul", DNS_SERVICE, "web", .is_srv = true },
    { "_web._tcp.dc1.consul", DNS_SERVICE, "web", .is_srv = true },
    { "_web._tcp.consul", DNS_INVALID },
    { "service.consul", DNS_INVALID },
    { "web.service.dc1.consul", DNS_SERVICE, "web" },
    { "web.service.DC1.consul", DNS_SERVICE, "web" },
    { "web.service.dc2.consul", DNS_SERVICE, "web", .elsewhere = true },
    { "web.service.dc1.dc.consul", DNS_SERVICE, "web" },
    { "web.service.dc2.dc.consul", DNS_SERVICE, "web", .elsewhere = true },
    { "web.service.other.peer.consul", DNS_SERVICE, "web", .elsewhere = true },
    { "web.service.team.ns.consul", DNS_SERVICE, "web", NULL, "team" },
    { "web.service.team.ns.dc1.dc.consul", DNS_SERVICE, "web", NULL, "team" },
    { "web.service.dc1.dc.team.ns.consul", DNS_SERVICE, "web", NULL, "team" },
    { "web.service.p.peer.dc1.dc.consul", DNS_INVALID },
    { "web.service.a.dc.b.dc.consul", DNS_INVALID },
    { "web.service.part.ap.consul", DNS_INVALID },
    { "web.service.group.sg.consul", DNS_INVALID },
    { "web.service.a.b.c.consul", DNS_INVALID },
    { "web.service.a.ns.b.dc.c.ns.consul", DNS_INVALID },
    { "n1.node.consul", DNS_NODE, "n1" },
    { "n1.rack.east.node.consul", DNS_NODE, "n1.rack.east" },
    { "n1.node.dc1.consul", DNS_NODE, "n1" },
    { "n1.node.dc2.consul", DNS_NODE, "n1", .elsewhere = true },
    { "n1.node.dc1.dc.consul", DNS_NODE, "n1" },
    { "node.consul", DNS_INVALID },
    { "n1.node.service.consul", DNS_SERVICE, "node", "n1" }, /* the rightmost kind decides */
    { "web.service.node.consul", DNS_NODE, "web.service" },
    { "web.connect.consul", DNS_CONNECT, "web" },
    { "tag.web.connect.dc1.consul", DNS_CONNECT, "web" },
    { "web.ingress.consul", DNS_INGRESS, "web" },
    { "web.virtual.consul", DNS_VIRTUAL, "web" },
    { "web.virtual.peer1.consul", DNS_VIRTUAL, "web", .elsewhere = true },
    { "connect.consul", DNS_INVALID },
    { "near.query.consul", DNS_QUERY, "near" },
    { "near.web.query.consul", DNS_QUERY, "near.web" },
    { "_near._tcp.query.consul", DNS_QUERY, "near" },
    { "_near._udp.query.consul", DNS_QUERY, "_near._udp" },
    { "near.query.dc1.consul", DNS_QUERY, "near" },
    { "near.query.dc1.dc.consul", DNS_INVALID },
    { "query.consul", DNS_INVALID },
    { "0a000001.addr.consul", DNS_ADDRESS },
    { "0A000001.addr.consul", DNS_ADDRESS },
    { "0a000001.addr.any.thing.at.all.consul", DNS_ADDRESS },
    { "20010db8000000000000000000000001.addr.consul", DNS_ADDRESS },
    { "0a00001.addr.consul", DNS_INVALID },
    { "0a0000012.addr.consul", DNS_INVALID },
    { "0a00000g.addr.consul", DNS_INVALID },
    { "x.0a000001.addr.consul", DNS_INVALID },
    { "addr.consul", DNS_INVALID },
    { "consul", DNS_APEX },
    { "web.consul", DNS_INVALID },
    { "ns.consul", DNS_INVALID },
    { "consul.example", DNS_OUTSIDE },
    { "example", DNS_OUTSIDE },
    { "xconsul", DNS_OUTSIDE },
    { "1.0.0.10.in-addr.arpa", DNS_REVERSE },
    { "0.0.10.in-addr.arpa", DNS_REVERSE },
    { "arpa", DNS_REVERSE },
};

static void check_row(const struct row *row, const char *name, bool alt)
{
    struct dname d;
    struct dns_asked a;
    assert_true(dname_parse(bytes_str(name), &d));
    dns_name_parse(&zones, dname_bytes(&d), row->is_srv, &arena, &a);
    bool right = a.kind == row->kind && a.alt == alt;
    if (right && a.kind != DNS_INVALID)
        right = a.elsewhere == row->elsewhere;
    if (right && a.kind != DNS_INVALID && row->asked != NULL)
        right = bytes_is(a.name, row->asked) && bytes_is(a.tag, row->tag == NULL ? "" : row->tag) &&
                bytes_is(a.ns, row->ns == NULL ? "" : row->ns);
    if (!right)
        fail_msg("%s: kind %d, name '%.*s', tag '%.*s', elsewhere %d", name, a.kind, (int)a.name.n,
                 (const char *)a.name.p, (int)a.tag.n, (const char *)a.tag.p, a.elsewhere);
}

static void each_form_asks_for_what_it_says(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_row(&rows[i], rows[i].name, false);
}

static void each_form_is_understood_under_the_other_domain(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char name[200];
        size_t n = strlen(rows[i].name);
        if (rows[i].kind == DNS_OUTSIDE || rows[i].kind == DNS_REVERSE)
            continue;
        snprintf(name, sizeof name, "%.*stest.zone", (int)(n - 6), rows[i].name); /* "consul" */
        check_row(&rows[i], name, true);
    }
}

static void longer_of_two_domains_that_hold_a_name_counts(void **state)
{
    struct dns_zones nested = zones;
    struct dname d;
    struct dns_asked a;
    assert_true(dname_parse(bytes_str("lab.consul"), &nested.alt));
    assert_true(dname_parse(bytes_str("web.service.lab.consul"), &d));
    dns_name_parse(&nested, dname_bytes(&d), false, &arena, &a);
    assert_true(a.alt && bytes_is(a.name, "web") && !a.elsewhere);
}

static void assert_reverse(const char *name, const void *address, size_t n)
{
    struct dname d;
    struct dns_asked a;
    assert_true(dname_parse(bytes_str(name), &d));
    dns_name_parse(&zones, dname_bytes(&d), false, &arena, &a);
    assert_int_equal(a.kind, DNS_REVERSE);
    assert_int_equal(a.address_n, n);
    assert_memory_equal(a.address, address, n);
}

static void addresses_are_read_backwards(void **state)
{
    static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x1f };
    assert_reverse("4.3.2.1.in-addr.arpa", "\1\2\3\4", 4);
    assert_reverse("f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", v6,
                   16);
    assert_reverse("256.0.0.10.in-addr.arpa", "", 0);
    assert_reverse("0001.0.0.10.in-addr.arpa", "", 0);
    assert_reverse("x.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "",
                   0);
}

static void address_in_a_name_is_its_bytes(void **state)
{
    struct dname d;
    struct dns_asked a;
    assert_true(dname_parse(bytes_str("0a0000fF.addr.consul"), &d));
    dns_name_parse(&zones, dname_bytes(&d), false, &arena, &a);
    assert_int_equal(a.address_n, 4);
    assert_memory_equal(a.address, "\x0a\0\0\xff", 4);
}

static int set_up(void **state)
{
    zones.datacenter = bytes_str("dc1");
    arena_init(&arena, 0);
    return dname_parse(bytes_str("consul"), &zones.domain) &&
                   dname_parse(bytes_str("test.zone"), &zones.alt)
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_asks_for_what_it_says),
        cmocka_unit_test(each_form_is_understood_under_the_other_domain),
        cmocka_unit_test(longer_of_two_domains_that_hold_a_name_counts),
        cmocka_unit_test(addresses_are_read_backwards),
        cmocka_unit_test(address_in_a_name_is_its_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

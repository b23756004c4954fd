/* Nodes, addresses in names, and the zone itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <libknot/libknot.h>
#include <string.h>

#include "rig.h"

#define SOA(domain) "~ " domain ". SOA ns." domain ". hostmaster." domain ". 7 3600 600 86400 0\n"

static void node_is_its_address(void **state)
{
    struct rig *r = *state;
    rig_node(r, "N1", "10.0.0.1", NULL);
    assert_string_equal(rig_ask(r, "n1.node.consul", KNOT_RRTYPE_A),
                        "NOERROR qr aa\n? n1.node.consul. A\n= n1.node.consul. A 10.0.0.1\n");
    assert_int_equal(rig_count(rig_ask(r, "n1.node.dc1.consul", KNOT_RRTYPE_ANY), "= "), 1);
    assert_string_equal(rig_ask(r, "n1.node.consul", KNOT_RRTYPE_AAAA),
                        "NOERROR qr aa\n? n1.node.consul. AAAA\n" SOA("consul"));
}

static void node_with_an_ipv6_address_has_that(void **state)
{
    struct rig *r = *state;
    rig_node(r, "n6", "2001:db8::1", NULL);
    assert_non_null(strstr(rig_ask(r, "n6.node.consul", KNOT_RRTYPE_AAAA),
                           "= n6.node.consul. AAAA 2001:db8::1\n"));
    assert_int_equal(rig_count(rig_ask(r, "n6.node.consul", KNOT_RRTYPE_A), "= "), 0);
}

static void name_of_a_node_may_hold_dots(void **state)
{
    struct rig *r = *state;
    rig_node(r, "n1.rack.east", "10.0.0.1", NULL);
    assert_int_equal(rig_count(rig_ask(r, "n1.rack.east.node.consul", KNOT_RRTYPE_A), "= "), 1);
}

static void unknown_node_does_not_exist(void **state)
{
    static const uint16_t types[] = { KNOT_RRTYPE_A, KNOT_RRTYPE_AAAA, KNOT_RRTYPE_ANY,
                                      KNOT_RRTYPE_TXT };
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        const char *text = rig_ask(*state, "nobody.node.consul", types[i]);
        assert_memory_equal(text, "NXDOMAIN qr aa\n", 15);
        assert_non_null(strstr(text, SOA("consul")));
    }
}

static void other_types_of_any_node_are_empty_without_a_reason(void **state)
{
    struct rig *r = *state;
    rig_node(r, "n1", "10.0.0.1", NULL);
    assert_string_equal(rig_ask(r, "n1.node.consul", KNOT_RRTYPE_MX),
                        "NOERROR qr aa\n? n1.node.consul. MX\n");
    assert_string_equal(rig_ask(r, "nobody.node.consul", KNOT_RRTYPE_SRV),
                        "NOERROR qr aa\n? nobody.node.consul. SRV\n");
}

static void metadata_is_text_beside_the_address_or_as_the_answer(void **state)
{
    struct rig *r = *state;
    rig_node(r, "n1", "10.0.0.1", "rack=a`1");
    assert_non_null(strstr(rig_ask(r, "n1.node.consul", KNOT_RRTYPE_A),
                           "+ n1.node.consul. TXT \"rack=a``1\"\n"));
    assert_non_null(strstr(rig_ask(r, "n1.node.consul", KNOT_RRTYPE_ANY),
                           "= n1.node.consul. TXT \"rack=a``1\"\n"));
    const char *text = rig_ask(r, "n1.node.consul", KNOT_RRTYPE_TXT);
    assert_int_equal(rig_count(text, "= "), 1);
    assert_int_equal(rig_count(text, "10.0.0.1"), 0);
    r->settings.node_meta_txt = false;
    rig_configure(r);
    assert_int_equal(rig_count(rig_ask(r, "n1.node.consul", KNOT_RRTYPE_A), "TXT"), 0);
    assert_int_equal(rig_count(rig_ask(r, "n1.node.consul", KNOT_RRTYPE_TXT), "= "), 1);
}

static void keys_of_metadata_are_escaped_by_rfc_1464(void **state)
{
    static const struct {
        const char *meta, *text;
    } rows[] = {
        { " key =v", "\"` key` =v\"" },
        { "k`=v", "\"k``=v\"" },
        { "rfc1035-00=just the value", "\"just the value\"" },
    };
    struct rig *r = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rig_node(r, "n1", "10.0.0.1", rows[i].meta);
        const char *text = rig_ask(r, "n1.node.consul", KNOT_RRTYPE_TXT);
        if (strstr(text, rows[i].text) == NULL)
            fail_msg("no %s in: %s", rows[i].text, text);
    }
}

static void long_metadata_is_several_strings(void **state)
{
    struct rig *r = *state;
    char meta[303] = "k=";
    memset(meta + 2, 'v', 300);
    rig_node(r, "n1", "10.0.0.1", meta);
    const char *text = rig_ask(r, "n1.node.consul", KNOT_RRTYPE_TXT);
    assert_int_equal(rig_count(text, "\""), 4);
}

static void node_at_a_host_name_is_an_alias(void **state)
{
    struct rig *r = *state;
    rig_node(r, "n1", "host.example", NULL);
    assert_string_equal(rig_ask(r, "n1.node.consul", KNOT_RRTYPE_A),
                        "NOERROR qr aa\n? n1.node.consul. A\n"
                        "= n1.node.consul. CNAME host.example.\n");
    rig_node(r, "n2", "n3.node.consul", NULL);
    rig_node(r, "n3", "10.0.0.3", "rack=1");
    assert_string_equal(rig_ask(r, "n2.node.consul", KNOT_RRTYPE_A),
                        "NOERROR qr aa\n? n2.node.consul. A\n"
                        "= n2.node.consul. CNAME n3.node.consul.\n"
                        "= n3.node.consul. A 10.0.0.3\n");
}

static void aliases_that_lead_in_a_circle_end(void **state)
{
    struct rig *r = *state;
    rig_node(r, "n1", "n2.node.consul", NULL);
    rig_node(r, "n2", "n1.node.consul", NULL);
    const char *text = rig_ask(r, "n1.node.consul", KNOT_RRTYPE_A);
    assert_int_equal(rig_count(text, "CNAME"), 4); /* DNS_FOLLOW_MAX and the first */
}

static void own_node_is_there_unregistered(void **state)
{
    assert_string_equal(rig_ask(*state, "own.node.consul", KNOT_RRTYPE_A),
                        "NOERROR qr aa\n? own.node.consul. A\n= own.node.consul. A 192.0.2.1\n");
    assert_non_null(strstr(rig_ask(*state, "OWN.node.dc1.consul", KNOT_RRTYPE_TXT), "~ consul."));
}

static void own_node_has_its_metadata(void **state)
{
    struct rig *r = *state;
    struct label label = { bytes_str("consul-version"), bytes_str("1.21.4") };
    r->settings.node_metadata = (struct labels){ &label, 1 };
    rig_configure(r);
    assert_string_equal(rig_ask(r, "own.node.consul", KNOT_RRTYPE_TXT),
                        "NOERROR qr aa\n? own.node.consul. TXT\n"
                        "= own.node.consul. TXT \"consul-version=1.21.4\"\n");
    assert_non_null(strstr(rig_ask(r, "own.node.consul", KNOT_RRTYPE_A),
                           "+ own.node.consul. TXT \"consul-version=1.21.4\"\n"));
    r->settings.node_meta_txt = false;
    rig_configure(r);
    assert_int_equal(rig_count(rig_ask(r, "own.node.consul", KNOT_RRTYPE_A), "TXT"), 0);
}

static void own_node_that_was_registered_is_that(void **state)
{
    struct rig *r = *state;
    rig_node(r, "own", "10.9.9.9", NULL);
    assert_non_null(strstr(rig_ask(r, "own.node.consul", KNOT_RRTYPE_A), "10.9.9.9"));
}

static void time_to_live_of_nodes_is_the_option(void **state)
{
    struct rig *r = *state;
    rig_node(r, "n1", "10.0.0.1", NULL);
    r->settings.node_ttl_ms = 10999;
    rig_configure(r);
    assert_non_null(strstr(rig_ask(r, "n1.node.consul", KNOT_RRTYPE_A), "consul. 10 A 10.0.0.1"));
}

static void address_in_a_name_is_answered_as_it_is(void **state)
{
    struct rig *r = *state;
    assert_non_null(strstr(rig_ask(r, "0a000001.addr.consul", KNOT_RRTYPE_A),
                           "= 0a000001.addr.consul. A 10.0.0.1\n"));
    assert_non_null(
        strstr(rig_ask(r, "20010db8000000000000000000000001.addr.dc9.consul", KNOT_RRTYPE_ANY),
               " AAAA 2001:db8::1\n"));
    assert_non_null(strstr(rig_ask(r, "0a000001.addr.consul", KNOT_RRTYPE_AAAA),
                           "AAAA\n+ 0a000001.addr.consul. A 10.0.0.1\n"));
}

static void names_without_a_meaning_do_not_exist(void **state)
{
    static const char *const names[] = { "consul",
                                         "web.consul",
                                         "service.consul",
                                         "n1.node.dc2.consul",
                                         "web.connect.consul",
                                         "web.ingress.consul",
                                         "x.query.consul",
                                         "zz.addr.consul" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_memory_equal(rig_ask(*state, names[i], KNOT_RRTYPE_A), "NXDOMAIN qr aa\n", 15);
}

static void soa_is_answered_for_any_name_with_its_servers(void **state)
{
    static const char *const names[] = { "consul", "web.service.consul", "nothing.at.all.consul" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *text = rig_ask(*state, names[i], KNOT_RRTYPE_SOA);
        assert_non_null(strstr(text, "= consul. SOA ns.consul. hostmaster.consul. 7 3600 600 86400 "
                                     "0\n~ consul. NS own.node.dc1.consul.\n"
                                     "+ own.node.dc1.consul. A 192.0.2.1\n"));
    }
}

static void numbers_of_the_soa_are_options(void **state)
{
    struct rig *r = *state;
    r->settings.soa_refresh_ms = 1000;
    r->settings.soa_retry_ms = 2000;
    r->settings.soa_expire_ms = 3000;
    r->settings.soa_min_ttl_ms = 4000;
    rig_configure(r);
    assert_non_null(strstr(rig_ask(r, "nobody.node.consul", KNOT_RRTYPE_A),
                           "~ consul. 4 SOA ns.consul. hostmaster.consul. 7 1 2 3 4\n"));
}

static void servers_of_the_domain_come_with_their_addresses(void **state)
{
    assert_string_equal(rig_ask(*state, "consul", KNOT_RRTYPE_NS),
                        "NOERROR qr aa\n? consul. NS\n= consul. NS own.node.dc1.consul.\n"
                        "+ own.node.dc1.consul. A 192.0.2.1\n");
}

static void server_whose_name_no_label_holds_is_left_out(void **state)
{
    struct rig *r = *state;
    static char name[DNAME_LABEL_MAX + 2];
    memset(name, 'x', DNAME_LABEL_MAX + 1);
    r->settings.node_name = name;
    rig_configure(r);
    assert_string_equal(rig_ask(r, "consul", KNOT_RRTYPE_NS), "NOERROR qr aa\n? consul. NS\n");
}

static void transfers_are_not_implemented(void **state)
{
    assert_memory_equal(rig_ask(*state, "consul", KNOT_RRTYPE_AXFR), "NOTIMPL qr aa\n", 14);
    assert_memory_equal(rig_ask(*state, "consul", KNOT_RRTYPE_IXFR), "NOTIMPL qr aa\n", 14);
}

static void names_in_answers_have_the_domain_of_the_question(void **state)
{
    struct rig *r = *state;
    r->settings.alt_domain = "test.zone";
    rig_configure(r);
    assert_non_null(strstr(rig_ask(r, "consul.service.test.zone", KNOT_RRTYPE_SRV),
                           "8300 own.node.dc1.test.zone.\n"));
    assert_non_null(strstr(rig_ask(r, "x.node.test.zone", KNOT_RRTYPE_A), SOA("test.zone")));
    assert_non_null(strstr(rig_ask(r, "x.node.consul", KNOT_RRTYPE_A), SOA("consul")));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(node_is_its_address),
        CASE(node_with_an_ipv6_address_has_that),
        CASE(name_of_a_node_may_hold_dots),
        CASE(unknown_node_does_not_exist),
        CASE(other_types_of_any_node_are_empty_without_a_reason),
        CASE(metadata_is_text_beside_the_address_or_as_the_answer),
        CASE(keys_of_metadata_are_escaped_by_rfc_1464),
        CASE(long_metadata_is_several_strings),
        CASE(node_at_a_host_name_is_an_alias),
        CASE(aliases_that_lead_in_a_circle_end),
        CASE(own_node_is_there_unregistered),
        CASE(own_node_has_its_metadata),
        CASE(own_node_that_was_registered_is_that),
        CASE(time_to_live_of_nodes_is_the_option),
        CASE(address_in_a_name_is_answered_as_it_is),
        CASE(names_without_a_meaning_do_not_exist),
        CASE(soa_is_answered_for_any_name_with_its_servers),
        CASE(numbers_of_the_soa_are_options),
        CASE(servers_of_the_domain_come_with_their_addresses),
        CASE(server_whose_name_no_label_holds_is_left_out),
        CASE(transfers_are_not_implemented),
        CASE(names_in_answers_have_the_domain_of_the_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Services: which instances are answered, and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <libknot/libknot.h>
#include <stdio.h>
#include <string.h>

#include "catalog/key.h"
#include "faces/dns/prepared.h"
#include "rig.h"

static struct publication on(const char *node, const char *address, uint16_t port)
{
    struct publication p = rig_at(address, port);
    p.node = bytes_str(node);
    return p;
}

static size_t answers(struct rig *r, const char *name, uint16_t type)
{
    return rig_count(rig_ask(r, name, type), "\n= ");
}

/* -- which ------------------------------------------------------------------------------------- */

static void unknown_service_does_not_exist(void **state)
{
    assert_string_equal(rig_ask(*state, "web.service.consul", KNOT_RRTYPE_A),
                        "NXDOMAIN qr aa\n? web.service.consul. A\n"
                        "~ consul. SOA ns.consul. hostmaster.consul. 7 3600 600 86400 0\n");
}

static void instances_are_their_addresses(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "Web", "a", rig_at("10.0.0.1", 80));
    rig_publish(r, "web", "b", rig_at("10.0.0.2", 80));
    const char *text = rig_ask(r, "web.service.consul", KNOT_RRTYPE_A);
    assert_non_null(strstr(text, "= web.service.consul. A 10.0.0.1\n"));
    assert_non_null(strstr(text, "= web.service.consul. A 10.0.0.2\n"));
    assert_int_equal(answers(r, "web.service.dc1.consul", KNOT_RRTYPE_ANY), 2);
}

static void address_of_several_ports_comes_once(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "web", "a", rig_at("10.0.0.1", 80));
    rig_publish(r, "web", "b", rig_at("10.0.0.1", 81));
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_A), 1);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_SRV), 2);
}

static void process_that_registered_twice_is_one_instance(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "web", "a", rig_at("10.0.0.1", 80));
    rig_publish(r, "web", "b", rig_at("10.0.0.1", 80));
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_SRV), 1);
}

static void process_that_registered_twice_is_answered_for_either(void **state)
{
    struct rig *r = *state;
    struct bytes blue[] = { bytes_str("blue") }, green[] = { bytes_str("green") };
    struct publication p = rig_at("10.0.0.1", 80);
    p.tags = blue;
    p.tag_n = 1;
    rig_publish(r, "web", "a", p);
    p.tags = green;
    p.reported = STATUS_DOWN;
    rig_publish(r, "web", "b", p);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_SRV), 1);
    assert_int_equal(answers(r, "blue.web.service.consul", KNOT_RRTYPE_A), 1);
    assert_int_equal(answers(r, "green.web.service.consul", KNOT_RRTYPE_A), 0);
    p.reported = STATUS_UP;
    rig_publish(r, "web", "b", p);
    assert_int_equal(answers(r, "green.web.service.consul", KNOT_RRTYPE_A), 1);
    assert_int_equal(answers(r, "blue.web.service.consul", KNOT_RRTYPE_A), 1);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_SRV), 1);
}

static void same_address_on_two_nodes_is_two_services(void **state)
{
    struct rig *r = *state;
    rig_node(r, "n1", "10.0.0.1", NULL);
    rig_node(r, "n2", "10.0.0.1", NULL);
    rig_publish(r, "web", "a", on("n1", "", 80));
    rig_publish(r, "web", "b", on("n2", "", 80));
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_SRV), 2);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_A), 1);
}

static void instance_of_two_protocols_is_answered_once(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "web", "a", rig_at("10.0.0.1", 80));
    rig_publish_by(r, FACE_NACOS, "web", "n", rig_at("10.0.0.1", 80));
    rig_publish_by(r, FACE_EUREKA, "web", "e", rig_at("10.0.0.2", 80));
    rig_publish_by(r, FACE_NACOS, "web", "m", rig_at("10.0.0.2", 80));
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_SRV), 2);
}

static void status_decides_who_is_answered(void **state)
{
    static const struct {
        enum status status;
        bool answered, passing;
    } rows[] = {
        { STATUS_UP, true, true },         { STATUS_SUSPECT, true, false },
        { STATUS_STARTING, false, false }, { STATUS_DOWN, false, false },
        { STATUS_UNKNOWN, false, false },  { STATUS_OUT_OF_SERVICE, false, false },
    };
    struct rig *r = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct publication p = rig_at("10.0.0.1", 80);
        p.reported = rows[i].status;
        rig_publish(r, "web", "a", p);
        r->settings.only_passing = false;
        rig_configure(r);
        assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_A), rows[i].answered);
        r->settings.only_passing = true;
        rig_configure(r);
        assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_A), rows[i].passing);
    }
}

static void lease_that_is_down_leaves_its_instance_out(void **state)
{
    struct rig *r = *state;
    struct publication p = rig_at("10.0.0.1", 80);
    p.stage = LEASE_SUSPECT;
    rig_publish(r, "web", "a", p);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_A), 1);
    p.stage = LEASE_DOWN;
    rig_publish(r, "web", "a", p);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_A), 0);
}

static void critical_check_of_instance_or_node_leaves_it_out(void **state)
{
    struct rig *r = *state;
    rig_node(r, "n1", "10.0.0.1", NULL);
    rig_node(r, "n2", "10.0.0.2", NULL);
    rig_publish(r, "web", "a", on("n1", "", 80));
    rig_publish(r, "web", "b", on("n1", "", 81));
    rig_publish(r, "web", "c", on("n2", "", 80));
    rig_check(r, "n1", "a", STATUS_DOWN);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_SRV), 2);
    rig_check(r, "n1", "a", STATUS_SUSPECT);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_SRV), 3);
    rig_check(r, "n1", "", STATUS_DOWN);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_SRV), 1);
    rig_check(r, "n2", "", STATUS_DOWN);
    assert_memory_equal(rig_ask(r, "web.service.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
}

static void disabled_instance_is_left_out(void **state)
{
    struct rig *r = *state;
    struct publication p = rig_at("10.0.0.1", 80);
    p.enabled = false;
    rig_publish(r, "web", "a", p);
    assert_memory_equal(rig_ask(r, "web.service.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
}

static void tag_selects_and_knows_no_case(void **state)
{
    struct rig *r = *state;
    struct bytes tags[] = { bytes_str("Blue"), bytes_str("v1.2") };
    struct publication p = rig_at("10.0.0.1", 80);
    p.tags = tags;
    p.tag_n = 2;
    rig_publish(r, "web", "a", p);
    rig_publish(r, "web", "b", rig_at("10.0.0.2", 80));
    assert_int_equal(answers(r, "blue.web.service.consul", KNOT_RRTYPE_A), 1);
    assert_int_equal(answers(r, "v1.2.web.service.consul", KNOT_RRTYPE_A), 1);
    assert_int_equal(answers(r, "_web._blue.service.consul", KNOT_RRTYPE_SRV), 1);
    assert_int_equal(answers(r, "_web._tcp.service.consul", KNOT_RRTYPE_SRV), 2);
    assert_int_equal(answers(r, "_web._tcp.consul", KNOT_RRTYPE_SRV), 2);
    assert_memory_equal(rig_ask(r, "red.web.service.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
}

static void other_groups_and_namespaces_have_names_of_their_own(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "blue--web", "a", rig_at("10.0.0.1", 80));
    assert_int_equal(answers(r, "blue--web.service.consul", KNOT_RRTYPE_A), 1);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_A), 0);
    assert_int_equal(answers(r, "blue--web.service.public.ns.consul", KNOT_RRTYPE_A), 1);
    assert_int_equal(answers(r, "blue--web.service.team.ns.consul", KNOT_RRTYPE_A), 0);
}

static void what_may_not_be_seen_is_not_there(void **state)
{
    struct rig *r = *state;
    struct access_rule rules[] = {
        { .kind = ACCESS_SERVICE, .name = bytes_str("web"), .grants = ACCESS_GRANT_READ },
        { .kind = ACCESS_NODE, .name = bytes_str("n1"), .grants = ACCESS_GRANT_READ },
    };
    struct access_reader reader = { .turn = 0 };
    assert_int_equal(policy_set_new(rules, ARRAY_LEN(rules), false, &reader.rules), OK);
    rig_node(r, "n1", "10.0.0.1", NULL);
    rig_node(r, "n2", "10.0.0.2", NULL);
    rig_publish(r, "web", "a", on("n1", "", 80));
    rig_publish(r, "web", "b", on("n2", "", 80));
    rig_publish(r, "db", "c", on("n1", "", 80));
    r->reader = &reader;
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_A), 1);
    assert_memory_equal(rig_ask(r, "db.service.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
    assert_int_equal(answers(r, "n1.node.consul", KNOT_RRTYPE_A), 1);
    assert_memory_equal(rig_ask(r, "n2.node.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
    policy_set_unref(reader.rules);
}

/* Extras say for whom: "native", or the service that it is a proxy of. */
static bool say_mesh(const struct instance *i, struct bytes service, struct bytes name,
                     struct arena *arena)
{
    struct bytes extras = i->from->said.extras;
    (void)arena;
    return bytes_eq(service, name) ? bytes_is(extras, "native") : bytes_eq(extras, name);
}

/* The service itself is not to be read twice, and what is no service is none. */
static enum err say_proxies(const struct view *view, struct bytes service, struct arena *arena,
                            struct bytes **ret, size_t *ret_n)
{
    static struct bytes names[3];
    names[0] = bytes_str("web");
    names[1] = bytes_str("edge");
    names[2] = bytes_str("nobody");
    if (bytes_is(service, "broken"))
        return ERR_DAMAGED;
    *ret = names;
    *ret_n = bytes_is(service, "web") ? ARRAY_LEN(names) : 0;
    return OK;
}

static void mesh_is_native_instances_and_proxies_of_any_name(void **state)
{
    struct rig *r = *state;
    struct publication native = rig_at("10.0.0.1", 80), proxy = rig_at("10.0.0.2", 20000),
                       others = rig_at("10.0.0.3", 20000);
    native.extras = bytes_str("native");
    proxy.extras = bytes_str("web");
    others.extras = bytes_str("db");
    rig_publish(r, "web", "a", native);
    rig_publish(r, "web", "b", rig_at("10.0.0.4", 80));
    rig_publish(r, "edge", "c", proxy);
    rig_publish(r, "edge", "d", others);
    assert_memory_equal(rig_ask(r, "web.connect.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
    r->settings.is_mesh_of = say_mesh;
    r->settings.proxies = say_proxies;
    rig_configure(r);
    const char *text = rig_ask(r, "web.connect.consul", KNOT_RRTYPE_SRV);
    assert_int_equal(rig_count(text, "\n= "), 2);
    assert_non_null(strstr(text, "SRV 1 1 20000 0a000002.addr.dc1.consul."));
    assert_non_null(strstr(text, "SRV 1 1 80 0a000001.addr.dc1.consul."));
    assert_memory_equal(rig_ask(r, "none.connect.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
    assert_memory_equal(rig_ask(r, "broken.connect.consul", KNOT_RRTYPE_A), "SERVFAIL", 8);
}

/* "in" leads to web, "out" stands for it. */
static enum err say_gateways(const struct view *view, bool ingress, struct bytes service,
                             struct arena *arena, struct bytes **ret, size_t *ret_n)
{
    static struct bytes name;
    name = bytes_str(ingress ? "in" : "out");
    if (bytes_is(service, "broken"))
        return ERR_DAMAGED;
    *ret = &name;
    *ret_n = bytes_is(service, "web");
    return OK;
}

static void gateways_are_found_by_whom_they_lead_to(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "in", "a", rig_at("10.0.0.1", 80));
    rig_publish(r, "out", "b", rig_at("10.0.0.2", 81));
    rig_publish(r, "web", "c", rig_at("10.0.0.3", 82));
    assert_memory_equal(rig_ask(r, "web.ingress.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
    r->settings.gateways = say_gateways;
    r->settings.is_mesh_of = say_mesh;
    rig_configure(r);
    const char *text = rig_ask(r, "web.ingress.consul", KNOT_RRTYPE_A);
    assert_int_equal(rig_count(text, "\n= "), 1);
    assert_non_null(strstr(text, "A 10.0.0.1"));
    text = rig_ask(r, "web.connect.consul", KNOT_RRTYPE_A);
    assert_int_equal(rig_count(text, "\n= "), 1);
    assert_non_null(strstr(text, "A 10.0.0.2"));
    assert_memory_equal(rig_ask(r, "db.ingress.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
    assert_memory_equal(rig_ask(r, "broken.ingress.consul", KNOT_RRTYPE_A), "SERVFAIL", 8);
}

static enum err say_virtual(const struct view *view, struct bytes service, struct arena *arena,
                            struct bytes *ret)
{
    *ret = bytes_str(bytes_is(service, "web") ? "240.0.0.1" : "");
    return OK;
}

static void virtual_address_is_the_services_or_an_empty_answer(void **state)
{
    struct rig *r = *state;
    assert_string_equal(rig_ask(r, "web.virtual.consul", KNOT_RRTYPE_A),
                        "NOERROR qr aa\n? web.virtual.consul. A\n");
    r->settings.virtual_address = say_virtual;
    rig_configure(r);
    assert_string_equal(rig_ask(r, "web.virtual.consul", KNOT_RRTYPE_A),
                        "NOERROR qr aa\n? web.virtual.consul. A\n= web.virtual.consul. A "
                        "240.0.0.1\n");
    assert_string_equal(rig_ask(r, "web.virtual.consul", KNOT_RRTYPE_AAAA),
                        "NOERROR qr aa\n? web.virtual.consul. AAAA\n");
    assert_string_equal(rig_ask(r, "db.virtual.consul", KNOT_RRTYPE_A),
                        "NOERROR qr aa\n? db.virtual.consul. A\n");
}

/* -- addresses --------------------------------------------------------------------------------- */

static void families_are_answered_to_their_types(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "web", "a", rig_at("10.0.0.1", 80));
    assert_string_equal(rig_ask(r, "web.service.consul", KNOT_RRTYPE_AAAA),
                        "NOERROR qr aa\n? web.service.consul. AAAA\n"
                        "~ consul. SOA ns.consul. hostmaster.consul. 7 3600 600 86400 0\n");
    rig_publish(r, "web", "b", rig_at("2001:db8::1", 80));
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_A), 1);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_AAAA), 1);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_ANY), 2);
}

static void other_types_of_a_service_are_empty(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "web", "a", rig_at("10.0.0.1", 80));
    const char *text = rig_ask(r, "web.service.consul", KNOT_RRTYPE_MX);
    assert_memory_equal(text, "NOERROR", 7);
    assert_int_equal(rig_count(text, "= "), 0);
    assert_int_equal(rig_count(text, "~ consul. SOA"), 1);
}

static void node_lends_its_address(void **state)
{
    struct rig *r = *state;
    rig_node(r, "n1", "10.0.0.7", NULL);
    rig_publish(r, "web", "a", on("n1", "", 80));
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_A), "10.0.0.7"));
}

static void own_node_lends_its_address_unregistered(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "web", "a", on("own", "", 80));
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_A), "192.0.2.1"));
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV),
                           "SRV 1 1 80 own.node.dc1.consul.\n+ own.node.dc1.consul. A 192.0.2.1"));
}

static void instance_whose_node_nobody_knows_is_left_out(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "web", "a", on("nobody", "", 80));
    assert_memory_equal(rig_ask(r, "web.service.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
}

static void host_name_is_an_alias_only_without_addresses(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "web", "a", rig_at("a.example", 80));
    rig_publish(r, "web", "b", rig_at("b.example", 80));
    const char *text = rig_ask(r, "web.service.consul", KNOT_RRTYPE_A);
    assert_int_equal(rig_count(text, "CNAME"), 1);
    assert_non_null(strstr(text, "= web.service.consul. CNAME a.example.\n"));
    rig_publish(r, "web", "c", rig_at("10.0.0.1", 80));
    assert_int_equal(rig_count(rig_ask(r, "web.service.consul", KNOT_RRTYPE_A), "CNAME"), 0);
}

static void alias_for_a_name_of_ours_is_followed(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "front", "a", rig_at("web.service.consul", 80));
    rig_publish(r, "web", "a", rig_at("10.0.0.1", 80));
    assert_string_equal(rig_ask(r, "front.service.consul", KNOT_RRTYPE_A),
                        "NOERROR qr aa\n? front.service.consul. A\n"
                        "= front.service.consul. CNAME web.service.consul.\n"
                        "= web.service.consul. A 10.0.0.1\n");
}

/* Extras say "v4 v6"; either may be "-". */
static void say_lan(struct bytes extras, struct arena *arena, struct bytes *ret_v4,
                    struct bytes *ret_v6)
{
    struct bytes *const to[] = { ret_v4, ret_v6 };
    const uint8_t *blank = extras.n == 0 ? NULL : memchr(extras.p, ' ', extras.n);
    size_t n = blank == NULL ? 0 : (size_t)(blank - extras.p);
    (void)arena;
    *ret_v4 = bytes_of(extras.p, n);
    *ret_v6 = blank == NULL ? bytes_str("") : bytes_skip(extras, n + 1);
    for (size_t i = 0; i < 2; i++)
        if (bytes_is(*to[i], "-"))
            *to[i] = bytes_str("");
}

static void both_families_are_answered_of_an_instance_that_has_both(void **state)
{
    struct rig *r = *state;
    struct publication p = rig_at("10.0.0.1", 80);
    p.extras = bytes_str("10.0.0.2 2001:db8::2");
    r->settings.lan = say_lan;
    rig_configure(r);
    rig_publish(r, "web", "a", p);
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_A), "A 10.0.0.2\n"));
    assert_non_null(
        strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_AAAA), "AAAA 2001:db8::2\n"));
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV),
                           " 80 20010db8000000000000000000000002.addr.dc1.consul.\n"));
    rig_publish_by(r, FACE_NACOS, "other", "a", p); /* whose extras are not Consul's */
    assert_non_null(strstr(rig_ask(r, "other.service.consul", KNOT_RRTYPE_A), "A 10.0.0.1\n"));
}

static void node_lends_the_address_that_the_question_wants(void **state)
{
    struct rig *r = *state;
    struct node n = { .name = bytes_str("n1"),
                      .address = bytes_str("10.0.0.1"),
                      .extras = bytes_str("- 2001:db8::1") };
    struct publication v6 = on("n1", "", 81);
    v6.extras = bytes_str("- 2001:db8::81");
    r->settings.lan = say_lan;
    rig_configure(r);
    rig_put_node(r, &n);
    rig_publish(r, "web", "a", on("n1", "", 80));
    rig_publish(r, "six", "a", v6);
    assert_non_null(strstr(rig_ask(r, "n1.node.consul", KNOT_RRTYPE_A), "A 10.0.0.1\n"));
    assert_non_null(strstr(rig_ask(r, "n1.node.consul", KNOT_RRTYPE_AAAA), "2001:db8::1\n"));
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_A), "A 10.0.0.1\n"));
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_AAAA), "2001:db8::1\n"));
    /* its own of one family, the node's of the other */
    assert_non_null(strstr(rig_ask(r, "six.service.consul", KNOT_RRTYPE_AAAA), "2001:db8::81\n"));
    assert_non_null(strstr(rig_ask(r, "six.service.consul", KNOT_RRTYPE_A), "A 10.0.0.1\n"));
}

static void number_of_addresses_does_not_count_what_an_alias_leads_to(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "front", "a", rig_at("web.service.consul", 80));
    rig_publish(r, "web", "a", rig_at("10.0.0.1", 80));
    rig_publish(r, "web", "b", rig_at("10.0.0.2", 80));
    r->settings.a_record_limit = 1;
    rig_configure(r);
    assert_int_equal(answers(r, "front.service.consul", KNOT_RRTYPE_A), 3);
}

static void number_of_addresses_is_an_option(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "web", "a", rig_at("10.0.0.1", 80));
    rig_publish(r, "web", "b", rig_at("10.0.0.2", 80));
    rig_publish(r, "web", "c", rig_at("10.0.0.3", 80));
    r->settings.a_record_limit = 3;
    rig_configure(r);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_A), 3);
    r->settings.a_record_limit = 2;
    rig_configure(r);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_A), 2);
    assert_int_equal(answers(r, "web.service.consul", KNOT_RRTYPE_SRV), 3);
}

static void time_to_live_is_that_of_the_services_rule(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "web", "a", rig_at("10.0.0.1", 80));
    r->settings.service_ttl = "web=10s";
    rig_configure(r);
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_A), " 10 A 10.0.0.1"));
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV), " 10 SRV "));
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV), " 10 A 10.0.0.1"));
    rig_node(r, "n1", "10.0.0.7", "rack=1");
    rig_publish(r, "web", "a", on("n1", "", 80));
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV),
                           "+ n1.node.dc1.consul. 10 TXT \"rack=1\"\n"));
}

/* -- SRV --------------------------------------------------------------------------------------- */

static void target_is_the_node_where_the_address_is_its(void **state)
{
    struct rig *r = *state;
    rig_node(r, "N1", "10.0.0.1", "rack=1");
    rig_publish(r, "web", "a", on("n1", "", 80));
    assert_string_equal(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV),
                        "NOERROR qr aa\n? web.service.consul. SRV\n"
                        "= web.service.consul. SRV 1 1 80 N1.node.dc1.consul.\n"
                        "+ N1.node.dc1.consul. A 10.0.0.1\n"
                        "+ N1.node.dc1.consul. TXT \"rack=1\"\n");
}

static void target_is_the_address_where_it_is_the_instances_own(void **state)
{
    struct rig *r = *state;
    rig_node(r, "n1", "10.0.0.1", "rack=1");
    rig_publish(r, "web", "a", on("n1", "10.0.0.255", 80));
    assert_string_equal(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV),
                        "NOERROR qr aa\n? web.service.consul. SRV\n"
                        "= web.service.consul. SRV 1 1 80 0a0000ff.addr.dc1.consul.\n"
                        "+ 0a0000ff.addr.dc1.consul. A 10.0.0.255\n"
                        "+ n1.node.dc1.consul. TXT \"rack=1\"\n");
}

static void target_of_ipv6_has_32_digits(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "web", "a", rig_at("2001:db8::1", 80));
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV),
                           " 80 20010db8000000000000000000000001.addr.dc1.consul.\n"
                           "+ 20010db8000000000000000000000001.addr.dc1.consul. AAAA 2001:db8::1"));
}

static void target_of_a_host_name_is_that(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "web", "a", rig_at("a.example", 80));
    assert_string_equal(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV),
                        "NOERROR qr aa\n? web.service.consul. SRV\n"
                        "= web.service.consul. SRV 1 1 80 a.example.\n");
}

static void target_that_is_a_name_of_ours_comes_with_its_addresses(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "front", "a", rig_at("web.service.consul", 80));
    assert_string_equal(rig_ask(r, "front.service.consul", KNOT_RRTYPE_SRV),
                        "NOERROR qr aa\n? front.service.consul. SRV\n"
                        "= front.service.consul. SRV 1 1 80 web.service.consul.\n");
    rig_publish(r, "web", "a", rig_at("10.0.0.1", 80));
    assert_string_equal(rig_ask(r, "front.service.consul", KNOT_RRTYPE_SRV),
                        "NOERROR qr aa\n? front.service.consul. SRV\n"
                        "= front.service.consul. SRV 1 1 80 web.service.consul.\n"
                        "+ web.service.consul. A 10.0.0.1\n");
}

/* TARGETS instances at names of ours, of which each has ADDRESSES. */
static size_t explained(struct rig *r, unsigned targets, unsigned addresses)
{
    static unsigned round;
    char service[32], part[16], host[64], question[64];
    round++;
    for (unsigned i = 0; i < targets; i++) {
        snprintf(service, sizeof service, "to%u-%u", round, i);
        for (unsigned k = 0; k < addresses; k++) {
            snprintf(part, sizeof part, "%u", k);
            snprintf(host, sizeof host, "10.%u.%u.%u", round, i, k);
            rig_publish(r, service, part, rig_at(host, 80));
        }
        snprintf(host, sizeof host, "%s.service.consul", service);
        snprintf(service, sizeof service, "front%u", round);
        snprintf(part, sizeof part, "%u", i);
        rig_publish(r, service, part, rig_at(host, 80));
    }
    snprintf(question, sizeof question, "front%u.service.consul", round);
    struct dns_ask ask = { .name = question, .type = KNOT_RRTYPE_SRV };
    return rig_count(rig_answer(r, &ask, DNS_TCP), "\n+ ");
}

static void so_many_targets_and_addresses_are_explained_and_no_more(void **state)
{
    assert_int_equal(explained(*state, 16, 1), 16);
    assert_int_equal(explained(*state, 17, 1), 16);
    assert_int_equal(explained(*state, 1, 16), 16);
    assert_int_equal(explained(*state, 1, 17), 16);
}

static void target_of_a_node_that_dns_cannot_name_is_its_address(void **state)
{
    struct rig *r = *state;
    rig_node(r, "bad..name", "10.0.0.1", NULL);
    rig_publish(r, "web", "a", on("bad..name", "", 80));
    assert_non_null(
        strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV), "0a000001.addr.dc1.consul."));
}

static void weight_is_what_the_server_says(void **state)
{
    struct rig *r = *state;
    struct publication p = rig_at("10.0.0.1", 80);
    p.weight = 700;
    rig_publish(r, "web", "a", p);
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV), "SRV 1 7 80"));
}

/* -- what is always there ---------------------------------------------------------------------- */

static void server_is_the_service_consul(void **state)
{
    struct rig *r = *state;
    rig_publish(r, "consul", "x", rig_at("10.0.0.1", 80)); /* is overruled */
    assert_string_equal(rig_ask(r, "consul.service.consul", KNOT_RRTYPE_SRV),
                        "NOERROR qr aa\n? consul.service.consul. SRV\n"
                        "= consul.service.consul. SRV 1 1 8300 own.node.dc1.consul.\n"
                        "+ own.node.dc1.consul. A 192.0.2.1\n");
    assert_non_null(strstr(rig_ask(r, "consul.service.consul", KNOT_RRTYPE_A), "192.0.2.1"));
    assert_memory_equal(rig_ask(r, "leader.consul.service.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
}

static void own_nodes_metadata_is_beside_its_services(void **state)
{
    struct rig *r = *state;
    struct label label = { bytes_str("k"), bytes_str("v") };
    r->settings.node_metadata = (struct labels){ &label, 1 };
    rig_configure(r);
    rig_publish(r, "web", "a", on("own", "", 80));
    assert_non_null(strstr(rig_ask(r, "consul.service.consul", KNOT_RRTYPE_SRV),
                           "+ own.node.dc1.consul. TXT \"k=v\"\n"));
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV),
                           "+ own.node.dc1.consul. TXT \"k=v\"\n"));
    rig_node(r, "own", "10.9.9.9", "k=w");
    assert_non_null(strstr(rig_ask(r, "web.service.consul", KNOT_RRTYPE_SRV), "\"k=w\"\n"));
}

/* -- prepared queries -------------------------------------------------------------------------- */

static enum err execute(void *ctx, const struct view *view, struct bytes name,
                        const struct dns_asking *asking, struct arena *arena,
                        struct dns_prepared *ret)
{
    static const struct labels none;
    static struct instance instance;
    static struct published from;
    (void)view, (void)arena, (void)asking;
    from.said = rig_at("10.0.0.9", 90);
    from.address = from.said.address;
    instance = (struct instance){ .from = &from, .metadata = none, .weight = 300 };
    if (!bytes_is(name, "near.web"))
        return ctx == NULL ? ERR_NOT_FOUND : ERR_DAMAGED;
    *ret = (struct dns_prepared){ .instances = &instance, .n = 1, .has_ttl = true, .ttl_s = 30 };
    return OK;
}

static void prepared_query_is_answered_by_its_result(void **state)
{
    struct rig *r = *state;
    r->settings.prepared = execute;
    rig_configure(r);
    assert_non_null(strstr(rig_ask(r, "near.web.query.consul", KNOT_RRTYPE_A),
                           "= near.web.query.consul. 30 A 10.0.0.9\n"));
    assert_non_null(strstr(rig_ask(r, "near.web.query.consul", KNOT_RRTYPE_SRV),
                           "30 SRV 1 3 90 0a000009.addr.dc1.consul.\n"));
    assert_memory_equal(rig_ask(r, "other.query.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
    r->settings.prepared_ctx = r;
    rig_configure(r);
    assert_memory_equal(rig_ask(r, "other.query.consul", KNOT_RRTYPE_A), "SERVFAIL", 8);
}

/* Five places of which two are one, the last first. */
static enum err execute_ordered(void *ctx, const struct view *view, struct bytes name,
                                const struct dns_asking *asking, struct arena *arena,
                                struct dns_prepared *ret)
{
    static const char *const addresses[] = { "10.0.0.9", "10.0.0.5", "10.0.0.7", "10.0.0.5",
                                             "10.0.0.1" };
    static struct instance instances[ARRAY_LEN(addresses)];
    static struct published from[ARRAY_LEN(addresses)];
    (void)ctx, (void)view, (void)name, (void)asking, (void)arena;
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        from[i].said = rig_at(addresses[i], 90);
        from[i].address = from[i].said.address;
        instances[i] = (struct instance){ .from = &from[i], .weight = 100 };
    }
    *ret = (struct dns_prepared){ .instances = instances,
                                  .n = ARRAY_LEN(addresses),
                                  .is_ordered = true };
    return OK;
}

static void prepared_query_that_orders_is_answered_in_that_order(void **state)
{
    struct rig *r = *state;
    r->settings.prepared = execute_ordered;
    rig_configure(r);
    for (unsigned i = 0; i < 20; i++) {
        assert_string_equal(rig_ask(r, "q.query.consul", KNOT_RRTYPE_A),
                            "NOERROR qr aa\n? q.query.consul. A\n"
                            "= q.query.consul. A 10.0.0.9\n= q.query.consul. A 10.0.0.5\n"
                            "= q.query.consul. A 10.0.0.7\n= q.query.consul. A 10.0.0.1\n");
        const char *text = rig_ask(r, "q.query.consul", KNOT_RRTYPE_SRV);
        assert_int_equal(rig_count(text, "\n= "), 4);
        assert_true(strstr(text, "0a000009.addr") < strstr(text, "0a000005.addr"));
        assert_true(strstr(text, "0a000007.addr") < strstr(text, "0a000001.addr"));
    }
}

static void damaged_row_is_a_failure_and_no_denial(void **state)
{
    struct rig *r = *state;
    struct stand *s = r->stand;
    struct service_id id;
    struct owner owner = { .face = FACE_CONSUL, .name = bytes_str("o"), .part = bytes_str("a") };
    struct buf key;
    assert_int_equal(service_id_parse((struct bytes){ 0 }, bytes_str("web"), &id), OK);
    buf_init(&key, 1024);
    publication_key(&id, &owner, &key);
    entries_put(&s->entries, SPACE_CATALOG, buf_bytes(&key), bytes_str("\1rubbish"), 0);
    assert_int_equal(stand_apply(s)->err, OK);
    buf_fini(&key);
    assert_string_equal(rig_ask(r, "web.service.consul", KNOT_RRTYPE_A),
                        "SERVFAIL qr aa\n? web.service.consul. A\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(unknown_service_does_not_exist),
        CASE(instances_are_their_addresses),
        CASE(address_of_several_ports_comes_once),
        CASE(process_that_registered_twice_is_one_instance),
        CASE(process_that_registered_twice_is_answered_for_either),
        CASE(same_address_on_two_nodes_is_two_services),
        CASE(instance_of_two_protocols_is_answered_once),
        CASE(status_decides_who_is_answered),
        CASE(lease_that_is_down_leaves_its_instance_out),
        CASE(critical_check_of_instance_or_node_leaves_it_out),
        CASE(disabled_instance_is_left_out),
        CASE(tag_selects_and_knows_no_case),
        CASE(other_groups_and_namespaces_have_names_of_their_own),
        CASE(what_may_not_be_seen_is_not_there),
        CASE(mesh_is_native_instances_and_proxies_of_any_name),
        CASE(gateways_are_found_by_whom_they_lead_to),
        CASE(virtual_address_is_the_services_or_an_empty_answer),
        CASE(families_are_answered_to_their_types),
        CASE(other_types_of_a_service_are_empty),
        CASE(node_lends_its_address),
        CASE(own_node_lends_its_address_unregistered),
        CASE(instance_whose_node_nobody_knows_is_left_out),
        CASE(host_name_is_an_alias_only_without_addresses),
        CASE(alias_for_a_name_of_ours_is_followed),
        CASE(both_families_are_answered_of_an_instance_that_has_both),
        CASE(node_lends_the_address_that_the_question_wants),
        CASE(number_of_addresses_does_not_count_what_an_alias_leads_to),
        CASE(number_of_addresses_is_an_option),
        CASE(time_to_live_is_that_of_the_services_rule),
        CASE(target_is_the_node_where_the_address_is_its),
        CASE(target_is_the_address_where_it_is_the_instances_own),
        CASE(target_of_ipv6_has_32_digits),
        CASE(target_of_a_host_name_is_that),
        CASE(target_that_is_a_name_of_ours_comes_with_its_addresses),
        CASE(so_many_targets_and_addresses_are_explained_and_no_more),
        CASE(target_of_a_node_that_dns_cannot_name_is_its_address),
        CASE(weight_is_what_the_server_says),
        CASE(server_is_the_service_consul),
        CASE(own_nodes_metadata_is_beside_its_services),
        CASE(prepared_query_is_answered_by_its_result),
        CASE(prepared_query_that_orders_is_answered_in_that_order),
        CASE(damaged_row_is_a_failure_and_no_denial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

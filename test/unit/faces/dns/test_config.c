/* Settings: what is read out of them, and what is refused. */
#include "faces/dns/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"

static struct dns_config config;

static enum err init(const struct dns_settings *s, struct why *why)
{
    dns_config_fini(&config);
    return dns_config_init(&config, s, why);
}

static void assert_taken(const struct dns_settings *s)
{
    struct why why = { 0 };
    if (init(s, &why) != OK)
        fail_msg("%s", why.text);
}

static void assert_refused(const struct dns_settings *s, const char *part)
{
    struct why why = { 0 };
    assert_int_equal(init(s, &why), ERR_INVALID);
    if (strstr(why.text, part) == NULL)
        fail_msg("no '%s' in: %s", part, why.text);
}

static uint32_t ttl(const char *service)
{
    return dns_config_service_ttl(&config, bytes_str(service));
}

static void exact_name_then_longest_prefix_then_all_count(void **state)
{
    struct dns_settings s = rig_settings();
    s.service_ttl = "*=1s, api-*=5s,api-v2-*=1m,web=10s, api-v2-x=0s";
    assert_taken(&s);
    assert_int_equal(ttl("web"), 10);
    assert_int_equal(ttl("WEB"), 10);
    assert_int_equal(ttl("website"), 1);
    assert_int_equal(ttl("api-a"), 5);
    assert_int_equal(ttl("API-v2-b"), 60);
    assert_int_equal(ttl("api-v2-x"), 0);
}

static void without_a_rule_nothing_may_be_kept(void **state)
{
    struct dns_settings s = rig_settings();
    assert_taken(&s);
    assert_int_equal(ttl("web"), 0);
}

static void odd_rules_are_refused(void **state)
{
    static const char *const bad[] = { "web",     "=5s",    "web=",  "web=5",
                                       "web=-5s", "a*b=5s", "**=1s", "web=9999999999s" };
    struct dns_settings s = rig_settings();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        s.service_ttl = bad[i];
        assert_refused(&s, "--dns-service-ttl");
    }
}

static void rules_end_at_their_limit(void **state)
{
    static char text[(DNS_TTL_RULES_MAX + 1) * 16];
    struct dns_settings s = rig_settings();
    size_t n = 0;
    for (unsigned i = 0; i < DNS_TTL_RULES_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "s%u=1s,", i);
    s.service_ttl = text;
    assert_taken(&s);
    snprintf(text + n, sizeof text - n, "more=1s");
    assert_refused(&s, "more than 256 rules");
}

static void longest_time_to_live_is_taken_and_a_second_more_refused(void **state)
{
    struct dns_settings s = rig_settings();
    s.node_ttl_ms = (uint64_t)DNS_TTL_MAX_S * 1000;
    assert_taken(&s);
    assert_int_equal(config.node_ttl, DNS_TTL_MAX_S);
    s.node_ttl_ms += 1000;
    assert_refused(&s, "--dns-node-ttl");
}

static void assert_recursor(size_t i, const char *address, uint16_t port)
{
    char text[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &config.recursors[i].sin6_addr, text, sizeof text);
    assert_string_equal(text, address);
    assert_int_equal(ntohs(config.recursors[i].sin6_port), port);
}

static void recursors_have_port_53_unless_they_say_another(void **state)
{
    struct dns_settings s = rig_settings();
    s.recursors = "10.0.0.2, 10.0.0.3:5353,fd00::2 ,[fd00::3]:54";
    assert_taken(&s);
    assert_int_equal(config.recursor_n, 4);
    assert_recursor(0, "::ffff:10.0.0.2", 53);
    assert_recursor(1, "::ffff:10.0.0.3", 5353);
    assert_recursor(2, "fd00::2", 53);
    assert_recursor(3, "fd00::3", 54);
    assert_true(config.style.recurses);
}

static void odd_recursors_are_refused(void **state)
{
    static const char *const bad[] = { "dns.example",   "10.0.0.2:", "10.0.0.2:0", "10.0.0.2:65536",
                                       "[10.0.0.2]:53", "fd00::2:x", ":53" };
    struct dns_settings s = rig_settings();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        s.recursors = bad[i];
        assert_refused(&s, "is no address");
    }
}

static void recursors_end_at_their_limit(void **state)
{
    static char text[(DNS_RECURSORS_MAX + 1) * 16];
    struct dns_settings s = rig_settings();
    size_t n = 0;
    for (unsigned i = 0; i < DNS_RECURSORS_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "10.0.0.%u,", i);
    s.recursors = text;
    assert_taken(&s);
    snprintf(text + n, sizeof text - n, "10.0.1.1");
    assert_refused(&s, "more than 16");
}

static void names_that_are_none_are_refused(void **state)
{
    struct dns_settings s = rig_settings();
    s.domain = "";
    assert_refused(&s, "--domain");
    s = rig_settings();
    s.alt_domain = "a..b";
    assert_refused(&s, "--alt-domain");
    s = rig_settings();
    s.datacenter = "";
    assert_refused(&s, "--datacenter");
    s = rig_settings();
    s.node_address = "host";
    assert_refused(&s, "is no address");
}

static int tear_down(void **state)
{
    dns_config_fini(&config);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_name_then_longest_prefix_then_all_count),
        cmocka_unit_test(without_a_rule_nothing_may_be_kept),
        cmocka_unit_test(odd_rules_are_refused),
        cmocka_unit_test(rules_end_at_their_limit),
        cmocka_unit_test(longest_time_to_live_is_taken_and_a_second_more_refused),
        cmocka_unit_test(recursors_have_port_53_unless_they_say_another),
        cmocka_unit_test(odd_recursors_are_refused),
        cmocka_unit_test(recursors_end_at_their_limit),
        cmocka_unit_test(names_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}

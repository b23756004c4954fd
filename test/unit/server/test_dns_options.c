/* DNS out of the options: whom it would ask, and what the node's address is. */
#include "server/dns_options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/udp.h"
#include "server/config_read.h"

static char listens[200], recursors[200];

/* What is said of a server with these two options; NULL: nothing. */
static const char *complaint(const char *listen, const char *recursor)
{
    static struct why why;
    struct config config;
    struct dns_config dns = { .recursor_n = 0 };
    struct self self;
    const char *help;
    snprintf(listens, sizeof listens, "--dns-listen=%s", listen);
    snprintf(recursors, sizeof recursors, "--recursors=%s", recursor);
    char *argv[] = { listens, recursors, NULL }, *none[] = { NULL };
    assert_int_equal(config_read(2, argv, none, &config, &help, &why), OK);
    assert_int_equal(self_find(&config, &config.arena, &self, &why), OK);
    struct dns_settings settings = dns_options_settings(&config, &self, &config.arena);
    assert_int_equal(dns_config_init(&dns, &settings, &why), OK);
    enum err e = dns_options_check(&config, &dns, &why);
    dns_config_fini(&dns);
    config_free(&config);
    return e == OK ? NULL : why.text;
}

static void server_that_would_ask_itself_is_refused(void **state)
{
    static const char *const bad[][2] = {
        { "127.0.0.1:8600", "127.0.0.1:8600" },
        { "localhost:8600", "10.0.0.1,127.0.0.1:8600" },
        { "10.0.0.1:8601,127.0.0.1:8600", "127.0.0.1:8600" },
        { ":8600", "127.0.0.1:8600" },
        { "0.0.0.0:8600", "127.0.0.2:8600" },
        { "[::]:8600", "[::1]:8600" },
        { "[::1]:53", "::1" },
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *said = complaint(bad[i][0], bad[i][1]);
        if (said == NULL || strstr(said, "would ask itself") == NULL)
            fail_msg("%s, %s: %s", bad[i][0], bad[i][1], said == NULL ? "taken" : said);
    }
}

static void other_recursors_are_taken(void **state)
{
    static const char *const good[][2] = {
        { "127.0.0.1:8600", "127.0.0.1" },  { "127.0.0.1:8600", "10.0.0.1:8600" },
        { "127.0.0.1:8600", "[::1]:8600" }, { ":8600", "10.0.0.1:8600" },
        { "off", "127.0.0.1:8600" },        { "127.0.0.1:8600", "" },
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (complaint(good[i][0], good[i][1]) != NULL)
            fail_msg("%s, %s is refused", good[i][0], good[i][1]);
}

static void nodes_address_is_what_dns_listens_on_if_nothing_else_says_one(void **state)
{
    struct config config;
    struct self self;
    struct why why;
    const char *help;
    char off[] = "--consul-listen=off", listen[] = "--dns-listen=192.0.2.7:53";
    char *argv[] = { off, listen, NULL }, *none[] = { NULL };
    assert_int_equal(config_read(2, argv, none, &config, &help, &why), OK);
    assert_int_equal(self_find(&config, &config.arena, &self, &why), OK);
    assert_string_equal(self.address, "192.0.2.7");
    config_free(&config);
}

static void rate_spares_this_machine_and_nobody_else(void **state)
{
    struct config config;
    struct self self;
    struct why why;
    const char *help;
    char rate[] = "--dns-rate-limit=7";
    char *argv[] = { rate, NULL }, *none[] = { NULL };
    struct udp_peer peer = { .from.in = { .sin_family = AF_INET } };
    assert_int_equal(config_read(1, argv, none, &config, &help, &why), OK);
    assert_int_equal(self_find(&config, &config.arena, &self, &why), OK);
    struct dns_settings settings = dns_options_settings(&config, &self, &config.arena);
    assert_int_equal(settings.rate_limit, 7);
    peer.from.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(settings.rate_spares(&peer));
    peer.from.in.sin_addr.s_addr = htonl(0x0a000001);
    assert_false(settings.rate_spares(&peer));
    config_free(&config);
}

static void own_nodes_metadata_is_what_consul_says_of_an_agent_and_the_options(void **state)
{
    struct config config;
    struct self self;
    struct why why;
    const char *help;
    char meta[] = "--node-meta=rack:1,a:b";
    char *argv[] = { meta, NULL }, *none[] = { NULL };
    assert_int_equal(config_read(1, argv, none, &config, &help, &why), OK);
    assert_int_equal(self_find(&config, &config.arena, &self, &why), OK);
    struct labels labels = dns_options_settings(&config, &self, &config.arena).node_metadata;
    assert_int_equal(labels.n, 4);
    assert_true(bytes_is(*labels_find(&labels, bytes_str("rack")), "1"));
    assert_true(bytes_is(*labels_find(&labels, bytes_str("consul-version")), CONSUL_VERSION));
    assert_true(bytes_is(labels.all[0].key, "a"));
    assert_true(bytes_is(labels.all[3].key, "rack"));
    config_free(&config);
}

static void token_is_that_of_dns_or_else_the_default(void **state)
{
    static const char *const rows[][3] = {
        { "", "", "" }, { "", "usual", "usual" }, { "own", "", "own" }, { "own", "usual", "own" }
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config config;
        struct self self;
        struct why why;
        const char *help;
        char own[40], usual[40];
        snprintf(own, sizeof own, "--acl-dns-token=%s", rows[i][0]);
        snprintf(usual, sizeof usual, "--acl-default-token=%s", rows[i][1]);
        char *argv[] = { own, usual, NULL }, *none[] = { NULL };
        assert_int_equal(config_read(2, argv, none, &config, &help, &why), OK);
        assert_int_equal(self_find(&config, &config.arena, &self, &why), OK);
        assert_string_equal(dns_options_settings(&config, &self, &config.arena).token, rows[i][2]);
        config_free(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_that_would_ask_itself_is_refused),
        cmocka_unit_test(other_recursors_are_taken),
        cmocka_unit_test(nodes_address_is_what_dns_listens_on_if_nothing_else_says_one),
        cmocka_unit_test(rate_spares_this_machine_and_nobody_else),
        cmocka_unit_test(token_is_that_of_dns_or_else_the_default),
        cmocka_unit_test(own_nodes_metadata_is_what_consul_says_of_an_agent_and_the_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

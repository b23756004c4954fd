/* Answers that a network of clients gets. */
#include "faces/dns/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <cmocka.h>

enum { RATE = 10, START_MS = 1000000 };

static struct dns_limit *limit;

static bool take(const char *address, uint64_t now_ms)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
        return dns_limit_take(limit, (struct sockaddr *)&v4, now_ms);
    assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
    return dns_limit_take(limit, (struct sockaddr *)&v6, now_ms);
}

static void use_up(const char *address, uint64_t now_ms)
{
    for (unsigned i = 0; i < RATE; i++)
        assert_true(take(address, now_ms));
}

static void as_many_as_the_rate_are_answered_and_no_more(void **state)
{
    use_up("10.0.0.1", START_MS);
    assert_false(take("10.0.0.1", START_MS));
}

static void tokens_come_back_with_time(void **state)
{
    use_up("10.0.0.1", START_MS);
    assert_false(take("10.0.0.1", START_MS + 99));
    assert_true(take("10.0.0.1", START_MS + 100));
    assert_false(take("10.0.0.1", START_MS + 100));
    use_up("10.0.0.1", START_MS + 10000); /* never more than a second's worth */
    assert_false(take("10.0.0.1", START_MS + 10000));
}

static void networks_are_counted_as_a_whole(void **state)
{
    use_up("10.0.0.1", START_MS);
    assert_false(take("10.0.0.254", START_MS));
    assert_false(take("::ffff:10.0.0.7", START_MS));
    use_up("2001:db8:0:a00::1", START_MS);
    assert_false(take("2001:db8:0:aff::2", START_MS)); /* /56 */
}

/* Buckets are shared by hash, so not every network has one of its own; of many nearly all have. */
static void other_networks_are_not_touched(void **state)
{
    unsigned answered = 0;
    use_up("10.0.0.1", START_MS);
    for (unsigned i = 0; i < 200; i++) {
        struct in_addr a = { .s_addr = htonl(0x0b000001 + (i << 8)) };
        char text[INET_ADDRSTRLEN];
        answered += take(inet_ntop(AF_INET, &a, text, sizeof text), START_MS);
    }
    assert_true(answered >= 198);
}

static int set_up(void **state)
{
    limit = dns_limit_new(RATE);
    return 0;
}

static int tear_down(void **state)
{
    dns_limit_free(limit);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(as_many_as_the_rate_are_answered_and_no_more),
        CASE(tokens_come_back_with_time),
        CASE(networks_are_counted_as_a_whole),
        CASE(other_networks_are_not_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

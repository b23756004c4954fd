/* Rendered answers: kept by name, type and room, in turns, and within a limit. */
#include "faces/dns/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct dns_cache *cache;
static const struct dns_stamp nothing;
static const struct dns_room room = { .bytes = 504, .answers_max = 3, .uncompressed = true };

static struct dns_query query(const char *name, uint16_t type)
{
    struct dns_query q = { .type = type, .class = 1 };
    assert_true(dname_parse(bytes_str(name), &q.name));
    return q;
}

static void put(const char *name, const char *answer, bool is_only)
{
    struct dns_query q = query(name, 1);
    dns_cache_put(cache, &q, &room, bytes_str(answer), &nothing, is_only);
}

static void assert_finds(const char *name, const char *answer)
{
    struct dns_query q = query(name, 1);
    struct bytes found = dns_cache_find(cache, &q, &room, NULL);
    if (answer == NULL)
        assert_null(found.p);
    else
        assert_true(bytes_is(found, answer));
}

static void answer_is_found_by_name_type_and_room(void **state)
{
    struct dns_query other_type = query("a", 28);
    struct dns_query q = query("a", 1);
    struct dns_room larger = room;
    larger.bytes++;
    put("a", "one", true);
    assert_finds("a", "one");
    assert_finds("b", NULL);
    assert_null(dns_cache_find(cache, &other_type, &room, NULL).p);
    assert_null(dns_cache_find(cache, &q, &larger, NULL).p);
}

static void only_order_is_given_for_ever(void **state)
{
    put("a", "one", true);
    for (unsigned i = 0; i < 10 * DNS_CACHE_USES * DNS_CACHE_ORDERS; i++)
        assert_finds("a", "one");
}

static void orders_take_turns_and_are_drawn_anew(void **state)
{
    char order[8];
    for (unsigned i = 0; i < DNS_CACHE_ORDERS; i++) {
        assert_finds("a", NULL);
        snprintf(order, sizeof order, "%u", i);
        put("a", order, false);
    }
    for (unsigned use = 1; use < DNS_CACHE_USES; use++)
        for (unsigned i = 0; i < DNS_CACHE_ORDERS; i++) {
            snprintf(order, sizeof order, "%u", i);
            assert_finds("a", order);
        }
    assert_finds("a", NULL); /* the first has been used up */
    put("a", "new", false);
    assert_finds("a", NULL); /* and so has the second */
}

static void nothing_is_left_after_a_drop(void **state)
{
    put("a", "one", true);
    assert_true(dns_cache_bytes(cache) > 0);
    dns_cache_drop(cache);
    assert_int_equal(dns_cache_bytes(cache), 0);
    assert_finds("a", NULL);
}

/* Fills a cache until an answer is dropped: it never held more than it may. */
static void what_is_above_the_limit_empties_it(void **state)
{
    char name[16];
    size_t most = 0;
    unsigned i = 0;
    for (size_t before = 0; dns_cache_bytes(cache) >= before; i++) {
        before = dns_cache_bytes(cache);
        most = before > most ? before : most;
        snprintf(name, sizeof name, "n%u", i);
        put(name, "an answer", true);
    }
    assert_true(most <= 100000 && most > 99000);
    assert_finds(name, "an answer");
    assert_finds("n0", NULL);
}

static void answer_larger_than_all_is_not_kept(void **state)
{
    static char large[100001];
    memset(large, 'x', sizeof large - 1);
    put("a", "one", true);
    put("b", large, true);
    assert_finds("a", "one");
    assert_finds("b", NULL);
}

static int set_up(void **state)
{
    cache = dns_cache_new(100000);
    return 0;
}

static int tear_down(void **state)
{
    dns_cache_free(cache);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(answer_is_found_by_name_type_and_room), CASE(only_order_is_given_for_ever),
        CASE(orders_take_turns_and_are_drawn_anew),  CASE(nothing_is_left_after_a_drop),
        CASE(what_is_above_the_limit_empties_it),    CASE(answer_larger_than_all_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "net/resolver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "test/lib/loops.h"

struct world {
    struct loop *loop;
    struct resolver *r;
    struct timer later;
    bool is_later;
};

struct asking {
    struct resolver_ask ask;
    struct addresses found;
    bool is_done;
};

static int set_up(void **state)
{
    static struct world w;
    w = (struct world){ 0 };
    assert_int_equal(loop_new("test", &w.loop), OK);
    w.r = resolver_new(w.loop, NULL);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    resolver_free(w->r);
    loop_free(w->loop);
    return 0;
}

static void on_found(struct resolver_ask *ask, const struct addresses *found)
{
    struct asking *a = CONTAINER_OF(ask, struct asking, ask);
    a->is_done = true;
    a->found = *found;
}

/* True if it was answered at once. */
static bool find(struct world *w, struct bytes name, struct asking *a)
{
    *a = (struct asking){ .ask.done = on_found };
    a->is_done = resolver_find(w->r, name, &a->ask, &a->found);
    return a->is_done;
}

static void wait_for(struct world *w, struct asking *a)
{
    assert_true(loops_run_until_set(w->loop, &a->is_done, LOOPS_DEADLINE_MS));
}

static void address_needs_no_look_up(void **state)
{
    struct asking a;
    assert_true(find(*state, bytes_str("127.0.0.1"), &a));
    assert_int_equal(a.found.n, 1);
    assert_int_equal(a.found.all[0].any.sa_family, AF_INET);
    assert_true(find(*state, bytes_str("::1"), &a));
    assert_int_equal(a.found.all[0].any.sa_family, AF_INET6);
}

static void name_is_looked_up_once(void **state)
{
    struct world *w = *state;
    struct asking first, second, third;
    assert_false(find(w, bytes_str("localhost"), &first));
    assert_false(find(w, bytes_str("localhost"), &second));
    wait_for(w, &first);
    wait_for(w, &second);
    assert_true(first.found.n > 0);
    assert_null(first.found.failure);
    assert_true(find(w, bytes_str("localhost"), &third));
    assert_int_equal(third.found.n, first.found.n);
}

static void on_later(struct timer *timer)
{
    CONTAINER_OF(timer, struct world, later)->is_later = true;
}

/* Makes a resolver that keeps what it finds for 1 ms, looks localhost up, and waits until that is
 * over. */
static void know_what_is_over(struct world *w, uint64_t stale_ms)
{
    struct asking a;
    resolver_free(w->r);
    w->r = resolver_new(w->loop, &(struct resolver_times){ .keep_ms = 1, .stale_ms = stale_ms });
    assert_false(find(w, bytes_str("localhost"), &a));
    wait_for(w, &a);
    timer_init(&w->later, w->loop, on_later);
    timer_start(&w->later, 2);
    assert_true(loops_run_until_set(w->loop, &w->is_later, LOOPS_DEADLINE_MS));
}

static void known_addresses_are_good_while_they_are_looked_up(void **state)
{
    struct world *w = *state;
    struct asking a;
    know_what_is_over(w, 1000 * 1000);
    assert_true(find(w, bytes_str("localhost"), &a));
    assert_true(find(w, bytes_str("localhost"), &a)); /* under way now */
    assert_true(a.found.n > 0);
}

static void known_addresses_are_not_good_for_ever(void **state)
{
    struct world *w = *state;
    struct asking a;
    know_what_is_over(w, 0);
    assert_false(find(w, bytes_str("localhost"), &a));
    wait_for(w, &a);
}

static void many_names_wait_their_turn(void **state)
{
    struct world *w = *state;
    struct asking all[8];
    char name[20];
    for (size_t i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "127.%zu", i); /* which getaddrinfo knows by itself */
        assert_false(find(w, bytes_str(name), &all[i]));
    }
    for (size_t i = 0; i < 8; i++)
        wait_for(w, &all[i]);
    assert_int_equal(all[7].found.n, 1);
}

static void canceled_ask_is_not_told(void **state)
{
    struct world *w = *state;
    struct asking canceled, other;
    assert_false(find(w, bytes_str("localhost"), &canceled));
    assert_false(find(w, bytes_str("localhost"), &other));
    resolver_cancel(&canceled.ask);
    wait_for(w, &other);
    assert_false(canceled.is_done);
}

static void what_is_no_name_fails_at_once(void **state)
{
    static uint8_t text[RESOLVER_NAME_MAX + 1];
    struct asking a;
    memset(text, 'a', sizeof(text));
    assert_true(find(*state, bytes_of(text, 0), &a));
    assert_non_null(a.found.failure);
    assert_true(find(*state, bytes_of("a\0b", 3), &a));
    assert_non_null(a.found.failure);
    assert_true(find(*state, bytes_of(text, RESOLVER_NAME_MAX + 1), &a));
    assert_string_equal(a.found.failure, "no host name");
    if (find(*state, bytes_of(text, RESOLVER_NAME_MAX), &a)) /* refused by the system, not by us */
        assert_string_not_equal(a.found.failure, "no host name");
    else
        resolver_cancel(&a.ask);
}

static void name_that_is_being_looked_up_outlives_its_resolver(void **state)
{
    struct world *w = *state;
    struct asking a;
    assert_false(find(w, bytes_str("localhost"), &a));
    resolver_cancel(&a.ask);
    /* the tear-down frees both; the sanitizer sees what is left */
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(address_needs_no_look_up),
        WORLD_TEST(name_is_looked_up_once),
        WORLD_TEST(known_addresses_are_good_while_they_are_looked_up),
        WORLD_TEST(known_addresses_are_not_good_for_ever),
        WORLD_TEST(many_names_wait_their_turn),
        WORLD_TEST(canceled_ask_is_not_told),
        WORLD_TEST(what_is_no_name_fails_at_once),
        WORLD_TEST(name_that_is_being_looked_up_outlives_its_resolver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

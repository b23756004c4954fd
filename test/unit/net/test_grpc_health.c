/* grpc.health.v1 over a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "net/grpc.h"
#include "test/lib/h2_pair.h"

static const char check[] = "/grpc.health.v1.Health/Check",
                  watch[] = "/grpc.health.v1.Health/Watch";
static const uint8_t serving[] = { 8, 1 }, not_serving[] = { 8, 2 }, unknown[] = { 8, 3 };

static int set_up(void **state)
{
    return h2_pair_start(state, NULL, false);
}

static void assert_status(const struct h2_stream *s, size_t at, const uint8_t wanted[2])
{
    struct bytes m = h2_message(s, at);
    assert_int_equal(m.n, 2);
    assert_memory_equal(m.p, wanted, 2);
}

static struct h2_stream *start_watch(struct h2_pair *f, struct bytes request)
{
    struct h2_stream *s = h2_call(f->c, watch, NULL, 0);
    h2_send_message(s, request);
    h2_end(s);
    assert_true(h2_wait_messages(s, 1));
    return s;
}

static void server_as_a_whole_is_serving(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_unary(f->c, check, bytes_of("", 0));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_status(s, 0, serving);
}

static void named_service_is_unknown(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_unary(f->c, check, bytes_str("\x0a\x09test.Echo"));
    assert_int_equal(h2_grpc_status(s), GRPC_NOT_FOUND);
    assert_string_equal(h2_grpc_message(s), "unknown service");
}

static void unreadable_request_is_refused(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_unary(f->c, check, bytes_str("\x0a\x7fshort"));
    assert_int_equal(h2_grpc_status(s), GRPC_INTERNAL);
}

static void check_follows_the_server(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *w = start_watch(f, bytes_of("", 0));
    net_server_set_serving(f->d->server, false);
    assert_true(h2_wait_messages(w, 2)); /* the news has reached the thread */
    assert_status(h2_unary(f->c, check, bytes_of("", 0)), 0, not_serving);
}

static void watch_is_told_each_change_once(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = start_watch(f, bytes_of("", 0));
    net_server_set_serving(f->d->server, true); /* no change */
    net_server_set_serving(f->d->server, false);
    net_server_set_serving(f->d->server, false);
    net_server_set_serving(f->d->server, true);
    assert_true(h2_wait_messages(s, 3));
    assert_int_equal(h2_messages(s), 3);
    assert_status(s, 0, serving);
    assert_status(s, 1, not_serving);
    assert_status(s, 2, serving);
    assert_false(s->closed);
}

static void watch_of_an_unknown_service_stays(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = start_watch(f, bytes_str("\x0a\x04nope"));
    assert_status(s, 0, unknown);
    h2_unary(f->c, check, bytes_of("", 0));
    assert_false(s->closed);
}

static void watch_that_was_cancelled_is_not_told(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = start_watch(f, bytes_of("", 0));
    struct h2_stream *other = start_watch(f, bytes_of("", 0));
    h2_reset(s, 8);
    h2_unary(f->c, check, bytes_of("", 0)); /* the reset has been read by then */
    net_server_set_serving(f->d->server, false);
    assert_true(h2_wait_messages(other, 2));
    assert_int_equal(h2_messages(s), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, h2_pair_stop)
    const struct CMUnitTest tests[] = {
        TEST(server_as_a_whole_is_serving),         TEST(named_service_is_unknown),
        TEST(unreadable_request_is_refused),        TEST(check_follows_the_server),
        TEST(watch_is_told_each_change_once),       TEST(watch_of_an_unknown_service_stays),
        TEST(watch_that_was_cancelled_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

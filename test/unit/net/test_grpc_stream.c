/* Streaming calls: order, flow control, pausing, and that none holds up another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/conn.h"
#include "net/grpc.h"
#include "test/lib/h2_pair.h"

static int set_up(void **state)
{
    const struct net_limits limits = { .stream_buffer_max = 4 << 20 };
    return h2_pair_start(state, &limits, false);
}

static void assert_message(const struct h2_stream *s, size_t at, const char *text)
{
    struct bytes got = h2_message(s, at);
    assert_int_equal(got.n, strlen(text));
    assert_memory_equal(got.p, text, got.n);
}

static void server_stream_keeps_its_order(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Count", bytes_str("1000"));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_int_equal(h2_messages(s), 1000);
    assert_message(s, 0, "1");
    assert_message(s, 499, "500");
    assert_message(s, 999, "1000");
}

static void client_stream_is_answered_at_its_end(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Sum", NULL, 0);
    h2_send_message(s, bytes_str("one"));
    h2_send_message(s, bytes_str("three"));
    assert_true(h2_flush(f->c));
    h2_send_message(s, bytes_str("four"));
    h2_end(s);
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_message(s, 0, "3 12");
}

static void empty_client_stream_is_no_error(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Sum", NULL, 0);
    h2_end(s);
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_message(s, 0, "0 0");
}

static void both_sides_take_turns(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Chat", NULL, 0);
    for (size_t i = 0; i < 20; i++) {
        char text[16];
        snprintf(text, sizeof(text), "turn %zu", i);
        h2_send_message(s, bytes_str(text));
        assert_true(h2_wait_messages(s, i + 1));
        assert_message(s, i, text);
    }
    assert_false(s->closed);
    h2_end(s);
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
}

static void shared_chunk_follows_its_head(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Shared", bytes_str("x"));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_int_equal(h2_messages(s), 3);
    for (size_t i = 0; i < 3; i++) {
        struct bytes m = h2_message(s, i);
        assert_int_equal(m.n, 100001);
        assert_int_equal(m.p[0], 'a' + i);
        for (size_t k = 1; k < m.n; k++)
            assert_int_equal(m.p[k], 's');
    }
}

/* -- the client does not read ------------------------------------------------------------------ */

static struct h2_client *stingy(struct h2_pair *f)
{
    const struct h2_options options = { .no_auto_window = true };
    return h2_client_new(f->d->port, &options);
}

static void unread_stream_stops_its_producer(void **state)
{
    struct h2_pair *f = *state;
    struct h2_client *c = stingy(f);
    struct h2_stream *s = h2_call(c, "/test.Echo/Count", NULL, 0);
    h2_send_message(s, bytes_str("1000000"));
    h2_end(s);
    assert_true(h2_wait_body(s, 65535)); /* the window */
    for (int i = 0; i < 100; i++) {      /* and then as we grant it */
        size_t had = s->body.n;
        h2_consume(s, 65535);
        assert_true(h2_wait_body(s, had + 65535 / 2));
    }
    assert_in_range(grpcd_most_pending(), CONN_OUT_HIGH, CONN_OUT_HIGH + 1024);
    h2_client_free(c);
    assert_true(loops_event_wait(&f->d->gone, 1, LOOPS_DEADLINE_MS));
    assert_int_equal(grpcd_last_why(), ERR_CLOSED);
}

static void stalled_stream_does_not_block_another(void **state)
{
    struct h2_pair *f = *state;
    const struct h2_options options = { .no_auto_window = true, .connection_window = 1 << 20 };
    struct h2_client *c = h2_client_new(f->d->port, &options);
    struct h2_stream *stalled = h2_call(c, "/test.Echo/Count", NULL, 0);
    h2_send_message(stalled, bytes_str("1000000"));
    h2_end(stalled);
    assert_true(h2_wait_body(stalled, 65535));
    struct h2_stream *other = h2_unary(c, "/test.Echo/Echo", bytes_str("x"));
    assert_int_equal(h2_grpc_status(other), GRPC_OK);
    h2_client_free(c);
}

static void trailers_pass_a_window_of_zero(void **state)
{
    struct h2_pair *f = *state;
    /* The answer, prefix included, is exactly what the window takes. */
    struct h2_client *c = stingy(f);
    uint8_t p[65530] = { 0 };
    struct h2_stream *s = h2_unary(c, "/test.Echo/Echo", bytes_of(p, sizeof(p)));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_int_equal(s->body.n, 65535);
    h2_client_free(c);
}

static void late_trailers_pass_a_window_of_zero(void **state)
{
    struct h2_pair *f = *state;
    struct h2_client *c = stingy(f);
    struct h2_stream *s = h2_call(c, "/test.Echo/Chat", NULL, 0);
    uint8_t p[65530] = { 0 };
    h2_send_message(s, bytes_of(p, sizeof(p)));
    assert_true(h2_wait_body(s, 65535));
    h2_end(s);
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    h2_client_free(c);
}

/* -- the server does not take ------------------------------------------------------------------ */

static void paused_call_gets_no_more_messages(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Slow", NULL, 0);
    for (int i = 0; i < 10; i++)
        h2_send_message(s, bytes_str("m"));
    h2_end(s);
    assert_true(h2_wait_messages(s, 1));
    h2_unary(f->c, "/test.Echo/Echo", bytes_str("x")); /* what follows has been read by then */
    assert_int_equal(grpcd_slow_messages(), 1);
    assert_false(s->closed);
    grpcd_release(f->d);
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_messages(s), 10);
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
}

static void paused_call_stops_its_client(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Slow", NULL, 0);
    uint8_t *p = mem_zalloc(1, 100000);
    for (int i = 0; i < 50; i++)
        h2_send_message(s, bytes_of(p, 100000));
    h2_end(s);
    assert_true(h2_wait_messages(s, 1));
    for (int i = 0; i < 5; i++)
        h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    assert_in_range(s->out_at, 100005, 2 << 20); /* one window, and what was taken */
    grpcd_release(f->d);
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_messages(s), 50);
    mem_free(p);
}

static void paused_call_does_not_block_another(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Slow", NULL, 0);
    uint8_t *p = mem_zalloc(1, 1 << 20);
    h2_send_message(s, bytes_str("first"));
    h2_send_message(s, bytes_of(p, 1 << 20));
    assert_true(h2_wait_messages(s, 1));
    struct h2_stream *other = h2_unary(f->c, "/test.Echo/Echo", bytes_of(p, 1 << 20));
    assert_int_equal(h2_grpc_status(other), GRPC_OK);
    mem_free(p);
}

/* -- half messages ----------------------------------------------------------------------------- */

enum { HALVES_MAX = 60, HALF_BYTES = 1000000 };

/* A server that may hold 1 MiB, four in need, and N calls whose last byte has not been sent. */
static void start_halves(struct h2_pair *f, struct h2_stream **calls, unsigned n)
{
    const uint8_t prefix[5] = { 0, 0, 15, 66, 64 }; /* HALF_BYTES to come */
    const struct net_limits limits = { .stream_buffer_max = 1 << 20 };
    h2_client_free(f->c);
    httpd_free(f->d);
    f->d = grpcd_start(&limits, false);
    f->c = h2_client_new(f->d->port, NULL);
    uint8_t *p = mem_zalloc(1, HALF_BYTES);
    for (unsigned i = 0; i < n; i++) {
        calls[i] = h2_call(f->c, "/test.Echo/Echo", NULL, 0);
        h2_send(calls[i], bytes_of(prefix, sizeof(prefix)));
        h2_send(calls[i], bytes_of(p, HALF_BYTES - 1));
    }
    mem_free(p);
}

static void send_last_bytes(struct h2_stream **calls, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (calls[i]->closed)
            continue;
        h2_send(calls[i], bytes_of("x", 1));
        h2_end(calls[i]);
    }
}

static void many_large_messages_at_once_all_become_whole(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *calls[10];
    start_halves(f, calls, 10);
    struct h2_stream *other = h2_unary(f->c, "/test.Echo/Echo", bytes_str("small"));
    assert_int_equal(h2_grpc_status(other), GRPC_OK);
    send_last_bytes(calls, 10);
    for (unsigned i = 0; i < 10; i++) {
        assert_true(h2_wait_closed(calls[i]));
        assert_int_equal(h2_grpc_status(calls[i]), GRPC_OK);
        assert_int_equal(h2_message(calls[i], 0).n, HALF_BYTES);
    }
}

static void half_messages_do_not_hold_memory_without_bound(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *calls[HALVES_MAX];
    unsigned refused = 0;
    start_halves(f, calls, HALVES_MAX);
    struct h2_stream *other = h2_unary(f->c, "/test.Echo/Echo", bytes_str("small"));
    assert_int_equal(h2_grpc_status(other), GRPC_OK);
    send_last_bytes(calls, HALVES_MAX);
    for (unsigned i = 0; i < HALVES_MAX; i++) {
        assert_true(h2_wait_closed(calls[i]));
        int status = h2_grpc_status(calls[i]);
        assert_true(status == GRPC_OK || status == GRPC_RESOURCE_EXHAUSTED);
        refused += status == GRPC_RESOURCE_EXHAUSTED;
    }
    assert_in_range(refused, 1, HALVES_MAX - 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, h2_pair_stop)
    const struct CMUnitTest tests[] = {
        TEST(server_stream_keeps_its_order),
        TEST(client_stream_is_answered_at_its_end),
        TEST(empty_client_stream_is_no_error),
        TEST(both_sides_take_turns),
        TEST(shared_chunk_follows_its_head),
        TEST(unread_stream_stops_its_producer),
        TEST(stalled_stream_does_not_block_another),
        TEST(trailers_pass_a_window_of_zero),
        TEST(late_trailers_pass_a_window_of_zero),
        TEST(paused_call_gets_no_more_messages),
        TEST(paused_call_stops_its_client),
        TEST(paused_call_does_not_block_another),
        TEST(many_large_messages_at_once_all_become_whole),
        TEST(half_messages_do_not_hold_memory_without_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

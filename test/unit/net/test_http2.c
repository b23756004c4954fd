/* HTTP/2 connections: plain requests over them, keeping them alive, ending them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <nghttp2/nghttp2.h>

#include "base/mem.h"
#include "net/conn.h"
#include "net/grpc.h"
#include "test/lib/grpcd.h"
#include "test/lib/h2_client.h"

struct fixture {
    struct httpd *d;
    struct h2_client *c;
    struct loops_event drained;
};

static int set_up_with(void **state, const struct net_limits *limits)
{
    struct fixture *f = mem_zalloc(1, sizeof(*f));
    f->d = grpcd_start(limits, true);
    f->c = h2_client_new(f->d->port, NULL);
    loops_event_init(&f->drained);
    *state = f;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, NULL);
}

static int set_up_impatient(void **state)
{
    const struct net_limits limits = { .keepalive_idle_ms = 50,
                                       .keepalive_timeout_ms = 100,
                                       .header_timeout_ms = 50 };
    return set_up_with(state, &limits);
}

static int set_up_narrow(void **state)
{
    const struct net_limits limits = { .streams_max = 3 };
    return set_up_with(state, &limits);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    h2_client_free(f->c);
    httpd_free(f->d);
    loops_event_fini(&f->drained);
    mem_free(f);
    return 0;
}

static void assert_body(const struct h2_stream *s, const char *text)
{
    assert_int_equal(s->body.n, strlen(text));
    assert_memory_equal(s->body.p, text, s->body.n);
}

static struct h2_stream *get(struct fixture *f, const char *path)
{
    struct h2_stream *s = h2_get(f->c, "GET", path);
    assert_true(h2_wait_closed(s));
    return s;
}

static struct h2_stream *post(struct fixture *f, const char *path, struct bytes body)
{
    const struct h2_field fields[] = { { ":method", "POST" },
                                       { ":scheme", "http" },
                                       { ":path", path },
                                       { ":authority", "localhost" },
                                       { "content-type", "text/plain" } };
    struct h2_stream *s = h2_open(f->c, fields, ARRAY_LEN(fields), false);
    h2_send(s, body);
    h2_end(s);
    assert_true(h2_wait_closed(s));
    return s;
}

/* -- plain requests ---------------------------------------------------------------------------- */

static void page_is_served(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = get(f, "/hello");
    assert_int_equal(h2_status(s), 200);
    assert_body(s, "hello");
    assert_string_equal(h2_value(s, "content-length"), "5");
    assert_string_equal(h2_value(s, "content-type"), "text/plain");
    assert_null(h2_value(s, "grpc-status"));
}

static void body_reaches_the_handler(void **state)
{
    struct fixture *f = *state;
    size_t n = 1 << 20;
    char *p = mem_zalloc(1, n);
    memset(p, 'e', n);
    struct h2_stream *s = post(f, "/echo", bytes_of(p, n));
    assert_int_equal(h2_status(s), 200);
    assert_int_equal(s->body.n, n);
    assert_memory_equal(s->body.p, p, n);
    mem_free(p);
}

static void body_above_the_limit_is_413(void **state)
{
    struct fixture *f = *state;
    size_t n = (1 << 20) + 1;
    char *p = mem_zalloc(1, n);
    assert_int_equal(h2_status(post(f, "/echo", bytes_of(p, n))), 413);
    mem_free(p);
}

static void head_has_the_length_and_no_body(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = h2_get(f->c, "HEAD", "/hello");
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_status(s), 200);
    assert_string_equal(h2_value(s, "content-length"), "5");
    assert_int_equal(s->body.n, 0);
}

static void unknown_page_is_404(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(h2_status(get(f, "/nope")), 404);
}

static void long_answer_comes_whole(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(get(f, "/big?n=5000000")->body.n, 5000000);
}

static void stream_of_pieces_follows_the_reader(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = get(f, "/stream?n=3000");
    assert_int_equal(s->body.n, 3000 * 1024);
    assert_int_equal(s->code, 0);
    assert_in_range(f->d->threads[0].most_pending, CONN_OUT_HIGH, CONN_OUT_HIGH + 2048);
}

static void aborted_answer_is_a_reset(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = get(f, "/abort");
    assert_int_not_equal(s->code, NGHTTP2_NO_ERROR);
}

static void handler_learns_that_its_client_has_gone(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = h2_get(f->c, "GET", "/hold");
    assert_true(h2_flush(f->c));
    assert_true(loops_event_wait(&f->d->held, 1, LOOPS_DEADLINE_MS));
    h2_reset(s, NGHTTP2_CANCEL);
    assert_true(h2_flush(f->c));
    assert_true(loops_event_wait(&f->d->gone, 1, LOOPS_DEADLINE_MS));
}

static void late_answer_is_sent(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = h2_get(f->c, "GET", "/hold");
    assert_true(h2_flush(f->c));
    assert_true(loops_event_wait(&f->d->held, 1, LOOPS_DEADLINE_MS));
    httpd_release(f->d);
    assert_true(h2_wait_closed(s));
    assert_body(s, "released");
}

static void pages_and_calls_share_a_connection(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *page = h2_get(f->c, "GET", "/hello");
    struct h2_stream *call = h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    assert_true(h2_wait_closed(page));
    assert_int_equal(h2_grpc_status(call), GRPC_OK);
    assert_body(page, "hello");
}

/* -- the connection ---------------------------------------------------------------------------- */

static void streams_above_the_limit_are_refused_alone(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *held[4];
    for (int i = 0; i < 4; i++) /* the client does not know the limit yet */
        held[i] = h2_get(f->c, "GET", "/hold");
    assert_true(h2_wait_any_closed(f->c, 1));
    assert_int_equal(held[3]->code, NGHTTP2_REFUSED_STREAM);
    assert_false(held[0]->closed || held[1]->closed || held[2]->closed);
    assert_false(h2_has_goaway(f->c));
    assert_int_equal(h2_remote_setting(f->c, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS), 3);
    h2_client_free(f->c); /* the held ones hear that it has gone */
    assert_true(loops_event_wait(&f->d->gone, 3, LOOPS_DEADLINE_MS));
    f->c = h2_client_new(f->d->port, NULL);
}

static void silent_client_is_pinged_and_stays_if_it_answers(void **state)
{
    struct fixture *f = *state;
    assert_true(h2_wait_pings(f->c, 3));
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
}

static void client_that_answers_no_ping_is_closed(void **state)
{
    struct fixture *f = *state;
    static const char greeting[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                   "\0\0\0\4\0\0\0\0\0";
    struct client *c = client_tcp(f->d->port);
    assert_true(client_send(c, greeting, sizeof(greeting) - 1));
    assert_true(client_read_to_end(c));
    client_close(c);
}

static void client_without_settings_is_closed(void **state)
{
    struct fixture *f = *state;
    struct client *c = client_tcp(f->d->port);
    assert_true(client_send_str(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    assert_true(client_read_to_end(c));
    client_close(c);
}

static void broken_preface_is_closed(void **state)
{
    struct fixture *f = *state;
    struct client *c = client_tcp(f->d->port);
    assert_true(client_send_str(c, "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"));
    assert_true(client_read_to_end(c));
    client_close(c);
}

static void broken_frame_is_answered_by_goaway(void **state)
{
    struct fixture *f = *state;
    h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    h2_frame(f->c, NGHTTP2_DATA, 0, 0, bytes_str("on no stream"));
    assert_true(h2_wait_goaway(f->c));
    assert_int_equal(h2_goaway_code(f->c), NGHTTP2_PROTOCOL_ERROR);
    assert_true(h2_wait_end(f->c));
}

static void preface_cut_at_every_byte_is_understood(void **state)
{
    struct fixture *f = *state;
    static const char greeting[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                   "\0\0\0\4\0\0\0\0\0"
                                   "\0\0\x08\6\0\0\0\0\0abcdefgh";
    for (size_t cut = 1; cut < sizeof(greeting) - 1; cut++) {
        struct client *c = client_tcp(f->d->port);
        assert_true(client_send(c, greeting, cut));
        assert_true(client_send(c, greeting + cut, sizeof(greeting) - 1 - cut));
        assert_true(client_read_until(c, "abcdefgh"));
        client_close(c);
    }
}

/* -- goodbye ----------------------------------------------------------------------------------- */

static void note(void *ctx)
{
    loops_event_happen(ctx);
}

static void start_drain(struct fixture *f)
{
    net_server_drain(f->d->server, LOOPS_DEADLINE_MS, note, &f->drained);
}

static void idle_connection_says_goodbye(void **state)
{
    struct fixture *f = *state;
    h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    start_drain(f);
    assert_true(h2_wait_end(f->c));
    assert_true(h2_has_goaway(f->c));
    assert_int_equal(h2_goaway_code(f->c), NGHTTP2_NO_ERROR);
    assert_true(loops_event_wait(&f->drained, 1, LOOPS_DEADLINE_MS));
}

static void running_call_is_finished_before_goodbye(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Late", NULL, 0);
    h2_send_message(s, bytes_str("late"));
    h2_end(s);
    assert_true(h2_flush(f->c));
    assert_true(loops_event_wait(&f->d->held, 1, LOOPS_DEADLINE_MS));
    start_drain(f);
    assert_true(h2_wait_goaway(f->c)); /* the first allows what is on its way */
    assert_int_equal(h2_goaway_last(f->c), INT32_MAX);
    grpcd_release(f->d);
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_true(h2_wait_end(f->c));
    assert_int_equal(h2_goaway_code(f->c), NGHTTP2_NO_ERROR);
    assert_true(loops_event_wait(&f->drained, 1, LOOPS_DEADLINE_MS));
}

static void call_sent_before_goodbye_was_read_is_served(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *held = h2_call(f->c, "/test.Echo/Late", NULL, 0);
    h2_send_message(held, bytes_str("late"));
    h2_end(held);
    assert_true(h2_flush(f->c));
    assert_true(loops_event_wait(&f->d->held, 1, LOOPS_DEADLINE_MS));
    start_drain(f);
    /* Nothing has been read: this one does not know yet. */
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    grpcd_release(f->d);
    assert_true(h2_wait_end(f->c));
    assert_true(loops_event_wait(&f->drained, 1, LOOPS_DEADLINE_MS));
}

static void client_that_leaves_is_forgotten(void **state)
{
    struct fixture *f = *state;
    h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    client_half_close(h2_client_socket(f->c));
    assert_true(h2_wait_end(f->c));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define IMPATIENT(name) cmocka_unit_test_setup_teardown(name, set_up_impatient, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(page_is_served),
        TEST(body_reaches_the_handler),
        TEST(body_above_the_limit_is_413),
        TEST(head_has_the_length_and_no_body),
        TEST(unknown_page_is_404),
        TEST(long_answer_comes_whole),
        TEST(stream_of_pieces_follows_the_reader),
        TEST(aborted_answer_is_a_reset),
        TEST(handler_learns_that_its_client_has_gone),
        TEST(late_answer_is_sent),
        TEST(pages_and_calls_share_a_connection),
        cmocka_unit_test_setup_teardown(streams_above_the_limit_are_refused_alone, set_up_narrow,
                                        tear_down),
        IMPATIENT(silent_client_is_pinged_and_stays_if_it_answers),
        IMPATIENT(client_that_answers_no_ping_is_closed),
        IMPATIENT(client_without_settings_is_closed),
        TEST(broken_preface_is_closed),
        TEST(broken_frame_is_answered_by_goaway),
        TEST(preface_cut_at_every_byte_is_understood),
        TEST(idle_connection_says_goodbye),
        TEST(running_call_is_finished_before_goodbye),
        TEST(call_sent_before_goodbye_was_read_is_served),
        TEST(client_that_leaves_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

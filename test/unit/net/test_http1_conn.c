/* HTTP/1.1 over sockets: order, keep-alive, limits in time and size, endings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "net/conn.h"
#include "test/lib/httpd.h"

static struct httpd *h;
static struct client *c;

static int set_up(void **state)
{
    h = httpd_start(1, NULL);
    c = httpd_client(h);
    return 0;
}

static int set_up_hasty(void **state)
{
    const struct net_limits limits = { .header_timeout_ms = 100, .idle_timeout_ms = 200 };
    h = httpd_start(1, &limits);
    c = httpd_client(h);
    return 0;
}

static int set_up_small(void **state)
{
    h = httpd_new(1, NULL);
    h->http.body_max = 10;
    httpd_listen(h, "127.0.0.1:0", NULL, false);
    httpd_run(h);
    c = httpd_client(h);
    return 0;
}

static int tear_down(void **state)
{
    client_close(c);
    httpd_free(h);
    return 0;
}

static void ask(const char *method_and_path, const char *rest)
{
    char text[1024];
    snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: localhost\r\n%s", method_and_path, rest);
    assert_true(client_send_str(c, text));
}

#define HELLO "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"

static void assert_received(const char *expected)
{
    struct bytes got = client_received(c);
    if (!bytes_is(got, expected))
        fail_msg("'%.*s' instead of '%s'", (int)got.n, (const char *)got.p, expected);
}

static void request_is_answered(void **state)
{
    ask("GET /hello", "\r\n");
    assert_true(client_read_bytes(c, strlen(HELLO)));
    assert_received(HELLO);
}

static void connection_stays_for_the_next_request(void **state)
{
    for (unsigned i = 0; i < 3; i++) {
        client_forget(c);
        ask("GET /hello", "\r\n");
        assert_true(client_read_bytes(c, strlen(HELLO)));
    }
}

static void request_sent_byte_by_byte_is_answered(void **state)
{
    const char text[] = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        assert_true(client_send(c, text + i, 1));
    assert_true(client_read_until(c, "\r\n\r\nabc"));
}

static void pipelined_requests_are_answered_in_their_order(void **state)
{
    struct buf in;
    buf_init(&in, 1 << 20);
    for (unsigned i = 0; i < 1000; i++)
        buf_printf(&in, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n<%03u>", i);
    assert_true(client_send(c, in.p, in.n));
    assert_true(client_read_until(c, "<999>"));
    const char *at = (const char *)client_received(c).p;
    for (unsigned i = 0; i < 1000; i++) {
        char expected[8];
        snprintf(expected, sizeof(expected), "<%03u>", i);
        at = strchr(at, '<');
        assert_non_null(at);
        assert_memory_equal(at, expected, 5);
        at++;
    }
    buf_fini(&in);
}

/* All their answers at once would be more than a connection may ever have to send. */
static void pipelined_requests_wait_for_a_client_that_does_not_read(void **state)
{
    struct buf in;
    buf_init(&in, 1 << 20);
    for (unsigned i = 0; i < 1400; i++)
        buf_printf(&in, "GET /big?n=400000 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(client_send(c, in.p, in.n));
    for (unsigned i = 0; i < 20; i++) {
        client_forget(c);
        assert_true(client_read_bytes(c, 400000));
    }
    buf_fini(&in);
}

static void pipelined_requests_are_answered_to_a_client_that_has_ended(void **state)
{
    struct buf in;
    buf_init(&in, 1 << 20);
    for (unsigned i = 0; i < 20; i++)
        buf_printf(&in, "GET /big?n=400000 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(client_send(c, in.p, in.n));
    client_half_close(c);
    assert_true(client_read_to_end(c));
    assert_in_range(client_received(c).n, 20 * 400000, 21 * 400000);
    buf_fini(&in);
}

/* Each must reach the stage that answers before it has passed, for nothing else wakes the loop. */
static void pipelined_requests_are_answered_a_turn_each(void **state)
{
    struct buf in;
    buf_init(&in, 1 << 20);
    for (unsigned i = 0; i < 50; i++)
        buf_printf(&in, "GET /turn HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(client_send(c, in.p, in.n));
    buf_clear(&in, 0);
    for (unsigned i = 0; i < 50; i++)
        buf_printf(&in,
                   "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nturn");
    assert_true(client_read_bytes(c, in.n));
    assert_memory_equal(client_received(c).p, in.p, in.n);
    buf_fini(&in);
}

static void request_behind_one_that_is_held_waits_for_it(void **state)
{
    ask("GET /hold", "\r\n");
    ask("GET /hello", "\r\n");
    assert_true(loops_event_wait(&h->held, 1, LOOPS_DEADLINE_MS));
    httpd_release(h);
    assert_true(client_read_until(c, "hello"));
    const char *text = (const char *)client_received(c).p;
    assert_true(strstr(text, "released") < strstr(text, "hello"));
}

static void many_held_requests_in_a_row_do_not_nest(void **state)
{
    for (unsigned i = 1; i <= 50; i++)
        ask("GET /hold", "\r\n");
    for (unsigned i = 1; i <= 50; i++) {
        assert_true(loops_event_wait(&h->held, i, LOOPS_DEADLINE_MS));
        httpd_release(h);
    }
    ask("GET /hello", "\r\n");
    assert_true(client_read_until(c, "hello"));
}

static void more_pipelined_than_one_read_is_all_answered(void **state)
{
    struct buf in;
    buf_init(&in, 1 << 22);
    /* What is held must end somewhere, and the peer must not be cut off for it. */
    buf_put_str(&in, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    for (unsigned i = 0; i < 70; i++) {
        buf_put_str(&in, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n");
        memset(buf_extend(&in, 10000), 'e', 10000);
    }
    buf_put_str(&in, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(client_send(c, in.p, in.n));
    assert_true(loops_event_wait(&h->held, 1, LOOPS_DEADLINE_MS));
    httpd_release(h);
    assert_true(client_read_until(c, "hello"));
    assert_true(client_received(c).n > 700000);
    buf_fini(&in);
}

static void head_gets_no_body(void **state)
{
    ask("HEAD /hello", "\r\n");
    ask("GET /hello", "Connection: close\r\n\r\n");
    assert_true(client_read_to_end(c));
    assert_received("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\n"
                    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n"
                    "connection: close\r\n\r\nhello");
}

static void chunked_body_is_joined(void **state)
{
    ask("POST /echo", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
    assert_true(client_read_until(c, "\r\n\r\nabcdef"));
}

static void answer_in_pieces_is_chunked(void **state)
{
    ask("GET /stream?n=2", "\r\n");
    assert_true(client_read_until(c, "\r\n0\r\n\r\n"));
    assert_true(client_has(c, "transfer-encoding: chunked\r\n"));
    assert_true(client_has(c, "\r\n400\r\nsss"));
}

static void http_1_0_gets_pieces_until_the_close(void **state)
{
    assert_true(client_send_str(c, "GET /stream?n=3 HTTP/1.0\r\n\r\n"));
    assert_true(client_read_to_end(c));
    assert_false(client_has(c, "chunked"));
    assert_true(client_has(c, "connection: close"));
    struct bytes got = client_received(c);
    assert_int_equal(got.p[got.n - 1], 's');
}

static void http_1_0_keeps_alive_if_it_asks(void **state)
{
    assert_true(client_send_str(c, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    assert_true(client_read_until(c, "connection: keep-alive\r\n\r\nhello"));
    client_forget(c);
    assert_true(client_send_str(c, "GET /hello HTTP/1.0\r\n\r\n"));
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, "connection: close\r\n\r\nhello"));
}

static void expect_continue_is_answered_before_the_body(void **state)
{
    ask("POST /echo", "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_true(client_read_until(c, "HTTP/1.1 100 Continue\r\n\r\n"));
    client_forget(c);
    assert_true(client_send_str(c, "abc"));
    assert_true(client_read_until(c, "\r\n\r\nabc"));
}

static void upgrade_to_h2c_is_answered_as_http_1_1(void **state)
{
    ask("GET /hello", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                      "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
    assert_true(client_read_bytes(c, strlen(HELLO)));
    assert_received(HELLO);
}

static void connection_close_closes_after_the_answer(void **state)
{
    ask("GET /hello", "Connection: close\r\n\r\nGET /hello HTTP/1.1\r\n\r\n");
    assert_true(client_read_to_end(c));
    assert_received("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n"
                    "connection: close\r\n\r\nhello");
}

/* -- what is refused -- */

static void malformed_request_is_answered_and_closed(void **state)
{
    assert_true(client_send_str(c, "GET /hello HTTP/1.1\r\n\r\n"));
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, "HTTP/1.1 400 Bad Request\r\n"));
    assert_true(client_has(c, "connection: close\r\n"));
    assert_false(client_was_reset(c));
}

static void good_request_before_a_bad_one_is_answered(void **state)
{
    ask("GET /hello", "\r\n");
    assert_true(client_send_str(c, "BREW / HTTP/1.1\r\n\r\n"));
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, HELLO "HTTP/1.1 501 Not Implemented\r\n"));
}

static void announced_body_over_the_limit_is_refused_unread(void **state)
{
    ask("POST /echo", "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n");
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, "HTTP/1.1 413 Content Too Large\r\n"));
    assert_true(client_has(c, "\r\n\r\nContent Too Large: a request's body has at most 10 bytes"));
    assert_false(client_has(c, "100 Continue"));
}

static void chunked_body_over_the_limit_is_refused(void **state)
{
    ask("POST /echo", "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\nabcde\r\n0\r\n\r\n");
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, "HTTP/1.1 413 Content Too Large\r\n"));
}

static void body_of_just_the_limit_is_taken(void **state)
{
    ask("POST /echo", "Content-Length: 10\r\n\r\n0123456789");
    assert_true(client_read_until(c, "\r\n\r\n0123456789"));
}

static void client_still_sending_a_refused_body_sees_the_answer(void **state)
{
    char piece[16384] = { 0 };
    ask("POST /echo", "Content-Length: 100000000\r\n\r\n");
    for (unsigned i = 0; i < 64; i++)
        if (!client_send(c, piece, sizeof(piece)))
            break;
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, "HTTP/1.1 413 Content Too Large\r\n"));
}

static void head_that_does_not_come_times_out(void **state)
{
    ask("GET /hello", "X-Never-");
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, "HTTP/1.1 408 Request Timeout\r\n"));
}

static void body_that_does_not_come_times_out(void **state)
{
    ask("POST /echo", "Content-Length: 10\r\n\r\nabc");
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, "HTTP/1.1 408 Request Timeout\r\n"));
}

static void idle_connection_is_closed_without_a_word(void **state)
{
    ask("GET /hello", "\r\n");
    assert_true(client_read_to_end(c));
    assert_received(HELLO);
}

static void silent_connection_is_closed(void **state)
{
    assert_true(client_read_to_end(c));
    assert_int_equal(client_received(c).n, 0);
}

static void long_poll_outlives_the_timeouts(void **state)
{
    ask("GET /hold", "\r\n");
    assert_true(loops_event_wait(&h->held, 1, LOOPS_DEADLINE_MS));
    struct client *idle = httpd_client(h); /* lives 100 ms: a clock */
    assert_true(client_read_to_end(idle));
    client_close(idle);
    idle = httpd_client(h);
    assert_true(client_send_str(idle, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_true(client_read_to_end(idle)); /* 200 ms */
    client_close(idle);
    httpd_release(h);
    assert_true(client_read_until(c, "released"));
}

/* -- slow and lost readers -- */

static void slow_reader_holds_no_more_than_the_high_mark(void **state)
{
    ask("GET /stream?n=20000", "Connection: close\r\n\r\n");
    assert_true(client_read_until(c, "\r\n\r\n"));
    assert_true(client_read_to_end(c));
    assert_true(client_received(c).n > 20000 * 1024);
    assert_true(h->threads[0].most_pending <= CONN_OUT_HIGH + 2048);
}

static void large_answer_arrives_whole(void **state)
{
    ask("GET /big?n=8000000", "Connection: close\r\n\r\n");
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, "content-length: 8000000\r\n"));
    assert_true(client_received(c).n > 8000000);
}

static void handler_is_told_that_the_client_has_gone(void **state)
{
    ask("GET /hold", "\r\n");
    assert_true(loops_event_wait(&h->held, 1, LOOPS_DEADLINE_MS));
    client_reset(c);
    c = NULL;
    assert_true(loops_event_wait(&h->gone, 1, LOOPS_DEADLINE_MS));
}

static void half_closed_client_is_still_answered(void **state)
{
    ask("GET /hold", "\r\n");
    client_half_close(c);
    assert_true(loops_event_wait(&h->held, 1, LOOPS_DEADLINE_MS));
    httpd_release(h);
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, "released"));
}

static void half_closed_client_is_given_up_in_the_end(void **state)
{
    ask("GET /hold", "\r\n");
    client_half_close(c);
    assert_true(loops_event_wait(&h->gone, 1, LOOPS_DEADLINE_MS));
    assert_true(client_read_to_end(c));
}

static void aborted_answer_ends_without_its_last_chunk(void **state)
{
    ask("GET /abort", "\r\n");
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, "4\r\nhalf\r\n"));
    assert_false(client_has(c, "0\r\n\r\n"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define T_HASTY(name) cmocka_unit_test_setup_teardown(name, set_up_hasty, tear_down)
#define T_SMALL(name) cmocka_unit_test_setup_teardown(name, set_up_small, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(request_is_answered),
        T(connection_stays_for_the_next_request),
        T(request_sent_byte_by_byte_is_answered),
        T(pipelined_requests_are_answered_in_their_order),
        T(request_behind_one_that_is_held_waits_for_it),
        T(many_held_requests_in_a_row_do_not_nest),
        T(more_pipelined_than_one_read_is_all_answered),
        T(head_gets_no_body),
        T(chunked_body_is_joined),
        T(answer_in_pieces_is_chunked),
        T(http_1_0_gets_pieces_until_the_close),
        T(http_1_0_keeps_alive_if_it_asks),
        T(expect_continue_is_answered_before_the_body),
        T(upgrade_to_h2c_is_answered_as_http_1_1),
        T(connection_close_closes_after_the_answer),
        T(malformed_request_is_answered_and_closed),
        T(good_request_before_a_bad_one_is_answered),
        T_SMALL(announced_body_over_the_limit_is_refused_unread),
        T_SMALL(chunked_body_over_the_limit_is_refused),
        T_SMALL(body_of_just_the_limit_is_taken),
        T_SMALL(client_still_sending_a_refused_body_sees_the_answer),
        T_HASTY(head_that_does_not_come_times_out),
        T_HASTY(body_that_does_not_come_times_out),
        T_HASTY(idle_connection_is_closed_without_a_word),
        T_HASTY(silent_connection_is_closed),
        T_HASTY(long_poll_outlives_the_timeouts),
        T(pipelined_requests_are_answered_a_turn_each),
        T(pipelined_requests_wait_for_a_client_that_does_not_read),
        T(pipelined_requests_are_answered_to_a_client_that_has_ended),
        T(slow_reader_holds_no_more_than_the_high_mark),
        T(large_answer_arrives_whole),
        T(handler_is_told_that_the_client_has_gone),
        T(half_closed_client_is_still_answered),
        T(half_closed_client_is_given_up_in_the_end),
        T(aborted_answer_ends_without_its_last_chunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

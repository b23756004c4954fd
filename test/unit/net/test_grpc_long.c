/* Messages whose length is known before their bytes, and answers that nobody reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/conn.h"
#include "net/grpc.h"
#include "test/lib/grpcd.h"
#include "test/lib/h2_client.h"

enum { ROOM = 1 << 20, STALL_MS = 150 };

struct fixture {
    struct httpd *d;
    struct h2_client *c, *idle; /* IDLE opens no windows by itself */
};

static int set_up(void **state)
{
    struct fixture *f = mem_zalloc(1, sizeof(*f));
    const struct h2_options idle = { .no_auto_window = true };
    f->d = grpcd_new(1, NULL, false);
    net_server_limit_answers(f->d->server, ROOM, STALL_MS);
    httpd_listen(f->d, "127.0.0.1:0", NULL, false);
    httpd_run(f->d);
    f->c = h2_client_new(f->d->port, NULL);
    f->idle = h2_client_new(f->d->port, &idle);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    h2_client_free(f->c);
    h2_client_free(f->idle);
    httpd_free(f->d);
    mem_free(f);
    return 0;
}

static size_t room(struct fixture *f)
{
    char text[32];
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Room", bytes_str("?"));
    struct bytes m = h2_message(s, 0);
    snprintf(text, sizeof(text), "%.*s", (int)m.n, (const char *)m.p);
    return strtoul(text, NULL, 10);
}

static void long_message_is_whole_and_never_held_whole(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Long", bytes_str("9000000"));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_int_equal(h2_messages(s), 1);
    assert_int_equal(h2_message(s, 0).n, 9000000);
    assert_true(grpcd_most_pending() < CONN_OUT_HIGH + 100000);
}

static void empty_long_message_is_a_message(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Long", bytes_str("0"));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_int_equal(h2_messages(s), 1);
}

/* 7 is REFUSED_STREAM: gRPC's libraries take it for UNAVAILABLE and may try again. */
static void broken_message_resets_the_stream_without_a_status(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Long", bytes_str("100000 40000 !"));
    assert_int_equal(s->code, 7);
    assert_int_equal(h2_grpc_status(s), -1);
    assert_int_equal(h2_grpc_status(h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"))), GRPC_OK);
}

static void deadline_in_a_message_resets_the_stream(void **state)
{
    struct fixture *f = *state;
    const struct h2_field timeout = { "grpc-timeout", "50m" };
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Long", &timeout, 1);
    h2_send_message(s, bytes_str("100000 40000"));
    h2_end(s);
    assert_true(h2_wait_closed(s));
    assert_int_equal(s->code, 8);
    assert_int_equal(h2_grpc_status(s), -1);
}

static struct h2_stream *ask_idly(struct fixture *f, const char *n)
{
    struct h2_stream *s = h2_call(f->idle, "/test.Echo/Long", NULL, 0);
    h2_send_message(s, bytes_str(n));
    h2_end(s);
    assert_true(h2_wait_blocks(s, 1));
    return s;
}

static void answers_that_wait_take_room_until_they_are_read(void **state)
{
    struct fixture *f = *state;
    assert_true(room(f) == SIZE_MAX);
    struct h2_stream *s = ask_idly(f, "165530"); /* 100,000 above the window, with its prefix */
    assert_true(h2_wait_body(s, 65535));
    assert_int_equal(room(f), ROOM - 100000);
    h2_consume(s, 65535);
    assert_true(h2_wait_body(s, 131070));
    assert_int_equal(room(f), ROOM - 34465);
    h2_consume(s, 65535);
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_message(s, 0).n, 165530);
    assert_true(room(f) == SIZE_MAX);
}

static void answer_of_which_nothing_leaves_is_given_up(void **state)
{
    struct fixture *f = *state;
    struct h2_stream *s = ask_idly(f, "165530");
    assert_true(h2_wait_closed(s));
    assert_int_equal(s->code, 11);
    assert_true(room(f) == SIZE_MAX);
}

/* The peer reads nothing at all: not even the frames that say so can leave. */
static void answers_to_a_dead_peer_are_given_up(void **state)
{
    struct fixture *f = *state;
    const struct h2_options wide = { .stream_window = 1 << 30, .connection_window = 1 << 30 };
    struct h2_client *c = h2_client_new(f->d->port, &wide);
    for (int i = 0; i < 60; i++) {
        struct h2_stream *s = h2_call(c, "/test.Echo/Long", NULL, 0);
        h2_send_message(s, bytes_str("9000000"));
        h2_end(s);
    }
    assert_true(h2_flush(c));
    bool is_over = false;
    uint64_t until = clock_now_ns() + LOOPS_DEADLINE_MS * UINT64_C(1000000);
    while (!is_over && clock_now_ns() < until)
        is_over = grpcd_least_room() == 0 && room(f) == SIZE_MAX;
    h2_client_free(c);
    assert_true(is_over);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(long_message_is_whole_and_never_held_whole),
        TEST(empty_long_message_is_a_message),
        TEST(broken_message_resets_the_stream_without_a_status),
        TEST(deadline_in_a_message_resets_the_stream),
        TEST(answers_that_wait_take_room_until_they_are_read),
        TEST(answer_of_which_nothing_leaves_is_given_up),
        TEST(answers_to_a_dead_peer_are_given_up),
    };
    return cmocka_run_group_tests_name("grpc_long", tests, NULL, NULL);
}

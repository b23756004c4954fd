/* Messages behind their length, over one end of a socket pair whose other end is the test's. */
#include "net/framed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn_set.h"
#include "test/lib/loops.h"

enum { WAITING_MAX = 4, IDLE_MS = 60 };

static struct {
    struct loop *loop;
    struct conn_set *set;
    struct framed *framed;
    int client;
    bool holds; /* messages are not answered at once */
    unsigned came_n, gone_n, wanted_n;
    size_t longest;
    char first[64]; /* the first byte of each that came */
} w;

static void on_message(void *context, struct framed *f, struct bytes in)
{
    assert_ptr_equal(context, &w);
    w.framed = f;
    if (w.came_n < sizeof w.first)
        w.first[w.came_n] = in.n > 0 ? (char)in.p[0] : '-';
    w.came_n++;
    w.longest = in.n > w.longest ? in.n : w.longest;
    if (!w.holds)
        framed_answer(f, in);
}

static void on_gone(void *context, struct framed *f)
{
    w.gone_n++;
}

static const struct framed_service framed = { .waiting_max = WAITING_MAX,
                                              .message = on_message,
                                              .gone = on_gone };
static const struct net_service service = { .name = "test", .framed = &framed };
static struct serve serve;

static int start(void **state)
{
    int ends[2];
    memset(&w, 0, sizeof w);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    assert_int_equal(loop_new("test", &w.loop), OK);
    w.set = conn_set_new(w.loop, NULL, NULL);
    w.client = ends[0];
    serve = (struct serve){ .loop = w.loop, .service = &service, .context = &w };
    serve.limits.idle_timeout_ms = 600000;
    *state = &ends[1];
    assert_int_equal(framed_open(w.set, ends[1], &serve), OK);
    return 0;
}

static int stop(void **state)
{
    close(w.client);
    conn_set_close(w.set, CONN_AT_ONCE);
    while (conn_set_count(w.set) > 0)
        loops_run_turns(w.loop, 1);
    conn_set_free(w.set);
    loop_free(w.loop);
    return 0;
}

static bool enough_came(void *ctx)
{
    return w.came_n >= w.wanted_n;
}

static void wait_for(unsigned n)
{
    w.wanted_n = n;
    assert_true(loops_run_until(w.loop, enough_came, NULL, LOOPS_DEADLINE_MS));
}

static bool is_gone(void *ctx)
{
    return w.gone_n > 0;
}

static void write_bytes(const void *p, size_t n)
{
    assert_int_equal(write(w.client, p, n), n);
}

/* What the client has received within a few turns. */
static size_t received(uint8_t *into, size_t n)
{
    loops_run_turns(w.loop, 20);
    ssize_t got = read(w.client, into, n);
    return got < 0 ? 0 : (size_t)got;
}

static void message_is_answered_behind_its_length(void **state)
{
    uint8_t got[16];
    write_bytes("\0\3abc", 5);
    wait_for(1);
    assert_int_equal(received(got, sizeof got), 5);
    assert_memory_equal(got, "\0\3abc", 5);
}

static void messages_cut_at_every_byte_are_whole(void **state)
{
    static const char two[] = "\0\1a\0\2bc";
    uint8_t got[32];
    for (size_t i = 0; i < sizeof two - 1; i++) {
        write_bytes(two + i, 1);
        loops_run_turns(w.loop, 5);
    }
    wait_for(2);
    assert_int_equal(received(got, sizeof got), 7);
    assert_memory_equal(got, two, 7);
}

static void longest_message_is_taken_and_answered(void **state)
{
    size_t n = UINT16_MAX + 2;
    uint8_t *long_one = calloc(1, n), *got = malloc(n);
    long_one[0] = long_one[1] = 0xff;
    size_t sent = 0, had = 0;
    while (had < n) {
        ssize_t step = sent < n ? write(w.client, long_one + sent, n - sent) : 0;
        sent += step > 0 ? (size_t)step : 0;
        had += received(got + had, n - had);
    }
    assert_int_equal(w.longest, UINT16_MAX);
    assert_memory_equal(got, long_one, n);
    free(long_one);
    free(got);
}

static void empty_message_is_one(void **state)
{
    write_bytes("\0\0\0\1x", 5);
    wait_for(2);
    assert_string_equal(w.first, "-x");
}

static void no_more_than_the_limit_wait_and_the_next_comes_when_one_is_answered(void **state)
{
    w.holds = true;
    write_bytes("\0\1a\0\1b\0\1c\0\1d\0\1e\0\1f", 18);
    loops_run_turns(w.loop, 20);
    assert_string_equal(w.first, "abcd"); /* WAITING_MAX */
    framed_answer(w.framed, bytes_str("A"));
    loops_run_turns(w.loop, 20);
    assert_string_equal(w.first, "abcde");
    for (unsigned i = 0; i < 5; i++)
        framed_answer(w.framed, (struct bytes){ 0 });
    assert_string_equal(w.first, "abcdef");
}

static void answers_may_come_in_any_order_and_later(void **state)
{
    uint8_t got[16];
    w.holds = true;
    write_bytes("\0\1a\0\1b", 6);
    wait_for(2);
    framed_answer(w.framed, bytes_str("B"));
    framed_answer(w.framed, bytes_str("A"));
    assert_int_equal(received(got, sizeof got), 6);
    assert_memory_equal(got, "\0\1B\0\1A", 6);
}

static void peer_that_has_ended_is_answered_and_closed(void **state)
{
    uint8_t got[16];
    w.holds = true;
    write_bytes("\0\1a", 3);
    shutdown(w.client, SHUT_WR);
    wait_for(1);
    loops_run_turns(w.loop, 20);
    assert_int_equal(w.gone_n, 0);
    framed_answer(w.framed, bytes_str("A"));
    assert_true(loops_run_until(w.loop, is_gone, NULL, LOOPS_DEADLINE_MS));
    assert_int_equal(read(w.client, got, sizeof got), 3);
    assert_int_equal(read(w.client, got, sizeof got), 0);
}

static void idle_connection_is_closed(void **state)
{
    serve.limits.idle_timeout_ms = IDLE_MS;
    write_bytes("\0\1a", 3); /* from here on the new limit counts */
    wait_for(1);
    shutdown(w.client, SHUT_RD);
    char byte = 0; /* half a message holds nothing */
    write_bytes(&byte, 1);
    assert_int_equal(w.gone_n, 0);
    assert_true(loops_run_until(w.loop, is_gone, NULL, LOOPS_DEADLINE_MS));
}

static void waiting_message_keeps_the_connection(void **state)
{
    w.holds = true;
    serve.limits.idle_timeout_ms = 1;
    write_bytes("\0\1a", 3);
    wait_for(1);
    uint64_t until = loop_now_ms(w.loop) + 30;
    while (loop_now_ms(w.loop) < until)
        loops_run_turns(w.loop, 1);
    assert_int_equal(w.gone_n, 0);
    framed_answer(w.framed, bytes_str("A"));
    assert_true(loops_run_until(w.loop, is_gone, NULL, LOOPS_DEADLINE_MS));
}

static void goodbye_answers_what_waits_and_takes_nothing_more(void **state)
{
    w.holds = true;
    write_bytes("\0\1a", 3);
    wait_for(1);
    conn_set_shutdown(w.set);
    write_bytes("\0\1b", 3);
    loops_run_turns(w.loop, 20);
    assert_string_equal(w.first, "a");
    framed_answer(w.framed, bytes_str("A"));
    shutdown(w.client, SHUT_WR);
    assert_true(loops_run_until(w.loop, is_gone, NULL, LOOPS_DEADLINE_MS));
}

static void close_ends_it_after_what_was_answered(void **state)
{
    uint8_t got[16];
    write_bytes("\0\1a", 3);
    wait_for(1);
    framed_close(w.framed);
    shutdown(w.client, SHUT_WR);
    assert_true(loops_run_until(w.loop, is_gone, NULL, LOOPS_DEADLINE_MS));
    assert_int_equal(read(w.client, got, sizeof got), 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(message_is_answered_behind_its_length),
        CASE(messages_cut_at_every_byte_are_whole),
        CASE(longest_message_is_taken_and_answered),
        CASE(empty_message_is_one),
        CASE(no_more_than_the_limit_wait_and_the_next_comes_when_one_is_answered),
        CASE(answers_may_come_in_any_order_and_later),
        CASE(peer_that_has_ended_is_answered_and_closed),
        CASE(idle_connection_is_closed),
        CASE(waiting_message_keeps_the_connection),
        CASE(goodbye_answers_what_waits_and_takes_nothing_more),
        CASE(close_ends_it_after_what_was_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

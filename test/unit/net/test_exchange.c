/* One message and what comes back, against a socket of the test's. */
#include "net/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/lib/loops.h"

static struct {
    struct loop *loop;
    int fd; /* bound, and listening for TCP */
    struct sockaddr_in6 at;
    struct exchange *exchange;
    unsigned came_n;
    char taken[16]; /* the answer */
    bool over;
    enum err failed;
} w;

/* Everything but what begins with '!' is somebody else's. */
static bool on_came(void *ctx, struct bytes in)
{
    assert_ptr_equal(ctx, &w);
    w.came_n++;
    if (in.n == 0 || in.p[0] != '!')
        return false;
    memcpy(w.taken, in.p, in.n < sizeof w.taken ? in.n : sizeof w.taken);
    w.over = true;
    return true;
}

static void on_failed(void *ctx, enum err err)
{
    w.failed = err;
    w.over = true;
}

static const struct exchange_ops ops = { .came = on_came, .failed = on_failed };

static void open_other(int type)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    w.fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(w.fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(w.fd, (struct sockaddr *)&at, &n), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(w.fd, 1), 0);
    w.at = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = at.sin_port };
    w.at.sin6_addr.s6_addr[10] = w.at.sin6_addr.s6_addr[11] = 0xff;
    memcpy(w.at.sin6_addr.s6_addr + 12, &at.sin_addr, 4);
}

static int start(void **state)
{
    memset(&w, 0, sizeof w);
    w.fd = -1;
    return loop_new("test", &w.loop) == OK ? 0 : -1;
}

static int stop(void **state)
{
    if (w.fd >= 0)
        close(w.fd);
    loop_free(w.loop);
    return 0;
}

static void ask(enum exchange_carrier carrier, uint64_t timeout_ms)
{
    assert_int_equal(
        exchange_start(w.loop, &w.at, carrier, bytes_str("ask"), timeout_ms, &ops, &w, &w.exchange),
        OK);
}

static void wait_until_over(void)
{
    assert_true(loops_run_until_set(w.loop, &w.over, LOOPS_DEADLINE_MS));
}

/* What was asked, and from where. */
static struct sockaddr_in asked(void)
{
    struct sockaddr_in from;
    socklen_t n = sizeof from;
    char got[16];
    ssize_t bytes = -1;
    while (bytes < 0) {
        loops_run_turns(w.loop, 1);
        bytes = recvfrom(w.fd, got, sizeof got, 0, (struct sockaddr *)&from, &n);
    }
    assert_int_equal(bytes, 3);
    assert_memory_equal(got, "ask", 3);
    return from;
}

static void answer_comes_from_whom_was_asked(void **state)
{
    open_other(SOCK_DGRAM);
    ask(EXCHANGE_UDP, LOOPS_DEADLINE_MS);
    struct sockaddr_in from = asked();
    sendto(w.fd, "other", 5, 0, (struct sockaddr *)&from, sizeof from);
    sendto(w.fd, "!yes", 4, 0, (struct sockaddr *)&from, sizeof from);
    wait_until_over();
    assert_string_equal(w.taken, "!yes");
    assert_int_equal(w.came_n, 2);
}

static void packet_of_a_stranger_is_not_heard(void **state)
{
    open_other(SOCK_DGRAM);
    ask(EXCHANGE_UDP, LOOPS_DEADLINE_MS);
    struct sockaddr_in from = asked();
    int stranger = socket(AF_INET, SOCK_DGRAM, 0);
    sendto(stranger, "!lie", 4, 0, (struct sockaddr *)&from, sizeof from);
    loops_run_turns(w.loop, 50);
    assert_int_equal(w.came_n, 0);
    sendto(w.fd, "!yes", 4, 0, (struct sockaddr *)&from, sizeof from);
    wait_until_over();
    assert_string_equal(w.taken, "!yes");
    close(stranger);
}

static void each_question_has_a_port_of_its_own(void **state)
{
    open_other(SOCK_DGRAM);
    ask(EXCHANGE_UDP, LOOPS_DEADLINE_MS);
    struct exchange *first = w.exchange;
    uint16_t port = asked().sin_port;
    ask(EXCHANGE_UDP, LOOPS_DEADLINE_MS);
    assert_int_not_equal(asked().sin_port, port);
    exchange_cancel(first);
    exchange_cancel(w.exchange);
}

static void silence_ends_in_time(void **state)
{
    open_other(SOCK_DGRAM);
    ask(EXCHANGE_UDP, 20);
    wait_until_over();
    assert_int_equal(w.failed, ERR_DEADLINE);
}

static void nobody_there_is_told(void **state)
{
    open_other(SOCK_DGRAM);
    close(w.fd);
    w.fd = -1;
    ask(EXCHANGE_UDP, LOOPS_DEADLINE_MS);
    wait_until_over();
    assert_int_equal(w.failed, ERR_CLOSED);
}

static int accepted(void)
{
    int fd = -1;
    while (fd < 0) {
        loops_run_turns(w.loop, 1);
        fd = accept(w.fd, NULL, NULL);
    }
    return fd;
}

static void messages_over_tcp_stand_behind_their_lengths(void **state)
{
    char got[16];
    open_other(SOCK_STREAM);
    ask(EXCHANGE_TCP, LOOPS_DEADLINE_MS);
    int fd = accepted();
    loops_run_turns(w.loop, 20);
    assert_int_equal(read(fd, got, sizeof got), 5);
    assert_memory_equal(got, "\0\3ask", 5);
    static const char answers[] = "\0\5other\0\4!yes";
    for (size_t i = 0; i < sizeof answers - 1; i++) { /* cut at every byte */
        assert_int_equal(write(fd, answers + i, 1), 1);
        loops_run_turns(w.loop, 3);
    }
    wait_until_over();
    assert_string_equal(w.taken, "!yes");
    assert_int_equal(w.came_n, 2);
    close(fd);
}

static void connection_that_ends_is_told(void **state)
{
    open_other(SOCK_STREAM);
    ask(EXCHANGE_TCP, LOOPS_DEADLINE_MS);
    close(accepted());
    wait_until_over();
    assert_int_equal(w.failed, ERR_CLOSED);
}

static void nothing_is_told_after_a_cancel(void **state)
{
    open_other(SOCK_DGRAM);
    ask(EXCHANGE_UDP, 10);
    struct sockaddr_in from = asked();
    sendto(w.fd, "!yes", 4, 0, (struct sockaddr *)&from, sizeof from);
    exchange_cancel(w.exchange);
    uint64_t until = loop_now_ms(w.loop) + 30;
    while (loop_now_ms(w.loop) < until)
        loops_run_turns(w.loop, 1);
    assert_false(w.over);
    assert_int_equal(w.came_n, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(answer_comes_from_whom_was_asked),
        CASE(packet_of_a_stranger_is_not_heard),
        CASE(each_question_has_a_port_of_its_own),
        CASE(silence_ends_in_time),
        CASE(nobody_there_is_told),
        CASE(messages_over_tcp_stand_behind_their_lengths),
        CASE(connection_that_ends_is_told),
        CASE(nothing_is_told_after_a_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

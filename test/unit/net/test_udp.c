/* Packets over loopback: the sockets of one port on loops that the test turns. */
#include "net/udp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/metric.h"
#include "test/lib/loops.h"

enum { LOOPS = 2 };

static struct {
    struct loop *loops[LOOPS];
    void *contexts[LOOPS];
    struct udp_port *port;
    struct metrics *metrics;
    int client;
    bool holds;
    struct udp_socket *held;
    struct udp_peer peer;
    size_t came_n, wanted_n, last_n;
} w;

static void on_packets(void *context, struct udp_socket *s, const struct udp_packet *packets,
                       size_t n)
{
    assert_true(context == &w.loops[0] || context == &w.loops[1]);
    for (size_t i = 0; i < n; i++) {
        w.came_n++;
        w.last_n = packets[i].in.n;
        w.peer = packets[i].peer;
        if (!w.holds)
            udp_send(s, &packets[i].peer, packets[i].in);
    }
    w.held = s;
    if (!w.holds)
        udp_resume(s);
}

static const struct udp_reader reader = { .packets = on_packets };

static void open_at(const char *address)
{
    struct endpoint at;
    struct why why = { 0 };
    assert_int_equal(endpoint_parse(bytes_str(address), &at, &why), OK);
    assert_int_equal(udp_open(w.loops, LOOPS, &at, &reader, w.contexts, w.metrics, &w.port, &why),
                     OK);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(udp_port_number(w.port)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    w.client = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(w.client, (struct sockaddr *)&to, sizeof to), 0);
}

static int start(void **state)
{
    memset(&w, 0, sizeof w);
    w.metrics = metrics_new();
    for (size_t i = 0; i < LOOPS; i++) {
        assert_int_equal(loop_new("test", &w.loops[i]), OK);
        w.contexts[i] = &w.loops[i];
    }
    open_at("127.0.0.1:0");
    return 0;
}

static int stop(void **state)
{
    close(w.client);
    udp_close(w.port);
    for (size_t i = 0; i < LOOPS; i++)
        loop_free(w.loops[i]);
    metrics_free(w.metrics);
    return 0;
}

/* Until WANTED_N packets have come; which loop has them is the kernel's choice. */
static void wait_for(size_t n)
{
    for (unsigned turns = 0; w.came_n < n && turns < 100000; turns++)
        for (size_t i = 0; i < LOOPS; i++)
            loops_run_turns(w.loops[i], 1);
    assert_true(w.came_n >= n);
}

static void turn(void)
{
    for (size_t i = 0; i < LOOPS; i++)
        loops_run_turns(w.loops[i], 5);
}

static void ask(const void *p, size_t n)
{
    assert_int_equal(send(w.client, p, n, 0), n);
}

static ssize_t answer(uint8_t *into, size_t n)
{
    return recv(w.client, into, n, MSG_DONTWAIT);
}

static int64_t counted(const char *name)
{
    struct buf out;
    char wanted[100];
    buf_init(&out, 1 << 20);
    metrics_render(w.metrics, &out);
    buf_put_u8(&out, 0);
    snprintf(wanted, sizeof wanted, "\n%s ", name);
    const char *at = strstr((const char *)out.p, wanted);
    assert_non_null(at);
    long long value = -1;
    assert_int_equal(sscanf(at + strlen(wanted), "%lld", &value), 1);
    buf_fini(&out);
    return value;
}

static void packet_is_answered(void **state)
{
    uint8_t got[16];
    ask("abc", 3);
    wait_for(1);
    turn();
    assert_int_equal(answer(got, sizeof got), 3);
    assert_memory_equal(got, "abc", 3);
}

static void packet_of_the_limit_is_read_and_a_byte_more_dropped(void **state)
{
    static const uint8_t bytes[UDP_IN_MAX + 1];
    ask(bytes, UDP_IN_MAX + 1);
    ask(bytes, UDP_IN_MAX);
    wait_for(1);
    turn();
    assert_int_equal(w.came_n, 1);
    assert_int_equal(w.last_n, UDP_IN_MAX);
    assert_int_equal(counted("muster_udp_too_long_total"), 1);
    assert_int_equal(counted("muster_udp_received_total"), 1);
}

static void nothing_is_read_while_a_run_is_held(void **state)
{
    w.holds = true;
    ask("a", 1);
    wait_for(1);
    ask("b", 1);
    turn();
    assert_int_equal(w.came_n, 1);
    udp_resume(w.held);
    wait_for(2);
}

static void run_ends_at_its_limit(void **state)
{
    w.holds = true;
    for (unsigned i = 0; i < UDP_RUN_MAX + 1; i++)
        ask("x", 1);
    wait_for(1);
    turn();
    assert_int_equal(w.came_n, UDP_RUN_MAX);
    udp_resume(w.held);
    wait_for(UDP_RUN_MAX + 1);
}

static void turn_sends_the_limit_and_drops_one_more(void **state)
{
    w.holds = true;
    ask("a", 1);
    wait_for(1);
    for (unsigned i = 0; i < UDP_WAITING_MAX + 1; i++)
        udp_send(w.held, &w.peer, bytes_str("answer"));
    assert_int_equal(counted("muster_udp_unsent_total"), 1);
    turn();
    assert_int_equal(counted("muster_udp_sent_total"), UDP_WAITING_MAX);
    udp_resume(w.held);
}

static void largest_answer_is_sent_and_one_that_no_packet_holds_is_lost(void **state)
{
    static uint8_t bytes[UDP_OUT_MAX + 1], got[UDP_OUT_MAX + 1];
    w.holds = true;
    ask("a", 1);
    wait_for(1);
    udp_send(w.held, &w.peer, bytes_of(bytes, UDP_OUT_MAX + 1));
    udp_send(w.held, &w.peer, bytes_of(bytes, UDP_OUT_MAX));
    turn();
    assert_int_equal(answer(got, sizeof got), UDP_OUT_MAX);
    assert_int_equal(answer(got, sizeof got), -1);
    assert_int_equal(counted("muster_udp_unsent_total"), 1);
    udp_resume(w.held);
}

static void second_server_on_the_port_fails(void **state)
{
    char address[40];
    struct endpoint at;
    struct udp_port *second;
    struct why why = { 0 };
    snprintf(address, sizeof address, "127.0.0.1:%u", udp_port_number(w.port));
    assert_int_equal(endpoint_parse(bytes_str(address), &at, &why), OK);
    assert_int_equal(udp_open(w.loops, LOOPS, &at, &reader, w.contexts, NULL, &second, &why),
                     ERR_ADDRESS_IN_USE);
    assert_non_null(strstr(why.text, "taken by another process"));
}

static void answer_leaves_from_the_address_that_was_asked(void **state)
{
    udp_close(w.port);
    close(w.client);
    open_at(":0"); /* all addresses, and the client asks another than the machine would choose */
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(udp_port_number(w.port)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 8) };
    uint8_t got[16];
    assert_int_equal(connect(w.client, (struct sockaddr *)&to, sizeof to), 0);
    ask("abc", 3);
    wait_for(1);
    turn();
    assert_int_equal(answer(got, sizeof got), 3); /* a connected socket takes no other's */
}

static void peer_is_printed_and_known_as_this_machine(void **state)
{
    char text[80];
    struct udp_peer p = { .from.in = { .sin_family = AF_INET, .sin_port = htons(53) } };
    inet_pton(AF_INET, "127.1.2.3", &p.from.in.sin_addr);
    udp_peer_print(&p, text, sizeof text);
    assert_string_equal(text, "127.1.2.3:53");
    assert_true(udp_peer_is_loopback(&p));
    inet_pton(AF_INET, "10.0.0.1", &p.from.in.sin_addr);
    assert_false(udp_peer_is_loopback(&p));
    p.from.in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(53) };
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &p.from.in6.sin6_addr);
    assert_true(udp_peer_is_loopback(&p));
    inet_pton(AF_INET6, "::1", &p.from.in6.sin6_addr);
    udp_peer_print(&p, text, sizeof text);
    assert_string_equal(text, "[::1]:53");
    assert_true(udp_peer_is_loopback(&p));
    inet_pton(AF_INET6, "::ffff:10.0.0.1", &p.from.in6.sin6_addr);
    assert_false(udp_peer_is_loopback(&p));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(packet_is_answered),
        CASE(packet_of_the_limit_is_read_and_a_byte_more_dropped),
        CASE(nothing_is_read_while_a_run_is_held),
        CASE(run_ends_at_its_limit),
        CASE(turn_sends_the_limit_and_drops_one_more),
        CASE(largest_answer_is_sent_and_one_that_no_packet_holds_is_lost),
        CASE(second_server_on_the_port_fails),
        CASE(answer_leaves_from_the_address_that_was_asked),
        CASE(peer_is_printed_and_known_as_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

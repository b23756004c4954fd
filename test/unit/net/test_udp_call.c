#include "net/udp_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/lib/caller.h"
#include "test/lib/loops.h"
#include "test/lib/target.h"

struct world {
    struct caller_rig rig;
    bool is_done, has_failed;
    char failure[200];
};

static int set_up(void **state)
{
    static struct world w;
    w = (struct world){ 0 };
    caller_start(&w.rig, NULL);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    assert_true(caller_stop(&w->rig));
    return 0;
}

static void on_answer(void *ctx, const char *failure)
{
    struct world *w = ctx;
    w->is_done = true;
    w->has_failed = failure != NULL;
    snprintf(w->failure, sizeof(w->failure), "%s", failure != NULL ? failure : "");
}

static struct udp_call *start(struct world *w, const char *host, uint16_t port)
{
    struct udp_call *c =
        udp_call_start(w->rig.dialer, bytes_str(host), port, bytes_str("hi"), on_answer, w);
    assert_false(w->is_done);
    return c;
}

static int bound_socket(uint16_t *ret_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static void reply_is_told(void **state)
{
    struct world *w = *state;
    struct sockaddr_in from;
    socklen_t from_n = sizeof(from);
    uint16_t port;
    char text[10];
    int fd = bound_socket(&port);
    struct udp_call *c = start(w, "127.0.0.1", port);
    assert_true(udp_call_is_sent(c));
    assert_int_equal(recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&from, &from_n), 2);
    assert_int_equal(sendto(fd, "", 0, 0, (struct sockaddr *)&from, from_n), 0);
    assert_true(loops_run_until_set(w->rig.loop, &w->is_done, LOOPS_DEADLINE_MS));
    assert_false(w->has_failed);
    close(fd);
}

static void refusal_is_told(void **state)
{
    struct world *w = *state;
    uint16_t port;
    close(bound_socket(&port));
    start(w, "127.0.0.1", port);
    assert_true(loops_run_until_set(w->rig.loop, &w->is_done, LOOPS_DEADLINE_MS));
    assert_non_null(strstr(w->failure, "connection refused"));
}

static void name_that_is_none_is_told(void **state)
{
    struct world *w = *state;
    start(w, "", 1);
    assert_true(loops_run_until_set(w->rig.loop, &w->is_done, LOOPS_DEADLINE_MS));
    assert_string_equal(w->failure, "lookup: no host name");
}

static void silence_is_canceled(void **state)
{
    struct world *w = *state;
    uint16_t port;
    int fd = bound_socket(&port);
    struct udp_call *c = start(w, "127.0.0.1", port);
    loops_run_turns(w->rig.loop, 3);
    udp_call_cancel(c);
    loops_run_turns(w->rig.loop, 5);
    assert_false(w->is_done);
    close(fd);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(reply_is_told),
        WORLD_TEST(refusal_is_told),
        WORLD_TEST(name_that_is_none_is_told),
        WORLD_TEST(silence_is_canceled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

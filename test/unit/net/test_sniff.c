/* What a connection speaks, told by its first bytes. The protocols here are our own: this program
 * defines http1_serve and http2_serve. */
#include "net/sniff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn_set.h"
#include "test/lib/loops.h"

static struct {
    struct loop *loop;
    struct conn_set *set;
    struct conn *conn;
    int client;
    char protocol; /* '1', '2' or 0 */
    char fed[256];
    size_t fed_n;
    bool gone;
} w;

static struct net_service service = { .name = "test" };
static struct serve_shared shared;
static struct serve serve;

static void note_feed(void *self, struct bytes in)
{
    assert_true(w.fed_n + in.n < sizeof(w.fed));
    memcpy(w.fed + w.fed_n, in.p, in.n);
    w.fed_n += in.n;
}

static void close_conn(void *self)
{
    conn_close(w.conn, CONN_AT_ONCE);
}

static void note_gone(void *self, enum err why)
{
    w.gone = true;
}

static const struct conn_protocol noting = { .name = "noting",
                                             .feed = note_feed,
                                             .ended = close_conn,
                                             .shutdown = close_conn,
                                             .gone = note_gone };

void http1_serve(struct conn *c, struct serve *s, struct bytes left)
{
    w.protocol = '1';
    w.conn = c;
    assert_ptr_equal(s, &serve);
    conn_set_protocol(c, &noting, NULL, left);
}

void http2_serve(struct conn *c, struct serve *s, struct bytes left)
{
    w.protocol = '2';
    w.conn = c;
    assert_ptr_equal(s, &serve);
    conn_set_protocol(c, &noting, NULL, left);
}

static void is_closed(void *ctx)
{
    *(bool *)ctx = true;
}

static bool all_closed;

static int start(uint64_t timeout_ms)
{
    int fds[2];
    memset(&w, 0, sizeof(w));
    all_closed = false;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(loop_new("sniff", &w.loop), OK);
    w.set = conn_set_new(w.loop, is_closed, &all_closed);
    serve = (struct serve){ .loop = w.loop,
                            .service = &service,
                            .shared = &shared,
                            .limits.header_timeout_ms = timeout_ms };
    w.client = fds[0];
    assert_int_equal(sniff_open(w.set, fds[1], &serve, NULL, false), OK);
    return 0;
}

static int set_up(void **state)
{
    return start(LOOPS_DEADLINE_MS);
}

static int set_up_hasty(void **state)
{
    return start(50);
}

static int tear_down(void **state)
{
    close(w.client);
    conn_set_close(w.set, CONN_AT_ONCE);
    assert_true(all_closed || loops_run_until_set(w.loop, &all_closed, LOOPS_DEADLINE_MS));
    conn_set_free(w.set);
    loop_free(w.loop);
    return 0;
}

static bool has_all(void *ctx)
{
    return w.fed_n == *(size_t *)ctx;
}

/* Sends TEXT with a turn between its first CUT bytes and the rest. */
static void send_cut(const char *text, size_t cut)
{
    size_t n = strlen(text);
    assert_int_equal(write(w.client, text, cut), cut);
    loops_run_turns(w.loop, 2);
    assert_int_equal(write(w.client, text + cut, n - cut), n - cut);
    assert_true(loops_run_until(w.loop, has_all, &n, LOOPS_DEADLINE_MS));
}

static void assert_cuts(const char *text, char protocol)
{
    for (size_t cut = 0; cut < strlen(text); cut++) {
        if (cut > 0) {
            tear_down(NULL);
            set_up(NULL);
        }
        send_cut(text, cut);
        assert_int_equal(w.protocol, protocol);
        assert_memory_equal(w.fed, text, strlen(text));
    }
}

static void preface_is_http_2_however_it_is_cut(void **state)
{
    assert_cuts("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n....", '2');
}

static void request_is_http_1_however_it_is_cut(void **state)
{
    assert_cuts("GET / HTTP/1.1\r\n\r\n", '1');
}

static void method_that_begins_like_the_preface_is_http_1(void **state)
{
    assert_cuts("PROPFIND / HTTP/1.1\r\n\r\n", '1');
    tear_down(NULL);
    set_up(NULL);
    assert_cuts("PRIX / HTTP/1.1\r\n\r\n", '1');
}

static void connection_that_says_nothing_is_closed(void **state)
{
    assert_true(loops_run_until_set(w.loop, &all_closed, LOOPS_DEADLINE_MS));
    assert_int_equal(w.protocol, 0);
}

static void connection_that_stops_inside_the_preface_is_closed(void **state)
{
    assert_int_equal(write(w.client, "PRI", 3), 3);
    assert_true(loops_run_until_set(w.loop, &all_closed, LOOPS_DEADLINE_MS));
    assert_int_equal(w.protocol, 0);
}

static void peer_that_leaves_before_it_speaks_is_forgotten(void **state)
{
    shutdown(w.client, SHUT_RDWR);
    assert_true(loops_run_until_set(w.loop, &all_closed, LOOPS_DEADLINE_MS));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define T_HASTY(name) cmocka_unit_test_setup_teardown(name, set_up_hasty, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(preface_is_http_2_however_it_is_cut),
        T(request_is_http_1_however_it_is_cut),
        T(method_that_begins_like_the_preface_is_http_1),
        T_HASTY(connection_that_says_nothing_is_closed),
        T_HASTY(connection_that_stops_inside_the_preface_is_closed),
        T(peer_that_leaves_before_it_speaks_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

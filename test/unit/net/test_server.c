/* Listeners, io threads, drain. */
#include "net/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "test/lib/httpd.h"
#include "test/lib/tempdir.h"

static void say(struct client *c, const char *path)
{
    char text[256];
    snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    assert_true(client_send_str(c, text));
}

static void assert_hello(struct client *c)
{
    client_forget(c);
    say(c, "/hello");
    assert_true(client_read_until(c, "\r\n\r\nhello"));
}

static enum err listen_again(struct httpd *h, const char *at, struct why *why)
{
    struct endpoint e;
    uint16_t port = 0;
    assert_int_equal(endpoint_parse(bytes_str(at), &e, why), OK);
    return net_server_listen(h->server, &e, &h->service, NULL, &port, why);
}

/* -- listening -- */

static void free_port_is_reported(void **state)
{
    struct httpd *h = httpd_start(1, NULL);
    assert_int_not_equal(h->port, 0);
    struct client *c = httpd_client(h);
    assert_hello(c);
    client_close(c);
    httpd_free(h);
}

static void second_bind_of_a_port_is_refused_with_a_sentence(void **state)
{
    struct httpd *h = httpd_start(1, NULL);
    struct httpd *other = httpd_new(1, NULL);
    char at[64];
    struct why why = { "" };
    snprintf(at, sizeof(at), "127.0.0.1:%u", h->port);
    assert_int_equal(listen_again(other, at, &why), ERR_ADDRESS_IN_USE);
    assert_non_null(strstr(why.text, at));
    assert_non_null(strstr(why.text, "another process"));
    httpd_free(other);
    httpd_free(h);
}

static void port_of_every_address_is_refused_where_one_is_taken(void **state)
{
    struct httpd *h = httpd_start(1, NULL);
    struct httpd *other = httpd_new(1, NULL);
    char at[64];
    struct why why = { "" };
    snprintf(at, sizeof(at), ":%u", h->port);
    assert_int_equal(listen_again(other, at, &why), ERR_ADDRESS_IN_USE);
    httpd_free(other);
    httpd_free(h);
}

static void address_of_another_machine_is_refused(void **state)
{
    struct httpd *h = httpd_new(1, NULL);
    struct why why = { "" };
    assert_int_equal(listen_again(h, "192.0.2.1:0", &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "no address of this machine"));
    httpd_free(h);
}

static void port_can_be_bound_again_at_once(void **state)
{
    struct httpd *h = httpd_start(1, NULL);
    struct client *c = httpd_client(h);
    assert_hello(c);
    char at[64];
    snprintf(at, sizeof(at), "127.0.0.1:%u", h->port);
    httpd_free(h); /* our side closes first: its connection stays in TIME_WAIT */
    client_close(c);
    h = httpd_new(1, NULL);
    httpd_listen(h, at, NULL, false);
    httpd_free(h);
}

static void tls_endpoint_without_a_certificate_is_refused(void **state)
{
    struct httpd *h = httpd_new(1, NULL);
    struct why why = { "" };
    assert_int_equal(listen_again(h, "https://127.0.0.1:0", &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "certificate"));
    httpd_free(h);
}

/* -- unix sockets -- */

struct unix_place {
    char *dir;
    char path[100], url[120]; /* what fits a unix address */
};

static struct unix_place new_place(void)
{
    struct unix_place p = { .dir = tempdir_new() };
    snprintf(p.path, sizeof(p.path), "%s/muster.sock", p.dir);
    snprintf(p.url, sizeof(p.url), "unix://%s", p.path);
    return p;
}

static void unix_socket_is_served_and_removed_at_the_end(void **state)
{
    struct unix_place p = new_place();
    struct httpd *h = httpd_new(1, NULL);
    httpd_listen(h, p.url, NULL, false);
    httpd_run(h);
    struct client *c = client_unix(p.path);
    assert_hello(c);
    client_close(c);
    httpd_free(h);
    assert_int_not_equal(access(p.path, F_OK), 0);
    tempdir_free(p.dir);
}

static void stale_socket_file_is_replaced(void **state)
{
    struct unix_place p = new_place();
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    snprintf(at.sun_path, sizeof(at.sun_path), "%s", p.path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    close(fd); /* the file stays, nobody listens */
    struct httpd *h = httpd_new(1, NULL);
    httpd_listen(h, p.url, NULL, false);
    httpd_run(h);
    struct client *c = client_unix(p.path);
    assert_hello(c);
    client_close(c);
    httpd_free(h);
    tempdir_free(p.dir);
}

static void socket_that_somebody_listens_on_is_not_replaced(void **state)
{
    struct unix_place p = new_place();
    struct httpd *h = httpd_new(1, NULL);
    struct httpd *other = httpd_new(1, NULL);
    httpd_listen(h, p.url, NULL, false);
    httpd_run(h);
    struct why why = { "" };
    assert_int_equal(listen_again(other, p.url, &why), ERR_ADDRESS_IN_USE);
    assert_non_null(strstr(why.text, "another process"));
    struct client *c = client_unix(p.path);
    assert_hello(c);
    client_close(c);
    httpd_free(other);
    httpd_free(h);
    tempdir_free(p.dir);
}

static void file_that_is_no_socket_is_not_replaced(void **state)
{
    struct unix_place p = new_place();
    FILE *f = fopen(p.path, "w");
    assert_non_null(f);
    fclose(f);
    struct httpd *h = httpd_new(1, NULL);
    struct why why = { "" };
    assert_int_equal(listen_again(h, p.url, &why), ERR_ADDRESS_IN_USE);
    assert_int_equal(access(p.path, F_OK), 0);
    httpd_free(h);
    tempdir_free(p.dir);
}

static void missing_directory_is_named(void **state)
{
    struct httpd *h = httpd_new(1, NULL);
    struct why why = { "" };
    assert_int_equal(listen_again(h, "unix:///nowhere/at/all.sock", &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "does not exist"));
    httpd_free(h);
}

/* -- threads -- */

static void connections_spread_evenly_over_the_threads(void **state)
{
    enum { THREADS = 4, EACH = 8 };
    struct httpd *h = httpd_start(THREADS, NULL);
    struct client *clients[THREADS * EACH];
    for (size_t i = 0; i < THREADS * EACH; i++) {
        clients[i] = httpd_client(h);
        assert_hello(clients[i]);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(net_server_counts(h->server, i).connections, EACH);
    for (size_t i = 0; i < THREADS * EACH; i++)
        client_close(clients[i]);
    httpd_free(h);
}

static void context_is_that_of_the_connections_thread(void **state)
{
    struct httpd *h = httpd_start(2, NULL);
    struct client *first = httpd_client(h);
    say(first, "/thread");
    assert_true(client_read_until(first, "thread 0"));
    struct client *second = httpd_client(h);
    say(second, "/thread");
    assert_true(client_read_until(second, "thread 1"));
    client_close(first);
    client_close(second);
    httpd_free(h);
}

static void requests_under_way_are_counted(void **state)
{
    struct httpd *h = httpd_start(1, NULL);
    struct client *c = httpd_client(h);
    say(c, "/hold");
    assert_true(loops_event_wait(&h->held, 1, LOOPS_DEADLINE_MS));
    assert_int_equal(net_server_counts(h->server, 0).streams, 1);
    httpd_release(h);
    assert_true(client_read_until(c, "released"));
    assert_int_equal(net_server_counts(h->server, 0).streams, 0);
    client_close(c);
    httpd_free(h);
}

/* -- limits -- */

static void connection_over_the_limit_is_reset(void **state)
{
    const struct net_limits limits = { .connections_max = 2 };
    struct httpd *h = httpd_start(1, &limits);
    struct client *a = httpd_client(h), *b = httpd_client(h);
    assert_hello(a);
    assert_hello(b);
    struct client *third = httpd_client(h);
    assert_true(client_read_to_end(third));
    assert_true(client_was_reset(third));
    client_close(third);
    assert_hello(a);
    client_close(a);
    client_close(b);
    httpd_free(h);
}

static void there_is_room_again_when_one_has_left(void **state)
{
    const struct net_limits limits = { .connections_max = 1 };
    struct httpd *h = httpd_start(1, &limits);
    struct client *a = httpd_client(h);
    assert_hello(a);
    client_send_str(a, "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_true(client_read_to_end(a));
    client_close(a);
    /* The server has seen it off when a newcomer is no longer reset. */
    bool served = false;
    for (unsigned i = 0; i < 1000 && !served; i++) {
        struct client *b = httpd_client(h);
        served = client_send_str(b, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n") &&
                 client_read_until(b, "hello");
        client_close(b);
    }
    assert_true(served);
    httpd_free(h);
}

/* Turns of the first loop while WAIT runs. */
struct turns {
    struct loop_hook hook;
    struct timer wait;
    struct loop *loop;
    unsigned n;
    struct loops_event over;
};

static void count_turn(struct loop_hook *hook)
{
    CONTAINER_OF(hook, struct turns, hook)->n++;
}

static void wait_is_over(struct timer *timer)
{
    struct turns *turns = CONTAINER_OF(timer, struct turns, wait);
    loop_hook_remove(&turns->hook);
    loops_event_happen(&turns->over);
}

static void start_counting(void *ctx)
{
    struct turns *turns = ctx;
    turns->hook.run = count_turn;
    loop_hook_add(turns->loop, LOOP_STAGE_ANSWER, &turns->hook);
    timer_init(&turns->wait, turns->loop, wait_is_over);
    timer_start(&turns->wait, 250);
}

/* Lowers the limit so that no descriptor is left above those that are open. */
static struct rlimit use_up_descriptors(void)
{
    struct rlimit before, tight;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int next = dup(0);
    close(next);
    tight = (struct rlimit){ .rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    return before;
}

static void out_of_descriptors_the_listener_waits_and_goes_on(void **state)
{
    struct httpd *h = httpd_start(1, NULL);
    struct client *served = httpd_client(h);
    assert_hello(served);
    /* The newcomer's connection is made by the kernel once its descriptor is there to connect. */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct rlimit before = use_up_descriptors();
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(h->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    struct client *late = client_on(fd);
    assert_true(client_send_str(late, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"));

    struct turns turns = { .loop = h->threads[0].loop };
    loops_event_init(&turns.over);
    loops_call(h->threads[0].box, start_counting, &turns);
    assert_true(loops_event_wait(&turns.over, 1, LOOPS_DEADLINE_MS));
    assert_true(turns.n < 50);
    assert_hello(served);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(client_read_until(late, "hello"));
    loops_event_fini(&turns.over);
    client_close(late);
    client_close(served);
    httpd_free(h);
}

static void accepted_and_refused_connections_are_counted(void **state)
{
    const struct net_limits limits = { .connections_max = 1 };
    struct httpd *h = httpd_start(1, &limits);
    struct client *a = httpd_client(h);
    assert_hello(a);
    struct client *b = httpd_client(h);
    assert_true(client_read_to_end(b));
    struct buf text;
    buf_init(&text, 1 << 20);
    metrics_render(h->metrics, &text);
    buf_put_u8(&text, 0);
    assert_non_null(strstr((char *)text.p, "muster_net_accepted_total{listener=\"test\"} 1\n"));
    assert_non_null(strstr((char *)text.p, "muster_net_refused_total{listener=\"test\"} 1\n"));
    assert_non_null(strstr((char *)text.p, "muster_net_connections 1\n"));
    buf_fini(&text);
    client_close(a);
    client_close(b);
    httpd_free(h);
}

static void host_is_checked_where_asked(void **state)
{
    struct httpd *h = httpd_new(1, NULL);
    h->http.check_host = true;
    httpd_listen(h, "127.0.0.1:0", NULL, false);
    httpd_run(h);
    struct client *c = httpd_client(h);
    assert_hello(c);
    assert_true(client_send_str(c, "GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n"));
    assert_true(client_read_until(c, "HTTP/1.1 421 Misdirected Request"));
    client_close(c);
    httpd_free(h);
}

/* -- the drain -- */

static void drain_of_an_idle_server_is_done_at_once(void **state)
{
    struct httpd *h = httpd_start(3, NULL);
    assert_true(httpd_drain(h, 60000));
    httpd_free(h);
}

static void drain_closes_idle_connections(void **state)
{
    struct httpd *h = httpd_start(2, NULL);
    struct client *a = httpd_client(h), *b = httpd_client(h);
    assert_hello(a);
    assert_hello(b);
    net_server_drain(h->server, 60000, NULL, NULL);
    assert_true(client_read_to_end(a));
    assert_true(client_read_to_end(b));
    assert_false(client_was_reset(a));
    client_close(a);
    client_close(b);
    httpd_free(h);
}

static void drain_waits_for_answers_under_way(void **state)
{
    struct httpd *h = httpd_start(1, NULL);
    struct client *c = httpd_client(h);
    struct client *idle = httpd_client(h);
    assert_hello(idle);
    say(c, "/hold");
    assert_true(loops_event_wait(&h->held, 1, LOOPS_DEADLINE_MS));
    net_server_drain(h->server, 60000, NULL, NULL);
    assert_true(client_read_to_end(idle)); /* the drain has begun */
    client_close(idle);
    httpd_release(h);
    assert_true(client_read_to_end(c));
    assert_true(client_has(c, "connection: close\r\n"));
    assert_true(client_has(c, "released"));
    client_close(c);
    httpd_free(h);
}

static void drain_ends_what_does_not_end_by_itself(void **state)
{
    struct httpd *h = httpd_start(2, NULL);
    struct client *c = httpd_client(h);
    say(c, "/hold");
    assert_true(loops_event_wait(&h->held, 1, LOOPS_DEADLINE_MS));
    assert_true(httpd_drain(h, 50));
    assert_true(loops_event_wait(&h->gone, 1, LOOPS_DEADLINE_MS));
    assert_true(client_read_to_end(c));
    client_close(c);
    httpd_free(h);
}

static void drained_server_accepts_nobody(void **state)
{
    struct httpd *h = httpd_start(1, NULL);
    assert_true(httpd_drain(h, 1000));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct httpd *successor = httpd_new(1, NULL);
    char at[64];
    snprintf(at, sizeof(at), "127.0.0.1:%u", h->port);
    httpd_listen(successor, at, NULL, false); /* the port is free */
    close(fd);
    httpd_free(successor);
    httpd_free(h);
}

static void count_done(void *ctx)
{
    loops_event_happen(ctx);
}

static void nothing(void *ctx)
{
    (void)ctx;
}

static void done_is_called_once_for_two_drains(void **state)
{
    struct httpd *h = httpd_start(2, NULL);
    net_server_drain(h->server, 1000, count_done, &h->drained);
    net_server_drain(h->server, 1000, count_done, &h->drained);
    assert_true(loops_event_wait(&h->drained, 1, LOOPS_DEADLINE_MS));
    for (unsigned i = 0; i < 10; i++)
        loops_call(h->threads[i % 2].box, nothing,
                   NULL); /* whatever else was on its way is there */
    assert_int_equal(h->drained.count, 1);
    httpd_free(h);
}

static void free_without_a_drain_ends_open_connections(void **state)
{
    struct httpd *h = httpd_start(2, NULL);
    struct client *a = httpd_client(h), *b = httpd_client(h);
    assert_hello(a);
    say(b, "/thread");
    assert_true(client_read_until(b, "thread 1"));
    httpd_free(h);
    assert_true(client_read_to_end(a));
    assert_true(client_read_to_end(b));
    client_close(a);
    client_close(b);
}

/* -- all at once -- */

enum { CROWD = 6, VISITS = 40 };

struct visitor {
    struct httpd *h;
    unsigned served;
};

static void *visit(void *arg)
{
    struct visitor *v = arg;
    for (unsigned i = 0; i < VISITS; i++) {
        struct client *c = httpd_client(v->h);
        bool ok = client_send_str(c, "GET /thread HTTP/1.1\r\nHost: x\r\n\r\n"
                                     "GET /big?n=100000 HTTP/1.1\r\nHost: x\r\n\r\n") &&
                  client_read_bytes(c, 100000);
        v->served += ok;
        if (i % 2 == 0)
            client_close(c);
        else
            client_reset(c);
    }
    return NULL;
}

static void crowd_that_comes_and_goes_is_served_and_forgotten(void **state)
{
    struct httpd *h = httpd_start(3, NULL);
    pthread_t threads[CROWD];
    struct visitor visitors[CROWD];
    for (unsigned i = 0; i < CROWD; i++) {
        visitors[i] = (struct visitor){ .h = h };
        assert_int_equal(pthread_create(&threads[i], NULL, visit, &visitors[i]), 0);
    }
    net_server_set_serving(h->server, false);
    for (unsigned i = 0; i < CROWD; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(visitors[i].served, VISITS);
    }
    assert_true(httpd_drain(h, 60000));
    assert_int_equal(httpd_connections(h), 0);
    httpd_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_port_is_reported),
        cmocka_unit_test(second_bind_of_a_port_is_refused_with_a_sentence),
        cmocka_unit_test(port_of_every_address_is_refused_where_one_is_taken),
        cmocka_unit_test(address_of_another_machine_is_refused),
        cmocka_unit_test(port_can_be_bound_again_at_once),
        cmocka_unit_test(tls_endpoint_without_a_certificate_is_refused),
        cmocka_unit_test(unix_socket_is_served_and_removed_at_the_end),
        cmocka_unit_test(stale_socket_file_is_replaced),
        cmocka_unit_test(socket_that_somebody_listens_on_is_not_replaced),
        cmocka_unit_test(file_that_is_no_socket_is_not_replaced),
        cmocka_unit_test(missing_directory_is_named),
        cmocka_unit_test(connections_spread_evenly_over_the_threads),
        cmocka_unit_test(context_is_that_of_the_connections_thread),
        cmocka_unit_test(requests_under_way_are_counted),
        cmocka_unit_test(connection_over_the_limit_is_reset),
        cmocka_unit_test(there_is_room_again_when_one_has_left),
        cmocka_unit_test(out_of_descriptors_the_listener_waits_and_goes_on),
        cmocka_unit_test(accepted_and_refused_connections_are_counted),
        cmocka_unit_test(host_is_checked_where_asked),
        cmocka_unit_test(drain_of_an_idle_server_is_done_at_once),
        cmocka_unit_test(drain_closes_idle_connections),
        cmocka_unit_test(drain_waits_for_answers_under_way),
        cmocka_unit_test(drain_ends_what_does_not_end_by_itself),
        cmocka_unit_test(drained_server_accepts_nobody),
        cmocka_unit_test(done_is_called_once_for_two_drains),
        cmocka_unit_test(free_without_a_drain_ends_open_connections),
        cmocka_unit_test(crowd_that_comes_and_goes_is_served_and_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

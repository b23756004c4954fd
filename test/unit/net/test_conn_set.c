/* Holding: connections are left unread, and none for too long. */
#include "net/conn_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/conn_core.h"
#include "test/lib/loops.h"

enum { CONNS_MAX = 4, LONG_MS = 60000, SHORT_MS = 50 };

struct peer { /* one connection: its protocol notes what it is told */
    struct world *w;
    struct conn *conn;
    int fd; /* the other end */
    char fed[64];
    bool has_ended;
    bool is_gone;
};

enum { READ = 64 * 1024 };

struct world {
    struct loop *loop;
    struct conn_set *set;
    struct peer peers[CONNS_MAX];
    size_t peer_n;
    char order[64]; /* the first letters of what was fed, in the order of the feeds */
    size_t feeds;
    bool hold_after; /* as if what is fed took the last credits */
};

static void on_feed(void *self, struct bytes in)
{
    struct peer *p = self;
    snprintf(p->fed, sizeof p->fed, "%.*s", (int)in.n, (const char *)in.p);
    p->w->order[p->w->feeds++] = p->fed[0];
    if (p->w->hold_after)
        conn_set_hold(p->w->set);
}

static void on_ended(void *self)
{
    struct peer *p = self;
    p->has_ended = true;
    conn_close(p->conn, CONN_FLUSH_FIRST);
}

static void on_shutdown(void *self)
{
    conn_close(((struct peer *)self)->conn, CONN_FLUSH_FIRST);
}

static void on_gone(void *self, enum err why)
{
    ((struct peer *)self)->is_gone = true;
}

static void on_drained(void *self)
{
    (void)self;
}

static const struct conn_protocol noting = { .name = "noting",
                                             .feed = on_feed,
                                             .ended = on_ended,
                                             .drained = on_drained,
                                             .shutdown = on_shutdown,
                                             .gone = on_gone };

static struct peer *open_peer(struct world *w)
{
    struct peer *p = &w->peers[w->peer_n++];
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    *p = (struct peer){ .w = w, .fd = fds[0] };
    assert_int_equal(conn_open(w->set, fds[1], NULL, &noting, p, &p->conn), OK);
    return p;
}

static void say(const struct peer *p, const char *text)
{
    assert_int_equal(write(p->fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* What can happen by itself has happened. */
static void settle(struct world *w)
{
    loops_run_turns(w->loop, 10);
}

static int setup(void **state)
{
    struct world *w = mem_zalloc(1, sizeof *w);
    assert_int_equal(loop_new("set", &w->loop), OK);
    w->set = conn_set_new(w->loop, NULL, NULL);
    conn_set_limit_hold(w->set, LONG_MS);
    *state = w;
    return 0;
}

static bool is_empty(void *ctx)
{
    return conn_set_count(ctx) == 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    conn_set_close(w->set, CONN_AT_ONCE);
    assert_true(loops_run_until(w->loop, is_empty, w->set, LOOPS_DEADLINE_MS));
    for (size_t i = 0; i < w->peer_n; i++) {
        assert_true(w->peers[i].is_gone);
        close(w->peers[i].fd);
    }
    conn_set_free(w->set);
    loop_free(w->loop);
    mem_free(w);
    return 0;
}

/* -- what waits ------------------------------------------------------------------------------- */

static void held_connections_are_not_read_until_the_release(void **state)
{
    struct world *w = *state;
    struct peer *a = open_peer(w), *b = open_peer(w);
    conn_set_hold(w->set);
    say(a, "a");
    say(b, "b");
    settle(w);
    assert_string_equal(w->order, "");
    conn_set_release(w->set);
    assert_string_equal(w->order, ""); /* not inside the call */
    settle(w);
    assert_string_equal(a->fed, "a");
    assert_string_equal(b->fed, "b");
}

static void new_connection_of_a_held_set_waits_too(void **state)
{
    struct world *w = *state;
    conn_set_hold(w->set);
    struct peer *a = open_peer(w);
    say(a, "a");
    settle(w);
    assert_string_equal(a->fed, "");
    conn_set_release(w->set);
    settle(w);
    assert_string_equal(a->fed, "a");
}

static void connection_that_is_always_read_does_not_wait(void **state)
{
    struct world *w = *state;
    struct peer *a = open_peer(w), *b = open_peer(w);
    conn_read_always(b->conn);
    conn_set_hold(w->set);
    say(a, "a");
    say(b, "b");
    settle(w);
    assert_string_equal(w->order, "b");
}

/* What the feed of one brings about holds for the others of the same turn. */
static void hold_in_a_feed_is_in_time_for_the_next_connection(void **state)
{
    struct world *w = *state;
    struct peer *peers[3];
    for (size_t i = 0; i < 3; i++)
        peers[i] = open_peer(w);
    settle(w); /* all are watched */
    w->hold_after = true;
    for (size_t i = 0; i < 3; i++)
        say(peers[i], "x");
    settle(w);
    assert_int_equal(strlen(w->order), 1);
    for (size_t i = 2; i <= 3; i++) {
        conn_set_release(w->set);
        settle(w);
        assert_int_equal(strlen(w->order), i);
    }
}

static void who_waited_first_is_read_first(void **state)
{
    struct world *w = *state;
    struct peer *a = open_peer(w), *b = open_peer(w), *c = open_peer(w);
    conn_set_hold(w->set);
    say(c, "c");
    settle(w);
    say(a, "a");
    settle(w);
    say(b, "b");
    settle(w);
    conn_set_release(w->set);
    settle(w);
    assert_string_equal(w->order, "cab");
}

/* Two of them have much to say. */
static void release_reads_each_connection_once_before_any_twice(void **state)
{
    static char much[2 * READ + 1];
    struct world *w = *state;
    struct peer *a = open_peer(w), *b = open_peer(w), *c = open_peer(w);
    conn_set_hold(w->set);
    memset(much, 'a', sizeof much - 1);
    say(a, much);
    settle(w);
    memset(much, 'b', sizeof much - 1);
    say(b, much);
    settle(w);
    say(c, "c");
    settle(w);
    conn_set_release(w->set);
    settle(w);
    assert_memory_equal(w->order, "abcab", 5);
}

static void who_was_not_read_before_the_next_hold_keeps_its_place(void **state)
{
    struct world *w = *state;
    struct peer *a = open_peer(w), *b = open_peer(w), *c = open_peer(w);
    conn_set_hold(w->set);
    say(a, "a");
    settle(w);
    say(b, "b");
    settle(w);
    say(c, "c");
    settle(w);
    w->hold_after = true;
    conn_set_release(w->set);
    settle(w);
    say(a, "A"); /* comes last now */
    settle(w);
    for (size_t i = 0; i < 3; i++) {
        conn_set_release(w->set);
        settle(w);
    }
    assert_string_equal(w->order, "abcA");
}

static void own_pause_of_a_connection_outlives_the_release(void **state)
{
    struct world *w = *state;
    struct peer *a = open_peer(w);
    conn_set_hold(w->set);
    say(a, "a");
    settle(w);
    conn_pause(a->conn);
    conn_set_release(w->set);
    settle(w);
    assert_string_equal(a->fed, "");
    conn_set_hold(w->set);
    conn_resume(a->conn);
    settle(w);
    assert_string_equal(a->fed, "");
    conn_set_release(w->set);
    settle(w);
    assert_string_equal(a->fed, "a");
}

/* -- for how long ----------------------------------------------------------------------------- */

static bool is_fed(void *ctx)
{
    return ((struct peer *)ctx)->fed[0] != 0;
}

static void no_connection_waits_longer_than_the_limit(void **state)
{
    struct world *w = *state;
    struct peer *a = open_peer(w), *b = open_peer(w);
    conn_set_limit_hold(w->set, SHORT_MS);
    conn_set_hold(w->set);
    uint64_t began = clock_now_ns();
    say(a, "a");
    assert_true(loops_run_until(w->loop, is_fed, a, LOOPS_DEADLINE_MS));
    assert_true(clock_now_ns() - began >= SHORT_MS * UINT64_C(1000000));
    say(b, "b"); /* now all are read, a second hold changes nothing */
    conn_set_hold(w->set);
    settle(w);
    assert_string_equal(b->fed, "b");
    conn_set_release(w->set); /* and then it is as before */
    conn_set_limit_hold(w->set, LONG_MS);
    conn_set_hold(w->set);
    say(b, "c");
    settle(w);
    assert_string_equal(b->fed, "b");
}

/* A round over all of them may take longer than one hold. */
static void who_waits_too_long_is_read_once_although_the_hold_is_new(void **state)
{
    enum { LIMIT_MS = 5000 };
    static char much[2 * READ + 1];
    struct world *w = *state;
    struct peer *a = open_peer(w), *b = open_peer(w);
    conn_set_limit_hold(w->set, LIMIT_MS);
    conn_set_hold(w->set);
    memset(much, 'a', sizeof much - 1);
    say(a, much);
    say(b, "b");
    settle(w);
    assert_true(a->conn->waits_since_ms > LIMIT_MS);
    a->conn->waits_since_ms -= LIMIT_MS; /* over many holds */
    conn_set_release(w->set);
    conn_set_hold(w->set);
    assert_true(loops_run_until(w->loop, is_fed, a, LOOPS_DEADLINE_MS));
    settle(w);
    assert_string_equal(w->order, "a");
}

static void limit_is_a_second_unless_told_otherwise(void **state)
{
    struct world *w = *state;
    struct conn_set *set = w->set;
    w->set = conn_set_new(w->loop, NULL, NULL);
    struct peer *a = open_peer(w);
    conn_set_hold(w->set);
    uint64_t began = clock_now_ns();
    say(a, "a");
    assert_true(loops_run_until(w->loop, is_fed, a, LOOPS_DEADLINE_MS));
    assert_true(clock_now_ns() - began >= UINT64_C(1000000000));
    conn_set_free(set);
}

/* -- how it ends ------------------------------------------------------------------------------ */

static bool is_gone(void *ctx)
{
    return ((struct peer *)ctx)->is_gone;
}

static void held_connection_closes_softly(void **state)
{
    struct world *w = *state;
    struct peer *a = open_peer(w);
    char end;
    conn_set_hold(w->set);
    say(a, "a");
    settle(w);
    conn_set_shutdown(w->set);
    settle(w);
    assert_int_equal(read(a->fd, &end, 1), 0); /* our end is said */
    shutdown(a->fd, SHUT_WR);
    assert_true(loops_run_until(w->loop, is_gone, a, LOOPS_DEADLINE_MS));
    assert_string_equal(a->fed, "");
    conn_set_release(w->set);
}

static void peer_that_leaves_while_it_is_held_is_noticed_after_the_release(void **state)
{
    struct world *w = *state;
    struct peer *a = open_peer(w);
    conn_set_hold(w->set);
    say(a, "a");
    shutdown(a->fd, SHUT_RDWR);
    settle(w);
    assert_false(a->has_ended);
    conn_set_release(w->set);
    assert_true(loops_run_until(w->loop, is_gone, a, LOOPS_DEADLINE_MS));
    assert_string_equal(a->fed, "a");
    assert_true(a->has_ended);
}

static void held_connections_end_at_once_when_told_so(void **state)
{
    struct world *w = *state;
    struct peer *a = open_peer(w);
    conn_set_hold(w->set);
    say(a, "a");
    settle(w);
    conn_set_close(w->set, CONN_AT_ONCE);
    conn_set_release(w->set);
    assert_true(loops_run_until(w->loop, is_gone, a, LOOPS_DEADLINE_MS));
    assert_string_equal(a->fed, "");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(held_connections_are_not_read_until_the_release),
        T(new_connection_of_a_held_set_waits_too),
        T(connection_that_is_always_read_does_not_wait),
        T(hold_in_a_feed_is_in_time_for_the_next_connection),
        T(who_waited_first_is_read_first),
        T(release_reads_each_connection_once_before_any_twice),
        T(who_was_not_read_before_the_next_hold_keeps_its_place),
        T(own_pause_of_a_connection_outlives_the_release),
        T(no_connection_waits_longer_than_the_limit),
        T(who_waits_too_long_is_read_once_although_the_hold_is_new),
        T(limit_is_a_second_unless_told_otherwise),
        T(held_connection_closes_softly),
        T(peer_that_leaves_while_it_is_held_is_noticed_after_the_release),
        T(held_connections_end_at_once_when_told_so),
    };
    return cmocka_run_group_tests_name("conn_set", tests, NULL, NULL);
}

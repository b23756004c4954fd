#include "net/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/mailbox.h"
#include "net/conn_filter.h"
#include "net/conn_set.h"
#include "test/lib/client.h"
#include "test/lib/loops.h"

/* A running loop with one connection, whose protocol notes what it is told. */
struct world {
    struct loop *loop;
    struct mailbox *box;
    struct conn_set *set;
    struct conn *conn;
    struct client *client;
    int server_fd;
    struct conn_filter *filter;
    /* on the loop's thread, read by loops_call */
    struct buf fed;
    unsigned feeds, ends, drains, shutdowns, gones;
    enum err why;
    bool echoes, closes_at_end;
    struct loops_event fed_event, ended_event, drained_event, gone_event;
};

static void on_feed(void *self, struct bytes in)
{
    struct world *w = self;
    w->feeds++;
    buf_put_bytes(&w->fed, in);
    if (w->echoes) {
        buf_put_bytes(conn_out(w->conn), in);
        conn_touch(w->conn);
    }
    loops_event_happen(&w->fed_event);
}

static void on_ended(void *self)
{
    struct world *w = self;
    w->ends++;
    if (w->closes_at_end)
        conn_close(w->conn, CONN_FLUSH_FIRST);
    loops_event_happen(&w->ended_event);
}

static void on_drained(void *self)
{
    struct world *w = self;
    w->drains++;
    loops_event_happen(&w->drained_event);
}

static void on_shutdown(void *self)
{
    struct world *w = self;
    w->shutdowns++;
    conn_close(w->conn, CONN_FLUSH_FIRST);
}

static void on_gone(void *self, enum err why)
{
    struct world *w = self;
    w->gones++;
    w->why = why;
    w->conn = NULL;
    loops_event_happen(&w->gone_event);
}

static const struct conn_protocol noting = { .name = "noting",
                                             .feed = on_feed,
                                             .ended = on_ended,
                                             .drained = on_drained,
                                             .shutdown = on_shutdown,
                                             .gone = on_gone };

static void open_conn(void *ctx)
{
    struct world *w = ctx;
    assert_int_equal(conn_open(w->set, w->server_fd, w->filter, &noting, w, &w->conn), OK);
}

static void tcp_pair(int fds[2])
{
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(at);
    assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&at, &n), 0);
    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fds[0], (struct sockaddr *)&at, sizeof(at)), 0);
    fds[1] = accept(listening, NULL, NULL);
    assert_true(fds[1] >= 0);
    close(listening);
}

static struct world *new_world(bool is_tcp, struct conn_filter *filter)
{
    int fds[2];
    struct world *w = mem_zalloc(1, sizeof(*w));
    signal(SIGPIPE, SIG_IGN);
    if (is_tcp)
        tcp_pair(fds);
    else
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    buf_init(&w->fed, 1 << 28);
    loops_event_init(&w->fed_event);
    loops_event_init(&w->ended_event);
    loops_event_init(&w->drained_event);
    loops_event_init(&w->gone_event);
    w->client = client_on(fds[0]);
    w->server_fd = fds[1];
    w->filter = filter;
    w->closes_at_end = true;
    assert_int_equal(loop_new("conn", &w->loop), OK);
    w->box = mailbox_new(w->loop);
    w->set = conn_set_new(w->loop, NULL, NULL);
    assert_int_equal(loop_start(w->loop), OK);
    loops_call(w->box, open_conn, w);
    return w;
}

/* What the loop's thread has noted so far. */
struct counts {
    struct world *w;
    unsigned feeds, ends, drains, shutdowns;
};

static void copy_counts(void *ctx)
{
    struct counts *c = ctx;
    *c = (struct counts){ c->w, c->w->feeds, c->w->ends, c->w->drains, c->w->shutdowns };
}

static struct counts counts(struct world *w)
{
    struct counts c = { .w = w };
    loops_call(w->box, copy_counts, &c);
    return c;
}

static void set_echoing(void *ctx)
{
    ((struct world *)ctx)->echoes = true;
}

static void set_staying(void *ctx)
{
    ((struct world *)ctx)->closes_at_end = false;
}

static void close_at_once(void *ctx)
{
    struct world *w = ctx;
    if (w->conn != NULL)
        conn_close(w->conn, CONN_AT_ONCE);
}

static void free_world(struct world *w)
{
    loops_call(w->box, close_at_once, w);
    assert_true(loops_event_wait(&w->gone_event, 1, LOOPS_DEADLINE_MS));
    loop_stop_join(w->loop);
    assert_int_equal(w->gones, 1);
    client_close(w->client);
    conn_set_free(w->set);
    mailbox_free(w->box);
    loop_free(w->loop);
    loops_event_fini(&w->fed_event);
    loops_event_fini(&w->ended_event);
    loops_event_fini(&w->drained_event);
    loops_event_fini(&w->gone_event);
    buf_fini(&w->fed);
    mem_free(w);
}

static void assert_gone(struct world *w, enum err why)
{
    assert_true(loops_event_wait(&w->gone_event, 1, LOOPS_DEADLINE_MS));
    assert_int_equal(w->why, why);
}

/* -- reading and writing -- */

static void bytes_go_in_and_come_back(void **state)
{
    struct world *w = new_world(true, NULL);
    loops_call(w->box, set_echoing, w);
    assert_true(client_send_str(w->client, "hello"));
    assert_true(client_read_until(w->client, "hello"));
    free_world(w);
}

static void a_megabyte_comes_back_whole(void **state)
{
    struct world *w = new_world(true, NULL);
    loops_call(w->box, set_echoing, w);
    enum { N = 1 << 20, PIECE = 1 << 14 };
    for (unsigned i = 0; i < N / PIECE; i++) {
        char piece[PIECE];
        memset(piece, 'a' + (int)(i % 26), PIECE);
        assert_true(client_send(w->client, piece, PIECE));
        assert_true(client_read_bytes(w->client, (size_t)(i + 1) * PIECE));
    }
    struct bytes got = client_received(w->client);
    for (size_t i = 0; i < N; i += 1000)
        assert_int_equal(got.p[i], 'a' + (int)(i / PIECE % 26));
    free_world(w);
}

struct writes {
    struct world *w;
    long before, after;
};

/* Write calls of this thread so far. */
static long count_writes(void)
{
    FILE *f = fopen("/proc/thread-self/io", "r");
    char line[128];
    long n = -1;
    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        sscanf(line, "syscw: %ld", &n);
    if (f != NULL)
        fclose(f);
    return n;
}

static void put_a_hundred_pieces(void *ctx)
{
    struct writes *writes = ctx;
    writes->before = count_writes();
    for (unsigned i = 0; i < 100; i++) {
        buf_put_str(conn_out(writes->w->conn), "piece ");
        conn_touch(writes->w->conn);
    }
}

static void note_writes(void *ctx)
{
    struct writes *writes = ctx;
    writes->after = count_writes();
}

static void what_a_turn_puts_leaves_in_one_write(void **state)
{
    struct world *w = new_world(true, NULL);
    struct writes writes = { .w = w };
    loops_call(w->box, put_a_hundred_pieces, &writes);
    assert_true(client_read_bytes(w->client, 600));
    loops_call(w->box, note_writes, &writes);
    assert_int_equal(writes.after - writes.before, 1);
    free_world(w);
}

static void peer_is_told_by_its_address(void **state)
{
    struct world *w = new_world(true, NULL);
    assert_int_equal(strncmp(conn_peer(w->conn), "127.0.0.1:", 10), 0);
    free_world(w);
    w = new_world(false, NULL);
    assert_string_equal(conn_peer(w->conn), "unix:");
    assert_false(conn_is_tls(w->conn));
    assert_null(conn_client_name(w->conn));
    free_world(w);
}

/* -- a slow reader -- */

enum { FLOOD = 4 * 1024 * 1024 };

struct flood {
    struct world *w;
    size_t n, pending;
};

static void put_flood(void *ctx)
{
    struct flood *f = ctx;
    uint8_t *to = buf_extend(conn_out(f->w->conn), f->n);
    assert_non_null(to);
    memset(to, 'f', f->n);
    conn_touch(f->w->conn);
}

static void ask_pending(void *ctx)
{
    struct flood *f = ctx;
    f->pending = f->w->conn != NULL ? conn_pending(f->w->conn) : 0;
}

static void pending_tells_what_a_slow_reader_has_not_taken(void **state)
{
    struct world *w = new_world(false, NULL);
    struct flood f = { .w = w, .n = FLOOD };
    loops_call(w->box, put_flood, &f);
    loops_call(w->box, ask_pending, &f);
    assert_true(f.pending > CONN_OUT_HIGH);
    assert_true(client_read_bytes(w->client, FLOOD));
    loops_call(w->box, ask_pending, &f);
    assert_int_equal(f.pending, 0);
    free_world(w);
}

static void drained_is_told_when_a_slow_reader_has_read(void **state)
{
    struct world *w = new_world(false, NULL);
    struct flood f = { .w = w, .n = FLOOD };
    loops_call(w->box, put_flood, &f);
    assert_int_equal(counts(w).drains, 0);
    assert_true(client_read_bytes(w->client, FLOOD));
    assert_true(loops_event_wait(&w->drained_event, 1, LOOPS_DEADLINE_MS));
    assert_int_equal(counts(w).drains, 1);
    free_world(w);
}

/* Above the high mark for a moment only: the kernel took it all in the same turn. */
static void drained_is_told_even_if_the_kernel_took_all(void **state)
{
    struct world *w = new_world(true, NULL);
    struct flood f = { .w = w, .n = CONN_OUT_HIGH + 1 };
    int room = 4 * 1024 * 1024;
    setsockopt(w->server_fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    loops_call(w->box, put_flood, &f);
    assert_true(client_read_bytes(w->client, f.n));
    assert_true(loops_event_wait(&w->drained_event, 1, LOOPS_DEADLINE_MS));
    free_world(w);
}

static void little_output_tells_nothing(void **state)
{
    struct world *w = new_world(true, NULL);
    struct flood f = { .w = w, .n = CONN_OUT_LOW };
    loops_call(w->box, put_flood, &f);
    assert_true(client_read_bytes(w->client, f.n));
    loops_call(w->box, ask_pending, &f);
    assert_int_equal(counts(w).drains, 0);
    free_world(w);
}

/* -- pausing -- */

static void pause_conn(void *ctx)
{
    conn_pause(((struct world *)ctx)->conn);
}

static void resume_conn(void *ctx)
{
    conn_resume(((struct world *)ctx)->conn);
}

static void nothing(void *ctx)
{
    (void)ctx;
}

static void paused_connection_is_not_read_until_every_resume(void **state)
{
    struct world *w = new_world(false, NULL);
    loops_call(w->box, pause_conn, w);
    loops_call(w->box, pause_conn, w);
    assert_true(client_send_str(w->client, "later"));
    for (unsigned i = 0; i < 10; i++)
        loops_call(w->box, nothing, w);
    assert_int_equal(counts(w).feeds, 0);
    loops_call(w->box, resume_conn, w);
    for (unsigned i = 0; i < 10; i++)
        loops_call(w->box, nothing, w);
    assert_int_equal(counts(w).feeds, 0);
    loops_call(w->box, resume_conn, w);
    assert_true(loops_event_wait(&w->fed_event, 1, LOOPS_DEADLINE_MS));
    free_world(w);
}

/* -- endings -- */

static void close_softly(void *ctx)
{
    struct world *w = ctx;
    conn_close(w->conn, CONN_FLUSH_FIRST);
    conn_close(w->conn, CONN_FLUSH_FIRST);
}

static void peer_that_closes_is_told_as_ended_and_gone_well(void **state)
{
    struct world *w = new_world(true, NULL);
    client_half_close(w->client);
    assert_true(loops_event_wait(&w->ended_event, 1, LOOPS_DEADLINE_MS));
    assert_gone(w, OK);
    assert_true(client_read_to_end(w->client));
    assert_false(client_was_reset(w->client));
    free_world(w);
}

static void half_closed_peer_can_still_be_answered(void **state)
{
    struct world *w = new_world(true, NULL);
    struct flood f = { .w = w, .n = 1000 };
    loops_call(w->box, set_staying, w);
    client_half_close(w->client);
    assert_true(loops_event_wait(&w->ended_event, 1, LOOPS_DEADLINE_MS));
    loops_call(w->box, put_flood, &f);
    assert_true(client_read_bytes(w->client, f.n));
    free_world(w);
}

static void peer_that_resets_is_gone_as_closed(void **state)
{
    struct world *w = new_world(true, NULL);
    client_reset(w->client);
    w->client = NULL;
    assert_gone(w, ERR_CLOSED);
    assert_int_equal(counts(w).ends, 0);
    free_world(w);
}

static void put_flood_and_close(void *ctx)
{
    struct flood *f = ctx;
    put_flood(f);
    conn_close(f->w->conn, CONN_FLUSH_FIRST);
}

static void soft_close_delivers_everything_first(void **state)
{
    struct world *w = new_world(true, NULL);
    struct flood f = { .w = w, .n = FLOOD };
    loops_call(w->box, put_flood_and_close, &f);
    assert_true(client_read_to_end(w->client));
    assert_int_equal(client_received(w->client).n, FLOOD);
    client_half_close(w->client);
    assert_gone(w, OK);
    free_world(w);
}

/* Without lingering the kernel would answer unread bytes with a reset, and drop what it has sent.
 */
static void late_bytes_of_the_peer_do_not_destroy_the_answer(void **state)
{
    struct world *w = new_world(true, NULL);
    struct flood f = { .w = w, .n = 100000 };
    loops_call(w->box, put_flood_and_close, &f);
    for (unsigned i = 0; i < 100; i++)
        client_send_str(w->client, "more that nobody wants");
    assert_true(client_read_to_end(w->client));
    assert_false(client_was_reset(w->client));
    assert_int_equal(client_received(w->client).n, f.n);
    client_half_close(w->client);
    assert_gone(w, OK);
    assert_int_equal(counts(w).feeds, 0); /* nothing is fed after the close */
    free_world(w);
}

static void peer_that_does_not_read_is_given_up_in_the_end(void **state)
{
    struct world *w = new_world(false, NULL);
    struct flood f = { .w = w, .n = FLOOD };
    loops_call(w->box, put_flood_and_close, &f);
    assert_gone(w, ERR_DEADLINE);
    free_world(w);
}

static void reset_conn(void *ctx)
{
    conn_close(((struct world *)ctx)->conn, CONN_RESET);
}

static void reset_close_is_seen_as_a_reset(void **state)
{
    struct world *w = new_world(true, NULL);
    struct client *c = w->client;
    loops_call(w->box, reset_conn, w);
    assert_gone(w, OK);
    assert_true(client_read_to_end(c));
    assert_true(client_was_reset(c));
    free_world(w);
}

static void harder_close_overtakes_a_softer_one(void **state)
{
    struct world *w = new_world(false, NULL);
    struct flood f = { .w = w, .n = FLOOD };
    loops_call(w->box, put_flood_and_close, &f);
    loops_call(w->box, close_at_once, w);
    assert_gone(w, OK);
    free_world(w);
}

static void close_twice_is_gone_once(void **state)
{
    struct world *w = new_world(true, NULL);
    loops_call(w->box, close_softly, w);
    client_half_close(w->client);
    assert_gone(w, OK);
    free_world(w); /* asserts that it was told once */
}

static void shut_set_down(void *ctx)
{
    conn_set_shutdown(((struct world *)ctx)->set);
}

static void shutdown_reaches_the_protocol(void **state)
{
    struct world *w = new_world(true, NULL);
    loops_call(w->box, shut_set_down, w);
    client_half_close(w->client);
    assert_gone(w, OK);
    assert_int_equal(counts(w).shutdowns, 1);
    free_world(w);
}

/* Asks for more room than there is, which is refused before any of it is touched. */
static void put_too_much(void *ctx)
{
    struct world *w = ctx;
    assert_null(buf_extend(conn_out(w->conn), (size_t)1 << 30));
    conn_touch(w->conn);
}

static void overflowing_output_ends_the_connection(void **state)
{
    struct world *w = new_world(false, NULL);
    loops_call(w->box, put_too_much, w);
    assert_gone(w, ERR_TOO_BIG);
    free_world(w);
}

/* -- handing over -- */

static void hand_over(void *self, struct bytes in)
{
    struct world *w = self;
    conn_set_protocol(w->conn, &noting, w, in);
}

static const struct conn_protocol handing = { .name = "handing",
                                              .feed = hand_over,
                                              .ended = on_ended,
                                              .shutdown = on_shutdown,
                                              .gone = on_gone };

static void set_handing(void *ctx)
{
    struct world *w = ctx;
    conn_set_protocol(w->conn, &handing, w, (struct bytes){ 0 });
}

static void new_protocol_is_fed_what_is_left(void **state)
{
    struct world *w = new_world(true, NULL);
    loops_call(w->box, set_handing, w);
    assert_true(client_send_str(w->client, "first"));
    assert_true(loops_event_wait(&w->fed_event, 1, LOOPS_DEADLINE_MS));
    assert_true(bytes_is(buf_bytes(&w->fed), "first"));
    free_world(w);
}

/* -- filters: one that turns letters' case, and refuses a '!' with a last word -- */

static enum err turn_in(struct conn_filter *f, struct bytes wire, struct buf *plain,
                        struct buf *reply, bool *ret_ended)
{
    for (size_t i = 0; i < wire.n; i++) {
        if (wire.p[i] == '!') {
            buf_put_str(reply, "alert");
            return ERR_MALFORMED;
        }
        if (wire.p[i] == '.')
            *ret_ended = true;
        else
            buf_put_u8(plain, wire.p[i] ^ 0x20);
    }
    return OK;
}

static enum err turn_out(struct conn_filter *f, struct bytes plain, struct buf *wire)
{
    for (size_t i = 0; i < plain.n; i++)
        buf_put_u8(wire, plain.p[i] ^ 0x20);
    return OK;
}

static void say_bye(struct conn_filter *f, struct buf *wire)
{
    buf_put_str(wire, "bye");
}

static bool is_h2(const struct conn_filter *f)
{
    return true;
}

static const char *name(const struct conn_filter *f)
{
    return "somebody";
}

static void forget(struct conn_filter *f)
{
    (void)f;
}

static bool is_ready(const struct conn_filter *f)
{
    return true;
}

static const char *failure(const struct conn_filter *f)
{
    return NULL;
}

static const struct conn_filter_ops turning = { turn_in, turn_out, say_bye, is_h2,
                                                name,    is_ready, failure, forget };

static void assert_filtered(void *ctx)
{
    struct world *w = ctx;
    assert_true(bytes_is(buf_bytes(&w->fed), "HELLO"));
    assert_true(conn_is_tls(w->conn));
    assert_true(conn_is_alpn_h2(w->conn));
    assert_string_equal(conn_client_name(w->conn), "somebody");
}

static void filter_turns_bytes_both_ways_and_says_goodbye(void **state)
{
    struct conn_filter filter = { &turning };
    struct world *w = new_world(true, &filter);
    loops_call(w->box, set_echoing, w);
    assert_true(client_send_str(w->client, "hello"));
    assert_true(client_read_until(w->client, "hello"));
    loops_call(w->box, assert_filtered, w);
    client_half_close(w->client);
    assert_true(client_read_to_end(w->client));
    assert_true(bytes_is(client_received(w->client), "hellobye"));
    assert_gone(w, OK);
    free_world(w);
}

static void goodbye_inside_a_filter_is_the_end(void **state)
{
    struct conn_filter filter = { &turning };
    struct world *w = new_world(true, &filter);
    assert_true(client_send_str(w->client, "last."));
    assert_true(loops_event_wait(&w->ended_event, 1, LOOPS_DEADLINE_MS));
    assert_true(bytes_is(buf_bytes(&w->fed), "LAST"));
    free_world(w);
}

static void filter_that_fails_has_the_last_word(void **state)
{
    struct conn_filter filter = { &turning };
    struct world *w = new_world(true, &filter);
    assert_true(client_send_str(w->client, "!"));
    assert_true(client_read_to_end(w->client));
    assert_true(bytes_is(client_received(w->client), "alert"));
    client_half_close(w->client);
    assert_gone(w, ERR_MALFORMED);
    free_world(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_in_and_come_back),
        cmocka_unit_test(a_megabyte_comes_back_whole),
        cmocka_unit_test(what_a_turn_puts_leaves_in_one_write),
        cmocka_unit_test(peer_is_told_by_its_address),
        cmocka_unit_test(pending_tells_what_a_slow_reader_has_not_taken),
        cmocka_unit_test(drained_is_told_when_a_slow_reader_has_read),
        cmocka_unit_test(drained_is_told_even_if_the_kernel_took_all),
        cmocka_unit_test(little_output_tells_nothing),
        cmocka_unit_test(paused_connection_is_not_read_until_every_resume),
        cmocka_unit_test(peer_that_closes_is_told_as_ended_and_gone_well),
        cmocka_unit_test(half_closed_peer_can_still_be_answered),
        cmocka_unit_test(peer_that_resets_is_gone_as_closed),
        cmocka_unit_test(soft_close_delivers_everything_first),
        cmocka_unit_test(late_bytes_of_the_peer_do_not_destroy_the_answer),
        cmocka_unit_test(peer_that_does_not_read_is_given_up_in_the_end),
        cmocka_unit_test(reset_close_is_seen_as_a_reset),
        cmocka_unit_test(harder_close_overtakes_a_softer_one),
        cmocka_unit_test(close_twice_is_gone_once),
        cmocka_unit_test(shutdown_reaches_the_protocol),
        cmocka_unit_test(overflowing_output_ends_the_connection),
        cmocka_unit_test(new_protocol_is_fed_what_is_left),
        cmocka_unit_test(filter_turns_bytes_both_ways_and_says_goodbye),
        cmocka_unit_test(goodbye_inside_a_filter_is_the_end),
        cmocka_unit_test(filter_that_fails_has_the_last_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

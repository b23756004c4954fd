/* Answers to what a peer does that wait to be sent: so many and no more. Everything that a peer
 * sends here reaches the server in one read, between two renders, so that the counts are exact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <nghttp2/nghttp2.h>

#include "base/buf.h"
#include "net/http2_guard.h"
#include "test/lib/grpcd.h"

struct hold { /* of the server's thread */
    struct mail mail;
    struct loops_event begun, end;
    bool was_ended;
};

struct fixture {
    struct httpd *d;
    struct client *c;
    struct hold hold; /* its thread may look at it until it has ended */
};

static void put_frame(struct buf *to, uint8_t type, uint8_t flags, uint32_t id, const void *payload,
                      size_t n)
{
    const uint8_t head[9] = {
        (uint8_t)(n >> 16),  (uint8_t)(n >> 8),   (uint8_t)n,         type,       flags,
        (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id
    };
    buf_put(to, head, sizeof(head));
    if (n > 0)
        buf_put(to, payload, n);
}

/* Waits for the answer to our SETTINGS; the server's own stay unanswered, so that streams above its
 * limit are no error of ours yet. */
static void greet(struct client *c)
{
    static const char ack[9] = { 0, 0, 0, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK };
    struct buf hello;
    buf_init(&hello, 1 << 10);
    buf_put_str(&hello, NGHTTP2_CLIENT_MAGIC);
    put_frame(&hello, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
    assert_true(client_send(c, hello.p, hello.n));
    size_t n = 0; /* read so far */
    do
        assert_true(client_read_bytes(c, ++n));
    while (memmem(client_received(c).p, client_received(c).n, ack, sizeof(ack)) == NULL);
    client_forget(c);
    buf_fini(&hello);
}

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){ 0 };
    const struct net_limits limits = { .ping_min_ms = 1, .streams_max = 1 };
    f.d = grpcd_start(&limits, true);
    f.c = httpd_client(f.d);
    greet(f.c);
    loops_event_init(&f.hold.begun);
    loops_event_init(&f.hold.end);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    client_close(f->c);
    httpd_free(f->d);
    loops_event_fini(&f->hold.begun);
    loops_event_fini(&f->hold.end);
    return 0;
}

/* -- one read ---------------------------------------------------------------------------------- */

static void hold_thread(struct mail *mail)
{
    struct hold *hold = CONTAINER_OF(mail, struct hold, mail);
    loops_event_happen(&hold->begun);
    hold->was_ended = loops_event_wait(&hold->end, 1, LOOPS_DEADLINE_MS);
}

/* Keeps the server's thread busy until all of BYTES lies in its socket; once a test. */
static void send_for_one_read(struct fixture *f, struct bytes bytes)
{
    struct hold *hold = &f->hold;
    assert_true(bytes.n <= 64 * 1024);
    hold->mail.deliver = hold_thread;
    mailbox_send(f->d->threads[0].box, &hold->mail);
    assert_true(loops_event_wait(&hold->begun, 1, LOOPS_DEADLINE_MS));
    assert_true(client_send(f->c, bytes.p, bytes.n));
    loops_event_happen(&hold->end);
}

/* -- claims ------------------------------------------------------------------------------------ */

/* One stream that is served, and N more than are allowed: each is answered by a reset. */
static void send_streams(struct fixture *f, size_t n)
{
    static const char head[] = "\x83\x86\x84\x41\x01x"; /* POST, http, "/", the authority "x" */
    struct buf all;
    buf_init(&all, 1 << 20);
    for (size_t i = 0; i <= n; i++)
        put_frame(&all, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, (uint32_t)(2 * i + 1), head,
                  sizeof(head) - 1);
    send_for_one_read(f, buf_bytes(&all));
    buf_fini(&all);
}

/* Two for each open stream may wait beside them: its own head and its end. */
enum { ANSWERS_MAX = HTTP2_QUEUED_MAX + 2 };

/* They are sent, and then it is their number in ten seconds that ends the connection. */
static void resets_at_the_limit_are_sent(void **state)
{
    struct fixture *f = *state;
    send_streams(f, ANSWERS_MAX);
    assert_true(client_read_until(f->c, "too_many_resets"));
}

static void one_reset_more_than_may_wait_ends_it(void **state)
{
    struct fixture *f = *state;
    send_streams(f, ANSWERS_MAX + 1);
    assert_true(client_read_until(f->c, "too_many_unread_answers"));
    assert_true(client_read_to_end(f->c));
}

/* The peer reads nothing at all, whatever it is told: the server lets it go and keeps nothing. */
static void peer_that_never_reads_is_let_go(void **state)
{
    struct fixture *f = *state;
    send_streams(f, ANSWERS_MAX + 1);
    uint64_t began = clock_now_ns();
    client_half_close(f->c);
    while (httpd_connections(f->d) > 0)
        assert_true(clock_now_ns() - began < LOOPS_DEADLINE_MS * 1000000ULL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(resets_at_the_limit_are_sent),
        T(one_reset_more_than_may_wait_ends_it),
        T(peer_that_never_reads_is_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

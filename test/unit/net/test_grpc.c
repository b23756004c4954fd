/* Calls over real connections: heads, messages, deadlines, cancellation, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/metric.h"
#include "net/grpc.h"
#include "net/grpc_gzip.h"
#include "test/lib/h2_pair.h"

static int set_up(void **state)
{
    const struct net_limits limits = { .grpc_message_max = 3 << 20, .grpc_send_max = 8 << 20 };
    return h2_pair_start(state, &limits, false);
}

static struct bytes filled(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 31 + i / 251);
    return bytes_of(p, n);
}

static void assert_ok(const struct h2_stream *s)
{
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_int_equal(h2_status(s), 200);
}

static void assert_bytes(struct bytes got, struct bytes wanted)
{
    assert_int_equal(got.n, wanted.n);
    assert_true(bytes_eq(got, wanted));
}

/* -- unary ------------------------------------------------------------------------------------- */

static void unary_call_is_answered(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Echo", bytes_str("hello"));
    assert_ok(s);
    assert_int_equal(h2_messages(s), 1);
    assert_bytes(h2_message(s, 0), bytes_str("hello"));
    assert_int_equal(s->block_n, 2); /* head and trailers */
    assert_int_equal(s->code, 0);
}

static void empty_message_is_a_message(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Echo", bytes_of("", 0));
    assert_ok(s);
    assert_int_equal(h2_messages(s), 1);
    assert_int_equal(h2_message(s, 0).n, 0);
}

static void content_type_is_echoed(void **state)
{
    struct h2_pair *f = *state;
    const struct h2_field type = { "content-type", "application/grpc+proto" };
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Echo", &type, 1);
    h2_send_message(s, bytes_str("x"));
    h2_end(s);
    assert_true(h2_wait_closed(s));
    assert_string_equal(h2_value(s, "content-type"), "application/grpc+proto");
}

static void error_without_messages_is_one_block(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Fail", bytes_str("5 not here"));
    assert_int_equal(h2_status(s), 200);
    assert_int_equal(h2_grpc_status(s), GRPC_NOT_FOUND);
    assert_string_equal(h2_grpc_message(s), "not here");
    assert_int_equal(s->block_n, 1);
    assert_string_equal(h2_value(s, "content-type"), "application/grpc");
}

static void message_is_percent_encoded(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Fail", bytes_str("3 100% of \xc3\xa9\n"));
    assert_string_equal(h2_grpc_message(s), "100%25 of %C3%A9%0A");
}

static void message_cut_at_every_byte_is_put_together(void **state)
{
    struct h2_pair *f = *state;
    static const uint8_t whole[] = { 0, 0, 0, 0, 6, 'p', 'i', 'e', 'c', 'e', 's' };
    for (size_t cut = 1; cut < sizeof(whole); cut++) {
        struct h2_stream *s = h2_call(f->c, "/test.Echo/Echo", NULL, 0);
        h2_send(s, bytes_of(whole, cut));
        assert_true(h2_flush(f->c));
        h2_send(s, bytes_of(whole + cut, sizeof(whole) - cut));
        h2_end(s);
        assert_true(h2_wait_closed(s));
        assert_ok(s);
        assert_bytes(h2_message(s, 0), bytes_str("pieces"));
    }
}

static void message_larger_than_the_window_comes_whole(void **state)
{
    struct h2_pair *f = *state;
    size_t n = (3 << 20) - 7;
    uint8_t *p = mem_alloc(n);
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Echo", filled(p, n));
    assert_ok(s);
    assert_bytes(h2_message(s, 0), bytes_of(p, n));
    mem_free(p);
}

static void second_message_of_unary_call_is_ignored(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Echo", NULL, 0);
    h2_send_message(s, bytes_str("first"));
    h2_send_message(s, bytes_str("second"));
    h2_end(s);
    assert_true(h2_wait_closed(s));
    assert_ok(s);
    assert_int_equal(h2_messages(s), 1);
    assert_bytes(h2_message(s, 0), bytes_str("first"));
}

static void answer_does_not_wait_for_the_client_to_end(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Echo", NULL, 0);
    h2_send_message(s, bytes_str("x"));
    assert_true(h2_wait_closed(s));
    assert_ok(s);
    assert_int_equal(s->code, 0); /* told to stop, not refused */
}

static void late_answer_comes(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Late", NULL, 0);
    h2_send_message(s, bytes_str("later"));
    h2_end(s);
    assert_true(h2_flush(f->c));
    assert_true(loops_event_wait(&f->d->held, 1, LOOPS_DEADLINE_MS));
    grpcd_release(f->d);
    assert_true(h2_wait_closed(s));
    assert_ok(s);
    assert_bytes(h2_message(s, 0), bytes_str("later"));
}

static void many_calls_at_once_keep_their_answers_apart(void **state)
{
    struct h2_pair *f = *state;
    enum { N = 500 };
    struct h2_stream *calls[N];
    char text[N][24];
    for (int i = 0; i < N; i++) {
        snprintf(text[i], sizeof(text[i]), "call %d", i);
        calls[i] = h2_call(f->c, "/test.Echo/Echo", NULL, 0);
        h2_send_message(calls[i], bytes_str(text[i]));
        h2_end(calls[i]);
    }
    for (int i = 0; i < N; i++) {
        assert_true(h2_wait_closed(calls[i]));
        assert_ok(calls[i]);
        assert_bytes(h2_message(calls[i], 0), bytes_str(text[i]));
    }
}

static void closed_is_told_once_for_each_call(void **state)
{
    struct h2_pair *f = *state;
    for (int i = 0; i < 5; i++)
        h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    assert_true(loops_event_wait(&f->d->gone, 5, LOOPS_DEADLINE_MS));
    h2_unary(f->c, "/test.Echo/Fail", bytes_str("2 no"));
    assert_true(loops_event_wait(&f->d->gone, 6, LOOPS_DEADLINE_MS));
    assert_int_equal(grpcd_closed(), 6);
    assert_int_equal(grpcd_last_why(), OK);
}

/* -- deadlines and cancellation ---------------------------------------------------------------- */

static struct h2_stream *hold(struct h2_pair *f, const char *timeout)
{
    const struct h2_field field = { "grpc-timeout", timeout };
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Hold", &field, timeout != NULL);
    h2_send_message(s, bytes_str("x"));
    h2_end(s);
    assert_true(h2_flush(f->c));
    return s;
}

static void deadline_ends_a_call(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = hold(f, "30m");
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_grpc_status(s), GRPC_DEADLINE_EXCEEDED);
    assert_string_equal(h2_grpc_message(s), "context deadline exceeded");
    assert_true(loops_event_wait(&f->d->gone, 1, LOOPS_DEADLINE_MS));
    assert_int_equal(grpcd_last_why(), ERR_DEADLINE);
}

static void deadline_that_has_passed_is_answered(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = hold(f, "0n");
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_grpc_status(s), GRPC_DEADLINE_EXCEEDED);
}

static void every_unit_of_time_is_understood(void **state)
{
    struct h2_pair *f = *state;
    static const char *const timeouts[] = { "20000000n", "20000u", "20m" };
    for (size_t i = 0; i < ARRAY_LEN(timeouts); i++) {
        struct h2_stream *s = hold(f, timeouts[i]);
        assert_true(h2_wait_closed(s));
        assert_int_equal(h2_grpc_status(s), GRPC_DEADLINE_EXCEEDED);
    }
    static const char *const longer[] = { "5S", "5M", "99999999H" };
    for (size_t i = 0; i < ARRAY_LEN(longer); i++) {
        const struct h2_field field = { "grpc-timeout", longer[i] };
        struct h2_stream *s = h2_call(f->c, "/test.Echo/Echo", &field, 1);
        h2_send_message(s, bytes_str("x"));
        h2_end(s);
        assert_true(h2_wait_closed(s));
        assert_ok(s);
    }
}

static void reset_by_client_cancels_the_call(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = hold(f, NULL);
    assert_true(loops_event_wait(&f->d->held, 1, LOOPS_DEADLINE_MS));
    h2_reset(s, 8);
    assert_true(h2_flush(f->c));
    assert_true(loops_event_wait(&f->d->gone, 1, LOOPS_DEADLINE_MS));
    assert_int_equal(grpcd_last_why(), ERR_CANCELED);
}

static void lost_connection_closes_its_calls(void **state)
{
    struct h2_pair *f = *state;
    hold(f, NULL);
    hold(f, "5S");
    assert_true(loops_event_wait(&f->d->held, 2, LOOPS_DEADLINE_MS));
    h2_client_free(f->c);
    assert_true(loops_event_wait(&f->d->gone, 2, LOOPS_DEADLINE_MS));
    assert_int_equal(grpcd_last_why(), ERR_CLOSED);
    f->c = h2_client_new(f->d->port, NULL);
}

/* -- limits and compression -------------------------------------------------------------------- */

static void answer_above_the_limit_is_not_sent(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Big", bytes_str("8388609"));
    assert_int_equal(h2_grpc_status(s), GRPC_RESOURCE_EXHAUSTED);
    assert_int_equal(h2_messages(s), 0);
    s = h2_unary(f->c, "/test.Echo/Big", bytes_str("8388608"));
    assert_ok(s);
    assert_int_equal(h2_message(s, 0).n, 8388608);
}

static struct h2_stream *send_packed(struct h2_pair *f, const char *encoding, struct bytes plain)
{
    const struct h2_field field = { "grpc-encoding", encoding };
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Echo", &field, 1);
    struct buf packed;
    buf_init(&packed, 64 << 20);
    assert_int_equal(grpc_gzip(plain, &packed), OK);
    const uint8_t prefix[5] = { 1, (uint8_t)(packed.n >> 24), (uint8_t)(packed.n >> 16),
                                (uint8_t)(packed.n >> 8), (uint8_t)packed.n };
    h2_send(s, bytes_of(prefix, sizeof(prefix)));
    h2_send(s, buf_bytes(&packed));
    h2_end(s);
    buf_fini(&packed);
    assert_true(h2_wait_closed(s));
    return s;
}

static void packed_request_is_unpacked(void **state)
{
    struct h2_pair *f = *state;
    uint8_t p[50000];
    struct h2_stream *s = send_packed(f, "gzip", filled(p, sizeof(p)));
    assert_ok(s);
    assert_bytes(h2_message(s, 0), bytes_of(p, sizeof(p)));
}

static void bomb_is_refused_at_the_limit(void **state)
{
    struct h2_pair *f = *state;
    size_t n = (3 << 20) + 1;
    uint8_t *p = mem_zalloc(1, n);
    struct h2_stream *s = send_packed(f, "gzip", bytes_of(p, n - 1));
    assert_ok(s);
    s = send_packed(f, "gzip", bytes_of(p, n));
    assert_int_equal(h2_grpc_status(s), GRPC_RESOURCE_EXHAUSTED);
    mem_free(p);
}

/* -- packed answers ---------------------------------------------------------------------------- */

/* An echo of N bytes for a client that packs (as ENCODING says) and accepts ACCEPT. */
static struct h2_stream *echo_packing(struct h2_pair *f, const char *encoding, const char *accept,
                                      size_t n)
{
    const struct h2_field fields[] = { { "grpc-accept-encoding", accept },
                                       { "grpc-encoding", encoding } };
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Echo", fields, ARRAY_LEN(fields));
    uint8_t *p = mem_zalloc(1, n);
    h2_send_message(s, bytes_of(p, n));
    mem_free(p);
    h2_end(s);
    assert_true(h2_wait_closed(s));
    assert_ok(s);
    return s;
}

static void long_answer_is_packed_for_who_packs(void **state)
{
    struct h2_stream *s = echo_packing(*state, "gzip", "identity,gzip", 1025);
    assert_string_equal(h2_value(s, "grpc-encoding"), "gzip");
    assert_int_equal(s->body.p[0], 1);
    struct buf plain;
    buf_init(&plain, 2000);
    assert_int_equal(grpc_gunzip(h2_message(s, 0), &plain), OK);
    assert_int_equal(plain.n, 1025);
    buf_fini(&plain);
}

static void short_answer_is_not_packed(void **state)
{
    struct h2_stream *s = echo_packing(*state, "gzip", "gzip", 1024);
    assert_int_equal(s->body.p[0], 0);
    assert_int_equal(h2_message(s, 0).n, 1024);
}

static void answer_is_not_packed_for_who_does_not_accept_or_pack(void **state)
{
    static const char *const pairs[][2] = { { "gzip", "identity" }, { "identity", "gzip" } };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct h2_stream *s = echo_packing(*state, pairs[i][0], pairs[i][1], 5000);
        assert_int_equal(s->body.p[0], 0);
        assert_null(h2_value(s, "grpc-encoding"));
    }
}

/* -- TLS, metrics ------------------------------------------------------------------------------ */

static bool rendered(struct metrics *m, const char *line)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    metrics_render(m, &out);
    buf_put_u8(&out, 0);
    bool is_there = strstr((const char *)out.p, line) != NULL;
    buf_fini(&out);
    return is_there;
}

static void counters_are_there_from_the_start(void **state)
{
    struct h2_pair *f = *state;
    assert_true(rendered(f->d->metrics,
                         "grpc_server_started_total{grpc_method=\"Chat\",grpc_service="
                         "\"test.Echo\",grpc_type=\"bidi_stream\"} 0"));
    assert_true(rendered(f->d->metrics,
                         "grpc_server_handled_total{grpc_code=\"NotFound\",grpc_method=\"Fail\","
                         "grpc_service=\"test.Echo\",grpc_type=\"unary\"} 0"));
}

static void calls_are_counted_by_outcome(void **state)
{
    struct h2_pair *f = *state;
    h2_unary(f->c, "/test.Echo/Fail", bytes_str("5 x"));
    h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    assert_true(rendered(f->d->metrics,
                         "grpc_server_handled_total{grpc_code=\"NotFound\",grpc_method=\"Fail\","
                         "grpc_service=\"test.Echo\",grpc_type=\"unary\"} 1"));
    assert_true(rendered(f->d->metrics,
                         "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Echo\","
                         "grpc_service=\"test.Echo\",grpc_type=\"unary\"} 2"));
    assert_true(rendered(f->d->metrics, "grpc_server_msg_received_total{grpc_method=\"Echo\","
                                        "grpc_service=\"test.Echo\",grpc_type=\"unary\"} 2"));
    assert_true(rendered(f->d->metrics, "grpc_server_msg_sent_total{grpc_method=\"Echo\","
                                        "grpc_service=\"test.Echo\",grpc_type=\"unary\"} 2"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, h2_pair_stop)
    const struct CMUnitTest tests[] = {
        TEST(unary_call_is_answered),
        TEST(empty_message_is_a_message),
        TEST(content_type_is_echoed),
        TEST(error_without_messages_is_one_block),
        TEST(message_is_percent_encoded),
        TEST(message_cut_at_every_byte_is_put_together),
        TEST(message_larger_than_the_window_comes_whole),
        TEST(second_message_of_unary_call_is_ignored),
        TEST(answer_does_not_wait_for_the_client_to_end),
        TEST(late_answer_comes),
        TEST(many_calls_at_once_keep_their_answers_apart),
        TEST(closed_is_told_once_for_each_call),
        TEST(deadline_ends_a_call),
        TEST(deadline_that_has_passed_is_answered),
        TEST(every_unit_of_time_is_understood),
        TEST(reset_by_client_cancels_the_call),
        TEST(lost_connection_closes_its_calls),
        TEST(answer_above_the_limit_is_not_sent),
        TEST(packed_request_is_unpacked),
        TEST(bomb_is_refused_at_the_limit),
        TEST(long_answer_is_packed_for_who_packs),
        TEST(short_answer_is_not_packed),
        TEST(answer_is_not_packed_for_who_does_not_accept_or_pack),
        TEST(counters_are_there_from_the_start),
        TEST(calls_are_counted_by_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

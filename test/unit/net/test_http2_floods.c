/* What an HTTP/2 peer may overdo: at each limit the connection lives, one beyond it ends with
 * GOAWAY ENHANCE_YOUR_CALM. Frames are made by hand, so that they are exactly as many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <nghttp2/nghttp2.h>

#include "net/http2_guard.h"
#include "test/lib/h2_pair.h"

static int set_up_with(void **state, uint64_t ping_min_ms)
{
    const struct net_limits limits = { .ping_min_ms = ping_min_ms, .streams_max = 1000 };
    return h2_pair_start(state, &limits, true);
}

static int set_up(void **state)
{
    return set_up_with(state, 1);
}

/* Every ping but the first is too early. */
static int set_up_strict(void **state)
{
    return set_up_with(state, 3600000);
}

static void assert_lives(struct h2_pair *f)
{
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    assert_int_equal(h2_grpc_status(s), 0);
    assert_false(h2_has_goaway(f->c));
}

static void assert_calmed(struct h2_pair *f, const char *text)
{
    assert_true(h2_wait_goaway(f->c));
    assert_int_equal(h2_goaway_code(f->c), NGHTTP2_ENHANCE_YOUR_CALM);
    assert_string_equal(h2_goaway_text(f->c), text);
    assert_true(h2_wait_end(f->c));
}

/* N frames in one write. */
static void send_frames(struct h2_pair *f, size_t n, uint8_t type, uint8_t flags, int32_t id,
                        struct bytes payload)
{
    struct buf all;
    buf_init(&all, 16 << 20);
    for (size_t i = 0; i < n; i++) {
        const uint8_t head[9] = { (uint8_t)(payload.n >> 16),
                                  (uint8_t)(payload.n >> 8),
                                  (uint8_t)payload.n,
                                  type,
                                  flags,
                                  (uint8_t)(id >> 24),
                                  (uint8_t)(id >> 16),
                                  (uint8_t)(id >> 8),
                                  (uint8_t)id };
        buf_put(&all, head, sizeof(head));
        buf_put_bytes(&all, payload);
    }
    assert_true(h2_raw(f->c, all.p, all.n));
    buf_fini(&all);
}

/* The greetings are exchanged: what follows is counted from here. */
static void greet(struct h2_pair *f)
{
    assert_lives(f);
}

/* -- PING -------------------------------------------------------------------------------------- */

static const struct bytes ping = { (const uint8_t *)"12345678", 8 };

static void pings_up_to_the_limit_are_answered(void **state)
{
    struct h2_pair *f = *state;
    greet(f);
    /* A client that measures its round trips: far more than the limit, but each after an answer. */
    for (int i = 0; i < 3 * HTTP2_PINGS_MAX; i++) {
        h2_ping(f->c);
        assert_lives(f);
    }
}

static void early_pings_within_the_strikes_are_answered(void **state)
{
    struct h2_pair *f = *state;
    greet(f);
    send_frames(f, 1 + HTTP2_PING_STRIKES_MAX, NGHTTP2_PING, 0, 0, ping);
    assert_true(h2_wait_pongs(f->c, 1 + HTTP2_PING_STRIKES_MAX));
    assert_false(h2_has_goaway(f->c));
}

static void one_early_ping_more_is_too_many(void **state)
{
    struct h2_pair *f = *state;
    greet(f);
    send_frames(f, 2 + HTTP2_PING_STRIKES_MAX, NGHTTP2_PING, 0, 0, ping);
    assert_calmed(f, "too_many_pings");
}

static void answers_forgive_early_pings(void **state)
{
    struct h2_pair *f = *state;
    for (int i = 0; i < 10; i++) {
        greet(f);
        send_frames(f, 1 + HTTP2_PING_STRIKES_MAX, NGHTTP2_PING, 0, 0, ping);
    }
    assert_lives(f);
}

/* -- SETTINGS ---------------------------------------------------------------------------------- */

static void settings_at_the_limit_are_taken(void **state)
{
    struct h2_pair *f = *state;
    greet(f); /* the first */
    for (int i = 1; i < HTTP2_SETTINGS_MAX; i++)
        h2_settings(f->c);
    assert_lives(f);
}

static void settings_above_the_limit_end_it(void **state)
{
    struct h2_pair *f = *state;
    greet(f);
    for (int i = 0; i < HTTP2_SETTINGS_MAX; i++)
        h2_settings(f->c);
    assert_calmed(f, "too_many_settings");
}

/* -- resets ------------------------------------------------------------------------------------ */

/* Opens N calls and resets them at once. */
static void open_and_reset(struct h2_pair *f, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct h2_stream *s = h2_call(f->c, "/test.Echo/Hold", NULL, 0);
        h2_send_message(s, bytes_str("x"));
        assert_true(h2_flush(f->c));
        h2_reset(s, NGHTTP2_CANCEL);
        h2_flush(f->c); /* the end is seen later */
    }
}

static void resets_at_the_limit_are_taken(void **state)
{
    struct h2_pair *f = *state;
    greet(f);                                    /* one stream, and 2 * MAX - 2 */
    open_and_reset(f, 2 * HTTP2_RESETS_MAX - 2); /* MAX - 2 beyond half of them */
    assert_lives(f);
}

static void rapid_resets_end_it(void **state)
{
    struct h2_pair *f = *state;
    greet(f);
    open_and_reset(f, 2 * HTTP2_RESETS_MAX + 3);
    assert_calmed(f, "too_many_resets");
}

static void resets_of_half_the_streams_are_no_abuse(void **state)
{
    struct h2_pair *f = *state;
    for (int i = 0; i < 3 * HTTP2_RESETS_MAX; i++) {
        assert_lives(f);
        open_and_reset(f, 1);
    }
    assert_lives(f);
}

/* A window that overflows is an error that we answer with a reset (CVE-2025-8671). */
static void resets_that_we_are_made_to_send_count(void **state)
{
    struct h2_pair *f = *state;
    const uint8_t most[4] = { 0x7f, 0xff, 0xff, 0xff };
    greet(f);
    for (int i = 0; i < 2 * HTTP2_RESETS_MAX + 10 && !h2_has_goaway(f->c); i++) {
        struct h2_stream *s = h2_call(f->c, "/test.Echo/Hold", NULL, 0);
        h2_send_message(s, bytes_str("x"));
        if (!h2_frame(f->c, NGHTTP2_WINDOW_UPDATE, 0, s->id, bytes_of(most, sizeof(most))) ||
            !h2_wait_closed(s))
            break;
    }
    assert_calmed(f, "too_many_resets");
}

/* -- DATA and windows -------------------------------------------------------------------------- */

static void empty_data_at_the_limit_is_taken(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Chat", NULL, 0);
    h2_send_message(s, bytes_str("x"));
    assert_true(h2_wait_messages(s, 1));
    send_frames(f, HTTP2_EMPTY_DATA_MAX, NGHTTP2_DATA, 0, s->id, bytes_of("", 0));
    assert_lives(f);
}

static void empty_data_above_the_limit_ends_it(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Chat", NULL, 0);
    h2_send_message(s, bytes_str("x"));
    assert_true(h2_wait_messages(s, 1));
    send_frames(f, HTTP2_EMPTY_DATA_MAX + 1, NGHTTP2_DATA, 0, s->id, bytes_of("", 0));
    assert_calmed(f, "too_much_empty_data");
}

static void padding_alone_is_empty_data(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Chat", NULL, 0);
    h2_send_message(s, bytes_str("x"));
    assert_true(h2_wait_messages(s, 1));
    const uint8_t padded[] = { 3, 0, 0, 0 };
    send_frames(f, HTTP2_EMPTY_DATA_MAX + 1, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, s->id,
                bytes_of(padded, sizeof(padded)));
    assert_calmed(f, "too_much_empty_data");
}

static void half_closes_are_not_empty_data(void **state)
{
    struct h2_pair *f = *state;
    for (int i = 0; i < 2 * HTTP2_EMPTY_DATA_MAX; i++) {
        struct h2_stream *s = h2_call(f->c, "/test.Echo/Chat", NULL, 0);
        h2_send_message(s, bytes_str("x"));
        assert_true(h2_wait_messages(s, 1));
        h2_end(s); /* an empty DATA frame with END_STREAM */
        assert_true(h2_wait_closed(s));
    }
    assert_lives(f);
}

static void small_windows_for_small_messages_are_no_abuse(void **state)
{
    struct h2_pair *f = *state;
    const uint8_t one[4] = { 0, 0, 0, 1 };
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Chat", NULL, 0);
    for (size_t i = 0; i < HTTP2_TINY_UPDATES_MAX; i++) {
        h2_send_message(s, bytes_str("x"));
        assert_true(h2_wait_messages(s, i + 1));
        assert_true(h2_frame(f->c, NGHTTP2_WINDOW_UPDATE, 0, s->id, bytes_of(one, sizeof(one))));
        assert_true(h2_frame(f->c, NGHTTP2_WINDOW_UPDATE, 0, 0, bytes_of(one, sizeof(one))));
    }
    assert_lives(f);
}

static void tiny_windows_for_nothing_end_it(void **state)
{
    struct h2_pair *f = *state;
    const uint8_t one[4] = { 0, 0, 0, 1 };
    greet(f); /* one DATA frame of ours, which is free */
    send_frames(f, HTTP2_TINY_UPDATES_MAX, NGHTTP2_WINDOW_UPDATE, 0, 0, bytes_of(one, sizeof(one)));
    assert_lives(f);
    send_frames(f, 2 * HTTP2_TINY_PER_DATA + 1, NGHTTP2_WINDOW_UPDATE, 0, 0,
                bytes_of(one, sizeof(one)));
    assert_calmed(f, "too_small_windows");
}

/* -- others ------------------------------------------------------------------------------------ */

static void priorities_at_the_limit_are_taken(void **state)
{
    struct h2_pair *f = *state;
    const uint8_t priority[5] = { 0, 0, 0, 0, 1 };
    greet(f); /* one stream */
    send_frames(f, HTTP2_OTHERS_MAX + HTTP2_OTHERS_PER_STREAM, NGHTTP2_PRIORITY, 0, 3,
                bytes_of(priority, sizeof(priority)));
    h2_ping(f->c);
    assert_true(h2_wait_pongs(f->c, 1));
    assert_false(h2_has_goaway(f->c));
}

static void priorities_above_the_limit_end_it(void **state)
{
    struct h2_pair *f = *state;
    const uint8_t priority[5] = { 0, 0, 0, 0, 1 };
    greet(f);
    send_frames(f, HTTP2_OTHERS_MAX + HTTP2_OTHERS_PER_STREAM + 1, NGHTTP2_PRIORITY, 0, 3,
                bytes_of(priority, sizeof(priority)));
    assert_calmed(f, "too_many_frames");
}

static void busy_client_stays(void **state)
{
    struct h2_pair *f = *state;
    for (int round = 0; round < 20; round++) {
        struct h2_stream *calls[100];
        for (int i = 0; i < 100; i++) {
            calls[i] = h2_call(f->c, i % 2 ? "/test.Echo/Echo" : "/test.Echo/Hold", NULL, 0);
            h2_send_message(calls[i], bytes_str("x"));
            h2_end(calls[i]);
        }
        for (int i = 1; i < 100; i += 2)
            assert_true(h2_wait_closed(calls[i]));
        for (int i = 0; i < 100; i += 2)
            h2_reset(calls[i], NGHTTP2_CANCEL);
        h2_ping(f->c);
    }
    assert_lives(f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, h2_pair_stop)
#define STRICT(name) cmocka_unit_test_setup_teardown(name, set_up_strict, h2_pair_stop)
    const struct CMUnitTest tests[] = {
        TEST(pings_up_to_the_limit_are_answered),
        STRICT(early_pings_within_the_strikes_are_answered),
        STRICT(one_early_ping_more_is_too_many),
        STRICT(answers_forgive_early_pings),
        TEST(settings_at_the_limit_are_taken),
        TEST(settings_above_the_limit_end_it),
        TEST(resets_at_the_limit_are_taken),
        TEST(rapid_resets_end_it),
        TEST(resets_of_half_the_streams_are_no_abuse),
        TEST(resets_that_we_are_made_to_send_count),
        TEST(empty_data_at_the_limit_is_taken),
        TEST(empty_data_above_the_limit_ends_it),
        TEST(padding_alone_is_empty_data),
        TEST(half_closes_are_not_empty_data),
        TEST(small_windows_for_small_messages_are_no_abuse),
        TEST(tiny_windows_for_nothing_end_it),
        TEST(priorities_at_the_limit_are_taken),
        TEST(priorities_above_the_limit_end_it),
        TEST(busy_client_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

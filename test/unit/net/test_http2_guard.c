/* What a peer may do, at its limit and beyond, on virtual time. */
#include "net/http2_guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { PING_MIN_MS = 5000, START_MS = 1000000 };

static struct http2_guard g;

static int set_up(void **state)
{
    http2_guard_init(&g, PING_MIN_MS, START_MS);
    return 0;
}

/* N times in one moment; all but the last must pass. */
static const char *see(enum http2_event event, unsigned n, uint64_t now_ms)
{
    for (unsigned i = 0; i + 1 < n; i++)
        assert_null(http2_guard_saw(&g, event, now_ms));
    return http2_guard_saw(&g, event, now_ms);
}

static void assert_limit(enum http2_event event, unsigned max, const char *text)
{
    assert_null(see(event, max, START_MS));
    assert_string_equal(http2_guard_saw(&g, event, START_MS), text);
}

static void resets_are_limited(void **state)
{
    assert_limit(HTTP2_RESET, HTTP2_RESETS_MAX, "too_many_resets");
}

static void half_of_the_streams_may_be_reset_beside_the_limit(void **state)
{
    assert_null(see(HTTP2_STREAM, 1000, START_MS));
    assert_limit(HTTP2_RESET, HTTP2_RESETS_MAX + 500, "too_many_resets");
}

static void settings_are_limited(void **state)
{
    assert_limit(HTTP2_SETTINGS_IN, HTTP2_SETTINGS_MAX, "too_many_settings");
}

static void empty_frames_are_limited(void **state)
{
    assert_limit(HTTP2_EMPTY_DATA, HTTP2_EMPTY_DATA_MAX, "too_much_empty_data");
}

static void tiny_window_updates_are_limited(void **state)
{
    assert_limit(HTTP2_TINY_UPDATE, HTTP2_TINY_UPDATES_MAX, "too_small_windows");
}

static void each_data_frame_of_ours_pays_for_tiny_updates(void **state)
{
    for (unsigned i = 0; i < 50; i++)
        http2_guard_sent(&g, true);
    http2_guard_sent(&g, false); /* HEADERS pay for none */
    assert_limit(HTTP2_TINY_UPDATE, HTTP2_TINY_UPDATES_MAX + 50 * HTTP2_TINY_PER_DATA,
                 "too_small_windows");
}

static void other_frames_are_limited(void **state)
{
    assert_limit(HTTP2_OTHER, HTTP2_OTHERS_MAX, "too_many_frames");
}

static void each_stream_pays_for_other_frames(void **state)
{
    assert_null(see(HTTP2_STREAM, 20, START_MS));
    assert_limit(HTTP2_OTHER, HTTP2_OTHERS_MAX + 20 * HTTP2_OTHERS_PER_STREAM, "too_many_frames");
}

static void counts_begin_anew_after_the_window(void **state)
{
    assert_null(see(HTTP2_RESET, HTTP2_RESETS_MAX, START_MS));
    assert_non_null(http2_guard_saw(&g, HTTP2_RESET, START_MS + HTTP2_GUARD_WINDOW_MS - 1));
    assert_null(see(HTTP2_RESET, HTTP2_RESETS_MAX, START_MS + HTTP2_GUARD_WINDOW_MS));
}

/* -- pings -- */

static void two_close_pings_are_forgiven_the_third_is_not(void **state)
{
    assert_null(see(HTTP2_PING_IN, 1 + HTTP2_PING_STRIKES_MAX, START_MS));
    assert_string_equal(http2_guard_saw(&g, HTTP2_PING_IN, START_MS), "too_many_pings");
}

static void pings_at_the_least_distance_are_no_strikes(void **state)
{
    for (unsigned i = 0; i < 1000; i++)
        assert_null(http2_guard_saw(&g, HTTP2_PING_IN, START_MS + (uint64_t)i * PING_MIN_MS));
}

static void pings_just_below_the_least_distance_are_strikes(void **state)
{
    uint64_t now_ms = START_MS;
    for (unsigned i = 0; i <= HTTP2_PING_STRIKES_MAX; i++, now_ms += PING_MIN_MS - 1)
        assert_null(http2_guard_saw(&g, HTTP2_PING_IN, now_ms));
    assert_non_null(http2_guard_saw(&g, HTTP2_PING_IN, now_ms));
}

static void pings_that_follow_our_data_never_end(void **state)
{
    for (unsigned i = 0; i < 40000; i++) { /* 4,000 a second, as Go measures bandwidth */
        http2_guard_sent(&g, true);
        assert_null(http2_guard_saw(&g, HTTP2_PING_IN, START_MS + i / 4));
        http2_guard_flushed(&g);
    }
}

static void pings_are_limited_where_distance_is_not(void **state)
{
    http2_guard_init(&g, 0, START_MS);
    assert_limit(HTTP2_PING_IN, HTTP2_PINGS_MAX, "too_many_pings");
}

/* -- answers that wait -- */

/* A window's worth of SETTINGS in each of many windows, none of whose answers leaves. */
static const char *queue_settings(unsigned n)
{
    const char *overdone = NULL;
    for (unsigned i = 0; i < n; i++) {
        assert_null(overdone);
        uint64_t window = i / HTTP2_SETTINGS_MAX;
        overdone =
            http2_guard_saw(&g, HTTP2_SETTINGS_IN, START_MS + window * HTTP2_GUARD_WINDOW_MS);
    }
    return overdone;
}

static void answers_that_are_not_read_are_limited(void **state)
{
    assert_string_equal(queue_settings(HTTP2_QUEUED_MAX + 1), "too_many_unread_answers");
}

static void answers_at_the_limit_may_wait(void **state)
{
    assert_null(queue_settings(HTTP2_QUEUED_MAX));
}

static void answers_that_left_do_not_count(void **state)
{
    assert_null(queue_settings(HTTP2_QUEUED_MAX));
    http2_guard_flushed(&g);
    assert_null(http2_guard_saw(&g, HTTP2_SETTINGS_IN, START_MS + 100 * HTTP2_GUARD_WINDOW_MS));
}

/* -- a busy client -- */

static void busy_client_that_behaves_stays(void **state)
{
    for (unsigned i = 0; i < 500000; i++) { /* 100 s of 5,000 calls a second, a third cancelled */
        uint64_t now_ms = START_MS + i / 5;
        assert_null(http2_guard_saw(&g, HTTP2_STREAM, now_ms));
        http2_guard_sent(&g, false);
        http2_guard_sent(&g, true);
        assert_null(http2_guard_saw(&g, HTTP2_PING_IN, now_ms));
        for (unsigned k = 0; k < 4; k++)
            assert_null(http2_guard_saw(&g, HTTP2_TINY_UPDATE, now_ms));
        if (i % 3 == 0)
            assert_null(http2_guard_saw(&g, HTTP2_RESET, now_ms));
        http2_guard_flushed(&g);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(resets_are_limited),
        TEST(half_of_the_streams_may_be_reset_beside_the_limit),
        TEST(settings_are_limited),
        TEST(empty_frames_are_limited),
        TEST(tiny_window_updates_are_limited),
        TEST(each_data_frame_of_ours_pays_for_tiny_updates),
        TEST(other_frames_are_limited),
        TEST(each_stream_pays_for_other_frames),
        TEST(counts_begin_anew_after_the_window),
        TEST(two_close_pings_are_forgiven_the_third_is_not),
        TEST(pings_at_the_least_distance_are_no_strikes),
        TEST(pings_just_below_the_least_distance_are_strikes),
        TEST(pings_that_follow_our_data_never_end),
        TEST(pings_are_limited_where_distance_is_not),
        TEST(answers_that_are_not_read_are_limited),
        TEST(answers_at_the_limit_may_wait),
        TEST(answers_that_left_do_not_count),
        TEST(busy_client_that_behaves_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

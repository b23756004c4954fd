#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct sink {
    char text[65536];
    size_t n;
    unsigned lines;
    uint64_t wall_ms;
};

static void take_line(void *ctx, struct bytes line)
{
    struct sink *s = ctx;
    assert_true(s->n + line.n < sizeof s->text);
    memcpy(s->text + s->n, line.p, line.n);
    s->n += line.n;
    s->text[s->n] = 0;
    s->lines++;
}

static uint64_t read_clock(void *ctx)
{
    return ((const struct sink *)ctx)->wall_ms;
}

static struct sink *begin(enum log_level level, enum log_format format)
{
    static struct sink sink;
    sink = (struct sink){ .wall_ms = 1709209845678 }; /* in a leap year, on its leap day */
    log_set(&(struct log_setup){
        .level = level, .format = format, .sink = take_line, .ctx = &sink, .wall_ms = read_clock });
    return &sink;
}

static void text_has_time_level_and_sentence(void **state)
{
    struct sink *s = begin(LOG_INFO, LOG_TEXT);
    log_info("raft: became leader term=%d", 3);
    assert_string_equal(s->text, "2024-02-29T12:30:45.678Z info  raft: became leader term=3\n");
}

static void json_has_ecs_names_and_the_area(void **state)
{
    struct sink *s = begin(LOG_INFO, LOG_JSON);
    log_warn("disk: space is low free=%d", 5);
    assert_string_equal(s->text,
                        "{\"@timestamp\":\"2024-02-29T12:30:45.678Z\",\"log.level\":\"warn\","
                        "\"log.logger\":\"disk\",\"message\":\"disk: space is low free=5\"}\n");
}

static void the_first_day_of_unix_time_is_known(void **state)
{
    struct sink *s = begin(LOG_INFO, LOG_TEXT);
    s->wall_ms = 0;
    log_info("x");
    assert_memory_equal(s->text, "1970-01-01T00:00:00.000Z", 24);
}

static void lines_below_the_level_are_dropped(void **state)
{
    struct sink *s = begin(LOG_WARN, LOG_TEXT);
    log_debug("a");
    log_info("b");
    log_warn("c");
    log_error("d");
    assert_int_equal(s->lines, 2);
    assert_false(log_wants(LOG_INFO));
    assert_true(log_wants(LOG_ERROR));
}

static void a_peer_cannot_forge_a_line(void **state)
{
    struct sink *s = begin(LOG_INFO, LOG_TEXT);
    log_info("http: refused path=%s", "/a\n2024-01-01T00:00:00.000Z error forged\r\x1b[31m");
    assert_int_equal(s->lines, 1);
    assert_ptr_equal(strchr(s->text, '\n'), s->text + s->n - 1);
    assert_null(strchr(s->text, 0x1b));
}

static void json_escapes_what_json_forbids(void **state)
{
    struct sink *s = begin(LOG_INFO, LOG_JSON);
    log_info("x: \"quoted\" back\\slash\ttab");
    assert_non_null(strstr(s->text, "\\\"quoted\\\" back\\\\slash\\u0009tab"));
}

static void json_stays_utf8_whatever_a_peer_sends(void **state)
{
    struct sink *s = begin(LOG_INFO, LOG_JSON);
    log_info("x: %s", "\xff\xfe");
    for (size_t i = 0; i < s->n; i++)
        assert_true((uint8_t)s->text[i] < 0x80);
}

static void a_line_that_is_too_long_is_cut_to_one_line(void **state)
{
    struct sink *s = begin(LOG_INFO, LOG_TEXT);
    log_info("x: %0*d", 20000, 1);
    assert_int_equal(s->lines, 1);
    assert_int_equal(s->text[s->n - 1], '\n');
    assert_true(s->n < 10000);
}

/* A sentence of 8 KiB with the byte that ends it. */
static void a_line_at_the_limit_is_whole_and_one_byte_more_is_lost(void **state)
{
    enum { MOST = 8191 };
    struct sink *s = begin(LOG_INFO, LOG_TEXT);
    log_info("x: %0*d", MOST - 3, 1);
    size_t whole = s->n;
    assert_int_equal(s->text[whole - 2], '1');
    log_info("x: %0*d", MOST - 2, 1);
    assert_int_equal(s->n - whole, whole);
    assert_int_equal(s->text[s->n - 2], '0');
}

static void without_a_sink_lines_go_nowhere(void **state)
{
    log_set(&(struct log_setup){ .level = LOG_DEBUG });
    assert_false(log_wants(LOG_ERROR));
    log_error("nobody hears it");
}

static void levels_are_read_by_name(void **state)
{
    enum log_level level = LOG_ERROR;
    assert_true(log_level_parse("debug", &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_true(log_level_parse("error", &level));
    assert_int_equal(level, LOG_ERROR);
    assert_false(log_level_parse("verbose", &level));
    assert_false(log_level_parse("", &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_has_time_level_and_sentence),
        cmocka_unit_test(json_has_ecs_names_and_the_area),
        cmocka_unit_test(the_first_day_of_unix_time_is_known),
        cmocka_unit_test(lines_below_the_level_are_dropped),
        cmocka_unit_test(a_peer_cannot_forge_a_line),
        cmocka_unit_test(json_escapes_what_json_forbids),
        cmocka_unit_test(json_stays_utf8_whatever_a_peer_sends),
        cmocka_unit_test(a_line_that_is_too_long_is_cut_to_one_line),
        cmocka_unit_test(a_line_at_the_limit_is_whole_and_one_byte_more_is_lost),
        cmocka_unit_test(without_a_sink_lines_go_nowhere),
        cmocka_unit_test(levels_are_read_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "health/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"

static struct check_definition http_check(void)
{
    return (struct check_definition){ .http = bytes_str("http://127.0.0.1/"),
                                      .interval_ms = 10000 };
}

/* -- what is accepted -------------------------------------------------------------------------- */

static void assert_refused(struct check_definition d, const char *sentence)
{
    struct why why = { "" };
    assert_int_equal(check_settle(&d, &why), ERR_INVALID);
    assert_string_equal(why.text, sentence);
}

static void target_says_the_kind(void **state)
{
    const struct bytes t = bytes_str("h:1");
    const struct {
        struct check_definition d;
        const char *name;
    } rows[] = {
        { { .http = t, .interval_ms = 1 }, "http" },
        { { .tcp = t, .interval_ms = 1 }, "tcp" },
        { { .udp = t, .interval_ms = 1 }, "udp" },
        { { .grpc = t, .interval_ms = 1 }, "grpc" },
        { { .h2ping = t, .interval_ms = 1 }, "h2ping" },
        { { .args = &t, .arg_n = 1, .interval_ms = 1 }, "script" },
        { { .is_alias = true, .alias_service = t }, "alias" },
        { { .ttl_ms = 1 }, "ttl" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct check_definition d = rows[i].d;
        assert_int_equal(check_settle(&d, NULL), OK);
        assert_string_equal(check_kind_name(d.kind), rows[i].name);
    }
}

static void contradictions_are_refused_in_consuls_words(void **state)
{
    const struct bytes t = bytes_str("h:1");
    assert_refused((struct check_definition){ .http = t, .interval_ms = 1, .ttl_ms = 1 },
                   "Interval and TTL cannot both be specified");
    assert_refused((struct check_definition){ .tcp = t },
                   "Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks");
    assert_refused((struct check_definition){ 0 }, "TTL must be > 0 for TTL checks");
    assert_refused(
        (struct check_definition){ .is_alias = true, .tcp = bytes_str("x:1"), .interval_ms = 1 },
        "Interval cannot be set for Alias checks");
    assert_refused((struct check_definition){ .is_alias = true, .ttl_ms = 1 },
                   "TTL must be not be set for Alias checks");
    struct check_definition d = http_check();
    d.failures_before_warning = 3;
    d.failures_before_critical = 2;
    assert_refused(d, "FailuresBeforeWarning can't be higher than FailuresBeforeCritical");
}

static void small_times_are_raised_and_defaults_filled_in(void **state)
{
    struct check_definition d = http_check();
    d.interval_ms = 999;
    d.deregister_after_ms = 59999;
    d.failures_before_critical = 4;
    assert_int_equal(check_settle(&d, NULL), OK);
    assert_int_equal(d.interval_ms, 1000);
    assert_int_equal(d.timeout_ms, 10000);
    assert_int_equal(d.deregister_after_ms, 60000);
    assert_int_equal(d.failures_before_warning, 4);
    assert_int_equal(d.output_max, 4096);
    struct bytes arg = bytes_str("/bin/true");
    d = (struct check_definition){ .args = &arg, .arg_n = 1, .interval_ms = 1001 };
    assert_int_equal(check_settle(&d, NULL), OK);
    assert_int_equal(d.interval_ms, 1001);
    assert_int_equal(d.timeout_ms, 30000);
    assert_int_equal(d.deregister_after_ms, 0);
}

static void assert_size(struct check_definition d, enum err expected)
{
    assert_int_equal(check_settle(&d, NULL), expected);
}

static void lists_and_texts_end_at_their_limits(void **state)
{
    static uint8_t text[CHECK_DEFINITION_MAX];
    struct check_header *headers = mem_zalloc(CHECK_HEADERS_MAX + 1, sizeof(*headers));
    struct bytes *args = mem_zalloc(CHECK_ARGS_MAX + 1, sizeof(*args));
    struct check_definition d = http_check();
    d.http = bytes_of(text, CHECK_TARGET_MAX);
    assert_size(d, OK);
    d.http.n++;
    assert_size(d, ERR_INVALID);
    d = http_check();
    d.headers = headers;
    d.header_n = CHECK_HEADERS_MAX;
    assert_size(d, OK);
    d.header_n++;
    assert_size(d, ERR_INVALID);
    d = (struct check_definition){ .args = args, .arg_n = CHECK_ARGS_MAX, .interval_ms = 1000 };
    assert_size(d, OK);
    d.arg_n++;
    assert_size(d, ERR_INVALID);
    d = http_check();
    d.body = bytes_of(text, CHECK_DEFINITION_MAX / 2);
    assert_size(d, OK);
    d.body.n++;
    assert_size(d, ERR_INVALID);
    d = http_check();
    d.timeout_ms = CHECK_DURATION_MAX_MS;
    assert_size(d, OK);
    d.timeout_ms++;
    assert_size(d, ERR_INVALID);
    mem_free(headers);
    mem_free(args);
}

static void output_ends_at_its_limit(void **state)
{
    struct check_definition d = http_check();
    d.output_max = CHECK_OUTPUT_MAX;
    assert_int_equal(check_settle(&d, NULL), OK);
    assert_int_equal(d.output_max, CHECK_OUTPUT_MAX);
    d.output_max++;
    assert_int_equal(check_settle(&d, NULL), OK);
    assert_int_equal(d.output_max, CHECK_OUTPUT_MAX);
}

/* -- bytes ------------------------------------------------------------------------------------- */

static const struct check_header two_headers[] = {
    { { (const uint8_t *)"Host", 4 }, { (const uint8_t *)"web", 3 } },
    { { (const uint8_t *)"X-A", 3 }, { (const uint8_t *)"", 0 } },
};

static void write_full(struct buf *out)
{
    struct bytes args[] = { bytes_str("/bin/check"), bytes_str("-v") };
    struct check_definition d = http_check();
    d.args = args;
    d.arg_n = 2;
    d.headers = two_headers;
    d.header_n = 2;
    d.method = bytes_str("POST");
    d.body = bytes_str("{}");
    d.no_redirects = d.tls_skip_verify = true;
    d.tls_server_name = bytes_str("web.internal");
    d.failures_before_critical = 7;
    assert_int_equal(check_settle(&d, NULL), OK);
    check_definition_write(&d, out);
}

static void definition_is_read_as_it_was_written(void **state)
{
    struct buf out, again;
    struct arena arena;
    struct check_definition d;
    buf_init(&out, CHECK_DEFINITION_MAX);
    buf_init(&again, CHECK_DEFINITION_MAX);
    arena_init(&arena, 0);
    write_full(&out);
    assert_int_equal(check_definition_read(buf_bytes(&out), &arena, &d), OK);
    assert_int_equal(d.kind, CHECK_HTTP);
    assert_true(bytes_is(d.args[1], "-v"));
    assert_true(bytes_is(d.headers[0].value, "web"));
    assert_true(d.no_redirects && d.tls_skip_verify && !d.tls && !d.is_external);
    assert_int_equal(d.failures_before_warning, 7);
    check_definition_write(&d, &again);
    assert_true(bytes_eq(buf_bytes(&out), buf_bytes(&again)));
    arena_fini(&arena);
    buf_fini(&out);
    buf_fini(&again);
}

static void definition_cut_at_any_byte_is_refused(void **state)
{
    struct buf out;
    struct arena arena;
    struct check_definition d;
    buf_init(&out, CHECK_DEFINITION_MAX);
    arena_init(&arena, 0);
    write_full(&out);
    for (size_t n = 0; n < out.n; n++)
        assert_int_not_equal(check_definition_read(bytes_of(out.p, n), &arena, &d), OK);
    arena_fini(&arena);
    buf_fini(&out);
}

static void definition_of_another_format_or_not_settled_is_refused(void **state)
{
    struct buf out;
    struct arena arena;
    struct check_definition d = http_check();
    buf_init(&out, CHECK_DEFINITION_MAX);
    arena_init(&arena, 0);
    write_full(&out);
    out.p[0]++;
    assert_int_equal(check_definition_read(buf_bytes(&out), &arena, &d), ERR_VERSION);
    buf_clear(&out, 0);
    d.kind = CHECK_HTTP; /* no timeout */
    check_definition_write(&d, &out);
    assert_int_equal(check_definition_read(buf_bytes(&out), &arena, &d), ERR_MALFORMED);
    buf_clear(&out, 0);
    assert_int_equal(check_settle(&d, NULL), OK);
    d.kind = CHECK_TCP; /* without a target of its own */
    check_definition_write(&d, &out);
    assert_int_equal(check_definition_read(buf_bytes(&out), &arena, &d), ERR_MALFORMED);
    arena_fini(&arena);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_says_the_kind),
        cmocka_unit_test(contradictions_are_refused_in_consuls_words),
        cmocka_unit_test(small_times_are_raised_and_defaults_filled_in),
        cmocka_unit_test(lists_and_texts_end_at_their_limits),
        cmocka_unit_test(output_ends_at_its_limit),
        cmocka_unit_test(definition_is_read_as_it_was_written),
        cmocka_unit_test(definition_cut_at_any_byte_is_refused),
        cmocka_unit_test(definition_of_another_format_or_not_settled_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a badly made call is answered: the texts of grpc-go, which clients of etcd know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "net/grpc.h"
#include "test/lib/h2_pair.h"

enum { MESSAGE_MAX = 1000 };

static int set_up(void **state)
{
    const struct net_limits limits = { .grpc_message_max = MESSAGE_MAX };
    return h2_pair_start(state, &limits, false);
}

static void assert_refused(const struct h2_stream *s, int status, const char *message)
{
    assert_int_equal(h2_status(s), 200);
    assert_int_equal(h2_grpc_status(s), status);
    assert_string_equal(h2_grpc_message(s), message);
    assert_int_equal(h2_messages(s), 0);
}

static struct h2_stream *call_with(struct h2_pair *f, const char *name, const char *value)
{
    const struct h2_field field = { name, value };
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Echo", &field, 1);
    h2_send_message(s, bytes_str("x"));
    h2_end(s);
    assert_true(h2_wait_closed(s));
    return s;
}

static struct h2_stream *call_bytes(struct h2_pair *f, const char *path, const void *p, size_t n)
{
    struct h2_stream *s = h2_call(f->c, path, NULL, 0);
    h2_send(s, bytes_of(p, n));
    h2_end(s);
    assert_true(h2_wait_closed(s));
    return s;
}

/* -- paths ------------------------------------------------------------------------------------- */

static void unknown_method_is_named(void **state)
{
    struct h2_pair *f = *state;
    assert_refused(h2_unary(f->c, "/test.Echo/Nope", bytes_str("x")), GRPC_UNIMPLEMENTED,
                   "unknown method Nope for service test.Echo");
}

static void unknown_service_is_named(void **state)
{
    struct h2_pair *f = *state;
    assert_refused(h2_unary(f->c, "/test.Nope/Echo", bytes_str("x")), GRPC_UNIMPLEMENTED,
                   "unknown service test.Nope");
}

static void path_without_second_slash_is_malformed(void **state)
{
    struct h2_pair *f = *state;
    assert_refused(h2_unary(f->c, "/foo", bytes_str("x")), GRPC_UNIMPLEMENTED,
                   "malformed method name: \"/foo\"");
}

static void prefix_of_a_path_calls_nothing(void **state)
{
    struct h2_pair *f = *state;
    assert_refused(h2_unary(f->c, "/test.Echo/Ech", bytes_str("x")), GRPC_UNIMPLEMENTED,
                   "unknown method Ech for service test.Echo");
    assert_refused(h2_unary(f->c, "/test.Echo/", bytes_str("x")), GRPC_UNIMPLEMENTED,
                   "unknown method  for service test.Echo");
}

/* -- bodies ------------------------------------------------------------------------------------ */

static void empty_body_of_unary_call_is_eof(void **state)
{
    struct h2_pair *f = *state;
    assert_refused(call_bytes(f, "/test.Echo/Echo", "", 0), GRPC_UNKNOWN, "EOF");
}

static void head_that_ends_the_stream_is_eof(void **state)
{
    struct h2_pair *f = *state;
    const struct h2_field fields[] = { { ":method", "POST" },
                                       { ":scheme", "http" },
                                       { ":path", "/test.Echo/Echo" },
                                       { ":authority", "localhost" },
                                       { "content-type", "application/grpc" } };
    struct h2_stream *s = h2_open(f->c, fields, ARRAY_LEN(fields), true);
    assert_true(h2_wait_closed(s));
    assert_refused(s, GRPC_UNKNOWN, "EOF");
}

static void body_that_ends_inside_a_message_is_an_error(void **state)
{
    struct h2_pair *f = *state;
    const uint8_t half[] = { 0, 0, 0, 0, 9, 'h', 'a', 'l', 'f' };
    struct h2_stream *s = call_bytes(f, "/test.Echo/Chat", half, sizeof(half));
    assert_refused(s, GRPC_INTERNAL, "unexpected EOF");
    s = call_bytes(f, "/test.Echo/Echo", half, 3);
    assert_int_not_equal(h2_grpc_status(s), GRPC_OK);
    assert_string_equal(h2_grpc_message(s), "unexpected EOF");
}

static void compressed_flag_needs_an_encoding(void **state)
{
    struct h2_pair *f = *state;
    const uint8_t packed[] = { 1, 0, 0, 0, 1, 'x' };
    assert_refused(call_bytes(f, "/test.Echo/Echo", packed, sizeof(packed)), GRPC_INTERNAL,
                   "grpc: compressed flag set with identity or empty encoding");
}

static void unknown_flag_is_refused(void **state)
{
    struct h2_pair *f = *state;
    const uint8_t odd[] = { 2, 0, 0, 0, 1, 'x' };
    assert_refused(call_bytes(f, "/test.Echo/Echo", odd, sizeof(odd)), GRPC_INTERNAL,
                   "grpc: received unexpected payload format 2");
}

static void message_above_the_limit_is_refused_by_its_length(void **state)
{
    struct h2_pair *f = *state;
    uint8_t p[MESSAGE_MAX + 1] = { 0 };
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Echo", bytes_of(p, MESSAGE_MAX));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    s = h2_unary(f->c, "/test.Echo/Echo", bytes_of(p, MESSAGE_MAX + 1));
    assert_refused(s, GRPC_RESOURCE_EXHAUSTED,
                   "grpc: received message larger than max (1001 vs. 1000)");
}

static void length_alone_is_enough_to_refuse(void **state)
{
    struct h2_pair *f = *state;
    const uint8_t huge[] = { 0, 0xff, 0xff, 0xff, 0xff };
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Echo", NULL, 0);
    h2_send(s, bytes_of(huge, sizeof(huge)));
    assert_true(h2_wait_closed(s)); /* without another byte */
    assert_refused(s, GRPC_RESOURCE_EXHAUSTED,
                   "grpc: received message larger than max (4294967295 vs. 1000)");
}

static void broken_gzip_is_refused(void **state)
{
    struct h2_pair *f = *state;
    const struct h2_field field = { "grpc-encoding", "gzip" };
    const uint8_t packed[] = { 1, 0, 0, 0, 3, 'b', 'a', 'd' };
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Echo", &field, 1);
    h2_send(s, bytes_of(packed, sizeof(packed)));
    h2_end(s);
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_grpc_status(s), GRPC_INTERNAL);
}

static void refused_stream_closes_its_call(void **state)
{
    struct h2_pair *f = *state;
    const uint8_t odd[] = { 2, 0, 0, 0, 1, 'x' };
    call_bytes(f, "/test.Echo/Chat", odd, sizeof(odd));
    assert_true(loops_event_wait(&f->d->gone, 1, LOOPS_DEADLINE_MS));
    assert_int_equal(grpcd_closed(), 1);
}

/* -- heads ------------------------------------------------------------------------------------- */

static void unknown_encoding_is_refused(void **state)
{
    struct h2_pair *f = *state;
    assert_refused(call_with(f, "grpc-encoding", "snappy"), GRPC_UNIMPLEMENTED,
                   "grpc: Decompressor is not installed for grpc-encoding \"snappy\"");
}

static void identity_encoding_is_no_encoding(void **state)
{
    struct h2_pair *f = *state;
    assert_int_equal(h2_grpc_status(call_with(f, "grpc-encoding", "identity")), GRPC_OK);
}

static void other_content_type_is_415(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = call_with(f, "content-type", "text/html");
    assert_int_equal(h2_status(s), 415);
    assert_int_equal(h2_grpc_status(s), GRPC_INVALID_ARGUMENT);
    assert_string_equal(h2_grpc_message(s), "invalid gRPC request content-type \"text/html\"");
}

static void type_that_only_begins_like_grpc_is_415(void **state)
{
    struct h2_pair *f = *state;
    assert_int_equal(h2_status(call_with(f, "content-type", "application/grpcx")), 415);
    assert_int_equal(h2_status(call_with(f, "content-type", "application/grpc;x=y")), 200);
}

static void bad_timeout_is_400(void **state)
{
    struct h2_pair *f = *state;
    static const char *const bad[] = { "5", "S", "5X", "123456789S", "-5S", "5 S", "1.5S", "+5S" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct h2_stream *s = call_with(f, "grpc-timeout", bad[i]);
        assert_int_equal(h2_status(s), 400);
        assert_int_equal(h2_grpc_status(s), GRPC_INTERNAL);
        assert_non_null(strstr(h2_grpc_message(s), "malformed grpc-timeout: "));
    }
}

static void get_of_a_method_is_refused(void **state)
{
    struct h2_pair *f = *state;
    const struct h2_field fields[] = { { ":method", "GET" },
                                       { ":scheme", "http" },
                                       { ":path", "/test.Echo/Echo" },
                                       { ":authority", "localhost" },
                                       { "content-type", "application/grpc" } };
    struct h2_stream *s = h2_open(f->c, fields, ARRAY_LEN(fields), true);
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_status(s), 405);
    assert_int_equal(h2_grpc_status(s), GRPC_INTERNAL);
}

static void connection_survives_every_refusal(void **state)
{
    struct h2_pair *f = *state;
    call_with(f, "grpc-timeout", "x");
    call_with(f, "content-type", "text/html");
    h2_unary(f->c, "/foo", bytes_str("x"));
    struct h2_stream *s = h2_unary(f->c, "/test.Echo/Echo", bytes_str("x"));
    assert_int_equal(h2_grpc_status(s), GRPC_OK);
    assert_false(h2_has_goaway(f->c));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, h2_pair_stop)
    const struct CMUnitTest tests[] = {
        TEST(unknown_method_is_named),
        TEST(unknown_service_is_named),
        TEST(path_without_second_slash_is_malformed),
        TEST(prefix_of_a_path_calls_nothing),
        TEST(empty_body_of_unary_call_is_eof),
        TEST(head_that_ends_the_stream_is_eof),
        TEST(body_that_ends_inside_a_message_is_an_error),
        TEST(compressed_flag_needs_an_encoding),
        TEST(unknown_flag_is_refused),
        TEST(message_above_the_limit_is_refused_by_its_length),
        TEST(length_alone_is_enough_to_refuse),
        TEST(broken_gzip_is_refused),
        TEST(refused_stream_closes_its_call),
        TEST(unknown_encoding_is_refused),
        TEST(identity_encoding_is_no_encoding),
        TEST(other_content_type_is_415),
        TEST(type_that_only_begins_like_grpc_is_415),
        TEST(bad_timeout_is_400),
        TEST(get_of_a_method_is_refused),
        TEST(connection_survives_every_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

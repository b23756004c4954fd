/* grpc.reflection, both versions, over a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/grpc.h"
#include "test/lib/grpcd.h"
#include "test/lib/h2_client.h"
#include "wire/pb.h"

static const char v1[] = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                  v1alpha[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
enum { FILE_BY_NAME = 3, FILE_OF_SYMBOL = 4, EXTENSION = 5, LIST = 7 };
enum { REQUEST = 2, FILES = 4, SERVICES = 6, FAILURE = 7 };

struct fixture {
    struct httpd *d;
    struct h2_client *c;
    struct h2_stream *s;
};

static int set_up(void **state)
{
    struct fixture *f = mem_zalloc(1, sizeof(*f));
    f->d = grpcd_start(NULL, false);
    f->c = h2_client_new(f->d->port, NULL);
    f->s = h2_call(f->c, v1, NULL, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    h2_client_free(f->c);
    httpd_free(f->d);
    mem_free(f);
    return 0;
}

/* Field NUMBER of MESSAGE, its AT-th occurrence; p NULL: none. */
static struct bytes field(struct bytes message, uint32_t number, size_t at)
{
    struct pb_field f;
    while (pb_next(&message, &f) == OK)
        if (f.number == number && at-- == 0)
            return f.bytes;
    return (struct bytes){ 0 };
}

static uint64_t field_number(struct bytes message, uint32_t number)
{
    struct pb_field f;
    while (pb_next(&message, &f) == OK)
        if (f.number == number)
            return f.value;
    return 0;
}

/* Asks on the fixture's stream and answers the whole reply. */
static struct bytes ask(struct fixture *f, uint32_t what, const char *argument)
{
    struct buf request;
    buf_init(&request, 4096);
    pb_put_bytes_always(&request, what, bytes_str(argument));
    size_t n = h2_messages(f->s);
    h2_send_message(f->s, buf_bytes(&request));
    assert_true(h2_wait_messages(f->s, n + 1));
    struct bytes reply = h2_message(f->s, n);
    assert_true(bytes_eq(field(reply, REQUEST, 0), buf_bytes(&request)));
    buf_fini(&request);
    return reply;
}

static void assert_files(struct bytes reply, const char *const *names, size_t n)
{
    struct bytes files = field(reply, FILES, 0);
    assert_non_null(files.p);
    for (size_t i = 0; i < n; i++)
        assert_true(bytes_is(field(field(files, 1, i), 1, 0), names[i]));
    assert_null(field(files, 1, n).p);
}

static const char *const echo_files[] = { "test/echo.proto", "test/common.proto" };

static void services_are_listed(void **state)
{
    struct fixture *f = *state;
    struct bytes list = field(ask(f, LIST, "*"), SERVICES, 0);
    static const char *const wanted[] = { "test.Echo", "grpc.health.v1.Health",
                                          "grpc.reflection.v1.ServerReflection",
                                          "grpc.reflection.v1alpha.ServerReflection" };
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_true(bytes_is(field(field(list, 1, i), 1, 0), wanted[i]));
    assert_null(field(list, 1, ARRAY_LEN(wanted)).p);
}

static void file_comes_with_its_imports(void **state)
{
    struct fixture *f = *state;
    assert_files(ask(f, FILE_BY_NAME, "test/echo.proto"), echo_files, 2);
}

static void imported_file_is_found_by_name(void **state)
{
    struct fixture *f = *state;
    assert_files(ask(f, FILE_BY_NAME, "test/common.proto"), echo_files + 1, 1);
}

static void symbols_lead_to_their_file(void **state)
{
    struct fixture *f = *state;
    assert_files(ask(f, FILE_OF_SYMBOL, "test.Echo"), echo_files, 2);
    assert_files(ask(f, FILE_OF_SYMBOL, "test.Echo.Echo"), echo_files, 2);
    assert_files(ask(f, FILE_OF_SYMBOL, "test.Thing"), echo_files + 1, 1);
}

static void what_is_not_there_is_an_error_response(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint32_t what;
        const char *argument;
    } asked[] = { { FILE_BY_NAME, "nope.proto" },
                  { FILE_OF_SYMBOL, "test.Ech" },
                  { FILE_OF_SYMBOL, "test" },
                  { FILE_OF_SYMBOL, "" },
                  { EXTENSION, "" } };
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        struct bytes failure = field(ask(f, asked[i].what, asked[i].argument), FAILURE, 0);
        assert_int_equal(field_number(failure, 1), GRPC_NOT_FOUND);
        assert_true(field(failure, 2, 0).n > 0);
    }
    assert_false(f->s->closed); /* and the stream goes on */
}

static void stream_ends_with_the_client(void **state)
{
    struct fixture *f = *state;
    ask(f, LIST, "");
    h2_end(f->s);
    assert_true(h2_wait_closed(f->s));
    assert_int_equal(h2_grpc_status(f->s), GRPC_OK);
}

static void old_version_answers_the_same(void **state)
{
    struct fixture *f = *state;
    struct bytes before = ask(f, FILE_OF_SYMBOL, "test.Echo");
    struct buf copy;
    buf_init(&copy, 1 << 16);
    buf_put_bytes(&copy, before);
    f->s = h2_call(f->c, v1alpha, NULL, 0);
    assert_true(bytes_eq(ask(f, FILE_OF_SYMBOL, "test.Echo"), buf_bytes(&copy)));
    buf_fini(&copy);
}

static void unreadable_request_ends_the_stream(void **state)
{
    struct fixture *f = *state;
    h2_send_message(f->s, bytes_str("\x3a\x7fshort"));
    assert_true(h2_wait_closed(f->s));
    assert_int_equal(h2_grpc_status(f->s), GRPC_INTERNAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(services_are_listed),
        TEST(file_comes_with_its_imports),
        TEST(imported_file_is_found_by_name),
        TEST(symbols_lead_to_their_file),
        TEST(what_is_not_there_is_an_error_response),
        TEST(stream_ends_with_the_client),
        TEST(old_version_answers_the_same),
        TEST(unreadable_request_ends_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

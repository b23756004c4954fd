/* Requests over HTTP/2 that another reader could take for something else: each is answered by a
 * reset of its stream, and the connection lives. They are made by hand, so that no client's care is
 * in the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <nghttp2/nghttp2.h>

#include "base/buf.h"
#include "test/lib/grpcd.h"
#include "test/lib/h2_client.h"

static struct httpd *server;
static struct client *client;
static uint32_t next_id;

static int set_up(void **state)
{
    server = grpcd_start(NULL, true);
    return 0;
}

static int tear_down(void **state)
{
    httpd_free(server);
    return 0;
}

/* -- frames by hand ---------------------------------------------------------------------------- */

static void put_frame(struct buf *to, uint8_t type, uint8_t flags, uint32_t id,
                      struct bytes payload)
{
    const uint8_t head[9] = { (uint8_t)(payload.n >> 16),
                              (uint8_t)(payload.n >> 8),
                              (uint8_t)payload.n,
                              type,
                              flags,
                              (uint8_t)(id >> 24),
                              (uint8_t)(id >> 16),
                              (uint8_t)(id >> 8),
                              (uint8_t)id };
    buf_put(to, head, sizeof(head));
    buf_put_bytes(to, payload);
}

static void put_text(struct buf *to, struct bytes text)
{
    assert_true(text.n < 127);
    buf_put_u8(to, (uint8_t)text.n);
    buf_put_bytes(to, text);
}

/* A field as it stands, never indexed. */
static void put_field(struct buf *to, struct bytes name, struct bytes value)
{
    buf_put_u8(to, 0x10);
    put_text(to, name);
    put_text(to, value);
}

/* FIELDS: pairs, ended by NULL; a name of one space stands for "". BODY may be NULL. */
static void send_request(const char *const *fields, const char *body)
{
    struct buf block, all;
    uint32_t id = next_id;
    next_id += 2;
    buf_init(&block, 1 << 16);
    buf_init(&all, 1 << 16);
    for (; *fields != NULL; fields += 2)
        put_field(&block, bytes_str(fields[0]), bytes_str(fields[1]));
    uint8_t end = body == NULL ? NGHTTP2_FLAG_END_STREAM : 0;
    put_frame(&all, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | end, id, buf_bytes(&block));
    if (body != NULL)
        put_frame(&all, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, id, bytes_str(body));
    assert_true(client_send(client, all.p, all.n));
    buf_fini(&block);
    buf_fini(&all);
}

static void begin(void)
{
    struct buf hello;
    client = httpd_client(server);
    next_id = 1;
    buf_init(&hello, 1 << 10);
    buf_put_str(&hello, NGHTTP2_CLIENT_MAGIC);
    put_frame(&hello, NGHTTP2_SETTINGS, 0, 0, bytes_of("", 0));
    assert_true(client_send(client, hello.p, hello.n));
    buf_fini(&hello);
}

static bool has_come(const void *p, size_t n)
{
    struct bytes got = client_received(client);
    return got.n > 0 && memmem(got.p, got.n, p, n) != NULL;
}

#define PAGE(path) ":method", "GET", ":scheme", "http", ":path", path, ":authority", "localhost"
#define FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Of stream 1; then a good request on stream 3 is answered. */
static void assert_reset_then_served(const char *const *fields, const char *body)
{
    static const uint8_t reset[] = { 0, 0, 4, NGHTTP2_RST_STREAM,    0, 0, 0, 0, 1,
                                     0, 0, 0, NGHTTP2_PROTOCOL_ERROR };
    static const uint8_t answer[] = { NGHTTP2_FLAG_END_HEADERS, 0, 0, 0, 1 };
    begin();
    send_request(fields, body);
    send_request(FIELDS(PAGE("/hello")), NULL);
    if (!client_read_until(client, "hello"))
        fail_msg("no request is served after one with %s", fields[0]);
    if (!has_come(reset, sizeof(reset)))
        fail_msg("not reset: %s: %s", fields[8] == NULL ? fields[0] : fields[8],
                 fields[8] == NULL ? fields[1] : fields[9]);
    assert_false(has_come(answer, sizeof(answer)));
    client_close(client);
}

static void assert_served(const char *const *fields, const char *body, const char *answer)
{
    begin();
    send_request(fields, body);
    if (!client_read_until(client, answer))
        fail_msg("not served: %s", fields[0]);
    client_close(client);
}

static void refuse_field(const char *name, const char *value)
{
    assert_reset_then_served(FIELDS(PAGE("/hello"), name, value), NULL);
}

/* -- claims ------------------------------------------------------------------------------------ */

static void plain_requests_are_served(void **state)
{
    assert_served(FIELDS(PAGE("/hello"), "x-a", "b", "te", "trailers"), NULL, "hello");
    assert_served(FIELDS(":method", "POST", ":scheme", "http", ":path", "/echo", ":authority",
                         "localhost", "content-length", "5"),
                  "12345", "12345");
}

static void names_that_are_no_lower_case_tokens_are_refused(void **state)
{
    refuse_field("X-A", "b");
    refuse_field("x a", "b");
    refuse_field("x\r\na", "b");
    refuse_field("x:a", "b");
    refuse_field("", "b");
    refuse_field("x\xc3\xa9", "b");
}

static void values_with_line_ends_or_spaces_around_are_refused(void **state)
{
    refuse_field("x-a", "b\r\nc: d");
    refuse_field("x-a", "b\nc");
    refuse_field("x-a", "b\rc");
    refuse_field("x-a", " b");
    refuse_field("x-a", "b ");
    refuse_field("x-a", "\tb");
    refuse_field("x-a", "b\x01");
}

static void nul_in_a_value_is_refused(void **state)
{
    static const uint8_t reset[] = { 0, 0, 4, NGHTTP2_RST_STREAM,    0, 0, 0, 0, 1,
                                     0, 0, 0, NGHTTP2_PROTOCOL_ERROR };
    const char *const *fields = FIELDS(PAGE("/hello"));
    struct buf block, all;
    begin();
    buf_init(&block, 1 << 16);
    buf_init(&all, 1 << 16);
    for (size_t i = 0; fields[i] != NULL; i += 2)
        put_field(&block, bytes_str(fields[i]), bytes_str(fields[i + 1]));
    put_field(&block, bytes_str("x-a"), bytes_of("b\0c", 3));
    put_frame(&all, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1,
              buf_bytes(&block));
    assert_true(client_send(client, all.p, all.n));
    next_id = 3;
    send_request(fields, NULL);
    assert_true(client_read_until(client, "hello"));
    assert_true(has_come(reset, sizeof(reset)));
    client_close(client);
    buf_fini(&block);
    buf_fini(&all);
}

static void headers_of_one_connection_are_refused(void **state)
{
    refuse_field("connection", "close");
    refuse_field("keep-alive", "timeout=5");
    refuse_field("proxy-connection", "keep-alive");
    refuse_field("transfer-encoding", "chunked");
    refuse_field("upgrade", "websocket");
    refuse_field("te", "gzip");
}

static void pseudo_headers_stand_once_first_and_whole(void **state)
{
    refuse_field(":path", "/other");
    refuse_field(":method", "POST");
    refuse_field(":status", "200");
    refuse_field(":unknown", "1");
    assert_reset_then_served(FIELDS("x-a", "b", PAGE("/hello")), NULL);
    assert_reset_then_served(FIELDS(":method", "GET", ":scheme", "http", ":authority", "x"), NULL);
    assert_reset_then_served(FIELDS(":scheme", "http", ":path", "/hello", ":authority", "x"), NULL);
    assert_reset_then_served(FIELDS(":method", "GET", ":path", "/hello", ":authority", "x"), NULL);
    assert_reset_then_served(FIELDS(":method", "GET", ":scheme", "http", ":path", "/hello"), NULL);
}

static void paths_begin_with_a_slash(void **state)
{
    assert_reset_then_served(FIELDS(PAGE("")), NULL);
    assert_reset_then_served(FIELDS(PAGE("hello")), NULL);
    assert_reset_then_served(FIELDS(PAGE("http://localhost/hello")), NULL);
    assert_reset_then_served(FIELDS(PAGE("*")), NULL);
}

static void a_second_host_is_refused(void **state)
{
    assert_reset_then_served(FIELDS(PAGE("/hello"), "host", "a", "host", "b"), NULL);
    refuse_field("host", "a b");
}

static void a_body_is_as_long_as_its_length_says(void **state)
{
#define POST(length)                                                                          \
    FIELDS(":method", "POST", ":scheme", "http", ":path", "/echo", ":authority", "localhost", \
           "content-length", length)
    assert_reset_then_served(POST("4"), "12345");
    assert_reset_then_served(POST("6"), "12345");
    assert_reset_then_served(POST("5"), NULL);
    assert_reset_then_served(POST("+5"), "12345");
    assert_reset_then_served(POST("5, 5"), "12345");
    assert_reset_then_served(POST("99999999999999999999"), "12345");
    refuse_field("content-length", "1");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(plain_requests_are_served),
        T(names_that_are_no_lower_case_tokens_are_refused),
        T(values_with_line_ends_or_spaces_around_are_refused),
        T(nul_in_a_value_is_refused),
        T(headers_of_one_connection_are_refused),
        T(pseudo_headers_stand_once_first_and_whole),
        T(paths_begin_with_a_slash),
        T(a_second_host_is_refused),
        T(a_body_is_as_long_as_its_length_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

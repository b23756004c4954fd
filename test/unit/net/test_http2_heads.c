/* How much a head or trailers may be over HTTP/2: what is too much is refused with its stream, what
 * is made to cost us ends the connection. Blocks are made by hand, so that they are exactly as
 * large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <nghttp2/nghttp2.h>

#include "net/http2_guard.h"
#include "test/lib/h2_pair.h"

enum { OVERHEAD = 32, FRAME_MAX = 16384 };

static int set_up(void **state)
{
    return h2_pair_start(state, NULL, true);
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

/* -- through the client: one more field fills a head up to TOTAL bytes ------------------------- */

static size_t count_bytes(const struct h2_field *fields, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += strlen(fields[i].name) + strlen(fields[i].value) + OVERHEAD;
    return bytes;
}

static struct h2_stream *open_filled(struct h2_pair *f, const struct h2_field *fields, size_t n,
                                     size_t total)
{
    static char fill[HTTP2_HEAD_MAX + 2];
    struct h2_field all[H2_FIELDS_MAX];
    memcpy(all, fields, n * sizeof(*fields));
    size_t left = total - count_bytes(fields, n) - strlen("x") - OVERHEAD;
    memset(fill, 'v', left);
    fill[left] = 0;
    all[n] = (struct h2_field){ "x", fill };
    return h2_open(f->c, all, n + 1, false);
}

static struct h2_stream *open_page(struct h2_pair *f, size_t total)
{
    const struct h2_field page[] = { { ":method", "POST" },
                                     { ":scheme", "http" },
                                     { ":path", "/echo" },
                                     { ":authority", "localhost" } };
    struct h2_stream *s = open_filled(f, page, ARRAY_LEN(page), total);
    h2_send(s, bytes_str("hello"));
    h2_end(s);
    assert_true(h2_wait_closed(s));
    return s;
}

static void head_at_the_limit_is_taken(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = open_page(f, HTTP2_HEAD_MAX);
    assert_int_equal(h2_status(s), 200);
    assert_int_equal(s->body.n, 5);
}

static void head_of_one_byte_more_is_431(void **state)
{
    struct h2_pair *f = *state;
    assert_int_equal(h2_status(open_page(f, HTTP2_HEAD_MAX + 1)), 431);
    assert_lives(f);
}

static struct h2_stream *open_call(struct h2_pair *f, size_t total)
{
    const struct h2_field call[] = {
        { ":method", "POST" },         { ":scheme", "http" }, { ":path", "/test.Echo/Echo" },
        { ":authority", "localhost" }, { "te", "trailers" },  { "content-type", "application/grpc" }
    };
    struct h2_stream *s = open_filled(f, call, ARRAY_LEN(call), total);
    h2_send_message(s, bytes_str("x"));
    h2_end(s);
    assert_true(h2_wait_closed(s));
    return s;
}

static void call_with_a_head_at_the_limit_is_served(void **state)
{
    assert_int_equal(h2_grpc_status(open_call(*state, HTTP2_HEAD_MAX)), 0);
}

static void call_with_a_head_of_one_byte_more_has_exhausted_resources(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = open_call(f, HTTP2_HEAD_MAX + 1);
    assert_int_equal(h2_status(s), 200);
    assert_int_equal(h2_grpc_status(s), 8);
    assert_string_equal(h2_grpc_message(s), "grpc: received metadata larger than max");
    assert_lives(f);
}

static void hundred_headers_are_kept_and_more_refused(void **state)
{
    struct h2_pair *f = *state;
    struct h2_field many[102] = { { ":method", "GET" },
                                  { ":scheme", "http" },
                                  { ":path", "/hello" },
                                  { ":authority", "localhost" } };
    for (size_t i = 4; i < ARRAY_LEN(many); i++)
        many[i] = (struct h2_field){ "x-more", "1" };
    struct h2_stream *s = h2_open(f->c, many, 100, true);
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_status(s), 200);
    s = h2_open(f->c, many, 101, true);
    assert_true(h2_wait_closed(s));
    assert_int_equal(h2_status(s), 431);
}

/* -- blocks by hand ---------------------------------------------------------------------------- */

/* HPACK's number of a string's length. */
static void put_length(struct buf *to, size_t n)
{
    if (n < 127) {
        buf_put_u8(to, (uint8_t)n);
        return;
    }
    buf_put_u8(to, 127);
    for (n -= 127; n >= 128; n >>= 7)
        buf_put_u8(to, (uint8_t)(n | 128));
    buf_put_u8(to, (uint8_t)n);
}

/* KIND: 0 as it stands, 0x40 also into the table. VALUE NULL: any bytes. */
static void put_literal(struct buf *to, uint8_t kind, const char *name, const char *value, size_t n)
{
    buf_put_u8(to, kind);
    put_length(to, strlen(name));
    buf_put_str(to, name);
    put_length(to, n);
    for (size_t i = 0; i < n; i++)
        buf_put_u8(to, (uint8_t)(value != NULL ? value[i] : 'v'));
}

static size_t put_head(struct buf *to)
{
    static const struct h2_field fields[] = { { ":method", "GET" },
                                              { ":scheme", "http" },
                                              { ":path", "/hello" },
                                              { ":authority", "localhost" } };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        put_literal(to, 0, fields[i].name, fields[i].value, strlen(fields[i].value));
    return count_bytes(fields, ARRAY_LEN(fields));
}

/* One block that ends stream ID, over 1 + CONTINUATIONS frames or as many as it needs. */
static void send_block(struct h2_pair *f, int32_t id, struct bytes block, size_t continuations)
{
    size_t frames = continuations + 1;
    if (frames * FRAME_MAX < block.n)
        frames = (block.n + FRAME_MAX - 1) / FRAME_MAX;
    size_t piece = block.n / frames;
    for (size_t i = 0; i < frames; i++) {
        bool is_last = i == frames - 1;
        struct bytes part = bytes_of(block.p + i * piece, is_last ? block.n - i * piece : piece);
        uint8_t flags = (uint8_t)((is_last ? NGHTTP2_FLAG_END_HEADERS : 0) |
                                  (i == 0 ? NGHTTP2_FLAG_END_STREAM : 0));
        if (!h2_frame(f->c, i == 0 ? NGHTTP2_HEADERS : NGHTTP2_CONTINUATION, flags, id, part))
            return;
    }
}

/* The client's session has not opened the stream, so the answer is looked for in the bytes. */
static void assert_page_comes(struct h2_pair *f, const char *text)
{
    assert_true(client_read_until(h2_client_socket(f->c), text));
}

static void continuations_at_the_limit_are_taken(void **state)
{
    struct h2_pair *f = *state;
    struct buf block;
    buf_init(&block, 1 << 20);
    put_head(&block);
    send_block(f, 1, buf_bytes(&block), HTTP2_CONTINUATIONS_MAX);
    assert_page_comes(f, "hello");
    buf_fini(&block);
}

static void continuations_above_the_limit_end_it(void **state)
{
    struct h2_pair *f = *state;
    struct buf block;
    buf_init(&block, 1 << 20);
    put_head(&block);
    send_block(f, 1, buf_bytes(&block), HTTP2_CONTINUATIONS_MAX + 1);
    assert_calmed(f, "too_many_continuations");
    buf_fini(&block);
}

/* A few bytes in the frame for thousands here: the field is in the table, and named by its number.
 */
static void send_bomb(struct h2_pair *f, size_t total)
{
    enum { VALUE = 4000, FIELD = 1 + VALUE + OVERHEAD, FIRST_IN_TABLE = 0x80 | 62 };
    struct buf block;
    buf_init(&block, 1 << 20);
    size_t left = total - put_head(&block);
    put_literal(&block, 0x40, "x", NULL, VALUE);
    for (left -= FIELD; left >= 2 * FIELD; left -= FIELD)
        buf_put_u8(&block, FIRST_IN_TABLE);
    put_literal(&block, 0, "x", NULL, left - 1 - OVERHEAD);
    send_block(f, 1, buf_bytes(&block), 0);
    buf_fini(&block);
}

static void block_at_the_end_of_patience_is_431(void **state)
{
    struct h2_pair *f = *state;
    send_bomb(f, HTTP2_BLOCK_MAX);
    assert_page_comes(f, "Request Header Fields Too Large");
}

static void block_of_one_byte_more_ends_the_connection(void **state)
{
    struct h2_pair *f = *state;
    send_bomb(f, HTTP2_BLOCK_MAX + 1);
    assert_calmed(f, "header_block_too_large");
}

/* -- trailers ---------------------------------------------------------------------------------- */

/* Ends S with trailers of TOTAL bytes, after what the client has to send. */
static void end_with_trailers(struct h2_pair *f, const struct h2_stream *s, size_t total)
{
    struct buf block;
    buf_init(&block, 1 << 20);
    put_literal(&block, 0, "x", NULL, total / 2 - 1 - OVERHEAD);
    put_literal(&block, 0, "y", NULL, total - total / 2 - 1 - OVERHEAD);
    assert_true(h2_flush(f->c));
    send_block(f, s->id, buf_bytes(&block), 0);
    buf_fini(&block);
}

/* POST of a body with a head and trailers of so many bytes. The client's session does not know that
 * the stream has ended on its side, so it waits for the body of the answer. */
static int post(struct h2_pair *f, size_t head, size_t trailers)
{
    const struct h2_field page[] = { { ":method", "POST" },
                                     { ":scheme", "http" },
                                     { ":path", "/echo" },
                                     { ":authority", "localhost" } };
    struct h2_stream *s = open_filled(f, page, ARRAY_LEN(page), head);
    h2_send(s, bytes_str("hello"));
    end_with_trailers(f, s, trailers);
    assert_true(h2_wait_body(s, 5));
    return h2_status(s);
}

static void trailers_at_the_limit_are_taken_whatever_the_head(void **state)
{
    struct h2_pair *f = *state;
    assert_int_equal(post(f, 1000, HTTP2_HEAD_MAX), 200);
    assert_int_equal(post(f, HTTP2_HEAD_MAX, HTTP2_HEAD_MAX), 200);
}

static void trailers_of_one_byte_more_are_431(void **state)
{
    struct h2_pair *f = *state;
    assert_int_equal(post(f, 1000, HTTP2_HEAD_MAX + 1), 431);
    assert_lives(f);
}

static void trailers_of_a_refused_request_change_nothing(void **state)
{
    struct h2_pair *f = *state;
    assert_int_equal(post(f, HTTP2_HEAD_MAX + 1, HTTP2_HEAD_MAX + 1), 431);
    assert_lives(f);
}

static struct h2_stream *call_with_trailers(struct h2_pair *f, const char *path, size_t total)
{
    struct h2_stream *s = h2_call(f->c, path, NULL, 0);
    h2_send_message(s, bytes_str("x"));
    end_with_trailers(f, s, total);
    return s;
}

static void call_with_trailers_at_the_limit_is_served(void **state)
{
    struct h2_stream *s = call_with_trailers(*state, "/test.Echo/Echo", HTTP2_HEAD_MAX);
    assert_true(h2_wait_blocks(s, 2));
    assert_int_equal(h2_grpc_status(s), 0);
}

static void call_with_trailers_of_one_byte_more_is_reset(void **state)
{
    struct h2_pair *f = *state;
    struct h2_stream *s = call_with_trailers(f, "/test.Echo/Hold", HTTP2_HEAD_MAX + 1);
    assert_true(h2_wait_closed(s));
    assert_int_equal(s->code, NGHTTP2_FRAME_SIZE_ERROR);
    assert_true(loops_event_wait(&f->d->gone, 1, LOOPS_DEADLINE_MS));
    assert_int_equal(grpcd_last_why(), ERR_CANCELED);
    assert_lives(f);
}

static void bomb_in_trailers_ends_the_connection(void **state)
{
    struct h2_pair *f = *state;
    struct buf block;
    buf_init(&block, 1 << 20);
    struct h2_stream *s = h2_call(f->c, "/test.Echo/Hold", NULL, 0);
    assert_true(h2_flush(f->c));
    put_literal(&block, 0x40, "x", NULL, 4000);
    for (size_t i = 0; i < HTTP2_BLOCK_MAX / 4000; i++)
        buf_put_u8(&block, 0x80 | 62);
    send_block(f, s->id, buf_bytes(&block), 0);
    assert_calmed(f, "header_block_too_large");
    buf_fini(&block);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, h2_pair_stop)
    const struct CMUnitTest tests[] = {
        TEST(head_at_the_limit_is_taken),
        TEST(head_of_one_byte_more_is_431),
        TEST(call_with_a_head_at_the_limit_is_served),
        TEST(call_with_a_head_of_one_byte_more_has_exhausted_resources),
        TEST(hundred_headers_are_kept_and_more_refused),
        TEST(continuations_at_the_limit_are_taken),
        TEST(continuations_above_the_limit_end_it),
        TEST(block_at_the_end_of_patience_is_431),
        TEST(block_of_one_byte_more_ends_the_connection),
        TEST(trailers_at_the_limit_are_taken_whatever_the_head),
        TEST(trailers_of_one_byte_more_are_431),
        TEST(trailers_of_a_refused_request_change_nothing),
        TEST(call_with_trailers_at_the_limit_is_served),
        TEST(call_with_trailers_of_one_byte_more_is_reset),
        TEST(bomb_in_trailers_ends_the_connection),
    };
    return cmocka_run_group_tests_name("http2_heads", tests, NULL, NULL);
}

/* Own bytes and shared chunks in one queue, taken in pieces of every size. */
#include "net/http2_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct http2_out out;
static struct buf taken;

static int set_up(void **state)
{
    http2_out_init(&out);
    buf_init(&taken, 64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    http2_out_fini(&out);
    buf_fini(&taken);
    return 0;
}

static void put(const char *text)
{
    http2_out_compact(&out);
    buf_put_str(&out.own, text);
}

static void put_chunk(const char *text)
{
    http2_out_put_chunk(&out, chunk_new(bytes_str(text)));
}

static void assert_taken(const char *text)
{
    assert_int_equal(taken.n, strlen(text));
    assert_true(bytes_is(buf_bytes(&taken), text));
}

static void bytes_come_out_in_the_order_they_went_in(void **state)
{
    put("one ");
    put_chunk("two ");
    put("three ");
    put_chunk("four ");
    put_chunk("five ");
    put("six");
    assert_int_equal(http2_out_left(&out), 27);
    http2_out_move(&out, 27, &taken);
    assert_taken("one two three four five six");
    assert_int_equal(http2_out_left(&out), 0);
}

static void cut_at_every_byte_they_are_the_same(void **state)
{
    for (size_t step = 1; step < 28; step++) {
        buf_clear(&taken, 64);
        put("one ");
        put_chunk("two ");
        put("three ");
        put_chunk("four ");
        put_chunk("five ");
        put("six");
        while (http2_out_left(&out) > 0) {
            size_t left = http2_out_left(&out);
            http2_out_move(&out, left < step ? left : step, &taken);
        }
        assert_taken("one two three four five six");
    }
}

static void appending_between_takes_keeps_the_order(void **state)
{
    put("ab");
    put_chunk("cd");
    http2_out_move(&out, 3, &taken);
    put("ef");
    put_chunk("gh");
    http2_out_move(&out, 3, &taken);
    put("ij");
    http2_out_move(&out, http2_out_left(&out), &taken);
    assert_taken("abcdefghij");
}

static void empty_chunk_is_nothing(void **state)
{
    struct chunk *c = chunk_new(bytes_str(""));
    http2_out_put_chunk(&out, chunk_ref(c));
    assert_int_equal(http2_out_left(&out), 0);
    assert_int_equal(c->refs, 1);
    chunk_unref(c);
}

static void chunk_is_let_go_when_its_last_byte_is_taken(void **state)
{
    struct chunk *c = chunk_new(bytes_str("abc"));
    http2_out_put_chunk(&out, chunk_ref(c));
    http2_out_move(&out, 2, &taken);
    assert_int_equal(c->refs, 2);
    http2_out_move(&out, 1, &taken);
    assert_int_equal(c->refs, 1);
    chunk_unref(c);
}

static void clearing_lets_chunks_go(void **state)
{
    struct chunk *c = chunk_new(bytes_str("abc"));
    for (int i = 0; i < 40; i++)
        http2_out_put_chunk(&out, chunk_ref(c));
    put("x");
    http2_out_move(&out, 4, &taken);
    http2_out_clear(&out);
    assert_int_equal(http2_out_left(&out), 0);
    assert_int_equal(c->refs, 1);
    put("anew");
    http2_out_move(&out, 4, &taken);
    assert_taken("abcaanew");
    chunk_unref(c);
}

/* A stream that never runs dry must not keep what it has sent. */
static void queue_that_never_empties_does_not_grow(void **state)
{
    static char kilo[1025];
    memset(kilo, 'k', 1024);
    struct chunk *c = chunk_new(bytes_str("shared"));
    put(kilo);
    for (int i = 0; i < 20000; i++) {
        put(kilo);
        if (i % 2 == 0)
            http2_out_put_chunk(&out, chunk_ref(c));
        http2_out_move(&out, 1024 + (i % 2 == 0 ? 6 : 0), &taken);
        buf_clear(&taken, 4096);
    }
    assert_true(http2_out_left(&out) <= 1030);
    assert_true(out.own.room < 1 << 20);
    assert_true(out.piece_room < 4096);
    http2_out_clear(&out);
    assert_int_equal(c->refs, 1);
    chunk_unref(c);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(bytes_come_out_in_the_order_they_went_in),
        TEST(cut_at_every_byte_they_are_the_same),
        TEST(appending_between_takes_keeps_the_order),
        TEST(empty_chunk_is_nothing),
        TEST(chunk_is_let_go_when_its_last_byte_is_taken),
        TEST(clearing_lets_chunks_go),
        TEST(queue_that_never_empties_does_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

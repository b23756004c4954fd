/* The rows of sessions, and their creation as part of a command. */
#include "catalog/session_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "catalog/identity.h"
#include "test/lib/codec.h"

static struct bytes checks[SESSION_CHECKS_MAX + 1];

static struct bytes row(const struct session *s)
{
    buf_clear(&codec_out, SIZE_MAX);
    session_write(s, &codec_out);
    return buf_bytes(&codec_out);
}

static enum err read(struct bytes bytes)
{
    struct session back;
    return session_read(bytes, &codec_arena, &back);
}

static struct session full_session(void)
{
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        checks[i] = bytes_str("c");
    return (struct session){ .behavior = SESSION_DELETE,
                             .lock_delay_ns = 0x0102,
                             .name = bytes_str("n"),
                             .node = bytes_str("N1"),
                             .ttl = bytes_str("5"),
                             .node_checks = { checks, 2 },
                             .service_checks = { checks, 1 } };
}

static void known_session_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = { 1, 1,   2, 1, 0,   0,   0,   0, 0,  0, /* format to delay */
                                        1, 0,   0, 0, 'n',                     /* name */
                                        2, 0,   0, 0, 'N', '1',                /* node */
                                        1, 0,   0, 0, '5',                     /* ttl */
                                        2, 0,   1, 0, 0,   0,   'c', 1, 0,  0,
                                        0, 'c', 1, 0, 1,   0,   0,   0, 'c' };
    struct session s = full_session(), back;
    struct bytes b = row(&s);
    assert_int_equal(b.n, sizeof expected);
    assert_memory_equal(b.p, expected, b.n);
    assert_int_equal(session_read(b, &codec_arena, &back), OK);
    assert_int_equal(back.behavior, SESSION_DELETE);
    assert_int_equal(back.lock_delay_ns, 0x0102);
    assert_true(bytes_is(back.name, "n") && bytes_is(back.node, "N1") && bytes_is(back.ttl, "5"));
    assert_int_equal(back.node_checks.n, 2);
    assert_int_equal(back.service_checks.n, 1);
    assert_true(bytes_is(back.service_checks.ids[0], "c"));
    assert_only_whole(b, read);
}

static void behavior_is_release_or_delete(void **state)
{
    struct session s = full_session();
    s.behavior = SESSION_RELEASE;
    assert_int_equal(read(row(&s)), OK);
    s.behavior = SESSION_BEHAVIORS;
    assert_int_equal(read(row(&s)), ERR_MALFORMED);
}

static void session_needs_a_node_but_no_name(void **state)
{
    struct session s = full_session();
    s.name = s.ttl = bytes_str("");
    assert_int_equal(read(row(&s)), OK);
    s.node = bytes_str("");
    assert_int_equal(read(row(&s)), ERR_MALFORMED);
}

static void check_without_a_name_is_refused(void **state)
{
    struct session s = full_session();
    checks[1] = bytes_str("");
    assert_int_equal(read(row(&s)), ERR_MALFORMED);
}

static void lock_delay_ends_at_a_minute(void **state)
{
    struct session s = full_session();
    s.lock_delay_ns = SESSION_LOCK_DELAY_MAX_NS;
    assert_int_equal(read(row(&s)), OK);
    s.lock_delay_ns++;
    assert_int_equal(read(row(&s)), ERR_TOO_BIG);
}

static void each_text_ends_at_its_limit(void **state)
{
    static uint8_t text[INSTANCE_ID_MAX + 1];
    struct session s;
    memset(text, 'a', sizeof text);
    const struct {
        struct bytes *field;
        size_t max;
    } rows[] = { { &s.name, SESSION_NAME_MAX },
                 { &s.node, NODE_NAME_MAX },
                 { &s.ttl, SESSION_TTL_MAX },
                 { &checks[1], INSTANCE_ID_MAX } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        s = full_session();
        *rows[i].field = bytes_of(text, rows[i].max);
        assert_int_equal(read(row(&s)), OK);
        rows[i].field->n++;
        assert_int_equal(read(row(&s)), ERR_TOO_BIG);
    }
}

static void lists_of_checks_end_at_their_limit(void **state)
{
    struct session s = full_session();
    s.node_checks.n = s.service_checks.n = SESSION_CHECKS_MAX;
    assert_int_equal(read(row(&s)), OK);
    s.service_checks.n++;
    assert_int_equal(read(row(&s)), ERR_TOO_BIG);
    s = full_session();
    s.node_checks.n = SESSION_CHECKS_MAX + 1;
    assert_int_equal(read(row(&s)), ERR_TOO_BIG);
}

static void largest_session_is_within_its_limit(void **state)
{
    static uint8_t text[INSTANCE_ID_MAX];
    struct session s = full_session();
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        checks[i] = bytes_of(text, sizeof text);
    s.node_checks.n = s.service_checks.n = SESSION_CHECKS_MAX;
    s.name = bytes_of(text, SESSION_NAME_MAX);
    s.node = bytes_of(text, NODE_NAME_MAX);
    assert_int_equal(read(row(&s)), OK);
}

/* -- creation --------------------------------------------------------------------------------- */

static enum err take(struct bytes bytes)
{
    struct rd r;
    rd_init(&r, bytes);
    struct session_create back = session_create_take(&r, &codec_arena);
    enum err e = rd_end(&r);
    if (e == OK) {
        assert_int_equal(back.id.b[15], 4);
        assert_int_equal(back.lease, -5);
        assert_true(back.of_member);
        assert_true(bytes_is(back.session.node, "N1"));
    }
    return e;
}

static void creation_is_written_byte_by_byte(void **state)
{
    static const uint8_t head[25] = { [15] = 4, [16] = 0xfb, 0xff, 0xff, 0xff,
                                      0xff,     0xff,        0xff, 0xff, 1 };
    struct session_create c = {
        .id = { { [15] = 4 } }, .lease = -5, .of_member = true, .session = full_session()
    };
    size_t session_n = row(&c.session).n - 1; /* without its format */
    buf_clear(&codec_out, SIZE_MAX);
    session_create_put(&c, &codec_out);
    assert_memory_equal(codec_out.p, head, sizeof head);
    assert_int_equal(codec_out.n, sizeof head + session_n);
    assert_int_equal(take(buf_bytes(&codec_out)), OK);
    for (size_t n = 0; n < codec_out.n; n++)
        assert_int_not_equal(take(bytes_of(codec_out.p, n)), OK);
    codec_out.p[24] = 2;
    assert_int_equal(take(buf_bytes(&codec_out)), ERR_MALFORMED);
}

static void creation_needs_an_id(void **state)
{
    struct session_create c = { .session = full_session() };
    buf_clear(&codec_out, SIZE_MAX);
    session_create_put(&c, &codec_out);
    assert_int_equal(take(buf_bytes(&codec_out)), ERR_MALFORMED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, codec_set_up, codec_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(known_session_is_written_byte_by_byte), TEST(behavior_is_release_or_delete),
        TEST(session_needs_a_node_but_no_name),      TEST(check_without_a_name_is_refused),
        TEST(lock_delay_ends_at_a_minute),           TEST(each_text_ends_at_its_limit),
        TEST(lists_of_checks_end_at_their_limit),    TEST(largest_session_is_within_its_limit),
        TEST(creation_is_written_byte_by_byte),      TEST(creation_needs_an_id),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}

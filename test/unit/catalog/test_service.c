/* The rows of a service: its definition and its state. */
#include "catalog/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/lib/codec.h"

static struct label labels[] = { { { (const uint8_t *)"k", 1 }, { (const uint8_t *)"v", 1 } } };

static struct bytes row(const struct service *s)
{
    buf_clear(&codec_out, SIZE_MAX);
    service_write(s, &codec_out);
    return buf_bytes(&codec_out);
}

static struct bytes state_row(const struct service_state *s)
{
    buf_clear(&codec_out, SIZE_MAX);
    service_state_write(s, &codec_out);
    return buf_bytes(&codec_out);
}

static enum err read(struct bytes bytes)
{
    struct service back;
    return service_read(bytes, &codec_arena, &back);
}

static enum err read_state(struct bytes bytes)
{
    struct service_state back;
    return service_state_read(bytes, &back);
}

static struct service full(void)
{
    return (struct service){ .protect_threshold = 8000,
                             .keep_empty = true,
                             .ephemeral = true,
                             .metadata = { labels, 1 },
                             .extras = bytes_str("x") };
}

static void known_definition_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = { 1, 3, 0x40, 0x1f, 0, 0, /* format, flags, threshold */
                                        1, 0, 1,    0,    0, 0, 'k', 1,  0,
                                        0, 0, 'v',  1,    0, 0, 0,   'x' };
    struct service s = full(), back;
    struct bytes b = row(&s);
    assert_int_equal(b.n, sizeof expected);
    assert_memory_equal(b.p, expected, b.n);
    assert_int_equal(service_read(b, &codec_arena, &back), OK);
    assert_int_equal(back.protect_threshold, 8000);
    assert_true(back.keep_empty && back.ephemeral && bytes_is(back.extras, "x"));
    assert_true(labels_eq(&back.metadata, &s.metadata));
}

static void only_a_whole_definition_is_read(void **state)
{
    struct service s = full();
    assert_only_whole(row(&s), read);
    assert_refused_with(row(&s), 1, 4, ERR_MALFORMED, read);
}

static void threshold_and_extras_end_at_their_limits(void **state)
{
    static uint8_t extras[SERVICE_EXTRAS_MAX + 1];
    struct service s = full();
    s.protect_threshold = THRESHOLD_ONE;
    s.extras = bytes_of(extras, SERVICE_EXTRAS_MAX);
    assert_int_equal(read(row(&s)), OK);
    s.extras.n++;
    assert_int_equal(read(row(&s)), ERR_TOO_BIG);
    s.extras.n--;
    s.protect_threshold++;
    assert_int_equal(read(row(&s)), ERR_MALFORMED);
}

static void known_state_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = { 1, 3, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0,   0, 0, 0, 0, 0,  7,
                                        0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'G', 1, 0, 0, 0, 'N' };
    struct service_state s = { .revision = 259,
                               .last_removal = 2,
                               .publication_n = 7,
                               .group = bytes_str("G"),
                               .name = bytes_str("N") },
                         back;
    struct bytes b = state_row(&s);
    assert_int_equal(b.n, sizeof expected);
    assert_memory_equal(b.p, expected, b.n);
    assert_int_equal(service_state_read(b, &back), OK);
    assert_int_equal(back.revision, 259);
    assert_int_equal(back.last_removal, 2);
    assert_int_equal(back.publication_n, 7);
    assert_true(bytes_is(back.group, "G") && bytes_is(back.name, "N"));
    assert_only_whole(b, read_state);
}

static void state_without_a_name_is_refused(void **state)
{
    struct service_state s = { .group = bytes_str("G") };
    assert_int_equal(read_state(state_row(&s)), ERR_MALFORMED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, codec_set_up, codec_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(known_definition_is_written_byte_by_byte), TEST(only_a_whole_definition_is_read),
        TEST(threshold_and_extras_end_at_their_limits), TEST(known_state_is_written_byte_by_byte),
        TEST(state_without_a_name_is_refused),
    };
    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}

/* The row of a publication: known bytes, round trip, cuts, limits, stamps. */
#include "catalog/publication.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "catalog/identity.h"
#include "test/lib/codec.h"

/* Lets the next publication in this test begin anew. */
static struct bytes row(const struct publication *p)
{
    buf_clear(&codec_out, SIZE_MAX);
    publication_write(p, &codec_out);
    assert_int_equal(buf_err(&codec_out), OK);
    return buf_bytes(&codec_out);
}

static enum err read(struct bytes bytes)
{
    struct publication back;
    return publication_read(bytes, &codec_arena, &back);
}

static enum err reread(const struct publication *p)
{
    return read(row(p));
}

static struct named_port ports[] = { { { (const uint8_t *)"admin", 5 }, 9000 },
                                     { { (const uint8_t *)"grpc", 4 }, 9001 } };
static struct bytes tags[] = { { (const uint8_t *)"v2", 2 }, { (const uint8_t *)"v1", 2 } };
static struct label labels[] = { { { (const uint8_t *)"zone", 4 }, { (const uint8_t *)"z1", 2 } } };

static struct publication full(void)
{
    return (struct publication){
        .stage = LEASE_SUSPECT,
        .spoke = 258,
        .reported = STATUS_STARTING,
        .enabled = true,
        .ephemeral = true,
        .id = bytes_str("web-1"),
        .address = bytes_str("10.0.0.1"),
        .port = 8080,
        .ports = ports,
        .port_n = 2,
        .weight = 250,
        .metadata = { labels, 1 },
        .tags = tags,
        .tag_n = 2,
        .cluster = bytes_str("east"),
        .zone = bytes_str("z1"),
        .node = bytes_str("n1"),
        .extras = bytes_of("\0\xff", 2),
    };
}

static struct publication small(void)
{
    return (struct publication){ .address = bytes_str("a"), .weight = WEIGHT_ONE };
}

static void known_publication_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = {
        1,                                 /* format */
        1,   2,  1, 0, 0,   0, 0,   0,  0, /* stage, spoke */
        3,   2,                            /* flags, reported */
        144, 31,                           /* port */
        250, 0,  0, 0,                     /* weight */
        1,   0,  0, 0, 'i',                /* id */
        1,   0,  0, 0, 'a',                /* address */
        0,   0,  0, 0,                     /* cluster */
        0,   0,  0, 0,                     /* zone */
        1,   0,  0, 0, 'n',                /* node */
        1,   0,  1, 0, 0,   0, 'p', 80, 0, /* ports */
        1,   0,  1, 0, 0,   0, 't',        /* tags */
        0,   0,                            /* metadata */
        1,   0,  0, 0, 255,                /* extras */
    };
    struct named_port port = { bytes_str("p"), 80 };
    struct bytes tag = bytes_str("t");
    struct publication p = { .stage = LEASE_SUSPECT,
                             .spoke = 258,
                             .reported = STATUS_STARTING,
                             .enabled = true,
                             .ephemeral = true,
                             .id = bytes_str("i"),
                             .address = bytes_str("a"),
                             .port = 8080,
                             .ports = &port,
                             .port_n = 1,
                             .weight = 250,
                             .tags = &tag,
                             .tag_n = 1,
                             .node = bytes_str("n"),
                             .extras = bytes_str("\xff") };
    struct bytes b = row(&p);
    assert_int_equal(b.n, sizeof expected);
    assert_memory_equal(b.p, expected, b.n);
}

static void what_is_written_is_read(void **state)
{
    struct publication p = full(), back;
    assert_int_equal(publication_read(row(&p), &codec_arena, &back), OK);
    assert_int_equal(back.stage, LEASE_SUSPECT);
    assert_int_equal(back.spoke, 258);
    assert_int_equal(back.reported, STATUS_STARTING);
    assert_true(back.enabled && back.ephemeral);
    assert_true(bytes_is(back.id, "web-1") && bytes_is(back.address, "10.0.0.1"));
    assert_int_equal(back.port, 8080);
    assert_int_equal(back.port_n, 2);
    assert_true(bytes_is(back.ports[1].name, "grpc") && back.ports[1].port == 9001);
    assert_int_equal(back.weight, 250);
    assert_true(labels_eq(&back.metadata, &p.metadata));
    assert_int_equal(back.tag_n, 2);
    assert_true(bytes_is(back.tags[0], "v2")); /* their owner's order is kept */
    assert_true(bytes_is(back.cluster, "east") && bytes_is(back.zone, "z1"));
    assert_true(bytes_is(back.node, "n1") && bytes_eq(back.extras, p.extras));
}

static void only_a_whole_publication_is_read(void **state)
{
    struct publication p = full();
    assert_only_whole(row(&p), read);
}

static void what_no_owner_may_say_is_refused(void **state)
{
    enum { STAGE_AT = 1, FLAGS_AT = 10, REPORTED_AT = 11 };
    struct publication p = full();
    struct bytes b = row(&p);
    assert_refused_with(b, STAGE_AT, LEASE_REMOVED, ERR_MALFORMED, read);
    assert_refused_with(b, FLAGS_AT, 4, ERR_MALFORMED, read);
    assert_refused_with(b, REPORTED_AT, STATUSES, ERR_MALFORMED, read);
    p.id = bytes_of("a\0b", 3);
    assert_int_equal(reread(&p), ERR_MALFORMED);
    p = full();
    p.zone = bytes_str("\xff");
    assert_int_equal(reread(&p), ERR_MALFORMED);
}

static void address_may_come_from_the_node(void **state)
{
    struct publication p = full();
    p.address = bytes_str("");
    assert_int_equal(reread(&p), OK);
    p.node = bytes_str("");
    assert_int_equal(reread(&p), ERR_MALFORMED);
}

static void ports_out_of_order_are_refused(void **state)
{
    struct named_port swapped[] = { ports[1], ports[0] }, twice[] = { ports[0], ports[0] };
    struct publication p = full();
    p.ports = swapped;
    assert_int_equal(reread(&p), ERR_MALFORMED);
    p.ports = twice;
    assert_int_equal(reread(&p), ERR_MALFORMED);
}

static void weight_ends_at_its_limit(void **state)
{
    struct publication p = small();
    p.weight = WEIGHT_MAX;
    assert_int_equal(reread(&p), OK);
    p.weight++;
    assert_int_equal(reread(&p), ERR_MALFORMED);
}

static void each_text_ends_at_its_limit(void **state)
{
    static uint8_t text[EXTRAS_MAX + 1];
    struct publication p;
    memset(text, 'a', sizeof text);
    const struct {
        struct bytes *field;
        size_t max;
    } rows[] = {
        { &p.id, INSTANCE_ID_MAX }, { &p.address, ADDRESS_MAX }, { &p.cluster, CLUSTER_MAX },
        { &p.zone, CLUSTER_MAX },   { &p.node, NODE_NAME_MAX },  { &p.extras, EXTRAS_MAX },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        p = small();
        *rows[i].field = bytes_of(text, rows[i].max);
        assert_int_equal(reread(&p), OK);
        rows[i].field->n++;
        assert_int_equal(reread(&p), ERR_TOO_BIG);
    }
}

static void lists_end_at_their_limits(void **state)
{
    static struct bytes many_tags[TAGS_MAX + 1];
    static struct named_port many_ports[NAMED_PORTS_MAX + 1];
    static char names[NAMED_PORTS_MAX + 1][2];
    for (size_t i = 0; i <= NAMED_PORTS_MAX; i++) {
        names[i][0] = (char)('A' + i / 26);
        names[i][1] = (char)('a' + i % 26);
        many_ports[i].name = bytes_of(names[i], 2);
    }
    struct publication p = small();
    p.tags = many_tags;
    p.tag_n = TAGS_MAX;
    p.ports = many_ports;
    p.port_n = NAMED_PORTS_MAX;
    assert_int_equal(reread(&p), OK);
    p.tag_n++;
    assert_int_equal(reread(&p), ERR_TOO_BIG);
    p.tag_n--;
    p.port_n++;
    assert_int_equal(reread(&p), ERR_TOO_BIG);
}

static void row_ends_at_its_limit(void **state)
{
    static struct label big[LABEL_KEY_MAX];
    static uint8_t text[LABEL_VALUE_MAX];
    static char keys[26];
    memset(text, 'a', sizeof text);
    struct publication p = small();
    p.metadata = (struct labels){ .all = big };
    size_t bare = row(&p).n;
    /* As many values as fit, the last of which fills the row. */
    for (size_t left = PUBLICATION_MAX - bare; left > 0; p.metadata.n++) {
        size_t head = 9, n = left - head < sizeof text ? left - head : sizeof text;
        keys[p.metadata.n] = (char)('a' + p.metadata.n);
        big[p.metadata.n] = (struct label){ bytes_of(&keys[p.metadata.n], 1), bytes_of(text, n) };
        left -= head + n;
    }
    assert_int_equal(row(&p).n, PUBLICATION_MAX);
    assert_int_equal(reread(&p), OK);
    p.address = bytes_str("ab");
    assert_int_equal(reread(&p), ERR_TOO_BIG);
}

static void stamp_changes_stage_and_revision_alone(void **state)
{
    struct publication p = full(), back;
    struct bytes b = row(&p);
    struct bytes stamped = publication_stamp(b, LEASE_DOWN, 77, &codec_arena);
    assert_int_equal(publication_read(stamped, &codec_arena, &back), OK);
    assert_int_equal(back.stage, LEASE_DOWN);
    assert_int_equal(back.spoke, 77);
    assert_true(publication_rows_agree(b, stamped));
    back.stage = p.stage;
    back.spoke = p.spoke;
    struct buf again;
    buf_init(&again, PUBLICATION_MAX);
    publication_write(&back, &again);
    assert_true(bytes_eq(buf_bytes(&again), b));
    buf_fini(&again);
}

static void rows_that_say_something_else_do_not_agree(void **state)
{
    struct publication p = full();
    struct bytes a = arena_dup(&codec_arena, row(&p));
    p.enabled = false;
    assert_false(publication_rows_agree(a, row(&p)));
    p = full();
    p.extras = bytes_of("\0\xfe", 2);
    assert_false(publication_rows_agree(a, row(&p)));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, codec_set_up, codec_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(known_publication_is_written_byte_by_byte),
        TEST(what_is_written_is_read),
        TEST(only_a_whole_publication_is_read),
        TEST(what_no_owner_may_say_is_refused),
        TEST(address_may_come_from_the_node),
        TEST(ports_out_of_order_are_refused),
        TEST(weight_ends_at_its_limit),
        TEST(each_text_ends_at_its_limit),
        TEST(lists_end_at_their_limits),
        TEST(row_ends_at_its_limit),
        TEST(stamp_changes_stage_and_revision_alone),
        TEST(rows_that_say_something_else_do_not_agree),
    };
    return cmocka_run_group_tests_name("publication", tests, NULL, NULL);
}

/* The payload of a log entry: a known one, round trips, and every way to cut or bend it. */
#include "store/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { ROOM = 1 << 20 };

static const struct entry_time noon = { .wall_ms = 0x0102, .age_ms = 3 };

static const struct origin alice = {
    .principal = { (const uint8_t *)"alice", 5 },
    .face = FACE_ETCD,
    .address = { (const uint8_t *)"h:1", 3 },
    .why = { (const uint8_t *)"?", 1 },
};
static const struct origin nobody = { .face = FACE_KEEPER };

struct fixture {
    struct entry_writer writer;
    struct buf payload;
    struct arena arena;
    struct entry_reader reader;
};

static int setup(void **state)
{
    static struct fixture f;
    entry_writer_init(&f.writer, ROOM);
    buf_init(&f.payload, ROOM);
    arena_init(&f.arena, 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    entry_writer_fini(&f->writer);
    buf_fini(&f->payload);
    arena_fini(&f->arena);
    return 0;
}

static enum err add(struct fixture *f, unsigned kind, const struct origin *origin, const char *body)
{
    struct command c = {
        .kind = (enum command_kind)kind,
        .origin = origin,
        .policy_mark = kind * 100,
        .body = bytes_str(body),
    };
    return entry_writer_add(&f->writer, &c);
}

static struct bytes finish(struct fixture *f)
{
    buf_clear(&f->payload, ROOM);
    assert_int_equal(entry_writer_finish(&f->writer, noon, &f->payload), OK);
    return buf_bytes(&f->payload);
}

/* Reads everything; the first error, or OK after the last command. */
static enum err read_whole(struct fixture *f, struct bytes payload)
{
    struct command c;
    enum err e = entry_read(payload, &f->arena, &f->reader);
    while (e == OK)
        e = entry_next(&f->reader, &c);
    return e == ERR_NOT_FOUND ? OK : e;
}

static struct bytes two_commands(struct fixture *f)
{
    assert_int_equal(add(f, COMMAND_TXN, &alice, "xy"), OK);
    assert_int_equal(add(f, COMMAND_COMPACT, &nobody, ""), OK);
    return finish(f);
}

static void known_payload_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = {
        1,                                /* format */
        7,   0, 0, 0,                     /* rules */
        2,   1, 0, 0,   0,   0,   0,   0, /* wall_ms */
        3,   0, 0, 0,   0,   0,   0,   0, /* age_ms */
        1,   0,                           /* origins */
        5,   0, 0, 0,   'a', 'l', 'i', 'c', 'e', FACE_ETCD, 3,
        0,   0, 0, 'h', ':', '1', 1,   0,   0,   0,         '?', /* why */
        1,   0, 0, 0,                                            /* commands */
        1,   0,                                                  /* kind */
        0,   0,                                                  /* origin */
        100, 0, 0, 0,   0,   0,   0,   0,                        /* policy mark */
        2,   0, 0, 0,   'x', 'y',
    };
    struct fixture *f = *state;
    assert_int_equal(add(f, COMMAND_TXN, &alice, "xy"), OK);
    struct bytes payload = finish(f);
    assert_int_equal(payload.n, sizeof expected);
    assert_memory_equal(payload.p, expected, sizeof expected);
}

static void commands_come_back_in_order_with_their_origins(void **state)
{
    struct fixture *f = *state;
    struct command c;
    assert_int_equal(entry_read(two_commands(f), &f->arena, &f->reader), OK);
    assert_int_equal(f->reader.time.wall_ms, noon.wall_ms);
    assert_int_equal(f->reader.time.age_ms, noon.age_ms);
    assert_int_equal(entry_next(&f->reader, &c), OK);
    assert_int_equal(c.kind, COMMAND_TXN);
    assert_int_equal(c.policy_mark, 100);
    assert_true(bytes_is(c.body, "xy"));
    assert_true(bytes_is(c.origin->principal, "alice"));
    assert_true(bytes_is(c.origin->why, "?"));
    assert_int_equal(entry_next(&f->reader, &c), OK);
    assert_int_equal(c.kind, COMMAND_COMPACT);
    assert_int_equal(c.origin->face, FACE_KEEPER);
    assert_int_equal(c.body.n, 0);
    assert_int_equal(entry_next(&f->reader, &c), ERR_NOT_FOUND);
}

static void cut_at_every_byte_is_refused(void **state)
{
    struct fixture *f = *state;
    struct bytes whole = two_commands(f);
    for (size_t n = 0; n < whole.n; n++)
        assert_int_equal(read_whole(f, bytes_of(whole.p, n)), ERR_TRUNCATED);
    assert_int_equal(read_whole(f, whole), OK);
}

static void bytes_after_the_last_command_are_refused(void **state)
{
    struct fixture *f = *state;
    two_commands(f);
    buf_put_u8(&f->payload, 0);
    assert_int_equal(read_whole(f, buf_bytes(&f->payload)), ERR_MALFORMED);
}

static void entry_without_commands_is_read(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_whole(f, finish(f)), OK);
}

static void bytes_after_no_commands_are_refused(void **state)
{
    struct fixture *f = *state;
    finish(f);
    buf_put_u8(&f->payload, 0);
    assert_int_equal(read_whole(f, buf_bytes(&f->payload)), ERR_MALFORMED);
}

static void other_format_is_a_version(void **state)
{
    struct fixture *f = *state;
    two_commands(f);
    f->payload.p[0] = ENTRY_FORMAT + 1;
    assert_int_equal(read_whole(f, buf_bytes(&f->payload)), ERR_VERSION);
}

static void newer_rules_and_none_are_refused(void **state)
{
    struct fixture *f = *state;
    two_commands(f);
    f->payload.p[1] = ENTRY_RULES + 1;
    assert_int_equal(read_whole(f, buf_bytes(&f->payload)), ERR_RULES);
    f->payload.p[1] = 0;
    assert_int_equal(read_whole(f, buf_bytes(&f->payload)), ERR_RULES);
}

static void origin_that_is_not_there_is_refused(void **state)
{
    enum { ORIGIN_AT = 1 + 4 + 16 + 2 + 22 + 4 + 2 };
    struct fixture *f = *state;
    assert_int_equal(add(f, COMMAND_TXN, &alice, "xy"), OK);
    finish(f);
    assert_int_equal(f->payload.p[ORIGIN_AT], 0);
    f->payload.p[ORIGIN_AT] = 1;
    assert_int_equal(read_whole(f, buf_bytes(&f->payload)), ERR_MALFORMED);
}

static void face_that_is_none_is_refused(void **state)
{
    enum { FACE_AT = 1 + 4 + 16 + 2 + 4 + 5 };
    struct fixture *f = *state;
    two_commands(f);
    assert_int_equal(f->payload.p[FACE_AT], FACE_ETCD);
    f->payload.p[FACE_AT] = FACES;
    assert_int_equal(read_whole(f, buf_bytes(&f->payload)), ERR_MALFORMED);
}

static void counts_beyond_the_payload_allocate_nothing(void **state)
{
    static const uint8_t many_origins[23] = { 1, 1, [21] = 0xff, [22] = 0xff };
    static const uint8_t many_commands[27] = {
        1, 1, [23] = 0xff, [24] = 0xff, [25] = 0xff, [26] = 0xff
    };
    struct fixture *f = *state;
    assert_int_equal(read_whole(f, bytes_of(many_origins, 23)), ERR_TRUNCATED);
    assert_int_equal(read_whole(f, bytes_of(many_commands, 27)), ERR_TRUNCATED);
    assert_true(f->arena.used_bytes < 1000);
}

static void equal_origins_are_written_once(void **state)
{
    struct fixture *f = *state;
    struct origin same = alice;
    assert_int_equal(add(f, COMMAND_TXN, &alice, "a"), OK);
    assert_int_equal(add(f, COMMAND_TXN, &nobody, "b"), OK);
    assert_int_equal(add(f, COMMAND_TXN, &same, "c"), OK);
    assert_int_equal(entry_read(finish(f), &f->arena, &f->reader), OK);
    assert_int_equal(f->reader.origin_n, 2);
}

static void origins_that_differ_in_one_part_stay_apart(void **state)
{
    struct fixture *f = *state;
    struct origin others[4] = { alice, alice, alice, alice };
    others[0].principal = bytes_str("bob");
    others[1].face = FACE_NATIVE;
    others[2].address = bytes_str("h:2");
    others[3].why = bytes_str("!");
    assert_int_equal(add(f, COMMAND_TXN, &alice, ""), OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(add(f, COMMAND_TXN, &others[i], ""), OK);
    assert_int_equal(entry_read(finish(f), &f->arena, &f->reader), OK);
    assert_int_equal(f->reader.origin_n, 5);
}

static void many_origins_each_reach_their_command(void **state)
{
    enum { MANY = 100 };
    struct fixture *f = *state;
    struct command c;
    for (unsigned i = 0; i < MANY; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%u", i % 40); /* more than are remembered */
        struct origin o = { .principal = bytes_str(name) };
        assert_int_equal(add(f, COMMAND_TXN, &o, name), OK);
    }
    assert_int_equal(entry_read(finish(f), &f->arena, &f->reader), OK);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(entry_next(&f->reader, &c), OK);
        assert_true(bytes_eq(c.body, c.origin->principal));
    }
}

static void command_that_does_not_fit_leaves_the_writer_as_it_was(void **state)
{
    struct fixture *f = *state;
    struct entry_writer small;
    entry_writer_init(&small, 64);
    struct command c = { .kind = COMMAND_TXN, .origin = &alice, .body = bytes_str("12345") };
    struct command large = { .kind = COMMAND_TXN, .origin = &nobody };
    large.body = bytes_of(f, 64);
    assert_int_equal(entry_writer_add(&small, &c), OK);
    assert_int_equal(entry_writer_add(&small, &large), ERR_TOO_BIG);
    c.origin = &nobody;
    assert_int_equal(entry_writer_add(&small, &c), OK);
    assert_int_equal(entry_writer_finish(&small, noon, &f->payload), OK);
    assert_int_equal(read_whole(f, buf_bytes(&f->payload)), OK);
    assert_int_equal(f->reader.origin_n, 2);
    assert_int_equal(f->reader.origins[1].face, FACE_KEEPER);
    entry_writer_fini(&small);
}

static void finished_writer_begins_afresh(void **state)
{
    struct fixture *f = *state;
    two_commands(f);
    assert_int_equal(add(f, COMMAND_TXN, &nobody, ""), OK);
    assert_int_equal(entry_read(finish(f), &f->arena, &f->reader), OK);
    assert_int_equal(f->reader.command_n, 1);
    assert_int_equal(f->reader.origin_n, 1);
    assert_int_equal(f->reader.origins[0].face, FACE_KEEPER);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(known_payload_is_written_byte_by_byte),
        T(commands_come_back_in_order_with_their_origins),
        T(cut_at_every_byte_is_refused),
        T(bytes_after_the_last_command_are_refused),
        T(entry_without_commands_is_read),
        T(bytes_after_no_commands_are_refused),
        T(other_format_is_a_version),
        T(newer_rules_and_none_are_refused),
        T(origin_that_is_not_there_is_refused),
        T(face_that_is_none_is_refused),
        T(counts_beyond_the_payload_allocate_nothing),
        T(equal_origins_are_written_once),
        T(origins_that_differ_in_one_part_stay_apart),
        T(many_origins_each_reach_their_command),
        T(command_that_does_not_fit_leaves_the_writer_as_it_was),
        T(finished_writer_begins_afresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

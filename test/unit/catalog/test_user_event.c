/* Events that users fire: rows, and which are kept. */
#include "catalog/user_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "catalog/key.h"
#include "test/unit/catalog/registry.h"

static const struct bytes ns = { (const uint8_t *)"public", 6 };

static struct change_op event(const char *name)
{
    struct change_op op = { .kind = CHANGE_EVENT, .ns = ns };
    op.event = (struct user_event){ .id = { { 7 } }, .name = bytes_str(name) };
    return op;
}

static struct user_events all(struct stand *s, struct bytes of)
{
    struct user_events events;
    assert_int_equal(user_events_read(s->view, of, &s->arena, &events), OK);
    return events;
}

static void known_event_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = { 7, 0, 0,   0, 0, 0, 0,   0,   0, 0, 0, 0,   0,  0,
                                        0, 0, 1,   0, 0, 0, 'e', 1,   0, 0, 0, 'p', 1,  0,
                                        0, 0, 'n', 1, 0, 0, 0,   's', 1, 0, 0, 0,   't' };
    struct user_event e = event("e").event, back;
    struct buf out;
    struct rd r;
    e.payload = bytes_str("p");
    e.node_filter = bytes_str("n");
    e.service_filter = bytes_str("s");
    e.tag_filter = bytes_str("t");
    buf_init(&out, 1024);
    user_event_put(&e, &out);
    assert_int_equal(out.n, sizeof expected);
    assert_memory_equal(out.p, expected, out.n);
    rd_init(&r, buf_bytes(&out));
    back = user_event_take(&r);
    assert_int_equal(rd_end(&r), OK);
    assert_true(uuid_eq(&back.id, &e.id) && bytes_is(back.name, "e") &&
                bytes_is(back.payload, "p"));
    assert_true(bytes_is(back.node_filter, "n") && bytes_is(back.service_filter, "s"));
    assert_true(bytes_is(back.tag_filter, "t"));
    buf_fini(&out);
}

static enum err apply(struct stand *s, struct user_event e)
{
    struct change_op op = event("e");
    op.event = e;
    return registry_apply(s, &op, 1)->err;
}

static void each_part_ends_at_its_limit(void **state)
{
    static uint8_t text[1024];
    struct user_event e;
    memset(text, 'a', sizeof text);
    const struct {
        struct bytes *field;
        size_t max;
    } rows[] = { { &e.name, USER_EVENT_NAME_MAX },
                 { &e.payload, USER_EVENT_PAYLOAD_MAX },
                 { &e.node_filter, USER_EVENT_FILTER_MAX },
                 { &e.service_filter, USER_EVENT_FILTER_MAX },
                 { &e.tag_filter, USER_EVENT_FILTER_MAX } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        e = event("e").event;
        *rows[i].field = bytes_of(text, rows[i].max);
        assert_int_equal(apply(*state, e), OK);
        rows[i].field->n++;
        assert_int_equal(apply(*state, e), ERR_TOO_BIG);
    }
    e = event("").event;
    assert_int_equal(apply(*state, e), ERR_MALFORMED);
}

static void events_are_numbered_in_their_order(void **state)
{
    struct stand *s = *state;
    struct change_op other = event("elsewhere");
    other.ns = bytes_str("other");
    registry_do(s, event("a"));
    registry_do(s, other);
    registry_do(s, event("b"));
    struct user_events events = all(s, ns);
    assert_int_equal(events.n, 2);
    assert_int_equal(events.all[0].number, 1);
    assert_int_equal(events.all[1].number, 2);
    assert_true(bytes_is(events.all[1].event.name, "b"));
    assert_int_equal(all(s, other.ns).n, 1);
}

static void last_256_are_kept(void **state)
{
    struct stand *s = *state;
    struct change_op *ops = arena_zalloc(&s->arena, USER_EVENTS_MAX, sizeof *ops);
    for (size_t i = 0; i < USER_EVENTS_MAX; i++)
        ops[i] = event("many");
    registry_do(s, event("first"));
    assert_int_equal(registry_apply(s, ops, USER_EVENTS_MAX - 1)->err, OK);
    struct user_events events = all(s, ns);
    assert_int_equal(events.n, USER_EVENTS_MAX);
    assert_true(bytes_is(events.all[0].event.name, "first"));
    registry_do(s, event("last"));
    events = all(s, ns);
    assert_int_equal(events.n, USER_EVENTS_MAX);
    assert_int_equal(events.all[0].number, 2);
    assert_true(bytes_is(events.all[USER_EVENTS_MAX - 1].event.name, "last"));
    assert_int_equal(registry_apply(s, ops, USER_EVENTS_MAX)->err, OK);
    assert_int_equal(all(s, ns).n, USER_EVENTS_MAX);
}

static void row_that_cannot_be_read_is_said_so(void **state)
{
    struct stand *s = *state;
    struct user_events events;
    struct buf key;
    buf_init(&key, 100);
    user_event_key(ns, 1, &key);
    entries_put(&s->entries, SPACE_CATALOG, buf_bytes(&key), bytes_str("\1"), 0);
    stand_apply(s);
    assert_int_equal(user_events_read(s->view, ns, &s->arena, &events), ERR_DAMAGED);
    entries_put(&s->entries, SPACE_CATALOG, buf_bytes(&key), bytes_str("\2"), 0);
    stand_apply(s);
    assert_int_equal(user_events_read(s->view, ns, &s->arena, &events), ERR_VERSION);
    buf_fini(&key);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, registry_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(known_event_is_written_byte_by_byte), TEST(each_part_ends_at_its_limit),
        TEST(events_are_numbered_in_their_order),  TEST(last_256_are_kept),
        TEST(row_that_cannot_be_read_is_said_so),
    };
    return cmocka_run_group_tests_name("user_event", tests, NULL, NULL);
}

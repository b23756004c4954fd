/* Lists of operations as bytes. */
#include "catalog/change_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/kinds.h"
#include "test/lib/codec.h"
#include "test/unit/catalog/registry.h"

static struct buf body;

static struct bytes write(const struct change_op *ops, size_t n)
{
    buf_clear(&body, SIZE_MAX);
    change_write(ops, n, &body);
    assert_int_equal(buf_err(&body), OK);
    return buf_bytes(&body);
}

static enum err read(struct bytes bytes)
{
    struct arena arena;
    struct change_op *ops;
    size_t n;
    arena_init(&arena, 0);
    enum err e = change_read(bytes, &arena, &ops, &n);
    arena_fini(&arena);
    return e;
}

static enum err read_op(struct change_op op)
{
    return read(write(&op, 1));
}

static struct change_op kv_op(const char *key)
{
    struct change_op op = { .kind = CHANGE_KV, .ns = bytes_str("public") };
    op.kv = (struct kv_op){ .verb = KV_SET, .key = bytes_str(key) };
    return op;
}

static size_t one_of_each(struct stand *s, struct change_op *ops)
{
    size_t n = 0;
    ops[n++] = registry_node(s, "n1", "10.0.0.1");
    ops[n++] = registry_agent(s, "n1", "web-1", "web", 80);
    ops[n++] = registry_check(s, "n1", "web-1", "tcp", STATUS_SUSPECT);
    ops[n++] = registry_overlay(s, "web", "10.0.0.1", 80, false);
    ops[n++] = registry_service(s, "web", 100);
    ops[n] = (struct change_op){ .kind = CHANGE_OBJECT, .ns = bytes_str("public") };
    ops[n++].object = (struct object_op){
        { OP_CAS, 7 }, OBJECT_CONFIG, bytes_str("service-router"), bytes_str("web"), bytes_str("{}")
    };
    ops[n++] = kv_op("k");
    ops[n] = (struct change_op){ .kind = CHANGE_SESSION_CREATE, .ns = bytes_str("public") };
    ops[n].session.session.node = bytes_str("n1");
    ops[n++].session.id.b[0] = 1;
    ops[n] = (struct change_op){ .kind = CHANGE_SESSION_END, .ns = bytes_str("public") };
    ops[n++].session_end.b[0] = 1;
    ops[n] = (struct change_op){ .kind = CHANGE_EVENT, .ns = bytes_str("public") };
    ops[n++].event = (struct user_event){ .name = bytes_str("deploy"), .payload = bytes_str("v1") };
    ops[n] = (struct change_op){ .kind = CHANGE_VIRTUAL, .ns = bytes_str("public") };
    ops[n++].virtual_of = bytes_str("web");
    ops[n++] = registry_report("n1", "web-1", "tcp", STATUS_DOWN, "late");
    return n;
}

/* -- claims ----------------------------------------------------------------------------------- */

static void one_of_each_is_read_as_it_was_written_and_no_part_of_it(void **state)
{
    struct stand *s = *state;
    struct change_op ops[16], *back;
    size_t n = one_of_each(s, ops), back_n;
    assert_int_equal(n, CHANGE_KINDS - 1);
    struct bytes all = arena_dup(&s->arena, write(ops, n));
    assert_int_equal(change_read(all, &s->arena, &back, &back_n), OK);
    assert_int_equal(back_n, n);
    assert_true(bytes_eq(write(back, back_n), all));
    for (size_t i = 0; i < n; i++)
        assert_only_whole(write(&ops[i], 1), read);
}

static void list_is_not_empty(void **state)
{
    assert_int_equal(read(write(NULL, 0)), ERR_MALFORMED);
}

static void list_of_1024_is_read_and_of_1025_refused(void **state)
{
    struct stand *s = *state;
    struct change_op *ops = arena_zalloc(&s->arena, CHANGE_OPS_MAX + 1, sizeof *ops);
    for (size_t i = 0; i <= CHANGE_OPS_MAX; i++)
        ops[i] = kv_op("k");
    assert_int_equal(read(write(ops, CHANGE_OPS_MAX)), OK);
    assert_int_equal(read(write(ops, CHANGE_OPS_MAX + 1)), ERR_TOO_BIG);
}

static void object_of_512_kib_is_read_and_a_byte_more_refused(void **state)
{
    struct stand *s = *state;
    struct change_op ops[16];
    one_of_each(s, ops);
    ops[5].object.row = bytes_of(arena_zalloc(&s->arena, OBJECT_ROW_MAX + 1, 1), OBJECT_ROW_MAX);
    assert_int_equal(read_op(ops[5]), OK);
    ops[5].object.row.n++;
    assert_int_equal(read_op(ops[5]), ERR_TOO_BIG);
}

static void row_stands_where_one_is_put_and_nowhere_else(void **state)
{
    struct stand *s = *state;
    struct change_op ops[16];
    one_of_each(s, ops);
    for (size_t i = 0; i < 6; i++) {
        struct change_op remove = registry_with(ops[i], OP_DELETE, 0);
        assert_int_equal(read_op(remove), OK);
        struct change_op put = registry_with(remove, OP_SET, 0);
        assert_int_equal(read_op(put), ERR_MALFORMED);
    }
    ops[0].node.when.verb = OP_DELETE;
    assert_int_equal(read_op(ops[0]), ERR_MALFORMED);
}

static void index_stands_where_one_is_compared(void **state)
{
    struct stand *s = *state;
    struct change_op node = registry_node(s, "n1", "a");
    assert_int_equal(read_op(registry_with(node, OP_CAS, 3)), OK);
    assert_int_equal(read_op(registry_with(node, OP_DELETE_CAS, 3)), OK);
    assert_int_equal(read_op(registry_with(node, OP_SET, 3)), ERR_MALFORMED);
    assert_int_equal(read_op(registry_with(node, OP_GET, 3)), ERR_MALFORMED);
}

static void row_speaks_of_what_the_operation_names(void **state)
{
    struct stand *s = *state;
    struct change_op node = registry_node(s, "n1", "a");
    struct change_op check = registry_check(s, "n1", "", "c", STATUS_UP);
    node.node.name = bytes_str("n2");
    assert_int_equal(read_op(node), ERR_MALFORMED);
    check.check.id = bytes_str("d");
    assert_int_equal(read_op(check), ERR_MALFORMED);
}

static void report_has_a_status_of_checks_and_16_kib_of_output(void **state)
{
    static const bool fits[STATUSES] = {
        [STATUS_UP] = true, [STATUS_SUSPECT] = true, [STATUS_DOWN] = true
    };
    struct stand *s = *state;
    char *output = arena_zalloc(&s->arena, CHECK_TEXT_MAX + 2, 1);
    for (unsigned i = 0; i < STATUSES; i++)
        assert_int_equal(read_op(registry_report("n1", "", "tcp", (enum status)i, "")),
                         fits[i] ? OK : ERR_MALFORMED);
    memset(output, 'x', CHECK_TEXT_MAX);
    assert_int_equal(read_op(registry_report("n1", "", "tcp", STATUS_UP, output)), OK);
    output[CHECK_TEXT_MAX] = 'x';
    assert_int_equal(read_op(registry_report("n1", "", "tcp", STATUS_UP, output)), ERR_TOO_BIG);
    assert_int_equal(read_op(registry_report("n1", "", "tcp", STATUS_UP, "\xff")), ERR_MALFORMED);
    assert_int_equal(read_op(registry_report("n1", "", "", STATUS_UP, "")), ERR_MALFORMED);
}

static void node_publishes_under_its_own_name(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_agent(s, "n1", "web", "web", 80);
    op.publication.owner.name = bytes_str("N1");
    assert_int_equal(read_op(op), OK);
    op.publication.owner.name = bytes_str("n2");
    assert_int_equal(read_op(op), ERR_MALFORMED);
}

static void publication_in_a_command_bears_no_stamp(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_agent(s, "n1", "web", "web", 80);
    struct bytes plain = op.publication.row;
    op.publication.row = publication_stamp(plain, LEASE_LIVE, 5, &s->arena);
    assert_int_equal(read_op(op), ERR_MALFORMED);
    op.publication.row = publication_stamp(plain, LEASE_SUSPECT, 0, &s->arena);
    assert_int_equal(read_op(op), ERR_MALFORMED);
}

static void only_a_member_says_the_address_of_its_node(void **state)
{
    struct stand *s = *state;
    static char address[ADDRESS_MAX + 2];
    struct change_op op = registry_agent(s, "n1", "web", "web", 80);
    memset(address, 'a', ADDRESS_MAX);
    op.publication.member_address = bytes_str(address);
    assert_int_equal(read_op(op), ERR_MALFORMED);
    op.publication.of_member = true;
    assert_int_equal(read_op(op), OK);
    address[ADDRESS_MAX] = 'a';
    op.publication.member_address = bytes_str(address);
    assert_int_equal(read_op(op), ERR_TOO_BIG);
}

static void service_may_be_left_out_where_a_node_knows_it(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_agent(s, "n1", "web", "web", 80);
    op.publication.group = op.publication.name = bytes_str("");
    assert_int_equal(read_op(op), ERR_MALFORMED);
    op = registry_with(op, OP_DELETE, 0);
    assert_int_equal(read_op(op), OK);
    op.publication.owner.name = bytes_str("");
    assert_int_equal(read_op(op), ERR_MALFORMED);
}

static void kind_and_verb_that_are_not_there_are_refused(void **state)
{
    struct stand *s = *state;
    struct change_op node = registry_with(registry_node(s, "n1", "a"), OP_DELETE, 0);
    enum { KIND_AT = 3, VERB_AT = KIND_AT + 1 + 4 + 6 + 4 };
    struct bytes b = arena_dup(&s->arena, write(&node, 1));
    assert_refused_with(b, KIND_AT, CHANGE_KINDS, ERR_MALFORMED, read);
    assert_refused_with(b, KIND_AT, 0, ERR_MALFORMED, read);
    assert_refused_with(b, VERB_AT, OP_ENSURE + 1, ERR_MALFORMED, read);
}

static void operations_are_told_in_words(void **state)
{
    struct stand *s = *state;
    static const char *const words[] = {
        "set node n1",
        "set publication DEFAULT_GROUP@@web of n1/web-1",
        "set check tcp of n1/web-1",
        "set overlay DEFAULT_GROUP@@web at 10.0.0.1:80",
        "set service DEFAULT_GROUP/web",
        "cas config service-router/web",
        "set pair k",
        "create session 01000000-0000-0000-0000-000000000000",
        "end session 01000000-0000-0000-0000-000000000000",
        "fire event deploy",
        "give a virtual address to web",
        "report of check tcp of n1/web-1 in blue",
    };
    struct change_op ops[16];
    size_t n = one_of_each(s, ops);
    ops[n - 1].ns = bytes_str("blue");
    for (size_t i = 0; i < n; i++) {
        buf_clear(&body, SIZE_MAX);
        change_op_say(&ops[i], &body);
        assert_string_equal(arena_str(&s->arena, buf_bytes(&body)), words[i]);
    }
}

static bool adds(struct change_op op)
{
    return change_adds(&op, 1);
}

static void what_puts_adds_and_what_reads_removes_or_ends_does_not(void **state)
{
    struct stand *s = *state;
    struct change_op ops[CHANGE_KINDS], node = registry_node(s, "n1", "10.0.0.1"), kv = kv_op("k");
    size_t n = one_of_each(s, ops);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(adds(ops[i]), ops[i].kind != CHANGE_SESSION_END);
    static const bool node_adds[] = {
        [OP_SET] = true,  [OP_CAS] = true,     [OP_ENSURE] = true,
        [OP_GET] = false, [OP_DELETE] = false, [OP_DELETE_CAS] = false
    };
    for (size_t verb = 0; verb < ARRAY_LEN(node_adds); verb++) {
        node.node.when.verb = (enum op_verb)verb;
        assert_int_equal(adds(node), node_adds[verb]);
    }
    for (size_t verb = 0; verb < KV_VERBS; verb++) {
        kv.kv.verb = (enum kv_verb)verb;
        assert_int_equal(adds(kv),
                         verb == KV_SET || verb == KV_CAS || verb == KV_LOCK || verb == KV_UNLOCK);
    }
    node.node.when.verb = OP_GET;
    kv.kv.verb = KV_SET;
    const struct change_op both[] = { node, kv };
    assert_true(change_adds(both, 2));
    assert_false(change_adds(both, 1));
    assert_false(change_adds(both, 0));
}

static void command_that_cannot_be_read_is_refused_and_harmless(void **state)
{
    struct stand *s = *state;
    entries_command(&s->entries, COMMAND_CATALOG_CHANGE, bytes_str("\2"));
    assert_int_equal(stand_apply(s)->err, ERR_MALFORMED);
    entries_command(&s->entries, COMMAND_CATALOG_CHANGE, bytes_str(""));
    assert_int_equal(stand_apply(s)->err, ERR_MALFORMED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, registry_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_of_each_is_read_as_it_was_written_and_no_part_of_it),
        TEST(list_is_not_empty),
        TEST(list_of_1024_is_read_and_of_1025_refused),
        TEST(object_of_512_kib_is_read_and_a_byte_more_refused),
        TEST(row_stands_where_one_is_put_and_nowhere_else),
        TEST(index_stands_where_one_is_compared),
        TEST(row_speaks_of_what_the_operation_names),
        TEST(report_has_a_status_of_checks_and_16_kib_of_output),
        TEST(node_publishes_under_its_own_name),
        TEST(publication_in_a_command_bears_no_stamp),
        TEST(only_a_member_says_the_address_of_its_node),
        TEST(service_may_be_left_out_where_a_node_knows_it),
        TEST(kind_and_verb_that_are_not_there_are_refused),
        TEST(what_puts_adds_and_what_reads_removes_or_ends_does_not),
        TEST(operations_are_told_in_words),
        TEST(command_that_cannot_be_read_is_refused_and_harmless),
    };
    buf_init(&body, 1 << 24);
    int failed = cmocka_run_group_tests_name("change", tests, NULL, NULL);
    buf_fini(&body);
    return failed;
}

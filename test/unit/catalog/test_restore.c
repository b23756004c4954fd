/* What Consul shows, replaced as a whole: items as bytes, and the command that restores them. */
#include "catalog/restore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "catalog/key.h"
#include "catalog/read.h"
#include "store/policy.h"
#include "test/lib/codec.h"
#include "test/unit/catalog/registry.h"

enum { BODY_BYTES = 1 << 24 };

static const struct bytes system_prefix = { (const uint8_t *)"acl/", 4 };
static const struct uuid anna = { { 0xaa } };

/* -- what is restored ------------------------------------------------------------------------- */

struct restoring {
    struct stand *s;
    struct buf body;
};

static struct restoring begin(struct stand *s)
{
    struct restoring r = { .s = s };
    buf_init(&r.body, BODY_BYTES);
    restore_begin(bytes_str(NAMESPACE_DEFAULT), &system_prefix, 1, &r.body);
    return r;
}

static void add_change(struct restoring *r, struct change_op op)
{
    struct restore_item item = { .kind = RESTORE_CHANGE, .change = op };
    restore_add(&item, &r->body);
}

static struct bytes pair_row(struct stand *s, const char *value, const struct uuid *session)
{
    struct kv_pair pair = { .flags = 7, .value = bytes_str(value) };
    struct buf row;
    if (session != NULL) {
        pair.session = *session;
        pair.lock_index = 3;
    }
    buf_init(&row, BODY_BYTES);
    kv_pair_write(&pair, &row);
    struct bytes kept = arena_dup(&s->arena, buf_bytes(&row));
    buf_fini(&row);
    return kept;
}

static void add_pair(struct restoring *r, const char *key, const char *value,
                     const struct uuid *session)
{
    struct restore_item item = { .kind = RESTORE_PAIR };
    item.pair.key = bytes_str(key);
    item.pair.row = pair_row(r->s, value, session);
    restore_add(&item, &r->body);
}

static void add_system(struct restoring *r, const char *key, const char *value, int64_t lease)
{
    struct restore_item item = { .kind = RESTORE_SYSTEM };
    item.system.key = bytes_str(key);
    item.system.value = bytes_str(value);
    item.system.lease = lease;
    restore_add(&item, &r->body);
}

static void add_lease(struct restoring *r, int64_t id)
{
    struct restore_item item = { .kind = RESTORE_LEASE };
    item.lease =
        (struct lease_grant){ .id = id, .ttl_ms = 10, .remove_ms = 20, .face = FACE_CONSUL };
    restore_add(&item, &r->body);
}

static struct change_op session(const char *node, int64_t lease)
{
    struct change_op op = { .kind = CHANGE_SESSION_CREATE, .ns = bytes_str(NAMESPACE_DEFAULT) };
    op.session.id = anna;
    op.session.lease = lease;
    op.session.session.node = bytes_str(node);
    op.session.session.ttl = bytes_str(lease == 0 ? "" : "10s");
    return op;
}

static const struct command_result *restore(struct restoring *r)
{
    assert_int_equal(buf_err(&r->body), OK);
    entries_command(&r->s->entries, COMMAND_RESTORE, buf_bytes(&r->body));
    buf_fini(&r->body);
    return stand_apply(r->s);
}

static void assert_refused(struct restoring *r, enum restore_fault fault)
{
    uint64_t revision = view_revision(r->s->view);
    const struct command_result *result = restore(r);
    assert_int_equal(result->err, ERR_REFUSED);
    const struct restore_refusal *refusal = result->upper;
    assert_int_equal(refusal->fault, fault);
    assert_int_equal(view_revision(r->s->view), revision);
}

/* -- what stands ------------------------------------------------------------------------------ */

static bool stands(struct stand *s, enum space space, const char *key, struct kv *ret)
{
    return range_get(s->view, space, bytes_str(key), 0, &s->arena, ret) == OK;
}

static bool pair_stands(struct stand *s, const char *key, const char *value)
{
    struct kv kv;
    struct kv_pair pair;
    struct bytes row;
    if (!stands(s, SPACE_CONSUL_KV, key, &kv))
        return false;
    assert_int_equal(value_whole(s->view, &kv.value, &s->arena, &row), OK);
    assert_int_equal(kv_pair_read(row, &pair), OK);
    return bytes_is(pair.value, value);
}

static void put_pair(struct stand *s, const char *key, const char *value)
{
    struct change_op op = { .kind = CHANGE_KV, .ns = bytes_str(NAMESPACE_DEFAULT) };
    op.kv = (struct kv_op){
        .verb = KV_SET, .key = bytes_str(key), .value = bytes_str(value), .flags = 7
    };
    registry_do(s, op);
}

static size_t instances(struct stand *s, const char *name)
{
    struct service_id id = registry_id(name);
    struct service_rows rows;
    assert_int_equal(service_rows_read(s->view, &id, &s->arena, &rows), OK);
    return rows.published_n;
}

static bool node_stands(struct stand *s, const char *name)
{
    struct node node;
    return node_row_read(s->view, bytes_str(NAMESPACE_DEFAULT), bytes_str(name), &s->arena,
                         &node) == OK;
}

static size_t checks(struct stand *s, const char *node)
{
    struct all_checked all;
    assert_int_equal(
        checked_read(s->view, bytes_str(NAMESPACE_DEFAULT), bytes_str(node), &s->arena, &all), OK);
    return all.n;
}

/* -- the command ------------------------------------------------------------------------------ */

static void what_is_not_among_the_items_goes(void **state)
{
    struct stand *s = *state;
    registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    registry_do(s, registry_agent(s, "n1", "web-1", "web", 80));
    registry_do(s, registry_check(s, "n1", "web-1", "c1", STATUS_UP));
    registry_do(s, registry_node(s, "n2", "10.0.0.2"));
    registry_do(s, registry_agent(s, "n2", "web-2", "web", 80));
    put_pair(s, "a", "1");
    put_pair(s, "b", "2");
    struct restoring r = begin(s);
    add_change(&r, registry_node(s, "n1", "10.0.0.1"));
    add_pair(&r, "b", "2", NULL);
    assert_int_equal(restore(&r)->err, OK);
    assert_true(node_stands(s, "n1"));
    assert_false(node_stands(s, "n2"));
    assert_int_equal(instances(s, "web"), 0);
    assert_int_equal(checks(s, "n1"), 0);
    assert_false(pair_stands(s, "a", "1"));
    assert_true(pair_stands(s, "b", "2"));
}

static void what_is_among_the_items_stands_at_one_revision(void **state)
{
    struct stand *s = *state;
    uint64_t before = view_revision(s->view);
    struct restoring r = begin(s);
    add_pair(&r, "k", "v", NULL); /* in any order */
    add_change(&r, registry_check(s, "n1", "web-1", "c1", STATUS_DOWN));
    add_change(&r, registry_agent(s, "n1", "web-1", "web", 80));
    add_change(&r, registry_node(s, "n1", "10.0.0.1"));
    assert_int_equal(restore(&r)->err, OK);
    assert_int_equal(view_revision(s->view), before + 1);
    assert_int_equal(instances(s, "web"), 1);
    assert_int_equal(checks(s, "n1"), 1);
    assert_true(pair_stands(s, "k", "v"));
}

static void what_stands_equal_keeps_its_revision(void **state)
{
    struct stand *s = *state;
    struct kv before, after;
    registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    registry_do(s, registry_agent(s, "n1", "web-1", "web", 80));
    put_pair(s, "k", "v");
    assert_true(stands(s, SPACE_CONSUL_KV, "k", &before));
    uint64_t revision = view_revision(s->view);
    struct restoring r = begin(s);
    add_change(&r, registry_node(s, "n1", "10.0.0.1"));
    add_change(&r, registry_agent(s, "n1", "web-1", "web", 80));
    add_pair(&r, "k", "v", NULL);
    assert_int_equal(restore(&r)->err, OK);
    assert_true(stands(s, SPACE_CONSUL_KV, "k", &after));
    assert_int_equal(after.mod, before.mod);
    assert_int_equal(view_revision(s->view), revision);
}

static void what_other_faces_publish_stays(void **state)
{
    struct stand *s = *state;
    assert_int_equal(stand_grant(s, 5, FACE_NACOS), OK);
    registry_do(s, registry_leased(s, FACE_NACOS, "i", "db", "10.0.0.9", 5432, 5));
    struct restoring r = begin(s);
    assert_int_equal(restore(&r)->err, OK);
    assert_int_equal(instances(s, "db"), 1);
}

static void session_comes_back_with_its_lease_and_its_locks(void **state)
{
    struct stand *s = *state;
    struct lease lease;
    struct kv kv;
    struct restoring r = begin(s);
    add_change(&r, registry_node(s, "n1", "10.0.0.1"));
    add_lease(&r, 77);
    add_lease(&r, 78); /* for nothing */
    add_change(&r, session("n1", 77));
    add_pair(&r, "lock", "mine", &anna);
    assert_int_equal(restore(&r)->err, OK);
    assert_int_equal(lease_get(s->view, FACE_CONSUL, 77, &lease), OK);
    assert_int_equal(lease.grant.ttl_ms, 10);
    assert_int_equal(lease_get(s->view, FACE_CONSUL, 78, &lease), ERR_LEASE_NOT_FOUND);
    /* What it holds is let go when its lease ends. */
    entries_revoke(&s->entries, 77, FACE_CONSUL);
    assert_int_equal(stand_apply(s)->err, OK);
    assert_true(stands(s, SPACE_CONSUL_KV, "lock", &kv));
    struct bytes row;
    struct kv_pair pair;
    assert_int_equal(value_whole(s->view, &kv.value, &s->arena, &row), OK);
    assert_int_equal(kv_pair_read(row, &pair), OK);
    assert_true(uuid_is_zero(&pair.session));
    assert_int_equal(pair.lock_index, 3);
}

static void session_that_stands_keeps_the_lease_it_has(void **state)
{
    struct stand *s = *state;
    struct lease lease;
    registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    assert_int_equal(stand_grant(s, 5, FACE_CONSUL), OK);
    registry_do(s, session("n1", 5));
    struct restoring r = begin(s);
    add_change(&r, registry_node(s, "n1", "10.0.0.1"));
    add_lease(&r, 77);
    add_change(&r, session("n1", 77));
    assert_int_equal(restore(&r)->err, OK);
    assert_int_equal(lease_get(s->view, FACE_CONSUL, 77, &lease), ERR_LEASE_NOT_FOUND);
    assert_int_equal(lease_get(s->view, FACE_CONSUL, 5, &lease), OK);
    assert_int_equal(lease.key_n, 1);
}

static void session_that_is_not_among_them_loses_its_locks(void **state)
{
    struct stand *s = *state;
    struct change_op lock = { .kind = CHANGE_KV, .ns = bytes_str(NAMESPACE_DEFAULT) };
    registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    registry_do(s, session("n1", 0));
    lock.kv = (struct kv_op){
        .verb = KV_LOCK, .key = bytes_str("lock"), .value = bytes_str("v"), .session = anna
    };
    registry_do(s, lock);
    struct restoring r = begin(s);
    add_change(&r, registry_node(s, "n1", "10.0.0.1"));
    add_pair(&r, "lock", "v", NULL);
    assert_int_equal(restore(&r)->err, OK);
    struct kv kv;
    struct bytes row;
    assert_true(stands(s, SPACE_CONSUL_KV, "lock", &kv));
    assert_int_equal(value_whole(s->view, &kv.value, &s->arena, &row), OK);
    assert_true(bytes_eq(row, pair_row(s, "v", NULL)));
}

static void rows_of_system_under_the_prefixes_are_replaced(void **state)
{
    struct stand *s = *state;
    struct kv kv;
    uint64_t policy;
    entries_put(&s->entries, SPACE_SYSTEM, bytes_str("acl/x"), bytes_str("old"), 0);
    entries_put(&s->entries, SPACE_SYSTEM, bytes_str("other"), bytes_str("stays"), 0);
    assert_int_equal(stand_apply(s)->err, OK);
    struct restoring r = begin(s);
    add_system(&r, "acl/y", "new", 0);
    assert_int_equal(restore(&r)->err, OK);
    assert_false(stands(s, SPACE_SYSTEM, "acl/x", &kv));
    assert_true(stands(s, SPACE_SYSTEM, "acl/y", &kv));
    assert_true(stands(s, SPACE_SYSTEM, "other", &kv));
    assert_int_equal(policy_revision(s->view, &policy), OK);
    assert_true(policy > 0);
}

static void policy_stays_where_nothing_of_system_changes(void **state)
{
    struct stand *s = *state;
    uint64_t policy;
    entries_put(&s->entries, SPACE_SYSTEM, bytes_str("acl/x"), bytes_str("v"), 0);
    assert_int_equal(stand_apply(s)->err, OK);
    struct restoring r = begin(s);
    add_system(&r, "acl/x", "v", 0);
    add_pair(&r, "k", "v", NULL);
    assert_int_equal(restore(&r)->err, OK);
    assert_int_equal(policy_revision(s->view, &policy), OK);
    assert_int_equal(policy, 0);
}

static void rows_of_system_elsewhere_are_refused(void **state)
{
    struct stand *s = *state;
    struct restoring r = begin(s);
    add_system(&r, "policy", "v", 0);
    assert_int_equal(restore(&r)->err, ERR_MALFORMED);
}

static void one_item_that_does_not_fit_leaves_nothing(void **state)
{
    struct stand *s = *state;
    put_pair(s, "a", "1");
    struct restoring r = begin(s);
    add_pair(&r, "b", "2", NULL);
    add_change(&r, registry_agent(s, "nowhere", "web-1", "web", 80));
    assert_refused(&r, RESTORE_CHANGE_REFUSED);
    assert_true(pair_stands(s, "a", "1"));
    assert_false(pair_stands(s, "b", "2"));
}

static void each_key_comes_once(void **state)
{
    struct restoring r = begin(*state);
    add_pair(&r, "a", "1", NULL);
    add_pair(&r, "a", "2", NULL);
    assert_refused(&r, RESTORE_TWICE);
}

static void what_holds_or_hangs_on_nothing_is_refused(void **state)
{
    struct stand *s = *state;
    struct restoring r = begin(s);
    add_pair(&r, "a", "1", &anna);
    assert_refused(&r, RESTORE_NO_SESSION);
    r = begin(s);
    add_change(&r, registry_node(s, "n1", "10.0.0.1"));
    add_change(&r, session("n1", 9));
    assert_refused(&r, RESTORE_NO_LEASE);
    r = begin(s);
    add_system(&r, "acl/x", "v", 9);
    assert_refused(&r, RESTORE_NO_LEASE);
}

static void lease_that_is_taken_is_refused(void **state)
{
    struct stand *s = *state;
    assert_int_equal(stand_grant(s, 5, FACE_ETCD), OK);
    struct restoring r = begin(s);
    add_lease(&r, 5);
    assert_refused(&r, RESTORE_NO_LEASE);
}

/* More than a step of the plan, of what goes and of what comes. */
static void many_rows_are_replaced_in_steps(void **state)
{
    enum { N = 3000 };
    struct stand *s = *state;
    char key[16];
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof key, "old/%d", i);
        struct bytes row = pair_row(s, "v", NULL);
        entries_put(&s->entries, SPACE_CONSUL_KV, bytes_str(key), row, 0);
        assert_int_equal(stand_apply(s)->err, OK);
    }
    struct restoring r = begin(s);
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof key, "new/%d", i);
        add_pair(&r, key, "v", NULL);
    }
    assert_int_equal(restore(&r)->err, OK);
    struct store_space space;
    store_space(s->store, &space);
    assert_int_equal(space.keys[SPACE_CONSUL_KV], N);
    assert_true(pair_stands(s, "new/0", "v") && pair_stands(s, "new/2999", "v"));
    assert_false(pair_stands(s, "old/0", "v") || pair_stands(s, "old/2999", "v"));
}

/* -- bytes ------------------------------------------------------------------------------------ */

static struct arena item_arena;

static enum err read_item(struct bytes bytes)
{
    struct restore_item item;
    return restore_item_read(bytes, &item_arena, &item);
}

static struct bytes written(const struct restore_item *item)
{
    buf_clear(&codec_out, SIZE_MAX);
    restore_item_write(item, &codec_out);
    return buf_bytes(&codec_out);
}

/* Cut at any byte it is not read, nor with a byte more. */
static void assert_whole(const struct restore_item *item)
{
    struct bytes whole = written(item);
    uint8_t *longer = arena_zalloc(&item_arena, 1, whole.n + 1);
    memcpy(longer, whole.p, whole.n);
    assert_int_equal(read_item(whole), OK);
    assert_int_not_equal(read_item(bytes_of(longer, whole.n + 1)), OK);
    for (size_t n = 0; n < whole.n; n++) {
        uint8_t *cut = test_malloc(n == 0 ? 1 : n);
        memcpy(cut, whole.p, n);
        assert_int_not_equal(read_item(bytes_of(cut, n)), OK);
        test_free(cut);
    }
}

static void items_are_read_only_whole(void **state)
{
    struct stand *s = *state;
    struct restore_item lease = { .kind = RESTORE_LEASE }, pair = { .kind = RESTORE_PAIR },
                        system = { .kind = RESTORE_SYSTEM }, change = { .kind = RESTORE_CHANGE };
    lease.lease = (struct lease_grant){ .id = 1, .remove_ms = 1, .face = FACE_CONSUL };
    pair.pair.key = bytes_str("k");
    pair.pair.row = pair_row(s, "v", NULL);
    system.system.key = bytes_str("acl/x");
    change.change = registry_node(s, "n1", "10.0.0.1");
    arena_init(&item_arena, 0);
    assert_whole(&lease);
    assert_whole(&pair);
    assert_whole(&system);
    assert_whole(&change);
    arena_fini(&item_arena);
}

static void only_what_stands_is_an_item(void **state)
{
    struct stand *s = *state;
    struct restore_item item = { .kind = RESTORE_CHANGE };
    arena_init(&item_arena, 0);
    item.change = registry_with(registry_node(s, "n", "10.0.0.1"), OP_ENSURE, 0);
    assert_int_equal(read_item(written(&item)), ERR_MALFORMED);
    item.change = registry_overlay(s, "web", "10.0.0.1", 80, true);
    assert_int_equal(read_item(written(&item)), ERR_MALFORMED);
    item.change = registry_leased(s, FACE_NACOS, "i", "web", "10.0.0.1", 80, 0);
    assert_int_equal(read_item(written(&item)), ERR_MALFORMED);
    assert_int_equal(read_item(bytes_str("")), ERR_TRUNCATED);
    assert_int_equal(read_item(bytes_str("\x05")), ERR_VERSION); /* of a newer build */
    arena_fini(&item_arena);
}

static void command_ends_at_its_limits(void **state)
{
    struct stand *s = *state;
    struct restoring r = begin(s);
    for (int i = 0; i < RESTORE_ITEMS_MAX + 1; i++)
        buf_put_u32(&r.body, 0);
    assert_int_equal(restore(&r)->err, ERR_TOO_BIG);
    r = begin(s);
    r.body.p[0] = RESTORE_FORMAT + 1;
    assert_int_equal(restore(&r)->err, ERR_MALFORMED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, registry_set_up, stand_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_among_the_items_goes),
        TEST(what_is_among_the_items_stands_at_one_revision),
        TEST(what_stands_equal_keeps_its_revision),
        TEST(what_other_faces_publish_stays),
        TEST(session_comes_back_with_its_lease_and_its_locks),
        TEST(session_that_stands_keeps_the_lease_it_has),
        TEST(session_that_is_not_among_them_loses_its_locks),
        TEST(rows_of_system_under_the_prefixes_are_replaced),
        TEST(policy_stays_where_nothing_of_system_changes),
        TEST(rows_of_system_elsewhere_are_refused),
        TEST(one_item_that_does_not_fit_leaves_nothing),
        TEST(each_key_comes_once),
        TEST(what_holds_or_hangs_on_nothing_is_refused),
        TEST(lease_that_is_taken_is_refused),
        TEST(many_rows_are_replaced_in_steps),
        TEST(items_are_read_only_whole),
        TEST(only_what_stands_is_an_item),
        TEST(command_ends_at_its_limits),
    };
    return cmocka_run_group_tests(tests, codec_set_up, codec_tear_down);
}

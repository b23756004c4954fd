/* Changes of the registry, planned and written in a real store. */
#include "catalog/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "catalog/last.h"
#include "catalog/read.h"
#include "store/side.h"
#include "test/unit/catalog/registry.h"

/* -- looking ---------------------------------------------------------------------------------- */

/* The state of a service; revision 0 if there is none. */
static struct service_state state_of(struct stand *s, const char *name)
{
    struct service_id id = registry_id(name);
    struct service_state state = { 0 };
    struct bytes row;
    struct buf key;
    buf_init(&key, 1024);
    service_key(&id, &key);
    if (side_get(s->view, buf_bytes(&key), &row) == OK)
        assert_int_equal(service_state_read(row, &state), OK);
    buf_fini(&key);
    return state;
}

static uint64_t node_state_of(struct stand *s, const char *node)
{
    uint64_t revision = 0;
    struct bytes row;
    struct buf key;
    buf_init(&key, 1024);
    node_key(bytes_str(NAMESPACE_DEFAULT), bytes_str(node), &key);
    if (side_get(s->view, buf_bytes(&key), &row) == OK)
        assert_int_equal(node_state_read(row, &revision), OK);
    buf_fini(&key);
    return revision;
}

static uint64_t last(struct stand *s, const char *ns, enum registry_table table)
{
    struct registry_tables tables = { 0 };
    struct bytes row;
    struct buf key;
    buf_init(&key, 1024);
    tables_key(bytes_str(ns), &key);
    if (side_get(s->view, buf_bytes(&key), &row) == OK)
        assert_int_equal(registry_tables_read(row, &tables), OK);
    buf_fini(&key);
    return tables.last[table];
}

static struct service_rows rows_of(struct stand *s, const char *name)
{
    struct service_id id = registry_id(name);
    struct service_rows rows;
    assert_int_equal(service_rows_read(s->view, &id, &s->arena, &rows), OK);
    return rows;
}

static size_t count_checks(struct stand *s, const char *node, const char *instance)
{
    struct checks checks;
    assert_int_equal(checks_read(s->view, bytes_str(NAMESPACE_DEFAULT), bytes_str(node),
                                 bytes_str(instance), &s->arena, &checks),
                     OK);
    return checks.n;
}

static void add_web(struct stand *s)
{
    registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    registry_do(s, registry_agent(s, "n1", "web-1", "web", 80));
}

/* -- nodes ------------------------------------------------------------------------------------ */

static void node_is_set_and_the_same_again_changes_nothing(void **state)
{
    struct stand *s = *state;
    struct change_op node = registry_node(s, "n1", "10.0.0.1");
    assert_int_equal(registry_do(s, node), 2);
    assert_int_equal(registry_do(s, node), 2);
    assert_int_equal(registry_result(s)->create, 2);
    assert_int_equal(registry_result(s)->modify, 2);
    assert_int_equal(registry_do(s, registry_node(s, "N1", "10.0.0.2")), 3);
    assert_int_equal(registry_result(s)->create, 2);
    assert_int_equal(registry_result(s)->modify, 3);
    assert_int_equal(node_state_of(s, "n1"), 3);
}

static void node_is_compared_by_its_index(void **state)
{
    struct stand *s = *state;
    struct change_op node = registry_node(s, "n1", "a"), other = registry_node(s, "n1", "b");
    assert_int_equal(registry_refusal(s, registry_with(node, OP_CAS, 5)), CHANGE_STALE);
    assert_int_equal(registry_do(s, registry_with(node, OP_CAS, 0)), 2);
    assert_int_equal(registry_refusal(s, registry_with(other, OP_CAS, 0)), CHANGE_STALE);
    assert_int_equal(registry_do(s, registry_with(other, OP_CAS, 2)), 3);
    assert_int_equal(registry_refusal(s, registry_with(node, OP_DELETE_CAS, 2)), CHANGE_STALE);
    assert_int_equal(registry_do(s, registry_with(node, OP_DELETE_CAS, 3)), 4);
    assert_int_equal(registry_refusal(s, registry_with(node, OP_DELETE_CAS, 4)), CHANGE_STALE);
    assert_int_equal(registry_refusal(s, registry_with(node, OP_GET, 0)), CHANGE_ABSENT);
}

static void node_is_made_unless_it_is_there(void **state)
{
    struct stand *s = *state;
    struct change_op node = registry_node(s, "n1", "a"), other = registry_node(s, "n1", "b");
    assert_int_equal(registry_do(s, registry_with(node, OP_ENSURE, 0)), 2);
    assert_int_equal(registry_do(s, registry_with(other, OP_ENSURE, 0)), 2);
    assert_true(registry_result(s)->there);
    assert_int_equal(registry_result(s)->modify, 2);
    assert_int_equal(registry_do(s, other), 3); /* it had not been changed */
}

static void what_stands_is_given_when_asked(void **state)
{
    struct stand *s = *state;
    struct change_op node = registry_node(s, "n1", "a");
    registry_do(s, node);
    registry_do(s, registry_with(node, OP_GET, 0));
    assert_true(bytes_eq(registry_result(s)->row, node.node.row));
    assert_int_equal(registry_result(s)->modify, 2);
}

static struct change_op named_with_id(struct stand *s, const char *name, const char *id,
                                      const char *address)
{
    struct node n = { .name = bytes_str(name), .id = bytes_str(id), .address = bytes_str(address) };
    struct change_op op = registry_node(s, name, address);
    struct buf row;
    buf_init(&row, 1024);
    node_write(&n, &row);
    op.node.row = arena_dup(&s->arena, buf_bytes(&row));
    buf_fini(&row);
    return op;
}

static struct change_op node_with_id(struct stand *s, const char *id, const char *address)
{
    return named_with_id(s, "n1", id, address);
}

static bool is_there(struct stand *s, const char *name)
{
    const struct command_result *r;
    struct change_op get = registry_with(registry_node(s, name, "a"), OP_GET, 0);
    r = registry_apply(s, &get, 1);
    return r->err == OK;
}

static void
node_that_keeps_its_id_takes_another_name_and_leaves_the_old_with_all_on_it(void **state)
{
    struct stand *s = *state;
    registry_do(s, node_with_id(s, "aaaa", "a"));
    registry_do(s, registry_agent(s, "n1", "web-1", "web", 80));
    uint64_t r = registry_do(s, named_with_id(s, "n2", "AAAA", "b"));
    assert_false(is_there(s, "n1"));
    assert_true(is_there(s, "n2"));
    assert_int_equal(rows_of(s, "web").published_n, 0);
    assert_int_equal(last(s, "public", REGISTRY_EXTINCT), r);
    assert_int_equal(registry_do(s, named_with_id(s, "n2", "AAAA", "b")), r);
    registry_do(s, node_with_id(s, "aaaa", "a")); /* and back */
    assert_false(is_there(s, "n2"));
}

static void id_that_a_node_has_given_up_moves_nobody(void **state)
{
    struct stand *s = *state;
    registry_do(s, node_with_id(s, "aaaa", "a"));
    registry_do(s, node_with_id(s, "bbbb", "a"));
    registry_do(s, named_with_id(s, "n2", "aaaa", "b"));
    assert_true(is_there(s, "n1"));
    registry_do(s, registry_node(s, "n1", "a")); /* without one */
    registry_do(s, named_with_id(s, "n3", "bbbb", "b"));
    assert_true(is_there(s, "n1"));
    registry_do(s, registry_with(registry_node(s, "n3", "b"), OP_DELETE, 0));
    registry_do(s, node_with_id(s, "bbbb", "a"));
    registry_do(s, registry_node(s, "n3", "b"));
    assert_true(is_there(s, "n1"));
    assert_true(is_there(s, "n2"));
}

static void name_of_a_node_that_lives_is_not_taken_by_another(void **state)
{
    struct stand *s = *state;
    registry_do(s, node_with_id(s, "aaaa", "a"));
    registry_do(s, registry_check(s, "n1", "", CHECK_OF_MEMBERS, STATUS_UP));
    assert_int_equal(registry_refusal(s, node_with_id(s, "bbbb", "b")), CHANGE_NAME_TAKEN);
    assert_true(bytes_eq(registry_result(s)->row, node_with_id(s, "aaaa", "a").node.row));
    registry_do(s, named_with_id(s, "n2", "bbbb", "b"));
    assert_int_equal(registry_refusal(s, node_with_id(s, "bbbb", "b")), CHANGE_NAME_TAKEN);
    assert_true(is_there(s, "n2"));
    registry_do(s, registry_with(registry_node(s, "n2", "b"), OP_DELETE, 0));
    registry_do(s, node_with_id(s, "AAAA", "b"));
    registry_do(s, registry_node(s, "n1", "c"));
    registry_do(s, node_with_id(s, "aaaa", "a"));
    registry_do(s, registry_check(s, "n1", "", CHECK_OF_MEMBERS, STATUS_DOWN));
    registry_do(s, node_with_id(s, "bbbb", "b"));
}

static void node_goes_with_all_that_is_on_it(void **state)
{
    struct stand *s = *state;
    add_web(s);
    registry_do(s, registry_agent(s, "n1", "db", "db", 81));
    registry_do(s, registry_check(s, "n1", "", "disk", STATUS_UP));
    registry_do(s, registry_check(s, "n1", "web-1", "tcp", STATUS_UP));
    registry_do(s, registry_node(s, "n11", "10.0.0.2"));
    registry_do(s, registry_agent(s, "n11", "web-2", "web", 80));
    uint64_t r = registry_do(s, registry_with(registry_node(s, "N1", "x"), OP_DELETE, 0));
    struct service_rows rows = rows_of(s, "web");
    assert_int_equal(rows.published_n, 1);
    assert_true(bytes_is(rows.published[0].owner.part, "web-2"));
    assert_int_equal(state_of(s, "web").last_removal, r);
    assert_int_equal(state_of(s, "db").revision, 0);
    assert_int_equal(count_checks(s, "n1", "") + count_checks(s, "n1", "web-1"), 0);
    assert_int_equal(node_state_of(s, "n1"), 0);
    assert_int_equal(last(s, "public", REGISTRY_EXTINCT), r);
    assert_int_equal(last(s, "public", REGISTRY_CHECKS), r);
    assert_int_equal(last(s, "public", REGISTRY_NODES), r);
}

/* -- publications ----------------------------------------------------------------------------- */

static void registration_moves_its_service_alone(void **state)
{
    struct stand *s = *state;
    add_web(s);
    uint64_t r = registry_do(s, registry_agent(s, "n1", "db", "Db", 81));
    assert_int_equal(state_of(s, "db").revision, r);
    assert_int_equal(state_of(s, "db").publication_n, 1);
    assert_true(bytes_is(state_of(s, "DB").name, "Db"));
    assert_int_equal(state_of(s, "web").revision, r - 1);
    assert_int_equal(rows_of(s, "db").published[0].said.spoke, r);
}

static void registration_equal_to_what_stands_takes_no_revision(void **state)
{
    struct stand *s = *state;
    add_web(s);
    assert_int_equal(registry_do(s, registry_agent(s, "n1", "web-1", "web", 80)), 3);
    assert_int_equal(registry_do(s, registry_agent(s, "N1", "WEB-1", "WEB", 80)), 4); /* its id */
    assert_int_equal(rows_of(s, "web").published_n, 1);
    assert_int_equal(state_of(s, "web").publication_n, 1);
    assert_int_equal(last(s, "public", REGISTRY_SERVICES), 4);
}

static void agent_needs_its_node_unless_it_is_a_members(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_agent(s, "n1", "web-1", "web", 80);
    assert_int_equal(registry_refusal(s, op), CHANGE_NO_NODE);
    op.publication.of_member = true;
    assert_int_equal(registry_do(s, op), 2);
}

static void id_on_a_node_moves_to_another_service_with_its_checks(void **state)
{
    struct stand *s = *state;
    add_web(s);
    registry_do(s, registry_check(s, "n1", "web-1", "tcp", STATUS_DOWN));
    uint64_t r = registry_do(s, registry_agent(s, "n1", "web-1", "shop", 80));
    assert_int_equal(rows_of(s, "web").published_n, 0);
    assert_int_equal(state_of(s, "web").revision, 0);
    assert_int_equal(rows_of(s, "shop").published_n, 1);
    assert_int_equal(rows_of(s, "shop").published[0].checks, STATUS_DOWN);
    assert_int_equal(state_of(s, "shop").revision, r);
    r = registry_do(s, registry_check(s, "n1", "web-1", "tcp", STATUS_UP));
    assert_int_equal(state_of(s, "shop").revision, r);
}

static void publication_is_removed_by_its_name_on_the_node(void **state)
{
    struct stand *s = *state;
    add_web(s);
    registry_do(s, registry_check(s, "n1", "web-1", "tcp", STATUS_DOWN));
    struct change_op op = registry_with(registry_agent(s, "n1", "web-1", "", 80), OP_DELETE, 0);
    op.publication.group = bytes_str("");
    uint64_t r = registry_do(s, op);
    assert_int_equal(r, 5);
    assert_int_equal(rows_of(s, "web").published_n, 0);
    assert_int_equal(count_checks(s, "n1", "web-1"), 0);
    assert_int_equal(last(s, "public", REGISTRY_EXTINCT), 5);
    assert_int_equal(registry_do(s, op), 5); /* and harmless again */
    assert_int_equal(registry_refusal(s, registry_with(op, OP_GET, 0)), CHANGE_ABSENT);
}

static void described_service_is_remembered_without_publications(void **state)
{
    struct stand *s = *state;
    add_web(s);
    registry_do(s, registry_service(s, "web", 100));
    uint64_t r =
        registry_do(s, registry_with(registry_agent(s, "n1", "web-1", "web", 80), OP_DELETE, 0));
    assert_int_equal(state_of(s, "web").revision, r);
    assert_int_equal(state_of(s, "web").publication_n, 0);
    assert_int_equal(last(s, "public", REGISTRY_EXTINCT), r);
    registry_do(s, registry_with(registry_service(s, "web", 0), OP_DELETE, 0));
    assert_int_equal(state_of(s, "web").revision, 0);
}

/* -- leases ----------------------------------------------------------------------------------- */

static void publication_goes_with_its_lease(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_NACOS);
    registry_do(s, registry_leased(s, FACE_NACOS, "a", "web", "10.0.0.1", 80, 7));
    registry_do(s, registry_leased(s, FACE_NACOS, "b", "db", "10.0.0.1", 81, 7));
    entries_revoke(&s->entries, 7, FACE_NACOS);
    const struct command_result *r = stand_apply(s);
    assert_int_equal(r->removed, 2);
    assert_int_equal(r->revision, 4);
    assert_int_equal(rows_of(s, "web").published_n, 0);
    assert_int_equal(state_of(s, "db").revision, 0);
    assert_int_equal(last(s, "public", REGISTRY_EXTINCT), 4);
    assert_int_equal(last(s, "public", REGISTRY_SERVICES), 4);
}

static void lease_that_moves_shows_on_its_publications(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_NACOS);
    registry_do(s, registry_leased(s, FACE_NACOS, "a", "web", "10.0.0.1", 80, 7));
    registry_do(s, registry_leased(s, FACE_NACOS, "b", "web", "10.0.0.1", 81, 7));
    entries_move(&s->entries, 7, LEASE_LIVE, LEASE_DOWN);
    assert_int_equal(stand_apply(s)->revision, 4);
    struct service_rows rows = rows_of(s, "web");
    assert_int_equal(rows.published[0].said.stage, LEASE_DOWN);
    assert_int_equal(rows.published[1].said.stage, LEASE_DOWN);
    assert_int_equal(rows.published[0].said.spoke, 2); /* its owner has said nothing */
    assert_int_equal(state_of(s, "web").revision, 4);
    entries_move(&s->entries, 7, LEASE_DOWN, LEASE_LIVE);
    stand_apply(s);
    assert_int_equal(rows_of(s, "web").published[1].said.stage, LEASE_LIVE);
}

static void lease_must_be_there_and_of_the_owners_face(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_leased(s, FACE_NACOS, "a", "web", "10.0.0.1", 80, 7);
    assert_int_equal(registry_refusal(s, op), CHANGE_NO_LEASE);
    stand_grant(s, 7, FACE_EUREKA);
    assert_int_equal(registry_refusal(s, op), CHANGE_NO_LEASE);
}

static void change_of_lease_alone_takes_no_revision(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_NACOS);
    stand_grant(s, 8, FACE_NACOS);
    registry_do(s, registry_leased(s, FACE_NACOS, "a", "web", "10.0.0.1", 80, 7));
    assert_int_equal(registry_do(s, registry_leased(s, FACE_NACOS, "a", "web", "10.0.0.1", 80, 8)),
                     2);
    entries_revoke(&s->entries, 7, FACE_NACOS);
    stand_apply(s);
    assert_int_equal(rows_of(s, "web").published_n, 1);
    entries_revoke(&s->entries, 8, FACE_NACOS);
    stand_apply(s);
    assert_int_equal(rows_of(s, "web").published_n, 0);
}

static void new_lease_in_another_stage_is_seen(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_NACOS);
    stand_grant(s, 8, FACE_NACOS);
    registry_do(s, registry_leased(s, FACE_NACOS, "a", "web", "10.0.0.1", 80, 7));
    entries_move(&s->entries, 7, LEASE_LIVE, LEASE_SUSPECT);
    stand_apply(s);
    assert_int_equal(registry_do(s, registry_leased(s, FACE_NACOS, "a", "web", "10.0.0.1", 80, 8)),
                     4);
    assert_int_equal(rows_of(s, "web").published[0].said.stage, LEASE_LIVE);
    assert_int_equal(rows_of(s, "web").published[0].said.spoke, 2);
}

/* -- checks ----------------------------------------------------------------------------------- */

static void check_of_an_instance_moves_its_service(void **state)
{
    struct stand *s = *state;
    add_web(s);
    uint64_t r = registry_do(s, registry_check(s, "n1", "web-1", "tcp", STATUS_UP));
    assert_int_equal(state_of(s, "web").revision, r);
    assert_int_equal(registry_do(s, registry_check(s, "n1", "web-1", "tcp", STATUS_UP)), r);
    assert_int_equal(node_state_of(s, "n1"), 2);
    assert_int_equal(last(s, "public", REGISTRY_CHECKS), r);
    r = registry_do(s, registry_with(registry_check(s, "n1", "web-1", "tcp", 0), OP_DELETE, 0));
    assert_int_equal(state_of(s, "web").revision, r);
}

static void check_of_a_node_moves_the_node_alone(void **state)
{
    struct stand *s = *state;
    add_web(s);
    uint64_t r = registry_do(s, registry_check(s, "n1", "", "disk", STATUS_DOWN));
    assert_int_equal(node_state_of(s, "n1"), r);
    assert_int_equal(state_of(s, "web").revision, r - 1);
    assert_int_equal(rows_of(s, "web").published[0].checks, STATUS_DOWN);
}

static void check_needs_what_it_checks(void **state)
{
    struct stand *s = *state;
    struct change_op check = registry_check(s, "n1", "", "disk", STATUS_UP);
    assert_int_equal(registry_refusal(s, check), CHANGE_NO_NODE);
    check.check.of_member = true;
    registry_do(s, check);
    registry_do(s, registry_node(s, "n1", "a"));
    assert_int_equal(registry_refusal(s, registry_check(s, "n1", "web-1", "tcp", STATUS_UP)),
                     CHANGE_NO_SERVICE);
}

static void check_that_turns_critical_ends_the_sessions_on_it(void **state)
{
    struct stand *s = *state;
    struct bytes ids[] = { bytes_str("disk") };
    struct change_op op = { .kind = CHANGE_SESSION_CREATE, .ns = bytes_str("public") };
    registry_do(s, registry_node(s, "n1", "a"));
    registry_do(s, registry_check(s, "n1", "", "disk", STATUS_UP));
    op.session.session.node = bytes_str("n1");
    op.session.session.node_checks = (struct session_checks){ ids, 1 };
    op.session.id.b[0] = 1;
    uint64_t r = registry_do(s, op);
    assert_int_equal(last(s, "public", REGISTRY_SESSIONS), r);
    r = registry_do(s, registry_check(s, "n1", "", "disk", STATUS_DOWN));
    assert_int_equal(last(s, "public", REGISTRY_SESSIONS), r);
    struct kv kv;
    struct buf key;
    buf_init(&key, 64);
    session_key(bytes_str("public"), &op.session.id, &key);
    assert_int_equal(range_get(s->view, SPACE_CATALOG, buf_bytes(&key), 0, &s->arena, &kv),
                     ERR_KEY_NOT_FOUND);
    buf_fini(&key);
}

/* -- reports ---------------------------------------------------------------------------------- */

/* A check as it is registered, with all that a report must leave alone. */
static struct change_op full_check(struct stand *s, const char *id, const char *notes)
{
    struct change_op op = registry_check(s, "n1", "web-1", id, STATUS_UP);
    struct check c = { .status = STATUS_UP,
                       .id = bytes_str(id),
                       .name = bytes_str("of tcp"),
                       .notes = bytes_str(notes),
                       .output = bytes_str("before"),
                       .type = bytes_str("ttl"),
                       .extras = bytes_str("how") };
    struct buf row;
    buf_init(&row, CHECK_MAX);
    check_write(&c, &row);
    op.check.row = arena_dup(&s->arena, buf_bytes(&row));
    buf_fini(&row);
    return op;
}

static struct check web_check(struct stand *s)
{
    struct checks checks;
    assert_int_equal(checks_read(s->view, bytes_str(NAMESPACE_DEFAULT), bytes_str("n1"),
                                 bytes_str("web-1"), &s->arena, &checks),
                     OK);
    assert_int_equal(checks.n, 1);
    return checks.all[0];
}

static void report_sets_status_and_output_of_what_stands_and_nothing_else(void **state)
{
    struct stand *s = *state;
    add_web(s);
    registry_do(s, full_check(s, "Tcp", "old"));
    uint64_t r = registry_do(s, full_check(s, "Tcp", "new"));
    struct change_op report = registry_report("N1", "web-1", "tcp", STATUS_DOWN, "late");
    assert_int_equal(registry_do(s, report), r + 1);
    assert_int_equal(registry_result(s)->create, r - 1);
    assert_int_equal(registry_result(s)->modify, r + 1);
    struct check c = web_check(s);
    assert_int_equal(c.status, STATUS_DOWN);
    assert_true(bytes_is(c.output, "late"));
    assert_true(bytes_is(c.id, "Tcp") && bytes_is(c.name, "of tcp") && bytes_is(c.notes, "new"));
    assert_true(bytes_is(c.type, "ttl") && bytes_is(c.extras, "how"));
    assert_true(bytes_is(c.service, "web") && bytes_is(c.group, GROUP_DEFAULT));
    assert_int_equal(state_of(s, "web").revision, r + 1);
    assert_int_equal(last(s, "public", REGISTRY_CHECKS), r + 1);
    assert_int_equal(registry_do(s, report), r + 1);
    report.report.output = bytes_str("later");
    assert_int_equal(registry_do(s, report), r + 2);
    assert_true(bytes_is(web_check(s).output, "later"));
}

static void report_of_a_check_that_is_gone_is_refused_and_brings_nothing_back(void **state)
{
    struct stand *s = *state;
    struct change_op report = registry_report("n1", "web-1", "tcp", STATUS_UP, "well");
    assert_int_equal(registry_refusal(s, report), CHANGE_ABSENT);
    add_web(s);
    assert_int_equal(registry_refusal(s, report), CHANGE_ABSENT);
    registry_do(s, full_check(s, "tcp", ""));
    registry_do(s, report);
    registry_do(s, registry_with(full_check(s, "tcp", ""), OP_DELETE, 0));
    assert_int_equal(registry_refusal(s, report), CHANGE_ABSENT);
    assert_int_equal(count_checks(s, "n1", "web-1"), 0);
    registry_do(s, registry_check(s, "n1", "", "tcp", STATUS_DOWN));
    assert_int_equal(registry_refusal(s, report), CHANGE_ABSENT); /* that is the node's */
    const struct change_op both[] = { full_check(s, "tcp", "again"), report };
    assert_int_equal(registry_apply(s, both, 2)->err, OK);
    assert_true(bytes_is(web_check(s).notes, "again"));
    assert_true(bytes_is(web_check(s).output, "well"));
}

static void report_of_a_critical_node_check_ends_the_sessions_on_it(void **state)
{
    struct stand *s = *state;
    struct bytes ids[] = { bytes_str("disk") };
    struct change_op op = { .kind = CHANGE_SESSION_CREATE, .ns = bytes_str("public") };
    registry_do(s, registry_node(s, "n1", "a"));
    registry_do(s, registry_check(s, "n1", "", "disk", STATUS_UP));
    op.session.session.node = bytes_str("n1");
    op.session.session.node_checks = (struct session_checks){ ids, 1 };
    op.session.id.b[0] = 1;
    uint64_t began = registry_do(s, op);
    uint64_t r = registry_do(s, registry_report("n1", "", "disk", STATUS_SUSPECT, "odd"));
    assert_int_equal(last(s, "public", REGISTRY_SESSIONS), began);
    assert_int_equal(node_state_of(s, "n1"), r);
    r = registry_do(s, registry_report("n1", "", "disk", STATUS_DOWN, "full"));
    assert_int_equal(last(s, "public", REGISTRY_SESSIONS), r);
}

/* A member of an older build could not read it: there it is refused, so it is everywhere. */
static void report_in_an_entry_of_older_rules_is_refused(void **state)
{
    struct stand *s = *state;
    struct change_op report = registry_report("n1", "web-1", "tcp", STATUS_DOWN, "late");
    struct buf body;
    add_web(s);
    registry_do(s, full_check(s, "tcp", ""));
    buf_init(&body, 1 << 16);
    change_write(&report, 1, &body);
    for (uint8_t rules = RULES_REPORTS - 1; rules <= RULES_REPORTS; rules++) {
        entries_command(&s->entries, COMMAND_CATALOG_CHANGE, buf_bytes(&body));
        struct bytes payload = entries_finish(&s->entries, (struct entry_time){ 0 });
        ((uint8_t *)(uintptr_t)payload.p)[1] = rules;
        effects_unref(s->effects);
        assert_int_equal(store_apply(s->store, ++s->index, 2, payload, &s->effects), OK);
        assert_int_equal(view_renew(s->view), OK);
        bool is_done = rules == RULES_REPORTS;
        assert_int_equal(s->effects->results[0].err, is_done ? OK : ERR_MALFORMED);
        assert_int_equal(web_check(s).status, is_done ? STATUS_DOWN : STATUS_UP);
    }
    buf_fini(&body);
}

/* -- overlays and objects --------------------------------------------------------------------- */

static void overlay_moves_its_service_and_outlives_it(void **state)
{
    struct stand *s = *state;
    add_web(s);
    struct change_op overlay = registry_overlay(s, "web", "10.0.0.1", 80, false);
    uint64_t r = registry_do(s, overlay);
    assert_int_equal(state_of(s, "web").revision, r);
    registry_do(s, registry_with(registry_node(s, "n1", ""), OP_DELETE, 0));
    assert_int_equal(rows_of(s, "web").overlay_n, 1);
    registry_do(s, registry_overlay(s, "web", "10.0.0.1", 80, true));
    assert_int_equal(state_of(s, "web").revision, 0); /* of which nothing is there but this */
    registry_do(s, registry_with(overlay, OP_DELETE, 0));
    assert_int_equal(rows_of(s, "web").overlay_n, 0);
}

static void object_is_compared_by_its_index_and_has_its_table(void **state)
{
    struct stand *s = *state;
    struct change_op op = { .kind = CHANGE_OBJECT, .ns = bytes_str("public") };
    op.object = (struct object_op){
        { OP_CAS, 0 }, OBJECT_QUERY, bytes_str(""), bytes_str("q1"), bytes_str("{}")
    };
    assert_int_equal(registry_do(s, op), 2);
    assert_int_equal(registry_refusal(s, op), CHANGE_STALE);
    assert_int_equal(last(s, "public", REGISTRY_QUERIES), 2);
    assert_int_equal(last(s, "public", REGISTRY_CONFIG), 0);
}

/* -- commands --------------------------------------------------------------------------------- */

static void operations_see_those_before_them_and_share_a_revision(void **state)
{
    struct stand *s = *state;
    struct change_op ops[] = { registry_node(s, "n1", "a"),
                               registry_agent(s, "n1", "web-1", "web", 80),
                               registry_check(s, "n1", "web-1", "tcp", STATUS_DOWN),
                               registry_with(registry_node(s, "n1", ""), OP_GET, 0) };
    const struct command_result *r = registry_apply(s, ops, ARRAY_LEN(ops));
    const struct change_results *results = r->upper;
    assert_int_equal(r->err, OK);
    assert_int_equal(r->revision, 2);
    assert_int_equal(results->n, 4);
    for (size_t i = 0; i < results->n; i++)
        assert_int_equal(results->all[i].modify, 2);
    assert_true(bytes_eq(results->all[3].row, ops[0].node.row));
}

static void those_that_are_refused_are_all_told_and_nothing_is_left_of_any(void **state)
{
    struct stand *s = *state;
    struct change_op ops[] = { registry_node(s, "n1", "a"),
                               registry_agent(s, "n2", "web-1", "web", 80),
                               registry_agent(s, "n1", "web-1", "web", 80),
                               registry_check(s, "n1", "web-2", "tcp", STATUS_UP) };
    const struct command_result *r = registry_apply(s, ops, ARRAY_LEN(ops));
    const struct change_results *results = r->upper;
    assert_int_equal(r->err, ERR_REFUSED);
    assert_int_equal(results->n, 4);
    assert_int_equal(results->all[0].refusal, CHANGE_DONE);
    assert_int_equal(results->all[1].refusal, CHANGE_NO_NODE);
    assert_int_equal(results->all[2].refusal, CHANGE_DONE);
    assert_int_equal(results->all[3].refusal, CHANGE_NO_SERVICE);
    assert_int_equal(view_revision(s->view), 1);
    assert_int_equal(node_state_of(s, "n1"), 0);
    assert_int_equal(last(s, "public", REGISTRY_NODES), 0);
}

static void commands_that_only_read_take_no_revision(void **state)
{
    struct stand *s = *state;
    add_web(s);
    registry_do(s, registry_with(registry_agent(s, "n1", "web-1", "web", 80), OP_GET, 0));
    assert_int_equal(view_revision(s->view), 3);
    assert_int_equal(last(s, "public", REGISTRY_SERVICES), 3);
}

static void tables_of_an_entry_have_the_last_of_its_revisions(void **state)
{
    struct stand *s = *state;
    struct change_op ops[] = { registry_node(s, "n1", "a"), registry_node(s, "n2", "b"),
                               registry_node(s, "n3", "c") };
    ops[2].ns = bytes_str("blue");
    struct buf body;
    buf_init(&body, 1 << 16);
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        buf_clear(&body, 1 << 16);
        change_write(&ops[i], 1, &body);
        entries_command(&s->entries, COMMAND_CATALOG_CHANGE, buf_bytes(&body));
    }
    buf_fini(&body);
    stand_apply(s);
    assert_int_equal(last(s, "public", REGISTRY_NODES), 3);
    assert_int_equal(last(s, "blue", REGISTRY_NODES), 4);
}

static void pairs_have_one_table_however_they_are_removed(void **state)
{
    struct stand *s = *state;
    struct change_op op = { .kind = CHANGE_KV, .ns = bytes_str("public") };
    op.kv = (struct kv_op){ .verb = KV_SET, .key = bytes_str("a"), .value = bytes_str("v") };
    assert_int_equal(registry_do(s, op), 2);
    assert_int_equal(last(s, "", REGISTRY_PAIRS), 2);
    registry_do(s, registry_node(s, "n1", "a"));
    entries_remove(&s->entries, SPACE_CONSUL_KV, bytes_str("a"), bytes_str("b"));
    stand_apply(s);
    assert_int_equal(last(s, "", REGISTRY_PAIRS), 4);
}

static void results_end_at_32_mib(void **state)
{
    struct stand *s = *state;
    enum { GETS = 64 };
    struct change_op ops[GETS + 1], big = { .kind = CHANGE_OBJECT, .ns = bytes_str("public") };
    struct bytes row = bytes_of(arena_zalloc(&s->arena, OBJECT_ROW_MAX, 1), OBJECT_ROW_MAX);
    big.object =
        (struct object_op){ { OP_SET, 0 }, OBJECT_CONFIG, bytes_str(""), bytes_str("big"), row };
    struct change_op small = big;
    small.object.name = bytes_str("small");
    small.object.row.n = 1;
    registry_do(s, big);
    registry_do(s, small);
    for (size_t i = 0; i < GETS; i++)
        ops[i] = registry_with(big, OP_GET, 0);
    ops[GETS] = registry_with(small, OP_GET, 0);
    assert_int_equal(registry_apply(s, ops, GETS)->err, OK);
    assert_int_equal(registry_apply(s, ops, GETS + 1)->err, ERR_TOO_BIG);
}

static void refusal_of_pairs_is_in_the_result(void **state)
{
    struct stand *s = *state;
    struct change_op op = { .kind = CHANGE_KV, .ns = bytes_str("public") };
    op.kv = (struct kv_op){ .verb = KV_GET, .key = bytes_str("a") };
    assert_int_equal(registry_refusal(s, op), CHANGE_OTHER);
    assert_int_equal(registry_result(s)->kv.refusal, KV_ABSENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, registry_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(node_is_set_and_the_same_again_changes_nothing),
        TEST(node_is_compared_by_its_index),
        TEST(node_is_made_unless_it_is_there),
        TEST(what_stands_is_given_when_asked),
        TEST(name_of_a_node_that_lives_is_not_taken_by_another),
        TEST(node_that_keeps_its_id_takes_another_name_and_leaves_the_old_with_all_on_it),
        TEST(id_that_a_node_has_given_up_moves_nobody),
        TEST(node_goes_with_all_that_is_on_it),
        TEST(registration_moves_its_service_alone),
        TEST(registration_equal_to_what_stands_takes_no_revision),
        TEST(agent_needs_its_node_unless_it_is_a_members),
        TEST(id_on_a_node_moves_to_another_service_with_its_checks),
        TEST(publication_is_removed_by_its_name_on_the_node),
        TEST(described_service_is_remembered_without_publications),
        TEST(publication_goes_with_its_lease),
        TEST(lease_that_moves_shows_on_its_publications),
        TEST(lease_must_be_there_and_of_the_owners_face),
        TEST(change_of_lease_alone_takes_no_revision),
        TEST(new_lease_in_another_stage_is_seen),
        TEST(check_of_an_instance_moves_its_service),
        TEST(check_of_a_node_moves_the_node_alone),
        TEST(check_needs_what_it_checks),
        TEST(check_that_turns_critical_ends_the_sessions_on_it),
        TEST(report_sets_status_and_output_of_what_stands_and_nothing_else),
        TEST(report_of_a_check_that_is_gone_is_refused_and_brings_nothing_back),
        TEST(report_of_a_critical_node_check_ends_the_sessions_on_it),
        TEST(report_in_an_entry_of_older_rules_is_refused),
        TEST(overlay_moves_its_service_and_outlives_it),
        TEST(object_is_compared_by_its_index_and_has_its_table),
        TEST(operations_see_those_before_them_and_share_a_revision),
        TEST(those_that_are_refused_are_all_told_and_nothing_is_left_of_any),
        TEST(commands_that_only_read_take_no_revision),
        TEST(tables_of_an_entry_have_the_last_of_its_revisions),
        TEST(pairs_have_one_table_however_they_are_removed),
        TEST(results_end_at_32_mib),
        TEST(refusal_of_pairs_is_in_the_result),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}

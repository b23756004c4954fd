/* Keys of etcd that register instances, and instances that appear under keys of etcd. */
#include "catalog/projection_problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "catalog/read.h"
#include "test/unit/catalog/registry.h"

/* -- words ------------------------------------------------------------------------------------ */

/* What is published in a service: `address:port` of each, in order, "-" behind one that is down. */
static const char *instances(struct stand *s, const char *name)
{
    struct service_id id = registry_id(name);
    struct service_rows rows;
    const char *text = "";
    assert_int_equal(service_rows_read(s->view, &id, &s->arena, &rows), OK);
    for (size_t i = 0; i < rows.published_n; i++)
        text = arena_printf(&s->arena, "%s%.*s:%u ", text, (int)rows.published[i].address.n,
                            (const char *)rows.published[i].address.p, rows.published[i].said.port);
    return text;
}

/* The keys of etcd, in order. */
static const char *keys(struct stand *s)
{
    struct range_result r;
    const char *text = "";
    assert_int_equal(stand_range(s, "\1", "\xff", 0, &r), OK);
    for (size_t i = 0; i < r.kv_n; i++)
        text = arena_printf(&s->arena, "%s%.*s ", text, (int)r.kvs[i].key.n,
                            (const char *)r.kvs[i].key.p);
    return text;
}

static enum err put_with(struct stand *s, const char *key, const char *value, int64_t lease)
{
    entries_put(&s->entries, SPACE_ETCD, bytes_str(key), bytes_str(value), lease);
    return stand_apply(s)->err;
}

static enum err remove_key(struct stand *s, const char *key, const char *end)
{
    entries_remove(&s->entries, SPACE_ETCD, bytes_str(key),
                   end == NULL ? (struct bytes){ 0 } : bytes_str(end));
    return stand_apply(s)->err;
}

/* The key that the last command was refused for. */
static const char *refused_for(struct stand *s)
{
    const struct bytes *key = s->effects->results->upper;
    assert_int_equal(s->effects->results->err, ERR_PROJECTED);
    return arena_str(&s->arena, *key);
}

static void turn_off(struct stand *s)
{
    registry_set_rules(s, &(struct projection_rules){ .n = 0 });
}

static void turn_on(struct stand *s)
{
    struct projection_rules rules = projection_defaults();
    registry_set_rules(s, &rules);
}

static uint64_t add_nacos(struct stand *s, const char *part, const char *address, uint16_t port)
{
    return registry_do(s, registry_leased(s, FACE_NACOS, part, "user", address, port, 0));
}

#define BOTH "/services/user/10.0.0.1:80 services/user/10.0.0.1:80 "

/* -- keys that register ----------------------------------------------------------------------- */

static void key_under_a_pattern_registers_in_its_own_revision(void **state)
{
    struct stand *s = *state;
    assert_int_equal(stand_put(s, "services/user/a", "10.0.0.1:80"), 2);
    assert_string_equal(instances(s, "user"), "10.0.0.1:80 ");
    stand_put(s, "/services/blue--user/a", "{\"Op\":0,\"Addr\":\"10.0.0.2:81\"}");
    struct service_id id = { bytes_str("public"), bytes_str("blue"), bytes_str("user") };
    struct service_rows rows;
    assert_int_equal(service_rows_read(s->view, &id, &s->arena, &rows), OK);
    assert_int_equal(rows.published_n, 1);
    assert_int_equal(rows.published[0].owner.face, FACE_ETCD);
    assert_true(bytes_is(rows.published[0].owner.part, "/services/blue--user/a"));
    assert_true(bytes_is(rows.published[0].said.id, "a"));
    stand_put(s, "services/ns1~user/10.0.0.3:1", "x");
    id = (struct service_id){ bytes_str("ns1"), bytes_str(GROUP_DEFAULT), bytes_str("user") };
    assert_int_equal(service_rows_read(s->view, &id, &s->arena, &rows), OK);
    assert_int_equal(rows.published_n, 1);
}

static void other_keys_register_nothing(void **state)
{
    static const char *const others[] = { "services/user",     "services/user/",  "services//a",
                                          "services/user/a/b", "service/user/a",  "services/a~b~c/",
                                          "services/~user/a",  "xservices/user/a" };
    struct stand *s = *state;
    struct services services;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        stand_put(s, others[i], "10.0.0.1:80");
    stand_put(s, "services/user/a", "nonsense");
    assert_int_equal(services_read(s->view, bytes_str("public"), &s->arena, &services), OK);
    assert_int_equal(services.n, 0);
}

static void registration_changes_and_goes_with_its_key(void **state)
{
    struct stand *s = *state;
    stand_put(s, "services/user/a", "10.0.0.1:80");
    stand_put(s, "services/user/a", "10.0.0.2:80");
    assert_string_equal(instances(s, "user"), "10.0.0.2:80 ");
    assert_int_equal(stand_remove(s, "services/user/a", NULL), 4);
    assert_string_equal(instances(s, "user"), "");
    assert_string_equal(keys(s), "");
}

static void put_that_no_longer_parses_withdraws_its_instance(void **state)
{
    struct stand *s = *state;
    stand_put(s, "services/user/a", "10.0.0.1:80");
    stand_put(s, "services/user/a", "gone fishing");
    assert_string_equal(instances(s, "user"), "");
    assert_string_equal(stand_value(s, "services/user/a", 0), "gone fishing");
}

static void registration_hangs_on_its_keys_lease(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    put_with(s, "services/user/a", "10.0.0.1:80", 7);
    assert_string_equal(instances(s, "user"), "10.0.0.1:80 ");
    entries_revoke(&s->entries, 7, FACE_ETCD);
    stand_apply(s);
    assert_string_equal(instances(s, "user"), "");
    assert_string_equal(keys(s), "");
}

static void put_without_its_lease_takes_the_registration_off_it(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    put_with(s, "services/user/a", "10.0.0.1:80", 7);
    put_with(s, "services/user/a", "10.0.0.1:80", 0);
    entries_revoke(&s->entries, 7, FACE_ETCD);
    stand_apply(s);
    assert_string_equal(instances(s, "user"), "10.0.0.1:80 ");
}

static void removal_of_a_range_deregisters_what_it_held(void **state)
{
    struct stand *s = *state;
    struct projection_rules in = { .all = { { bytes_str("services/"), true, false, 0 } }, .n = 1 };
    registry_set_rules(s, &in);
    stand_put(s, "services/user/a", "10.0.0.1:80");
    stand_put(s, "services/user/b", "10.0.0.2:80");
    stand_put(s, "services/user/c", "10.0.0.3:80");
    assert_int_equal(remove_key(s, "services/user/b", "services/z"), OK);
    assert_string_equal(instances(s, "user"), "10.0.0.1:80 ");
}

static void deregistration_elsewhere_takes_the_key_with_it(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_leased(s, FACE_ETCD, "services/user/a", "user", "h", 1, 0);
    stand_put(s, "services/user/a", "10.0.0.1:80");
    registry_do(s, registry_with(op, OP_DELETE, 0));
    assert_string_equal(keys(s), "");
}

static void nobody_else_publishes_as_a_key(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_leased(s, FACE_ETCD, "services/user/a", "user", "h", 1, 0);
    assert_int_equal(registry_apply(s, &op, 1)->err, ERR_MALFORMED);
}

/* -- instances that appear -------------------------------------------------------------------- */

static void instance_appears_under_one_key_a_rule_in_its_revision(void **state)
{
    struct stand *s = *state;
    struct range_result r;
    assert_int_equal(add_nacos(s, "a", "10.0.0.1", 80), 2);
    assert_string_equal(keys(s), BOTH);
    assert_string_equal(stand_value(s, "services/user/10.0.0.1:80", 0),
                        "{\"Op\":0,\"Addr\":\"10.0.0.1:80\",\"Metadata\":null}");
    assert_string_equal(stand_value(s, "/services/user/10.0.0.1:80", 0), "10.0.0.1:80");
    assert_int_equal(stand_range(s, "services/user/10.0.0.1:80", NULL, 0, &r), OK);
    assert_int_equal(r.kvs[0].mod, 2);
    assert_int_equal(r.kvs[0].lease, 0);
}

static void appearance_has_history_and_goes_with_the_instance(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_leased(s, FACE_NACOS, "a", "user", "10.0.0.1", 80, 0);
    registry_do(s, op);
    registry_do(s, registry_with(op, OP_DELETE, 0));
    assert_string_equal(keys(s), "");
    assert_string_equal(stand_value(s, "/services/user/10.0.0.1:80", 2), "10.0.0.1:80");
}

static void instance_that_is_down_or_disabled_does_not_appear(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_NACOS);
    registry_do(s, registry_leased(s, FACE_NACOS, "a", "user", "10.0.0.1", 80, 7));
    entries_move(&s->entries, 7, LEASE_LIVE, LEASE_SUSPECT);
    stand_apply(s);
    assert_string_equal(keys(s), BOTH);
    entries_move(&s->entries, 7, LEASE_SUSPECT, LEASE_DOWN);
    stand_apply(s);
    assert_string_equal(keys(s), "");
    entries_move(&s->entries, 7, LEASE_DOWN, LEASE_LIVE);
    stand_apply(s);
    assert_string_equal(keys(s), BOTH);
    registry_do(s, registry_overlay(s, "user", "10.0.0.1", 80, false));
    assert_string_equal(keys(s), "");
    registry_do(s, registry_with(registry_overlay(s, "user", "10.0.0.1", 80, 0), OP_DELETE, 0));
    assert_string_equal(keys(s), BOTH);
}

static void checks_of_node_and_instance_show(void **state)
{
    struct stand *s = *state;
    registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    registry_do(s, registry_agent(s, "n1", "u1", "user", 80));
    assert_string_equal(keys(s), BOTH);
    registry_do(s, registry_check(s, "n1", "u1", "tcp", STATUS_DOWN));
    assert_string_equal(keys(s), "");
    registry_do(s, registry_with(registry_check(s, "n1", "u1", "tcp", 0), OP_DELETE, 0));
    assert_string_equal(keys(s), BOTH);
    registry_do(s, registry_check(s, "n1", "", "disk", STATUS_DOWN));
    assert_string_equal(keys(s), "");
    registry_do(s, registry_check(s, "n1", "", "disk", STATUS_UP));
    assert_string_equal(keys(s), BOTH);
}

static void address_of_the_node_is_followed(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_agent(s, "n1", "u1", "user", 80);
    op.publication.of_member = true;
    registry_do(s, op);
    assert_string_equal(keys(s), ""); /* nobody knows where it is */
    registry_do(s, registry_node(s, "n1", "10.0.0.9"));
    registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    assert_string_equal(keys(s), BOTH);
    registry_do(s, registry_with(registry_node(s, "n1", ""), OP_DELETE, 0));
    assert_string_equal(keys(s), "");
}

static void address_that_a_member_says_of_its_node_counts_without_a_row(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_agent(s, "n1", "u1", "user", 80);
    op.publication.of_member = true;
    op.publication.member_address = bytes_str("10.0.0.9");
    registry_do(s, op);
    assert_string_equal(instances(s, "user"), "10.0.0.9:80 ");
    op.publication.member_address = bytes_str("10.0.0.1");
    registry_do(s, op);
    assert_string_equal(keys(s), BOTH);
    registry_do(s, registry_node(s, "n1", "10.0.0.7"));
    assert_string_equal(keys(s), "/services/user/10.0.0.7:80 services/user/10.0.0.7:80 ");
    op = registry_with(op, OP_DELETE, 0);
    op.publication.member_address = bytes_str("");
    registry_do(s, op);
    assert_string_equal(keys(s), "");
}

static void two_who_publish_one_place_are_one_key(void **state)
{
    struct stand *s = *state;
    add_nacos(s, "a", "Host", 80);
    registry_do(s, registry_leased(s, FACE_EUREKA, "b", "user", "hOST", 80, 0));
    assert_string_equal(keys(s), "/services/user/host:80 services/user/host:80 ");
    registry_do(
        s, registry_with(registry_leased(s, FACE_EUREKA, "b", "user", "h", 1, 0), OP_DELETE, 0));
    assert_string_equal(keys(s), "/services/user/host:80 services/user/host:80 ");
}

static void instance_of_a_key_appears_under_the_other_rule_alone(void **state)
{
    struct stand *s = *state;
    stand_put(s, "services/user/worker-7", "10.0.0.1:80");
    assert_string_equal(keys(s), "/services/user/10.0.0.1:80 services/user/worker-7 ");
    stand_remove(s, "services/user/worker-7", NULL);
    assert_string_equal(keys(s), "");
}

static void key_of_ones_own_takes_the_place_of_what_appeared(void **state)
{
    struct stand *s = *state;
    add_nacos(s, "a", "10.0.0.1", 80);
    stand_put(s, "services/user/worker-7", "10.0.0.1:80");
    assert_string_equal(keys(s), "/services/user/10.0.0.1:80 services/user/worker-7 ");
    stand_remove(s, "services/user/worker-7", NULL);
    assert_string_equal(keys(s), BOTH); /* the other one is still there */
}

static void value_says_metadata_and_tags(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_leased(s, FACE_NACOS, "a", "user", "10.0.0.1", 80, 0);
    struct label labels[] = { { bytes_str("zone"), bytes_str("\"east\"") } };
    struct bytes tags[] = { bytes_str("v1") };
    struct publication p;
    struct buf row;
    assert_int_equal(publication_read(op.publication.row, &s->arena, &p), OK);
    p.metadata = (struct labels){ labels, 1 };
    p.tags = tags;
    p.tag_n = 1;
    buf_init(&row, 1 << 16);
    publication_write(&p, &row);
    op.publication.row = buf_bytes(&row);
    registry_do(s, op);
    buf_fini(&row);
    assert_string_equal(
        stand_value(s, "services/user/10.0.0.1:80", 0),
        "{\"Op\":0,\"Addr\":\"10.0.0.1:80\",\"Metadata\":{\"zone\":\"\\\"east\\\"\","
        "\"tags\":[\"v1\"]}}");
}

static void names_that_would_not_come_back_do_not_appear(void **state)
{
    static const char *const names[] = { "a/b", "user" };
    static const char *const addresses[] = { "10.0.0.1", "10.0.0.1/24" };
    struct stand *s = *state;
    for (size_t i = 0; i < 2; i++)
        registry_do(s, registry_leased(s, FACE_NACOS, "a", names[i], addresses[i], 80, 0));
    struct change_op op = registry_leased(s, FACE_NACOS, "a", "user", "h", 80, 0);
    op.publication.group = bytes_str("a--b");
    registry_do(s, op);
    op.publication.group = bytes_str(GROUP_DEFAULT);
    op.ns = bytes_str("a~b");
    registry_do(s, op);
    registry_do(s, registry_leased(s, FACE_NACOS, "b", "user", "h", 0, 0)); /* no port */
    assert_string_equal(keys(s), "");
}

static void name_with_its_group_or_namespace_comes_back(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_leased(s, FACE_NACOS, "a", "us~er", "::1", 80, 0);
    struct projection_rules rules = projection_defaults();
    struct range_result r;
    op.publication.group = bytes_str("blue");
    registry_do(s, op);
    assert_int_equal(stand_range(s, "services/", "services0", 0, &r), OK);
    assert_int_equal(r.kv_n, 1);
    assert_true(bytes_is(r.kvs[0].key, "services/public~blue--us~er/[::1]:80"));
    const struct projection_rule *rule;
    struct service_id id;
    struct bytes rest;
    struct place place;
    assert_int_equal(projection_match(&rules, r.kvs[0].key, &rule, &id, &rest), OK);
    assert_true(bytes_is(id.group, "blue") && bytes_is(id.name, "us~er"));
    assert_true(projection_id_place(rest, &place));
    assert_true(bytes_is(place.address, "::1"));
}

static void clusters_are_told_apart(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_leased(s, FACE_NACOS, "a", "user", "h", 80, 0);
    struct publication p;
    struct buf row;
    registry_do(s, op);
    assert_int_equal(publication_read(op.publication.row, &s->arena, &p), OK);
    p.cluster = bytes_str("east");
    op.publication.owner.part = bytes_str("b");
    buf_init(&row, 1 << 16);
    publication_write(&p, &row);
    op.publication.row = buf_bytes(&row);
    registry_do(s, op);
    buf_fini(&row);
    assert_string_equal(keys(s), "/services/user/h:80 /services/user/h:80#east "
                                 "services/user/h:80 services/user/h:80#east ");
}

/* -- where both meet -------------------------------------------------------------------------- */

static void put_on_what_appears_is_refused(void **state)
{
    struct stand *s = *state;
    add_nacos(s, "a", "10.0.0.1", 80);
    assert_int_equal(put_with(s, "services/user/10.0.0.1:80", "x", 0), ERR_PROJECTED);
    assert_string_equal(refused_for(s), "services/user/10.0.0.1:80");
    struct op ops[] = { stand_op_put("a", "1"), stand_op_put("services/user/10.0.0.1:80", "2") };
    struct txn txn = { .then_ops = ops, .then_n = 2 };
    assert_int_equal(stand_txn(s, &txn)->err, ERR_PROJECTED);
    assert_string_equal(keys(s), BOTH);
    assert_int_equal(view_revision(s->view), 2);
}

static void delete_of_exactly_such_a_key_deregisters(void **state)
{
    struct stand *s = *state;
    add_nacos(s, "a", "10.0.0.1", 80);
    registry_do(s, registry_leased(s, FACE_EUREKA, "b", "user", "10.0.0.1", 80, 0));
    assert_int_equal(remove_key(s, "services/user/10.0.0.1:80", NULL), OK);
    assert_string_equal(instances(s, "user"), "");
    assert_string_equal(keys(s), "");
}

static void deregistering_takes_a_key_of_ones_own_too(void **state)
{
    struct stand *s = *state;
    stand_put(s, "services/user/worker-7", "10.0.0.1:80");
    assert_int_equal(remove_key(s, "/services/user/10.0.0.1:80", NULL), OK);
    assert_string_equal(keys(s), "");
    assert_string_equal(instances(s, "user"), "");
}

static void range_delete_that_holds_one_is_refused_as_a_whole(void **state)
{
    struct stand *s = *state;
    stand_put(s, "services/a", "mine");
    add_nacos(s, "b", "10.0.0.2", 80);
    add_nacos(s, "a", "10.0.0.1", 80);
    assert_int_equal(remove_key(s, "services/", "services0"), ERR_PROJECTED);
    assert_string_equal(refused_for(s), "services/user/10.0.0.1:80");
    assert_string_equal(stand_value(s, "services/a", 0), "mine");
    assert_int_equal(remove_key(s, "services/", "services/b"), OK);
    assert_int_equal(remove_key(s, "\1", "/services/"), OK);
}

static void hand_written_key_stays_and_the_projection_is_left_out(void **state)
{
    struct stand *s = *state;
    const char *key = "services/user/10.0.0.1:80", *elsewhere = "{\"Addr\":\"10.9.9.9:1\"}";
    stand_put(s, key, elsewhere);
    add_nacos(s, "a", "10.0.0.1", 80);
    assert_string_equal(stand_value(s, key, 0), elsewhere);
    assert_string_equal(stand_value(s, "/services/user/10.0.0.1:80", 0), "10.0.0.1:80");
    stand_remove(s, key, NULL);
    assert_string_equal(keys(s), BOTH);
}

static void lease_that_ends_meets_none(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_ETCD);
    put_with(s, "services/user/worker-7", "10.0.0.1:80", 7);
    add_nacos(s, "a", "10.0.0.1", 80);
    entries_revoke(&s->entries, 7, FACE_ETCD);
    assert_int_equal(stand_apply(s)->removed, 1);
    assert_string_equal(keys(s), BOTH);
}

static void range_of_ones_own_keys_goes_and_brings_back_what_they_hid(void **state)
{
    struct stand *s = *state;
    stand_put(s, "services/user/0", "10.0.0.1:80");
    struct projection_rules rules = { .all = { { bytes_str("services/"), true, true, 0 } },
                                      .n = 1 };
    registry_set_rules(s, &rules);
    add_nacos(s, "a", "10.0.0.1", 80);
    assert_string_equal(keys(s), "services/user/0 ");
    assert_int_equal(remove_key(s, "services/user/", "services/user0"), OK);
    assert_string_equal(keys(s), "services/user/10.0.0.1:80 ");
    assert_string_equal(instances(s, "user"), "10.0.0.1:80 ");
}

/* -- problems --------------------------------------------------------------------------------- */

static struct projection_problems problems(struct stand *s, const char *name)
{
    struct service_id id = registry_id(name);
    struct projection_problems p;
    assert_int_equal(projection_problems_read(s->view, &id, &s->arena, &p), OK);
    return p;
}

static void what_is_left_out_is_listed(void **state)
{
    struct stand *s = *state;
    const char *key = "services/user/10.0.0.1:80";
    stand_put(s, key, "{\"Addr\":\"10.9.9.9:1\"}");
    add_nacos(s, "a", "10.0.0.1", 80);
    struct projection_problems p = problems(s, "user");
    assert_int_equal(p.n, 1);
    assert_int_equal(p.all[0].lack, PROJECTION_TAKEN);
    assert_true(bytes_is(p.all[0].key, key));
    assert_true(bytes_is(p.all[0].prefix, "services/"));
    assert_int_equal(p.all[0].which->said.port, 80);
    stand_remove(s, key, NULL);
    assert_int_equal(problems(s, "user").n, 0);
    add_nacos(s, "b", "10.0.0.1", 0);
    p = problems(s, "user");
    assert_int_equal(p.n, 2); /* under each rule */
    assert_int_equal(p.all[0].lack, PROJECTION_NO_ADDRESS);
    registry_do(s, registry_leased(s, FACE_NACOS, "a", "a/b", "h", 80, 0));
    p = problems(s, "a/b");
    assert_int_equal(p.n, 2);
    assert_int_equal(p.all[1].lack, PROJECTION_NO_KEY);
}

static void key_of_ones_own_is_no_problem(void **state)
{
    struct stand *s = *state;
    stand_put(s, "services/user/worker-7", "10.0.0.1:80");
    stand_put(s, "/services/user/10.0.0.1:80x", "nonsense");
    assert_int_equal(problems(s, "user").n, 0);
    turn_off(s);
    assert_int_equal(problems(s, "user").n, 0);
}

/* -- rules ------------------------------------------------------------------------------------ */

static void rules_that_go_take_all_with_them_and_back(void **state)
{
    struct stand *s = *state;
    stand_put(s, "services/user/worker-7", "10.0.0.2:80");
    add_nacos(s, "a", "10.0.0.1", 80);
    const char *all = "/services/user/10.0.0.1:80 /services/user/10.0.0.2:80 "
                      "services/user/10.0.0.1:80 services/user/worker-7 ";
    assert_string_equal(keys(s), all);
    turn_off(s);
    assert_string_equal(keys(s), "services/user/worker-7 ");
    assert_string_equal(instances(s, "user"), "10.0.0.1:80 ");
    assert_int_equal(put_with(s, "services/user/10.0.0.5:80", "x", 0), OK);
    assert_int_equal(remove_key(s, "services/user/10.0.0.5:80", NULL), OK);
    turn_on(s);
    assert_string_equal(keys(s), all);
    assert_string_equal(instances(s, "user"), "10.0.0.2:80 10.0.0.1:80 ");
}

static void rules_that_hold_already_change_nothing(void **state)
{
    struct stand *s = *state;
    add_nacos(s, "a", "10.0.0.1", 80);
    turn_on(s);
    turn_on(s);
    assert_int_equal(view_revision(s->view), 2);
    assert_string_equal(keys(s), BOTH);
}

static void sweep_is_cut_in_steps_and_takes_one_revision(void **state)
{
    struct stand *s = *state;
    enum { MANY = 200 };
    struct apply *a;
    struct buf body;
    unsigned steps = 0;
    turn_off(s);
    for (unsigned i = 0; i < MANY; i++)
        add_nacos(s, arena_printf(&s->arena, "p%u", i), "10.0.0.1", (uint16_t)(1000 + i));
    uint64_t before = view_revision(s->view);
    struct projection_rules rules = projection_defaults();
    buf_init(&body, 4096);
    projection_rules_write(&rules, &body);
    entries_command(&s->entries, COMMAND_PROJECTION, buf_bytes(&body));
    buf_fini(&body);
    struct bytes payload = entries_finish(&s->entries, (struct entry_time){ 0 });
    effects_unref(s->effects);
    s->effects = NULL;
    assert_int_equal(store_apply_begin(s->store, ++s->index, 2, payload, &a), OK);
    for (; s->effects == NULL; steps++)
        assert_int_equal(store_apply_step(a, 50, &s->effects), OK);
    assert_int_equal(view_renew(s->view), OK);
    assert_true(steps > 2 * MANY / 50);
    assert_int_equal(view_revision(s->view), before + 1);
    struct range_result r;
    assert_int_equal(stand_range(s, "services/", "services0", 0, &r), OK);
    assert_int_equal(r.kv_n, MANY);
}

static struct bytes written(struct buf *b, const struct projection_rules *rules)
{
    buf_clear(b, SIZE_MAX);
    projection_rules_write(rules, b);
    return buf_bytes(b);
}

static void node_of_many_instances_goes_in_steps_and_one_revision(void **state)
{
    struct stand *s = *state;
    enum { MANY = 200, ROWS = 50 };
    struct change_op op = registry_node(s, "n1", "10.0.0.1");
    struct buf body;
    struct apply *a;
    unsigned steps = 0;
    registry_do(s, op);
    for (unsigned i = 0; i < MANY; i++)
        registry_do(s, registry_agent(s, "n1", arena_printf(&s->arena, "p%u", i), "user",
                                      (uint16_t)(1000 + i)));
    uint64_t before = view_revision(s->view);
    op = registry_check(s, "n1", "", "disk", STATUS_DOWN);
    buf_init(&body, 1 << 16);
    change_write(&op, 1, &body);
    entries_command(&s->entries, COMMAND_CATALOG_CHANGE, buf_bytes(&body));
    buf_fini(&body);
    struct bytes payload = entries_finish(&s->entries, (struct entry_time){ 0 });
    effects_unref(s->effects);
    s->effects = NULL;
    assert_int_equal(store_apply_begin(s->store, ++s->index, 2, payload, &a), OK);
    for (; s->effects == NULL; steps++)
        assert_int_equal(store_apply_step(a, ROWS, &s->effects), OK);
    assert_int_equal(view_renew(s->view), OK);
    assert_true(steps >= 2 * 2 * MANY / ROWS); /* a key and a row beside, under each rule */
    assert_int_equal(view_revision(s->view), before + 1);
    assert_string_equal(keys(s), "");
}

static void rules_end_at_their_limits(void **state)
{
    static uint8_t prefix[PROJECTION_PREFIX_MAX + 1];
    struct projection_rules rules = { .n = 1 }, back;
    struct buf b;
    memset(prefix, 'p', sizeof prefix);
    buf_init(&b, 1 << 16);
    rules.all[0] =
        (struct projection_rule){ bytes_of(prefix, PROJECTION_PREFIX_MAX), true, true, 0 };
    assert_int_equal(projection_rules_read(written(&b, &rules), &back), OK);
    rules.all[0].prefix.n++;
    assert_int_equal(projection_rules_read(written(&b, &rules), &back), ERR_TOO_BIG);
    for (size_t i = 0; i < PROJECTION_RULES_MAX; i++)
        rules.all[i] = (struct projection_rule){ bytes_of("01234567" + i, 1), true, false, 0 };
    rules.n = PROJECTION_RULES_MAX;
    struct bytes row = written(&b, &rules);
    assert_int_equal(projection_rules_read(row, &back), OK);
    ((uint8_t *)(uintptr_t)row.p)[1]++;
    assert_int_equal(projection_rules_read(row, &back), ERR_TOO_BIG);
    rules.all[1].prefix = bytes_str("01");
    assert_int_equal(projection_rules_read(written(&b, &rules), &back), ERR_MALFORMED);
    buf_fini(&b);
}

static void entries_of_older_rules_project_nothing(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_leased(s, FACE_NACOS, "a", "user", "10.0.0.1", 80, 0);
    struct buf body;
    buf_init(&body, 1 << 16);
    change_write(&op, 1, &body);
    entries_command(&s->entries, COMMAND_CATALOG_CHANGE, buf_bytes(&body));
    buf_fini(&body);
    entries_put(&s->entries, SPACE_ETCD, bytes_str("services/user/b"), bytes_str("h:1"), 0);
    struct bytes payload = entries_finish(&s->entries, (struct entry_time){ 0 });
    uint8_t *older = arena_alloc(&s->arena, payload.n);
    memcpy(older, payload.p, payload.n);
    older[1] = RULES_PROJECTION - 1;
    assert_int_equal(store_apply(s->store, ++s->index, 2, bytes_of(older, payload.n), &s->effects),
                     OK);
    assert_int_equal(view_renew(s->view), OK);
    assert_string_equal(keys(s), "services/user/b ");
    assert_string_equal(instances(s, "user"), "10.0.0.1:80 ");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, registry_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(key_under_a_pattern_registers_in_its_own_revision),
        TEST(other_keys_register_nothing),
        TEST(registration_changes_and_goes_with_its_key),
        TEST(put_that_no_longer_parses_withdraws_its_instance),
        TEST(registration_hangs_on_its_keys_lease),
        TEST(put_without_its_lease_takes_the_registration_off_it),
        TEST(removal_of_a_range_deregisters_what_it_held),
        TEST(deregistration_elsewhere_takes_the_key_with_it),
        TEST(nobody_else_publishes_as_a_key),
        TEST(instance_appears_under_one_key_a_rule_in_its_revision),
        TEST(appearance_has_history_and_goes_with_the_instance),
        TEST(instance_that_is_down_or_disabled_does_not_appear),
        TEST(checks_of_node_and_instance_show),
        TEST(address_of_the_node_is_followed),
        TEST(address_that_a_member_says_of_its_node_counts_without_a_row),
        TEST(two_who_publish_one_place_are_one_key),
        TEST(instance_of_a_key_appears_under_the_other_rule_alone),
        TEST(key_of_ones_own_takes_the_place_of_what_appeared),
        TEST(value_says_metadata_and_tags),
        TEST(names_that_would_not_come_back_do_not_appear),
        TEST(name_with_its_group_or_namespace_comes_back),
        TEST(clusters_are_told_apart),
        TEST(put_on_what_appears_is_refused),
        TEST(delete_of_exactly_such_a_key_deregisters),
        TEST(deregistering_takes_a_key_of_ones_own_too),
        TEST(range_delete_that_holds_one_is_refused_as_a_whole),
        TEST(hand_written_key_stays_and_the_projection_is_left_out),
        TEST(lease_that_ends_meets_none),
        TEST(range_of_ones_own_keys_goes_and_brings_back_what_they_hid),
        TEST(what_is_left_out_is_listed),
        TEST(key_of_ones_own_is_no_problem),
        TEST(rules_that_go_take_all_with_them_and_back),
        TEST(rules_that_hold_already_change_nothing),
        TEST(sweep_is_cut_in_steps_and_takes_one_revision),
        TEST(node_of_many_instances_goes_in_steps_and_one_revision),
        TEST(rules_end_at_their_limits),
        TEST(entries_of_older_rules_project_nothing),
    };
    return cmocka_run_group_tests_name("projection", tests, NULL, NULL);
}

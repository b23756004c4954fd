/* Lists out of a registry: nodes, what is published from one, checks, services and their tags. */
#include "catalog/read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/catalog/registry.h"

static const struct bytes ns = { (const uint8_t *)NAMESPACE_DEFAULT, 6 };

static void add_some(struct stand *s)
{
    registry_do(s, registry_node(s, "Beta", "10.0.0.2"));
    registry_do(s, registry_node(s, "alpha", "10.0.0.1"));
    registry_do(s, registry_agent(s, "alpha", "Web-1", "Web", 80));
    registry_do(s, registry_agent(s, "alpha", "db", "db", 81));
    registry_do(s, registry_agent(s, "Beta", "web-2", "web", 80));
    registry_do(s, registry_check(s, "alpha", "", "disk", STATUS_UP));
    registry_do(s, registry_check(s, "alpha", "Web-1", "tcp", STATUS_DOWN));
    registry_do(s, registry_check(s, "beta", "web-2", "tcp", STATUS_UP));
}

/* -- claims ----------------------------------------------------------------------------------- */

static void nodes_come_in_order_with_their_revisions(void **state)
{
    struct stand *s = *state;
    struct nodes nodes;
    struct node one;
    add_some(s);
    registry_do(s, registry_node(s, "Beta", "10.0.0.3"));
    assert_int_equal(nodes_read(s->view, ns, &s->arena, &nodes), OK);
    assert_int_equal(nodes.n, 2);
    assert_true(bytes_is(nodes.all[0].name, "alpha"));
    assert_true(bytes_is(nodes.all[1].name, "Beta"));
    assert_int_equal(nodes.all[1].create, 2);
    assert_int_equal(nodes.all[1].modify, 10);
    assert_int_equal(node_row_read(s->view, ns, bytes_str("BETA"), &s->arena, &one), OK);
    assert_int_equal(one.modify, 10);
    assert_int_equal(nodes_read(s->view, bytes_str("blue"), &s->arena, &nodes), OK);
    assert_int_equal(nodes.n, 0);
}

static void what_is_published_from_a_node_is_listed_and_found(void **state)
{
    struct stand *s = *state;
    struct all_from_node all;
    struct from_node one;
    struct owner owner = { FACE_CONSUL, bytes_str("ALPHA"), bytes_str("web-1") };
    add_some(s);
    assert_int_equal(from_node_read(s->view, ns, bytes_str("Alpha"), &s->arena, &all), OK);
    assert_int_equal(all.n, 2);
    assert_true(bytes_is(all.all[0].service.name, "db"));
    assert_true(bytes_is(all.all[1].service.name, "Web"));
    assert_true(bytes_is(all.all[1].published.said.id, "Web-1"));
    assert_int_equal(all.all[1].published.create, 4);
    assert_int_equal(from_node_find(s->view, ns, &owner, &s->arena, &one), OK);
    assert_int_equal(one.published.said.port, 80);
    owner.part = bytes_str("web-2");
    assert_int_equal(from_node_find(s->view, ns, &owner, &s->arena, &one), ERR_NOT_FOUND);
}

static void checks_are_listed_where_they_stand(void **state)
{
    struct stand *s = *state;
    struct all_checked all;
    struct check one;
    struct check_id id = { ns, bytes_str("Alpha"), bytes_str("web-1"), bytes_str("TCP") };
    add_some(s);
    assert_int_equal(checked_read(s->view, ns, bytes_str(""), &s->arena, &all), OK);
    assert_int_equal(all.n, 3);
    assert_true(bytes_is(all.all[0].node, "alpha") && all.all[0].instance.n == 0);
    assert_true(bytes_is(all.all[1].instance, "web-1"));
    assert_true(bytes_is(all.all[1].check.service, "Web"));
    assert_int_equal(all.all[1].check.modify, 8);
    assert_true(bytes_is(all.all[2].node, "beta"));
    assert_int_equal(checked_read(s->view, ns, bytes_str("beta"), &s->arena, &all), OK);
    assert_int_equal(all.n, 1);
    assert_int_equal(check_row_read(s->view, &id, &s->arena, &one), OK);
    assert_int_equal(one.status, STATUS_DOWN);
    id.instance = bytes_str("");
    assert_int_equal(check_row_read(s->view, &id, &s->arena, &one), ERR_NOT_FOUND);
}

static void services_are_listed_as_first_named(void **state)
{
    struct stand *s = *state;
    struct services services;
    add_some(s);
    registry_do(s, registry_service(s, "described", 100));
    assert_int_equal(services_read(s->view, ns, &s->arena, &services), OK);
    assert_int_equal(services.n, 3);
    assert_true(bytes_is(services.all[0].id.name, "db"));
    assert_true(bytes_is(services.all[1].id.name, "described"));
    assert_int_equal(services.all[1].state.publication_n, 0);
    assert_true(bytes_is(services.all[2].id.name, "Web"));
    assert_int_equal(services.all[2].state.publication_n, 2);
    registry_do(s, registry_with(registry_node(s, "alpha", ""), OP_DELETE, 0));
    assert_int_equal(services_read(s->view, ns, &s->arena, &services), OK);
    assert_int_equal(services.n, 2);
}

static struct change_op tagged(struct stand *s, const char *part, struct bytes *tags, size_t n)
{
    struct change_op op = registry_leased(s, FACE_NATIVE, part, "web", "h", 80, 0);
    struct publication p;
    struct buf row;
    assert_int_equal(publication_read(op.publication.row, &s->arena, &p), OK);
    p.tags = tags;
    p.tag_n = n;
    buf_init(&row, 1 << 16);
    publication_write(&p, &row);
    op.publication.row = arena_dup(&s->arena, buf_bytes(&row));
    buf_fini(&row);
    return op;
}

static void tags_of_a_service_come_once(void **state)
{
    struct stand *s = *state;
    struct service_id id = registry_id("web");
    struct bytes a[] = { bytes_str("v2"), bytes_str("blue") };
    struct bytes b[] = { bytes_str("v1"), bytes_str("blue") };
    struct tags tags;
    assert_int_equal(service_tags_read(s->view, &id, &s->arena, &tags), OK);
    assert_int_equal(tags.n, 0);
    registry_do(s, tagged(s, "a", a, 2));
    registry_do(s, tagged(s, "b", b, 2));
    assert_int_equal(service_tags_read(s->view, &id, &s->arena, &tags), OK);
    assert_int_equal(tags.n, 3);
    assert_true(bytes_is(tags.all[0], "blue") && bytes_is(tags.all[1], "v1") &&
                bytes_is(tags.all[2], "v2"));
}

static void publications_bear_their_revisions(void **state)
{
    struct stand *s = *state;
    struct service_id id = registry_id("web");
    struct service_rows rows;
    add_some(s);
    registry_do(s, registry_agent(s, "alpha", "Web-1", "Web", 8080));
    assert_int_equal(service_rows_read(s->view, &id, &s->arena, &rows), OK);
    assert_int_equal(rows.published[0].create, 4);
    assert_int_equal(rows.published[0].modify, 10);
    assert_int_equal(rows.published[1].modify, 6);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, registry_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nodes_come_in_order_with_their_revisions),
        TEST(what_is_published_from_a_node_is_listed_and_found),
        TEST(checks_are_listed_where_they_stand),
        TEST(services_are_listed_as_first_named),
        TEST(tags_of_a_service_come_once),
        TEST(publications_bear_their_revisions),
    };
    return cmocka_run_group_tests_name("read_node", tests, NULL, NULL);
}

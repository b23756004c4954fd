/* When something changed last, as readers see it. */
#include "catalog/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/read.h"
#include "test/unit/catalog/registry.h"

static uint64_t index_of(struct stand *s, const char *name)
{
    struct service_id id = registry_id(name);
    struct service_rows rows;
    uint64_t index;
    assert_int_equal(service_rows_read(s->view, &id, &s->arena, &rows), OK);
    assert_int_equal(service_index(s->view, &id, &rows, &index), OK);
    return index;
}

static void add_two(struct stand *s)
{
    registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    registry_do(s, registry_node(s, "n2", "10.0.0.2"));
    registry_do(s, registry_agent(s, "n1", "web-1", "web", 80));
    registry_do(s, registry_agent(s, "n2", "db-1", "db", 81));
}

/* -- claims ----------------------------------------------------------------------------------- */

static void index_is_never_zero(void **state)
{
    struct registry_tables tables;
    struct stand *s = *state;
    assert_int_equal(index_of(s, "web"), 1);
    assert_int_equal(registry_tables_get(s->view, bytes_str("public"), &tables), OK);
    assert_int_equal(tables.last[REGISTRY_NODES], 0);
}

static void index_moves_with_the_service_and_not_with_others(void **state)
{
    struct stand *s = *state;
    add_two(s);
    assert_int_equal(index_of(s, "web"), 4);
    assert_int_equal(index_of(s, "db"), 5);
    assert_int_equal(registry_do(s, registry_agent(s, "n1", "web-2", "web", 82)), 6);
    assert_int_equal(index_of(s, "web"), 6);
    assert_int_equal(index_of(s, "db"), 5);
    assert_int_equal(registry_do(s, registry_check(s, "n2", "db-1", "tcp", STATUS_DOWN)), 7);
    assert_int_equal(index_of(s, "web"), 6);
    assert_int_equal(index_of(s, "db"), 7);
}

static void check_of_a_node_moves_what_is_published_from_it(void **state)
{
    struct stand *s = *state;
    add_two(s);
    registry_do(s, registry_agent(s, "n2", "web-2", "web", 82));
    uint64_t r = registry_do(s, registry_check(s, "n2", "", "disk", STATUS_DOWN));
    assert_int_equal(index_of(s, "web"), r);
    assert_int_equal(index_of(s, "db"), r);
    r = registry_do(s, registry_check(s, "n1", "", "disk", STATUS_DOWN));
    assert_int_equal(index_of(s, "web"), r);
    assert_int_equal(index_of(s, "db"), r - 1);
}

static void address_of_a_node_moves_what_is_published_from_it(void **state)
{
    struct stand *s = *state;
    uint64_t of_node;
    add_two(s);
    uint64_t r = registry_do(s, registry_node(s, "n1", "10.0.0.9"));
    assert_int_equal(index_of(s, "web"), r);
    assert_int_equal(index_of(s, "db"), 5);
    assert_int_equal(node_index(s->view, bytes_str("public"), bytes_str("N1"), &of_node), OK);
    assert_int_equal(of_node, r);
    assert_int_equal(node_index(s->view, bytes_str("public"), bytes_str("n3"), &of_node), OK);
    assert_int_equal(of_node, 0);
}

static void service_that_is_not_there_has_the_tables_until_one_is_lost(void **state)
{
    struct stand *s = *state;
    add_two(s);
    assert_int_equal(index_of(s, "other"), 5);
    uint64_t r =
        registry_do(s, registry_with(registry_agent(s, "n1", "web-1", "web", 0), OP_DELETE, 0));
    assert_int_equal(index_of(s, "web"), r);
    registry_do(s, registry_agent(s, "n2", "db-2", "db", 83));
    assert_int_equal(index_of(s, "web"), r);
    assert_int_equal(index_of(s, "other"), r);
}

static void described_service_without_publications_has_its_own_changes(void **state)
{
    struct stand *s = *state;
    add_two(s);
    uint64_t r = registry_do(s, registry_service(s, "empty", 100));
    assert_int_equal(index_of(s, "empty"), r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, registry_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(index_is_never_zero),
        TEST(index_moves_with_the_service_and_not_with_others),
        TEST(check_of_a_node_moves_what_is_published_from_it),
        TEST(address_of_a_node_moves_what_is_published_from_it),
        TEST(service_that_is_not_there_has_the_tables_until_one_is_lost),
        TEST(described_service_without_publications_has_its_own_changes),
    };
    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}

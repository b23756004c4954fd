/* What a registration costs: rows of LMDB, counted before and after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "test/unit/catalog/registry.h"
#include "test/unit/store/rows.h"

/* Rows of the store but its counters and the record of who does things. */
static size_t count(struct stand *s)
{
    struct arena arena;
    struct rows_row *rows;
    size_t n, counted = 0;
    view_close(s->view);
    store_close(s->store);
    arena_init(&arena, 0);
    rows_load(s->dir, &arena, &rows, &n);
    for (size_t i = 0; i < n; i++) {
        const char *t = rows[i].table;
        bool chores = strcmp(t, "meta") == 0 || strcmp(t, "time") == 0 ||
                      strcmp(t, "origin") == 0 || strcmp(t, "why") == 0;
        bool tables = strcmp(t, "side") == 0 && rows[i].key.n > 4 && rows[i].key.p[4] == 't';
        counted += !chores && !tables;
    }
    arena_fini(&arena);
    struct why why = { "" };
    assert_int_equal(store_open(&s->options, &why, &s->store), OK);
    assert_int_equal(view_open(s->store, &s->view), OK);
    return counted;
}

/* How many rows more there are after OP. */
static size_t cost(struct stand *s, struct change_op op)
{
    size_t before = count(s);
    registry_do(s, op);
    return count(s) - before;
}

/* -- claims ----------------------------------------------------------------------------------- */

static void first_registration_of_a_service_is_three_rows(void **state)
{
    struct stand *s = *state;
    assert_int_equal(cost(s, registry_leased(s, FACE_NACOS, "a", "web", "10.0.0.1", 80, 0)), 3);
    /* The service's row is written again, not one more. */
    assert_int_equal(cost(s, registry_leased(s, FACE_NACOS, "b", "web", "10.0.0.2", 80, 0)), 2);
}

static void lease_adds_one(void **state)
{
    struct stand *s = *state;
    stand_grant(s, 7, FACE_NACOS);
    assert_int_equal(cost(s, registry_leased(s, FACE_NACOS, "a", "web", "10.0.0.1", 80, 7)), 4);
}

static void node_it_is_published_from_adds_one(void **state)
{
    struct stand *s = *state;
    registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    assert_int_equal(cost(s, registry_agent(s, "n1", "web-1", "web", 80)), 4);
    /* Said anew it is a change alone. */
    assert_int_equal(cost(s, registry_agent(s, "n1", "web-1", "web", 81)), 1);
    assert_int_equal(cost(s, registry_agent(s, "n1", "web-1", "web", 81)), 0);
}

static void flip_of_a_check_is_one_change(void **state)
{
    struct stand *s = *state;
    registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    for (uint16_t i = 0; i < 20; i++) {
        const char *part = arena_printf(&s->arena, "web-%d", i);
        registry_do(s, registry_agent(s, "n1", part, part, 80));
    }
    registry_do(s, registry_check(s, "n1", "", "disk", STATUS_UP));
    assert_int_equal(cost(s, registry_check(s, "n1", "", "disk", STATUS_DOWN)), 1);
}

/* Its place once, and for each rule a key, its change, and that it appears there. */
static void appearance_in_etcd_is_three_rows_a_rule_and_one(void **state)
{
    struct stand *s = *state;
    struct change_op op = registry_leased(s, FACE_NACOS, "a", "web", "10.0.0.1", 80, 0);
    assert_int_equal(cost(s, op), 3 + 1 + 2 * 3);
}

static int set_up_without_projection(void **state)
{
    registry_set_up(state);
    registry_set_rules(*state, &(struct projection_rules){ .n = 0 });
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_without_projection, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(first_registration_of_a_service_is_three_rows),
        TEST(lease_adds_one),
        TEST(node_it_is_published_from_adds_one),
        TEST(flip_of_a_check_is_one_change),
        cmocka_unit_test_setup_teardown(appearance_in_etcd_is_three_rows_a_rule_and_one,
                                        registry_set_up, stand_tear_down),
    };
    return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}

/* Rows out of a store: what was put there as rows comes back as a service. */
#include "catalog/read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/store/stand.h"

static const struct service_id web = { { (const uint8_t *)"public", 6 },
                                       { (const uint8_t *)"DEFAULT_GROUP", 13 },
                                       { (const uint8_t *)"Web", 3 } };
static struct buf key, row;

static void clear(void)
{
    buf_clear(&key, SIZE_MAX);
    buf_clear(&row, SIZE_MAX);
}

static void put_row(struct stand *s)
{
    entries_put(&s->entries, SPACE_CATALOG, buf_bytes(&key), buf_bytes(&row), 0);
    assert_int_equal(stand_apply(s)->err, OK);
    clear();
}

static void publish(struct stand *s, const struct service_id *service, const char *owner,
                    const char *part, struct publication p)
{
    struct owner o = { .face = FACE_CONSUL, .name = bytes_str(owner), .part = bytes_str(part) };
    publication_key(service, &o, &key);
    publication_write(&p, &row);
    put_row(s);
}

static struct publication at(const char *address, const char *node)
{
    return (struct publication){ .enabled = true,
                                 .weight = WEIGHT_ONE,
                                 .port = 80,
                                 .address = bytes_str(address),
                                 .node = bytes_str(node) };
}

static void put_node(struct stand *s, const char *name, const char *address)
{
    struct node n = { .name = bytes_str(name), .address = bytes_str(address) };
    node_key(web.ns, n.name, &key);
    node_write(&n, &row);
    put_row(s);
}

static void put_check(struct stand *s, const char *node, const char *instance, const char *id,
                      enum status status)
{
    struct check_id at_key = { web.ns, bytes_str(node), bytes_str(instance), bytes_str(id) };
    struct check c = { .status = status, .id = bytes_str(id) };
    check_key(&at_key, &key);
    check_write(&c, &row);
    put_row(s);
}

static struct service_rows rows_of(struct stand *s, const struct service_id *service)
{
    struct service_rows rows;
    assert_int_equal(service_rows_read(s->view, service, &s->arena, &rows), OK);
    return rows;
}

/* -- claims ----------------------------------------------------------------------------------- */

static void service_of_which_nothing_is_known_has_no_rows(void **state)
{
    struct service_rows rows = rows_of(*state, &web);
    assert_int_equal(rows.published_n, 0);
    assert_int_equal(rows.overlay_n, 0);
}

static void publications_of_the_service_alone_are_read_in_order(void **state)
{
    struct stand *s = *state;
    struct service_id webs = web, other_case = web;
    webs.name = bytes_str("webs");
    other_case.name = bytes_str("wEB");
    publish(s, &web, "n1", "b", at("h1", ""));
    publish(s, &other_case, "N1", "a", at("h2", ""));
    publish(s, &webs, "n1", "c", at("h3", ""));
    struct service_rows rows = rows_of(s, &web);
    assert_int_equal(rows.published_n, 2);
    assert_true(bytes_is(rows.published[0].owner.part, "a"));
    assert_true(bytes_is(rows.published[0].owner.name, "n1"));
    assert_int_equal(rows.published[0].owner.face, FACE_CONSUL);
    assert_true(bytes_is(rows.published[0].said.address, "h2"));
    assert_true(bytes_is(rows.published[1].address, "h1"));
}

static void long_publication_is_put_together_again(void **state)
{
    struct stand *s = *state;
    static uint8_t extras[EXTRAS_MAX];
    memset(extras, 'e', sizeof extras);
    struct publication p = at("h", "");
    p.extras = bytes_of(extras, sizeof extras);
    publish(s, &web, "n1", "a", p);
    struct service_rows rows = rows_of(s, &web);
    assert_true(bytes_eq(rows.published[0].said.extras, p.extras));
}

static void node_gives_its_address_to_those_without_one(void **state)
{
    struct stand *s = *state;
    publish(s, &web, "n1", "a", at("", "N1"));
    publish(s, &web, "n1", "b", at("own", "n1"));
    publish(s, &web, "n2", "c", at("", "n2"));
    put_node(s, "n1", "10.0.0.1");
    struct service_rows rows = rows_of(s, &web);
    assert_true(bytes_is(rows.published[0].address, "10.0.0.1"));
    assert_true(bytes_is(rows.published[0].node->name, "n1"));
    assert_true(bytes_is(rows.published[1].address, "own"));
    assert_int_equal(rows.published[2].address.n, 0); /* nobody registered that node */
    assert_null(rows.published[2].node);
}

static void checks_of_node_and_instance_count_and_those_of_others_do_not(void **state)
{
    struct stand *s = *state;
    publish(s, &web, "n1", "a", at("h1", "n1"));
    publish(s, &web, "n1", "b", at("h2", "n1"));
    publish(s, &web, "n2", "a", at("h3", "n2"));
    put_check(s, "n1", "", "serfHealth", STATUS_SUSPECT);
    put_check(s, "n1", "a", "tcp", STATUS_DOWN);
    put_check(s, "n1", "b", "tcp", STATUS_UP);
    put_check(s, "n1", "ab", "tcp", STATUS_DOWN);
    struct service_rows rows = rows_of(s, &web);
    assert_int_equal(rows.published[0].checks, STATUS_DOWN);
    assert_int_equal(rows.published[1].checks, STATUS_SUSPECT);
    assert_int_equal(rows.published[2].checks, STATUS_UP);
}

static void node_that_is_not_registered_may_have_checks(void **state)
{
    struct stand *s = *state;
    publish(s, &web, "n1", "a", at("h1", "n1"));
    put_check(s, "N1", "", "serfHealth", STATUS_DOWN);
    assert_int_equal(rows_of(s, &web).published[0].checks, STATUS_DOWN);
}

static void checks_are_listed_by_node_and_instance(void **state)
{
    struct stand *s = *state;
    struct checks checks;
    put_check(s, "n1", "", "b", STATUS_UP);
    put_check(s, "n1", "", "a", STATUS_SUSPECT);
    put_check(s, "n1", "web", "c", STATUS_DOWN);
    assert_int_equal(
        checks_read(s->view, web.ns, bytes_str("n1"), bytes_str(""), &s->arena, &checks), OK);
    assert_int_equal(checks.n, 2);
    assert_true(bytes_is(checks.all[0].id, "a"));
    assert_int_equal(checks_worst(&checks), STATUS_SUSPECT);
    assert_int_equal(
        checks_read(s->view, web.ns, bytes_str("n1"), bytes_str("WEB"), &s->arena, &checks), OK);
    assert_int_equal(checks.n, 1);
    assert_int_equal(checks_worst(&checks), STATUS_DOWN);
}

static void overlays_come_with_their_places_and_lie_over_the_instances(void **state)
{
    struct stand *s = *state;
    static const char *const hosts[] = { "h", "Ha", "hab" };
    for (size_t i = 0; i < 3; i++) {
        char part[2] = { (char)('a' + i) };
        struct overlay o = { .has = OVERLAY_WEIGHT, .weight = (uint32_t)i };
        publish(s, &web, "n1", part, at(hosts[i], ""));
        overlay_key(&web, bytes_str(hosts[i]), 80, (struct bytes){ 0 }, &key);
        overlay_write(&o, &row);
        put_row(s);
    }
    struct service_rows rows = rows_of(s, &web);
    assert_int_equal(rows.overlay_n, 3);
    assert_true(bytes_is(rows.overlays[1].address, "ha"));
    assert_int_equal(rows.overlays[1].port, 80);
    struct instances list = instances_merge(&rows, &s->arena);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(list.all[i].weight, i);
}

static void definition_of_a_service_is_read(void **state)
{
    struct stand *s = *state;
    struct service definition = { .protect_threshold = 5000 }, back;
    assert_int_equal(service_definition_read(s->view, &web, &s->arena, &back), ERR_NOT_FOUND);
    service_key(&web, &key);
    service_write(&definition, &row);
    put_row(s);
    assert_int_equal(service_definition_read(s->view, &web, &s->arena, &back), OK);
    assert_int_equal(back.protect_threshold, 5000);
}

static void row_that_nobody_may_write_is_damage(void **state)
{
    struct stand *s = *state;
    struct service_rows rows;
    struct owner o = { .face = FACE_CONSUL, .name = bytes_str("n1") };
    publication_key(&web, &o, &key);
    buf_put_str(&row, "\1garbage");
    put_row(s);
    assert_int_equal(service_rows_read(s->view, &web, &s->arena, &rows), ERR_DAMAGED);
}

static void row_of_a_newer_build_is_not_guessed_at(void **state)
{
    struct stand *s = *state;
    struct service_rows rows;
    struct owner o = { .face = FACE_CONSUL, .name = bytes_str("n1") };
    publication_key(&web, &o, &key);
    buf_put_str(&row, "\2");
    put_row(s);
    assert_int_equal(service_rows_read(s->view, &web, &s->arena, &rows), ERR_VERSION);
}

static int set_up(void **state)
{
    buf_init(&key, 1 << 20);
    buf_init(&row, 1 << 20);
    return stand_set_up(state);
}

static int tear_down(void **state)
{
    buf_fini(&key);
    buf_fini(&row);
    return stand_tear_down(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(service_of_which_nothing_is_known_has_no_rows),
        TEST(publications_of_the_service_alone_are_read_in_order),
        TEST(long_publication_is_put_together_again),
        TEST(node_gives_its_address_to_those_without_one),
        TEST(checks_of_node_and_instance_count_and_those_of_others_do_not),
        TEST(node_that_is_not_registered_may_have_checks),
        TEST(checks_are_listed_by_node_and_instance),
        TEST(overlays_come_with_their_places_and_lie_over_the_instances),
        TEST(definition_of_a_service_is_read),
        TEST(row_that_nobody_may_write_is_damage),
        TEST(row_of_a_newer_build_is_not_guessed_at),
    };
    return cmocka_run_group_tests_name("read", tests, NULL, NULL);
}

/* Effective state, merging, what a face lists, protection. */
#include "catalog/instance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "catalog/service.h"

static struct arena arena;
static struct published all[8];
static struct overlaid overlays[4];
static struct service_rows rows;

/* A living publication of FACE that says UP, spoken at its place. */
static struct published *publish(enum face face, const char *id, const char *address, uint16_t port)
{
    struct published *p = &all[rows.published_n];
    *p = (struct published){ .owner = { .face = face, .name = bytes_str("o") },
                             .address = bytes_str(address),
                             .said = { .enabled = true,
                                       .spoke = rows.published_n + 1,
                                       .id = bytes_str(id),
                                       .address = bytes_str(address),
                                       .port = port,
                                       .weight = WEIGHT_ONE } };
    rows.published_n++;
    return p;
}

static struct overlay *lay_over(const char *address, uint16_t port)
{
    struct overlaid *o = &overlays[rows.overlay_n++];
    *o = (struct overlaid){ .address = bytes_str(address), .port = port };
    return &o->overlay;
}

static struct instances merged(void)
{
    return instances_merge(&rows, &arena);
}

/* The ids that FACE lists, each followed by a space. */
static void assert_listed(enum face face, const char *expected)
{
    struct instances list = instances_listed(face, &rows, &arena);
    struct buf b;
    buf_init(&b, 1024);
    for (size_t i = 0; i < list.n; i++) {
        buf_put_bytes(&b, list.all[i].from->said.id);
        buf_put_str(&b, " ");
    }
    buf_put_u8(&b, 0);
    assert_string_equal((const char *)b.p, expected);
    buf_fini(&b);
}

/* -- state ------------------------------------------------------------------------------------ */

static enum status status_of(enum lease_stage stage, enum status reported, enum status checks)
{
    struct state_inputs in = {
        .stage = stage, .reported = reported, .enabled = true, .checks = checks
    };
    return effective_state(&in).status;
}

static void worst_of_lease_report_and_checks_counts(void **state)
{
    static const enum status of_stage[] = { STATUS_UP, STATUS_SUSPECT, STATUS_DOWN };
    for (int stage = LEASE_LIVE; stage <= LEASE_DOWN; stage++)
        for (int said = STATUS_UP; said < STATUSES; said++)
            for (int checks = STATUS_UP; checks <= STATUS_DOWN; checks++) {
                enum status expected = of_stage[stage];
                if (said > (int)expected)
                    expected = (enum status)said;
                if (checks > (int)expected)
                    expected = (enum status)checks;
                if (said == STATUS_OUT_OF_SERVICE)
                    expected = STATUS_OUT_OF_SERVICE;
                assert_int_equal(
                    status_of((enum lease_stage)stage, (enum status)said, (enum status)checks),
                    expected);
            }
}

static void what_an_operator_disabled_stays_so_when_beats_stop_and_return(void **state)
{
    struct overlay off = { .has = OVERLAY_ENABLED };
    struct state_inputs in = { .enabled = true, .overlay = &off };
    static const enum lease_stage course[] = { LEASE_LIVE, LEASE_SUSPECT, LEASE_DOWN, LEASE_LIVE };
    for (size_t i = 0; i < ARRAY_LEN(course); i++) {
        in.stage = course[i];
        struct effective is = effective_state(&in);
        assert_int_equal(is.status, STATUS_OUT_OF_SERVICE);
        assert_false(is.enabled);
        assert_int_equal(is.healthy, course[i] != LEASE_DOWN);
    }
}

static void operator_may_enable_what_its_owner_disabled(void **state)
{
    struct overlay on = { .has = OVERLAY_ENABLED, .enabled = true };
    struct state_inputs in = { .enabled = false };
    assert_int_equal(effective_state(&in).status, STATUS_OUT_OF_SERVICE);
    in.overlay = &on;
    assert_int_equal(effective_state(&in).status, STATUS_UP);
}

static void overlay_status_takes_the_place_of_a_good_report_only(void **state)
{
    struct overlay over = { .has = OVERLAY_STATUS, .status = STATUS_OUT_OF_SERVICE };
    struct state_inputs in = { .enabled = true, .reported = STATUS_UP, .overlay = &over };
    assert_int_equal(effective_state(&in).status, STATUS_OUT_OF_SERVICE);
    over.status = STATUS_UP;
    in.reported = STATUS_OUT_OF_SERVICE;
    assert_int_equal(effective_state(&in).status, STATUS_UP);
    static const enum status believed[] = { STATUS_STARTING, STATUS_DOWN, STATUS_UNKNOWN };
    for (size_t i = 0; i < ARRAY_LEN(believed); i++) {
        in.reported = believed[i];
        assert_int_equal(effective_state(&in).status, believed[i]);
    }
}

static void overlay_status_does_not_raise_the_dead(void **state)
{
    struct overlay over = { .has = OVERLAY_STATUS, .status = STATUS_UP };
    struct state_inputs in = { .enabled = true, .stage = LEASE_DOWN, .overlay = &over };
    assert_int_equal(effective_state(&in).status, STATUS_DOWN);
}

static void only_up_and_suspect_are_healthy(void **state)
{
    for (int said = STATUS_UP; said < STATUSES; said++) {
        struct state_inputs in = { .enabled = true, .reported = (enum status)said };
        bool expected = said <= STATUS_SUSPECT || said == STATUS_OUT_OF_SERVICE;
        assert_int_equal(effective_state(&in).healthy, expected);
    }
}

/* -- merging ---------------------------------------------------------------------------------- */

static void newest_publication_of_an_address_is_the_instance(void **state)
{
    publish(FACE_NACOS, "old", "h", 80);
    publish(FACE_CONSUL, "new", "H", 80);
    struct instances list = merged();
    assert_int_equal(list.n, 1);
    assert_ptr_equal(list.all[0].from, &all[1]);
    all[0].said.spoke = 9;
    list = merged();
    assert_ptr_equal(list.all[0].from, &all[0]);
}

static void publication_whose_lease_is_down_gives_way(void **state)
{
    publish(FACE_NACOS, "old", "h", 80);
    publish(FACE_NACOS, "new", "h", 80)->said.stage = LEASE_DOWN;
    assert_ptr_equal(merged().all[0].from, &all[0]);
    all[0].said.stage = LEASE_DOWN;
    assert_ptr_equal(merged().all[0].from, &all[1]);
}

static void another_port_or_cluster_is_another_instance(void **state)
{
    publish(FACE_NACOS, "a", "h", 80);
    publish(FACE_NACOS, "b", "h", 81);
    publish(FACE_NACOS, "c", "h", 80)->said.cluster = bytes_str("east");
    publish(FACE_NACOS, "d", "h", 80)->said.cluster = bytes_str("DEFAULT");
    struct instances list = merged();
    assert_int_equal(list.n, 3);
    assert_ptr_equal(list.all[0].from, &all[1]);
    assert_ptr_equal(list.all[2].from, &all[3]); /* the default cluster, whether named or not */
}

static void publications_without_a_port_are_instances_of_their_own(void **state)
{
    publish(FACE_CONSUL, "a", "h", 0);
    publish(FACE_CONSUL, "b", "h", 0);
    assert_int_equal(merged().n, 2);
}

static void instances_without_an_address_are_at_their_nodes(void **state)
{
    publish(FACE_CONSUL, "a", "", 80)->said.node = bytes_str("n1");
    publish(FACE_CONSUL, "b", "", 80)->said.node = bytes_str("n2");
    publish(FACE_CONSUL, "c", "", 80)->said.node = bytes_str("N1");
    struct instances list = merged();
    assert_int_equal(list.n, 2);
    assert_ptr_equal(list.all[1].from, &all[2]);
}

static void address_of_the_node_makes_one_with_the_same_address_elsewhere(void **state)
{
    struct published *at_node = publish(FACE_CONSUL, "a", "", 80);
    at_node->said.node = bytes_str("n1");
    publish(FACE_NACOS, "b", "10.0.0.1", 80);
    assert_int_equal(merged().n, 2);
    at_node->address = bytes_str("10.0.0.1"); /* its node has been registered */
    assert_int_equal(merged().n, 1);
    assert_listed(FACE_CONSUL, "a ");
}

static void overlay_changes_what_it_names_and_nothing_else(void **state)
{
    struct label own[] = { { bytes_str("a"), bytes_str("1") }, { bytes_str("b"), bytes_str("1") } };
    struct label over[] = { { bytes_str("b"), bytes_str("2") } };
    publish(FACE_NACOS, "a", "h", 80)->said.metadata = (struct labels){ own, 2 };
    struct overlay *o = lay_over("H", 80);
    *o = (struct overlay){ .has = OVERLAY_METADATA, .metadata = { over, 1 } };
    struct instance i = merged().all[0];
    assert_int_equal(i.weight, WEIGHT_ONE);
    assert_int_equal(i.is.status, STATUS_UP);
    assert_true(bytes_is(*labels_find(&i.metadata, bytes_str("a")), "1"));
    assert_true(bytes_is(*labels_find(&i.metadata, bytes_str("b")), "2"));
    *o = (struct overlay){ .has = OVERLAY_WEIGHT, .weight = 0 };
    i = merged().all[0];
    assert_int_equal(i.weight, 0);
    assert_int_equal(i.metadata.n, 2);
}

static void overlay_is_laid_over_its_own_address_only(void **state)
{
    static const char *const hosts[] = { "a", "b", "c" };
    for (size_t i = 0; i < 3; i++) {
        publish(FACE_NACOS, hosts[i], hosts[i], 80);
        *lay_over(hosts[i], 80) =
            (struct overlay){ .has = OVERLAY_WEIGHT, .weight = (uint32_t)i + 1 };
    }
    publish(FACE_NACOS, "d", "b", 81);
    publish(FACE_NACOS, "e", "b", 80)->said.cluster = bytes_str("east");
    struct instances list = merged();
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(list.all[i].weight, i + 1);
    assert_int_equal(list.all[3].weight, WEIGHT_ONE);
    assert_int_equal(list.all[4].weight, WEIGHT_ONE);
}

/* -- what a face lists ------------------------------------------------------------------------ */

static void face_lists_its_own_one_by_one(void **state)
{
    publish(FACE_CONSUL, "a", "h", 80);
    publish(FACE_CONSUL, "b", "h", 80);
    assert_listed(FACE_CONSUL, "a b ");
    assert_listed(FACE_NACOS, "b ");
}

static void own_publications_of_one_id_and_address_are_one(void **state)
{
    publish(FACE_NACOS, "x", "h", 80)->owner.name = bytes_str("c1");
    publish(FACE_NACOS, "x", "h", 80)->owner.name = bytes_str("c2");
    assert_listed(FACE_NACOS, "x ");
    all[1].said.node = bytes_str("n2");
    assert_listed(FACE_NACOS, "x x ");
}

static void process_registered_in_two_protocols_is_one_instance(void **state)
{
    publish(FACE_CONSUL, "c", "h", 80);
    publish(FACE_NACOS, "n", "H", 80)->said.cluster = bytes_str("east");
    publish(FACE_EUREKA, "e", "h", 80);
    assert_listed(FACE_CONSUL, "c ");
    assert_listed(FACE_NACOS, "n ");
    assert_listed(FACE_ETCD, "e ");
}

static void foreign_instances_come_once_and_after_the_own(void **state)
{
    publish(FACE_CONSUL, "c1", "h1", 80);
    publish(FACE_NACOS, "n2", "h2", 80);
    publish(FACE_EUREKA, "e2", "h2", 80);
    publish(FACE_NACOS, "n3", "h3", 80);
    assert_listed(FACE_CONSUL, "c1 e2 n3 ");
    assert_listed(FACE_NACOS, "n2 n3 c1 ");
    assert_listed(FACE_DNS, "c1 e2 n3 ");
}

static void foreign_instances_without_a_port_are_all_listed(void **state)
{
    publish(FACE_CONSUL, "c", "h", 0);
    publish(FACE_NACOS, "n", "h", 0);
    publish(FACE_NACOS, "m", "h", 0);
    assert_listed(FACE_CONSUL, "c n m ");
}

/* -- protection ------------------------------------------------------------------------------- */

static void protection_begins_at_the_threshold(void **state)
{
    struct service half = { .protect_threshold = THRESHOLD_ONE / 2 };
    for (uint16_t i = 0; i < 4; i++)
        publish(FACE_NACOS, "x", "h", 80 + i);
    all[0].said.reported = STATUS_DOWN;
    struct instances list = merged();
    assert_false(instances_are_protected(&list, &half));
    all[1].said.reported = STATUS_DOWN;
    list = merged();
    assert_true(instances_are_protected(&list, &half));
    assert_false(instances_are_protected(&list, NULL));
}

static void threshold_of_nothing_protects_when_none_is_healthy(void **state)
{
    struct service nothing = { 0 };
    publish(FACE_NACOS, "x", "h", 80);
    struct instances list = merged();
    assert_false(instances_are_protected(&list, &nothing));
    all[0].said.reported = STATUS_DOWN;
    list = merged();
    assert_true(instances_are_protected(&list, &nothing));
}

static void disabled_instances_do_not_count_for_protection(void **state)
{
    struct service half = { .protect_threshold = THRESHOLD_ONE / 2 };
    publish(FACE_NACOS, "a", "h", 80);
    publish(FACE_NACOS, "b", "h", 81)->said.reported = STATUS_DOWN;
    struct instances list = merged();
    assert_true(instances_are_protected(&list, &half));
    all[1].said.enabled = false;
    list = merged();
    assert_false(instances_are_protected(&list, &half));
    all[0].said.enabled = false;
    list = merged();
    assert_false(instances_are_protected(&list, &half));
}

static int set_up(void **state)
{
    arena_init(&arena, 0);
    rows = (struct service_rows){ .published = all, .overlays = overlays };
    return 0;
}

static int tear_down(void **state)
{
    arena_fini(&arena);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(worst_of_lease_report_and_checks_counts),
        TEST(what_an_operator_disabled_stays_so_when_beats_stop_and_return),
        TEST(operator_may_enable_what_its_owner_disabled),
        TEST(overlay_status_takes_the_place_of_a_good_report_only),
        TEST(overlay_status_does_not_raise_the_dead),
        TEST(only_up_and_suspect_are_healthy),
        TEST(newest_publication_of_an_address_is_the_instance),
        TEST(publication_whose_lease_is_down_gives_way),
        TEST(another_port_or_cluster_is_another_instance),
        TEST(publications_without_a_port_are_instances_of_their_own),
        TEST(instances_without_an_address_are_at_their_nodes),
        TEST(address_of_the_node_makes_one_with_the_same_address_elsewhere),
        TEST(overlay_changes_what_it_names_and_nothing_else),
        TEST(overlay_is_laid_over_its_own_address_only),
        TEST(face_lists_its_own_one_by_one),
        TEST(own_publications_of_one_id_and_address_are_one),
        TEST(process_registered_in_two_protocols_is_one_instance),
        TEST(foreign_instances_come_once_and_after_the_own),
        TEST(foreign_instances_without_a_port_are_all_listed),
        TEST(protection_begins_at_the_threshold),
        TEST(threshold_of_nothing_protects_when_none_is_healthy),
        TEST(disabled_instances_do_not_count_for_protection),
    };
    return cmocka_run_group_tests_name("instance", tests, NULL, NULL);
}

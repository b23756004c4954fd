/* A toy kind of command, as an upper folder brings one: "enrol" registers a name in CATALOG, keeps
 * a list of all names in one row, and is refused for a name that is there. */
#include "store/apply_context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/store/stand.h"

enum { COMMAND_ENROL = COMMAND_KIND_UPPER, COMMAND_STRIKE };

struct enrolled {
    uint64_t revision, age_ms;
    const char *by;
};

static bool is_enrolled(struct apply_context *apply, struct bytes name, struct arena *a)
{
    struct kv kv;
    return range_get(apply_view(apply), SPACE_CATALOG, name, 0, a, &kv) == OK;
}

static enum err check_enrol(void *ctx, struct apply_context *apply, struct bytes body,
                            struct arena *a, void **ret_plan)
{
    struct lease lease;
    struct bytes *plan = arena_zalloc(a, 1, sizeof *plan);
    *plan = body;
    *ret_plan = plan;
    if (body.n < 2)
        return ERR_MALFORMED;
    if (body.p[0] != 0 && lease_get(apply_view(apply), FACE_NONE, body.p[0], &lease) != OK)
        return ERR_LEASE_NOT_FOUND;
    return is_enrolled(apply, bytes_skip(body, 1), a) ? ERR_EXISTS : OK;
}

static enum err add_to_list(struct apply_context *apply, struct bytes name, struct arena *a)
{
    struct kv kv = { .value = { .p = (const uint8_t *)"" } };
    struct buf list;
    enum err e = range_get(apply_view(apply), SPACE_CATALOG, bytes_str("/all"), 0, a, &kv);
    buf_init(&list, 1 << 16);
    if (e == OK)
        e = value_append(apply_view(apply), &kv.value, &list);
    if (e == OK || e == ERR_KEY_NOT_FOUND) {
        buf_put_bytes(&list, name);
        buf_put_str(&list, ",");
        e = apply_put(apply, SPACE_CATALOG, bytes_str("/all"), buf_bytes(&list), 0);
    }
    buf_fini(&list);
    return e;
}

static enum err run_enrol(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                          bool *ret_done)
{
    const struct bytes *body = plan;
    struct arena *a = apply_result_arena(apply);
    struct bytes name = bytes_skip(*body, 1);
    *ret_done = true;
    struct enrolled *r = arena_zalloc(a, 1, sizeof *r);
    enum err e = apply_put(apply, SPACE_CATALOG, name, bytes_str("here"), body->p[0]);
    if (e == OK)
        e = add_to_list(apply, name, a);
    r->revision = apply_revision(apply);
    r->age_ms = apply_age_ms(apply);
    r->by = arena_str(a, apply_command_origin(apply)->principal);
    apply_give_result(apply, r);
    return e;
}

static enum err check_strike(void *ctx, struct apply_context *apply, struct bytes body,
                             struct arena *a, void **ret_plan)
{
    struct bytes *plan = arena_zalloc(a, 1, sizeof *plan);
    *plan = body;
    *ret_plan = plan;
    return is_enrolled(apply, body, a) ? OK : ERR_NOT_FOUND;
}

static enum err run_strike(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                           bool *ret_done)
{
    const struct bytes *body = plan;
    *ret_done = true;
    return apply_remove(apply, SPACE_CATALOG, *body);
}

static const struct command_kind_row kinds[] = {
    { (enum command_kind)COMMAND_ENROL, "enrol", check_enrol, run_enrol },
    { (enum command_kind)COMMAND_STRIKE, "strike", check_strike, run_strike },
};

static int set_up(void **state)
{
    stand_set_up(state);
    struct stand *s = *state;
    s->options.kinds = kinds;
    s->options.kind_n = 2;
    stand_reopen(s);
    return 0;
}

static const struct command_result *enrol(struct stand *s, char lease, const char *name)
{
    uint8_t body[32] = { (uint8_t)lease };
    memcpy(body + 1, name, strlen(name));
    entries_command(&s->entries, (enum command_kind)COMMAND_ENROL,
                    bytes_of(body, 1 + strlen(name)));
    return stand_apply(s);
}

static const char *catalog_value(struct stand *s, const char *key)
{
    struct kv kv;
    enum err e = range_get(s->view, SPACE_CATALOG, bytes_str(key), 0, &s->arena, &kv);
    return e == OK ? arena_str(&s->arena, bytes_of(kv.value.p, kv.value.n)) : "";
}

/* -- claims ----------------------------------------------------------------------------------- */

static void all_rows_of_a_command_share_one_revision(void **state)
{
    struct stand *s = *state;
    struct kv a, all;
    assert_int_equal(enrol(s, 0, "anna")->revision, 2);
    assert_int_equal(range_get(s->view, SPACE_CATALOG, bytes_str("anna"), 0, &s->arena, &a), OK);
    assert_int_equal(range_get(s->view, SPACE_CATALOG, bytes_str("/all"), 0, &s->arena, &all), OK);
    assert_int_equal(a.mod, 2);
    assert_int_equal(all.mod, 2);
}

static void check_refuses_and_nothing_is_written(void **state)
{
    struct stand *s = *state;
    enrol(s, 0, "anna");
    const struct command_result *r = enrol(s, 0, "anna");
    assert_int_equal(r->err, ERR_EXISTS);
    assert_int_equal(r->revision, 2);
    assert_string_equal(catalog_value(s, "/all"), "anna,");
}

static void command_sees_what_the_one_before_it_in_the_entry_did(void **state)
{
    struct stand *s = *state;
    entries_command(&s->entries, (enum command_kind)COMMAND_ENROL, bytes_of("\0anna", 5));
    entries_command(&s->entries, (enum command_kind)COMMAND_ENROL, bytes_of("\0anna", 5));
    const struct command_result *r = stand_apply(s);
    assert_int_equal(r[0].err, OK);
    assert_int_equal(r[1].err, ERR_EXISTS);
}

static void reads_see_what_the_command_wrote_already(void **state)
{
    struct stand *s = *state;
    enrol(s, 0, "anna");
    enrol(s, 0, "bert");
    assert_string_equal(catalog_value(s, "/all"), "anna,bert,");
}

static void what_run_gives_is_in_the_result(void **state)
{
    struct stand *s = *state;
    s->entries.origin.principal = bytes_str("carl");
    const struct enrolled *r = enrol(s, 0, "anna")->upper;
    assert_int_equal(r->revision, 2);
    assert_int_equal(r->age_ms, 0);
    assert_string_equal(r->by, "carl");
}

static void row_put_with_a_lease_goes_with_it(void **state)
{
    struct stand *s = *state;
    assert_int_equal(enrol(s, 7, "anna")->err, ERR_LEASE_NOT_FOUND);
    stand_grant(s, 7, FACE_NACOS);
    assert_int_equal(enrol(s, 7, "anna")->err, OK);
    entries_revoke(&s->entries, 7, FACE_NACOS);
    assert_int_equal(stand_apply(s)->removed, 1);
    assert_string_equal(catalog_value(s, "anna"), "");
}

static void removal_is_a_change_of_its_own_revision(void **state)
{
    struct stand *s = *state;
    enrol(s, 0, "anna");
    store_want_events(s->store, SPACE_CATALOG, true);
    entries_command(&s->entries, (enum command_kind)COMMAND_STRIKE, bytes_str("anna"));
    assert_int_equal(stand_apply(s)->revision, 3);
    assert_int_equal(s->effects->batch->event_n, 1);
    assert_int_equal(s->effects->batch->events[0].event.kind, EVENT_DELETE);
}

static void store_without_the_kind_refuses_the_entry(void **state)
{
    struct stand *s = *state;
    struct apply *a;
    s->options.kind_n = 1;
    stand_reopen(s);
    entries_command(&s->entries, (enum command_kind)COMMAND_STRIKE, bytes_str("anna"));
    struct bytes payload = entries_finish(&s->entries, (struct entry_time){ 0 });
    assert_int_equal(store_apply_begin(s->store, 1, 1, payload, &a), ERR_RULES);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_rows_of_a_command_share_one_revision),
        TEST(check_refuses_and_nothing_is_written),
        TEST(command_sees_what_the_one_before_it_in_the_entry_did),
        TEST(reads_see_what_the_command_wrote_already),
        TEST(what_run_gives_is_in_the_result),
        TEST(row_put_with_a_lease_goes_with_it),
        TEST(removal_is_a_change_of_its_own_revision),
        TEST(store_without_the_kind_refuses_the_entry),
    };
    return cmocka_run_group_tests_name("apply_context", tests, NULL, NULL);
}

/* The view file: opened, refused, counted. */
#include "store/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/view.h"
#include "test/lib/tempdir.h"
#include "test/unit/store/stand.h"

static struct store_space space_of(struct stand *s)
{
    struct store_space space;
    store_space(s->store, &space);
    return space;
}

static void folder_that_is_not_there_is_refused_with_its_name(void **state)
{
    struct store_options options = { .dir = "/nowhere/at/all", .map_bytes = 1 << 30 };
    struct store *store;
    struct why why = { "" };
    assert_int_equal(store_open(&options, &why, &store), ERR_IO);
    assert_non_null(strstr(why.text, "/nowhere/at/all"));
}

static void file_that_is_no_view_is_refused(void **state)
{
    struct stand *s = *state;
    char dir[512], path[600];
    struct store *store;
    struct why why = { "" };
    snprintf(dir, sizeof dir, "%s", s->dir);
    snprintf(path, sizeof path, "%s/view.mdb", dir);
    view_close(s->view);
    store_close(s->store);
    s->view = NULL;
    s->store = NULL;
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    for (int i = 0; i < 20000; i++)
        fputs("rubbish", f);
    fclose(f);
    enum err e = store_open(&s->options, &why, &store);
    assert_true(e == ERR_DAMAGED || e == ERR_VERSION);
    assert_true(why.text[0] != 0);
}

static void counters_survive_a_restart(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    stand_compact(s, SPACE_ETCD, 1);
    stand_reopen(s);
    assert_int_equal(view_revision(s->view), 2);
    assert_int_equal(view_applied_index(s->view), 2);
    assert_int_equal(view_applied_term(s->view), 2);
    assert_int_equal(view_compacted(s->view, SPACE_ETCD), 1);
    assert_true(view_wall_ms(s->view) == 1700000001000);
    assert_int_equal(view_age_ms(s->view), 1000);
}

static void age_never_goes_back(void **state)
{
    struct stand *s = *state;
    struct effects *effects;
    stand_put(s, "a", "1");
    stand_put(s, "a", "2");
    entries_put(&s->entries, SPACE_ETCD, bytes_str("a"), bytes_str("3"), 0);
    struct bytes payload = entries_finish(&s->entries, (struct entry_time){ .age_ms = 1 });
    assert_int_equal(store_apply(s->store, 3, 2, payload, &effects), OK);
    effects_unref(effects);
    assert_int_equal(view_renew(s->view), OK);
    assert_int_equal(view_age_ms(s->view), 1000);
}

static void living_keys_are_counted(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    stand_put(s, "a", "2");
    stand_put(s, "b", "1");
    stand_remove(s, "a", NULL);
    assert_int_equal(space_of(s).keys[SPACE_ETCD], 1);
    assert_int_equal(space_of(s).keys[SPACE_CATALOG], 0);
}

static void etcd_bytes_grow_with_etcd_s_rows_only(void **state)
{
    struct stand *s = *state;
    char *value = arena_zalloc(&s->arena, 1, 100001);
    memset(value, 'v', 100000);
    entries_put(&s->entries, SPACE_CONSUL_KV, bytes_str("a"), bytes_str(value), 0);
    stand_apply(s);
    assert_int_equal(space_of(s).etcd_bytes, 0);
    assert_true(space_of(s).used_bytes > 100000);
    stand_put(s, "a", value);
    assert_in_range(space_of(s).etcd_bytes, 100000, 120000);
    assert_true(space_of(s).file_bytes >= space_of(s).used_bytes);
}

static void swept_pages_are_used_no_more(void **state)
{
    struct stand *s = *state;
    char *value = arena_zalloc(&s->arena, 1, 100001);
    memset(value, 'v', 100000);
    stand_put(s, "a", value);
    stand_put(s, "a", "short");
    stand_compact(s, SPACE_ETCD, 3);
    stand_sweep(s);
    assert_true(space_of(s).etcd_bytes < 20000);
}

static void figures_are_there_after_a_restart(void **state)
{
    struct stand *s = *state;
    stand_put(s, "a", "1");
    struct store_space before = space_of(s);
    stand_reopen(s);
    assert_int_equal(space_of(s).keys[SPACE_ETCD], 1);
    assert_true(space_of(s).etcd_bytes == before.etcd_bytes);
}

static void identity_waits_for_an_open_apply(void **state)
{
    struct stand *s = *state;
    struct apply *a;
    assert_int_equal(store_apply_begin(s->store, 1, 1, (struct bytes){ 0 }, &a), OK);
    assert_int_equal(store_set_identity(s->store, bytes_str("me")), ERR_INVALID);
    store_apply_abort(a);
    assert_int_equal(store_set_identity(s->store, bytes_str("me")), OK);
}

static void too_many_views_are_busy(void **state)
{
    enum { MOST = 4 };
    char *dir = tempdir_new(); /* the table of readers is made with the file */
    struct store_options options = { .dir = dir, .map_bytes = 1 << 30, .reader_max = MOST };
    struct store *store;
    struct view *views[MOST], *refused;
    struct why why;
    assert_int_equal(store_open(&options, &why, &store), OK);
    for (int i = 0; i < MOST; i++)
        assert_int_equal(view_open(store, &views[i]), OK);
    assert_int_equal(view_open(store, &refused), ERR_BUSY);
    for (int i = 0; i < MOST; i++)
        view_close(views[i]);
    store_close(store);
    tempdir_free(dir);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(folder_that_is_not_there_is_refused_with_its_name),
        TEST(file_that_is_no_view_is_refused),
        TEST(counters_survive_a_restart),
        TEST(age_never_goes_back),
        TEST(living_keys_are_counted),
        TEST(etcd_bytes_grow_with_etcd_s_rows_only),
        TEST(swept_pages_are_used_no_more),
        TEST(figures_are_there_after_a_restart),
        TEST(identity_waits_for_an_open_apply),
        TEST(too_many_views_are_busy),
    };
    return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}

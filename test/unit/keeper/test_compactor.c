/* When which space is compacted, on virtual cluster age. */
#include "keeper/compactor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/lib/entries.h"
#include "test/lib/tempdir.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

struct fixture {
    char *dir;
    struct store *store;
    struct compactor *compactor;
    uint64_t age_ms, revision;
    uint64_t asked[SPACES]; /* the last revision proposed; 0 = never */
    size_t asked_n[SPACES];
    uint64_t index; /* of the store's last entry */
    bool refuse;    /* proposals are lost */
};

static struct fixture fixture;

static void apply(struct fixture *f, unsigned spaces, uint64_t revisions)
{
    struct batch b = { .first = f->revision + 1,
                       .last = f->revision + revisions,
                       .spaces = spaces };
    for (size_t i = 0; i < SPACES; i++)
        b.compacted[i] = f->refuse ? 0 : f->asked[i];
    f->revision += revisions;
    compactor_applied(f->compactor, &b);
}

static void propose(void *ctx, enum space space, uint64_t revision)
{
    struct fixture *f = ctx;
    assert_true(revision > f->asked[space] || f->refuse);
    assert_true(revision <= f->revision);
    f->asked[space] = revision;
    f->asked_n[space]++;
}

static int setup(void **state)
{
    struct fixture *f = &fixture;
    struct why why = { 0 };
    *f = (struct fixture){ .dir = tempdir_new(), .revision = 1 };
    struct store_options options = { .dir = f->dir, .map_bytes = (uint64_t)256 << 20 };
    assert_int_equal(store_open(&options, &why, &f->store), OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    compactor_free(f->compactor);
    store_close(f->store);
    tempdir_free(f->dir);
    return 0;
}

static void start(struct fixture *f, struct keeper_options options)
{
    assert_int_equal(compactor_new(f->store, &options, propose, f, &f->compactor), OK);
}

/* MS of age in seconds; each writes once to SPACES_WRITTEN (0: nothing is written). */
static void pass(struct fixture *f, uint64_t ms, unsigned spaces_written)
{
    for (uint64_t end = f->age_ms + ms; f->age_ms < end; f->age_ms += SECOND) {
        compactor_tick(f->compactor, f->age_ms);
        apply(f, spaces_written, spaces_written != 0);
    }
}

static const struct keeper_options periodic_hour = { .mode = AUTO_COMPACTION_PERIODIC,
                                                     .retention_ms = HOUR };

static void nothing_is_compacted_before_one_retention(void **state)
{
    struct fixture *f = *state;
    start(f, periodic_hour);
    pass(f, HOUR, BIT(SPACE_ETCD));
    assert_int_equal(f->asked_n[SPACE_ETCD], 0);
}

static void periodic_keeps_one_retention_and_little_more(void **state)
{
    struct fixture *f = *state;
    start(f, periodic_hour);
    pass(f, 3 * HOUR + MINUTE, BIT(SPACE_ETCD));
    uint64_t kept = f->revision - f->asked[SPACE_ETCD]; /* one revision a second */
    assert_in_range(kept, HOUR / SECOND, 3600 + 360 + 61);
}

static void periodic_runs_once_a_period(void **state)
{
    struct fixture *f = *state;
    start(f, periodic_hour);
    pass(f, 5 * HOUR + MINUTE, BIT(SPACE_ETCD));
    assert_int_equal(f->asked_n[SPACE_ETCD], 5);
}

static void retention_above_an_hour_runs_every_hour(void **state)
{
    struct fixture *f = *state;
    start(f, (struct keeper_options){ .mode = AUTO_COMPACTION_PERIODIC, .retention_ms = 5 * HOUR });
    pass(f, 8 * HOUR + MINUTE, BIT(SPACE_ETCD));
    assert_int_equal(f->asked_n[SPACE_ETCD], 4);
    assert_in_range(f->revision - f->asked[SPACE_ETCD], 5 * 3600, 5 * 3600 + 360 + 61);
}

static void retention_of_months_still_has_its_samples(void **state)
{
    struct fixture *f = *state;
    start(f, (struct keeper_options){ .mode = AUTO_COMPACTION_PERIODIC,
                                      .retention_ms = (uint64_t)10 * DAY });
    pass(f, (uint64_t)11 * DAY, BIT(SPACE_ETCD));
    assert_in_range(f->revision - f->asked[SPACE_ETCD], 10 * 86400, 10 * 86400 + 7200 + 3600);
}

static void retention_of_none_never_compacts(void **state)
{
    struct fixture *f = *state;
    start(f, (struct keeper_options){ .mode = AUTO_COMPACTION_PERIODIC, .retention_ms = 0 });
    pass(f, 2 * DAY, BIT(SPACE_ETCD));
    assert_int_equal(f->asked_n[SPACE_ETCD], 0);
}

static void quiet_space_is_not_compacted_twice_to_one_revision(void **state)
{
    struct fixture *f = *state;
    start(f, periodic_hour);
    pass(f, MINUTE, BIT(SPACE_ETCD));
    pass(f, 10 * HOUR, 0);
    size_t asked_n = f->asked_n[SPACE_ETCD];
    assert_int_equal(f->asked[SPACE_ETCD], f->revision);
    pass(f, 10 * HOUR, 0);
    assert_int_equal(f->asked_n[SPACE_ETCD], asked_n);
}

static void lost_proposal_is_made_again(void **state)
{
    struct fixture *f = *state;
    f->refuse = true;
    start(f, periodic_hour);
    pass(f, HOUR + MINUTE, BIT(SPACE_ETCD));
    uint64_t first = f->asked[SPACE_ETCD];
    pass(f, HOUR, BIT(SPACE_ETCD));
    assert_true(first > 0 && f->asked[SPACE_ETCD] > first);
}

/* -- by revisions -------------------------------------------------------------------------------
 */

static struct keeper_options revisions(uint64_t n)
{
    return (struct keeper_options){ .mode = AUTO_COMPACTION_REVISION, .retention_revisions = n };
}

static void revision_mode_keeps_what_it_says_and_little_more(void **state)
{
    struct fixture *f = *state;
    start(f, revisions(1000));
    pass(f, 2 * HOUR, BIT(SPACE_ETCD));
    assert_true(f->asked[SPACE_ETCD] > 0);
    assert_in_range(f->revision - f->asked[SPACE_ETCD], 1000, 1000 + 330);
}

static void revision_mode_compacts_though_its_revisions_take_days(void **state)
{
    struct fixture *f = *state;
    start(f, revisions(100000));
    pass(f, 2 * DAY, BIT(SPACE_ETCD));
    assert_true(f->asked[SPACE_ETCD] > 0);
    assert_in_range(f->revision - f->asked[SPACE_ETCD], 100000, 101500);
}

static void other_faces_revisions_do_not_shorten_etcds_history(void **state)
{
    struct fixture *f = *state;
    start(f, revisions(1000));
    pass(f, 500 * SECOND, BIT(SPACE_ETCD));
    pass(f, 2 * HOUR, BIT(SPACE_CATALOG));
    assert_int_equal(f->asked_n[SPACE_ETCD], 0);
}

static void revision_mode_of_none_never_compacts(void **state)
{
    struct fixture *f = *state;
    start(f, revisions(0));
    pass(f, 2 * HOUR, BIT(SPACE_ETCD));
    assert_int_equal(f->asked_n[SPACE_ETCD], 0);
}

/* -- the other spaces, and by default ------------------------------------------------------------
 */

static void other_spaces_keep_a_day(void **state)
{
    struct fixture *f = *state;
    start(f, periodic_hour);
    pass(f, DAY, BIT(SPACE_CATALOG));
    assert_int_equal(f->asked_n[SPACE_CATALOG], 0);
    pass(f, 2 * HOUR, BIT(SPACE_CATALOG));
    assert_in_range(f->revision - f->asked[SPACE_CATALOG], 86400, 86400 + 3600 + 1000);
    assert_int_equal(f->asked[SPACE_CONFIG], f->asked[SPACE_CATALOG]);
}

static void system_is_left_alone(void **state)
{
    struct fixture *f = *state;
    start(f, periodic_hour);
    pass(f, 3 * DAY, BIT(SPACE_CATALOG));
    assert_int_equal(f->asked_n[SPACE_SYSTEM], 0);
}

static void default_keeps_a_day_of_etcd(void **state)
{
    struct fixture *f = *state;
    start(f, (struct keeper_options){ .mode = AUTO_COMPACTION_DEFAULT });
    pass(f, DAY, BIT(SPACE_ETCD));
    assert_int_equal(f->asked_n[SPACE_ETCD], 0);
    pass(f, 2 * HOUR, BIT(SPACE_ETCD));
    assert_in_range(f->revision - f->asked[SPACE_ETCD], 86400, 86400 + 3600 + 1000);
}

/* Applies what ENTRIES hold to the real store, whose figures grow or shrink by it. */
static void apply_real(struct fixture *f, struct entries *entries)
{
    struct effects *effects;
    struct bytes payload = entries_finish(entries, (struct entry_time){ 0 });
    f->index++;
    assert_int_equal(store_apply(f->store, f->index, 1, payload, &effects), OK);
    effects_unref(effects);
}

/* A hundred versions of one key, most of them history. */
static void fill_store(struct fixture *f)
{
    static uint8_t value[1500];
    struct entries e;
    entries_init(&e);
    for (size_t i = 0; i < 100; i++)
        entries_put(&e, SPACE_ETCD, bytes_str("k"), bytes_of(value, sizeof value), 0);
    apply_real(f, &e);
    entries_fini(&e);
    apply(f, BIT(SPACE_ETCD), 100);
}

static void compact_store(struct fixture *f, uint64_t revision)
{
    struct entries e;
    entries_init(&e);
    entries_compact(&e, SPACE_ETCD, revision);
    apply_real(f, &e);
    entries_fini(&e);
    apply(f, 0, 0);
}

static uint64_t etcd_bytes(struct fixture *f)
{
    struct store_space space;
    store_space(f->store, &space);
    return space.etcd_bytes;
}

static void default_goes_halfway_when_etcd_takes_half_its_quota(void **state)
{
    struct fixture *f = *state;
    start(f, (struct keeper_options){ .mode = AUTO_COMPACTION_DEFAULT, .quota_bytes = 200000 });
    fill_store(f);
    pass(f, 2 * SECOND, 0);
    assert_true(f->asked[SPACE_ETCD] >= f->revision / 2);
}

static void next_halving_waits_until_the_last_one_is_swept(void **state)
{
    struct fixture *f = *state;
    bool done = false;
    size_t seconds = 0;
    start(f, (struct keeper_options){ .mode = AUTO_COMPACTION_DEFAULT, .quota_bytes = 260000 });
    fill_store(f);
    pass(f, SECOND, 0);
    compact_store(f, f->asked[SPACE_ETCD]);
    for (; etcd_bytes(f) > 130000 && !done; seconds++) {
        assert_int_equal(store_sweep(f->store, 6, &done), OK);
        pass(f, SECOND, 0);
    }
    assert_true(seconds > 5);
    assert_false(done);
    assert_int_equal(f->asked_n[SPACE_ETCD], 1);
}

static void halving_goes_on_when_one_was_not_enough(void **state)
{
    struct fixture *f = *state;
    start(f, (struct keeper_options){ .mode = AUTO_COMPACTION_DEFAULT, .quota_bytes = 2000 });
    fill_store(f);
    pass(f, MINUTE, BIT(SPACE_CATALOG));
    assert_in_range(f->asked_n[SPACE_ETCD], 4, 12); /* once in five seconds */
}

static void users_own_policy_is_not_cut_short_by_the_quota(void **state)
{
    struct fixture *f = *state;
    struct keeper_options options = periodic_hour;
    options.quota_bytes = 200000;
    start(f, options);
    fill_store(f);
    pass(f, MINUTE, 0);
    assert_int_equal(f->asked_n[SPACE_ETCD], 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(nothing_is_compacted_before_one_retention),
        T(periodic_keeps_one_retention_and_little_more),
        T(periodic_runs_once_a_period),
        T(retention_above_an_hour_runs_every_hour),
        T(retention_of_months_still_has_its_samples),
        T(retention_of_none_never_compacts),
        T(quiet_space_is_not_compacted_twice_to_one_revision),
        T(lost_proposal_is_made_again),
        T(revision_mode_keeps_what_it_says_and_little_more),
        T(revision_mode_compacts_though_its_revisions_take_days),
        T(other_faces_revisions_do_not_shorten_etcds_history),
        T(revision_mode_of_none_never_compacts),
        T(other_spaces_keep_a_day),
        T(system_is_left_alone),
        T(default_keeps_a_day_of_etcd),
        T(default_goes_halfway_when_etcd_takes_half_its_quota),
        T(next_halving_waits_until_the_last_one_is_swept),
        T(halving_goes_on_when_one_was_not_enough),
        T(users_own_policy_is_not_cut_short_by_the_quota),
    };
    return cmocka_run_group_tests_name("compactor", tests, NULL, NULL);
}

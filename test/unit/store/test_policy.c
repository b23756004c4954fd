/* Commands that were checked at an older policy. */
#include "store/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/store/stand.h"

/* Somebody's rights change; the policy revision after it. */
static uint64_t change_policy(struct stand *s)
{
    uint64_t revision;
    s->entries.policy_mark = 0;
    entries_put(&s->entries, SPACE_SYSTEM, bytes_str(POLICY_KEY), bytes_str(""), 0);
    assert_int_equal(stand_apply(s)->err, OK);
    assert_int_equal(policy_revision(s->view, &revision), OK);
    return revision;
}

static enum err put_checked_at(struct stand *s, uint64_t mark)
{
    s->entries.policy_mark = mark;
    entries_put(&s->entries, SPACE_ETCD, bytes_str("a"), bytes_str("1"), 0);
    return stand_apply(s)->err;
}

static void policy_that_never_changed_is_0(void **state)
{
    uint64_t revision = 7;
    assert_int_equal(policy_revision(((struct stand *)*state)->view, &revision), OK);
    assert_int_equal(revision, 0);
}

static void policy_revision_is_the_systems_at_the_last_change(void **state)
{
    struct stand *s = *state;
    assert_int_equal(change_policy(s), 1);
    entries_put(&s->entries, SPACE_SYSTEM, bytes_str("other"), bytes_str(""), 0);
    stand_apply(s);
    assert_int_equal(change_policy(s), 3);
}

static void command_checked_before_the_change_is_refused_and_writes_nothing(void **state)
{
    struct stand *s = *state;
    uint64_t revision = change_policy(s), before = view_revision(s->view);
    assert_int_equal(put_checked_at(s, policy_mark(0)), ERR_CHECK_AGAIN);
    assert_int_equal(view_revision(s->view), before);
    assert_int_equal(put_checked_at(s, policy_mark(revision)), OK);
    change_policy(s);
    assert_int_equal(put_checked_at(s, policy_mark(revision)), ERR_CHECK_AGAIN);
}

static void command_that_nobody_had_to_be_asked_about_is_not_refused(void **state)
{
    struct stand *s = *state;
    change_policy(s);
    assert_int_equal(put_checked_at(s, 0), OK);
}

static void change_earlier_in_the_entry_counts(void **state)
{
    struct stand *s = *state;
    uint64_t revision = change_policy(s);
    s->entries.policy_mark = policy_mark(revision);
    entries_put(&s->entries, SPACE_SYSTEM, bytes_str(POLICY_KEY), bytes_str(""), 0);
    entries_put(&s->entries, SPACE_ETCD, bytes_str("a"), bytes_str("1"), 0);
    stand_apply(s);
    assert_int_equal(s->effects->results[0].err, OK);
    assert_int_equal(s->effects->results[1].err, ERR_CHECK_AGAIN);
}

static void entry_of_older_rules_is_applied_as_it_was(void **state)
{
    struct stand *s = *state;
    struct effects *effects;
    change_policy(s);
    s->entries.policy_mark = policy_mark(0);
    entries_put(&s->entries, SPACE_ETCD, bytes_str("a"), bytes_str("1"), 0);
    struct bytes payload = entries_finish(&s->entries, (struct entry_time){ .age_ms = 1 });
    ((uint8_t *)(uintptr_t)payload.p)[1] = RULES_POLICY - 1;
    assert_int_equal(store_apply(s->store, ++s->index, 2, payload, &effects), OK);
    assert_int_equal(effects->results[0].err, OK);
    effects_unref(effects);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stand_set_up, stand_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(policy_that_never_changed_is_0),
        TEST(policy_revision_is_the_systems_at_the_last_change),
        TEST(command_checked_before_the_change_is_refused_and_writes_nothing),
        TEST(command_that_nobody_had_to_be_asked_about_is_not_refused),
        TEST(change_earlier_in_the_entry_counts),
        TEST(entry_of_older_rules_is_applied_as_it_was),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}

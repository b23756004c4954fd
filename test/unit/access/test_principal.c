#include "access/principal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct access_question questions[] = {
    { .verb = ACCESS_READ, .kind = ACCESS_NODE, .name = { (const uint8_t *)"n", 1 } },
    { .verb = ACCESS_READ, .kind = ACCESS_KEY, .name = { (const uint8_t *)"k", 1 } },
    { .verb = ACCESS_WRITE, .kind = ACCESS_KEY, .name = { (const uint8_t *)"k", 1 } },
};

/* Reads everything, and no more. */
static void make_reader(struct principal *p, uint64_t expires_ms)
{
    const struct policy_set *set;
    const struct access_rule rules[] = {
        { .kind = ACCESS_NODE, .match = ACCESS_PREFIX, .grants = ACCESS_GRANT_READ },
        { .kind = ACCESS_KEY, .match = ACCESS_PREFIX, .grants = ACCESS_GRANT_READ },
    };
    assert_int_equal(policy_set_new(rules, 2, false, &set), OK);
    principal_init(p, bytes_str("reader"), set, expires_ms);
}

static void a_request_is_allowed_if_all_it_asks_is(void **state)
{
    struct principal p;
    struct access_refusal refusal = { 0 };
    make_reader(&p, 0);
    assert_int_equal(principal_check(&p, questions, 0, 1000, &refusal), OK);
    assert_int_equal(principal_check(&p, questions, 2, 1000, &refusal), OK);
    assert_int_equal(principal_check(&p, questions, 3, 1000, &refusal), ERR_DENIED);
    assert_int_equal(refusal.question, 2);
    assert_false(refusal.answer.is_allowed);
    assert_int_equal(refusal.answer.rule->kind, ACCESS_KEY);
    assert_int_equal(principal_check(&p, questions + 2, 1, 1000, NULL), ERR_DENIED);
    principal_fini(&p);
    assert_null(p.rules);
}

static void nobody_is_authenticated_from_the_moment_he_expires(void **state)
{
    struct principal p;
    make_reader(&p, 5000);
    assert_false(principal_has_expired(&p, 4999));
    assert_int_equal(principal_check(&p, questions, 1, 4999, NULL), OK);
    assert_true(principal_has_expired(&p, 5000));
    assert_int_equal(principal_check(&p, questions, 1, 5000, NULL), ERR_UNAUTHENTICATED);
    assert_int_equal(principal_check(&p, questions, 0, 5000, NULL), ERR_UNAUTHENTICATED);
    principal_fini(&p);
    make_reader(&p, 0);
    assert_false(principal_has_expired(&p, UINT64_MAX));
    principal_fini(&p);
}

static void a_token_lives_from_a_minute_to_a_day(void **state)
{
    enum { MINUTE = 60 * 1000, DAY = 24 * 60 * MINUTE };
    uint64_t expires = 7;
    assert_int_equal(token_expiry(MINUTE - 1, 1000, &expires), ERR_INVALID);
    assert_int_equal(token_expiry(DAY + 1, 1000, &expires), ERR_INVALID);
    assert_int_equal(token_expiry(MINUTE, UINT64_MAX, &expires), ERR_INVALID);
    assert_int_equal(expires, 7);
    assert_int_equal(token_expiry(MINUTE, 1000, &expires), OK);
    assert_int_equal(expires, MINUTE + 1000);
    assert_int_equal(token_expiry(DAY, 1000, &expires), OK);
    assert_int_equal(expires, DAY + 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_allowed_if_all_it_asks_is),
        cmocka_unit_test(nobody_is_authenticated_from_the_moment_he_expires),
        cmocka_unit_test(a_token_lives_from_a_minute_to_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

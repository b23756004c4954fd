#include "wire/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "test/lib/filter_row.h"

struct answer {
    const char *expression;
    bool is_so;
};

static void assert_answers(const struct answer *answers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_so = !answers[i].is_so;
        struct why why = { 0 };
        if (filter_row_ask(bytes_str(answers[i].expression), &is_so, &why) != OK)
            fail_msg("%s: %s", answers[i].expression, why.text);
        if (is_so != answers[i].is_so)
            fail_msg("%s is %d", answers[i].expression, is_so);
    }
}

static void strings_are_equal_hold_others_and_match(void **state)
{
    static const struct answer answers[] = {
        { "ID == `web-1`", true },      { "ID == `WEB-1`", false },
        { "ID != `web-1`", false },     { "ID != web", true },
        { "web in ID", true },          { "`-1` in ID", true },
        { "`web-11` in ID", false },    { "`` in ID", true },
        { "web not in ID", false },     { "ID contains eb", true },
        { "ID not contains x", true },  { "ID matches `b.1`", true },
        { "ID matches `^b`", false },   { "ID not matches `^w.*1$`", false },
        { "ID not matches `2`", true }, { "ID == \"web\\x2d1\"", true },
        { "ID matches ``", true },
    };
    assert_answers(answers, ARRAY_LEN(answers));
}

static void numbers_and_truths_are_equal_by_value(void **state)
{
    static const struct answer answers[] = {
        { "Port == 8080", true },
        { "Port == 8081", false },
        { "Port != 8080", false },
        { "Port == \"0x1f90\"", true },
        { "Port == \"8_080\"", true },
        { "Port == \"+8080\"", true },
        { "Small == -5", true },
        { "Small != -128", true },
        { "Count == 7", true },
        { "Count == \"0b111\"", true },
        { "Count != 65535", true },
        { "Big == 9223372036854775808", true },
        { "Big != 18446744073709551615", true },
        { "Ratio == 0.5", true },
        { "Ratio == \"5e-1\"", true },
        { "Ratio == \"0x1p-1\"", true },
        { "Ratio != \"nan\"", true },
        { "On == true", true },
        { "On == T", true },
        { "On == 1", true },
        { "On != false", true },
        { "On == False", false },
    };
    assert_answers(answers, ARRAY_LEN(answers));
}

static void lists_hold_elements_and_are_empty(void **state)
{
    static const struct answer answers[] = {
        { "canary in Tags", true },      { "can in Tags", false },
        { "Tags contains v2", true },    { "canary not in Tags", false },
        { "Tags not contains x", true }, { "Tags is empty", false },
        { "Tags is not empty", true },   { "443 in Ports", true },
        { "\"0x50\" in Ports", true },   { "81 not in Ports", true },
        { "a in Lists.zones", true },    { "c in Lists.zones", false },
        { "Lists.none is empty", true }, { "a in Lists.none", false },
        { "a not in Lists.none", true }, { "Lists.none is not empty", false },
    };
    assert_answers(answers, ARRAY_LEN(answers));
}

static void maps_hold_keys_and_give_what_stands_under_them(void **state)
{
    static const struct answer answers[] = {
        { "version in Meta", true },
        { "`2` in Meta", false },
        { "Meta contains `a key`", true },
        { "Meta not contains x", true },
        { "Meta is empty", false },
        { "Meta is not empty", true },
        { "Meta.version == 2", true },
        { "Meta.version == \"2\"", true },
        { "Meta[\"a key\"] == x", true },
        { "Meta[\"\"] == none", true },
        { "Meta.version matches `^[0-9]$`", true },
        { "lan in TaggedAddresses", true },
        { "TaggedAddresses.lan.Port == 80", true },
        { "TaggedAddresses[\"lan\"].Address contains `10.`", true },
        { "zones in Lists", true },
    };
    assert_answers(answers, ARRAY_LEN(answers));
}

static void what_is_absent_denies_equality_and_affirms_the_rest(void **state)
{
    static const struct answer answers[] = {
        { "Meta.nope == x", false },
        { "Meta.nope == \"\"", false },
        { "Meta.nope != x", true },
        { "x in Meta.nope", false },
        { "x not in Meta.nope", true },
        { "Meta.nope matches x", true },
        { "Meta.nope not matches x", true },
        { "Lists.nope is empty", true },
        { "Lists.nope is not empty", false },
        { "a in Lists.nope", false },
        { "a not in Lists.nope", true },
        { "TaggedAddresses.wan.Port == 80", false },
        { "TaggedAddresses.wan.Port != 80", true },
        { "not Meta.nope == x", true },
        { "not Meta.nope matches x", false },
    };
    assert_answers(answers, ARRAY_LEN(answers));
}

static void struct_that_is_absent_is_like_a_missing_key(void **state)
{
    static const struct answer answers[] = {
        { "Gone.Passing == 1", false },
        { "Gone.Passing != 1", true },
    };
    assert_answers(answers, ARRAY_LEN(answers));
}

static void list_of_structs_is_asked_for_any_of_them(void **state)
{
    static const struct answer answers[] = {
        { "Weights.Passing == 10", true },
        { "Checks.Status == passing", true },
        { "Checks.Status == warning", false },
        { "Checks.Status != passing", true },
        { "not Checks.Status == passing", false },
        { "Checks.CheckID matches `^c2`", true },
        { "x in Checks.Tags", true },
        { "x not in Checks.Tags", true },
        { "Checks.Tags is empty", true },
        { "Checks.Tags is not empty", true },
        { "Checks is empty", false },
        { "Checks is not empty", true },
    };
    assert_answers(answers, ARRAY_LEN(answers));
}

static void and_or_and_not_answer_as_they_bind(void **state)
{
    static const struct answer answers[] = {
        { "On==true or On==false and On==false", true },
        { "(On==true or On==false) and On==false", false },
        { "not On==false and On==true", true },
        { "not (On==true and On==false)", true },
        { "not On==true or On==true", true },
        { "On==false or On==false or On==true", true },
        { "On==true and On==true and On==false", false },
        { "not not On==true", true },
        { "Service in ID or Meta.version == 2 and canary in Tags and not Checks is empty", true },
    };
    assert_answers(answers, ARRAY_LEN(answers));
}

/* -- what does not fit the row ------------------------------------------------------------------
 */

static void assert_refused(const char *expression, const char *wanted)
{
    struct why why = { 0 };
    bool is_so;
    assert_int_equal(filter_row_ask(bytes_str(expression), &is_so, &why), ERR_INVALID);
    assert_string_equal(why.text, wanted);
}

static void selector_that_names_nothing_is_refused_up_to_where(void **state)
{
    static const char *const rows[][2] = {
        { "Nope == x", "Selector \"Nope\" is not valid" },
        { "id == x", "Selector \"id\" is not valid" },
        { "Weights.Nope == x", "Selector \"Weights.Nope\" is not valid" },
        { "Weights.Nope.More == x", "Selector \"Weights.Nope\" is not valid" },
        { "ID.x == y", "Selector \"ID.x\" is not valid" },
        { "Tags.x == y", "Selector \"Tags.x\" is not valid" },
        { "Meta.a.b == y", "Selector \"Meta.a.b\" is not valid" },
        { "Checks.Nope == y", "Selector \"Checks.Nope\" is not valid" },
        { "TaggedAddresses.lan.Nope == y", "Selector \"TaggedAddresses.lan.Nope\" is not valid" },
        { "Weights[\"\"] == y", "Selector \"Weights.\" is not valid" },
        { "Nope[`a \"b\\`] == y", "Selector \"Nope\" is not valid" },
        { "On == true and Nope == x", "Selector \"Nope\" is not valid" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(rows[i][0], rows[i][1]);
}

/* Each operator on each kind that it does not fit. */
static void operator_that_does_not_fit_is_refused_by_its_name(void **state)
{
    static const char *const operators[][2] = {
        { "%s == x", "Equal" },
        { "%s != x", "Not Equal" },
        { "x in %s", "In" },
        { "%s contains x", "In" },
        { "x not in %s", "Not In" },
        { "%s is empty", "Is Empty" },
        { "%s is not empty", "Is Not Empty" },
        { "%s matches x", "Matches" },
        { "%s not matches x", "Not Matches" },
    };
    static const struct {
        const char *selector, *unfit; /* by place in OPERATORS */
    } kinds[] = {
        { "ID", "56" },
        { "Port", "2345678" },
        { "Count", "2345678" },
        { "On", "2345678" },
        { "Ratio", "2345678" },
        { "Tags", "0178" },
        { "Ports", "0178" },
        { "Meta", "0178" },
        { "Lists", "0178" },
        { "Lists.zones", "0178" },
        { "Weights", "012345678" },
        { "Checks", "0123478" },
        { "TaggedAddresses.lan", "012345678" },
        { "Meta.version", "56" },
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        for (const char *o = kinds[i].unfit; *o != 0; o++) {
            struct buf expression, wanted;
            buf_init(&expression, 1000);
            buf_init(&wanted, 1000);
            for (const char *c = operators[*o - '0'][0]; *c != 0; c++)
                if (*c == '%')
                    buf_put_str(&expression, (c++, kinds[i].selector));
                else
                    buf_put_u8(&expression, (uint8_t)*c);
            buf_put_u8(&expression, 0);
            buf_printf(&wanted, "Invalid match operator \"%s\" for selector \"%s\"%c",
                       operators[*o - '0'][1], kinds[i].selector, 0);
            assert_refused((const char *)expression.p, (const char *)wanted.p);
            buf_fini(&expression);
            buf_fini(&wanted);
        }
}

static void value_that_does_not_fit_is_refused_as_go_refuses_it(void **state)
{
    static const char *const rows[][2] = {
        { "Port == x", "Failed to coerce value \"x\" for selector \"Port\": strconv.ParseInt: "
                       "parsing \"x\": invalid syntax" },
        { "Port == 80.5", "Failed to coerce value \"80.5\" for selector \"Port\": "
                          "strconv.ParseInt: parsing \"80.5\": invalid syntax" },
        { "Port == \"\"", "Failed to coerce value \"\" for selector \"Port\": strconv.ParseInt: "
                          "parsing \"\": invalid syntax" },
        { "Port == 9223372036854775808",
          "Failed to coerce value \"9223372036854775808\" for selector \"Port\": strconv.ParseInt: "
          "parsing \"9223372036854775808\": value out of range" },
        { "Small == 128", "Failed to coerce value \"128\" for selector \"Small\": "
                          "strconv.ParseInt: parsing \"128\": value out of range" },
        { "Small == -129", "Failed to coerce value \"-129\" for selector \"Small\": "
                           "strconv.ParseInt: parsing \"-129\": value out of range" },
        { "Count == 65536", "Failed to coerce value \"65536\" for selector \"Count\": "
                            "strconv.ParseUint: parsing \"65536\": value out of range" },
        { "Count == -1", "Failed to coerce value \"-1\" for selector \"Count\": strconv.ParseUint: "
                         "parsing \"-1\": invalid syntax" },
        { "Big == 18446744073709551616",
          "Failed to coerce value \"18446744073709551616\" for selector \"Big\": "
          "strconv.ParseUint: parsing \"18446744073709551616\": value out of range" },
        { "On == yes", "Failed to coerce value \"yes\" for selector \"On\": strconv.ParseBool: "
                       "parsing \"yes\": invalid syntax" },
        { "Ratio == \"1e400\"", "Failed to coerce value \"1e400\" for selector \"Ratio\": "
                                "strconv.ParseFloat: parsing \"1e400\": value out of range" },
        { "Ratio == half", "Failed to coerce value \"half\" for selector \"Ratio\": "
                           "strconv.ParseFloat: parsing \"half\": invalid syntax" },
        { "x in Ports", "Failed to coerce value \"x\" for selector \"Ports\": strconv.ParseInt: "
                        "parsing \"x\": invalid syntax" },
        { "Port == \"a\\n\\x80\\u00e9\"",
          "Failed to coerce value \"a\\n\\x80\xc3\xa9\" for selector \"Port\": strconv.ParseInt: "
          "parsing \"a\\n\\x80\xc3\xa9\": invalid syntax" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(rows[i][0], rows[i][1]);
}

static void pattern_that_is_none_is_refused_as_go_refuses_it(void **state)
{
    assert_refused("ID matches `(`", "Failed to compile regular expression \"(\": "
                                     "error parsing regexp: missing closing ): `(`");
    assert_refused("ID not matches `a**`",
                   "Failed to compile regular expression \"a**\": "
                   "error parsing regexp: invalid nested repetition operator: `**`");
}

static void first_of_several_errors_is_told(void **state)
{
    assert_refused("Port == x or Nope == y", "Failed to coerce value \"x\" for selector \"Port\": "
                                             "strconv.ParseInt: parsing \"x\": invalid syntax");
}

static void match_that_ends_at_the_bound_is_an_error(void **state)
{
    struct why why = { 0 };
    bool is_so = true;
    const char *endless = "Node matches `(.?){30}[0-9]$`";
    assert_int_equal(filter_row_ask(bytes_str(endless), &is_so, &why), ERR_TOO_BIG);
    assert_string_equal(why.text, "matching regular expression \"(.?){30}[0-9]$\" takes too long");
    const char *behind = "ID != `web-1` and Node matches `(.?){30}[0-9]$`";
    assert_int_equal(filter_row_ask(bytes_str(behind), &is_so, &why), OK); /* it is not asked */
    assert_false(is_so);
}

static void one_plan_answers_again_and_again(void **state)
{
    struct arena arena;
    struct why why = { 0 };
    const struct filter *filter;
    const struct filter_plan *plan;
    bool is_so = false;
    arena_init(&arena, 0);
    const char *text = "Node matches `^n[0-9]` and Meta.version == 2";
    assert_int_equal(filter_parse(bytes_str(text), NULL, &arena, &filter, &why), OK);
    assert_int_equal(filter_check(filter, &filter_row_schema, &arena, &plan, &why), OK);
    assert_int_equal(filter_match(plan, &filter_row, &is_so, &why), OK);
    size_t used = arena.used_bytes;
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(filter_match(plan, &filter_row, &is_so, &why), OK);
    assert_true(is_so);
    assert_int_equal(arena.used_bytes, used); /* nothing is allocated for a row */
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_equal_hold_others_and_match),
        cmocka_unit_test(numbers_and_truths_are_equal_by_value),
        cmocka_unit_test(lists_hold_elements_and_are_empty),
        cmocka_unit_test(maps_hold_keys_and_give_what_stands_under_them),
        cmocka_unit_test(what_is_absent_denies_equality_and_affirms_the_rest),
        cmocka_unit_test(struct_that_is_absent_is_like_a_missing_key),
        cmocka_unit_test(list_of_structs_is_asked_for_any_of_them),
        cmocka_unit_test(and_or_and_not_answer_as_they_bind),
        cmocka_unit_test(selector_that_names_nothing_is_refused_up_to_where),
        cmocka_unit_test(operator_that_does_not_fit_is_refused_by_its_name),
        cmocka_unit_test(value_that_does_not_fit_is_refused_as_go_refuses_it),
        cmocka_unit_test(pattern_that_is_none_is_refused_as_go_refuses_it),
        cmocka_unit_test(first_of_several_errors_is_told),
        cmocka_unit_test(match_that_ends_at_the_bound_is_an_error),
        cmocka_unit_test(one_plan_answers_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

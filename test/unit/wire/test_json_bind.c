#include "wire/json_bind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct weights {
    int64_t passing, warning;
};

struct check {
    struct bytes id;
    int64_t interval_ns;
};

struct thing {
    struct bytes name, blob;
    bool on;
    int64_t port;
    uint64_t flags;
    double ratio;
    int64_t ttl_ns;
    struct json_texts tags;
    struct json_pairs meta;
    struct json_texts_map header;
    struct weights weights;
    struct check *check;
    struct json_structs checks, named;
    const struct json_node *any;
};

static const struct json_field weights_fields[] = {
    JSON_FIELD(struct weights, passing, "Passing", INT),
    JSON_FIELD(struct weights, warning, "Warning", INT),
};
static const struct json_shape weights_shape = { "Weights", sizeof(struct weights), weights_fields,
                                                 ARRAY_LEN(weights_fields), false };
static const struct json_field check_fields[] = {
    JSON_FIELD(struct check, id, "CheckID", STRING),
    JSON_FIELD(struct check, interval_ns, "Interval", DURATION),
    JSON_FIELD(struct check, interval_ns, "check_interval", DURATION),
};
static const struct json_shape check_shape = { "CheckType", sizeof(struct check), check_fields,
                                               ARRAY_LEN(check_fields), true };
static const struct json_field thing_fields[] = {
    JSON_FIELD(struct thing, name, "Name", STRING),
    JSON_FIELD(struct thing, blob, "Blob", BASE64),
    JSON_FIELD(struct thing, on, "On", BOOL),
    JSON_FIELD(struct thing, port, "Port", INT),
    JSON_FIELD(struct thing, flags, "Flags", UINT),
    JSON_FIELD(struct thing, ratio, "Ratio", FLOAT),
    JSON_FIELD(struct thing, ttl_ns, "TTL", DURATION),
    JSON_FIELD(struct thing, tags, "Tags", STRINGS),
    JSON_FIELD(struct thing, meta, "Meta", STRING_MAP),
    JSON_FIELD(struct thing, header, "Header", STRINGS_MAP),
    JSON_FIELD_OF(struct thing, weights, "Weights", STRUCT, &weights_shape),
    JSON_FIELD_OF(struct thing, check, "Check", POINTER, &check_shape),
    JSON_FIELD_OF(struct thing, checks, "Checks", STRUCTS, &check_shape),
    JSON_FIELD_OF(struct thing, named, "Named", STRUCT_MAP, &check_shape),
    JSON_FIELD(struct thing, any, "Any", ANY),
};
static const struct json_shape thing_shape = { "Thing", sizeof(struct thing), thing_fields,
                                               ARRAY_LEN(thing_fields), false };

static struct arena arena;

static int setup(void **state)
{
    arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    arena_fini(&arena);
    return 0;
}

static struct thing decoded(const char *text)
{
    struct thing t = { .port = 9 };
    struct why why = { 0 };
    if (json_decode(bytes_str(text), &thing_shape, &arena, &t, &why) != OK)
        fail_msg("%s: %s", text, why.text);
    return t;
}

static void assert_refused(const char *text, const char *sentence)
{
    struct thing t = { 0 };
    struct why why = { 0 };
    assert_int_equal(json_decode(bytes_str(text), &thing_shape, &arena, &t, &why), ERR_MALFORMED);
    assert_string_equal(why.text, sentence);
}

static void each_kind_fills_its_field(void **state)
{
    struct thing t = decoded("{\"Name\":\"web\",\"Blob\":\"aGk=\",\"On\":true,\"Port\":80,"
                             "\"Flags\":18446744073709551615,\"Ratio\":0.5,\"TTL\":\"1m30s\"}");
    assert_true(bytes_is(t.name, "web") && bytes_is(t.blob, "hi") && t.on);
    assert_int_equal(t.port, 80);
    assert_true(t.flags == UINT64_MAX && t.ratio > 0.49 && t.ratio < 0.51);
    assert_int_equal(t.ttl_ns, 90000000000);
}

static void lists_and_maps_fill_theirs(void **state)
{
    struct thing t = decoded("{\"Tags\":[\"b\",\"a\",null],\"Meta\":{\"z\":\"1\",\"a\":\"2\",\"z\":"
                             "\"3\"},\"Header\":{\"X\":[\"1\",\"2\"],\"Y\":null}}");
    assert_int_equal(t.tags.n, 3);
    assert_true(bytes_is(t.tags.all[0], "b") && t.tags.all[2].n == 0);
    assert_int_equal(t.meta.n, 2);
    assert_true(bytes_is(t.meta.all[0].name, "a") && bytes_is(t.meta.all[1].value, "3"));
    assert_int_equal(t.header.n, 2);
    assert_int_equal(t.header.all[0].texts.n, 2);
    assert_null(t.header.all[1].texts.all);
}

static void structs_fill_theirs(void **state)
{
    struct thing t = decoded("{\"Weights\":{\"Passing\":3},\"Check\":{\"Interval\":5},\"Checks\":"
                             "[{\"CheckID\":\"a\"},null,{\"CheckID\":\"b\"}],\"Named\":{\"y\":{},"
                             "\"x\":{\"CheckID\":\"c\"}},\"Any\":{\"k\":1}}");
    const struct check *checks = t.checks.all, *named = t.named.all;
    assert_int_equal(t.weights.passing, 3);
    assert_int_equal(t.check->interval_ns, 5);
    assert_int_equal(t.checks.n, 3);
    assert_true(bytes_is(checks[2].id, "b") && checks[1].id.n == 0);
    assert_true(bytes_is(t.named.names[0], "x") && bytes_is(named[0].id, "c"));
    assert_int_equal(t.any->kind, JSON_NODE_OBJECT);
}

static void names_match_without_case_but_exactly_first(void **state)
{
    struct thing t = decoded("{\"nAmE\":\"a\",\"CHECK\":{\"CHECK_interval\":\"2s\"}}");
    assert_true(bytes_is(t.name, "a"));
    assert_int_equal(t.check->interval_ns, 2000000000);
}

static void last_of_repeated_names_wins(void **state)
{
    struct thing t =
        decoded("{\"Name\":\"a\",\"name\":\"b\",\"Name\":\"c\",\"NAME\":\"d\","
                "\"Weights\":{\"Passing\":1,\"Warning\":2},\"weights\":{\"Warning\":3}}");
    assert_true(bytes_is(t.name, "d"));
    assert_int_equal(t.weights.passing, 1);
    assert_int_equal(t.weights.warning, 3);
}

static void null_empties_lists_and_leaves_what_is_simple(void **state)
{
    struct thing t = decoded("{\"Port\":null,\"Name\":null,\"Tags\":[],\"Check\":{},\"Check\":null,"
                             "\"Meta\":{},\"meta\":null}");
    assert_int_equal(t.port, 9);
    assert_non_null(t.tags.all);
    assert_int_equal(t.tags.n, 0);
    assert_null(t.check);
    assert_null(t.meta.all);
}

static void unknown_field_is_named(void **state)
{
    assert_refused("{\"Name\":\"a\",\"Bogus\\n\":1}", "json: unknown field \"Bogus\\n\"");
    assert_refused("{\"Weights\":{\"Failing\":1}}", "json: unknown field \"Failing\"");
}

static void lenient_shape_passes_unknown_fields_over(void **state)
{
    assert_int_equal(decoded("{\"Check\":{\"Bogus\":1,\"Interval\":7}}").check->interval_ns, 7);
}

static void wrong_kinds_are_said_as_go_says_them(void **state)
{
    assert_refused("{\"Port\":\"x\"}",
                   "json: cannot unmarshal string into Go struct field Thing.Port of type int");
    assert_refused("{\"Port\":1.5}",
                   "json: cannot unmarshal number 1.5 into Go struct field Thing.Port of type int");
    assert_refused("{\"Name\":5}",
                   "json: cannot unmarshal number into Go struct field Thing.Name of type string");
    assert_refused("{\"Weights\":{\"Passing\":true}}", "json: cannot unmarshal bool into Go struct "
                                                       "field Weights.Weights.Passing of type int");
    assert_refused("{\"Checks\":{}}", "json: cannot unmarshal object into Go struct field "
                                      "Thing.Checks of type []CheckType");
    assert_refused("{\"Tags\":[1]}",
                   "json: cannot unmarshal number into Go struct field Thing.Tags of type string");
    assert_refused("[]", "json: cannot unmarshal array into Go value of type Thing");
}

static void durations_are_texts_or_nanoseconds(void **state)
{
    assert_int_equal(decoded("{\"TTL\":1500}").ttl_ns, 1500);
    assert_int_equal(decoded("{\"TTL\":1.5e3}").ttl_ns, 1500);
    assert_int_equal(decoded("{\"TTL\":\"-1s\"}").ttl_ns, -1000000000);
    assert_refused("{\"TTL\":\"soon\"}", "time: invalid duration \"soon\"");
}

static void bad_base64_is_refused_with_its_place(void **state)
{
    assert_refused("{\"Blob\":\"a*\"}", "illegal base64 data at input byte 1");
}

static void no_text_is_the_end_of_file(void **state)
{
    assert_refused("", "EOF");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_fills_its_field),
        cmocka_unit_test(lists_and_maps_fill_theirs),
        cmocka_unit_test(structs_fill_theirs),
        cmocka_unit_test(names_match_without_case_but_exactly_first),
        cmocka_unit_test(last_of_repeated_names_wins),
        cmocka_unit_test(null_empties_lists_and_leaves_what_is_simple),
        cmocka_unit_test(unknown_field_is_named),
        cmocka_unit_test(lenient_shape_passes_unknown_fields_over),
        cmocka_unit_test(wrong_kinds_are_said_as_go_says_them),
        cmocka_unit_test(durations_are_texts_or_nanoseconds),
        cmocka_unit_test(bad_base64_is_refused_with_its_place),
        cmocka_unit_test(no_text_is_the_end_of_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

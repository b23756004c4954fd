/* /v1/kv. A fresh store is at revision 1. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "catalog/kv_pair.h"

static void put(struct rig *rig, const char *request, const char *value)
{
    rig_expect(rig, request, value, 200, "true");
}

static void assert_index(struct rig *rig, const char *index)
{
    assert_string_equal(rig_header(rig, "x-consul-index"), index);
}

/* -- reading ---------------------------------------------------------------------------------- */

static void pair_is_read_as_it_was_put(void **state)
{
    put(*state, "PUT /v1/kv/a", "bar");
    rig_expect(*state, "GET /v1/kv/a", NULL, 200,
               "[{\"LockIndex\":0,\"Key\":\"a\",\"Flags\":0,\"Value\":\"YmFy\",\"CreateIndex\":2,"
               "\"ModifyIndex\":2}]");
    assert_index(*state, "2");
    assert_string_equal(rig_header(*state, "x-consul-knownleader"), "true");
    assert_string_equal(rig_header(*state, "x-consul-lastcontact"), "0");
    assert_string_equal(rig_header(*state, "content-type"), "application/json");
    put(*state, "PUT /v1/kv/a?flags=18446744073709551615", "");
    rig_expect(*state, "GET /v1/kv/a", NULL, 200,
               "[{\"LockIndex\":0,\"Key\":\"a\",\"Flags\":18446744073709551615,\"Value\":null,"
               "\"CreateIndex\":2,\"ModifyIndex\":3}]");
    put(*state, "PUT /v1/kv/a", "");
    rig_expect_part(*state, "GET /v1/kv/a", NULL, 200, "\"Flags\":0,");
}

static void pair_that_is_not_there_is_404_with_the_index(void **state)
{
    rig_expect(*state, "GET /v1/kv/a", NULL, 404, "");
    assert_index(*state, "1");
    assert_string_equal(rig_header(*state, "x-consul-knownleader"), "true");
    assert_string_equal(rig_header(*state, "x-consul-lastcontact"), "0");
    put(*state, "PUT /v1/kv/other", "v");
    rig_expect(*state, "GET /v1/kv/a?raw", NULL, 404, "");
    assert_index(*state, "2");
}

static void raw_value_is_text_that_no_browser_runs(void **state)
{
    put(*state, "PUT /v1/kv/a", "<b>");
    rig_expect(*state, "GET /v1/kv/a?raw", NULL, 200, "<b>");
    assert_string_equal(rig_header(*state, "content-type"), "text/plain");
    assert_string_equal(rig_header(*state, "x-content-type-options"), "nosniff");
    assert_string_equal(rig_header(*state, "content-security-policy"), "sandbox");
    assert_index(*state, "2");
}

static void tree_is_read_in_order_and_404_if_it_is_empty(void **state)
{
    rig_expect(*state, "GET /v1/kv/?recurse", NULL, 404, "");
    assert_index(*state, "1");
    put(*state, "PUT /v1/kv/a/c", "2");
    put(*state, "PUT /v1/kv/a/b", "1");
    put(*state, "PUT /v1/kv/b", "3");
    rig_expect(*state, "GET /v1/kv/a/?recurse=false", NULL, 200, /* being there counts */
               "[{\"LockIndex\":0,\"Key\":\"a/b\",\"Flags\":0,\"Value\":\"MQ==\","
               "\"CreateIndex\":3,\"ModifyIndex\":3},{\"LockIndex\":0,\"Key\":\"a/c\","
               "\"Flags\":0,\"Value\":\"Mg==\",\"CreateIndex\":2,\"ModifyIndex\":2}]");
    assert_index(*state, "3");
    rig_expect(*state, "GET /v1/kv/z?recurse", NULL, 404, "");
    assert_index(*state, "4");
    rig_expect_part(*state, "GET /v1/kv/?recurse", NULL, 200, "\"Key\":\"b\"");
}

static void keys_are_listed_and_cut(void **state)
{
    rig_expect(*state, "GET /v1/kv/?keys", NULL, 200, "[]");
    rig_expect(*state, "GET /v1/kv/a?keys", NULL, 404, "");
    put(*state, "PUT /v1/kv/a/b/c", "");
    put(*state, "PUT /v1/kv/a/b/d", "");
    put(*state, "PUT /v1/kv/a/e", "");
    put(*state, "PUT /v1/kv/f", "");
    rig_expect(*state, "GET /v1/kv/?keys", NULL, 200, "[\"a/b/c\",\"a/b/d\",\"a/e\",\"f\"]");
    rig_expect(*state, "GET /v1/kv/?keys&separator=/", NULL, 200, "[\"a/\",\"f\"]");
    rig_expect(*state, "GET /v1/kv/a/?keys&separator=/", NULL, 200, "[\"a/b/\",\"a/e\"]");
    rig_expect(*state, "GET /v1/kv/a/?keys&seperator=/b", NULL, 200,
               "[\"a/b/c\",\"a/b/d\",\"a/e\"]");
    rig_expect(*state, "GET /v1/kv/a?keys&seperator=/b", NULL, 200, "[\"a/b\",\"a/e\"]");
    assert_index(*state, "4");
}

static void key_is_what_the_path_says_once_decoded(void **state)
{
    put(*state, "PUT /v1/kv/a%2Fb%20%C3%A9%252f", "v");
    rig_expect(*state, "GET /v1/kv/?keys", NULL, 200, "[\"a/b \xc3\xa9%2f\"]");
    assert_int_equal(rig_ask(*state, "GET /v1/kv/a//b", NULL, ""), 301);
    assert_string_equal(rig_header(*state, "location"), "/v1/kv/a/b");
}

/* -- writing ---------------------------------------------------------------------------------- */

static void key_must_be_given(void **state)
{
    rig_expect(*state, "GET /v1/kv/", NULL, 400, "Missing key name");
    rig_expect(*state, "PUT /v1/kv/", "v", 400, "Missing key name");
    rig_expect(*state, "DELETE /v1/kv/", NULL, 400, "Missing key name");
    rig_expect(*state, "DELETE /v1/kv/?cas=0", NULL, 400, "Missing key name");
}

static void pair_is_put_if_its_index_is_the_one_given(void **state)
{
    rig_expect(*state, "PUT /v1/kv/a?cas=1", "v", 200, "false");
    put(*state, "PUT /v1/kv/a?cas=0", "v");
    rig_expect(*state, "PUT /v1/kv/a?cas=0", "w", 200, "false");
    rig_expect(*state, "PUT /v1/kv/a?cas=3", "w", 200, "false");
    rig_expect(*state, "GET /v1/kv/a?raw", NULL, 200, "v");
    put(*state, "PUT /v1/kv/a?cas=2", "w");
    rig_expect(*state, "GET /v1/kv/a?raw", NULL, 200, "w");
    assert_index(*state, "3");
}

static void put_of_the_same_moves_no_index(void **state)
{
    put(*state, "PUT /v1/kv/a?flags=1", "v");
    put(*state, "PUT /v1/kv/a?flags=1", "v");
    assert_int_equal(rig_ask(*state, "GET /v1/kv/a", NULL, ""), 200);
    assert_index(*state, "2");
}

static void numbers_that_are_none_are_an_error_of_gos(void **state)
{
    rig_expect(*state, "PUT /v1/kv/a?flags=x", "v", 500,
               "strconv.ParseUint: parsing \"x\": invalid syntax");
    rig_expect(*state, "PUT /v1/kv/a?cas=-1", "v", 500,
               "strconv.ParseUint: parsing \"-1\": invalid syntax");
    rig_expect(*state, "PUT /v1/kv/a?cas", "v", 500,
               "strconv.ParseUint: parsing \"\": invalid syntax");
    rig_expect(*state, "PUT /v1/kv/a?flags=18446744073709551616", "v", 500,
               "strconv.ParseUint: parsing \"18446744073709551616\": value out of range");
    rig_expect(*state, "DELETE /v1/kv/a?cas=y", NULL, 500,
               "strconv.ParseUint: parsing \"y\": invalid syntax");
    rig_expect(*state, "GET /v1/kv/a", NULL, 404, "");
}

static void flags_that_exclude_one_another_are_refused(void **state)
{
    rig_expect(*state, "PUT /v1/kv/a?release=s&flags=1&cas=0", "v", 400,
               "Conflicting flags: cas=0&flags=1&release=s\n");
    rig_expect(*state, "PUT /v1/kv/a?acquire&release", "v", 400,
               "Conflicting flags: acquire=&release=\n");
    rig_expect(*state, "DELETE /v1/kv/a?recurse&cas=1", NULL, 400,
               "Conflicting flags: cas=1&recurse=\n");
}

static void value_of_half_a_mebibyte_is_taken_and_a_byte_more_refused(void **state)
{
    char *value = calloc(1, KV_VALUE_MAX + 2);
    memset(value, 'v', KV_VALUE_MAX);
    put(*state, "PUT /v1/kv/a", value);
    rig_expect(*state, "GET /v1/kv/a?raw", NULL, 200, value);
    value[KV_VALUE_MAX] = 'v';
    rig_expect(*state, "PUT /v1/kv/a", value, 413,
               "Request body(524289 bytes) too large, max size: 524288 bytes. See "
               "https://developer.hashicorp.com/docs/agent/config/"
               "config-files#kv_max_value_size.");
    free(value);
}

/* -- removing --------------------------------------------------------------------------------- */

static void pair_is_removed_and_nothing_too(void **state)
{
    rig_expect(*state, "DELETE /v1/kv/a", NULL, 200, "true");
    put(*state, "PUT /v1/kv/a", "v");
    put(*state, "PUT /v1/kv/ab", "v");
    rig_expect(*state, "DELETE /v1/kv/a", NULL, 200, "true");
    rig_expect(*state, "GET /v1/kv/?keys", NULL, 200, "[\"ab\"]");
    assert_index(*state, "4");
}

static void pair_is_removed_if_its_index_is_the_one_given(void **state)
{
    rig_expect(*state, "DELETE /v1/kv/a?cas=7", NULL, 200, "true"); /* it is not there */
    put(*state, "PUT /v1/kv/a", "v");
    rig_expect(*state, "DELETE /v1/kv/a?cas=0", NULL, 200, "false");
    rig_expect(*state, "DELETE /v1/kv/a?cas=1", NULL, 200, "false");
    rig_expect(*state, "DELETE /v1/kv/a?cas=2", NULL, 200, "true");
    rig_expect(*state, "GET /v1/kv/a", NULL, 404, "");
}

static void tree_is_removed(void **state)
{
    put(*state, "PUT /v1/kv/a/b", "v");
    put(*state, "PUT /v1/kv/a/c", "v");
    put(*state, "PUT /v1/kv/b", "v");
    rig_expect(*state, "DELETE /v1/kv/a/?recurse", NULL, 200, "true");
    rig_expect(*state, "GET /v1/kv/?keys", NULL, 200, "[\"b\"]");
    rig_expect(*state, "GET /v1/kv/a/?recurse", NULL, 404, "");
    assert_index(*state, "5"); /* of the removal */
    rig_expect(*state, "DELETE /v1/kv/?recurse", NULL, 200, "true");
    rig_expect(*state, "GET /v1/kv/?keys", NULL, 200, "[]");
}

/* -- waiting ---------------------------------------------------------------------------------- */

static void query_waits_for_its_pair(void **state)
{
    struct rig *rig = *state;
    put(rig, "PUT /v1/kv/a", "v");
    struct client *c = rig_begin(rig, "GET /v1/kv/a?raw&index=2&wait=30s", NULL);
    put(rig, "PUT /v1/kv/ab", "other");
    put(rig, "PUT /v1/kv/a", "w");
    assert_int_equal(rig_end(rig, c), 200);
    assert_string_equal(rig_body(rig), "w");
    assert_index(rig, "4");
}

static void query_waits_for_a_pair_that_is_not_there_yet(void **state)
{
    struct rig *rig = *state;
    put(rig, "PUT /v1/kv/other", "v");
    struct client *c = rig_begin(rig, "GET /v1/kv/a?raw&index=2&wait=30s", NULL);
    put(rig, "PUT /v1/kv/b", "v");
    put(rig, "PUT /v1/kv/a", "w");
    assert_int_equal(rig_end(rig, c), 200);
    assert_string_equal(rig_body(rig), "w");
}

static void query_that_waits_in_vain_is_answered_with_what_there_is(void **state)
{
    struct rig *rig = *state;
    put(rig, "PUT /v1/kv/a", "v");
    rig_expect(rig, "GET /v1/kv/a?raw&index=2&wait=10ms", NULL, 200, "v");
    assert_index(rig, "2");
    rig_expect(rig, "GET /v1/kv/b?index=2&wait=10ms", NULL, 404, "");
    assert_index(rig, "2");
    rig_expect(rig, "GET /v1/kv/a?raw&index=1&wait=30s", NULL, 200, "v");  /* it has passed */
    rig_expect(rig, "GET /v1/kv/a?raw&index=99&wait=30s", NULL, 200, "v"); /* not of this store */
}

static void query_of_a_tree_sees_removals(void **state)
{
    struct rig *rig = *state;
    put(rig, "PUT /v1/kv/a/b", "v");
    put(rig, "PUT /v1/kv/a/c", "v");
    put(rig, "PUT /v1/kv/z", "v");
    struct client *one = rig_begin(rig, "GET /v1/kv/a/?keys&index=3&wait=30s", NULL);
    rig_expect(rig, "DELETE /v1/kv/a/c", NULL, 200, "true");
    assert_int_equal(rig_end(rig, one), 200);
    assert_string_equal(rig_body(rig), "[\"a/b\"]");
    assert_index(rig, "5");
    struct client *last = rig_begin(rig, "GET /v1/kv/a/?recurse&index=5&wait=30s", NULL);
    rig_expect(rig, "DELETE /v1/kv/a/?recurse", NULL, 200, "true");
    assert_int_equal(rig_end(rig, last), 404);
    assert_index(rig, "6");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pair_is_read_as_it_was_put),
        TEST(pair_that_is_not_there_is_404_with_the_index),
        TEST(raw_value_is_text_that_no_browser_runs),
        TEST(tree_is_read_in_order_and_404_if_it_is_empty),
        TEST(keys_are_listed_and_cut),
        TEST(key_is_what_the_path_says_once_decoded),
        TEST(key_must_be_given),
        TEST(pair_is_put_if_its_index_is_the_one_given),
        TEST(put_of_the_same_moves_no_index),
        TEST(numbers_that_are_none_are_an_error_of_gos),
        TEST(flags_that_exclude_one_another_are_refused),
        TEST(value_of_half_a_mebibyte_is_taken_and_a_byte_more_refused),
        TEST(pair_is_removed_and_nothing_too),
        TEST(pair_is_removed_if_its_index_is_the_one_given),
        TEST(tree_is_removed),
        TEST(query_waits_for_its_pair),
        TEST(query_waits_for_a_pair_that_is_not_there_yet),
        TEST(query_that_waits_in_vain_is_answered_with_what_there_is),
        TEST(query_of_a_tree_sees_removals),
    };
    return cmocka_run_group_tests_name("kv", tests, NULL, NULL);
}

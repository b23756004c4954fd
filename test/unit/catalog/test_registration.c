/* What values in etcd say. */
#include "catalog/registration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "catalog/json_scan.h"
#include "catalog/publication.h"

static struct arena arena;

static enum err read_as(const char *id, const char *value, struct registration *ret)
{
    return registration_read(bytes_str(id), bytes_str(value), &arena, ret);
}

/* VALUE under an id that says nothing: `address:port weight key=value ...`, "" for none. */
static const char *said(const char *value)
{
    struct registration r;
    if (read_as("id", value, &r) != OK)
        return "";
    const char *text = arena_printf(&arena, "%.*s:%u %u", (int)r.address.n,
                                    (const char *)r.address.p, r.port, r.weight);
    for (size_t i = 0; i < r.metadata.n; i++)
        text = arena_printf(&arena, "%s %.*s=%.*s", text, (int)r.metadata.all[i].key.n,
                            (const char *)r.metadata.all[i].key.p, (int)r.metadata.all[i].value.n,
                            (const char *)r.metadata.all[i].value.p);
    return text;
}

/* -- claims ----------------------------------------------------------------------------------- */

static void address_and_port_are_a_registration(void **state)
{
    assert_string_equal(said("10.0.0.1:80"), "10.0.0.1:80 100");
    assert_string_equal(said(" host-1.example:8080\n"), "host-1.example:8080 100");
    assert_string_equal(said("[2001:db8::1]:80"), "2001:db8::1:80 100");
}

static void other_texts_are_none(void **state)
{
    static const char *const texts[] = { "",
                                         "10.0.0.1",
                                         "10.0.0.1:",
                                         ":80",
                                         "10.0.0.1:0",
                                         "10.0.0.1:65536",
                                         "10.0.0.1:080000",
                                         "a b:80",
                                         "::1:80",
                                         "http://a:80",
                                         "[::1:80",
                                         "[a]:80",
                                         "a:80:90",
                                         "a:-1" };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_string_equal(said(texts[i]), "");
}

static void ports_end_at_65535(void **state)
{
    assert_string_equal(said("a:65535"), "a:65535 100");
}

static void goes_naming_is_a_registration_unless_it_removes(void **state)
{
    assert_string_equal(said("{\"Op\":0,\"Addr\":\"10.0.0.1:80\",\"Metadata\":null}"),
                        "10.0.0.1:80 100");
    assert_string_equal(said("{\"Addr\":\"10.0.0.1:80\",\"Metadata\":{\"b\":\"2\",\"a\":1}}"),
                        "10.0.0.1:80 100 a=1 b=2");
    assert_string_equal(said("{\"Op\":1,\"Addr\":\"10.0.0.1:80\"}"), "");
}

static void objects_say_it_in_many_words(void **state)
{
    assert_string_equal(said("{\"address\":\"10.0.0.1\",\"port\":80}"), "10.0.0.1:80 100");
    assert_string_equal(said("{\"HOST\":\"h\",\"Port\":\"80\",\"weight\":2.5}"), "h:80 250");
    assert_string_equal(said("{\"ip\":\"::1\",\"port\":80,\"weight\":0.055}"), "::1:80 5");
    assert_string_equal(said("{\"addr\":\"h:80\",\"meta\":{\"x\":{\"y\":[1,2]},\"z\":true}}"),
                        "h:80 100 x={\"y\":[1,2]} z=true");
    assert_string_equal(said("{\"addr\":\"h\\u00e9\",\"port\":1}"), "");
    assert_string_equal(said("{\"address\":\"h\"}"), "");
    assert_string_equal(said("{\"port\":80}"), "");
}

static void object_that_breaks_off_or_makes_no_sense_is_none(void **state)
{
    static const char *const texts[] = { "{",
                                         "{\"addr\":\"h:80\"",
                                         "{\"addr\":\"h:80\",}",
                                         "{\"addr\":\"h:80\"}x",
                                         "{\"addr\":\"h:80\",\"weight\":-1}",
                                         "{\"addr\":\"h:80\",\"weight\":10001}",
                                         "{\"addr\":\"h:80\",\"weight\":1e3}",
                                         "{\"addr\":\"h:80\",\"port\":99999}",
                                         "{\"addr\":\"h:80\",\"meta\":{\"a\":\"1\",\"a\":\"2\"}}",
                                         "{\"addr\":\"h:80\",\"meta\":{\"\":\"1\"}}",
                                         "[\"h:80\"]",
                                         "\"h:80\"",
                                         "{\"addr\":\"h:80\",\"x\":01}",
                                         "{\"addr\":\"h:80\",\"x\":\"\\q\"}",
                                         "{\"addr\":\"h:80\",\"x\":\"\xff\"}" };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_string_equal(said(texts[i]), "");
}

static void weight_ends_at_its_limit(void **state)
{
    assert_string_equal(said("{\"addr\":\"h:80\",\"weight\":10000}"), "h:80 1000000");
    assert_string_equal(said("{\"addr\":\"h:80\",\"weight\":10000.01}"), "");
}

static void id_that_is_an_address_needs_no_value(void **state)
{
    struct registration r;
    assert_int_equal(read_as("10.0.0.1:80", "anything", &r), OK);
    assert_true(bytes_is(r.address, "10.0.0.1"));
    assert_int_equal(read_as("10.0.0.1:80", "", &r), OK);
    assert_int_equal(read_as("10.0.0.1:80", "{\"weight\":3,\"meta\":{\"a\":\"b\"}}", &r), OK);
    assert_int_equal(r.weight, 300);
    assert_int_equal(r.metadata.n, 1);
    assert_int_equal(read_as("10.0.0.1:80", "10.0.0.2:81", &r), OK); /* what is said counts */
    assert_int_equal(r.port, 81);
    assert_int_equal(read_as("10.0.0.1:80", "{\"Op\":1}", &r), ERR_MALFORMED);
}

static const char *with_labels(size_t n, size_t key_n, size_t value_n)
{
    struct buf b;
    buf_init(&b, 1 << 24);
    buf_put_str(&b, "{\"addr\":\"h:80\",\"meta\":{");
    for (size_t i = 0; i < n; i++) {
        buf_printf(&b, "%s\"%0*zu\":\"", i > 0 ? "," : "", (int)key_n, i);
        memset(buf_extend(&b, value_n), 'v', value_n);
        buf_put_str(&b, "\"");
    }
    buf_put_str(&b, "}}");
    const char *text = arena_str(&arena, buf_bytes(&b));
    buf_fini(&b);
    return text;
}

static void metadata_ends_at_its_limits(void **state)
{
    struct registration r;
    assert_int_equal(read_as("i", with_labels(LABELS_MAX, 4, 1), &r), OK);
    assert_int_equal(read_as("i", with_labels(LABELS_MAX + 1, 4, 1), &r), ERR_MALFORMED);
    assert_int_equal(read_as("i", with_labels(1, LABEL_KEY_MAX, 1), &r), OK);
    assert_int_equal(read_as("i", with_labels(1, LABEL_KEY_MAX + 1, 1), &r), ERR_MALFORMED);
    assert_int_equal(read_as("i", with_labels(1, 1, LABEL_VALUE_MAX), &r), OK);
    assert_int_equal(read_as("i", with_labels(1, 1, LABEL_VALUE_MAX + 1), &r), ERR_MALFORMED);
}

static const char *nested(size_t depth)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    buf_put_str(&b, "{\"addr\":\"h:80\",\"x\":");
    for (size_t i = 0; i < depth; i++)
        buf_put_str(&b, i % 2 == 0 ? "[" : "{\"a\":");
    buf_put_str(&b, "1");
    for (size_t i = depth; i-- > 0;)
        buf_put_str(&b, i % 2 == 0 ? "]" : "}");
    buf_put_str(&b, "}");
    const char *text = arena_str(&arena, buf_bytes(&b));
    buf_fini(&b);
    return text;
}

static void values_nest_32_deep_and_no_deeper(void **state)
{
    assert_string_equal(said(nested(JSON_SCAN_DEPTH)), "h:80 100");
    assert_string_equal(said(nested(JSON_SCAN_DEPTH + 1)), "");
}

static void strings_lose_their_escapes(void **state)
{
    struct bytes text;
    assert_true(json_scan_string(bytes_str("\"a\\n\\\"\\u0041\\u00e9\\ud83d\\ude00\\ud83d-\""),
                                 &arena, &text));
    assert_true(bytes_is(text, "a\n\"A\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd-"));
    assert_false(json_scan_string(bytes_str("\"a\" "), &arena, &text));
    assert_false(json_scan_string(bytes_str("\"a"), &arena, &text));
    assert_false(json_scan_string(bytes_str("1"), &arena, &text));
}

static void cut_anywhere_it_says_nothing_else(void **state)
{
    const char *whole = "{\"Op\":0,\"Addr\":\"h:80\",\"Metadata\":{\"a\":[1,{\"b\":\"\\u00e9\"}]}}";
    for (size_t n = 1; n < strlen(whole); n++) {
        uint8_t *cut = malloc(n);
        struct registration r;
        memcpy(cut, whole, n);
        assert_int_equal(registration_read(bytes_str("i"), bytes_of(cut, n), &arena, &r),
                         ERR_MALFORMED);
        free(cut);
    }
}

static void addresses_come_back_as_they_were_written(void **state)
{
    static const char *const hosts[] = { "10.0.0.1", "2001:db8::1", "fe80::1%eth0", "a-b_c.d" };
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct buf b;
        struct bytes address;
        uint16_t port;
        buf_init(&b, 512);
        assert_int_equal(address_join(bytes_str(hosts[i]), 80, &b), OK);
        assert_true(address_split(buf_bytes(&b), &address, &port));
        assert_true(bytes_is(address, hosts[i]) && port == 80);
        buf_fini(&b);
    }
}

static void address_that_would_not_come_back_is_not_written(void **state)
{
    struct buf b;
    buf_init(&b, 512);
    assert_int_equal(address_join(bytes_str("a/b"), 80, &b), ERR_INVALID);
    assert_int_equal(address_join(bytes_str(""), 80, &b), ERR_INVALID);
    assert_int_equal(address_join(bytes_str("a"), 0, &b), ERR_INVALID);
    assert_int_equal(b.n, 0);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_and_port_are_a_registration),
        cmocka_unit_test(other_texts_are_none),
        cmocka_unit_test(ports_end_at_65535),
        cmocka_unit_test(goes_naming_is_a_registration_unless_it_removes),
        cmocka_unit_test(objects_say_it_in_many_words),
        cmocka_unit_test(object_that_breaks_off_or_makes_no_sense_is_none),
        cmocka_unit_test(weight_ends_at_its_limit),
        cmocka_unit_test(id_that_is_an_address_needs_no_value),
        cmocka_unit_test(metadata_ends_at_its_limits),
        cmocka_unit_test(values_nest_32_deep_and_no_deeper),
        cmocka_unit_test(strings_lose_their_escapes),
        cmocka_unit_test(cut_anywhere_it_says_nothing_else),
        cmocka_unit_test(addresses_come_back_as_they_were_written),
        cmocka_unit_test(address_that_would_not_come_back_is_not_written),
    };
    arena_init(&arena, 0);
    int failed = cmocka_run_group_tests_name("registration", tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}

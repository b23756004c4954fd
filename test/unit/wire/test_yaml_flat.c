#include "wire/yaml_flat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"

struct seen {
    struct buf text; /* "key=value;" */
    unsigned pairs, refuse_at;
};

static enum err note(void *ctx, const char *key, const char *value)
{
    struct seen *s = ctx;
    if (++s->pairs == s->refuse_at)
        return ERR_INVALID;
    buf_printf(&s->text, "%s=%s;", key, value);
    return OK;
}

static void assert_reads(const char *yaml, const char *wanted)
{
    struct seen s = { 0 };
    struct why why = { 0 };
    buf_init(&s.text, 1 << 20);
    if (yaml_read_flat(bytes_str(yaml), note, &s, &why) != OK)
        fail_msg("%s", why.text);
    buf_put_u8(&s.text, 0);
    assert_string_equal((const char *)s.text.p, wanted);
    buf_fini(&s.text);
}

static void assert_refuses(const char *yaml, const char *word)
{
    struct seen s = { 0 };
    struct why why = { 0 };
    buf_init(&s.text, 1 << 20);
    assert_int_equal(yaml_read_flat(bytes_str(yaml), note, &s, &why), ERR_MALFORMED);
    if (strstr(why.text, word) == NULL)
        fail_msg("'%s' does not say '%s'", why.text, word);
    buf_fini(&s.text);
}

static void names_and_values_come_in_order(void **state)
{
    assert_reads("name: n1\nmax: 5\nflag: true\n", "name=n1;max=5;flag=true;");
}

static void quotes_and_comments_are_yamls(void **state)
{
    assert_reads("# a comment\nname: 'a: b' # another\nother: \"c\\td\"\n",
                 "name=a: b;other=c\td;");
}

static void a_list_is_joined_by_commas(void **state)
{
    assert_reads("urls:\n  - http://a:1\n  - http://b:2\none: [x]\nnone: []\n",
                 "urls=http://a:1,http://b:2;one=x;none=;");
}

static void a_section_is_joined_to_its_names_by_a_dot(void **state)
{
    assert_reads("client-transport-security:\n  cert-file: c.pem\n  client-cert-auth: true\nx: y\n",
                 "client-transport-security.cert-file=c.pem;"
                 "client-transport-security.client-cert-auth=true;x=y;");
}

static void an_empty_value_is_an_empty_text(void **state)
{
    assert_reads("name:\nother: ''\n", "name=;other=;");
}

static void an_empty_file_has_no_options(void **state)
{
    assert_reads("", "");
    assert_reads("# only a comment\n", "");
    assert_reads("---\n", "");
    assert_reads("{}\n", "");
}

static void json_is_yaml_too(void **state)
{
    assert_reads("{\"name\": \"n1\", \"max\": 5}", "name=n1;max=5;");
}

static void what_is_no_flat_mapping_is_refused_with_its_line(void **state)
{
    assert_refuses("just text\n", "line 1");
    assert_refuses("- a\n- b\n", "line 1");
    assert_refuses("a: 1\nb: {c: {d: 1}}\n", "line 2");
    assert_refuses("a: 1\nb:\n  - {c: 1}\n", "line 3");
    assert_refuses("a: 1\nb:\n  - [c]\n", "line 3");
    assert_refuses("? [x]\n: 1\n", "line 1");
}

static void a_second_document_is_refused(void **state)
{
    assert_refuses("a: 1\n---\nb: 2\n", "document");
    assert_refuses("---\n---\nb: 2\n", "document");
}

static void aliases_are_refused(void **state)
{
    assert_refuses("a: &x 1\nb: *x\n", "line 2");
    assert_refuses("a: [*x]\n", "line 1");
}

static void broken_yaml_is_refused_with_its_line(void **state)
{
    assert_refuses("a: 1\nb: 'open\n", "line");
    assert_refuses("a: [1, 2\n", "line");
    assert_refuses("a: 1\n\tb: 2\n", "line");
    assert_refuses("a: \xff\xfe\n", "line");
}

static void a_value_with_a_nul_is_refused(void **state)
{
    assert_refuses("a: \"x\\0y\"\n", "line 1");
}

static void what_the_reader_returns_ends_the_reading(void **state)
{
    struct seen s = { .refuse_at = 2 };
    struct why why = { 0 };
    buf_init(&s.text, 1000);
    assert_int_equal(yaml_read_flat(bytes_str("a: 1\nb: 2\nc: 3\n"), note, &s, &why), ERR_INVALID);
    assert_int_equal(s.pairs, 2);
    buf_fini(&s.text);
}

static void a_file_above_the_limit_is_refused(void **state)
{
    size_t n = 1 << 20;
    char *text = malloc(n + 1);
    struct seen s = { 0 };
    struct why why = { 0 };
    memset(text, '#', n + 1);
    buf_init(&s.text, 1000);
    assert_int_equal(yaml_read_flat(bytes_of(text, n), note, &s, &why), OK);
    assert_int_equal(yaml_read_flat(bytes_of(text, n + 1), note, &s, &why), ERR_TOO_BIG);
    buf_fini(&s.text);
    free(text);
}

static void a_file_cut_at_every_byte_is_read_or_refused(void **state)
{
    const char *yaml = "name: \"n\\u00e9\"\nurls: [a, 'b']\nsec:\n  k: v\n# end\n";
    for (size_t cut = 0; cut < strlen(yaml); cut++) {
        struct seen s = { 0 };
        struct why why = { 0 };
        buf_init(&s.text, 1000);
        enum err e = yaml_read_flat(bytes_of(yaml, cut), note, &s, &why);
        assert_true(e == OK || (e == ERR_MALFORMED && why.text[0] != 0));
        buf_fini(&s.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_values_come_in_order),
        cmocka_unit_test(quotes_and_comments_are_yamls),
        cmocka_unit_test(a_list_is_joined_by_commas),
        cmocka_unit_test(a_section_is_joined_to_its_names_by_a_dot),
        cmocka_unit_test(an_empty_value_is_an_empty_text),
        cmocka_unit_test(an_empty_file_has_no_options),
        cmocka_unit_test(json_is_yaml_too),
        cmocka_unit_test(what_is_no_flat_mapping_is_refused_with_its_line),
        cmocka_unit_test(a_second_document_is_refused),
        cmocka_unit_test(aliases_are_refused),
        cmocka_unit_test(broken_yaml_is_refused_with_its_line),
        cmocka_unit_test(a_value_with_a_nul_is_refused),
        cmocka_unit_test(what_the_reader_returns_ends_the_reading),
        cmocka_unit_test(a_file_above_the_limit_is_refused),
        cmocka_unit_test(a_file_cut_at_every_byte_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

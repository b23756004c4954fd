#include "net/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void assert_parsed(const char *text, bool is_https, const char *host, uint16_t port,
                          const char *target)
{
    struct url u;
    struct why why = { "" };
    struct buf out;
    buf_init(&out, URL_MAX + 1);
    if (url_parse(bytes_str(text), &u, &why) != OK)
        fail_msg("%s: %s", text, why.text);
    assert_int_equal(u.is_https, is_https);
    assert_true(bytes_is(u.host, host));
    assert_int_equal(u.port, port);
    url_put_target(&u, &out);
    assert_true(bytes_is(buf_bytes(&out), target));
    buf_fini(&out);
}

static void url_is_split(void **state)
{
    assert_parsed("http://a", false, "a", 80, "/");
    assert_parsed("HTTPS://a.b/", true, "a.b", 443, "/");
    assert_parsed("http://a:81/x/y?z=1#f", false, "a", 81, "/x/y?z=1");
    assert_parsed("http://a?z", false, "a", 80, "/?z");
    assert_parsed("http://a#f", false, "a", 80, "/");
    assert_parsed("http://[::1]:82/x", false, "::1", 82, "/x");
    assert_parsed("https://[fe80::1]/", true, "fe80::1", 443, "/");
    assert_parsed("http://a:/x", false, "a", 80, "/x");
}

static void what_is_no_http_url_is_refused(void **state)
{
    static const char *const bad[] = { "",
                                       "a",
                                       "ftp://a/",
                                       "http://",
                                       "http:///x",
                                       "http://a b/",
                                       "http://:80",
                                       "http://a:0/",
                                       "http://a:x",
                                       "http://[::1",
                                       "http://[]:/",
                                       "http://[]",
                                       "http://[]:80",
                                       "http://a:65536",
                                       "http://u:p@a/",
                                       "http://a/\r\nX: y" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct url u;
        struct why why = { "" };
        if (url_parse(bytes_str(bad[i]), &u, &why) != ERR_INVALID || why.text[0] == 0)
            fail_msg("'%s' was taken", bad[i]);
    }
}

static void url_ends_at_its_limit(void **state)
{
    char text[URL_MAX + 2];
    struct url u;
    memset(text, 'x', sizeof(text));
    memcpy(text, "http://a/", 9);
    assert_int_equal(url_parse(bytes_of(text, URL_MAX), &u, NULL), OK);
    assert_int_equal(url_parse(bytes_of(text, URL_MAX + 1), &u, NULL), ERR_INVALID);
}

static void location_is_followed(void **state)
{
    static const struct {
        const char *base, *location, *to;
    } rows[] = {
        { "http://a/x/y", "https://b/z", "https://b/z" },
        { "https://a:1/x/y", "//b/z", "https://b/z" },
        { "http://a:1/x/y?q", "/z", "http://a:1/z" },
        { "http://a/x/y?q", "z", "http://a/x/z" },
        { "http://a", "z", "http://a/z" },
        { "http://a/x/y?q=/w", "?r", "http://a/x/y?r" },
        { "http://a/x/", "z?r", "http://a/x/z?r" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct url u;
        struct buf out;
        buf_init(&out, 2 * URL_MAX);
        assert_int_equal(url_parse(bytes_str(rows[i].base), &u, NULL), OK);
        url_follow(&u, bytes_str(rows[i].location), &out);
        if (!bytes_is(buf_bytes(&out), rows[i].to))
            fail_msg("%s at %s", rows[i].location, rows[i].base);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(url_is_split),
        cmocka_unit_test(what_is_no_http_url_is_refused),
        cmocka_unit_test(url_ends_at_its_limit),
        cmocka_unit_test(location_is_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

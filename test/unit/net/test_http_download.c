#include "net/http_download.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "test/lib/httpd.h"

struct taking {
    size_t n, pieces;
    uint8_t first[16];
    enum err answer; /* to the second piece and later ones */
};

static enum err take(void *ctx, struct bytes piece)
{
    struct taking *t = ctx;
    if (t->n < sizeof t->first) {
        size_t room = sizeof t->first - t->n;
        memcpy(t->first + t->n, piece.p, piece.n < room ? piece.n : room);
    }
    t->n += piece.n;
    return ++t->pieces > 1 ? t->answer : OK;
}

static enum err download(const char *path, struct taking *t, struct why *why)
{
    struct httpd *h = httpd_start(1, NULL);
    char url[200];
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", h->port, path);
    enum err e = http_download(url, take, t, why);
    httpd_free(h);
    return e;
}

static void a_body_comes_whole(void **state)
{
    struct taking t = { 0 };
    struct why why = { "" };
    assert_int_equal(download("/hello", &t, &why), OK);
    assert_true(bytes_is(bytes_of(t.first, t.n), "hello"));
}

static void a_large_body_comes_in_pieces(void **state)
{
    struct taking t = { 0 };
    struct why why = { "" };
    assert_int_equal(download("/big?n=3000000", &t, &why), OK);
    assert_int_equal(t.n, 3000000);
    assert_true(t.pieces > 1);
}

static void a_chunked_body_comes_whole(void **state)
{
    struct taking t = { 0 };
    struct why why = { "" };
    assert_int_equal(download("/stream?n=300", &t, &why), OK);
    assert_int_equal(t.n, 300 * 1024);
}

static void another_status_is_told_and_its_body_is_not_taken(void **state)
{
    struct taking t = { 0 };
    struct why why = { "" };
    assert_int_equal(download("/nothing", &t, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "/nothing answered 404"));
    assert_int_equal(t.n, 0);
}

static void half_an_answer_is_truncated(void **state)
{
    struct taking t = { 0 };
    struct why why = { "" };
    assert_int_equal(download("/abort", &t, &why), ERR_TRUNCATED);
    assert_non_null(strstr(why.text, "broke off"));
}

static void what_take_returns_ends_it(void **state)
{
    struct taking t = { .answer = ERR_NO_SPACE };
    struct why why = { "" };
    assert_int_equal(download("/big?n=3000000", &t, &why), ERR_NO_SPACE);
    assert_int_equal(t.pieces, 2);
    assert_non_null(strstr(why.text, "no space left"));
}

static void nobody_there_is_closed(void **state)
{
    struct taking t = { 0 };
    struct why why = { "" };
    struct httpd *h = httpd_start(1, NULL);
    char url[200];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/hello", h->port);
    httpd_free(h); /* its port is free again, and nobody listens */
    assert_int_equal(http_download(url, take, &t, &why), ERR_CLOSED);
    assert_non_null(strstr(why.text, "cannot reach http://127.0.0.1:"));
}

static void only_http_is_spoken(void **state)
{
    struct taking t = { 0 };
    struct why why = { "" };
    assert_int_not_equal(http_download("file:///etc/hostname", take, &t, &why), OK);
    assert_int_equal(t.n, 0);
    assert_true(why.text[0] != 0);
}

static void loopback_is_reached_whatever_the_proxy(void **state)
{
    struct taking t = { 0 };
    struct why why = { "" };
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    assert_int_equal(download("/hello", &t, &why), OK);
    unsetenv("http_proxy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_comes_whole),
        cmocka_unit_test(a_large_body_comes_in_pieces),
        cmocka_unit_test(a_chunked_body_comes_whole),
        cmocka_unit_test(another_status_is_told_and_its_body_is_not_taken),
        cmocka_unit_test(half_an_answer_is_truncated),
        cmocka_unit_test(what_take_returns_ends_it),
        cmocka_unit_test(nobody_there_is_closed),
        cmocka_unit_test(only_http_is_spoken),
        cmocka_unit_test(loopback_is_reached_whatever_the_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

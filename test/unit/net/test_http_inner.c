/* Requests without a socket: the handler sees what was asked, the asker what was answered. */
#include "net/http_inner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"

static struct http_request *held; /* answered later */
static struct buf heard;          /* what the asker heard: "STATUS BODY;" */

static void handle(struct http_request *r)
{
    struct bytes q;
    if (bytes_is(http_path(r), "/later")) {
        held = r;
        return;
    }
    if (bytes_is(http_path(r), "/broken")) {
        http_respond_start(r, 200, "text/plain", NULL, 0);
        http_respond_abort(r);
        return;
    }
    if (bytes_is(http_path(r), "/long")) {
        char *text = mem_zalloc(1, HTTP_INNER_BODY_MAX + 1);
        memset(text, 'x', HTTP_INNER_BODY_MAX + 1);
        http_respond(r, 200, "text/plain", NULL, 0, bytes_of(text, HTTP_INNER_BODY_MAX + 1));
        mem_free(text);
        return;
    }
    bool has_q = http_query_get(r, "q", 0, &q);
    const char *text =
        arena_printf(http_arena(r), "%.*s %.*s q=%.*s token=%.*s body=%.*s from=%s ctx=%d",
                     (int)http_method(r).n, (const char *)http_method(r).p, (int)http_path(r).n,
                     (const char *)http_path(r).p, has_q ? (int)q.n : 0,
                     has_q ? (const char *)q.p : "", (int)http_header(r, "x-token").n,
                     (const char *)http_header(r, "x-token").p, (int)http_body(r).n,
                     (const char *)http_body(r).p, http_peer(r), *(const int *)http_context(r));
    http_respond(r, 201, "text/plain", NULL, 0, bytes_str(text));
}

static void hear(void *ctx, int status, struct bytes body)
{
    buf_printf(&heard, "%d %.*s;", status, body.n > 200 ? 0 : (int)body.n, (const char *)body.p);
    if (body.n > 200)
        buf_printf(&heard, "(%zu)", body.n);
}

static void ask(const char *method, const char *target)
{
    static const struct http_service service = { .handle = handle, .check_host = true };
    static int context = 7;
    char text[64];
    snprintf(text, sizeof text, "%s", target); /* gone when it is answered */
    struct http_header token = { bytes_str("x-token"), bytes_str("t1") };
    struct http_inner_ask a = { .service = &service,
                                .context = &context,
                                .method = bytes_str(method),
                                .target = bytes_str(text),
                                .body = bytes_str("{}"),
                                .headers = &token,
                                .header_n = 1 };
    http_inner_ask(&a, hear, NULL);
    memset(text, 0, sizeof text);
}

static void assert_heard(const char *wanted)
{
    buf_put_u8(&heard, 0);
    assert_string_equal(heard.p, wanted);
    buf_clear(&heard, SIZE_MAX);
}

static void handler_sees_the_request(void **state)
{
    ask("PUT", "/a/b?q=1%202");
    assert_heard("201 PUT /a/b q=1 2 token=t1 body={} from=self ctx=7;");
}

static void answer_may_come_later(void **state)
{
    ask("GET", "/later");
    assert_heard("");
    assert_true(bytes_is(http_path(held), "/later"));
    http_respond(held, 204, NULL, NULL, 0, (struct bytes){ 0 });
    assert_heard("204 ;");
}

static void broken_answer_has_no_status(void **state)
{
    ask("GET", "/broken");
    assert_heard("0 ;");
}

static void long_answer_is_cut_at_its_limit(void **state)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "200 ;(%d)", HTTP_INNER_BODY_MAX);
    ask("GET", "/long");
    assert_heard(wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handler_sees_the_request),
        cmocka_unit_test(answer_may_come_later),
        cmocka_unit_test(broken_answer_has_no_status),
        cmocka_unit_test(long_answer_is_cut_at_its_limit),
    };
    buf_init(&heard, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_fini(&heard);
    return failed;
}

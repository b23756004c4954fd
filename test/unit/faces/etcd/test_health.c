/* Plain HTTP: version, health, what is not served. http_* are stood in for here. */
#include "requests.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/http.h"

/* -- a request without a network -------------------------------------------------------------- */

struct http_request {
    struct fixture *fixture;
    const char *method, *path, *query;
    struct arena arena;
    struct loops_event answered;
    int status;
    char type[64], body[4096];
    void *watcher;
    void (*gone)(void *self);
};

struct bytes http_method(const struct http_request *r)
{
    return bytes_str(r->method);
}

struct bytes http_path(const struct http_request *r)
{
    return bytes_str(r->path);
}

void *http_context(const struct http_request *r)
{
    return r->fixture->face;
}

struct arena *http_arena(struct http_request *r)
{
    return &r->arena;
}

/* "a=1&b&a=2", nothing encoded. */
bool http_query_get(struct http_request *r, const char *name, size_t at, struct bytes *ret)
{
    struct bytes left = bytes_str(r->query);
    while (left.n > 0) {
        const uint8_t *and = memchr(left.p, '&', left.n);
        struct bytes pair = bytes_of(left.p, and == NULL ? left.n : (size_t)(and-left.p));
        left = bytes_skip(left, pair.n + 1);
        struct bytes rest = bytes_skip(pair, strlen(name));
        if (!bytes_starts(pair, bytes_str(name)) || (rest.n > 0 && rest.p[0] != '='))
            continue;
        *ret = bytes_skip(rest, 1);
        if (at-- == 0)
            return true;
    }
    return false;
}

void http_respond(struct http_request *r, int status, const char *content_type,
                  const struct http_header *headers, size_t header_n, struct bytes body)
{
    assert_int_equal(r->status, 0);
    r->status = status;
    snprintf(r->type, sizeof r->type, "%s", content_type);
    snprintf(r->body, sizeof r->body, "%.*s", (int)body.n, (const char *)body.p);
    loops_event_happen(&r->answered);
}

void http_watch(struct http_request *r, void *self, void (*drained)(void *self),
                void (*gone)(void *self))
{
    r->watcher = self;
    r->gone = gone;
}

static void do_handle(void *ctx)
{
    etcd_http.handle(ctx);
}

static struct http_request *ask_as(struct fixture *f, const char *method, const char *path,
                                   const char *query)
{
    static struct http_request r;
    r = (struct http_request){ .fixture = f, .method = method, .path = path, .query = query };
    arena_init(&r.arena, 0);
    loops_event_init(&r.answered);
    kernel_call(&f->kernel, do_handle, &r);
    assert_true(loops_event_wait(&r.answered, 1, LOOPS_DEADLINE_MS));
    loops_event_fini(&r.answered);
    arena_fini(&r.arena);
    return &r;
}

static void expect(struct fixture *f, const char *path, const char *query, int status,
                   const char *body)
{
    const struct http_request *r = ask_as(f, "GET", path, query);
    assert_string_equal(r->body, body);
    assert_int_equal(r->status, status);
}

static void set_alarm(struct fixture *f, int action, int kind)
{
    Etcdserverpb__AlarmRequest r = ETCDSERVERPB__ALARM_REQUEST__INIT;
    enum grpc_status status;
    r.action = (Etcdserverpb__AlarmRequest__AlarmAction)action;
    r.alarm = (Etcdserverpb__AlarmType)kind;
    r.memberid = 7;
    fake_unary(f, "Maintenance", "Alarm", &r, &etcdserverpb__alarm_response__descriptor, &status,
               NULL);
    assert_int_equal(status, GRPC_OK);
}

/* -- claims ----------------------------------------------------------------------------------- */

static void version_is_json(void **state)
{
    expect(*state, "/version", "", 200,
           "{\"etcdserver\":\"3.6.14\",\"etcdcluster\":\"3.6.0\",\"storage\":\"3.6.0\"}");
    assert_string_equal(ask_as(*state, "GET", "/version", "")->type, "application/json");
}

static void healthy_server_says_so(void **state)
{
    expect(*state, "/health", "", 200, "{\"health\":\"true\",\"reason\":\"\"}");
    expect(*state, "/health", "serializable=true", 200, "{\"health\":\"true\",\"reason\":\"\"}");
}

static void alarm_is_a_reason_unless_it_is_excluded(void **state)
{
    set_alarm(*state, 1, 1);
    expect(*state, "/health", "", 503, "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}\n");
    expect(*state, "/health", "exclude=CORRUPT&exclude=NOSPACE", 200,
           "{\"health\":\"true\",\"reason\":\"\"}");
    set_alarm(*state, 2, 1);
    expect(*state, "/health", "", 200, "{\"health\":\"true\",\"reason\":\"\"}");
}

static void only_get_is_allowed(void **state)
{
    static const char *const paths[] = { "/health", "/livez", "/readyz", "/version" };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        assert_int_equal(ask_as(*state, "POST", paths[i], "")->status, 405);
}

static void live_and_ready_say_ok(void **state)
{
    expect(*state, "/livez", "", 200, "ok\n");
    expect(*state, "/readyz", "", 200, "ok\n");
    expect(*state, "/readyz/linearizable_read", "", 200, "ok\n");
    expect(*state, "/livez", "verbose", 200, "[+]serializable_read ok\nok\n");
    expect(*state, "/readyz", "verbose&exclude=linearizable_read", 200,
           "[+]data_corruption ok\n[+]serializable_read ok\n[+]non_learner ok\nok\n");
}

static void corruption_fails_ready_and_not_live(void **state)
{
    set_alarm(*state, 1, 2);
    const struct http_request *r = ask_as(*state, "GET", "/readyz", "");
    assert_int_equal(r->status, 503);
    assert_non_null(strstr(r->body, "[-]data_corruption failed: alarm activated: CORRUPT\n"));
    expect(*state, "/livez", "", 200, "ok\n");
    expect(*state, "/readyz", "exclude=data_corruption", 200, "ok\n");
    set_alarm(*state, 2, 2);
}

static void no_space_fails_neither(void **state)
{
    set_alarm(*state, 1, 1);
    expect(*state, "/readyz", "", 200, "ok\n");
    set_alarm(*state, 2, 1);
}

static void what_is_not_there_is_404(void **state)
{
    static const char *const paths[] = { "/",
                                         "/nothing",
                                         "/livez/linearizable_read",
                                         "/readyz/nothing",
                                         "/metrics",
                                         "/v3",
                                         "/debug/vars",
                                         "/livez/",
                                         "/readyz/" };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        expect(*state, paths[i], "", 404, "404 page not found\n");
}

static void gateway_says_that_it_is_not_there_yet(void **state)
{
    const struct http_request *r = ask_as(*state, "POST", "/v3/kv/put", "");
    assert_int_equal(r->status, 501);
    assert_non_null(strstr(r->body, "\"code\":12"));
    r = ask_as(*state, "GET", "/v3/kv/put", "");
    assert_int_equal(r->status, 501);
    assert_string_equal(r->body, "{\"code\":12,\"message\":\"Method Not Allowed\"}");
}

static void do_handle_and_leave(void *ctx)
{
    struct http_request *r = ctx;
    etcd_http.handle(r);
    r->gone(r->watcher);
}

static void client_that_leaves_before_its_answer_is_forgotten(void **state)
{
    struct fixture *f = *state;
    struct http_request r = { .fixture = f, .method = "GET", .path = "/health", .query = "" };
    arena_init(&r.arena, 0);
    loops_event_init(&r.answered);
    kernel_call(&f->kernel, do_handle_and_leave, &r);
    assert_true(put(f, "k", "v") > 1);
    assert_int_equal(r.status, 0);
    loops_event_fini(&r.answered);
    arena_fini(&r.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FIXTURE(version_is_json),
        ON_FIXTURE(healthy_server_says_so),
        ON_FIXTURE(alarm_is_a_reason_unless_it_is_excluded),
        ON_FIXTURE(only_get_is_allowed),
        ON_FIXTURE(live_and_ready_say_ok),
        ON_FIXTURE(corruption_fails_ready_and_not_live),
        ON_FIXTURE(no_space_fails_neither),
        ON_FIXTURE(what_is_not_there_is_404),
        ON_FIXTURE(gateway_says_that_it_is_not_there_yet),
        ON_FIXTURE(client_that_leaves_before_its_answer_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

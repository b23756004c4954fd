#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "catalog/kinds.h"
#include "faces/consul/call/core.h"
#include "loop/loop.h"

static void count_reload(void *ctx, struct consul_reload *r)
{
    struct rig *rig = ctx;
    rig->reloads++;
    if (rig->holds_reload)
        rig->held = r;
    else
        consul_reload_done(r, rig->reload_why == NULL ? OK : ERR_INVALID, rig->reload_why);
}

static void count_leave(void *ctx)
{
    ((struct rig *)ctx)->leaves++;
}

static void open_face(void *ctx)
{
    struct rig *rig = ctx;
    struct endpoint at;
    struct why why;
    rig->face = consul_face_new(rig->k.hub, &rig->options);
    rig->contexts[0] = rig->face;
    rig->service =
        (struct net_service){ .name = "consul", .http = &consul_http, .contexts = rig->contexts };
    rig->server = net_server_new(&rig->k.loop, 1, rig->k.metrics);
    assert_int_equal(endpoint_parse(bytes_str("127.0.0.1:0"), &at, &why), OK);
    assert_int_equal(net_server_listen(rig->server, &at, &rig->service, NULL, &rig->port, &why),
                     OK);
}

static void close_face(void *ctx)
{
    struct rig *rig = ctx;
    net_server_free(rig->server);
    consul_face_free(rig->face);
}

struct rig *rig_new(void)
{
    struct rig *rig = calloc(1, sizeof *rig);
    kernel_init(&rig->k, NULL);
    rig->k.replica_options.kinds = catalog_kinds(&rig->k.replica_options.kind_n);
    rig->k.replica_options.hooks = catalog_hooks();
    rig->k.made = open_face;
    rig->k.ended = close_face;
    rig->k.ctx = rig;
    rig->k.replica_options.hooks = catalog_hooks();
    rig->k.replica_options.kinds = catalog_kinds(&rig->k.replica_options.kind_n);
    rig->options = (struct consul_options){
        .self = { .datacenter = "dc1",
                  .node_name = "n1",
                  .node_id = "0a0b0c0d-0000-4000-8000-000000000001",
                  .address = "10.0.0.1",
                  .version = "0.0.0",
                  .http_port = 8500 },
        .reload = count_reload,
        .leave = count_leave,
        .ctx = rig,
    };
    buf_init(&rig->answer, 64 << 20);
    return rig;
}

void rig_start(struct rig *rig)
{
    kernel_start(&rig->k);
}

static void drain(void *ctx)
{
    consul_face_drain(((struct rig *)ctx)->face);
}

static void look(void *ctx)
{
    struct rig *rig = ctx;
    rig->is_drained = consul_face_is_drained(rig->face);
}

/* What the face asks of others ends with it, in turns of its loop. */
static void end_what_is_asked(struct rig *rig)
{
    uint64_t until_ns = clock_now_ns() + UINT64_C(10000000000);
    kernel_call(&rig->k, look, rig);
    if (!rig->is_drained)
        kernel_call(&rig->k, drain, rig);
    while (!rig->is_drained && clock_now_ns() < until_ns)
        kernel_call(&rig->k, look, rig);
    assert_true(rig->is_drained);
}

void rig_free(struct rig *rig)
{
    end_what_is_asked(rig);
    kernel_stop(&rig->k, true);
    kernel_fini(&rig->k);
    buf_fini(&rig->answer);
    free(rig);
}

int rig_setup(void **state)
{
    struct rig *rig = rig_new();
    rig_start(rig);
    *state = rig;
    return 0;
}

int rig_teardown(void **state)
{
    rig_free(*state);
    return 0;
}

/* -- asking ------------------------------------------------------------------------------------
 */

static struct client *begin_bytes(struct rig *rig, const char *request, struct bytes body,
                                  const char *more)
{
    struct buf text;
    struct client *c = client_tcp(rig->port);
    buf_init(&text, 64 << 20);
    buf_printf(&text, "%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s", request,
               rig->port, more);
    if (body.p != NULL)
        buf_printf(&text, "Content-Length: %zu\r\n", body.n);
    buf_put_str(&text, "\r\n");
    buf_put_bytes(&text, body);
    client_send(c, text.p, text.n);
    buf_fini(&text);
    return c;
}

static struct client *begin(struct rig *rig, const char *request, const char *body,
                            const char *more)
{
    return begin_bytes(rig, request, body == NULL ? (struct bytes){ 0 } : bytes_str(body), more);
}

struct client *rig_begin(struct rig *rig, const char *request, const char *body)
{
    return begin(rig, request, body, "");
}

static void count_blocking(void *ctx)
{
    struct rig *rig = ctx;
    rig->blocking = (int)metric_get(rig->face->blocking);
}

void rig_await_blocking(struct rig *rig, int n)
{
    uint64_t began = clock_now_ns();
    do {
        kernel_call(&rig->k, count_blocking, rig);
        if (clock_now_ns() - began > UINT64_C(20000000000))
            fail_msg("%d wait, not %d", rig->blocking, n);
    } while (rig->blocking != n);
}

/* Chunks become one run, in place; a NUL follows. */
static void join_chunks(struct rig *rig)
{
    char *text = (char *)rig->answer.p, *from = strstr(text, "\r\n\r\n"), *to;
    if (from == NULL || strstr(text, "transfer-encoding: chunked\r\n") == NULL ||
        strstr(text, "transfer-encoding: chunked\r\n") > from)
        return;
    from = to = from + 4;
    for (;;) {
        char *data;
        size_t n = strtoul(from, &data, 16);
        if (n == 0)
            break;
        memmove(to, data + 2, n);
        to += n;
        from = data + 2 + n + 2;
    }
    *to = 0;
    rig->answer.n = (size_t)(to - text) + 1;
}

int rig_end(struct rig *rig, struct client *take_c)
{
    assert_true(client_read_to_end(take_c));
    buf_clear(&rig->answer, SIZE_MAX);
    buf_put_bytes(&rig->answer, client_received(take_c));
    buf_put_u8(&rig->answer, 0);
    client_close(take_c);
    assert_true(rig->answer.n > 13);
    join_chunks(rig);
    return atoi((const char *)rig->answer.p + 9);
}

int rig_ask(struct rig *rig, const char *request, const char *body, const char *more)
{
    return rig_end(rig, begin(rig, request, body, more));
}

int rig_ask_bytes(struct rig *rig, const char *request, struct bytes body, const char *more)
{
    return rig_end(rig, begin_bytes(rig, request, body, more));
}

int rig_peek(struct rig *rig, const char *request, const char *more, const char *text)
{
    struct client *c = begin(rig, request, NULL, more);
    assert_true(client_read_until(c, "\r\n\r\n"));
    if (!client_has(c, "HTTP/1.1 200"))
        return rig_end(rig, c);
    assert_true(client_read_until(c, text));
    buf_clear(&rig->answer, SIZE_MAX);
    buf_put_bytes(&rig->answer, client_received(c));
    buf_put_u8(&rig->answer, 0);
    client_close(c);
    return 200;
}

struct bytes rig_body_bytes(struct rig *rig)
{
    size_t head = (size_t)(rig_body(rig) - (const char *)rig->answer.p);
    return bytes_of(rig->answer.p + head, rig->answer.n - 1 - head);
}

const char *rig_body(struct rig *rig)
{
    const char *end = strstr((const char *)rig->answer.p, "\r\n\r\n");
    assert_non_null(end);
    return end + 4;
}

const char *rig_header(struct rig *rig, const char *name)
{
    static char value[1000];
    char line[200];
    snprintf(line, sizeof line, "\r\n%s: ", name);
    const char *text = (const char *)rig->answer.p, *at = strstr(text, line);
    value[0] = 0;
    if (at != NULL && at < rig_body(rig)) {
        at += strlen(line);
        snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
    }
    return value;
}

void rig_expect(struct rig *rig, const char *request, const char *body, int status,
                const char *text)
{
    int got = rig_ask(rig, request, body, "");
    if (got != status || strcmp(rig_body(rig), text) != 0)
        fail_msg("%s: %d %s\nnot %d %s", request, got, rig_body(rig), status, text);
}

void rig_expect_part(struct rig *rig, const char *request, const char *body, int status,
                     const char *part)
{
    int got = rig_ask(rig, request, body, "");
    if (got != status || strstr(rig_body(rig), part) == NULL)
        fail_msg("%s: %d %s\nwithout %d %s", request, got, rig_body(rig), status, part);
}

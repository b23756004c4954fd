#include "test/lib/httpd.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/conn.h"

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "test server: %s\n", what);
    abort();
}

/* -- handlers ---------------------------------------------------------------------------------- */

static size_t ask_n(struct http_request *r)
{
    struct bytes text;
    uint64_t n = 0;
    if (http_query_get(r, "n", 0, &text))
        IGNORE(text_u64(text, &n)); /* 0 is as good */
    return n;
}

static void answer_big(struct http_request *r)
{
    size_t n = ask_n(r);
    uint8_t *p = arena_alloc(http_arena(r), n + 1);
    memset(p, 'b', n);
    http_respond(r, 200, "application/octet-stream", NULL, 0, bytes_of(p, n));
}

struct stream {
    struct http_request *r;
    struct httpd_thread *t;
    size_t left;
};

static void pour(void *self)
{
    struct stream *s = self;
    char piece[1024];
    memset(piece, 's', sizeof(piece));
    while (s->left > 0 && http_respond_pending(s->r) <= CONN_OUT_HIGH) {
        http_respond_write(s->r, bytes_of(piece, sizeof(piece)));
        s->left--;
        if (http_respond_pending(s->r) > s->t->most_pending)
            s->t->most_pending = http_respond_pending(s->r);
    }
    if (s->left == 0)
        http_respond_end(s->r);
}

static void note_gone(void *self)
{
    struct httpd_thread *t = self;
    t->gone_n++;
    t->held_n = 0; /* the tests hold one request when they let it go */
    loops_event_happen(&t->h->gone);
}

static void stream_gone(void *self)
{
    note_gone(((struct stream *)self)->t);
}

static void answer_stream(struct http_request *r)
{
    struct stream *s = arena_zalloc(http_arena(r), 1, sizeof(*s));
    *s = (struct stream){ .r = r, .t = http_context(r), .left = ask_n(r) };
    http_watch(r, s, pour, stream_gone);
    http_respond_start(r, 200, "application/octet-stream", NULL, 0);
    pour(s);
}

static void hold(struct http_request *r)
{
    struct httpd_thread *t = http_context(r);
    http_watch(r, t, NULL, note_gone);
    t->held[t->held_n++] = r;
    loops_event_happen(&t->h->held);
}

static void wait_for_turn(struct http_request *r)
{
    ((struct httpd_thread *)http_context(r))->turning = r;
}

/* As a hub does: what was asked before this stage is answered, what comes behind it waits for the
 * next turn, whenever that comes. */
static void answer_turn(struct loop_hook *hook)
{
    struct httpd_thread *t = CONTAINER_OF(hook, struct httpd_thread, turn);
    struct http_request *r = t->turning;
    t->turning = NULL;
    if (r != NULL)
        http_respond(r, 200, "text/plain", NULL, 0, bytes_str("turn"));
}

static void answer_half(struct http_request *r)
{
    http_respond_start(r, 200, "text/plain", NULL, 0);
    http_respond_write(r, bytes_str("half"));
    http_respond_abort(r);
}

static void answer_thread(struct http_request *r)
{
    char text[16];
    struct httpd_thread *t = http_context(r);
    snprintf(text, sizeof(text), "thread %zu", t->at);
    http_respond(r, 200, "text/plain", NULL, 0, bytes_str(text));
}

static void answer_hello(struct http_request *r)
{
    http_respond(r, 200, "text/plain", NULL, 0, bytes_str("hello"));
}

static void answer_who(struct http_request *r)
{
    const char *name = http_client_name(r);
    http_respond(r, 200, "text/plain", NULL, 0, bytes_str(name != NULL ? name : "nobody"));
}

static void answer_echo(struct http_request *r)
{
    http_respond(r, 200, "text/plain", NULL, 0, http_body(r));
}

static void handle(struct http_request *r)
{
    static const struct {
        const char *path;
        void (*answer)(struct http_request *r);
    } paths[] = {
        { "/hello", answer_hello },   { "/echo", answer_echo }, { "/thread", answer_thread },
        { "/big", answer_big },       { "/hold", hold },        { "/abort", answer_half },
        { "/stream", answer_stream }, { "/who", answer_who },   { "/turn", wait_for_turn },
    };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        if (bytes_is(http_path(r), paths[i].path)) {
            paths[i].answer(r);
            return;
        }
    }
    http_respond(r, 404, "text/plain", NULL, 0, bytes_str("404 page not found"));
}

/* -- life -------------------------------------------------------------------------------------- */

struct httpd *httpd_new(size_t thread_n, const struct net_limits *limits)
{
    struct httpd *h = mem_zalloc(1, sizeof(*h));
    struct loop *loops[HTTPD_THREADS_MAX];
    h->thread_n = thread_n;
    h->metrics = metrics_new();
    loops_event_init(&h->held);
    loops_event_init(&h->gone);
    loops_event_init(&h->drained);
    for (size_t i = 0; i < thread_n; i++) {
        struct httpd_thread *t = &h->threads[i];
        *t = (struct httpd_thread){ .h = h, .at = i };
        must(loop_new("io", &t->loop) == OK, "no loop");
        t->box = mailbox_new(t->loop);
        t->turn.run = answer_turn;
        loop_hook_add(t->loop, LOOP_STAGE_ANSWER, &t->turn);
        h->contexts[i] = t;
        loops[i] = t->loop;
    }
    h->http = (struct http_service){ .handle = handle };
    h->service = (struct net_service){ .name = "test", .http = &h->http, .contexts = h->contexts };
    if (limits != NULL)
        h->service.limits = *limits;
    h->server = net_server_new(loops, thread_n, h->metrics);
    return h;
}

void httpd_listen(struct httpd *h, const char *at, struct tls_context *tls, bool tls_optional)
{
    struct endpoint e;
    struct why why = { "" };
    must(endpoint_parse(bytes_str(at), &e, &why) == OK, why.text);
    e.tls_optional = tls_optional;
    must(net_server_listen(h->server, &e, &h->service, tls, &h->port, &why) == OK, why.text);
}

void httpd_run(struct httpd *h)
{
    for (size_t i = 0; i < h->thread_n; i++)
        must(loop_start(h->threads[i].loop) == OK, "no thread");
    h->runs = true;
}

struct httpd *httpd_start(size_t thread_n, const struct net_limits *limits)
{
    struct httpd *h = httpd_new(thread_n, limits);
    httpd_listen(h, "127.0.0.1:0", NULL, false);
    httpd_run(h);
    return h;
}

static void release(void *ctx)
{
    struct httpd_thread *t = ctx;
    size_t n = t->held_n;
    t->held_n = 0;
    struct http_request *held[ARRAY_LEN(t->held)];
    memcpy(held, t->held, sizeof(held));
    for (size_t i = 0; i < n; i++)
        http_respond(held[i], 200, "text/plain", NULL, 0, bytes_str("released"));
    must(t->held_n == 0, "a handler ran inside the answer to the request before its own");
}

void httpd_release(struct httpd *h)
{
    loops_call(h->threads[0].box, release, &h->threads[0]);
}

static void on_drained(void *ctx)
{
    loops_event_happen(&((struct httpd *)ctx)->drained);
}

bool httpd_drain(struct httpd *h, uint64_t grace_ms)
{
    net_server_drain(h->server, grace_ms, on_drained, h);
    return loops_event_wait(&h->drained, 1, LOOPS_DEADLINE_MS);
}

void httpd_free(struct httpd *h)
{
    for (size_t i = 0; h->runs && i < h->thread_n; i++)
        loop_stop_join(h->threads[i].loop);
    net_server_free(h->server);
    for (size_t i = 0; i < h->thread_n; i++) {
        loop_hook_remove(&h->threads[i].turn);
        mailbox_free(h->threads[i].box);
        loop_free(h->threads[i].loop);
    }
    metrics_free(h->metrics);
    loops_event_fini(&h->held);
    loops_event_fini(&h->gone);
    loops_event_fini(&h->drained);
    mem_free(h);
}

struct client *httpd_client(struct httpd *h)
{
    return client_tcp(h->port);
}

uint64_t httpd_connections(struct httpd *h)
{
    uint64_t n = 0;
    for (size_t i = 0; i < h->thread_n; i++)
        n += net_server_counts(h->server, i).connections;
    return n;
}

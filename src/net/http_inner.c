/* A carrier that keeps what it is given. */
#include "net/http_inner.h"

#include "base/mem.h"
#include "net/http_ops.h"

struct inner {
    struct http_request request;
    struct net_service service;
    struct serve serve;
    int status;
    struct buf body;
    bool dispatched, over;
    http_inner_fn done;
    void *ctx;
};

static struct inner *of(struct http_request *r)
{
    return CONTAINER_OF(r, struct inner, request);
}

/* Not before the handler has returned: until then the request is its. */
static void end_if_over(struct inner *i)
{
    if (!i->dispatched || !i->over)
        return;
    i->done(i->ctx, i->status, buf_bytes(&i->body));
    http_request_fini(&i->request);
    buf_fini(&i->body);
    mem_free(i);
}

static void take_head(struct http_request *r, int status, const struct http_header *headers,
                      size_t n, uint64_t length)
{
    of(r)->status = status;
}

static void take_body(struct http_request *r, struct bytes piece)
{
    struct inner *i = of(r);
    size_t room = HTTP_INNER_BODY_MAX - i->body.n;
    buf_put_bytes(&i->body, bytes_of(piece.p, piece.n < room ? piece.n : room));
}

static void take_end(struct http_request *r)
{
    of(r)->over = true;
    end_if_over(of(r));
}

static void take_abort(struct http_request *r)
{
    of(r)->status = 0;
    take_end(r);
}

static size_t nothing_pending(const struct http_request *r)
{
    return 0;
}

static const struct http_ops ops = { .head = take_head,
                                     .body = take_body,
                                     .end = take_end,
                                     .abort = take_abort,
                                     .pending = nothing_pending };

static void copy_request(struct http_request *r, const struct http_inner_ask *ask)
{
    struct arena *a = &r->arena;
    r->method = arena_dup(a, ask->method);
    http_split_target(arena_dup(a, ask->target), &r->path, &r->query);
    r->body = arena_dup(a, ask->body);
    r->headers = arena_zalloc(a, ask->header_n + 1, sizeof *r->headers);
    r->header_n = ask->header_n;
    for (size_t i = 0; i < ask->header_n; i++)
        r->headers[i] = (struct http_header){ arena_dup(a, ask->headers[i].name),
                                              arena_dup(a, ask->headers[i].value) };
    r->peer = "self";
}

void http_inner_ask(const struct http_inner_ask *ask, http_inner_fn done, void *ctx)
{
    struct inner *i = mem_zalloc(1, sizeof *i);
    i->service = (struct net_service){ .name = "inner", .http = ask->service };
    i->serve = (struct serve){ .loop = ask->loop, .service = &i->service, .context = ask->context };
    i->done = done;
    i->ctx = ctx;
    buf_init(&i->body, HTTP_INNER_BODY_MAX + 1);
    http_request_init(&i->request, &ops, &i->serve);
    copy_request(&i->request, ask);
    http_request_dispatch(&i->request);
    i->dispatched = true;
    end_if_over(i);
}

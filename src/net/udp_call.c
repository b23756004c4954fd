/* A connected socket, so that the system tells us of an ICMP refusal. */
#include "net/udp_call.h"

#include <stdio.h>
#include <uv.h>

#include "base/mem.h"

enum { DATAGRAM_MAX = 2048 };

struct udp_call {
    uv_udp_t handle;
    struct dialer *dialer;
    struct resolver_ask ask;
    struct loop_hook later; /* linked: FAILURE is to be told */
    struct buf datagram;
    udp_answer_fn done;
    void *ctx;
    uint16_t port;
    bool is_over, is_sent, has_handle;
    char failure[160];
    char into[DATAGRAM_MAX];
};

static void free_call(struct udp_call *c)
{
    buf_fini(&c->datagram);
    mem_free(c);
}

static void on_closed(uv_handle_t *handle)
{
    free_call(handle->data);
}

/* Tells and goes; from the loop. */
static void finish(struct udp_call *c, const char *failure)
{
    if (!c->is_over)
        c->done(c->ctx, failure);
    c->is_over = true;
    if (!c->has_handle)
        free_call(c);
    else if (!uv_is_closing((uv_handle_t *)&c->handle))
        uv_close((uv_handle_t *)&c->handle, on_closed);
}

static void on_later(struct loop_hook *hook)
{
    struct udp_call *c = CONTAINER_OF(hook, struct udp_call, later);
    loop_hook_remove(hook);
    finish(c, c->failure);
}

static void finish_later(struct udp_call *c)
{
    if (list_is_linked(&c->later.link))
        return;
    c->later.run = on_later;
    loop_hook_add(dialer_loop(c->dialer), LOOP_STAGE_MAIL, &c->later);
    loop_again(dialer_loop(c->dialer));
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct udp_call *c = handle->data;
    (void)suggested;
    *ret = uv_buf_init(c->into, sizeof(c->into));
}

static void on_received(uv_udp_t *handle, ssize_t n, const uv_buf_t *buf,
                        const struct sockaddr *from, unsigned flags)
{
    struct udp_call *c = handle->data;
    (void)buf, (void)flags;
    if (n == 0 && from == NULL)
        return; /* nothing more for now */
    uv_udp_recv_stop(handle);
    if (n < 0)
        snprintf(c->failure, sizeof(c->failure), "read: %s", uv_strerror((int)n));
    finish(c, n < 0 ? c->failure : NULL);
}

static int send_to(struct udp_call *c, const struct sockaddr *to)
{
    uv_buf_t datagram = uv_buf_init((char *)c->datagram.p, (unsigned)c->datagram.n);
    int e = uv_udp_connect(&c->handle, to);
    if (e == 0)
        e = uv_udp_recv_start(&c->handle, on_alloc, on_received);
    if (e == 0)
        e = uv_udp_try_send(&c->handle, &datagram, 1, NULL);
    return e < 0 ? e : 0;
}

static void take_addresses(struct udp_call *c, const struct addresses *found)
{
    if (found->n == 0) {
        snprintf(c->failure, sizeof(c->failure), "lookup: %s", found->failure);
        finish_later(c);
        return;
    }
    union address a = found->all[0];
    if (a.any.sa_family == AF_INET6)
        a.v6.sin6_port = htons(c->port);
    else
        a.v4.sin_port = htons(c->port);
    uv_udp_init(loop_uv(dialer_loop(c->dialer)), &c->handle);
    c->handle.data = c;
    c->has_handle = true;
    int e = send_to(c, &a.any);
    c->is_sent = e == 0;
    if (e != 0) {
        snprintf(c->failure, sizeof(c->failure), "write: %s", uv_strerror(e));
        finish_later(c);
    }
}

static void on_found(struct resolver_ask *ask, const struct addresses *found)
{
    take_addresses(CONTAINER_OF(ask, struct udp_call, ask), found);
}

struct udp_call *udp_call_start(struct dialer *dialer, struct bytes host, uint16_t port,
                                struct bytes datagram, udp_answer_fn done, void *ctx)
{
    struct addresses found;
    struct udp_call *c = mem_zalloc(1, sizeof(*c));
    c->dialer = dialer;
    c->done = done;
    c->ctx = ctx;
    c->port = port;
    c->ask.done = on_found;
    buf_init(&c->datagram, DATAGRAM_MAX);
    buf_put_bytes(&c->datagram, datagram);
    if (resolver_find(dialer_resolver(dialer), host, &c->ask, &found))
        take_addresses(c, &found);
    return c;
}

void udp_call_cancel(struct udp_call *c)
{
    c->is_over = true;
    resolver_cancel(&c->ask);
    finish_later(c);
}

bool udp_call_is_sent(const struct udp_call *c)
{
    return c->is_sent;
}

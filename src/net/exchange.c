#include "net/exchange.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/mem.h"

enum { LENGTH_BYTES = 2, MESSAGE_MAX = UINT16_MAX, READ_BYTES = MESSAGE_MAX + LENGTH_BYTES };

struct exchange {
    struct loop *loop;
    enum exchange_carrier carrier;
    const struct exchange_ops *ops;
    void *ctx;
    int fd;
    uv_poll_t *poll;
    struct timer limit;
    struct buf out, in; /* of TCP: what is still to be sent, what has come */
};

/* -- the end ----------------------------------------------------------------------------------- */

static void on_poll_closed(uv_handle_t *handle)
{
    mem_free(handle);
}

void exchange_cancel(struct exchange *x)
{
    if (x == NULL)
        return;
    timer_stop(&x->limit);
    if (x->poll != NULL)
        uv_close((uv_handle_t *)x->poll, on_poll_closed);
    if (x->fd >= 0)
        close(x->fd);
    buf_fini(&x->out);
    buf_fini(&x->in);
    mem_free(x);
}

static void fail(struct exchange *x, enum err err)
{
    const struct exchange_ops *ops = x->ops;
    void *ctx = x->ctx;
    exchange_cancel(x);
    ops->failed(ctx, err);
}

static void on_limit(struct timer *timer)
{
    fail(CONTAINER_OF(timer, struct exchange, limit), ERR_DEADLINE);
}

/* True if the exchange is over, and gone. */
static bool hand_up(struct exchange *x, struct bytes message)
{
    if (!x->ops->came(x->ctx, message))
        return false;
    exchange_cancel(x);
    return true;
}

/* -- UDP --------------------------------------------------------------------------------------- */

static void read_packet(struct exchange *x)
{
    static _Thread_local uint8_t bytes[MESSAGE_MAX];
    ssize_t n = recv(x->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n >= 0)
        hand_up(x, bytes_of(bytes, (size_t)n));
    else if (errno != EAGAIN && errno != EINTR)
        fail(x, ERR_CLOSED);
}

/* -- TCP --------------------------------------------------------------------------------------- */

static void watch(struct exchange *x);

/* False if the connection is lost. */
static bool write_some(struct exchange *x)
{
    ssize_t n = send(x->fd, x->out.p, x->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR || errno == EINPROGRESS;
    memmove(x->out.p, x->out.p + n, x->out.n - (size_t)n);
    x->out.n -= (size_t)n;
    return true;
}

/* True if the exchange is over. */
static bool take_messages(struct exchange *x)
{
    while (x->in.n >= LENGTH_BYTES) {
        size_t n = (size_t)x->in.p[0] << 8 | x->in.p[1];
        if (x->in.n - LENGTH_BYTES < n)
            return false;
        if (hand_up(x, bytes_of(x->in.p + LENGTH_BYTES, n)))
            return true;
        x->in.n -= LENGTH_BYTES + n;
        memmove(x->in.p, x->in.p + LENGTH_BYTES + n, x->in.n);
    }
    return false;
}

static void read_stream(struct exchange *x)
{
    size_t room = x->in.max - x->in.n;
    uint8_t *into = buf_extend(&x->in, room);
    ssize_t n = recv(x->fd, into, room, MSG_DONTWAIT);
    x->in.n -= room - (n > 0 ? (size_t)n : 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        fail(x, ERR_CLOSED);
    else if (n > 0)
        take_messages(x);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct exchange *x = poll->data;
    if (x->carrier == EXCHANGE_UDP) {
        read_packet(x);
        return;
    }
    if (x->out.n > 0) {
        if (status < 0 || !write_some(x)) {
            fail(x, ERR_CLOSED);
            return;
        }
        watch(x);
        return;
    }
    read_stream(x);
}

static void watch(struct exchange *x)
{
    uv_poll_start(x->poll, x->out.n > 0 ? UV_WRITABLE : UV_READABLE, on_ready);
}

/* -- the beginning ----------------------------------------------------------------------------- */

static bool connect_to(struct exchange *x, const struct sockaddr_in6 *to)
{
    bool is_v4 = IN6_IS_ADDR_V4MAPPED(&to->sin6_addr);
    int type = x->carrier == EXCHANGE_UDP ? SOCK_DGRAM : SOCK_STREAM;
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = to->sin6_port };
    memcpy(&v4.sin_addr, to->sin6_addr.s6_addr + 12, sizeof v4.sin_addr);
    x->fd = socket(is_v4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (x->fd < 0)
        return false;
    const struct sockaddr *address =
        is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)to;
    int e = connect(x->fd, address, is_v4 ? sizeof v4 : sizeof *to);
    return e == 0 || errno == EINPROGRESS;
}

static bool send_first(struct exchange *x, struct bytes message)
{
    if (x->carrier == EXCHANGE_UDP)
        return send(x->fd, message.p, message.n, MSG_DONTWAIT) == (ssize_t)message.n;
    uint8_t length[LENGTH_BYTES] = { (uint8_t)(message.n >> 8), (uint8_t)message.n };
    buf_put(&x->out, length, sizeof length);
    buf_put_bytes(&x->out, message);
    return true;
}

enum err exchange_start(struct loop *loop, const struct sockaddr_in6 *to,
                        enum exchange_carrier carrier, struct bytes message, uint64_t timeout_ms,
                        const struct exchange_ops *ops, void *ctx, struct exchange **ret)
{
    struct exchange *x = mem_zalloc(1, sizeof *x);
    *x = (struct exchange){ .loop = loop, .carrier = carrier, .ops = ops, .ctx = ctx, .fd = -1 };
    buf_init(&x->out, READ_BYTES);
    buf_init(&x->in, READ_BYTES);
    timer_init(&x->limit, loop, on_limit);
    if (message.n > MESSAGE_MAX || !connect_to(x, to) || !send_first(x, message)) {
        enum err e = errno == ECONNREFUSED ? ERR_CLOSED : ERR_SYSTEM;
        exchange_cancel(x);
        return e;
    }
    x->poll = mem_zalloc(1, sizeof *x->poll);
    uv_poll_init(loop_uv(loop), x->poll, x->fd);
    x->poll->data = x;
    watch(x);
    timer_start(&x->limit, timeout_ms);
    *ret = x;
    return OK;
}

/* Accepting.
 *
 * The descriptor is polled and accepted by hand, because what is accepted goes to another loop and
 * libuv accepts only into handles of its own. When the process is out of descriptors the listener
 * looks away for RETRY_MS: the connection stays in the kernel's queue, and the poll, which would
 * report it at once and for ever, does not spin. */
#include "net/listener.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "net/framed.h"
#include "net/grpc_routes.h"
#include "net/listen_socket.h"
#include "net/sniff.h"
#include "net/tls.h"

enum { ACCEPTS_A_TURN = 64, RETRY_MS = 100 };

struct listener {
    struct listener_setup setup;
    struct endpoint at;
    struct listen_socket socket;
    uv_poll_t *poll; /* NULL: stopped */
    struct timer retry;
    struct metric *accepted, *refused;
};

static void on_readable(uv_poll_t *poll, int status, int events);

static void look(struct listener *l)
{
    uv_poll_start(l->poll, UV_READABLE, on_readable);
}

static void look_again(struct timer *timer)
{
    struct listener *l = CONTAINER_OF(timer, struct listener, retry);
    if (l->poll != NULL)
        look(l);
}

static void look_away(struct listener *l, int error)
{
    uv_poll_stop(l->poll);
    timer_start(&l->retry, RETRY_MS);
    log_warn("net: cannot accept, waiting listener=%s reason=\"%s\"", l->setup.service->name,
             strerror(error));
}

static void reset(int fd)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}

static void count(struct metric *metric)
{
    if (metric != NULL)
        metric_add(metric, 1);
}

/* False when there is nothing more to accept now. */
static bool accept_one(struct listener *l)
{
    int fd = accept4(l->socket.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EINTR || errno == ECONNABORTED)
            return true;
        if (errno != EAGAIN)
            look_away(l, errno);
        return false;
    }
    if (!l->setup.has_room(l->setup.ctx, l)) {
        count(l->refused);
        reset(fd);
        return true;
    }
    count(l->accepted);
    l->setup.accepted(l->setup.ctx, l, fd);
    return true;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct listener *l = poll->data;
    (void)status, (void)events;
    for (unsigned i = 0; i < ACCEPTS_A_TURN; i++)
        if (!accept_one(l))
            return;
}

static struct metric *counter(struct metrics *m, const char *name, const char *help,
                              const char *listener)
{
    char labels[128];
    if (m == NULL)
        return NULL;
    snprintf(labels, sizeof(labels), "listener=\"%s\"", listener);
    return metric_series(metric_family(m, METRIC_COUNTER, name, help), labels);
}

static void free_serves(struct serve *serves)
{
    grpc_routes_free(serves[0].routes);
    mem_free(serves);
}

enum err listener_open(const struct listener_setup *setup, const struct endpoint *at,
                       struct listener **ret, struct why *why)
{
    struct listener *l = mem_zalloc(1, sizeof(*l));
    l->setup = *setup;
    l->at = *at;
    enum err e = listen_socket_open(at, &l->socket, why);
    if (e != OK) {
        free_serves(l->setup.take_serves);
        mem_free(l);
        return e;
    }
    if (setup->tls != NULL)
        tls_context_ref(setup->tls);
    l->accepted = counter(setup->metrics, "muster_net_accepted_total", "Connections accepted.",
                          setup->service->name);
    l->refused = counter(setup->metrics, "muster_net_refused_total",
                         "Connections refused because there were too many.", setup->service->name);
    timer_init(&l->retry, setup->loop, look_again);
    l->poll = mem_zalloc(1, sizeof(*l->poll));
    uv_poll_init(loop_uv(setup->loop), l->poll, l->socket.fd);
    l->poll->data = l;
    look(l);
    *ret = l;
    return OK;
}

uint16_t listener_port(const struct listener *l)
{
    return l->socket.port;
}

const struct net_limits *listener_limits(const struct listener *l)
{
    return &l->setup.take_serves[0].limits;
}

enum err listener_adopt(struct listener *l, struct conn_set *set, size_t at, int take_fd)
{
    if (l->setup.service->framed != NULL)
        return framed_open(set, take_fd, &l->setup.take_serves[at]);
    return sniff_open(set, take_fd, &l->setup.take_serves[at], l->setup.tls, l->at.tls_optional);
}

static void on_poll_closed(uv_handle_t *handle)
{
    mem_free(handle);
}

void listener_stop(struct listener *l)
{
    if (l->poll == NULL)
        return;
    timer_stop(&l->retry);
    uv_close((uv_handle_t *)l->poll, on_poll_closed);
    l->poll = NULL;
    listen_socket_close(&l->socket);
}

void listener_free(struct listener *l)
{
    if (l == NULL)
        return;
    listener_stop(l);
    tls_context_unref(l->setup.tls);
    free_serves(l->setup.take_serves);
    mem_free(l);
}

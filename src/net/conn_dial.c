/* Connections that we make: the socket is connected first, then the filter shakes hands, then the
 * protocol is told. */
#include "net/conn_dial.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "net/conn_core.h"
#include "net/conn_filter.h"

static void open_protocol(struct conn *c)
{
    c->state = CONN_OPEN;
    conn_start_reading(c);
    if (c->filter != NULL) {
        conn_take_bytes(c, (struct bytes){ 0 });
        return;
    }
    c->is_new = false;
    c->protocol->opened(c->self);
    conn_touch(c);
}

static void on_connected(uv_connect_t *req, int status)
{
    struct conn *c = req->data;
    if (c->state != CONN_CONNECTING)
        return;
    if (status == 0) {
        open_protocol(c);
        return;
    }
    c->failure = uv_strerror(status);
    conn_lose(c, ERR_CLOSED);
}

static void print_peer(struct conn *c, const struct sockaddr *to)
{
    char host[INET6_ADDRSTRLEN] = "";
    uv_ip_name(to, host, sizeof(host));
    uint16_t port = to->sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)to)->sin6_port
                                              : ((const struct sockaddr_in *)to)->sin_port;
    snprintf(c->peer, sizeof(c->peer), to->sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
             ntohs(port));
}

enum err conn_connect(struct conn_set *set, const struct sockaddr *address,
                      struct conn_filter *take_filter, const struct conn_protocol *protocol,
                      void *self, struct conn **ret)
{
    struct conn *c = conn_new(set, take_filter, protocol, self);
    c->state = CONN_CONNECTING;
    c->is_call = c->is_new = true;
    uv_tcp_init(loop_uv(set->loop), &c->handle.tcp);
    uv_tcp_nodelay(&c->handle.tcp, 1);
    c->handle.any.data = c;
    c->step.connect.data = c;
    print_peer(c, address);
    if (uv_tcp_connect(&c->step.connect, &c->handle.tcp, address, on_connected) != 0) {
        c->state = CONN_CLOSED;
        conn_drop_unopened(c, -1);
        return ERR_SYSTEM;
    }
    conn_join_set(c);
    *ret = c;
    return OK;
}

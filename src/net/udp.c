/* A run of packets lies in its socket's buffers until its reader is done with it; meanwhile nothing
 * is read, and what arrives waits in the kernel's queue, which drops what it cannot hold. What is
 * sent is gathered in OUT and leaves in the last stage of the turn. */
#include "net/udp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/metric.h"
#include "net/bind.h"

enum { OUT_BYTES_MAX = 8 << 20, SEND_RUN = 64, RECEIVE_BUFFER = 4 << 20 };

union control { /* room for one IP_PKTINFO or IPV6_PKTINFO */
    struct cmsghdr head;
    char in[CMSG_SPACE(sizeof(struct in_pktinfo))];
    char in6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct outgoing {
    size_t at, n; /* in OUT */
    struct udp_peer to;
};

struct udp_socket {
    struct udp_port *port;
    struct loop *loop;
    void *context;
    int fd;
    uv_poll_t *poll;
    struct loop_hook flush;
    bool is_held; /* a run is with the reader */
    struct udp_packet packets[UDP_RUN_MAX];
    struct mmsghdr heads[UDP_RUN_MAX];
    struct iovec pieces[UDP_RUN_MAX];
    union control controls[UDP_RUN_MAX];
    struct buf out;
    struct outgoing outgoing[UDP_WAITING_MAX];
    size_t outgoing_n;
    uint8_t bytes[UDP_RUN_MAX][UDP_IN_MAX];
};

struct udp_port {
    const struct udp_reader *reader;
    struct udp_socket **sockets;
    size_t socket_n;
    uint16_t number;
    struct metric *received, *sent, *dropped_in, *dropped_out; /* or NULL */
};

static void count(struct metric *metric, size_t n)
{
    if (metric != NULL && n > 0)
        metric_add(metric, (int64_t)n);
}

/* -- receiving --------------------------------------------------------------------------------- */

static void note_local(struct msghdr *head, struct udp_peer *peer)
{
    peer->has_at = false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c != NULL; c = CMSG_NXTHDR(head, c)) {
        bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO;
        bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO;
        if (v4)
            memcpy(&peer->at.in, CMSG_DATA(c), sizeof peer->at.in);
        else if (v6)
            memcpy(&peer->at.in6, CMSG_DATA(c), sizeof peer->at.in6);
        peer->has_at |= v4 || v6;
    }
}

static void ready_to_receive(struct udp_socket *s)
{
    for (size_t i = 0; i < UDP_RUN_MAX; i++) {
        s->pieces[i] = (struct iovec){ s->bytes[i], UDP_IN_MAX };
        s->heads[i].msg_hdr = (struct msghdr){ .msg_name = &s->packets[i].peer.from,
                                               .msg_namelen = sizeof s->packets[i].peer.from,
                                               .msg_iov = &s->pieces[i],
                                               .msg_iovlen = 1,
                                               .msg_control = &s->controls[i],
                                               .msg_controllen = sizeof s->controls[i] };
    }
}

/* Closes the gaps of what was cut on its way in; how many are left. */
static size_t take_run(struct udp_socket *s, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct msghdr *head = &s->heads[i].msg_hdr;
        if ((head->msg_flags & MSG_TRUNC) != 0)
            continue;
        struct udp_packet *p = &s->packets[kept++];
        p->peer.from = s->packets[i].peer.from;
        p->in = bytes_of(s->bytes[i], s->heads[i].msg_len);
        note_local(head, &p->peer);
    }
    return kept;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct udp_socket *s = poll->data;
    (void)status, (void)events;
    ready_to_receive(s);
    int got = recvmmsg(s->fd, s->heads, UDP_RUN_MAX, MSG_DONTWAIT, NULL);
    if (got <= 0)
        return; /* nothing, or an ICMP error of an earlier answer */
    loop_note_work(s->loop);
    size_t n = take_run(s, (size_t)got);
    count(s->port->received, n);
    count(s->port->dropped_in, (size_t)got - n);
    if (n == 0)
        return;
    s->is_held = true;
    s->port->reader->packets(s->context, s, s->packets, n);
    if (s->is_held)
        uv_poll_stop(s->poll);
}

void udp_resume(struct udp_socket *s)
{
    assert(s->is_held);
    s->is_held = false;
    if (s->poll != NULL)
        uv_poll_start(s->poll, UV_READABLE, on_readable);
}

/* -- sending ----------------------------------------------------------------------------------- */

static void put_local(const struct udp_peer *to, struct msghdr *head, union control *control)
{
    bool v4 = to->from.any.sa_family == AF_INET;
    size_t n = v4 ? sizeof to->at.in : sizeof to->at.in6;
    memset(control, 0, sizeof *control);
    head->msg_control = control;
    head->msg_controllen = CMSG_SPACE(n);
    struct cmsghdr *c = CMSG_FIRSTHDR(head);
    c->cmsg_level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
    c->cmsg_type = v4 ? IP_PKTINFO : IPV6_PKTINFO;
    c->cmsg_len = CMSG_LEN(n);
    memcpy(CMSG_DATA(c), &to->at, n);
}

/* How many of the outgoing from FROM on the system took; one that it refuses is counted as taken,
 * and lost. */
static size_t send_some(struct udp_socket *s, size_t from, size_t *ret_lost)
{
    struct mmsghdr heads[SEND_RUN];
    struct iovec pieces[SEND_RUN];
    union control controls[SEND_RUN];
    size_t n = s->outgoing_n - from < SEND_RUN ? s->outgoing_n - from : SEND_RUN;
    for (size_t i = 0; i < n; i++) {
        struct outgoing *o = &s->outgoing[from + i];
        bool v4 = o->to.from.any.sa_family == AF_INET;
        pieces[i] = (struct iovec){ s->out.p + o->at, o->n };
        heads[i].msg_hdr =
            (struct msghdr){ .msg_name = &o->to.from,
                             .msg_namelen = v4 ? sizeof o->to.from.in : sizeof o->to.from.in6,
                             .msg_iov = &pieces[i],
                             .msg_iovlen = 1 };
        if (o->to.has_at)
            put_local(&o->to, &heads[i].msg_hdr, &controls[i]);
    }
    int sent = sendmmsg(s->fd, heads, (unsigned)n, MSG_DONTWAIT);
    if (sent > 0)
        return (size_t)sent;
    bool is_full = errno == EAGAIN || errno == ENOBUFS;
    size_t lost = is_full ? n : 1;
    *ret_lost += lost;
    return lost;
}

static void send_all(struct udp_socket *s)
{
    size_t lost = 0;
    for (size_t at = 0; at < s->outgoing_n;)
        at += send_some(s, at, &lost);
    count(s->port->sent, s->outgoing_n - lost);
    count(s->port->dropped_out, lost);
    s->outgoing_n = 0;
    buf_clear(&s->out, OUT_BYTES_MAX / 8);
}

static void on_flush(struct loop_hook *hook)
{
    send_all(CONTAINER_OF(hook, struct udp_socket, flush));
}

void udp_send(struct udp_socket *s, const struct udp_peer *to, struct bytes bytes)
{
    if (s->outgoing_n == UDP_WAITING_MAX || bytes.n > OUT_BYTES_MAX - s->out.n) {
        count(s->port->dropped_out, 1);
        return;
    }
    s->outgoing[s->outgoing_n++] = (struct outgoing){ .at = s->out.n, .n = bytes.n, .to = *to };
    buf_put_bytes(&s->out, bytes);
}

/* -- opening ----------------------------------------------------------------------------------- */

/* -1 with errno. */
static int bind_socket(struct bind_address *a, bool shared)
{
    int yes = 1, no = 0, room = RECEIVE_BUFFER;
    int fd = socket(a->as.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
    if (a->as.any.sa_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof yes);
    } else {
        setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes);
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room); /* as much of it as is allowed */
    if (bind(fd, &a->as.any, a->n) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void set_port(struct bind_address *a, uint16_t port)
{
    if (a->as.any.sa_family == AF_INET6)
        a->as.in6.sin6_port = htons(port);
    else
        a->as.in.sin_port = htons(port);
}

static struct udp_socket *open_socket(struct udp_port *u, struct loop *loop, void *context, int fd)
{
    struct udp_socket *s = mem_zalloc(1, sizeof *s);
    s->port = u;
    s->loop = loop;
    s->context = context;
    s->fd = fd;
    buf_init(&s->out, OUT_BYTES_MAX);
    s->flush.run = on_flush;
    loop_hook_add(loop, LOOP_STAGE_FLUSH, &s->flush);
    s->poll = mem_zalloc(1, sizeof *s->poll);
    uv_poll_init(loop_uv(loop), s->poll, fd);
    s->poll->data = s;
    uv_poll_start(s->poll, UV_READABLE, on_readable);
    return s;
}

/* The probe that found the port free makes way for the sockets that share it. */
static enum err open_sockets(struct udp_port *u, struct loop *const *loops, size_t loop_n,
                             const struct endpoint *at, void *const *contexts, struct why *why)
{
    struct bind_address a = bind_address_of(at);
    if (a.n == 0 || at->kind != ENDPOINT_TCP)
        return bind_refuse(at, EADDRNOTAVAIL, why);
    int probe = bind_socket(&a, false);
    if (probe < 0)
        return bind_refuse(at, errno, why);
    u->number = bind_port(probe);
    set_port(&a, u->number);
    close(probe);
    while (u->socket_n < loop_n) {
        int fd = bind_socket(&a, true);
        if (fd < 0)
            return bind_refuse(at, errno, why);
        size_t i = u->socket_n++;
        u->sockets[i] = open_socket(u, loops[i], contexts[i], fd);
    }
    return OK;
}

static struct metric *counter(struct metrics *m, const char *name, const char *help)
{
    return m == NULL ? NULL : metric_counter(m, name, help);
}

enum err udp_open(struct loop *const *loops, size_t loop_n, const struct endpoint *at,
                  const struct udp_reader *reader, void *const *contexts, struct metrics *metrics,
                  struct udp_port **ret, struct why *why)
{
    struct udp_port *u = mem_zalloc(1, sizeof *u);
    u->reader = reader;
    u->sockets = mem_zalloc(loop_n, sizeof(struct udp_socket *));
    u->received = counter(metrics, "muster_udp_received_total", "Packets received.");
    u->sent = counter(metrics, "muster_udp_sent_total", "Packets sent.");
    u->dropped_in = counter(metrics, "muster_udp_too_long_total", "Packets too long to be read.");
    u->dropped_out = counter(metrics, "muster_udp_unsent_total", "Packets that could not be sent.");
    enum err e = open_sockets(u, loops, loop_n, at, contexts, why);
    if (e != OK) {
        udp_close(u);
        return e;
    }
    *ret = u;
    return OK;
}

uint16_t udp_port_number(const struct udp_port *u)
{
    return u->number;
}

static void on_poll_closed(uv_handle_t *handle)
{
    mem_free(handle);
}

void udp_close(struct udp_port *u)
{
    if (u == NULL)
        return;
    for (size_t i = 0; i < u->socket_n; i++) {
        struct udp_socket *s = u->sockets[i];
        loop_hook_remove(&s->flush);
        uv_close((uv_handle_t *)s->poll, on_poll_closed);
        close(s->fd);
        buf_fini(&s->out);
        mem_free(s);
    }
    mem_free(u->sockets);
    mem_free(u);
}

/* -- peers ------------------------------------------------------------------------------------- */

bool udp_peer_is_loopback(const struct udp_peer *peer)
{
    if (peer->from.any.sa_family == AF_INET)
        return ntohl(peer->from.in.sin_addr.s_addr) >> 24 == 127;
    const struct in6_addr *a = &peer->from.in6.sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(a) || (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
}

void udp_peer_print(const struct udp_peer *peer, char *into, size_t n)
{
    char host[INET6_ADDRSTRLEN] = "";
    bool v4 = peer->from.any.sa_family == AF_INET;
    if (v4)
        inet_ntop(AF_INET, &peer->from.in.sin_addr, host, sizeof host);
    else
        inet_ntop(AF_INET6, &peer->from.in6.sin6_addr, host, sizeof host);
    snprintf(into, n, v4 ? "%s:%u" : "[%s]:%u", host,
             ntohs(v4 ? peer->from.in.sin_port : peer->from.in6.sin6_port));
}

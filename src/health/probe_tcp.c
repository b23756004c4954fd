/* TCP passes when the connection is there, with TLS when the handshake is over. UDP passes when
 * something comes back, or nothing refuses the datagram until the timeout. */
#include "health/probe_kind.h"

#include "base/mem.h"
#include "net/udp_call.h"

/* -- TCP --------------------------------------------------------------------------------------- */

struct tcp_probe {
    struct dial dial;
    struct probe *probe; /* NULL: told, or canceled */
};

static void tell(struct tcp_probe *t, enum status status, const char *text)
{
    struct probe *p = t->probe;
    if (p == NULL)
        return;
    t->probe = NULL;
    probe_say(p, "%s", text);
    probe_end(p, status);
}

static void on_opened(struct dial *d)
{
    struct tcp_probe *t = CONTAINER_OF(d, struct tcp_probe, dial);
    struct probe *p = t->probe;
    t->probe = NULL;
    probe_say(p, "TCP connect %.*s: Success", (int)p->d->tcp.n, (const char *)p->d->tcp.p);
    dial_close(d, CONN_AT_ONCE);
    probe_end(p, STATUS_UP);
}

static void on_feed(struct dial *d, struct bytes in)
{
    (void)d, (void)in; /* it is closing */
}

static void on_ended(struct dial *d)
{
    dial_close(d, CONN_AT_ONCE);
}

static void on_gone(struct dial *d, const char *failure)
{
    struct tcp_probe *t = CONTAINER_OF(d, struct tcp_probe, dial);
    tell(t, STATUS_DOWN, failure != NULL ? failure : "closed");
    mem_free(t);
}

static const struct dial_user user = {
    .opened = on_opened, .feed = on_feed, .ended = on_ended, .gone = on_gone
};

static void start_tcp(struct probe *p)
{
    struct bytes host;
    uint16_t port;
    char name[RESOLVER_NAME_MAX + 1];
    if (!probe_split(p, p->d->tcp, &host, &port))
        return;
    struct tls_call tls = probe_tls(p, host, name);
    struct tcp_probe *t = mem_zalloc(1, sizeof(*t));
    dial_start(&t->dial, p->prober->dialer, &user, host, port, p->d->tls ? &tls : NULL);
    t->probe = p;
    p->call.tcp = t;
}

static void stop_tcp(struct probe *p)
{
    p->call.tcp->probe = NULL;
    dial_close(&p->call.tcp->dial, CONN_AT_ONCE);
}

static void late_tcp(struct probe *p)
{
    stop_tcp(p);
    probe_say(p, "connect %.*s: timed out", (int)p->d->tcp.n, (const char *)p->d->tcp.p);
    probe_end(p, STATUS_DOWN);
}

const struct probe_kind probe_tcp = { .start = start_tcp, .stop = stop_tcp, .late = late_tcp };

/* -- UDP --------------------------------------------------------------------------------------- */

static void pass_udp(struct probe *p)
{
    probe_say(p, "UDP connect %.*s: Success", (int)p->d->udp.n, (const char *)p->d->udp.p);
    probe_end(p, STATUS_UP);
}

static void on_datagram(void *ctx, const char *failure)
{
    struct probe *p = ctx;
    if (failure == NULL) {
        pass_udp(p);
        return;
    }
    probe_say(p, "%s", failure);
    probe_end(p, STATUS_DOWN);
}

static void start_udp(struct probe *p)
{
    struct bytes host;
    uint16_t port;
    if (probe_split(p, p->d->udp, &host, &port))
        p->call.udp =
            udp_call_start(p->prober->dialer, host, port, (struct bytes){ 0 }, on_datagram, p);
}

static void stop_udp(struct probe *p)
{
    udp_call_cancel(p->call.udp);
}

static void late_udp(struct probe *p)
{
    bool is_sent = udp_call_is_sent(p->call.udp);
    stop_udp(p);
    if (is_sent) {
        pass_udp(p);
        return;
    }
    probe_say(p, "connect %.*s: timed out", (int)p->d->udp.n, (const char *)p->d->udp.p);
    probe_end(p, STATUS_DOWN);
}

const struct probe_kind probe_udp = { .start = start_udp, .stop = stop_udp, .late = late_udp };

/* What a connection speaks is told by its first bytes: a TLS handshake record begins with 0x16, an
 * HTTP/2 connection with "PRI * HTTP/2.0", everything else is HTTP/1.1. Four bytes decide, as PRI
 * is no method of HTTP/1.1. A plain byte on a TLS-only port closes the connection without an
 * answer. */
#include "net/sniff.h"

#include "base/mem.h"
#include "net/tls_session.h"

enum { TLS_HANDSHAKE = 0x16, DECIDED = 4 };
static const char preface[DECIDED + 1] = "PRI ";

enum sniff_state { SNIFF_FIRST_BYTE, SNIFF_PROTOCOL };

struct sniff {
    struct conn *conn;
    struct serve *serve;
    struct tls_context *tls;
    bool plain_too;
    enum sniff_state state;
    struct timer limit;
    struct buf held;
};

static void free_sniff(struct sniff *s)
{
    timer_stop(&s->limit);
    tls_context_unref(s->tls);
    buf_fini(&s->held);
    mem_free(s);
}

static void hand_over(struct sniff *s, bool is_h2, struct bytes in)
{
    struct conn *c = s->conn;
    struct serve *serve = s->serve;
    struct buf held = s->held;
    if (held.n > 0)
        buf_put_bytes(&held, in);
    struct bytes left = held.n > 0 ? buf_bytes(&held) : in;
    s->held = (struct buf){ 0 };
    free_sniff(s);
    if (is_h2)
        http2_serve(c, serve, left);
    else
        http1_serve(c, serve, left);
    buf_fini(&held);
}

static void sniff_protocol(struct sniff *s, struct bytes in)
{
    if (conn_is_alpn_h2(s->conn)) {
        hand_over(s, true, in);
        return;
    }
    size_t at = s->held.n;
    for (size_t i = 0; i < in.n && at < DECIDED; i++, at++) {
        if (in.p[i] == (uint8_t)preface[at])
            continue;
        hand_over(s, false, in);
        return;
    }
    if (at == DECIDED)
        hand_over(s, true, in);
    else
        buf_put_bytes(&s->held, in);
}

static void feed(void *self, struct bytes in)
{
    struct sniff *s = self;
    if (s->state == SNIFF_PROTOCOL) {
        sniff_protocol(s, in);
        return;
    }
    s->state = SNIFF_PROTOCOL;
    if (s->tls == NULL || (in.p[0] != TLS_HANDSHAKE && s->plain_too))
        sniff_protocol(s, in);
    else if (in.p[0] == TLS_HANDSHAKE)
        conn_set_filter(s->conn, tls_session_new(s->tls), in);
    else
        conn_close(s->conn, CONN_AT_ONCE);
}

static void ended(void *self)
{
    struct sniff *s = self;
    conn_close(s->conn, CONN_FLUSH_FIRST);
}

static void give_up(struct timer *limit)
{
    struct sniff *s = CONTAINER_OF(limit, struct sniff, limit);
    conn_close(s->conn, CONN_AT_ONCE);
}

static void gone(void *self, enum err why)
{
    (void)why;
    free_sniff(self);
}

static const struct conn_protocol sniff_protocol_ops = {
    .name = "new", .feed = feed, .ended = ended, .shutdown = ended, .gone = gone
};

enum err sniff_open(struct conn_set *set, int take_fd, struct serve *serve, struct tls_context *tls,
                    bool plain_too)
{
    struct sniff *s = mem_zalloc(1, sizeof(*s));
    s->serve = serve;
    s->tls = tls != NULL ? tls_context_ref(tls) : NULL;
    s->plain_too = plain_too;
    buf_init(&s->held, DECIDED + (1U << 20));
    timer_init(&s->limit, serve->loop, give_up);
    enum err e = conn_open(set, take_fd, NULL, &sniff_protocol_ops, s, &s->conn);
    if (e != OK) {
        free_sniff(s);
        return e;
    }
    if (serve->service->is_always_read)
        conn_read_always(s->conn);
    timer_start(&s->limit, serve->limits.header_timeout_ms);
    return OK;
}

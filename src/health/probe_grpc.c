/* gRPC: grpc.health.v1.Health/Check says SERVING. H2PING: an HTTP/2 ping comes back. */
#include "health/probe_kind.h"

#include "net/http2_client.h"
#include "wire/pb.h"

enum { FIELD_SERVICE = 1, FIELD_STATUS = 1, SERVING = 1 };

static void stop(struct probe *p)
{
    http2_call_cancel(p->call.http2);
}

/* -- gRPC -------------------------------------------------------------------------------------- */

/* "host:port" or "host:port/service". */
static struct bytes address_of(struct bytes target)
{
    const uint8_t *slash = memchr(target.p, '/', target.n);
    return slash == NULL ? target : bytes_of(target.p, (size_t)(slash - target.p));
}

static uint64_t serving_of(struct bytes message)
{
    struct pb_field f;
    uint64_t status = 0;
    while (pb_next(&message, &f) == OK)
        if (f.number == FIELD_STATUS && f.wire == PB_VARINT)
            status = f.value;
    return status;
}

static const char *word_of(uint64_t status)
{
    static const char *const words[] = { "UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN" };
    return status < ARRAY_LEN(words) ? words[status] : "UNKNOWN";
}

static void on_health(void *ctx, const struct http2_answer *a)
{
    struct probe *p = ctx;
    struct bytes target = p->d->grpc;
    int n = (int)target.n;
    const char *text = (const char *)target.p;
    bool is_up = false;
    if (a->failure != NULL) {
        probe_say(p, "gRPC check %.*s: %s", n, text, a->failure);
    } else if (a->grpc_status != 0) {
        probe_say(p, "gRPC check %.*s: status %d: %.*s", n, text, a->grpc_status,
                  (int)a->grpc_message.n, (const char *)a->grpc_message.p);
    } else {
        uint64_t serving = serving_of(a->message);
        is_up = serving == SERVING;
        if (is_up)
            probe_say(p, "gRPC check %.*s: success", n, text);
        else
            probe_say(p, "gRPC %.*s serving status: %s", n, text, word_of(serving));
    }
    probe_end(p, is_up ? STATUS_UP : STATUS_DOWN);
}

static void start_grpc(struct probe *p)
{
    struct bytes address = address_of(p->d->grpc);
    struct bytes service = bytes_skip(p->d->grpc, address.n + 1);
    char name[RESOLVER_NAME_MAX + 1];
    struct http2_ask ask = { .authority = address,
                             .path = bytes_str("/grpc.health.v1.Health/Check") };
    if (!probe_split(p, address, &ask.host, &ask.port))
        return;
    struct tls_call tls = probe_tls(p, ask.host, name);
    struct buf message;
    tls.is_h2 = true;
    ask.tls = p->d->tls ? &tls : NULL;
    buf_init(&message, CHECK_TARGET_MAX + 16);
    pb_put_bytes(&message, FIELD_SERVICE, service);
    ask.message = buf_bytes(&message);
    p->call.http2 = http2_call_start(p->prober->dialer, &ask, on_health, p);
    buf_fini(&message);
}

const struct probe_kind probe_grpc = { .start = start_grpc, .stop = stop };

/* -- H2PING ------------------------------------------------------------------------------------ */

static void on_pong(void *ctx, const struct http2_answer *a)
{
    struct probe *p = ctx;
    if (a->failure != NULL)
        probe_say(p, "HTTP2 ping to %.*s failed: %s", (int)p->d->h2ping.n,
                  (const char *)p->d->h2ping.p, a->failure);
    else
        probe_say(p, "HTTP2 ping was successful");
    probe_end(p, a->failure != NULL ? STATUS_DOWN : STATUS_UP);
}

static void start_h2ping(struct probe *p)
{
    char name[RESOLVER_NAME_MAX + 1];
    struct http2_ask ask = { 0 };
    if (!probe_split(p, p->d->h2ping, &ask.host, &ask.port))
        return;
    struct tls_call tls = probe_tls(p, ask.host, name);
    tls.is_h2 = true;
    ask.tls = p->d->tls ? &tls : NULL;
    p->call.http2 = http2_call_start(p->prober->dialer, &ask, on_pong, p);
}

const struct probe_kind probe_h2ping = { .start = start_h2ping, .stop = stop };

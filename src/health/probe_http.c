/* HTTP: 2xx passes, 429 warns, all else is critical. The body becomes the output. */
#include "health/probe_kind.h"

#include "base/mem.h"
#include "net/http_client.h"

enum { READ_AT_LEAST = 64 * 1024, TOO_MANY_REQUESTS = 429 };

static struct bytes method_of(const struct probe *p)
{
    return p->d->method.n > 0 ? p->d->method : bytes_str("GET");
}

static enum status status_of(int http)
{
    if (http >= 200 && http <= 299)
        return STATUS_UP;
    return http == TOO_MANY_REQUESTS ? STATUS_SUSPECT : STATUS_DOWN;
}

static void on_answer(void *ctx, const struct http_answer *a)
{
    struct probe *p = ctx;
    struct bytes method = method_of(p);
    if (a->failure != NULL) {
        probe_say(p, "%.*s \"%.*s\": %s", (int)method.n, (const char *)method.p, (int)p->d->http.n,
                  (const char *)p->d->http.p, a->failure);
        probe_end(p, STATUS_DOWN);
        return;
    }
    probe_say(p, "HTTP %.*s %.*s: %d %.*s Output: ", (int)method.n, (const char *)method.p,
              (int)p->d->http.n, (const char *)p->d->http.p, a->status, (int)a->reason.n,
              (const char *)a->reason.p);
    probe_say_bytes(p, a->body, a->body_total);
    probe_end(p, status_of(a->status));
}

static void start(struct probe *p)
{
    const struct check_definition *d = p->d;
    struct http_header headers[CHECK_HEADERS_MAX];
    for (size_t i = 0; i < d->header_n; i++)
        headers[i] = (struct http_header){ d->headers[i].name, d->headers[i].value };
    struct http_ask ask = { .url = d->http,
                            .method = d->method,
                            .headers = headers,
                            .header_n = d->header_n,
                            .body = d->body,
                            .no_redirects = d->no_redirects,
                            .tls_name = d->tls_server_name,
                            .tls_skip_verify = d->tls_skip_verify,
                            .body_max = d->output_max };
    ask.body_until = d->output_max > READ_AT_LEAST ? d->output_max : READ_AT_LEAST;
    p->call.http = http_call_start(p->prober->dialer, &ask, on_answer, p);
}

static void stop(struct probe *p)
{
    http_call_cancel(p->call.http);
}

static void late(struct probe *p)
{
    struct bytes method = method_of(p);
    stop(p);
    probe_say(p, "%.*s \"%.*s\": no whole answer within the timeout", (int)method.n,
              (const char *)method.p, (int)p->d->http.n, (const char *)p->d->http.p);
    probe_end(p, STATUS_DOWN);
}

const struct probe_kind probe_http = { .start = start, .stop = stop, .late = late };

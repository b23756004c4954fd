/* A call is done before its connection is: what DONE needs is there with the last byte of the
 * answer; the connection then waits a moment for the peer to close first, so that it is the peer
 * who remembers it (TIME_WAIT), and goes.
 *
 * DIALING -> ASKING -> [next hop: DIALING] ... -> PARTING, when DONE has been called. */
#include "net/http_client.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/http1_answer.h"
#include "net/url.h"

enum { PART_MS = 1000, REQUEST_MAX = 256 * 1024 };

struct http_call {
    struct dial dial;
    struct dialer *dialer;
    struct http_ask ask;
    http_answer_fn done;
    void *ctx;
    struct http1_answer *answer;
    struct buf url;    /* of this hop */
    struct url parsed; /* lends from it */
    struct bytes method;
    struct loop_hook later; /* linked: has failed, and DONE is to be told */
    struct timer part;
    unsigned hop;
    bool is_over;   /* DONE has been called or canceled */
    bool goes_on;   /* this hop's connection goes, then the next hop */
    bool is_dialed; /* DIAL is in use */
    bool left_host; /* a redirect went to another host: secrets stay behind */
    struct why failure;
    struct http_header headers[]; /* the ask's */
};

static void free_call(struct http_call *c)
{
    http1_answer_free(c->answer);
    buf_fini(&c->url);
    mem_free(c);
}

/* -- done -------------------------------------------------------------------------------------- */

static void tell(struct http_call *c, const char *failure)
{
    struct http_answer answer = { .failure = failure };
    if (c->is_over)
        return;
    c->is_over = true;
    if (failure == NULL) {
        answer.status = http1_answer_status(c->answer);
        answer.reason = http1_answer_reason(c->answer);
        answer.body = http1_answer_body(c->answer);
        answer.body_total = http1_answer_body_total(c->answer);
    }
    c->done(c->ctx, &answer);
}

static void on_part(struct timer *timer)
{
    dial_close(&CONTAINER_OF(timer, struct http_call, part)->dial, CONN_AT_ONCE);
}

static void on_later(struct loop_hook *hook)
{
    struct http_call *c = CONTAINER_OF(hook, struct http_call, later);
    loop_hook_remove(hook);
    tell(c, c->failure.text);
    free_call(c);
}

/* Before there was a connection. */
static void fail_later(struct http_call *c)
{
    c->later.run = on_later;
    loop_hook_add(dialer_loop(c->dialer), LOOP_STAGE_MAIL, &c->later);
    loop_again(dialer_loop(c->dialer));
}

static void fail(struct http_call *c, const char *failure)
{
    tell(c, failure);
    dial_close(&c->dial, CONN_AT_ONCE);
}

/* -- the request ------------------------------------------------------------------------------- */

static const struct bytes *own_header(const struct http_call *c, const char *name)
{
    for (size_t i = 0; i < c->ask.header_n; i++)
        if (text_eq_nocase(c->ask.headers[i].name, bytes_str(name)))
            return &c->ask.headers[i].value;
    return NULL;
}

/* What would end a line early is written as a space. */
static void put_line_text(struct buf *out, struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        buf_put_u8(out, text.p[i] < ' ' || text.p[i] == 0x7f ? ' ' : text.p[i]);
}

static bool is_sent(const struct http_call *c, struct bytes name)
{
    static const char *const ours[] = { "host", "connection", "content-length",
                                        "transfer-encoding" };
    static const char *const secrets[] = { "authorization", "cookie", "x-consul-token" };
    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        if (text_eq_nocase(name, bytes_str(ours[i])))
            return false;
    for (size_t i = 0; c->left_host && i < ARRAY_LEN(secrets); i++)
        if (text_eq_nocase(name, bytes_str(secrets[i])))
            return false;
    return true;
}

static void put_default(const struct http_call *c, struct buf *out, const char *name,
                        const char *value)
{
    if (own_header(c, name) == NULL)
        buf_printf(out, "%s: %s\r\n", name, value);
}

static void put_request(struct http_call *c, struct buf *out)
{
    const struct bytes *host = own_header(c, "host");
    struct bytes body =
        c->hop == 0 || bytes_eq(c->method, c->ask.method) ? c->ask.body : (struct bytes){ 0 };
    put_line_text(out, c->method);
    buf_put_u8(out, ' ');
    url_put_target(&c->parsed, out);
    buf_put_str(out, " HTTP/1.1\r\nHost: ");
    put_line_text(out, host != NULL && !c->left_host ? *host : c->parsed.authority);
    buf_put_str(out, "\r\nConnection: close\r\n");
    put_default(c, out, "User-Agent", "Consul Health Check");
    put_default(c, out, "Accept", "text/plain, text/*, */*");
    for (size_t i = 0; i < c->ask.header_n; i++) {
        if (!is_sent(c, c->ask.headers[i].name))
            continue;
        put_line_text(out, c->ask.headers[i].name);
        buf_put_str(out, ": ");
        put_line_text(out, c->ask.headers[i].value);
        buf_put_str(out, "\r\n");
    }
    if (body.n > 0)
        buf_printf(out, "Content-Length: %zu\r\n", body.n);
    buf_put_str(out, "\r\n");
    buf_put_bytes(out, body);
}

/* -- hops -------------------------------------------------------------------------------------- */

static const struct dial_user user;

/* To the URL in C->url; false if it is none. */
static bool start_hop(struct http_call *c)
{
    char tls_name[RESOLVER_NAME_MAX + 1];
    struct tls_call tls = { .name = tls_name,
                            .skip_verify = c->ask.tls_skip_verify,
                            .trust = c->ask.trust };
    if (url_parse(buf_bytes(&c->url), &c->parsed, &c->failure) != OK)
        return false;
    struct bytes name = c->ask.tls_name.n > 0 ? c->ask.tls_name : c->parsed.host;
    if (name.n > RESOLVER_NAME_MAX) {
        why_set(&c->failure, ERR_INVALID, "a host name of more than %d bytes", RESOLVER_NAME_MAX);
        return false;
    }
    memcpy(tls_name, name.p, name.n);
    tls_name[name.n] = 0;
    http1_answer_free(c->answer);
    c->answer = http1_answer_new(bytes_is(c->method, "HEAD"), c->ask.body_max);
    c->is_dialed = true;
    dial_start(&c->dial, c->dialer, &user, c->parsed.host, c->parsed.port,
               c->parsed.is_https ? &tls : NULL);
    return true;
}

static bool is_redirect(const struct http_call *c)
{
    int status = http1_answer_status(c->answer);
    bool is_one = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    return is_one && !c->ask.no_redirects && http1_answer_location(c->answer).n > 0;
}

/* As Go: only 307 and 308 ask again in the same way. */
static void follow(struct http_call *c)
{
    int status = http1_answer_status(c->answer);
    struct buf next;
    if (c->hop++ == HTTP_CLIENT_REDIRECTS) {
        fail(c, "stopped after 10 redirects");
        return;
    }
    buf_init(&next, URL_MAX + 1);
    url_follow(&c->parsed, http1_answer_location(c->answer), &next);
    struct url to;
    if (next.full || url_parse(buf_bytes(&next), &to, &c->failure) != OK) {
        buf_fini(&next);
        fail(c, c->failure.text[0] != 0 ? c->failure.text : "a redirect to a URL that is too long");
        return;
    }
    c->left_host = c->left_host || !bytes_eq(to.authority, c->parsed.authority);
    if (status < 307 && !bytes_is(c->method, "HEAD"))
        c->method = bytes_str("GET");
    buf_fini(&c->url);
    c->url = next;
    c->goes_on = true;
    dial_close(&c->dial, CONN_AT_ONCE);
}

/* -- the connection ---------------------------------------------------------------------------- */

static struct http_call *call_of(struct dial *d)
{
    return CONTAINER_OF(d, struct http_call, dial);
}

static void on_opened(struct dial *d)
{
    struct http_call *c = call_of(d);
    struct buf *out = dial_out(d);
    put_request(c, out);
    dial_touch(d);
}

/* Enough has come: tells, and parts. ENDED: the peer has closed already. */
static void finish(struct http_call *c, bool ended)
{
    bool is_whole = http1_answer_is_whole(c->answer);
    tell(c, NULL);
    if (ended || !is_whole)
        dial_close(&c->dial, CONN_AT_ONCE);
    else
        timer_start(&c->part, PART_MS);
}

static void on_feed(struct dial *d, struct bytes in)
{
    struct http_call *c = call_of(d);
    if (c->is_over)
        return;
    enum err e = http1_answer_feed(c->answer, in);
    if (e != OK) {
        fail(c, e == ERR_TOO_BIG ? "the answer's head is too large" : "the answer is no HTTP/1.1");
        return;
    }
    if (!http1_answer_has_head(c->answer))
        return;
    if (is_redirect(c))
        follow(c);
    else if (http1_answer_is_whole(c->answer) ||
             http1_answer_body_total(c->answer) > c->ask.body_until)
        finish(c, false);
}

static void on_ended(struct dial *d)
{
    struct http_call *c = call_of(d);
    if (c->is_over)
        dial_close(d, CONN_AT_ONCE);
    else if (http1_answer_end(c->answer) == OK)
        finish(c, true);
    else
        fail(c, "the answer broke off");
}

static void on_gone(struct dial *d, const char *failure)
{
    struct http_call *c = call_of(d);
    timer_stop(&c->part);
    if (c->goes_on && !c->is_over) {
        c->goes_on = false;
        if (!start_hop(c))
            fail_later(c);
        return;
    }
    tell(c, failure != NULL ? failure : "the connection was closed");
    free_call(c);
}

static const struct dial_user user = {
    .opened = on_opened, .feed = on_feed, .ended = on_ended, .gone = on_gone
};

struct http_call *http_call_start(struct dialer *dialer, const struct http_ask *ask,
                                  http_answer_fn done, void *ctx)
{
    struct http_call *c = mem_zalloc(1, sizeof(*c) + ask->header_n * sizeof(c->headers[0]));
    c->dialer = dialer;
    c->ask = *ask;
    for (size_t i = 0; i < ask->header_n; i++)
        c->headers[i] = ask->headers[i];
    c->ask.headers = c->headers;
    c->done = done;
    c->ctx = ctx;
    if (ask->method.n == 0)
        c->ask.method = bytes_str("GET");
    c->method = c->ask.method;
    timer_init(&c->part, dialer_loop(dialer), on_part);
    buf_init(&c->url, URL_MAX + 1);
    buf_put_bytes(&c->url, ask->url);
    if (!start_hop(c))
        fail_later(c);
    return c;
}

void http_call_cancel(struct http_call *c)
{
    c->is_over = true;
    if (list_is_linked(&c->later.link))
        return; /* it frees itself at the end of the turn */
    dial_close(&c->dial, CONN_AT_ONCE);
}

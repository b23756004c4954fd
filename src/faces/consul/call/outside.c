/* The dialer is made by the first who asks: reading the system's authorities takes memory that most
 * servers never need. */
#include "faces/consul/call/outside.h"

#include "base/list.h"
#include "base/mem.h"
#include "faces/consul/call/core.h"
#include "net/http_client.h"

enum { URL_MAX_BYTES = 4096 };

struct outside {
    struct list link;
    struct consul_face *face;
    struct http_call *call;
    struct timer deadline;
    size_t answer_max;
    struct buf text; /* what the ask lends */
    outside_fn done;
    void *ctx;
};

static void forget(struct outside *o)
{
    list_remove(&o->link);
    o->face->outside_n--;
    timer_stop(&o->deadline);
    buf_fini(&o->text);
    mem_free(o);
}

static void tell(struct outside *o, const struct outside_answer *answer)
{
    outside_fn done = o->done;
    void *ctx = o->ctx;
    forget(o);
    done(ctx, answer);
}

static void on_answer(void *ctx, const struct http_answer *got)
{
    struct outside *o = ctx;
    struct outside_answer answer = { .failure = got->failure,
                                     .status = got->status,
                                     .body = got->body };
    if (got->failure == NULL && got->body_total > o->answer_max)
        answer.failure = "the answer is too long";
    tell(o, &answer);
}

static void on_deadline(struct timer *timer)
{
    struct outside *o = CONTAINER_OF(timer, struct outside, deadline);
    struct outside_answer answer = { .failure = "there is no answer within 10s" };
    http_call_cancel(o->call);
    tell(o, &answer);
}

void outside_cancel(struct outside *o)
{
    http_call_cancel(o->call);
    forget(o);
}

static struct bytes keep(struct buf *to, struct bytes text)
{
    size_t at = to->n;
    buf_put_bytes(to, text);
    return bytes_of(to->p + at, text.n);
}

/* The ask's texts lie in one block, which does not move any more. */
static void start(struct outside *o, const struct outside_ask *ask)
{
    static const struct bytes json = { (const uint8_t *)"application/json", 16 };
    struct http_header headers[4] = {
        { bytes_str("accept"), json },
        { bytes_str("user-agent"), bytes_str("muster") },
        { bytes_str("content-type"), json },
    };
    size_t n = ask->body.n > 0 ? 3 : 2;
    buf_init(&o->text, ask->url.n + ask->body.n + ask->bearer.n + sizeof "Bearer ");
    buf_reserve(&o->text, o->text.max);
    struct http_ask http = { .url = keep(&o->text, ask->url),
                             .body = keep(&o->text, ask->body),
                             .method = bytes_str(ask->body.n > 0 ? "POST" : "GET"),
                             .headers = headers,
                             .trust = ask->trust,
                             .body_max = o->answer_max,
                             .body_until = o->answer_max + 1 };
    if (ask->bearer.n > 0) {
        size_t at = o->text.n;
        buf_put_str(&o->text, "Bearer ");
        buf_put_bytes(&o->text, ask->bearer);
        headers[n++] = (struct http_header){ bytes_str("authorization"),
                                             bytes_of(o->text.p + at, o->text.n - at) };
    }
    http.header_n = n;
    o->call = http_call_start(o->face->dialer, &http, on_answer, o);
}

enum err outside_start(struct consul_face *face, const struct outside_ask *ask, outside_fn done,
                       void *ctx, struct outside **ret, struct why *why)
{
    if (face->draining)
        return why_set(why, ERR_STOPPING, "the server is stopping");
    if (face->outside_n == OUTSIDE_MAX)
        return why_set(why, ERR_BUSY, "too much is being asked of others already");
    if (ask->url.n > URL_MAX_BYTES)
        return why_set(why, ERR_TOO_BIG, "a URL of more than %d bytes", URL_MAX_BYTES);
    if (face->dialer == NULL) {
        enum err e = dialer_new(face->loop, NULL, &face->dialer, why);
        if (e != OK)
            return e;
    }
    struct outside *o = mem_zalloc(1, sizeof *o);
    o->face = face;
    o->answer_max = ask->answer_max;
    o->done = done;
    o->ctx = ctx;
    list_append(&face->outside, &o->link);
    face->outside_n++;
    timer_init(&o->deadline, face->loop, on_deadline);
    timer_start(&o->deadline, OUTSIDE_DEADLINE_MS);
    start(o, ask);
    *ret = o;
    return OK;
}

/* -- the face's ----------------------------------------------------------------------------------
 */

void outside_stop(struct consul_face *face)
{
    static const struct outside_answer stopping = { .failure = "the server is stopping" };
    while (!list_is_empty(&face->outside)) {
        struct outside *o = LIST_FIRST(&face->outside, struct outside, link);
        http_call_cancel(o->call);
        tell(o, &stopping);
    }
    if (face->dialer != NULL)
        dialer_hang_up(face->dialer);
}

bool outside_is_gone(const struct consul_face *face)
{
    return face->dialer == NULL || dialer_count(face->dialer) == 0;
}

void outside_free(struct consul_face *face)
{
    if (outside_is_gone(face))
        dialer_free(face->dialer);
}

/* RESOLVING -> TRYING an address after the other -> OPEN -> gone. What has no connection yet says
 * its last word by a hook at the end of the turn, so that `gone` never runs inside a call. */
#include "net/dial.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/conn_dial.h"
#include "net/conn_set.h"

struct dialer {
    struct loop *loop;
    struct conn_set *set;
    struct resolver *resolver;
    struct tls_client *tls;
    size_t dial_n;
};

/* -- the end ----------------------------------------------------------------------------------- */

static void say_gone(struct dial *d)
{
    d->is_gone = true;
    d->dialer->dial_n--;
    d->user->gone(d, d->is_closing ? NULL : d->failure);
}

static void on_later(struct loop_hook *hook)
{
    loop_hook_remove(hook);
    say_gone(CONTAINER_OF(hook, struct dial, later));
}

/* There is no connection, and there will be none. */
static void end_later(struct dial *d)
{
    if (list_is_linked(&d->later.link))
        return;
    d->later.run = on_later;
    loop_hook_add(d->dialer->loop, LOOP_STAGE_MAIL, &d->later);
    loop_again(d->dialer->loop);
}

/* -- the connection ---------------------------------------------------------------------------- */

static void on_opened(void *self)
{
    struct dial *d = self;
    d->is_open = true;
    d->user->opened(d);
}

static void on_feed(void *self, struct bytes in)
{
    struct dial *d = self;
    d->user->feed(d, in);
}

static void on_ended(void *self)
{
    struct dial *d = self;
    if (d->is_open)
        d->user->ended(d);
    else
        conn_close(d->conn, CONN_AT_ONCE);
}

static void on_shutdown(void *self)
{
    dial_close(self, CONN_AT_ONCE);
}

static void try_next(struct dial *d);

static void on_gone(void *self, enum err why)
{
    struct dial *d = self;
    const char *text = conn_failure(d->conn);
    if (text[0] == 0)
        text = why == OK || why == ERR_CLOSED ? "the peer closed the connection" : err_text(why);
    if (!d->is_open)
        snprintf(d->failure, sizeof(d->failure), "%s: %s: %s", d->is_tls ? "tls" : "connect",
                 conn_peer(d->conn), text);
    else
        snprintf(d->failure, sizeof(d->failure), "read from %s: %s", conn_peer(d->conn), text);
    d->conn = NULL;
    d->at++;
    if (d->is_open || d->is_closing)
        say_gone(d);
    else
        try_next(d);
}

static const struct conn_protocol protocol = {
    .name = "dial",
    .opened = on_opened,
    .feed = on_feed,
    .ended = on_ended,
    .shutdown = on_shutdown,
    .gone = on_gone,
};

static void try_next(struct dial *d)
{
    while (d->at < d->addresses.n) {
        union address a = d->addresses.all[d->at];
        if (a.any.sa_family == AF_INET6)
            a.v6.sin6_port = htons(d->port);
        else
            a.v4.sin_port = htons(d->port);
        struct tls_client *tls = d->tls.trust != NULL ? d->tls.trust : d->dialer->tls;
        struct conn_filter *filter = d->is_tls ? tls_client_session(tls, &d->tls) : NULL;
        if (conn_connect(d->dialer->set, &a.any, filter, &protocol, d, &d->conn) == OK)
            return;
        snprintf(d->failure, sizeof(d->failure), "connect: no socket could be made");
        d->at++;
    }
    end_later(d);
}

/* -- names ------------------------------------------------------------------------------------- */

static void take_addresses(struct dial *d, const struct addresses *addresses)
{
    d->addresses = *addresses;
    if (addresses->n == 0)
        snprintf(d->failure, sizeof(d->failure), "lookup: %s", addresses->failure);
    try_next(d);
}

static void on_found(struct resolver_ask *ask, const struct addresses *addresses)
{
    take_addresses(CONTAINER_OF(ask, struct dial, ask), addresses);
}

void dial_start(struct dial *d, struct dialer *dialer, const struct dial_user *user,
                struct bytes host, uint16_t port, const struct tls_call *tls)
{
    struct addresses found;
    *d = (struct dial){ .dialer = dialer, .user = user, .port = port, .is_tls = tls != NULL };
    d->ask.done = on_found;
    if (tls != NULL) {
        d->tls = *tls;
        snprintf(d->tls_name, sizeof(d->tls_name), "%s", tls->name);
        d->tls.name = d->tls_name;
    }
    dialer->dial_n++;
    if (resolver_find(dialer->resolver, host, &d->ask, &found))
        take_addresses(d, &found);
}

enum err dial_split(struct bytes text, struct bytes *ret_host, uint16_t *ret_port)
{
    size_t colon = text.n;
    uint64_t port;
    while (colon > 0 && text.p[colon - 1] != ':')
        colon--;
    if (colon == 0 || !text_u64(bytes_skip(text, colon), &port) || port == 0 || port > UINT16_MAX)
        return ERR_INVALID;
    struct bytes host = bytes_of(text.p, colon - 1);
    if (bytes_is(host, "[]"))
        return ERR_INVALID;
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = bytes_of(host.p + 1, host.n - 2);
    else if (host.n > 0 && memchr(host.p, ':', host.n) != NULL)
        return ERR_INVALID;
    if (host.n == 0)
        host = bytes_str("localhost");
    *ret_host = host;
    *ret_port = (uint16_t)port;
    return OK;
}

/* -- use --------------------------------------------------------------------------------------- */

struct buf *dial_out(struct dial *d)
{
    return conn_out(d->conn);
}

void dial_touch(struct dial *d)
{
    conn_touch(d->conn);
}

void dial_close(struct dial *d, enum conn_close how)
{
    if (d->is_gone)
        return;
    d->is_closing = true;
    if (d->conn != NULL) {
        conn_close(d->conn, how);
        return;
    }
    resolver_cancel(&d->ask);
    end_later(d);
}

bool dial_is_h2(const struct dial *d)
{
    return conn_is_alpn_h2(d->conn);
}

/* -- life -------------------------------------------------------------------------------------- */

enum err dialer_new(struct loop *loop, const char *ca_file, struct dialer **ret, struct why *why)
{
    struct tls_client *tls;
    enum err e = tls_client_new(ca_file, &tls, why);
    if (e != OK)
        return e;
    struct dialer *d = mem_zalloc(1, sizeof(*d));
    d->loop = loop;
    d->tls = tls;
    d->set = conn_set_new(loop, NULL, NULL);
    d->resolver = resolver_new(loop, NULL);
    *ret = d;
    return OK;
}

void dialer_free(struct dialer *d)
{
    if (d == NULL)
        return;
    resolver_free(d->resolver);
    conn_set_free(d->set);
    tls_client_free(d->tls);
    mem_free(d);
}

void dialer_hang_up(struct dialer *d)
{
    conn_set_close(d->set, CONN_AT_ONCE);
}

struct loop *dialer_loop(struct dialer *d)
{
    return d->loop;
}

struct resolver *dialer_resolver(struct dialer *d)
{
    return d->resolver;
}

size_t dialer_count(const struct dialer *d)
{
    return d->dial_n;
}

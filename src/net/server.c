/* The io threads' connections, from the first accept to the last goodbye.
 *
 * The first io thread accepts and gives each descriptor to the thread with the fewest connections,
 * by mail. All that concerns a connection then happens on its thread. What concerns all of them
 * (drain, serving or not) goes through the first thread's mailbox and from there to every thread's:
 * mail of one sender keeps its order, so a thread has adopted every connection that was accepted
 * before it hears of the drain. */
#include "net/server.h"

#include <inttypes.h>
#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/mem.h"
#include "loop/mailbox.h"
#include "net/conn_set.h"
#include "net/grpc_routes.h"
#include "net/listener.h"

enum { LISTENERS_MAX = 64, ANSWERS_MAX = 64 << 20, ANSWER_STALL_MS = 30000 };

struct net_thread {
    struct net_server *server;
    size_t at;
    struct loop *loop;
    struct mailbox *box;
    struct conn_set *set;
    _Atomic uint64_t connections; /* raised by the first thread, lowered by this one */
    struct serve_shared shared;
    struct mail drain, kill, emptied;
    bool has_reported; /* that it is empty, in a drain */
    bool is_ending;    /* the server is being freed: nothing new is adopted */
};

struct net_server {
    struct net_thread *threads;
    size_t thread_n;
    struct listener *listeners[LISTENERS_MAX];
    size_t listener_n;
    struct metrics *metrics;
    struct metric *connections, *holds; /* or NULL */
    _Atomic uint64_t total;
    /* the drain, on the first thread */
    bool is_draining;
    size_t emptied_n;
    struct timer grace;
    uint64_t grace_ms;
    void (*done)(void *ctx);
    void *done_ctx;
};

/* -- connections ------------------------------------------------------------------------------- */

static void report_empty(struct net_thread *t)
{
    if (!t->shared.draining || t->has_reported || conn_set_count(t->set) > 0)
        return;
    t->has_reported = true;
    mailbox_send(t->server->threads[0].box, &t->emptied);
}

static void uncount(struct net_thread *t)
{
    atomic_fetch_sub_explicit(&t->connections, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&t->server->total, 1, memory_order_relaxed);
    if (t->server->connections != NULL)
        metric_add(t->server->connections, -1);
}

static void on_conn_closed(void *ctx)
{
    struct net_thread *t = ctx;
    uncount(t);
    report_empty(t);
}

static void adopt(struct net_thread *t, struct listener *l, int take_fd)
{
    if (t->is_ending) {
        close(take_fd);
        uncount(t);
        return;
    }
    if (listener_adopt(l, t->set, t->at, take_fd) != OK)
        uncount(t); /* it has left already */
}

struct adoption {
    struct mail mail;
    struct net_thread *to;
    struct listener *listener;
    int fd;
};

static void deliver_adoption(struct mail *mail)
{
    struct adoption *a = CONTAINER_OF(mail, struct adoption, mail);
    adopt(a->to, a->listener, a->fd);
    mem_free(a);
}

static struct net_thread *emptiest(struct net_server *s)
{
    struct net_thread *best = &s->threads[0];
    for (size_t i = 1; i < s->thread_n; i++)
        if (atomic_load_explicit(&s->threads[i].connections, memory_order_relaxed) <
            atomic_load_explicit(&best->connections, memory_order_relaxed))
            best = &s->threads[i];
    return best;
}

static void on_accepted(void *ctx, struct listener *l, int take_fd)
{
    struct net_server *s = ctx;
    struct net_thread *t = emptiest(s);
    atomic_fetch_add_explicit(&t->connections, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->total, 1, memory_order_relaxed);
    if (s->connections != NULL)
        metric_add(s->connections, 1);
    if (t == &s->threads[0]) {
        adopt(t, l, take_fd);
        return;
    }
    struct adoption *a = mem_alloc(sizeof(*a));
    *a = (struct adoption){
        .mail.deliver = deliver_adoption, .to = t, .listener = l, .fd = take_fd
    };
    mailbox_send(t->box, &a->mail);
}

static bool has_room(void *ctx, const struct listener *l)
{
    struct net_server *s = ctx;
    return atomic_load_explicit(&s->total, memory_order_relaxed) <
           listener_limits(l)->connections_max;
}

/* -- holding ----------------------------------------------------------------------------------- */

void net_server_hold(struct net_server *s, size_t at)
{
    if (s->holds != NULL)
        metric_add(s->holds, 1);
    conn_set_hold(s->threads[at].set);
}

void net_server_release(struct net_server *s, size_t at)
{
    conn_set_release(s->threads[at].set);
}

void net_server_limit_hold(struct net_server *s, uint64_t ms)
{
    for (size_t i = 0; i < s->thread_n; i++)
        conn_set_limit_hold(s->threads[i].set, ms);
}

/* -- the drain --------------------------------------------------------------------------------- */

static void drain_thread(struct mail *mail)
{
    struct net_thread *t = CONTAINER_OF(mail, struct net_thread, drain);
    t->shared.draining = true;
    conn_set_shutdown(t->set);
    report_empty(t);
}

static void kill_thread(struct mail *mail)
{
    struct net_thread *t = CONTAINER_OF(mail, struct net_thread, kill);
    conn_set_close(t->set, CONN_AT_ONCE);
}

/* On the first thread. */
static void thread_is_empty(struct mail *mail)
{
    struct net_server *s = CONTAINER_OF(mail, struct net_thread, emptied)->server;
    if (++s->emptied_n < s->thread_n)
        return;
    timer_stop(&s->grace);
    log_info("net: drained");
    if (s->done != NULL)
        s->done(s->done_ctx);
}

static void grace_is_over(struct timer *timer)
{
    struct net_server *s = CONTAINER_OF(timer, struct net_server, grace);
    log_info("net: closing what is left connections=%" PRIu64, atomic_load(&s->total));
    for (size_t i = 0; i < s->thread_n; i++)
        mailbox_send(s->threads[i].box, &s->threads[i].kill);
}

struct drain_order {
    struct mail mail;
    struct net_server *server;
    uint64_t grace_ms;
    void (*done)(void *ctx);
    void *ctx;
};

static void start_drain(struct mail *mail)
{
    struct drain_order *order = CONTAINER_OF(mail, struct drain_order, mail);
    struct net_server *s = order->server;
    if (!s->is_draining) {
        s->is_draining = true;
        s->done = order->done;
        s->done_ctx = order->ctx;
        for (size_t i = 0; i < s->listener_n; i++)
            listener_stop(s->listeners[i]);
        timer_start(&s->grace, order->grace_ms);
        for (size_t i = 0; i < s->thread_n; i++)
            mailbox_send(s->threads[i].box, &s->threads[i].drain);
    }
    mem_free(order);
}

void net_server_drain(struct net_server *s, uint64_t grace_ms, void (*done)(void *ctx), void *ctx)
{
    struct drain_order *order = mem_alloc(sizeof(*order));
    *order = (struct drain_order){
        .mail.deliver = start_drain, .server = s, .grace_ms = grace_ms, .done = done, .ctx = ctx
    };
    mailbox_send(s->threads[0].box, &order->mail);
}

/* -- serving or not ---------------------------------------------------------------------------- */

struct serving_news {
    struct mail mail;
    struct net_thread *to;
    bool serving;
};

static void deliver_serving(struct mail *mail)
{
    struct serving_news *news = CONTAINER_OF(mail, struct serving_news, mail);
    struct serve_shared *shared = &news->to->shared;
    bool changed = shared->serving != news->serving;
    shared->serving = news->serving;
    if (changed)
        LIST_FOR_EACH(link, &shared->watches)
        {
            struct serving_watch *watch = CONTAINER_OF(link, struct serving_watch, link);
            watch->changed(watch, shared->serving);
        }
    mem_free(news);
}

void net_server_set_serving(struct net_server *s, bool serving)
{
    for (size_t i = 0; i < s->thread_n; i++) {
        struct serving_news *news = mem_alloc(sizeof(*news));
        *news = (struct serving_news){ .mail.deliver = deliver_serving,
                                       .to = &s->threads[i],
                                       .serving = serving };
        mailbox_send(s->threads[i].box, &news->mail);
    }
}

struct net_thread_counts net_server_counts(const struct net_server *s, size_t at)
{
    struct net_thread *t = &s->threads[at];
    return (struct net_thread_counts){
        .connections = atomic_load_explicit(&t->connections, memory_order_relaxed),
        .streams = atomic_load_explicit(&t->shared.streams, memory_order_relaxed),
    };
}

/* -- listening --------------------------------------------------------------------------------- */

static struct serve *make_serves(struct net_server *s, const struct net_service *service)
{
    struct serve *serves = mem_zalloc(s->thread_n, sizeof(*serves));
    struct net_limits limits = net_limits_filled(&service->limits);
    struct grpc_routes *routes = grpc_routes_new(service->services, service->name, s->metrics);
    for (size_t i = 0; i < s->thread_n; i++)
        serves[i] = (struct serve){
            .loop = s->threads[i].loop,
            .service = service,
            .limits = limits,
            .context = service->contexts != NULL ? service->contexts[i] : NULL,
            .shared = &s->threads[i].shared,
            .metrics = s->metrics,
            .routes = routes,
        };
    return serves;
}

enum err net_server_listen(struct net_server *s, const struct endpoint *at,
                           const struct net_service *service, struct tls_context *tls,
                           uint16_t *ret_port, struct why *why)
{
    if (s->listener_n == LISTENERS_MAX)
        return why_set(why, ERR_TOO_BIG, "listen: more than %d addresses", LISTENERS_MAX);
    if ((at->tls || at->tls_optional) && tls == NULL)
        return why_set(why, ERR_INVALID,
                       "listen: %s asks for TLS, but there is no certificate for it", at->host);
    struct listener_setup setup = {
        .loop = s->threads[0].loop,
        .service = service,
        .tls = at->tls || at->tls_optional ? tls : NULL,
        .take_serves = make_serves(s, service),
        .metrics = s->metrics,
        .accepted = on_accepted,
        .has_room = has_room,
        .ctx = s,
    };
    struct listener *l;
    enum err e = listener_open(&setup, at, &l, why);
    if (e != OK)
        return e;
    s->listeners[s->listener_n++] = l;
    *ret_port = listener_port(l);
    return OK;
}

/* -- life -------------------------------------------------------------------------------------- */

static void init_thread(struct net_server *s, size_t at, struct loop *loop)
{
    struct net_thread *t = &s->threads[at];
    t->server = s;
    t->at = at;
    t->loop = loop;
    t->shared.serving = true;
    list_init(&t->shared.watches);
    unsent_init(&t->shared.unsent, loop, 0, 0);
    t->drain.deliver = drain_thread;
    t->kill.deliver = kill_thread;
    t->emptied.deliver = thread_is_empty;
    t->box = mailbox_new(loop);
    t->set = conn_set_new(loop, on_conn_closed, t);
}

struct net_server *net_server_new(struct loop *const *loops, size_t loop_n, struct metrics *metrics)
{
    signal(SIGPIPE,
           SIG_IGN); /* a peer that has left is an error of its write, not of the process */
    struct net_server *s = mem_zalloc(1, sizeof(*s));
    s->metrics = metrics;
    s->threads = mem_zalloc(loop_n, sizeof(*s->threads));
    s->thread_n = loop_n;
    timer_init(&s->grace, loops[0], grace_is_over);
    if (metrics != NULL) {
        s->connections = metric_gauge(metrics, "muster_net_connections", "Connections now open.");
        s->holds = metric_counter(metrics, "muster_net_holds_total",
                                  "Times an io thread stopped reading for what is under way.");
    }
    for (size_t i = 0; i < loop_n; i++)
        init_thread(s, i, loops[i]);
    net_server_limit_answers(s, ANSWERS_MAX, ANSWER_STALL_MS);
    return s;
}

void net_server_limit_answers(struct net_server *s, size_t bytes, uint64_t stall_ms)
{
    for (size_t i = 0; i < s->thread_n; i++) {
        s->threads[i].shared.unsent.max = bytes / s->thread_n;
        s->threads[i].shared.unsent.stall_ms = stall_ms;
    }
}

/* The thread has ended; its loop is turned here until every connection is gone. */
static void end_thread(struct net_thread *t)
{
    t->is_ending = true;
    mailbox_free(t->box);
    unsent_fini(&t->shared.unsent);
    if (t->set == NULL)
        return;
    conn_set_close(t->set, CONN_AT_ONCE);
    while (conn_set_count(t->set) > 0)
        uv_run(loop_uv(t->loop), UV_RUN_NOWAIT);
    conn_set_free(t->set);
}

void net_server_free(struct net_server *s)
{
    if (s == NULL)
        return;
    timer_stop(&s->grace);
    for (size_t i = 0; i < s->listener_n; i++)
        listener_stop(s->listeners[i]);
    /* Nothing that the closing of connections might post is to be delivered into a freed mailbox.
     */
    for (size_t i = 0; i < s->thread_n; i++)
        s->threads[i].has_reported = true;
    for (size_t i = 0; i < s->thread_n; i++)
        end_thread(&s->threads[i]);
    for (size_t i = 0; i < s->listener_n; i++)
        listener_free(s->listeners[i]);
    mem_free(s->threads);
    mem_free(s);
}

/* Opening goes from the disk to the sockets, closing the other way. */
#include "server/parts.h"

#include <errno.h>
#include <inttypes.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "faces/consul/call/face.h"
#include "faces/dns/face.h"
#include "faces/etcd/face.h"
#include "faces/native/face.h"
#include "hub/acl_start.h"
#include "hub/gate.h"
#include "hub/hub.h"
#include "hub/projection_start.h"
#include "net/server.h"
#include "server/dns_options.h"
#include "server/kernel.h"
#include "server/listeners.h"
#include "server/node_checks.h"
#include "server/process.h"
#include "server/self.h"

enum { CHECKS_STOP_MS = 500, KEYS_PAUSE_MS = 5000, IO_THREADS_MAX = 64 };

struct io { /* one io thread */
    struct parts *parts;
    struct loop *loop; /* core's, if that is the only one */
    struct mailbox *box;
    struct hub *hub;
    struct etcd_face *etcd;
    struct consul_face *consul;
    struct dns_face *dns;
    struct native_face *native;
    struct mail drain;
};

struct parts {
    const struct config *config;
    struct kernel kernel;
    struct metrics *metrics;
    struct process_metrics *process;
    struct node_checks *checks; /* on the first io thread */
    struct io io[IO_THREADS_MAX];
    size_t io_n;
    bool one_thread; /* core's own serves the connections */
    void *etcd_contexts[IO_THREADS_MAX], *consul_contexts[IO_THREADS_MAX];
    void *dns_contexts[IO_THREADS_MAX];
    void *native_contexts[IO_THREADS_MAX];
    struct net_server *net;
    struct listeners listeners;
    struct etcd_options etcd_options;
    struct consul_options consul_options;
    struct gate_options gate;
    struct startup *acl_start, *projection_start;
    bool projects;
    struct dns_config dns_config;
    struct arena arena; /* of texts that the options point to */
    bool clean;
    _Atomic(struct consul_reload *) reloads; /* asked for */
    _Atomic bool draining;
    sem_t drained; /* posted when no connection is left */
};

/* -- io threads ------------------------------------------------------------------------------- */

static void render_metrics(void *ctx, struct buf *out)
{
    struct parts *p = ctx;
    metrics_render(p->metrics, out);
}

static void not_ready(void *ctx, struct buf *out)
{
    struct parts *p = ctx;
    if (atomic_load(&p->draining))
        buf_put_str(out, "stopping\n");
    if (replica_disk_state(p->kernel.replica) >= DISK_STOP)
        buf_put_str(out, "disk nearly full: writes are refused\n");
}

/* Where the kernel's credits and the sockets meet: on their io thread. */
static void on_credits(void *ctx, bool low)
{
    struct io *io = ctx;
    size_t at = (size_t)(io - io->parts->io);
    if (low)
        net_server_hold(io->parts->net, at);
    else
        net_server_release(io->parts->net, at);
}

static enum err open_io(struct parts *p, struct io *io, struct why *why)
{
    io->parts = p;
    enum err e = OK;
    if (p->one_thread)
        io->loop = replica_loop(p->kernel.replica);
    else
        e = loop_new("io", &io->loop);
    if (e == OK)
        io->box = mailbox_new(io->loop);
    struct hub_options hub = { .replica = p->kernel.replica,
                               .loop = io->loop,
                               .metrics = p->metrics,
                               .gate = &p->gate,
                               .quota_bytes = kernel_quota(p->config),
                               .on_credits = on_credits,
                               .ctx = io };
    if (e == OK)
        e = hub_new(&hub, &io->hub);
    if (e == OK)
        e = etcd_face_new(io->hub, &p->etcd_options, p->metrics, &io->etcd);
    if (e == OK)
        io->consul = consul_face_new(io->hub, &p->consul_options);
    if (e == OK)
        io->dns = dns_face_new(io->hub, &p->dns_config, p->metrics);
    struct native_options native = { .render_metrics = render_metrics,
                                     .not_ready = not_ready,
                                     .ctx = p };
    if (e == OK)
        io->native = native_face_new(io->hub, &native);
    p->etcd_contexts[io - p->io] = io->etcd;
    p->consul_contexts[io - p->io] = io->consul;
    p->dns_contexts[io - p->io] = io->dns;
    p->native_contexts[io - p->io] = io->native;
    return e != OK ? why_set(why, e, "server: an io thread cannot be made: %s", err_text(e)) : OK;
}

static size_t thread_count(const struct config *c)
{
    if (c->io_threads != 0)
        return c->io_threads;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 2 ? (size_t)(cores - 1 < IO_THREADS_MAX ? cores - 1 : IO_THREADS_MAX) : 1;
}

static enum err check_threads(const struct config *c, struct why *why)
{
    if (!c->one_thread || c->io_threads == 0)
        return OK;
    return why_set(why, ERR_INVALID, "--one-thread leaves no room for --io-threads: give one");
}

static bool is_one_thread(const struct config *c)
{
    return c->one_thread || (c->io_threads == 0 && sysconf(_SC_NPROCESSORS_ONLN) < 2);
}

static enum err open_threads(struct parts *p, struct why *why)
{
    enum err e = OK;
    p->one_thread = is_one_thread(p->config);
    p->io_n = p->one_thread ? 1 : thread_count(p->config);
    for (size_t i = 0; i < p->io_n && e == OK; i++)
        e = open_io(p, &p->io[i], why);
    if (e == OK)
        e = node_checks_open(p->checks, p->io[0].hub, p->io[0].box,
                             p->consul_options.self.node_name, p->metrics, why);
    if (e == OK && p->gate.is_on && p->config->acl_initial[0] != 0)
        p->acl_start = startup_new(p->io[0].hub, &acl_start, p->config->acl_initial);
    p->projects = strcmp(p->config->etcd_projection, "on") == 0;
    if (e == OK)
        p->projection_start = startup_new(p->io[0].hub, &projection_start, &p->projects);
    return e;
}

/* -- listeners -------------------------------------------------------------------------------- */

static enum err open_listeners(struct parts *p, struct why *why)
{
    struct loop *loops[IO_THREADS_MAX];
    for (size_t i = 0; i < p->io_n; i++)
        loops[i] = p->io[i].loop;
    p->net = net_server_new(loops, p->io_n, p->metrics);
    struct listeners_contexts contexts = { .etcd = p->etcd_contexts,
                                           .consul = p->consul_contexts,
                                           .dns = p->dns_contexts,
                                           .loops = loops,
                                           .loop_n = p->io_n,
                                           .metrics = p->metrics,
                                           .native = p->native_contexts };
    return listeners_open(&p->listeners, p->net, &contexts, etcd_message_max(&p->etcd_options),
                          why);
}

static void describe_self(struct parts *p)
{
    struct member self = { 0 };
    const char *urls = p->config->advertise;
    snprintf(self.name, sizeof self.name, "%s", p->config->name);
    /* Nothing listens there while members are alone; lists show what etcd's default would be. */
    snprintf(self.peer_url, sizeof self.peer_url, "http://localhost:2380");
    snprintf(self.client_url, sizeof self.client_url, "%s",
             urls[0] != 0 ? urls : listeners_client_urls(&p->listeners));
    replica_describe_self(p->kernel.replica, &self);
}

static void note_check(void *ctx, struct bytes instance, struct bytes check, enum status status,
                       struct bytes output)
{
    struct parts *p = ctx;
    node_checks_note(p->checks, instance, check, status, output);
}

static struct consul_reload no_more; /* in the place of the list: the server stops */

/* What a signal from outside does; the main thread takes what was asked for (parts_take_reload). */
static void reload_by_signal(void *ctx, struct consul_reload *r)
{
    struct parts *p = ctx;
    r->next = atomic_load(&p->reloads);
    while (r->next != &no_more && !atomic_compare_exchange_weak(&p->reloads, &r->next, r))
        ;
    if (r->next == &no_more)
        consul_reload_done(r, ERR_STOPPING, err_text(ERR_STOPPING));
    else
        kill(getpid(), SIGHUP);
}

static void leave_by_signal(void *ctx)
{
    kill(getpid(), SIGTERM);
}

static enum err describe_node(struct parts *p, struct why *why)
{
    struct self self;
    enum err e = self_find(p->config, &p->arena, &self, why);
    if (e != OK)
        return e;
    p->consul_options = (struct consul_options){
        .self = { .datacenter = p->config->datacenter,
                  .node_name = self.node_name,
                  .node_id = self.node_id,
                  .meta = self.meta,
                  .meta_n = self.meta_n,
                  .address = self.address,
                  .version = MUSTER_VERSION,
                  .http_port = self.consul_port,
                  .https_port = self.consul_https_port,
                  .grpc_port = self.consul_grpc_port,
                  .grpc_tls_port = self.consul_grpc_tls_port,
                  .native_port = self.native_port,
                  .domain = p->config->domain,
                  .alt_domain = p->config->alt_domain },
        .default_token = p->config->acl_default_token,
        .no_connect = !p->config->connect,
        .no_coordinates = p->config->no_coordinates,
        .mesh_cluster = p->config->connect_cluster[0] == 0 ? NULL : p->config->connect_cluster,
        .default_query_ms = p->config->query_ms,
        .max_query_ms = p->config->query_max_ms,
        .keys_pause_ms = KEYS_PAUSE_MS,
        .always_pretty = p->config->as_consul && p->config->dev,
        .metrics = p->metrics,
        .reload = reload_by_signal,
        .leave = leave_by_signal,
        .note_check = note_check,
        .runs_scripts = p->config->script_checks,
        .ctx = p,
    };
    struct dns_settings dns = dns_options_settings(p->config, &self, &p->arena);
    e = dns_config_init(&p->dns_config, &dns, why);
    return e != OK ? e : dns_options_check(p->config, &p->dns_config, why);
}

static struct gate_options gate_options_of(const struct config *c)
{
    return (struct gate_options){
        .is_on = c->acl_enabled,
        .is_open = strcmp(c->acl_default_policy, "deny") != 0,
        .keys_want_list = c->acl_key_list_policy,
        .datacenter = c->datacenter,
    };
}

/* -- life ------------------------------------------------------------------------------------- */

enum err parts_open(const struct config *config, void (*owned)(const struct datadir *dir),
                    struct parts **ret, struct why *why)
{
    struct parts *p = mem_zalloc(1, sizeof *p);
    p->config = config;
    sem_init(&p->drained, 0, 0);
    arena_init(&p->arena, 0);
    p->gate = gate_options_of(config);
    p->metrics = metrics_new();
    p->process = process_metrics_new(p->metrics);
    p->etcd_options = (struct etcd_options){
        .max_request_bytes = config->max_request_bytes,
        .max_txn_ops = config->max_txn_ops,
        .key_max = config->max_key_bytes,
        .progress_interval_ms = config->progress_ms,
        .render_metrics = render_metrics,
        .render_ctx = p,
    };
    enum err e = check_threads(config, why);
    if (e == OK)
        e = listeners_check(&p->listeners, config, why);
    if (e == OK)
        e = describe_node(p, why);
    if (e == OK)
        e = node_checks_new(config->script_checks, &p->checks, why);
    if (e == OK)
        e = kernel_open(&p->kernel, config, p->metrics, owned, why);
    if (e == OK)
        e = open_threads(p, why);
    if (e == OK)
        e = open_listeners(p, why);
    if (e != OK) {
        parts_close(p);
        return e;
    }
    describe_self(p);
    *ret = p;
    return OK;
}

enum err parts_start(struct parts *p, struct why *why)
{
    enum err e = replica_start(p->kernel.replica);
    for (size_t i = 0; i < p->io_n && e == OK && !p->one_thread; i++)
        e = loop_start(p->io[i].loop);
    return e != OK ? why_set(why, e, "server: a thread cannot be started: %s", err_text(e)) : OK;
}

/* -- stopping --------------------------------------------------------------------------------- */

static void deliver_drain(struct mail *mail)
{
    struct io *io = CONTAINER_OF(mail, struct io, drain);
    etcd_face_drain(io->etcd);
    consul_face_drain(io->consul);
}

static void all_gone(void *ctx)
{
    struct parts *p = ctx;
    sem_post(&p->drained);
}

static void wait_until_drained(struct parts *p, uint64_t ms)
{
    uint64_t end = clock_now_ns() + ms * 1000000;
    struct timespec until = { .tv_sec = (time_t)(end / 1000000000),
                              .tv_nsec = (long)(end % 1000000000) };
    while (sem_clockwait(&p->drained, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR)
        ;
}

void parts_stop(struct parts *p, uint64_t drain_ms, uint64_t stop_ms)
{
    uint64_t began = clock_now_ns();
    atomic_store(&p->draining, true);
    net_server_set_serving(p->net, false);
    for (size_t i = 0; i < p->io_n; i++) {
        p->io[i].drain.deliver = deliver_drain;
        mailbox_send(p->io[i].box, &p->io[i].drain);
    }
    node_checks_stop(p->checks);
    net_server_drain(p->net, drain_ms, all_gone, p);
    wait_until_drained(p, drain_ms + 500);
    node_checks_wait(p->checks, CHECKS_STOP_MS);
    replica_stop(p->kernel.replica);
    for (size_t i = 0; i < p->io_n && !p->one_thread; i++)
        loop_stop_join(p->io[i].loop);
    p->clean = clock_now_ns() - began < stop_ms * 1000000;
}

static void close_io(struct parts *p, struct io *io)
{
    etcd_face_free(io->etcd);
    consul_face_free(io->consul);
    dns_face_free(io->dns);
    native_face_free(io->native);
    hub_free(io->hub);
    mailbox_free(io->box);
    if (io == &p->io[0]) {
        node_checks_free(p->checks);
        p->checks = NULL;
    }
    if (!p->one_thread)
        loop_free(io->loop);
}

void parts_close(struct parts *p)
{
    if (p == NULL)
        return;
    net_server_free(p->net);
    startup_free(p->acl_start);
    startup_free(p->projection_start);
    listeners_close(&p->listeners);
    node_checks_close(p->checks);
    for (size_t i = 0; i < p->io_n; i++)
        close_io(p, &p->io[i]);
    node_checks_free(p->checks);
    kernel_close(&p->kernel, p->clean);
    listeners_fini(&p->listeners);
    dns_config_fini(&p->dns_config);
    process_metrics_free(p->process);
    metrics_free(p->metrics);
    arena_fini(&p->arena);
    sem_destroy(&p->drained);
    mem_free(p);
}

enum err parts_reload(struct parts *p, struct why *why)
{
    return listeners_reload(&p->listeners, why);
}

void parts_addresses(const struct parts *p, struct buf *out)
{
    buf_put_bytes(out, buf_bytes(&p->listeners.addresses));
}

const char *parts_data_dir(const struct parts *p)
{
    return datadir_path(p->kernel.datadir);
}

struct consul_reload *parts_take_reloads(struct parts *p, bool last)
{
    return atomic_exchange(&p->reloads, last ? &no_more : NULL);
}

struct mailbox *parts_consul_box(struct parts *p)
{
    return p->io[0].box;
}

void parts_ask_consul(struct parts *p, struct http_inner_ask *ask, http_inner_fn done, void *ctx)
{
    ask->service = &consul_http;
    ask->context = p->io[0].consul;
    ask->loop = p->io[0].loop;
    http_inner_ask(ask, done, ctx);
}

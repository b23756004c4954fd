/* What all kinds share: the timeout, the output, the one last word. */
#include "health/probe.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/mem.h"
#include "health/probe_kind.h"
#include "health/report.h"

enum { SAY_MAX = 8 * 1024 /* beside the target's own output */ };

static const struct probe_kind *const kinds[CHECK_KINDS] = {
    [CHECK_HTTP] = &probe_http, [CHECK_TCP] = &probe_tcp,       [CHECK_UDP] = &probe_udp,
    [CHECK_GRPC] = &probe_grpc, [CHECK_H2PING] = &probe_h2ping, [CHECK_SCRIPT] = &probe_script,
};

/* -- output ------------------------------------------------------------------------------------ */

void probe_say(struct probe *p, const char *format, ...)
{
    struct buf text;
    va_list args;
    buf_init(&text, SAY_MAX);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    report_output(buf_bytes(&text), text.n, SAY_MAX, &p->output);
    buf_fini(&text);
}

void probe_say_bytes(struct probe *p, struct bytes text, uint64_t total)
{
    report_output(text, total, p->d->output_max, &p->output);
}

/* -- the end ----------------------------------------------------------------------------------- */

static void free_probe(struct probe *p)
{
    timer_stop(&p->timeout);
    loop_hook_remove(&p->later);
    buf_fini(&p->output);
    mem_free(p);
}

void probe_end(struct probe *p, enum status status)
{
    timer_stop(&p->timeout);
    p->is_under_way = false;
    p->done(p->ctx, status, buf_bytes(&p->output));
    free_probe(p);
}

static void on_later(struct loop_hook *hook)
{
    struct probe *p = CONTAINER_OF(hook, struct probe, later);
    probe_end(p, p->status);
}

void probe_end_later(struct probe *p, enum status status)
{
    p->status = status;
    p->is_under_way = false;
    p->later.run = on_later;
    loop_hook_add(p->prober->loop, LOOP_STAGE_MAIL, &p->later);
    loop_again(p->prober->loop);
}

static void stop(struct probe *p)
{
    if (p->is_under_way)
        p->kind->stop(p);
    p->is_under_way = false;
}

static void on_timeout(struct timer *timer)
{
    struct probe *p = CONTAINER_OF(timer, struct probe, timeout);
    if (p->kind->late != NULL) {
        p->kind->late(p);
        return;
    }
    stop(p);
    probe_say(p, "timed out after %" PRIu64 " ms", p->d->timeout_ms);
    probe_end(p, STATUS_DOWN);
}

/* -- targets ----------------------------------------------------------------------------------- */

bool probe_split(struct probe *p, struct bytes target, struct bytes *ret_host, uint16_t *ret_port)
{
    if (dial_split(target, ret_host, ret_port) == OK)
        return true;
    probe_say(p, "the target is not host:port");
    probe_end_later(p, STATUS_DOWN);
    return false;
}

struct tls_call probe_tls(const struct probe *p, struct bytes host, char *name)
{
    struct bytes from = p->d->tls_server_name.n > 0 ? p->d->tls_server_name : host;
    size_t n = from.n < RESOLVER_NAME_MAX ? from.n : RESOLVER_NAME_MAX;
    memcpy(name, from.p, n);
    name[n] = 0;
    return (struct tls_call){ .name = name, .skip_verify = p->d->tls_skip_verify };
}

/* -- life -------------------------------------------------------------------------------------- */

struct probe *probe_start(struct prober *prober, const struct check_definition *definition,
                          probe_done_fn done, void *ctx)
{
    struct probe *p = mem_zalloc(1, sizeof(*p));
    p->prober = prober;
    p->d = definition;
    p->kind = kinds[definition->kind];
    p->done = done;
    p->ctx = ctx;
    buf_init(&p->output, SAY_MAX + (size_t)definition->output_max + 256);
    timer_init(&p->timeout, prober->loop, on_timeout);
    timer_start(&p->timeout, definition->timeout_ms);
    p->is_under_way = true;
    p->kind->start(p);
    return p;
}

void probe_cancel(struct probe *p)
{
    stop(p);
    free_probe(p);
}

enum err prober_new(const struct prober_options *options, struct prober **ret, struct why *why)
{
    struct dialer *dialer;
    enum err e = dialer_new(options->loop, options->ca_file, &dialer, why);
    if (e != OK)
        return e;
    struct prober *p = mem_zalloc(1, sizeof(*p));
    *p = (struct prober){ .loop = options->loop, .dialer = dialer, .scripts = options->scripts };
    *ret = p;
    return OK;
}

void prober_stop(struct prober *p)
{
    dialer_hang_up(p->dialer);
}

size_t prober_count(const struct prober *p)
{
    return dialer_count(p->dialer);
}

void prober_free(struct prober *p)
{
    if (p == NULL)
        return;
    dialer_free(p->dialer);
    mem_free(p);
}

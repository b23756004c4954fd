/* Definitions: what Consul accepts, refuses and assumes, and their one form in bytes.
 *
 * u8 format, u8 kind, u8 flags, the texts as runs in the order of the struct, u16 number and runs
 * of arguments, u16 number and pairs of runs of headers, u64 durations in ms, u32 numbers. */
#include "health/check.h"

#include "base/rd.h"

enum {
    FLAG_EXTERNAL = 1,
    FLAG_NO_REDIRECTS = 2,
    FLAG_TLS = 4,
    FLAG_SKIP_VERIFY = 8,
    FLAG_USUAL_TIMEOUT = 16,
    FLAG_HIDES_ZERO = 32,
    FLAGS = 64
};

static const struct {
    const char *name;
    bool has_interval;
} kinds[CHECK_KINDS] = {
    [CHECK_TTL] = { "ttl", false },      [CHECK_HTTP] = { "http", true },
    [CHECK_TCP] = { "tcp", true },       [CHECK_UDP] = { "udp", true },
    [CHECK_GRPC] = { "grpc", true },     [CHECK_SCRIPT] = { "script", true },
    [CHECK_H2PING] = { "h2ping", true }, [CHECK_ALIAS] = { "alias", false },
};

const char *check_kind_name(enum check_kind kind)
{
    return kinds[kind].name;
}

bool check_has_interval(enum check_kind kind)
{
    return kinds[kind].has_interval;
}

/* -- what is accepted -------------------------------------------------------------------------- */

/* Where several targets are given the first in this order is probed. */
static enum check_kind find_kind(const struct check_definition *d)
{
    if (d->http.n > 0)
        return CHECK_HTTP;
    if (d->tcp.n > 0)
        return CHECK_TCP;
    if (d->udp.n > 0)
        return CHECK_UDP;
    if (d->grpc.n > 0)
        return CHECK_GRPC;
    if (d->arg_n > 0)
        return CHECK_SCRIPT;
    if (d->h2ping.n > 0)
        return CHECK_H2PING;
    return d->is_alias ? CHECK_ALIAS : CHECK_TTL;
}

static enum err check_times(const struct check_definition *d, struct why *why)
{
    bool has_interval = check_has_interval(d->kind);
    if (d->interval_ms > 0 && d->ttl_ms > 0)
        return why_set(why, ERR_INVALID, "Interval and TTL cannot both be specified");
    if (has_interval && d->interval_ms == 0)
        return why_set(why, ERR_INVALID,
                       "Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService "
                       "checks");
    if (d->is_alias && has_interval)
        return why_set(why, ERR_INVALID, "Interval cannot be set for Alias checks");
    if (d->is_alias && d->ttl_ms > 0)
        return why_set(why, ERR_INVALID, "TTL must be not be set for Alias checks");
    if (d->kind == CHECK_TTL && d->ttl_ms == 0)
        return why_set(why, ERR_INVALID, "TTL must be > 0 for TTL checks");
    if (d->ttl_ms > CHECK_DURATION_MAX_MS || d->interval_ms > CHECK_DURATION_MAX_MS ||
        d->timeout_ms > CHECK_DURATION_MAX_MS || d->deregister_after_ms > CHECK_DURATION_MAX_MS)
        return why_set(why, ERR_INVALID, "a duration of more than ten years");
    return OK;
}

static enum err check_sizes(const struct check_definition *d, struct why *why)
{
    const struct bytes targets[] = {
        d->http,       d->tcp,          d->udp, d->grpc, d->h2ping, d->method, d->tls_server_name,
        d->alias_node, d->alias_service
    };
    size_t total = d->body.n;
    for (size_t i = 0; i < ARRAY_LEN(targets); i++)
        if (targets[i].n > CHECK_TARGET_MAX)
            return why_set(why, ERR_INVALID, "a target of more than %d bytes", CHECK_TARGET_MAX);
    if (d->header_n > CHECK_HEADERS_MAX || d->arg_n > CHECK_ARGS_MAX)
        return why_set(why, ERR_INVALID, "more than %d headers or %d arguments", CHECK_HEADERS_MAX,
                       CHECK_ARGS_MAX);
    for (size_t i = 0; i < d->header_n; i++)
        total += d->headers[i].name.n + d->headers[i].value.n;
    for (size_t i = 0; i < d->arg_n; i++)
        total += d->args[i].n;
    if (total > CHECK_DEFINITION_MAX / 2)
        return why_set(why, ERR_INVALID, "headers, body and arguments of more than %d bytes",
                       CHECK_DEFINITION_MAX / 2);
    return OK;
}

static void fill_in(struct check_definition *d)
{
    if (check_has_interval(d->kind) && d->interval_ms < CHECK_INTERVAL_LEAST_MS)
        d->interval_ms = CHECK_INTERVAL_LEAST_MS;
    d->timeout_is_usual = d->timeout_ms == 0;
    if (d->timeout_is_usual)
        d->timeout_ms = d->kind == CHECK_SCRIPT ? CHECK_SCRIPT_TIMEOUT_MS : CHECK_TIMEOUT_MS;
    if (d->deregister_after_ms > 0 && d->deregister_after_ms < CHECK_DEREGISTER_LEAST_MS)
        d->deregister_after_ms = CHECK_DEREGISTER_LEAST_MS;
    if (d->failures_before_warning == 0)
        d->failures_before_warning = d->failures_before_critical;
    if (d->output_max == 0)
        d->output_max = CHECK_OUTPUT_BYTES;
    if (d->output_max > CHECK_OUTPUT_MAX)
        d->output_max = CHECK_OUTPUT_MAX;
}

enum err check_settle(struct check_definition *d, struct why *why)
{
    d->kind = find_kind(d);
    enum err e = check_times(d, why);
    if (e == OK)
        e = check_sizes(d, why);
    if (e != OK)
        return e;
    if (d->failures_before_warning > d->failures_before_critical)
        return why_set(why, ERR_INVALID,
                       "FailuresBeforeWarning can't be higher than FailuresBeforeCritical");
    fill_in(d);
    return OK;
}

/* -- bytes ------------------------------------------------------------------------------------- */

void check_definition_write(const struct check_definition *d, struct buf *out)
{
    const struct bytes texts[] = { d->http,       d->tcp,          d->udp,  d->grpc,
                                   d->h2ping,     d->method,       d->body, d->tls_server_name,
                                   d->alias_node, d->alias_service };
    unsigned flags =
        (d->is_external ? FLAG_EXTERNAL : 0) | (d->no_redirects ? FLAG_NO_REDIRECTS : 0) |
        (d->tls ? FLAG_TLS : 0) | (d->tls_skip_verify ? FLAG_SKIP_VERIFY : 0) |
        (d->timeout_is_usual ? FLAG_USUAL_TIMEOUT : 0) | (d->hides_zero ? FLAG_HIDES_ZERO : 0);
    buf_put_u8(out, CHECK_DEFINITION_FORMAT);
    buf_put_u8(out, (uint8_t)d->kind);
    buf_put_u8(out, (uint8_t)flags);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        buf_put_run(out, texts[i]);
    buf_put_u16(out, (uint16_t)d->arg_n);
    for (size_t i = 0; i < d->arg_n; i++)
        buf_put_run(out, d->args[i]);
    buf_put_u16(out, (uint16_t)d->header_n);
    for (size_t i = 0; i < d->header_n; i++) {
        buf_put_run(out, d->headers[i].name);
        buf_put_run(out, d->headers[i].value);
    }
    buf_put_u64(out, d->ttl_ms);
    buf_put_u64(out, d->interval_ms);
    buf_put_u64(out, d->timeout_ms);
    buf_put_u64(out, d->deregister_after_ms);
    buf_put_u32(out, d->success_before_passing);
    buf_put_u32(out, d->failures_before_warning);
    buf_put_u32(out, d->failures_before_critical);
    buf_put_u32(out, d->output_max);
}

static void read_texts(struct rd *r, struct check_definition *d)
{
    struct bytes *const texts[] = { &d->http,       &d->tcp,          &d->udp,  &d->grpc,
                                    &d->h2ping,     &d->method,       &d->body, &d->tls_server_name,
                                    &d->alias_node, &d->alias_service };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *texts[i] = rd_run(r);
}

static size_t read_count(struct rd *r, size_t max)
{
    size_t n = rd_u16(r);
    if (n > max)
        rd_fail(r, ERR_TOO_BIG);
    return r->err == OK ? n : 0;
}

static void read_lists(struct rd *r, struct arena *arena, struct check_definition *d)
{
    d->arg_n = read_count(r, CHECK_ARGS_MAX);
    struct bytes *args = arena_zalloc(arena, d->arg_n, sizeof(*args));
    for (size_t i = 0; i < d->arg_n; i++)
        args[i] = rd_run(r);
    d->args = args;
    d->header_n = read_count(r, CHECK_HEADERS_MAX);
    struct check_header *headers = arena_zalloc(arena, d->header_n, sizeof(*headers));
    for (size_t i = 0; i < d->header_n; i++) {
        headers[i].name = rd_run(r);
        headers[i].value = rd_run(r);
    }
    d->headers = headers;
}

static void read_numbers(struct rd *r, struct check_definition *d)
{
    d->ttl_ms = rd_u64(r);
    d->interval_ms = rd_u64(r);
    d->timeout_ms = rd_u64(r);
    d->deregister_after_ms = rd_u64(r);
    d->success_before_passing = rd_u32(r);
    d->failures_before_warning = rd_u32(r);
    d->failures_before_critical = rd_u32(r);
    d->output_max = rd_u32(r);
}

/* What check_settle makes stays as it is when it is settled again. */
static enum err check_settled(const struct check_definition *d)
{
    struct check_definition again = *d;
    struct why why;
    if (check_settle(&again, &why) != OK)
        return ERR_MALFORMED;
    bool is_settled = again.kind == d->kind && again.interval_ms == d->interval_ms &&
                      again.timeout_ms == d->timeout_ms && again.output_max == d->output_max &&
                      again.deregister_after_ms == d->deregister_after_ms &&
                      again.failures_before_warning == d->failures_before_warning;
    return is_settled ? OK : ERR_MALFORMED;
}

enum err check_definition_read(struct bytes bytes, struct arena *arena,
                               struct check_definition *ret)
{
    struct rd r;
    struct check_definition d = { 0 };
    if (bytes.n > CHECK_DEFINITION_MAX)
        return ERR_TOO_BIG;
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != CHECK_DEFINITION_FORMAT)
        return ERR_VERSION;
    uint8_t kind = rd_u8(&r);
    uint8_t flags = rd_u8(&r);
    if (kind >= CHECK_KINDS || flags >= FLAGS)
        rd_fail(&r, ERR_MALFORMED);
    d.kind = r.err == OK ? (enum check_kind)kind : CHECK_TTL;
    d.is_alias = d.kind == CHECK_ALIAS;
    d.is_external = (flags & FLAG_EXTERNAL) != 0;
    d.no_redirects = (flags & FLAG_NO_REDIRECTS) != 0;
    d.tls = (flags & FLAG_TLS) != 0;
    d.tls_skip_verify = (flags & FLAG_SKIP_VERIFY) != 0;
    d.timeout_is_usual = (flags & FLAG_USUAL_TIMEOUT) != 0;
    d.hides_zero = (flags & FLAG_HIDES_ZERO) != 0;
    read_texts(&r, &d);
    read_lists(&r, arena, &d);
    read_numbers(&r, &d);
    enum err e = rd_end(&r);
    if (e == OK)
        e = check_settled(&d);
    if (e == OK)
        *ret = d;
    return e;
}

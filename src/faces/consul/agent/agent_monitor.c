/* /v1/agent/monitor: the server's log, line by line, in the forms that Consul's has. A client that
 * does not read loses lines and is told how many. */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "faces/consul/agent/agent.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/call/live.h"
#include "loop/log_tap.h"
#include "wire/json_writer.h"
#include "wire/time_text.h"

struct monitor {
    struct consul_call *c;
    struct log_tap *tap;
    bool as_json;
};

/* -- forms ------------------------------------------------------------------------------------ */

static void format_text(struct buf *out, enum log_level level, uint64_t wall_ms, struct bytes text)
{
    static const char *const words[] = { "[DEBUG] ", "[INFO]  ", "[WARN]  ", "[ERROR] " };
    time_print(wall_ms, out);
    buf_put_u8(out, ' ');
    buf_put_str(out, words[level]);
    for (size_t i = 0; i < text.n; i++)
        buf_put_u8(out, text.p[i] < 0x20 || text.p[i] == 0x7f ? '?' : text.p[i]);
    buf_put_u8(out, '\n');
}

static void format_json(struct buf *out, enum log_level level, uint64_t wall_ms, struct bytes text)
{
    struct json_writer j;
    json_init(&j, out);
    json_open_object(&j);
    json_add_str(&j, "@level", log_level_name(level));
    json_add_string(&j, "@message", text);
    json_add_string(&j, "@module", log_area(text));
    json_put_name(&j, "@timestamp");
    buf_put_u8(out, '"');
    time_print(wall_ms, out);
    buf_put_u8(out, '"');
    buf_put_str(out, "}\n");
}

/* -- sending ---------------------------------------------------------------------------------- */

static void send_lines(struct monitor *m)
{
    struct buf lines;
    buf_init(&lines, 2 * LOG_TAP_BYTES);
    uint64_t dropped = log_tap_take(m->tap, &lines);
    if (dropped > 0) {
        char note[100];
        snprintf(note, sizeof note,
                 "monitor: lines were dropped, they came faster than they were read n=%" PRIu64,
                 dropped);
        (m->as_json ? format_json : format_text)(&lines, LOG_WARN, clock_wall_ms(),
                                                 bytes_str(note));
    }
    if (lines.n > 0)
        consul_live_write(m->c, buf_bytes(&lines));
    buf_fini(&lines);
}

static void lines_are_ready(void *ctx)
{
    struct monitor *m = ctx;
    if (!consul_live_is_full(m->c))
        send_lines(m); /* else when it has drained */
}

static void drained(struct consul_call *c)
{
    send_lines(c->state);
}

static void stop(struct consul_call *c)
{
    struct monitor *m = c->state;
    log_tap_close(m->tap);
    m->tap = NULL;
}

static void end(struct consul_call *c)
{
    send_lines(c->state);
    stop(c);
    consul_waits_no_more(c);
    consul_live_end(c);
}

static bool read_level(struct consul_call *c, enum log_level *ret)
{
    static const struct {
        const char *name;
        enum log_level level;
    } levels[] = { { "trace", LOG_DEBUG }, { "debug", LOG_DEBUG }, { "info", LOG_INFO },
                   { "warn", LOG_WARN },   { "error", LOG_ERROR }, { "err", LOG_ERROR } };
    struct bytes name;
    *ret = LOG_INFO;
    if (!consul_param(c, "loglevel", &name) || name.n == 0)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        *ret = levels[i].level;
        if (text_eq_nocase(name, bytes_str(levels[i].name)))
            return true;
    }
    consul_refuse_text(c, 400, "Unknown log level: %s", consul_text(c, name));
    return false;
}

void consul_agent_monitor(struct consul_call *c)
{
    struct log_tap_options options = { .box = c->face->box, .ready = lines_are_ready };
    if (!consul_grant(c, ACCESS_READ, ACCESS_AGENT, bytes_str(c->face->self.node_name)) ||
        !read_level(c, &options.level))
        return;
    struct monitor *m = arena_zalloc(consul_arena(c), 1, sizeof *m);
    m->c = c;
    m->as_json = consul_param_is_given(c, "logjson");
    options.format = m->as_json ? format_json : format_text;
    options.ctx = m;
    c->state = m;
    if (log_tap_open(&options, &m->tap) != OK) {
        consul_refuse_text(c, 429, "too many read the log at once (%d)", LOG_TAPS_MAX);
        return;
    }
    consul_live_begin(c, "text/plain; charset=utf-8", drained, end);
    consul_wait(c, stop);
}

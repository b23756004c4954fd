/* Formats lines and hands them to the sink. The setup is written once, before threads start. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/text.h"

enum { LINE_MAX_BYTES = 8192 };

static struct log_setup setup;
static _Atomic(log_tap_fn) tap;
static _Atomic int tap_level = LOG_ERROR + 1; /* above all: there is none */

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void log_set(const struct log_setup *s)
{
    setup = *s;
}

void log_set_tap(log_tap_fn fn, enum log_level level)
{
    atomic_store_explicit(&tap, fn, memory_order_release);
    atomic_store_explicit(&tap_level, fn == NULL ? LOG_ERROR + 1 : (int)level,
                          memory_order_release);
}

static bool sink_wants(enum log_level level)
{
    return setup.sink != NULL && level >= setup.level;
}

static bool tap_wants(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&tap_level, memory_order_acquire);
}

bool log_wants(enum log_level level)
{
    return sink_wants(level) || tap_wants(level);
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

bool log_level_parse(const char *name, enum log_level *ret_level)
{
    for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *ret_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* Days since 1970 to year, month, day in the Gregorian calendar (proleptic). */
static void civil_date(uint64_t days, unsigned *y, unsigned *m, unsigned *d)
{
    uint64_t z = days + 719468;
    uint64_t era = z / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = (unsigned)(yoe + era * 400) + (*m <= 2 ? 1 : 0);
}

static uint64_t wall_ms(void)
{
    return setup.wall_ms == NULL ? 0 : setup.wall_ms(setup.ctx);
}

static void put_time(struct buf *b)
{
    uint64_t ms = wall_ms();
    uint64_t s = ms / 1000;
    unsigned y, m, d;
    civil_date(s / 86400, &y, &m, &d);
    buf_printf(b, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", y, m, d, (unsigned)(s / 3600 % 24),
               (unsigned)(s / 60 % 60), (unsigned)(s % 60), (unsigned)(ms % 1000));
}

static void put_quoted(struct buf *b, struct bytes text)
{
    buf_put_u8(b, '"');
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c == '"' || c == '\\')
            buf_printf(b, "\\%c", c);
        else if (c < 0x20)
            buf_printf(b, "\\u%04x", c);
        else
            buf_put_u8(b, c);
    }
    buf_put_u8(b, '"');
}

struct bytes log_area(struct bytes text)
{
    for (size_t i = 0; i < text.n && text.p[i] != ' '; i++)
        if (text.p[i] == ':')
            return bytes_of(text.p, i);
    return bytes_str("server");
}

static void put_json(struct buf *b, enum log_level level, struct bytes text)
{
    buf_put_str(b, "{\"@timestamp\":\"");
    put_time(b);
    buf_printf(b, "\",\"log.level\":\"%s\",\"log.logger\":", level_names[level]);
    put_quoted(b, log_area(text));
    buf_put_str(b, ",\"message\":");
    if (text_is_utf8(text))
        put_quoted(b, text);
    else
        put_quoted(b, bytes_str("(a line that is no UTF-8)"));
    buf_put_str(b, "}\n");
}

static void put_text(struct buf *b, enum log_level level, struct bytes text)
{
    put_time(b);
    buf_printf(b, " %-5s ", level_names[level]);
    for (size_t i = 0; i < text.n; i++)
        buf_put_u8(b, text.p[i] < 0x20 || text.p[i] == 0x7f ? '?' : text.p[i]);
    buf_put_u8(b, '\n');
}

static void write_sink(enum log_level level, struct bytes text)
{
    if (!sink_wants(level))
        return;
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES * 8);
    if (setup.format == LOG_JSON)
        put_json(&line, level, text);
    else
        put_text(&line, level, text);
    setup.sink(setup.ctx, buf_bytes(&line));
    buf_fini(&line);
}

static void write_tap(enum log_level level, struct bytes text)
{
    log_tap_fn fn = tap_wants(level) ? atomic_load_explicit(&tap, memory_order_acquire) : NULL;
    if (fn != NULL)
        fn(level, wall_ms(), text);
}

void log_line(enum log_level level, const char *format, ...)
{
    if (!log_wants(level))
        return;
    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0)
        return;
    size_t used = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    write_sink(level, bytes_of(text, used));
    write_tap(level, bytes_of(text, used));
}

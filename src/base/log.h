/* base/log.h -- one line for each event that a person would want.
 *
 * log_info("raft: became leader term=%" PRIu64, term): an area, a fixed sentence that can be
 * searched for, then key=value. error = somebody must act; warn = odd, and we go on; info = an
 * operator wants it in a quiet week; debug = for us. This file formats; the sink and the clock are
 * handed in once by the server, before other threads start. Thread-safe. Without a sink lines go
 * nowhere. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/bytes.h"
#include "base/compiler.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

struct log_setup {
    enum log_level level; /* lines below it are dropped */
    enum log_format format;
    void (*sink)(void *ctx, struct bytes line); /* whole lines, with their newline */
    void *ctx;
    uint64_t (*wall_ms)(void *ctx); /* milliseconds since 1970 */
};

void log_set(const struct log_setup *setup);
/* Beside the sink, lines at LEVEL and above go to TAP from now on, without time and level: on the
 * thread that logs, which TAP must not do itself. NULL: to nobody. Any thread. */
typedef void (*log_tap_fn)(enum log_level level, uint64_t wall_ms, struct bytes text);
void log_set_tap(log_tap_fn tap, enum log_level level);
/* "raft" of "raft: became leader term=3"; "server" of what has none. */
struct bytes log_area(struct bytes text);
bool log_wants(enum log_level level);
void log_line(enum log_level level, const char *format, ...) PRINTF_FMT(2, 3);

#define log_debug(...)                        \
    do {                                      \
        if (log_wants(LOG_DEBUG))             \
            log_line(LOG_DEBUG, __VA_ARGS__); \
    } while (0)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

/* "debug", "info", "warn", "error". */
const char *log_level_name(enum log_level level);
/* By one of these names. */
bool log_level_parse(const char *name, enum log_level *ret_level);

#endif

/* loop/log_tap.h -- lines of the log, for who listens on a loop.
 *
 * What waits for a listener is bounded: a line that has no room is dropped and counted, so that who
 * does not listen costs nobody anything. While nobody listens a line costs what it did. */
#ifndef LOOP_LOG_TAP_H
#define LOOP_LOG_TAP_H

#include "base/buf.h"
#include "base/log.h"
#include "loop/mailbox.h"

struct log_tap;

enum { LOG_TAP_BYTES = 256 * 1024, LOG_TAPS_MAX = 32 };

struct log_tap_options {
    struct mailbox *box; /* kept */
    enum log_level level;
    /* Appends a line, with its newline: on the thread that logs. It must not log. */
    void (*format)(struct buf *out, enum log_level level, uint64_t wall_ms, struct bytes text);
    /* There is something to take, or lines were dropped; on BOX's loop, once until it is taken. */
    void (*ready)(void *ctx);
    void *ctx;
};

/* Lines from now on. ERR_BUSY above LOG_TAPS_MAX. On BOX's thread, as all here. */
MUST_CHECK enum err log_tap_open(const struct log_tap_options *options, struct log_tap **ret);
/* Appends the lines that wait to OUT; how many were dropped since the last call. */
uint64_t log_tap_take(struct log_tap *t, struct buf *out);
/* READY is not called any more. */
void log_tap_close(struct log_tap *t);

#endif

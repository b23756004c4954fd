/* Any thread appends under one lock, which is held for a copy; mail tells the listener's loop.
 *
 * Mail under way keeps its tap: who closes one leaves it to be freed by its delivery. */
#include "loop/log_tap.h"

#include <pthread.h>

#include "base/mem.h"

struct log_tap {
    struct mail mail;
    struct log_tap_options options;
    struct log_tap *next;
    struct buf lines; /* this and the rest under the lock */
    uint64_t dropped;
    bool is_told; /* mail is under way, or what it told of has not been taken */
    bool mail_is_under_way, is_closed;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_tap *taps;
static size_t tap_n;

static void free_tap(struct log_tap *t)
{
    buf_fini(&t->lines);
    mem_free(t);
}

static void deliver(struct mail *mail)
{
    struct log_tap *t = CONTAINER_OF(mail, struct log_tap, mail);
    pthread_mutex_lock(&lock);
    t->mail_is_under_way = false;
    bool is_closed = t->is_closed;
    pthread_mutex_unlock(&lock);
    if (is_closed)
        free_tap(t);
    else
        t->options.ready(t->options.ctx);
}

/* A line that does not fit whole is taken back. */
static void append(struct log_tap *t, enum log_level level, uint64_t wall_ms, struct bytes text)
{
    size_t before = t->lines.n;
    t->options.format(&t->lines, level, wall_ms, text);
    if (buf_err(&t->lines) != OK) {
        t->lines.n = before;
        t->lines.full = false;
        t->dropped++;
    }
    if (t->is_told)
        return;
    t->is_told = t->mail_is_under_way = true;
    mailbox_send(t->options.box, &t->mail);
}

static void take_line(enum log_level level, uint64_t wall_ms, struct bytes text)
{
    pthread_mutex_lock(&lock);
    for (struct log_tap *t = taps; t != NULL; t = t->next)
        if (level >= t->options.level)
            append(t, level, wall_ms, text);
    pthread_mutex_unlock(&lock);
}

/* The least level that somebody wants; under the lock. */
static void set_level(void)
{
    enum log_level least = LOG_ERROR;
    for (const struct log_tap *t = taps; t != NULL; t = t->next)
        if (t->options.level < least)
            least = t->options.level;
    log_set_tap(taps == NULL ? NULL : take_line, least);
}

enum err log_tap_open(const struct log_tap_options *options, struct log_tap **ret)
{
    struct log_tap *t = mem_zalloc(1, sizeof *t);
    t->options = *options;
    t->mail.deliver = deliver;
    buf_init(&t->lines, LOG_TAP_BYTES);
    pthread_mutex_lock(&lock);
    bool fits = tap_n < LOG_TAPS_MAX;
    if (fits) {
        t->next = taps;
        taps = t;
        tap_n++;
        set_level();
    }
    pthread_mutex_unlock(&lock);
    if (!fits) {
        free_tap(t);
        return ERR_BUSY;
    }
    *ret = t;
    return OK;
}

uint64_t log_tap_take(struct log_tap *t, struct buf *out)
{
    pthread_mutex_lock(&lock);
    uint64_t dropped = t->dropped;
    buf_put_bytes(out, buf_bytes(&t->lines));
    buf_clear(&t->lines, LOG_TAP_BYTES);
    t->dropped = 0;
    t->is_told = t->mail_is_under_way;
    pthread_mutex_unlock(&lock);
    return dropped;
}

void log_tap_close(struct log_tap *t)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&lock);
    struct log_tap **link = &taps;
    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    tap_n--;
    set_level();
    t->is_closed = true;
    bool is_free = !t->mail_is_under_way;
    pthread_mutex_unlock(&lock);
    if (is_free)
        free_tap(t);
}

/* Read, write if something is missing, and again after a while if that failed. */
#include "hub/startup.h"

#include "base/log.h"
#include "base/mem.h"
#include "hub/gate.h"

enum { RETRY_MS = 1000, BODY_BYTES = 64 * 1024 };

struct startup {
    struct hub *hub;
    const struct startup_task *task;
    const void *arg;
    struct hub_read read;
    struct hub_write *write;
    struct timer retry;
};

static void ask(struct startup *s)
{
    s->read.linearizable = true;
    hub_read(s->hub, &s->read);
}

static void ring(struct timer *timer)
{
    ask(CONTAINER_OF(timer, struct startup, retry));
}

static void written(void *ctx, enum err err, const struct command_result *result)
{
    struct startup *s = ctx;
    s->write = NULL;
    if (err == OK && result->err == OK && (s->task->holds == NULL || s->task->holds(result)))
        log_info("%s", s->task->name);
    else if (err != ERR_STOPPING)
        timer_start(&s->retry, RETRY_MS); /* somebody else was first, or there is no leader yet */
}

static void write_if_lacking(struct startup *s, const struct view *view)
{
    struct buf body;
    buf_init(&body, BODY_BYTES);
    if (s->task->plan(s->arg, view, &body))
        s->write = hub_submit(s->hub, granted_self(), s->task->kind, buf_bytes(&body), written, s);
    buf_fini(&body);
}

static void ready(struct hub_read *r, enum err err, const struct view *view)
{
    struct startup *s = CONTAINER_OF(r, struct startup, read);
    if (err == OK)
        write_if_lacking(s, view);
    else if (err != ERR_STOPPING)
        timer_start(&s->retry, RETRY_MS);
}

struct startup *startup_new(struct hub *hub, const struct startup_task *task, const void *arg)
{
    struct startup *s = mem_zalloc(1, sizeof *s);
    s->hub = hub;
    s->task = task;
    s->arg = arg;
    s->read = (struct hub_read){ .granted = granted_self(), .ready = ready };
    timer_init(&s->retry, hub_loop(hub), ring);
    ask(s);
    return s;
}

void startup_free(struct startup *s)
{
    if (s == NULL)
        return;
    hub_read_cancel(s->hub, &s->read);
    timer_stop(&s->retry);
    if (s->write != NULL)
        hub_write_abandon(s->write);
    mem_free(s);
}

/* Scripts: exit 0 passes, 1 warns, all else is critical. What they print is the output. */
#include "health/probe_kind.h"

#include "health/script_client.h"
#include "wire/duration.h"

static void say_too_late(struct probe *p)
{
    struct buf text;
    buf_init(&text, 64);
    duration_print((int64_t)p->d->timeout_ms * 1000000, &text);
    probe_say(p, "Timed out (%.*s) running check\n", (int)text.n, (const char *)text.p);
    buf_fini(&text);
}

static void on_outcome(void *ctx, const struct script_outcome *o)
{
    struct probe *p = ctx;
    enum status status = STATUS_DOWN;
    switch (o->end) {
    case SCRIPT_EXITED:
        status = o->code == 0 ? STATUS_UP : o->code == 1 ? STATUS_SUSPECT : STATUS_DOWN;
        break;
    case SCRIPT_TIMED_OUT:
        say_too_late(p);
        break;
    case SCRIPT_NOT_STARTED:
        probe_say(p, "The script could not be started\n");
        break;
    case SCRIPT_SIGNALED:
    case SCRIPT_ENDS:
        probe_say(p, "Ended by signal %d\n", o->code);
        break;
    }
    probe_say_bytes(p, o->output, o->total);
    probe_end(p, status);
}

static void start(struct probe *p)
{
    if (p->prober->scripts == NULL) {
        probe_say(p, "Scripts are disabled on this agent; to enable, configure "
                     "'enable_script_checks' to true");
        probe_end_later(p, STATUS_DOWN);
        return;
    }
    timer_stop(&p->timeout); /* the process that runs it has the time */
    p->call.script = script_start(p->prober->scripts, p->d->args, p->d->arg_n, p->d->timeout_ms,
                                  p->d->output_max, on_outcome, p);
}

static void stop(struct probe *p)
{
    script_cancel(p->call.script);
}

const struct probe_kind probe_script = { .start = start, .stop = stop };

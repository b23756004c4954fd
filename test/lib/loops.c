/* Running loops in tests.
 *
 * A deadline is an error of the product or of the test, never a way to wait: every wait here ends
 * with the event itself. */
#include "test/lib/loops.h"

#include <assert.h>
#include <time.h>

#include "loop/mailbox.h"

struct run {
    struct loop_hook hook;
    struct timer deadline;
    struct loop *loop;
    bool (*done)(void *ctx);
    void *ctx;
    bool is_done, is_late;
};

static void look(struct loop_hook *hook)
{
    struct run *run = CONTAINER_OF(hook, struct run, hook);
    if (run->is_done || !run->done(run->ctx))
        return;
    run->is_done = true;
    loop_stop(run->loop);
}

/* What the deadline's own turn brings about comes too late. */
static void give_up(struct timer *timer)
{
    CONTAINER_OF(timer, struct run, deadline)->is_late = true;
    loop_stop(timer->loop);
}

bool loops_run_until(struct loop *loop, bool (*done)(void *ctx), void *ctx, uint64_t deadline_ms)
{
    struct run run = { .hook.run = look, .loop = loop, .done = done, .ctx = ctx };
    loop_hook_add(loop, LOOP_STAGE_FLUSH, &run.hook);
    timer_init(&run.deadline, loop, give_up);
    timer_start(&run.deadline, deadline_ms);
    loop_run(loop);
    timer_stop(&run.deadline);
    loop_hook_remove(&run.hook);
    return run.is_done && !run.is_late;
}

static bool is_set(void *ctx)
{
    return *(const bool *)ctx;
}

bool loops_run_until_set(struct loop *loop, const bool *flag, uint64_t deadline_ms)
{
    return loops_run_until(loop, is_set, (void *)(uintptr_t)flag, deadline_ms);
}

struct count {
    struct loop *loop;
    unsigned left;
};

static bool count_down(void *ctx)
{
    struct count *count = ctx;
    loop_again(count->loop);
    return count->left == 0 || --count->left == 0;
}

void loops_run_turns(struct loop *loop, unsigned n)
{
    struct count count = { .loop = loop, .left = n };
    bool done = loops_run_until(loop, count_down, &count, LOOPS_DEADLINE_MS);
    assert(done);
    (void)done;
}

void loops_event_init(struct loops_event *e)
{
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->changed, NULL);
    e->count = 0;
}

void loops_event_fini(struct loops_event *e)
{
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->lock);
}

void loops_event_happen(struct loops_event *e)
{
    pthread_mutex_lock(&e->lock);
    e->count++;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

bool loops_event_wait(struct loops_event *e, unsigned count, uint64_t deadline_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(deadline_ms / 1000);
    until.tv_nsec += (long)(deadline_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int late = 0;
    pthread_mutex_lock(&e->lock);
    while (e->count < count && late == 0)
        late = pthread_cond_timedwait(&e->changed, &e->lock, &until);
    bool happened = e->count >= count;
    pthread_mutex_unlock(&e->lock);
    return happened;
}

struct call {
    struct mail mail;
    struct loops_event ended;
    void (*do_it)(void *ctx);
    void *ctx;
};

static void run_call(struct mail *mail)
{
    struct call *call = CONTAINER_OF(mail, struct call, mail);
    call->do_it(call->ctx);
    loops_event_happen(&call->ended);
}

void loops_call(struct mailbox *box, void (*do_it)(void *ctx), void *ctx)
{
    struct call call = { .mail.deliver = run_call, .do_it = do_it, .ctx = ctx };
    loops_event_init(&call.ended);
    mailbox_send(box, &call.mail);
    bool ended = loops_event_wait(&call.ended, 1, LOOPS_DEADLINE_MS);
    assert(ended);
    (void)ended;
    loops_event_fini(&call.ended);
}

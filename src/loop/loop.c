/* A libuv loop with a turn that has a fixed order:
 *
 *   clock -> sockets -> timers -> MAIL -> closed handles -> ANSWER -> FLUSH -> sleep
 *
 * libuv polls, then runs its check handles, close callbacks, its own timers (ours is only an alarm
 * that ends the sleep), then its prepare handles, then polls again. So the first half of the turn's
 * end is a check handle and the second half a prepare handle: nothing runs between FLUSH and the
 * sleep, and what any callback of the turn has appended leaves before it.
 *
 * Other threads wake it by an event descriptor of our own: libuv's async handles make whoever wakes
 * up spin, and yield, until the sender has come back from its system call.
 *
 * All timers of a loop lie in one wheel. WAKE_MS is not later than the earliest of them: setting an
 * earlier timer lowers it, cancelling leaves it, and only when it has come is it computed anew. */
#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "base/mem.h"
#include "loop/fault_stack.h"
#include "loop/spin.h"

enum { NS_PER_MS = 1000000, THREAD_STACK = 2 * 1024 * 1024, NAME_MAX_BYTES = 15 };

struct loop {
    uv_loop_t uv;
    uv_check_t arrived;
    uv_prepare_t sleeping;
    uv_idle_t sleepless; /* active: the next poll does not wait */
    uv_timer_t alarm;    /* ends the sleep when a timer is due */
    uv_poll_t bell;
    int bell_fd;
    _Atomic bool stopping;
    struct list hooks[LOOP_STAGES];
    struct wheel wheel;
    uint64_t wake_ms;  /* UINT64_MAX: no timer */
    uint64_t alarm_ms; /* what ALARM is set to, UINT64_MAX: it is not */
    uint64_t now_ns;
    bool slept; /* since NOW_NS was read */
    bool again;
    bool mail_is_past; /* in this turn */
    bool had_work;     /* this turn */
    struct spin spin;
    uv_thread_t thread;
    char name[NAME_MAX_BYTES + 1];
};

static _Thread_local const struct loop *running; /* by this thread */

/* -- clocks ------------------------------------------------------------------------------------ */

static uint64_t clock_read(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

uint64_t clock_now_ns(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

uint64_t clock_wall_ms(void)
{
    return clock_read(CLOCK_REALTIME) / NS_PER_MS;
}

/* Whoever asks first after the sleep reads the clock, and that may be a socket: what it times must
 * not begin before the sleep, which can have been a long one. */
uint64_t loop_now_ns(struct loop *loop)
{
    if (loop->slept)
        loop->now_ns = clock_now_ns();
    loop->slept = false;
    return loop->now_ns;
}

uint64_t loop_now_ms(struct loop *loop)
{
    return loop_now_ns(loop) / NS_PER_MS;
}

void entropy_fill(void *p, size_t n)
{
    uint8_t *at = p;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        assert(got > 0); /* the kernel always has some once it is up */
        at += got;
        n -= (size_t)got;
    }
}

uint64_t entropy_u64(void)
{
    uint64_t v;
    entropy_fill(&v, sizeof(v));
    return v;
}

/* -- the turn ---------------------------------------------------------------------------------- */

/* Hooks are moved from one list to the other as they run: any of them may go meanwhile, and one
 * that is added waits for the next turn. */
static void run_hooks(struct loop *loop, enum loop_stage stage)
{
    struct list left;
    list_init(&left);
    list_splice(&left, &loop->hooks[stage]);
    while (!list_is_empty(&left)) {
        struct list *link = left.next;
        list_remove(link);
        list_append(&loop->hooks[stage], link);
        struct loop_hook *hook = CONTAINER_OF(link, struct loop_hook, link);
        hook->run(hook);
    }
}

static void ring_timers(struct loop *loop)
{
    uint64_t now_ms = loop_now_ms(loop);
    if (loop->wheel.timer_n > 0 && now_ms < loop->wake_ms)
        return;

    struct list rung;
    list_init(&rung);
    wheel_advance(&loop->wheel, now_ms, &rung);
    loop->wake_ms = wheel_next_ms(&loop->wheel);
    while (!list_is_empty(&rung)) {
        struct list *link = rung.next;
        list_remove(link);
        struct timer *t =
            CONTAINER_OF(CONTAINER_OF(link, struct wheel_timer, link), struct timer, wheel);
        t->ring(t);
    }
}

static void on_arrived(uv_check_t *handle)
{
    struct loop *loop = handle->data;
    if (atomic_load_explicit(&loop->stopping, memory_order_acquire))
        uv_stop(&loop->uv);
    ring_timers(loop);
    run_hooks(loop, LOOP_STAGE_MAIL);
    loop->mail_is_past = true;
}

static void on_alarm(uv_timer_t *handle)
{
    struct loop *loop = handle->data;
    loop->alarm_ms = UINT64_MAX;
}

static void on_sleepless(uv_idle_t *handle)
{
    (void)handle;
}

static void set_alarm(struct loop *loop)
{
    if (loop->wake_ms == loop->alarm_ms)
        return;
    loop->alarm_ms = loop->wake_ms;
    if (loop->wake_ms == UINT64_MAX) {
        uv_timer_stop(&loop->alarm);
        return;
    }
    uint64_t now_ms = loop_now_ms(loop);
    uv_timer_start(&loop->alarm, on_alarm, loop->wake_ms > now_ms ? loop->wake_ms - now_ms : 0, 0);
}

static void on_sleeping(uv_prepare_t *handle)
{
    struct loop *loop = handle->data;
    run_hooks(loop, LOOP_STAGE_ANSWER);
    run_hooks(loop, LOOP_STAGE_FLUSH);
    set_alarm(loop);
    uint64_t now = loop->had_work ? clock_now_ns() : loop->now_ns;
    bool spins = spin_on(&loop->spin, loop->had_work, now);
    loop->had_work = false;
    if (loop->again || spins)
        uv_idle_start(&loop->sleepless, on_sleepless);
    else
        uv_idle_stop(&loop->sleepless);
    loop->again = false;
    loop->mail_is_past = false;
    loop->slept = true;
}

/* The turn that it starts is all that is wanted. */
static void on_bell(uv_poll_t *handle, int status, int events)
{
    struct loop *loop = handle->data;
    eventfd_t times;
    int failed = eventfd_read(loop->bell_fd, &times);
    assert(failed == 0);
    (void)failed;
}

static void ring_bell(struct loop *loop)
{
    int failed = eventfd_write(loop->bell_fd, 1);
    assert(failed == 0); /* it would take 2^64 of them */
    (void)failed;
}

void loop_wake(struct loop *loop)
{
    if (running != loop)
        ring_bell(loop);
    else if (loop->mail_is_past)
        loop->again = true;
}

void loop_hook_add(struct loop *loop, enum loop_stage stage, struct loop_hook *hook)
{
    list_append(&loop->hooks[stage], &hook->link);
}

void loop_hook_remove(struct loop_hook *hook)
{
    list_remove(&hook->link);
}

void loop_note_work(struct loop *loop)
{
    loop->had_work = true;
}

void loop_again(struct loop *loop)
{
    loop->again = true;
}

/* -- life -------------------------------------------------------------------------------------- */

enum err loop_new(const char *name, struct loop **ret)
{
    struct loop *loop = mem_zalloc(1, sizeof(*loop));
    loop->bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->bell_fd < 0) {
        mem_free(loop);
        return ERR_SYSTEM;
    }
    if (uv_loop_init(&loop->uv) != 0) {
        close(loop->bell_fd);
        mem_free(loop);
        return ERR_SYSTEM;
    }
    if (uv_poll_init(&loop->uv, &loop->bell, loop->bell_fd) != 0) {
        uv_loop_close(&loop->uv);
        close(loop->bell_fd);
        mem_free(loop);
        return ERR_SYSTEM;
    }
    uv_check_init(&loop->uv, &loop->arrived);
    uv_prepare_init(&loop->uv, &loop->sleeping);
    uv_idle_init(&loop->uv, &loop->sleepless);
    uv_timer_init(&loop->uv, &loop->alarm);
    loop->arrived.data = loop->sleeping.data = loop->alarm.data = loop;
    loop->bell.data = loop;
    uv_poll_start(&loop->bell, UV_READABLE, on_bell);
    uv_check_start(&loop->arrived, on_arrived);
    uv_prepare_start(&loop->sleeping, on_sleeping);

    for (size_t i = 0; i < LOOP_STAGES; i++)
        list_init(&loop->hooks[i]);
    loop->now_ns = clock_now_ns();
    wheel_init(&loop->wheel, loop_now_ms(loop));
    loop->wake_ms = loop->alarm_ms = UINT64_MAX;
    snprintf(loop->name, sizeof(loop->name), "%s", name);
    *ret = loop;
    return OK;
}

static void assert_closing(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    assert(uv_is_closing(handle)); /* somebody's handle would outlive its loop */
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    uv_close((uv_handle_t *)&loop->bell, NULL);
    uv_close((uv_handle_t *)&loop->arrived, NULL);
    uv_close((uv_handle_t *)&loop->sleeping, NULL);
    uv_close((uv_handle_t *)&loop->sleepless, NULL);
    uv_close((uv_handle_t *)&loop->alarm, NULL);
    uv_walk(&loop->uv, assert_closing, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    int failed = uv_loop_close(&loop->uv);
    assert(failed == 0);
    (void)failed;
    close(loop->bell_fd);
    mem_free(loop);
}

void loop_run(struct loop *loop)
{
    running = loop;
    loop->now_ns = clock_now_ns();
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    /* The turn in which the stop came has not had its end yet. */
    run_hooks(loop, LOOP_STAGE_ANSWER);
    run_hooks(loop, LOOP_STAGE_FLUSH);
    running = NULL;
    atomic_store_explicit(&loop->stopping, false, memory_order_relaxed);
}

static void run_thread(void *arg)
{
    struct loop *loop = arg;
    struct fault_stack faults;
    pthread_setname_np(pthread_self(), loop->name);
    fault_stack_init(&faults);
    loop_run(loop);
    fault_stack_fini(&faults);
}

enum err loop_start(struct loop *loop)
{
    uv_thread_options_t options = { .flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = THREAD_STACK };
    return uv_thread_create_ex(&loop->thread, &options, run_thread, loop) == 0 ? OK : ERR_SYSTEM;
}

void loop_join(struct loop *loop)
{
    uv_thread_join(&loop->thread);
}

void loop_stop_join(struct loop *loop)
{
    loop_stop(loop);
    loop_join(loop);
}

void loop_stop(struct loop *loop)
{
    atomic_store_explicit(&loop->stopping, true, memory_order_release);
    ring_bell(loop);
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

/* -- timers ------------------------------------------------------------------------------------ */

void timer_init(struct timer *t, struct loop *loop, void (*ring)(struct timer *timer))
{
    *t = (struct timer){ .loop = loop, .ring = ring };
}

void timer_start(struct timer *t, uint64_t after_ms)
{
    struct loop *loop = t->loop;
    timer_stop(t);
    /* Rounded up to a whole millisecond of the wheel: never early. */
    uint64_t now_ms = (loop_now_ns(loop) + NS_PER_MS - 1) / NS_PER_MS;
    uint64_t at_ms = after_ms > UINT64_MAX - now_ms ? UINT64_MAX : now_ms + after_ms;
    wheel_set(&loop->wheel, &t->wheel, at_ms);
    if (t->wheel.at_ms < loop->wake_ms)
        loop->wake_ms = t->wheel.at_ms;
}

void timer_stop(struct timer *t)
{
    if (!wheel_timer_is_set(&t->wheel))
        return;
    /* At or below the wheel's present it has been handed out already and only waits to ring. */
    if (t->wheel.at_ms <= t->loop->wheel.now_ms)
        list_remove(&t->wheel.link);
    else
        wheel_cancel(&t->loop->wheel, &t->wheel);
}

bool timer_is_set(const struct timer *t)
{
    return wheel_timer_is_set(&t->wheel);
}

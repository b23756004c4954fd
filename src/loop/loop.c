/* A turn: sockets and mail (poll), timers that have rung, the hooks of each stage; then closed
 * handles; then the hooks once more, for what closing caused, before the loop sleeps.
 *
 * Timers share one wheel; libuv is only told when the next one is due. Time is read at most once
 * between two sleeps. */
#include "loop/loop.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <time.h>

#include <uv.h>

#include "base/mem.h"

enum { STACK_BYTES = 2 * 1024 * 1024 };

struct loop {
    uv_loop_t uv;
    uv_thread_t thread;
    uv_async_t stop;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;  /* active: the loop does not sleep */
    uv_timer_t wake; /* at the wheel's next time */
    const char *name;
    struct wheel wheel;
    struct list rung;
    struct list hooks[LOOP_STAGES];
    uint64_t now_ns, wake_at_ms;
    bool fresh; /* now_ns was read in this turn */
    bool again;
};

/* -- clocks ----------------------------------------------------------------------------------- */

uint64_t clock_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

uint64_t clock_wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000ULL + (uint64_t)t.tv_nsec / 1000000ULL;
}

void entropy_fill(void *p, size_t n)
{
    uint8_t *at = p;
    while (n > 0) {
        ssize_t got = getrandom(at, n < 256 ? n : 256, 0);
        assert(got >= 0); /* up to 256 bytes it neither fails nor is interrupted */
        at += got;
        n -= (size_t)got;
    }
}

uint64_t entropy_u64(void)
{
    uint64_t v;
    entropy_fill(&v, sizeof v);
    return v;
}

uint64_t loop_now_ns(const struct loop *loop)
{
    struct loop *l = (struct loop *)(uintptr_t)loop;
    if (!l->fresh) {
        l->now_ns = clock_now_ns();
        l->fresh = true;
    }
    return l->now_ns;
}

uint64_t loop_now_ms(const struct loop *loop)
{
    return loop_now_ns(loop) / 1000000;
}

/* -- the turn --------------------------------------------------------------------------------- */

static void run_hooks(struct loop *l)
{
    for (size_t stage = 0; stage < LOOP_STAGES; stage++) {
        LIST_FOR_EACH(link, &l->hooks[stage])
        {
            struct loop_hook *hook = CONTAINER_OF(link, struct loop_hook, link);
            hook->run(hook);
        }
    }
}

static void ring_timers(struct loop *l)
{
    wheel_advance(&l->wheel, loop_now_ms(l), &l->rung);
    while (!list_is_empty(&l->rung)) {
        struct wheel_timer *w = LIST_FIRST(&l->rung, struct wheel_timer, link);
        list_remove(&w->link);
        struct timer *t = CONTAINER_OF(w, struct timer, wheel);
        t->ring(t);
    }
}

static void on_check(uv_check_t *handle)
{
    struct loop *l = handle->data;
    l->again = false;
    ring_timers(l);
    run_hooks(l);
}

static void on_wake(uv_timer_t *handle)
{
    struct loop *l = handle->data;
    l->wake_at_ms = 0; /* the wheel is advanced after the poll that follows */
    l->again = true;
}

static void on_idle(uv_idle_t *handle)
{
}

static void set_wake(struct loop *l)
{
    uint64_t next = wheel_next_ms(&l->wheel);
    if (next == l->wake_at_ms)
        return;
    l->wake_at_ms = next;
    if (next == UINT64_MAX) {
        uv_timer_stop(&l->wake);
        return;
    }
    uint64_t now = loop_now_ms(l);
    uv_update_time(&l->uv);
    uv_timer_start(&l->wake, on_wake, next > now ? next - now : 0, 0);
}

static void on_prepare(uv_prepare_t *handle)
{
    struct loop *l = handle->data;
    run_hooks(l);
    set_wake(l);
    if (l->again)
        uv_idle_start(&l->idle, on_idle);
    else
        uv_idle_stop(&l->idle);
    l->fresh = false;
}

void loop_again(struct loop *loop)
{
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

/* -- timers ----------------------------------------------------------------------------------- */

void timer_init(struct timer *t, struct loop *loop, void (*ring)(struct timer *timer))
{
    *t = (struct timer){ .loop = loop, .ring = ring };
}

void timer_start(struct timer *t, uint64_t after_ms)
{
    timer_stop(t);
    /* The wheel may lag behind the clock by what this turn took: count from the clock, and never
     * early: the present millisecond has partly gone. */
    wheel_set(&t->loop->wheel, &t->wheel, loop_now_ms(t->loop) + after_ms + 1);
}

void timer_stop(struct timer *t)
{
    if (!wheel_timer_is_set(&t->wheel))
        return;
    if (t->wheel.at_ms <= t->loop->wheel.now_ms)
        list_remove(&t->wheel.link); /* it has rung and waits for its turn */
    else
        wheel_cancel(&t->loop->wheel, &t->wheel);
}

bool timer_is_set(const struct timer *t)
{
    return wheel_timer_is_set(&t->wheel);
}

/* -- life ------------------------------------------------------------------------------------- */

static void on_stop(uv_async_t *handle)
{
    uv_stop(handle->loop);
}

enum err loop_new(const char *name, struct loop **ret)
{
    struct loop *l = mem_zalloc(1, sizeof *l);
    l->name = name;
    if (uv_loop_init(&l->uv) != 0) {
        mem_free(l);
        return ERR_SYSTEM;
    }
    if (uv_async_init(&l->uv, &l->stop, on_stop) != 0) {
        IGNORE(uv_loop_close(&l->uv)); /* nothing is in it yet */
        mem_free(l);
        return ERR_SYSTEM;
    }
    uv_prepare_init(&l->uv, &l->prepare);
    uv_check_init(&l->uv, &l->check);
    uv_idle_init(&l->uv, &l->idle);
    uv_timer_init(&l->uv, &l->wake);
    l->stop.data = l->prepare.data = l->check.data = l->idle.data = l->wake.data = l;
    uv_prepare_start(&l->prepare, on_prepare);
    uv_check_start(&l->check, on_check);
    for (size_t stage = 0; stage < LOOP_STAGES; stage++)
        list_init(&l->hooks[stage]);
    list_init(&l->rung);
    wheel_init(&l->wheel, loop_now_ms(l));
    l->fresh = false;
    *ret = l;
    return OK;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    uv_handle_t *const own[] = {
        (uv_handle_t *)&loop->stop, (uv_handle_t *)&loop->prepare, (uv_handle_t *)&loop->check,
        (uv_handle_t *)&loop->idle, (uv_handle_t *)&loop->wake,
    };
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        uv_close(own[i], NULL);
    while (uv_run(&loop->uv, UV_RUN_DEFAULT) != 0)
        ;
    int closed = uv_loop_close(&loop->uv);
    assert(closed == 0); /* somebody left a handle open */
    mem_free(loop);
}

static void run_thread(void *arg)
{
    struct loop *l = arg;
    IGNORE(pthread_setname_np(pthread_self(), l->name)); /* only for people who look */
    loop_run(l);
}

enum err loop_start(struct loop *loop)
{
    uv_thread_options_t options = { .flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = STACK_BYTES };
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

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_async_send(&loop->stop);
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

#include "loop/fault_stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/lib/loops.h"

enum { HEARD = 42 };

static void take_away(stack_t *ret_old)
{
    assert_int_equal(sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, ret_old), 0);
}

static stack_t present(void)
{
    stack_t now;
    assert_int_equal(sigaltstack(NULL, &now), 0);
    return now;
}

static bool is_there(stack_t s)
{
    return (s.ss_flags & SS_DISABLE) == 0;
}

/* -- one's own -------------------------------------------------------------------------------- */

static void thread_has_one_until_the_end(void **state)
{
    stack_t old;
    struct fault_stack s;
    take_away(&old); /* a sanitizer's */
    fault_stack_init(&s);
    assert_true(is_there(present()));
    assert_true(present().ss_size >= (size_t)sysconf(_SC_MINSIGSTKSZ) + 16 * 1024);
    fault_stack_fini(&s);
    assert_false(is_there(present()));
    assert_int_equal(sigaltstack(&old, NULL), 0);
}

static void stack_that_is_there_already_is_kept(void **state)
{
    static uint8_t bytes[64 * 1024];
    stack_t old;
    struct fault_stack s;
    stack_t mine = { .ss_sp = bytes, .ss_size = sizeof bytes };
    take_away(&old);
    assert_int_equal(sigaltstack(&mine, NULL), 0);
    fault_stack_init(&s);
    assert_ptr_equal(present().ss_sp, bytes);
    fault_stack_fini(&s);
    assert_ptr_equal(present().ss_sp, bytes);
    assert_int_equal(sigaltstack(&old, NULL), 0);
}

/* -- a loop's --------------------------------------------------------------------------------- */

struct look {
    struct loop_hook hook;
    bool has_seen;
    stack_t stack;
    struct loops_event seen;
};

static void look(struct loop_hook *hook)
{
    struct look *l = CONTAINER_OF(hook, struct look, hook);
    if (l->has_seen)
        return;
    l->has_seen = true;
    l->stack = present();
    loops_event_happen(&l->seen);
}

static void thread_of_a_loop_has_one(void **state)
{
    struct look l = { .hook.run = look };
    struct loop *loop;
    loops_event_init(&l.seen);
    assert_int_equal(loop_new("test", &loop), OK);
    loop_hook_add(loop, LOOP_STAGE_ANSWER, &l.hook);
    assert_int_equal(loop_start(loop), OK);
    assert_true(loops_event_wait(&l.seen, 1, LOOPS_DEADLINE_MS));
    loop_stop_join(loop);
    assert_true(is_there(l.stack));
    loop_hook_remove(&l.hook);
    loop_free(loop);
    loops_event_fini(&l.seen);
}

/* -- what it is for --------------------------------------------------------------------------- */

static unsigned run_out(unsigned depth)
{
    volatile unsigned frame[256] = { depth };
    return depth == UINT_MAX ? 0 : run_out(depth + 1) + frame[0];
}

static void on_fault(int number)
{
    _exit(HEARD);
}

static void *overflow(void *arg)
{
    stack_t old;
    struct fault_stack s;
    take_away(&old);
    if (arg != NULL)
        fault_stack_init(&s);
    run_out(0);
    return NULL;
}

/* How a process ends whose thread has run out of stack. */
static int status_of_overflow(bool with_second_stack)
{
    pid_t child = fork();
    if (child == 0) {
        struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK };
        pthread_t thread;
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
        sigaction(SIGSEGV, &action, NULL);
        sigaction(SIGBUS, &action, NULL);
        if (pthread_create(&thread, NULL, overflow, with_second_stack ? &action : NULL) == 0)
            pthread_join(thread, NULL);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void handler_runs_when_the_first_stack_has_run_out(void **state)
{
    int status = status_of_overflow(true);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), HEARD);
}

static void without_a_second_stack_it_would_not(void **state)
{
    int status = status_of_overflow(false);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thread_has_one_until_the_end),
        cmocka_unit_test(stack_that_is_there_already_is_kept),
        cmocka_unit_test(thread_of_a_loop_has_one),
        cmocka_unit_test(handler_runs_when_the_first_stack_has_run_out),
        cmocka_unit_test(without_a_second_stack_it_would_not),
    };
    return cmocka_run_group_tests_name("fault_stack", tests, NULL, NULL);
}

/* Closing is by the loop: what the probes have open is gone some turns after they were given up. */
#include "server/node_checks.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "catalog/identity.h"
#include "health/local.h"
#include "health/runner.h"
#include "health/script_client.h"
#include "health/script_host.h"
#include "loop/mailbox.h"

enum {
    FILES_A_PROBE = 8,
    PROBES_LEAST = 16,
    LOOK_MS = 5,
    TURNS = 4 /* in which what was put off has run */
};

struct node_checks {
    int script_fd; /* -1: taken, or none */
    struct script_client *scripts;
    struct prober *prober;
    struct local_checks *local;
    struct mailbox *box;
    struct mail stop;
    struct timer look;
    unsigned looks;
    bool is_stopping; /* of its thread */
    _Atomic bool is_gone;
    sem_t gone;
};

static void look_again(struct timer *timer)
{
    struct node_checks *n = CONTAINER_OF(timer, struct node_checks, look);
    bool has_scripts = n->scripts != NULL && !script_client_is_stopped(n->scripts);
    if (++n->looks < TURNS || prober_count(n->prober) > 0 || has_scripts) {
        timer_start(&n->look, LOOK_MS);
        return;
    }
    atomic_store(&n->is_gone, true);
    sem_post(&n->gone);
}

enum err node_checks_new(bool scripts, struct node_checks **ret, struct why *why)
{
    pid_t pid;
    struct node_checks *n = mem_zalloc(1, sizeof *n);
    n->script_fd = -1;
    sem_init(&n->gone, 0, 0);
    enum err e = scripts ? script_host_start(&n->script_fd, &pid, why) : OK;
    if (e != OK) {
        node_checks_free(n);
        return e;
    }
    *ret = n;
    return OK;
}

/* Each probe holds a descriptor; the clients' come first. */
static unsigned probes_at_once(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur / FILES_A_PROBE >= RUNNER_AT_ONCE)
        return RUNNER_AT_ONCE;
    unsigned n = (unsigned)(files.rlim_cur / FILES_A_PROBE);
    return n > PROBES_LEAST ? n : PROBES_LEAST;
}

enum err node_checks_open(struct node_checks *n, struct hub *hub, struct mailbox *box,
                          const char *node, struct metrics *metrics, struct why *why)
{
    struct loop *loop = hub_loop(hub);
    enum err e = OK;
    if (n->script_fd >= 0) {
        int fd = n->script_fd;
        n->script_fd = -1;
        e = script_client_new(loop, fd, &n->scripts);
    }
    if (e != OK)
        return why_set(why, e, "scripts: the process that runs them cannot be reached");
    const struct prober_options prober = { .loop = loop, .scripts = n->scripts };
    e = prober_new(&prober, &n->prober, why);
    if (e != OK)
        return e;
    n->box = box;
    timer_init(&n->look, loop, look_again);
    n->local = local_checks_new(&(struct local_options){ .hub = hub,
                                                         .box = box,
                                                         .ns = NAMESPACE_DEFAULT,
                                                         .node = node,
                                                         .of_member = true,
                                                         .prober = n->prober,
                                                         .at_once = probes_at_once(),
                                                         .metrics = metrics });
    return OK;
}

void node_checks_note(struct node_checks *n, struct bytes instance, struct bytes check,
                      enum status status, struct bytes output)
{
    local_checks_note(n->local, instance, check, status, output);
}

/* -- stopping --------------------------------------------------------------------------------- */

static void deliver_stop(struct mail *mail)
{
    struct node_checks *n = CONTAINER_OF(mail, struct node_checks, stop);
    n->is_stopping = true;
    local_checks_stop(n->local);
    prober_stop(n->prober);
    if (n->scripts != NULL)
        script_client_stop(n->scripts);
    timer_start(&n->look, LOOK_MS);
}

void node_checks_stop(struct node_checks *n)
{
    n->stop.deliver = deliver_stop;
    mailbox_send(n->box, &n->stop);
}

void node_checks_wait(struct node_checks *n, uint64_t ms)
{
    uint64_t end = clock_now_ns() + ms * 1000000;
    struct timespec until = { .tv_sec = (time_t)(end / 1000000000),
                              .tv_nsec = (long)(end % 1000000000) };
    while (sem_clockwait(&n->gone, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR)
        ;
}

void node_checks_close(struct node_checks *n)
{
    if (n == NULL || n->local == NULL)
        return;
    timer_stop(&n->look);
    local_checks_stop(n->local);
    prober_stop(n->prober);
    if (n->scripts != NULL)
        script_client_stop(n->scripts);
    if (!n->is_stopping && n->scripts == NULL)
        atomic_store(&n->is_gone, true); /* it has never run: nothing was begun */
}

void node_checks_free(struct node_checks *n)
{
    if (n == NULL)
        return;
    if (n->local != NULL && !atomic_load(&n->is_gone)) {
        log_warn("health: what the checks have open is left to the end of the process");
        return;
    }
    local_checks_free(n->local);
    prober_free(n->prober);
    script_client_free(n->scripts);
    if (n->script_fd >= 0)
        close(n->script_fd);
    sem_destroy(&n->gone);
    mem_free(n);
}

/* One poll loop: orders come by the socket, output by pipes, ends by SIGCHLD.
 *
 * A script is the leader of a process group of its own. At its timeout the whole group is killed;
 * when the leader has ended the rest of the group is killed too, so that nothing a check has
 * started stays, and a child that holds the pipe open holds nobody up. Output above the limit is
 * read, counted and dropped: a script never blocks on a full pipe. */
#include "health/script_host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "health/script_wire.h"

enum {
    PLACES = 2 * SCRIPTS_AT_ONCE, /* those that have been killed are there until they are reaped */
    READ_BYTES = 64 * 1024,
    DRAIN_READS = 16,
    SOCKET_AT = 0,
    SIGNAL_AT = 1,
    PIPES_AT = 2
};

struct script {
    bool is_used, has_timed_out, is_unwanted;
    uint64_t id, until_ms, total;
    pid_t pid;
    int pipe;
    uint32_t output_max;
    struct buf output;
};

struct host {
    int socket, signals;
    struct script scripts[PLACES];
    struct buf in, out;
    bool is_over;
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* -- answers ----------------------------------------------------------------------------------- */

static void send_out(struct host *h)
{
    for (size_t done = 0; done < h->out.n;) {
        ssize_t n = send(h->socket, h->out.p + done, h->out.n - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            h->is_over = true;
            break;
        }
        done += (size_t)n;
    }
    buf_clear(&h->out, SCRIPT_MESSAGE_MAX);
}

static void refuse(struct host *h, uint64_t id)
{
    struct script_outcome o = { .id = id, .end = SCRIPT_NOT_STARTED, .code = errno };
    script_outcome_write(&o, &h->out);
    send_out(h);
}

/* -- a script's life --------------------------------------------------------------------------- */

/* In the child: becomes the script, or says why not. */
static _Noreturn void become(char **argv, int out)
{
    sigset_t none;
    int null = open("/dev/null", O_RDONLY);
    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    dup2(null, 0);
    dup2(out, 1);
    dup2(out, 2);
    close_range(3, ~0U, 0);
    execvp(argv[0], argv);
    fprintf(stderr, "exec: \"%s\": %s", argv[0], strerror(errno));
    fflush(stderr);
    _exit(127);
}

static char **argv_of(const struct script_order *o)
{
    char **argv = mem_zalloc(o->arg_n + 1, sizeof(*argv));
    for (size_t i = 0; i < o->arg_n; i++) {
        argv[i] = mem_alloc(o->args[i].n + 1);
        memcpy(argv[i], o->args[i].p, o->args[i].n);
        argv[i][o->args[i].n] = 0;
    }
    return argv;
}

static void free_argv(char **argv)
{
    for (size_t i = 0; argv[i] != NULL; i++)
        mem_free(argv[i]);
    mem_free(argv);
}

static struct script *free_place(struct host *h)
{
    for (size_t i = 0; i < PLACES; i++)
        if (!h->scripts[i].is_used)
            return &h->scripts[i];
    errno = EAGAIN;
    return NULL;
}

static void run(struct host *h, const struct script_order *o)
{
    int ends[2];
    struct script *s = free_place(h);
    if (s == NULL || pipe2(ends, O_CLOEXEC) != 0) {
        refuse(h, o->id);
        return;
    }
    char **argv = argv_of(o);
    pid_t pid = fork();
    if (pid == 0)
        become(argv, ends[1]);
    free_argv(argv);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        refuse(h, o->id);
        return;
    }
    setpgid(pid, pid); /* whoever comes first, it or we */
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *s = (struct script){ .is_used = true, .id = o->id, .pid = pid, .pipe = ends[0] };
    s->until_ms = now_ms() + o->timeout_ms;
    s->output_max = o->output_max;
    buf_init(&s->output, o->output_max);
}

/* One read; false: nothing more is there. */
static bool read_some(struct script *s)
{
    static uint8_t bytes[READ_BYTES]; /* the process has one thread */
    ssize_t n = s->pipe >= 0 ? read(s->pipe, bytes, sizeof(bytes)) : 0;
    if (n > 0) {
        size_t room = s->output_max - s->output.n;
        buf_put(&s->output, bytes, (size_t)n < room ? (size_t)n : room);
        s->total += (uint64_t)n;
        return true;
    }
    if (n == 0 && s->pipe >= 0) {
        close(s->pipe);
        s->pipe = -1;
    }
    return false;
}

static void finish(struct host *h, struct script *s, int status)
{
    kill(-s->pid, SIGKILL);
    for (int i = 0; i < DRAIN_READS && read_some(s); i++)
        ;
    struct script_outcome o = { .id = s->id, .total = s->total, .output = buf_bytes(&s->output) };
    o.end = s->has_timed_out    ? SCRIPT_TIMED_OUT
            : WIFEXITED(status) ? SCRIPT_EXITED
                                : SCRIPT_SIGNALED;
    o.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    if (!s->is_unwanted) {
        script_outcome_write(&o, &h->out);
        send_out(h);
    }
    if (s->pipe >= 0)
        close(s->pipe);
    buf_fini(&s->output);
    s->is_used = false;
}

/* -- what happens ------------------------------------------------------------------------------ */

static void reap(struct host *h)
{
    for (size_t i = 0; i < PLACES; i++) {
        struct script *s = &h->scripts[i];
        int status;
        if (s->is_used && waitpid(s->pid, &status, WNOHANG) == s->pid)
            finish(h, s, status);
    }
}

static void kill_script(struct script *s)
{
    kill(-s->pid, SIGKILL);
    kill(s->pid, SIGKILL); /* before it has its group */
}

static int kill_late(struct host *h)
{
    uint64_t now = now_ms(), next = UINT64_MAX;
    for (size_t i = 0; i < PLACES; i++) {
        struct script *s = &h->scripts[i];
        if (!s->is_used || s->has_timed_out)
            continue;
        if (s->until_ms <= now) {
            s->has_timed_out = true;
            kill_script(s);
        } else if (s->until_ms < next) {
            next = s->until_ms;
        }
    }
    if (next == UINT64_MAX)
        return -1;
    return next - now < 60000 ? (int)(next - now) : 60000;
}

static void obey(struct host *h, const struct script_order *o)
{
    if (o->verb == SCRIPT_RUN) {
        run(h, o);
        return;
    }
    for (size_t i = 0; i < PLACES; i++)
        if (h->scripts[i].is_used && h->scripts[i].id == o->id) {
            h->scripts[i].is_unwanted = true;
            kill_script(&h->scripts[i]);
        }
}

static void take_orders(struct host *h)
{
    struct script_order o;
    size_t used, total = 0;
    uint8_t *at = buf_extend(&h->in, READ_BYTES);
    ssize_t n = at != NULL ? read(h->socket, at, READ_BYTES) : 0;
    h->in.n -= at != NULL ? READ_BYTES - (n > 0 ? (size_t)n : 0) : 0;
    if (n <= 0 && !(n < 0 && errno == EINTR)) {
        h->is_over = true;
        return;
    }
    enum err e = OK;
    while ((e = script_order_read(bytes_skip(buf_bytes(&h->in), total), &o, &used)) == OK) {
        obey(h, &o);
        total += used;
    }
    if (e != ERR_TRUNCATED)
        h->is_over = true;
    memmove(h->in.p, h->in.p + total, h->in.n - total);
    h->in.n -= total;
}

static void take_signals(struct host *h)
{
    struct signalfd_siginfo info;
    while (read(h->signals, &info, sizeof(info)) > 0)
        ;
    reap(h);
}

static void turn(struct host *h)
{
    struct pollfd polled[PIPES_AT + PLACES];
    polled[SOCKET_AT] = (struct pollfd){ .fd = h->socket, .events = POLLIN };
    polled[SIGNAL_AT] = (struct pollfd){ .fd = h->signals, .events = POLLIN };
    for (size_t i = 0; i < PLACES; i++)
        polled[PIPES_AT + i] =
            (struct pollfd){ .fd = h->scripts[i].is_used ? h->scripts[i].pipe : -1,
                             .events = POLLIN };
    int timeout = kill_late(h);
    if (poll(polled, PIPES_AT + PLACES, timeout) < 0)
        return;
    for (size_t i = 0; i < PLACES; i++)
        if (polled[PIPES_AT + i].revents != 0)
            IGNORE(read_some(&h->scripts[i])); /* the poll comes again */
    if (polled[SIGNAL_AT].revents != 0)
        take_signals(h);
    if (polled[SOCKET_AT].revents != 0)
        take_orders(h);
}

/* What the process does, until FD ends. */
static _Noreturn void serve(int fd)
{
    struct host *h = mem_zalloc(1, sizeof(*h));
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    h->socket = fd;
    h->signals = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
    buf_init(&h->in, 2 * SCRIPT_MESSAGE_MAX);
    buf_init(&h->out, 2 * SCRIPT_MESSAGE_MAX);
    while (!h->is_over)
        turn(h);
    for (size_t i = 0; i < PLACES; i++)
        if (h->scripts[i].is_used)
            kill_script(&h->scripts[i]);
    _exit(0);
}

enum err script_host_start(int *ret_fd, pid_t *ret_pid, struct why *why)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return why_set(why, ERR_SYSTEM, "scripts: no socket for the process that runs them: %s",
                       strerror(errno));
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return why_set(why, ERR_SYSTEM, "scripts: no process to run them: %s", strerror(errno));
    }
    if (pid == 0) {
        close(ends[0]);
        setpgid(0, 0); /* what is typed at a terminal is for the server */
        signal(SIGPIPE, SIG_IGN);
        serve(ends[1]);
    }
    close(ends[1]);
    *ret_fd = ends[0];
    *ret_pid = pid;
    return OK;
}

/* What thousands of HTTP checks cost: `health_http [CHECKS [SECONDS [HANGING]]]`, 2,000 for 10.
 *
 * A child process is the target, a minimal server that answers "ok" and closes. This process runs
 * the checks at an interval of one second, each run on a fresh connection, and prints its own CPU
 * time, how late probes start, and how evenly they are spread. HANGING more checks are of a target
 * that takes connections and never answers. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "health/runner.h"

enum { INTERVAL_MS = 1000, SLICE_MS = 50, SLICES = INTERVAL_MS / SLICE_MS, WARM_UP_S = 2 };

/* -- the target -------------------------------------------------------------------------------- */

static void watch(int poll, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

static void answer(int fd)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                               "Content-Length: 3\r\nConnection: close\r\n\r\nok\n";
    char request[4096];
    if (read(fd, request, sizeof(request)) > 0)
        IGNORE(write(fd, text, sizeof(text) - 1)); /* whoever has gone misses it */
    close(fd);
}

static _Noreturn void serve(int listener)
{
    int poll = epoll_create1(0);
    watch(poll, listener);
    for (;;) {
        struct epoll_event events[64];
        int n = epoll_wait(poll, events, 64, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd != listener)
                answer(fd);
            else
                for (int c; (c = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;)
                    watch(poll, c);
        }
    }
}

static int listen_somewhere(uint16_t *ret_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&at, n) != 0 || listen(listener, 4096) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &n) != 0) {
        perror("target");
        exit(1);
    }
    *ret_port = ntohs(at.sin_port);
    return listener;
}

static pid_t start_target(uint16_t *ret_port)
{
    int listener = listen_somewhere(ret_port);
    pid_t pid = fork();
    if (pid == 0)
        serve(listener);
    close(listener);
    return pid;
}

/* -- the checks -------------------------------------------------------------------------------- */

struct bench {
    struct loop *loop;
    struct runner *runner;
    struct timer slice, end;
    uint64_t runs_before, slices[SLICES], slice_n;
    uint64_t told, failed, start_ns, seconds;
    double cpu_before, cpu;
    struct runner_counts first, last;
};

static double cpu_s(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static void on_told(void *ctx, struct bytes id, enum status status, struct bytes output)
{
    struct bench *b = ctx;
    (void)id;
    b->told++;
    if (status == STATUS_UP)
        return;
    if (b->failed++ == 0)
        printf("first failure: %.*s\n", (int)output.n, (const char *)output.p);
}

static void on_slice(struct timer *timer)
{
    struct bench *b = CONTAINER_OF(timer, struct bench, slice);
    struct runner_counts c;
    runner_counts(b->runner, &c);
    if (b->start_ns != 0)
        b->slices[b->slice_n++ % SLICES] += c.runs - b->runs_before;
    b->runs_before = c.runs;
    timer_start(&b->slice, SLICE_MS);
}

static void on_end(struct timer *timer)
{
    struct bench *b = CONTAINER_OF(timer, struct bench, end);
    runner_counts(b->runner, &b->last);
    b->cpu = cpu_s() - b->cpu_before;
    loop_stop(b->loop);
}

static void on_warm(struct timer *timer)
{
    struct bench *b = CONTAINER_OF(timer, struct bench, end);
    runner_counts(b->runner, &b->first);
    b->cpu_before = cpu_s();
    b->start_ns = clock_now_ns();
    timer_init(&b->end, b->loop, on_end);
    timer_start(&b->end, b->seconds * 1000);
}

static void add_checks(struct bench *b, const char *name, uint64_t n, uint16_t port)
{
    char url[64], id[60];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/health", port);
    for (uint64_t i = 0; i < n; i++) {
        struct check_definition d = { .http = bytes_str(url), .interval_ms = INTERVAL_MS };
        snprintf(id, sizeof(id), "service:%s-%" PRIu64, name, i);
        if (check_settle(&d, NULL) == OK)
            runner_set(b->runner, bytes_str(id), &d, STATUS_DOWN, (struct bytes){ 0 });
    }
}

static void print(const struct bench *b, uint64_t checks)
{
    double took = (double)(clock_now_ns() - b->start_ns) / 1e9;
    uint64_t runs = b->last.runs - b->first.runs, least = UINT64_MAX, most = 0;
    for (size_t i = 0; i < SLICES; i++) {
        least = b->slices[i] < least ? b->slices[i] : least;
        most = b->slices[i] > most ? b->slices[i] : most;
    }
    printf("checks %" PRIu64 ", runs %" PRIu64
           " in %.1f s, cpu %.1f%% of one core, %.1f us a run\n",
           checks, runs, took, 100 * b->cpu / took, b->cpu * 1e6 / (double)runs);
    printf("latest start %" PRIu64 " ms, skipped %" PRIu64 ", told %" PRIu64 ", failed %" PRIu64
           "\n",
           b->last.late_ms, b->last.skipped, b->told, b->failed);
    printf("runs in each %d ms of the interval: %" PRIu64 " to %" PRIu64 ", %" PRIu64 " if even\n",
           SLICE_MS, least, most, runs / SLICES);
}

int main(int argc, char **argv)
{
    uint64_t checks = 2000, seconds = 10, hanging = 0;
    uint16_t port, silent;
    struct bench b = { 0 };
    struct prober *prober;
    struct why why;
    if ((argc > 1 && !text_u64(bytes_str(argv[1]), &checks)) ||
        (argc > 2 && !text_u64(bytes_str(argv[2]), &seconds)) || seconds == 0 ||
        (argc > 3 && !text_u64(bytes_str(argv[3]), &hanging)))
        return 2;
    b.seconds = seconds;
    pid_t target = start_target(&port);
    int nobody_accepts = listen_somewhere(&silent);
    if (loop_new("health", &b.loop) != OK)
        return 1;
    struct prober_options options = { .loop = b.loop };
    if (prober_new(&options, &prober, &why) != OK)
        return 1;
    b.runner = runner_new(&(struct runner_options){
        .loop = b.loop, .prober = prober, .seed = entropy_u64(), .sink = on_told, .ctx = &b });
    add_checks(&b, "web", checks, port);
    add_checks(&b, "hangs", hanging, silent);
    timer_init(&b.slice, b.loop, on_slice);
    timer_init(&b.end, b.loop, on_warm);
    timer_start(&b.slice, SLICE_MS);
    timer_start(&b.end, WARM_UP_S * 1000);
    loop_run(b.loop);
    print(&b, checks);
    kill(target, SIGKILL);
    waitpid(target, NULL, 0);
    close(nobody_accepts);
    return b.failed > hanging; /* the loop goes with the process */
}

/* `muster serve`: opens what there is, starts the threads, waits for signals, takes it all down.
 *
 * Signals are blocked in every thread and waited for here. A fault of our own (SIGSEGV, SIGBUS,
 * SIGABRT) unlinks the view's state before it kills: whatever it may have scribbled into the map,
 * the next start builds the view again from snapshot and log. Each thread has a second stack for
 * that, as its first may be what has run out. */
#include "server/serve.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "faces/consul/call/options.h"
#include "loop/fault_stack.h"
#include "loop/loop.h"
#include "server/agent_read.h"
#include "server/config.h"
#include "server/definitions.h"
#include "server/dev.h"
#include "server/notify.h"
#include "server/parts.h"

enum { EXIT_FAILED = 1, DRAIN_MS = 3000, STOP_MS = 4500 };

/* -- the log ---------------------------------------------------------------------------------- */

static void write_line(void *ctx, struct bytes line)
{
    while (line.n > 0) {
        ssize_t n = write(STDERR_FILENO, line.p, line.n);
        if (n <= 0)
            return; /* nowhere to complain to */
        line = bytes_skip(line, (size_t)n);
    }
}

static uint64_t wall(void *ctx)
{
    return clock_wall_ms();
}

static void set_log(const struct config *config)
{
    struct log_setup setup = { .sink = write_line, .wall_ms = wall };
    bool automatic = strcmp(config->log_format, "auto") == 0;
    bool json = strcmp(config->log_format, "json") == 0;
    if (!log_level_parse(config->log_level, &setup.level))
        setup.level = LOG_ERROR; /* "panic" and "fatal": nothing here is worse than an error */
    setup.format = json || (automatic && !isatty(STDERR_FILENO)) ? LOG_JSON : LOG_TEXT;
    log_set(&setup);
}

static void say_ignored(const struct config *config)
{
    const char *at = (const char *)config->ignored.p, *end = at + config->ignored.n;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        log_info("config: taken, but it has no meaning here and is left out of account option=%.*s",
                 (int)(line_end - at), at);
        at = line_end + 1;
    }
}

/* -- the system ------------------------------------------------------------------------------- */

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    rlim_t old = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        log_info("server: raised the limit of open files from=%" PRIu64 " to=%" PRIu64,
                 (uint64_t)old, (uint64_t)limit.rlim_cur);
}

static char state_path[4096];
static struct fault_stack fault_stack; /* of this thread; both stay to the end, as the handler */

static void on_own_fault(int number)
{
    if (state_path[0] != 0)
        unlink(state_path);
    signal(number, SIG_DFL);
    raise(number);
}

static void watch_own_faults(const struct datadir *dir)
{
    snprintf(state_path, sizeof state_path, "%s", datadir_state_path(dir));
    fault_stack_init(&fault_stack);
    const int faults[] = { SIGSEGV, SIGBUS, SIGABRT };
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct sigaction action = { .sa_handler = on_own_fault,
                                    .sa_flags = (int)SA_RESETHAND | SA_ONSTACK };
        sigaction(faults[i], &action, NULL);
    }
}

static sigset_t block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    const int waited[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
    for (size_t i = 0; i < ARRAY_LEN(waited); i++)
        sigaddset(&set, waited[i]);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return set;
}

/* What the agent's files define now. */
static enum err apply_definitions(struct definitions *d, const struct config *config,
                                  struct why *why)
{
    struct arena arena;
    struct agent_config agent;
    if (config->agent_argc == 0)
        return OK;
    arena_init(&arena, 0);
    enum err e = agent_read(config->agent_argc, config->agent_argv, &arena, &agent, why);
    if (e == OK)
        e = definitions_apply(d, &agent, why);
    arena_fini(&arena);
    return e;
}

static void tell_reloads(struct parts *p, struct consul_reload *asked, enum err e, const char *why)
{
    while (asked != NULL) {
        struct consul_reload *next = asked->next;
        consul_reload_done(asked, e, why);
        asked = next;
    }
}

/* Whoever asks while it is under way has sent another signal. */
static void reload(struct parts *p, struct definitions *d, const struct config *config)
{
    struct why why = { 0 }, files = { 0 };
    struct consul_reload *asked = parts_take_reloads(p, false);
    enum err e = parts_reload(p, &why);
    enum err of_files = apply_definitions(d, config, &files);
    if (of_files != OK)
        log_error("definitions: not all was taken: %s", files.text);
    if (e == OK)
        e = of_files;
    tell_reloads(p, asked, e, why.text[0] != 0 ? why.text : files.text);
}

/* Returns the signal that ends the server. */
static int wait_for_signals(struct parts *p, struct definitions *d, const struct config *config,
                            const sigset_t *set)
{
    for (;;) {
        int number = 0;
        if (sigwait(set, &number) != 0 || number == SIGPIPE)
            continue;
        if (number != SIGHUP)
            return number;
        reload(p, d, config);
    }
}

/* -- all of it -------------------------------------------------------------------------------- */

static void serve_until_told(struct parts *p, struct definitions *d, const struct config *config,
                             const sigset_t *set, uint64_t began_ns)
{
    log_info("server: ready to serve client requests version=%s ms=%" PRIu64, MUSTER_VERSION,
             (clock_now_ns() - began_ns) / 1000000);
    notify_systemd("READY=1");
    if (config->as_consul)
        dev_greet_as_consul(config);
    else if (config->dev)
        dev_greet(p);

    int number = wait_for_signals(p, d, config, set);
    log_info("server: stops, finishing what runs signal=%s", strsignal(number));
    notify_systemd("STOPPING=1");
}

static int run(struct parts *p, const struct config *config, const sigset_t *set, uint64_t began_ns)
{
    struct why why = { 0 };
    enum err e = parts_start(p, &why);
    if (e != OK) {
        log_error("server: cannot start: %s", why.text);
        return EXIT_FAILED;
    }
    struct definitions *definitions = definitions_new(p);
    e = apply_definitions(definitions, config, &why);
    if (e == OK)
        serve_until_told(p, definitions, config, set, began_ns);
    else
        log_error("server: cannot start: %s", why.text);
    tell_reloads(p, parts_take_reloads(p, true), ERR_STOPPING, err_text(ERR_STOPPING));
    definitions_withdraw(definitions);
    definitions_free(definitions);
    parts_stop(p, DRAIN_MS, STOP_MS);
    log_info("server: stopped");
    return e == OK ? 0 : EXIT_FAILED;
}

static int open_and_run(const struct config *config, const sigset_t *set, uint64_t began_ns)
{
    struct why why = { 0 };
    struct parts *p;
    enum err e = parts_open(config, watch_own_faults, &p, &why);
    if (e != OK) {
        log_error("server: cannot start: %s", why.text[0] == 0 ? err_text(e) : why.text);
        return EXIT_FAILED;
    }
    int code = run(p, config, set, began_ns);
    parts_close(p);
    return code;
}

static bool write_pid_file(const char *path)
{
    FILE *file = fopen(path, "we");
    bool written = file != NULL && fprintf(file, "%ld", (long)getpid()) > 0;
    written = file != NULL && fclose(file) == 0 && written;
    if (!written)
        log_error("server: cannot write --pid-file '%s': %s", path, strerror(errno));
    return written;
}

int serve_main(struct config *config)
{
    uint64_t began_ns = clock_now_ns();
    set_log(config);
    sigset_t set = block_signals();
    raise_file_limit();
    say_ignored(config);
    const char *temporary = getenv("TMPDIR");
    char dev_dir[4096];
    snprintf(dev_dir, sizeof dev_dir, "%s/muster-dev-XXXXXX",
             temporary == NULL || temporary[0] == 0 ? "/tmp" : temporary);
    if (config->dev) {
        if (mkdtemp(dev_dir) == NULL) {
            log_error("server: no temporary directory can be made: %s", strerror(errno));
            return EXIT_FAILED;
        }
        if (!config->data_dir_given)
            config->data_dir = dev_dir;
    }
    bool has_pid_file = config->pid_file[0] != 0;
    int code = EXIT_FAILED;
    if (!has_pid_file || write_pid_file(config->pid_file)) {
        code = open_and_run(config, &set, began_ns);
        if (has_pid_file)
            unlink(config->pid_file);
    }
    if (config->dev)
        dev_remove(dev_dir);
    return code;
}

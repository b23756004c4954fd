#include "test/lib/target.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

struct target {
    int listener, now; /* NOW: the connection that is served, or -1; under LOCK */
    pthread_mutex_t lock;
    bool is_stopping;
    uint16_t port;
    pthread_t thread;
    void (*serve)(struct target *t, int fd);
    const void *ctx;
    _Atomic unsigned count;
    size_t request_n;
    char request[64 * 1024];
};

static void must(bool ok)
{
    if (ok)
        return;
    perror("test target");
    abort();
}

static int bind_somewhere(int type, uint16_t *ret_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&at, n) == 0 &&
         getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static int listen_somewhere(uint16_t *ret_port)
{
    int fd = bind_somewhere(SOCK_STREAM, ret_port);
    must(listen(fd, 64) == 0);
    return fd;
}

/* False: no more connections. */
static bool serve_as(struct target *t, int fd)
{
    pthread_mutex_lock(&t->lock);
    bool goes_on = !t->is_stopping;
    t->now = goes_on ? fd : -1;
    pthread_mutex_unlock(&t->lock);
    return goes_on;
}

static void *run(void *ctx)
{
    struct target *t = ctx;
    int fd;
    while ((fd = accept4(t->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        atomic_fetch_add(&t->count, 1);
        if (serve_as(t, fd))
            t->serve(t, fd);
        IGNORE(serve_as(t, -1)); /* the next one is asked */
        close(fd);
    }
    return NULL;
}

struct target *target_start(void (*serve)(struct target *t, int fd), const void *ctx)
{
    struct target *t = mem_zalloc(1, sizeof(*t));
    t->serve = serve;
    t->ctx = ctx;
    t->now = -1;
    pthread_mutex_init(&t->lock, NULL);
    t->listener = listen_somewhere(&t->port);
    pthread_create(&t->thread, NULL, run, t);
    return t;
}

uint16_t target_port(const struct target *t)
{
    return t->port;
}

const void *target_ctx(const struct target *t)
{
    return t->ctx;
}

unsigned target_count(struct target *t)
{
    return atomic_load(&t->count);
}

void target_stop(struct target *t)
{
    pthread_mutex_lock(&t->lock);
    t->is_stopping = true;
    shutdown(t->listener, SHUT_RDWR);
    if (t->now >= 0)
        shutdown(t->now, SHUT_RDWR);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    close(t->listener);
    pthread_mutex_destroy(&t->lock);
    mem_free(t);
}

static size_t body_length(const char *request)
{
    const char *at = strstr(request, "Content-Length: ");
    return at != NULL ? strtoul(at + strlen("Content-Length: "), NULL, 10) : 0;
}

static bool is_whole(const struct target *t)
{
    const char *end = strstr(t->request, "\r\n\r\n");
    return end != NULL && strlen(end + 4) >= body_length(t->request);
}

bool target_read(struct target *t, int fd)
{
    t->request_n = 0;
    t->request[0] = 0;
    while (!is_whole(t)) {
        ssize_t n = read(fd, t->request + t->request_n, sizeof(t->request) - 1 - t->request_n);
        if (n <= 0)
            return false;
        t->request_n += (size_t)n;
        t->request[t->request_n] = 0;
    }
    return true;
}

bool target_write_bytes(int fd, const void *p, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t sent = send(fd, (const char *)p + done, n - done, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        done += (size_t)sent;
    }
    return true;
}

bool target_write(int fd, const char *text)
{
    return target_write_bytes(fd, text, strlen(text));
}

void target_hold(int fd)
{
    char bytes[4096];
    while (read(fd, bytes, sizeof(bytes)) > 0)
        ;
}

bool target_wait(int fd, int ms)
{
    struct pollfd polled = { .fd = fd, .events = POLLIN };
    return poll(&polled, 1, ms) == 0;
}

void target_reset(int fd)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

const char *target_request(const struct target *t)
{
    return t->request;
}

uint16_t target_dead_port(void)
{
    uint16_t port;
    close(listen_somewhere(&port));
    return port;
}

uint16_t target_udp(int *ret_fd)
{
    uint16_t port;
    *ret_fd = bind_somewhere(SOCK_DGRAM, &port);
    return port;
}

void target_udp_close(int fd)
{
    close(fd);
}

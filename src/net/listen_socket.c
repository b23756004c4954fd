/* Binding, with the sentence a person needs when it fails.
 *
 * No SO_REUSEPORT: a second server on the same port must fail, not share it. SO_REUSEADDR only lets
 * a port be taken again while connections of an earlier process are dying. */
#include "net/listen_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    } as;
    socklen_t n;
};

static struct address unix_address(const char *path)
{
    struct address a = { .as.un.sun_family = AF_UNIX, .n = sizeof(a.as.un) };
    snprintf(a.as.un.sun_path, sizeof(a.as.un.sun_path), "%.*s", (int)sizeof(a.as.un.sun_path) - 1,
             path);
    return a;
}

/* Without a host: all addresses of the machine, of both families where there are two. */
static struct address tcp_address(const struct endpoint *at, bool has_ipv6)
{
    struct address a = { .n = 0 };
    const char *host = at->host;
    if (host[0] == 0)
        host = has_ipv6 ? "::" : "0.0.0.0";
    else if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &a.as.in.sin_addr) == 1) {
        a.as.in.sin_family = AF_INET;
        a.as.in.sin_port = htons(at->port);
        a.n = sizeof(a.as.in);
    } else if (inet_pton(AF_INET6, host, &a.as.in6.sin6_addr) == 1) {
        a.as.in6.sin6_family = AF_INET6;
        a.as.in6.sin6_port = htons(at->port);
        a.n = sizeof(a.as.in6);
    }
    return a;
}

static bool has_ipv6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
    bool can = bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;
    close(fd);
    return can;
}

static bool somebody_listens(const struct address *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return true;
    bool refused = connect(fd, &a->as.any, a->n) != 0 && errno == ECONNREFUSED;
    close(fd);
    return !refused;
}

/* A socket file that nobody listens on is what an earlier process left behind. */
static void remove_stale(const struct address *a)
{
    struct stat st;
    const char *path = a->as.un.sun_path;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && !somebody_listens(a))
        unlink(path);
}

static enum err refuse(const struct endpoint *at, int error, struct why *why)
{
    char text[300];
    endpoint_print(at, text, sizeof(text));
    switch (error) {
    case EADDRINUSE:
        return why_set(
            why, ERR_ADDRESS_IN_USE,
            at->kind == ENDPOINT_UNIX
                ? "listen: '%s' is taken: another process listens on it, or a file that "
                  "is no socket lies there; stop the process or choose another path"
                : "listen: %s is taken by another process; stop it or choose another port",
            text);
    case EACCES:
    case EPERM:
        return why_set(why, ERR_DENIED,
                       "listen: not allowed to bind %s; choose a port above 1023, or a directory "
                       "that this user may write to",
                       text);
    case EADDRNOTAVAIL:
        return why_set(why, ERR_INVALID, "listen: %s is no address of this machine", text);
    case ENOENT:
        return why_set(why, ERR_INVALID, "listen: the directory of '%s' does not exist", text);
    default:
        return why_set(why, ERR_SYSTEM, "listen: cannot bind %s: %s", text, strerror(error));
    }
}

static uint16_t bound_port(int fd)
{
    struct address a = { .n = sizeof(a.as) };
    if (getsockname(fd, &a.as.any, &a.n) != 0)
        return 0;
    return ntohs(a.as.any.sa_family == AF_INET6 ? a.as.in6.sin6_port : a.as.in.sin_port);
}

static bool bind_and_listen(int fd, const struct address *a)
{
    int yes = 1, no = 0;
    if (a->as.any.sa_family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (a->as.any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
    return bind(fd, &a->as.any, a->n) == 0 && listen(fd, SOMAXCONN) == 0;
}

static void note_socket(struct listen_socket *s, const struct endpoint *at)
{
    struct stat st;
    if (at->kind == ENDPOINT_TCP) {
        s->port = bound_port(s->fd);
        return;
    }
    snprintf(s->path, sizeof(s->path), "%s", at->host);
    if (stat(s->path, &st) == 0) {
        s->device = st.st_dev;
        s->inode = st.st_ino;
    }
}

enum err listen_socket_open(const struct endpoint *at, struct listen_socket *ret, struct why *why)
{
    struct listen_socket s = { .fd = -1 };
    if (at->kind == ENDPOINT_OFF)
        return why_set(why, ERR_INVALID, "listen: the address is 'off'");
    bool is_unix = at->kind == ENDPOINT_UNIX;
    struct address a =
        is_unix ? unix_address(at->host) : tcp_address(at, at->host[0] == 0 && has_ipv6());
    if (a.n == 0)
        return refuse(at, EADDRNOTAVAIL, why);
    s.fd = socket(a.as.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s.fd < 0)
        return refuse(at, errno, why);
    if (is_unix)
        remove_stale(&a);
    if (!bind_and_listen(s.fd, &a)) {
        int error = errno;
        close(s.fd);
        return refuse(at, error, why);
    }
    note_socket(&s, at);
    *ret = s;
    return OK;
}

void listen_socket_close(struct listen_socket *s)
{
    struct stat st;
    if (s->fd < 0)
        return;
    close(s->fd);
    s->fd = -1;
    if (s->path[0] != 0 && lstat(s->path, &st) == 0 && st.st_dev == s->device &&
        st.st_ino == s->inode)
        unlink(s->path);
}

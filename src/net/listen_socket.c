/* No SO_REUSEPORT: a second server on the same port must fail, not share it. SO_REUSEADDR only lets
 * a port be taken again while connections of an earlier process are dying. */
#include "net/listen_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/bind.h"

static bool somebody_listens(const struct bind_address *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return true;
    bool refused = connect(fd, &a->as.any, a->n) != 0 && errno == ECONNREFUSED;
    close(fd);
    return !refused;
}

/* A socket file that nobody listens on is what an earlier process left behind. */
static void remove_stale(const struct bind_address *a)
{
    struct stat st;
    const char *path = a->as.un.sun_path;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && !somebody_listens(a))
        unlink(path);
}

static bool bind_and_listen(int fd, const struct bind_address *a)
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
        s->port = bind_port(s->fd);
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
    struct bind_address a = bind_address_of(at);
    if (a.n == 0)
        return bind_refuse(at, EADDRNOTAVAIL, why);
    s.fd = socket(a.as.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s.fd < 0)
        return bind_refuse(at, errno, why);
    if (is_unix)
        remove_stale(&a);
    if (!bind_and_listen(s.fd, &a)) {
        int error = errno;
        close(s.fd);
        return bind_refuse(at, error, why);
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

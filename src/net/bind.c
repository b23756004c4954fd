#include "net/bind.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct bind_address unix_address(const char *path)
{
    struct bind_address a = { .as.un.sun_family = AF_UNIX, .n = sizeof(a.as.un) };
    snprintf(a.as.un.sun_path, sizeof(a.as.un.sun_path), "%.*s", (int)sizeof(a.as.un.sun_path) - 1,
             path);
    return a;
}

static struct bind_address tcp_address(const struct endpoint *at, bool has_ipv6)
{
    struct bind_address a = { .n = 0 };
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

struct bind_address bind_address_of(const struct endpoint *at)
{
    if (at->kind == ENDPOINT_UNIX)
        return unix_address(at->host);
    return tcp_address(at, at->host[0] == 0 && has_ipv6());
}

enum err bind_refuse(const struct endpoint *at, int error, struct why *why)
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

uint16_t bind_port(int fd)
{
    struct bind_address a = { .n = sizeof(a.as) };
    if (getsockname(fd, &a.as.any, &a.n) != 0)
        return 0;
    return ntohs(a.as.any.sa_family == AF_INET6 ? a.as.in6.sin6_port : a.as.in.sin_port);
}

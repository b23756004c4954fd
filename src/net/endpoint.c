/* Addresses as people write them.
 *
 * A listener takes an address and never asks a name server: a name that resolves to another address
 * after a move would open a port where nobody expects one. "localhost" means 127.0.0.1. */
#include "net/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/un.h>

#include "base/text.h"

enum { UNIX_PATH_MAX_BYTES = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 };

static enum err refuse(struct why *why, struct bytes text, const char *problem)
{
    return why_set(why, ERR_INVALID,
                   "address '%.*s': %s; write host:port with an IP address or localhost, "
                   "[ipv6]:port, http://host:port, https://host:port, unix:///path or off",
                   (int)(text.n < 200 ? text.n : 200), (const char *)text.p, problem);
}

static enum err parse_path(struct bytes text, struct bytes path, struct endpoint *e,
                           struct why *why)
{
    if (path.n == 0 || path.p[0] != '/')
        return refuse(why, text, "the socket's path must begin with /");
    if (path.n > UNIX_PATH_MAX_BYTES)
        return refuse(why, text, "the socket's path is longer than the system allows");
    if (memchr(path.p, 0, path.n) != NULL)
        return refuse(why, text, "the socket's path holds a NUL byte");
    e->kind = ENDPOINT_UNIX;
    memcpy(e->host, path.p, path.n);
    return OK;
}

static bool is_address(const char *host)
{
    struct in6_addr any; /* room for both */
    return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

/* Splits "host:port" at its last colon; the host may stand in brackets. */
static bool split_port(struct bytes at, struct bytes *host, struct bytes *port)
{
    size_t colon = at.n;
    while (colon > 0 && at.p[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    *host = bytes_of(at.p, colon - 1);
    *port = bytes_skip(at, colon);
    bool bracketed = host->n >= 2 && host->p[0] == '[' && host->p[host->n - 1] == ']';
    if (bracketed)
        *host = bytes_of(host->p + 1, host->n - 2);
    bool has_colon = host->n > 0 && memchr(host->p, ':', host->n) != NULL;
    return bracketed == has_colon;
}

static enum err parse_host(struct bytes text, struct bytes at, struct endpoint *e, struct why *why)
{
    struct bytes host, port_text;
    if (!split_port(at, &host, &port_text))
        return refuse(why, text, "it has no port, or an IPv6 address without brackets");
    uint64_t port;
    if (!text_u64(port_text, &port) || port > UINT16_MAX)
        return refuse(why, text, "the port is no number from 0 to 65535");
    if (host.n >= sizeof(e->host))
        return refuse(why, text, "the host is too long");
    if (text_eq_nocase(host, bytes_str("localhost")))
        host = bytes_str("localhost");
    if (host.n > 0)
        memcpy(e->host, host.p, host.n);
    if (host.n > 0 && !bytes_is(host, "localhost") && !is_address(e->host))
        return refuse(why, text, "the host is no IP address");
    e->kind = ENDPOINT_TCP;
    e->port = (uint16_t)port;
    return OK;
}

static bool take_prefix(struct bytes *text, const char *prefix)
{
    if (!bytes_starts(*text, bytes_str(prefix)))
        return false;
    *text = bytes_skip(*text, strlen(prefix));
    return true;
}

enum err endpoint_parse(struct bytes text, struct endpoint *ret, struct why *why)
{
    struct endpoint e = { .kind = ENDPOINT_OFF };
    struct bytes left = text;
    enum err failed = OK;
    if (bytes_is(text, "off")) {
        *ret = e;
        return OK;
    }
    if (take_prefix(&left, "unix://")) {
        failed = parse_path(text, left, &e, why);
    } else if (take_prefix(&left, "unixs://")) {
        e.tls = true;
        failed = parse_path(text, left, &e, why);
    } else {
        e.tls = take_prefix(&left, "https://");
        if (e.tls || take_prefix(&left, "http://"))
            if (left.n > 0 && left.p[left.n - 1] == '/')
                left.n--;
        failed = parse_host(text, left, &e, why);
    }
    if (failed != OK)
        return failed;
    *ret = e;
    return OK;
}

bool endpoint_is_loopback(const struct endpoint *e)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (e->kind != ENDPOINT_TCP)
        return true;
    if (inet_pton(AF_INET, e->host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, e->host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
    return strcmp(e->host, "localhost") == 0;
}

void endpoint_print(const struct endpoint *e, char *into, size_t n)
{
    switch (e->kind) {
    case ENDPOINT_OFF:
        snprintf(into, n, "off");
        break;
    case ENDPOINT_UNIX:
        snprintf(into, n, "%s://%s", e->tls ? "unixs" : "unix", e->host);
        break;
    case ENDPOINT_TCP:
        snprintf(into, n, strchr(e->host, ':') != NULL ? "%s[%s]:%u" : "%s%s:%u",
                 e->tls ? "https://" : "", e->host, e->port);
        break;
    }
}

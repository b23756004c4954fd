/* net/endpoint.h -- an address to listen on or to call. */
#ifndef NET_ENDPOINT_H
#define NET_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/why.h"

enum endpoint_kind { ENDPOINT_OFF, ENDPOINT_TCP, ENDPOINT_UNIX };

struct endpoint {
    enum endpoint_kind kind;
    bool tls;          /* https://, unixs:// */
    bool tls_optional; /* plain and TLS on one port, told apart by the first byte */
    char host[256];    /* an IP address, or localhost; the path of a unix socket */
    uint16_t port;     /* 0 = any free one */
};

/* "host:port", ":port", "[::1]:port", "http://h:p", "https://h:p", "unix:///path", "unixs:///path",
 * "off". Names other than localhost are refused: a listener takes an address. ERR_INVALID with what
 * would be right in WHY. */
MUST_CHECK enum err endpoint_parse(struct bytes text, struct endpoint *ret, struct why *why);
/* True for 127.0.0.0/8, ::1, localhost and unix sockets. */
bool endpoint_is_loopback(const struct endpoint *e);
void endpoint_print(const struct endpoint *e, char *into, size_t n);

#endif

/* net/url.h -- http and https URLs: split, and followed from one to the next. Pure. */
#ifndef NET_URL_H
#define NET_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/why.h"

enum { URL_MAX = 4096 };

struct url { /* lent from its text */
    bool is_https;
    struct bytes host; /* without brackets */
    uint16_t port;
    struct bytes authority; /* host and port as written, for the Host header */
    struct bytes target;    /* path and query, may be empty or begin with '?': see url_put_target */
};

/* ERR_INVALID with a sentence: another scheme, no host, a name and password, spaces or control
 * characters, more than URL_MAX bytes. A fragment is dropped. */
MUST_CHECK enum err url_parse(struct bytes text, struct url *ret, struct why *why);
/* Appends the target in origin form: it begins with a slash. */
void url_put_target(const struct url *u, struct buf *out);
/* Appends the URL that LOCATION means at BASE: absolute, "//host/...", "/path", "?query" or a
 * relative path. What it makes is to be parsed again. */
void url_follow(const struct url *base, struct bytes location, struct buf *out);

#endif

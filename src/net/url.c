#include "net/url.h"

#include "net/dial.h"

static bool is_plain(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] == 0x7f)
            return false;
    return true;
}

/* Up to the first of STOPS, or all. */
static struct bytes until(struct bytes text, const char *stops)
{
    size_t n = 0;
    while (n < text.n && strchr(stops, text.p[n]) == NULL)
        n++;
    return bytes_of(text.p, n);
}

static bool skip_scheme(struct bytes *text, const char *scheme)
{
    size_t n = strlen(scheme);
    for (size_t i = 0; i < n; i++)
        if (i >= text->n || (text->p[i] | 0x20) != (scheme[i] | 0x20))
            return false;
    *text = bytes_skip(*text, n);
    return true;
}

static enum err split_authority(struct url *u, struct why *why)
{
    struct bytes host = u->authority;
    if (memchr(host.p, '@', host.n) != NULL)
        return why_set(why, ERR_INVALID, "a name and password in a URL are not supported");
    u->port = u->is_https ? 443 : 80;
    struct bytes bare = host.p[0] == '[' ? until(host, "]") : until(host, ":");
    size_t host_n = host.p[0] == '[' ? bare.n + 1 : bare.n;
    if (host_n > host.n || host_n == 0 || (host.p[0] == '[' && host_n == 2))
        return why_set(why, ERR_INVALID, "no host in the URL");
    u->host = host.p[0] == '[' ? bytes_of(host.p + 1, host_n - 2) : bare;
    if (host_n == host.n || (host_n + 1 == host.n && host.p[host_n] == ':'))
        return OK;
    if (dial_split(host, &u->host, &u->port) != OK)
        return why_set(why, ERR_INVALID, "no port in the URL where one belongs");
    return OK;
}

enum err url_parse(struct bytes text, struct url *ret, struct why *why)
{
    struct url u = { 0 };
    if (text.n > URL_MAX || !is_plain(text))
        return why_set(why, ERR_INVALID, "a URL is at most %d bytes, without spaces", URL_MAX);
    u.is_https = skip_scheme(&text, "https://");
    if (!u.is_https && !skip_scheme(&text, "http://"))
        return why_set(why, ERR_INVALID, "a URL begins with http:// or https://");
    u.authority = until(text, "/?#");
    if (u.authority.n == 0)
        return why_set(why, ERR_INVALID, "no host in the URL");
    u.target = until(bytes_skip(text, u.authority.n), "#");
    enum err e = split_authority(&u, why);
    if (e == OK)
        *ret = u;
    return e;
}

void url_put_target(const struct url *u, struct buf *out)
{
    if (u->target.n == 0 || u->target.p[0] != '/')
        buf_put_u8(out, '/');
    buf_put_bytes(out, u->target);
}

static void put_origin(const struct url *u, struct buf *out)
{
    buf_put_str(out, u->is_https ? "https://" : "http://");
    buf_put_bytes(out, u->authority);
}

void url_follow(const struct url *base, struct bytes location, struct buf *out)
{
    struct bytes rest = location;
    if (skip_scheme(&rest, "http://") || skip_scheme(&rest, "https://")) {
        buf_put_bytes(out, location);
        return;
    }
    if (bytes_starts(location, bytes_str("//"))) {
        buf_put_str(out, base->is_https ? "https:" : "http:");
        buf_put_bytes(out, location);
        return;
    }
    put_origin(base, out);
    if (bytes_starts(location, bytes_str("/"))) {
        buf_put_bytes(out, location);
        return;
    }
    struct bytes path = until(base->target, "?");
    if (!bytes_starts(location, bytes_str("?")))
        while (path.n > 0 && path.p[path.n - 1] != '/')
            path.n--;
    if (path.n == 0)
        buf_put_u8(out, '/');
    buf_put_bytes(out, path);
    buf_put_bytes(out, location);
}

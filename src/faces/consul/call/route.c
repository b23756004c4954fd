/* From a path to a row, as Go's ServeMux finds it: the exact path, else the longest that ends with
 * '/' and begins it. */
#include "faces/consul/call/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { SLASHES_MAX = 8, PATH_MAX_BYTES = 100 /* more than any route has */ };

struct consul_router {
    const struct consul_route **rows; /* by path, those of one path as in their table */
    size_t n;
};

static int compare_rows(const void *a, const void *b)
{
    const struct consul_route *x = *(const struct consul_route *const *)a;
    const struct consul_route *y = *(const struct consul_route *const *)b;
    int order = strcmp(x->path, y->path);
    return order != 0 ? order : (x > y) - (x < y);
}

struct consul_router *consul_router_new(void)
{
    struct consul_router *router = mem_zalloc(1, sizeof *router);
    size_t n = 0;
    for (size_t i = 0; i < consul_area_n; i++)
        n += consul_areas[i]->route_n;
    router->rows = mem_zalloc(n, sizeof *router->rows);
    for (size_t i = 0; i < consul_area_n; i++)
        for (size_t k = 0; k < consul_areas[i]->route_n; k++)
            router->rows[router->n++] = &consul_areas[i]->routes[k];
    qsort((void *)router->rows, router->n, sizeof *router->rows, compare_rows);
    return router;
}

void consul_router_free(struct consul_router *router)
{
    if (router == NULL)
        return;
    mem_free((void *)router->rows);
    mem_free(router);
}

/* -- finding ---------------------------------------------------------------------------------- */

/* The first row of PATH, or SIZE_MAX. */
static size_t first_row(const struct consul_router *router, struct bytes path)
{
    size_t low = 0, high = router->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_cmp(bytes_str(router->rows[middle]->path), path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < router->n && bytes_is(path, router->rows[low]->path) ? low : SIZE_MAX;
}

/* The first row of the longest prefix of PATH that is a route with '/' at its end. */
static size_t prefix_row(const struct consul_router *router, struct bytes path)
{
    size_t found = SIZE_MAX, slashes = 0;
    for (size_t i = 0; i < path.n && slashes < SLASHES_MAX; i++) {
        if (path.p[i] != '/')
            continue;
        slashes++;
        size_t at = first_row(router, bytes_of(path.p, i + 1));
        found = at != SIZE_MAX ? at : found;
    }
    return found;
}

static bool has_slash_form(const struct consul_router *router, struct bytes path)
{
    char longer[PATH_MAX_BYTES + 1];
    if (path.n == 0 || path.n > PATH_MAX_BYTES)
        return false;
    memcpy(longer, path.p, path.n);
    longer[path.n] = '/';
    return first_row(router, bytes_of(longer, path.n + 1)) != SIZE_MAX;
}

static const char *allowed(const struct consul_router *router, size_t at, struct arena *arena)
{
    const char *found = router->rows[at]->path, *allow = "OPTIONS";
    for (; at < router->n && strcmp(router->rows[at]->path, found) == 0; at++)
        allow = arena_printf(arena, "%s,%s", allow, router->rows[at]->method);
    return allow;
}

struct consul_match consul_route_find(const struct consul_router *router, struct bytes method,
                                      struct bytes path, struct arena *arena)
{
    struct consul_match match = { 0 };
    size_t at = first_row(router, path);
    if (at == SIZE_MAX && has_slash_form(router, path)) {
        match.add_slash = true;
        return match;
    }
    if (at == SIZE_MAX)
        at = prefix_row(router, path);
    if (at == SIZE_MAX)
        return match;
    const char *found = router->rows[at]->path;
    match.rest = bytes_skip(path, strlen(found));
    for (size_t i = at; i < router->n && strcmp(router->rows[i]->path, found) == 0; i++)
        if (bytes_is(method, router->rows[i]->method))
            match.route = router->rows[i];
    if (match.route == NULL)
        match.allow = allowed(router, at, arena);
    return match;
}

/* -- paths ------------------------------------------------------------------------------------ */

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct bytes consul_path_decode(struct bytes path, struct arena *arena)
{
    if (path.n == 0 || memchr(path.p, '%', path.n) == NULL)
        return path;
    uint8_t *to = arena_alloc(arena, path.n);
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++) {
        bool escape = path.p[i] == '%' && path.n - i > 2 && hex_value(path.p[i + 1]) >= 0 &&
                      hex_value(path.p[i + 2]) >= 0;
        if (escape) {
            to[n++] = (uint8_t)(hex_value(path.p[i + 1]) << 4 | hex_value(path.p[i + 2]));
            i += 2;
        } else {
            to[n++] = path.p[i];
        }
    }
    return bytes_of(to, n);
}

/* The segment at AT, which stands behind a slash. */
static struct bytes segment_at(struct bytes path, size_t at)
{
    struct bytes rest = bytes_skip(path, at);
    const uint8_t *slash = rest.n > 0 ? memchr(rest.p, '/', rest.n) : NULL;
    return bytes_of(rest.p, slash == NULL ? rest.n : (size_t)(slash - rest.p));
}

static bool is_clean(struct bytes path)
{
    if (path.n == 0 || path.p[0] != '/')
        return false;
    for (size_t at = 1; at < path.n;) {
        struct bytes segment = segment_at(path, at);
        if (segment.n == 0 || bytes_is(segment, ".") || bytes_is(segment, ".."))
            return false;
        at += segment.n + 1;
    }
    return true;
}

struct bytes consul_path_clean(struct bytes path, struct arena *arena)
{
    if (is_clean(path))
        return path;
    uint8_t *to = arena_alloc(arena, path.n + 2);
    size_t n = 0;
    to[n++] = '/';
    for (size_t at = path.n > 0 && path.p[0] == '/'; at < path.n;) {
        struct bytes segment = segment_at(path, at);
        at += segment.n + 1;
        if (bytes_is(segment, "..")) {
            for (n -= n > 1; n > 1 && to[n - 1] != '/'; n--)
                ;
        } else if (segment.n > 0 && !bytes_is(segment, ".")) {
            memcpy(to + n, segment.p, segment.n);
            n += segment.n;
            if (at <= path.n) /* there is a slash behind it */
                to[n++] = '/';
        }
    }
    return bytes_of(to, n);
}

struct bytes consul_path_encode(struct bytes path, struct arena *arena)
{
    static const char plain[] = "/-_.~$&+:=@!*'(),;";
    static const char digits[] = "0123456789ABCDEF";
    uint8_t *to = arena_alloc(arena, 3 * path.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++) {
        uint8_t c = path.p[i], low = c | 0x20;
        bool is_word = (c >= '0' && c <= '9') || (low >= 'a' && low <= 'z');
        if (is_word || (c != 0 && strchr(plain, c) != NULL)) {
            to[n++] = c;
        } else {
            to[n++] = '%';
            to[n++] = (uint8_t)digits[c >> 4];
            to[n++] = (uint8_t)digits[c & 15];
        }
    }
    return bytes_of(to, n);
}

bool consul_path_is_printable(struct bytes path)
{
    uint32_t rune;
    while (path.n > 0) {
        size_t n = text_rune(path, &rune);
        bool is_control = n == 0 || rune < 0x20 || (rune >= 0x7f && rune < 0xa1) || rune == 0xad;
        if (is_control || rune == 0xfffd || (rune >= 0x2028 && rune <= 0x2029))
            return false;
        path = bytes_skip(path, n);
    }
    return true;
}

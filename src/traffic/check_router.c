/* What a service-router may say. */
#include "traffic/config_entry_check.h"
#include "traffic/config_entry_text.h"
#include "base/compiler.h"

struct at { /* where in the entry */
    size_t route;
    struct arena *arena;
    struct why *why;
};

static bool is_path(struct bytes path)
{
    return path.n == 0 || path.p[0] == '/';
}

static enum err check_path(const struct entry_http_match *http, const struct at *at)
{
    unsigned given =
        (http->path_exact.n > 0) + (http->path_prefix.n > 0) + (http->path_regex.n > 0);
    if (!is_path(http->path_exact))
        return why_set(at->why, ERR_INVALID, "Route[%zu] PathExact doesn't start with '/': %s",
                       at->route, config_entry_quoted(http->path_exact, at->arena));
    if (!is_path(http->path_prefix))
        return why_set(at->why, ERR_INVALID, "Route[%zu] PathPrefix doesn't start with '/': %s",
                       at->route, config_entry_quoted(http->path_prefix, at->arena));
    if (given > 1)
        return why_set(at->why, ERR_INVALID,
                       "Route[%zu] should only contain at most one of PathExact, PathPrefix, or "
                       "PathRegex",
                       at->route);
    return OK;
}

static enum err check_headers(const struct entry_http_match *http, const struct at *at)
{
    const struct entry_header_match *all = http->header.all;
    for (size_t i = 0; i < http->header.n; i++) {
        if (all[i].name.n == 0)
            return why_set(at->why, ERR_INVALID,
                           "Route[%zu] Header[%zu] missing required Name field", at->route, i);
        if (config_entry_header_ways(&all[i]) != 1)
            return why_set(at->why, ERR_INVALID,
                           "Route[%zu] Header[%zu] should only contain one of Present, Exact, "
                           "Prefix, Suffix, or Regex",
                           at->route, i);
    }
    return OK;
}

static enum err check_params(const struct entry_http_match *http, const struct at *at)
{
    const struct entry_param_match *all = http->query_param.all;
    for (size_t i = 0; i < http->query_param.n; i++) {
        unsigned ways = (unsigned)all[i].present + (all[i].exact.n > 0) + (all[i].regex.n > 0);
        if (all[i].name.n == 0)
            return why_set(at->why, ERR_INVALID,
                           "Route[%zu] QueryParam[%zu] missing required Name field", at->route, i);
        if (ways != 1)
            return why_set(at->why, ERR_INVALID,
                           "Route[%zu] QueryParam[%zu] should only contain one of Present, Exact, "
                           "or Regex",
                           at->route, i);
    }
    return OK;
}

static enum err check_methods(const struct entry_http_match *http, const struct at *at)
{
    for (size_t i = 0; i < http->methods.n; i++) {
        struct bytes method = http->methods.all[i];
        if (!config_entry_is_method(method))
            return why_set(at->why, ERR_INVALID, "Route[%zu] Methods contains an invalid method %s",
                           at->route, config_entry_quoted(method, at->arena));
        for (size_t k = 0; k < i; k++)
            if (bytes_eq(http->methods.all[k], method))
                return why_set(at->why, ERR_INVALID,
                               "Route[%zu] Methods contains %s more than once", at->route,
                               config_entry_quoted(method, at->arena));
    }
    return OK;
}

static enum err check_destination(const struct entry_destination *d, bool may_rewrite,
                                  const struct at *at)
{
    static const char *const conditions[] = { "5xx",
                                              "gateway-error",
                                              "reset",
                                              "connect-failure",
                                              "envoy-ratelimited",
                                              "retriable-4xx",
                                              "refused-stream",
                                              "cancelled",
                                              "deadline-exceeded",
                                              "internal",
                                              "resource-exhausted",
                                              "unavailable" };
    if (d->prefix_rewrite.n > 0 && !may_rewrite)
        return why_set(at->why, ERR_INVALID,
                       "Route[%zu] cannot make use of PrefixRewrite without configuring either "
                       "PathExact or PathPrefix",
                       at->route);
    for (size_t i = 0; i < d->retry_on.n; i++) {
        bool is_known = false;
        for (size_t k = 0; k < ARRAY_LEN(conditions); k++)
            is_known = is_known || bytes_is(d->retry_on.all[i], conditions[k]);
        if (!is_known)
            return why_set(at->why, ERR_INVALID,
                           "Route[%zu] contains an invalid retry condition: %s", at->route,
                           config_entry_quoted(d->retry_on.all[i], at->arena));
    }
    return OK;
}

static enum err check_route(const struct entry_route *route, const struct at *at)
{
    const struct entry_http_match *http = route->match == NULL ? NULL : route->match->http;
    enum err e = OK;
    if (http != NULL) {
        e = check_path(http, at);
        if (e == OK)
            e = check_headers(http, at);
        if (e == OK)
            e = check_params(http, at);
        if (e == OK)
            e = check_methods(http, at);
    }
    bool may_rewrite = http != NULL && (http->path_exact.n > 0 || http->path_prefix.n > 0);
    if (e == OK && route->destination != NULL)
        e = check_destination(route->destination, may_rewrite, at);
    return e;
}

enum err config_entry_check_router(const struct config_entry *entry, struct arena *arena,
                                   struct why *why)
{
    const struct entry_route *all = entry->router.routes.all;
    for (size_t i = 0; i < entry->router.routes.n; i++) {
        const struct at at = { .route = i, .arena = arena, .why = why };
        enum err e = check_route(&all[i], &at);
        if (e != OK)
            return e;
    }
    return OK;
}

/* Consul's order: the first place that names a token wins; flags count by being there. */
#include <string.h>

#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "wire/duration.h"
#include "wire/go_text.h"

static bool has_scheme(struct bytes text, const char *scheme, struct bytes *ret_rest)
{
    size_t n = strlen(scheme);
    if (text.n <= n || !text_eq_nocase(bytes_of(text.p, n), bytes_str(scheme)) || text.p[n] != ' ')
        return false;
    *ret_rest = bytes_skip(text, n + 1);
    while (ret_rest->n > 0 && ret_rest->p[0] == ' ')
        *ret_rest = bytes_skip(*ret_rest, 1);
    return true;
}

static struct bytes read_token(struct consul_call *c)
{
    struct bytes token;
    if (consul_param(c, "token", &token) && token.n > 0)
        return token;
    token = http_header(c->request, "x-consul-token");
    if (token.n > 0)
        return token;
    if (has_scheme(http_header(c->request, "authorization"), "bearer", &token))
        return token;
    return bytes_str("");
}

/* -- where ------------------------------------------------------------------------------------ */

/* Namespaces and partitions are the Enterprise edition's, but for their default. */
static bool is_plain(struct consul_call *c, const char *what, const char *name, struct bytes value,
                     const char *feature)
{
    if (value.n == 0 || text_eq_nocase(value, bytes_str("default")))
        return true;
    consul_refuse_text(c, 400, "Invalid %s: \"%s\" - %s a Consul Enterprise feature", what, name,
                       feature);
    return false;
}

static bool check_enterprise(struct consul_call *c)
{
    struct bytes ns, partition;
    if (!consul_param(c, "ns", &ns))
        ns = bytes_str("");
    if (!consul_param(c, "partition", &partition))
        partition = bytes_str("");
    return is_plain(c, "query parameter", "ns", ns, "Namespaces are") &&
           is_plain(c, "query parameter", "partition", partition, "Partitions are") &&
           is_plain(c, "header", "X-Consul-Namespace",
                    http_header(c->request, "x-consul-namespace"), "Namespaces are") &&
           is_plain(c, "header", "X-Consul-Partition",
                    http_header(c->request, "x-consul-partition"), "Partitions are");
}

static bool check_datacenter(struct consul_call *c)
{
    struct bytes dc;
    if (!consul_param(c, "dc", &dc) && !consul_param(c, "datacenter", &dc))
        return true;
    if (dc.n == 0 || bytes_is(dc, c->face->self.datacenter))
        return true;
    consul_refuse(c, CONSUL_NO_PATH);
    return false;
}

/* -- how fresh -------------------------------------------------------------------------------- */

/* "max-age=5, must-revalidate, stale-if-error=30": nothing is cached here, but it must be one. */
static bool is_cache_control(struct bytes header)
{
    static const char *const counted[] = { "max-age", "stale-if-error" };
    while (header.n > 0) {
        const uint8_t *comma = memchr(header.p, ',', header.n);
        struct bytes part =
            bytes_of(header.p, comma == NULL ? header.n : (size_t)(comma - header.p));
        header = bytes_skip(header, part.n + 1);
        while (part.n > 0 && part.p[0] == ' ')
            part = bytes_skip(part, 1);
        for (size_t i = 0; i < ARRAY_LEN(counted); i++) {
            uint64_t seconds;
            struct bytes name = bytes_str(counted[i]);
            if (bytes_starts(part, name) && part.n > name.n && part.p[name.n] == '=' &&
                !text_u64(bytes_skip(part, name.n + 1), &seconds))
                return false;
        }
    }
    return true;
}

static bool read_level(struct consul_call *c)
{
    struct consul_params *p = &c->params;
    struct bytes max_stale;
    int64_t ns;
    bool stale = consul_param_is_given(c, "stale");
    bool consistent = consul_param_is_given(c, "consistent");
    p->cached = consul_param_is_given(c, "cached");
    if (consul_param(c, "max_stale", &max_stale) && max_stale.n > 0) {
        if (duration_parse(max_stale, &ns) != OK) {
            consul_refuse_text(c, 400, "Invalid max_stale value %s", consul_quoted(c, max_stale));
            return false;
        }
        stale = true; /* nobody is behind while the member is alone */
    }
    if (stale && consistent)
        consul_refuse(c, CONSUL_BAD_LEVELS);
    else if (p->cached && consistent)
        consul_refuse(c, CONSUL_BAD_CACHED);
    else if (p->cached && !is_cache_control(http_header(c->request, "cache-control")))
        consul_refuse(c, CONSUL_BAD_CACHE_CONTROL);
    else
        p->level = stale        ? CONSUL_LEVEL_STALE
                   : consistent ? CONSUL_LEVEL_CONSISTENT
                                : CONSUL_LEVEL_LEADER;
    return !c->is_answered;
}

/* -- how long --------------------------------------------------------------------------------- */

uint64_t consul_wait_ms(const struct consul_options *o, int64_t asked_ns, uint64_t random)
{
    uint64_t ms = asked_ns > 0 ? (uint64_t)asked_ns / 1000000 : o->default_query_ms;
    ms = ms < 1 ? 1 : ms > o->max_query_ms ? o->max_query_ms : ms;
    return ms + random % (ms / 16 + 1);
}

static bool read_wait(struct consul_call *c, uint64_t *ret_ms)
{
    struct bytes text;
    int64_t ns = 0;
    if (consul_param(c, "wait", &text) && text.n > 0 && duration_parse(text, &ns) != OK)
        return false;
    *ret_ms = consul_wait_ms(&c->face->options, ns, consul_random(c->face));
    return true;
}

static bool read_blocking(struct consul_call *c)
{
    struct bytes text;
    if (consul_param(c, "index", &text) && text.n > 0 && !text_u64(text, &c->params.index)) {
        consul_refuse(c, CONSUL_BAD_INDEX);
        return false;
    }
    if (!read_wait(c, &c->params.wait_ms)) {
        consul_refuse(c, CONSUL_BAD_WAIT);
        return false;
    }
    return true;
}

/* -- what ------------------------------------------------------------------------------------- */

static void read_selection(struct consul_call *c)
{
    struct consul_params *p = &c->params;
    struct bytes value;
    if (!consul_param(c, "near", &p->near))
        p->near = bytes_str("");
    p->of_peer = consul_param(c, "peer", &value) && value.n > 0;
    if (!consul_param(c, "filter", &p->filter))
        p->filter = bytes_str("");
    while (http_query_get(c->request, "node-meta", p->node_meta_n, &value))
        p->node_meta_n++;
    p->node_meta = arena_zalloc(consul_arena(c), p->node_meta_n, sizeof *p->node_meta);
    for (size_t i = 0; i < p->node_meta_n; i++) {
        http_query_get(c->request, "node-meta", i, &value);
        const uint8_t *colon = value.n > 0 ? memchr(value.p, ':', value.n) : NULL;
        size_t n = colon == NULL ? value.n : (size_t)(colon - value.p);
        p->node_meta[i] = (struct consul_pair){ bytes_of(value.p, n), bytes_skip(value, n + 1) };
    }
}

bool consul_params_read(struct consul_call *c)
{
    c->params.token = read_token(c);
    c->params.pretty = c->face->options.always_pretty || consul_param_is_given(c, "pretty");
    if (!check_enterprise(c))
        return false;
    read_selection(c);
    if ((c->route->flags & CONSUL_LOCAL) == 0 && !check_datacenter(c))
        return false;
    if ((c->route->flags & CONSUL_INDEXED) != 0 && !read_level(c))
        return false;
    return (c->route->flags & CONSUL_BLOCKS) == 0 || read_blocking(c);
}

/* Member by member: what is decided here is written anew, the rest as it stands. */
#include "traffic/central.h"

#include "base/compiler.h"
#include "wire/json_tree.h"

enum { MERGED_MAX = 4 * 1024 * 1024 };

struct merge {
    const struct json_node *own; /* the proxy; NULL: it says nothing */
    const struct entry_defaults *defaults;
    const struct entry_proxy *proxies;
    struct json_writer *j;
};

static const struct json_node *member(const struct json_node *of, const char *name)
{
    if (of == NULL || of->kind != JSON_NODE_OBJECT)
        return NULL;
    for (const struct json_node *each = of->first; each != NULL; each = each->next)
        if (shape_name_is(each->name, name))
            return each;
    return NULL;
}

static bool says(const struct json_node *node)
{
    if (node == NULL || node->kind == JSON_NODE_NULL)
        return false;
    if (node->kind == JSON_NODE_BOOL)
        return node->truth;
    if (node->kind == JSON_NODE_STRING)
        return node->text.n > 0;
    if (node->kind == JSON_NODE_NUMBER)
        return !bytes_is(node->text, "0");
    return node->first != NULL;
}

/* The first of them that says something, else NULL. */
static const struct json_node *first_of(const struct json_node *a, const struct json_node *b,
                                        const struct json_node *c)
{
    return says(a) ? a : says(b) ? b : says(c) ? c : NULL;
}

static void put_member(const struct merge *m, const char *name, const struct json_node *node)
{
    if (node == NULL)
        return;
    json_put_name(m->j, name);
    json_put_node(m->j, node);
}

/* -- members ---------------------------------------------------------------------------------- */

static void put_text(const struct merge *m, const char *name, struct bytes of_defaults,
                     struct bytes of_proxies, bool always)
{
    const struct json_node *own = member(m->own, name);
    if (says(own))
        put_member(m, name, own);
    else if (of_defaults.n > 0 || of_proxies.n > 0 || always)
        json_add_string(m->j, name, of_defaults.n > 0 ? of_defaults : of_proxies);
}

static struct bytes mode_of(const struct entry_gateway *gateway)
{
    return gateway == NULL ? bytes_str("") : gateway->mode;
}

static void put_gateway(const struct merge *m)
{
    const struct json_node *own = member(member(m->own, "MeshGateway"), "Mode");
    struct bytes mode = mode_of(m->defaults->mesh_gateway);
    if (mode.n == 0)
        mode = mode_of(m->proxies->mesh_gateway);
    if (says(own))
        mode = own->text;
    json_add_object(m->j, "MeshGateway");
    if (mode.n > 0)
        json_add_string(m->j, "Mode", mode);
    json_close_object(m->j);
}

/* An object of which each member is the first that says something. */
static void put_parts(const struct merge *m, const char *name, const struct json_node *of_defaults,
                      const struct json_node *of_proxies, const char *const *parts, size_t n,
                      bool always)
{
    const struct json_node *own = member(m->own, name);
    bool is_open = always;
    if (always)
        json_add_object(m->j, name);
    for (size_t i = 0; i < n; i++) {
        const struct json_node *part = first_of(
            member(own, parts[i]), member(of_defaults, parts[i]), member(of_proxies, parts[i]));
        if (part == NULL)
            continue;
        if (!is_open)
            json_add_object(m->j, name);
        is_open = true;
        put_member(m, parts[i], part);
    }
    if (is_open)
        json_close_object(m->j);
}

/* -- the map that Envoy is given -------------------------------------------------------------- */

static bool is_said_by_defaults(const struct entry_defaults *d, struct bytes name)
{
    const struct {
        const char *name;
        bool is_said;
    } all[] = { { "protocol", d->protocol.n > 0 },
                { "balance_inbound_connections", d->balance_inbound_connections.n > 0 },
                { "max_inbound_connections", d->max_inbound_connections > 0 },
                { "local_connect_timeout_ms", d->local_connect_timeout_ms > 0 },
                { "local_request_timeout_ms", d->local_request_timeout_ms > 0 } };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (bytes_is(name, all[i].name))
            return all[i].is_said;
    return false;
}

/* By its very name: the map is the proxy's own affair. */
static bool has(const struct json_node *map, struct bytes name)
{
    const struct json_node *each = map == NULL || map->kind != JSON_NODE_OBJECT ? NULL : map->first;
    while (each != NULL && !bytes_eq(each->name, name))
        each = each->next;
    return each != NULL;
}

static void put_said(const struct merge *m, const struct json_node *own)
{
    const struct entry_defaults *d = m->defaults;
    const struct {
        const char *name;
        int64_t number;
        struct bytes text;
    } all[] = { { "protocol", 0, d->protocol },
                { "balance_inbound_connections", 0, d->balance_inbound_connections },
                { "max_inbound_connections", d->max_inbound_connections, { 0 } },
                { "local_connect_timeout_ms", d->local_connect_timeout_ms, { 0 } },
                { "local_request_timeout_ms", d->local_request_timeout_ms, { 0 } } };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (has(own, bytes_str(all[i].name)))
            continue;
        if (all[i].text.n > 0)
            json_add_string(m->j, all[i].name, all[i].text);
        else if (all[i].number > 0)
            json_add_int(m->j, all[i].name, all[i].number);
    }
}

static void put_config(const struct merge *m)
{
    const struct json_node *own = member(m->own, "Config");
    const struct json_node *all = m->proxies->config;
    json_add_object(m->j, "Config");
    const struct json_node *each = says(own) && own->kind == JSON_NODE_OBJECT ? own->first : NULL;
    for (; each != NULL; each = each->next) {
        json_put_name_bytes(m->j, each->name);
        json_put_node(m->j, each);
    }
    put_said(m, own);
    each = all != NULL && all->kind == JSON_NODE_OBJECT ? all->first : NULL;
    for (; each != NULL; each = each->next) {
        if (has(own, each->name) || is_said_by_defaults(m->defaults, each->name))
            continue;
        json_put_name_bytes(m->j, each->name);
        json_put_node(m->j, each);
    }
    json_close_object(m->j);
}

/* Those of all proxies, then those of the service; what the proxy was registered with counts for
 * nothing. */
static void put_extensions(const struct merge *m)
{
    const struct json_node *lists[] = { m->proxies->envoy_extensions,
                                        m->defaults->envoy_extensions };
    if (!says(lists[0]) && !says(lists[1]))
        return;
    json_add_array(m->j, "EnvoyExtensions");
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        bool is_list = says(lists[i]) && lists[i]->kind == JSON_NODE_ARRAY;
        for (const struct json_node *e = is_list ? lists[i]->first : NULL; e != NULL; e = e->next)
            json_put_node(m->j, e);
    }
    json_close_array(m->j);
}

/* -- the whole -------------------------------------------------------------------------------- */

static void put_rest(const struct merge *m)
{
    static const char *const merged[] = { "EnvoyExtensions", "Mode",      "Config",
                                          "MeshGateway",     "Expose",    "TransparentProxy",
                                          "MutualTLSMode",   "AccessLogs" };
    for (const struct json_node *each = m->own == NULL ? NULL : m->own->first; each != NULL;
         each = each->next) {
        bool is_merged = false;
        for (size_t i = 0; i < ARRAY_LEN(merged); i++)
            is_merged = is_merged || shape_name_is(each->name, merged[i]);
        if (is_merged)
            continue;
        json_put_name_bytes(m->j, each->name);
        json_put_node(m->j, each);
    }
}

static void put_all(const struct merge *m)
{
    static const char *const expose[] = { "Checks", "Paths" };
    static const char *const transparent[] = { "OutboundListenerPort", "DialedDirectly" };
    const struct json_node *logs = member(m->own, "AccessLogs");
    json_open_object(m->j);
    put_rest(m);
    put_text(m, "Mode", m->defaults->mode, m->proxies->mode, true);
    put_config(m);
    put_gateway(m);
    put_parts(m, "Expose", m->defaults->expose, m->proxies->expose, expose, ARRAY_LEN(expose),
              true);
    put_parts(m, "TransparentProxy", m->defaults->transparent_proxy, m->proxies->transparent_proxy,
              transparent, ARRAY_LEN(transparent), false);
    put_text(m, "MutualTLSMode", m->defaults->mutual_tls_mode, m->proxies->mutual_tls_mode, false);
    put_member(m, "AccessLogs", first_of(logs, m->proxies->access_logs, NULL));
    put_extensions(m);
    json_close_object(m->j);
}

enum err central_merge(struct bytes proxy, const struct entry_defaults *defaults,
                       const struct entry_proxy *proxies, struct arena *arena, struct bytes *ret)
{
    static const struct entry_defaults no_defaults;
    static const struct entry_proxy no_proxies;
    struct buf out;
    struct json_writer j;
    struct merge m = { .defaults = defaults == NULL ? &no_defaults : defaults,
                       .proxies = proxies == NULL ? &no_proxies : proxies,
                       .j = &j };
    enum err e = proxy.n == 0 ? OK : json_read(proxy, arena, &m.own, NULL);
    if (e == OK && m.own != NULL && m.own->kind != JSON_NODE_OBJECT)
        e = ERR_MALFORMED;
    if (e != OK)
        return e;
    buf_init(&out, MERGED_MAX);
    json_init(&j, &out);
    put_all(&m);
    e = buf_err(&out);
    if (e == OK)
        *ret = arena_dup(arena, buf_bytes(&out));
    buf_fini(&out);
    return e;
}

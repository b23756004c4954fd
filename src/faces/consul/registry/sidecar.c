/* A proxy registered with its service: what is not said of it follows from that. */
#include "base/text.h"
#include "faces/consul/registry/sidecar.h"
#include "faces/consul/rows/proxy.h"
#include "wire/json_tree.h"

enum { PORT_FIRST = 21000, PORT_LAST = 21255, PROXY_MAX = 64 * 1024 };

struct bytes consul_sidecar_id(struct bytes id, struct arena *arena)
{
    return bytes_str(arena_printf(arena, "%.*s-sidecar-proxy", (int)id.n, (const char *)id.p));
}

enum err consul_sidecar_find(const struct consul_registration *parent, struct arena *arena,
                             struct consul_registration **ret, struct why *why)
{
    const struct json_node *node = consul_member(parent->body.connect, "SidecarService");
    *ret = NULL;
    if (node == NULL || node->kind == JSON_NODE_NULL)
        return OK;
    struct consul_registration *sidecar = arena_zalloc(arena, 1, sizeof *sidecar);
    struct why inner = { 0 };
    if (json_bind(node, &consul_service_shape, arena, &sidecar->body, &inner) != OK)
        return why_set(why, ERR_INVALID, "Request decode failed: %s", inner.text);
    sidecar->replaces_checks = parent->replaces_checks;
    sidecar->runs_scripts = parent->runs_scripts;
    *ret = sidecar;
    return OK;
}

/* -- a port -------------------------------------------------------------------------------------
 */

static bool is_taken(const struct consul_service_list *list, int port)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->all[i].port == port)
            return true;
    return false;
}

/* The one it has already, or the lowest that is free. */
static enum err choose_port(struct consul_service_body *b, const struct consul_service_list *list,
                            struct why *why)
{
    for (size_t i = 0; i < list->n; i++)
        if (text_eq_nocase(list->all[i].id, b->id))
            b->port = list->all[i].port;
    for (int port = PORT_FIRST; b->port == 0 && port <= PORT_LAST; port++)
        if (!is_taken(list, port))
            b->port = port;
    if (b->port == 0)
        return why_set(why, ERR_INVALID,
                       "Invalid SidecarService: none left for port allocation: %d to %d are taken",
                       PORT_FIRST, PORT_LAST);
    return OK;
}

/* -- its proxy ----------------------------------------------------------------------------------
 */

static bool is_derived(struct bytes name)
{
    static const char *const names[] = { "DestinationServiceName", "DestinationServiceID",
                                         "LocalServiceAddress", "LocalServicePort" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (text_eq_nocase(name, bytes_str(names[i])))
            return true;
    return false;
}

/* What was said of the proxy, and where it leads. */
static enum err make_proxy(struct consul_service_body *b, const struct consul_service_body *parent,
                           struct arena *arena, struct why *why)
{
    struct buf text;
    struct json_writer j;
    buf_init(&text, PROXY_MAX);
    json_init(&j, &text);
    json_open_object(&j);
    json_add_string(&j, "DestinationServiceName", parent->name);
    json_add_string(&j, "DestinationServiceID", parent->id);
    json_add_str(&j, "LocalServiceAddress", "127.0.0.1");
    json_add_int(&j, "LocalServicePort", parent->port);
    const struct json_node *at =
        b->proxy != NULL && b->proxy->kind == JSON_NODE_OBJECT ? b->proxy->first : NULL;
    for (; at != NULL; at = at->next) {
        if (is_derived(at->name))
            continue;
        json_put_name_bytes(&j, at->name);
        json_put_node(&j, at);
    }
    json_close_object(&j);
    enum err e = buf_err(&text);
    if (e == OK)
        e = json_read(buf_bytes(&text), arena, &b->proxy, NULL);
    buf_fini(&text);
    return e == OK ? OK : why_set(why, ERR_INVALID, "Invalid SidecarService: Proxy is too large");
}

static void add_checks(struct consul_service_body *b, const struct consul_service_body *parent,
                       struct arena *arena)
{
    struct consul_check_body *checks = arena_zalloc(arena, 2, sizeof *checks);
    struct bytes address = b->address.n > 0 ? b->address : bytes_str("127.0.0.1");
    checks[0].name = bytes_str("Connect Sidecar Listening");
    checks[0].tcp = bytes_str(
        arena_printf(arena, "%.*s:%d", (int)address.n, (const char *)address.p, (int)b->port));
    checks[0].interval_ns = INT64_C(10000000000);
    checks[1].name = bytes_str(arena_printf(arena, "Connect Sidecar Aliasing %.*s",
                                            (int)parent->id.n, (const char *)parent->id.p));
    checks[1].alias_service = parent->id;
    b->checks = (struct json_structs){ .all = checks, .n = 2 };
}

enum err consul_sidecar_make(struct consul_registration *sidecar,
                             const struct consul_registration *parent,
                             const struct consul_service_list *list, struct arena *arena,
                             struct why *why)
{
    struct consul_service_body *b = &sidecar->body;
    const struct consul_service_body *of = &parent->body;
    b->id = consul_sidecar_id(of->id, arena);
    if (b->name.n == 0)
        b->name = consul_sidecar_id(of->name, arena);
    if (b->tags.all == NULL)
        b->tags = of->tags;
    if (b->meta.all == NULL)
        b->meta = of->meta;
    b->kind = bytes_str("connect-proxy");
    enum err e = b->port == 0 ? choose_port(b, list, why) : OK;
    if (e == OK)
        e = make_proxy(b, of, arena, why);
    if (e != OK)
        return e;
    if (b->check == NULL && b->checks.n == 0)
        add_checks(b, of, arena);
    e = consul_registration_make(sidecar, arena, why);
    sidecar->instance.extras.is_sidecar = true;
    return e;
}

/* What is named first, then what "*" adds. */
#include "traffic/gateway.h"

#include <stdlib.h>

#include "base/text.h"

static bool is_any(struct bytes service)
{
    return bytes_is(service, "*");
}

/* How many services the entry names; *ret_any: how many times it says "*". */
static size_t count(const struct config_entry *entry, size_t *ret_any)
{
    size_t n = 0;
    *ret_any = 0;
    if (entry->kind == ENTRY_TERMINATING_GATEWAY) {
        const struct entry_linked *linked = entry->terminating.services.all;
        for (size_t i = 0; i < entry->terminating.services.n; i++, n++)
            *ret_any += is_any(linked[i].name);
        return n;
    }
    const struct entry_ingress_listener *listeners = entry->ingress.listeners.all;
    for (size_t i = 0; i < entry->ingress.listeners.n; i++) {
        const struct entry_ingress_service *services = listeners[i].services.all;
        for (size_t k = 0; k < listeners[i].services.n; k++, n++)
            *ret_any += is_any(services[k].name);
    }
    return n;
}

bool gateway_has_wildcard(const struct config_entry *entry)
{
    size_t any;
    count(entry, &any);
    return any > 0;
}

/* -- one by one ------------------------------------------------------------------------------- */

static struct gateway_binding bind_linked(const struct config_entry *entry,
                                          const struct entry_linked *s)
{
    return (struct gateway_binding){ .gateway = entry->name,
                                     .service = s->name,
                                     .kind = entry->kind,
                                     .ca_file = s->ca_file,
                                     .cert_file = s->cert_file,
                                     .key_file = s->key_file,
                                     .sni = s->sni,
                                     .rewrites_host = !s->keeps_host };
}

static struct gateway_binding bind_listener(const struct config_entry *entry,
                                            const struct entry_ingress_listener *l,
                                            const struct entry_ingress_service *s)
{
    return (struct gateway_binding){ .gateway = entry->name,
                                     .service = s->name,
                                     .kind = entry->kind,
                                     .port = l->port,
                                     .protocol = l->protocol,
                                     .hosts = s->hosts };
}

static bool is_among(const struct gateway_binding *named, size_t n, struct bytes service,
                     int64_t port)
{
    for (size_t i = 0; i < n; i++)
        if (named[i].port == port && text_eq_nocase(named[i].service, service))
            return true;
    return false;
}

static bool takes(const struct gateway_binding *any, const struct gateway_service *s,
                  const struct chain_source *source, struct arena *arena)
{
    if (bytes_is(s->name, "consul"))
        return false;
    if (any->kind == ENTRY_TERMINATING_GATEWAY)
        return s->outside;
    return s->in_mesh && bytes_eq(chain_protocol(source, s->name, arena), any->protocol);
}

static int compare(const void *a, const void *b)
{
    const struct gateway_binding *x = a, *y = b;
    int order = bytes_cmp(x->service, y->service);
    return order != 0 ? order : x->port < y->port ? -1 : x->port > y->port;
}

/* -- all -------------------------------------------------------------------------------------- */

/* As the entry has them; with "*" itself in ANY. */
static void bind_named(const struct config_entry *entry, struct gateway_bindings *named,
                       struct gateway_bindings *any)
{
    const struct entry_linked *linked = entry->terminating.services.all;
    const struct entry_ingress_listener *listeners = entry->ingress.listeners.all;
    if (entry->kind == ENTRY_TERMINATING_GATEWAY) {
        for (size_t i = 0; i < entry->terminating.services.n; i++) {
            struct gateway_bindings *into = is_any(linked[i].name) ? any : named;
            into->all[into->n++] = bind_linked(entry, &linked[i]);
        }
        return;
    }
    for (size_t i = 0; i < entry->ingress.listeners.n; i++) {
        const struct entry_ingress_service *services = listeners[i].services.all;
        for (size_t k = 0; k < listeners[i].services.n; k++) {
            struct gateway_bindings *into = is_any(services[k].name) ? any : named;
            into->all[into->n++] = bind_listener(entry, &listeners[i], &services[k]);
        }
    }
}

struct gateway_bindings gateway_bind(const struct config_entry *entry,
                                     const struct gateway_service *services, size_t n,
                                     const struct chain_source *source, struct arena *arena)
{
    size_t any_n, named_n = count(entry, &any_n);
    struct gateway_bindings any = { .all = arena_zalloc(arena, any_n + 1, sizeof *any.all) };
    struct gateway_bindings ret = { .all = arena_zalloc(arena, named_n + any_n * n + 1,
                                                        sizeof *ret.all) };
    bind_named(entry, &ret, &any);
    named_n = ret.n;
    for (size_t i = 0; i < any.n; i++) {
        for (size_t k = 0; k < n; k++) {
            if (!takes(&any.all[i], &services[k], source, arena) ||
                is_among(ret.all, named_n, services[k].name, any.all[i].port))
                continue;
            struct gateway_binding *b = &ret.all[ret.n++];
            *b = any.all[i];
            b->service = services[k].name;
            b->from_wildcard = true;
        }
    }
    if (ret.n > 0)
        qsort(ret.all, ret.n, sizeof *ret.all, compare);
    return ret;
}

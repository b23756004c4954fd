/* An entry that says "*" is asked for each service that there is, as its instances stand. */
#include "faces/consul/config/gateways.h"

#include "base/text.h"
#include "catalog/read.h"
#include "faces/consul/config/entries.h"
#include "faces/consul/rows/mesh.h"
#include "faces/consul/rows/proxies.h"
#include "faces/consul/rows/rows_core.h"

/* -- who there is ----------------------------------------------------------------------------- */

/* Counts the instances of SERVICE that speak the mesh's protocol themselves, and those that do not.
 * Neither proxies nor gateways are services of their own. */
static enum err look(const struct view *view, struct bytes service, struct arena *arena,
                     struct gateway_service *into)
{
    struct service_id id;
    struct service_rows rows;
    if (service_id_parse(bytes_str(CONSUL_NS), service, &id) != OK)
        return OK;
    enum err e = service_rows_read(view, &id, arena, &rows);
    if (e != OK)
        return e;
    struct instances all = instances_listed(FACE_CONSUL, &rows, arena);
    for (size_t i = 0; i < all.n && e == OK; i++) {
        struct consul_extras x = consul_extras_none();
        if (all.all[i].from->owner.face == FACE_CONSUL)
            e = consul_rows_damage(consul_extras_read(all.all[i].from->said.extras, arena, &x));
        if (e != OK)
            return e;
        if (consul_extras_are_native(&x))
            into->in_mesh = true;
        else if (x.kind.n == 0)
            into->outside = true;
    }
    return e;
}

/* Of a service with its own instances and its proxies, of which the service needs not be known. */
static enum err look_at(const struct view *view, struct bytes name, bool has_proxies,
                        struct arena *arena, struct gateway_service *ret)
{
    *ret = (struct gateway_service){ .name = name };
    enum err e = look(view, name, arena, ret);
    ret->in_mesh = ret->in_mesh || has_proxies;
    return e;
}

static enum err look_at_one(const struct view *view, struct bytes name, struct arena *arena,
                            struct gateway_service *ret)
{
    struct bytes *proxies;
    size_t n;
    enum err e = consul_proxies_of(view, name, arena, &proxies, &n);
    return e == OK ? look_at(view, name, n > 0, arena, ret) : e;
}

struct services_seen {
    struct gateway_service *all;
    size_t n;
};

static enum err look_at_all(const struct view *view, struct arena *arena, struct services_seen *ret)
{
    const struct consul_rows rows = { .view = view, .arena = arena };
    struct services services;
    struct consul_proxy_list proxies;
    enum err e = services_read(view, bytes_str(CONSUL_NS), arena, &services);
    if (e == OK)
        e = consul_proxies_read(view, arena, &proxies);
    if (e != OK)
        return e;
    ret->all = arena_zalloc(arena, services.n + 1, sizeof *ret->all);
    for (size_t i = 0; i < services.n && e == OK; i++) {
        const struct service_listed *s = &services.all[i];
        struct bytes name = consul_rows_word(&rows, s->id.group, s->id.name);
        if (s->state.publication_n > 0)
            e = look_at(view, name, consul_proxies_have(&proxies, name), arena,
                        &ret->all[ret->n++]);
    }
    return e;
}

/* -- what entries bind ------------------------------------------------------------------------ */

static void append(struct gateway_bindings *all, const struct gateway_bindings *more,
                   struct arena *arena)
{
    struct gateway_binding *both = arena_zalloc(arena, all->n + more->n + 1, sizeof *both);
    for (size_t i = 0; i < all->n; i++)
        both[i] = all->all[i];
    for (size_t i = 0; i < more->n; i++)
        both[all->n + i] = more->all[i];
    all->all = both;
    all->n += more->n;
}

static bool is_gateway(enum config_entry_kind kind)
{
    return kind == ENTRY_INGRESS_GATEWAY || kind == ENTRY_TERMINATING_GATEWAY;
}

enum err consul_gateway_bindings(const struct view *view, struct bytes gateway, struct arena *arena,
                                 struct gateway_bindings *ret)
{
    struct consul_entries all;
    struct services_seen seen = { .n = 0 };
    bool has_looked = false;
    *ret = (struct gateway_bindings){ .n = 0 };
    enum err e = consul_entries_read(view, ENTRY_KIND_N, arena, &all);
    if (e != OK)
        return e;
    const struct chain_source source = consul_entries_source(&all);
    for (size_t i = 0; i < all.n; i++) {
        if (!is_gateway(all.all[i].kind) || (gateway.n > 0 && !bytes_eq(all.all[i].name, gateway)))
            continue;
        const struct config_entry *entry = consul_entry_decode(&all, &all.all[i]);
        if (entry != NULL && gateway_has_wildcard(entry) && !has_looked) {
            e = look_at_all(view, arena, &seen);
            has_looked = true;
        }
        if (e != OK || entry == NULL)
            return e == OK ? all.err : e;
        struct gateway_bindings more = gateway_bind(entry, seen.all, seen.n, &source, arena);
        append(ret, &more, arena);
    }
    return all.err;
}

static bool binds(const struct gateway_bindings *b, struct bytes service)
{
    for (size_t i = 0; i < b->n; i++)
        if (text_eq_nocase(b->all[i].service, service))
            return true;
    return false;
}

enum err consul_gateways_of(const struct view *view, enum config_entry_kind kind,
                            struct bytes service, struct arena *arena, struct consul_gateways *ret)
{
    struct consul_entries all;
    struct gateway_service seen;
    bool has_looked = false;
    *ret = (struct consul_gateways){ .n = 0 };
    enum err e = consul_entries_read(view, ENTRY_KIND_N, arena, &all);
    if (e != OK)
        return e;
    const struct chain_source source = consul_entries_source(&all);
    ret->all = arena_zalloc(arena, all.n + 1, sizeof *ret->all);
    for (size_t i = 0; i < all.n && e == OK; i++) {
        const struct config_entry *entry =
            all.all[i].kind == kind ? consul_entry_decode(&all, &all.all[i]) : NULL;
        if (entry == NULL)
            continue;
        if (gateway_has_wildcard(entry) && !has_looked) {
            e = look_at_one(view, service, arena, &seen);
            has_looked = true;
        }
        struct gateway_bindings b = gateway_bind(entry, &seen, has_looked, &source, arena);
        if (e == OK && binds(&b, service))
            ret->all[ret->n++] = entry->name;
    }
    return e == OK ? all.err : e;
}

bool consul_gateways_have(const struct consul_gateways *gateways, enum config_entry_kind kind,
                          const struct consul_service *s)
{
    if (!bytes_is(s->extras.kind, config_entry_kind_name(kind)))
        return false;
    for (size_t i = 0; i < gateways->n; i++)
        if (text_eq_nocase(gateways->all[i], s->name))
            return true;
    return false;
}

/* Which services a write touches, and whether their chains still compile.
 *
 * A service is touched if it is the entry's own, or if an entry of it names one that is touched. */
#include <stdlib.h>

#include "faces/consul/config/entries_write.h"
#include "traffic/config_entry_text.h"

struct names { /* services that have entries of the chain, and the one that is written */
    struct touched {
        struct bytes name;
        bool is_touched;
    } * all; /* sorted, once each */
    size_t n;
    struct touched **queue; /* those that are touched */
    size_t queue_n;
};

static bool is_of_chain(enum config_entry_kind kind)
{
    return kind == ENTRY_SERVICE_ROUTER || kind == ENTRY_SERVICE_SPLITTER ||
           kind == ENTRY_SERVICE_RESOLVER;
}

static int by_name(const void *a, const void *b)
{
    return bytes_cmp(((const struct touched *)a)->name, ((const struct touched *)b)->name);
}

static struct names gather(const struct consul_entries *all)
{
    struct names names = { .all = arena_zalloc(all->arena, all->n + 1, sizeof *names.all) };
    size_t n = 0;
    names.all[n++].name = all->pending->name;
    for (size_t i = 0; i < all->n; i++)
        if (is_of_chain(all->all[i].kind))
            names.all[n++].name = all->all[i].name;
    qsort(names.all, n, sizeof *names.all, by_name);
    for (size_t i = 0; i < n; i++)
        if (names.n == 0 || !bytes_eq(names.all[names.n - 1].name, names.all[i].name))
            names.all[names.n++] = names.all[i];
    return names;
}

static struct touched *find(struct names *names, struct bytes name)
{
    const struct touched wish = { .name = name };
    return bsearch(&wish, names->all, names->n, sizeof wish, by_name);
}

/* -- who names whom -----------------------------------------------------------------------------
 */

static bool is_touched(struct names *names, struct bytes service)
{
    struct touched *t = service.n == 0 ? NULL : find(names, service);
    return t != NULL && t->is_touched;
}

static bool router_names(const struct entry_router *r, struct names *names)
{
    const struct entry_route *routes = r->routes.all;
    for (size_t i = 0; i < r->routes.n; i++)
        if (routes[i].destination != NULL && is_touched(names, routes[i].destination->service))
            return true;
    return false;
}

static bool splitter_names(const struct entry_splitter *s, struct names *names)
{
    const struct entry_split *splits = s->splits.all;
    for (size_t i = 0; i < s->splits.n; i++)
        if (is_touched(names, splits[i].service))
            return true;
    return false;
}

static bool resolver_names(const struct entry_resolver *r, struct names *names)
{
    const struct entry_failover *failover = r->failover.all;
    if (r->redirect != NULL && is_touched(names, r->redirect->service))
        return true;
    for (size_t i = 0; i < r->failover.n; i++) {
        const struct entry_failover_target *targets = failover[i].targets.all;
        if (is_touched(names, failover[i].service))
            return true;
        for (size_t k = 0; k < failover[i].targets.n; k++)
            if (is_touched(names, targets[k].service))
                return true;
    }
    return false;
}

static bool names_touched(const struct config_entry *entry, struct names *names)
{
    if (entry->kind == ENTRY_SERVICE_ROUTER)
        return router_names(&entry->router, names);
    if (entry->kind == ENTRY_SERVICE_SPLITTER)
        return splitter_names(&entry->splitter, names);
    return entry->kind == ENTRY_SERVICE_RESOLVER && resolver_names(&entry->resolver, names);
}

static void touch(struct names *names, struct touched *t)
{
    t->is_touched = true;
    names->queue[names->queue_n++] = t;
}

/* All entries that name NAME. Only those whose JSON holds it need to be decoded. */
static void spread_from(struct consul_entries *all, struct names *names, struct bytes name)
{
    struct buf quoted;
    buf_init(&quoted, 8 * OBJECT_NAME_MAX);
    buf_put_u8(&quoted, '"');
    json_escape(&quoted, name);
    buf_put_u8(&quoted, '"');
    for (size_t i = 0; i < all->n; i++) {
        struct consul_entry *one = &all->all[i];
        if (!is_of_chain(one->kind) || memmem(one->json.p, one->json.n, quoted.p, quoted.n) == NULL)
            continue;
        struct touched *own = find(names, one->name);
        const struct config_entry *entry = own->is_touched ? NULL : consul_entry_decode(all, one);
        if (entry != NULL && names_touched(entry, names))
            touch(names, own);
    }
    buf_fini(&quoted);
}

static void spread(struct consul_entries *all, struct names *names)
{
    names->queue = arena_zalloc(all->arena, names->n, sizeof(void *));
    touch(names, find(names, all->pending->name));
    for (size_t i = 0; i < names->queue_n; i++)
        spread_from(all, names, names->queue[i]->name);
}

/* -- checking -----------------------------------------------------------------------------------
 */

static enum err check_chain(struct consul_entries *all, struct bytes service,
                            struct bytes datacenter, struct why *why)
{
    const struct chain_source source = consul_entries_source(all);
    const struct chain_request request = { .service = service,
                                           .datacenter = datacenter,
                                           .trust_domain = bytes_str("check.consul") };
    struct chain chain;
    return chain_compile(&request, &source, all->arena, &chain, why);
}

static bool has_permissions(const struct config_entry *entry)
{
    const struct entry_source *sources = entry->intentions.sources.all;
    for (size_t i = 0; i < entry->intentions.sources.n; i++)
        if (sources[i].permissions.n > 0)
            return true;
    return false;
}

/* Permissions speak of requests: their service must have some. */
static enum err check_permissions(struct consul_entries *all, struct bytes service, struct why *why)
{
    const struct chain_source source = consul_entries_source(all);
    const struct config_entry *entry = source.find(source.ctx, ENTRY_SERVICE_INTENTIONS, service);
    if (entry == NULL || !has_permissions(entry))
        return OK;
    struct bytes protocol = chain_protocol(&source, service, all->arena);
    return chain_protocol_routes(protocol)
               ? OK
               : why_set(why, ERR_INVALID,
                         "service %s has protocol %s, which is incompatible with L7 intentions "
                         "permissions",
                         config_entry_quoted(service, all->arena),
                         config_entry_quoted(protocol, all->arena));
}

static enum err check_all_permissions(struct consul_entries *all, struct why *why)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < all->n; i++)
        if (all->all[i].kind == ENTRY_SERVICE_INTENTIONS)
            e = check_permissions(all, all->all[i].name, why);
    return e;
}

static enum err check_listener(struct consul_entries *all, const struct entry_ingress_listener *l,
                               struct why *why)
{
    const struct chain_source source = consul_entries_source(all);
    const struct entry_ingress_service *services = l->services.all;
    for (size_t i = 0; i < l->services.n; i++) {
        struct bytes protocol = chain_protocol(&source, services[i].name, all->arena);
        if (!bytes_is(services[i].name, "*") && !bytes_eq(protocol, l->protocol))
            return why_set(why, ERR_INVALID,
                           "service %s has protocol %s, which is incompatible with defined "
                           "listener protocol %s",
                           config_entry_quoted(services[i].name, all->arena),
                           config_entry_quoted(protocol, all->arena),
                           config_entry_quoted(l->protocol, all->arena));
    }
    return OK;
}

/* What an ingress leads to speaks what its listener does. */
static enum err check_ingress(struct consul_entries *all, struct bytes gateway, struct why *why)
{
    const struct chain_source source = consul_entries_source(all);
    const struct config_entry *entry = source.find(source.ctx, ENTRY_INGRESS_GATEWAY, gateway);
    const struct entry_ingress_listener *listeners =
        entry == NULL ? NULL : entry->ingress.listeners.all;
    enum err e = OK;
    for (size_t i = 0; entry != NULL && e == OK && i < entry->ingress.listeners.n; i++)
        e = check_listener(all, &listeners[i], why);
    return e;
}

static enum err check_all_ingresses(struct consul_entries *all, struct why *why)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < all->n; i++)
        if (all->all[i].kind == ENTRY_INGRESS_GATEWAY)
            e = check_ingress(all, all->all[i].name, why);
    return e;
}

enum err consul_entries_check(struct consul_entries *all, struct bytes datacenter, struct why *why)
{
    enum config_entry_kind kind = all->pending->kind;
    bool is_for_all = kind == ENTRY_PROXY_DEFAULTS;
    enum err e = OK;
    if (kind == ENTRY_SERVICE_INTENTIONS)
        return check_permissions(all, all->pending->name, why);
    if (kind == ENTRY_INGRESS_GATEWAY)
        return check_ingress(all, all->pending->name, why);
    if (!is_of_chain(kind) && !is_for_all && kind != ENTRY_SERVICE_DEFAULTS)
        return OK;
    struct names names = gather(all);
    if (!is_for_all)
        spread(all, &names);
    for (size_t i = 0; e == OK && i < names.n; i++)
        if (is_for_all || names.all[i].is_touched)
            e = check_chain(all, names.all[i].name, datacenter, why);
    if (e == OK && is_for_all)
        e = check_all_permissions(all, why);
    else if (e == OK && kind == ENTRY_SERVICE_DEFAULTS)
        e = check_permissions(all, all->pending->name, why);
    if (e == OK && (is_for_all || kind == ENTRY_SERVICE_DEFAULTS))
        e = check_all_ingresses(all, why);
    return all->err != OK ? all->err : e;
}

/* From the name down: router, splitters, resolvers; then what came out is put in order. */
#include "traffic/chain.h"

#include <stdio.h>
#include <stdlib.h>

#include "traffic/chain_core.h"
#include "traffic/chain_flatten.h"
#include "traffic/chain_resolve.h"
#include "traffic/config_entry_text.h"
#include "wire/go_hash.h"

/* "web.default.default": namespace and partition are what there is of them. */
static struct bytes service_node_name(struct compiler *c, struct bytes service)
{
    return bytes_str(
        arena_printf(c->arena, "%.*s.default.default", (int)service.n, (const char *)service.p));
}

/* -- splitters ----------------------------------------------------------------------------------
 */

static enum err split_or_resolve(struct compiler *c, struct bytes service, struct chain_node **ret);

static const struct config_entry *find_splitter(struct compiler *c, struct bytes service)
{
    const struct config_entry *entry = chain_find(c, ENTRY_SERVICE_SPLITTER, service);
    if (entry != NULL && c->is_plain) {
        c->by_protocol = true;
        return NULL;
    }
    return entry;
}

static bool is_hash_based(const struct entry_balancer *b)
{
    return b != NULL && (bytes_is(b->policy, "ring_hash") || bytes_is(b->policy, "maglev"));
}

static enum err follow_split(struct compiler *c, struct bytes service, struct chain_leg *leg)
{
    struct bytes to = leg->split.service.n > 0 ? leg->split.service : service;
    if (bytes_eq(to, service) || leg->split.subset.n > 0)
        return chain_resolve(c, to, leg->split.subset, &leg->next);
    return split_or_resolve(c, to, &leg->next);
}

static enum err make_splitter(struct compiler *c, struct bytes service,
                              const struct entry_splitter *splitter, struct chain_node **ret)
{
    struct bytes name = service_node_name(c, service);
    *ret = chain_node_find(c, CHAIN_SPLITTER, name);
    if (*ret != NULL)
        return OK;
    const struct entry_split *splits = splitter->splits.all;
    struct chain_node *node = chain_node_add(c, CHAIN_SPLITTER, name);
    enum err e = chain_count_legs(c, splitter->splits.n);
    node->legs = arena_zalloc(c->arena, splitter->splits.n + 1, sizeof *node->legs);
    c->routes = true;
    for (size_t i = 0; e == OK && i < splitter->splits.n; i++) {
        struct chain_leg *leg = &node->legs[i];
        leg->split = splits[i];
        leg->weight = splits[i].weight;
        e = follow_split(c, service, leg);
        node->leg_n = i + 1;
        if (e == OK && node->balancer == NULL && leg->next->kind == CHAIN_RESOLVER &&
            is_hash_based(leg->next->balancer))
            node->balancer = leg->next->balancer;
    }
    *ret = node;
    return e;
}

static enum err split_or_resolve(struct compiler *c, struct bytes service, struct chain_node **ret)
{
    const struct config_entry *entry = find_splitter(c, service);
    if (entry == NULL)
        return chain_resolve(c, service, bytes_str(""), ret);
    if (c->depth == CHAIN_DEPTH_MAX)
        return why_set(c->why, ERR_TOO_BIG,
                       "discovery chain %s has more than %d splitters behind one another",
                       config_entry_quoted(c->request->service, c->arena), CHAIN_DEPTH_MAX);
    c->depth++;
    enum err e = make_splitter(c, service, &entry->splitter, ret);
    c->depth--;
    return e;
}

/* -- the router ---------------------------------------------------------------------------------
 */

static enum err follow_route(struct compiler *c, struct chain_leg *leg)
{
    const struct entry_destination *to = leg->route.destination;
    struct bytes service = to != NULL && to->service.n > 0 ? to->service : c->request->service;
    if (to != NULL && to->subset.n > 0)
        return chain_resolve(c, service, to->subset, &leg->next);
    return split_or_resolve(c, service, &leg->next);
}

/* What no route takes goes to the service itself. */
static struct entry_route catch_all(struct compiler *c)
{
    struct entry_http_match *http = arena_zalloc(c->arena, 1, sizeof *http);
    struct entry_match *match = arena_zalloc(c->arena, 1, sizeof *match);
    struct entry_destination *to = arena_zalloc(c->arena, 1, sizeof *to);
    http->path_prefix = bytes_str("/");
    match->http = http;
    to->service = c->request->service;
    return (struct entry_route){ .match = match, .destination = to };
}

static enum err make_router(struct compiler *c, const struct entry_router *router,
                            struct chain_node **ret)
{
    const struct entry_route *routes = router->routes.all;
    size_t n = router->routes.n;
    struct chain_node *node =
        chain_node_add(c, CHAIN_ROUTER, service_node_name(c, c->request->service));
    node->legs = arena_zalloc(c->arena, n + 1, sizeof *node->legs);
    node->leg_n = n + 1;
    c->routes = true;
    enum err e = chain_count_legs(c, n + 1);
    if (e == OK)
        e = chain_record_protocol(c, c->request->service);
    for (size_t i = 0; e == OK && i <= n; i++) {
        node->legs[i].route = i < n ? routes[i] : catch_all(c);
        e = follow_route(c, &node->legs[i]);
    }
    *ret = node;
    return e;
}

static enum err assemble(struct compiler *c, struct chain_node **ret)
{
    const struct config_entry *router = chain_find(c, ENTRY_SERVICE_ROUTER, c->request->service);
    if (router != NULL && c->is_plain) {
        c->by_protocol = true;
        router = NULL;
    }
    return router == NULL ? split_or_resolve(c, c->request->service, ret)
                          : make_router(c, &router->router, ret);
}

/* -- the result ---------------------------------------------------------------------------------
 */

static void mark(struct chain_node *node)
{
    if (node->is_reached)
        return;
    node->is_reached = true;
    for (size_t i = 0; i < node->leg_n; i++)
        mark(node->legs[i].next);
}

static int by_key(const void *a, const void *b)
{
    return bytes_cmp((*(const struct chain_node *const *)a)->key,
                     (*(const struct chain_node *const *)b)->key);
}

static int by_id(const void *a, const void *b)
{
    return bytes_cmp((*(const struct chain_target *const *)a)->id,
                     (*(const struct chain_target *const *)b)->id);
}

static void add_target(struct chain *chain, const struct chain_target *target)
{
    for (size_t i = 0; i < chain->target_n; i++)
        if (chain->targets[i] == target)
            return;
    chain->targets[chain->target_n++] = target;
}

static void gather(const struct compiler *c, struct chain *chain)
{
    size_t nodes = 0, targets = 0;
    for (const struct chain_node *node = c->made; node != NULL; node = node->next_made)
        nodes++;
    for (const struct made_target *t = c->targets; t != NULL; t = t->next)
        targets++;
    chain->nodes = arena_zalloc(c->arena, nodes + 1, sizeof(void *));
    chain->targets = arena_zalloc(c->arena, targets + 1, sizeof(void *));
    for (const struct chain_node *node = c->made; node != NULL; node = node->next_made) {
        if (!node->is_reached)
            continue;
        chain->nodes[chain->node_n++] = node;
        if (node->kind == CHAIN_RESOLVER)
            add_target(chain, node->target);
        for (size_t i = 0; i < node->failover_n; i++)
            add_target(chain, node->failover[i]);
    }
    qsort(chain->nodes, chain->node_n, sizeof(void *), by_key);
    qsort(chain->targets, chain->target_n, sizeof(void *), by_id);
}

/* The first digits of a hash over those overrides that changed something, as Consul has it. */
static void put_customization(const struct compiler *c, char ret[9])
{
    const struct chain_request *r = c->request;
    uint64_t gateway = go_hash_text(bytes_str("MeshGatewayConfig"));
    uint64_t whole = go_hash_text(bytes_str(""));
    char digits[17];
    if (!c->by_protocol && !c->by_gateway && !c->by_timeout)
        return;
    go_hash_put(&gateway, "Mode",
                go_hash_text(c->by_gateway ? r->override_gateway : bytes_str("")));
    go_hash_put(&whole, "OverrideMeshGateway", gateway);
    go_hash_put(&whole, "OverrideProtocol",
                go_hash_text(c->by_protocol ? r->override_protocol : bytes_str("")));
    go_hash_put(&whole, "OverrideConnectTimeout",
                go_hash_int(c->by_timeout ? r->override_connect_timeout : 0));
    snprintf(digits, sizeof digits, "%llx", (unsigned long long)whole);
    snprintf(ret, 9, "%.8s", digits);
}

static enum err settle_protocol(struct compiler *c)
{
    if (c->routes && !chain_protocol_routes(c->protocol))
        return why_set(c->why, ERR_INVALID,
                       "discovery chain %s uses a protocol %s that does not permit advanced "
                       "routing or splitting behavior",
                       config_entry_quoted(c->request->service, c->arena),
                       config_entry_quoted(c->protocol, c->arena));
    struct bytes override = c->request->override_protocol;
    if (override.n > 0 && !bytes_eq(override, c->protocol)) {
        c->protocol = override;
        c->by_protocol = true;
    }
    return OK;
}

enum err chain_compile(const struct chain_request *request, const struct chain_source *source,
                       struct arena *arena, struct chain *ret, struct why *why)
{
    struct compiler c = { .request = request, .source = source, .arena = arena, .why = why };
    struct chain_node *start;
    c.is_plain =
        request->override_protocol.n > 0 && !chain_protocol_routes(request->override_protocol);
    enum err e = assemble(&c, &start);
    if (e == OK)
        e = chain_check_circles(&c, start);
    if (e == OK)
        e = chain_flatten(&c, start);
    if (e == OK)
        e = settle_protocol(&c);
    if (e != OK)
        return e;
    mark(start);
    *ret = (struct chain){ .service = request->service,
                           .datacenter = request->datacenter,
                           .protocol = c.protocol,
                           .defaults = chain_find(&c, ENTRY_SERVICE_DEFAULTS, request->service),
                           .start = start };
    ret->is_default = start->kind == CHAIN_RESOLVER && start->is_default &&
                      bytes_eq(start->target->service, request->service) &&
                      bytes_eq(start->target->datacenter, request->datacenter);
    put_customization(&c, ret->customization);
    ret->virtual_address = request->virtual_address;
    ret->virtual_by_hand = request->virtual_by_hand;
    ret->virtual_by_hand_n = request->virtual_by_hand_n;
    gather(&c, ret);
    return OK;
}

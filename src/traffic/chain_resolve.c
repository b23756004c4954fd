/* From a service to a target: redirects, the default subset, what it fails over to. */
#include "traffic/chain_resolve.h"

#include "traffic/config_entry_text.h"

enum { CONNECT_TIMEOUT_S = 5 };

/* -- targets ------------------------------------------------------------------------------------
 */

static void put_name(struct buf *out, const struct chain_target *t)
{
    if (t->subset.n > 0) {
        buf_put_bytes(out, t->subset);
        buf_put_u8(out, '.');
    }
    buf_put_bytes(out, t->service);
}

static void name_target(const struct compiler *c, struct chain_target *t)
{
    struct buf out;
    buf_init(&out, 64 * 1024);
    put_name(&out, t);
    buf_put_str(&out, t->peer.n > 0 ? ".default.default.external." : ".default.default.");
    buf_put_bytes(&out, t->peer.n > 0 ? t->peer : t->datacenter);
    t->id = arena_dup(c->arena, buf_bytes(&out));
    if (t->peer.n == 0) {
        buf_clear(&out, SIZE_MAX);
        put_name(&out, t);
        buf_put_str(&out, ".default.");
        buf_put_bytes(&out, t->datacenter);
        buf_put_str(&out, ".internal.");
        buf_put_bytes(&out, c->request->trust_domain);
        t->name = t->sni = arena_dup(c->arena, buf_bytes(&out));
    }
    buf_fini(&out);
}

/* The one that is like WISH; made if there is none yet. */
static struct made_target *target_like(struct compiler *c, const struct chain_target *wish)
{
    struct chain_target named = *wish;
    name_target(c, &named);
    for (struct made_target *t = c->targets; t != NULL; t = t->next)
        if (bytes_eq(t->target.id, named.id))
            return t;
    struct made_target *made = arena_zalloc(c->arena, 1, sizeof *made);
    made->target = named;
    made->next = c->targets;
    c->targets = made;
    return made;
}

/* FROM, changed as far as something is said. */
static struct made_target *rewrite(struct compiler *c, const struct made_target *from,
                                   struct bytes service, struct bytes subset,
                                   struct bytes datacenter, struct bytes peer)
{
    struct chain_target t = { .service = from->target.service,
                              .subset = from->target.subset,
                              .datacenter = from->target.datacenter,
                              .peer = from->target.peer };
    if (service.n > 0 && !bytes_eq(service, t.service)) {
        t.service = service;
        t.subset = bytes_str("");
    }
    if (subset.n > 0)
        t.subset = subset;
    if (datacenter.n > 0)
        t.datacenter = datacenter;
    if (peer.n > 0) {
        t.peer = peer;
        t.datacenter = bytes_str("");
    }
    return target_like(c, &t);
}

/* -- what entries say of it ---------------------------------------------------------------------
 */

static enum err refuse_external(struct compiler *c, const struct chain_target *t, const char *what)
{
    return why_set(c->why, ERR_INVALID,
                   "service %s has an external SNI set; cannot define %s for external services",
                   config_entry_quoted(t->service, c->arena), what);
}

static void set_gateway(struct compiler *c, struct chain_target *t,
                        const struct config_entry *defaults)
{
    const struct config_entry *all = chain_find(c, ENTRY_PROXY_DEFAULTS, bytes_str("global"));
    struct bytes override = c->request->override_gateway;
    if (defaults != NULL && defaults->defaults.mesh_gateway != NULL)
        t->gateway = defaults->defaults.mesh_gateway->mode;
    if (t->gateway.n == 0 && all != NULL && all->proxy.mesh_gateway != NULL)
        t->gateway = all->proxy.mesh_gateway->mode;
    if (override.n > 0 && !bytes_eq(override, t->gateway)) {
        t->gateway = override;
        c->by_gateway = true;
    }
}

static enum err settle_target(struct compiler *c, struct made_target *made,
                              const struct entry_resolver *r)
{
    struct chain_target *t = &made->target;
    const struct config_entry *defaults = chain_find(c, ENTRY_SERVICE_DEFAULTS, t->service);
    made->is_resolved = true;
    t->selects = config_entry_subset_find(r, t->subset);
    if (defaults != NULL && defaults->defaults.external_sni.n > 0) {
        t->sni = defaults->defaults.external_sni;
        t->is_external = true;
        if (r->redirect != NULL)
            return refuse_external(c, t, "redirects");
        if (r->subsets.n > 0)
            return refuse_external(c, t, "subsets");
        if (r->failover.n > 0)
            return refuse_external(c, t, "failover");
    }
    t->connect_timeout =
        r->connect_timeout > 0 ? r->connect_timeout : CONNECT_TIMEOUT_S * INT64_C(1000000000);
    if (c->request->override_connect_timeout > 0 &&
        c->request->override_connect_timeout != t->connect_timeout) {
        t->connect_timeout = c->request->override_connect_timeout;
        c->by_timeout = true;
    }
    set_gateway(c, t, defaults);
    return OK;
}

static bool says_nothing(const struct entry_resolver *r)
{
    return r->default_subset.n == 0 && r->subsets.n == 0 && r->redirect == NULL &&
           r->failover.n == 0 && r->connect_timeout == 0 && r->request_timeout == 0 &&
           r->balancer == NULL && r->prioritize_by_locality == NULL;
}

/* -- following ----------------------------------------------------------------------------------
 */

static const struct entry_resolver *resolver_of(struct compiler *c, struct bytes service)
{
    static const struct entry_resolver none;
    const struct config_entry *entry = chain_find(c, ENTRY_SERVICE_RESOLVER, service);
    return entry == NULL ? &none : &entry->resolver;
}

/* Where a look at TARGET leads next: TARGET itself if it is the end. */
static struct made_target *next_of(struct compiler *c, struct made_target *target)
{
    const struct bytes nothing = bytes_str("");
    const struct entry_resolver *r = resolver_of(c, target->target.service);
    if (r->redirect != NULL) {
        struct made_target *to = rewrite(c, target, r->redirect->service, r->redirect->subset,
                                         r->redirect->datacenter, r->redirect->peer);
        if (to != target)
            return to;
    }
    if (target->target.subset.n == 0 && r->default_subset.n > 0)
        return rewrite(c, target, nothing, r->default_subset, nothing, nothing);
    return target;
}

static enum err refuse_circle(struct compiler *c, struct made_target *const *path, size_t n,
                              const struct made_target *again)
{
    struct buf out;
    buf_init(&out, 400);
    for (size_t i = 0; i < n; i++) {
        buf_put_bytes(&out, path[i]->target.id);
        buf_put_str(&out, " -> ");
    }
    buf_put_bytes(&out, again->target.id);
    enum err e = why_set(c->why, ERR_INVALID, "detected circular resolver redirect: [%.*s]",
                         (int)out.n, (const char *)out.p);
    buf_fini(&out);
    return e;
}

/* To the end of redirects and default subsets. */
static enum err follow(struct compiler *c, struct made_target *target, struct made_target **ret)
{
    struct made_target *path[CHAIN_DEPTH_MAX];
    for (size_t n = 0; n < CHAIN_DEPTH_MAX; n++) {
        enum err e =
            target->target.peer.n > 0 ? OK : chain_record_protocol(c, target->target.service);
        if (e != OK)
            return e;
        for (size_t i = 0; i < n; i++)
            if (path[i] == target)
                return refuse_circle(c, path, n, target);
        path[n] = target;
        struct made_target *to = target->target.peer.n > 0 ? target : next_of(c, target);
        if (to == target) {
            *ret = target;
            return OK;
        }
        target = to;
    }
    return why_set(c->why, ERR_TOO_BIG,
                   "discovery chain %s has more than %d redirects behind one another",
                   config_entry_quoted(c->request->service, c->arena), CHAIN_DEPTH_MAX);
}

/* FROM's end, with all that the chain shows of it. */
static enum err reach(struct compiler *c, struct made_target *from, struct made_target **ret)
{
    *ret = from;
    enum err e = follow(c, from, ret);
    if (e != OK || (*ret)->is_resolved)
        return e;
    const struct chain_target *t = &(*ret)->target;
    const struct entry_resolver *r = resolver_of(c, t->service);
    if (t->subset.n > 0 && t->peer.n == 0 && config_entry_subset_find(r, t->subset) == NULL)
        return why_set(c->why, ERR_INVALID, "service %s does not have a subset named %s",
                       config_entry_quoted(t->service, c->arena),
                       config_entry_quoted(t->subset, c->arena));
    return settle_target(c, *ret, r);
}

/* -- failover -----------------------------------------------------------------------------------
 */

static enum err add_failover(struct compiler *c, struct chain_node *node,
                             const struct made_target *own, struct made_target *to)
{
    struct made_target *end;
    if (to == own)
        return OK;
    enum err e = reach(c, to, &end);
    if (e == OK)
        node->failover[node->failover_n++] = &end->target;
    return e;
}

static enum err fail_over(struct compiler *c, struct chain_node *node, struct made_target *own,
                          const struct entry_failover *f)
{
    const struct bytes nothing = bytes_str("");
    const struct entry_failover_target *targets = f->targets.all;
    const struct config_entry *all = chain_find(c, ENTRY_PROXY_DEFAULTS, bytes_str("global"));
    const struct entry_policy *policy = f->policy != NULL ? f->policy
                                        : all != NULL     ? all->proxy.failover_policy
                                                          : NULL;
    size_t most = f->datacenters.n + f->targets.n + 1;
    enum err e = chain_count_legs(c, most);
    node->failover = arena_zalloc(c->arena, most, sizeof(void *));
    for (size_t i = 0; e == OK && i < f->datacenters.n; i++)
        e = add_failover(c, node, own,
                         rewrite(c, own, f->service, f->subset, f->datacenters.all[i], nothing));
    for (size_t i = 0; e == OK && f->datacenters.n == 0 && i < f->targets.n; i++)
        e = add_failover(c, node, own,
                         rewrite(c, own, targets[i].service, targets[i].subset,
                                 targets[i].datacenter, targets[i].peer));
    if (e == OK && f->datacenters.n == 0 && f->targets.n == 0)
        e = add_failover(c, node, own, rewrite(c, own, f->service, f->subset, nothing, nothing));
    if (policy != NULL && node->failover_n > 0)
        node->failover_mode = policy->mode;
    return e;
}

enum err chain_resolve(struct compiler *c, struct bytes service, struct bytes subset,
                       struct chain_node **ret)
{
    const struct chain_target wish = { .service = service,
                                       .subset = subset,
                                       .datacenter = c->request->datacenter };
    struct made_target *target;
    enum err e = reach(c, target_like(c, &wish), &target);
    if (e != OK)
        return e;
    *ret = chain_node_find(c, CHAIN_RESOLVER, target->target.id);
    if (*ret != NULL)
        return OK;
    const struct entry_resolver *r = resolver_of(c, target->target.service);
    struct chain_node *node = chain_node_add(c, CHAIN_RESOLVER, target->target.id);
    node->is_default = says_nothing(r);
    node->target = &target->target;
    node->connect_timeout = target->target.connect_timeout;
    node->request_timeout = r->request_timeout;
    node->balancer = r->balancer;
    const struct entry_failover *f =
        target->target.peer.n > 0 ? NULL : config_entry_failover_find(r, target->target.subset);
    *ret = node;
    return f == NULL ? OK : fail_over(c, node, target, f);
}

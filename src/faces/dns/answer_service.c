/* Services: their usable instances as addresses or SRV records. */
#include "faces/dns/answer_service.h"

#include <stdlib.h>

#include "base/text.h"
#include "catalog/read.h"
#include "faces/dns/answer_node.h"
#include "faces/dns/prepared.h"

struct place {         /* where an instance is */
    struct bytes node; /* its name; empty: it has none */
    const struct labels *node_metadata;
    struct bytes host; /* as registered */
    struct ip ip;      /* of HOST; N 0: it is a name */
    bool is_nodes_own; /* the address is the node's, not one of its own */
    uint16_t port, weight;
    size_t rank; /* among those that were found */
};

struct places {
    struct place *all;
    size_t n;
    uint32_t ttl;
    bool is_ordered; /* they stay in their order */
};

/* -- which instances --------------------------------------------------------------------------- */

typedef bool (*chosen_fn)(struct lookup *l, const struct dns_asked *asked, const struct instance *i,
                          struct bytes service);

static bool has_tag(struct lookup *l, const struct dns_asked *asked, const struct instance *i,
                    struct bytes service)
{
    const struct publication *said = &i->from->said;
    (void)l, (void)service;
    for (size_t k = 0; k < said->tag_n; k++)
        if (text_eq_nocase(said->tags[k], asked->tag))
            return true;
    return asked->tag.n == 0;
}

static bool is_mesh_of(struct lookup *l, const struct dns_asked *asked, const struct instance *i,
                       struct bytes service)
{
    return l->source->config->is_mesh_of(i, service, asked->name, l->reply->arena);
}

static bool is_usable(const struct lookup *l, const struct instance *i)
{
    bool passes_warned = !l->source->config->only_passing;
    return i->is.status == STATUS_UP || (i->is.status == STATUS_SUSPECT && passes_warned);
}

/* What names no node stands on this server's, as in Consul's API. */
static bool may_see_node(const struct lookup *l, const struct instance *i)
{
    struct bytes node = i->from->said.node;
    return lookup_may(l, ACCESS_NODE, node.n == 0 ? l->source->config->node_name : node);
}

/* Its own address, else its node's. */
static void find_host(const struct lookup *l, const struct published *from, struct place *ret)
{
    const struct publication *said = &from->said;
    bool is_consuls = from->owner.face == FACE_CONSUL;
    ret->host = is_consuls ? lookup_address(l, said->address, said->extras) : said->address;
    if (ret->host.n > 0)
        return;
    ret->host = from->address;
    if (from->node != NULL && from->address.n > 0)
        ret->host = lookup_address(l, from->address, from->node->extras);
    ret->is_nodes_own = bytes_eq(ret->host, from->address);
}

/* False if nobody knows where it is. */
static bool make_place(const struct lookup *l, struct bytes ns, const struct instance *i,
                       struct place *ret)
{
    const struct published *from = i->from;
    const struct publication *said = &from->said;
    bool is_own = lookup_is_own_node(l, ns, said->node);
    *ret = (struct place){ .node = said->node,
                           .port = said->port,
                           .weight = l->source->config->weight(i) };
    find_host(l, from, ret);
    ret->ip = ip_parse(ret->host);
    if (from->node != NULL) {
        ret->node = from->node->name;
        ret->node_metadata = &from->node->metadata;
    }
    if (ret->host.n == 0 && is_own)
        ret->ip = l->source->config->node_address;
    if (from->node == NULL && is_own)
        ret->node_metadata = &l->source->config->node_metadata;
    return ret->host.n > 0 || ret->ip.n > 0;
}

static void take_instances(struct lookup *l, struct bytes ns, const struct instance *all, size_t n,
                           struct places *ret)
{
    struct place *places = arena_zalloc(l->reply->arena, ret->n + n, sizeof *places);
    if (ret->n > 0)
        memcpy(places, ret->all, ret->n * sizeof *places);
    ret->all = places;
    for (size_t i = 0; i < n; i++)
        if (may_see_node(l, &all[i]))
            ret->n += make_place(l, ns, &all[i], &ret->all[ret->n]);
}

/* The service that every server is. */
static void take_servers(struct lookup *l, struct places *ret)
{
    const struct dns_config *c = l->source->config;
    ret->all = arena_zalloc(l->reply->arena, 1, sizeof *ret->all);
    ret->all[ret->n++] = (struct place){ .node = c->node_name,
                                         .node_metadata = &c->node_metadata,
                                         .ip = c->node_address,
                                         .is_nodes_own = true,
                                         .port = DNS_SERVER_PORT,
                                         .weight = 1 };
}

static bool is_own_service(const struct dns_asked *asked)
{
    return bytes_is(asked->name, "consul") &&
           bytes_is(lookup_namespace(asked->ns), NAMESPACE_DEFAULT);
}

/* Adds the usable instances of SERVICE that are CHOSEN. */
static enum err read_instances(struct lookup *l, const struct dns_asked *asked,
                               struct bytes service, chosen_fn chosen, struct places *places)
{
    struct arena *arena = l->reply->arena;
    struct service_id id;
    struct service_rows rows;
    if (service_id_parse(lookup_namespace(asked->ns), service, &id) != OK)
        return OK; /* no service can be called that */
    enum err e = service_rows_read(l->source->view, &id, arena, &rows);
    if (e != OK)
        return e;
    dns_stamp_service(&l->reply->stamp, l->source->view, &id, &rows, arena);
    /* As Consul lists them, one by one: of two that are at the same place only one may have the
     * tag, or be well. */
    struct instances listed = instances_listed(FACE_CONSUL, &rows, arena);
    size_t n = 0;
    for (size_t i = 0; i < listed.n; i++)
        if (is_usable(l, &listed.all[i]) && chosen(l, asked, &listed.all[i], service))
            listed.all[n++] = listed.all[i];
    take_instances(l, id.ns, listed.all, n, places);
    return OK;
}

/* -- addresses --------------------------------------------------------------------------------- */

static int cmp_ip(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->ip.n != y->ip.n)
        return x->ip.n < y->ip.n ? -1 : 1;
    return memcmp(x->ip.p, y->ip.p, x->ip.n);
}

static int cmp_rank(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Leaves one of those that CMP finds equal, the first if they are ordered. */
static void drop_twins(struct places *places, int (*cmp)(const void *, const void *))
{
    size_t n = 0;
    struct place *all = places->all;
    if (places->n == 0)
        return;
    for (size_t i = 0; i < places->n; i++)
        all[i].rank = i;
    qsort(all, places->n, sizeof *all, cmp);
    for (size_t i = 0; i < places->n; i++) {
        if (n == 0 || cmp(&all[n - 1], &all[i]) != 0)
            all[n++] = all[i];
        else if (all[i].rank < all[n - 1].rank)
            all[n - 1] = all[i];
    }
    places->n = n;
    if (places->is_ordered)
        qsort(all, n, sizeof *all, cmp_rank);
}

/* Each address once. Without any, the first host name. */
static void put_addresses(struct lookup *l, struct places *places, uint16_t type)
{
    struct dns_reply *r = l->reply;
    const struct place *named = NULL;
    for (size_t i = places->n; i-- > 0;)
        if (places->all[i].ip.n == 0)
            named = &places->all[i];
    struct bytes host = named == NULL ? (struct bytes){ 0 } : named->host;
    size_t before = r->answer.n;
    drop_twins(places, cmp_ip);
    for (size_t i = 0; i < places->n; i++) {
        const struct place *p = &places->all[i];
        if (p->ip.n > 0 && wants(type, p->ip.n == 4 ? KNOT_RRTYPE_A : KNOT_RRTYPE_AAAA))
            dns_add_address(r, &r->answer, l->owner, places->ttl, ip_bytes(&p->ip), 0);
    }
    r->shuffles = l->depth == 0 && !places->is_ordered;
    r->answers_max = l->depth == 0 ? l->source->config->a_record_limit : 0;
    if (r->answer.n > before || host.n == 0)
        return;
    r->answers_max = 0; /* the alias is the one */
    lookup_follow(l, host, places->ttl, type);
}

/* -- SRV --------------------------------------------------------------------------------------- */

static struct bytes target_of(struct lookup *l, const struct place *p)
{
    struct dname d = { .n = 0 };
    if (p->ip.n == 0)
        return dname_parse(p->host, &d) ? dns_reply_name(l->reply, &d) : (struct bytes){ 0 };
    struct bytes target = { 0 };
    if (p->is_nodes_own && p->node.n > 0)
        target = lookup_node_name(l, p->node);
    if (target.n > 0)
        return target;
    ip_put_label(&p->ip, &d);
    return lookup_name(l, &d, "addr");
}

static void put_srv(struct lookup *l, const struct place *p, uint32_t ttl)
{
    struct dns_reply *r = l->reply;
    struct bytes target = target_of(l, p);
    if (target.n == 0)
        return;
    size_t of = r->answer.n;
    dns_add_srv(r, l->owner, ttl, p->weight, p->port, target);
    if (p->ip.n > 0)
        dns_add_address(r, &r->additional, target, ttl, ip_bytes(&p->ip), of);
    else
        lookup_explain(l, target, ttl, of);
    if (p->node_metadata == NULL || !l->source->config->node_meta_txt)
        return;
    struct bytes node = p->is_nodes_own ? target : lookup_node_name(l, p->node);
    if (node.n > 0)
        lookup_put_meta(l, &r->additional, node, p->node_metadata, ttl, of);
}

static int cmp_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = cmp_ip(a, b);
    if (order == 0)
        order = bytes_cmp(x->host, y->host);
    if (order == 0 && x->port != y->port)
        order = x->port < y->port ? -1 : 1;
    return order == 0 ? bytes_cmp(x->node, y->node) : order;
}

/* Each node, address and port once. */
static void put_services(struct lookup *l, struct places *places)
{
    drop_twins(places, cmp_place);
    for (size_t i = 0; i < places->n; i++)
        put_srv(l, &places->all[i], places->ttl);
    l->reply->shuffles = !places->is_ordered;
}

static void put_places(struct lookup *l, struct places *places, uint16_t type)
{
    if (type == KNOT_RRTYPE_SRV) {
        put_services(l, places);
    } else if (wants(type, KNOT_RRTYPE_A) || type == KNOT_RRTYPE_AAAA) {
        put_addresses(l, places, type);
    }
    if (places->n == 0)
        lookup_deny(l, KNOT_RCODE_NXDOMAIN);
    else if (l->reply->answer.n == 0)
        lookup_deny(l, KNOT_RCODE_NOERROR);
}

/* All that was found, or that it could not be looked for. */
static void put_found(struct lookup *l, enum err e, struct places *places, uint16_t type)
{
    if (e == OK)
        put_places(l, places, type);
    else
        l->reply->rcode = KNOT_RCODE_SERVFAIL;
}

void lookup_service(struct lookup *l, const struct dns_asked *asked, uint16_t type)
{
    struct places places = { .ttl = dns_config_service_ttl(l->source->config, asked->name) };
    enum err e = OK;
    if (lookup_may(l, ACCESS_SERVICE, asked->name)) {
        if (!is_own_service(asked))
            e = read_instances(l, asked, asked->name, has_tag, &places);
        else if (asked->tag.n == 0 && lookup_may(l, ACCESS_NODE, l->source->config->node_name))
            take_servers(l, &places);
    }
    put_found(l, e, &places, type);
}

/* -- the mesh ---------------------------------------------------------------------------------- */

static bool is_any(struct lookup *l, const struct dns_asked *asked, const struct instance *i,
                   struct bytes service)
{
    return true;
}

/* Adds the usable and CHOSEN instances of each of the services that may be known. */
static enum err read_each(struct lookup *l, const struct dns_asked *asked,
                          const struct bytes *names, size_t n, chosen_fn chosen,
                          struct places *places)
{
    enum err e = OK;
    for (size_t i = 0; i < n && e == OK; i++)
        if (lookup_may(l, ACCESS_SERVICE, names[i]))
            e = read_instances(l, asked, names[i], chosen, places);
    return e;
}

/* Adds those of the gateways that lead to the service, or stand for it. */
static enum err read_gateways(struct lookup *l, const struct dns_asked *asked, bool ingress,
                              struct places *places)
{
    const struct dns_config *c = l->source->config;
    struct bytes *names = NULL;
    size_t n = 0;
    if (c->gateways == NULL)
        return OK;
    enum err e = c->gateways(l->source->view, ingress, asked->name, l->reply->arena, &names, &n);
    return e == OK ? read_each(l, asked, names, n, is_any, places) : e;
}

/* Adds those that speak the mesh's protocol themselves, and the service's proxies. */
static enum err read_mesh(struct lookup *l, const struct dns_asked *asked, struct places *places)
{
    const struct dns_config *c = l->source->config;
    struct bytes *names = NULL;
    size_t n = 0;
    enum err e = read_instances(l, asked, asked->name, is_mesh_of, places);
    if (e == OK && c->proxies != NULL)
        e = c->proxies(l->source->view, asked->name, l->reply->arena, &names, &n);
    for (size_t i = 0; i < n && e == OK; i++)
        if (!text_eq_nocase(names[i], asked->name))
            e = read_each(l, asked, &names[i], 1, is_mesh_of, places);
    return e;
}

/* Which services are proxies, and what entries say of gateways, are things of all services and all
 * entries. */
static void stamp_all(struct lookup *l)
{
    static const enum registry_table tables[] = { REGISTRY_SERVICES, REGISTRY_CONFIG };
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        dns_stamp_table(&l->reply->stamp, l->source->view, bytes_str(NAMESPACE_DEFAULT), tables[i],
                        l->reply->arena);
}

void lookup_mesh(struct lookup *l, const struct dns_asked *asked, uint16_t type)
{
    struct places places = { .ttl = dns_config_service_ttl(l->source->config, asked->name) };
    enum err e = OK;
    stamp_all(l);
    if (l->source->config->is_mesh_of != NULL && lookup_may(l, ACCESS_SERVICE, asked->name)) {
        e = read_mesh(l, asked, &places);
        if (e == OK)
            e = read_gateways(l, asked, false, &places);
    }
    put_found(l, e, &places, type);
}

void lookup_ingress(struct lookup *l, const struct dns_asked *asked, uint16_t type)
{
    struct places places = { .ttl = dns_config_service_ttl(l->source->config, asked->name) };
    enum err e = OK;
    stamp_all(l);
    if (lookup_may(l, ACCESS_SERVICE, asked->name))
        e = read_gateways(l, asked, true, &places);
    put_found(l, e, &places, type);
}

/* Who has none is answered with nothing, and no more is said. */
void lookup_virtual(struct lookup *l, const struct dns_asked *asked, uint16_t type)
{
    const struct dns_config *c = l->source->config;
    struct bytes text = bytes_str("");
    enum err e = OK;
    if (c->virtual_address != NULL && lookup_may(l, ACCESS_SERVICE, asked->name))
        e = c->virtual_address(l->source->view, asked->name, l->reply->arena, &text);
    struct ip ip = ip_parse(text);
    l->reply->may_be_kept = false;
    if (e != OK)
        l->reply->rcode = KNOT_RCODE_SERVFAIL;
    else if (ip.n == 4 && wants(type, KNOT_RRTYPE_A))
        dns_add_address(l->reply, &l->reply->answer, l->owner, c->node_ttl, ip_bytes(&ip), 0);
}

/* A query's own token is asked instead of the one for DNS. */
static struct access_reader reader_with(const struct lookup *l, struct bytes token)
{
    const struct caller caller = { .face = FACE_DNS, .token = token };
    const struct granted *granted;
    struct access_reader nothing = { 0 };
    struct hub *hub = l->source->hub;
    bool is_known = access_ask(hub, &caller, NULL, 0, l->reply->arena, &granted, NULL) == OK;
    return is_known ? access_reader(hub, granted) : nothing;
}

static void take_prepared(struct lookup *l, const struct dns_prepared *found, struct places *places)
{
    const struct dns_source *before = l->source;
    struct dns_source with_token = *before;
    struct access_reader reader;
    if (found->token.n > 0 && before->reader != NULL && before->hub != NULL) {
        reader = reader_with(l, found->token);
        with_token.reader = &reader;
        l->source = &with_token;
    }
    if (lookup_may(l, ACCESS_SERVICE, found->service))
        take_instances(l, bytes_str(NAMESPACE_DEFAULT), found->instances, found->n, places);
    l->source = before;
}

void lookup_prepared(struct lookup *l, const struct dns_asked *asked, uint16_t type)
{
    const struct dns_config *c = l->source->config;
    struct dns_prepared found;
    struct places places = { 0 };
    const struct dns_asking asking = { c->node_name, c->node_address, l->source->asker };
    enum err e = c->prepared == NULL ? ERR_NOT_FOUND
                                     : c->prepared(c->prepared_ctx, l->source->view, asked->name,
                                                   &asking, l->reply->arena, &found);
    if (e == OK) {
        places.ttl = found.has_ttl ? found.ttl_s : dns_config_service_ttl(c, found.service);
        places.is_ordered = found.is_ordered;
        l->reply->is_for_asker = found.is_for_asker;
        take_prepared(l, &found, &places);
        put_places(l, &places, type);
    } else if (e == ERR_NOT_FOUND) {
        lookup_deny(l, KNOT_RCODE_NXDOMAIN);
    } else {
        l->reply->rcode = KNOT_RCODE_SERVFAIL;
    }
    l->reply->may_be_kept = false;
}

/* /v1/catalog/gateway-services, and whom gateways stand for in answers about services. */
#include "faces/consul/catalog/gateway.h"

#include <stdlib.h>

#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/catalog/catalog.h"
#include "faces/consul/config/gateways.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/proxies.h"

/* -- instances -------------------------------------------------------------------------------- */

struct choosing {
    struct consul_call *c;
    enum config_entry_kind kind;     /* of gateways */
    struct consul_gateways gateways; /* which lead to the service, or stand for it */
    struct bytes *names;             /* of services that may have such instances */
    size_t n;
    struct consul_service_list *parts; /* what each of them has */
};

static int compare_names(const void *a, const void *b)
{
    return bytes_cmp(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* The service itself, those that its proxies are instances of, and gateways: each once, ascending.
 */
static enum err find_names(struct choosing *h, const struct view *view)
{
    struct consul_call *c = h->c;
    struct arena *arena = &c->face->scratch;
    struct bytes *proxies = NULL;
    size_t proxy_n = 0, n = 0;
    bool wants_mesh = h->kind == ENTRY_TERMINATING_GATEWAY;
    enum err e = consul_gateways_of(view, h->kind, c->rest, arena, &h->gateways);
    if (e == OK && wants_mesh)
        e = consul_proxies_of(view, c->rest, arena, &proxies, &proxy_n);
    if (e != OK)
        return e;
    h->names = arena_zalloc(arena, h->gateways.n + proxy_n + 1, sizeof *h->names);
    for (size_t i = 0; i < h->gateways.n; i++)
        h->names[h->n++] = fold_dup(h->gateways.all[i], arena);
    for (size_t i = 0; i < proxy_n; i++)
        h->names[h->n++] = fold_dup(proxies[i], arena);
    if (wants_mesh)
        h->names[h->n++] = fold_dup(c->rest, arena);
    if (h->n > 0)
        qsort(h->names, h->n, sizeof *h->names, compare_names);
    for (size_t i = 0; i < h->n; i++)
        if (n == 0 || !bytes_eq(h->names[n - 1], h->names[i]))
            h->names[n++] = h->names[i];
    h->n = n;
    return OK;
}

static bool is_chosen(const struct choosing *h, const struct consul_service *s)
{
    return consul_gateways_have(&h->gateways, h->kind, s) ||
           (h->kind == ENTRY_TERMINATING_GATEWAY && consul_service_is_mesh_of(h->c, s, h->c->rest));
}

static enum err read_chosen(struct choosing *h, const struct view *view)
{
    struct consul_rows rows = consul_rows_of(h->c, view);
    struct consul_service_list *list = &consul_lookup_of(h->c)->services;
    size_t most = 0;
    enum err e = OK;
    h->parts = arena_zalloc(rows.arena, h->n + 1, sizeof *h->parts);
    for (size_t i = 0; i < h->n && e == OK; i++) {
        struct service_id id;
        if (service_id_parse(bytes_str(CONSUL_NS), h->names[i], &id) == OK)
            e = consul_service_read(&rows, &id, &h->parts[i]);
        most += h->parts[i].n;
    }
    *list = (struct consul_service_list){ .all = arena_zalloc(rows.arena, most + 1,
                                                              sizeof *list->all) };
    for (size_t i = 0; i < h->n && e == OK; i++)
        for (size_t k = 0; k < h->parts[i].n; k++)
            if (is_chosen(h, &h->parts[i].all[k]))
                list->all[list->n++] = h->parts[i].all[k];
    return e;
}

/* With the newest index of all that shows in health and of the entries of gateways. */
static enum err index_chosen(struct consul_call *c, const struct view *view,
                             enum config_entry_kind kind, uint64_t *ret)
{
    static const enum registry_table tables[] = { REGISTRY_SERVICES, REGISTRY_NODES,
                                                  REGISTRY_CHECKS, REGISTRY_CONFIG };
    struct choosing h = { .c = c, .kind = kind };
    enum err e = find_names(&h, view);
    if (e == OK)
        e = read_chosen(&h, view);
    *ret = 0;
    for (size_t i = 0; i < ARRAY_LEN(tables) && e == OK; i++) {
        uint64_t index = 0;
        e = consul_index_of_table(c, view, tables[i], &index);
        *ret = index > *ret ? index : *ret;
    }
    return e;
}

enum err consul_index_mesh(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    return index_chosen(c, view, ENTRY_TERMINATING_GATEWAY, ret);
}

enum err consul_index_ingress(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    return index_chosen(c, view, ENTRY_INGRESS_GATEWAY, ret);
}

/* -- services of a gateway -------------------------------------------------------------------- */

static void add_name(struct json_writer *j, const char *name, struct bytes service)
{
    json_add_object(j, name);
    json_add_string(j, "Name", service);
    json_close_object(j);
}

static void add_unless_empty(struct json_writer *j, const char *name, struct bytes text)
{
    if (text.n > 0)
        json_add_string(j, name, text);
}

static void show(struct json_writer *j, const struct gateway_binding *b)
{
    json_open_object(j);
    add_name(j, "Gateway", b->gateway);
    add_name(j, "Service", b->service);
    json_add_str(j, "GatewayKind", config_entry_kind_name(b->kind));
    if (b->port != 0)
        json_add_int(j, "Port", b->port);
    add_unless_empty(j, "Protocol", b->protocol);
    if (b->hosts.n > 0) {
        json_add_array(j, "Hosts");
        for (size_t i = 0; i < b->hosts.n; i++)
            json_put_string(j, b->hosts.all[i]);
        json_close_array(j);
    }
    add_unless_empty(j, "CAFile", b->ca_file);
    add_unless_empty(j, "CertFile", b->cert_file);
    add_unless_empty(j, "KeyFile", b->key_file);
    add_unless_empty(j, "SNI", b->sni);
    if (b->from_wildcard)
        json_add_bool(j, "FromWildcard", true);
    if (b->rewrites_host)
        json_add_bool(j, "AutoHostRewrite", true);
    json_close_object(j);
}

/* By what entries say and, for "*", by who there is. */
static enum err index_bindings(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct gateway_bindings *b = c->state = arena_zalloc(&c->face->scratch, 1, sizeof *b);
    uint64_t of_services = 0, of_config = 0;
    enum err e = consul_index_of_table(c, view, REGISTRY_SERVICES, &of_services);
    if (e == OK)
        e = consul_index_of_table(c, view, REGISTRY_CONFIG, &of_config);
    *ret = of_services > of_config ? of_services : of_config;
    return e != OK ? e : consul_gateway_bindings(view, c->rest, &c->face->scratch, b);
}

static void answer_bindings(struct consul_call *c, const struct view *view)
{
    const struct gateway_bindings *b = c->state;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; i < b->n; i++)
        if (consul_may(c, ACCESS_READ, ACCESS_SERVICE, b->all[i].service))
            show(j, &b->all[i]);
    json_close_array(j);
    consul_answer_json(c, 200);
}

void consul_catalog_gateway_services(struct consul_call *c)
{
    static const struct consul_query query = { index_bindings, answer_bindings };
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing gateway name");
    else if (consul_grant_open(c))
        consul_query(c, &query);
}

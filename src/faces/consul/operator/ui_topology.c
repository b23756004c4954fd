/* /v1/internal/ui/service-topology: whom a service calls, and who calls it.
 *
 * Proxies say whom they lead to, and ingress gateways by their entries. What speaks the mesh's
 * protocol itself says nothing: it may call all that intentions let it, and that is shown. */
#include <stdlib.h>

#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/mesh/intentions.h"
#include "faces/consul/operator/ui.h"
#include "faces/consul/operator/ui_summary.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/mesh.h"
#include "faces/consul/rows/proxy.h"

struct link {
    struct bytes name;
    const char *source; /* in Consul's words: how it is known */
};

struct links {
    struct link *all;
    size_t n, room;
};

struct topology {
    struct consul_call *c;
    const struct view *view;
    struct arena *arena;
    struct bytes of;
    struct intentions intentions;
    struct ui_index index;
    struct links up, down;
    bool is_filtered; /* the caller may not see all of it */
};

static void add(struct topology *t, struct links *to, struct bytes name, const char *source)
{
    for (size_t i = 0; i < to->n; i++)
        if (text_eq_nocase(to->all[i].name, name))
            return;
    if (to->n == to->room) {
        to->room = 2 * to->room + 16;
        struct link *more = arena_zalloc(t->arena, to->room, sizeof *more);
        if (to->n > 0)
            memcpy(more, to->all, to->n * sizeof *more);
        to->all = more;
    }
    to->all[to->n++] = (struct link){ name, source };
}

/* -- what is said -------------------------------------------------------------------------------
 */

static struct bytes text_of(const struct json_node *node, const char *name)
{
    const struct json_node *member = consul_member(node, name);
    bool is_text = member != NULL && member->kind == JSON_NODE_STRING;
    return is_text ? member->text : (struct bytes){ 0 };
}

/* The service that an upstream leads to; empty: it leads elsewhere, or to a prepared query. */
static struct bytes service_of(const struct json_node *upstream)
{
    struct bytes type = text_of(upstream, "DestinationType");
    bool is_here =
        (type.n == 0 || bytes_is(type, "service")) && text_of(upstream, "DestinationPeer").n == 0;
    return is_here ? text_of(upstream, "DestinationName") : (struct bytes){ 0 };
}

/* S is a proxy of BEHIND. */
static void add_upstreams(struct topology *t, const struct consul_service *s, struct bytes behind)
{
    static const char source[] = "proxy-registration";
    const struct json_node *proxy;
    struct why why;
    if (json_read(s->extras.proxy, t->arena, &proxy, &why) != OK)
        return;
    const struct json_node *list = consul_member(proxy, "Upstreams");
    for (const struct json_node *u = list == NULL ? NULL : list->first; u != NULL; u = u->next) {
        struct bytes to = service_of(u);
        if (to.n > 0 && text_eq_nocase(behind, t->of))
            add(t, &t->up, to, source);
        if (to.n > 0 && text_eq_nocase(to, t->of))
            add(t, &t->down, behind, source);
    }
}

static void add_gateways(struct topology *t, const struct gateway_bindings *b)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->all[i].kind != ENTRY_INGRESS_GATEWAY)
            continue;
        if (text_eq_nocase(b->all[i].gateway, t->of))
            add(t, &t->up, b->all[i].service, "proxy-registration");
        if (text_eq_nocase(b->all[i].service, t->of))
            add(t, &t->down, b->all[i].gateway, "proxy-registration");
    }
}

/* -- what may be --------------------------------------------------------------------------------
 */

static bool is_exact(const struct intention *which)
{
    return which != NULL && !bytes_is(which->source->name, "*") &&
           !bytes_is(which->destination, "*");
}

static bool has_permissions(const struct intention *which)
{
    return which != NULL && which->source->permissions.n > 0;
}

static void add_allowed(struct topology *t, struct links *to, struct bytes name,
                        struct bytes source, struct bytes destination)
{
    const struct intention *which = NULL;
    bool may = consul_intentions_allow(t->c, &t->intentions, source, destination, &which);
    if (may || has_permissions(which))
        add(t, to, name,
            which == NULL     ? "default-allow"
            : is_exact(which) ? "specific-intention"
                              : "wildcard-intention");
}

static void add_by_intentions(struct topology *t, const struct consul_service_list *list)
{
    bool is_native = false;
    for (size_t i = 0; i < list->n; i++)
        is_native = is_native || (text_eq_nocase(list->all[i].name, t->of) &&
                                  consul_extras_are_native(&list->all[i].extras));
    for (size_t i = 0; i < list->n; i++) {
        const struct consul_service *s = &list->all[i];
        if (text_eq_nocase(s->name, t->of) || s->extras.kind.n > 0 || bytes_is(s->name, "consul"))
            continue;
        if (is_native)
            add_allowed(t, &t->up, s->name, t->of, s->name);
        if (consul_extras_are_native(&s->extras))
            add_allowed(t, &t->down, s->name, s->name, t->of);
    }
}

/* -- showing ------------------------------------------------------------------------------------
 */

static void put_intention(struct topology *t, struct json_writer *j, struct bytes source,
                          struct bytes destination)
{
    const struct gate_options *gate = access_options(t->c->face->hub);
    const struct intention *which = NULL;
    bool may = consul_intentions_allow(t->c, &t->intentions, source, destination, &which);
    json_add_object(j, "Intention");
    json_add_bool(j, "Allowed", may);
    json_add_bool(j, "HasPermissions", has_permissions(which));
    json_add_str(j, "ExternalSource", "");
    json_add_bool(j, "HasExact", is_exact(which));
    json_add_bool(j, "DefaultAllow", !gate->is_on || gate->is_open);
    json_close_object(j);
}

static int compare_links(const void *a, const void *b)
{
    const struct link *x = a, *y = b;
    return bytes_cmp(x->name, y->name);
}

/* Those that have instances. */
static enum err put_links(struct topology *t, struct json_writer *j, struct links *links,
                          bool is_up)
{
    static const struct ui_gateway none = { .service_n = 0 };
    enum err e = OK;
    if (links->n > 0)
        qsort(links->all, links->n, sizeof *links->all, compare_links);
    json_add_array(j, is_up ? "Upstreams" : "Downstreams");
    for (size_t i = 0; i < links->n && e == OK; i++) {
        struct bytes name = links->all[i].name;
        struct ui_pieces pieces;
        if (!consul_may(t->c, ACCESS_READ, ACCESS_SERVICE, name)) {
            t->is_filtered = true;
            continue;
        }
        e = ui_gather(t->c, t->view, &t->index, name, &pieces);
        if (e != OK || ui_instances(&pieces) == 0)
            continue;
        json_open_object(j);
        ui_put_summary(t->c, j, pieces.all[0].row->service->name, &pieces, &none);
        json_add_str(j, "Source", links->all[i].source);
        put_intention(t, j, is_up ? t->of : name, is_up ? name : t->of);
        json_close_object(j);
    }
    json_close_array(j);
    return e;
}

static enum err find_links(struct topology *t, struct bytes *ret_protocol)
{
    const struct consul_service_list *list = &consul_lookup_of(t->c)->services;
    struct gateway_bindings bindings;
    struct consul_entries entries;
    enum err e = consul_intentions_read(t->view, t->arena, &t->intentions);
    if (e == OK)
        e = consul_gateway_bindings(t->view, bytes_str(""), t->arena, &bindings);
    if (e == OK)
        e = consul_entries_read(t->view, ENTRY_KIND_N, t->arena, &entries);
    if (e != OK)
        return e;
    const struct chain_source source = consul_entries_source(&entries);
    *ret_protocol = chain_protocol(&source, t->of, t->arena);
    for (size_t i = 0; i < list->n; i++) {
        struct bytes behind;
        if (consul_extras_are_proxy(&list->all[i].extras, t->arena, &behind))
            add_upstreams(t, &list->all[i], behind);
    }
    add_gateways(t, &bindings);
    add_by_intentions(t, list);
    return entries.err;
}

static void answer(struct consul_call *c, const struct view *view)
{
    struct topology t = { .c = c, .view = view, .arena = &c->face->scratch, .of = c->rest };
    struct json_writer *j = consul_json(c);
    struct bytes protocol = { 0 };
    enum err e = find_links(&t, &protocol);
    ui_index_make(c, true, &t.index);
    json_open_object(j);
    json_add_string(j, "Protocol", protocol);
    json_add_bool(j, "TransparentProxy", false);
    if (e == OK)
        e = put_links(&t, j, &t.up, true);
    if (e == OK)
        e = put_links(&t, j, &t.down, false);
    json_add_bool(j, "FilteredByACLs", t.is_filtered);
    json_close_object(j);
    if (e != OK)
        consul_fail(c, e);
    else
        consul_answer_json(c, 200);
}

void consul_ui_topology(struct consul_call *c)
{
    static const struct consul_query query = { consul_ui_index_all, answer };
    struct bytes kind;
    consul_lookup_new(c);
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing service name");
    else if (!consul_param(c, "kind", &kind))
        consul_refuse_text(c, 400, "Missing service kind");
    else if (kind.n > 0 && !bytes_is(kind, "ingress-gateway"))
        consul_refuse_text(c, 400, "Unsupported service kind %s", consul_quoted(c, kind));
    else if (consul_grant(c, ACCESS_READ, ACCESS_SERVICE, c->rest))
        consul_query(c, &query);
}

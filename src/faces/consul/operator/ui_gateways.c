/* /v1/internal/ui/gateway-*: what a gateway leads to or stands for, and who may connect there. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/config/gateways.h"
#include "faces/consul/mesh/intentions.h"
#include "faces/consul/operator/ui.h"
#include "faces/consul/operator/ui_summary.h"
#include "faces/consul/rows/lookup.h"

/* The bindings of one service stand together; where those from AT on end. */
static size_t end_of_service(const struct gateway_bindings *b, size_t at)
{
    size_t end = at + 1;
    while (end < b->n && bytes_eq(b->all[end].service, b->all[at].service))
        end++;
    return end;
}

/* -- services ---------------------------------------------------------------------------------- */

static enum err put_service(struct consul_call *c, const struct view *view,
                            const struct ui_index *index, struct json_writer *j,
                            const struct gateway_binding *all, size_t n)
{
    struct ui_pieces pieces;
    bool is_ingress = all->kind == ENTRY_INGRESS_GATEWAY;
    struct ui_gateway gateway = { .addresses = all, .address_n = is_ingress ? n : 0 };
    enum err e = ui_gather(c, view, index, all->service, &pieces);
    json_open_object(j);
    ui_put_summary(c, j, all->service, &pieces, &gateway);
    json_close_object(j);
    return e;
}

static void answer_services(struct consul_call *c, const struct view *view)
{
    struct gateway_bindings b;
    struct ui_index index;
    enum err e = consul_gateway_bindings(view, c->rest, &c->face->scratch, &b);
    struct json_writer *j = consul_json(c);
    ui_index_make(c, false, &index);
    json_open_array(j);
    for (size_t at = 0, end; e == OK && at < b.n; at = end) {
        end = end_of_service(&b, at);
        if (consul_may(c, ACCESS_READ, ACCESS_SERVICE, b.all[at].service))
            e = put_service(c, view, &index, j, &b.all[at], end - at);
    }
    json_close_array(j);
    if (e != OK)
        consul_fail(c, e);
    else
        consul_answer_json(c, 200);
}

/* -- intentions -------------------------------------------------------------------------------- */

static bool is_about(const struct gateway_bindings *b, const struct intention *one)
{
    for (size_t at = 0; at < b->n; at = end_of_service(b, at))
        if (intention_matches(one, INTENTION_BY_DESTINATION, b->all[at].service))
            return true;
    return false;
}

static void answer_intentions(struct consul_call *c, const struct view *view)
{
    struct gateway_bindings b;
    struct intentions all;
    enum err e = consul_gateway_bindings(view, c->rest, &c->face->scratch, &b);
    if (e == OK)
        e = consul_intentions_read(view, &c->face->scratch, &all);
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; e == OK && i < all.n; i++)
        if (is_about(&b, &all.all[i]) &&
            consul_may(c, ACCESS_READ, ACCESS_INTENTION, all.all[i].destination))
            consul_intention_write(&all.all[i], j);
    json_close_array(j);
    if (e != OK)
        consul_fail(c, e);
    else
        consul_answer_json(c, 200);
}

/* -- routes ------------------------------------------------------------------------------------ */

static void ask(struct consul_call *c, const struct consul_query *query)
{
    consul_lookup_new(c);
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing gateway name");
    else if (consul_grant(c, ACCESS_READ, ACCESS_SERVICE, c->rest))
        consul_query(c, query);
}

void consul_ui_gateway_services(struct consul_call *c)
{
    static const struct consul_query query = { consul_ui_index_all, answer_services };
    ask(c, &query);
}

void consul_ui_gateway_intentions(struct consul_call *c)
{
    static const struct consul_query query = { consul_ui_index_all, answer_intentions };
    ask(c, &query);
}

/* May who has this certificate connect to that service? */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/mesh/connect.h"
#include "faces/consul/mesh/connect_root.h"
#include "faces/consul/mesh/intentions.h"
#include "wire/json_bind.h"

/* -- may they connect -------------------------------------------------------------------------- */

struct authorize_body {
    struct bytes target, uri, serial;
};
static const struct json_field authorize_fields[] = {
    JSON_FIELD(struct authorize_body, target, "Target", STRING),
    JSON_FIELD(struct authorize_body, uri, "ClientCertURI", STRING),
    JSON_FIELD(struct authorize_body, serial, "ClientCertSerial", STRING),
};
static const struct json_shape authorize_shape = { "ConnectAuthorizeRequest",
                                                   sizeof(struct authorize_body), authorize_fields,
                                                   3, false };

static void put_decision(struct consul_call *c, bool is_authorized, const char *reason)
{
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_bool(j, "Authorized", is_authorized);
    json_add_str(j, "Reason", reason);
    json_close_object(j);
    consul_answer_json(c, 200);
}

/* What decided, in Consul's words. */
static const char *reason_of(struct consul_call *c, const struct intention *which)
{
    if (which == NULL)
        return "Default behavior configured by ACLs"; /* also when there are none */
    const struct entry_source *source = which->source;
    bool is_by_request = source->permissions.n > 0;
    return arena_printf(consul_arena(c), "Matched %s intention: %s => %s (Precedence: %d, %s)",
                        is_by_request ? "L7" : "L4", consul_text(c, source->name),
                        consul_text(c, which->destination),
                        intention_precedence(source->name, which->destination),
                        is_by_request ? "with permissions, which a connection alone does not have"
                                      : arena_printf(consul_arena(c), "Action: %s",
                                                     consul_text(c, source->action)));
}

static void decide(struct consul_call *c, const struct view *view, struct bytes source)
{
    struct intentions all;
    const struct intention *which = NULL;
    enum err e = consul_intentions_read(view, consul_arena(c), &all);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    bool may = consul_intentions_allow(c, &all, source, connect_state(c)->target, &which);
    put_decision(c, may, reason_of(c, which));
}

static void answer_authorize(struct consul_call *c, const struct view *view)
{
    struct ca_root root;
    struct acl_stamp stamp;
    struct bytes source;
    if (!connect_root(c, view, &root, &stamp))
        return;
    enum err e = ca_uri_service(&root, connect_state(c)->uri, consul_arena(c), &source);
    if (e == OK)
        decide(c, view, source);
    else if (e == ERR_DENIED)
        put_decision(c, false, "Identity from an external trust domain");
    else
        consul_refuse_text(c, 400, "ClientCertURI not a valid Connect identifier");
}

void connect_authorize(struct consul_call *c)
{
    static const struct consul_query query = { connect_index, answer_authorize };
    struct authorize_body b = { 0 };
    if (!consul_decode(c, &authorize_shape, &b))
        return;
    if (b.target.n == 0) {
        consul_refuse_text(c, 400, "Target service must be specified");
        return;
    }
    connect_state(c)->uri = b.uri;
    connect_state(c)->target = b.target;
    if (consul_grant(c, ACCESS_WRITE, ACCESS_SERVICE, b.target))
        connect_with_root(c, &query);
}

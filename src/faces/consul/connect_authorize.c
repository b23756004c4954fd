/* May who has this certificate connect to that service? */
#include "faces/consul/answer.h"
#include "faces/consul/connect.h"
#include "faces/consul/core.h"
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

static void answer_authorize(struct consul_call *c, const struct view *view)
{
    struct ca_root root;
    struct acl_stamp stamp;
    struct bytes source;
    const struct gate_options *gate = access_options(c->face->hub);
    struct bytes uri = connect_state(c)->uri;
    if (!connect_root(c, view, &root, &stamp))
        return;
    enum err e = ca_uri_service(&root, uri, consul_arena(c), &source);
    if (e == ERR_DENIED)
        put_decision(c, false, "Identity from an external trust domain");
    else if (e != OK)
        consul_refuse_text(c, 400, "ClientCertURI not a valid Connect identifier");
    else if (!gate->is_on || gate->is_open)
        put_decision(c, true,
                     gate->is_on ? "Default behavior configured by ACLs"
                                 : "ACLs disabled, access is allowed by default");
    else
        put_decision(c, false, "Default behavior configured by ACLs");
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
    if (consul_grant(c, ACCESS_WRITE, ACCESS_SERVICE, b.target))
        connect_with_root(c, &query);
}

/* catalog/register and catalog/deregister: nodes, services and checks of others, in one change. */
#include "base/text.h"
#include "base/uuid.h"
#include "faces/consul/answer.h"
#include "faces/consul/body.h"
#include "faces/consul/catalog.h"
#include "faces/consul/edit.h"
#include "faces/consul/core.h"
#include "faces/consul/lookup.h"
#include "wire/duration.h"
#include "wire/json_tree.h"

/* -- bodies -------------------------------------------------------------------------------------
 */

struct service_body {
    struct bytes id, name, address, socket_path, kind;
    int64_t port;
    struct json_texts tags;
    struct json_pairs meta;
    struct json_structs tagged;
    struct consul_weights_body *weights;
    bool has_tag_override;
    const struct json_node *proxy, *connect, *locality, *other;
};

struct check_body {
    struct bytes node, id, name, status, notes, output, service_id, service_name, type;
    struct bytes interval, timeout;
    const struct json_node *definition, *other;
};

struct register_body {
    struct bytes datacenter, id, node, address;
    struct json_pairs tagged, meta;
    struct service_body *service;
    struct check_body *check;
    struct json_structs checks;
    bool skip_node_update;
    const struct json_node *locality, *other;
};

#define SERVICE(member, json, kind) JSON_FIELD(struct service_body, member, json, kind)
static const struct json_field service_fields[] = {
    SERVICE(id, "ID", STRING),
    SERVICE(name, "Service", STRING),
    SERVICE(address, "Address", STRING),
    SERVICE(socket_path, "SocketPath", STRING),
    SERVICE(kind, "Kind", STRING),
    SERVICE(port, "Port", INT),
    SERVICE(tags, "Tags", STRINGS),
    SERVICE(meta, "Meta", STRING_MAP),
    JSON_FIELD_OF(struct service_body, tagged, "TaggedAddresses", STRUCT_MAP, &consul_tagged_shape),
    JSON_FIELD_OF(struct service_body, weights, "Weights", POINTER, &consul_weights_shape),
    SERVICE(has_tag_override, "EnableTagOverride", BOOL),
    SERVICE(proxy, "Proxy", ANY),
    SERVICE(connect, "Connect", ANY),
    SERVICE(locality, "Locality", ANY),
    /* what Consul's own rows have, sent back to it */
    SERVICE(other, "Ports", ANY),
    SERVICE(other, "PeerName", ANY),
    SERVICE(other, "CreateIndex", ANY),
    SERVICE(other, "ModifyIndex", ANY),
};
static const struct json_shape service_shape = { "NodeService", sizeof(struct service_body),
                                                 service_fields, ARRAY_LEN(service_fields), false };

#define CHECK(member, json, kind) JSON_FIELD(struct check_body, member, json, kind)
static const struct json_field check_fields[] = {
    CHECK(node, "Node", STRING),
    CHECK(id, "CheckID", STRING),
    CHECK(name, "Name", STRING),
    CHECK(status, "Status", STRING),
    CHECK(notes, "Notes", STRING),
    CHECK(output, "Output", STRING),
    CHECK(service_id, "ServiceID", STRING),
    CHECK(service_name, "ServiceName", STRING),
    CHECK(type, "Type", STRING),
    CHECK(interval, "Interval", STRING),
    CHECK(timeout, "Timeout", STRING),
    CHECK(definition, "Definition", ANY),
    CHECK(other, "ServiceTags", ANY),
    CHECK(other, "ExposedPort", ANY),
    CHECK(other, "PeerName", ANY),
    CHECK(other, "CreateIndex", ANY),
    CHECK(other, "ModifyIndex", ANY),
};
static const struct json_shape check_shape = { "HealthCheck", sizeof(struct check_body),
                                               check_fields, ARRAY_LEN(check_fields), false };

#define REGISTER(member, json, kind) JSON_FIELD(struct register_body, member, json, kind)
static const struct json_field register_fields[] = {
    REGISTER(datacenter, "Datacenter", STRING),
    REGISTER(id, "ID", STRING),
    REGISTER(node, "Node", STRING),
    REGISTER(address, "Address", STRING),
    REGISTER(tagged, "TaggedAddresses", STRING_MAP),
    REGISTER(meta, "NodeMeta", STRING_MAP),
    JSON_FIELD_OF(struct register_body, service, "Service", POINTER, &service_shape),
    JSON_FIELD_OF(struct register_body, check, "Check", POINTER, &check_shape),
    JSON_FIELD_OF(struct register_body, checks, "Checks", STRUCTS, &check_shape),
    REGISTER(skip_node_update, "SkipNodeUpdate", BOOL),
    REGISTER(locality, "Locality", ANY),
    REGISTER(other, "Token", ANY),
    REGISTER(other, "WriteRequest", ANY),
    REGISTER(other, "PeerName", ANY),
};
static const struct json_shape register_shape = { "RegisterRequest", sizeof(struct register_body),
                                                  register_fields, ARRAY_LEN(register_fields),
                                                  false };

/* -- validating ---------------------------------------------------------------------------------
 */

static bool is_own_node(const struct consul_call *c, struct bytes node)
{
    return text_eq_nocase(node, bytes_str(c->face->self.node_name));
}

static bool is_datacenter(struct consul_call *c, struct bytes datacenter)
{
    if (datacenter.n == 0 || bytes_is(datacenter, c->face->self.datacenter))
        return true;
    consul_refuse(c, CONSUL_NO_PATH);
    return false;
}

/* False: refused and answered; so below. */
static bool check_body(struct consul_call *c, const struct register_body *b)
{
    struct uuid id;
    const struct service_body *s = b->service;
    if (b->node.n == 0)
        consul_refuse_text(c, 500, "Must provide node");
    else if (b->address.n == 0 && !b->skip_node_update)
        consul_refuse_text(c, 500, "Must provide address if SkipNodeUpdate is not set");
    else if (b->id.n > 0 && !uuid_parse(b->id, &id))
        consul_refuse_text(c, 500, "Bad node ID: %s",
                           consul_quoted(c, bytes_of(b->id.p, b->id.n < 80 ? b->id.n : 80)));
    else if (s != NULL && s->name.n == 0 && s->id.n > 0)
        consul_refuse_text(c, 500,
                           "Must provide service name (Service.Service) when service ID is "
                           "provided");
    else if (s != NULL && s->name.n == 0)
        consul_refuse_text(c, 500, "Must provide service name (Service.Service)");
    else if (s != NULL && consul_is_any_address(s->address))
        consul_refuse_text(c, 500, "Invalid service address");
    else if (s != NULL && (s->port < 0 || s->port > UINT16_MAX))
        consul_refuse_text(c, 500, "Port %lld is outside 0 to 65535", (long long)s->port);
    else
        return is_datacenter(c, b->datacenter);
    return false;
}

/* -- making it ----------------------------------------------------------------------------------
 */

static enum err add_node(struct consul_call *c, const struct register_body *b,
                         struct consul_edit *edit, struct why *why)
{
    struct consul_extras extras = consul_extras_none();
    struct node node = { .name = b->node, .id = b->id, .address = b->address };
    enum err e = consul_meta_make(&b->meta, edit->arena, &node.metadata, why);
    if (e != OK)
        return e;
    if (b->tagged.n > CONSUL_TAGGED_MAX)
        return why_set(why, ERR_INVALID, "more than %d tagged addresses", CONSUL_TAGGED_MAX);
    extras.tagged = arena_zalloc(edit->arena, b->tagged.n, sizeof *extras.tagged);
    for (; extras.tagged_n < b->tagged.n; extras.tagged_n++)
        extras.tagged[extras.tagged_n] =
            (struct consul_tagged){ .name = b->tagged.all[extras.tagged_n].name,
                                    .address = b->tagged.all[extras.tagged_n].value };
    extras.locality = consul_json_of(b->locality, edit->arena);
    return consul_edit_node(edit, &node, &extras, b->skip_node_update ? OP_ENSURE : OP_SET, why);
}

static enum err add_service(const struct consul_place *place, struct service_body *s,
                            struct consul_edit *edit, struct why *why)
{
    struct consul_instance in = { .id = s->id.n > 0 ? s->id : s->name,
                                  .address = s->address,
                                  .port = (uint16_t)s->port,
                                  .tags = s->tags.all,
                                  .tag_n = s->tags.n };
    in.extras = (struct consul_extras){ .kind = s->kind,
                                        .socket_path = s->socket_path,
                                        .has_tag_override = s->has_tag_override,
                                        .proxy = consul_json_of(s->proxy, edit->arena),
                                        .connect = consul_json_of(s->connect, edit->arena),
                                        .locality = consul_json_of(s->locality, edit->arena) };
    s->id = in.id;
    if (service_id_parse(bytes_str(CONSUL_NS), s->name, &in.service) != OK)
        return why_set(why, ERR_INVALID, "Invalid service name");
    const struct consul_weights_body *w = s->weights; /* Go's client sends zeroes for none */
    bool has_weights = w != NULL && (w->passing != 0 || w->warning != 0);
    enum err e = consul_weights_make(has_weights ? w : NULL, &in.extras, why);
    if (e == OK)
        e = consul_meta_make(&s->meta, edit->arena, &in.meta, why);
    /* An address of its own is not added here: that is what an agent does. */
    if (e == OK)
        e = consul_tagged_make(&s->tagged, bytes_str(""), in.port, edit->arena, &in.extras, why);
    return e == OK ? consul_edit_instance(edit, place, &in, why) : e;
}

static bool is_zero(const struct json_node *node)
{
    switch (node->kind) {
    case JSON_NODE_NULL:
        return true;
    case JSON_NODE_BOOL:
        return !node->truth;
    case JSON_NODE_NUMBER:
        return bytes_is(node->text, "0");
    case JSON_NODE_STRING:
        return node->text.n == 0 || bytes_is(node->text, "0s");
    case JSON_NODE_ARRAY:
    case JSON_NODE_OBJECT:
        break;
    }
    return node->first == NULL;
}

static void put_member(struct json_writer *j, const struct json_node *node)
{
    static const char *const durations[] = { "Interval", "Timeout",
                                             "DeregisterCriticalServiceAfter" };
    int64_t ns;
    bool is_duration = false;
    for (size_t i = 0; i < ARRAY_LEN(durations); i++)
        is_duration = is_duration || text_eq_nocase(node->name, bytes_str(durations[i]));
    json_put_name_bytes(j, node->name);
    if (!is_duration || !json_node_int(node, &ns)) {
        json_put_node(j, node);
        return;
    }
    struct buf text;
    buf_init(&text, 64);
    duration_print(ns, &text);
    json_put_string(j, buf_bytes(&text));
    buf_fini(&text);
}

/* What of a definition says something, durations as texts; empty if nothing does. */
static struct bytes definition_of(const struct json_node *node, struct arena *arena)
{
    struct buf text;
    struct json_writer j;
    bool says = false;
    if (node == NULL || node->kind != JSON_NODE_OBJECT)
        return bytes_str("");
    buf_init(&text, CHECK_MAX);
    json_init(&j, &text);
    json_open_object(&j);
    for (const struct json_node *at = node->first; at != NULL; at = at->next) {
        if (is_zero(at))
            continue;
        put_member(&j, at);
        says = true;
    }
    json_close_object(&j);
    struct bytes ret = says ? arena_dup(arena, buf_bytes(&text)) : bytes_str("");
    buf_fini(&text);
    return ret;
}

static enum err add_check(const struct consul_place *place, const struct check_body *b,
                          struct consul_edit *edit, struct why *why)
{
    struct check row = { .status = STATUS_DOWN,
                         .id = b->id.n > 0 ? b->id : b->name,
                         .name = b->name,
                         .notes = b->notes,
                         .output = b->output,
                         .type = b->type };
    struct check_extras extras = { .interval = b->interval,
                                   .timeout = b->timeout,
                                   .definition = definition_of(b->definition, edit->arena) };
    if (b->node.n > 0 && !text_eq_nocase(b->node, place->node))
        return why_set(why, ERR_INVALID, "check node '%.*s' does not match node '%.*s'",
                       (int)(b->node.n < 80 ? b->node.n : 80), (const char *)b->node.p,
                       (int)(place->node.n < 80 ? place->node.n : 80), (const char *)place->node.p);
    if (b->status.n > 0 && !consul_status_parse(b->status, &row.status))
        return why_set(why, ERR_INVALID, "Invalid check status");
    return consul_edit_check(edit, place, b->service_id, &row, &extras, why);
}

static enum err make_change(struct consul_call *c, const struct register_body *b,
                            struct consul_edit *edit, struct why *why)
{
    struct consul_place place = { .node = b->node, .is_member = is_own_node(c, b->node) };
    if (place.is_member)
        place.address = bytes_str(c->face->self.address);
    const struct check_body *checks = b->checks.all;
    enum err e = OK;
    if (!place.is_member)
        e = add_node(c, b, edit, why);
    if (e == OK && b->service != NULL)
        e = add_service(&place, b->service, edit, why);
    if (e == OK && b->check != NULL)
        e = add_check(&place, b->check, edit, why);
    for (size_t i = 0; i < b->checks.n && e == OK; i++)
        e = add_check(&place, &checks[i], edit, why);
    return e;
}

static void answer_true(struct consul_call *c)
{
    consul_answer_bool(c, true);
}

static bool may_register(struct consul_call *c, const struct register_body *b)
{
    if (!b->skip_node_update || b->service == NULL)
        if (!consul_grant(c, ACCESS_WRITE, ACCESS_NODE, b->node))
            return false;
    return b->service == NULL || consul_grant(c, ACCESS_WRITE, ACCESS_SERVICE, b->service->name);
}

void consul_catalog_register(struct consul_call *c)
{
    struct register_body *b = arena_zalloc(consul_arena(c), 1, sizeof *b);
    struct consul_edit edit = consul_edit_new(c);
    struct why why = { 0 };
    if (!consul_decode(c, &register_shape, b) || !check_body(c, b) || !may_register(c, b))
        return;
    if (make_change(c, b, &edit, &why) != OK)
        consul_refuse_text(c, 500, "%s", why.text);
    else
        consul_edit_submit(c, &edit, answer_true);
}

/* -- deregistering ------------------------------------------------------------------------------
 */

struct deregister_body { /* call->state */
    struct bytes datacenter, node, service_id, check_id, address;
    const struct json_node *other;
};

#define DEREGISTER(member, json, kind) JSON_FIELD(struct deregister_body, member, json, kind)
static const struct json_field deregister_fields[] = {
    DEREGISTER(datacenter, "Datacenter", STRING), DEREGISTER(node, "Node", STRING),
    DEREGISTER(service_id, "ServiceID", STRING),  DEREGISTER(check_id, "CheckID", STRING),
    DEREGISTER(address, "Address", STRING),       DEREGISTER(other, "Token", ANY),
    DEREGISTER(other, "WriteRequest", ANY),       DEREGISTER(other, "PeerName", ANY),
};
static const struct json_shape deregister_shape = { "DeregisterRequest",
                                                    sizeof(struct deregister_body),
                                                    deregister_fields, ARRAY_LEN(deregister_fields),
                                                    false };

/* Who may write the node may write what is on it; else the service. */
static bool may_drop(struct consul_call *c, struct bytes node, struct bytes service)
{
    if (service.n > 0 && !consul_may(c, ACCESS_WRITE, ACCESS_NODE, node))
        return consul_grant(c, ACCESS_WRITE, ACCESS_SERVICE, service);
    return consul_grant(c, ACCESS_WRITE, ACCESS_NODE, node);
}

static void deregister(struct consul_call *c, const struct view *view)
{
    const struct deregister_body *b = c->state;
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_node node;
    struct consul_service service = { 0 };
    struct consul_check check = { 0 };
    struct consul_edit edit = consul_edit_new(c);
    struct consul_place place = { .node = b->node, .is_member = is_own_node(c, b->node) };
    enum err e = consul_node_read(&rows, b->node, &node);
    if (e == OK && b->service_id.n > 0)
        e = consul_registered_read(&rows, &node, b->service_id, &service);
    else if (e == OK && b->check_id.n > 0)
        e = consul_check_find(&rows, &node, b->check_id, &check);
    if (e != OK && e != ERR_NOT_FOUND) {
        consul_fail(c, e);
        return;
    }
    bool is_there = e == OK;
    bool may = may_drop(c, b->node, b->service_id.n > 0 ? service.name : check.service);
    if (is_there && may && b->service_id.n > 0)
        consul_edit_drop_instance(&edit, &place, b->service_id);
    else if (is_there && may && b->check_id.n > 0)
        consul_edit_drop_check(&edit, &place, check.instance, check.row.id);
    else if (is_there && may)
        consul_edit_drop_node(&edit, b->node);
    if (may)
        consul_edit_submit(c, &edit, answer_true);
}

void consul_catalog_deregister(struct consul_call *c)
{
    struct deregister_body *b = c->state = arena_zalloc(consul_arena(c), 1, sizeof *b);
    if (!consul_decode(c, &deregister_shape, b))
        return;
    if (b->node.n == 0)
        consul_refuse_text(c, 500, "Must provide node");
    else if (is_datacenter(c, b->datacenter) && consul_grant_open(c))
        consul_read(c, deregister);
}

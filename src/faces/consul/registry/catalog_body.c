/* Rows of the catalog out of JSON. */
#include "faces/consul/registry/catalog_body.h"

#include "base/compiler.h"
#include "base/text.h"
#include "base/uuid.h"
#include "faces/consul/registry/mesh_check.h"
#include "faces/consul/registry/types_check.h"
#include "faces/consul/registry/ports.h"
#include "faces/consul/rows/proxy.h"
#include "faces/consul/rows/rows.h"

#define SERVICE(member, json, kind) JSON_FIELD(struct consul_service_row, member, json, kind)
static const struct json_field service_fields[] = {
    SERVICE(id, "ID", STRING),
    SERVICE(name, "Service", STRING),
    SERVICE(address, "Address", STRING),
    SERVICE(socket_path, "SocketPath", STRING),
    SERVICE(kind, "Kind", STRING),
    SERVICE(port, "Port", INT),
    SERVICE(tags, "Tags", STRINGS),
    SERVICE(meta, "Meta", STRING_MAP),
    JSON_FIELD_OF(struct consul_service_row, tagged, "TaggedAddresses", STRUCT_MAP,
                  &consul_tagged_shape),
    JSON_FIELD_OF(struct consul_service_row, weights, "Weights", POINTER, &consul_weights_shape),
    SERVICE(has_tag_override, "EnableTagOverride", BOOL),
    SERVICE(proxy, "Proxy", ANY),
    SERVICE(connect, "Connect", ANY),
    SERVICE(locality, "Locality", ANY),
    /* what Consul's own rows have, sent back to it */
    SERVICE(ports, "Ports", ANY),
    SERVICE(other, "PeerName", ANY),
    SERVICE(other, "CreateIndex", ANY),
    SERVICE(modify, "ModifyIndex", UINT),
};
const struct json_shape consul_service_row_shape = { "NodeService",
                                                     sizeof(struct consul_service_row),
                                                     service_fields, ARRAY_LEN(service_fields),
                                                     false };

#define CHECK(member, json, kind) JSON_FIELD(struct consul_check_row, member, json, kind)
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
    JSON_FIELD_OF(struct consul_check_row, definition, "Definition", POINTER,
                  &consul_shown_definition_shape),
    CHECK(other, "ServiceTags", ANY),
    CHECK(other, "ExposedPort", ANY),
    CHECK(other, "PeerName", ANY),
    CHECK(other, "CreateIndex", ANY),
    CHECK(modify, "ModifyIndex", UINT),
};
const struct json_shape consul_check_row_shape = { "HealthCheck", sizeof(struct consul_check_row),
                                                   check_fields, ARRAY_LEN(check_fields), false };

/* -- making it ----------------------------------------------------------------------------------
 */

/* In the words of Consul's library. */
static enum err check_id(struct bytes id, struct why *why)
{
    static const size_t hyphens[] = { 8, 13, 18, 23 };
    struct uuid uuid;
    if (id.n == 0 || uuid_parse(id, &uuid))
        return OK;
    if (id.n != UUID_TEXT)
        return why_set(why, ERR_INVALID, "Bad node ID: uuid string is wrong length");
    for (size_t i = 0; i < ARRAY_LEN(hyphens); i++)
        if (id.p[hyphens[i]] != '-')
            return why_set(why, ERR_INVALID, "Bad node ID: uuid is improperly formatted");
    return why_set(why, ERR_INVALID, "Bad node ID: encoding/hex: invalid byte");
}

enum err consul_row_add_node(const struct consul_node_row *b, enum op_verb verb,
                             struct consul_edit *edit, struct why *why)
{
    struct consul_extras extras = consul_extras_none();
    struct node node = { .name = b->name, .id = b->id, .address = b->address };
    enum err e = consul_types_check(NULL, NULL, b->locality, edit->arena, why);
    if (e == OK)
        e = check_id(b->id, why);
    if (e == OK)
        e = consul_meta_copy(&b->meta, edit->arena, &node.metadata, why);
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
    return consul_edit_node(edit, &node, &extras, verb, why);
}

enum err consul_row_add_service(const struct consul_place *place, struct consul_service_row *s,
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
                                        .proxy = consul_proxy_text(s->proxy, false, edit->arena),
                                        .connect = consul_json_of(s->connect, edit->arena),
                                        .locality = consul_json_of(s->locality, edit->arena) };
    if (s->name.n == 0)
        return why_set(why, ERR_INVALID, "Must provide service name (Service.Service)%s",
                       s->id.n > 0 ? " when service ID is provided" : "");
    s->id = in.id;
    if (service_id_parse(bytes_str(CONSUL_NS), s->name, &in.service) != OK)
        return why_set(why, ERR_INVALID, "Invalid service name");
    in.word = s->name;
    enum err e = consul_types_check(s->proxy, s->connect, s->locality, edit->arena, why);
    if (e == OK)
        e = consul_ports_make(s->ports, s->port, edit->arena, &in.extras.ports, &s->port, why);
    in.port = (uint16_t)s->port;
    struct consul_mesh_part part = { .kind = s->kind,
                                     .socket_path = s->socket_path,
                                     .port = s->port,
                                     .proxy = s->proxy,
                                     .connect = s->connect };
    const struct consul_weights_body *w = s->weights; /* Go's client sends zeroes for none */
    bool has_weights = w != NULL && (w->passing != 0 || w->warning != 0);
    if (e == OK)
        e = consul_mesh_check(&part, why);
    if (e == OK)
        e = consul_weights_make(has_weights ? w : NULL, &in.extras, why);
    if (e == OK)
        e = consul_meta_copy(&s->meta, edit->arena, &in.meta, why);
    /* An address of its own is not added here: that is what an agent does. */
    if (e == OK)
        e = consul_tagged_make(&s->tagged, bytes_str(""), in.port, edit->arena, &in.extras, why);
    return e == OK ? consul_edit_instance(edit, place, &in, why) : e;
}

enum err consul_row_add_check(const struct consul_place *place, const struct consul_check_row *b,
                              struct consul_edit *edit, struct why *why)
{
    struct check row = { .status = STATUS_DOWN,
                         .id = b->id.n > 0 ? b->id : b->name,
                         .name = b->name,
                         .notes = b->notes,
                         .output = b->output,
                         .type = b->type.n > 0 ? b->type
                                               : consul_shown_definition_type(b->definition) };
    struct check_extras extras = { .interval = b->interval,
                                   .timeout = b->timeout,
                                   .definition =
                                       consul_shown_definition_text(b->definition, edit->arena) };
    if (b->node.n > 0 && !text_eq_nocase(b->node, place->node))
        return why_set(why, ERR_INVALID,
                       "Node '%.*s' for check '%.*s' doesn't match register request node '%.*s'",
                       (int)(b->node.n < 80 ? b->node.n : 80), (const char *)b->node.p,
                       (int)(row.id.n < 80 ? row.id.n : 80), (const char *)row.id.p,
                       (int)(place->node.n < 80 ? place->node.n : 80), (const char *)place->node.p);
    if (b->status.n > 0 && !consul_status_parse(b->status, &row.status))
        return why_set(why, ERR_INVALID, "Invalid check status");
    return consul_edit_check(edit, place, b->service_id, &row, &extras, why);
}

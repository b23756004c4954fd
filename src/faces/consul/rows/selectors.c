/* Schemas are the names of the JSON that is shown. */
#include "faces/consul/rows/health_row.h"
#include "faces/consul/rows/selectors.h"

#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/rows/mesh.h"
#include "faces/consul/rows/proxy_selectors.h"

/* -- accessors: GET(name, struct, member of the value, what of it) ------------------------------
 */

#define GET(name, type, member, expression)                        \
    static bool name(const void *object, struct filter_value *ret) \
    {                                                              \
        const struct type *of = object;                            \
        ret->member = (expression);                                \
        return true;                                               \
    }

GET(node_id, consul_node, text, of->row.id)
GET(node_name, consul_node, text, of->row.name)
GET(node_address, consul_node, text, of->row.address)
GET(node_datacenter, consul_node, text, of->datacenter)
GET(service_datacenter, consul_service, text, of->node->datacenter)
GET(node_addresses, consul_node, object, &of->extras)
GET(node_meta, consul_node, object, &of->row.metadata)
GET(service_node_id, consul_service, text, of->node->row.id)
GET(service_node_name, consul_service, text, of->node->row.name)
GET(service_node_address, consul_service, text, of->node->row.address)
GET(service_node_addresses, consul_service, object, &of->node->extras)
GET(service_node_meta, consul_service, object, &of->node->row.metadata)
GET(service_id, consul_service, text, of->id)
GET(service_name, consul_service, text, of->name)
GET(service_kind, consul_service, text, of->extras.kind)
GET(service_address, consul_service, text, of->address)
GET(service_addresses, consul_service, object, &of->extras)
GET(service_port, consul_service, integer, of->port)
GET(service_socket, consul_service, text, of->extras.socket_path)
GET(service_tags, consul_service, object, of)
GET(service_meta, consul_service, object, &of->meta)
GET(service_weights, consul_service, object, &of->extras)
GET(service_override, consul_service, truth, of->extras.has_tag_override)
GET(service_connect, consul_service, object, &of->extras)
GET(service_proxy, consul_service, object, of->proxy == NULL ? &consul_no_proxy : of->proxy)
GET(connect_native, consul_extras, truth, consul_extras_are_native(of))
GET(service_create, consul_service, natural, of->create)
GET(service_modify, consul_service, natural, of->modify)
GET(weights_passing, consul_extras, integer, of->passing)
GET(weights_warning, consul_extras, integer, of->warning)
GET(tagged_address, consul_tagged, text, of->address)
GET(tagged_port, consul_tagged, integer, of->port)
GET(check_node, consul_check, text, of->node)
GET(check_id, consul_check, text, of->row.id)
GET(check_name, consul_check, text, of->row.name)
GET(check_status, consul_check, text, bytes_str(consul_status_word(of->row.status)))
GET(check_notes, consul_check, text, of->row.notes)
GET(check_output, consul_check, text, of->row.output)
GET(check_instance, consul_check, text, of->instance)
GET(check_service, consul_check, text, of->service)
GET(check_tags, consul_check, object, of)
GET(check_type, consul_check, text, of->row.type)
GET(full_id, consul_full_node, text, of->node->row.id)
GET(full_name, consul_full_node, text, of->node->row.name)
GET(full_address, consul_full_node, text, of->node->row.address)
GET(full_addresses, consul_full_node, object, &of->node->extras)
GET(full_meta, consul_full_node, object, &of->node->row.metadata)
GET(full_services, consul_full_node, object, of)
GET(full_checks, consul_full_node, object, &of->checks)
GET(health_node, consul_health_row, object, of->service->node)
GET(health_service, consul_health_row, object, of->service)
GET(health_checks, consul_health_row, object, &of->checks)

static bool no_text(const void *row, struct filter_value *ret)
{
    ret->text = bytes_str("");
    return true;
}

/* -- lists and maps -----------------------------------------------------------------------------
 */

static bool service_tag_at(const void *list, size_t i, struct filter_value *ret)
{
    const struct consul_service *s = list;
    if (i >= s->tag_n)
        return false;
    ret->text = s->tags[i];
    return true;
}

static bool check_tag_at(const void *list, size_t i, struct filter_value *ret)
{
    const struct consul_check *c = list;
    if (i >= c->tag_n)
        return false;
    ret->text = c->tags[i];
    return true;
}

static bool check_at(const void *list, size_t i, struct filter_value *ret)
{
    const struct consul_check_list *checks = list;
    if (i >= checks->n)
        return false;
    ret->object = &checks->all[i];
    return true;
}

static bool service_at(const void *list, size_t i, struct filter_value *ret)
{
    const struct consul_full_node *n = list;
    if (i >= n->service_n)
        return false;
    ret->object = n->services[i];
    return true;
}

static bool meta_find(const void *map, struct bytes key, struct filter_value *ret)
{
    const struct bytes *value = labels_find(map, key);
    if (value == NULL)
        return false;
    ret->text = *value;
    return true;
}

static bool meta_is_empty(const void *map)
{
    return ((const struct labels *)map)->n == 0;
}

static bool tagged_find(const void *map, struct bytes key, struct filter_value *ret)
{
    const struct consul_extras *x = map;
    for (size_t i = 0; i < x->tagged_n; i++) {
        if (!bytes_eq(x->tagged[i].name, key))
            continue;
        ret->object = &x->tagged[i];
        ret->text = x->tagged[i].address;
        return true;
    }
    return false;
}

static bool tagged_is_empty(const void *map)
{
    return ((const struct consul_extras *)map)->tagged_n == 0;
}

/* -- schemas ------------------------------------------------------------------------------------
 */

#define SCHEMA(fields)            \
    {                             \
        fields, ARRAY_LEN(fields) \
    }
#define STRING(json, getter)                               \
    {                                                      \
        .name = json, .kind = FILTER_STRING, .get = getter \
    }
#define INT(json, getter)                               \
    {                                                   \
        .name = json, .kind = FILTER_INT, .get = getter \
    }
#define UINT(json, getter)                               \
    {                                                    \
        .name = json, .kind = FILTER_UINT, .get = getter \
    }
#define BOOL(json, getter)                               \
    {                                                    \
        .name = json, .kind = FILTER_BOOL, .get = getter \
    }
#define TEXTS(json, getter, getter_at)                                                      \
    {                                                                                       \
        .name = json, .kind = FILTER_LIST, .get = getter, .at = getter_at, .element = &text \
    }
#define META(json, getter)                                                  \
    {                                                                       \
        .name = json, .kind = FILTER_MAP, .get = getter, .find = meta_find, \
        .is_empty = meta_is_empty, .element = &text                         \
    }
#define TAGGED(json, getter, of)                                              \
    {                                                                         \
        .name = json, .kind = FILTER_MAP, .get = getter, .find = tagged_find, \
        .is_empty = tagged_is_empty, .element = of                            \
    }
#define STRUCT(json, getter, of)                                         \
    {                                                                    \
        .name = json, .kind = FILTER_STRUCT, .get = getter, .fields = of \
    }

static const struct filter_field text = { .kind = FILTER_STRING };

static const struct filter_field tagged_fields[] = { STRING("Address", tagged_address),
                                                     INT("Port", tagged_port) };
static const struct filter_schema tagged_schema = SCHEMA(tagged_fields);
static const struct filter_field tagged = { .kind = FILTER_STRUCT, .fields = &tagged_schema };

static const struct filter_field weights_fields[] = { INT("Passing", weights_passing),
                                                      INT("Warning", weights_warning) };
static const struct filter_schema weights_schema = SCHEMA(weights_fields);

static const struct filter_field connect_fields[] = { BOOL("Native", connect_native) };
static const struct filter_schema connect_schema = SCHEMA(connect_fields);

static const struct filter_field node_fields[] = {
    STRING("ID", node_id),           STRING("Node", node_name),
    STRING("Address", node_address), STRING("Datacenter", node_datacenter),
    STRING("PeerName", no_text),     TAGGED("TaggedAddresses", node_addresses, &text),
    META("Meta", node_meta),
};
const struct filter_schema consul_node_schema = SCHEMA(node_fields);

static const struct filter_field check_fields[] = {
    STRING("Node", check_node),
    STRING("CheckID", check_id),
    STRING("Name", check_name),
    STRING("Status", check_status),
    STRING("Notes", check_notes),
    STRING("Output", check_output),
    STRING("ServiceID", check_instance),
    STRING("ServiceName", check_service),
    TEXTS("ServiceTags", check_tags, check_tag_at),
    STRING("Type", check_type),
    STRING("PeerName", no_text),
};
const struct filter_schema consul_check_schema = SCHEMA(check_fields);

static const struct filter_field service_node_fields[] = {
    STRING("ID", service_node_id),
    STRING("Node", service_node_name),
    STRING("Address", service_node_address),
    STRING("Datacenter", service_datacenter),
    TAGGED("TaggedAddresses", service_node_addresses, &text),
    META("NodeMeta", service_node_meta),
    STRING("ServiceKind", service_kind),
    STRING("ServiceID", service_id),
    STRING("ServiceName", service_name),
    TEXTS("ServiceTags", service_tags, service_tag_at),
    STRING("ServiceAddress", service_address),
    TAGGED("ServiceTaggedAddresses", service_addresses, &tagged),
    STRUCT("ServiceWeights", service_weights, &weights_schema),
    META("ServiceMeta", service_meta),
    INT("ServicePort", service_port),
    STRING("ServiceSocketPath", service_socket),
    BOOL("ServiceEnableTagOverride", service_override),
    STRUCT("ServiceProxy", service_proxy, &consul_proxy_schema),
    STRUCT("ServiceConnect", service_connect, &connect_schema),
    STRING("PeerName", no_text),
    UINT("CreateIndex", service_create),
    UINT("ModifyIndex", service_modify),
};
const struct filter_schema consul_service_node_schema = SCHEMA(service_node_fields);

static const struct filter_field node_service_fields[] = {
    STRING("Kind", service_kind),
    STRING("ID", service_id),
    STRING("Service", service_name),
    TEXTS("Tags", service_tags, service_tag_at),
    STRING("Address", service_address),
    TAGGED("TaggedAddresses", service_addresses, &tagged),
    META("Meta", service_meta),
    INT("Port", service_port),
    STRING("SocketPath", service_socket),
    STRUCT("Weights", service_weights, &weights_schema),
    BOOL("EnableTagOverride", service_override),
    STRUCT("Proxy", service_proxy, &consul_proxy_schema),
    STRUCT("Connect", service_connect, &connect_schema),
    STRING("PeerName", no_text),
    UINT("CreateIndex", service_create),
    UINT("ModifyIndex", service_modify),
};
const struct filter_schema consul_node_service_schema = SCHEMA(node_service_fields);

static const struct filter_field check_element = { .kind = FILTER_STRUCT,
                                                   .fields = &consul_check_schema };
static const struct filter_field health_fields[] = {
    STRUCT("Node", health_node, &consul_node_schema),
    STRUCT("Service", health_service, &consul_node_service_schema),
    { .name = "Checks",
      .kind = FILTER_LIST,
      .get = health_checks,
      .at = check_at,
      .element = &check_element },
};
const struct filter_schema consul_health_schema = SCHEMA(health_fields);

static const struct filter_field service_element = { .kind = FILTER_STRUCT,
                                                     .fields = &consul_node_service_schema };
static const struct filter_field full_fields[] = {
    STRING("ID", full_id),
    STRING("Node", full_name),
    STRING("Address", full_address),
    STRING("PeerName", no_text),
    TAGGED("TaggedAddresses", full_addresses, &text),
    META("Meta", full_meta),
    { .name = "Services",
      .kind = FILTER_LIST,
      .get = full_services,
      .at = service_at,
      .element = &service_element },
    { .name = "Checks",
      .kind = FILTER_LIST,
      .get = full_checks,
      .at = check_at,
      .element = &check_element },
};
const struct filter_schema consul_full_node_schema = SCHEMA(full_fields);

/* -- asking -------------------------------------------------------------------------------------
 */

static void refuse_filter(struct consul_call *c, const struct why *why)
{
    consul_refuse_text(c, 500, "Failed to create boolean expression evaluator: %s", why->text);
}

bool consul_filter_begin(struct consul_call *c, const struct filter_schema *schema)
{
    const struct filter *filter;
    struct why why = { 0 };
    if (c->params.filter.n == 0)
        return true;
    enum err e = filter_parse(c->params.filter, NULL, consul_arena(c), &filter, &why);
    if (e == OK)
        e = filter_check(filter, schema, consul_arena(c), &c->plan, &why);
    if (e != OK)
        refuse_filter(c, &why);
    return e == OK;
}

bool consul_filter_keeps(struct consul_call *c, const void *row)
{
    bool keeps = false;
    if (c->plan == NULL)
        return true;
    if (!c->plan_failed && filter_match(c->plan, row, &keeps, &c->plan_why) != OK)
        c->plan_failed = true;
    return keeps && !c->plan_failed;
}

void consul_answer_filtered(struct consul_call *c)
{
    if (c->plan_failed)
        refuse_filter(c, &c->plan_why);
    else
        consul_answer_json(c, 200);
}

bool consul_meta_matches(const struct consul_call *c, const struct consul_node *node)
{
    if (c->params.of_peer)
        return false;
    for (size_t i = 0; i < c->params.node_meta_n; i++) {
        const struct consul_pair *want = &c->params.node_meta[i];
        const struct bytes *have = labels_find(&node->row.metadata, want->name);
        if (have == NULL || !bytes_eq(*have, want->value))
            return false;
    }
    return true;
}

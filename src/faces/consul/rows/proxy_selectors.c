/* Accessors over trees: what is not there is Go's zero value. */
#include "faces/consul/rows/proxy_selectors.h"

#include "base/compiler.h"
#include "faces/consul/rows/proxy.h"

const struct json_node consul_no_proxy = { .kind = JSON_NODE_OBJECT };

static const struct json_node empty_list = { .kind = JSON_NODE_ARRAY };

/* -- accessors: a member called JSON ------------------------------------------------------------
 */

#define TEXT(getter, json)                                       \
    static bool getter(const void *of, struct filter_value *ret) \
    {                                                            \
        const struct json_node *m = consul_member(of, json);     \
        bool is_text = m != NULL && m->kind == JSON_NODE_STRING; \
        ret->text = is_text ? m->text : bytes_str("");           \
        return true;                                             \
    }
#define NUMBER(getter, json)                                     \
    static bool getter(const void *of, struct filter_value *ret) \
    {                                                            \
        const struct json_node *m = consul_member(of, json);     \
        if (m == NULL || !json_node_int(m, &ret->integer))       \
            ret->integer = 0;                                    \
        return true;                                             \
    }
#define TRUTH(getter, json)                                              \
    static bool getter(const void *of, struct filter_value *ret)         \
    {                                                                    \
        const struct json_node *m = consul_member(of, json);             \
        ret->truth = m != NULL && m->kind == JSON_NODE_BOOL && m->truth; \
        return true;                                                     \
    }
#define OBJECT(getter, json)                                       \
    static bool getter(const void *of, struct filter_value *ret)   \
    {                                                              \
        const struct json_node *m = consul_member(of, json);       \
        bool is_object = m != NULL && m->kind == JSON_NODE_OBJECT; \
        ret->object = is_object ? m : &consul_no_proxy;            \
        return true;                                               \
    }
#define LIST(getter, json)                                       \
    static bool getter(const void *of, struct filter_value *ret) \
    {                                                            \
        const struct json_node *m = consul_member(of, json);     \
        bool is_list = m != NULL && m->kind == JSON_NODE_ARRAY;  \
        ret->object = is_list ? m : &empty_list;                 \
        return true;                                             \
    }

/* clang-format off */
TEXT(get_service_name,        "DestinationServiceName")
TEXT(get_service_id,          "DestinationServiceID")
TEXT(get_local_address,       "LocalServiceAddress")
NUMBER(get_local_port,        "LocalServicePort")
TEXT(get_local_socket,        "LocalServiceSocketPath")
TEXT(get_mode,                "Mode")
OBJECT(get_gateway,           "MeshGateway")
OBJECT(get_expose,            "Expose")
OBJECT(get_transparent,       "TransparentProxy")
OBJECT(get_logs,              "AccessLogs")
LIST(get_upstreams,           "Upstreams")
LIST(get_extensions,          "EnvoyExtensions")
NUMBER(get_outbound_port,     "OutboundListenerPort")
TRUTH(get_dialed_directly,    "DialedDirectly")
TRUTH(get_checks,             "Checks")
LIST(get_paths,               "Paths")
NUMBER(get_listener_port,     "ListenerPort")
TEXT(get_path,                "Path")
NUMBER(get_local_path_port,   "LocalPathPort")
TEXT(get_protocol,            "Protocol")
TRUTH(get_parsed,             "ParsedFromCheck")
TRUTH(get_enabled,            "Enabled")
TRUTH(get_no_listener_logs,   "DisableListenerLogs")
TEXT(get_type,                "Type")
TEXT(get_json_format,         "JSONFormat")
TEXT(get_text_format,         "TextFormat")
TEXT(get_name,                "Name")
TRUTH(get_required,           "Required")
TEXT(get_consul_version,      "ConsulVersion")
TEXT(get_envoy_version,       "EnvoyVersion")
TEXT(get_destination_type,    "DestinationType")
TEXT(get_destination_ns,      "DestinationNamespace")
TEXT(get_destination_part,    "DestinationPartition")
TEXT(get_destination_peer,    "DestinationPeer")
TEXT(get_destination_name,    "DestinationName")
TEXT(get_datacenter,          "Datacenter")
TEXT(get_bind_address,        "LocalBindAddress")
NUMBER(get_bind_port,         "LocalBindPort")
TEXT(get_bind_socket,         "LocalBindSocketPath")
TEXT(get_bind_socket_mode,    "LocalBindSocketMode")
/* clang-format on */

static bool element_at(const void *list, size_t i, struct filter_value *ret)
{
    const struct json_node *each = ((const struct json_node *)list)->first;
    for (; each != NULL && i > 0; i--)
        each = each->next;
    ret->object = each;
    return each != NULL;
}

/* -- schemas ------------------------------------------------------------------------------------
 */

#define SCHEMA(fields)            \
    {                             \
        fields, ARRAY_LEN(fields) \
    }
#define FIELD(json, of_kind, getter)                           \
    {                                                          \
        .name = json, .kind = FILTER_##of_kind, .get = getter, \
    }
#define FIELD_OF(json, getter, schema)                                       \
    {                                                                        \
        .name = json, .kind = FILTER_STRUCT, .get = getter, .fields = schema \
    }
#define FIELD_LIST(json, getter, of)                                                      \
    {                                                                                     \
        .name = json, .kind = FILTER_LIST, .get = getter, .at = element_at, .element = of \
    }

static const struct filter_field gateway_fields[] = { FIELD("Mode", STRING, get_mode) };
static const struct filter_schema gateway_schema = SCHEMA(gateway_fields);

static const struct filter_field transparent_fields[] = {
    FIELD("OutboundListenerPort", INT, get_outbound_port),
    FIELD("DialedDirectly", BOOL, get_dialed_directly),
};
static const struct filter_schema transparent_schema = SCHEMA(transparent_fields);

static const struct filter_field path_fields[] = {
    FIELD("ListenerPort", INT, get_listener_port),    FIELD("Path", STRING, get_path),
    FIELD("LocalPathPort", INT, get_local_path_port), FIELD("Protocol", STRING, get_protocol),
    FIELD("ParsedFromCheck", BOOL, get_parsed),
};
static const struct filter_schema path_schema = SCHEMA(path_fields);
static const struct filter_field path_element = { .kind = FILTER_STRUCT, .fields = &path_schema };

static const struct filter_field expose_fields[] = {
    FIELD("Checks", BOOL, get_checks),
    FIELD_LIST("Paths", get_paths, &path_element),
};
static const struct filter_schema expose_schema = SCHEMA(expose_fields);

static const struct filter_field logs_fields[] = {
    FIELD("Enabled", BOOL, get_enabled),
    FIELD("DisableListenerLogs", BOOL, get_no_listener_logs),
    FIELD("Type", STRING, get_type),
    FIELD("Path", STRING, get_path),
    FIELD("JSONFormat", STRING, get_json_format),
    FIELD("TextFormat", STRING, get_text_format),
};
static const struct filter_schema logs_schema = SCHEMA(logs_fields);

static const struct filter_field extension_fields[] = {
    FIELD("Name", STRING, get_name),
    FIELD("Required", BOOL, get_required),
    FIELD("ConsulVersion", STRING, get_consul_version),
    FIELD("EnvoyVersion", STRING, get_envoy_version),
};
static const struct filter_schema extension_schema = SCHEMA(extension_fields);
static const struct filter_field extension_element = { .kind = FILTER_STRUCT,
                                                       .fields = &extension_schema };

static const struct filter_field upstream_fields[] = {
    FIELD("DestinationType", STRING, get_destination_type),
    FIELD("DestinationNamespace", STRING, get_destination_ns),
    FIELD("DestinationPartition", STRING, get_destination_part),
    FIELD("DestinationPeer", STRING, get_destination_peer),
    FIELD("DestinationName", STRING, get_destination_name),
    FIELD("Datacenter", STRING, get_datacenter),
    FIELD("LocalBindAddress", STRING, get_bind_address),
    FIELD("LocalBindPort", INT, get_bind_port),
    FIELD("LocalBindSocketPath", STRING, get_bind_socket),
    FIELD("LocalBindSocketMode", STRING, get_bind_socket_mode),
    FIELD_OF("MeshGateway", get_gateway, &gateway_schema),
};
static const struct filter_schema upstream_schema = SCHEMA(upstream_fields);
static const struct filter_field upstream_element = { .kind = FILTER_STRUCT,
                                                      .fields = &upstream_schema };

static const struct filter_field proxy_fields[] = {
    FIELD_LIST("EnvoyExtensions", get_extensions, &extension_element),
    FIELD("DestinationServiceName", STRING, get_service_name),
    FIELD("DestinationServiceID", STRING, get_service_id),
    FIELD("LocalServiceAddress", STRING, get_local_address),
    FIELD("LocalServicePort", INT, get_local_port),
    FIELD("LocalServiceSocketPath", STRING, get_local_socket),
    FIELD("Mode", STRING, get_mode),
    FIELD_LIST("Upstreams", get_upstreams, &upstream_element),
    FIELD_OF("MeshGateway", get_gateway, &gateway_schema),
    FIELD_OF("Expose", get_expose, &expose_schema),
    FIELD_OF("TransparentProxy", get_transparent, &transparent_schema),
    FIELD_OF("AccessLogs", get_logs, &logs_schema),
};
const struct filter_schema consul_proxy_schema = SCHEMA(proxy_fields);

/* Shapes that are filled for nothing but to see that it can be done. Members that Consul does not
 * know are passed over: newer clients have more of them. */
#include "faces/consul/registry/types_check.h"

struct probe { /* members of one type share a place, objects each have their own */
    struct bytes text;
    int64_t number;
    bool truth;
    struct json_structs list[2];
    struct probe *object[5];
};

#define TEXT(name) JSON_FIELD(struct probe, text, name, STRING)
#define NUMBER(name) JSON_FIELD(struct probe, number, name, INT)
#define TRUTH(name) JSON_FIELD(struct probe, truth, name, BOOL)
#define LIST(i, name, shape) JSON_FIELD_OF(struct probe, list[i], name, STRUCTS, shape)
#define OBJECT(i, name, shape) JSON_FIELD_OF(struct probe, object[i], name, POINTER, shape)
#define SHAPE(go_name, fields)                                         \
    {                                                                  \
        go_name, sizeof(struct probe), fields, ARRAY_LEN(fields), true \
    }

static const struct json_shape any_object = { "", sizeof(struct probe), NULL, 0, true };

static const struct json_field gateway_fields[] = { TEXT("Mode") };
static const struct json_shape gateway = SHAPE("MeshGatewayConfig", gateway_fields);

static const struct json_field path_fields[] = {
    NUMBER("ListenerPort"),  NUMBER("listener_port"),   TEXT("Path"),
    NUMBER("LocalPathPort"), NUMBER("local_path_port"), TEXT("Protocol"),
};
static const struct json_shape path = SHAPE("ExposePath", path_fields);

static const struct json_field expose_fields[] = { TRUTH("Checks"), LIST(0, "Paths", &path) };
static const struct json_shape expose = SHAPE("ExposeConfig", expose_fields);

static const struct json_field transparent_fields[] = { NUMBER("OutboundListenerPort"),
                                                        NUMBER("outbound_listener_port"),
                                                        TRUTH("DialedDirectly"),
                                                        TRUTH("dialed_directly") };
static const struct json_shape transparent = SHAPE("TransparentProxyConfig", transparent_fields);

static const struct json_field upstream_fields[] = {
    TEXT("DestinationType"),
    TEXT("destination_type"),
    TEXT("DestinationNamespace"),
    TEXT("destination_namespace"),
    TEXT("DestinationPartition"),
    TEXT("destination_partition"),
    TEXT("DestinationPeer"),
    TEXT("destination_peer"),
    TEXT("DestinationName"),
    TEXT("destination_name"),
    TEXT("Datacenter"),
    TEXT("LocalBindAddress"),
    TEXT("local_bind_address"),
    NUMBER("LocalBindPort"),
    NUMBER("local_bind_port"),
    TEXT("LocalBindSocketPath"),
    TEXT("local_bind_socket_path"),
    TEXT("LocalBindSocketMode"),
    TEXT("local_bind_socket_mode"),
    OBJECT(0, "Config", &any_object),
    OBJECT(1, "MeshGateway", &gateway),
    OBJECT(1, "mesh_gateway", &gateway),
    TRUTH("CentrallyConfigured"),
};
static const struct json_shape upstream = SHAPE("Upstream", upstream_fields);

static const struct json_field proxy_fields[] = {
    TEXT("DestinationServiceName"),
    TEXT("destination_service_name"),
    TEXT("DestinationServiceID"),
    TEXT("destination_service_id"),
    TEXT("LocalServiceAddress"),
    TEXT("local_service_address"),
    NUMBER("LocalServicePort"),
    NUMBER("local_service_port"),
    TEXT("LocalServiceSocketPath"),
    TEXT("local_service_socket_path"),
    TEXT("Mode"),
    TEXT("MutualTLSMode"),
    OBJECT(0, "Config", &any_object),
    LIST(0, "Upstreams", &upstream),
    OBJECT(1, "MeshGateway", &gateway),
    OBJECT(1, "mesh_gateway", &gateway),
    OBJECT(2, "Expose", &expose),
    OBJECT(3, "TransparentProxy", &transparent),
    OBJECT(3, "transparent_proxy", &transparent),
    OBJECT(4, "AccessLogs", &any_object),
    OBJECT(4, "access_logs", &any_object),
    LIST(1, "EnvoyExtensions", &any_object),
    LIST(1, "envoy_extensions", &any_object),
};
static const struct json_shape proxy_shape = SHAPE("ConnectProxyConfig", proxy_fields);

static const struct json_field connect_fields[] = {
    TRUTH("Native"),
    OBJECT(0, "SidecarService", &any_object),
    OBJECT(0, "sidecar_service", &any_object),
};
static const struct json_shape connect_shape = SHAPE("ServiceConnect", connect_fields);

static const struct json_field locality_fields[] = { TEXT("Region"), TEXT("Zone") };
static const struct json_shape locality_shape = SHAPE("Locality", locality_fields);

static enum err check(const struct json_node *node, const struct json_shape *shape,
                      struct arena *arena, struct why *why)
{
    struct probe probe = { .number = 0 };
    struct why inner = { "" };
    if (node == NULL || node->kind == JSON_NODE_NULL)
        return OK;
    return json_bind(node, shape, arena, &probe, &inner) == OK
               ? OK
               : why_set(why, ERR_INVALID, "Request decode failed: %s", inner.text);
}

enum err consul_types_check(const struct json_node *proxy, const struct json_node *connect,
                            const struct json_node *locality, struct arena *arena, struct why *why)
{
    enum err e = check(proxy, &proxy_shape, arena, why);
    if (e == OK)
        e = check(connect, &connect_shape, arena, why);
    return e == OK ? check(locality, &locality_shape, arena, why) : e;
}

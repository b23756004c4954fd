/* One table of members: by it a definition is read and shown. */
#include "faces/consul/registry/shown_definition.h"

#include "catalog/node.h"
#include "wire/json_writer.h"

/* In Consul's order. TTL is shown as a number of nanoseconds, the others as texts. */
#define MEMBERS(X)                                               \
    X(interval_ns, "Interval", DURATION)                         \
    X(output_max, "OutputMaxSize", INT)                          \
    X(timeout_ns, "Timeout", DURATION)                           \
    X(deregister_ns, "DeregisterCriticalServiceAfter", DURATION) \
    X(http, "HTTP", STRING)                                      \
    X(tls_server_name, "TLSServerName", STRING)                  \
    X(tls_skip_verify, "TLSSkipVerify", BOOL)                    \
    X(header, "Header", STRINGS_MAP)                             \
    X(method, "Method", STRING)                                  \
    X(body, "Body", STRING)                                      \
    X(no_redirects, "DisableRedirects", BOOL)                    \
    X(tcp, "TCP", STRING)                                        \
    X(tcp_tls, "TCPUseTLS", BOOL)                                \
    X(udp, "UDP", STRING)                                        \
    X(h2ping, "H2PING", STRING)                                  \
    X(os_service, "OSService", STRING)                           \
    X(h2ping_tls, "H2PingUseTLS", BOOL)                          \
    X(args, "ScriptArgs", STRINGS)                               \
    X(docker, "DockerContainerID", STRING)                       \
    X(shell, "Shell", STRING)                                    \
    X(grpc, "GRPC", STRING)                                      \
    X(grpc_tls, "GRPCUseTLS", BOOL)                              \
    X(alias_node, "AliasNode", STRING)                           \
    X(alias_service, "AliasService", STRING)

static const struct json_field fields[] = {
#define X(member, name, kind) JSON_FIELD(struct consul_shown_definition, member, name, kind),
    MEMBERS(X)
#undef X
        JSON_FIELD(struct consul_shown_definition, ttl_ns, "TTL", DURATION),
};
const struct json_shape consul_shown_definition_shape = { "HealthCheckDefinition",
                                                          sizeof(struct consul_shown_definition),
                                                          fields, ARRAY_LEN(fields), true };

/* -- showing ------------------------------------------------------------------------------------
 */

static void show_STRING(struct json_writer *j, const char *name, const struct bytes *text)
{
    if (text->n > 0)
        json_add_string(j, name, *text);
}

static void show_BOOL(struct json_writer *j, const char *name, const bool *truth)
{
    if (*truth)
        json_add_bool(j, name, true);
}

static void show_INT(struct json_writer *j, const char *name, const int64_t *n)
{
    if (*n != 0)
        json_add_int(j, name, *n);
}

static void show_DURATION(struct json_writer *j, const char *name, const int64_t *ns)
{
    if (*ns != 0)
        json_add_duration(j, name, *ns);
}

static void put_texts(struct json_writer *j, const struct json_texts *texts)
{
    json_open_array(j);
    for (size_t i = 0; i < texts->n; i++)
        json_put_string(j, texts->all[i]);
    json_close_array(j);
}

static void show_STRINGS(struct json_writer *j, const char *name, const struct json_texts *texts)
{
    if (texts->n == 0)
        return;
    json_put_name(j, name);
    put_texts(j, texts);
}

static void show_STRINGS_MAP(struct json_writer *j, const char *name,
                             const struct json_texts_map *map)
{
    if (map->n == 0)
        return;
    json_add_object(j, name);
    for (size_t i = 0; i < map->n; i++) {
        json_put_name_bytes(j, map->all[i].name);
        put_texts(j, &map->all[i].texts);
    }
    json_close_object(j);
}

struct bytes consul_shown_definition_text(const struct consul_shown_definition *d,
                                          struct arena *arena)
{
    struct buf text;
    struct json_writer j;
    if (d == NULL)
        return bytes_str("");
    buf_init(&text, CHECK_MAX);
    json_init(&j, &text);
    json_open_object(&j);
#define X(member, name, kind) show_##kind(&j, name, &d->member);
    MEMBERS(X)
#undef X
    show_INT(&j, "TTL", &d->ttl_ns);
    json_close_object(&j);
    struct bytes ret = arena_dup(arena, buf_bytes(&text));
    buf_fini(&text);
    return bytes_is(ret, "{}") ? bytes_str("") : ret;
}

struct bytes consul_shown_definition_type(const struct consul_shown_definition *d)
{
    if (d == NULL)
        return bytes_str("");
    const struct {
        struct bytes target;
        const char *type;
    } types[] = { { d->grpc, "grpc" }, { d->http, "http" },     { d->tcp, "tcp" },
                  { d->udp, "udp" },   { d->h2ping, "h2ping" }, { d->os_service, "os_service" } };
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (types[i].target.n > 0)
            return bytes_str(types[i].type);
    return bytes_str("");
}

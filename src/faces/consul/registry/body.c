/* Tables of fields, and Consul's checks of what is in them. */
#include "faces/consul/registry/body.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "wire/json_tree.h"

enum { META_MAX = 64, META_KEY_MAX = 128, META_VALUE_MAX = 512, NS_A_MS = 1000000 };

/* -- fields -------------------------------------------------------------------------------------
 */

#define CHECK(member, json, kind) JSON_FIELD(struct consul_check_body, member, json, kind)
static const struct json_field check_fields[] = {
    CHECK(check_id, "CheckID", STRING),
    CHECK(id, "ID", STRING),
    CHECK(name, "Name", STRING),
    CHECK(notes, "Notes", STRING),
    CHECK(service_id, "ServiceID", STRING),
    CHECK(service_id, "service_id", STRING),
    CHECK(status, "Status", STRING),
    CHECK(token, "Token", STRING),
    CHECK(type, "Type", STRING),
    CHECK(args, "Args", STRINGS),
    CHECK(args, "ScriptArgs", STRINGS),
    CHECK(args, "script_args", STRINGS),
    CHECK(shell, "Shell", STRING),
    CHECK(docker, "DockerContainerID", STRING),
    CHECK(docker, "docker_container_id", STRING),
    CHECK(os_service, "OSService", STRING),
    CHECK(os_service, "os_service", STRING),
    CHECK(http, "HTTP", STRING),
    CHECK(method, "Method", STRING),
    CHECK(request_body, "Body", STRING),
    CHECK(header, "Header", STRINGS_MAP),
    CHECK(no_redirects, "DisableRedirects", BOOL),
    CHECK(no_redirects, "disable_redirects", BOOL),
    CHECK(tcp, "TCP", STRING),
    CHECK(tcp_tls, "TCPUseTLS", BOOL),
    CHECK(tcp_tls, "tcp_use_tls", BOOL),
    CHECK(udp, "UDP", STRING),
    CHECK(grpc, "GRPC", STRING),
    CHECK(grpc_tls, "GRPCUseTLS", BOOL),
    CHECK(grpc_tls, "grpc_use_tls", BOOL),
    CHECK(h2ping, "H2PING", STRING),
    CHECK(h2ping_tls, "H2PingUseTLS", ANY),
    CHECK(h2ping_tls, "h2ping_use_tls", ANY),
    CHECK(tls_server_name, "TLSServerName", STRING),
    CHECK(tls_server_name, "tls_server_name", STRING),
    CHECK(tls_skip_verify, "TLSSkipVerify", BOOL),
    CHECK(tls_skip_verify, "tls_skip_verify", BOOL),
    CHECK(alias_node, "AliasNode", STRING),
    CHECK(alias_node, "alias_node", STRING),
    CHECK(alias_service, "AliasService", STRING),
    CHECK(alias_service, "alias_service", STRING),
    CHECK(ttl_ns, "TTL", DURATION),
    CHECK(interval_ns, "Interval", DURATION),
    CHECK(timeout_ns, "Timeout", DURATION),
    CHECK(deregister_ns, "DeregisterCriticalServiceAfter", DURATION),
    CHECK(deregister_ns, "deregister_critical_service_after", DURATION),
    CHECK(success_before_passing, "SuccessBeforePassing", INT),
    CHECK(success_before_passing, "success_before_passing", INT),
    CHECK(failures_before_warning, "FailuresBeforeWarning", INT),
    CHECK(failures_before_warning, "failures_before_warning", INT),
    CHECK(failures_before_critical, "FailuresBeforeCritical", INT),
    CHECK(failures_before_critical, "failures_before_critical", INT),
    CHECK(output_max, "OutputMaxSize", INT),
    CHECK(output_max, "output_max_size", INT),
    CHECK(proxy_http, "ProxyHTTP", STRING),
    CHECK(proxy_grpc, "ProxyGRPC", STRING),
};
const struct json_shape consul_check_shape = { "CheckType", sizeof(struct consul_check_body),
                                               check_fields, ARRAY_LEN(check_fields), false };

static const struct json_field weights_fields[] = {
    JSON_FIELD(struct consul_weights_body, passing, "Passing", INT),
    JSON_FIELD(struct consul_weights_body, warning, "Warning", INT),
};
const struct json_shape consul_weights_shape = { "Weights", sizeof(struct consul_weights_body),
                                                 weights_fields, ARRAY_LEN(weights_fields), false };

static const struct json_field tagged_fields[] = {
    JSON_FIELD(struct consul_tagged_body, address, "Address", STRING),
    JSON_FIELD(struct consul_tagged_body, port, "Port", INT),
};
const struct json_shape consul_tagged_shape = { "ServiceAddress", sizeof(struct consul_tagged_body),
                                                tagged_fields, ARRAY_LEN(tagged_fields), false };

#define SERVICE(member, json, kind) JSON_FIELD(struct consul_service_body, member, json, kind)
#define SERVICE_OF(member, json, kind, shape) \
    JSON_FIELD_OF(struct consul_service_body, member, json, kind, shape)
static const struct json_field service_fields[] = {
    SERVICE(id, "ID", STRING),
    SERVICE(name, "Name", STRING),
    SERVICE(address, "Address", STRING),
    SERVICE(socket_path, "SocketPath", STRING),
    SERVICE(kind, "Kind", STRING),
    SERVICE(token, "Token", STRING),
    SERVICE(port, "Port", INT),
    SERVICE(tags, "Tags", STRINGS),
    SERVICE(meta, "Meta", STRING_MAP),
    SERVICE_OF(tagged, "TaggedAddresses", STRUCT_MAP, &consul_tagged_shape),
    SERVICE_OF(tagged, "tagged_addresses", STRUCT_MAP, &consul_tagged_shape),
    SERVICE(has_tag_override, "EnableTagOverride", BOOL),
    SERVICE(has_tag_override, "enable_tag_override", BOOL),
    SERVICE_OF(weights, "Weights", POINTER, &consul_weights_shape),
    SERVICE(proxy, "Proxy", ANY),
    SERVICE(connect, "Connect", ANY),
    SERVICE(locality, "Locality", ANY),
    SERVICE(ports, "Ports", ANY),
    SERVICE_OF(check, "Check", POINTER, &consul_check_shape),
    SERVICE_OF(checks, "Checks", STRUCTS, &consul_check_shape),
};
const struct json_shape consul_service_shape = { "ServiceDefinition",
                                                 sizeof(struct consul_service_body), service_fields,
                                                 ARRAY_LEN(service_fields), false };

/* -- checks -------------------------------------------------------------------------------------
 */

static uint64_t as_ms(int64_t ns)
{
    return ns <= 0 ? 0 : ((uint64_t)ns + NS_A_MS - 1) / NS_A_MS;
}

static uint32_t as_u32(int64_t n)
{
    return n <= 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

/* One line a value. */
static void define_headers(const struct json_texts_map *map, struct arena *arena,
                           struct check_definition *d)
{
    size_t n = 0;
    for (size_t i = 0; i < map->n; i++)
        n += map->all[i].texts.n;
    struct check_header *headers = arena_zalloc(arena, n, sizeof *headers);
    for (size_t i = 0; i < map->n; i++)
        for (size_t k = 0; k < map->all[i].texts.n; k++)
            headers[d->header_n++] =
                (struct check_header){ map->all[i].name, map->all[i].texts.all[k] };
    d->headers = headers;
}

static enum err check_refused(const struct consul_check_body *b, struct why *why)
{
    if (b->docker.n > 0)
        return why_set(
            why, ERR_INVALID,
            "Docker checks are not run by this server: a script check can run docker exec");
    if (b->os_service.n > 0)
        return why_set(why, ERR_INVALID, "OSService checks are not supported");
    if (b->interval_ns < 0)
        return why_set(why, ERR_INVALID,
                       "Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService "
                       "checks");
    if (b->ttl_ns < 0)
        return why_set(why, ERR_INVALID, "TTL must be > 0 for TTL checks");
    if (b->output_max < 0)
        return why_set(why, ERR_INVALID, "MaxOutputMaxSize must be positive");
    return OK;
}

enum err consul_check_define(const struct consul_check_body *b, struct arena *arena,
                             struct check_definition *ret, struct why *why)
{
    enum err e = check_refused(b, why);
    if (e != OK)
        return e;
    bool h2ping_tls =
        b->h2ping_tls == NULL || b->h2ping_tls->kind != JSON_NODE_BOOL || b->h2ping_tls->truth;
    struct check_definition d = {
        .http = b->http,
        .tcp = b->tcp,
        .udp = b->udp,
        .grpc = b->grpc,
        .h2ping = b->h2ping,
        .args = b->args.all,
        .arg_n = b->args.n,
        .is_alias = b->alias_node.n > 0 || b->alias_service.n > 0,
        .alias_node = b->alias_node,
        .alias_service = b->alias_service,
        .method = b->method,
        .body = b->request_body,
        .no_redirects = b->no_redirects,
        .tls = b->tcp_tls || b->grpc_tls || (b->h2ping.n > 0 && h2ping_tls),
        .tls_server_name = b->tls_server_name,
        .tls_skip_verify = b->tls_skip_verify,
        .ttl_ms = as_ms(b->ttl_ns),
        .interval_ms = as_ms(b->interval_ns),
        .timeout_ms = as_ms(b->timeout_ns),
        .deregister_after_ms = as_ms(b->deregister_ns),
        .success_before_passing = as_u32(b->success_before_passing),
        .failures_before_warning = as_u32(b->failures_before_warning),
        .failures_before_critical = as_u32(b->failures_before_critical),
        .output_max = as_u32(b->output_max),
    };
    define_headers(&b->header, arena, &d);
    e = check_settle(&d, why);
    if (e == OK)
        *ret = d;
    return e;
}

/* -- metadata -----------------------------------------------------------------------------------
 */

static const char *name_fault(struct bytes key)
{
    static const char reserved[] = "consul-";
    for (size_t i = 0; i < key.n; i++) {
        uint8_t c = key.p[i], low = c | 0x20;
        if ((low < 'a' || low > 'z') && (c < '0' || c > '9') && c != '-' && c != '_')
            return "Key contains invalid characters";
    }
    if (bytes_starts(key, bytes_str(reserved)))
        return "Key prefix 'consul-' is reserved for internal use";
    return NULL;
}

static const char *size_fault(struct bytes key, struct bytes value, struct arena *arena)
{
    if (key.n == 0)
        return "Key cannot be blank";
    if (key.n > META_KEY_MAX)
        return arena_printf(arena, "Key is too long (limit: %d characters)", META_KEY_MAX);
    if (value.n > META_VALUE_MAX)
        return arena_printf(arena, "Value is too long (limit: %d characters)", META_VALUE_MAX);
    return NULL;
}

static int shown(struct bytes text)
{
    return text.n < 128 ? (int)text.n : 128;
}

static enum err make_meta(const struct json_pairs *meta, bool any_name, struct arena *arena,
                          struct labels *ret, struct why *why)
{
    if (meta->n > META_MAX)
        return why_set(why, ERR_INVALID,
                       "Node metadata cannot contain more than %d key/value pairs", META_MAX);
    struct labels labels = { .all = arena_zalloc(arena, meta->n, sizeof *labels.all),
                             .n = meta->n };
    for (size_t i = 0; i < meta->n; i++) {
        struct bytes key = meta->all[i].name, value = meta->all[i].value;
        const char *fault = any_name ? NULL : name_fault(key);
        if (fault == NULL || key.n == 0)
            fault = size_fault(key, value, arena);
        if (fault != NULL)
            return why_set(why, ERR_INVALID, "Couldn't load metadata pair ('%.*s', '%.*s'): %s",
                           shown(key), (const char *)key.p, shown(value), (const char *)value.p,
                           fault);
        labels.all[i] = (struct label){ key, value };
    }
    *ret = labels; /* the names of a map ascend */
    return OK;
}

enum err consul_meta_make(const struct json_pairs *meta, struct arena *arena, struct labels *ret,
                          struct why *why)
{
    return make_meta(meta, false, arena, ret, why);
}

enum err consul_meta_copy(const struct json_pairs *meta, struct arena *arena, struct labels *ret,
                          struct why *why)
{
    return make_meta(meta, true, arena, ret, why);
}

/* -- weights and addresses ----------------------------------------------------------------------
 */

enum err consul_weights_make(const struct consul_weights_body *b, struct consul_extras *into,
                             struct why *why)
{
    into->passing = into->warning = 1;
    if (b == NULL)
        return OK;
    if (b->passing < 1)
        return why_set(why, ERR_INVALID, "Passing must be greater than 0");
    if (b->warning < 0)
        return why_set(why, ERR_INVALID, "Warning must be greater or equal than 0");
    if (b->passing > CONSUL_WEIGHT_MAX || b->warning > CONSUL_WEIGHT_MAX)
        return why_set(why, ERR_INVALID, "DNS Weight must be between 0 and %d", CONSUL_WEIGHT_MAX);
    into->passing = (uint32_t)b->passing;
    into->warning = (uint32_t)b->warning;
    return OK;
}

bool consul_is_any_address(struct bytes address)
{
    return bytes_is(address, "0.0.0.0") || bytes_is(address, "::") || bytes_is(address, "[::]");
}

static void add_tagged(struct consul_extras *x, const char *name, struct bytes address,
                       uint32_t port)
{
    for (size_t i = 0; i < x->tagged_n; i++)
        if (bytes_is(x->tagged[i].name, name))
            return;
    x->tagged[x->tagged_n++] =
        (struct consul_tagged){ .name = bytes_str(name), .address = address, .port = port };
}

static int compare_tagged(const void *a, const void *b)
{
    const struct consul_tagged *x = a, *y = b;
    return bytes_cmp(x->name, y->name);
}

static bool is_literal(struct bytes address, int family)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr any;
    if (address.n == 0 || address.n >= sizeof text)
        return false;
    memcpy(text, address.p, address.n);
    text[address.n] = 0;
    return inet_pton(family, text, &any) == 1;
}

enum err consul_tagged_make(const struct json_structs *tagged, struct bytes address, uint16_t port,
                            struct arena *arena, struct consul_extras *into, struct why *why)
{
    const struct consul_tagged_body *all = tagged->all;
    if (tagged->n + 2 > CONSUL_TAGGED_MAX)
        return why_set(why, ERR_INVALID, "more than %d tagged addresses", CONSUL_TAGGED_MAX - 2);
    into->tagged = arena_zalloc(arena, tagged->n + 2, sizeof *into->tagged);
    into->tagged_n = 0;
    for (size_t i = 0; i < tagged->n; i++) {
        if (all[i].port < 0 || all[i].port > UINT16_MAX)
            return why_set(why, ERR_INVALID, "Port %lld of a tagged address is outside 0 to 65535",
                           (long long)all[i].port);
        into->tagged[into->tagged_n++] =
            (struct consul_tagged){ tagged->names[i], all[i].address, (uint32_t)all[i].port };
    }
    bool is_v4 = is_literal(address, AF_INET), is_v6 = is_literal(address, AF_INET6);
    if (is_v4 || is_v6) {
        add_tagged(into, is_v4 ? "lan_ipv4" : "lan_ipv6", address, port);
        add_tagged(into, is_v4 ? "wan_ipv4" : "wan_ipv6", address, port);
    }
    qsort(into->tagged, into->tagged_n, sizeof *into->tagged, compare_tagged);
    return OK;
}

struct bytes consul_json_of(const struct json_node *node, struct arena *arena)
{
    struct buf text;
    struct json_writer j;
    if (node == NULL)
        return bytes_str("");
    buf_init(&text, 1 << 20);
    json_init(&j, &text);
    json_put_node(&j, node);
    struct bytes ret = arena_dup(arena, buf_bytes(&text));
    buf_fini(&text);
    return ret;
}

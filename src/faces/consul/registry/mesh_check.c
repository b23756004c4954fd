/* Consul's rules and texts. It counts what is wrong and lists it, line by line. */
#include "faces/consul/registry/mesh_check.h"

#include "base/buf.h"
#include "faces/consul/rows/proxy.h"

enum { FAULTS_MAX = 450 /* bytes: a sentence has 512 */ };

struct faults {
    struct buf text;
    unsigned n;
};

static void add(struct faults *f, const char *format, struct bytes kind)
{
    buf_put_str(&f->text, "\t* ");
    const char *at = strstr(format, "%s");
    if (at == NULL) {
        buf_put_str(&f->text, format);
    } else {
        buf_put(&f->text, format, (size_t)(at - format));
        buf_put_bytes(&f->text, kind);
        buf_put_str(&f->text, at + 2);
    }
    buf_put_str(&f->text, "\n");
    f->n++;
}

/* -- JSON ---------------------------------------------------------------------------------------
 */

bool consul_json_is_native(const struct json_node *connect)
{
    return consul_json_says(consul_member(connect, "Native"));
}

/* -- rules --------------------------------------------------------------------------------------
 */

static bool is_blank(struct bytes text)
{
    while (text.n > 0 && (text.p[0] == ' ' || (text.p[0] >= '\t' && text.p[0] <= '\r')))
        text = bytes_skip(text, 1);
    return text.n == 0;
}

static void check_proxy(const struct consul_mesh_part *part, struct faults *f)
{
    const struct json_node *to = consul_member(part->proxy, "DestinationServiceName");
    struct bytes name = to != NULL && to->kind == JSON_NODE_STRING ? to->text : bytes_str("");
    if (part->port == 0 && part->socket_path.n == 0)
        add(f, "Port or SocketPath must be set for a %s", part->kind);
    if (is_blank(name))
        add(f, "Proxy.DestinationServiceName must be non-empty for Connect proxy services",
            part->kind);
    if (bytes_is(name, "*"))
        add(f, "Proxy.DestinationServiceName must not be a wildcard for Connect proxy services",
            part->kind);
    if (consul_json_is_native(part->connect))
        add(f, "A Proxy cannot also be Connect Native, only typical services", part->kind);
}

static void check_gateway(const struct consul_mesh_part *part, struct faults *f)
{
    static const struct {
        const char *name, *text;
    } not_of_a_gateway[] = {
        { "DestinationServiceName",
          "The Proxy.DestinationServiceName configuration is invalid for a %s" },
        { "DestinationServiceID",
          "The Proxy.DestinationServiceID configuration is invalid for a %s" },
        { "LocalServiceAddress",
          "The Proxy.LocalServiceAddress configuration is invalid for a %s" },
        { "LocalServicePort", "The Proxy.LocalServicePort configuration is invalid for a %s" },
        { "LocalServiceSocketPath",
          "The Proxy.LocalServiceSocketPath configuration is invalid for a %s" },
        { "Upstreams", "The Proxy.Upstreams configuration is invalid for a %s" },
    };
    bool is_told_its_port =
        bytes_is(part->kind, "ingress-gateway") || bytes_is(part->kind, "api-gateway");
    if (part->port == 0 && !is_told_its_port)
        add(f, "Port must be non-zero for a %s", part->kind);
    if (consul_json_says(consul_member(part->connect, "SidecarService")))
        add(f, "A %s cannot have a sidecar service defined", part->kind);
    for (size_t i = 0; i < ARRAY_LEN(not_of_a_gateway); i++)
        if (consul_json_says(consul_member(part->proxy, not_of_a_gateway[i].name)))
            add(f, not_of_a_gateway[i].text, part->kind);
}

static void check_connect(const struct consul_mesh_part *part, struct faults *f)
{
    const struct json_node *sidecar = consul_member(part->connect, "SidecarService");
    const struct json_node *its_connect = consul_member(sidecar, "Connect");
    if (consul_json_says(consul_member(sidecar, "ID")))
        add(f, "A SidecarService cannot specify an ID as this is managed by the agent", part->kind);
    if (consul_json_says(consul_member(its_connect, "SidecarService")))
        add(f, "A SidecarService cannot have a nested SidecarService", part->kind);
    if (consul_json_is_native(part->connect) && part->port == 0 && part->socket_path.n == 0)
        add(f, "Port or SocketPath must be set for a Connect native service.", part->kind);
}

static bool is_gateway(struct bytes kind)
{
    return bytes_is(kind, "mesh-gateway") || bytes_is(kind, "terminating-gateway") ||
           bytes_is(kind, "ingress-gateway") || bytes_is(kind, "api-gateway");
}

enum err consul_mesh_check(const struct consul_mesh_part *part, struct why *why)
{
    struct faults f = { .n = 0 };
    buf_init(&f.text, FAULTS_MAX);
    if (bytes_is(part->kind, "connect-proxy"))
        check_proxy(part, &f);
    if (is_gateway(part->kind))
        check_gateway(part, &f);
    check_connect(part, &f);
    enum err e = f.n == 0 ? OK
                          : why_set(why, ERR_INVALID, "%u error%s occurred:\n%.*s\n", f.n,
                                    f.n == 1 ? "" : "s", (int)f.text.n, (const char *)f.text.p);
    buf_fini(&f.text);
    return e;
}

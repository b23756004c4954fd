#include "faces/consul/registry/ports.h"

#include "base/text.h"
#include "wire/go_text.h"
#include "wire/json_bind.h"
#include "wire/json_writer.h"

struct named_port {
    struct bytes name;
    int64_t port;
    bool is_default;
};

static const struct json_field port_fields[] = {
    JSON_FIELD(struct named_port, name, "Name", STRING),
    JSON_FIELD(struct named_port, port, "Port", INT),
    JSON_FIELD(struct named_port, is_default, "Default", BOOL),
};
static const struct json_shape port_shape = { "ServicePort", sizeof(struct named_port), port_fields,
                                              ARRAY_LEN(port_fields), false };

static bool is_blank(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != ' ' && (text.p[i] < '\t' || text.p[i] > '\r'))
            return false;
    return true;
}

static enum err check_one(const struct named_port *all, size_t at, struct why *why)
{
    struct bytes name = all[at].name;
    if (is_blank(name))
        return why_set(why, ERR_INVALID, "Ports.Name cannot be empty");
    if (all[at].port <= 0)
        return why_set(why, ERR_INVALID, "Ports.Port must be non-zero");
    if (all[at].port > UINT16_MAX)
        return why_set(why, ERR_INVALID, "Ports.Port %lld is above 65535", (long long)all[at].port);
    for (size_t i = 0; i < at; i++)
        if (bytes_eq(all[i].name, name))
            return why_set(why, ERR_INVALID, "Ports.Name \"%.*s\" has to be unique",
                           (int)(name.n < 200 ? name.n : 200), (const char *)name.p);
    return OK;
}

static enum err check_all(const struct named_port *all, size_t n, int64_t *ret_default,
                          struct why *why)
{
    const struct named_port *usual = NULL;
    if (n > CONSUL_PORTS_MAX)
        return why_set(why, ERR_INVALID, "a service has at most %d Ports", CONSUL_PORTS_MAX);
    for (size_t i = 0; i < n; i++) {
        enum err e = check_one(all, i, why);
        if (e != OK)
            return e;
        if (all[i].is_default && usual != NULL)
            return why_set(why, ERR_INVALID, "only one port can be marked as default");
        if (all[i].is_default)
            usual = &all[i];
    }
    if (usual == NULL)
        return why_set(why, ERR_INVALID, "one of the Ports must be marked as Default");
    *ret_default = usual->port;
    return OK;
}

static struct bytes write(const struct named_port *all, size_t n, struct arena *arena)
{
    struct buf out;
    struct json_writer j;
    buf_init(&out, 1 << 20);
    json_init(&j, &out);
    json_open_array(&j);
    for (size_t i = 0; i < n; i++) {
        json_open_object(&j);
        json_add_string(&j, "Name", all[i].name);
        json_add_int(&j, "Port", all[i].port);
        json_add_bool(&j, "Default", all[i].is_default);
        json_close_object(&j);
    }
    json_close_array(&j);
    struct bytes text = arena_dup(arena, buf_bytes(&out));
    buf_fini(&out);
    return text;
}

enum err consul_ports_make(const struct json_node *ports, int64_t port, struct arena *arena,
                           struct bytes *ret, int64_t *ret_port, struct why *why)
{
    struct named_port *all;
    size_t n = 0;
    int64_t usual = 0;
    *ret = bytes_str("");
    *ret_port = port;
    if (ports == NULL || ports->kind == JSON_NODE_NULL)
        return OK;
    if (ports->kind != JSON_NODE_ARRAY)
        return why_set(why, ERR_INVALID, "Ports is no list");
    for (const struct json_node *each = ports->first; each != NULL; each = each->next)
        n++;
    if (n == 0)
        return OK;
    all = arena_zalloc(arena, n, sizeof *all);
    const struct json_node *each = ports->first;
    for (size_t i = 0; i < n; i++, each = each->next)
        if (json_bind(each, &port_shape, arena, &all[i], why) != OK)
            return ERR_INVALID;
    enum err e = check_all(all, n, &usual, why);
    if (e == OK && port != 0 && port != usual)
        e = why_set(why, ERR_INVALID, "Port is %lld, the default of Ports is %lld", (long long)port,
                    (long long)usual);
    if (e != OK)
        return e;
    *ret = write(all, n, arena);
    *ret_port = usual;
    return OK;
}

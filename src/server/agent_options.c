/* Only what was asked for listens: Consul's own faces. */
#include "server/agent_options.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "server/agent_keys.h"

enum { OPTIONS_OF_OURS = 32 };

struct making {
    const struct agent_config *config;
    struct arena *arena;
    char **argv;
    size_t n, room;
    struct why *why;
};

static void put(struct making *m, const char *option, const char *value)
{
    assert(m->n < m->room);
    m->argv[m->n++] = arena_printf(m->arena, "--%s=%s", option, value);
}

/* -- addresses -------------------------------------------------------------------------------- */

static bool is_ipv6(const char *address)
{
    return strchr(address, ':') != NULL && address[0] != '[';
}

/* ADDRESSES, parted by blanks or commas, each with PORT. */
static const char *with_port(struct making *m, const char *addresses, const char *port)
{
    const char *all = "";
    for (const char *at = addresses; *at != 0;) {
        size_t n = strcspn(at, " ,");
        const char *one = arena_str(m->arena, bytes_of(at, n));
        bool is_path = strncmp(one, "unix://", 7) == 0;
        if (n > 0 && is_path)
            all = arena_printf(m->arena, "%s%s%s", all, all[0] == 0 ? "" : ",", one);
        else if (n > 0)
            all = arena_printf(m->arena, "%s%s%s%s%s:%s", all, all[0] == 0 ? "" : ",",
                               is_ipv6(one) ? "[" : "", one, is_ipv6(one) ? "]" : "", port);
        at += n;
        at += strspn(at, " ,");
    }
    return all;
}

static void put_listener(struct making *m, const char *option, const char *name,
                         const char *usual_port)
{
    const struct agent_config *c = m->config;
    const char *port = agent_value(c, arena_printf(m->arena, "ports.%s", name));
    const char *address = agent_value(c, arena_printf(m->arena, "addresses.%s", name));
    if (port == NULL)
        port = usual_port;
    if (address == NULL)
        address = agent_value(c, "client_addr");
    bool is_off = port[0] == '-' || strcmp(port, "0") == 0;
    put(m, option, is_off ? "off" : with_port(m, address == NULL ? "127.0.0.1" : address, port));
}

static enum err put_node_address(struct making *m)
{
    const char *address = agent_value(m->config, "advertise_addr");
    const char *bound = agent_value(m->config, "bind_addr");
    bool is_any = bound != NULL && (strcmp(bound, "0.0.0.0") == 0 || strcmp(bound, "::") == 0 ||
                                    strcmp(bound, "[::]") == 0);
    if (address == NULL && !is_any)
        address = bound;
    if (address == NULL)
        return OK;
    if (strstr(address, "{{") != NULL)
        return why_set(m->why, ERR_INVALID,
                       "'%s' is a template, and those are not evaluated: give an address", address);
    put(m, "node-address", address);
    return OK;
}

/* -- the others that are not one to one ------------------------------------------------------- */

static void put_log(struct making *m)
{
    static const char *const levels[][2] = { { "trace", "debug" }, { "err", "error" } };
    const char *level = agent_value(m->config, "log_level");
    if (agent_is_on(m->config, "log_json"))
        put(m, "log-format", "json");
    if (level == NULL)
        return;
    char *lower = arena_str(m->arena, bytes_str(level));
    for (char *c = lower; *c != 0; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        if (strcmp(lower, levels[i][0]) == 0)
            lower = arena_str(m->arena, bytes_str(levels[i][1]));
    put(m, "log-level", lower);
}

/* Of HTTPS, else of all, else as it was written before Consul 1.12. */
static const struct tls_key {
    const char *option, *https, *defaults, *old;
} tls_keys[] = {
    { "cert-file", "tls.https.cert_file", "tls.defaults.cert_file", "cert_file" },
    { "key-file", "tls.https.key_file", "tls.defaults.key_file", "key_file" },
    { "trusted-ca-file", "tls.https.ca_file", "tls.defaults.ca_file", "ca_file" },
    { "client-cert-auth", "tls.https.verify_incoming", "tls.defaults.verify_incoming",
      "verify_incoming" },
};

static const char *tls_value(const struct agent_config *c, const struct tls_key *key)
{
    const char *value = agent_value(c, key->https);
    if (value == NULL)
        value = agent_value(c, key->defaults);
    return value == NULL ? agent_value(c, key->old) : value;
}

static void put_tls(struct making *m)
{
    for (size_t i = 0; i < ARRAY_LEN(tls_keys); i++) {
        const char *value = tls_value(m->config, &tls_keys[i]);
        if (value != NULL)
            put(m, tls_keys[i].option, value);
    }
    if (agent_is_on(m->config, "verify_incoming_https"))
        put(m, "client-cert-auth", "true");
}

/* Seconds, as Consul writes them. */
static void put_soa(struct making *m)
{
    static const char *const keys[][2] = {
        { "dns-soa-refresh", "dns_config.soa.refresh" },
        { "dns-soa-retry", "dns_config.soa.retry" },
        { "dns-soa-expire", "dns_config.soa.expire" },
        { "dns-soa-min-ttl", "dns_config.soa.min_ttl" },
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const char *value = agent_value(m->config, keys[i][1]);
        if (value != NULL)
            put(m, keys[i][0], arena_printf(m->arena, "%ss", value));
    }
}

/* {"rack": "1"} as rack:1; flags come that way. */
static void put_node_meta(struct making *m)
{
    const struct hcl_node *tree = agent_tree(m->config, "node_meta");
    const char *all = agent_value(m->config, "node_meta");
    if (all == NULL)
        all = "";
    const struct hcl_node *object = tree != NULL && tree->kind == HCL_LIST ? tree->first : tree;
    for (const struct hcl_node *n = object == NULL ? NULL : object->first; n != NULL; n = n->next)
        all = arena_printf(m->arena, "%.*s:%.*s%s%s", (int)n->name.n, (const char *)n->name.p,
                           (int)n->text.n, (const char *)n->text.p, all[0] == 0 ? "" : ",", all);
    if (all[0] != 0)
        put(m, "node-meta", all);
}

/* {"web": "10s", "*": "1s"} as web=10s,*=1s. */
static enum err put_service_ttl(struct making *m)
{
    const struct hcl_node *tree = agent_tree(m->config, "dns_config.service_ttl");
    const char *all = "";
    if (tree == NULL)
        return OK;
    const struct hcl_node *objects = tree->kind == HCL_LIST ? tree->first : tree;
    for (const struct hcl_node *n = objects == NULL ? NULL : objects->first; n != NULL;
         n = n->next) {
        if (n->kind != HCL_STRING)
            return why_set(m->why, ERR_INVALID, "dns_config.service_ttl: '%.*s' is no duration",
                           (int)n->name.n, (const char *)n->name.p);
        all = arena_printf(m->arena, "%s%s%.*s=%.*s", all, all[0] == 0 ? "" : ",", (int)n->name.n,
                           (const char *)n->name.p, (int)n->text.n, (const char *)n->text.p);
    }
    put(m, "dns-service-ttl", all);
    return OK;
}

/* Consul listens without a certificate too, and nobody gets through: left off. */
static void put_with_tls(struct making *m, const char *option, const char *name,
                         struct buf *ignored)
{
    const char *port = agent_value(m->config, arena_printf(m->arena, "ports.%s", name));
    bool has_certificate = tls_value(m->config, &tls_keys[0]) != NULL;
    if (has_certificate) {
        put_listener(m, option, name, "-1");
        return;
    }
    put(m, option, "off");
    if (port != NULL && port[0] != '-')
        buf_printf(ignored, "ports.%s (there is no certificate)\n", name);
}

static enum err check_role(struct making *m)
{
    const struct agent_config *c = m->config;
    if (!c->dev && !agent_is_on(c, "server"))
        return why_set(m->why, ERR_INVALID,
                       "this would be a client of other servers, and every Muster is a server: "
                       "give -server, or -dev to try it");
    if (!c->dev && agent_value(c, "data_dir") == NULL)
        return why_set(m->why, ERR_INVALID, "data_dir cannot be empty");
    return OK;
}

/* -- all of it -------------------------------------------------------------------------------- */

static void put_same(struct making *m, struct buf *ignored)
{
    for (size_t i = 0; i < agent_key_n; i++) {
        const char *value = m->config->values[i];
        if (value == NULL)
            continue;
        if (agent_keys[i].use == AGENT_OPTION && value[0] != 0)
            put(m, agent_keys[i].note, value);
        if (agent_keys[i].use == AGENT_UNUSED) {
            buf_put_str(ignored, agent_keys[i].path);
            buf_put_u8(ignored, '\n');
        }
    }
}

enum err agent_options_make(const struct agent_config *a, struct arena *arena,
                            struct agent_options *ret, struct buf *ignored, struct why *why)
{
    struct making m = {
        .config = a, .arena = arena, .room = OPTIONS_OF_OURS + agent_key_n + a->own_n, .why = why
    };
    m.argv = arena_zalloc(arena, m.room, sizeof *m.argv);
    put(&m, "etcd-listen", "off");
    put(&m, "native-listen", "off");
    put_same(&m, ignored);
    put_listener(&m, "consul-listen", "http", "8500");
    put_with_tls(&m, "consul-https-listen", "https", ignored);
    put_listener(&m, "consul-grpc-listen", "grpc", "-1");
    put_with_tls(&m, "consul-grpc-tls-listen", "grpc_tls", ignored);
    put_listener(&m, "dns-listen", "dns", "8600");
    put_log(&m);
    put_tls(&m);
    put_soa(&m);
    put_node_meta(&m);
    if (a->dev)
        put(&m, "dev", "true");
    enum err e = check_role(&m);
    if (e == OK)
        e = put_node_address(&m);
    if (e == OK)
        e = put_service_ttl(&m);
    for (size_t i = 0; i < a->own_n; i++) /* last, so that they count */
        m.argv[m.n++] = arena_str(arena, bytes_str(a->own[i]));
    *ret = (struct agent_options){ .argv = m.argv, .argc = (int)m.n };
    return e;
}

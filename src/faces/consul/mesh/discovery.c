/* /v1/discovery-chain: what entries make of requests to a service. */
#include "catalog/object.h"
#include "catalog/virtual.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/call/query.h"
#include "faces/consul/config/entries.h"
#include "faces/consul/mesh/connect_root.h"
#include "faces/consul/rows/index.h"
#include "faces/consul/rows/rows.h"
#include "wire/json_bind.h"

enum { KEY_MAX = 64 * 1024 };

struct gateway_body {
    struct bytes mode;
};

struct overrides_body {
    struct gateway_body gateway;
    struct bytes protocol;
    int64_t connect_timeout;
};

struct asked {              /* call->state */
    struct connect connect; /* first: what connect.c knows of it */
    struct overrides_body overrides;
    struct bytes datacenter;
    struct consul_entries all;
};

/* clang-format off */
static const struct json_field gateway_fields[] = {
    JSON_FIELD(struct gateway_body, mode, "Mode", STRING),
};
static const struct json_shape gateway_shape = {
    .go_name = "MeshGatewayConfig", .size = sizeof(struct gateway_body),
    .fields = gateway_fields, .field_n = ARRAY_LEN(gateway_fields),
};
static const struct json_field overrides_fields[] = {
    JSON_FIELD_OF(struct overrides_body, gateway, "OverrideMeshGateway", STRUCT, &gateway_shape),
    JSON_FIELD(struct overrides_body, protocol, "OverrideProtocol", STRING),
    JSON_FIELD(struct overrides_body, connect_timeout, "OverrideConnectTimeout", DURATION),
};
static const struct json_shape overrides_shape = {
    .go_name = "DiscoveryChainRequest", .size = sizeof(struct overrides_body),
    .fields = overrides_fields, .field_n = ARRAY_LEN(overrides_fields),
};
/* clang-format on */

/* Of the row of its virtual address, which it hangs on; 0: it has none. */
static enum err index_of_address(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct object object;
    struct buf key;
    struct bytes name = fold_dup(c->rest, &c->face->scratch);
    buf_init(&key, KEY_MAX);
    object_key(OBJECT_VIRTUAL, bytes_str(CONSUL_NS), bytes_str(""), name, &key);
    consul_depends(c, SPACE_CATALOG, buf_bytes(&key), bytes_str(""));
    buf_fini(&key);
    enum err e = object_read(view, OBJECT_VIRTUAL, bytes_str(CONSUL_NS), bytes_str(""), name,
                             &c->face->scratch, &object);
    *ret = e == OK ? object.modify : 0;
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err index_of(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    uint64_t of_address = 0;
    struct asked *a = c->state;
    enum err e = consul_index_of_table(c, view, REGISTRY_CONFIG, ret);
    if (e == OK)
        e = index_of_address(c, view, &of_address);
    if (of_address > *ret)
        *ret = of_address;
    return e == OK ? consul_entries_read(view, ENTRY_KIND_N, &c->face->scratch, &a->all) : e;
}

/* False: refused and answered. */
static bool read_trust_domain(struct consul_call *c, const struct view *view, struct bytes *ret)
{
    struct ca_root root;
    struct acl_stamp stamp;
    struct buf text;
    if (!connect_root(c, view, &root, &stamp))
        return false;
    buf_init(&text, 1024);
    ca_trust_domain(&root, &text);
    *ret = arena_dup(&c->face->scratch, buf_bytes(&text));
    buf_fini(&text);
    return true;
}

static void answer_chain(struct consul_call *c, const struct view *view)
{
    struct asked *a = c->state;
    struct chain chain;
    struct why why = { "" };
    const struct chain_source source = consul_entries_source(&a->all);
    struct bytes trust_domain;
    if (!read_trust_domain(c, view, &trust_domain))
        return;
    struct virtual_address address = { .number = 0 };
    char text[VIRTUAL_TEXT_MAX];
    enum err e = virtual_get(view, bytes_str(CONSUL_NS), c->rest, &c->face->scratch, &address);
    if (e != OK && e != ERR_NOT_FOUND) {
        consul_fail(c, e);
        return;
    }
    virtual_print(address.number, text);
    const struct chain_request request = {
        .service = c->rest,
        .datacenter = a->datacenter,
        .trust_domain = trust_domain,
        .override_protocol = a->overrides.protocol,
        .override_gateway = a->overrides.gateway.mode,
        .override_connect_timeout = a->overrides.connect_timeout,
        .virtual_address = bytes_str(text),
        .virtual_by_hand = address.by_hand,
        .virtual_by_hand_n = address.by_hand_n,
    };
    e = chain_compile(&request, &source, &c->face->scratch, &chain, &why);
    if (a->all.err != OK) {
        consul_fail(c, a->all.err);
    } else if (e != OK) {
        consul_refuse_text(c, 500, "%s", why.text);
    } else {
        chain_write(&chain, consul_json(c));
        consul_answer_json(c, 200);
    }
}

static void query_chain(struct consul_call *c, struct asked *a)
{
    static const struct consul_query query = { index_of, answer_chain };
    if (c->rest.n == 0) {
        consul_refuse_text(c, 400, "Missing chain name");
        return;
    }
    if (!consul_param(c, "compile-dc", &a->datacenter) || a->datacenter.n == 0)
        a->datacenter = bytes_str(c->face->self.datacenter);
    c->state = a;
    if (consul_grant(c, ACCESS_READ, ACCESS_SERVICE, c->rest))
        connect_with_root(c, &query); /* whose trust domain is in the targets' names */
}

static void handle_get(struct consul_call *c)
{
    query_chain(c, arena_zalloc(consul_arena(c), 1, sizeof(struct asked)));
}

static void handle_post(struct consul_call *c)
{
    struct asked *a = arena_zalloc(consul_arena(c), 1, sizeof *a);
    if (consul_decode(c, &overrides_shape, &a->overrides))
        query_chain(c, a);
}

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/discovery-chain/",
      .handle = handle_get,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LEVELS,
      .access = "service:read",
      .parameters = "compile-dc",
      .does = "the chain of a service, compiled from the entries; instances are not asked for, and "
              "/v1/health and DNS do not follow it",
      .test = "test_config a_chain_is_compiled_from_entries" },
    { .method = "POST",
      .path = "/v1/discovery-chain/",
      .handle = handle_post,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LEVELS,
      .access = "service:read",
      .parameters = "compile-dc",
      .does = "the same with overrides",
      .test = "test_config overrides_are_asked_for" },
};

const struct consul_area consul_discovery_area = { "discovery-chain", routes, ARRAY_LEN(routes) };

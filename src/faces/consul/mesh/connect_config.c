/* The authority's configuration: kept as it was sent; of it LeafCertTTL holds. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/call/json_text.h"
#include "faces/consul/mesh/connect.h"
#include "wire/json_bind.h"
#include "wire/json_tree.h"

#define CONFIG_USUAL                                                                \
    "{\"IntermediateCertTTL\":\"8760h\",\"LeafCertTTL\":\"72h\",\"RootCertTTL\":\"" \
    "87600h\"}"

/* -- configuration ----------------------------------------------------------------------------- */

struct config {
    int64_t leaf_ttl_ns;
};
static const struct json_field config_fields[] = {
    JSON_FIELD(struct config, leaf_ttl_ns, "LeafCertTTL", DURATION),
};
static const struct json_shape config_shape = { "", sizeof(struct config), config_fields, 1, true };

/* What is not said is as usual. */
static enum err read_config(struct bytes text, struct arena *arena, uint64_t *ret_ms,
                            struct why *why)
{
    struct config config = { .leaf_ttl_ns = (int64_t)(CA_LEAF_USUAL_MS * 1000000) };
    enum err e = json_decode(text, &config_shape, arena, &config, why);
    uint64_t ms = config.leaf_ttl_ns < 0 ? 0 : (uint64_t)config.leaf_ttl_ns / 1000000;
    if (e == OK && ms < CA_LEAF_LEAST_MS)
        e = why_set(why, ERR_INVALID, "leaf cert TTL must be greater or equal than 1h0m0s");
    if (e == OK && ms > CA_LEAF_MOST_MS)
        e = why_set(why, ERR_INVALID, "leaf cert TTL must be less than 8760h0m0s");
    if (e == OK)
        *ret_ms = ms;
    return e;
}

static enum err config_of(const struct view *view, struct arena *arena, struct bytes *ret,
                          struct acl_stamp *ret_stamp)
{
    enum err e = ca_config_get(view, arena, ret, ret_stamp);
    if (e != ERR_NOT_FOUND)
        return e;
    *ret = bytes_str(CONFIG_USUAL);
    *ret_stamp = (struct acl_stamp){ .create = 1, .modify = 1 };
    return OK;
}

enum err connect_leaf_ttl(const struct view *view, struct arena *arena, uint64_t *ret_ms)
{
    struct bytes config;
    struct acl_stamp stamp;
    enum err e = config_of(view, arena, &config, &stamp);
    return e == OK ? read_config(config, arena, ret_ms, NULL) : e;
}

/* Consul's provider shows what its configuration has under this name as its state. */
static void add_state(struct json_writer *j, struct bytes config, struct arena *arena)
{
    const struct json_node *node;
    enum err e = json_read(config, arena, &node, NULL);
    const struct json_node *each = e == OK ? node->first : NULL;
    while (each != NULL && !bytes_is(each->name, "test_state"))
        each = each->next;
    json_put_name(j, "State");
    if (each != NULL && each->kind == JSON_NODE_OBJECT)
        json_put_node(j, each);
    else
        json_put_null(j);
}

static void answer_config(struct consul_call *c, const struct view *view)
{
    struct bytes config;
    struct acl_stamp stamp;
    enum err e = config_of(view, consul_arena(c), &config, &stamp);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_str(j, "Provider", "consul");
    json_add_raw(j, "Config", config);
    add_state(j, config, consul_arena(c));
    json_add_bool(j, "ForceWithoutCrossSigning", false);
    json_add_uint(j, "CreateIndex", stamp.create);
    json_add_uint(j, "ModifyIndex", stamp.modify);
    json_close_object(j);
    c->index = stamp.modify;
    consul_answer_json(c, 200);
}

void connect_get_config(struct consul_call *c)
{
    /* Where keys are given in it, they are read back: more than to read asks for. */
    if (consul_grant(c, ACCESS_WRITE, ACCESS_OPERATOR, bytes_str("")))
        consul_read(c, answer_config);
}

struct config_body {
    struct bytes provider;
    const struct json_node *config, *ignored;
    bool force;
};
static const struct json_field body_fields[] = {
    JSON_FIELD(struct config_body, provider, "Provider", STRING),
    JSON_FIELD(struct config_body, config, "Config", ANY),
    JSON_FIELD(struct config_body, force, "ForceWithoutCrossSigning", BOOL),
    JSON_FIELD(struct config_body, ignored, "State", ANY),
    JSON_FIELD(struct config_body, ignored, "CreateIndex", ANY),
    JSON_FIELD(struct config_body, ignored, "ModifyIndex", ANY),
};
static const struct json_shape body_shape = { "CAConfiguration", sizeof(struct config_body),
                                              body_fields, ARRAY_LEN(body_fields), false };

static void config_written(struct consul_call *c, const struct command_result *result)
{
    consul_answer_empty(c);
}

static void put_config(struct consul_call *c, struct bytes config)
{
    struct buf body;
    if (!consul_has_room(c))
        return;
    buf_init(&body, 4 * CA_CONFIG_MAX);
    enum err e = txn_encode(ca_put_config(config, consul_arena(c)), &body);
    if (e == OK)
        consul_submit(c, COMMAND_TXN, buf_bytes(&body), config_written);
    else
        consul_fail(c, e);
    buf_fini(&body);
}

void connect_put_config(struct consul_call *c)
{
    struct config_body b = { 0 };
    struct why why = { 0 };
    uint64_t ttl_ms;
    if (!consul_grant(c, ACCESS_WRITE, ACCESS_OPERATOR, bytes_str("")) ||
        !consul_decode(c, &body_shape, &b))
        return;
    struct bytes config = consul_json_text(c, b.config, CA_CONFIG_MAX);
    if (!bytes_is(b.provider, "consul"))
        consul_refuse_text(c, 500, "could not initialize provider: unknown CA provider %s",
                           consul_quoted(c, b.provider));
    else if (read_config(config, consul_arena(c), &ttl_ms, &why) != OK)
        consul_refuse_text(c, 500, "error configuring provider: %s", why.text);
    else
        put_config(c, config);
}

/* What all steps of compiling a chain share: the protocol that all must speak, the nodes made. */
#include "traffic/chain_core.h"

#include "base/text.h"
#include "traffic/config_entry_text.h"

/* -- protocols ----------------------------------------------------------------------------------
 */

static struct bytes lower(struct bytes text, struct arena *arena)
{
    uint8_t *out = arena_alloc(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        out[i] = text.p[i] >= 'A' && text.p[i] <= 'Z' ? (uint8_t)(text.p[i] | 0x20) : text.p[i];
    return bytes_of(out, text.n);
}

static struct bytes protocol_of_config(const struct json_node *config)
{
    if (config == NULL || config->kind != JSON_NODE_OBJECT)
        return bytes_str("");
    for (const struct json_node *each = config->first; each != NULL; each = each->next)
        if (text_eq_nocase(each->name, bytes_str("protocol")) && each->kind == JSON_NODE_STRING)
            return each->text;
    return bytes_str("");
}

struct bytes chain_protocol(const struct chain_source *source, struct bytes service,
                            struct arena *arena)
{
    struct bytes protocol = bytes_str("");
    const struct config_entry *own = source->find(source->ctx, ENTRY_SERVICE_DEFAULTS, service);
    const struct config_entry *all =
        own != NULL ? NULL : source->find(source->ctx, ENTRY_PROXY_DEFAULTS, bytes_str("global"));
    if (own != NULL)
        protocol = own->defaults.protocol;
    else if (all != NULL)
        protocol = protocol_of_config(all->proxy.config);
    return protocol.n == 0 ? bytes_str("tcp") : lower(protocol, arena);
}

bool chain_protocol_routes(struct bytes protocol)
{
    return bytes_is(protocol, "http") || bytes_is(protocol, "http2") || bytes_is(protocol, "grpc");
}

enum err chain_record_protocol(struct compiler *c, struct bytes service)
{
    struct bytes protocol = chain_protocol(c->source, service, c->arena);
    if (c->protocol.n == 0)
        c->protocol = protocol;
    if (bytes_eq(c->protocol, protocol))
        return OK;
    return why_set(c->why, ERR_INVALID,
                   "discovery chain %s uses inconsistent protocols; service %s has %s which is not "
                   "%s",
                   config_entry_quoted(c->request->service, c->arena),
                   config_entry_quoted(service, c->arena), config_entry_quoted(protocol, c->arena),
                   config_entry_quoted(c->protocol, c->arena));
}

/* -- nodes --------------------------------------------------------------------------------------
 */

const struct config_entry *chain_find(const struct compiler *c, enum config_entry_kind kind,
                                      struct bytes name)
{
    return c->source->find(c->source->ctx, kind, name);
}

struct chain_node *chain_node_find(const struct compiler *c, enum chain_node_kind kind,
                                   struct bytes name)
{
    for (struct chain_node *node = c->made; node != NULL; node = node->next_made)
        if (node->kind == kind && bytes_eq(node->name, name))
            return node;
    return NULL;
}

struct chain_node *chain_node_add(struct compiler *c, enum chain_node_kind kind, struct bytes name)
{
    static const char *const words[] = {
        [CHAIN_ROUTER] = "router", [CHAIN_SPLITTER] = "splitter", [CHAIN_RESOLVER] = "resolver"
    };
    struct chain_node *node = arena_zalloc(c->arena, 1, sizeof *node);
    node->kind = kind;
    node->name = name;
    node->key = bytes_str(
        arena_printf(c->arena, "%s:%.*s", words[kind], (int)name.n, (const char *)name.p));
    node->next_made = c->made;
    c->made = node;
    return node;
}

enum err chain_count_legs(struct compiler *c, size_t legs)
{
    c->leg_n += legs;
    return c->leg_n <= CHAIN_LEGS_MAX
               ? OK
               : why_set(c->why, ERR_TOO_BIG,
                         "discovery chain %s has more than %d routes and splits",
                         config_entry_quoted(c->request->service, c->arena), CHAIN_LEGS_MAX);
}

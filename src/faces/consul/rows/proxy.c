/* Tables of members: what is left out when it says nothing, and what never is. */
#include "faces/consul/rows/proxy.h"

#include "base/buf.h"

enum { PROXY_TEXT_MAX = 1 << 20 };

/* -- members ------------------------------------------------------------------------------------
 */

static bool is_called(struct bytes given, const char *name)
{
    size_t at = 0;
    for (size_t i = 0; i < given.n; i++) {
        uint8_t c = given.p[i], wanted = (uint8_t)name[at];
        if (c == '_')
            continue;
        bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (wanted == 0 || (is_letter ? (c | 0x20) != (wanted | 0x20) : c != wanted))
            return false;
        at++;
    }
    return name[at] == 0;
}

const struct json_node *consul_member(const struct json_node *node, const char *name)
{
    if (node == NULL || node->kind != JSON_NODE_OBJECT)
        return NULL;
    for (const struct json_node *at = node->first; at != NULL; at = at->next)
        if (is_called(at->name, name))
            return at;
    return NULL;
}

bool consul_json_says(const struct json_node *node)
{
    if (node == NULL)
        return false;
    switch (node->kind) {
    case JSON_NODE_NULL:
        return false;
    case JSON_NODE_BOOL:
        return node->truth;
    case JSON_NODE_NUMBER:
        return !bytes_is(node->text, "0");
    case JSON_NODE_STRING:
        return node->text.n > 0;
    case JSON_NODE_ARRAY:
        return node->first != NULL;
    case JSON_NODE_OBJECT:
        break;
    }
    return true;
}

/* -- shapes -------------------------------------------------------------------------------------
 */

enum show {
    IF_SAID,
    AS_TEXT,    /* always: "" */
    OF_CATALOG, /* the same, but the agent shows it only if it is said */
    AS_SERVICE, /* always: "service" where an agent fills it in, else "" */
    AS_PARTS,   /* always: an object, without what says nothing in it */
    AS_LIST     /* if said: upstreams */
};

enum form { SHOWN_BY_CATALOG, SHOWN_BY_AGENT, STORED_BY_AGENT };

struct member {
    const char *name;
    enum show show;
};

static const struct member of_proxy[] = {
    { "EnvoyExtensions", IF_SAID },
    { "DestinationServiceName", IF_SAID },
    { "DestinationServiceID", IF_SAID },
    { "LocalServiceAddress", IF_SAID },
    { "LocalServicePort", IF_SAID },
    { "LocalServiceSocketPath", IF_SAID },
    { "Mode", OF_CATALOG },
    { "Config", IF_SAID },
    { "Upstreams", AS_LIST },
    { "MeshGateway", AS_PARTS },
    { "Expose", AS_PARTS },
    { "TransparentProxy", IF_SAID },
    { "MutualTLSMode", IF_SAID },
    { "AccessLogs", IF_SAID },
};

static const struct member of_upstream[] = {
    { "DestinationType", AS_SERVICE },
    { "DestinationNamespace", IF_SAID },
    { "DestinationPartition", IF_SAID },
    { "DestinationPeer", IF_SAID },
    { "DestinationName", AS_TEXT },
    { "Datacenter", OF_CATALOG },
    { "LocalBindAddress", IF_SAID },
    { "LocalBindPort", IF_SAID },
    { "LocalBindSocketPath", IF_SAID },
    { "LocalBindSocketMode", IF_SAID },
    { "Config", IF_SAID },
    { "MeshGateway", AS_PARTS },
    { "CentrallyConfigured", IF_SAID },
};

static void put_parts(struct json_writer *j, const struct json_node *node)
{
    const struct json_node *at =
        node == NULL || node->kind != JSON_NODE_OBJECT ? NULL : node->first;
    json_open_object(j);
    for (; at != NULL; at = at->next) {
        if (!consul_json_says(at))
            continue;
        json_put_name_bytes(j, at->name);
        json_put_node(j, at);
    }
    json_close_object(j);
}

static void put_upstreams(struct json_writer *j, const struct json_node *list, enum form form);

static void put_member(struct json_writer *j, const struct member *m, const struct json_node *said,
                       enum form form)
{
    bool is_said = consul_json_says(said);
    if (!is_said && (m->show == IF_SAID || m->show == AS_LIST ||
                     (m->show == OF_CATALOG && form == SHOWN_BY_AGENT)))
        return;
    json_put_name(j, m->name);
    if (m->show == AS_PARTS)
        put_parts(j, said);
    else if (m->show == AS_LIST)
        put_upstreams(j, said, form);
    else if (is_said)
        json_put_node(j, said);
    else
        json_put_str(j, m->show == AS_SERVICE && form != SHOWN_BY_CATALOG ? "service" : "");
}

static void put_upstreams(struct json_writer *j, const struct json_node *list, enum form form)
{
    json_open_array(j);
    for (const struct json_node *at = list->first; at != NULL; at = at->next) {
        json_open_object(j);
        for (size_t i = 0; i < ARRAY_LEN(of_upstream); i++)
            put_member(j, &of_upstream[i], consul_member(at, of_upstream[i].name), form);
        json_close_object(j);
    }
    json_close_array(j);
}

static void put_proxy(struct json_writer *j, const struct json_node *proxy, enum form form)
{
    json_open_object(j);
    for (size_t i = 0; i < ARRAY_LEN(of_proxy); i++)
        put_member(j, &of_proxy[i], consul_member(proxy, of_proxy[i].name), form);
    json_close_object(j);
}

/* -- texts --------------------------------------------------------------------------------------
 */

void consul_put_agent_proxy(struct json_writer *j, struct bytes stored)
{
    struct arena arena;
    const struct json_node *proxy = NULL;
    arena_init(&arena, 0);
    if (stored.n > 0 && json_read(stored, &arena, &proxy, NULL) != OK)
        proxy = NULL; /* it was written by consul_proxy_text */
    put_proxy(j, proxy, SHOWN_BY_AGENT);
    arena_fini(&arena);
}

struct bytes consul_proxy_text(const struct json_node *proxy, bool of_agent, struct arena *arena)
{
    struct buf text;
    struct json_writer j;
    if (!consul_json_says(proxy))
        return bytes_str("");
    buf_init(&text, PROXY_TEXT_MAX);
    json_init(&j, &text);
    put_proxy(&j, proxy, of_agent ? STORED_BY_AGENT : SHOWN_BY_CATALOG);
    struct bytes ret = arena_dup(arena, buf_bytes(&text));
    buf_fini(&text);
    return ret;
}

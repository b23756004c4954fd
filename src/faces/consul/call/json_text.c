#include "faces/consul/call/json_text.h"

#include "wire/json_tree.h"

struct bytes consul_json_text(struct consul_call *c, const struct json_node *node, size_t max)
{
    struct json_writer j;
    struct buf text;
    if (node == NULL || node->kind == JSON_NODE_NULL)
        return bytes_str("{}");
    buf_init(&text, max);
    json_init(&j, &text);
    json_put_node(&j, node);
    struct bytes whole = arena_dup(consul_arena(c), buf_bytes(&text));
    buf_fini(&text);
    return whole;
}

#include "faces/consul/json_text.h"

#include "wire/json_writer.h"

static void put_node(struct json_writer *j, const struct json_node *node, struct arena *arena)
{
    switch (node->kind) {
    case JSON_NODE_NULL:
        json_put_null(j);
        return;
    case JSON_NODE_BOOL:
        json_put_bool(j, node->truth);
        return;
    case JSON_NODE_NUMBER:
        json_put_raw(j, node->text);
        return;
    case JSON_NODE_STRING:
        json_put_string(j, node->text);
        return;
    case JSON_NODE_ARRAY:
        json_open_array(j);
        for (const struct json_node *n = node->first; n != NULL; n = n->next)
            put_node(j, n, arena);
        json_close_array(j);
        return;
    case JSON_NODE_OBJECT:
        json_open_object(j);
        for (const struct json_node *n = node->first; n != NULL; n = n->next) {
            json_put_name(j, arena_str(arena, n->name));
            put_node(j, n, arena);
        }
        json_close_object(j);
        return;
    }
}

struct bytes consul_json_text(struct consul_call *c, const struct json_node *node, size_t max)
{
    struct json_writer j;
    struct buf text;
    if (node == NULL || node->kind == JSON_NODE_NULL)
        return bytes_str("{}");
    buf_init(&text, max);
    json_init(&j, &text);
    put_node(&j, node, consul_arena(c));
    struct bytes whole = arena_dup(consul_arena(c), buf_bytes(&text));
    buf_fini(&text);
    return whole;
}

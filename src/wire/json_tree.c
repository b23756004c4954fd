#include "wire/json_tree.h"

static void put_members(struct json_writer *j, const struct json_node *node)
{
    json_open_object(j);
    for (const struct json_node *at = node->first; at != NULL; at = at->next) {
        json_put_name_bytes(j, at->name);
        json_put_node(j, at);
    }
    json_close_object(j);
}

static void put_elements(struct json_writer *j, const struct json_node *node)
{
    json_open_array(j);
    for (const struct json_node *at = node->first; at != NULL; at = at->next)
        json_put_node(j, at);
    json_close_array(j);
}

void json_put_node(struct json_writer *j, const struct json_node *node)
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
        put_elements(j, node);
        return;
    case JSON_NODE_OBJECT:
        put_members(j, node);
        return;
    }
}

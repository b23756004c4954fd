/* wire/json_tree.h -- a tree that was read, written again. */
#ifndef WIRE_JSON_TREE_H
#define WIRE_JSON_TREE_H

#include "wire/json_reader.h"
#include "wire/json_writer.h"

/* NODE as a value. It may be as deep as json_read lets it be less what J is in already. */
void json_put_node(struct json_writer *j, const struct json_node *node);

#endif

/* faces/consul/call/json_text.h -- what was sent as JSON, as a text again: to be kept as it is. */
#ifndef FACES_CONSUL_CALL_JSON_TEXT_H
#define FACES_CONSUL_CALL_JSON_TEXT_H

#include "faces/consul/call/call.h"
#include "wire/json_reader.h"

/* In the request's arena; "{}" for what was not given or null. What is longer than MAX bytes is
 * cut, for who checks its length to refuse. */
struct bytes consul_json_text(struct consul_call *c, const struct json_node *node, size_t max);

#endif

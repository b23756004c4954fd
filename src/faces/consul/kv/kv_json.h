/* faces/consul/kv/kv_json.h -- pairs as the API writes and names them. */
#ifndef FACES_CONSUL_KV_KV_JSON_H
#define FACES_CONSUL_KV_KV_JSON_H

#include "catalog/kv_pair.h"
#include "wire/json_writer.h"

/* The object of one pair. A value that is empty is null. */
void consul_json_entry(struct json_writer *j, const struct kv_entry *entry);

#endif

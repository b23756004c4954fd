/* faces/consul/kv/session_json.h -- a session as /v1/session shows it. */
#ifndef FACES_CONSUL_KV_SESSION_JSON_H
#define FACES_CONSUL_KV_SESSION_JSON_H

#include "catalog/kv_read.h"
#include "wire/json_writer.h"

/* The object of one session. */
void consul_json_session(struct json_writer *j, const struct session_entry *entry);

#endif

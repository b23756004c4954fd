/* A session as an object. */
#include "faces/consul/kv/session_json.h"

static void put_checks(struct json_writer *j, const char *name, const struct session_checks *checks)
{
    json_add_array(j, name);
    for (size_t i = 0; i < checks->n; i++)
        json_put_string(j, checks->ids[i]);
    json_close_array(j);
}

static void put_service_checks(struct json_writer *j, const struct session_checks *checks)
{
    if (checks->n == 0) {
        json_add_null(j, "ServiceChecks");
        return;
    }
    json_add_array(j, "ServiceChecks");
    for (size_t i = 0; i < checks->n; i++) {
        json_open_object(j);
        json_add_string(j, "ID", checks->ids[i]);
        json_add_str(j, "Namespace", "");
        json_close_object(j);
    }
    json_close_array(j);
}

void consul_json_session(struct json_writer *j, const struct session_entry *entry)
{
    const struct session *s = &entry->session;
    char id[UUID_TEXT + 1];
    uuid_print(&entry->id, id);
    json_open_object(j);
    json_add_str(j, "ID", id);
    json_add_string(j, "Name", s->name);
    json_add_string(j, "Node", s->node);
    json_add_uint(j, "LockDelay", s->lock_delay_ns);
    json_add_str(j, "Behavior", s->behavior == SESSION_DELETE ? "delete" : "release");
    json_add_string(j, "TTL", s->ttl);
    put_checks(j, "NodeChecks", &s->node_checks);
    put_service_checks(j, &s->service_checks);
    json_add_uint(j, "CreateIndex", entry->create);
    json_add_uint(j, "ModifyIndex", entry->modify);
    json_close_object(j);
}

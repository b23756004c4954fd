/* Members in Go's order of them. */
#include "faces/consul/kv/kv_json.h"

static void put_value(struct json_writer *j, struct bytes value)
{
    json_put_name(j, "Value");
    if (value.n == 0)
        json_put_null(j);
    else
        json_put_base64(j, value);
}

void consul_json_entry(struct json_writer *j, const struct kv_entry *entry)
{
    char session[UUID_TEXT + 1];
    json_open_object(j);
    json_add_uint(j, "LockIndex", entry->pair.lock_index);
    json_add_string(j, "Key", entry->key);
    json_add_uint(j, "Flags", entry->pair.flags);
    put_value(j, entry->pair.value);
    if (!uuid_is_zero(&entry->pair.session)) {
        uuid_print(&entry->pair.session, session);
        json_add_str(j, "Session", session);
    }
    json_add_uint(j, "CreateIndex", entry->create);
    json_add_uint(j, "ModifyIndex", entry->modify);
    json_close_object(j);
}

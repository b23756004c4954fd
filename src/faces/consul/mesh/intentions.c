/* Intentions out of entries, in the order in which they decide. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/mesh/intentions.h"

/* -- names --------------------------------------------------------------------------------------
 */

bool consul_intention_name(struct bytes text, struct bytes *ret)
{
    for (int parts = 0;; parts++) {
        const uint8_t *slash = text.n == 0 ? NULL : memchr(text.p, '/', text.n);
        if (slash == NULL)
            break;
        struct bytes part = bytes_of(text.p, (size_t)(slash - text.p));
        if (parts == 2 || !bytes_is(part, "default"))
            return false;
        text = bytes_skip(text, part.n + 1);
    }
    *ret = text;
    return text.n > 0;
}

/* -- out of a view ------------------------------------------------------------------------------
 */

enum err consul_intentions_read(const struct view *view, struct arena *arena,
                                struct intentions *ret)
{
    struct consul_entries entries;
    struct intentions all = { .n = 0 };
    size_t most = 0;
    enum err e = consul_entries_read(view, ENTRY_SERVICE_INTENTIONS, arena, &entries);
    if (e != OK)
        return e;
    for (size_t i = 0; i < entries.n; i++) {
        const struct config_entry *entry = consul_entry_decode(&entries, &entries.all[i]);
        most += entry == NULL ? 0 : entry->intentions.sources.n;
    }
    all.all = arena_zalloc(arena, most + 1, sizeof *all.all);
    for (size_t i = 0; i < entries.n && entries.err == OK; i++) {
        const struct consul_entry *one = &entries.all[i];
        const struct entry_source *sources = one->entry.intentions.sources.all;
        for (size_t k = 0; k < one->entry.intentions.sources.n; k++)
            all.all[all.n++] = (struct intention){ .destination = one->name,
                                                   .source = &sources[k],
                                                   .create = one->create,
                                                   .modify = one->modify };
    }
    if (entries.err != OK)
        return entries.err;
    intentions_sort(&all);
    *ret = all;
    return OK;
}

bool consul_intentions_allow(struct consul_call *c, const struct intentions *all,
                             struct bytes source, struct bytes destination,
                             const struct intention **ret_which)
{
    const struct gate_options *gate = access_options(c->face->hub);
    switch (intentions_decide(all, source, destination, ret_which)) {
    case INTENTION_ALLOW:
        return true;
    case INTENTION_DENY:
    case INTENTION_BY_REQUEST:
        return false;
    case INTENTION_NONE:
        break;
    }
    return !gate->is_on || gate->is_open;
}

/* -- showing ------------------------------------------------------------------------------------
 */

static void add_text(struct json_writer *j, const char *name, struct bytes text)
{
    if (text.n > 0)
        json_add_string(j, name, text);
}

static void add_time(struct json_writer *j, const char *name, struct bytes text)
{
    if (text.n > 0) /* those of service-intentions have none */
        json_add_string(j, name, text);
}

static void add_permissions(const struct json_structs *permissions, struct json_writer *j)
{
    const struct entry_permission *all = permissions->all;
    if (permissions->n == 0)
        return;
    json_add_array(j, "Permissions");
    for (size_t i = 0; i < permissions->n; i++)
        shape_write(&all[i], &entry_permission_shape, false, j);
    json_close_array(j);
}

void consul_intention_write(const struct intention *one, struct json_writer *j)
{
    const struct entry_source *s = one->source;
    json_open_object(j);
    add_text(j, "ID", s->legacy_id);
    add_text(j, "Description", s->description);
    json_add_str(j, "SourceNS", "default");
    json_add_string(j, "SourceName", s->name);
    json_add_str(j, "DestinationNS", "default");
    json_add_string(j, "DestinationName", one->destination);
    add_text(j, "SourcePeer", s->peer);
    json_add_string(j, "SourceType", s->type);
    add_text(j, "Action", s->action);
    add_permissions(&s->permissions, j);
    if (s->legacy_meta.n > 0) {
        json_add_object(j, "Meta");
        for (size_t i = 0; i < s->legacy_meta.n; i++) {
            json_put_name_bytes(j, s->legacy_meta.all[i].name);
            json_put_string(j, s->legacy_meta.all[i].value);
        }
        json_close_object(j);
    }
    json_add_int(j, "Precedence", s->precedence);
    add_time(j, "CreatedAt", s->legacy_created);
    add_time(j, "UpdatedAt", s->legacy_updated);
    json_add_uint(j, "CreateIndex", one->create);
    json_add_uint(j, "ModifyIndex", one->modify);
    json_close_object(j);
}

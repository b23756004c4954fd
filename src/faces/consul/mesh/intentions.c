/* /v1/connect/intentions: reading. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/rows/index.h"
#include "faces/consul/mesh/intentions.h"
#include "faces/consul/rows/selectors.h"

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

/* False: refused and answered. */
static bool name_param(struct consul_call *c, const char *param, struct bytes *ret)
{
    struct bytes text;
    if (!consul_param(c, param, &text) || text.n == 0) {
        consul_refuse_text(c, 400, "required query parameter '%s' not set", param);
        return false;
    }
    if (!consul_intention_name(text, ret)) {
        consul_refuse_text(c, 400, "%s %s is invalid: Namespaces are a Consul Enterprise feature",
                           param, consul_quoted(c, text));
        return false;
    }
    return true;
}

bool consul_intention_pair(struct consul_call *c, struct bytes *ret_source,
                           struct bytes *ret_destination)
{
    return name_param(c, "source", ret_source) && name_param(c, "destination", ret_destination);
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
    json_add_string(j, name, text.n > 0 ? text : bytes_str("0001-01-01T00:00:00Z"));
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

/* -- asking for them ----------------------------------------------------------------------------
 */

struct asked { /* call->state */
    struct bytes source, destination, id;
    enum intention_side side;
    struct bytes *names;
    size_t name_n;
    struct intentions all;
};

static enum err index_of(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct asked *a = c->state;
    enum err e = consul_index_of_table(c, view, REGISTRY_CONFIG, ret);
    return e == OK ? consul_intentions_read(view, &c->face->scratch, &a->all) : e;
}

static struct asked *ask(struct consul_call *c)
{
    struct asked *a = arena_zalloc(consul_arena(c), 1, sizeof *a);
    c->state = a;
    return a;
}

static void answer_list(struct consul_call *c, const struct view *view)
{
    const struct asked *a = c->state;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; i < a->all.n; i++)
        if (consul_may(c, ACCESS_READ, ACCESS_INTENTION, a->all.all[i].destination) &&
            consul_filter_keeps(c, &a->all.all[i]))
            consul_intention_write(&a->all.all[i], j);
    json_close_array(j);
    consul_answer_filtered(c);
}

void consul_intention_list(struct consul_call *c)
{
    static const struct consul_query query = { index_of, answer_list };
    ask(c);
    if (consul_grant_open(c) && consul_filter_begin(c, &consul_intention_schema))
        consul_query(c, &query);
}

static bool is_asked(const struct asked *a, const struct intention *one)
{
    if (a->id.n > 0)
        return bytes_eq(one->source->legacy_id, a->id);
    return bytes_eq(one->source->name, a->source) && bytes_eq(one->destination, a->destination) &&
           one->source->peer.n == 0;
}

static void answer_one(struct consul_call *c, const struct view *view)
{
    const struct asked *a = c->state;
    for (size_t i = 0; i < a->all.n; i++) {
        const struct intention *one = &a->all.all[i];
        if (!is_asked(a, one))
            continue;
        if (!consul_may(c, ACCESS_READ, ACCESS_INTENTION, one->destination)) {
            consul_refuse_text(c, 403, "Permission denied");
            return;
        }
        consul_intention_write(one, consul_json(c));
        consul_answer_json(c, 200);
        return;
    }
    consul_refuse_text(c, 404, "Intention not found");
}

void consul_intention_get_exact(struct consul_call *c)
{
    static const struct consul_query query = { index_of, answer_one };
    struct asked *a = ask(c);
    if (consul_intention_pair(c, &a->source, &a->destination) &&
        consul_grant(c, ACCESS_READ, ACCESS_INTENTION, a->destination))
        consul_query(c, &query);
}

void consul_intention_get(struct consul_call *c)
{
    static const struct consul_query query = { index_of, answer_one };
    struct asked *a = ask(c);
    struct uuid id;
    a->id = c->rest;
    if (!uuid_parse(c->rest, &id))
        consul_refuse_text(c, 400,
                           "failed intention lookup: index error: UUID must be 36 "
                           "characters");
    else if (consul_grant_open(c))
        consul_query(c, &query);
}

/* -- matching and checking ----------------------------------------------------------------------
 */

static void answer_match(struct consul_call *c, const struct view *view)
{
    const struct asked *a = c->state;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    for (size_t i = 0; i < a->name_n; i++) {
        json_put_name_bytes(j, a->names[i]);
        json_open_array(j);
        for (size_t k = 0; k < a->all.n; k++)
            if (intention_matches(&a->all.all[k], a->side, a->names[i]))
                consul_intention_write(&a->all.all[k], j);
        json_close_array(j);
    }
    json_close_object(j);
    consul_answer_json(c, 200);
}

/* False: refused and answered. */
static bool read_names(struct consul_call *c, struct asked *a)
{
    struct bytes text;
    while (http_query_get(c->request, "name", a->name_n, &text))
        a->name_n++;
    if (a->name_n == 0) {
        consul_refuse_text(c, 400, "required query parameter 'name' not set");
        return false;
    }
    a->names = arena_zalloc(consul_arena(c), a->name_n, sizeof *a->names);
    for (size_t i = 0; i < a->name_n; i++) {
        http_query_get(c->request, "name", i, &text);
        if (!consul_intention_name(text, &a->names[i])) {
            consul_refuse_text(c, 400, "name %s is invalid", consul_quoted(c, text));
            return false;
        }
        if (!consul_grant(c, ACCESS_READ, ACCESS_INTENTION, a->names[i]))
            return false;
    }
    return true;
}

void consul_intention_match(struct consul_call *c)
{
    static const struct consul_query query = { index_of, answer_match };
    struct asked *a = ask(c);
    struct bytes by;
    if (!consul_param(c, "by", &by) || by.n == 0) {
        consul_refuse_text(c, 400, "required query parameter 'by' not set");
        return;
    }
    a->side = bytes_is(by, "source") ? INTENTION_BY_SOURCE : INTENTION_BY_DESTINATION;
    if (a->side == INTENTION_BY_DESTINATION && !bytes_is(by, "destination"))
        consul_refuse_text(c, 400, "'by' parameter must be one of 'source' or 'destination'");
    else if (read_names(c, a))
        consul_query(c, &query);
}

static void answer_check(struct consul_call *c, const struct view *view)
{
    const struct asked *a = c->state;
    const struct intention *which;
    bool may = consul_intentions_allow(c, &a->all, a->source, a->destination, &which);
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_bool(j, "Allowed", may);
    json_close_object(j);
    consul_answer_json(c, 200);
}

void consul_intention_check(struct consul_call *c)
{
    static const struct consul_query query = { index_of, answer_check };
    struct asked *a = ask(c);
    if (consul_intention_pair(c, &a->source, &a->destination) &&
        consul_grant(c, ACCESS_READ, ACCESS_SERVICE, a->destination))
        consul_query(c, &query);
}

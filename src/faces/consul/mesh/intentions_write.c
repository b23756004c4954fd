/* /v1/connect/intentions: writing. A write reads the destination's service-intentions, changes one
 * of its sources, and writes it back as any other entry is written. */
#include "catalog/op.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/config/entries_write.h"
#include "faces/consul/mesh/intentions_routes.h"
#include "loop/loop.h"
#include "traffic/config_entry_check.h"
#include "wire/json_bind.h"
#include "wire/time_text.h"

struct body {
    struct bytes id, description, source, destination, type, action, source_ns, destination_ns;
    struct bytes source_partition, destination_partition, peer, created, updated;
    struct json_pairs meta;
    int64_t precedence, create, modify;
    const struct json_node *permissions, *hash;
};

/* clang-format off */
static const struct json_field body_fields[] = {
    JSON_FIELD(struct body, id,                    "ID",                   STRING),
    JSON_FIELD(struct body, description,           "Description",          STRING),
    JSON_FIELD(struct body, source_ns,             "SourceNS",             STRING),
    JSON_FIELD(struct body, source,                "SourceName",           STRING),
    JSON_FIELD(struct body, destination_ns,        "DestinationNS",        STRING),
    JSON_FIELD(struct body, destination,           "DestinationName",      STRING),
    JSON_FIELD(struct body, source_partition,      "SourcePartition",      STRING),
    JSON_FIELD(struct body, destination_partition, "DestinationPartition", STRING),
    JSON_FIELD(struct body, peer,                  "SourcePeer",           STRING),
    JSON_FIELD(struct body, type,                  "SourceType",           STRING),
    JSON_FIELD(struct body, action,                "Action",               STRING),
    JSON_FIELD(struct body, permissions,           "Permissions",          ANY),
    JSON_FIELD(struct body, meta,                  "Meta",                 STRING_MAP),
    JSON_FIELD(struct body, precedence,            "Precedence",           INT),
    JSON_FIELD(struct body, created,               "CreatedAt",            STRING),
    JSON_FIELD(struct body, updated,               "UpdatedAt",            STRING),
    JSON_FIELD(struct body, hash,                  "Hash",                 ANY),
    JSON_FIELD(struct body, create,                "CreateIndex",          INT),
    JSON_FIELD(struct body, modify,                "ModifyIndex",          INT),
};
static const struct json_shape body_shape = {
    .go_name = "Intention", .size = sizeof(struct body),
    .fields = body_fields, .field_n = ARRAY_LEN(body_fields),
};
static const struct shape_field permission_fields[] = {
    SHAPE_FIELD_OF(struct entry_source, permissions, "Permissions", STRUCTS,
                   &entry_permission_shape),
};
/* clang-format on */
static const struct shape permission_shape = {
    .size = sizeof(struct entry_source), .fields = permission_fields, .field_n = 1, .is_open = true
};

struct job { /* change->state */
    struct consul_entry_change change;
    struct entry_source source; /* what is put */
    struct bytes source_name, destination;
    struct bytes id; /* of one that is looked for by it; empty: by its names */
    bool creates, is_legacy, removes;
};

/* -- the body -----------------------------------------------------------------------------------
 */

static struct bytes now_text(struct consul_call *c)
{
    struct buf text;
    buf_init(&text, 64);
    time_print(clock_wall_ms(), &text);
    struct bytes kept = arena_dup(consul_arena(c), buf_bytes(&text));
    buf_fini(&text);
    return kept;
}

static bool is_default(struct bytes ns)
{
    return ns.n == 0 || bytes_is(ns, "default");
}

/* False: refused and answered. */
static bool read_permissions(struct consul_call *c, struct entry_source *into)
{
    const struct json_node *root;
    struct why why = { "" };
    enum err e = json_read(http_body(c->request), consul_arena(c), &root, &why);
    if (e == OK)
        e = shape_read(root, &permission_shape, consul_arena(c), into, &why);
    if (e != OK)
        consul_refuse_text(c, 400, "Request decode failed: %s", why.text);
    return e == OK;
}

/* False: refused and answered. */
static bool read_body(struct consul_call *c, struct body *b, struct entry_source *into)
{
    if (!consul_decode(c, &body_shape, b))
        return false;
    if (!is_default(b->source_ns) || !is_default(b->destination_ns) ||
        !is_default(b->source_partition) || !is_default(b->destination_partition)) {
        consul_refuse_text(c, 400, "Namespaces are a Consul Enterprise feature");
        return false;
    }
    *into = (struct entry_source){ .name = b->source,
                                   .action = b->action,
                                   .type = b->type,
                                   .description = b->description,
                                   .peer = b->peer };
    return b->permissions == NULL || read_permissions(c, into);
}

/* -- the entry ----------------------------------------------------------------------------------
 */

static struct consul_entry *find_entry(struct consul_entries *all, struct bytes destination)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->all[i].kind == ENTRY_SERVICE_INTENTIONS && bytes_eq(all->all[i].name, destination))
            return &all->all[i];
    return NULL;
}

static bool is_looked_for(const struct job *job, const struct entry_source *s)
{
    if (job->id.n > 0)
        return bytes_eq(s->legacy_id, job->id);
    return s->peer.n == 0 && bytes_eq(s->name, job->source_name);
}

/* Its place among SOURCES; their number if it is not there. */
static size_t place_of(const struct job *job, const struct json_structs *sources)
{
    const struct entry_source *all = sources->all;
    size_t at = 0;
    while (at < sources->n && !is_looked_for(job, &all[at]))
        at++;
    return at;
}

/* The entry with the source that has the job's id. */
static struct consul_entry *find_by_id(struct consul_entries *all, const struct job *job)
{
    for (size_t i = 0; i < all->n; i++) {
        struct consul_entry *one = &all->all[i];
        const struct config_entry *entry =
            one->kind == ENTRY_SERVICE_INTENTIONS ? consul_entry_decode(all, one) : NULL;
        if (entry != NULL &&
            place_of(job, &entry->intentions.sources) < entry->intentions.sources.n)
            return one;
    }
    return NULL;
}

/* SOURCES with room for one more. */
static struct json_structs copy_sources(const struct json_structs *sources, struct arena *arena)
{
    struct json_structs copy = { .n = sources->n };
    struct entry_source *all = arena_zalloc(arena, sources->n + 1, sizeof *all);
    if (sources->n > 0)
        memcpy(all, sources->all, sources->n * sizeof *all);
    copy.all = all;
    return copy;
}

static void remove_source(struct json_structs *sources, size_t at)
{
    struct entry_source *all = sources->all;
    if (at < sources->n) {
        memmove(&all[at], &all[at + 1], (sources->n - at - 1) * sizeof *all);
        sources->n--;
    }
}

static void put_source(struct consul_call *c, const struct job *job, struct json_structs *sources,
                       size_t at)
{
    struct entry_source *all = sources->all, put = job->source;
    if (job->is_legacy) {
        put.legacy_updated = now_text(c);
        put.legacy_created = at < sources->n ? all[at].legacy_created : put.legacy_updated;
    }
    if (at == sources->n)
        sources->n++;
    all[at] = put;
}

/* ENTRY with the job done, into the change; true: refused and answered. */
static bool edit(struct consul_call *c, struct job *job, const struct config_entry *before)
{
    struct arena *scratch = &c->face->scratch;
    struct why why = { "" };
    struct config_entry entry = { .kind = ENTRY_SERVICE_INTENTIONS, .name = job->destination };
    if (before != NULL)
        entry = *before;
    entry.intentions.sources = copy_sources(&entry.intentions.sources, scratch);
    /* One that is created although it is there stands twice, which the check refuses. */
    size_t at =
        job->creates ? entry.intentions.sources.n : place_of(job, &entry.intentions.sources);
    if (job->removes)
        remove_source(&entry.intentions.sources, at);
    else
        put_source(c, job, &entry.intentions.sources, at);
    job->change.removes = entry.intentions.sources.n == 0;
    if (job->change.removes)
        return false;
    if (config_entry_check(&entry, scratch, &why) != OK) {
        consul_refuse_text(c, 500, "%s", why.text);
        return true;
    }
    job->change.json = consul_entry_json(&entry, consul_arena(c));
    if (job->change.json.n < OBJECT_ROW_MAX)
        return false;
    consul_refuse(c, CONSUL_TOO_BIG);
    return true;
}

static bool refuse_absent(struct consul_call *c, const struct job *job)
{
    consul_refuse_text(c, 500, "Cannot %s non-existent intention: '%s'",
                       job->removes ? "delete" : "modify", consul_text(c, job->id));
    return true;
}

static bool prepare(struct consul_call *c, struct consul_entry_change *change,
                    struct consul_entries *all)
{
    struct job *job = change->state;
    struct consul_entry *one =
        job->id.n > 0 ? find_by_id(all, job) : find_entry(all, job->destination);
    if (job->id.n > 0 && one == NULL)
        return refuse_absent(c, job);
    if (job->id.n > 0 && job->destination.n > 0 && !bytes_eq(one->name, job->destination)) {
        consul_refuse_text(c, 500,
                           "cannot modify Destination partition/namespace/name for an intention "
                           "once it exists.");
        return true;
    }
    if (job->id.n > 0) {
        change->name = arena_dup(consul_arena(c), one->name);
        if (!consul_grant(c, ACCESS_WRITE, ACCESS_INTENTION, change->name))
            return true;
    }
    const struct config_entry *before = one == NULL ? NULL : consul_entry_decode(all, one);
    if (all->err != OK) {
        consul_fail(c, all->err);
        return true;
    }
    return edit(c, job, before);
}

/* -- routes -------------------------------------------------------------------------------------
 */

static void done_true(struct consul_call *c, bool done)
{
    consul_answer_bool(c, true);
}

static void done_id(struct consul_call *c, bool done)
{
    const struct consul_entry_change *change = c->state;
    const struct job *job = change->state;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_string(j, "ID", job->source.legacy_id);
    json_close_object(j);
    consul_answer_json(c, 200);
}

static struct job *begin(struct consul_call *c, void (*done)(struct consul_call *c, bool done))
{
    struct job *job = arena_zalloc(consul_arena(c), 1, sizeof *job);
    job->change = (struct consul_entry_change){
        .kind = ENTRY_SERVICE_INTENTIONS, .done = done, .prepare = prepare, .state = job
    };
    return job;
}

static void submit_for(struct consul_call *c, struct job *job)
{
    job->change.name = job->destination;
    if (job->destination.n > OBJECT_NAME_MAX ||
        memchr(job->destination.p, 0, job->destination.n) != NULL)
        consul_refuse_text(c, 400, "DestinationName is too long, or holds a zero byte");
    else if (consul_grant(c, ACCESS_WRITE, ACCESS_INTENTION, job->destination))
        consul_entry_submit(c, &job->change);
}

void consul_intention_put_exact(struct consul_call *c)
{
    struct job *job = begin(c, done_true);
    struct body b = { .precedence = 0 };
    if (!consul_intention_pair(c, &job->source_name, &job->destination) ||
        !read_body(c, &b, &job->source))
        return;
    if ((b.source.n > 0 && !bytes_eq(b.source, job->source_name)) ||
        (b.destination.n > 0 && !bytes_eq(b.destination, job->destination))) {
        consul_refuse_text(c, 400, "the names of the body are not those of the query parameters");
        return;
    }
    if (b.meta.n > 0) {
        consul_refuse_text(c, 500, "Meta must not be specified");
        return;
    }
    job->source.name = job->source_name;
    submit_for(c, job);
}

void consul_intention_delete_exact(struct consul_call *c)
{
    struct job *job = begin(c, done_true);
    job->removes = true;
    if (consul_intention_pair(c, &job->source_name, &job->destination))
        submit_for(c, job);
}

void consul_intention_create(struct consul_call *c)
{
    struct job *job = begin(c, done_id);
    struct body b = { .precedence = 0 };
    struct uuid id = uuid_random(consul_random(c->face), consul_random(c->face));
    char *text = arena_alloc(consul_arena(c), UUID_TEXT + 1);
    if (!read_body(c, &b, &job->source))
        return;
    if (b.id.n > 0) {
        consul_refuse_text(c, 500, "ID must be empty when creating a new intention");
        return;
    }
    uuid_print(&id, text);
    job->creates = job->is_legacy = true;
    job->source_name = b.source;
    job->destination = b.destination.n > 0 ? b.destination : bytes_str("*");
    job->source.legacy_id = bytes_str(text);
    job->source.legacy_meta = b.meta;
    submit_for(c, job);
}

/* False: refused and answered. */
static bool read_id(struct consul_call *c, struct job *job)
{
    struct uuid id;
    job->id = c->rest;
    if (uuid_parse(c->rest, &id))
        return true;
    consul_refuse_text(c, 400, "failed intention lookup: index error: UUID must be 36 characters");
    return false;
}

void consul_intention_update(struct consul_call *c)
{
    struct job *job = begin(c, done_id);
    struct body b = { .precedence = 0 };
    if (!read_id(c, job) || !read_body(c, &b, &job->source))
        return;
    job->is_legacy = true;
    job->destination = b.destination;
    job->source.legacy_id = job->id;
    job->source.legacy_meta = b.meta;
    if (consul_grant_open(c)) /* whose it is shows when it is found */
        consul_entry_submit(c, &job->change);
}

void consul_intention_delete(struct consul_call *c)
{
    struct job *job = begin(c, done_true);
    job->removes = true;
    if (read_id(c, job) && consul_grant_open(c))
        consul_entry_submit(c, &job->change);
}

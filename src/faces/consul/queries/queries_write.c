/* /v1/query: prepared queries made, changed and removed, each as one command. */
#include "catalog/prepared_check.h"
#include "catalog/prepared_row.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/queries/queries.h"
#include "faces/consul/registry/change.h"
#include "faces/consul/rows/rows.h"

enum { OPS_MAX = 6, TRIES_MAX = 16 };

struct job {               /* call->state */
    struct prepared query; /* as it is to be */
    struct bytes id;
    bool creates, removes;
    struct change_op ops[OPS_MAX];
    size_t op_n;
    unsigned tries;
};

static void look(struct consul_call *c, const struct view *view);

/* -- the command --------------------------------------------------------------------------------
 */

static void add_op(struct job *job, enum op_verb verb, uint64_t index, const char *type,
                   struct bytes name, struct bytes row)
{
    struct change_op *op = &job->ops[job->op_n++];
    *op = (struct change_op){ .kind = CHANGE_OBJECT, .ns = bytes_str(CONSUL_NS) };
    op->object = (struct object_op){ .when = { .verb = verb, .index = index },
                                     .kind = OBJECT_QUERY,
                                     .type = bytes_str(type),
                                     .name = name,
                                     .row = row };
}

static bool has_name(const struct prepared *p)
{
    return p->name.n > 0 || prepared_is_template(p);
}

static void drop_op(struct consul_call *c, struct job *job, const struct prepared *old)
{
    const struct bytes none = bytes_str("");
    if (has_name(old))
        add_op(job, OP_DELETE, 0, PREPARED_BY_NAME, prepared_name_key(old->name, consul_arena(c)),
               none);
    if (old->session.n > 0)
        add_op(job, OP_DELETE, 0, PREPARED_BY_SESSION,
               prepared_session_key(old->session, old->id, consul_arena(c)), none);
}

static void put_op(struct consul_call *c, struct job *job)
{
    static const uint8_t format = PREPARED_FORMAT;
    struct arena *arena = consul_arena(c);
    const struct prepared *p = &job->query;
    if (has_name(p)) {
        add_op(job, OP_CAS, 0, PREPARED_BY_NAME, prepared_name_key(p->name, arena),
               prepared_name_row(p, arena));
    }
    if (p->session.n > 0)
        add_op(job, OP_SET, 0, PREPARED_BY_SESSION, prepared_session_key(p->session, p->id, arena),
               bytes_of(&format, 1));
}

static void refuse_name(struct consul_call *c, const struct job *job)
{
    if (job->query.name.n == 0)
        consul_refuse_text(c, 500,
                           "raft apply failed: a query template with an empty name already exists");
    else
        consul_refuse_text(c, 500, "raft apply failed: name '%s' aliases an existing query name",
                           consul_text(c, job->query.name));
}

static bool refused(struct consul_call *c, enum err err, const struct command_result *result)
{
    struct job *job = c->state;
    const struct change_results *results = result->upper;
    if (err != ERR_REFUSED)
        return false;
    if (results->all[0].refusal == CHANGE_DONE) /* the query stood; the name did not */
        refuse_name(c, job);
    else if (++job->tries == TRIES_MAX)
        consul_refuse_text(c, 500, "the query is being written by too many at once");
    else
        consul_read(c, look);
    return true;
}

static void written(struct consul_call *c, const struct command_result *result)
{
    const struct job *job = c->state;
    if (!job->creates) {
        consul_answer_empty(c);
        return;
    }
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_string(j, "ID", job->id);
    json_close_object(j);
    consul_answer_json(c, 200);
}

static void submit(struct consul_call *c, struct job *job, const struct prepared *old)
{
    struct arena *arena = consul_arena(c);
    job->op_n = 0;
    uint64_t stands_at = old == NULL ? 0 : (uint64_t)old->modify;
    if (job->removes)
        add_op(job, OP_DELETE_CAS, stands_at, PREPARED_BY_ID, job->id, bytes_str(""));
    else
        add_op(job, OP_CAS, stands_at, PREPARED_BY_ID, job->id, prepared_row(&job->query, arena));
    if (old != NULL)
        drop_op(c, job, old);
    if (!job->removes)
        put_op(c, job);
    c->on_refused = refused;
    consul_change(c, job->ops, job->op_n, written);
}

/* -- looking at what there is -------------------------------------------------------------------
 */

/* True: it was refused. */
static bool refuse_session(struct consul_call *c, const struct job *job, const struct view *view)
{
    struct draft *draft = draft_new(view, &c->face->scratch);
    struct uuid session = consul_session_id(job->query.session);
    struct draft_row row;
    struct buf key;
    if (job->removes || job->query.session.n == 0)
        return false;
    buf_init(&key, 4096);
    session_key(bytes_str(CONSUL_NS), &session, &key);
    enum err e = draft_get(draft, SPACE_CATALOG, buf_bytes(&key), &row);
    buf_fini(&key);
    if (e == ERR_NOT_FOUND)
        consul_refuse_text(c, 500, "raft apply failed: invalid session %s",
                           consul_quoted(c, job->query.session));
    else if (e != OK)
        consul_fail(c, e);
    return e != OK;
}

static bool refuse_alias(struct consul_call *c, const struct job *job, const struct view *view)
{
    struct prepared other;
    struct uuid id;
    if (job->removes || !uuid_parse(job->query.name, &id))
        return false;
    enum err e =
        prepared_get(view, bytes_str(CONSUL_NS), job->query.name, &c->face->scratch, &other);
    if (e == OK)
        consul_refuse_text(c, 500, "raft apply failed: name '%s' aliases an existing query ID",
                           consul_text(c, job->query.name));
    return e == OK;
}

/* True: it is there and may be changed; else refused and answered. */
static bool may_change(struct consul_call *c, const struct job *job, enum err e,
                       const struct prepared *old)
{
    if (e == ERR_NOT_FOUND)
        consul_refuse_text(c, 500, "Cannot modify non-existent prepared query: '%s'",
                           consul_text(c, job->id));
    else if (e != OK)
        consul_fail(c, e);
    else if (has_name(old))
        return consul_grant(c, ACCESS_WRITE, ACCESS_QUERY, old->name);
    return e == OK;
}

static void look(struct consul_call *c, const struct view *view)
{
    struct job *job = c->state;
    struct arena *scratch = &c->face->scratch;
    struct prepared old = { .create = 0 };
    if (!job->creates) {
        enum err e = prepared_get(view, bytes_str(CONSUL_NS), job->id, scratch, &old);
        if (!may_change(c, job, e, &old))
            return;
    }
    if (!refuse_session(c, job, view) && !refuse_alias(c, job, view))
        submit(c, job, job->creates ? NULL : &old);
}

/* -- routes -------------------------------------------------------------------------------------
 */

/* False: refused and answered. */
static bool read_body(struct consul_call *c, struct job *job)
{
    struct why why = { "" };
    if (!consul_decode(c, &prepared_shape, &job->query))
        return false;
    if (job->creates && job->query.id.n > 0) {
        consul_refuse_text(c, 500, "ID must be empty when creating a new prepared query");
        return false;
    }
    job->query.id = job->id;
    job->query.create = job->query.modify = 0;
    if (prepared_check(&job->query, consul_arena(c), &why) != OK) {
        /* Consul's log compiles templates; the rest is refused before it. */
        bool is_template = strncmp(why.text, "failed compiling", strlen("failed compiling")) == 0;
        consul_refuse_text(c, 500, "%s: %s",
                           is_template ? "raft apply failed" : "Invalid prepared query", why.text);
        return false;
    }
    return has_name(&job->query) ? consul_grant(c, ACCESS_WRITE, ACCESS_QUERY, job->query.name)
                                 : consul_grant_open(c);
}

static struct job *begin(struct consul_call *c, struct bytes id)
{
    struct job *job = arena_zalloc(consul_arena(c), 1, sizeof *job);
    job->id = id;
    c->state = job;
    return job;
}

void consul_query_create(struct consul_call *c)
{
    struct uuid id = uuid_random(consul_random(c->face), consul_random(c->face));
    char *text = arena_alloc(consul_arena(c), UUID_TEXT + 1);
    uuid_print(&id, text);
    struct job *job = begin(c, bytes_str(text));
    job->creates = true;
    if (read_body(c, job))
        consul_read(c, look);
}

/* True if it is no id of a query: answered. */
static bool refuse_id(struct consul_call *c)
{
    struct uuid id;
    if (uuid_parse(c->rest, &id))
        return false;
    consul_refuse_text(c, 500, "Cannot modify non-existent prepared query: '%s'",
                       consul_text(c, c->rest));
    return true;
}

void consul_query_update(struct consul_call *c)
{
    if (!refuse_id(c) && read_body(c, begin(c, c->rest)))
        consul_read(c, look);
}

void consul_query_delete(struct consul_call *c)
{
    if (refuse_id(c))
        return;
    begin(c, c->rest)->removes = true;
    if (consul_grant_open(c)) /* whose it is shows when it is found */
        consul_read(c, look);
}

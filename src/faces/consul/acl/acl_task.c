#include "faces/consul/acl/acl.h"

#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"

enum { TRIES_MAX = 8, LEASE_GRACE_MS = 60 * 1000 };

struct acl_task *acl_task(struct consul_call *c)
{
    if (c->state == NULL)
        c->state = arena_zalloc(consul_arena(c), 1, sizeof(struct acl_task));
    return c->state;
}

bool acl_may_write(struct consul_call *c)
{
    return consul_grant(c, ACCESS_WRITE, ACCESS_ACL, bytes_str(""));
}

bool acl_may_read(struct consul_call *c)
{
    return consul_grant(c, ACCESS_READ, ACCESS_ACL, bytes_str(""));
}

bool acl_decode(struct consul_call *c, const struct json_shape *shape, const char *what)
{
    struct why why = { 0 };
    struct acl_task *task = acl_task(c);
    task->body = arena_zalloc(consul_arena(c), 1, shape->size);
    enum err e = json_decode(http_body(c->request), shape, consul_arena(c), task->body, &why);
    if (e != OK)
        consul_refuse_text(c, 400, "%s decoding failed: %s", what, why.text);
    return e == OK;
}

void acl_refuse(struct consul_call *c, const struct why *why)
{
    consul_refuse_text(c, 500, "%s", why->text);
}

bool acl_id_of_path(struct consul_call *c, const char *missing, const char *unknown)
{
    bool is_missing = c->rest.n == 0;
    if (!is_missing && uuid_parse(c->rest, &acl_task(c)->id))
        return true;
    consul_refuse_text(c, is_missing ? 400 : 404, "%s", is_missing ? missing : unknown);
    return false;
}

/* -- changes ----------------------------------------------------------------------------------- */

void acl_plan(struct consul_call *c, consul_read_fn plan)
{
    acl_task(c)->plan = plan;
    c->params.level = CONSUL_LEVEL_LEADER;
    consul_read(c, plan);
}

static void written(struct consul_call *c, const struct command_result *result)
{
    struct acl_task *task = acl_task(c);
    if (!result->txn->succeeded && ++task->tries < TRIES_MAX)
        consul_read(c, task->plan); /* somebody was faster */
    else if (!result->txn->succeeded)
        consul_refuse(c, CONSUL_OVERLOADED);
    else if (task->show != NULL)
        consul_read(c, task->show);
    else
        consul_answer_bool(c, true);
}

void acl_commit(struct consul_call *c, struct acl_edits *edits, consul_read_fn show)
{
    struct buf body;
    if (show != NULL && !consul_has_room(c)) /* what is removed is not shown */
        return;
    acl_task(c)->show = show;
    buf_init(&body, 4 * ACL_ROW_MAX);
    enum err e = txn_encode(acl_edits_txn(edits), &body);
    if (e == OK)
        consul_submit(c, COMMAND_TXN, buf_bytes(&body), written);
    else
        consul_fail(c, e);
    buf_fini(&body);
}

/* -- leases ------------------------------------------------------------------------------------ */

struct lease_step {
    int64_t id;
    void (*then)(struct consul_call *c, int64_t lease);
    void *state; /* the handler's */
};

static void lease_granted(struct consul_call *c, const struct command_result *result)
{
    struct lease_step *step = c->state;
    c->state = step->state;
    step->then(c, step->id);
}

/* It ends a little later than the token: who asks meanwhile is told that the token is over. */
void acl_grant_lease(struct consul_call *c, uint64_t now_ms, uint64_t expires_ms,
                     void (*then)(struct consul_call *c, int64_t lease))
{
    struct lease_step *step = arena_zalloc(consul_arena(c), 1, sizeof *step);
    uint64_t ttl_ms = expires_ms - now_ms + LEASE_GRACE_MS;
    struct lease_grant grant = { .id = (int64_t)(entropy_u64() >> 1 | 1),
                                 .ttl_ms = ttl_ms,
                                 .remove_ms = ttl_ms,
                                 .face = FACE_CONSUL };
    struct buf body;
    *step = (struct lease_step){ .id = grant.id, .then = then, .state = c->state };
    c->state = step;
    buf_init(&body, 4096);
    lease_grant_encode(&grant, &body);
    consul_submit(c, COMMAND_LEASE_GRANT, buf_bytes(&body), lease_granted);
    buf_fini(&body);
}

/* -- reads ------------------------------------------------------------------------------------- */

enum err acl_index(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    *ret = view_system_revision(view);
    consul_depends_prefix(c, SPACE_SYSTEM, bytes_str("acl/"));
    return OK;
}

void acl_show(struct consul_call *c, void (*answer)(struct consul_call *c, const struct view *view))
{
    struct consul_query *query = arena_zalloc(consul_arena(c), 1, sizeof *query);
    *query = (struct consul_query){ .index = acl_index, .answer = answer };
    consul_query(c, query);
}

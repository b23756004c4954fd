/* Sessions that are destroyed and renewed: both are looked up first, for their node and lease. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/kv/session.h"
#include "faces/consul/kv/session_json.h"
#include "faces/consul/registry/change.h"
#include "faces/consul/rows/rows.h"

/* The session of the path, in the request's arena; ERR_NOT_FOUND. */
static enum err look_up(struct consul_call *c, const struct view *view, struct session_entry **ret)
{
    struct session_entry entry;
    struct buf row;
    struct uuid id = consul_session_id(c->rest);
    enum err e = session_entry_read(view, bytes_str(CONSUL_NS), &id, &c->face->scratch, &entry);
    if (e != OK)
        return e;
    *ret = arena_zalloc(consul_arena(c), 1, sizeof **ret);
    buf_init(&row, SESSION_MAX); /* what was read lends from the view: a copy is read again */
    session_write(&entry.session, &row);
    e = session_read(arena_dup(consul_arena(c), buf_bytes(&row)), consul_arena(c), &entry.session);
    buf_fini(&row);
    **ret = entry;
    return e;
}

static bool is_given(struct consul_call *c)
{
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing session");
    return !c->is_answered;
}

/* -- destroying ------------------------------------------------------------------------------- */

static void answer_destroyed(struct consul_call *c, const struct command_result *result)
{
    consul_answer_bool(c, true);
}

static bool answer_gone(struct consul_call *c, enum err err, const struct command_result *result)
{
    if (err == ERR_LEASE_NOT_FOUND)
        consul_answer_bool(c, true); /* it has just ended by itself */
    return err == ERR_LEASE_NOT_FOUND;
}

/* Its lease takes it with it. */
static void revoke(struct consul_call *c, const struct session_entry *entry)
{
    struct lease_revoke revoke = { .id = entry->lease, .face = FACE_CONSUL };
    struct buf body;
    buf_init(&body, 1024);
    lease_revoke_encode(&revoke, &body);
    c->on_refused = answer_gone;
    consul_submit(c, COMMAND_LEASE_REVOKE, buf_bytes(&body), answer_destroyed);
    buf_fini(&body);
}

static void destroy(struct consul_call *c, const struct view *view)
{
    struct session_entry *entry;
    enum err e = look_up(c, view, &entry);
    arena_clear(&c->face->scratch);
    if (e == ERR_NOT_FOUND) {
        consul_answer_bool(c, true);
    } else if (e != OK) {
        consul_fail(c, e);
    } else if (consul_grant(c, ACCESS_WRITE, ACCESS_SESSION, entry->session.node)) {
        struct change_op op = { .kind = CHANGE_SESSION_END,
                                .ns = bytes_str(CONSUL_NS),
                                .session_end = entry->id };
        if (entry->lease != 0)
            revoke(c, entry);
        else
            consul_change(c, &op, 1, answer_destroyed);
    }
}

void consul_session_destroy(struct consul_call *c)
{
    if (is_given(c) && consul_grant_open(c))
        consul_read(c, destroy);
}

/* -- renewing --------------------------------------------------------------------------------- */

static void answer_unknown(struct consul_call *c)
{
    consul_refuse_text(c, 404, "Session id '%s' not found", consul_text(c, c->rest));
}

static void answer_renewed(struct consul_call *c)
{
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    consul_json_session(j, c->state);
    json_close_array(j);
    consul_answer_json(c, 200);
}

static void renewed(struct consul_call *c, enum lease_answer answer)
{
    switch (answer) {
    case LEASE_ANSWER_OK:
        answer_renewed(c);
        break;
    case LEASE_ANSWER_GONE:
        answer_unknown(c);
        break;
    case LEASE_ANSWER_NOT_LEADER:
        consul_refuse(c, CONSUL_NO_LEADER);
        break;
    }
}

static void renew(struct consul_call *c, const struct view *view)
{
    struct session_entry *entry;
    enum err e = look_up(c, view, &entry);
    arena_clear(&c->face->scratch);
    if (e == ERR_NOT_FOUND) {
        answer_unknown(c);
    } else if (e != OK) {
        consul_fail(c, e);
    } else if (consul_grant(c, ACCESS_WRITE, ACCESS_SESSION, entry->session.node)) {
        c->state = entry;
        if (entry->lease == 0)
            answer_renewed(c);
        else
            consul_renew(c, entry->lease, renewed);
    }
}

void consul_session_renew(struct consul_call *c)
{
    if (is_given(c) && consul_grant_open(c))
        consul_read(c, renew);
}

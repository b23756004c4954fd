/* A session is made in two commands: its lease, if it has a TTL, and its row, which hangs on it. */
#include <inttypes.h>

#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/kv/session.h"
#include "faces/consul/registry/change.h"
#include "faces/consul/rows/rows.h"
#include "wire/duration.h"
#include "wire/go_text.h"
#include "wire/json_bind.h"

#define SECOND_NS INT64_C(1000000000)
enum { TTL_LEAST_S = 10, TTL_MOST_S = 24 * 3600, SMALL_NUMBER = 1000 /* below it: seconds */ };

struct body {
    struct bytes name, node, behavior, ttl;
    const struct json_node *lock_delay;
    struct json_texts checks, node_checks;
    struct json_structs service_checks;
};

struct service_check {
    struct bytes id, ns;
};

struct creation {
    struct change_op op;
    int64_t ttl_ns; /* 0: no lease */
};

/* -- the body --------------------------------------------------------------------------------- */

static bool read_body(struct consul_call *c, struct body *body)
{
    static const struct json_field check_fields[] = {
        JSON_FIELD(struct service_check, id, "ID", STRING),
        JSON_FIELD(struct service_check, ns, "Namespace", STRING),
    };
    static const struct json_shape check_shape = { .go_name = "ServiceCheck",
                                                   .size = sizeof(struct service_check),
                                                   .fields = check_fields,
                                                   .field_n = ARRAY_LEN(check_fields),
                                                   .is_lenient = true };
    static const struct json_field fields[] = {
        JSON_FIELD(struct body, name, "Name", STRING),
        JSON_FIELD(struct body, node, "Node", STRING),
        JSON_FIELD(struct body, behavior, "Behavior", STRING),
        JSON_FIELD(struct body, ttl, "TTL", STRING),
        JSON_FIELD(struct body, lock_delay, "LockDelay", ANY),
        JSON_FIELD(struct body, checks, "Checks", STRINGS),
        JSON_FIELD(struct body, node_checks, "NodeChecks", STRINGS),
        JSON_FIELD_OF(struct body, service_checks, "ServiceChecks", STRUCTS, &check_shape),
    };
    static const struct json_shape shape = { .go_name = "Session",
                                             .size = sizeof(struct body),
                                             .fields = fields,
                                             .field_n = ARRAY_LEN(fields),
                                             .is_lenient = true };
    return http_body(c->request).n == 0 || consul_decode(c, &shape, body);
}

/* From text, or a number: small ones are meant as seconds. What is too long is cut. */
static bool read_lock_delay(struct consul_call *c, const struct json_node *node, uint64_t *ret)
{
    int64_t ns = 0;
    double number;
    if (node == NULL || node->kind == JSON_NODE_NULL)
        return true;
    if (node->kind == JSON_NODE_STRING && duration_parse(node->text, &ns) != OK) {
        consul_refuse_text(c, 400, "Request decode failed: time: invalid duration %s",
                           consul_quoted(c, node->text));
        return false;
    }
    if (node->kind == JSON_NODE_NUMBER && go_read_float(node->text, &number) == OK)
        ns = number > 9e18 ? INT64_MAX : number < -9e18 ? INT64_MIN : (int64_t)number;
    if (ns < SMALL_NUMBER)
        ns = ns < 0 ? 0 : ns * SECOND_NS;
    *ret = (uint64_t)ns > SESSION_LOCK_DELAY_MAX_NS ? SESSION_LOCK_DELAY_MAX_NS : (uint64_t)ns;
    return true;
}

static bool read_ttl(struct consul_call *c, struct bytes text, int64_t *ret_ns)
{
    int64_t ns;
    *ret_ns = 0;
    if (text.n == 0)
        return true;
    if (duration_parse(text, &ns) != OK || text.n > SESSION_TTL_MAX) {
        consul_refuse_text(c, 500, "Session TTL '%s' invalid: time: invalid duration %s",
                           consul_text(c, text), consul_quoted(c, text));
        return false;
    }
    if (ns != 0 && (ns < TTL_LEAST_S * SECOND_NS || ns > TTL_MOST_S * SECOND_NS)) {
        consul_refuse_text(c, 500,
                           "Invalid Session TTL '%" PRId64 "', must be between [10s=24h0m0s]", ns);
        return false;
    }
    *ret_ns = ns;
    return true;
}

static bool read_behavior(struct consul_call *c, struct bytes text, enum session_behavior *ret)
{
    if (bytes_is(text, "delete"))
        *ret = SESSION_DELETE;
    else if (text.n == 0 || bytes_is(text, "release"))
        *ret = SESSION_RELEASE;
    else
        consul_refuse_text(c, 500, "Invalid Behavior setting '%s'", consul_text(c, text));
    return !c->is_answered;
}

/* Two lists of node checks are sent, an old one and a new one; without either there is a default.
 */
static void take_node_checks(struct consul_call *c, const struct body *body,
                             struct session_checks *ret)
{
    ret->ids =
        arena_zalloc(consul_arena(c), body->checks.n + body->node_checks.n + 1, sizeof *ret->ids);
    for (size_t i = 0; i < body->node_checks.n; i++)
        ret->ids[ret->n++] = body->node_checks.all[i];
    for (size_t i = 0; i < body->checks.n; i++)
        ret->ids[ret->n++] = body->checks.all[i];
    if (body->checks.all == NULL && body->node_checks.all == NULL)
        ret->ids[ret->n++] = bytes_str(CHECK_OF_MEMBERS);
}

static void take_service_checks(struct consul_call *c, const struct body *body,
                                struct session_checks *ret)
{
    const struct service_check *all = body->service_checks.all;
    ret->ids = arena_zalloc(consul_arena(c), body->service_checks.n, sizeof *ret->ids);
    for (; ret->n < body->service_checks.n; ret->n++)
        ret->ids[ret->n] = all[ret->n].id;
}

/* Is all of it within what a row may hold? */
static bool check_row(struct consul_call *c, const struct session *s)
{
    struct session back;
    struct buf row;
    buf_init(&row, SESSION_MAX);
    bool fits = s->node_checks.n <= SESSION_CHECKS_MAX && s->service_checks.n <= SESSION_CHECKS_MAX;
    if (fits)
        session_write(s, &row);
    fits =
        fits && buf_err(&row) == OK && session_read(buf_bytes(&row), consul_arena(c), &back) == OK;
    buf_fini(&row);
    if (!fits)
        consul_refuse_text(c, 400,
                           "Request decode failed: a name is empty or too long, or there "
                           "are too many checks");
    return fits;
}

static bool read_creation(struct consul_call *c, struct creation *ret)
{
    struct body body = { .node = bytes_str(c->face->self.node_name) };
    struct session_create *create = &ret->op.session;
    struct session *s = &create->session;
    ret->op = (struct change_op){ .kind = CHANGE_SESSION_CREATE, .ns = bytes_str(CONSUL_NS) };
    s->lock_delay_ns = 15 * SECOND_NS;
    if (!read_body(c, &body) || !read_lock_delay(c, body.lock_delay, &s->lock_delay_ns) ||
        !read_behavior(c, body.behavior, &s->behavior) || !read_ttl(c, body.ttl, &ret->ttl_ns))
        return false;
    if (body.node.n == 0) {
        consul_refuse_text(c, 500, "Must provide Node");
        return false;
    }
    s->name = body.name;
    s->node = body.node;
    s->ttl = body.ttl;
    take_node_checks(c, &body, &s->node_checks);
    take_service_checks(c, &body, &s->service_checks);
    create->id = uuid_random(consul_random(c->face), consul_random(c->face));
    create->of_member = text_eq_nocase(s->node, bytes_str(c->face->self.node_name));
    return check_row(c, s);
}

/* -- the commands ----------------------------------------------------------------------------- */

static void answer_created(struct consul_call *c, const struct command_result *result)
{
    const struct creation *creation = c->state;
    struct json_writer *j = consul_json(c);
    char id[UUID_TEXT + 1];
    uuid_print(&creation->op.session.id, id);
    json_open_object(j);
    json_add_str(j, "ID", id);
    json_close_object(j);
    consul_answer_json(c, 200);
}

static bool answer_refused(struct consul_call *c, enum err err, const struct command_result *result)
{
    if (err != ERR_REFUSED)
        return false;
    const struct session_result *r = &consul_change_refused(result)->session;
    switch (r->refusal) {
    case SESSION_NO_NODE:
        consul_refuse_text(c, 500, "apply failed: Missing node registration");
        return true;
    case SESSION_NO_CHECK:
        consul_refuse_text(c, 500, "apply failed: Missing check '%s' registration",
                           consul_text(c, r->check));
        return true;
    case SESSION_CHECK_CRITICAL:
        consul_refuse_text(c, 500, "apply failed: Check '%s' is in critical state",
                           consul_text(c, r->check));
        return true;
    case SESSION_DONE:
    case SESSION_EXISTS:
    case SESSION_NO_LEASE:
        break;
    }
    consul_refuse(c, CONSUL_INTERNAL); /* the id or the lease was lost at once */
    return true;
}

/* A lease that was granted for a session that is refused ends by itself: nothing hangs on it. */
static void create(struct consul_call *c, const struct command_result *granted)
{
    const struct creation *creation = c->state;
    c->on_refused = answer_refused;
    consul_change(c, &creation->op, 1, answer_created);
}

static void grant_lease(struct consul_call *c, struct creation *creation)
{
    struct lease_grant grant = { .ttl_ms = (uint64_t)creation->ttl_ns / 1000000,
                                 .face = FACE_CONSUL };
    struct buf body;
    if (!consul_has_room(c))
        return;
    do
        grant.id = (int64_t)consul_random(c->face);
    while (grant.id == 0);
    grant.remove_ms = 2 * grant.ttl_ms; /* a TTL is the least */
    creation->op.session.lease = grant.id;
    buf_init(&body, 1024);
    lease_grant_encode(&grant, &body);
    consul_submit(c, COMMAND_LEASE_GRANT, buf_bytes(&body), create);
    buf_fini(&body);
}

void consul_session_create(struct consul_call *c)
{
    struct creation *creation = arena_zalloc(consul_arena(c), 1, sizeof *creation);
    c->state = creation;
    if (!read_creation(c, creation) ||
        !consul_grant(c, ACCESS_WRITE, ACCESS_SESSION, creation->op.session.session.node))
        return;
    if (creation->ttl_ns > 0)
        grant_lease(c, creation);
    else
        create(c, NULL);
}

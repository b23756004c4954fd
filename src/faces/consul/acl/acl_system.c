/* What is asked of the system as a whole: what may I do, is anything copied from elsewhere. */
#include "faces/consul/acl/acl.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"

enum { QUESTIONS_MAX = 64 };

void acl_replication(struct consul_call *c)
{
    static const char never[] = "0001-01-01T00:00:00Z";
    if (!consul_grant_open(c))
        return;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_bool(j, "Enabled", false);
    json_add_bool(j, "Running", false);
    json_add_str(j, "SourceDatacenter", "");
    json_add_str(j, "ReplicationType", "");
    json_add_uint(j, "ReplicatedIndex", 0);
    json_add_uint(j, "ReplicatedRoleIndex", 0);
    json_add_uint(j, "ReplicatedTokenIndex", 0);
    json_add_str(j, "LastSuccess", never);
    json_add_str(j, "LastError", never);
    json_add_str(j, "LastErrorMessage", "");
    json_close_object(j);
    consul_answer_json(c, 200);
}

/* -- what servers use where no token is brought -------------------------------------------------
 */

struct own_body {
    struct bytes token;
};
static const struct json_field own_fields[] = { JSON_FIELD(struct own_body, token, "Token",
                                                           STRING) };
static const struct json_shape own_shape = { "AgentToken", sizeof(struct own_body), own_fields, 1,
                                             false };

static void own_written(struct consul_call *c, const struct command_result *result)
{
    consul_answer_empty(c);
}

static void put_own(struct consul_call *c, enum acl_own own, struct bytes secret)
{
    struct acl_edits edits;
    struct buf body;
    acl_edits_init(&edits, 1, consul_arena(c));
    acl_put_own(&edits, own, secret);
    buf_init(&body, 64 * 1024);
    enum err e = txn_encode(acl_edits_txn(&edits), &body);
    if (e == OK)
        consul_submit(c, COMMAND_TXN, buf_bytes(&body), own_written);
    else
        consul_fail(c, e);
    buf_fini(&body);
}

void acl_put_own_token(struct consul_call *c)
{
    struct own_body b = { 0 };
    enum acl_own own;
    if (!consul_grant(c, ACCESS_WRITE, ACCESS_AGENT, bytes_str(c->face->self.node_name)) ||
        !consul_decode(c, &own_shape, &b))
        return;
    if (!acl_own_find(c->rest, &own))
        consul_refuse_text(c, 404, "Token %s is unknown", consul_quoted(c, c->rest));
    else if (b.token.n > ACL_SECRET_MAX)
        consul_refuse_text(c, 400, "Token is too long: at most %d bytes", ACL_SECRET_MAX);
    else
        put_own(c, own, b.token);
}

/* -- what may I do ----------------------------------------------------------------------------- */

struct request {
    struct bytes resource, access, segment;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct request, resource, "Resource", STRING),
    JSON_FIELD(struct request, access, "Access", STRING),
    JSON_FIELD(struct request, segment, "Segment", STRING),
};
static const struct json_shape shape = { "ACLAuthorizationRequest", sizeof(struct request), fields,
                                         3, false };

static bool find_kind(struct bytes name, enum access_kind *ret)
{
    for (enum access_kind k = 0; k < ACCESS_ETCD_KEY; k++)
        if (bytes_is(name, access_kind_info(k)->name)) {
            *ret = k;
            return true;
        }
    return false;
}

static bool find_verb(struct bytes name, enum access_verb *ret)
{
    bool found = true;
    if (bytes_is(name, "read"))
        *ret = ACCESS_READ;
    else if (bytes_is(name, "write"))
        *ret = ACCESS_WRITE;
    else if (bytes_is(name, "list"))
        *ret = ACCESS_LIST;
    else
        found = false;
    return found;
}

/* False: refused and answered. */
static bool decide(struct consul_call *c, const struct request *r, bool *ret)
{
    enum access_kind kind;
    enum access_verb verb;
    if (!find_kind(r->resource, &kind))
        consul_refuse_text(c, 500, "Invalid ACL resource requested: %s",
                           consul_quoted(c, r->resource));
    else if (!find_verb(r->access, &verb))
        consul_refuse_text(c, 500, "Invalid access level for %s resource: %s",
                           access_kind_info(kind)->name, consul_text(c, r->access));
    else {
        *ret = consul_could(c, verb, kind,
                            access_kind_info(kind)->has_names ? r->segment : bytes_str(""));
        return true;
    }
    return false;
}

static bool read_questions(struct consul_call *c, struct request *into, size_t *ret_n)
{
    const struct json_node *list;
    struct why why = { 0 };
    enum err e = json_read(http_body(c->request), consul_arena(c), &list, &why);
    if (e == OK && list->kind != JSON_NODE_ARRAY)
        e = why_set(&why, ERR_MALFORMED, "json: it is no list");
    *ret_n = 0;
    for (const struct json_node *n = e == OK ? list->first : NULL; n != NULL && e == OK;
         n = n->next) {
        if (*ret_n == QUESTIONS_MAX) {
            consul_refuse_text(c, 400, "Refusing to process more than %d authorizations at once",
                               QUESTIONS_MAX);
            return false;
        }
        e = json_bind(n, &shape, consul_arena(c), &into[(*ret_n)++], &why);
    }
    if (e != OK)
        consul_refuse_text(c, 400, "Failed to decode request body: %s", why.text);
    return e == OK;
}

void acl_authorize(struct consul_call *c)
{
    struct request questions[QUESTIONS_MAX] = { 0 };
    bool answers[QUESTIONS_MAX];
    size_t n;
    if (!consul_grant_open(c) || !read_questions(c, questions, &n))
        return;
    for (size_t i = 0; i < n; i++)
        if (!decide(c, &questions[i], &answers[i]))
            return;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; i < n; i++) {
        json_open_object(j);
        json_add_string(j, "Resource", questions[i].resource);
        json_add_string(j, "Access", questions[i].access);
        if (questions[i].segment.n > 0)
            json_add_string(j, "Segment", questions[i].segment);
        json_add_bool(j, "Allow", answers[i]);
        json_close_object(j);
    }
    json_close_array(j);
    consul_answer_json(c, 200);
}

/* /v1/session: reading sessions. */
#include "faces/consul/kv/session.h"

#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/kv/session_json.h"
#include "faces/consul/registry/change.h"
#include "faces/consul/rows/index.h"

/* -- reading ---------------------------------------------------------------------------------- */

/* The index of all sessions, even if one is asked for. */
static enum err index_sessions(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    return consul_index_of_table(c, view, REGISTRY_SESSIONS, ret);
}

static enum err index_session(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct uuid id = consul_session_id(c->rest);
    return consul_index_of_session(c, view, &id, ret);
}

static bool may_see(struct consul_call *c, const struct session_entry *entry)
{
    return consul_may(c, ACCESS_READ, ACCESS_SESSION, entry->session.node);
}

static void answer_some(struct consul_call *c, const struct session_entries *all,
                        struct bytes node /* empty: any */)
{
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; i < all->n; i++)
        if ((node.n == 0 || text_eq_nocase(node, all->all[i].session.node)) &&
            may_see(c, &all->all[i]))
            consul_json_session(j, &all->all[i]);
    json_close_array(j);
    consul_answer_json(c, 200);
}

/* All, or those of the node in the path. */
static void answer_all(struct consul_call *c, const struct view *view)
{
    struct session_entries all;
    enum err e = sessions_read(view, bytes_str(CONSUL_NS), &c->face->scratch, &all);
    if (e == OK)
        answer_some(c, &all, c->rest);
    else
        consul_fail(c, e);
}

static void answer_one(struct consul_call *c, const struct view *view)
{
    struct session_entry entry;
    struct session_entries all = { .all = &entry };
    struct uuid id = consul_session_id(c->rest);
    enum err e = session_entry_read(view, bytes_str(CONSUL_NS), &id, &c->face->scratch, &entry);
    all.n = e == OK ? 1 : 0;
    if (e == OK || e == ERR_NOT_FOUND)
        answer_some(c, &all, bytes_str(""));
    else
        consul_fail(c, e);
}

static const struct consul_query all_query = { index_sessions, answer_all };
static const struct consul_query one_query = { index_session, answer_one };

static void handle_list(struct consul_call *c)
{
    if (consul_grant_open(c))
        consul_query(c, &all_query);
}

static void handle_node(struct consul_call *c)
{
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing node name");
    else
        handle_list(c);
}

static void handle_info(struct consul_call *c)
{
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing session");
    else if (consul_grant_open(c))
        consul_query(c, &one_query);
}

/* -- the table -------------------------------------------------------------------------------- */

static const struct consul_route routes[] = {
    { .method = "PUT",
      .path = "/v1/session/create",
      .handle = consul_session_create,
      .access = "session:write",
      .does = "a session of this node with `serfHealth` unless the body says otherwise; its TTL is "
              "counted twice before it ends; a lock-delay above a minute is a minute",
      .test = "test_session session_is_created_with_what_it_says" },
    { .method = "PUT",
      .path = "/v1/session/destroy/",
      .handle = consul_session_destroy,
      .access = "session:write on its node",
      .does = "`true`, also for one that is not there",
      .test = "test_session destroyed_session_lets_its_locks_go" },
    { .method = "PUT",
      .path = "/v1/session/renew/",
      .handle = consul_session_renew,
      .access = "session:write on its node",
      .does = "the session in a list; 404 if it is not there",
      .test = "test_session renewed_session_is_answered_in_a_list" },
    { .method = "GET",
      .path = "/v1/session/info/",
      .handle = handle_info,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS,
      .access = "session:read filters",
      .does = "the session in a list, or an empty one",
      .test = "test_session session_is_created_with_what_it_says" },
    { .method = "GET",
      .path = "/v1/session/node/",
      .handle = handle_node,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS,
      .access = "session:read filters",
      .does = "the sessions of a node, whatever its case",
      .test = "test_session sessions_are_listed_by_node" },
    { .method = "GET",
      .path = "/v1/session/list",
      .handle = handle_list,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS,
      .access = "session:read filters",
      .does = "all sessions",
      .test = "test_session sessions_are_listed_by_node" },
};

const struct consul_area consul_session_area = { "session", routes, ARRAY_LEN(routes) };

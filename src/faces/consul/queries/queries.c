/* /v1/query: prepared queries, read. */
#include "faces/consul/queries/queries.h"

#include "catalog/prepared_row.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/queries/queries_show.h"
#include "faces/consul/rows/index.h"

struct asked { /* call->state */
    struct bytes id;
    struct objects all;
};

/* -- reading ------------------------------------------------------------------------------------
 */

static enum err index_of(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct asked *a = c->state;
    enum err e = consul_index_of_table(c, view, REGISTRY_QUERIES, ret);
    return e == OK ? objects_read(view, OBJECT_QUERY, bytes_str(CONSUL_NS),
                                  bytes_str(PREPARED_BY_ID), &c->face->scratch, &a->all)
                   : e;
}

static void answer_queries(struct consul_call *c, const struct view *view)
{
    const struct asked *a = c->state;
    struct json_writer *j = consul_json(c);
    struct prepared p;
    size_t shown = 0, hidden = 0;
    json_open_array(j);
    for (size_t i = 0; i < a->all.n; i++) {
        if (a->id.n > 0 && !bytes_eq(a->all.all[i].name, a->id))
            continue;
        enum err e = prepared_read(&a->all.all[i], &c->face->scratch, &p);
        if (e != OK) {
            consul_fail(c, e);
            return;
        }
        if (consul_query_may_see(c, &p)) {
            consul_query_show(c, &p, j);
            shown++;
        } else {
            hidden++;
        }
    }
    json_close_array(j);
    if (a->id.n > 0 && hidden > 0)
        consul_refuse_text(c, 403, "Permission denied");
    else if (a->id.n > 0 && shown == 0)
        consul_refuse_text(c, 404, "Query not found");
    else
        consul_answer_json(c, 200);
}

static void query_some(struct consul_call *c, struct bytes id)
{
    static const struct consul_query query = { index_of, answer_queries };
    struct asked *a = arena_zalloc(consul_arena(c), 1, sizeof *a);
    a->id = id;
    c->state = a;
    if (consul_grant_open(c))
        consul_query(c, &query);
}

void consul_query_list(struct consul_call *c)
{
    query_some(c, bytes_str(""));
}

static bool ends_with(struct bytes text, const char *end, struct bytes *ret_before)
{
    size_t n = strlen(end);
    if (text.n <= n || memcmp(text.p + text.n - n, end, n) != 0)
        return false;
    *ret_before = bytes_of(text.p, text.n - n);
    return true;
}

void consul_query_get(struct consul_call *c)
{
    struct bytes name;
    if (ends_with(c->rest, "/execute", &name))
        consul_query_execute(c, name);
    else if (ends_with(c->rest, "/explain", &name))
        consul_query_explain(c, name);
    else if (c->rest.n == 0)
        consul_refuse_text(c, 404, "Query not found");
    else
        query_some(c, c->rest);
}

/* -- routes -------------------------------------------------------------------------------------
 */

enum { READS = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LEVELS };

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/query",
      .handle = consul_query_list,
      .flags = READS,
      .access = "query:read filters",
      .does =
          "all; tokens are hidden from who may not write ACLs, those without a name from who has "
          "not their token",
      .test = "test_queries queries_are_listed_and_read_by_id" },
    { .method = "POST",
      .path = "/v1/query",
      .handle = consul_query_create,
      .access = "query:write",
      .does = "makes one and gives its id",
      .test = "test_queries queries_are_listed_and_read_by_id" },
    { .method = "GET",
      .path = "/v1/query/",
      .handle = consul_query_get,
      .flags = READS,
      .access =
          "query:read; /execute: node:read and service:read filter, with the query's own token "
          "if it has one",
      .parameters = "limit, near, connect (of /execute)",
      .does =
          "one by its id; ID-OR-NAME/execute runs it, ID-OR-NAME/explain shows a template with "
          "the name put in. Near (also _agent, _ip): the nearest by their coordinates first. There "
          "are no other datacenters to fail over to",
      .test = "test_queries a_query_gives_what_it_keeps" },
    { .method = "PUT",
      .path = "/v1/query/",
      .handle = consul_query_update,
      .access = "query:write",
      .does = "nothing (200); 500 if it is not there",
      .test = "test_queries a_query_is_changed_and_removed" },
    { .method = "DELETE",
      .path = "/v1/query/",
      .handle = consul_query_delete,
      .access = "query:write",
      .does = "nothing (200); 500 if it is not there",
      .test = "test_queries a_query_is_changed_and_removed" },
};

const struct consul_area consul_queries_area = { "query", routes, ARRAY_LEN(routes) };

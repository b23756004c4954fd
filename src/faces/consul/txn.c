/* /v1/txn: reads are planned on a view, what writes is one command. */
#include "faces/consul/txn.h"

#include "catalog/draft.h"
#include "faces/consul/answer.h"
#include "faces/consul/areas.h"
#include "faces/consul/core.h"
#include "faces/consul/kv_json.h"
#include "faces/consul/rows.h"

/* -- errors ----------------------------------------------------------------------------------- */

static void open_errors(struct consul_call *c)
{
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_null(j, "Results");
    json_add_array(j, "Errors");
}

static void put_error(struct json_writer *j, size_t at, const char *what)
{
    json_open_object(j);
    json_add_uint(j, "OpIndex", at);
    json_add_str(j, "What", what);
    json_close_object(j);
}

static void answer_errors(struct consul_call *c)
{
    struct json_writer *j = &c->face->json;
    json_close_array(j);
    json_close_object(j);
    consul_answer_json(c, 409);
}

static const char *what_of(struct consul_call *c, const struct txn_item *item,
                           const struct change_result *result)
{
    return consul_kv_refusal_text(c, &item->op.kv, item->session, &result->kv);
}

/* Those that cannot even be tried; true: there are some, and it is answered. */
static bool answer_untried(struct consul_call *c, const struct txn_request *txn)
{
    size_t n = 0;
    for (size_t i = 0; i < txn->n; i++)
        n += txn->items[i].refused != NULL;
    if (n == 0)
        return false;
    open_errors(c);
    for (size_t i = 0; i < txn->n; i++)
        if (txn->items[i].refused != NULL)
            put_error(&c->face->json, i, txn->items[i].refused);
    answer_errors(c);
    return true;
}

/* -- results ---------------------------------------------------------------------------------- */

static void put_kv(struct consul_call *c, struct json_writer *j, const struct kv_result *kv)
{
    for (size_t i = 0; i < kv->entry_n; i++) {
        if (!consul_may(c, ACCESS_READ, ACCESS_KEY, kv->entries[i].key))
            continue;
        json_open_object(j);
        json_put_name(j, "KV");
        consul_json_entry(j, &kv->entries[i]);
        json_close_object(j);
    }
}

static struct json_writer *put_results(struct consul_call *c, const struct change_result *results,
                                       size_t n)
{
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_array(j, "Results");
    for (size_t i = 0; i < n; i++)
        put_kv(c, j, &results[i].kv);
    json_close_array(j);
    json_add_null(j, "Errors");
    return j;
}

/* -- writing ---------------------------------------------------------------------------------- */

static void answer_written(struct consul_call *c, const struct command_result *result)
{
    const struct change_results *results = result->upper;
    json_close_object(put_results(c, results->all, results->n));
    consul_answer_json(c, 200);
}

static bool answer_refused(struct consul_call *c, enum err err, const struct command_result *result)
{
    const struct txn_request *txn = c->state;
    const struct change_results *results = result->upper;
    if (err != ERR_REFUSED)
        return false;
    open_errors(c);
    for (size_t i = 0; i < txn->n; i++)
        if (results->all[i].refusal != CHANGE_DONE)
            put_error(&c->face->json, i, what_of(c, &txn->items[i], &results->all[i]));
    answer_errors(c);
    return true;
}

static void submit(struct consul_call *c, const struct txn_request *txn)
{
    struct change_op *ops = arena_zalloc(consul_arena(c), txn->n, sizeof *ops);
    for (size_t i = 0; i < txn->n; i++)
        ops[i] = txn->items[i].op;
    c->on_refused = answer_refused;
    consul_change(c, ops, txn->n, answer_written);
}

/* -- reading ---------------------------------------------------------------------------------- */

static enum err plan_reads(struct consul_call *c, const struct view *view,
                           struct change_result *results, size_t *ret_refused)
{
    const struct txn_request *txn = c->state;
    struct arena *scratch = &c->face->scratch;
    struct draft *d = draft_new(view, scratch);
    enum err e = OK;
    *ret_refused = 0;
    for (size_t i = 0; i < txn->n && e == OK; i++) {
        e = kv_plan(d, bytes_str(CONSUL_NS), 0, &txn->items[i].op.kv, scratch, &results[i].kv);
        *ret_refused += e == OK && results[i].kv.refusal != KV_DONE;
    }
    return e;
}

static void answer_unread(struct consul_call *c, const struct change_result *results)
{
    const struct txn_request *txn = c->state;
    open_errors(c);
    for (size_t i = 0; i < txn->n; i++)
        if (results[i].kv.refusal != KV_DONE)
            put_error(&c->face->json, i, what_of(c, &txn->items[i], &results[i]));
    answer_errors(c);
}

static void answer_read(struct consul_call *c, const struct view *view,
                        const struct change_result *results)
{
    const struct txn_request *txn = c->state;
    struct json_writer *j = put_results(c, results, txn->n);
    json_add_uint(j, "Index", view_revision(view));
    json_add_uint(j, "LastContact", 0);
    json_add_bool(j, "KnownLeader", true);
    json_close_object(j);
    consul_header(c, "x-consul-knownleader", "true");
    consul_header(c, "x-consul-lastcontact", "0");
    consul_answer_json(c, 200);
}

static void read_all(struct consul_call *c, const struct view *view)
{
    struct arena *scratch = &c->face->scratch;
    const struct txn_request *txn = c->state;
    struct change_result *results = arena_zalloc(scratch, txn->n, sizeof *results);
    size_t refused;
    enum err e = plan_reads(c, view, results, &refused);
    if (e != OK)
        consul_fail(c, e);
    else if (refused > 0)
        answer_unread(c, results);
    else
        answer_read(c, view, results);
    arena_clear(scratch);
}

/* -- the table -------------------------------------------------------------------------------- */

static void handle_txn(struct consul_call *c)
{
    struct txn_request *txn = arena_zalloc(consul_arena(c), 1, sizeof *txn);
    c->state = txn;
    if (!consul_grant_open(c) || !consul_txn_read(c, txn) || answer_untried(c, txn) ||
        !consul_grant_open(c)) /* all that was tried, in one */
        return;
    if (txn->writes)
        submit(c, txn);
    else
        consul_read(c, read_all);
}

static const struct consul_route routes[] = {
    { .method = "PUT",
      .path = "/v1/txn",
      .handle = handle_txn,
      .access = "key:write",
      .does = "all operations or none; those that fail are all named",
      .test = "test_txn operations_are_done_all_or_none" },
};

const struct consul_area consul_txn_area = { "txn", routes, ARRAY_LEN(routes) };

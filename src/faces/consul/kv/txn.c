/* /v1/txn: reads are planned on a view, what writes is one command. */
#include "faces/consul/kv/txn.h"

#include "catalog/draft.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/facts.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/kv/kv_json.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/rows.h"

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
    if (item->what == TXN_KV)
        return consul_kv_refusal_text(c, &item->op.kv, item->session, &result->kv);
    return consul_txn_refusal(c, item, result);
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

static struct json_writer *open_results(struct consul_call *c)
{
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_array(j, "Results");
    return j;
}

static void close_results(struct json_writer *j)
{
    json_close_array(j);
    json_add_null(j, "Errors");
}

/* -- writing ---------------------------------------------------------------------------------- */

/* The result of item AT; NULL if it had no operation. */
static const struct change_result *result_of(const struct txn_request *txn,
                                             const struct change_results *results, size_t at)
{
    size_t op = 0;
    for (size_t i = 0; i < at; i++)
        op += txn->items[i].has_op;
    return txn->items[at].has_op ? &results->all[op] : NULL;
}

/* What was registered is shown as it stands when all is done. */
static void answer_registered(struct consul_call *c, const struct view *view)
{
    const struct txn_request *txn = c->state;
    struct arena *scratch = &c->face->scratch;
    struct consul_rows rows = consul_rows_of(c, view);
    struct json_writer *j = open_results(c);
    enum err e = OK;
    for (size_t i = 0; i < txn->n && e == OK; i++) {
        const struct txn_item *item = &txn->items[i];
        if (item->what == TXN_KV && item->shown.n > 0)
            json_put_raw(j, item->shown);
        else if (item->what != TXN_KV)
            e = consul_txn_show(c, &rows, item, j);
        e = e == ERR_NOT_FOUND ? OK : e; /* it went with something else */
    }
    close_results(j);
    json_close_object(j);
    if (e == OK)
        consul_answer_json(c, 200);
    else
        consul_fail(c, e);
    arena_clear(scratch);
}

/* The results of pairs live no longer than this call. */
static void keep_pairs(struct consul_call *c, const struct txn_request *txn,
                       const struct change_results *results)
{
    for (size_t i = 0; i < txn->n; i++) {
        struct txn_item *item = &txn->items[i];
        struct json_writer *j = consul_json(c);
        if (item->what != TXN_KV)
            continue;
        json_open_array(j);
        put_kv(c, j, &result_of(txn, results, i)->kv);
        json_close_array(j);
        struct bytes list = buf_bytes(j->out); /* without its brackets */
        struct bytes kept = arena_dup(consul_arena(c), bytes_of(list.p + 1, list.n - 2));
        item->shown = kept;
    }
}

static void answer_written(struct consul_call *c, const struct command_result *result)
{
    const struct txn_request *txn = c->state;
    const struct change_results *results = result->upper;
    if (txn->has_registry) {
        keep_pairs(c, txn, results);
        consul_read(c, answer_registered);
        return;
    }
    struct json_writer *j = open_results(c);
    for (size_t i = 0; i < results->n; i++)
        put_kv(c, j, &results->all[i].kv);
    close_results(j);
    json_close_object(j);
    consul_answer_json(c, 200);
}

static bool answer_refused(struct consul_call *c, enum err err, const struct command_result *result)
{
    const struct txn_request *txn = c->state;
    if (err != ERR_REFUSED)
        return false;
    open_errors(c);
    for (size_t i = 0; i < txn->n; i++) {
        const struct change_result *r = result_of(txn, result->upper, i);
        if (r != NULL && r->refusal != CHANGE_DONE)
            put_error(&c->face->json, i, what_of(c, &txn->items[i], r));
    }
    answer_errors(c);
    return true;
}

static void submit(struct consul_call *c, const struct txn_request *txn)
{
    struct change_op *ops = arena_zalloc(consul_arena(c), 2 * txn->n, sizeof *ops);
    size_t n = 0;
    for (size_t i = 0; i < txn->n; i++)
        if (txn->items[i].has_op)
            ops[n++] = txn->items[i].op;
    for (size_t i = 0; i < txn->n; i++)
        if (txn->items[i].has_more)
            ops[n++] = txn->items[i].more;
    c->on_refused = answer_refused;
    if (n > 0)
        consul_change(c, ops, n, answer_written);
    else
        consul_read(c, answer_registered);
}

/* Some operations can be made only with a look at what stands. */
static void make_and_submit(struct consul_call *c, const struct view *view)
{
    const struct txn_request *txn = c->state;
    struct arena *scratch = &c->face->scratch;
    struct consul_rows rows = consul_rows_of(c, view);
    enum err e = OK;
    for (size_t i = 0; i < txn->n && e == OK; i++)
        if (txn->items[i].what != TXN_KV)
            e = consul_txn_make(c, &rows, &txn->items[i]);
    if (e != OK)
        consul_fail(c, e);
    else if (!answer_untried(c, txn) && consul_grant_open(c)) /* all that was tried, in one */
        submit(c, txn);
    arena_clear(scratch);
}

/* -- reading ---------------------------------------------------------------------------------- */

struct reading {
    struct draft *draft;
    struct consul_rows rows;
    const char **refused; /* of each item; NULL: it is not */
    size_t refused_n;
};

static enum err read_pair(struct consul_call *c, struct reading *r, const struct txn_item *item,
                          const char **ret_refused, struct json_writer *j)
{
    struct change_result result = { .refusal = CHANGE_DONE };
    enum err e =
        kv_plan(r->draft, bytes_str(CONSUL_NS), 0, &item->op.kv, &c->face->scratch, &result.kv);
    if (e == OK && result.kv.refusal != KV_DONE)
        *ret_refused = what_of(c, item, &result);
    else if (e == OK)
        put_kv(c, j, &result.kv);
    return e;
}

static enum err read_one(struct consul_call *c, struct reading *r, size_t at, struct json_writer *j)
{
    const struct txn_request *txn = c->state;
    const struct txn_item *item = &txn->items[at];
    enum err e = item->what == TXN_KV ? read_pair(c, r, item, &r->refused[at], j)
                                      : consul_txn_show(c, &r->rows, item, j);
    if (e == ERR_NOT_FOUND) {
        r->refused[at] =
            consul_txn_refusal(c, item, &(struct change_result){ .refusal = CHANGE_ABSENT });
        e = OK;
    }
    r->refused_n += r->refused[at] != NULL;
    return e;
}

/* Both say how the leader stands, what was read and what could not be. */
static void close_read(struct consul_call *c, const struct view *view, int status)
{
    struct json_writer *j = &c->face->json;
    consul_json_meta(c, j, view_revision(view));
    json_close_object(j);
    consul_header(c, "x-consul-knownleader", consul_knows_leader(c->face->hub) ? "true" : "false");
    consul_header(c, "x-consul-lastcontact", "0");
    consul_answer_json(c, status);
}

static void answer_unread(struct consul_call *c, const struct view *view, const struct reading *r)
{
    const struct txn_request *txn = c->state;
    open_errors(c);
    for (size_t i = 0; i < txn->n; i++)
        if (r->refused[i] != NULL)
            put_error(&c->face->json, i, r->refused[i]);
    json_close_array(&c->face->json);
    close_read(c, view, 409);
}

static void read_all(struct consul_call *c, const struct view *view)
{
    struct arena *scratch = &c->face->scratch;
    const struct txn_request *txn = c->state;
    struct json_writer *j = open_results(c);
    struct reading r = { .draft = draft_new(view, scratch), .rows = consul_rows_of(c, view) };
    enum err e = OK;
    r.refused = arena_zalloc(scratch, txn->n, sizeof *r.refused);
    for (size_t i = 0; i < txn->n && e == OK; i++)
        e = read_one(c, &r, i, j);
    close_results(j);
    if (e != OK)
        consul_fail(c, e);
    else if (r.refused_n > 0)
        answer_unread(c, view, &r);
    else
        close_read(c, view, 200);
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
    if (!txn->writes)
        consul_read(c, read_all);
    else if (txn->has_registry)
        consul_read(c, make_and_submit);
    else
        submit(c, txn);
}

static const struct consul_route routes[] = {
    { .method = "PUT",
      .path = "/v1/txn",
      .handle = handle_txn,
      .access = "key:write, node:write, service:write",
      .does = "all operations or none; those that fail are all named",
      .test = "test_txn operations_are_done_all_or_none" },
};

const struct consul_area consul_txn_area = { "txn", routes, ARRAY_LEN(routes) };

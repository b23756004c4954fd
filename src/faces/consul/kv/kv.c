/* /v1/kv: one pair, and the table. */
#include "faces/consul/kv/kv.h"

#include "catalog/kv_read.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/call/query.h"
#include "faces/consul/kv/kv_json.h"

/* -- one pair --------------------------------------------------------------------------------- */

static enum err index_pair(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct kv_entry *entry = arena_zalloc(&c->face->scratch, 1, sizeof *entry);
    consul_depends(c, SPACE_CONSUL_KV, c->rest, (struct bytes){ 0 });
    enum err e = kv_entry_read(view, c->rest, &c->face->scratch, entry, ret);
    c->state = e == OK ? entry : NULL;
    return e == ERR_NOT_FOUND ? OK : e;
}

static void answer_absent(struct consul_call *c)
{
    consul_answer_text(c, 404, "");
}

/* A browser must neither guess what a value is nor run it. */
static void answer_raw(struct consul_call *c, struct bytes value)
{
    consul_header(c, "x-content-type-options", "nosniff");
    consul_header(c, "content-security-policy", "sandbox");
    buf_put_bytes(consul_body(c), value);
    consul_answer_body(c, 200, "text/plain");
}

static void answer_pair(struct consul_call *c, const struct view *view)
{
    const struct kv_entry *entry = c->state;
    if (entry == NULL) {
        answer_absent(c);
    } else if (consul_param_is_given(c, "raw")) {
        answer_raw(c, entry->pair.value);
    } else {
        struct json_writer *j = consul_json(c);
        json_open_array(j);
        consul_json_entry(j, entry);
        json_close_array(j);
        consul_answer_json(c, 200);
    }
}

static const struct consul_query pair_query = { index_pair, answer_pair };

/* -- the table -------------------------------------------------------------------------------- */

static void handle_get(struct consul_call *c)
{
    bool keys = consul_param_is_given(c, "keys"), tree = consul_param_is_given(c, "recurse");
    if (!keys && !tree) {
        if (c->rest.n == 0)
            consul_refuse_text(c, 400, "Missing key name");
        else if (consul_grant(c, ACCESS_READ, ACCESS_KEY, c->rest))
            consul_query(c, &pair_query);
        return;
    }
    bool may = access_options(c->face->hub)->keys_want_list
                   ? consul_grant(c, ACCESS_LIST, ACCESS_KEY, c->rest)
                   : consul_grant_open(c); /* what may not be seen is left out */
    if (may)
        consul_kv_tree(c, keys);
}

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/kv/",
      .handle = handle_get,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS,
      .access = "key:read",
      .parameters = "raw, recurse, keys, separator",
      .does = "a pair, the pairs of a tree, or its keys; 404 with the index if there is none",
      .test = "test_kv pair_is_read_as_it_was_put" },
    { .method = "PUT",
      .path = "/v1/kv/",
      .handle = consul_kv_put,
      .body_max = CONSUL_BODY_MAX, /* a value's limit has a sentence of its own */
      .access = "key:write",
      .parameters = "flags, cas, acquire, release",
      .does = "`true`, or `false` for what `cas`, `acquire` or `release` found otherwise",
      .test = "test_kv pair_is_put_if_its_index_is_the_one_given" },
    { .method = "DELETE",
      .path = "/v1/kv/",
      .handle = consul_kv_delete,
      .access = "key:write",
      .parameters = "recurse, cas",
      .does = "`true`, also for what is not there; `false` for another index than `cas`",
      .test = "test_kv tree_is_removed" },
};

const struct consul_area consul_kv_area = { "kv", routes, ARRAY_LEN(routes) };

/* /v1/config: configuration entries. */
#include "catalog/op.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/config/config.h"
#include "faces/consul/config/entries_write.h"
#include "faces/consul/rows/index.h"
#include "traffic/config_entry_check.h"
#include "wire/go_text.h"

enum { BODY_MAX = 256 * 1024 };

struct asked { /* call->state of a read */
    enum config_entry_kind kind;
    struct bytes name;
    bool is_list;
    struct consul_entry one;
    bool is_there;
    struct consul_entries all;
};

/* -- rights -------------------------------------------------------------------------------------
 */

static bool grant(struct consul_call *c, enum access_verb verb, enum config_entry_kind kind,
                  struct bytes name)
{
    struct consul_entry_right right = consul_entry_right(kind);
    if (kind == ENTRY_PROXY_DEFAULTS && verb == ACCESS_READ)
        return consul_grant_open(c);
    return consul_grant(c, verb, right.kind, right.by_name ? name : bytes_str(""));
}

static bool may_see(struct consul_call *c, enum config_entry_kind kind, struct bytes name)
{
    struct consul_entry_right right = consul_entry_right(kind);
    return kind == ENTRY_PROXY_DEFAULTS ||
           consul_may(c, ACCESS_READ, right.kind, right.by_name ? name : bytes_str(""));
}

/* -- the path -----------------------------------------------------------------------------------
 */

/* "kind/name" or "kind"; false: refused and answered. */
static bool read_path(struct consul_call *c, int bad_status, struct asked *ret)
{
    const uint8_t *slash = c->rest.n == 0 ? NULL : memchr(c->rest.p, '/', c->rest.n);
    struct bytes kind =
        bytes_of(c->rest.p, slash == NULL ? c->rest.n : (size_t)(slash - c->rest.p));
    ret->name = bytes_skip(c->rest, kind.n + 1);
    ret->is_list = slash == NULL || ret->name.n == 0;
    if (kind.n == 0) {
        consul_refuse_text(c, 404, "Must provide either a kind or both kind and name");
        return false;
    }
    if (!config_entry_kind_find(kind, &ret->kind)) {
        consul_refuse_text(c, bad_status, "invalid config entry kind: %s", consul_text(c, kind));
        return false;
    }
    return true;
}

static bool read_cas(struct consul_call *c, struct consul_entry_change *change)
{
    struct bytes text;
    change->has_cas = consul_param(c, "cas", &text);
    if (!change->has_cas)
        return true;
    enum err e = go_read_uint(text, 64, &change->cas);
    if (e != OK)
        consul_refuse_text(c, 400, "strconv.ParseUint: parsing %s: %s", consul_quoted(c, text),
                           go_number_error(e));
    return e == OK;
}

/* -- reading ------------------------------------------------------------------------------------
 */

static enum err index_of(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct asked *a = c->state;
    struct arena *scratch = &c->face->scratch;
    enum err e =
        consul_index_of_object(c, view, OBJECT_CONFIG, bytes_str(config_entry_kind_name(a->kind)),
                               a->is_list ? (struct bytes){ 0 } : a->name, ret);
    if (e != OK)
        return e;
    if (a->is_list)
        return consul_entries_read(view, a->kind, scratch, &a->all);
    e = consul_entry_read(view, a->kind, a->name, scratch, &a->one);
    a->is_there = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

static void answer_one(struct consul_call *c, const struct view *view)
{
    struct asked *a = c->state;
    if (!a->is_there) {
        consul_refuse_text(c, 404, "Config entry not found for \"%s\" / %s",
                           config_entry_kind_name(a->kind), consul_quoted(c, a->name));
        return;
    }
    consul_entry_write(&a->one, consul_json(c));
    consul_answer_json(c, 200);
}

static void answer_list(struct consul_call *c, const struct view *view)
{
    struct asked *a = c->state;
    struct why why = { "" };
    const struct filter_plan *plan = NULL;
    bool matches = true;
    enum err e = OK;
    if (c->params.filter.n > 0)
        e = consul_defaults_plan(c->params.filter, consul_arena(c), &plan, &why);
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; e == OK && i < a->all.n; i++) {
        struct consul_entry *one = &a->all.all[i];
        if (!may_see(c, one->kind, one->name))
            continue;
        if (plan != NULL)
            e = consul_defaults_match(plan, consul_entry_decode(&a->all, one), &matches, &why);
        if (e == OK && matches)
            consul_entry_write(one, j);
    }
    json_close_array(j);
    if (e != OK)
        consul_refuse_text(c, 500, "Failed to create boolean expression evaluator: %s", why.text);
    else
        consul_answer_json(c, 200);
}

static void handle_get(struct consul_call *c)
{
    static const struct consul_query one = { index_of, answer_one };
    static const struct consul_query list = { index_of, answer_list };
    struct asked *a = arena_zalloc(consul_arena(c), 1, sizeof *a);
    if (!read_path(c, 500, a))
        return;
    if (a->is_list && c->params.filter.n > 0 && a->kind != ENTRY_SERVICE_DEFAULTS) {
        consul_refuse_text(c, 500, "filtering not supported for config entry kind=%s",
                           config_entry_kind_name(a->kind));
        return;
    }
    if (a->is_list ? !consul_grant_open(c) : !grant(c, ACCESS_READ, a->kind, a->name))
        return;
    c->state = a;
    consul_query(c, a->is_list ? &list : &one);
}

/* -- writing ------------------------------------------------------------------------------------
 */

static void put_done(struct consul_call *c, bool done)
{
    consul_answer_bool(c, done);
}

/* Whoever sends requests on must be allowed to see where they go. */
static bool grant_related(struct consul_call *c, const struct config_entry *entry,
                          struct bytes service)
{
    return service.n == 0 || bytes_eq(service, entry->name) ||
           consul_grant(c, ACCESS_READ, ACCESS_SERVICE, service);
}

static bool grant_targets(struct consul_call *c, const struct config_entry *entry)
{
    const struct entry_failover *failover = entry->resolver.failover.all;
    bool may = true;
    if (entry->resolver.redirect != NULL)
        may = grant_related(c, entry, entry->resolver.redirect->service);
    for (size_t i = 0; may && i < entry->resolver.failover.n; i++) {
        const struct entry_failover_target *targets = failover[i].targets.all;
        may = grant_related(c, entry, failover[i].service);
        for (size_t k = 0; may && k < failover[i].targets.n; k++)
            may = grant_related(c, entry, targets[k].service);
    }
    return may;
}

static bool grant_put(struct consul_call *c, const struct config_entry *entry)
{
    const struct entry_split *splits = entry->splitter.splits.all;
    const struct entry_route *routes = entry->router.routes.all;
    bool may = grant(c, ACCESS_WRITE, entry->kind, entry->name);
    if (entry->kind == ENTRY_SERVICE_RESOLVER)
        return may && grant_targets(c, entry);
    if (entry->kind == ENTRY_SERVICE_SPLITTER)
        for (size_t i = 0; may && i < entry->splitter.splits.n; i++)
            may = grant_related(c, entry, splits[i].service);
    if (entry->kind == ENTRY_SERVICE_ROUTER)
        for (size_t i = 0; may && i < entry->router.routes.n; i++)
            may = routes[i].destination == NULL ||
                  grant_related(c, entry, routes[i].destination->service);
    return may;
}

static void handle_put(struct consul_call *c)
{
    struct consul_entry_change *change = arena_zalloc(consul_arena(c), 1, sizeof *change);
    struct config_entry *entry = arena_zalloc(consul_arena(c), 1, sizeof *entry);
    struct why why = { "" };
    if (config_entry_read(http_body(c->request), consul_arena(c), entry, &why) != OK) {
        consul_refuse_text(c, 400, "Request decoding failed: %s", why.text);
        return;
    }
    if (!read_cas(c, change))
        return;
    if (config_entry_check(entry, consul_arena(c), &why) != OK ||
        config_entry_drop_legacy(entry, &why) != OK) {
        consul_refuse_text(c, 500, "%s", why.text);
        return;
    }
    if (entry->name.n > OBJECT_NAME_MAX || memchr(entry->name.p, 0, entry->name.n) != NULL) {
        consul_refuse_text(c, 500, "Name is too long, or holds a zero byte");
        return;
    }
    change->kind = entry->kind;
    change->name = entry->name;
    change->json = consul_entry_json(entry, consul_arena(c));
    change->done = put_done;
    if (change->json.n >= OBJECT_ROW_MAX) /* what is no UTF-8 has grown */
        consul_refuse(c, CONSUL_TOO_BIG);
    else if (grant_put(c, entry))
        consul_entry_submit(c, change);
}

static void delete_done(struct consul_call *c, bool done)
{
    const struct consul_entry_change *change = c->state;
    if (change->has_cas) {
        consul_answer_bool(c, done);
        return;
    }
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_close_object(j);
    consul_answer_json(c, 200);
}

static void handle_delete(struct consul_call *c)
{
    struct consul_entry_change *change = arena_zalloc(consul_arena(c), 1, sizeof *change);
    struct asked a = { .is_list = false };
    if (!read_path(c, 400, &a) || !read_cas(c, change))
        return;
    if (a.is_list) {
        consul_refuse_text(c, 404, "Must provide both a kind and name to delete");
        return;
    }
    change->kind = a.kind;
    change->name = a.name;
    change->removes = true;
    change->done = delete_done;
    if (grant(c, ACCESS_WRITE, a.kind, a.name))
        consul_entry_submit(c, change);
}

static const struct consul_route routes[] = {
    { .method = "PUT",
      .path = "/v1/config",
      .handle = handle_put,
      .body_max = BODY_MAX,
      .access = "by kind: service:write, intention:write, mesh:write, operator:write",
      .parameters = "cas",
      .does = "true or false; refused (500) if a discovery chain that it is part of does not "
              "compile with it",
      .test = "test_config a_write_that_breaks_a_chain_is_refused" },
    { .method = "GET",
      .path = "/v1/config/",
      .handle = handle_get,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS,
      .access = "by kind: service:read, intention:read, mesh:read, operator:read",
      .parameters = "filter (service-defaults: Kind, Name, Protocol, Mode, ExternalSNI, Meta)",
      .does = "an entry, or all of a kind",
      .test = "test_config an_entry_comes_back_with_its_indexes" },
    { .method = "DELETE",
      .path = "/v1/config/",
      .handle = handle_delete,
      .access = "as PUT",
      .parameters = "cas",
      .does = "{}, also for what is not there; with cas true or false; refused as PUT is",
      .test = "test_config what_a_chain_needs_is_not_removed" },
};

const struct consul_area consul_config_area = { "config", routes, ARRAY_LEN(routes) };

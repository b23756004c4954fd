/* Services of the agent: registered on the server's own node, which all members share. */
#include <stdio.h>

#include "base/text.h"
#include "faces/consul/agent/agent.h"
#include "faces/consul/agent/agent_node.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/registry/sidecar.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/show.h"
#include "wire/go_hash.h"

/* -- what there is ------------------------------------------------------------------------------
 */

static void show_services(struct consul_call *c, const struct view *view)
{
    struct consul_node node;
    struct consul_service_list list;
    struct consul_rows rows = consul_rows_of(c, view);
    enum err e = consul_agent_node(c, &rows, &node);
    if (e == OK)
        e = consul_registered_list(&rows, &node, &list);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    for (size_t i = 0; i < list.n; i++) {
        const struct consul_service *s = &list.all[i];
        if (!consul_may(c, ACCESS_READ, ACCESS_SERVICE, s->name) || !consul_filter_keeps(c, s))
            continue;
        json_put_name_bytes(j, s->id);
        consul_show_agent_service(j, s, c->face->self.datacenter, NULL);
    }
    json_close_object(j);
    consul_answer_filtered(c);
}

void consul_agent_services(struct consul_call *c)
{
    if (consul_grant_open(c) && consul_filter_begin(c, &consul_node_service_schema))
        consul_read(c, show_services);
}

/* -- one, by its hash ---------------------------------------------------------------------------
 */

struct one_service { /* call->state */
    struct bytes hash;
    struct consul_service service;
    bool is_there;
    char digest[20];
};

static uint64_t hash_texts(const struct bytes *texts, size_t n)
{
    uint64_t list = 0;
    for (size_t i = 0; i < n; i++)
        go_hash_add(&list, go_hash_text(texts[i]));
    return list;
}

static uint64_t hash_meta(const struct labels *meta)
{
    uint64_t map = 0;
    for (size_t i = 0; i < meta->n; i++)
        go_hash_put_bytes(&map, meta->all[i].key, go_hash_text(meta->all[i].value));
    return map;
}

static uint64_t hash_tagged(const struct consul_extras *x)
{
    uint64_t map = 0;
    for (size_t i = 0; i < x->tagged_n; i++) {
        uint64_t one = go_hash_text(bytes_str("ServiceAddress"));
        go_hash_put(&one, "Address", go_hash_text(x->tagged[i].address));
        go_hash_put(&one, "Port", go_hash_int(x->tagged[i].port));
        go_hash_put_bytes(&map, x->tagged[i].name, one);
    }
    return map;
}

static uint64_t hash_weights(const struct consul_extras *x)
{
    uint64_t weights = go_hash_text(bytes_str("AgentWeights"));
    go_hash_put(&weights, "Passing", go_hash_int(x->passing));
    go_hash_put(&weights, "Warning", go_hash_int(x->warning));
    return weights;
}

static uint64_t hash_json(struct bytes json)
{
    return json.n == 0 ? go_hash_nil() : go_hash_text(json);
}

/* Of what is shown, so that a client is woken by nothing else: Consul's own digest, but for a
 * service with Proxy, Connect or Ports, whose text is hashed in place of their structs. */
static void digest_service(struct one_service *one)
{
    const struct consul_service *s = &one->service;
    const struct consul_extras *x = &s->extras;
    uint64_t h = go_hash_text(bytes_str("AgentService"));
    go_hash_put(&h, "Kind", go_hash_text(x->kind));
    go_hash_put(&h, "ID", go_hash_text(s->id));
    go_hash_put(&h, "Service", go_hash_text(s->name));
    go_hash_put(&h, "Tags", hash_texts(s->tags, s->tag_n));
    go_hash_put(&h, "Meta", hash_meta(&s->meta));
    go_hash_put(&h, "Port", go_hash_int(s->port));
    go_hash_put(&h, "Ports", x->ports.n == 0 ? 0 : go_hash_text(x->ports));
    go_hash_put(&h, "Address", go_hash_text(s->address));
    go_hash_put(&h, "SocketPath", go_hash_text(x->socket_path));
    go_hash_put(&h, "TaggedAddresses", hash_tagged(x));
    go_hash_put(&h, "Weights", hash_weights(x));
    go_hash_put(&h, "EnableTagOverride", go_hash_bool(x->has_tag_override));
    go_hash_put(&h, "CreateIndex", go_hash_int(0));
    go_hash_put(&h, "ModifyIndex", go_hash_int(0));
    go_hash_put(&h, "ContentHash", go_hash_text(bytes_str("")));
    go_hash_put(&h, "Proxy", hash_json(x->proxy));
    go_hash_put(&h, "Connect", hash_json(x->connect));
    go_hash_put(&h, "PeerName", go_hash_text(bytes_str("")));
    snprintf(one->digest, sizeof one->digest, "%llx", (unsigned long long)h);
}

static enum err index_one(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct one_service *one = c->state;
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_node *node = arena_zalloc(rows.arena, 1, sizeof *node);
    uint64_t unused;
    enum err e = consul_agent_node(c, &rows, node);
    if (e == OK)
        e = consul_registered_read(&rows, node, c->rest, &one->service);
    one->is_there = e == OK;
    if (e == OK)
        digest_service(one);
    if (e == OK || e == ERR_NOT_FOUND)
        e = consul_index_of_table(c, view, REGISTRY_SERVICES, &unused);
    bool is_same = one->is_there && bytes_is(one->hash, one->digest);
    *ret = is_same ? 1 : 2; /* against ?hash, which stands for the index 1 */
    return e;
}

static void answer_one(struct consul_call *c, const struct view *view)
{
    const struct one_service *one = c->state;
    if (!one->is_there) {
        consul_refuse_text(c, 404, "unknown service ID: %s", consul_text(c, c->rest));
        return;
    }
    if (!consul_grant(c, ACCESS_READ, ACCESS_SERVICE, one->service.name))
        return;
    consul_header(c, "x-consul-contenthash", arena_printf(consul_arena(c), "%s", one->digest));
    consul_show_agent_service(consul_json(c), &one->service, c->face->self.datacenter, one->digest);
    consul_answer_json(c, 200);
}

void consul_agent_one_service(struct consul_call *c)
{
    static const struct consul_query query = { index_one, answer_one };
    struct one_service *one = c->state = arena_zalloc(consul_arena(c), 1, sizeof *one);
    bool has_hash = consul_param(c, "hash", &one->hash) && one->hash.n > 0;
    c->params.index = has_hash; /* never by ?index */
    if (consul_grant_open(c))
        consul_query(c, &query);
}

/* -- registering --------------------------------------------------------------------------------
 */

struct registering { /* call->state */
    struct consul_registration service;
    struct consul_registration *sidecar; /* NULL: none is asked for */
};

static void refuse(struct consul_call *c, enum err e, const struct why *why)
{
    consul_refuse_text(c, e == ERR_DENIED ? 500 : 400, "%s", why->text);
}

/* R, with the checks that it has already. */
static enum err add(struct consul_call *c, const struct consul_rows *rows,
                    const struct consul_node *node, const struct consul_registration *r,
                    struct consul_edit *edit, struct why *why)
{
    struct consul_service before = { 0 };
    struct consul_place place = consul_agent_place(c);
    enum err e = consul_registered_read(rows, node, r->instance.id, &before);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    e = consul_registration_edit(r, &place, &before.checks, edit, why);
    if (e != OK) {
        struct why inner = *why;
        return why_set(why, ERR_INVALID, "Validation failed: %s", inner.text);
    }
    return OK;
}

static enum err add_sidecar(struct consul_call *c, const struct consul_rows *rows,
                            const struct consul_node *node, struct consul_edit *edit,
                            struct why *why)
{
    struct registering *r = c->state;
    struct consul_service_list list;
    if (r->sidecar == NULL)
        return OK;
    enum err e = consul_registered_list(rows, node, &list);
    if (e == OK)
        e = consul_sidecar_make(r->sidecar, &r->service, &list, consul_arena(c), why);
    return e == OK ? add(c, rows, node, r->sidecar, edit, why) : e;
}

/* What stands under the id in another service is replaced: that must be allowed too. */
static bool may_replace(struct consul_call *c, const struct consul_rows *rows,
                        const struct consul_node *node)
{
    const struct registering *r = c->state;
    struct consul_service before;
    return consul_registered_read(rows, node, r->service.instance.id, &before) != OK ||
           text_eq_nocase(before.name, r->service.body.name) ||
           consul_grant(c, ACCESS_WRITE, ACCESS_SERVICE, before.name);
}

static void register_service(struct consul_call *c, const struct view *view)
{
    struct registering *r = c->state;
    struct consul_node node;
    struct consul_edit edit = consul_edit_new(c);
    struct consul_rows rows = consul_rows_of(c, view);
    struct why why = { 0 };
    enum err e = consul_agent_node(c, &rows, &node);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    if (!may_replace(c, &rows, &node))
        return;
    e = add(c, &rows, &node, &r->service, &edit, &why);
    if (e == OK)
        e = add_sidecar(c, &rows, &node, &edit, &why);
    if (e == ERR_INVALID || e == ERR_DENIED)
        refuse(c, e, &why);
    else if (e != OK)
        consul_fail(c, e);
    else
        consul_edit_submit(c, &edit, consul_answer_empty);
}

void consul_agent_register(struct consul_call *c)
{
    struct bytes value;
    struct why why = { 0 };
    struct registering *r = c->state = arena_zalloc(consul_arena(c), 1, sizeof *r);
    r->service.replaces_checks = consul_param(c, "replace-existing-checks", &value) &&
                                 (value.n == 0 || bytes_is(value, "true"));
    r->service.runs_scripts = c->face->options.runs_scripts;
    if (!consul_decode(c, &consul_service_shape, &r->service.body))
        return;
    enum err e = consul_registration_make(&r->service, consul_arena(c), &why);
    if (e == OK)
        e = consul_sidecar_find(&r->service, consul_arena(c), &r->sidecar, &why);
    if (e != OK)
        refuse(c, e, &why);
    else if (consul_grant(c, ACCESS_WRITE, ACCESS_SERVICE, r->service.body.name))
        consul_read(c, register_service);
}

/* -- deregistering, maintenance -----------------------------------------------------------------
 */

/* The service of the rest of the path, which the caller may write; false: refused and answered. */
static bool find_own(struct consul_call *c, const struct view *view, struct consul_service *ret)
{
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_node *node = arena_zalloc(rows.arena, 1, sizeof *node);
    enum err e = consul_agent_node(c, &rows, node);
    if (e == OK)
        e = consul_registered_read(&rows, node, c->rest, ret);
    if (e == ERR_NOT_FOUND)
        consul_refuse_text(c, 404,
                           "Unknown service ID %s. Ensure that the service ID is passed, not the "
                           "service name.",
                           consul_quoted(c, c->rest));
    else if (e != OK)
        consul_fail(c, e);
    return e == OK && consul_grant(c, ACCESS_WRITE, ACCESS_SERVICE, ret->name);
}

/* With the sidecar that was registered with it. */
static void deregister_service(struct consul_call *c, const struct view *view)
{
    struct consul_service service, sidecar;
    struct consul_edit edit = consul_edit_new(c);
    struct consul_place place = consul_agent_place(c);
    if (!find_own(c, view, &service))
        return;
    consul_edit_drop_instance(&edit, &place, c->rest);
    struct consul_rows rows = consul_rows_of(c, view);
    struct bytes sidecar_id = consul_sidecar_id(c->rest, consul_arena(c));
    if (consul_registered_read(&rows, service.node, sidecar_id, &sidecar) == OK &&
        sidecar.extras.is_sidecar)
        consul_edit_drop_instance(&edit, &place, sidecar_id);
    consul_edit_submit(c, &edit, consul_answer_empty);
}

void consul_agent_deregister(struct consul_call *c)
{
    if (consul_grant_open(c))
        consul_read(c, deregister_service);
}

static void maintain_service(struct consul_call *c, const struct view *view)
{
    struct consul_service service;
    struct consul_edit edit = consul_edit_new(c);
    struct why why = { 0 };
    if (!find_own(c, view, &service))
        return;
    struct bytes id = bytes_str(
        arena_printf(consul_arena(c), "_service_maintenance:%s", consul_text(c, c->rest)));
    if (consul_agent_maintenance(c, &edit, c->rest, id, "Service Maintenance Mode", &why) != OK)
        consul_refuse_text(c, 400, "%s", why.text);
    else
        consul_edit_submit(c, &edit, consul_answer_empty);
}

void consul_agent_service_maintenance(struct consul_call *c)
{
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing service ID");
    else if (consul_agent_read_enable(c) && consul_grant_open(c))
        consul_read(c, maintain_service);
}

/* Services of the agent: registered on the server's own node, which all members share. */
#include <stdio.h>

#include "base/siphash.h"
#include "base/text.h"
#include "faces/consul/agent.h"
#include "faces/consul/agent_node.h"
#include "faces/consul/answer.h"
#include "faces/consul/body.h"
#include "faces/consul/core.h"
#include "faces/consul/lookup.h"
#include "faces/consul/show.h"

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

/* Of what is shown, so that a client is woken by nothing else. */
static void digest_service(struct consul_call *c, struct one_service *one)
{
    static const struct siphash_key key = { { 0, 0 } };
    struct buf text;
    struct json_writer j;
    buf_init(&text, 1 << 20);
    json_init(&j, &text);
    consul_show_agent_service(&j, &one->service, c->face->self.datacenter, NULL);
    snprintf(one->digest, sizeof one->digest, "%016llx",
             (unsigned long long)siphash(&key, buf_bytes(&text)));
    buf_fini(&text);
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
        digest_service(c, one);
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

struct new_check {
    const struct consul_check_body *body;
    struct check_extras extras;
    struct bytes id, name;
};

struct registration { /* call->state */
    struct consul_service_body body;
    struct consul_instance instance;
    struct new_check *checks;
    size_t check_n;
    bool replaces_checks;
};

/* False: refused and answered; so below. */
static bool check_names(struct consul_call *c, struct registration *r)
{
    const struct consul_service_body *b = &r->body;
    if (b->name.n == 0)
        consul_refuse_text(c, 400, "Missing service name");
    else if (consul_is_any_address(b->address))
        consul_refuse_text(c, 400, "Invalid service address");
    else if (service_id_parse(bytes_str(CONSUL_NS), b->name, &r->instance.service) != OK)
        consul_refuse_text(c, 400,
                           "Invalid service name %s: it is too long or has characters "
                           "that names may not have",
                           consul_quoted(c, bytes_of(b->name.p, b->name.n < 80 ? b->name.n : 80)));
    else if (b->port < 0 || b->port > UINT16_MAX)
        consul_refuse_text(c, 400, "Validation failed: Port %lld is outside 0 to 65535",
                           (long long)b->port);
    else if (b->socket_path.n > 0 && b->port != 0)
        consul_refuse_text(c, 400, "Validation failed: Only one of Port and SocketPath may be set");
    return !c->is_answered;
}

static bool is_kind(struct bytes kind)
{
    static const char *const kinds[] = { "",
                                         "typical",
                                         "connect-proxy",
                                         "mesh-gateway",
                                         "terminating-gateway",
                                         "ingress-gateway",
                                         "api-gateway" };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (bytes_is(kind, kinds[i]))
            return true;
    return false;
}

static const struct json_node *member(const struct json_node *node, const char *name)
{
    if (node == NULL || node->kind != JSON_NODE_OBJECT)
        return NULL;
    for (const struct json_node *at = node->first; at != NULL; at = at->next)
        if (text_eq_nocase(at->name, bytes_str(name)))
            return at;
    return NULL;
}

static bool check_mesh(struct consul_call *c, struct registration *r)
{
    const struct consul_service_body *b = &r->body;
    const struct json_node *to = member(b->proxy, "DestinationServiceName");
    const struct json_node *sidecar = member(b->connect, "SidecarService");
    bool is_proxy = bytes_is(b->kind, "connect-proxy");
    if (!is_kind(b->kind))
        consul_refuse_text(c, 400, "Validation failed: Kind %s is none there is",
                           consul_quoted(c, b->kind));
    else if (is_proxy && (to == NULL || to->kind != JSON_NODE_STRING || to->text.n == 0))
        consul_refuse_text(c, 400,
                           "Validation failed: Proxy.DestinationServiceName must be "
                           "non-empty for Connect proxy services");
    else if (is_proxy && b->port == 0 && b->socket_path.n == 0)
        consul_refuse_text(c, 400,
                           "Validation failed: Port or SocketPath must be set for a "
                           "Connect proxy");
    else if (sidecar != NULL && sidecar->kind != JSON_NODE_NULL)
        consul_refuse_text(c, 400,
                           "Invalid SidecarService: sidecars are registered by themselves "
                           "here, with Kind connect-proxy");
    return !c->is_answered;
}

static bool make_instance(struct consul_call *c, struct registration *r)
{
    struct consul_service_body *b = &r->body;
    struct consul_instance *in = &r->instance;
    struct arena *arena = consul_arena(c);
    struct why why = { 0 };
    if (b->id.n == 0)
        b->id = b->name;
    in->id = b->id;
    in->address = b->address;
    in->port = (uint16_t)b->port;
    in->tags = b->tags.all;
    in->tag_n = b->tags.n;
    in->extras = (struct consul_extras){
        .kind = bytes_is(b->kind, "typical") ? bytes_str("") : b->kind,
        .socket_path = b->socket_path,
        .has_tag_override = b->has_tag_override,
        .proxy = consul_json_of(b->proxy, arena),
        .connect = consul_json_of(b->connect, arena),
        .locality = consul_json_of(b->locality, arena),
    };
    const char *what = "Invalid Weights";
    enum err e = consul_weights_make(b->weights, &in->extras, &why);
    if (e == OK) {
        what = "Invalid Service Meta";
        e = consul_meta_make(&b->meta, arena, &in->meta, &why);
    }
    if (e == OK) {
        what = "Validation failed";
        e = consul_tagged_make(&b->tagged, b->address, in->port, arena, &in->extras, &why);
    }
    if (e != OK)
        consul_refuse_text(c, 400, "%s: %s", what, why.text);
    return e == OK;
}

static bool make_check(struct consul_call *c, const struct registration *r,
                       const struct consul_check_body *body, size_t of, struct new_check *ret)
{
    struct why why = { 0 };
    struct arena *arena = consul_arena(c);
    enum status status;
    const char *id = consul_text(c, r->body.id);
    *ret = (struct new_check){ .body = body, .extras = { .is_run = true } };
    if (consul_check_define(body, arena, &ret->extras.run, &why) != OK)
        consul_refuse_text(c, 400, "Invalid check: %s", why.text);
    else if (body->status.n > 0 && !consul_status_parse(body->status, &status))
        consul_refuse_text(c, 400, "Status for checks must 'passing', 'warning', 'critical'");
    else if (ret->extras.run.kind == CHECK_SCRIPT && !c->face->options.runs_scripts)
        consul_refuse_text(c, 500,
                           "Scripts are disabled on this agent from remote calls; to "
                           "enable, configure 'enable_script_checks' to true");
    ret->id = body->check_id.n > 0 ? body->check_id : body->id;
    if (ret->id.n == 0 && of == 1)
        ret->id = bytes_str(arena_printf(arena, "service:%s", id));
    else if (ret->id.n == 0)
        ret->id = bytes_str(arena_printf(arena, "service:%s:%zu", id, r->check_n + 1));
    ret->name =
        body->name.n > 0
            ? body->name
            : bytes_str(arena_printf(arena, "Service '%s' check", consul_text(c, r->body.name)));
    return !c->is_answered;
}

static bool make_checks(struct consul_call *c, struct registration *r)
{
    const struct consul_check_body *list = r->body.checks.all;
    size_t n = r->body.checks.n + (r->body.check != NULL);
    r->checks = arena_zalloc(consul_arena(c), n, sizeof *r->checks);
    for (size_t i = 0; i < n; i++) {
        bool is_first = r->body.check != NULL && i == 0;
        const struct consul_check_body *body =
            is_first ? r->body.check : &list[i - (r->body.check != NULL)];
        if (!make_check(c, r, body, n, &r->checks[r->check_n]))
            return false;
        r->check_n++;
    }
    return true;
}

/* What stood under the id before keeps its status and output. */
static struct check check_row(const struct registration *r, const struct new_check *n,
                              const struct consul_check_list *before)
{
    struct check row = { .status = STATUS_DOWN,
                         .id = n->id,
                         .name = n->name,
                         .notes = n->body->notes,
                         .type = bytes_str(check_kind_name(n->extras.run.kind)),
                         .group = r->instance.service.group,
                         .service = r->instance.service.name };
    for (size_t i = 0; i < before->n; i++) {
        if (!text_eq_nocase(before->all[i].row.id, n->id))
            continue;
        row.status = before->all[i].row.status;
        row.output = before->all[i].row.output;
    }
    if (n->body->status.n > 0)
        consul_status_parse(n->body->status, &row.status);
    return row;
}

static bool is_kept(const struct registration *r, const struct consul_check *check)
{
    for (size_t i = 0; i < r->check_n; i++)
        if (text_eq_nocase(r->checks[i].id, check->row.id))
            return true;
    return bytes_is(check->row.type, "maintenance");
}

static enum err make_change(struct consul_call *c, struct registration *r,
                            const struct consul_check_list *before, struct consul_edit *edit,
                            struct why *why)
{
    struct consul_place place = consul_agent_place(c);
    enum err e = consul_edit_instance(edit, &place, &r->instance, why);
    for (size_t i = 0; i < r->check_n && e == OK; i++) {
        struct check row = check_row(r, &r->checks[i], before);
        e = consul_edit_check(edit, &place, r->instance.id, &row, &r->checks[i].extras, why);
    }
    for (size_t i = 0; r->replaces_checks && i < before->n && e == OK; i++)
        if (!is_kept(r, &before->all[i]))
            consul_edit_drop_check(edit, &place, r->instance.id, before->all[i].row.id);
    return e;
}

static void register_service(struct consul_call *c, const struct view *view)
{
    struct registration *r = c->state;
    struct consul_node node;
    struct consul_service before = { 0 };
    struct consul_edit edit = consul_edit_new(c);
    struct consul_rows rows = consul_rows_of(c, view);
    struct why why = { 0 };
    enum err e = consul_agent_node(c, &rows, &node);
    if (e == OK)
        e = consul_registered_read(&rows, &node, r->instance.id, &before);
    if (e != OK && e != ERR_NOT_FOUND) {
        consul_fail(c, e);
        return;
    }
    bool may = before.name.n == 0 || text_eq_nocase(before.name, r->body.name) ||
               consul_grant(c, ACCESS_WRITE, ACCESS_SERVICE, before.name);
    if (!may)
        return;
    if (make_change(c, r, &before.checks, &edit, &why) != OK)
        consul_refuse_text(c, 400, "Validation failed: %s", why.text);
    else
        consul_edit_submit(c, &edit, consul_answer_empty);
}

void consul_agent_register(struct consul_call *c)
{
    struct bytes value;
    struct registration *r = c->state = arena_zalloc(consul_arena(c), 1, sizeof *r);
    r->replaces_checks = consul_param(c, "replace-existing-checks", &value) &&
                         (value.n == 0 || bytes_is(value, "true"));
    if (consul_decode(c, &consul_service_shape, &r->body) && check_names(c, r) &&
        make_instance(c, r) && check_mesh(c, r) && make_checks(c, r) &&
        consul_grant(c, ACCESS_WRITE, ACCESS_SERVICE, r->body.name))
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

static void deregister_service(struct consul_call *c, const struct view *view)
{
    struct consul_service service;
    struct consul_edit edit = consul_edit_new(c);
    struct consul_place place = consul_agent_place(c);
    if (!find_own(c, view, &service))
        return;
    consul_edit_drop_instance(&edit, &place, c->rest);
    consul_edit_submit(c, &edit, consul_answer_empty);
}

void consul_agent_deregister(struct consul_call *c)
{
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing service ID");
    else if (consul_grant_open(c))
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

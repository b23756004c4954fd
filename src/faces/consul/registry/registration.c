/* Consul's order of questions: the first that is not content speaks. */
#include "faces/consul/registry/registration.h"

#include "base/text.h"
#include "faces/consul/registry/mesh_check.h"
#include "faces/consul/registry/types_check.h"
#include "faces/consul/registry/ports.h"
#include "faces/consul/rows/proxy.h"
#include "wire/go_text.h"

enum { SHOWN = 80 /* bytes of what a sentence repeats */ };

/* TEXT, in quotes and cut, in a sentence. */
static enum err refuse_quoted(struct why *why, const char *before, struct bytes text,
                              const char *after)
{
    struct buf quoted;
    buf_init(&quoted, 16 * SHOWN);
    go_quote(&quoted, bytes_of(text.p, text.n < SHOWN ? text.n : SHOWN));
    enum err e =
        why_set(why, ERR_INVALID, "%s%.*s%s", before, (int)quoted.n, (const char *)quoted.p, after);
    buf_fini(&quoted);
    return e;
}

static enum err check_names(struct consul_registration *r, struct why *why)
{
    const struct consul_service_body *b = &r->body;
    if (b->name.n == 0)
        return why_set(why, ERR_INVALID, "Missing service name");
    if (consul_is_any_address(b->address))
        return why_set(why, ERR_INVALID, "Invalid service address");
    if (service_id_parse(bytes_str(CONSUL_NS), b->name, &r->instance.service) != OK)
        return refuse_quoted(why, "Invalid service name ", b->name,
                             ": it is too long or has characters that names may not have");
    r->instance.word = b->name;
    if (b->port < 0 || b->port > UINT16_MAX)
        return why_set(why, ERR_INVALID, "Validation failed: Port %lld is outside 0 to 65535",
                       (long long)b->port);
    return OK;
}

/* -- the mesh -----------------------------------------------------------------------------------
 */

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

/* WHY gets WHAT in front. */
static enum err put_before(enum err e, const char *what, struct why *why)
{
    struct why inner = *why;
    return e == OK ? OK : why_set(why, ERR_INVALID, "%s: %s", what, inner.text);
}

static enum err check_mesh(const struct consul_service_body *b, struct why *why)
{
    if (!is_kind(b->kind))
        return refuse_quoted(why, "Validation failed: Kind ", b->kind, " is none there is");
    struct consul_mesh_part part = { .kind = b->kind,
                                     .socket_path = b->socket_path,
                                     .port = b->port,
                                     .proxy = b->proxy,
                                     .connect = b->connect };
    return put_before(consul_mesh_check(&part, why), "Validation failed", why);
}

/* -- the instance -------------------------------------------------------------------------------
 */

static enum err make_instance(struct consul_registration *r, struct arena *arena, struct why *why)
{
    struct consul_service_body *b = &r->body;
    struct consul_instance *in = &r->instance;
    if (b->id.n == 0)
        b->id = b->name;
    struct bytes ports;
    enum err e = put_before(consul_ports_make(b->ports, b->port, arena, &ports, &b->port, why),
                            "Validation failed", why);
    in->id = b->id;
    in->address = b->address;
    in->port = (uint16_t)b->port;
    in->tags = b->tags.all;
    in->tag_n = b->tags.n;
    in->extras = (struct consul_extras){
        .kind = bytes_is(b->kind, "typical") ? bytes_str("") : b->kind,
        .socket_path = b->socket_path,
        .has_tag_override = b->has_tag_override,
        .proxy = consul_proxy_text(b->proxy, true, arena),
        .connect =
            consul_json_is_native(b->connect) ? bytes_str("{\"Native\":true}") : bytes_str(""),
        .locality = consul_json_of(b->locality, arena),
        .ports = ports,
    };
    if (e == OK)
        e = put_before(consul_weights_make(b->weights, &in->extras, why), "Invalid Weights", why);
    if (e == OK)
        e = put_before(consul_meta_make(&b->meta, arena, &in->meta, why), "Invalid Service Meta",
                       why);
    if (e == OK)
        e = put_before(
            consul_tagged_make(&b->tagged, b->address, in->port, arena, &in->extras, why),
            "Validation failed", why);
    return e;
}

/* -- checks -------------------------------------------------------------------------------------
 */

static struct bytes usual_id(const struct consul_registration *r, size_t of, struct arena *arena)
{
    int n = (int)r->body.id.n;
    const char *id = (const char *)r->body.id.p;
    return bytes_str(of == 1 ? arena_printf(arena, "service:%.*s", n, id)
                             : arena_printf(arena, "service:%.*s:%zu", n, id, r->check_n + 1));
}

static enum err make_check(struct consul_registration *r, const struct consul_check_body *body,
                           size_t of, struct arena *arena, struct why *why)
{
    struct consul_new_check *n = &r->checks[r->check_n];
    enum status status;
    *n = (struct consul_new_check){ .body = body, .extras = { .is_run = true } };
    enum err e =
        put_before(consul_check_define(body, arena, &n->extras.run, why), "Invalid check", why);
    if (e != OK)
        return e;
    n->extras.run.hides_zero = true;
    if (body->status.n > 0 && !consul_status_parse(body->status, &status))
        return why_set(why, ERR_INVALID, "Status for checks must 'passing', 'warning', 'critical'");
    if (n->extras.run.kind == CHECK_SCRIPT && !r->runs_scripts)
        return why_set(why, ERR_DENIED,
                       "Scripts are disabled on this agent from remote calls; to enable, "
                       "configure 'enable_script_checks' to true");
    n->id = body->check_id.n > 0 ? body->check_id
            : body->id.n > 0     ? body->id
                                 : usual_id(r, of, arena);
    n->name = body->name.n > 0
                  ? body->name
                  : bytes_str(arena_printf(arena, "Service '%.*s' check", (int)r->body.name.n,
                                           (const char *)r->body.name.p));
    r->check_n++;
    return OK;
}

/* An empty object, as some clients send for no check. */
static bool says_nothing(const struct consul_check_body *b)
{
    size_t said = b->check_id.n + b->id.n + b->name.n + b->notes.n + b->status.n + b->args.n +
                  b->http.n + b->tcp.n + b->udp.n + b->grpc.n + b->h2ping.n + b->docker.n +
                  b->os_service.n + b->alias_node.n + b->alias_service.n;
    return said == 0 && b->ttl_ns == 0 && b->interval_ns == 0 && b->timeout_ns == 0 &&
           b->deregister_ns == 0;
}

static enum err make_checks(struct consul_registration *r, struct arena *arena, struct why *why)
{
    const struct consul_check_body *list = r->body.checks.all;
    size_t alone = r->body.check != NULL && !says_nothing(r->body.check),
           n = r->body.checks.n + alone;
    enum err e = OK;
    r->checks = arena_zalloc(arena, n, sizeof *r->checks);
    for (size_t i = 0; i < n && e == OK; i++)
        e = make_check(r, i < alone ? r->body.check : &list[i - alone], n, arena, why);
    return e;
}

enum err consul_registration_make(struct consul_registration *r, struct arena *arena,
                                  struct why *why)
{
    const struct consul_service_body *b = &r->body;
    enum err e = consul_types_check(b->proxy, b->connect, b->locality, arena, why);
    if (e == OK)
        e = check_names(r, why);
    if (e == OK)
        e = make_instance(r, arena, why);
    if (e == OK)
        e = check_mesh(&r->body, why);
    return e == OK ? make_checks(r, arena, why) : e;
}

/* -- what is written ----------------------------------------------------------------------------
 */

static struct check check_row(const struct consul_new_check *n,
                              const struct consul_check_list *before)
{
    struct check row = { .status = STATUS_DOWN,
                         .id = n->id,
                         .name = n->name,
                         .notes = n->body->notes,
                         .type = bytes_str(check_kind_name(n->extras.run.kind)) };
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

static bool is_kept(const struct consul_registration *r, const struct consul_check *check)
{
    for (size_t i = 0; i < r->check_n; i++)
        if (text_eq_nocase(r->checks[i].id, check->row.id))
            return true;
    return bytes_is(check->row.type, "maintenance");
}

enum err consul_registration_edit(const struct consul_registration *r,
                                  const struct consul_place *place,
                                  const struct consul_check_list *before, struct consul_edit *edit,
                                  struct why *why)
{
    enum err e = consul_edit_instance(edit, place, &r->instance, why);
    for (size_t i = 0; i < r->check_n && e == OK; i++) {
        struct check row = check_row(&r->checks[i], before);
        e = consul_edit_check(edit, place, r->instance.id, &row, &r->checks[i].extras, why);
    }
    for (size_t i = 0; r->replaces_checks && i < before->n && e == OK; i++)
        if (!is_kept(r, &before->all[i]))
            consul_edit_drop_check(edit, place, r->instance.id, before->all[i].row.id);
    return e;
}

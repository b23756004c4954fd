/* catalog/register and catalog/deregister: nodes, services and checks of others, in one change. */
#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/catalog/catalog.h"
#include "faces/consul/registry/catalog_body.h"
#include "faces/consul/rows/lookup.h"

/* -- bodies -------------------------------------------------------------------------------------
 */

struct register_body {
    struct bytes datacenter, id, node, address;
    struct json_pairs tagged, meta;
    struct consul_service_row *service;
    struct consul_check_row *check;
    struct json_structs checks;
    bool skip_node_update;
    const struct json_node *locality, *other;
    struct consul_edit edit; /* what comes of it */
};

#define REGISTER(member, json, kind) JSON_FIELD(struct register_body, member, json, kind)
static const struct json_field register_fields[] = {
    REGISTER(datacenter, "Datacenter", STRING),
    REGISTER(id, "ID", STRING),
    REGISTER(node, "Node", STRING),
    REGISTER(address, "Address", STRING),
    REGISTER(tagged, "TaggedAddresses", STRING_MAP),
    REGISTER(meta, "NodeMeta", STRING_MAP),
    JSON_FIELD_OF(struct register_body, service, "Service", POINTER, &consul_service_row_shape),
    JSON_FIELD_OF(struct register_body, check, "Check", POINTER, &consul_check_row_shape),
    JSON_FIELD_OF(struct register_body, checks, "Checks", STRUCTS, &consul_check_row_shape),
    REGISTER(skip_node_update, "SkipNodeUpdate", BOOL),
    REGISTER(locality, "Locality", ANY),
    REGISTER(other, "Token", ANY),
    REGISTER(other, "WriteRequest", ANY),
    REGISTER(other, "PeerName", ANY),
};
static const struct json_shape register_shape = { "RegisterRequest", sizeof(struct register_body),
                                                  register_fields, ARRAY_LEN(register_fields),
                                                  false };

/* -- validating ---------------------------------------------------------------------------------
 */

static bool is_own_node(const struct consul_call *c, struct bytes node)
{
    return text_eq_nocase(node, bytes_str(c->face->self.node_name));
}

static bool is_datacenter(struct consul_call *c, struct bytes datacenter)
{
    if (datacenter.n == 0 || bytes_is(datacenter, c->face->self.datacenter))
        return true;
    consul_refuse(c, CONSUL_NO_PATH);
    return false;
}

/* The member that answers keeps its name and its id. False: refused and answered; so below. */
static bool check_identity(struct consul_call *c, const struct register_body *b)
{
    const struct consul_self *self = &c->face->self;
    if (b->id.n == 0 || is_own_node(c, b->node) == text_eq_nocase(b->id, bytes_str(self->node_id)))
        return true;
    consul_refuse_text(c, 500, "Node name %s is reserved by node %s with name %s (%s)",
                       is_own_node(c, b->node) ? consul_text(c, b->node) : self->node_name,
                       self->node_id, self->node_name, self->address);
    return false;
}

static bool check_body(struct consul_call *c, const struct register_body *b)
{
    const struct consul_service_row *s = b->service;
    if (b->node.n == 0)
        consul_refuse_text(c, 500, "Must provide node");
    else if (b->address.n == 0 && !b->skip_node_update)
        consul_refuse_text(c, 500, "Must provide address if SkipNodeUpdate is not set");
    else if (s != NULL && consul_is_any_address(s->address))
        consul_refuse_text(c, 500, "Invalid service address");
    else if (s != NULL && (s->port < 0 || s->port > UINT16_MAX))
        consul_refuse_text(c, 500, "Port %lld is outside 0 to 65535", (long long)s->port);
    else
        return is_datacenter(c, b->datacenter) && check_identity(c, b);
    return false;
}

/* -- making it ----------------------------------------------------------------------------------
 */

static enum err add_node(const struct register_body *b, struct consul_edit *edit, struct why *why)
{
    struct consul_node_row node = { .id = b->id,
                                    .name = b->node,
                                    .address = b->address,
                                    .tagged = b->tagged,
                                    .meta = b->meta,
                                    .locality = b->locality };
    return consul_row_add_node(&node, b->skip_node_update ? OP_ENSURE : OP_SET, edit, why);
}

static enum err make_change(struct consul_call *c, struct register_body *b, struct why *why)
{
    struct consul_edit *edit = &b->edit;
    struct consul_place place = { .node = b->node, .is_member = is_own_node(c, b->node) };
    if (place.is_member)
        place.address = bytes_str(c->face->self.address);
    const struct consul_check_row *checks = b->checks.all;
    enum err e = OK;
    if (!place.is_member)
        e = add_node(b, edit, why);
    if (e == OK && b->service != NULL)
        e = consul_row_add_service(&place, b->service, edit, why);
    if (e == OK && b->check != NULL)
        e = consul_row_add_check(&place, b->check, edit, why);
    for (size_t i = 0; i < b->checks.n && e == OK; i++)
        e = consul_row_add_check(&place, &checks[i], edit, why);
    return e;
}

static void answer_true(struct consul_call *c)
{
    consul_answer_bool(c, true);
}

/* -- who may ------------------------------------------------------------------------------------
 */

static bool is_same_pair(const struct json_pairs *sent, struct bytes name, struct bytes value)
{
    for (size_t i = 0; i < sent->n; i++)
        if (bytes_eq(sent->all[i].name, name))
            return bytes_eq(sent->all[i].value, value);
    return false;
}

/* Who registers a service says again what its node is, and does not have to have a right to that.
 */
static bool changes_node(const struct register_body *b, const struct consul_node *node)
{
    if (node->is_member || b->skip_node_update)
        return false;
    bool is_same = text_eq_nocase(b->id, node->row.id) && bytes_eq(b->address, node->row.address) &&
                   b->meta.n == node->row.metadata.n && b->tagged.n == node->extras.tagged_n;
    for (size_t i = 0; i < node->row.metadata.n && is_same; i++)
        is_same =
            is_same_pair(&b->meta, node->row.metadata.all[i].key, node->row.metadata.all[i].value);
    for (size_t i = 0; i < node->extras.tagged_n && is_same; i++)
        is_same =
            is_same_pair(&b->tagged, node->extras.tagged[i].name, node->extras.tagged[i].address);
    return !is_same;
}

struct vetting { /* of one view */
    struct consul_call *c;
    const struct register_body *b;
    struct consul_rows rows;
    struct consul_node node;
    bool has_node;
};

/* What stands under the id of a service on the node, if anything does, is written over. False:
 * refused and answered; so below. */
static bool may_write_over(const struct vetting *v, struct bytes id, const char *check)
{
    struct consul_service other;
    enum err e =
        v->has_node ? consul_registered_read(&v->rows, &v->node, id, &other) : ERR_NOT_FOUND;
    if (e == OK)
        return consul_grant(v->c, ACCESS_WRITE, ACCESS_SERVICE, other.name);
    if (e != ERR_NOT_FOUND)
        consul_fail(v->c, e);
    else if (check != NULL)
        consul_refuse_text(v->c, 500, "Unknown service ID '%s' for check ID '%s'",
                           consul_text(v->c, id), check);
    return e == ERR_NOT_FOUND && check == NULL;
}

static bool may_put_service(const struct vetting *v)
{
    const struct consul_service_row *s = v->b->service;
    return s == NULL || (consul_grant(v->c, ACCESS_WRITE, ACCESS_SERVICE, s->name) &&
                         may_write_over(v, s->id.n > 0 ? s->id : s->name, NULL));
}

/* True if it is the node's, or of the service that is registered with it. */
static bool is_of_body(const struct register_body *b, const struct consul_check_row *check)
{
    const struct consul_service_row *s = b->service;
    return check->service_id.n == 0 ||
           (s != NULL && bytes_eq(check->service_id, s->id.n > 0 ? s->id : s->name));
}

/* What another check of this id hangs on is written over too. */
static bool may_put_check(const struct vetting *v, const struct consul_check_row *check)
{
    struct consul_check other;
    struct bytes id = check->id.n > 0 ? check->id : check->name;
    enum err e = v->has_node ? consul_check_find(&v->rows, &v->node, id, &other) : ERR_NOT_FOUND;
    if ((check->service_id.n == 0 || (e == OK && other.service.n == 0)) &&
        !consul_grant(v->c, ACCESS_WRITE, ACCESS_NODE, v->b->node))
        return false;
    if (e == OK && other.service.n > 0 &&
        !consul_grant(v->c, ACCESS_WRITE, ACCESS_SERVICE, other.service))
        return false;
    if (is_of_body(v->b, check))
        return true;
    return may_write_over(v, check->service_id, consul_text(v->c, id));
}

static void vet_and_register(struct consul_call *c, const struct view *view)
{
    const struct register_body *b = c->state;
    const struct consul_check_row *checks = b->checks.all;
    struct vetting v = { .c = c, .b = b, .rows = consul_rows_of(c, view) };
    enum err e = consul_node_read(&v.rows, b->node, &v.node);
    v.has_node = e == OK;
    if (e != OK && e != ERR_NOT_FOUND) {
        consul_fail(c, e);
        return;
    }
    if ((!v.has_node || changes_node(b, &v.node)) &&
        !consul_grant(c, ACCESS_WRITE, ACCESS_NODE, b->node))
        return;
    if (!may_put_service(&v) || (b->check != NULL && !may_put_check(&v, b->check)))
        return;
    for (size_t i = 0; i < b->checks.n; i++)
        if (!may_put_check(&v, &checks[i]))
            return;
    consul_edit_submit(c, &b->edit, answer_true);
}

/* True if it takes more than the body to know what the checks hang on. */
static bool names_others(const struct register_body *b)
{
    const struct consul_check_row *checks = b->checks.all;
    bool found = b->check != NULL && !is_of_body(b, b->check);
    for (size_t i = 0; i < b->checks.n && !found; i++)
        found = !is_of_body(b, &checks[i]);
    return found;
}

void consul_catalog_register(struct consul_call *c)
{
    struct register_body *b = c->state = arena_zalloc(consul_arena(c), 1, sizeof *b);
    struct why why = { 0 };
    if (!consul_decode(c, &register_shape, b) || !check_body(c, b) || !consul_grant_open(c))
        return;
    b->edit = consul_edit_new(c);
    if (make_change(c, b, &why) != OK)
        consul_refuse_text(c, 500, "%s", why.text);
    else if (access_options(c->face->hub)->is_on || names_others(b))
        consul_read(c, vet_and_register);
    else
        consul_edit_submit(c, &b->edit, answer_true);
}

/* -- deregistering ------------------------------------------------------------------------------
 */

struct deregister_body { /* call->state */
    struct bytes datacenter, node, service_id, check_id, address;
    const struct json_node *other;
};

#define DEREGISTER(member, json, kind) JSON_FIELD(struct deregister_body, member, json, kind)
static const struct json_field deregister_fields[] = {
    DEREGISTER(datacenter, "Datacenter", STRING), DEREGISTER(node, "Node", STRING),
    DEREGISTER(service_id, "ServiceID", STRING),  DEREGISTER(check_id, "CheckID", STRING),
    DEREGISTER(address, "Address", STRING),       DEREGISTER(other, "Token", ANY),
    DEREGISTER(other, "WriteRequest", ANY),       DEREGISTER(other, "PeerName", ANY),
};
static const struct json_shape deregister_shape = { "DeregisterRequest",
                                                    sizeof(struct deregister_body),
                                                    deregister_fields, ARRAY_LEN(deregister_fields),
                                                    false };

/* Who may write the node may write what is on it; else the service. */
static bool may_drop(struct consul_call *c, struct bytes node, struct bytes service)
{
    if (service.n > 0 && !consul_may(c, ACCESS_WRITE, ACCESS_NODE, node))
        return consul_grant(c, ACCESS_WRITE, ACCESS_SERVICE, service);
    return consul_grant(c, ACCESS_WRITE, ACCESS_NODE, node);
}

static void deregister(struct consul_call *c, const struct view *view)
{
    const struct deregister_body *b = c->state;
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_node node;
    struct consul_service service = { 0 };
    struct consul_check check = { 0 };
    struct consul_edit edit = consul_edit_new(c);
    struct consul_place place = { .node = b->node, .is_member = is_own_node(c, b->node) };
    enum err e = consul_node_read(&rows, b->node, &node);
    if (e == OK && b->service_id.n > 0)
        e = consul_registered_read(&rows, &node, b->service_id, &service);
    else if (e == OK && b->check_id.n > 0)
        e = consul_check_find(&rows, &node, b->check_id, &check);
    if (e != OK && e != ERR_NOT_FOUND) {
        consul_fail(c, e);
        return;
    }
    bool is_there = e == OK;
    bool may = may_drop(c, b->node, b->service_id.n > 0 ? service.name : check.service);
    if (is_there && may && b->service_id.n > 0)
        consul_edit_drop_instance(&edit, &place, b->service_id);
    else if (is_there && may && b->check_id.n > 0)
        consul_edit_drop_check(&edit, &place, check.instance, check.row.id);
    else if (is_there && may)
        consul_edit_drop_node(&edit, b->node);
    if (may)
        consul_edit_submit(c, &edit, answer_true);
}

void consul_catalog_deregister(struct consul_call *c)
{
    struct deregister_body *b = c->state = arena_zalloc(consul_arena(c), 1, sizeof *b);
    if (!consul_decode(c, &deregister_shape, b))
        return;
    if (b->node.n == 0)
        consul_refuse_text(c, 500, "Must provide node");
    else if (is_datacenter(c, b->datacenter) && consul_grant_open(c))
        consul_read(c, deregister);
}

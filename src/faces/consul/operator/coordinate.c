/* /v1/coordinate: where nodes stand, as who measures round trips says (agents, consul-esm). Nothing
 * is measured here: Muster's own node is where all begin until somebody says better. */
#include "catalog/coordinate.h"

#include <stdlib.h>

#include "base/text.h"
#include "catalog/identity.h"
#include "catalog/object.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/call/query.h"
#include "faces/consul/registry/change.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/near.h"
#include "wire/go_text.h"
#include "wire/json_bind.h"

/* False: it is switched off, refused and answered; so below. */
static bool is_on(struct consul_call *c)
{
    if (c->face->options.no_coordinates)
        consul_answer_text(c, 401, "Coordinate support disabled");
    return !c->is_answered;
}

/* -- reading ---------------------------------------------------------------------------------- */

struct placed {
    struct bytes node; /* as the node's row has it */
    struct coordinate at;
    uint64_t modify;
};

struct placed_list { /* call->state, of one view */
    struct placed *all;
    size_t n;
};

static void add(struct placed_list *list, struct bytes node, const struct coordinate *at)
{
    list->all[list->n++] = (struct placed){ .node = node, .at = *at };
}

static enum err read_one(const struct view *view, struct arena *arena, struct bytes node,
                         struct coordinate *ret)
{
    struct object object;
    enum err e = object_read(view, OBJECT_COORDINATE, bytes_str(CONSUL_NS), bytes_str(""),
                             fold_dup(node, arena), arena, &object);
    if (e != OK)
        return e;
    e = coordinate_read(object.row, ret);
    return e == OK || e == ERR_VERSION ? e : ERR_DAMAGED;
}

/* Of each node that has one, by the names of the nodes; Muster's own always has one. */
static enum err add_node(struct consul_call *c, const struct view *view,
                         const struct consul_node *n, struct placed_list *list)
{
    struct coordinate at;
    enum err e = read_one(view, &c->face->scratch, n->row.name, &at);
    if (e == ERR_NOT_FOUND && n->is_member)
        add(list, n->row.name, &consul_origin);
    else if (e == OK)
        add(list, n->row.name, &at);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err index_nodes(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_node_list nodes;
    struct placed_list *list = c->state = arena_zalloc(rows.arena, 1, sizeof *list);
    enum err e = consul_nodes_read(&rows, &nodes);
    if (e == OK)
        list->all = arena_zalloc(rows.arena, nodes.n, sizeof *list->all);
    for (size_t i = 0; e == OK && i < nodes.n; i++)
        e = add_node(c, view, &nodes.all[i], list);
    return e != OK ? e : consul_index_of_table(c, view, REGISTRY_COORDINATES, ret);
}

static enum err index_node(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_node node;
    struct placed_list *list = c->state = arena_zalloc(rows.arena, 1, sizeof *list);
    list->all = arena_zalloc(rows.arena, 1, sizeof *list->all);
    enum err e = consul_node_read(&rows, c->rest, &node);
    if (e == OK)
        e = add_node(c, view, &node, list);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    return consul_index_of_table(c, view, REGISTRY_COORDINATES, ret);
}

static void show(struct consul_call *c, struct json_writer *j, const struct placed *p)
{
    json_open_object(j);
    json_add_string(j, "Node", p->node);
    json_add_str(j, "Segment", "");
    json_put_name(j, "Coord");
    consul_show_coordinate(j, &p->at);
    json_close_object(j);
}

/* All are in the segment that has no name. */
static bool is_of_segment(struct consul_call *c)
{
    struct bytes segment;
    return !consul_param(c, "segment", &segment) || segment.n == 0;
}

static size_t show_all(struct consul_call *c, struct json_writer *j)
{
    const struct placed_list *list = c->state;
    size_t n = 0;
    json_open_array(j);
    for (size_t i = 0; i < list->n && is_of_segment(c); i++) {
        if (!consul_may(c, ACCESS_READ, ACCESS_NODE, list->all[i].node))
            continue;
        show(c, j, &list->all[i]);
        n++;
    }
    json_close_array(j);
    return n;
}

static void answer_nodes(struct consul_call *c, const struct view *view)
{
    show_all(c, consul_json(c));
    consul_answer_json(c, 200);
}

static void answer_node(struct consul_call *c, const struct view *view)
{
    if (show_all(c, consul_json(c)) > 0)
        consul_answer_json(c, 200);
    else
        consul_answer_text(c, 404, "");
}

static void handle_nodes(struct consul_call *c)
{
    static const struct consul_query query = { index_nodes, answer_nodes };
    if (is_on(c) && consul_grant_open(c))
        consul_query(c, &query);
}

static void handle_node(struct consul_call *c)
{
    static const struct consul_query query = { index_node, answer_node };
    if (!is_on(c))
        return;
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing node name");
    else if (consul_grant_open(c))
        consul_query(c, &query);
}

static void handle_datacenters(struct consul_call *c)
{
    const struct consul_self *self = &c->face->self;
    if (!is_on(c))
        return;
    const struct placed own = { .node = bytes_str(self->node_name), .at = consul_origin };
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    json_open_object(j);
    json_add_str(j, "Datacenter", self->datacenter);
    json_add_str(j, "AreaID", "wan");
    json_add_array(j, "Coordinates");
    show(c, j, &own);
    json_close_array(j);
    json_close_object(j);
    json_close_array(j);
    consul_answer_json(c, 200);
}

/* -- updating --------------------------------------------------------------------------------- */

struct coord_body {
    const struct json_node *vec;
    double error, adjustment, height;
};

#define COORD(member, json, kind) JSON_FIELD(struct coord_body, member, json, kind)
static const struct json_field coord_fields[] = {
    COORD(vec, "Vec", ANY),
    COORD(error, "Error", FLOAT),
    COORD(adjustment, "Adjustment", FLOAT),
    COORD(height, "Height", FLOAT),
};
static const struct json_shape coord_shape = { "Coordinate", sizeof(struct coord_body),
                                               coord_fields, ARRAY_LEN(coord_fields), false };

struct update_body {
    struct bytes datacenter, node, segment;
    struct coord_body *coord;
    const struct json_node *other;
};

#define UPDATE(member, json, kind) JSON_FIELD(struct update_body, member, json, kind)
static const struct json_field update_fields[] = {
    UPDATE(datacenter, "Datacenter", STRING),
    UPDATE(node, "Node", STRING),
    UPDATE(segment, "Segment", STRING),
    JSON_FIELD_OF(struct update_body, coord, "Coord", POINTER, &coord_shape),
    UPDATE(other, "Partition", ANY),
    UPDATE(other, "Token", ANY),
    UPDATE(other, "WriteRequest", ANY),
};
static const struct json_shape update_shape = { "CoordinateUpdateRequest",
                                                sizeof(struct update_body), update_fields,
                                                ARRAY_LEN(update_fields), false };

/* The numbers of Vec; false if one is none, or there are more or fewer than the space has. */
static bool read_vec(const struct json_node *vec, double ret[COORDINATE_DIMENSIONS])
{
    size_t n = 0;
    if (vec == NULL || vec->kind != JSON_NODE_ARRAY)
        return false;
    for (const struct json_node *v = vec->first; v != NULL; v = v->next, n++)
        if (n == COORDINATE_DIMENSIONS || v->kind != JSON_NODE_NUMBER ||
            go_read_float(v->text, &ret[n]) != OK)
            return false;
    return n == COORDINATE_DIMENSIONS;
}

static bool read_coord(struct consul_call *c, const struct coord_body *b, struct coordinate *ret)
{
    *ret = (struct coordinate){ .error = 0 };
    if (b == NULL || !read_vec(b->vec, ret->vec)) {
        consul_refuse_text(c, 500, "incompatible coordinate");
        return false;
    }
    ret->error = b->error;
    ret->adjustment = b->adjustment;
    ret->height = b->height;
    if (!coordinate_is_valid(ret))
        consul_refuse_text(c, 500, "invalid coordinate");
    return !c->is_answered;
}

static bool read_update(struct consul_call *c, const struct update_body *b, struct coordinate *ret)
{
    if (b->node.n == 0)
        consul_refuse_text(c, 500, "Must provide node");
    else if (b->segment.n > 0)
        consul_refuse_text(c, 400,
                           "Invalid segment %s: network segments are a Consul Enterprise feature",
                           consul_quoted(c, b->segment));
    else if (b->datacenter.n > 0 && !bytes_is(b->datacenter, c->face->self.datacenter))
        consul_refuse(c, CONSUL_NO_PATH);
    else
        return read_coord(c, b->coord, ret);
    return false;
}

static void answer_updated(struct consul_call *c, const struct command_result *result)
{
    consul_answer_empty(c);
}

/* Of a node that is not there nothing is kept, and nothing said: Consul's updates are gathered and
 * looked at later. */
static bool refused(struct consul_call *c, enum err e, const struct command_result *result)
{
    if (e != ERR_REFUSED || consul_change_refused(result)->refusal != CHANGE_ABSENT)
        return false;
    consul_answer_empty(c);
    return true;
}

static void submit(struct consul_call *c, struct bytes node, const struct coordinate *at)
{
    struct change_op ops[2];
    size_t n = 0;
    struct buf row;
    if (!is_name(node, NODE_NAME_MAX)) {
        consul_answer_empty(c); /* no node is called so */
        return;
    }
    bool is_own = text_eq_nocase(node, bytes_str(c->face->self.node_name));
    buf_init(&row, 256);
    coordinate_write(at, &row);
    if (!is_own) {
        ops[n] = (struct change_op){ .kind = CHANGE_NODE, .ns = bytes_str(CONSUL_NS) };
        ops[n++].node = (struct node_op){ .when = { .verb = OP_GET }, .name = node };
    }
    ops[n] = (struct change_op){ .kind = CHANGE_OBJECT, .ns = bytes_str(CONSUL_NS) };
    ops[n++].object = (struct object_op){ .when = { .verb = OP_SET },
                                          .kind = OBJECT_COORDINATE,
                                          .name = fold_dup(node, consul_arena(c)),
                                          .row = buf_bytes(&row) };
    c->on_refused = refused;
    consul_change(c, ops, n, answer_updated);
    buf_fini(&row);
}

static void handle_update(struct consul_call *c)
{
    struct update_body b = { .coord = NULL };
    struct coordinate at;
    if (is_on(c) && consul_decode(c, &update_shape, &b) && read_update(c, &b, &at) &&
        consul_grant(c, ACCESS_WRITE, ACCESS_NODE, b.node))
        submit(c, b.node, &at);
}

/* -- routes ----------------------------------------------------------------------------------- */

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/coordinate/datacenters",
      .handle = handle_datacenters,
      .access = "",
      .does = "this cluster's datacenter at the origin: there is no other to measure",
      .test = "test_coordinate datacenter_is_at_the_origin" },
    { .method = "GET",
      .path = "/v1/coordinate/nodes",
      .handle = handle_nodes,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LEVELS,
      .access = "node:read filters",
      .parameters = "segment",
      .does = "what was said of each node, by its name; Muster's own is at the origin until "
              "somebody says better",
      .test = "test_coordinate updates_are_shown_and_wake_who_waits" },
    { .method = "GET",
      .path = "/v1/coordinate/node/",
      .handle = handle_node,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LEVELS,
      .access = "node:read filters",
      .parameters = "segment",
      .does = "the same of one node; 404 if nothing was said of it",
      .test = "test_coordinate one_node_is_shown_or_404" },
    { .method = "PUT",
      .path = "/v1/coordinate/update",
      .handle = handle_update,
      .access = "node:write",
      .does = "nothing: where a node stands, at once and not in batches; without effect for a node "
              "that is not there. 401 with `disable_coordinates`, as all of these",
      .test = "test_coordinate updates_are_shown_and_wake_who_waits" },
};

const struct consul_area consul_coordinate_area = { "coordinate", routes, ARRAY_LEN(routes) };

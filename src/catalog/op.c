/* Operations as bytes; docs/formats.md. */
#include "catalog/op.h"

#include "base/text.h"
#include "catalog/coordinate.h"
#include "catalog/node.h"
#include "catalog/overlay.h"
#include "catalog/publication.h"
#include "catalog/service.h"
#include "catalog/virtual.h"

bool op_puts(enum op_verb verb)
{
    return verb == OP_SET || verb == OP_CAS || verb == OP_ENSURE;
}

static void put_when(const struct op_when *when, struct buf *out)
{
    buf_put_u8(out, (uint8_t)when->verb);
    buf_put_u64(out, when->index);
}

static struct op_when take_when(struct rd *r)
{
    uint8_t verb = rd_u8(r);
    struct op_when when = { .index = rd_u64(r) };
    if (verb > OP_ENSURE) {
        rd_fail(r, ERR_MALFORMED);
        return when;
    }
    when.verb = (enum op_verb)verb;
    if (when.index != 0 && verb != OP_CAS && verb != OP_DELETE_CAS)
        rd_fail(r, ERR_MALFORMED);
    return when;
}

static void take_flag(struct rd *r, bool *ret)
{
    uint8_t flag = rd_u8(r);
    if (flag > 1)
        rd_fail(r, ERR_MALFORMED);
    *ret = flag == 1;
}

static struct bytes take_name(struct rd *r, size_t max)
{
    struct bytes name = rd_text(r, max);
    if (!is_name(name, max))
        rd_fail(r, ERR_MALFORMED);
    return name;
}

/* The name of a service, with its group; empty together where NONE is allowed. */
static void take_service(struct rd *r, bool none, struct bytes *ret_group, struct bytes *ret_name)
{
    struct service_id id;
    *ret_group = rd_text(r, GROUP_MAX);
    *ret_name = rd_text(r, SERVICE_NAME_MAX);
    if (r->err != OK || (none && ret_name->n == 0 && ret_group->n == 0))
        return;
    enum err e = service_id_make((struct bytes){ 0 }, *ret_group, *ret_name, &id);
    if (e != OK)
        rd_fail(r, e == ERR_TOO_BIG ? e : ERR_MALFORMED);
    if (ret_group->n == 0)
        rd_fail(r, ERR_MALFORMED); /* a default stands in the command */
}

/* A row that stands where one is put, and nowhere else. */
static struct bytes take_row(struct rd *r, const struct op_when *when)
{
    struct bytes row = rd_run(r);
    if (r->err == OK && (row.n > 0) != op_puts(when->verb))
        rd_fail(r, ERR_MALFORMED);
    return row;
}

static void check_row(struct rd *r, enum err e, bool agrees)
{
    if (r->err == OK && e != OK)
        rd_fail(r, e == ERR_TRUNCATED ? ERR_MALFORMED : e);
    else if (!agrees)
        rd_fail(r, ERR_MALFORMED);
}

/* -- nodes ------------------------------------------------------------------------------------ */

void node_op_put(const struct node_op *op, struct buf *out)
{
    put_when(&op->when, out);
    buf_put_run(out, op->name);
    buf_put_run(out, op->row);
}

struct node_op node_op_take(struct rd *r, struct arena *arena)
{
    struct node_op op = { .when = take_when(r) };
    struct node node;
    op.name = take_name(r, NODE_NAME_MAX);
    op.row = take_row(r, &op.when);
    if (r->err == OK && op_puts(op.when.verb)) {
        enum err e = node_read(op.row, arena, &node);
        check_row(r, e, e == OK && bytes_eq(node.name, op.name));
    }
    return op;
}

/* -- publications ----------------------------------------------------------------------------- */

void publication_op_put(const struct publication_op *op, struct buf *out)
{
    put_when(&op->when, out);
    buf_put_run(out, op->group);
    buf_put_run(out, op->name);
    buf_put_u8(out, (uint8_t)op->owner.face);
    buf_put_run(out, op->owner.name);
    buf_put_run(out, op->owner.part);
    buf_put_u64(out, (uint64_t)op->lease);
    buf_put_u8(out, op->of_member);
    buf_put_run(out, op->member_address);
    buf_put_run(out, op->row);
}

static void take_owner(struct rd *r, struct owner *owner)
{
    uint8_t face = rd_u8(r);
    owner->name = rd_run(r);
    owner->part = rd_run(r);
    owner->face = face < FACES ? (enum face)face : FACE_NONE;
    if (r->err == OK) {
        enum err e = owner_check(owner);
        if (e != OK)
            rd_fail(r, e == ERR_TOO_BIG ? e : ERR_MALFORMED);
    }
}

/* An agent's node is the one that its owner names: what is published there is found by it. */
static bool is_at_home(const struct publication_op *op, const struct publication *p)
{
    return p->node.n == 0 || text_eq_nocase(p->node, op->owner.name);
}

struct publication_op publication_op_take(struct rd *r, struct arena *arena)
{
    struct publication_op op = { .when = take_when(r) };
    struct publication p;
    take_service(r, !op_puts(op.when.verb), &op.group, &op.name);
    take_owner(r, &op.owner);
    if (op_puts(op.when.verb) && op.owner.face == FACE_ETCD)
        rd_fail(r, ERR_MALFORMED); /* its key alone makes it */
    if (r->err == OK && op.name.n == 0 && op.owner.name.n == 0)
        rd_fail(r, ERR_MALFORMED);
    op.lease = (int64_t)rd_u64(r);
    take_flag(r, &op.of_member);
    op.member_address = rd_text(r, ADDRESS_MAX);
    if (op.member_address.n > 0 && (!op.of_member || !is_name(op.member_address, ADDRESS_MAX)))
        rd_fail(r, ERR_MALFORMED);
    op.row = take_row(r, &op.when);
    if (r->err == OK && op_puts(op.when.verb)) {
        enum err e = publication_read(op.row, arena, &p);
        check_row(r, e, e == OK && p.stage == LEASE_LIVE && p.spoke == 0 && is_at_home(&op, &p));
    }
    return op;
}

/* -- checks ----------------------------------------------------------------------------------- */

void check_op_put(const struct check_op *op, struct buf *out)
{
    put_when(&op->when, out);
    buf_put_run(out, op->node);
    buf_put_run(out, op->instance);
    buf_put_run(out, op->id);
    buf_put_u8(out, op->of_member);
    buf_put_run(out, op->row);
}

static void take_check_names(struct rd *r, struct bytes *ret_node, struct bytes *ret_instance,
                             struct bytes *ret_id)
{
    *ret_node = take_name(r, NODE_NAME_MAX);
    *ret_instance = rd_text(r, INSTANCE_ID_MAX);
    if (ret_instance->n > 0 && !is_name(*ret_instance, INSTANCE_ID_MAX))
        rd_fail(r, ERR_MALFORMED);
    *ret_id = take_name(r, INSTANCE_ID_MAX);
}

struct check_op check_op_take(struct rd *r)
{
    struct check_op op = { .when = take_when(r) };
    struct check check;
    take_check_names(r, &op.node, &op.instance, &op.id);
    take_flag(r, &op.of_member);
    op.row = take_row(r, &op.when);
    if (r->err == OK && op_puts(op.when.verb)) {
        enum err e = check_read(op.row, &check);
        check_row(r, e, e == OK && bytes_eq(check.id, op.id) && check.service.n == 0);
    }
    return op;
}

void report_op_put(const struct report_op *op, struct buf *out)
{
    buf_put_run(out, op->node);
    buf_put_run(out, op->instance);
    buf_put_run(out, op->id);
    buf_put_u8(out, (uint8_t)op->status);
    buf_put_run(out, op->output);
}

struct report_op report_op_take(struct rd *r)
{
    struct report_op op = { 0 };
    take_check_names(r, &op.node, &op.instance, &op.id);
    op.status = rd_status(r);
    op.output = rd_text(r, CHECK_TEXT_MAX);
    if (r->err == OK && !check_has_status(op.status))
        rd_fail(r, ERR_MALFORMED);
    return op;
}

/* -- overlays --------------------------------------------------------------------------------- */

void overlay_op_put(const struct overlay_op *op, struct buf *out)
{
    put_when(&op->when, out);
    buf_put_run(out, op->group);
    buf_put_run(out, op->name);
    buf_put_run(out, op->address);
    buf_put_run(out, op->cluster);
    buf_put_u16(out, op->port);
    buf_put_run(out, op->row);
}

struct overlay_op overlay_op_take(struct rd *r, struct arena *arena)
{
    struct overlay_op op = { .when = take_when(r) };
    struct overlay overlay;
    take_service(r, false, &op.group, &op.name);
    op.address = take_name(r, ADDRESS_MAX);
    op.cluster = rd_text(r, CLUSTER_MAX);
    if (op.cluster.n > 0 && !is_name(op.cluster, CLUSTER_MAX))
        rd_fail(r, ERR_MALFORMED);
    op.port = rd_u16(r);
    op.row = take_row(r, &op.when);
    if (r->err == OK && op_puts(op.when.verb))
        check_row(r, overlay_read(op.row, arena, &overlay), true);
    return op;
}

/* -- services --------------------------------------------------------------------------------- */

void service_op_put(const struct service_op *op, struct buf *out)
{
    put_when(&op->when, out);
    buf_put_run(out, op->group);
    buf_put_run(out, op->name);
    buf_put_run(out, op->row);
}

struct service_op service_op_take(struct rd *r, struct arena *arena)
{
    struct service_op op = { .when = take_when(r) };
    struct service service;
    take_service(r, false, &op.group, &op.name);
    op.row = take_row(r, &op.when);
    if (r->err == OK && op_puts(op.when.verb))
        check_row(r, service_read(op.row, arena, &service), true);
    return op;
}

/* -- objects ---------------------------------------------------------------------------------- */

void object_op_put(const struct object_op *op, struct buf *out)
{
    put_when(&op->when, out);
    buf_put_u8(out, (uint8_t)op->kind);
    buf_put_run(out, op->type);
    buf_put_run(out, op->name);
    buf_put_run(out, op->row);
}

static void check_object_row(struct rd *r, enum object_kind kind, struct bytes row,
                             struct arena *arena)
{
    struct coordinate c;
    struct virtual_address v;
    if (kind == OBJECT_COORDINATE)
        check_row(r, coordinate_read(row, &c), true);
    else if (kind == OBJECT_VIRTUAL)
        check_row(r, virtual_read(row, arena, &v), true);
}

struct object_op object_op_take(struct rd *r, struct arena *arena)
{
    struct object_op op = { .when = take_when(r) };
    uint8_t kind = rd_u8(r);
    if (kind >= OBJECT_KINDS)
        rd_fail(r, ERR_MALFORMED);
    op.kind = kind < OBJECT_KINDS ? (enum object_kind)kind : OBJECT_CONFIG;
    op.type = rd_text(r, OBJECT_NAME_MAX);
    if (op.type.n > 0 && !is_name(op.type, OBJECT_NAME_MAX))
        rd_fail(r, ERR_MALFORMED);
    op.name = take_name(r, OBJECT_NAME_MAX);
    op.row = take_row(r, &op.when);
    if (op.row.n > OBJECT_ROW_MAX)
        rd_fail(r, ERR_TOO_BIG);
    if (r->err == OK && op_puts(op.when.verb))
        check_object_row(r, op.kind, op.row, arena);
    return op;
}

/* Operations are encoded with the commands' own codec. */
#include "test/unit/catalog/model/translate.h"

#include "catalog/change.h"
#include "catalog/node.h"
#include "catalog/overlay.h"
#include "catalog/publication.h"
#include "catalog/service.h"
#include "test/unit/catalog/model/name.h"

enum { BODY_BYTES = 1 << 20 };

static struct bytes name(struct arena *a, enum name kind, unsigned i, bool shout)
{
    struct name_text n = name_of(kind, i, shout);
    return arena_dup(a, bytes_str(n.text));
}

static enum op_verb verb_of(enum verb verb)
{
    static const enum op_verb verbs[VERBS] = { OP_GET, OP_SET, OP_CAS, OP_DELETE, OP_DELETE_CAS };
    return verbs[verb];
}

static struct op_when when_of(const struct m_op *op)
{
    return (struct op_when){ verb_of(op->verb), op->index };
}

/* What is in B if OP puts, else nothing. */
static struct bytes row_of(const struct m_op *op, struct arena *a, struct buf *b)
{
    struct bytes row = arena_dup(a, buf_bytes(b));
    buf_clear(b, BODY_BYTES);
    return op_puts(verb_of(op->verb)) ? row : (struct bytes){ 0 };
}

static struct node_op node_of(const struct m_op *op, struct arena *a, struct buf *b)
{
    static const char *const addresses[VALUES] = { "a0", "a1", "a2" };
    struct node n = { .name = name(a, NAME_NODE, op->node, op->shout),
                      .address = bytes_str(addresses[op->value]) };
    node_write(&n, b);
    return (struct node_op){ when_of(op), n.name, row_of(op, a, b) };
}

static struct publication_op publication_of(const struct m_op *op, struct arena *a, struct buf *b)
{
    static const enum face faces[] = { FACE_NACOS, FACE_EUREKA };
    struct publication_op p = { .when = when_of(op),
                                .group = bytes_str(GROUP_DEFAULT),
                                .name = name(a, NAME_SERVICE, op->service, op->shout),
                                .lease = op->lease,
                                .of_member = op->of_member };
    struct publication said = { .enabled = true, .port = (uint16_t)op->value };
    if (op->foreign > 0) {
        p.owner = (struct owner){ faces[face_of_foreign(op->foreign - 1)], bytes_str(""),
                                  name(a, NAME_FOREIGN, op->foreign - 1, false) };
        said.address = bytes_str("h");
    } else {
        said.id = name(a, NAME_PART, op->part, op->shout);
        said.node = name(a, NAME_NODE, op->node, op->shout);
        p.owner = (struct owner){ FACE_CONSUL, said.node, said.id };
    }
    if (op->unnamed)
        p.group = p.name = bytes_str("");
    publication_write(&said, b);
    p.row = row_of(op, a, b);
    return p;
}

static const enum status statuses[VALUES] = { STATUS_UP, STATUS_SUSPECT, STATUS_DOWN };

static struct bytes digit(struct arena *a, unsigned value)
{
    return bytes_str(arena_printf(a, "%u", value));
}

static struct bytes instance_of(const struct m_op *op, struct arena *a)
{
    return op->of_instance ? name(a, NAME_PART, op->part, op->shout) : bytes_str("");
}

static struct check_op check_of(const struct m_op *op, struct arena *a, struct buf *b)
{
    struct check c = { .status = statuses[op->value],
                       .notes = digit(a, op->notes),
                       .output = digit(a, op->output),
                       .id = name(a, NAME_CHECK, op->check, op->shout) };
    check_write(&c, b);
    return (struct check_op){ .when = when_of(op),
                              .node = name(a, NAME_NODE, op->node, op->shout),
                              .instance = instance_of(op, a),
                              .id = c.id,
                              .of_member = op->of_member,
                              .row = row_of(op, a, b) };
}

static struct report_op report_of(const struct m_op *op, struct arena *a)
{
    return (struct report_op){ .node = name(a, NAME_NODE, op->node, op->shout),
                               .instance = instance_of(op, a),
                               .id = name(a, NAME_CHECK, op->check, op->shout),
                               .status = statuses[op->value],
                               .output = digit(a, op->output) };
}

static struct overlay_op overlay_of(const struct m_op *op, struct arena *a, struct buf *b)
{
    struct overlay o = { .has = OVERLAY_WEIGHT, .weight = op->value };
    overlay_write(&o, b);
    return (struct overlay_op){ .when = when_of(op),
                                .group = bytes_str(GROUP_DEFAULT),
                                .name = name(a, NAME_SERVICE, op->service, op->shout),
                                .address = name(a, NAME_PLACE, op->place, op->shout),
                                .port = 80,
                                .row = row_of(op, a, b) };
}

static struct service_op service_of(const struct m_op *op, struct arena *a, struct buf *b)
{
    struct service s = { .protect_threshold = op->value };
    service_write(&s, b);
    return (struct service_op){ when_of(op), bytes_str(GROUP_DEFAULT),
                                name(a, NAME_SERVICE, op->service, op->shout), row_of(op, a, b) };
}

static struct object_op object_of(const struct m_op *op, struct arena *a, struct buf *b)
{
    buf_printf(b, "%u", op->value);
    return (struct object_op){ when_of(op), OBJECT_CONFIG, bytes_str("type"),
                               name(a, NAME_OBJECT, op->object, false), row_of(op, a, b) };
}

static struct change_op change_of(const struct m_op *op, struct arena *a, struct buf *b)
{
    struct change_op c = { .ns = name(a, NAME_NS, op->ns, false) };
    switch (op->thing) {
    case T_NODE:
        c.kind = CHANGE_NODE;
        c.node = node_of(op, a, b);
        break;
    case T_PUBLICATION:
        c.kind = CHANGE_PUBLICATION;
        c.publication = publication_of(op, a, b);
        break;
    case T_CHECK:
        c.kind = CHANGE_CHECK;
        c.check = check_of(op, a, b);
        break;
    case T_OVERLAY:
        c.kind = CHANGE_OVERLAY;
        c.overlay = overlay_of(op, a, b);
        break;
    case T_SERVICE:
        c.kind = CHANGE_SERVICE;
        c.service = service_of(op, a, b);
        break;
    case T_REPORT:
        c.kind = CHANGE_REPORT;
        c.report = report_of(op, a);
        break;
    case T_OBJECT:
    case THINGS:
        c.kind = CHANGE_OBJECT;
        c.object = object_of(op, a, b);
        break;
    }
    return c;
}

static void add_change(struct entries *e, const struct command_script *c, struct arena *a)
{
    struct change_op ops[OPS_MAX];
    struct buf b;
    buf_init(&b, BODY_BYTES);
    for (size_t i = 0; i < c->op_n; i++)
        ops[i] = change_of(&c->ops[i], a, &b);
    change_write(ops, c->op_n, &b);
    entries_command(e, COMMAND_CATALOG_CHANGE, buf_bytes(&b));
    buf_fini(&b);
}

void translate_command(struct entries *e, const struct command_script *c, struct arena *arena)
{
    enum face face = face_of_lease(c->lease) == 0 ? FACE_NACOS : FACE_EUREKA;
    struct lease_grant grant = { .id = c->lease, .ttl_ms = 5000, .remove_ms = 5000, .face = face };
    switch (c->what) {
    case C_CHANGE:
        add_change(e, c, arena);
        break;
    case C_GRANT:
        entries_grant(e, &grant);
        break;
    case C_REVOKE:
        entries_revoke(e, c->lease, face);
        break;
    case C_MOVE:
        entries_move(e, c->lease, (enum lease_stage)c->from, (enum lease_stage)c->to);
        break;
    }
}

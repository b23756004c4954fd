#include "test/unit/catalog/registry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "catalog/kinds.h"

enum { ROW_BYTES = 1 << 20, BODY_BYTES = 1 << 24 };

int registry_set_up(void **state)
{
    stand_set_up(state);
    struct stand *s = *state;
    s->options.kinds = catalog_kinds(&s->options.kind_n);
    s->options.hooks = catalog_hooks();
    stand_reopen(s);
    return 0;
}

const struct command_result *registry_apply(struct stand *s, const struct change_op *ops, size_t n)
{
    struct buf body;
    buf_init(&body, BODY_BYTES);
    change_write(ops, n, &body);
    entries_command(&s->entries, COMMAND_CATALOG_CHANGE, buf_bytes(&body));
    buf_fini(&body);
    return stand_apply(s);
}

uint64_t registry_do(struct stand *s, struct change_op op)
{
    const struct command_result *r = registry_apply(s, &op, 1);
    assert_int_equal(r->err, OK);
    return r->revision;
}

const struct change_result *registry_result(struct stand *s)
{
    const struct change_results *results = s->effects->results->upper;
    assert_int_equal(results->n, 1);
    return results->all;
}

enum change_refusal registry_refusal(struct stand *s, struct change_op op)
{
    assert_int_equal(registry_apply(s, &op, 1)->err, ERR_REFUSED);
    return registry_result(s)->refusal;
}

void registry_set_rules(struct stand *s, const struct projection_rules *rules)
{
    struct buf body;
    buf_init(&body, BODY_BYTES);
    projection_rules_write(rules, &body);
    entries_command(&s->entries, COMMAND_PROJECTION, buf_bytes(&body));
    buf_fini(&body);
    assert_int_equal(stand_apply(s)->err, OK);
}

/* -- operations ------------------------------------------------------------------------------- */

static struct change_op make(enum change_kind kind)
{
    return (struct change_op){ .kind = kind, .ns = bytes_str(NAMESPACE_DEFAULT) };
}

static struct bytes kept(struct stand *s, struct buf *row)
{
    struct bytes copy = arena_dup(&s->arena, buf_bytes(row));
    buf_fini(row);
    return copy;
}

struct change_op registry_node(struct stand *s, const char *name, const char *address)
{
    struct node n = { .name = bytes_str(name), .address = bytes_str(address) };
    struct buf row;
    buf_init(&row, ROW_BYTES);
    node_write(&n, &row);
    struct change_op op = make(CHANGE_NODE);
    op.node = (struct node_op){ { OP_SET, 0 }, n.name, kept(s, &row) };
    return op;
}

static struct change_op publish(struct stand *s, const char *name, struct owner owner,
                                const struct publication *p)
{
    struct buf row;
    buf_init(&row, ROW_BYTES);
    publication_write(p, &row);
    struct change_op op = make(CHANGE_PUBLICATION);
    op.publication = (struct publication_op){ .when = { OP_SET, 0 },
                                              .group = bytes_str(GROUP_DEFAULT),
                                              .name = bytes_str(name),
                                              .owner = owner,
                                              .row = kept(s, &row) };
    return op;
}

struct change_op registry_agent(struct stand *s, const char *node, const char *part,
                                const char *name, uint16_t port)
{
    struct owner owner = { FACE_CONSUL, bytes_str(node), bytes_str(part) };
    struct publication p = { .enabled = true,
                             .weight = WEIGHT_ONE,
                             .id = bytes_str(part),
                             .port = port,
                             .node = bytes_str(node) };
    return publish(s, name, owner, &p);
}

struct change_op registry_leased(struct stand *s, enum face face, const char *part,
                                 const char *name, const char *address, uint16_t port,
                                 int64_t lease)
{
    struct owner owner = { face, bytes_str(""), bytes_str(part) };
    struct publication p = { .enabled = true,
                             .ephemeral = true,
                             .weight = WEIGHT_ONE,
                             .address = bytes_str(address),
                             .port = port };
    struct change_op op = publish(s, name, owner, &p);
    op.publication.lease = lease;
    return op;
}

struct change_op registry_check(struct stand *s, const char *node, const char *instance,
                                const char *id, enum status status)
{
    struct check c = { .status = status, .id = bytes_str(id), .name = bytes_str(id) };
    struct buf row;
    buf_init(&row, ROW_BYTES);
    check_write(&c, &row);
    struct change_op op = make(CHANGE_CHECK);
    op.check = (struct check_op){ .when = { OP_SET, 0 },
                                  .node = bytes_str(node),
                                  .instance = bytes_str(instance),
                                  .id = c.id,
                                  .row = kept(s, &row) };
    return op;
}

struct change_op registry_report(const char *node, const char *instance, const char *id,
                                 enum status status, const char *output)
{
    struct change_op op = make(CHANGE_REPORT);
    op.report = (struct report_op){ .node = bytes_str(node),
                                    .instance = bytes_str(instance),
                                    .id = bytes_str(id),
                                    .status = status,
                                    .output = bytes_str(output) };
    return op;
}

struct change_op registry_overlay(struct stand *s, const char *name, const char *address,
                                  uint16_t port, bool enabled)
{
    struct overlay o = { .has = OVERLAY_ENABLED, .enabled = enabled };
    struct buf row;
    buf_init(&row, ROW_BYTES);
    overlay_write(&o, &row);
    struct change_op op = make(CHANGE_OVERLAY);
    op.overlay = (struct overlay_op){ .when = { OP_SET, 0 },
                                      .group = bytes_str(GROUP_DEFAULT),
                                      .name = bytes_str(name),
                                      .address = bytes_str(address),
                                      .port = port,
                                      .row = kept(s, &row) };
    return op;
}

struct change_op registry_service(struct stand *s, const char *name, uint32_t threshold)
{
    struct service service = { .protect_threshold = threshold };
    struct buf row;
    buf_init(&row, ROW_BYTES);
    service_write(&service, &row);
    struct change_op op = make(CHANGE_SERVICE);
    op.service = (struct service_op){
        { OP_SET, 0 }, bytes_str(GROUP_DEFAULT), bytes_str(name), kept(s, &row)
    };
    return op;
}

/* Where the operation of each kind has them. */
static struct op_when *when_of(struct change_op *op, struct bytes **ret_row)
{
    switch (op->kind) {
    case CHANGE_NODE:
        *ret_row = &op->node.row;
        return &op->node.when;
    case CHANGE_PUBLICATION:
        *ret_row = &op->publication.row;
        return &op->publication.when;
    case CHANGE_CHECK:
        *ret_row = &op->check.row;
        return &op->check.when;
    case CHANGE_OVERLAY:
        *ret_row = &op->overlay.row;
        return &op->overlay.when;
    case CHANGE_SERVICE:
        *ret_row = &op->service.row;
        return &op->service.when;
    case CHANGE_OBJECT:
        *ret_row = &op->object.row;
        return &op->object.when;
    case CHANGE_KV:
    case CHANGE_SESSION_CREATE:
    case CHANGE_SESSION_END:
    case CHANGE_EVENT:
    case CHANGE_VIRTUAL:
    case CHANGE_REPORT:
    case CHANGE_KINDS:
        break;
    }
    fail();
    return NULL;
}

struct change_op registry_with(struct change_op op, enum op_verb verb, uint64_t index)
{
    struct bytes *row;
    struct op_when *when = when_of(&op, &row);
    *when = (struct op_when){ verb, index };
    if (!op_puts(verb))
        *row = (struct bytes){ 0 };
    return op;
}

struct service_id registry_id(const char *name)
{
    return (struct service_id){ bytes_str(NAMESPACE_DEFAULT), bytes_str(GROUP_DEFAULT),
                                bytes_str(name) };
}

/* Rows as they will stand, read back before they are sent: what is refused is refused here, with a
 * sentence. */
#include "faces/consul/registry/edit.h"

#include "catalog/publication.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/registry/change.h"
#include "faces/consul/rows/mesh.h"
#include "faces/consul/rows/rows.h"

struct consul_edit consul_edit_new(struct consul_call *c)
{
    return (struct consul_edit){ .arena = consul_arena(c) };
}

static struct change_op *add(struct consul_edit *edit, enum change_kind kind)
{
    if (edit->n == edit->room) {
        edit->room = edit->room == 0 ? 8 : 2 * edit->room;
        struct change_op *more = arena_zalloc(edit->arena, edit->room, sizeof *more);
        if (edit->n > 0)
            memcpy(more, edit->ops, edit->n * sizeof *more);
        edit->ops = more;
    }
    struct change_op *op = &edit->ops[edit->n++];
    *op = (struct change_op){ .kind = kind, .ns = bytes_str(CONSUL_NS) };
    return op;
}

static enum err refused(enum err e, const char *what, struct why *why)
{
    return why_set(why, ERR_INVALID, "%s %s", what,
                   e == ERR_TOO_BIG ? "has a part that is too long or a list with too many elements"
                                    : "has a part with characters that names may not have");
}

/* -- nodes --------------------------------------------------------------------------------------
 */

enum err consul_edit_node(struct consul_edit *edit, const struct node *node,
                          const struct consul_extras *extras, enum op_verb verb, struct why *why)
{
    struct buf row, more;
    struct node full = *node, again;
    buf_init(&row, NODE_MAX + 1);
    buf_init(&more, NODE_MAX + 1);
    consul_extras_write(extras, &more);
    full.extras = buf_bytes(&more);
    node_write(&full, &row);
    enum err e = buf_err(&more) == OK ? buf_err(&row) : ERR_TOO_BIG;
    struct bytes text = arena_dup(edit->arena, buf_bytes(&row));
    buf_fini(&row);
    buf_fini(&more);
    if (e == OK)
        e = node_read(text, edit->arena, &again);
    if (e != OK)
        return refused(e, "the node", why);
    struct change_op *op = add(edit, CHANGE_NODE);
    op->node = (struct node_op){ .when = { .verb = verb }, .name = node->name, .row = text };
    return OK;
}

void consul_edit_drop_node(struct consul_edit *edit, struct bytes node)
{
    struct change_op *op = add(edit, CHANGE_NODE);
    op->node = (struct node_op){ .when = { .verb = OP_DELETE }, .name = node };
}

/* -- instances ----------------------------------------------------------------------------------
 */

static void write_instance(const struct consul_place *place, const struct consul_instance *in,
                           struct bytes extras, struct buf *out)
{
    uint64_t weight = (uint64_t)in->extras.passing * WEIGHT_ONE;
    struct publication p = {
        .reported = STATUS_UP,
        .enabled = true,
        .id = in->id,
        .address = in->address,
        .port = in->port,
        .weight = weight > WEIGHT_MAX ? WEIGHT_MAX : (uint32_t)weight,
        .metadata = in->meta,
        .tags = (struct bytes *)(uintptr_t)in->tags,
        .tag_n = in->tag_n,
        .node = place->node,
        .extras = extras,
    };
    publication_write(&p, out);
}

/* What stands for a service in the mesh gives it a virtual address. */
static void add_virtual(struct consul_edit *edit, const struct consul_instance *in)
{
    struct bytes service = consul_extras_mesh_service(&in->extras, in->word, edit->arena);
    if (is_name(service, OBJECT_NAME_MAX))
        add(edit, CHANGE_VIRTUAL)->virtual_of = service;
}

enum err consul_edit_instance(struct consul_edit *edit, const struct consul_place *place,
                              const struct consul_instance *in, struct why *why)
{
    struct buf row, more;
    struct publication again;
    struct owner owner = { .face = FACE_CONSUL, .name = place->node, .part = in->id };
    buf_init(&row, PUBLICATION_MAX + 1);
    buf_init(&more, EXTRAS_MAX + 1);
    consul_extras_write(&in->extras, &more);
    write_instance(place, in, buf_bytes(&more), &row);
    enum err e = buf_err(&more) == OK ? buf_err(&row) : ERR_TOO_BIG;
    struct bytes text = arena_dup(edit->arena, buf_bytes(&row));
    buf_fini(&row);
    buf_fini(&more);
    if (e == OK)
        e = owner_check(&owner);
    if (e == OK)
        e = publication_read(text, edit->arena, &again);
    if (e != OK)
        return refused(e, "the service", why);
    struct change_op *op = add(edit, CHANGE_PUBLICATION);
    op->publication = (struct publication_op){ .when = { .verb = OP_SET },
                                               .group = in->service.group,
                                               .name = in->service.name,
                                               .owner = owner,
                                               .of_member = place->is_member,
                                               .member_address = place->address,
                                               .row = text };
    add_virtual(edit, in);
    return OK;
}

void consul_edit_drop_instance(struct consul_edit *edit, const struct consul_place *place,
                               struct bytes id)
{
    struct change_op *op = add(edit, CHANGE_PUBLICATION);
    op->publication =
        (struct publication_op){ .when = { .verb = OP_DELETE },
                                 .owner = { .face = FACE_CONSUL, .name = place->node, .part = id },
                                 .of_member = place->is_member };
}

/* -- checks -------------------------------------------------------------------------------------
 */

enum err consul_edit_check(struct consul_edit *edit, const struct consul_place *place,
                           struct bytes instance, const struct check *check,
                           const struct check_extras *extras, struct why *why)
{
    struct buf row, more;
    struct check full = *check, again;
    buf_init(&row, CHECK_MAX + 1);
    buf_init(&more, CHECK_MAX + 1);
    check_extras_write(extras, &more);
    full.extras = buf_bytes(&more);
    full.group = full.service = bytes_str(""); /* filled in by the catalog */
    check_write(&full, &row);
    enum err e = buf_err(&more) == OK ? buf_err(&row) : ERR_TOO_BIG;
    struct bytes text = arena_dup(edit->arena, buf_bytes(&row));
    buf_fini(&row);
    buf_fini(&more);
    if (e == OK)
        e = check_read(text, &again);
    if (e != OK)
        return refused(e, "the check", why);
    struct change_op *op = add(edit, CHANGE_CHECK);
    op->check = (struct check_op){ .when = { .verb = OP_SET },
                                   .node = place->node,
                                   .instance = instance,
                                   .id = check->id,
                                   .of_member = place->is_member,
                                   .row = text };
    return OK;
}

void consul_edit_drop_check(struct consul_edit *edit, const struct consul_place *place,
                            struct bytes instance, struct bytes id)
{
    struct change_op *op = add(edit, CHANGE_CHECK);
    op->check = (struct check_op){ .when = { .verb = OP_DELETE },
                                   .node = place->node,
                                   .instance = arena_dup(edit->arena, instance),
                                   .id = arena_dup(edit->arena, id),
                                   .of_member = place->is_member };
}

/* -- submitting ---------------------------------------------------------------------------------
 */

static bool refuse_change(struct consul_call *c, enum err err, const struct command_result *result)
{
    if (err != ERR_REFUSED)
        return false;
    const struct change_result *r = consul_change_refused(result);
    switch (r->refusal) {
    case CHANGE_NO_NODE:
        consul_refuse_text(c, 500, "Missing node registration");
        return true;
    case CHANGE_NO_SERVICE:
        consul_refuse_text(c, 500, "Missing service registration");
        return true;
    case CHANGE_NAME_TAKEN:
        consul_refuse_text(c, 500, "%s", consul_name_taken_text(c, r));
        return true;
    case CHANGE_STALE:
        consul_refuse_text(c, 500, "the index is stale");
        return true;
    case CHANGE_DONE:
    case CHANGE_ABSENT:
    case CHANGE_NO_LEASE:
    case CHANGE_OTHER:
        break;
    }
    return false;
}

static void written(struct consul_call *c, const struct command_result *result)
{
    c->on_changed(c);
}

void consul_edit_submit(struct consul_call *c, const struct consul_edit *edit,
                        void (*on_written)(struct consul_call *c))
{
    if (edit->n == 0) {
        on_written(c);
        return;
    }
    if (edit->n > CHANGE_OPS_MAX) {
        consul_refuse_text(c, 413, "more than %d changes at once", CHANGE_OPS_MAX);
        return;
    }
    c->on_changed = on_written;
    c->on_refused = refuse_change;
    consul_change(c, edit->ops, edit->n, written);
}

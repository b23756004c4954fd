/* A write of an entry: read what there is, check, submit with the guard, and again if the guard has
 * moved in between. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/config/entries_write.h"
#include "faces/consul/registry/change.h"
#include "faces/consul/rows/rows.h"

enum { ROW_FORMAT = 1, TRIES_MAX = 16 };

static void look(struct consul_call *c, const struct view *view);

static struct consul_entry *find_own(const struct consul_entries *all,
                                     const struct consul_entry_change *change)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->all[i].kind == change->kind && bytes_eq(all->all[i].name, change->name))
            return &all->all[i];
    return NULL;
}

/* -- the command --------------------------------------------------------------------------------
 */

static struct bytes make_row(struct consul_call *c, struct bytes json)
{
    uint8_t *row = arena_alloc(consul_arena(c), json.n + 1);
    row[0] = ROW_FORMAT;
    memcpy(row + 1, json.p, json.n);
    return bytes_of(row, json.n + 1);
}

/* Its row says what it replaces, so that each put is a change. */
static struct change_op guard_op(struct consul_call *c, uint64_t guard)
{
    struct buf row;
    buf_init(&row, 16);
    buf_put_u8(&row, ROW_FORMAT);
    buf_put_u64(&row, guard);
    struct change_op op = { .kind = CHANGE_OBJECT, .ns = bytes_str(CONSUL_NS) };
    op.object = (struct object_op){ .when = { .verb = OP_CAS, .index = guard },
                                    .kind = OBJECT_CONFIG,
                                    .type = bytes_str(""),
                                    .name = bytes_str("guard"),
                                    .row = arena_dup(consul_arena(c), buf_bytes(&row)) };
    buf_fini(&row);
    return op;
}

static struct change_op entry_op(struct consul_call *c, const struct consul_entry_change *change)
{
    struct change_op op = { .kind = CHANGE_OBJECT, .ns = bytes_str(CONSUL_NS) };
    op.object = (struct object_op){ .kind = OBJECT_CONFIG,
                                    .type = bytes_str(config_entry_kind_name(change->kind)),
                                    .name = change->name };
    if (change->removes) {
        op.object.when.verb = change->has_cas ? OP_DELETE_CAS : OP_DELETE;
    } else {
        op.object.when.verb = change->has_cas ? OP_CAS : OP_SET;
        op.object.row = make_row(c, change->json);
    }
    op.object.when.index = change->has_cas ? change->cas : 0;
    return op;
}

static void written(struct consul_call *c, const struct command_result *result)
{
    const struct consul_entry_change *change = c->state;
    change->done(c, true);
}

static bool refused(struct consul_call *c, enum err err, const struct command_result *result)
{
    struct consul_entry_change *change = c->state;
    const struct change_results *results = result->upper;
    if (err != ERR_REFUSED)
        return false;
    if (results->all[0].refusal == CHANGE_DONE) { /* the guard stood; the entry did not */
        change->done(c, false);
    } else if (++change->tries == TRIES_MAX) {
        consul_refuse_text(c, 500, "config entries are being written by too many at once");
    } else {
        consul_read(c, look);
    }
    return true;
}

/* Who has an entry of a chain can be called in the mesh, whether it has instances or not. */
static bool gives_address(const struct consul_entry_change *change)
{
    return !change->removes && is_name(change->name, OBJECT_NAME_MAX) &&
           (change->kind == ENTRY_SERVICE_ROUTER || change->kind == ENTRY_SERVICE_SPLITTER ||
            change->kind == ENTRY_SERVICE_RESOLVER);
}

static void submit(struct consul_call *c, uint64_t guard)
{
    const struct consul_entry_change *change = c->state;
    struct change_op ops[3] = { guard_op(c, guard), entry_op(c, change) };
    size_t n = 2;
    if (gives_address(change)) {
        ops[n] = (struct change_op){ .kind = CHANGE_VIRTUAL, .ns = bytes_str(CONSUL_NS) };
        ops[n++].virtual_of = change->name;
    }
    c->on_refused = refused;
    consul_change(c, ops, n, written);
}

/* -- checking -----------------------------------------------------------------------------------
 */

/* True if nothing has to be written; RET says what is answered. */
static bool is_settled(const struct consul_entry_change *change, const struct consul_entry *own,
                       bool *ret)
{
    bool stands = change->removes ? own == NULL : own != NULL && bytes_eq(own->json, change->json);
    *ret = stands; /* whatever the index */
    return stands || (change->has_cas && change->cas != (own == NULL ? 0 : own->modify));
}

/* False: refused and answered. */
static bool check(struct consul_call *c, const struct consul_entry_change *change,
                  struct consul_entries *all)
{
    struct why why = { "" };
    struct consul_entry pending = {
        .kind = change->kind, .name = change->name, .json = change->json, .is_gone = change->removes
    };
    all->pending = &pending;
    enum err e = consul_entries_check(all, bytes_str(c->face->self.datacenter), &why);
    all->pending = NULL;
    if (e == ERR_INVALID || e == ERR_TOO_BIG)
        consul_refuse_text(c, 500, "%s", why.text);
    else if (e != OK)
        consul_fail(c, e);
    return e == OK;
}

static bool handle_view(struct consul_call *c, struct consul_entry_change *change,
                        const struct view *view, uint64_t *ret_guard)
{
    struct consul_entries all;
    bool done;
    enum err e = consul_entries_read(view, ENTRY_KIND_N, &c->face->scratch, &all);
    if (e != OK) {
        consul_fail(c, e);
        return false;
    }
    *ret_guard = all.guard;
    if (change->prepare != NULL && change->prepare(c, change, &all))
        return false;
    if (is_settled(change, find_own(&all, change), &done)) {
        change->done(c, done);
        return false;
    }
    return check(c, change, &all);
}

static void look(struct consul_call *c, const struct view *view)
{
    struct arena *scratch = &c->face->scratch;
    uint64_t guard;
    bool goes_on = handle_view(c, c->state, view, &guard); /* or C is gone */
    arena_clear(scratch);
    if (goes_on)
        submit(c, guard);
}

void consul_entry_submit(struct consul_call *c, struct consul_entry_change *change)
{
    c->state = change;
    consul_read(c, look);
}

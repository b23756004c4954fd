/* Each operation does to the copy what it says. What follows is found by comparing the copy with
 * what was before. */
#include "test/unit/catalog/model/model.h"

#include <string.h>

struct touch { /* of a service, by one command */
    bool touched, shout, removed;
    int64_t more;
};

struct work {
    struct model *m; /* the copy */
    const struct model *was;
    uint64_t revision;
    struct touch touches[NAMESPACES][SERVICES];
    int nodes[NAMESPACES][NODES]; /* 1 touched, 2 gone */
};

void model_init(struct model *m)
{
    *m = (struct model){ .revision = 1 };
}

static void touch(struct work *w, unsigned ns, unsigned service, bool shout, int64_t more)
{
    struct touch *t = &w->touches[ns][service];
    if (!t->touched)
        t->shout = shout;
    t->touched = true;
    t->more += more;
    t->removed |= more < 0;
}

static void put(struct work *w, struct m_row *row)
{
    if (!row->there)
        row->create = w->revision;
    row->there = true;
    row->mod = w->revision;
}

/* -- verbs ------------------------------------------------------------------------------------ */

static bool puts_row(const struct m_op *op)
{
    return op->verb == V_SET || op->verb == V_CAS;
}

static bool deletes(const struct m_op *op)
{
    return op->verb == V_DELETE || op->verb == V_DELETE_CAS;
}

static enum m_refusal may(const struct m_op *op, const struct m_row *row)
{
    bool at = row->there && row->mod == op->index;
    if (op->verb == V_GET && !row->there)
        return M_ABSENT;
    if (op->verb == V_CAS && !(op->index == 0 ? !row->there : at))
        return M_STALE;
    return op->verb == V_DELETE_CAS && !at ? M_STALE : M_DONE;
}

/* A row without anything special about it; true if it changed. */
static bool put_plain(struct work *w, const struct m_op *op, struct m_row *row, bool with_shout)
{
    bool shout = with_shout && op->shout;
    if (deletes(op)) {
        bool was = row->there;
        *row = (struct m_row){ 0 };
        return was;
    }
    if (!puts_row(op) || (row->there && row->value == op->value && row->shout == shout))
        return false;
    put(w, row);
    row->value = op->value;
    row->shout = shout;
    return true;
}

/* -- checks ----------------------------------------------------------------------------------- */

static void drop_checks(struct work *w, unsigned ns, unsigned node, unsigned part)
{
    for (size_t i = 0; i < CHECKS; i++) {
        struct m_row *c = &w->m->ns[ns].checks[node][part][i];
        if (c->there)
            touch(w, ns, c->of, c->of_shout, 0);
        *c = (struct m_row){ 0 };
    }
}

static void touch_checked(struct work *w, const struct m_op *op, const struct m_row *row)
{
    if (op->of_instance)
        touch(w, op->ns, row->of, row->of_shout, 0);
    else
        w->nodes[op->ns][op->node] = 1;
}

static enum m_refusal put_check(struct work *w, const struct m_op *op, struct m_row *row)
{
    const struct m_ns *n = &w->m->ns[op->ns];
    const struct m_from *from = &n->from[op->node][op->part];
    if (!op->of_member && !n->nodes[op->node].there)
        return M_NO_NODE;
    if (op->of_instance && !from->there)
        return M_NO_SERVICE;
    unsigned of = op->of_instance ? from->service : 0;
    bool of_shout = op->of_instance && from->shout;
    if (row->there && row->value == op->value && row->shout == op->shout &&
        row->notes == op->notes && row->output == op->output && row->of == of &&
        row->of_shout == of_shout)
        return M_DONE;
    put(w, row);
    row->value = op->value;
    row->shout = op->shout;
    row->notes = op->notes;
    row->output = op->output;
    row->of = of;
    row->of_shout = of_shout;
    touch_checked(w, op, row);
    return M_DONE;
}

static enum m_refusal do_check(struct work *w, const struct m_op *op, struct m_row *row)
{
    if (puts_row(op))
        return put_check(w, op, row);
    if (!deletes(op) || !row->there)
        return M_DONE;
    touch_checked(w, op, row);
    *row = (struct m_row){ 0 };
    return M_DONE;
}

static enum m_refusal do_report(struct work *w, const struct m_op *op, struct m_row *row)
{
    if (!row->there)
        return M_ABSENT;
    if (row->value == op->value && row->output == op->output)
        return M_DONE;
    put(w, row);
    row->value = op->value;
    row->output = op->output;
    touch_checked(w, op, row);
    return M_DONE;
}

/* -- publications ----------------------------------------------------------------------------- */

static void drop_agent(struct work *w, unsigned ns, unsigned service, bool shout, unsigned node,
                       unsigned part)
{
    struct m_ns *n = &w->m->ns[ns];
    n->agents[service][node][part] = (struct m_row){ 0 };
    touch(w, ns, service, shout, -1);
    if (n->from[node][part].there && n->from[node][part].service == service)
        n->from[node][part] = (struct m_from){ 0 };
    drop_checks(w, ns, node, part);
}

static void say(struct work *w, const struct m_op *op, struct m_row *row, enum stage stage)
{
    bool shout = op->foreign == 0 && op->shout; /* the name of an agent's id and node */
    bool same = row->there && row->value == op->value && row->shout == shout;
    row->lease = op->lease;
    if (same && row->stage == stage)
        return;
    touch(w, op->ns, op->service, op->shout, row->there ? 0 : 1);
    put(w, row);
    row->stage = stage;
    if (same)
        return;
    row->spoke = w->revision;
    row->value = op->value;
    row->shout = shout;
}

/* A name on a node belongs to one service. */
static void move_name(struct work *w, const struct m_op *op)
{
    struct m_ns *n = &w->m->ns[op->ns];
    struct m_from *from = &n->from[op->node][op->part];
    if (from->there && from->service == op->service)
        return;
    struct m_from old = *from;
    *from = (struct m_from){ true, op->shout, op->service };
    if (!old.there)
        return;
    n->agents[old.service][op->node][op->part] = (struct m_row){ 0 };
    touch(w, op->ns, old.service, old.shout, -1);
    for (size_t i = 0; i < CHECKS; i++) {
        struct m_row *c = &n->checks[op->node][op->part][i];
        if (!c->there)
            continue;
        put(w, c);
        c->of = op->service;
        c->of_shout = op->shout;
    }
}

static enum m_refusal do_publication(struct work *w, const struct m_op *op, struct m_row *row,
                                     unsigned service, bool shout)
{
    const struct m_lease *lease = &w->m->leases[op->lease];
    bool agent = op->foreign == 0;
    if (deletes(op) && row->there) {
        if (agent) {
            drop_agent(w, op->ns, service, shout, op->node, op->part);
        } else {
            *row = (struct m_row){ 0 };
            touch(w, op->ns, service, shout, -1);
        }
    }
    if (!puts_row(op))
        return M_DONE;
    if (agent && !op->of_member && !w->m->ns[op->ns].nodes[op->node].there)
        return M_NO_NODE;
    bool fits = !agent && face_of_foreign(op->foreign - 1) == face_of_lease(op->lease);
    if (op->lease != 0 && (!lease->there || !fits))
        return M_NO_LEASE;
    say(w, op, row, op->lease == 0 ? S_LIVE : lease->stage);
    if (agent)
        move_name(w, op);
    return M_DONE;
}

/* -- nodes ------------------------------------------------------------------------------------ */

static void drop_node(struct work *w, unsigned ns, unsigned node)
{
    struct m_ns *n = &w->m->ns[ns];
    for (unsigned part = 0; part < PARTS; part++) {
        struct m_from from = n->from[node][part];
        if (from.there)
            drop_agent(w, ns, from.service, from.shout, node, part);
    }
    memset(n->node_checks[node], 0, sizeof n->node_checks[node]);
    n->nodes[node] = (struct m_row){ 0 };
    w->nodes[ns][node] = 2;
}

/* -- one operation ---------------------------------------------------------------------------- */

static struct m_row *find_publication(struct m_ns *n, const struct m_op *op, unsigned *ret_service,
                                      bool *ret_shout)
{
    const struct m_from *from = &n->from[op->node][op->part];
    *ret_service = op->service;
    *ret_shout = op->shout;
    if (op->foreign > 0)
        return &n->foreign[op->service][op->foreign - 1];
    if (op->unnamed && !from->there)
        return NULL;
    if (op->unnamed) {
        *ret_service = from->service;
        *ret_shout = from->shout;
    }
    return &n->agents[*ret_service][op->node][op->part];
}

static struct m_row *find(struct m_ns *n, const struct m_op *op, unsigned *ret_service,
                          bool *ret_shout)
{
    switch (op->thing) {
    case T_NODE:
        return &n->nodes[op->node];
    case T_PUBLICATION:
        return find_publication(n, op, ret_service, ret_shout);
    case T_CHECK:
    case T_REPORT:
        return op->of_instance ? &n->checks[op->node][op->part][op->check]
                               : &n->node_checks[op->node][op->check];
    case T_OVERLAY:
        return &n->overlays[op->service][op->place];
    case T_SERVICE:
        return &n->definitions[op->service];
    case T_OBJECT:
    case THINGS:
        break;
    }
    return &n->objects[op->object];
}

static enum m_refusal do_op(struct work *w, const struct m_op *op, struct m_result *result)
{
    static struct m_row none;
    unsigned service = op->service;
    bool shout = op->shout;
    struct m_row *row = find(&w->m->ns[op->ns], op, &service, &shout);
    enum m_refusal refusal = op->thing == T_REPORT ? M_DONE : may(op, row == NULL ? &none : row);
    if (refusal != M_DONE || row == NULL)
        return refusal;
    if (op->thing == T_PUBLICATION)
        refusal = do_publication(w, op, row, service, shout);
    else if (op->thing == T_CHECK)
        refusal = do_check(w, op, row);
    else if (op->thing == T_REPORT)
        refusal = do_report(w, op, row);
    else if (op->thing == T_NODE && deletes(op))
        drop_node(w, op->ns, op->node);
    else if (put_plain(w, op, row, op->thing == T_NODE)) {
        if (op->thing == T_NODE)
            w->nodes[op->ns][op->node] = 1;
        else if (op->thing != T_OBJECT)
            touch(w, op->ns, op->service, op->shout, 0);
    }
    result->create[result->op_n - 1] = row->create;
    result->modify[result->op_n - 1] = row->mod;
    return refusal;
}

/* -- what follows ----------------------------------------------------------------------------- */

/* True if any of N rows is another than before, and notes TABLE. */
static bool compare(struct work *w, unsigned ns, const void *now, const void *was, size_t bytes,
                    enum m_table table)
{
    const struct m_row *a = now, *b = was;
    bool changed = false;
    for (size_t i = 0; i < bytes / sizeof *a; i++)
        changed |= a[i].there ? a[i].mod == w->revision : b[i].there;
    if (changed)
        w->m->ns[ns].tables[table] = w->revision;
    return changed;
}

#define COMPARE(w, i, field, table) \
    compare(w, i, (w)->m->ns[i].field, (w)->was->ns[i].field, sizeof(w)->m->ns[i].field, table)

static bool note_tables(struct work *w)
{
    bool changed = false;
    for (unsigned i = 0; i < NAMESPACES; i++) {
        changed |= COMPARE(w, i, nodes, M_NODES);
        changed |= COMPARE(w, i, agents, M_SERVICES);
        changed |= COMPARE(w, i, foreign, M_SERVICES);
        changed |= COMPARE(w, i, overlays, M_SERVICES);
        changed |= COMPARE(w, i, definitions, M_SERVICES);
        changed |= COMPARE(w, i, node_checks, M_CHECKS);
        changed |= COMPARE(w, i, checks, M_CHECKS);
        changed |= COMPARE(w, i, objects, M_CONFIG);
    }
    return changed;
}

static void note_service(struct work *w, unsigned ns, unsigned service)
{
    const struct touch *t = &w->touches[ns][service];
    struct m_ns *n = &w->m->ns[ns];
    struct m_state *s = &n->states[service];
    if (!t->touched)
        return;
    if (!s->there)
        s->shout = t->shout;
    s->n += (uint64_t)t->more;
    s->revision = w->revision;
    if (t->removed)
        s->last_removal = w->revision;
    if (t->removed && s->n == 0)
        n->tables[M_EXTINCT] = w->revision;
    s->there = s->n > 0 || n->definitions[service].there;
    if (!s->there)
        *s = (struct m_state){ 0 };
}

/* The revision is taken if a row changed. */
static void follow(struct work *w)
{
    if (!note_tables(w))
        return;
    w->m->revision = w->revision;
    for (unsigned ns = 0; ns < NAMESPACES; ns++) {
        for (unsigned i = 0; i < SERVICES; i++)
            note_service(w, ns, i);
        for (unsigned i = 0; i < NODES; i++)
            if (w->nodes[ns][i] != 0)
                w->m->ns[ns].node_states[i] = w->nodes[ns][i] == 1 ? w->revision : 0;
    }
}

/* -- leases ----------------------------------------------------------------------------------- */

static void end_or_move(struct work *w, unsigned lease, enum stage to)
{
    for (unsigned ns = 0; ns < NAMESPACES; ns++) {
        for (unsigned service = 0; service < SERVICES; service++) {
            for (unsigned i = 0; i < FOREIGN; i++) {
                struct m_row *row = &w->m->ns[ns].foreign[service][i];
                if (!row->there || row->lease != lease || row->stage == to)
                    continue;
                touch(w, ns, service, false, to == S_REMOVED ? -1 : 0);
                if (to == S_REMOVED) {
                    *row = (struct m_row){ 0 };
                    continue;
                }
                put(w, row);
                row->stage = to;
            }
        }
    }
    w->m->leases[lease] = (struct m_lease){ to != S_REMOVED, to };
}

static enum m_refusal do_lease(struct work *w, const struct command_script *c)
{
    struct m_lease *lease = &w->m->leases[c->lease];
    if (c->what == C_GRANT) {
        if (lease->there)
            return M_LEASE;
        *lease = (struct m_lease){ .there = true };
        return M_DONE;
    }
    if (!lease->there || (c->what == C_MOVE && lease->stage != c->from))
        return M_LEASE;
    end_or_move(w, c->lease, c->what == C_MOVE ? c->to : S_REMOVED);
    return M_DONE;
}

uint64_t model_mod(const struct model *m, const struct m_op *op)
{
    struct m_ns copy = m->ns[op->ns];
    unsigned service;
    bool shout;
    const struct m_row *row = find(&copy, op, &service, &shout);
    return row == NULL ? 0 : row->mod;
}

struct m_result model_apply(struct model *m, const struct command_script *c)
{
    struct model copy = *m;
    struct work w = { .m = &copy, .was = m, .revision = m->revision + 1 };
    struct m_result result = { 0 };
    if (c->what != C_CHANGE)
        result.refusal = do_lease(&w, c);
    for (size_t i = 0; i < c->op_n && result.refusal == M_DONE; i++) {
        result.op_n++;
        result.refusal = do_op(&w, &c->ops[i], &result);
    }
    if (result.refusal == M_DONE) {
        follow(&w);
        *m = copy;
    }
    return result;
}

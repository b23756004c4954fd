#include "test/unit/catalog/model/random.h"

static enum verb random_verb(struct dice *d)
{
    static const unsigned weights[VERBS] = {
        [V_GET] = 3, [V_SET] = 50, [V_CAS] = 12, [V_DELETE] = 18, [V_DELETE_CAS] = 6
    };
    return (enum verb)dice_weighted(d, weights, VERBS);
}

static enum thing random_thing(struct dice *d)
{
    static const unsigned weights[THINGS] = {
        [T_NODE] = 12,   [T_PUBLICATION] = 45, [T_CHECK] = 22, [T_OVERLAY] = 8,
        [T_SERVICE] = 8, [T_OBJECT] = 5,       [T_REPORT] = 15
    };
    return (enum thing)dice_weighted(d, weights, THINGS);
}

static struct m_op random_op(struct dice *d, const struct model *m)
{
    struct m_op op = {
        .thing = random_thing(d),
        .verb = random_verb(d),
        .ns = dice_percent(d, 15),
        .node = (unsigned)dice_below(d, NODES),
        .service = (unsigned)dice_below(d, SERVICES),
        .part = (unsigned)dice_below(d, PARTS),
        .check = (unsigned)dice_below(d, CHECKS),
        .place = (unsigned)dice_below(d, PLACES),
        .object = (unsigned)dice_below(d, OBJECTS),
        .value = (unsigned)dice_below(d, VALUES),
        .notes = (unsigned)dice_below(d, VALUES),
        .output = (unsigned)dice_below(d, VALUES),
        .shout = dice_percent(d, 20),
        .of_member = dice_percent(d, 30),
    };
    if (op.thing == T_NODE && op.verb == V_DELETE && dice_percent(d, 60))
        op.verb = V_SET;
    if (op.thing == T_PUBLICATION && dice_percent(d, 45))
        op.foreign = 1 + (unsigned)dice_below(d, FOREIGN);
    bool puts = op.verb == V_SET || op.verb == V_CAS;
    if (op.thing == T_PUBLICATION && op.foreign == 0)
        op.unnamed = !puts && dice_percent(d, 70);
    if (op.foreign > 0 && puts && dice_percent(d, 75))
        op.lease = 1 + (unsigned)dice_below(d, LEASES);
    op.of_instance = (op.thing == T_CHECK || op.thing == T_REPORT) && dice_percent(d, 60);
    if (op.verb == V_CAS || op.verb == V_DELETE_CAS)
        op.index = dice_percent(d, 75) ? model_mod(m, &op) : dice_below(d, 3) * m->revision / 2;
    return op;
}

struct command_script random_command(struct dice *d, const struct model *m)
{
    static const unsigned weights[] = {
        [C_CHANGE] = 80, [C_GRANT] = 8, [C_REVOKE] = 3, [C_MOVE] = 9
    };
    struct command_script c = { .what = (enum m_command)dice_weighted(d, weights, 4) };
    c.lease = 1 + (unsigned)dice_below(d, LEASES);
    if (c.what == C_MOVE) {
        c.from = dice_percent(d, 80) ? m->leases[c.lease].stage : S_LIVE;
        c.to = (enum stage)dice_below(d, dice_percent(d, 25) ? S_REMOVED + 1 : S_REMOVED);
    }
    if (c.what == C_CHANGE)
        c.op_n = dice_percent(d, 50) ? 1 : dice_between(d, 1, OPS_MAX);
    for (size_t i = 0; i < c.op_n; i++)
        c.ops[i] = random_op(d, m);
    return c;
}

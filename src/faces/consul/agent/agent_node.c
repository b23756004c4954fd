#include "faces/consul/agent/agent_node.h"

#include "faces/consul/agent/agent.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/rows/selectors.h"
#include "wire/go_text.h"

struct consul_place consul_agent_place(const struct consul_call *c)
{
    return (struct consul_place){ .node = bytes_str(c->face->self.node_name),
                                  .is_member = true,
                                  .address = bytes_str(c->face->self.address) };
}

enum err consul_agent_node(struct consul_call *c, const struct consul_rows *rows,
                           struct consul_node *ret)
{
    return consul_node_read(rows, bytes_str(c->face->self.node_name), ret);
}

/* -- maintenance --------------------------------------------------------------------------------
 */

bool consul_agent_read_enable(struct consul_call *c)
{
    struct bytes value;
    bool enable;
    if (!consul_param(c, "enable", &value))
        consul_refuse_text(c, 400, "Missing value for enable");
    else if (go_read_bool(value, &enable) != OK)
        consul_refuse_text(c, 400, "Invalid value for enable: %s", consul_quoted(c, value));
    return !c->is_answered;
}

enum err consul_agent_maintenance(struct consul_call *c, struct consul_edit *edit,
                                  struct bytes instance, struct bytes id, const char *name,
                                  struct why *why)
{
    struct bytes value, reason;
    bool enable = false;
    struct consul_place place = consul_agent_place(c);
    if (!consul_param(c, "reason", &reason) || reason.n == 0)
        reason = bytes_str(instance.n > 0
                               ? "Maintenance mode is enabled for this service, but no reason was "
                                 "provided. This is a default message."
                               : "Maintenance mode is enabled for this node, but no reason was "
                                 "provided. This is a default message.");
    if (!consul_param(c, "enable", &value) || go_read_bool(value, &enable) != OK || !enable) {
        consul_edit_drop_check(edit, &place, instance, id);
        return OK;
    }
    struct check row = { .status = STATUS_DOWN,
                         .id = id,
                         .name = bytes_str(name),
                         .notes = reason,
                         .type = bytes_str("maintenance") };
    const struct check_extras none = { .is_run = false };
    enum err e = consul_edit_check(edit, &place, instance, &row, &none, why);
    if (e == OK) /* what is in maintenance already keeps its reason */
        edit->ops[edit->n - 1].check.when.verb = OP_ENSURE;
    return e;
}

void consul_agent_node_maintenance(struct consul_call *c)
{
    struct consul_edit edit = consul_edit_new(c);
    struct why why = { 0 };
    if (!consul_agent_read_enable(c) ||
        !consul_grant(c, ACCESS_WRITE, ACCESS_NODE, bytes_str(c->face->self.node_name)))
        return;
    if (consul_agent_maintenance(c, &edit, bytes_str(""), bytes_str("_node_maintenance"),
                                 "Node Maintenance Mode", &why) != OK)
        consul_refuse_text(c, 400, "%s", why.text);
    else
        consul_edit_submit(c, &edit, consul_answer_empty);
}

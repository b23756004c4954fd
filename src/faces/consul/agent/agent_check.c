/* Checks of the agent: of its node and of the services registered on it. */
#include "base/text.h"
#include "faces/consul/agent/agent.h"
#include "faces/consul/agent/agent_node.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/registry/body.h"
#include "faces/consul/registry/change.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/show.h"
#include "health/report.h"

/* -- what there is ------------------------------------------------------------------------------
 */

static void show_checks_of(struct consul_call *c, struct json_writer *j,
                           const struct consul_check_list *list, struct bytes service)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct consul_check *check = &list->all[i];
        bool may = service.n == 0 ? consul_may(c, ACCESS_READ, ACCESS_NODE, check->node)
                                  : consul_may(c, ACCESS_READ, ACCESS_SERVICE, service);
        bool is_made = check->row.extras.p == NULL && bytes_is(check->row.id, "serfHealth");
        if (!may || is_made || !consul_filter_keeps(c, check))
            continue;
        json_put_name_bytes(j, check->row.id);
        consul_show_check(j, check);
    }
}

static enum err show_all_checks(struct consul_call *c, const struct consul_rows *rows,
                                struct json_writer *j)
{
    struct consul_node node;
    struct consul_check_list own;
    struct consul_service_list services;
    enum err e = consul_agent_node(c, rows, &node);
    if (e == OK)
        e = consul_node_checks_read(rows, &node, &own);
    if (e == OK)
        e = consul_registered_list(rows, &node, &services);
    if (e == OK)
        show_checks_of(c, j, &own, bytes_str(""));
    for (size_t i = 0; e == OK && i < services.n; i++) {
        struct consul_service full;
        e = consul_registered_read(rows, &node, services.all[i].id, &full);
        if (e == OK)
            show_checks_of(c, j, &full.checks, full.name);
    }
    return e;
}

static void show_checks(struct consul_call *c, const struct view *view)
{
    struct consul_rows rows = consul_rows_of(c, view);
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    enum err e = show_all_checks(c, &rows, j);
    json_close_object(j);
    if (e != OK)
        consul_fail(c, e);
    else
        consul_answer_filtered(c);
}

void consul_agent_checks(struct consul_call *c)
{
    if (consul_grant_open(c) && consul_filter_begin(c, &consul_check_schema))
        consul_read(c, show_checks);
}

/* -- registering --------------------------------------------------------------------------------
 */

struct new_check { /* call->state */
    struct consul_check_body body;
    struct check_extras extras;
    struct bytes id;
};

/* May the caller write what the check belongs to? SERVICE is empty for the node. */
static bool may_write(struct consul_call *c, struct bytes service)
{
    return service.n > 0
               ? consul_grant(c, ACCESS_WRITE, ACCESS_SERVICE, service)
               : consul_grant(c, ACCESS_WRITE, ACCESS_NODE, bytes_str(c->face->self.node_name));
}

static bool validate(struct consul_call *c, struct new_check *n)
{
    const struct consul_check_body *b = &n->body;
    struct why why = { 0 };
    enum status status;
    n->extras.is_run = true;
    n->id = b->check_id.n > 0 ? b->check_id : b->id.n > 0 ? b->id : b->name;
    if (b->name.n == 0)
        consul_refuse_text(c, 400, "Missing check name");
    else if (b->status.n > 0 && !consul_status_parse(b->status, &status))
        consul_refuse_text(c, 400, "Bad check status");
    else if (consul_check_define(b, consul_arena(c), &n->extras.run, &why) != OK)
        consul_refuse_text(c, 400, "Invalid check: %s", why.text);
    else if (n->extras.run.kind == CHECK_SCRIPT && !c->face->options.runs_scripts)
        consul_refuse_text(c, 500,
                           "Scripts are disabled on this agent from remote calls; to "
                           "enable, configure 'enable_script_checks' to true");
    return !c->is_answered;
}

static struct check row_of(const struct new_check *n, const struct consul_check *before)
{
    struct check row = { .status = before == NULL ? STATUS_DOWN : before->row.status,
                         .output = before == NULL ? bytes_str("") : before->row.output,
                         .id = n->id,
                         .name = n->body.name,
                         .notes = n->body.notes,
                         .type = bytes_str(check_kind_name(n->extras.run.kind)) };
    if (n->body.status.n > 0)
        consul_status_parse(n->body.status, &row.status);
    return row;
}

/* OK, ERR_NOT_FOUND for a service that is not there; RET is unchanged for a check of the node. */
static enum err find_service(const struct consul_rows *rows, const struct consul_node *node,
                             struct bytes id, struct consul_service *ret)
{
    return id.n == 0 ? OK : consul_registered_read(rows, node, id, ret);
}

static void register_check(struct consul_call *c, const struct view *view)
{
    struct new_check *n = c->state;
    struct consul_node node;
    struct consul_service service = { 0 };
    struct consul_check before;
    struct consul_edit edit = consul_edit_new(c);
    struct consul_place place = consul_agent_place(c);
    struct consul_rows rows = consul_rows_of(c, view);
    struct why why = { 0 };
    enum err e = consul_agent_node(c, &rows, &node);
    if (e == OK)
        e = find_service(&rows, &node, n->body.service_id, &service);
    if (e == ERR_NOT_FOUND)
        consul_refuse_text(c, 404, "ServiceID %s does not exist",
                           consul_quoted(c, n->body.service_id));
    else if (e != OK)
        consul_fail(c, e);
    if (e != OK)
        return;
    bool is_there = consul_check_find(&rows, &node, n->id, &before) == OK;
    struct check row = row_of(n, is_there ? &before : NULL);
    if (is_there && !text_eq_nocase(before.instance, n->body.service_id))
        consul_edit_drop_check(&edit, &place, before.instance, before.row.id);
    if (!may_write(c, service.name))
        return;
    if (consul_edit_check(&edit, &place, n->body.service_id, &row, &n->extras, &why) != OK)
        consul_refuse_text(c, 400, "Invalid check: %s", why.text);
    else
        consul_edit_submit(c, &edit, consul_answer_empty);
}

void consul_agent_check_register(struct consul_call *c)
{
    struct new_check *n = c->state = arena_zalloc(consul_arena(c), 1, sizeof *n);
    if (consul_decode(c, &consul_check_shape, &n->body) && validate(c, n) && consul_grant_open(c))
        consul_read(c, register_check);
}

/* -- one that is there --------------------------------------------------------------------------
 */

static void refuse_unknown(struct consul_call *c)
{
    consul_refuse_text(c, 404,
                       "Unknown check ID %s. Ensure that the check ID is passed, not the check "
                       "name.",
                       consul_quoted(c, c->rest));
}

/* The check of the rest of the path, which the caller may write; false: refused and answered. */
static bool find_own(struct consul_call *c, const struct view *view, struct consul_check *ret)
{
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_node *node = arena_zalloc(rows.arena, 1, sizeof *node);
    enum err e = consul_agent_node(c, &rows, node);
    if (e == OK)
        e = consul_check_find(&rows, node, c->rest, ret);
    if (e == ERR_NOT_FOUND)
        refuse_unknown(c);
    else if (e != OK)
        consul_fail(c, e);
    return e == OK && may_write(c, ret->service);
}

static void deregister_check(struct consul_call *c, const struct view *view)
{
    struct consul_check check;
    struct consul_edit edit = consul_edit_new(c);
    struct consul_place place = consul_agent_place(c);
    if (!find_own(c, view, &check))
        return;
    consul_edit_drop_check(&edit, &place, check.instance, check.row.id);
    consul_edit_submit(c, &edit, consul_answer_empty);
}

void consul_agent_check_deregister(struct consul_call *c)
{
    if (consul_grant_open(c))
        consul_read(c, deregister_check);
}

/* -- time to live -------------------------------------------------------------------------------
 */

struct report_body { /* call->state */
    struct bytes word, output;
    enum status status;
};

static bool refuse_report(struct consul_call *c, enum err err, const struct command_result *result)
{
    if (err == ERR_REFUSED)
        refuse_unknown(c);
    return err == ERR_REFUSED;
}

static void answer_written(struct consul_call *c, const struct command_result *result)
{
    consul_answer_empty(c);
}

/* On a full disk too. CHECK may have been defined anew, or be gone, when it happens. */
static void write_report(struct consul_call *c, const struct consul_check *check)
{
    const struct report_body *report = c->state;
    struct consul_place place = consul_agent_place(c);
    struct buf output;
    buf_init(&output, CHECK_TEXT_MAX);
    report_output(report->output, report->output.n, check->extras.run.output_max, &output);
    const struct change_op op = { .kind = CHANGE_REPORT,
                                  .ns = bytes_str(CONSUL_NS),
                                  .report = { .node = place.node,
                                              .instance = check->instance,
                                              .id = check->row.id,
                                              .status = report->status,
                                              .output = buf_bytes(&output) } };
    c->on_refused = refuse_report;
    consul_change_anyway(c, &op, 1, answer_written);
    buf_fini(&output);
}

static void report_check(struct consul_call *c, const struct view *view)
{
    const struct report_body *report = c->state;
    const struct consul_options *options = &c->face->options;
    struct consul_check check;
    if (!find_own(c, view, &check))
        return;
    bool has_ttl = check.extras.is_run && check.extras.run.kind == CHECK_TTL;
    if (!has_ttl) {
        consul_refuse_text(c, 500, "CheckID %s does not have associated TTL",
                           consul_quoted(c, c->rest));
    } else if (options->note_check != NULL && report->status == check.row.status) {
        options->note_check(options->ctx, check.instance, check.row.id, report->status,
                            report->output);
        consul_answer_empty(c);
    } else {
        write_report(c, &check);
    }
}

static void report(struct consul_call *c, enum status status, struct bytes output)
{
    struct report_body *body = c->state = arena_zalloc(consul_arena(c), 1, sizeof *body);
    *body = (struct report_body){ .status = status, .output = output };
    if (consul_grant_open(c))
        consul_read(c, report_check);
}

static void report_note(struct consul_call *c, enum status status)
{
    struct bytes note;
    report(c, status, consul_param(c, "note", &note) ? note : bytes_str(""));
}

void consul_agent_check_pass(struct consul_call *c)
{
    report_note(c, STATUS_UP);
}

void consul_agent_check_warn(struct consul_call *c)
{
    report_note(c, STATUS_SUSPECT);
}

void consul_agent_check_fail(struct consul_call *c)
{
    report_note(c, STATUS_DOWN);
}

static const struct json_field update_fields[] = {
    JSON_FIELD(struct report_body, word, "Status", STRING),
    JSON_FIELD(struct report_body, output, "Output", STRING),
};
static const struct json_shape update_shape = { "checkUpdate", sizeof(struct report_body),
                                                update_fields, ARRAY_LEN(update_fields), false };

void consul_agent_check_update(struct consul_call *c)
{
    struct report_body body = { 0 };
    if (!consul_decode(c, &update_shape, &body))
        return;
    if (!consul_status_parse(body.word, &body.status))
        consul_refuse_text(c, 400, "Invalid check status: '%s'", consul_text(c, body.word));
    else
        report(c, body.status, body.output);
}

/* /v1/agent/health: how a service registered here is, in one word and one status. */
#include "base/text.h"
#include "faces/consul/agent/agent.h"
#include "faces/consul/agent/agent_node.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/show.h"

static const struct rollup {
    const char *word;
    int status;
} rollups[] = { /* from best to worst */
                { "passing", 200 },
                { "warning", 429 },
                { "critical", 503 },
                { "maintenance", 503 }
};
enum { PASSING, WARNING, CRITICAL, MAINTENANCE };

static size_t worst_of(const struct consul_check_list *list, size_t worst)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct check *row = &list->all[i].row;
        size_t level = row->status == STATUS_UP        ? PASSING
                       : row->status == STATUS_SUSPECT ? WARNING
                                                       : CRITICAL;
        if (bytes_is(row->type, "maintenance"))
            level = MAINTENANCE;
        worst = level > worst ? level : worst;
    }
    return worst;
}

static bool wants_text(struct consul_call *c)
{
    struct bytes format, accept = http_header(c->request, "accept");
    return (consul_param(c, "format", &format) && bytes_is(format, "text")) ||
           bytes_is(accept, "text/plain");
}

/* One service with the checks of its node and its own. */
static void show_one(struct consul_call *c, struct json_writer *j, const struct consul_service *s,
                     const struct consul_check_list *node_checks)
{
    size_t worst = worst_of(&s->checks, worst_of(node_checks, PASSING));
    json_open_object(j);
    json_add_str(j, "AggregatedStatus", rollups[worst].word);
    json_put_name(j, "Service");
    consul_show_agent_service(j, s, c->face->self.datacenter, NULL);
    json_add_array(j, "Checks");
    for (size_t i = 0; i < node_checks->n; i++)
        consul_show_check(j, &node_checks->all[i]);
    for (size_t i = 0; i < s->checks.n; i++)
        consul_show_check(j, &s->checks.all[i]);
    json_close_array(j);
    json_close_object(j);
}

/* REASON, and if text is wanted it alone, else the JSON that was written. */
static void answer_with(struct consul_call *c, int status, const char *reason)
{
    consul_header(c, "x-consul-reason", reason);
    if (wants_text(c)) {
        buf_put_str(consul_body(c), reason);
        consul_answer_body(c, status, "text/plain");
    } else {
        consul_answer_json(c, status);
    }
}

static void answer(struct consul_call *c, size_t worst)
{
    answer_with(c, rollups[worst].status, rollups[worst].word);
}

static enum err read_node(struct consul_call *c, const struct consul_rows *rows,
                          struct consul_node *node, struct consul_check_list *checks)
{
    enum err e = consul_agent_node(c, rows, node);
    if (e == OK)
        e = consul_node_checks_read(rows, node, checks);
    if (e == OK && node->is_member) { /* the check of its members is none of the agent's own */
        checks->all++;
        checks->n--;
    }
    return e;
}

/* -- by id --------------------------------------------------------------------------------------
 */

static void answer_no_id(struct consul_call *c)
{
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_str(j, "AggregatedStatus", "critical");
    json_add_null(j, "Service");
    json_add_null(j, "Checks");
    json_close_object(j);
    answer_with(c, 404,
                arena_printf(consul_arena(c), "ServiceId %s not found", consul_text(c, c->rest)));
}

static void by_id(struct consul_call *c, const struct view *view)
{
    struct consul_rows rows = consul_rows_of(c, view);
    struct consul_node node;
    struct consul_check_list checks;
    struct consul_service service;
    enum err e = read_node(c, &rows, &node, &checks);
    if (e == OK)
        e = consul_registered_read(&rows, &node, c->rest, &service);
    if (e == ERR_NOT_FOUND) {
        answer_no_id(c);
    } else if (e != OK) {
        consul_fail(c, e);
    } else if (consul_grant(c, ACCESS_READ, ACCESS_SERVICE, service.name)) {
        show_one(c, consul_json(c), &service, &checks);
        answer(c, worst_of(&service.checks, worst_of(&checks, PASSING)));
    }
}

void consul_agent_health_by_id(struct consul_call *c)
{
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing serviceID");
    else if (consul_grant_open(c))
        consul_read(c, by_id);
}

/* -- by name ------------------------------------------------------------------------------------
 */

static void answer_no_name(struct consul_call *c)
{
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    json_close_array(j);
    answer_with(c, 404,
                arena_printf(consul_arena(c), "ServiceName %s Not Found", consul_text(c, c->rest)));
}

static enum err show_named(struct consul_call *c, const struct consul_rows *rows,
                           struct json_writer *j, size_t *ret_worst, size_t *ret_n)
{
    struct consul_node *node = arena_zalloc(rows->arena, 1, sizeof *node);
    struct consul_check_list checks;
    struct consul_service_list list = { 0 };
    enum err e = read_node(c, rows, node, &checks);
    if (e == OK)
        e = consul_registered_list(rows, node, &list);
    *ret_worst = PASSING;
    *ret_n = 0;
    for (size_t i = 0; e == OK && i < list.n; i++) {
        struct consul_service full;
        if (!text_eq_nocase(list.all[i].name, c->rest))
            continue;
        e = consul_registered_read(rows, node, list.all[i].id, &full);
        if (e != OK)
            break;
        show_one(c, j, &full, &checks);
        *ret_worst = worst_of(&full.checks, worst_of(&checks, *ret_worst));
        ++*ret_n;
    }
    return e;
}

static void by_name(struct consul_call *c, const struct view *view)
{
    struct consul_rows rows = consul_rows_of(c, view);
    struct json_writer *j = consul_json(c);
    size_t worst, n;
    json_open_array(j);
    enum err e = show_named(c, &rows, j, &worst, &n);
    json_close_array(j);
    if (e != OK)
        consul_fail(c, e);
    else if (n == 0)
        answer_no_name(c);
    else
        answer(c, worst);
}

void consul_agent_health_by_name(struct consul_call *c)
{
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing service Name");
    else if (consul_grant(c, ACCESS_READ, ACCESS_SERVICE, c->rest))
        consul_read(c, by_name);
}

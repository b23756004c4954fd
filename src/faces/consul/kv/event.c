/* /v1/event: what users fire. Events are rows: every member has them, and they survive a restart.
 *
 * Their index is made of the newest one's id, so it does not grow: a query waits until it differs.
 */
#include "base/text.h"
#include "catalog/read.h"
#include "catalog/user_event.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/call/query.h"
#include "faces/consul/registry/change.h"
#include "faces/consul/rows/rows.h"
#include "wire/regex.h"

/* -- one event -------------------------------------------------------------------------------- */

static void put_payload(struct json_writer *j, struct bytes payload)
{
    json_put_name(j, "Payload");
    if (payload.n == 0)
        json_put_null(j);
    else
        json_put_base64(j, payload);
}

static void put_event(struct json_writer *j, const struct user_event *e, uint64_t number)
{
    char id[UUID_TEXT + 1];
    uuid_print(&e->id, id);
    json_open_object(j);
    json_add_str(j, "ID", id);
    json_add_string(j, "Name", e->name);
    put_payload(j, e->payload);
    json_add_string(j, "NodeFilter", e->node_filter);
    json_add_string(j, "ServiceFilter", e->service_filter);
    json_add_string(j, "TagFilter", e->tag_filter);
    json_add_uint(j, "Version", 1);
    json_add_uint(j, "LTime", number);
    json_close_object(j);
}

/* -- firing ----------------------------------------------------------------------------------- */

/* A filter into *RET if it is given; false: refused and answered. */
static bool read_filter(struct consul_call *c, const char *name, struct bytes *ret)
{
    struct regex *regex;
    struct why why = { "" };
    if (!consul_param(c, name, ret) || ret->n == 0)
        return true;
    if (ret->n > USER_EVENT_FILTER_MAX)
        consul_refuse_text(c, 500, "Invalid %s filter: it is longer than %d bytes", name,
                           USER_EVENT_FILTER_MAX);
    else if (regex_compile(*ret, consul_arena(c), &regex, &why) != OK)
        consul_refuse_text(c, 500, "Invalid %s filter: %s", name, why.text);
    return !c->is_answered;
}

static bool read_event(struct consul_call *c, struct user_event *e)
{
    if (e->name.n == 0) {
        consul_refuse_text(c, 400, "Missing name");
        return false;
    }
    struct bytes tag = { 0 }, service = { 0 };
    (void)consul_param(c, "tag", &tag);
    (void)consul_param(c, "service", &service);
    if (tag.n > 0 && service.n == 0) {
        consul_refuse_text(c, 500, "Cannot provide tag filter without service filter");
        return false;
    }
    if (e->name.n > USER_EVENT_NAME_MAX || e->payload.n > USER_EVENT_PAYLOAD_MAX) {
        consul_refuse_text(c, 500,
                           "user event exceeds configured limit of %d bytes before encoding",
                           USER_EVENT_PAYLOAD_MAX);
        return false;
    }
    return read_filter(c, "node", &e->node_filter) &&
           read_filter(c, "service", &e->service_filter) && read_filter(c, "tag", &e->tag_filter);
}

static void answer_fired(struct consul_call *c, const struct command_result *result)
{
    const struct change_op *op = c->state;
    put_event(consul_json(c), &op->event, 0);
    consul_answer_json(c, 200);
}

static void handle_fire(struct consul_call *c)
{
    struct change_op *op = arena_zalloc(consul_arena(c), 1, sizeof *op);
    *op = (struct change_op){ .kind = CHANGE_EVENT, .ns = bytes_str(CONSUL_NS) };
    op->event =
        (struct user_event){ .id = uuid_random(consul_random(c->face), consul_random(c->face)),
                             .name = c->rest,
                             .payload = http_body(c->request) };
    c->state = op;
    if (read_event(c, &op->event) && consul_grant(c, ACCESS_WRITE, ACCESS_EVENT, op->event.name))
        consul_change(c, op, 1, answer_fired);
}

/* -- whom it is for --------------------------------------------------------------------------- */

static bool matches(struct consul_call *c, struct bytes pattern, struct bytes subject)
{
    struct regex *regex;
    struct why why;
    bool found;
    enum err e = regex_compile(pattern, &c->face->scratch, &regex, &why);
    if (e == OK)
        e = regex_match(regex, subject, &found);
    return e == OK && found;
}

static bool has_tag(struct consul_call *c, const struct publication *p, struct bytes pattern)
{
    bool found = pattern.n == 0;
    for (size_t i = 0; i < p->tag_n && !found; i++)
        found = matches(c, pattern, p->tags[i]);
    return found;
}

/* Is something published from this node that the event's filters name? */
static enum err has_service(struct consul_call *c, const struct view *view,
                            const struct user_event *e, bool *ret)
{
    struct all_from_node all;
    enum err err = from_node_read(view, bytes_str(CONSUL_NS), bytes_str(c->face->self.node_name),
                                  &c->face->scratch, &all);
    *ret = false;
    for (size_t i = 0; err == OK && i < all.n && !*ret; i++)
        *ret = matches(c, e->service_filter, all.all[i].service.name) &&
               has_tag(c, &all.all[i].published.said, e->tag_filter);
    return err;
}

/* Is it for this agent, called NAME (empty: whatever), and may the caller see it? */
static enum err is_wanted(struct consul_call *c, const struct view *view, struct bytes name,
                          const struct user_event *e, bool *ret)
{
    *ret =
        (name.n == 0 || bytes_eq(name, e->name)) &&
        (e->node_filter.n == 0 || matches(c, e->node_filter, bytes_str(c->face->self.node_name))) &&
        consul_may(c, ACCESS_READ, ACCESS_EVENT, e->name);
    return *ret && e->service_filter.n > 0 ? has_service(c, view, e, ret) : OK;
}

/* -- the list --------------------------------------------------------------------------------- */

static uint64_t half(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

static enum err index_events(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct user_events *all = arena_zalloc(&c->face->scratch, 1, sizeof *all);
    struct bytes name = { 0 };
    uint8_t room[2 + NAMESPACE_MAX];
    struct buf prefix = { .p = room, .room = sizeof room, .max = sizeof room };
    user_event_prefix(bytes_str(CONSUL_NS), &prefix);
    consul_depends_prefix(c, SPACE_CATALOG, buf_bytes(&prefix));
    (void)consul_param(c, "name", &name);
    enum err e = user_events_read(view, bytes_str(CONSUL_NS), &c->face->scratch, all);
    size_t n = 0;
    for (size_t i = 0; e == OK && i < all->n; i++) {
        bool wanted;
        e = is_wanted(c, view, name, &all->all[i].event, &wanted);
        if (e == OK && wanted)
            all->all[n++] = all->all[i];
    }
    all->n = n;
    c->state = all;
    const uint8_t *id = n == 0 ? NULL : all->all[n - 1].event.id.b;
    *ret = id == NULL ? 1 : half(id) ^ half(id + 8);
    return e;
}

static void answer_events(struct consul_call *c, const struct view *view)
{
    const struct user_events *all = c->state;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; i < all->n; i++)
        put_event(j, &all->all[i].event, all->all[i].number);
    json_close_array(j);
    consul_answer_json(c, 200);
}

static const struct consul_query events_query = { .index = index_events,
                                                  .answer = answer_events,
                                                  .until_differs = true };

static void handle_list(struct consul_call *c)
{
    if (consul_grant_open(c))
        consul_query(c, &events_query);
}

/* -- the table -------------------------------------------------------------------------------- */

static const struct consul_route routes[] = {
    { .method = "PUT",
      .path = "/v1/event/fire/",
      .handle = handle_fire,
      .access = "event:write",
      .parameters = "node, service, tag",
      .does = "the event; it is kept by all members, not handed to other agents",
      .test = "test_event fired_event_is_listed" },
    { .method = "GET",
      .path = "/v1/event/list",
      .handle = handle_list,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LOCAL,
      .access = "event:read filters",
      .parameters = "name",
      .does = "the last 256 events that are for this node, oldest first; a query waits until the "
              "index differs",
      .test = "test_event query_waits_until_the_index_differs" },
};

const struct consul_area consul_event_area = { "event", routes, ARRAY_LEN(routes) };

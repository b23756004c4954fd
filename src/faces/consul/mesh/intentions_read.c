/* /v1/connect/intentions: reading. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/mesh/intentions_routes.h"
#include "faces/consul/rows/index.h"
#include "faces/consul/rows/selectors.h"

/* -- asking for them ----------------------------------------------------------------------------
 */

struct asked { /* call->state */
    struct bytes source, destination, id;
    enum intention_side side;
    struct bytes *names;
    size_t name_n;
    struct intentions all;
};

static enum err index_of(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct asked *a = c->state;
    enum err e = consul_index_of_table(c, view, REGISTRY_CONFIG, ret);
    return e == OK ? consul_intentions_read(view, &c->face->scratch, &a->all) : e;
}

static struct asked *ask(struct consul_call *c)
{
    struct asked *a = arena_zalloc(consul_arena(c), 1, sizeof *a);
    c->state = a;
    return a;
}

static void answer_list(struct consul_call *c, const struct view *view)
{
    const struct asked *a = c->state;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; i < a->all.n; i++)
        if (consul_may(c, ACCESS_READ, ACCESS_INTENTION, a->all.all[i].destination) &&
            consul_filter_keeps(c, &a->all.all[i]))
            consul_intention_write(&a->all.all[i], j);
    json_close_array(j);
    consul_answer_filtered(c);
}

void consul_intention_list(struct consul_call *c)
{
    static const struct consul_query query = { index_of, answer_list };
    ask(c);
    if (consul_grant_open(c) && consul_filter_begin(c, &consul_intention_schema))
        consul_query(c, &query);
}

static bool is_asked(const struct asked *a, const struct intention *one)
{
    if (a->id.n > 0)
        return bytes_eq(one->source->legacy_id, a->id);
    return bytes_eq(one->source->name, a->source) && bytes_eq(one->destination, a->destination) &&
           one->source->peer.n == 0;
}

static void answer_one(struct consul_call *c, const struct view *view)
{
    const struct asked *a = c->state;
    for (size_t i = 0; i < a->all.n; i++) {
        const struct intention *one = &a->all.all[i];
        if (!is_asked(a, one))
            continue;
        if (!consul_may(c, ACCESS_READ, ACCESS_INTENTION, one->destination)) {
            consul_refuse_text(c, 403, "Permission denied");
            return;
        }
        consul_intention_write(one, consul_json(c));
        consul_answer_json(c, 200);
        return;
    }
    consul_refuse_text(c, 404, "Intention not found");
}

void consul_intention_get_exact(struct consul_call *c)
{
    static const struct consul_query query = { index_of, answer_one };
    struct asked *a = ask(c);
    if (consul_intention_pair(c, &a->source, &a->destination) &&
        consul_grant(c, ACCESS_READ, ACCESS_INTENTION, a->destination))
        consul_query(c, &query);
}

void consul_intention_get(struct consul_call *c)
{
    static const struct consul_query query = { index_of, answer_one };
    struct asked *a = ask(c);
    struct uuid id;
    a->id = c->rest;
    if (!uuid_parse(c->rest, &id))
        consul_refuse_text(c, 400,
                           "failed intention lookup: index error: UUID must be 36 "
                           "characters");
    else if (consul_grant_open(c))
        consul_query(c, &query);
}

/* -- matching and checking ----------------------------------------------------------------------
 */

static void answer_match(struct consul_call *c, const struct view *view)
{
    const struct asked *a = c->state;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    for (size_t i = 0; i < a->name_n; i++) {
        json_put_name_bytes(j, a->names[i]);
        json_open_array(j);
        for (size_t k = 0; k < a->all.n; k++)
            if (intention_matches(&a->all.all[k], a->side, a->names[i]))
                consul_intention_write(&a->all.all[k], j);
        json_close_array(j);
    }
    json_close_object(j);
    consul_answer_json(c, 200);
}

/* False: refused and answered. */
static bool read_names(struct consul_call *c, struct asked *a)
{
    struct bytes text;
    while (http_query_get(c->request, "name", a->name_n, &text))
        a->name_n++;
    if (a->name_n == 0) {
        consul_refuse_text(c, 400, "required query parameter 'name' not set");
        return false;
    }
    a->names = arena_zalloc(consul_arena(c), a->name_n, sizeof *a->names);
    for (size_t i = 0; i < a->name_n; i++) {
        http_query_get(c->request, "name", i, &text);
        if (!consul_intention_name(text, &a->names[i])) {
            consul_refuse_text(c, 400, "name %s is invalid", consul_quoted(c, text));
            return false;
        }
        if (!consul_grant(c, ACCESS_READ, ACCESS_INTENTION, a->names[i]))
            return false;
    }
    return true;
}

void consul_intention_match(struct consul_call *c)
{
    static const struct consul_query query = { index_of, answer_match };
    struct asked *a = ask(c);
    struct bytes by;
    if (!consul_param(c, "by", &by) || by.n == 0) {
        consul_refuse_text(c, 400, "required query parameter 'by' not set");
        return;
    }
    a->side = bytes_is(by, "source") ? INTENTION_BY_SOURCE : INTENTION_BY_DESTINATION;
    if (a->side == INTENTION_BY_DESTINATION && !bytes_is(by, "destination"))
        consul_refuse_text(c, 400, "'by' parameter must be one of 'source' or 'destination'");
    else if (read_names(c, a))
        consul_query(c, &query);
}

static void answer_check(struct consul_call *c, const struct view *view)
{
    const struct asked *a = c->state;
    const struct intention *which;
    bool may = consul_intentions_allow(c, &a->all, a->source, a->destination, &which);
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_bool(j, "Allowed", may);
    json_close_object(j);
    consul_answer_json(c, 200);
}

void consul_intention_check(struct consul_call *c)
{
    static const struct consul_query query = { index_of, answer_check };
    struct asked *a = ask(c);
    if (consul_intention_pair(c, &a->source, &a->destination) &&
        consul_grant(c, ACCESS_READ, ACCESS_SERVICE, a->destination))
        consul_query(c, &query);
}

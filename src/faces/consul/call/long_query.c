/* A query in steps. While they go on its timer runs, and it hangs on what it depends on: what
 * changes behind the held view is looked at by the next one. */
#include "faces/consul/call/long_query.h"

#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/call/kept.h"
#include "faces/consul/call/query_wait.h"
#include "net/grpc_gzip.h"

enum { PLAIN_KEPT = 1 << 20 };

struct consul_long { /* in the request's arena; the next look uses it again */
    struct hub_long_read read;
    struct consul_call *c;
    bool is_under_way;
    bool has_index;   /* the rest is the answer */
    bool has_to_wait; /* the index says so: there is no answer */
    bool has_changed; /* something, since it began */
    struct json_writer json;
    struct buf plain;  /* what the steps have written */
    struct buf packed; /* and that as gzip, if there is a writer */
    struct gzip_writer *gzip;
};

static const struct consul_long_steps *steps_of(const struct consul_call *c)
{
    return c->query->steps;
}

static void end(struct consul_long *l)
{
    l->is_under_way = false;
    steps_of(l->c)->end(l->c);
    buf_fini(&l->plain);
    buf_fini(&l->packed);
    gzip_writer_free(l->gzip);
    l->gzip = NULL;
}

static void give_up(struct consul_call *c)
{
    end(c->lengthy);
    hub_long_read_cancel(&c->lengthy->read);
    consul_query_stop_waiting(c);
}

/* -- steps ------------------------------------------------------------------------------------ */

static enum err find_index(struct consul_long *l, const struct view *view)
{
    struct consul_call *c = l->c;
    enum err e = steps_of(c)->index(c, view, &l->has_index, &c->index);
    if (e != OK || !l->has_index)
        return e;
    if (c->index == 0)
        c->index = 1; /* nothing of it was ever written */
    l->has_to_wait = !consul_query_has_moved(c, view);
    return OK;
}

static enum err pack(struct consul_long *l, bool is_last)
{
    if (l->gzip == NULL)
        return buf_err(&l->plain);
    enum err e = buf_err(&l->plain);
    if (e == OK)
        e = gzip_writer_put(l->gzip, buf_bytes(&l->plain), is_last, &l->packed);
    buf_clear(&l->plain, PLAIN_KEPT);
    return e;
}

static enum err step(struct hub_long_read *r, const struct view *view, bool *ret_done)
{
    struct consul_long *l = CONTAINER_OF(r, struct consul_long, read);
    struct consul_call *c = l->c;
    bool is_whole = false;
    enum err e = access_ask_if_moved(c->face->hub, c->granted);
    if (e == OK && !l->has_index) {
        e = find_index(l, view);
    } else if (e == OK) {
        e = steps_of(c)->write(c, view, &l->json, &is_whole);
        if (e == OK)
            e = pack(l, is_whole);
    }
    arena_clear(&c->face->scratch);
    *ret_done = is_whole || l->has_to_wait;
    return e;
}

/* -- what comes of it ------------------------------------------------------------------------- */

static void fail(struct consul_call *c, enum err e)
{
    if (e == ERR_DENIED || e == ERR_UNAUTHENTICATED)
        consul_refuse_denied(c, e);
    else
        consul_fail(c, e);
}

static void answer(struct consul_long *l)
{
    struct consul_call *c = l->c;
    bool is_packed = l->gzip != NULL, is_there = steps_of(c)->is_there(c);
    struct buf body = is_packed ? l->packed : l->plain;
    buf_init(is_packed ? &l->packed : &l->plain, 0); /* it has moved */
    end(l);
    if (is_there)
        consul_answer_made_json(c, 200, &body, is_packed);
    else
        consul_answer_text(c, 404, "");
    buf_fini(&body);
}

/* There is nothing new on the view that was read. */
static void wait_or_look_again(struct consul_long *l)
{
    struct consul_call *c = l->c;
    end(l);
    c->is_last_look = c->is_last_look || c->face->draining;
    if (l->has_changed || c->is_last_look)
        consul_long_begin(c);
    else
        consul_query_go_on_waiting(c);
}

static void ready(struct hub_long_read *r, enum err e, const struct view *view)
{
    struct consul_long *l = CONTAINER_OF(r, struct consul_long, read);
    struct consul_call *c = l->c;
    if (e == OK)
        e = access_ask_if_moved(c->face->hub, c->granted);
    consul_waits_no_more(c);
    if (e == OK && l->has_to_wait) {
        consul_wait(c, consul_query_stop_waiting);
        wait_or_look_again(l);
        return;
    }
    consul_query_stop_waiting(c);
    if (e == OK) {
        answer(l);
    } else {
        end(l);
        fail(c, e);
    }
}

/* -- beginning -------------------------------------------------------------------------------- */

void consul_long_begin(struct consul_call *c)
{
    struct consul_long *l = c->lengthy;
    size_t most = c->face->body.max;
    if (l == NULL)
        l = c->lengthy = arena_alloc(consul_arena(c), sizeof *l);
    *l = (struct consul_long){ .c = c, .is_under_way = true };
    buf_init(&l->plain, most);
    buf_init(&l->packed, most);
    json_init(&l->json, &l->plain);
    if (consul_takes_gzip(c) && !c->params.pretty) /* indented once it is whole */
        l->gzip = gzip_writer_new();
    l->read = (struct hub_long_read){ .granted = c->granted, .step = step, .ready = ready };
    consul_waits_no_more(c);
    consul_wait(c, give_up);
    hub_long_read(c->face->hub, &l->read);
}

bool consul_long_is_under_way(const struct consul_call *c)
{
    return c->lengthy != NULL && c->lengthy->is_under_way;
}

void consul_long_note_change(struct consul_call *c)
{
    c->lengthy->has_changed = true;
    buf_clear(&c->face->ranges, CONSUL_KEPT_RANGES_MAX);
    steps_of(c)->depend(c);
}

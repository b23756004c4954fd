#include "faces/etcd/long_read.h"

enum { FIRST_ROWS = 512, STEP_ROWS = 1024 };

static void fail(struct etcd_call *c, enum err e)
{
    if (e == ERR_TOO_BIG)
        call_refuse(c, ETCD_ANSWER_TOO_LARGE);
    else if (e == ERR_DEADLINE)
        call_refuse(c, ETCD_TIMED_OUT);
    else
        call_fail(c, e);
}

static void finish(struct long_read *l, enum err e, const struct view *view)
{
    if (e != OK)
        fail(l->call, e);
    else
        l->ops->answer(l->call, view);
    l->ops->end(l->call);
}

/* -- over several turns ----------------------------------------------------------------------- */

static enum err step(struct hub_long_read *r, const struct view *view, bool *ret_done)
{
    struct long_read *l = CONTAINER_OF(r, struct long_read, read);
    enum err e = l->has_begun ? OK : l->ops->begin(l->call, view);
    l->has_begun = true;
    return e == OK ? l->ops->step(l->call, view, STEP_ROWS, ret_done) : e;
}

static void ready(struct hub_long_read *r, enum err e, const struct view *view)
{
    struct long_read *l = CONTAINER_OF(r, struct long_read, read);
    call_waits_no_more(l->call);
    if (e == OK && !call_has_room(l->call)) /* there was when it was asked */
        l->ops->end(l->call);
    else
        finish(l, e, view);
}

static void give_up(struct etcd_call *c)
{
    struct long_read *l = c->long_read;
    l->ops->end(c);
    hub_long_read_cancel(&l->read);
}

static void go_on_alone(struct long_read *l)
{
    struct etcd_call *c = l->call;
    l->has_begun = false;
    l->read = (struct hub_long_read){ .granted = c->granted, .step = step, .ready = ready };
    call_wait_long(c, l->ops->is_patient, give_up);
    hub_long_read(c->face->hub, &l->read);
}

/* -- on the turn's view ----------------------------------------------------------------------- */

static void try_at_once(struct etcd_call *c, const struct view *view)
{
    struct long_read *l = c->long_read;
    bool done = false;
    enum err e = l->ops->begin(c, view);
    if (e == OK)
        e = l->ops->step(c, view, FIRST_ROWS, &done);
    if (e != OK || done) {
        finish(l, e, view);
    } else {
        l->ops->end(c);
        go_on_alone(l);
    }
}

void long_read(struct etcd_call *c, struct long_read *l, const struct long_read_ops *ops,
               bool linearizable)
{
    *l = (struct long_read){ .ops = ops, .call = c };
    c->long_read = l;
    call_read(c, linearizable, try_at_once);
}

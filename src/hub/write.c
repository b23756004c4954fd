/* Commands under way. One allocation each: the proposal, who asked, and its body.
 *
 * What is under way is bounded in two steps (kernel.md 2). From three quarters of the credits on
 * the thread should read no more requests: the last quarter is for what one read (64 KiB) may still
 * hold: 1,600 of the smallest puts, which take ten times here what they took on the wire, or the
 * ends of a few of the largest. Reading goes on at a half: core has work for many entries until
 * then, so the log does not wait for the sockets, and a quarter of the credits lies between a stop
 * and a go. Only what comes when all is spent is refused. */
#include <assert.h>
#include <stdalign.h>
#include <string.h>

#include "base/mem.h"
#include "hub/core.h"
#include "hub/gate.h"
#include "hub/hub.h"

enum { ASKED_AGAIN_MAX = 3 };

struct hub_write {
    struct list link; /* in results, once it is done */
    struct hub *hub;
    struct proposal proposal;
    struct granted *granted; /* our copy */
    hub_done_fn done;        /* NULL: abandoned */
    void *ctx;
    size_t size;
    unsigned asked_again;
    alignas(max_align_t) uint8_t bytes[];
};

static void write_done(struct proposal *p)
{
    struct hub_write *w = CONTAINER_OF(p, struct hub_write, proposal);
    list_append(&w->hub->results, &w->link);
}

static void say_low(struct hub *h, bool low)
{
    h->is_low = low;
    if (h->options.on_credits != NULL)
        h->options.on_credits(h->options.ctx, low);
}

static void spend(struct hub *h, uint64_t bytes)
{
    h->bytes_under_way += bytes;
    if (!h->is_low && h->bytes_under_way >= h->options.credits / 4 * 3)
        say_low(h, true);
}

static void propose(struct hub_write *w)
{
    spend(w->hub, w->size);
    replica_propose(w->hub->options.replica, &w->proposal);
}

static void give_back(struct hub *h, uint64_t bytes)
{
    struct hub_write *alone = h->alone;
    h->bytes_under_way -= bytes;
    if (alone != NULL && h->bytes_under_way == 0) {
        h->alone = NULL;
        propose(alone);
    } else if (alone == NULL && h->is_low && h->bytes_under_way <= h->options.credits / 2) {
        say_low(h, false);
    }
}

static void let_go_of_effects(struct proposal *p)
{
    if (p->effects != NULL)
        effects_unref(p->effects);
    p->effects = NULL;
    p->result = NULL;
}

/* The policy moved between the check and the apply (kernel.md 10). True if the command is under way
 * again; else *ret says why it is not. If it has not moved the keys of a lease have, and who asked
 * about them has to look which they are now. */
static bool goes_again(struct hub_write *w, enum err *ret)
{
    struct proposal *p = &w->proposal;
    *ret = p->err;
    if (p->err != OK || p->result->err != ERR_CHECK_AGAIN || w->done == NULL)
        return false;
    let_go_of_effects(p);
    *ret = w->asked_again++ < ASKED_AGAIN_MAX ? granted_confirm(w->hub, w->granted) : ERR_AGAIN;
    if (*ret == OK && p->command.kind == COMMAND_LEASE_REVOKE &&
        p->command.policy_mark == granted_policy_mark(w->granted))
        *ret = ERR_CHECK_AGAIN;
    if (*ret != OK)
        return false;
    p->command.policy_mark = granted_policy_mark(w->granted);
    replica_propose(w->hub->options.replica, p);
    return true;
}

static void finish(struct hub_write *w)
{
    struct proposal *p = &w->proposal;
    enum err e;
    if (goes_again(w, &e))
        return;
    give_back(w->hub, w->size);
    if (w->done != NULL)
        w->done(w->ctx, e, e == OK ? p->result : NULL);
    let_go_of_effects(p);
    mem_free(w);
}

void hub_run_results(struct hub *h)
{
    struct list now;
    list_init(&now);
    list_splice(&now, &h->results);
    while (!list_is_empty(&now)) {
        struct hub_write *w = LIST_FIRST(&now, struct hub_write, link);
        list_remove(&w->link);
        finish(w);
    }
}

static struct hub_write *make(struct hub *h, const struct granted *granted, enum command_kind kind,
                              struct bytes body, hub_done_fn done, void *ctx)
{
    assert(granted != NULL);
    size_t granted_n = granted_size(granted), size = sizeof(struct hub_write) + granted_n + body.n;
    struct hub_write *w = mem_alloc(size);
    *w = (struct hub_write){ .hub = h, .done = done, .ctx = ctx, .size = size };
    w->granted = granted_copy(granted, w->bytes);
    if (body.n > 0)
        memcpy(w->bytes + granted_n, body.p, body.n);
    w->proposal = (struct proposal){
        .command = { .kind = kind,
                     .origin = granted_origin(w->granted),
                     .policy_mark = granted_policy_mark(w->granted),
                     .body = bytes_of(w->bytes + granted_n, body.n) },
        .reply_to = h->box,
        .done = write_done,
    };
    return w;
}

static void refuse_busy(struct hub_write *w)
{
    spend(w->hub, w->size); /* given back with the result */
    w->proposal.err = ERR_BUSY;
    list_append(&w->hub->results, &w->link);
    loop_again(w->hub->options.loop);
}

struct hub_write *hub_submit(struct hub *h, const struct granted *granted, enum command_kind kind,
                             struct bytes body, hub_done_fn done, void *ctx)
{
    struct hub_write *w = make(h, granted, kind, body, done, ctx);
    if (h->bytes_under_way != 0 && h->bytes_under_way + w->size > h->options.credits)
        refuse_busy(w);
    else
        propose(w);
    return w;
}

struct hub_write *hub_submit_alone(struct hub *h, const struct granted *granted,
                                   enum command_kind kind, struct bytes body, hub_done_fn done,
                                   void *ctx)
{
    struct hub_write *w = make(h, granted, kind, body, done, ctx);
    if (h->alone != NULL) {
        refuse_busy(w);
    } else if (h->bytes_under_way == 0) {
        propose(w);
    } else {
        h->alone = w;
        if (!h->is_low)
            say_low(h, true);
    }
    return w;
}

void hub_write_abandon(struct hub_write *w)
{
    w->done = NULL;
}

/* -- sweeps ----------------------------------------------------------------------------------- */

static void swept(struct sweep_wait *wait)
{
    struct hub_swept *s = CONTAINER_OF(wait, struct hub_swept, wait);
    s->done(s);
}

void hub_wait_swept(struct hub *h, struct hub_swept *s)
{
    s->hub = h;
    s->canceled = false;
    s->wait = (struct sweep_wait){ .reply_to = h->box, .done = swept };
    replica_wait_swept(h->options.replica, &s->wait);
}

void hub_swept_cancel(struct hub_swept *s)
{
    s->canceled = true;
}

/* -- space ------------------------------------------------------------------------------------ */

enum err hub_space_for(struct hub *h, enum space space, uint64_t cost)
{
    if (replica_disk_state(h->options.replica) >= DISK_STOP)
        return ERR_NO_SPACE;
    if (space != SPACE_ETCD)
        return OK;
    struct store_space used;
    store_space(replica_store(h->options.replica), &used);
    return used.etcd_bytes + cost >= h->options.quota_bytes ? ERR_QUOTA : OK;
}

uint64_t hub_quota(const struct hub *h)
{
    return h->options.quota_bytes;
}

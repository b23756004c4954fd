/* A turn of an io thread's half of the kernel (kernel.md 2).
 *
 * Mail first: batches and results are only put aside. Then the view is renewed, once, if a batch
 * has come or a reader needs it, and never while it is ahead of the batches. Then the batches go to
 * the watchers, the results to their askers, and everything that was asked in this turn is answered
 * from the one view. */
#include "hub/hub.h"

#include <assert.h>

#include "base/mem.h"
#include "hub/core.h"
#include "hub/gate.h"
#include "hub/gate_core.h"

#define WORKS_NS UINT64_C(2000000)     /* for works over several turns, in one */
#define ANSWERING_NS UINT64_C(5000000) /* for reads, in one turn */

struct waiting_batch {
    struct list link;
    struct batch *batch;
};

/* -- mail ------------------------------------------------------------------------------------- */

static void take_batch(struct subscriber *s, struct batch *b, uint64_t index)
{
    struct hub *h = CONTAINER_OF(s, struct hub, subscriber);
    if (index > h->batch_index)
        h->batch_index = index;
    h->changed |= b->spaces;
    if (b->spaces == 0)
        return;
    struct waiting_batch *w = mem_zalloc(1, sizeof *w);
    w->batch = batch_ref(b);
    list_append(&h->batches, &w->link);
}

static void take_lost(struct subscriber *s, uint64_t from, uint64_t generation)
{
    struct hub *h = CONTAINER_OF(s, struct hub, subscriber);
    h->lost_from = h->lost && h->lost_from < from ? h->lost_from : from;
    h->lost = true;
    h->changed = ~0U;
}

/* -- the view --------------------------------------------------------------------------------- */

static void renew(struct hub *h)
{
    enum err e = view_renew(h->view);
    assert(e == OK); /* a slot of ours: LMDB has nothing to refuse */
    h->view_index = view_applied_index(h->view);
    if (h->lost) {
        /* Whatever was not sent was committed before this renewal. */
        h->batch_index = h->view_index;
    }
}

static bool wants_newer(struct hub *h)
{
    if (h->batch_index > h->view_index || h->lost)
        return true;
    if (list_is_empty(&h->reads) || h->view_index >= replica_published(h->options.replica))
        return false;
    return true;
}

/* Linearizable: nothing that was acknowledged before the request was decoded may be missing. */
static void note_needs(struct hub *h)
{
    uint64_t published = replica_published(h->options.replica);
    LIST_FOR_EACH(link, &h->reads)
    {
        struct hub_read *r = CONTAINER_OF(link, struct hub_read, link);
        if (r->need == UINT64_MAX)
            r->need = r->linearizable ? published : 0;
    }
}

/* -- answering -------------------------------------------------------------------------------- */

static void process_batches(struct hub *h)
{
    if (h->lost) {
        watch_hub_lost(h, h->lost_from);
        h->lost = false;
    }
    LIST_FOR_EACH(link, &h->batches)
    {
        struct waiting_batch *w = CONTAINER_OF(link, struct waiting_batch, link);
        list_remove(link);
        watch_hub_batch(h, w->batch);
        batch_unref(w->batch);
        mem_free(w);
    }
}

static void tell_listeners(struct hub *h)
{
    unsigned changed = h->changed;
    h->changed = 0;
    if (changed == 0)
        return;
    LIST_FOR_EACH(link, &h->listeners)
    {
        struct hub_listener *l = CONTAINER_OF(link, struct hub_listener, link);
        l->changed(l, changed, h->view);
    }
}

/* Who may no longer read what he asked for gets nothing of it. */
static void answer_read(struct hub *h, struct hub_read *r)
{
    enum err e = access_ask_if_moved(h, r->granted);
    r->ready(r, e, e == OK ? h->view : NULL);
}

/* One heavy read is not cut, but those behind it wait for the next turn, so that the thread's
 * connections are heard in between. */
static void answer_reads(struct hub *h)
{
    uint64_t until_ns = clock_now_ns() + ANSWERING_NS;
    struct list now;
    list_init(&now);
    list_splice(&now, &h->reads);
    while (!list_is_empty(&now) && clock_now_ns() < until_ns) {
        struct hub_read *r = LIST_FIRST(&now, struct hub_read, link);
        list_remove(&r->link);
        if (r->need > h->view_index)
            list_append(&h->reads, &r->link);
        else
            answer_read(h, r);
    }
    list_splice(&now, &h->reads);
    list_splice(&h->reads, &now);
}

/* In turn, until time is up: who did not come to it is first in the next one. */
static void run_works(struct hub *h)
{
    uint64_t until = clock_now_ns() + WORKS_NS;
    struct list now;
    list_init(&now);
    list_splice(&now, &h->works);
    while (!list_is_empty(&now)) {
        struct hub_work *w = LIST_FIRST(&now, struct hub_work, link);
        list_remove(&w->link);
        list_append(&h->works, &w->link); /* it may take itself away */
        if (w->run(w, h->view))
            list_remove(&w->link);
        if (clock_now_ns() >= until)
            break;
    }
    list_splice(&now, &h->works);
    list_splice(&h->works, &now);
}

static bool nothing_waits(const struct hub *h)
{
    return list_is_empty(&h->reads) && list_is_empty(&h->works) && list_is_empty(&h->results) &&
           list_is_empty(&h->batches) && h->changed == 0 && !h->lost &&
           h->batch_index <= h->view_index && !watch_hub_waits(h);
}

static void run_turn(struct loop_hook *hook)
{
    struct hub *h = CONTAINER_OF(hook, struct hub, turn);
    gate_turn(h->gate);
    hub_send_leases(h);
    note_needs(h);
    mailbox_take(h->box);
    if (nothing_waits(h))
        return;
    if (hub_can_answer(h) && wants_newer(h))
        renew(h);
    process_batches(h);
    hub_run_results(h);
    if (!hub_can_answer(h))
        return; /* its batch is on the way and will wake us */
    tell_listeners(h);
    answer_reads(h);
    run_works(h);
    watch_hub_create(h);
    bool more = watch_catch_up(h);
    /* What was asked while answering, or needs a view that only the next turn takes. */
    if (more || !list_is_empty(&h->works) || !list_is_empty(&h->reads) || h->lease_n > 0)
        loop_again(h->options.loop);
}

/* -- asking ----------------------------------------------------------------------------------- */

void hub_read(struct hub *h, struct hub_read *r)
{
    assert(r->granted != NULL);
    r->need = UINT64_MAX;
    list_append(&h->reads, &r->link);
}

void hub_read_cancel(struct hub *h, struct hub_read *r)
{
    list_remove(&r->link);
}

uint64_t hub_revision(struct hub *h)
{
    return view_revision(h->view);
}

void hub_work_add(struct hub *h, struct hub_work *w)
{
    list_append(&h->works, &w->link);
    loop_again(h->options.loop);
}

void hub_work_remove(struct hub *h, struct hub_work *w)
{
    list_remove(&w->link);
}

void hub_listen(struct hub *h, struct hub_listener *l)
{
    list_append(&h->listeners, &l->link);
}

void hub_unlisten(struct hub *h, struct hub_listener *l)
{
    list_remove(&l->link);
}

/* -- life ------------------------------------------------------------------------------------- */

enum err hub_new(const struct hub_options *options, struct hub **ret)
{
    struct hub *h = mem_zalloc(1, sizeof *h);
    h->options = *options;
    if (h->options.catch_up_events == 0)
        h->options.catch_up_events = 1000;
    if (h->options.watch_buffer_bytes == 0)
        h->options.watch_buffer_bytes = 256 * 1024;
    if (h->options.quota_bytes == 0)
        h->options.quota_bytes = (uint64_t)2 << 30;
    if (h->options.credits == 0)
        h->options.credits = 16 << 20;
    struct list *const lists[] = { &h->batches,   &h->reads,  &h->works,     &h->results,
                                   &h->listeners, &h->leases, &h->long_reads };
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        list_init(lists[i]);

    h->box = mailbox_new(options->loop);
    enum err e = view_open(replica_store(options->replica), &h->view);
    if (e == OK)
        e = gate_new(options->replica, options->gate, &h->gate);
    if (e == OK)
        e = watch_hub_new(h);
    if (e != OK) {
        hub_free(h);
        return e;
    }
    h->view_index = h->batch_index = view_applied_index(h->view);
    h->subscriber = (struct subscriber){ .box = h->box, .batch = take_batch, .lost = take_lost };
    replica_subscribe(options->replica, &h->subscriber);
    h->turn.run = run_turn;
    loop_hook_add(options->loop, LOOP_STAGE_ANSWER, &h->turn);
    *ret = h;
    return OK;
}

void hub_free(struct hub *h)
{
    if (h == NULL)
        return;
    if (h->turn.run != NULL)
        loop_hook_remove(&h->turn);
    if (h->box != NULL)
        mailbox_free(h->box);
    LIST_FOR_EACH(link, &h->batches)
    {
        struct waiting_batch *w = CONTAINER_OF(link, struct waiting_batch, link);
        batch_unref(w->batch);
        mem_free(w);
    }
    watch_hub_free(h);
    gate_free(h->gate);
    if (h->view != NULL)
        view_close(h->view);
    mem_free(h);
}

struct loop *hub_loop(struct hub *h)
{
    return h->options.loop;
}

struct replica *hub_replica(struct hub *h)
{
    return h->options.replica;
}

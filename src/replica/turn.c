/* Core's turn: pack what waits into an entry, apply what is durable, sweep when there is time.
 *
 * While one entry is with the disk thread the next gathers in the queues: that is the group commit,
 * and there is no timer in it. Entries are applied in order; one that takes long is applied in
 * steps over many turns, between which mail (renewals, read points, proposals) is served. */
#include "replica/core.h"

#include <inttypes.h>

#include "base/mem.h"
#include "replica/answer.h"
#include "replica/disk_thread.h"
#include "replica/publish.h"

#define SLOW_APPLY_NS UINT64_C(100000000) /* etcd's measure */

/* -- queues ----------------------------------------------------------------------------------- */

static void queue_put(struct queue *q, struct proposal *p)
{
    p->mail.next = NULL;
    if (q->n++ == 0)
        q->first = p;
    else
        q->last->mail.next = &p->mail;
    q->last = p;
}

static struct proposal *queue_take(struct queue *q)
{
    struct proposal *p = q->first;
    if (p == NULL)
        return NULL;
    q->first = p->mail.next == NULL ? NULL : CONTAINER_OF(p->mail.next, struct proposal, mail);
    q->n--;
    return p;
}

void core_receive(struct replica *r, struct proposal *p)
{
    size_t size = p->command.body.n;
    p->effects = NULL;
    p->result = NULL;
    if (r->stopping) {
        proposal_answer(p, ERR_STOPPING);
    } else if (size > COMMAND_MAX_BYTES) {
        proposal_answer(p, ERR_TOO_BIG);
    } else if (r->waiting_bytes + size > WAITING_MAX_BYTES) {
        proposal_answer(p, ERR_BUSY);
    } else {
        r->waiting_bytes += size;
        queue_put(p->background ? &r->chores : &r->clients, p);
        atomic_fetch_add_explicit(&r->proposals_waiting, 1, memory_order_relaxed);
    }
}

/* -- packing ---------------------------------------------------------------------------------- */

/* Moves commands from Q into the entry until it holds UPTO bytes of them. */
static void pack_queue(struct replica *r, struct flight *f, struct queue *q, size_t upto)
{
    while (q->n > 0 && r->writer.commands.n < upto) {
        struct proposal *p = q->first;
        enum err e = entry_writer_add(&r->writer, &p->command);
        if (e != OK && f->proposals.n > 0)
            return;
        queue_take(q);
        r->waiting_bytes -= p->command.body.n;
        atomic_fetch_sub_explicit(&r->proposals_waiting, 1, memory_order_relaxed);
        if (e != OK)
            proposal_answer(p, e);
        else
            queue_put(&f->proposals, p);
    }
}

static void flight_free(struct flight *f)
{
    buf_fini(&f->payload);
    mem_free(f);
}

static void refuse_flight(struct replica *r, struct flight *f, enum err e)
{
    for (struct proposal *p; (p = queue_take(&f->proposals)) != NULL;)
        proposal_answer(p, e);
    r->last_index = f->index - 1;
    flight_free(f);
}

static void take_synced(struct flight *f)
{
    struct replica *r = f->replica;
    r->syncing = NULL;
    if (f->err != OK) {
        refuse_flight(r, f, f->err);
        return;
    }
    atomic_store_explicit(&r->committed, f->index, memory_order_release);
    list_append(&r->durable, &f->link);
    r->durable_n++;
}

static uint64_t age_now(const struct replica *r)
{
    return r->hooks.age_ms != NULL ? r->hooks.age_ms(r->hooks.ctx) : r->opened_age_ms;
}

static struct flight *pack(struct replica *r)
{
    struct flight *f = mem_zalloc(1, sizeof *f);
    f->replica = r;
    f->synced = take_synced;
    buf_init(&f->payload, 2 * (size_t)ENTRY_MAX_BYTES);
    pack_queue(r, f, &r->clients, ENTRY_PACK_BYTES);
    /* Chores get at most a third of an entry while clients wait. */
    size_t share = r->writer.commands.n + r->writer.commands.n / 2 + 4096;
    pack_queue(r, f, &r->chores, r->clients.n > 0 ? share : ENTRY_PACK_BYTES);
    if (f->proposals.n == 0) {
        flight_free(f);
        return NULL;
    }

    struct entry_time time = { .wall_ms = clock_wall_ms(), .age_ms = age_now(r) };
    enum err e = entry_writer_finish(&r->writer, time, &f->payload);
    if (e != OK)
        replica_fatal("an entry could not be packed", NULL, e);
    f->index = ++r->last_index;
    f->hard = (struct log_hard){ .term = r->term, .vote = r->member_id, .commit = f->index - 1 };
    return f;
}

static void begin_sync(struct replica *r)
{
    if (r->syncing != NULL || r->durable_n >= DURABLE_MAX ||
        (r->clients.n == 0 && r->chores.n == 0))
        return;
    r->syncing = pack(r);
    if (r->syncing != NULL)
        disk_thread_append(r, r->syncing);
}

/* -- applying --------------------------------------------------------------------------------- */

static void stop_on_poison(const struct flight *f, enum err e)
{
    struct why why;
    why_set(&why, e,
            "entry %" PRIu64 " cannot be applied; `muster serve --skip-entry %" PRIu64
            "` starts without it",
            f->index, f->index);
    replica_fatal("apply failed", &why, e);
}

static void finish_flight(struct replica *r, struct flight *f, struct effects *e)
{
    list_remove(&f->link);
    r->durable_n--;
    r->apply = NULL;
    uint64_t apply_ns = clock_now_ns() - f->apply_began_ns;
    histogram_observe_ns(r->apply_time, apply_ns);
    if (apply_ns > SLOW_APPLY_NS)
        metric_add(r->slow_applies, 1);
    atomic_store_explicit(&r->applied, f->index, memory_order_release);
    publish_effects(r, f, e);
    for (size_t i = 0; i < SPACES && !r->sweep_due; i++)
        r->sweep_due = e->batch->compacted[i] != r->compacted[i];
    for (size_t i = 0; i < SPACES; i++)
        r->compacted[i] = e->batch->compacted[i];
    effects_unref(e);
    flight_free(f);
}

/* One step of the oldest durable entry; true if there is more to do. */
static bool apply_some(struct replica *r)
{
    struct flight *f = LIST_FIRST(&r->durable, struct flight, link);
    if (f == NULL || timer_is_set(&r->retry))
        return false;
    if (r->apply == NULL) {
        f->apply_began_ns = clock_now_ns();
        enum err e =
            store_apply_begin(r->store, f->index, r->term, buf_bytes(&f->payload), &r->apply);
        if (e != OK)
            stop_on_poison(f, e);
    }
    struct effects *effects = NULL;
    enum err e = store_apply_step(r->apply, APPLY_STEP_ROWS, &effects);
    if (e == ERR_NO_SPACE) {
        timer_start(&r->retry, 100);
        return false;
    }
    if (e != OK)
        stop_on_poison(f, e);
    if (effects != NULL)
        finish_flight(r, f, effects);
    return r->durable_n > 0;
}

/* The server stops while apply waits for room, which may never come: what is durable is applied at
 * the next start. */
static void give_up(struct replica *r)
{
    if (r->apply != NULL)
        store_apply_abort(r->apply);
    r->apply = NULL;
    r->given_up = true;
    timer_stop(&r->retry);
    LIST_FOR_EACH(link, &r->durable)
    {
        struct flight *f = CONTAINER_OF(link, struct flight, link);
        for (struct proposal *p; (p = queue_take(&f->proposals)) != NULL;)
            proposal_answer(p, ERR_UNKNOWN_OUTCOME);
        list_remove(link);
        r->durable_n--;
        flight_free(f);
    }
}

/* -- sweeping --------------------------------------------------------------------------------- */

static void deliver_swept(struct mail *mail)
{
    struct sweep_wait *w = CONTAINER_OF(mail, struct sweep_wait, mail);
    w->done(w);
}

static void finish_sweep(struct replica *r)
{
    r->sweep_due = false;
    LIST_FOR_EACH(link, &r->sweep_waits)
    {
        struct sweep_wait *w = CONTAINER_OF(link, struct sweep_wait, link);
        list_remove(link);
        w->mail.deliver = deliver_swept;
        mailbox_send(w->reply_to, &w->mail);
    }
}

/* Between entries only; true if there is more. */
static bool sweep_some(struct replica *r)
{
    if (!r->sweep_due || r->apply != NULL || timer_is_set(&r->retry))
        return false;
    bool done = false;
    enum err e = store_sweep(r->store, APPLY_STEP_ROWS, &done);
    if (e == ERR_NO_SPACE) {
        timer_start(&r->retry, 100);
        return false;
    }
    if (e != OK)
        replica_fatal("the sweep after a compaction failed", NULL, e);
    if (done)
        finish_sweep(r);
    return !done;
}

/* -- the turn --------------------------------------------------------------------------------- */

static bool is_idle(const struct replica *r)
{
    return r->syncing == NULL && r->durable_n == 0 && r->clients.n == 0 && r->chores.n == 0;
}

void core_turn(struct loop_hook *hook)
{
    struct replica *r = CONTAINER_OF(hook, struct replica, turn);
    if (r->hooks.turned != NULL)
        r->hooks.turned(r->hooks.ctx);
    begin_sync(r);
    if (r->stopping && (timer_is_set(&r->retry) || r->given_up))
        give_up(r);
    bool more = apply_some(r);
    begin_sync(r);
    more = sweep_some(r) || more;
    if (r->stopping && is_idle(r))
        loop_stop(r->loop);
    else if (more)
        loop_again(r->loop);
}

/* What leaves core after an entry was applied: its batch to each io thread, then its results.
 *
 * A subscriber whose mailbox holds too much is told only that it lost everything from a revision
 * on; until it has heard that, nothing more is sent to it: what it missed meanwhile was committed
 * before and stands in the view it then renews. */
#include "replica/publish.h"

#include "base/mem.h"
#include "replica/answer.h"

struct batch_mail {
    struct mail mail;
    struct subscriber *to;
    struct batch *batch; /* NULL: lost */
    uint64_t lost_from, index;
};

static void deliver_batch(struct mail *mail)
{
    struct batch_mail *m = CONTAINER_OF(mail, struct batch_mail, mail);
    struct subscriber *s = m->to;
    if (m->batch == NULL) {
        atomic_store_explicit(&s->lost_pending, false, memory_order_seq_cst);
        s->lost(s, m->lost_from, 0);
    } else {
        s->batch(s, m->batch, m->index);
        atomic_fetch_sub_explicit(&s->waiting_bytes, sizeof *m + m->batch->bytes,
                                  memory_order_relaxed);
        batch_unref(m->batch);
    }
    mem_free(m);
}

static void send_batch(struct subscriber *s, struct batch *batch, uint64_t index)
{
    if (atomic_load_explicit(&s->lost_pending, memory_order_seq_cst))
        return;
    struct batch_mail *m = mem_zalloc(1, sizeof *m);
    *m = (struct batch_mail){ .mail.deliver = deliver_batch, .to = s, .index = index };
    uint64_t size = sizeof *m + batch->bytes;
    uint64_t waiting = atomic_load_explicit(&s->waiting_bytes, memory_order_relaxed);
    if (waiting != 0 && waiting + size > SUBSCRIBER_MAX_BYTES) {
        m->lost_from = batch->first;
        atomic_store_explicit(&s->lost_pending, true, memory_order_seq_cst);
    } else {
        m->batch = batch_ref(batch);
        atomic_fetch_add_explicit(&s->waiting_bytes, size, memory_order_relaxed);
    }
    mailbox_send(s->box, &m->mail);
}

static void send_results(struct replica *r, struct flight *f, struct effects *e)
{
    struct proposal *p = f->proposals.first;
    for (size_t i = 0; p != NULL; i++) {
        struct proposal *next =
            p->mail.next == NULL ? NULL : CONTAINER_OF(p->mail.next, struct proposal, mail);
        p->term = r->term;
        p->effects = effects_ref(e);
        p->result = &e->results[i];
        proposal_answer(p, OK);
        p = next;
    }
}

void publish_effects(struct replica *r, struct flight *f, struct effects *e)
{
    LIST_FOR_EACH(link, &r->subscribers)
    {
        send_batch(CONTAINER_OF(link, struct subscriber, link), e->batch, e->index);
    }
    atomic_store_explicit(&r->published, e->index, memory_order_release);
    if (r->hooks.applied != NULL)
        r->hooks.applied(r->hooks.ctx, e);
    metric_add(r->entries, 1);
    metric_add(r->commands, (int64_t)e->result_n);
    send_results(r, f, e);
}

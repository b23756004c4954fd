/* Questions about leases go to whoever serves them on core's thread; rounds go round the io
 * threads.
 *
 * A round is a mail that goes back into the same mailbox a few times before it returns to core:
 * each lap is a whole turn of that loop, so all that had arrived on its sockets has been read, and,
 * as mail of one sender keeps its order, the renewals found there reach core before the report. */
#include "replica/lease_port.h"

#include "base/mem.h"
#include "replica/core.h"

enum { ROUND_LAPS = 3 };

struct round_mail {
    struct mail mail;
    struct replica *replica;
    struct mailbox *box;
    int laps;
};

static void refuse_all(struct lease_questions *q)
{
    for (size_t i = 0; i < q->n; i++)
        q->questions[i].answer = LEASE_ANSWER_NOT_LEADER;
    lease_port_answer(q);
}

static void deliver_questions(struct mail *mail)
{
    struct lease_questions *q = CONTAINER_OF(mail, struct lease_questions, mail);
    struct replica *r = q->replica;
    if (r->serve_leases == NULL || r->stopping)
        refuse_all(q);
    else
        r->serve_leases(r->serve_leases_ctx, q);
}

void lease_port_send(struct replica *r, struct lease_questions *q)
{
    q->replica = r;
    q->mail.deliver = deliver_questions;
    mailbox_send(r->box, &q->mail);
}

void lease_port_serve(struct replica *r, void (*serve)(void *ctx, struct lease_questions *take),
                      void *ctx)
{
    r->serve_leases = serve;
    r->serve_leases_ctx = ctx;
}

static void deliver_answers(struct mail *mail)
{
    struct lease_questions *q = CONTAINER_OF(mail, struct lease_questions, mail);
    q->done(q);
}

void lease_port_answer(struct lease_questions *q)
{
    q->mail.deliver = deliver_answers;
    mailbox_send(q->reply_to, &q->mail);
}

/* -- rounds ----------------------------------------------------------------------------------- */

static void deliver_round_back(struct mail *mail)
{
    struct round_mail *m = CONTAINER_OF(mail, struct round_mail, mail);
    m->replica->rounds_left--;
    mem_free(m);
}

static void deliver_round(struct mail *mail)
{
    struct round_mail *m = CONTAINER_OF(mail, struct round_mail, mail);
    if (--m->laps > 0) {
        mailbox_send(m->box, &m->mail);
        return;
    }
    m->mail.deliver = deliver_round_back;
    mailbox_send(m->replica->box, &m->mail);
}

void lease_port_rounds_begin(struct replica *r)
{
    LIST_FOR_EACH(link, &r->subscribers)
    {
        struct subscriber *s = CONTAINER_OF(link, struct subscriber, link);
        struct round_mail *m = mem_zalloc(1, sizeof *m);
        *m = (struct round_mail){
            .mail.deliver = deliver_round, .replica = r, .box = s->box, .laps = ROUND_LAPS
        };
        r->rounds_left++;
        mailbox_send(s->box, &m->mail);
    }
}

bool lease_port_rounds_done(struct replica *r)
{
    return r->rounds_left == 0;
}

/* Questions to the lease clock: all of a turn travel in one mail, and come back in order. */
#include "base/mem.h"
#include "hub/core.h"
#include "hub/hub.h"

struct lease_flight {
    struct lease_questions questions;
    struct hub_lease *asks[]; /* NULL: canceled meanwhile */
};

static void answered(struct lease_questions *q)
{
    struct lease_flight *f = CONTAINER_OF(q, struct lease_flight, questions);
    for (size_t i = 0; i < q->n; i++) {
        struct hub_lease *l = f->asks[i];
        if (l == NULL)
            continue;
        const struct lease_question *one = &q->questions[i];
        l->flight = NULL;
        l->done(l, one->answer, one->ttl_ms, one->remaining_ms);
    }
    mem_free(q->questions);
    mem_free(f);
}

void hub_lease_ask(struct hub *h, struct hub_lease *l)
{
    l->flight = NULL;
    list_append(&h->leases, &l->link);
    h->lease_n++;
}

void hub_lease_cancel(struct hub *h, struct hub_lease *l)
{
    if (l->flight != NULL) {
        l->flight->asks[l->at] = NULL;
        l->flight = NULL;
    } else if (list_is_linked(&l->link)) {
        list_remove(&l->link);
        h->lease_n--;
    }
}

void hub_send_leases(struct hub *h)
{
    if (h->lease_n == 0)
        return;
    struct lease_flight *f = mem_zalloc(1, sizeof *f + h->lease_n * sizeof f->asks[0]);
    struct lease_question *questions = mem_zalloc(h->lease_n, sizeof *questions);
    size_t n = 0;
    LIST_FOR_EACH(link, &h->leases)
    {
        struct hub_lease *l = CONTAINER_OF(link, struct hub_lease, link);
        list_remove(link);
        questions[n] = (struct lease_question){ .id = l->id, .face = l->face, .renew = l->renew };
        l->flight = f;
        l->at = n;
        f->asks[n++] = l;
    }
    h->lease_n = 0;
    f->questions = (struct lease_questions){
        .reply_to = h->box, .done = answered, .n = n, .questions = questions
    };
    lease_port_send(h->options.replica, &f->questions);
}

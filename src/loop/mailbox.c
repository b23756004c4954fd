/* Many senders, one receiver, no lock.
 *
 * TOP is a stack that senders push on; the receiver takes the whole of it with one exchange and
 * turns it round, so that mail is delivered in the order in which it was pushed. TOP has two empty
 * values: ASLEEP (NULL), in which the first sender must wake the receiver, and AWAKE, in which it
 * looks by itself before it sleeps. The receiver goes to sleep by swapping AWAKE for ASLEEP; if
 * that fails there is mail, and the loop makes another turn. */
#include "loop/mailbox.h"

#include <stdlib.h>

#include "base/mem.h"

struct mailbox {
    _Atomic(struct mail *) top;
    struct loop *loop;
    struct loop_hook take, sleep;
};

static struct mail awake_mark;
#define ASLEEP ((struct mail *)NULL)
#define AWAKE (&awake_mark)

void mailbox_take(struct mailbox *box)
{
    struct mail *top = atomic_exchange_explicit(&box->top, AWAKE, memory_order_acq_rel);
    struct mail *oldest = NULL;
    while (top != ASLEEP && top != AWAKE) {
        struct mail *below = top->next;
        top->next = oldest;
        oldest = top;
        top = below;
    }
    while (oldest != NULL) {
        struct mail *mail = oldest;
        oldest = mail->next;
        mail->next = NULL;
        mail->deliver(mail);
    }
}

static void take_hook(struct loop_hook *hook)
{
    mailbox_take(CONTAINER_OF(hook, struct mailbox, take));
}

static void sleep_hook(struct loop_hook *hook)
{
    struct mailbox *box = CONTAINER_OF(hook, struct mailbox, sleep);
    struct mail *top = AWAKE;
    if (!atomic_compare_exchange_strong_explicit(&box->top, &top, ASLEEP, memory_order_acq_rel,
                                                 memory_order_relaxed))
        if (top != ASLEEP)
            loop_again(box->loop);
}

struct mailbox *mailbox_new(struct loop *loop)
{
    struct mailbox *box = mem_zalloc(1, sizeof(*box));
    box->loop = loop;
    box->take.run = take_hook;
    box->sleep.run = sleep_hook;
    atomic_init(&box->top, ASLEEP);
    loop_hook_add(loop, LOOP_STAGE_MAIL, &box->take);
    loop_hook_add(loop, LOOP_STAGE_FLUSH, &box->sleep);
    return box;
}

void mailbox_free(struct mailbox *box)
{
    if (box == NULL)
        return;
    loop_hook_remove(&box->take);
    loop_hook_remove(&box->sleep);
    mailbox_take(box);
    mem_free(box);
}

void mailbox_send(struct mailbox *to, struct mail *take_mail)
{
    struct loop *loop = to->loop; /* who gets the mail may free the box */
    struct mail *top = atomic_load_explicit(&to->top, memory_order_relaxed);
    do
        take_mail->next = top;
    while (!atomic_compare_exchange_weak_explicit(&to->top, &top, take_mail, memory_order_acq_rel,
                                                  memory_order_relaxed));
    if (top == ASLEEP)
        loop_wake(loop);
}

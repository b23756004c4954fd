/* A stack that senders push and the receiver takes whole and turns over.
 *
 * Whoever finds it empty wakes the receiver; those that push onto something know that a wake-up is
 * on its way or that the receiver has not taken it yet. */
#include "loop/mailbox.h"

#include <assert.h>

#include <uv.h>

#include "base/mem.h"

struct mailbox {
    _Atomic(struct mail *) newest;
    uv_async_t wake;
    bool delivering;
};

void mailbox_send(struct mailbox *to, struct mail *mail)
{
    struct mail *old = atomic_load_explicit(&to->newest, memory_order_relaxed);
    do {
        mail->next = old;
    } while (!atomic_compare_exchange_weak_explicit(&to->newest, &old, mail, memory_order_acq_rel,
                                                    memory_order_relaxed));
    if (old == NULL)
        uv_async_send(&to->wake);
}

void mailbox_take(struct mailbox *box)
{
    assert(!box->delivering);
    struct mail *mail = atomic_exchange_explicit(&box->newest, NULL, memory_order_acq_rel);
    struct mail *oldest = NULL;
    while (mail != NULL) {
        struct mail *next = mail->next;
        mail->next = oldest;
        oldest = mail;
        mail = next;
    }
    box->delivering = true;
    while (oldest != NULL) {
        struct mail *next = oldest->next;
        oldest->deliver(oldest);
        oldest = next;
    }
    box->delivering = false;
}

static void on_wake(uv_async_t *handle)
{
    mailbox_take(handle->data);
}

enum err mailbox_new(struct loop *loop, struct mailbox **ret)
{
    struct mailbox *box = mem_zalloc(1, sizeof *box);
    if (uv_async_init(loop_uv(loop), &box->wake, on_wake) != 0) {
        mem_free(box);
        return ERR_SYSTEM;
    }
    box->wake.data = box;
    *ret = box;
    return OK;
}

static void on_closed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

void mailbox_free(struct mailbox *box)
{
    if (box == NULL)
        return;
    mailbox_take(box);
    uv_close((uv_handle_t *)&box->wake, on_closed);
}

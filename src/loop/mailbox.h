/* loop/mailbox.h -- messages between threads, without a syscall for each.
 *
 * A message embeds `struct mail`; whoever receives it owns it. Mail of one sender arrives in the
 * order sent. The receiver is woken only if it may be asleep; it takes all that waits at once. A
 * thread may send to itself. */
#ifndef LOOP_MAILBOX_H
#define LOOP_MAILBOX_H

#include <stdatomic.h>

#include "loop/loop.h"

struct mail {
    struct mail *next;
    void (*deliver)(struct mail *take_mail); /* on the receiver's loop */
};

struct mailbox;

/* A mailbox of LOOP. Before loop_start or on its thread. */
struct mailbox *mailbox_new(struct loop *loop);
/* Mail still inside is delivered first. On the loop's thread, or after it has ended. */
void mailbox_free(struct mailbox *box);
/* From any thread. */
void mailbox_send(struct mailbox *to, struct mail *take_mail);
/* Delivers what waits now, without going back to the loop. On the loop's thread; not from inside a
 * delivery. */
void mailbox_take(struct mailbox *box);

#endif

/* loop/fault_stack.h -- a second stack of a thread, for handlers of its own faults (SA_ONSTACK).
 *
 * A thread whose stack has run out has no room left on it for the handler that should say so. Every
 * thread of loop_start has one; other threads call this themselves. */
#ifndef LOOP_FAULT_STACK_H
#define LOOP_FAULT_STACK_H

/* Of the calling thread, until _fini on the same one, which frees it. A thread that has one already
 * (sanitizers give theirs) keeps that. */
struct fault_stack {
    void *bytes; /* NULL: it had one */
};

void fault_stack_init(struct fault_stack *s);
void fault_stack_fini(struct fault_stack *s);

#endif

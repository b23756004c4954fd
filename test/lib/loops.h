/* test/lib/loops.h -- running loops in tests: until something has happened, or a deadline. */
#ifndef TEST_LIB_LOOPS_H
#define TEST_LIB_LOOPS_H

#include <pthread.h>

#include "loop/loop.h"

enum { LOOPS_DEADLINE_MS = 20000 };

/* Runs LOOP on this thread until DONE says so at the end of a turn; false if DEADLINE_MS passes
 * first. */
MUST_CHECK bool loops_run_until(struct loop *loop, bool (*done)(void *ctx), void *ctx,
                                uint64_t deadline_ms);
/* The same until *FLAG is true. */
MUST_CHECK bool loops_run_until_set(struct loop *loop, const bool *flag, uint64_t deadline_ms);
/* Runs N turns without sleeping. */
void loops_run_turns(struct loop *loop, unsigned n);

/* Something that happens on another thread. */
struct loops_event {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned count; /* how often it has happened */
};
void loops_event_init(struct loops_event *e);
void loops_event_fini(struct loops_event *e);
void loops_event_happen(struct loops_event *e);
/* Waits until it has happened COUNT times; false if DEADLINE_MS passes first. */
MUST_CHECK bool loops_event_wait(struct loops_event *e, unsigned count, uint64_t deadline_ms);

/* Runs DO_IT(ctx) on LOOP's thread, which runs already, and waits for its end. BOX is LOOP's. */
struct mailbox;
void loops_call(struct mailbox *box, void (*do_it)(void *ctx), void *ctx);

#endif

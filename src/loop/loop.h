/* loop/loop.h -- an event loop and the thread that runs it.
 *
 * One loop per thread, one thread per loop. Everything but loop_stop, loop_wake and mailbox_send
 * belongs to the loop's own thread (or to its creator before loop_start). */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/list.h"
#include "base/wheel.h"

struct loop;
struct uv_loop_s;

MUST_CHECK enum err loop_new(const char *name, struct loop **ret);
/* All handles must be closed: runs the loop until their close callbacks have run. */
void loop_free(struct loop *loop);
/* Starts the thread (stack 1 MiB or more and a second one for its faults, named NAME). */
MUST_CHECK enum err loop_start(struct loop *loop);
/* Asks the loop to end and waits for its thread. From another thread, once. */
void loop_stop_join(struct loop *loop);
/* Waits for its thread, which ends by a loop_stop of its own. From another thread, once. */
void loop_join(struct loop *loop);
/* Runs it on the calling thread instead, until loop_stop. */
void loop_run(struct loop *loop);
/* Ends loop_run / the thread after the present turn. Any thread. */
void loop_stop(struct loop *loop);
/* Something was posted to LOOP: its MAIL stage runs before it sleeps (again). Any thread; from its
 * own no system call. */
void loop_wake(struct loop *loop);
struct uv_loop_s *loop_uv(struct loop *loop);

/* Monotonic, read once a turn. */
uint64_t loop_now_ms(struct loop *loop);
uint64_t loop_now_ns(struct loop *loop);
/* Reads the clock anew (for measuring). */
uint64_t clock_now_ns(void);
/* Milliseconds since 1970. */
uint64_t clock_wall_ms(void);
/* Fresh randomness from the system. */
void entropy_fill(void *p, size_t n);
uint64_t entropy_u64(void);

/* -- the end of a turn ------------------------------------------------------------------------ */

/* Called at the end of each turn, before the loop sleeps: first those of a lower stage. MAIL comes
 * right after sockets and timers; ANSWER and FLUSH when everything else of the turn has run. A hook
 * may be added or removed at any time and stays until removed. */
enum loop_stage { LOOP_STAGE_MAIL, LOOP_STAGE_ANSWER, LOOP_STAGE_FLUSH, LOOP_STAGES };

struct loop_hook {
    struct list link;
    void (*run)(struct loop_hook *hook);
};
void loop_hook_add(struct loop *loop, enum loop_stage stage, struct loop_hook *hook);
void loop_hook_remove(struct loop_hook *hook);
/* Something came from outside in this turn: where more tends to follow at once, the loop looks on
 * for a moment before it sleeps (loop/spin.h). */
void loop_note_work(struct loop *loop);
/* Does not let the loop sleep before another turn: for work that was cut into pieces. */
void loop_again(struct loop *loop);

/* -- timers ----------------------------------------------------------------------------------- */

/* Cheap: thousands per loop share one wheel (resolution 1 ms, never early). Embed it, zeroed. */

struct timer {
    struct wheel_timer wheel;
    struct loop *loop;
    void (*ring)(struct timer *timer);
};
void timer_init(struct timer *t, struct loop *loop, void (*ring)(struct timer *timer));
void timer_start(struct timer *t, uint64_t after_ms);
void timer_stop(struct timer *t);
bool timer_is_set(const struct timer *t);

#endif

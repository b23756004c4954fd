/* hub/wait.h -- waiting until something in some ranges of keys changes: blocking queries.
 *
 * Two watchers an io thread see all changes of CATALOG and CONSUL_KV; a wait hangs on ranges and is
 * woken, once, by the first change of a key in one of them (in SYSTEM: of any key). Who waits keeps
 * a link or two for each range, no thread and no stream. Nothing is missed: what is hung on while a
 * view is read wakes for all that is newer than the view. */
#ifndef HUB_WAIT_H
#define HUB_WAIT_H

#include "hub/hub.h"

struct wait_table;
struct wait_hook;

struct wait {         /* embed it, zeroed */
    struct list link; /* internal, as all here: of those that are due */
    struct wait_table *table;
    struct wait_hook *hooks; /* the ranges it hangs on */
    bool is_due;
    /* At the end of a turn; it hangs on nothing then: hang it on again, or forget it. */
    void (*woken)(struct wait *w, const struct view *view);
};

/* Keeps HUB. Before the hub's loop is started. */
struct wait_table *wait_table_new(struct hub *h);
/* When nothing waits. */
void wait_table_free(struct wait_table *t);

void wait_init(struct wait *w, struct wait_table *t,
               void (*woken)(struct wait *w, const struct view *view));
/* W is woken by the next change of a key in the range (written as in store/range.h: END empty is
 * KEY alone, one zero byte is open). Both are copied. While a view of this turn is being read. */
void wait_on(struct wait *w, enum space space, struct bytes key, struct bytes end);
/* The same for all keys that begin with PREFIX. */
void wait_on_prefix(struct wait *w, enum space space, struct bytes prefix);
/* It hangs on nothing and is not woken. Harmless twice. */
void wait_end(struct wait *w);

#endif

/* hub/startup.h -- what an operator gave on the command line and is a row in the store: written at
 * the start unless it is there.
 *
 * One io thread does it, as often as it takes; all members of a cluster may. */
#ifndef HUB_STARTUP_H
#define HUB_STARTUP_H

#include "hub/hub.h"

struct startup_task {
    const char *name; /* logged once it is written */
    enum command_kind kind;
    /* Puts the command's body that VIEW lacks, for ARG; false: it lacks nothing. */
    bool (*plan)(const void *arg, const struct view *view, struct buf *body);
    /* False: somebody else was first, it is planned again. NULL: never. */
    bool (*holds)(const struct command_result *result);
};

struct startup;

/* Keeps HUB, TASK and ARG. Before the hub's loop is started. */
struct startup *startup_new(struct hub *hub, const struct startup_task *task, const void *arg);
/* After it ended. NULL is allowed. */
void startup_free(struct startup *s);

#endif

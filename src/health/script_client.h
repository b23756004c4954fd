/* health/script_client.h -- the server's end of the process that runs scripts. One loop. */
#ifndef HEALTH_SCRIPT_CLIENT_H
#define HEALTH_SCRIPT_CLIENT_H

#include "health/script_wire.h"
#include "loop/loop.h"

struct script_client;
struct script_run; /* one script, waiting for its turn or running; the client's */

/* Takes FD, as script_host_start gives it. ERR_SYSTEM. */
MUST_CHECK enum err script_client_new(struct loop *loop, int take_fd, struct script_client **ret);
/* The process ends. */
void script_client_stop(struct script_client *c);
/* True some turns after script_client_stop. */
bool script_client_is_stopped(const struct script_client *c);
/* With no run left. */
void script_client_free(struct script_client *c);

/* OUTCOME is lent for the call. NOT_STARTED with an empty output: the process has ended. */
typedef void (*script_done_fn)(void *ctx, const struct script_outcome *outcome);

/* Runs ARGS[0] with its arguments; at most SCRIPTS_AT_ONCE run at a time, others wait, and their
 * timeout begins with their turn. DONE is called once, from the loop. ARGS must stay until it is,
 * or until the cancel. */
struct script_run *script_start(struct script_client *c, const struct bytes *args, size_t n,
                                uint64_t timeout_ms, uint32_t output_max, script_done_fn done,
                                void *ctx);
/* DONE will not be called; the script is killed. */
void script_cancel(struct script_run *r);

#endif

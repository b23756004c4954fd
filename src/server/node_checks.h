/* server/node_checks.h -- the active checks of this server's node: put together, and taken down. */
#ifndef SERVER_NODE_CHECKS_H
#define SERVER_NODE_CHECKS_H

#include "base/why.h"
#include "catalog/status.h"
#include "hub/hub.h"

struct mailbox;
struct metrics;
struct node_checks;

/* With SCRIPTS it forks the process that runs them: before any thread is started. ERR_SYSTEM. */
MUST_CHECK enum err node_checks_new(bool scripts, struct node_checks **ret, struct why *why);
/* On the io thread that HUB and BOX belong to, before it is started. NODE is kept. */
MUST_CHECK enum err node_checks_open(struct node_checks *n, struct hub *hub, struct mailbox *box,
                                     const char *node, struct metrics *metrics, struct why *why);
/* Any thread; a TTL check's service has said how it is (health/local.h). */
void node_checks_note(struct node_checks *n, struct bytes instance, struct bytes check,
                      enum status status, struct bytes output);
/* Gives up what runs: on its thread by mail. From another thread, or from its own. */
void node_checks_stop(struct node_checks *n);
/* Waits until nothing of it is left, at most MS. From another thread. */
void node_checks_wait(struct node_checks *n, uint64_t ms);
/* When no thread runs: before the hub is freed. Harmless after a stop. */
void node_checks_close(struct node_checks *n);
/* After the mailbox has been freed, before the loop is. */
void node_checks_free(struct node_checks *n);

#endif

/* health/local.h -- the checks of one node: from the catalog into a runner, results back.
 *
 * It watches the node's checks in the catalog, runs those that are to be run, writes what changes,
 * and deregisters services whose check has been critical for as long as it says. On one io thread;
 * no other server may run the checks of the same node. */
#ifndef HEALTH_LOCAL_H
#define HEALTH_LOCAL_H

#include "health/probe.h"
#include "hub/hub.h"

struct local_checks;
struct mailbox;
struct metrics;

enum {
    LOCAL_REAP_MS = 30 * 1000, /* how often critical services are looked for */
    LOCAL_ALIAS_MS = 100       /* aliases are judged anew at most so often */
};

struct local_options {
    struct hub *hub;         /* kept */
    struct mailbox *box;     /* of its loop; kept */
    const char *ns, *node;   /* kept */
    bool of_member;          /* the node is one of Muster's own, which has no row */
    struct prober *prober;   /* kept */
    uint64_t reap_ms;        /* 0 = LOCAL_REAP_MS */
    unsigned at_once;        /* probes under way; 0 = RUNNER_AT_ONCE */
    struct metrics *metrics; /* may be NULL */
    /* By which it is told how long a check has been critical; NULL: the loop's. */
    uint64_t (*now_ms)(void *ctx);
    void *ctx;
};

/* Before the hub's loop runs, or on its thread. */
struct local_checks *local_checks_new(const struct local_options *options);
/* On its thread: gives up what is under way. Nothing is called or written afterwards. */
void local_checks_stop(struct local_checks *l);
/* After local_checks_stop, or after the loop's thread has ended. */
void local_checks_free(struct local_checks *l);

/* A TTL check has been given STATUS by its service: it has its full time again, and what has
 * changed is written (an output alone once in five minutes). INSTANCE is the service's id, empty
 * for a check of the node. From any thread, before local_checks_stop; a check that is not there or
 * of another kind is ignored. */
void local_checks_note(struct local_checks *l, struct bytes instance, struct bytes check,
                       enum status status, struct bytes output);

#endif

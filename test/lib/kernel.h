/* test/lib/kernel.h -- a whole kernel in a test: data directory, replica, keeper, one io thread's
 * hub.
 *
 * The calls below run on the test's thread and wait for the io thread. */
#ifndef TEST_LIB_KERNEL_H
#define TEST_LIB_KERNEL_H

#include "hub/gate.h"
#include "hub/hub.h"
#include "hub/watch.h"
#include "keeper/keeper.h"
#include "loops.h"

struct kernel {
    const char *dir; /* kept: the caller's, or TEMPDIR */
    char *tempdir;   /* removed at the end, or NULL */
    struct datadir *datadir;
    struct metrics *metrics;
    struct replica *replica;
    struct keeper *keeper;
    struct loop *loop; /* the io thread's */
    struct mailbox *box;
    struct hub *hub;
    struct arena arena; /* of GRANTED */
    const struct granted *granted;
    /* For what is to stand on it: MADE when nothing runs yet, ENDED when nothing runs any more and
     * nothing is freed. Either may be NULL. */
    void (*made)(void *ctx);
    void (*ended)(void *ctx);
    void *ctx;
    /* What is set in these before kernel_start is kept. */
    struct replica_options replica_options;
    struct keeper_options keeper_options;
    struct hub_options hub_options;
};

/* A fresh directory, or DIR (kept). Nothing runs yet: options may be changed. */
void kernel_init(struct kernel *k, const char *dir);
/* Opens and starts everything; asserts that it works. */
void kernel_start(struct kernel *k);
/* The same, but hands back why it did not. */
MUST_CHECK enum err kernel_try_start(struct kernel *k, struct why *why);
/* Stops and closes, cleanly or as if the process had died (without marking the view clean). */
void kernel_stop(struct kernel *k, bool clean);
void kernel_fini(struct kernel *k);

/* Runs DO_IT on the io thread and waits until it has returned. */
void kernel_call(struct kernel *k, void (*do_it)(void *ctx), void *ctx);

/* Writes in SPACE_ETCD; the revision it got. LEASE 0: none. */
uint64_t kernel_put(struct kernel *k, const char *key, const char *value, int64_t lease);
/* Submits any command; what came back. */
enum err kernel_submit(struct kernel *k, enum command_kind kind, struct bytes body,
                       uint64_t *ret_revision);
/* A linearizable read of one key into VALUE (at most N bytes with the NUL); false if it is not
 * there. */
bool kernel_get(struct kernel *k, const char *key, char *value, size_t n);
uint64_t kernel_remove_range(struct kernel *k, const char *key, const char *end);
enum err kernel_grant(struct kernel *k, int64_t id, uint64_t ttl_ms);
enum lease_answer kernel_renew(struct kernel *k, int64_t id, uint64_t *ret_remaining_ms);
uint64_t kernel_revision(struct kernel *k);

#endif

/* A replica under the test's thumb: entries are applied at once to a real store, and the test
 * decides when the hub hears of them. Everything runs on the test's own thread. */
#ifndef TEST_UNIT_HUB_FAKE_REPLICA_H
#define TEST_UNIT_HUB_FAKE_REPLICA_H

#include "hub/gate.h"
#include "hub/hub.h"
#include "hub/watch.h"

struct fake {
    char *dir;
    struct store *store;
    struct loop *loop;
    struct metrics *metrics;
    struct hub *hub;
    struct arena arena;
    const struct granted *granted;
    struct replica *replica;
    enum space space; /* that fake_commit and fake_compact work on; at first ETCD */
};

/* BUFFER_BYTES: of a watch stream before it is behind; 0 = default. */
void fake_init(struct fake *f, uint64_t buffer_bytes, uint64_t batch_max_bytes);
/* With a gate that asks for tokens. */
void fake_init_asking(struct fake *f, uint64_t buffer_bytes, uint64_t batch_max_bytes,
                      const struct gate_options *gate);
void fake_fini(struct fake *f);

/* Applies a command of FACE_ETCD, which must be accepted, like the next. */
void fake_command(struct fake *f, enum command_kind kind, struct buf *take_body);
/* Applies TXN, like the next; whether its compares held. */
bool fake_apply(struct fake *f, const struct txn *txn);
/* Applies one transaction of puts "key=value" (or "-key" for a delete), ended by NULL. It is
 * committed; the hub has not heard of it. Returns the revision. */
uint64_t fake_commit(struct fake *f, ...) __attribute__((sentinel));
uint64_t fake_compact(struct fake *f, uint64_t revision);
/* The batches that wait are sent, and published. */
void fake_send(struct fake *f);
/* The batches that wait are left out: the hub is told that it lost everything from there. */
void fake_lose(struct fake *f);
/* What was proposed last; it is answered with ERR_STOPPING. */
struct proposal *fake_proposed(struct fake *f);
void fake_refuse_one(struct proposal *p);
void fake_refuse(struct fake *f);
/* Both of the first. */
#define fake_put(f, ...) (fake_commit_all((f), fake_commit((f), __VA_ARGS__, (char *)NULL)))
uint64_t fake_commit_all(struct fake *f, uint64_t revision);
/* Runs the loop until nothing more happens by itself. */
void fake_run(struct fake *f);

#endif

/* faces/etcd/call.h -- unary calls: begun, let through the gate, waiting for one thing, answered.
 */
#ifndef FACES_ETCD_CALL_H
#define FACES_ETCD_CALL_H

#include "faces/etcd/core.h"

enum call_wait { CALL_WAITS_NOT, CALL_READS, CALL_WRITES, CALL_ASKS, CALL_SWEEPS, CALL_WAITS_LONG };

struct etcd_call;

typedef void (*call_read_fn)(struct etcd_call *c, const struct view *view);
typedef void (*call_written_fn)(struct etcd_call *c, const struct command_result *result);
typedef bool (*call_refused_fn)(struct etcd_call *c, enum err err);

struct call_sweep;
struct long_read;

/* The state of every unary call begins with it; a handler adds its own behind. It waits for one
 * thing at a time. */
struct etcd_call {
    struct etcd_face *face;
    struct grpc_call *call;
    const struct granted *granted;
    enum call_wait waits;
    struct list link; /* in face->waiting while it waits for what has a timeout */
    uint64_t until_ms;
    struct hub_read read;
    call_read_fn on_read;
    struct hub_write *write;
    call_written_fn on_written;
    call_refused_fn on_refused; /* of a command that was applied and refused: true if it has seen to
                                   it. NULL: the client is told */
    struct hub_lease lease;
    struct call_sweep *sweep;
    struct long_read *long_read;             /* long_read.h */
    void (*on_give_up)(struct etcd_call *c); /* of what call_wait_long waits for */
};

/* Fills the state in; false: the call has been refused and finished. */
bool call_begin(struct grpc_call *call);
struct etcd_call *call_of(struct grpc_call *call);
struct arena *call_arena(struct etcd_call *c);
/* The request, or NULL: refused and finished. */
void *call_decode(struct etcd_call *c, const ProtobufCMessageDescriptor *descriptor,
                  struct bytes message);
/* The gate; false: refused and finished. */
bool call_granted(struct etcd_call *c, const struct operation *operations, size_t n);
bool call_granted_one(struct etcd_call *c, enum access_verb verb, enum space space,
                      struct bytes key, struct bytes end);

/* Finishes the call with etcd's words unless R is ETCD_FINE; true if it did. */
bool call_refuse(struct etcd_call *c, enum etcd_refusal r);
void call_fail(struct etcd_call *c, enum err e);

/* ON_READ comes at the end of a turn with a view that suits. */
void call_read(struct etcd_call *c, bool linearizable, call_read_fn on_read);
/* ON_WRITTEN comes only if the command was applied and not refused. */
void call_submit(struct etcd_call *c, enum command_kind kind, struct bytes body,
                 call_written_fn on_written);
/* The same with a transaction. */
void call_submit_txn(struct etcd_call *c, const struct txn *txn, call_written_fn on_written);
/* DONE comes once compactions have reclaimed their space. */
void call_wait_swept(struct etcd_call *c, void (*done)(struct etcd_call *c));
void call_ask_lease(struct etcd_call *c, int64_t id,
                    void (*done)(struct hub_lease *l, enum lease_answer answer, uint64_t ttl_ms,
                                 uint64_t remaining_ms));
/* Waits until call_waits_no_more; whatever else ends it calls ON_GIVE_UP first. IS_PATIENT: it has
 * no timeout. */
void call_wait_long(struct etcd_call *c, bool is_patient, void (*on_give_up)(struct etcd_call *c));
/* What it waited for is here. */
void call_waits_no_more(struct etcd_call *c);
/* False, and refused: answers that clients have not read take all the room. */
bool call_has_room(struct etcd_call *c);
/* False, and refused for want of room, or to be refused as soon as the alarm stands: a write that
 * alarms or missing space forbid. COST 0: it puts nothing. */
bool call_may_write(struct etcd_call *c, uint64_t cost);

/* One answer: the buffer it is written into, with the header of REVISION in it; then the end. */
struct buf *call_answer(struct etcd_call *c, uint64_t revision);
void call_answered(struct etcd_call *c);
/* The same if E is OK; else what has been written is not sent, and the call fails with E. */
void call_answered_if(struct etcd_call *c, struct buf *out, enum err e);

/* grpc_method.closed of every unary call. */
void call_closed(struct grpc_call *call, enum err why);
void call_time_out(struct timer *timer);

/* A method row of a unary call; STATE begins with a struct etcd_call. */
#define UNARY(method, state, handler)                                                         \
    {                                                                                         \
        .name = method, .kind = GRPC_UNARY, .state_bytes = sizeof(state), .message = handler, \
        .closed = call_closed                                                                 \
    }

#endif

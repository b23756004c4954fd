/* fake_grpc.h -- gRPC calls without a network: the face's handlers on a real kernel.
 *
 * Stands in for net/grpc: the calls of net/grpc.h that handlers use are defined here. Handlers run
 * on the io thread; the functions below run on the test's and wait for it. */
#ifndef TEST_FACES_ETCD_FAKE_GRPC_H
#define TEST_FACES_ETCD_FAKE_GRPC_H

#include "faces/etcd/face.h"
#include "kernel.h"
#include "proto/etcd/rpc.pb-c.h"

#define FAKE_BROKEN "broken off" /* the text of a call after grpc_call_break */

struct fixture {
    struct kernel kernel;
    struct etcd_face *face;
    struct etcd_options options; /* set before fixture_start */
    struct list calls;           /* all that were opened; the io thread's */
    _Atomic bool has_no_room;    /* for answers: what other clients have not read takes it all */
};

void fixture_init(struct fixture *f);
void fixture_start(struct fixture *f);
/* Frees calls, face and kernel. */
void fixture_end(struct fixture *f);
/* With the server's goodbye to streams. */
void fixture_drain(struct fixture *f);

struct fake_metadata {
    const char *name, *value;
};

/* A call of METHOD ("Range") of SERVICE ("KV"); METADATA may be NULL, else it ends with a NULL
 * name. */
struct grpc_call *fake_open(struct fixture *f, const char *service, const char *method,
                            const struct fake_metadata *metadata);
/* Hands MESSAGE, any protobuf-c struct, to the handler. */
void fake_send(struct grpc_call *call, const void *message);
/* The same, and then DO_IT(ctx), before the io thread goes on. */
void fake_send_then(struct grpc_call *call, const void *message, void (*do_it)(void *ctx),
                    void *ctx);
/* Several in one turn. */
void fake_send_all(struct grpc_call *call, const void *const *messages, size_t n);
void fake_send_bytes(struct grpc_call *call, struct bytes bytes);
void fake_half_close(struct grpc_call *call);
/* The client goes away. */
void fake_reset(struct grpc_call *call);
/* What grpc_call_pending says from now on; below a full buffer after one: `drained`. */
void fake_set_pending(struct grpc_call *call, size_t pending);

/* Waits until N answers (from the call's beginning) are here, or the call has ended. */
size_t fake_wait(struct grpc_call *call, size_t n);
/* Waits for the end; its code, and its text in TEXT (at least 128 bytes; may be NULL). */
enum grpc_status fake_wait_end(struct grpc_call *call, char *text);
/* Answer number I, decoded; freed with the fixture. */
void *fake_answer(struct grpc_call *call, size_t i, const ProtobufCMessageDescriptor *descriptor);
bool fake_is_paused(struct grpc_call *call);
bool fake_has_ended(struct grpc_call *call);
size_t fake_answer_n(struct grpc_call *call);
size_t fake_answer_size(struct grpc_call *call, size_t i);

/* One unary call from beginning to end: its answer, or NULL and the refusal in *ret_status, TEXT.
 */
void *fake_unary(struct fixture *f, const char *service, const char *method, const void *message,
                 const ProtobufCMessageDescriptor *descriptor, enum grpc_status *ret_status,
                 char *text);

#endif

/* net/grpc.h -- the server's half of gRPC calls, of all four kinds.
 *
 * A face lists its methods; net does frames, compression, deadlines, limits, flow control and
 * trailers. All functions belong to the io thread of the call's connection. */
#ifndef NET_GRPC_H
#define NET_GRPC_H

#include "base/arena.h"
#include "base/buf.h"
#include "loop/loop.h"
#include "net/chunk.h"

enum grpc_status {
    GRPC_OK,
    GRPC_CANCELLED,
    GRPC_UNKNOWN,
    GRPC_INVALID_ARGUMENT,
    GRPC_DEADLINE_EXCEEDED,
    GRPC_NOT_FOUND,
    GRPC_ALREADY_EXISTS,
    GRPC_PERMISSION_DENIED,
    GRPC_RESOURCE_EXHAUSTED,
    GRPC_FAILED_PRECONDITION,
    GRPC_ABORTED,
    GRPC_OUT_OF_RANGE,
    GRPC_UNIMPLEMENTED,
    GRPC_INTERNAL,
    GRPC_UNAVAILABLE,
    GRPC_DATA_LOSS,
    GRPC_UNAUTHENTICATED
};

struct grpc_call;

enum grpc_kind { GRPC_UNARY, GRPC_CLIENT_STREAM, GRPC_SERVER_STREAM, GRPC_BIDI_STREAM };

struct grpc_method {
    const char *name; /* "Range" */
    enum grpc_kind kind;
    size_t state_bytes; /* zeroed memory that lives as long as the call: grpc_call_state */
    /* One whole request message, decompressed; lends for the call. For the unary kinds exactly
     * once: a second message is ignored, none at all is answered by net. May finish the call. */
    void (*message)(struct grpc_call *call, struct bytes message);
    /* The client has ended its side (streaming kinds; may be NULL). */
    void (*half_closed)(struct grpc_call *call);
    /* grpc_call_pending fell below CONN_OUT_LOW after it was above CONN_OUT_HIGH. May be NULL. */
    void (*drained)(struct grpc_call *call);
    /* The last word, always exactly once: after a finish has been handed over, or with ERR_CANCELED
     * (client reset, or it sent what cannot be read and net has answered), ERR_DEADLINE (net has
     * answered 4), ERR_CLOSED (connection lost). The call and its state are gone afterwards. May be
     * NULL. */
    void (*closed)(struct grpc_call *call, enum err why);
};

struct grpc_service {
    const char *name; /* "etcdserverpb.KV" */
    const struct grpc_method *methods;
    size_t method_n;
    const struct grpc_file *file; /* its descriptor for reflection, or NULL */
};

/* A serialised google.protobuf.FileDescriptorProto. */
struct grpc_file {
    const char *name; /* "etcdserverpb/rpc.proto" */
    const uint8_t *descriptor;
    size_t descriptor_n;
    const struct grpc_file *const *imports; /* NULL-terminated */
};

void *grpc_call_state(struct grpc_call *call);
void *grpc_call_context(const struct grpc_call *call); /* the service set's, of this thread */
struct arena *grpc_call_arena(struct grpc_call *call); /* freed with the call */
struct loop *grpc_call_loop(const struct grpc_call *call);
const struct grpc_method *grpc_call_method(const struct grpc_call *call);
const char *grpc_call_peer(const struct grpc_call *call);
const char *grpc_call_client_name(const struct grpc_call *call); /* certificate's CN or NULL */
/* Request metadata by lower-case name; p is NULL if it is not there. */
struct bytes grpc_call_metadata(const struct grpc_call *call, const char *name);
/* loop_now_ms at which the client's deadline passes; UINT64_MAX without one. */
uint64_t grpc_call_deadline_ms(const struct grpc_call *call);

/* One message: write it into the buffer that _begin lends, then _end. Nothing else may be called in
 * between. _end answers ERR_TOO_BIG (and sends nothing) if it did not fit the send limit. */
struct buf *grpc_call_begin(struct grpc_call *call);
MUST_CHECK enum err grpc_call_end(struct grpc_call *call);
/* One message made of HEAD, copied, and SHARED (may be NULL), which is referenced if it is large.
 */
void grpc_call_send(struct grpc_call *call, struct bytes head, struct chunk *shared);
/* One message of N bytes whose length is known before they are: after _begin_long its bytes follow
 * in any pieces, all of them before anything else is sent. */
void grpc_call_begin_long(struct grpc_call *call, size_t n);
void grpc_call_put(struct grpc_call *call, struct bytes piece);
/* Ends a call whose message cannot be made whole. The client's library says UNAVAILABLE, or tries
 * again by itself. */
void grpc_call_break(struct grpc_call *call);
/* How many bytes of answers may still be rendered on this thread: others wait for their clients. */
size_t grpc_call_room(const struct grpc_call *call);
/* Bytes of this call that wait for flow control and the socket. */
size_t grpc_call_pending(const struct grpc_call *call);
/* Stop and go on taking messages from the client (flow control reaches it). */
void grpc_call_pause(struct grpc_call *call);
void grpc_call_resume(struct grpc_call *call);
/* Ends the call with trailers (trailers-only if nothing was sent); MESSAGE may be NULL. */
void grpc_call_finish(struct grpc_call *call, enum grpc_status status, const char *message);

const char *grpc_status_name(enum grpc_status s); /* "OK", "Canceled", ... as grpc-go names them */

#endif

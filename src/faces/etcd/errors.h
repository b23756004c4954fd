/* faces/etcd/errors.h -- etcd's statuses: code and text, byte for byte. */
#ifndef FACES_ETCD_ERRORS_H
#define FACES_ETCD_ERRORS_H

#include "base/err.h"
#include "net/grpc.h"

/* What a request can be refused with beyond our own errors. */
/* clang-format off */
#define ETCD_REFUSAL_LIST(X)                                                                       \
    X(ETCD_EMPTY_KEY,         INVALID_ARGUMENT,    "etcdserver: key is not provided")              \
    X(ETCD_KEY_NOT_FOUND,     INVALID_ARGUMENT,    "etcdserver: key not found")                    \
    X(ETCD_VALUE_PROVIDED,    INVALID_ARGUMENT,    "etcdserver: value is provided")                \
    X(ETCD_LEASE_PROVIDED,    INVALID_ARGUMENT,    "etcdserver: lease is provided")                \
    X(ETCD_TOO_MANY_OPS,      INVALID_ARGUMENT,    "etcdserver: too many operations in txn request") \
    X(ETCD_DUPLICATE_KEY,     INVALID_ARGUMENT,    "etcdserver: duplicate key given in txn request") \
    X(ETCD_BAD_API_VERSION,   INVALID_ARGUMENT,    "etcdserver: invalid client api version")       \
    X(ETCD_BAD_SORT,          INVALID_ARGUMENT,    "etcdserver: invalid sort option")              \
    X(ETCD_TOO_LARGE,         INVALID_ARGUMENT,    "etcdserver: request is too large")             \
    X(ETCD_NO_USER,           INVALID_ARGUMENT,    "etcdserver: user name is empty")               \
    X(ETCD_COMPACTED,         OUT_OF_RANGE,        "etcdserver: mvcc: required revision has been compacted") \
    X(ETCD_FUTURE_REVISION,   OUT_OF_RANGE,        "etcdserver: mvcc: required revision is a future revision") \
    X(ETCD_LEASE_TTL,         OUT_OF_RANGE,        "etcdserver: too large lease TTL")              \
    X(ETCD_NO_SPACE,          RESOURCE_EXHAUSTED,  "etcdserver: mvcc: database space exceeded")    \
    X(ETCD_TOO_MANY_REQUESTS, RESOURCE_EXHAUSTED,  "etcdserver: too many requests")                \
    X(ETCD_ANSWER_TOO_LARGE,  RESOURCE_EXHAUSTED,  "etcdserver: response is too large")            \
    X(ETCD_LEASE_NOT_FOUND,   NOT_FOUND,           "etcdserver: requested lease not found")        \
    X(ETCD_LEASE_EXISTS,      FAILED_PRECONDITION, "etcdserver: lease already exists")             \
    X(ETCD_PROJECTED,         FAILED_PRECONDITION, "etcdserver: key shows an instance of another protocol") \
    X(ETCD_DENIED,            PERMISSION_DENIED,   "etcdserver: permission denied")                \
    X(ETCD_BAD_TOKEN,         UNAUTHENTICATED,     "etcdserver: invalid auth token")               \
    X(ETCD_NO_LEADER,         UNAVAILABLE,         "etcdserver: no leader")                        \
    X(ETCD_LEADER_CHANGED,    UNAVAILABLE,         "etcdserver: leader changed")                   \
    X(ETCD_STOPPED,           UNAVAILABLE,         "etcdserver: server stopped")                   \
    X(ETCD_TIMED_OUT,         UNAVAILABLE,         "etcdserver: request timed out")                \
    X(ETCD_CORRUPT,           DATA_LOSS,           "etcdserver: corrupt cluster")                  \
    X(ETCD_CANCELED,          CANCELLED,           "etcdserver: request canceled")                 \
    X(ETCD_WATCH_CANCELED,    CANCELLED,           "etcdserver: watch canceled")                   \
    X(ETCD_DEADLINE,          DEADLINE_EXCEEDED,   "context deadline exceeded")                    \
    X(ETCD_CUT_SHORT,         INTERNAL,            "grpc: error unmarshalling request: unexpected EOF") \
    X(ETCD_UNREADABLE,        INTERNAL,            "grpc: error unmarshalling request: proto: illegal wireType") \
    X(ETCD_STREAM_CUT_SHORT,  INTERNAL,            "grpc: failed to unmarshal the received message: unexpected EOF") \
    X(ETCD_STREAM_UNREADABLE, INTERNAL,            "grpc: failed to unmarshal the received message: proto: illegal wireType") \
    X(ETCD_INTERNAL,          UNKNOWN,             "etcdserver: internal error")
/* clang-format on */

enum etcd_refusal {
    ETCD_FINE = 0,
#define X(name, code, text) name,
    ETCD_REFUSAL_LIST(X)
#undef X
};

struct etcd_status {
    enum grpc_status code;
    const char *text;
};

struct etcd_status etcd_status_of(enum etcd_refusal r);
/* Our own errors as etcd words them; OK is ETCD_FINE. */
enum etcd_refusal etcd_refusal_of(enum err e);

#endif

/* store/txn.h -- a transaction: compares, then the operations of one branch, all or nothing.
 *
 * It is etcd's (etcd.md 4.4): compares (also those of nested transactions) see the state before the
 * transaction; operations run in order and see each other; all writes share one revision. */
#ifndef STORE_TXN_H
#define STORE_TXN_H

#include "store/range.h"

enum compare_result {
    COMPARE_EQUAL,
    COMPARE_GREATER,
    COMPARE_LESS,
    COMPARE_NOT_EQUAL,
    COMPARE_ALWAYS /* an enum value the protocol does not know: true */
};
enum compare_target {
    COMPARE_VERSION,
    COMPARE_CREATE,
    COMPARE_MOD,
    COMPARE_VALUE,
    COMPARE_LEASE,
    COMPARE_NOTHING /* unknown target: counts as equal */
};

struct compare {
    enum space space;
    struct bytes key, end; /* END empty: one key; a missing key compares as zeroes */
    enum compare_result result;
    enum compare_target target;
    int64_t number;     /* for all targets but VALUE */
    struct bytes value; /* VALUE on a missing key is false */
};

struct put {
    enum space space;
    struct bytes key, value;
    int64_t lease; /* 0 detaches */
    bool want_prev;
    bool ignore_value; /* keep the current value; ERR_KEY_NOT_FOUND if there is none */
    bool ignore_lease; /* keep the current lease; the same */
};

struct remove {
    enum space space;
    struct bytes key, end;
    bool want_prev;
};

struct txn;

enum op_kind { OP_RANGE, OP_PUT, OP_REMOVE, OP_TXN };

struct op {
    enum op_kind kind;
    union {
        struct range_query range;
        struct put put;
        struct remove remove;
        struct txn *txn;
    };
};

struct txn {
    struct compare *compares;
    size_t compare_n;
    struct op *then_ops, *else_ops;
    size_t then_n, else_n;
};

struct txn_result;

struct op_result {
    enum op_kind kind;
    uint64_t revision; /* the store's, as this operation saw it */
    union {
        struct range_result range; /* values are flat */
        struct kv *prev;           /* of a put: NULL if not asked or not there */
        struct {
            uint64_t n;
            struct kv *prevs; /* n of them if asked, else NULL */
        } removed;
        struct txn_result *txn;
    };
};

struct txn_result {
    bool succeeded;
    uint64_t revision; /* the transaction's; unchanged current one if nothing was written */
    struct op_result *ops;
    size_t op_n;
};

/* How deep transactions may nest (etcd's own decoder ends at about 260). */
enum { TXN_DEPTH_MAX = 260 };

/* Appends the body of a COMMAND_TXN. ERR_TOO_BIG if OUT is full or it nests too deep. */
MUST_CHECK enum err txn_encode(const struct txn *txn, struct buf *out);
/* Reads it back; the result lends key and value bytes from BODY and lives in ARENA. */
MUST_CHECK enum err txn_decode(struct bytes body, struct arena *arena, struct txn **ret);

/* True if neither branch, at any depth, holds a put or a remove. */
bool txn_is_read_only(const struct txn *txn);

#endif

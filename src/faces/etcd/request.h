/* faces/etcd/request.h -- requests on keys: checked in etcd's order, then put into the kernel's
 * words. Pure. */
#ifndef FACES_ETCD_REQUEST_H
#define FACES_ETCD_REQUEST_H

#include "faces/etcd/codec.h"
#include "hub/gate.h"
#include "store/txn.h"

struct etcd_limits {
    uint64_t max_txn_ops;
    uint64_t max_request_bytes; /* of a write as etcd would replicate it */
    uint64_t key_max;           /* of a put */
};

enum etcd_refusal etcd_check_range(const Etcdserverpb__RangeRequest *r);
enum etcd_refusal etcd_check_put(const Etcdserverpb__PutRequest *r,
                                 const struct etcd_limits *limits);
enum etcd_refusal etcd_check_delete(const Etcdserverpb__DeleteRangeRequest *r);
/* Counts, keys and operations of both branches, nested ones too; then keys that are put twice or
 * put and deleted. SCRATCH is filled. */
enum etcd_refusal etcd_check_txn(const Etcdserverpb__TxnRequest *r,
                                 const struct etcd_limits *limits, struct arena *scratch);
/* A write whose message has N bytes. */
enum etcd_refusal etcd_check_size(size_t n, const struct etcd_limits *limits);

struct range_query etcd_range_query(const Etcdserverpb__RangeRequest *r);
struct op etcd_put_op(const Etcdserverpb__PutRequest *r);
struct op etcd_delete_op(const Etcdserverpb__DeleteRangeRequest *r);
/* A checked Txn; lives in ARENA and lends keys and values from R. */
struct txn *etcd_txn(const Etcdserverpb__TxnRequest *r, struct arena *arena);

/* What the quota is asked for: 256 a put and its key and value; the dearer branch of a txn. 0: the
 * request puts nothing, at any depth and in neither branch. */
uint64_t etcd_put_cost(const struct put *put);
uint64_t etcd_txn_cost(const struct txn *txn);
/* True unless every operation is a serializable range. */
bool etcd_txn_is_linearizable(const Etcdserverpb__TxnRequest *r);

/* What access is asked about: all that TXN compares, reads and writes, both branches, all depths.
 */
struct operation *etcd_txn_operations(const struct txn *txn, struct arena *arena, size_t *ret_n);

#endif

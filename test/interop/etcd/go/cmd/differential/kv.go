package main

import (
	"context"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

func rpcRange(s *side, ctx context.Context, q *pb.RangeRequest) (*pb.RangeResponse, error) {
	return s.kv.Range(ctx, q)
}

func rpcPut(s *side, ctx context.Context, q *pb.PutRequest) (*pb.PutResponse, error) {
	return s.kv.Put(ctx, q)
}

func rpcDelete(s *side, ctx context.Context, q *pb.DeleteRangeRequest) (*pb.DeleteRangeResponse, error) {
	return s.kv.DeleteRange(ctx, q)
}

func rpcTxn(s *side, ctx context.Context, q *pb.TxnRequest) (*pb.TxnResponse, error) {
	return s.kv.Txn(ctx, q)
}

func rpcCompact(s *side, ctx context.Context, q *pb.CompactionRequest) (*pb.CompactionResponse, error) {
	return s.kv.Compact(ctx, q)
}

func (r *run) rangeRequest() *pb.RangeRequest {
	q := &pb.RangeRequest{
		Key:               r.key(),
		Limit:             r.limit(),
		Revision:          r.at(),
		Serializable:      r.one(4),
		KeysOnly:          r.one(6),
		CountOnly:         r.one(6),
		MinModRevision:    r.bound(),
		MaxModRevision:    r.bound(),
		MinCreateRevision: r.bound(),
		MaxCreateRevision: r.bound(),
	}
	q.RangeEnd = r.end(q.Key)
	if r.one(3) {
		q.SortOrder = pb.RangeRequest_SortOrder(r.rnd.Intn(3))
		q.SortTarget = pb.RangeRequest_SortTarget(r.rnd.Intn(5))
	}
	if r.one(25) {
		q.SortOrder = pick[pb.RangeRequest_SortOrder](r, 0, 1, 3, -1, 99)
		q.SortTarget = pick[pb.RangeRequest_SortTarget](r, 0, 1, 5, -1, 99)
	}
	return q
}

func (r *run) putRequest() *pb.PutRequest {
	q := &pb.PutRequest{Key: r.key(), Value: r.value(), PrevKv: r.one(3)}
	if r.one(3) {
		q.Lease = r.leaseID()
	}
	if r.one(8) {
		q.IgnoreValue = true
		if !r.one(4) {
			q.Value = nil
		}
	}
	if r.one(8) {
		q.IgnoreLease = true
		if !r.one(4) {
			q.Lease = 0
		}
	}
	return q
}

func (r *run) deleteRequest() *pb.DeleteRangeRequest {
	q := &pb.DeleteRangeRequest{Key: r.key(), PrevKv: r.one(2)}
	q.RangeEnd = r.end(q.Key)
	return q
}

func (r *run) rangeKeys() { call(r, "range", r.rangeRequest(), rpcRange) }

func (r *run) put() { call(r, "put", r.putRequest(), rpcPut) }

func (r *run) deleteRange() { call(r, "delete", r.deleteRequest(), rpcDelete) }

func (r *run) txn() { call(r, "txn", r.txnRequest(0), rpcTxn) }

// compact leaves some history most of the time. Watchers are let catch up before, so that it is
// certain which of them it overtakes.
func (r *run) compact() {
	r.settle("before compact")
	q := &pb.CompactionRequest{Revision: r.at(), Physical: r.one(2)}
	if r.one(2) {
		q.Revision = max(r.compacted, r.revision-int64(r.rnd.Intn(20)))
	}
	if call(r, "compact", q, rpcCompact) != nil {
		r.compacted = max(r.compacted, q.Revision)
	}
}

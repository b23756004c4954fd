package main

import (
	"math"
	"slices"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

const nestMax = 3

func (r *run) compare() *pb.Compare {
	c := &pb.Compare{
		Key:    r.key(),
		Result: pb.Compare_CompareResult(r.rnd.Intn(4)),
		Target: pb.Compare_CompareTarget(r.rnd.Intn(5)),
	}
	if r.one(3) {
		c.RangeEnd = r.end(c.Key)
	}
	if r.one(20) {
		c.Result = pick[pb.Compare_CompareResult](r, 4, -1, 99)
	}
	if r.one(20) {
		c.Target = pick[pb.Compare_CompareTarget](r, 5, -1, 99)
	}
	kind := int(c.Target)
	if r.one(6) {
		kind = r.rnd.Intn(7) // the wrong member, or none
	}
	switch kind {
	case 0:
		c.TargetUnion = &pb.Compare_Version{Version: pick[int64](r, 0, 1, 2, 3, -1)}
	case 1:
		c.TargetUnion = &pb.Compare_CreateRevision{CreateRevision: r.seen()}
	case 2:
		c.TargetUnion = &pb.Compare_ModRevision{ModRevision: r.seen()}
	case 3:
		c.TargetUnion = &pb.Compare_Value{Value: r.value()}
	case 4:
		c.TargetUnion = &pb.Compare_Lease{Lease: pick(r, 0, r.leaseID())}
	}
	return c
}

// seen is a revision that a key may have.
func (r *run) seen() int64 {
	return pick(r, 0, -1, r.revision, r.revision-1, r.revision-3, r.revision+1, math.MaxInt64)
}

func (r *run) op(depth int) *pb.RequestOp {
	switch n := r.rnd.Intn(20); {
	case n < 9:
		return &pb.RequestOp{Request: &pb.RequestOp_RequestPut{RequestPut: r.putRequest()}}
	case n < 14:
		return &pb.RequestOp{Request: &pb.RequestOp_RequestRange{RequestRange: r.rangeRequest()}}
	case n < 17:
		return &pb.RequestOp{Request: &pb.RequestOp_RequestDeleteRange{RequestDeleteRange: r.deleteRequest()}}
	case n < 19 && depth < nestMax:
		return &pb.RequestOp{Request: &pb.RequestOp_RequestTxn{RequestTxn: r.txnRequest(depth + 1)}}
	case r.one(12):
		return &pb.RequestOp{}
	}
	return &pb.RequestOp{Request: &pb.RequestOp_RequestPut{
		RequestPut: &pb.PutRequest{Key: r.fullKey(), Value: r.value()}}}
}

func (r *run) ops(depth int) []*pb.RequestOp {
	var list []*pb.RequestOp
	for range r.rnd.Intn(4) {
		list = append(list, r.op(depth))
	}
	return list
}

func (r *run) txnRequest(depth int) *pb.TxnRequest {
	if depth == 0 && r.one(15) {
		return r.longTxn()
	}
	if depth == 0 && r.one(6) {
		return r.readTxn()
	}
	q := &pb.TxnRequest{Success: r.ops(depth), Failure: r.ops(depth)}
	for range r.rnd.Intn(3) {
		q.Compare = append(q.Compare, r.compare())
	}
	if depth == 0 && deletes(q) {
		ignoreNothing(q)
	}
	return q
}

// deletes tells whether a key may be removed.
func deletes(q *pb.TxnRequest) bool {
	return slices.ContainsFunc(slices.Concat(q.Success, q.Failure), func(op *pb.RequestOp) bool {
		return op.GetRequestDeleteRange() != nil || (op.GetRequestTxn() != nil && deletes(op.GetRequestTxn()))
	})
}

// ignoreNothing makes every put one with a value and a lease. etcd does not notice that a put falls
// into a delete with an open end, and ends itself when it then ignores the value of a key just gone.
func ignoreNothing(q *pb.TxnRequest) {
	for _, op := range slices.Concat(q.Success, q.Failure) {
		if put := op.GetRequestPut(); put != nil {
			put.IgnoreLease, put.IgnoreValue = false, false
		}
		if inner := op.GetRequestTxn(); inner != nil {
			ignoreNothing(inner)
		}
	}
}

// readTxn has nothing but ranges in both branches.
func (r *run) readTxn() *pb.TxnRequest {
	q := &pb.TxnRequest{Compare: []*pb.Compare{r.compare()}}
	for range r.rnd.Intn(3) {
		op := &pb.RequestOp{Request: &pb.RequestOp_RequestRange{RequestRange: r.rangeRequest()}}
		if r.one(2) {
			q.Success = append(q.Success, op)
		} else {
			q.Failure = append(q.Failure, op)
		}
	}
	return q
}

// longTxn is at the limit of operations or one beyond it, flat or nested.
func (r *run) longTxn() *pb.TxnRequest {
	puts := func(n int) (list []*pb.RequestOp) {
		for i := range n {
			key := []byte{'t', byte('0' + i/100), byte('0' + i/10%10), byte('0' + i%10)}
			list = append(list, &pb.RequestOp{Request: &pb.RequestOp_RequestPut{RequestPut: &pb.PutRequest{Key: key}}})
		}
		return list
	}
	compares := func(n int) (list []*pb.Compare) {
		for range n {
			list = append(list, &pb.Compare{Key: []byte("none")})
		}
		return list
	}
	more := r.rnd.Intn(2)
	switch r.rnd.Intn(4) {
	case 0:
		return &pb.TxnRequest{Success: puts(128 + more)}
	case 1:
		return &pb.TxnRequest{Compare: compares(128 + more), Failure: puts(1)}
	case 2:
		inner := &pb.TxnRequest{Success: puts(65 + more)}
		outer := []*pb.RequestOp{{Request: &pb.RequestOp_RequestTxn{RequestTxn: inner}}}
		for range 62 {
			outer = append(outer, &pb.RequestOp{Request: &pb.RequestOp_RequestRange{RequestRange: &pb.RangeRequest{Key: []byte("a")}}})
		}
		return &pb.TxnRequest{Success: outer}
	}
	return &pb.TxnRequest{Compare: compares(3), Success: puts(3), Failure: puts(128 + more)}
}

package main

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
)

const largeKey = "large/"

// shorten puts what tells a long value from others in its place: watch streams keep all that they have
// heard.
func shorten(kv *mvccpb.KeyValue) {
	if len(kv.GetValue()) > 4096 {
		kv.Value = fmt.Appendf(nil, "%x of %d", sha256.Sum256(kv.Value), len(kv.Value))
	}
}

// large writes some values around 1 MiB, among them one that is too large; reads them in answers of
// several MiB; has a watcher catch up with them, in parts or not; and removes them.
func (r *run) large() {
	first := r.revision + 1
	for i := range 2 + r.rnd.Intn(3) {
		r.putLarge(i)
	}
	whole := &pb.RangeRequest{Key: []byte(largeKey), RangeEnd: []byte("large0"), KeysOnly: r.one(4)}
	whole.SortOrder = pb.RangeRequest_SortOrder(r.rnd.Intn(3))
	whole.SortTarget = pick(r, pb.RangeRequest_KEY, pb.RangeRequest_MOD)
	call(r, "range of large values", whole, rpcRange)

	s := pick(r, r.streams...)
	if s.sent < watchersMax {
		r.sendWatch(s, createRequest(&pb.WatchCreateRequest{Key: []byte(largeKey), RangeEnd: []byte("large0"),
			StartRevision: first, PrevKv: r.one(2), Fragment: !r.one(3)}))
		r.answered(s)
		time.Sleep(catchUpPause)
		r.settle("after large events")
	}
	gone := &pb.DeleteRangeRequest{Key: []byte(largeKey), RangeEnd: []byte("large0"), PrevKv: r.one(2)}
	call(r, "delete large values", gone, rpcDelete)
}

// putLarge writes one of few keys, so that some values have a large one before them.
func (r *run) putLarge(i int) {
	size := pick(r, 700_000, 1<<20-1, 1<<20, 1<<20+1, 1_572_700, 1_572_864, 1_600_000)
	put := &pb.PutRequest{
		Key:    fmt.Appendf(nil, "%s%d", largeKey, r.rnd.Intn(3)),
		Value:  []byte(strings.Repeat(string(rune('a'+i)), size)),
		PrevKv: r.one(3),
	}
	if r.one(2) {
		call(r, "put", put, rpcPut)
		return
	}
	half := &pb.PutRequest{Key: []byte(largeKey + "half"), Value: put.Value[:size/2]}
	put.Value = put.Value[size/2:]
	call(r, "txn", &pb.TxnRequest{Success: []*pb.RequestOp{
		{Request: &pb.RequestOp_RequestPut{RequestPut: put}},
		{Request: &pb.RequestOp_RequestPut{RequestPut: half}},
	}}, rpcTxn)
}

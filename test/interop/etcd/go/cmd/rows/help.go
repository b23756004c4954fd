package main

import (
	"errors"
	"fmt"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/grpc/codes"

	"interop/check"
)

const (
	tooManyOps   = "etcdserver: too many operations in txn request"
	duplicateKey = "etcdserver: duplicate key given in txn request"
	emptyKey     = "etcdserver: key is not provided"
	keyNotFound  = "etcdserver: key not found"
	noLease      = "etcdserver: requested lease not found"
	compacted    = "etcdserver: mvcc: required revision has been compacted"
	futureRev    = "etcdserver: mvcc: required revision is a future revision"
	noSpace      = "etcdserver: mvcc: database space exceeded"
)

// put writes a key and returns the revision it got.
func (s *server) put(t *check.T, key, value string) int64 {
	r, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(key), Value: []byte(value)})
	t.Must("put "+key, err)
	return r.Header.Revision
}

// mustRange reads with any request and ends the check on an error.
func (s *server) mustRange(t *check.T, r *pb.RangeRequest) *pb.RangeResponse {
	answer, err := s.kv.Range(t.Ctx, r)
	t.Must(fmt.Sprintf("range %.60s", r.Key), err)
	return answer
}

// mustTxn runs a txn without compares.
func (s *server) mustTxn(t *check.T, ops ...*pb.RequestOp) *pb.TxnResponse {
	answer, err := s.kv.Txn(t.Ctx, &pb.TxnRequest{Success: ops})
	t.Must("txn", err)
	return answer
}

// refuseTxn expects a txn to fail.
func (s *server) refuseTxn(t *check.T, what string, code codes.Code, text string, ops ...*pb.RequestOp) {
	_, err := s.kv.Txn(t.Ctx, &pb.TxnRequest{Success: ops})
	t.Status(what, err, code, text)
}

// revision is the store's current revision.
func (s *server) revision(t *check.T) int64 {
	return s.mustRange(t, one("rows/none")).Header.Revision
}

func (s *server) grant(t *check.T, ttl int64) int64 {
	r, err := s.lease.LeaseGrant(t.Ctx, &pb.LeaseGrantRequest{TTL: ttl})
	t.Must("lease grant", err)
	return r.ID
}

func one(key string) *pb.RangeRequest { return &pb.RangeRequest{Key: []byte(key)} }

func at(key string, revision int64) *pb.RangeRequest {
	return &pb.RangeRequest{Key: []byte(key), Revision: revision}
}

// span selects every key that begins with prefix, which must not end in 0xff.
func span(prefix string) *pb.RangeRequest {
	return &pb.RangeRequest{Key: []byte(prefix), RangeEnd: prefixEnd(prefix)}
}

func prefixEnd(prefix string) []byte {
	end := []byte(prefix)
	end[len(end)-1]++
	return end
}

func opPut(key, value string) *pb.RequestOp {
	return opPutRequest(&pb.PutRequest{Key: []byte(key), Value: []byte(value)})
}

func opPutRequest(r *pb.PutRequest) *pb.RequestOp {
	return &pb.RequestOp{Request: &pb.RequestOp_RequestPut{RequestPut: r}}
}

func opRange(r *pb.RangeRequest) *pb.RequestOp {
	return &pb.RequestOp{Request: &pb.RequestOp_RequestRange{RequestRange: r}}
}

func opDelete(key, end string) *pb.RequestOp {
	r := &pb.DeleteRangeRequest{Key: []byte(key), RangeEnd: []byte(end)}
	return &pb.RequestOp{Request: &pb.RequestOp_RequestDeleteRange{RequestDeleteRange: r}}
}

func opTxn(then, otherwise []*pb.RequestOp) *pb.RequestOp {
	r := &pb.TxnRequest{Success: then, Failure: otherwise}
	return &pb.RequestOp{Request: &pb.RequestOp_RequestTxn{RequestTxn: r}}
}

func ops(list ...*pb.RequestOp) []*pb.RequestOp { return list }

// keys lists the keys of an answer, without the prefix they share.
func keys(kvs []*mvccpb.KeyValue, prefix string) string {
	var names []string
	for _, kv := range kvs {
		names = append(names, strings.TrimPrefix(string(kv.Key), prefix))
	}
	return strings.Join(names, " ")
}

// describe writes a key-value with all its numbers: KEY=VALUE create/mod/version[ lease].
func describe(kv *mvccpb.KeyValue) string {
	if kv == nil {
		return "none"
	}
	s := fmt.Sprintf("%s=%s %d/%d/%d", kv.Key, kv.Value, kv.CreateRevision, kv.ModRevision, kv.Version)
	if kv.Lease != 0 {
		s += fmt.Sprintf(" lease %d", kv.Lease)
	}
	return s
}

// describeEvent writes an event like describe: PUT KEY=... or DELETE KEY=...
func describeEvent(e *mvccpb.Event) string {
	s := e.Type.String() + " " + describe(e.Kv)
	if e.PrevKv != nil {
		s += " was " + describe(e.PrevKv)
	}
	return s
}

// hasHeader notes a failure unless all four fields of a header are set.
func hasHeader(t *check.T, what string, h *pb.ResponseHeader) {
	t.True(h != nil && h.ClusterId != 0 && h.MemberId != 0 && h.Revision != 0 && h.RaftTerm != 0,
		"%s: header is %v, want all four fields", what, h)
}

var errNotYet = errors.New("not yet")

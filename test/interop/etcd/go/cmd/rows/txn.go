package main

import (
	"fmt"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/codes"

	"interop/check"
)

func txnRows(c *check.Suite, s *server) {
	const p = "rows/txn/"
	c.Run("08_a_key_is_put_once_in_a_branch", func(t *check.T) {
		t1, t2 := p+"t1", p+"t2"
		s.refuseTxn(t, "put, range, put, delete", codes.InvalidArgument, duplicateKey,
			opPut(t1, "1"), opRange(one(t1)), opPut(t2, "2"), opDelete(t1, ""))
		s.refuseTxn(t, "delete, put", codes.InvalidArgument, duplicateKey, opDelete(t1, ""), opPut(t1, "1"))
		s.refuseTxn(t, "put, delete range over it", codes.InvalidArgument, duplicateKey,
			opPut(p+"x", "1"), opDelete(p+"w", p+"y"))
		s.put(t, t1, "1")
		r := s.mustTxn(t, opDelete(t1, ""), opDelete(t1, ""))
		first, second := r.Responses[0].GetResponseDeleteRange(), r.Responses[1].GetResponseDeleteRange()
		t.Eq("deleted first", first.Deleted, int64(1))
		t.Eq("deleted second", second.Deleted, int64(0))
		t.Eq("revision of both", first.Header.Revision, second.Header.Revision)
		_, err := s.kv.Txn(t.Ctx, &pb.TxnRequest{Success: ops(opPut(p+"x", "1")), Failure: ops(opPut(p+"x", "2"))})
		t.Must("the same put in both branches", err)
	})
	c.Run("09_duplicates_in_nested_txns", func(t *check.T) {
		y := p + "y"
		s.mustTxn(t, opTxn(ops(opPut(y, "1")), ops(opPut(y, "2"))))
		t.Eq("value", keyValues(s.mustRange(t, one(y))), y+"=1")
		s.refuseTxn(t, "outer and nested", codes.InvalidArgument, duplicateKey,
			opPut(y, "1"), opTxn(ops(opPut(y, "2")), nil))
		s.refuseTxn(t, "two nested", codes.InvalidArgument, duplicateKey,
			opTxn(ops(opPut(y, "1")), nil), opTxn(ops(opPut(y, "2")), nil))
	})
	c.Run("10_empty_txn_and_128_operations", func(t *check.T) { s.txnSizes(t, p) })
	c.Run("11_compares_on_a_missing_key", func(t *check.T) { s.compareMissing(t, p+"missing") })
	c.Run("12_unknown_lease_aborts_the_txn", func(t *check.T) {
		leased := opPutRequest(&pb.PutRequest{Key: []byte(p + "l2"), Lease: 4242})
		s.refuseTxn(t, "taken branch", codes.NotFound, noLease, opPut(p+"l1", "1"), leased)
		t.Eq("first put of the aborted txn", s.mustRange(t, one(p+"l1")).Count, int64(0))
		_, err := s.kv.Txn(t.Ctx, &pb.TxnRequest{Success: ops(opPut(p+"l1", "1")), Failure: ops(leased)})
		t.Must("unknown lease in the branch not taken", err)
		t.Eq("key after it", s.mustRange(t, one(p+"l1")).Count, int64(1))
	})
	c.Run("13_headers_of_nested_answers", func(t *check.T) {
		before := s.revision(t)
		r := s.mustTxn(t, opDelete(p+"none", ""), opPut(p+"h", "1"), opDelete(p+"none", ""))
		hasHeader(t, "txn", r.Header)
		t.Eq("txn's revision", r.Header.Revision, before+1)
		got := []int64{
			r.Responses[0].GetResponseDeleteRange().Header.GetRevision(),
			r.Responses[1].GetResponsePut().Header.GetRevision(),
			r.Responses[2].GetResponseDeleteRange().Header.GetRevision(),
		}
		t.Eq("nested revisions", got, []int64{before, before + 1, before + 1})
		h := r.Responses[1].GetResponsePut().Header
		t.True(h.ClusterId == 0 && h.MemberId == 0 && h.RaftTerm == 0, "nested header has more than a revision: %v", h)
		nested := s.mustTxn(t, opTxn(nil, nil)).Responses[0].GetResponseTxn()
		t.True(nested != nil && nested.Header != nil, "nested txn has no header")
		t.Eq("nested txn's revision", nested.GetHeader().GetRevision(), int64(0))
	})
}

func (s *server) txnSizes(t *check.T, p string) {
	before := s.revision(t)
	r := s.mustTxn(t)
	t.Eq("empty txn succeeded", r.Succeeded, true)
	t.Eq("empty txn's responses", len(r.Responses), 0)
	t.Eq("empty txn's revision", r.Header.Revision, before)

	var puts []*pb.RequestOp
	for i := range 129 {
		puts = append(puts, opPut(fmt.Sprintf("%smany/%03d", p, i), "v"))
	}
	r = s.mustTxn(t, puts[:128]...)
	t.Eq("revision of 128 puts", r.Header.Revision, before+1)
	t.Eq("responses of 128 puts", len(r.Responses), 128)
	for i, op := range r.Responses {
		if got := op.GetResponsePut().Header.GetRevision(); got != before+1 {
			t.Fatalf("put %d has revision %d, want %d", i, got, before+1)
		}
	}
	s.refuseTxn(t, "129 puts", codes.InvalidArgument, tooManyOps, puts...)

	compares := make([]*pb.Compare, 129)
	for i := range compares {
		compares[i] = &pb.Compare{Key: []byte(p + "none")}
	}
	_, err := s.kv.Txn(t.Ctx, &pb.TxnRequest{Compare: compares})
	t.Status("129 compares", err, codes.InvalidArgument, tooManyOps)

	// A nested txn may have what the longest list of its parent leaves of 128.
	outer := append(ops(opTxn(puts[64:128], nil)), puts[:63]...)
	s.mustTxn(t, outer...)
	outer = append(ops(opTxn(puts[64:129], nil)), puts[:62]...)
	s.mustTxn(t, outer...)
	outer = append(ops(opTxn(puts[64:129], nil)), puts[:63]...)
	s.refuseTxn(t, "64 outer and 65 nested", codes.InvalidArgument, tooManyOps, outer...)
}

func (s *server) compareMissing(t *check.T, key string) {
	holds := func(what string, want bool, c *pb.Compare) {
		if c.Key == nil {
			c.Key = []byte(key)
		}
		r, err := s.kv.Txn(t.Ctx, &pb.TxnRequest{Compare: []*pb.Compare{c}})
		t.Must(what, err)
		t.Eq(what, r.Succeeded, want)
	}
	holds("value equal empty", false, &pb.Compare{Target: pb.Compare_VALUE, Result: pb.Compare_EQUAL,
		TargetUnion: &pb.Compare_Value{Value: []byte{}}})
	holds("value not equal z", false, &pb.Compare{Target: pb.Compare_VALUE, Result: pb.Compare_NOT_EQUAL,
		TargetUnion: &pb.Compare_Value{Value: []byte("z")}})
	holds("create equal 0", true, &pb.Compare{Target: pb.Compare_CREATE, Result: pb.Compare_EQUAL,
		TargetUnion: &pb.Compare_CreateRevision{}})
	holds("version less 1", true, &pb.Compare{Target: pb.Compare_VERSION, Result: pb.Compare_LESS,
		TargetUnion: &pb.Compare_Version{Version: 1}})
	holds("mod greater 0", false, &pb.Compare{Target: pb.Compare_MOD, Result: pb.Compare_GREATER,
		TargetUnion: &pb.Compare_ModRevision{}})
	holds("lease equal 0", true, &pb.Compare{Target: pb.Compare_LEASE, Result: pb.Compare_EQUAL,
		TargetUnion: &pb.Compare_Lease{}})
	holds("no member of the oneof", true, &pb.Compare{Target: pb.Compare_VERSION, Result: pb.Compare_EQUAL})
	holds("empty range, create equal 0", true, &pb.Compare{Target: pb.Compare_CREATE, Result: pb.Compare_EQUAL,
		Key: []byte(key), RangeEnd: []byte(key + "z")})

	s.put(t, key+"/there/1", "v")
	s.put(t, key+"/there/2", "v")
	r, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(key + "/there/2"), Value: []byte("v")})
	t.Must("second put", err)
	hasHeader(t, "put", r.Header)
	whole := func(version int64) *pb.Compare {
		return &pb.Compare{Target: pb.Compare_VERSION, Result: pb.Compare_LESS, Key: []byte(key + "/there/"),
			RangeEnd: prefixEnd(key + "/there/"), TargetUnion: &pb.Compare_Version{Version: version}}
	}
	holds("every key of a range", true, whole(3))
	holds("one key of a range fails", false, whole(2))
}

package main

import (
	"errors"
	"fmt"
	"io"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"interop/check"
)

// kvRules are rules of the text beside the numbered rows.
func kvRules(c *check.Suite, s *server) {
	const p = "rules/kv/"
	c.Run("rule_empty_key_is_refused", func(t *check.T) {
		_, err := s.kv.Range(t.Ctx, &pb.RangeRequest{})
		t.Status("range", err, codes.InvalidArgument, emptyKey)
		t.Status("put", s.tryPut(t, "", "v"), codes.InvalidArgument, emptyKey)
		_, err = s.kv.DeleteRange(t.Ctx, &pb.DeleteRangeRequest{})
		t.Status("delete", err, codes.InvalidArgument, emptyKey)
		_, err = s.kv.Txn(t.Ctx, &pb.TxnRequest{Compare: []*pb.Compare{{}}})
		t.Status("compare", err, codes.InvalidArgument, emptyKey)
		s.refuseTxn(t, "put in a txn", codes.InvalidArgument, emptyKey, opPut("", "v"))
		s.refuseTxn(t, "empty operation", codes.InvalidArgument, keyNotFound, &pb.RequestOp{})
	})
	c.Run("rule_open_ranges", func(t *check.T) {
		s.put(t, "rules/\xff", "v")
		all := s.mustRange(t, &pb.RangeRequest{Key: []byte{0}, RangeEnd: []byte{0}, CountOnly: true})
		from := s.mustRange(t, &pb.RangeRequest{Key: []byte("rules/\xff"), RangeEnd: []byte{0}, Limit: 1})
		t.Eq("first from a key on", keys(from.Kvs, ""), "rules/\xff")
		t.True(from.Count < all.Count && from.Count >= 1, "counts are %d from the key, %d in all", from.Count, all.Count)
	})
	c.Run("rule_limit_cuts_before_a_sort_without_order", func(t *check.T) {
		for i, value := range []string{"e", "d", "c", "b", "a"} {
			s.put(t, fmt.Sprintf("%sunordered/%d", p, i), value)
		}
		q := span(p + "unordered/")
		q.SortTarget, q.Limit = pb.RangeRequest_VALUE, 2
		t.Eq("of the first three", keys(s.mustRange(t, q).Kvs, p+"unordered/"), "2 1")
		q.MinModRevision = 1
		t.Eq("with a filter", keys(s.mustRange(t, q).Kvs, p+"unordered/"), "4 3")
		q.MinModRevision, q.SortOrder = 0, pb.RangeRequest_ASCEND
		t.Eq("in order", keys(s.mustRange(t, q).Kvs, p+"unordered/"), "4 3")
	})
	c.Run("rule_keys_alike_in_the_target_ascend", func(t *check.T) {
		for _, key := range []string{"a", "b", "c", "b"} {
			s.put(t, p+"alike/"+key, "v")
		}
		q := span(p + "alike/")
		q.SortTarget, q.SortOrder = pb.RangeRequest_VERSION, pb.RangeRequest_DESCEND
		t.Eq("descending versions", keys(s.mustRange(t, q).Kvs, p+"alike/"), "b a c")
		q.SortTarget = pb.RangeRequest_VALUE
		t.Eq("descending values", keys(s.mustRange(t, q).Kvs, p+"alike/"), "a b c")
	})
	c.Run("rule_ignore_value_and_ignore_lease", func(t *check.T) { s.ignoreFields(t, p+"ignore") })
	c.Run("rule_put_moves_a_key_between_leases", func(t *check.T) {
		first, second := s.grant(t, 60), s.grant(t, 60)
		put := func(lease int64) {
			_, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(p + "moved"), Lease: lease})
			t.Must("put", err)
		}
		put(first)
		put(second)
		_, err := s.lease.LeaseRevoke(t.Ctx, &pb.LeaseRevokeRequest{ID: first})
		t.Must("revoke the first", err)
		t.Eq("count after the first lease", s.mustRange(t, one(p+"moved")).Count, int64(1))
		put(0)
		_, err = s.lease.LeaseRevoke(t.Ctx, &pb.LeaseRevokeRequest{ID: second})
		t.Must("revoke the second", err)
		t.Eq("count after both leases", s.mustRange(t, one(p+"moved")).Count, int64(1))
	})
	c.Run("rule_txn_sees_its_own_writes", func(t *check.T) {
		now := s.put(t, p+"own", "0")
		r := s.mustTxn(t, opRange(one(p+"own")), opPut(p+"own", "1"), opRange(one(p+"own")), opRange(at(p+"own", now)))
		got := []string{}
		for _, i := range []int{0, 2, 3} {
			got = append(got, keyValues(r.Responses[i].GetResponseRange()))
		}
		t.Eq("values", got, []string{p + "own=0", p + "own=1", p + "own=0"})
		s.refuseTxn(t, "range at the txn's own revision", codes.OutOfRange, futureRev,
			opPut(p+"own", "2"), opRange(at(p+"own", now+2)))
		s.refuseTxn(t, "range at a revision below 0", codes.OutOfRange, compacted,
			opPut(p+"own", "2"), opRange(at(p+"own", -2)))
		t.Eq("value after the refused txn", keyValues(s.mustRange(t, one(p+"own"))), p+"own=1")
	})
	c.Run("rule_nested_compares_see_the_state_before", func(t *check.T) {
		s.put(t, p+"outer", "1")
		nested := &pb.TxnRequest{
			Compare: []*pb.Compare{{Key: []byte(p + "outer"), Target: pb.Compare_VALUE,
				TargetUnion: &pb.Compare_Value{Value: []byte("1")}}},
			Success: ops(opPut(p+"inner", "before")),
			Failure: ops(opPut(p+"inner", "after")),
		}
		s.mustTxn(t, opPut(p+"outer", "2"), &pb.RequestOp{Request: &pb.RequestOp_RequestTxn{RequestTxn: nested}})
		t.Eq("branch taken", keyValues(s.mustRange(t, one(p+"inner"))), p+"inner=before")
	})
	c.Run("rule_unknown_compare_enums", func(t *check.T) {
		for _, compare := range []*pb.Compare{{Key: []byte(p), Result: 9}, {Key: []byte(p), Target: 9}} {
			r, err := s.kv.Txn(t.Ctx, &pb.TxnRequest{Compare: []*pb.Compare{compare}})
			t.Must("txn", err)
			t.Eq(fmt.Sprintf("result %d target %d", compare.Result, compare.Target), r.Succeeded, true)
		}
	})
	c.Run("rule_range_stream", func(t *check.T) { s.rangeStream(t, p+"stream/") })
}

func (s *server) ignoreFields(t *check.T, key string) {
	put := func(r *pb.PutRequest) error {
		r.Key = []byte(key)
		_, err := s.kv.Put(t.Ctx, r)
		return err
	}
	state := func() string {
		kv := s.mustRange(t, one(key)).Kvs[0]
		return fmt.Sprintf("%s lease %v", kv.Value, kv.Lease != 0)
	}
	id := s.grant(t, 60)
	t.Status("ignore_value on an absent key", put(&pb.PutRequest{IgnoreValue: true}), codes.InvalidArgument, keyNotFound)
	t.Status("ignore_lease on an absent key", put(&pb.PutRequest{IgnoreLease: true}), codes.InvalidArgument, keyNotFound)
	t.Must("put", put(&pb.PutRequest{Value: []byte("v"), Lease: id}))
	t.Status("ignore_value with a value", put(&pb.PutRequest{Value: []byte("x"), IgnoreValue: true}),
		codes.InvalidArgument, "etcdserver: value is provided")
	t.Status("ignore_lease with a lease", put(&pb.PutRequest{Lease: id, IgnoreLease: true}),
		codes.InvalidArgument, "etcdserver: lease is provided")
	t.Must("ignore_lease", put(&pb.PutRequest{Value: []byte("w"), IgnoreLease: true}))
	t.Eq("after ignore_lease", state(), "w lease true")
	t.Must("ignore both", put(&pb.PutRequest{IgnoreLease: true, IgnoreValue: true}))
	t.Eq("after both", state(), "w lease true")
	t.Must("ignore_value", put(&pb.PutRequest{IgnoreValue: true}))
	t.Eq("after ignore_value alone", state(), "w lease false")
}

// rangeStream accepts a server without the call, as its users do, but not one that streams wrongly.
func (s *server) rangeStream(t *check.T, p string) {
	for i := range 25 {
		s.put(t, fmt.Sprintf("%s%02d", p, i), "v")
	}
	now := s.revision(t)
	stream, err := s.kv.RangeStream(t.Ctx, span(p))
	t.Must("open", err)
	var all []string
	var last *pb.RangeResponse
	for {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if status.Code(err) == codes.Unimplemented {
			t.Eq("text", status.Convert(err).Message(), "unknown method RangeStream for service etcdserverpb.KV")
			check.Remark("RangeStream is not there, which clients allow")
			return
		}
		t.Must("receive", err)
		t.True(last == nil || last.Header == nil, "an answer before the last has a header")
		last = r.RangeResponse
		for _, kv := range last.Kvs {
			all = append(all, string(kv.Key))
		}
	}
	t.Eq("number of keys", len(all), 25)
	for i, key := range all {
		t.Eq("key", key, fmt.Sprintf("%s%02d", p, i))
	}
	t.Eq("revision of the last answer", last.Header.GetRevision(), now)
	t.Eq("count", last.Count, int64(25))
}

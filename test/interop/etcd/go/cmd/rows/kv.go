package main

import (
	"fmt"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/codes"

	"interop/check"
)

func freshRows(c *check.Suite, s *server) {
	c.Run("fresh/revision_is_one_and_first_put_is_two", func(t *check.T) {
		status, err := s.maint.Status(t.Ctx, &pb.StatusRequest{})
		t.Must("status", err)
		t.Eq("revision", status.Header.Revision, int64(1))
		t.Eq("raft_term", status.Header.RaftTerm, uint64(2))
		t.Eq("raft_term of status and header", status.RaftTerm, status.Header.RaftTerm)
		t.Eq("revision of first put", s.put(t, "a", "1"), int64(2))
		r := s.mustRange(t, at("a", 1))
		t.Eq("kvs at revision 1", len(r.Kvs), 0)
	})
	c.Run("fresh/hashkv_says_never_compacted", func(t *check.T) {
		r, err := s.maint.HashKV(t.Ctx, &pb.HashKVRequest{})
		t.Must("hashkv", err)
		t.Eq("compact_revision", r.CompactRevision, int64(-1))
		t.True(r.Hash != 0, "hash is 0")
	})
	c.Run("fresh/compact_zero_succeeds_once", func(t *check.T) {
		_, err := s.kv.Compact(t.Ctx, &pb.CompactionRequest{})
		t.Must("compact 0", err)
		_, err = s.kv.Compact(t.Ctx, &pb.CompactionRequest{})
		t.Status("compact 0 again", err, codes.OutOfRange, compacted)
	})
}

func kvRows(c *check.Suite, s *server) {
	a := "rows/kv/a"
	var first int64
	c.Run("01_put_and_prev_kv", func(t *check.T) {
		before := s.revision(t)
		first = s.put(t, a, "1")
		t.Eq("first put's revision", first, before+1)
		r, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(a), Value: []byte("2"), PrevKv: true})
		t.Must("second put", err)
		hasHeader(t, "put", r.Header)
		t.Eq("second put's revision", r.Header.Revision, first+1)
		t.Eq("prev_kv", describe(r.PrevKv), fmt.Sprintf("%s=1 %d/%d/1", a, first, first))
	})
	c.Run("02_range_at_revisions", func(t *check.T) {
		r := s.mustRange(t, at(a, first))
		t.Eq("count at the first put", len(r.Kvs), 1)
		t.Eq("value at the first put", keyValues(r), a+"=1")
		t.Eq("header revision", r.Header.Revision, first+1)
		t.Eq("kvs before the first put", len(s.mustRange(t, at(a, first-1)).Kvs), 0)
		_, err := s.kv.Range(t.Ctx, at(a, first+1000))
		t.Status("future revision", err, codes.OutOfRange, futureRev)
		t.Eq("value at -5", keyValues(s.mustRange(t, at(a, -5))), a+"=2")
	})
	c.Run("03_delete_starts_a_new_generation", func(t *check.T) {
		d, err := s.kv.DeleteRange(t.Ctx, &pb.DeleteRangeRequest{Key: []byte(a), PrevKv: true})
		t.Must("delete", err)
		t.Eq("deleted", d.Deleted, int64(1))
		t.Eq("revision", d.Header.Revision, first+2)
		t.Eq("prev_kvs", len(d.PrevKvs), 1)
		t.Eq("prev_kvs[0]", describe(d.PrevKvs[0]), fmt.Sprintf("%s=2 %d/%d/2", a, first, first+1))
		r := s.mustRange(t, one(a))
		t.Eq("kvs", len(r.Kvs), 0)
		t.Eq("count", r.Count, int64(0))
		p, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(a), Value: []byte("3"), PrevKv: true})
		t.Must("put after delete", err)
		t.Eq("revision of put", p.Header.Revision, first+3)
		t.Eq("prev_kv", describe(p.PrevKv), "none")
		r = s.mustRange(t, one(a))
		t.Eq("kv", describe(r.Kvs[0]), fmt.Sprintf("%s=3 %d/%d/1", a, first+3, first+3))
	})
	c.Run("04_delete_of_nothing_makes_no_revision", func(t *check.T) {
		before := s.revision(t)
		d, err := s.kv.DeleteRange(t.Ctx, &pb.DeleteRangeRequest{Key: []byte("rows/kv/zz"), PrevKv: true})
		t.Must("delete", err)
		t.Eq("revision", d.Header.Revision, before)
		t.Eq("deleted", d.Deleted, int64(0))
		t.Eq("prev_kvs", len(d.PrevKvs), 0)
	})
	c.Run("05_inverted_range_is_empty", func(t *check.T) {
		s.put(t, "rows/kv/b", "1")
		for _, end := range []string{"rows/kv/a", "rows/kv/b"} {
			r := s.mustRange(t, &pb.RangeRequest{Key: []byte("rows/kv/b"), RangeEnd: []byte(end)})
			t.Eq("kvs up to "+end, len(r.Kvs), 0)
			t.Eq("count up to "+end, r.Count, int64(0))
			d, err := s.kv.DeleteRange(t.Ctx, &pb.DeleteRangeRequest{Key: []byte("rows/kv/b"), RangeEnd: []byte(end)})
			t.Must("delete range", err)
			t.Eq("deleted up to "+end, d.Deleted, int64(0))
		}
	})
	rangeOptions(c, s)
	c.Run("07_keys_only_leaves_the_value_out", func(t *check.T) {
		id := s.grant(t, 60)
		_, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte("rows/kv/leased"), Value: []byte("v"), Lease: id})
		t.Must("put", err)
		r := s.mustRange(t, &pb.RangeRequest{Key: []byte("rows/kv/leased"), KeysOnly: true})
		t.Eq("kvs", len(r.Kvs), 1)
		kv := r.Kvs[0]
		t.Eq("value", len(kv.Value), 0)
		t.Eq("version", kv.Version, int64(1))
		status, err := s.maint.Status(t.Ctx, &pb.StatusRequest{})
		t.Must("status", err)
		lease := id // left out since 3.7
		if !strings.HasPrefix(status.Version, "3.6.") {
			lease = 0
		}
		t.Eq("lease in "+status.Version, kv.Lease, lease)
		t.Eq("full kv's lease", s.mustRange(t, one("rows/kv/leased")).Kvs[0].Lease, id)
	})
}

func rangeOptions(c *check.Suite, s *server) {
	const prefix = "rows/opt/"
	c.Run("06_limit_order_filter_count", func(t *check.T) {
		var third int64
		for i, value := range []string{"e", "d", "c", "b", "a"} {
			revision := s.put(t, fmt.Sprintf("%sk%d", prefix, i+1), value)
			if i == 2 {
				third = revision
			}
		}
		expect := func(what string, change func(r *pb.RangeRequest), names string, more bool, count int64) {
			request := span(prefix)
			change(request)
			r := s.mustRange(t, request)
			t.Eq(what, keys(r.Kvs, prefix), names)
			t.Eq(what+", more", r.More, more)
			t.Eq(what+", count", r.Count, count)
		}
		expect("limit 2", func(r *pb.RangeRequest) { r.Limit = 2 }, "k1 k2", true, 5)
		expect("limit 5", func(r *pb.RangeRequest) { r.Limit = 5 }, "k1 k2 k3 k4 k5", false, 5)
		expect("limit -1", func(r *pb.RangeRequest) { r.Limit = -1 }, "k1 k2 k3 k4 k5", false, 5)
		expect("descending, limit 2", func(r *pb.RangeRequest) {
			r.SortOrder, r.Limit = pb.RangeRequest_DESCEND, 2
		}, "k5 k4", true, 5)
		expect("min_mod_revision, limit 1", func(r *pb.RangeRequest) {
			r.MinModRevision, r.Limit = third, 1
		}, "k3", true, 5)
		expect("max_mod_revision", func(r *pb.RangeRequest) { r.MaxModRevision = third }, "k1 k2 k3", false, 5)
		expect("min_create_revision", func(r *pb.RangeRequest) { r.MinCreateRevision = third + 1 }, "k4 k5", false, 5)
		expect("max_create_revision", func(r *pb.RangeRequest) { r.MaxCreateRevision = third - 1 }, "k1 k2", false, 5)
		expect("count_only at the third", func(r *pb.RangeRequest) {
			r.CountOnly, r.Revision = true, third
		}, "", false, 3)
		expect("by value without order", func(r *pb.RangeRequest) {
			r.SortTarget = pb.RangeRequest_VALUE
		}, "k5 k4 k3 k2 k1", false, 5)
		expect("keys only by value", func(r *pb.RangeRequest) {
			r.SortTarget, r.KeysOnly = pb.RangeRequest_VALUE, true
		}, "k5 k4 k3 k2 k1", false, 5)
		expect("newest first", func(r *pb.RangeRequest) {
			r.SortTarget, r.SortOrder, r.Limit = pb.RangeRequest_MOD, pb.RangeRequest_DESCEND, 1
		}, "k5", true, 5)
	})
}

// keyValues writes an answer's kvs as KEY=VALUE.
func keyValues(r *pb.RangeResponse) string {
	var all string
	for i, kv := range r.Kvs {
		if i > 0 {
			all += " "
		}
		all += fmt.Sprintf("%s=%s", kv.Key, kv.Value)
	}
	return all
}

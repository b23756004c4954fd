package main

import (
	"bytes"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"interop/check"
)

func limitRows(c *check.Suite, s *server) {
	c.Run("14_compact", func(t *check.T) {
		key := "rows/compact"
		s.put(t, key, "1")
		now := s.put(t, key, "2")
		compact := func(revision int64, physical bool) error {
			r, err := s.kv.Compact(t.Ctx, &pb.CompactionRequest{Revision: revision, Physical: physical})
			if err == nil {
				hasHeader(t, "compact", r.Header)
			}
			return err
		}
		t.Status("one above", compact(now+1, false), codes.OutOfRange, futureRev)
		t.Must("current, physical", compact(now, true))
		t.Status("the same again", compact(now, false), codes.OutOfRange, compacted)
		t.Status("-1", compact(-1, false), codes.OutOfRange, compacted)
		t.Eq("value at the compacted revision", keyValues(s.mustRange(t, at(key, now))), key+"=2")
		_, err := s.kv.Range(t.Ctx, at(key, now-1))
		t.Status("one below", err, codes.OutOfRange, compacted)
		_, err = s.kv.Range(t.Ctx, &pb.RangeRequest{Key: []byte(key), Revision: now - 1, CountOnly: true})
		t.Status("count one below", err, codes.OutOfRange, compacted)
		_, err = s.maint.HashKV(t.Ctx, &pb.HashKVRequest{Revision: now - 1})
		t.Status("hashkv one below", err, codes.OutOfRange, compacted)
		_, err = s.maint.HashKV(t.Ctx, &pb.HashKVRequest{Revision: now + 100})
		t.Status("hashkv of the future", err, codes.OutOfRange, futureRev)
	})
	c.Run("15_size_of_a_request", func(t *check.T) {
		put := func(size int) error {
			_, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte("rows/big"), Value: make([]byte, size)})
			return err
		}
		t.Must("1,572,780 bytes", put(1572780))
		t.Status("1,572,864 bytes", put(1572864), codes.InvalidArgument, "etcdserver: request is too large")
		err := put(2 << 20)
		text := status.Convert(err).Message()
		t.Eq("code of 2 MiB", status.Code(err), codes.ResourceExhausted)
		t.True(strings.HasPrefix(text, "grpc: received message larger than max (2097") && strings.HasSuffix(text, " vs. 2097152)"),
			"text of 2 MiB is %q", text)
		_, err = s.kv.DeleteRange(t.Ctx, &pb.DeleteRangeRequest{Key: []byte("rows/big")})
		t.Must("delete", err)
	})
	c.Run("34_odd_keys_sort_bytewise", func(t *check.T) {
		p := "rows/odd/"
		want := [][]byte{{0}, {0, 0}, {0, 1}, {1}, {'a'}, {0xc3, 0x28}, {0xfe}, {0xff}, {0xff, 0}, {0xff, 0xff}}
		for i := range want {
			key := want[(i*7+3)%len(want)] // some other order
			s.put(t, p+string(key), "v")
		}
		r := s.mustRange(t, span(p))
		t.Eq("kvs", len(r.Kvs), len(want))
		for i, kv := range r.Kvs {
			if i < len(want) && !bytes.Equal(kv.Key, append([]byte(p), want[i]...)) {
				t.Errorf("key %d is %q", i, kv.Key)
			}
		}
		s.put(t, p+"empty", "")
		t.Eq("empty value", len(s.mustRange(t, one(p+"empty")).Kvs[0].Value), 0)
	})
}

// longKeyRow is apart from the others because it leaves odd traces in logs and listings.
func longKeyRow(c *check.Suite, s *server) {
	c.Run("34_key_of_1000000_bytes", func(t *check.T) {
		key := "rows/long/" + strings.Repeat("k", 999990)
		revision := s.put(t, key, "v")
		r := s.mustRange(t, one(key))
		t.Eq("kvs", len(r.Kvs), 1)
		t.True(string(r.Kvs[0].Key) == key, "another key came back, of %d bytes", len(r.Kvs[0].Key))
		t.Eq("mod_revision", r.Kvs[0].ModRevision, revision)
		t.Eq("count of its prefix", s.mustRange(t, &pb.RangeRequest{
			Key: []byte("rows/long/"), RangeEnd: prefixEnd("rows/long/"), CountOnly: true}).Count, int64(1))
		d, err := s.kv.DeleteRange(t.Ctx, &pb.DeleteRangeRequest{Key: []byte(key)})
		t.Must("delete", err)
		t.Eq("deleted", d.Deleted, int64(1))
	})
}

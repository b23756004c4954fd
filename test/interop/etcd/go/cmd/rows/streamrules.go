package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/metadata"

	"interop/check"
)

// streamRules are rules of the text on streams of leases and watches, and on what leases hold.
func streamRules(c *check.Suite, s *server) {
	const p = "rules/stream/"
	c.Run("rule_streams_that_ask_for_a_leader_are_served", func(t *check.T) {
		ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(t.Ctx, "hasleader", "true"))
		defer cancel()
		watch, err := s.watch.Watch(ctx)
		t.Must("open a watch stream", err)
		t.Must("create", watch.Send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{CreateRequest: watchKey(p + "led")}}))
		r, err := watch.Recv()
		t.Must("created", err)
		t.Eq("created", describeWatch(r), "id 0 created")
		n := s.put(t, p+"led", "1")
		r, err = watch.Recv()
		t.Must("event", err)
		t.Eq("event", describeWatch(r), fmt.Sprintf("id 0 PUT %[1]sled=1 %[2]d/%[2]d/1", p, n))
		alive, err := s.lease.LeaseKeepAlive(ctx)
		t.Must("open a keep-alive stream", err)
		t.Must("send", alive.Send(&pb.LeaseKeepAliveRequest{ID: s.grant(t, 60)}))
		renewed, err := alive.Recv()
		t.Must("receive", err)
		t.Eq("TTL", renewed.TTL, int64(60))
	})
	c.Run("rule_filters_need_not_be_packed_and_newer_fields_are_skipped", func(t *check.T) {
		w := s.open(t)
		create := watchKey(p + "filtered")
		// filters: NOPUT as a field of its own; a text in field 99.
		create.ProtoReflect().SetUnknown([]byte{5 << 3, 0, 99&0xf<<3 | 2 | 0x80, 99 >> 4, 1, 'x'})
		w.create(create)
		s.put(t, p+"filtered", "1")
		n := s.mustTxn(t, opDelete(p+"filtered", "")).Header.Revision
		w.expect("event", fmt.Sprintf("id 0 DELETE %sfiltered= 0/%d/0", p, n))
	})
	c.Run("rule_renewals_sent_ahead_are_answered_one_by_one_in_order", func(t *check.T) {
		alive, err := s.lease.LeaseKeepAlive(t.Ctx)
		t.Must("open", err)
		ids := []int64{s.grant(t, 60), 4242, s.grant(t, 70)}
		for i := range 300 {
			t.Must("send", alive.Send(&pb.LeaseKeepAliveRequest{ID: ids[i%3]}))
		}
		t.Must("half-close", alive.CloseSend())
		for i := range 300 {
			r, err := alive.Recv()
			t.Must(fmt.Sprintf("answer %d", i), err)
			if r.ID != ids[i%3] || r.TTL != []int64{60, 0, 70}[i%3] {
				t.Fatalf("answer %d is of %d with TTL %d", i, r.ID, r.TTL)
			}
		}
		_, err = alive.Recv()
		t.True(errors.Is(err, io.EOF), "end is %v", err)
	})
	c.Run("rule_deleted_key_leaves_its_lease", func(t *check.T) {
		id := s.grant(t, 60)
		leased := func() {
			_, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(p + "left"), Lease: id})
			t.Must("put", err)
		}
		keys := func() int {
			r, err := s.lease.LeaseTimeToLive(t.Ctx, &pb.LeaseTimeToLiveRequest{ID: id, Keys: true})
			t.Must("time to live", err)
			return len(r.Keys)
		}
		leased()
		t.Eq("keys with one put", keys(), 1)
		s.mustTxn(t, opDelete(p+"left", ""))
		t.Eq("keys after the delete", keys(), 0)
		s.put(t, p+"left", "free")
		_, err := s.lease.LeaseRevoke(t.Ctx, &pb.LeaseRevokeRequest{ID: id})
		t.Must("revoke", err)
		t.Eq("key made anew after the revoke", keyValues(s.mustRange(t, one(p+"left"))), p+"left=free")
	})
}

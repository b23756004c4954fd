package main

import (
	"context"
	"fmt"
	"io"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/codes"

	"interop/check"
)

func leaseRows(c *check.Suite, s *server) {
	const p = "rows/lease/"
	c.Run("22_grant_ids_and_ttls", func(t *check.T) {
		for _, ttl := range []int64{0, -1, 1} {
			r, err := s.lease.LeaseGrant(t.Ctx, &pb.LeaseGrantRequest{TTL: ttl})
			t.Must("grant", err)
			hasHeader(t, "grant", r.Header)
			t.Eq(fmt.Sprintf("granted TTL for %d", ttl), r.TTL, int64(2))
			t.True(r.ID > 0, "chosen id is %d", r.ID)
		}
		for _, id := range []int64{77, -7} {
			s.lease.LeaseRevoke(t.Ctx, &pb.LeaseRevokeRequest{ID: id})
			r, err := s.lease.LeaseGrant(t.Ctx, &pb.LeaseGrantRequest{TTL: 60, ID: id})
			t.Must("grant with an id", err)
			t.Eq("given id", r.ID, id)
			_, err = s.lease.LeaseGrant(t.Ctx, &pb.LeaseGrantRequest{TTL: 60, ID: id})
			t.Status("grant of a used id", err, codes.FailedPrecondition, "etcdserver: lease already exists")
		}
		_, err := s.lease.LeaseGrant(t.Ctx, &pb.LeaseGrantRequest{TTL: 9000000001})
		t.Status("grant of 9000000001 s", err, codes.OutOfRange, "etcdserver: too large lease TTL")
		r, err := s.lease.LeaseGrant(t.Ctx, &pb.LeaseGrantRequest{TTL: 9000000000})
		t.Must("grant of 9000000000 s", err)
		t.Eq("longest TTL", r.TTL, int64(9000000000))
		list, err := s.lease.LeaseLeases(t.Ctx, &pb.LeaseLeasesRequest{})
		t.Must("leases", err)
		found := 0
		for _, l := range list.Leases {
			if l.ID == 77 || l.ID == -7 || l.ID == r.ID {
				found++
			}
		}
		t.Eq("own leases in the list", found, 3)
		for _, id := range []int64{77, -7, r.ID} {
			_, err := s.lease.LeaseRevoke(t.Ctx, &pb.LeaseRevokeRequest{ID: id})
			t.Must("revoke", err)
		}
	})
	c.Run("22_unknown_leases", func(t *check.T) {
		ttl, err := s.lease.LeaseTimeToLive(t.Ctx, &pb.LeaseTimeToLiveRequest{ID: 4242, Keys: true})
		t.Must("time to live of an unknown lease", err)
		t.Eq("its TTL", ttl.TTL, int64(-1))
		t.Eq("its granted TTL", ttl.GrantedTTL, int64(0))
		t.Eq("its id", ttl.ID, int64(4242))
		_, err = s.lease.LeaseRevoke(t.Ctx, &pb.LeaseRevokeRequest{ID: 4242})
		t.Status("revoke of an unknown lease", err, codes.NotFound, noLease)
		_, err = s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(p + "k"), Lease: 4242})
		t.Status("put with an unknown lease", err, codes.NotFound, noLease)
	})
	c.Run("22_keep_alive_stream", func(t *check.T) {
		id := s.grant(t, 30)
		alive, err := s.lease.LeaseKeepAlive(t.Ctx)
		t.Must("open", err)
		for _, ask := range []struct{ id, ttl int64 }{{4242, 0}, {id, 30}, {4242, 0}, {id, 30}} {
			t.Must("send", alive.Send(&pb.LeaseKeepAliveRequest{ID: ask.id}))
			r, err := alive.Recv()
			t.Must("receive", err)
			hasHeader(t, "keep-alive", r.Header)
			t.Eq("id", r.ID, ask.id)
			t.Eq(fmt.Sprintf("TTL of %d", ask.id), r.TTL, ask.ttl)
		}
		t.Must("half-close", alive.CloseSend())
		_, err = alive.Recv()
		t.Eq("end after the half-close", err, io.EOF)
	})
	c.Run("23_revoke_deletes_in_key_order", func(t *check.T) { s.revokeInOrder(t, p+"revoke/") })
	c.Run("23_expiry_of_2_seconds", func(t *check.T) { s.expiry(t, p+"expiry/k") })
	c.Run("23_remaining_time_counts_down", func(t *check.T) {
		id := s.grant(t, 10)
		var seen []int64
		t.Until(5*time.Second, "TTL of 7", func() error {
			r, err := s.lease.LeaseTimeToLive(t.Ctx, &pb.LeaseTimeToLiveRequest{ID: id})
			t.Must("time to live", err)
			t.Eq("granted TTL", r.GrantedTTL, int64(10))
			if len(seen) == 0 || seen[len(seen)-1] != r.TTL {
				seen = append(seen, r.TTL)
			}
			if r.TTL > 7 {
				return fmt.Errorf("TTL is %d", r.TTL)
			}
			return nil
		})
		t.Eq("TTLs of a lease of 10 s", seen, []int64{9, 8, 7})
	})
}

func (s *server) revokeInOrder(t *check.T, p string) {
	id := s.grant(t, 60)
	for _, key := range []string{"lb", "la", "lc"} {
		_, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(p + key), Lease: id})
		t.Must("put", err)
	}
	s.put(t, p+"lc", "detached") // a put without lease takes the key off it
	ttl, err := s.lease.LeaseTimeToLive(t.Ctx, &pb.LeaseTimeToLiveRequest{ID: id, Keys: true})
	t.Must("time to live", err)
	t.Eq("keys on the lease", len(ttl.Keys), 2)
	w := s.open(t)
	w.create(watchSpan(p, 0))
	before := s.revision(t)
	r, err := s.lease.LeaseRevoke(t.Ctx, &pb.LeaseRevokeRequest{ID: id})
	t.Must("revoke", err)
	t.Eq("revision of the revoke", r.Header.Revision, before+1)
	w.expect("answer", fmt.Sprintf("id 0 DELETE %[1]sla= 0/%[2]d/0 DELETE %[1]slb= 0/%[2]d/0", p, before+1))
	r, err = s.lease.LeaseRevoke(t.Ctx, &pb.LeaseRevokeRequest{ID: s.grant(t, 60)})
	t.Must("revoke without keys", err)
	t.Eq("revision of a revoke without keys", r.Header.Revision, before+1)
}

func (s *server) expiry(t *check.T, key string) {
	w := s.open(t)
	w.create(watchKey(key))
	start := time.Now()
	id := s.grant(t, 2)
	revision := int64(0)
	for i := range 2 { // the second put moves nothing but the version
		r, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(key), Lease: id})
		t.Must("put", err)
		revision = r.Header.Revision
		w.expect("event of a put", fmt.Sprintf("id 0 PUT %s= %d/%d/%d lease %d", key, revision-int64(i), revision, i+1, id))
	}
	gone := w.expect("event of the expiry", fmt.Sprintf("id 0 DELETE %s= 0/%d/0", key, revision+1))
	took := time.Since(start)
	t.Eq("header of the expiry", gone.Header.Revision, revision+1)
	t.True(took >= 2*time.Second && took < 4*time.Second, "a lease of 2 s ended after %v", took)
	ctx, cancel := context.WithTimeout(t.Ctx, 5*time.Second)
	defer cancel()
	alive, err := s.lease.LeaseKeepAlive(ctx)
	t.Must("open", err)
	t.Must("send", alive.Send(&pb.LeaseKeepAliveRequest{ID: id}))
	r, err := alive.Recv()
	t.Must("receive", err)
	t.Eq("TTL of the expired lease", r.TTL, int64(0))
}

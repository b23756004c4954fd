package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/codes"

	"interop/check"
)

// memory is what the first half of row 30 leaves for the second.
type memory struct {
	Key                       string
	Revision, Lease, Deleted  int64
	Term, ClusterID, MemberID uint64
}

func beforeRestart(c *check.Suite, s *server, file string) {
	c.Run("30_before_restart", func(t *check.T) {
		m := memory{Key: "rows/restart/k", Lease: s.grant(t, 100)}
		s.put(t, m.Key, "1")
		_, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(m.Key), Value: []byte("2"), Lease: m.Lease})
		t.Must("put", err)
		s.put(t, "rows/restart/gone", "1")
		m.Deleted = s.mustTxn(t, opDelete("rows/restart/gone", "")).Header.Revision
		t.Until(8*time.Second, "TTL falls", func() error {
			r, err := s.lease.LeaseTimeToLive(t.Ctx, &pb.LeaseTimeToLiveRequest{ID: m.Lease})
			t.Must("time to live", err)
			if r.TTL > 96 {
				return fmt.Errorf("TTL is %d", r.TTL)
			}
			return nil
		})
		status, err := s.maint.Status(t.Ctx, &pb.StatusRequest{})
		t.Must("status", err)
		h := status.Header
		m.Revision, m.Term, m.ClusterID, m.MemberID = h.Revision, h.RaftTerm, h.ClusterId, h.MemberId
		s.setAlarm(t, pb.AlarmRequest_ACTIVATE) // outlives the server
		text, err := json.Marshal(m)
		t.Must("encode", err)
		t.Must("write "+file, os.WriteFile(file, text, 0o600))
	})
}

func afterRestart(c *check.Suite, s *server, file string) {
	c.Run("30_after_restart", func(t *check.T) {
		text, err := os.ReadFile(file)
		t.Must("read", err)
		var m memory
		t.Must("decode "+file, json.Unmarshal(text, &m))
		status, err := s.maint.Status(t.Ctx, &pb.StatusRequest{})
		t.Must("status", err)
		t.Eq("revision", status.Header.Revision, m.Revision)
		t.Eq("raft_term", status.Header.RaftTerm, m.Term+1)
		t.Eq("cluster id", status.Header.ClusterId, m.ClusterID)
		t.Eq("member id", status.Header.MemberId, m.MemberID)
		t.Status("put under the alarm", s.tryPut(t, m.Key, "x"), codes.ResourceExhausted, noSpace)
		t.Eq("alarms that outlived the server", len(s.setAlarm(t, pb.AlarmRequest_DEACTIVATE).Alarms), 1)
		r, err := s.lease.LeaseTimeToLive(t.Ctx, &pb.LeaseTimeToLiveRequest{ID: m.Lease, Keys: true})
		t.Must("time to live", err)
		t.Eq("granted TTL", r.GrantedTTL, int64(100))
		t.True(r.TTL >= 97, "TTL is %d, want close to 100 again", r.TTL)
		t.Eq("keys on the lease", len(r.Keys), 1)
		kvs := s.mustRange(t, one(m.Key)).Kvs
		t.Eq("kvs", len(kvs), 1)
		t.Eq("version", kvs[0].Version, int64(2))
		t.Eq("lease", kvs[0].Lease, m.Lease)
		t.Eq("old value", keyValues(s.mustRange(t, at(m.Key, kvs[0].CreateRevision))), m.Key+"=1")
		w := s.open(t)
		w.create(watchSpan("rows/restart/", kvs[0].CreateRevision))
		texts, _ := w.events(0, 4)
		t.Eq("last event of the history", texts[3], fmt.Sprintf("DELETE rows/restart/gone= 0/%d/0", m.Deleted))
		t.Eq("revision of the next put", s.put(t, m.Key, "3"), m.Revision+1)
	})
}

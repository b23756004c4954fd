package main

import (
	"fmt"
	"net/http"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/codes"

	"interop/check"
	"interop/target"
)

// setAlarm activates or deactivates NOSPACE on every member and returns what changed.
func (s *server) setAlarm(t *check.T, action pb.AlarmRequest_AlarmAction) *pb.AlarmResponse {
	r, err := s.maint.Alarm(t.Ctx, &pb.AlarmRequest{Action: action, Alarm: pb.AlarmType_NOSPACE, MemberID: s.memberID(t)})
	t.Must("alarm", err)
	return r
}

func (s *server) memberID(t *check.T) uint64 {
	r, err := s.maint.Status(t.Ctx, &pb.StatusRequest{})
	t.Must("status", err)
	return r.Header.MemberId
}

func (s *server) tryPut(t *check.T, key, value string) error {
	_, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(key), Value: []byte(value)})
	return err
}

// grantedAlive renews a lease on a stream of its own and returns the TTL it got.
func (s *server) grantedAlive(t *check.T, id int64) int64 {
	alive, err := s.lease.LeaseKeepAlive(t.Ctx)
	t.Must("open keep-alive", err)
	t.Must("send keep-alive", alive.Send(&pb.LeaseKeepAliveRequest{ID: id}))
	r, err := alive.Recv()
	t.Must("receive keep-alive", err)
	t.Must("half-close keep-alive", alive.CloseSend())
	return r.TTL
}

func alarmRow(c *check.Suite, s *server) {
	c.Run("24_nospace_alarm", func(t *check.T) {
		const p = "rows/alarm/"
		s.put(t, p+"a", "1")
		idle, kept := s.grant(t, 60), s.grant(t, 60)
		t.Eq("changed by a needless deactivate", len(s.setAlarm(t, pb.AlarmRequest_DEACTIVATE).Alarms), 0)
		set := s.setAlarm(t, pb.AlarmRequest_ACTIVATE)
		t.Cleanup(func() { s.setAlarm(t, pb.AlarmRequest_DEACTIVATE) })
		t.Eq("changed by activate", len(set.Alarms), 1)
		hasHeader(t, "alarm", set.Header)
		list, err := s.maint.Alarm(t.Ctx, &pb.AlarmRequest{})
		t.Must("list", err)
		t.Eq("alarms", len(list.Alarms), 1)
		if len(list.Alarms) == 1 {
			t.Eq("alarm", list.Alarms[0].Alarm, pb.AlarmType_NOSPACE)
			t.Eq("member of the alarm", list.Alarms[0].MemberID, s.memberID(t))
		}
		status, err := s.maint.Status(t.Ctx, &pb.StatusRequest{})
		t.Must("status", err)
		errors := strings.Join(strings.Fields(strings.Join(status.Errors, ";")), " ") // blanks differ between builds
		t.Eq("errors in status", errors, fmt.Sprintf("memberID:%d alarm:NOSPACE", s.memberID(t)))

		t.Status("put", s.tryPut(t, p+"b", "1"), codes.ResourceExhausted, noSpace)
		_, err = s.lease.LeaseGrant(t.Ctx, &pb.LeaseGrantRequest{TTL: 60})
		t.Status("lease grant", err, codes.ResourceExhausted, noSpace)
		_, err = s.lease.LeaseGrant(t.Ctx, &pb.LeaseGrantRequest{TTL: 9000000001})
		t.Status("lease grant for too long", err, codes.ResourceExhausted, noSpace)
		_, err = s.kv.Txn(t.Ctx, &pb.TxnRequest{Failure: ops(opPut(p+"b", "1"))})
		t.Status("txn with a put in the other branch", err, codes.ResourceExhausted, noSpace)
		s.mustRange(t, one(p+"a"))
		s.mustTxn(t, opRange(one(p+"a")), opDelete(p+"nothing", ""))
		_, err = s.kv.DeleteRange(t.Ctx, &pb.DeleteRangeRequest{Key: []byte(p + "a")})
		t.Must("delete", err)
		_, err = s.lease.LeaseRevoke(t.Ctx, &pb.LeaseRevokeRequest{ID: idle})
		t.Must("lease revoke", err)
		alive := s.grantedAlive(t, kept)
		t.Eq("TTL renewed under the alarm", alive, int64(60))
		_, err = s.kv.Compact(t.Ctx, &pb.CompactionRequest{Revision: s.revision(t)})
		t.Must("compact", err)

		health := func(query string, code int, body string) {
			got, text, err := target.Get("http://" + s.endpoint + "/health" + query)
			t.Must("GET /health", err)
			t.Eq("status of /health"+query, got, code)
			t.Eq("body of /health"+query, strings.TrimSpace(text), body)
		}
		health("", http.StatusServiceUnavailable, `{"health":"false","reason":"ALARM NOSPACE"}`)
		health("?exclude=NOSPACE", http.StatusOK, `{"health":"true","reason":""}`)
		t.Eq("changed by deactivate", len(s.setAlarm(t, pb.AlarmRequest_DEACTIVATE).Alarms), 1)
		t.Must("put after deactivate", s.tryPut(t, p+"b", "1"))
		health("", http.StatusOK, `{"health":"true","reason":""}`)
	})
}

// corruptRow sets the CORRUPT alarm: what writes is refused, what reads is not.
func corruptRow(c *check.Suite, s *server) {
	c.Run("rule_corrupt_alarm", func(t *check.T) {
		const p = "rows/corrupt/"
		now := s.put(t, p+"a", "1")
		id := s.grant(t, 60)
		self := s.memberID(t)
		alarm := func(action pb.AlarmRequest_AlarmAction) {
			_, err := s.maint.Alarm(t.Ctx, &pb.AlarmRequest{Action: action, MemberID: self, Alarm: pb.AlarmType_CORRUPT})
			t.Must("alarm", err)
		}
		alarm(pb.AlarmRequest_ACTIVATE)
		t.Cleanup(func() { alarm(pb.AlarmRequest_DEACTIVATE) })
		refused := func(what string, err error) {
			t.Status(what, err, codes.DataLoss, "etcdserver: corrupt cluster")
		}
		refused("put", s.tryPut(t, p+"b", "1"))
		_, err := s.kv.DeleteRange(t.Ctx, &pb.DeleteRangeRequest{Key: []byte(p + "none")})
		refused("delete of nothing", err)
		_, err = s.kv.Txn(t.Ctx, &pb.TxnRequest{Success: ops(opRange(one(p + "a"))), Failure: ops(opDelete(p+"a", ""))})
		refused("txn with a delete in the other branch", err)
		_, err = s.kv.Compact(t.Ctx, &pb.CompactionRequest{Revision: now})
		refused("compact", err)
		_, err = s.lease.LeaseGrant(t.Ctx, &pb.LeaseGrantRequest{TTL: 60})
		refused("lease grant", err)
		_, err = s.lease.LeaseRevoke(t.Ctx, &pb.LeaseRevokeRequest{ID: id})
		refused("lease revoke", err)
		t.Eq("TTL renewed under the alarm", s.grantedAlive(t, id), int64(60))
		t.Eq("value", keyValues(s.mustRange(t, one(p+"a"))), p+"a=1")
		s.mustTxn(t, opRange(one(p+"a")))
		w := s.open(t)
		w.create(watchSpan(p, now))
		w.expect("watch", fmt.Sprintf("id 0 PUT %[1]sa=1 %[2]d/%[2]d/1", p, now))
		for path, want := range map[string]int{"/health": 503, "/health?exclude=CORRUPT": 200, "/livez": 200, "/readyz": 503,
			"/readyz?exclude=data_corruption": 200} {
			got, _, err := target.Get("http://" + s.endpoint + path)
			t.Must("GET "+path, err)
			t.Eq("status of "+path, got, want)
		}
		_, body, err := target.Get("http://" + s.endpoint + "/health")
		t.Must("GET /health", err)
		t.Eq("body of /health", strings.TrimSpace(body), `{"health":"false","reason":"ALARM CORRUPT"}`)
	})
}

// quotaRow needs a server with a backend quota of 16 MiB.
func quotaRow(c *check.Suite, s *server) {
	c.Run("25_quota_raises_the_alarm", func(t *check.T) {
		const p = "rows/quota/"
		value := string(make([]byte, 1000000))
		var err error
		n := 0
		for n = 1; n <= 60; n++ { // etcd measures its file, which lags behind the puts
			if err = s.tryPut(t, fmt.Sprintf("%s%02d", p, n), value); err != nil {
				break
			}
		}
		t.Status(fmt.Sprintf("put %d of 1 MB", n), err, codes.ResourceExhausted, noSpace)
		t.True(n >= 8, "put %d was the first refused", n)
		check.Remark("put %d of 1 MB was the first refused", n)
		list, err := s.maint.Alarm(t.Ctx, &pb.AlarmRequest{})
		t.Must("list alarms", err)
		t.Eq("alarms", len(list.Alarms), 1)
		status, err := s.maint.Status(t.Ctx, &pb.StatusRequest{})
		t.Must("status", err)
		t.Eq("quota in status", status.DbSizeQuota, int64(16<<20))

		d, err := s.kv.DeleteRange(t.Ctx, &pb.DeleteRangeRequest{Key: []byte(p), RangeEnd: prefixEnd(p)})
		t.Must("delete all", err)
		_, err = s.kv.Compact(t.Ctx, &pb.CompactionRequest{Revision: d.Header.Revision, Physical: true})
		t.Must("compact", err)
		_, err = s.maint.Defragment(t.Ctx, &pb.DefragmentRequest{})
		t.Must("defragment", err)
		after, err := s.maint.Status(t.Ctx, &pb.StatusRequest{})
		t.Must("status", err)
		if check.Feature("defragment_shrinks") {
			t.True(after.DbSize < 1<<20, "database has %d bytes after defragment", after.DbSize)
		}
		t.True(after.DbSizeInUse < 1<<20, "database uses %d bytes after defragment", after.DbSizeInUse)
		t.True(after.DbSize > 0, "database has %d bytes after defragment", after.DbSize)
		t.Status("put after making room", s.tryPut(t, p+"a", "1"), codes.ResourceExhausted, noSpace)
		s.setAlarm(t, pb.AlarmRequest_DEACTIVATE)
		t.Must("put after disarm", s.tryPut(t, p+"a", "1"))
	})
}

// crashRow sends what made an old server crash.
func crashRow(c *check.Suite, s *server) {
	c.Run("35_unknown_sort_and_missing_permission", func(t *check.T) {
		const invalid = "etcdserver: invalid sort option"
		for _, r := range []*pb.RangeRequest{
			{Key: []byte("rows/a"), SortTarget: 9, SortOrder: 1},
			{Key: []byte("rows/a"), SortTarget: 9},
			{Key: []byte("rows/a"), SortOrder: 9},
		} {
			_, err := s.kv.Range(t.Ctx, r)
			t.Status(fmt.Sprintf("sort %d by %d", r.SortOrder, r.SortTarget), err, codes.InvalidArgument, invalid)
		}
		s.put(t, "rows/alive", "1")
		if !check.Feature("auth") {
			_, err := s.auth.RoleAdd(t.Ctx, &pb.AuthRoleAddRequest{Name: "rows-role"})
			t.Status("role add", err, codes.Unimplemented, "unknown service etcdserverpb.Auth")
			return
		}
		s.auth.RoleDelete(t.Ctx, &pb.AuthRoleDeleteRequest{Role: "rows-role"})
		_, err := s.auth.RoleAdd(t.Ctx, &pb.AuthRoleAddRequest{Name: "rows-role"})
		t.Must("role add", err)
		_, err = s.auth.RoleGrantPermission(t.Ctx, &pb.AuthRoleGrantPermissionRequest{Name: "rows-role"})
		t.Status("grant without permission", err, codes.InvalidArgument, "etcdserver: permission not given")
		_, err = s.auth.RoleDelete(t.Ctx, &pb.AuthRoleDeleteRequest{Role: "rows-role"})
		t.Must("role delete", err)
		s.put(t, "rows/alive", "1")
	})
}

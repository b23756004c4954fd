package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"interop/check"
	"interop/target"
)

// serviceRules are rules of the text on the Cluster and Maintenance services and the plain pages.
func serviceRules(c *check.Suite, s *server) {
	c.Run("rule_status_fields", func(t *check.T) {
		r, err := s.maint.Status(t.Ctx, &pb.StatusRequest{})
		t.Must("status", err)
		hasHeader(t, "status", r.Header)
		t.True(regexp.MustCompile(`^3\.[67]\.\d+$`).MatchString(r.Version), "version is %q", r.Version)
		t.True(regexp.MustCompile(`^3\.[67]\.0$`).MatchString(r.StorageVersion), "storageVersion is %q", r.StorageVersion)
		t.True(r.DbSize > 0 && r.DbSizeInUse > 0 && r.DbSizeInUse <= r.DbSize, "dbSize %d, in use %d", r.DbSize, r.DbSizeInUse)
		t.Eq("dbSizeQuota", r.DbSizeQuota, int64(2147483648))
		t.Eq("leader", r.Leader, r.Header.MemberId)
		t.Eq("raftTerm", r.RaftTerm, r.Header.RaftTerm)
		t.True(r.RaftIndex > 0 && r.RaftAppliedIndex > 0 && r.RaftAppliedIndex <= r.RaftIndex,
			"raftIndex %d, applied %d", r.RaftIndex, r.RaftAppliedIndex)
		t.Eq("errors", len(r.Errors), 0)
		t.Eq("isLearner", r.IsLearner, false)
		t.True(r.DowngradeInfo != nil && !r.DowngradeInfo.Enabled, "downgradeInfo is %v", r.DowngradeInfo)
	})
	c.Run("rule_member_list", func(t *check.T) {
		for _, linearizable := range []bool{true, false} {
			r, err := s.cluster.MemberList(t.Ctx, &pb.MemberListRequest{Linearizable: linearizable})
			t.Must("member list", err)
			t.Eq("revision", r.Header.Revision, int64(0))
			t.True(r.Header.ClusterId != 0 && r.Header.MemberId != 0 && r.Header.RaftTerm != 0, "header is %v", r.Header)
			t.Eq("members", len(r.Members), 1)
			m := r.Members[0]
			t.Eq("id", m.ID, r.Header.MemberId)
			t.True(m.Name != "" && len(m.PeerURLs) > 0, "member is %v", m)
			t.Eq("clientURLs", m.ClientURLs, []string{"http://" + s.endpoint})
		}
	})
	c.Run("rule_move_leader_and_promote_on_a_single_member", func(t *check.T) {
		self := s.memberID(t)
		if !check.Feature("member_changes") {
			_, err := s.maint.MoveLeader(t.Ctx, &pb.MoveLeaderRequest{TargetID: self})
			t.Status("move leader", err, codes.Unimplemented, "unknown method MoveLeader for service etcdserverpb.Maintenance")
			_, err = s.cluster.MemberAdd(t.Ctx, &pb.MemberAddRequest{PeerURLs: []string{"http://127.0.0.1:1"}})
			t.Status("member add", err, codes.Unimplemented, "unknown method MemberAdd for service etcdserverpb.Cluster")
			return
		}
		r, err := s.maint.MoveLeader(t.Ctx, &pb.MoveLeaderRequest{TargetID: self})
		t.Must("move leader to itself", err)
		t.Eq("size of the answer", proto.Size(r), 0)
		_, err = s.maint.MoveLeader(t.Ctx, &pb.MoveLeaderRequest{TargetID: 4242})
		t.Status("move leader to nobody", err, codes.FailedPrecondition, "etcdserver: bad leader transferee")
		_, err = s.cluster.MemberPromote(t.Ctx, &pb.MemberPromoteRequest{ID: 4242})
		t.Status("promote nobody", err, codes.NotFound, "etcdserver: member not found")
		_, err = s.cluster.MemberRemove(t.Ctx, &pb.MemberRemoveRequest{ID: 4242})
		t.Status("remove nobody", err, codes.NotFound, "etcdserver: member not found")
		_, err = s.cluster.MemberAdd(t.Ctx, &pb.MemberAddRequest{PeerURLs: []string{"nonsense"}})
		t.Status("add nonsense", err, codes.InvalidArgument, "etcdserver: given member URLs are invalid")
	})
	c.Run("rule_defragment_and_hash", func(t *check.T) {
		now := s.revision(t)
		before, err := s.maint.HashKV(t.Ctx, &pb.HashKVRequest{Revision: now})
		t.Must("hashkv", err)
		hasHeader(t, "hashkv", before.Header)
		t.Eq("hash_revision", before.HashRevision, now)
		r, err := s.maint.Defragment(t.Ctx, &pb.DefragmentRequest{})
		t.Must("defragment", err)
		t.Eq("size of the answer", proto.Size(r), 0)
		after, err := s.maint.HashKV(t.Ctx, &pb.HashKVRequest{Revision: now})
		t.Must("hashkv", err)
		t.Eq("hash after defragment", after.Hash, before.Hash)
		whole, err := s.maint.Hash(t.Ctx, &pb.HashRequest{})
		t.Must("hash", err)
		t.True(whole.Hash != 0, "hash is 0")
	})
	c.Run("rule_hasleader_is_served", func(t *check.T) {
		ctx := metadata.AppendToOutgoingContext(t.Ctx, "hasleader", "true", "client-api-version", "3.7")
		_, err := s.kv.Range(ctx, one("rules/none"))
		t.Must("range", err)
	})
	c.Run("rule_plain_pages", func(t *check.T) { s.plainPages(t) })
}

func (s *server) plainPages(t *check.T) {
	page := func(path string, code int) string {
		got, body, err := target.Get("http://" + s.endpoint + path)
		t.Must("GET "+path, err)
		t.Eq("status of "+path, got, code)
		return body
	}
	var version map[string]string
	t.Must("decode /version", json.Unmarshal([]byte(page("/version", 200)), &version))
	for _, name := range []string{"etcdserver", "etcdcluster", "storage"} {
		t.True(strings.HasPrefix(version[name], "3."), "/version has %s %q", name, version[name])
	}
	t.Eq("/health", page("/health", 200), `{"health":"true","reason":""}`)
	t.Eq("/health?serializable=true", page("/health?serializable=true", 200), `{"health":"true","reason":""}`)
	for _, path := range []string{"/livez", "/readyz", "/livez/serializable_read", "/readyz/linearizable_read"} {
		t.Eq(path, page(path, 200), "ok\n")
	}
	verbose := page("/readyz?verbose", 200)
	t.True(strings.Contains(verbose, "[+]data_corruption ok\n") && strings.HasSuffix(verbose, "ok\n"), "/readyz?verbose is %q", verbose)
	page("/nothing", 404)
	metrics := page("/metrics", 200)
	for _, name := range []string{"etcd_server_has_leader 1", "etcd_server_is_leader 1", "etcd_mvcc_db_total_size_in_bytes ",
		"etcd_disk_wal_fsync_duration_seconds_bucket{", "etcd_debugging_mvcc_current_revision ", "process_resident_memory_bytes ",
		`grpc_server_handled_total{grpc_code="OK",grpc_method="Range",grpc_service="etcdserverpb.KV",grpc_type="unary"} `} {
		t.True(strings.Contains(metrics, "\n"+name), "/metrics has no line that begins with %s", name)
	}
	before, err := target.Metric("http://"+s.endpoint+"/metrics", "etcd_mvcc_put_total")
	t.Must("metric", err)
	s.put(t, "rules/metric", "1")
	t.Until(5*time.Second, "etcd_mvcc_put_total counts a put", func() error {
		after, err := target.Metric("http://"+s.endpoint+"/metrics", "etcd_mvcc_put_total")
		if err == nil && after < before+1 {
			err = errNotYet
		}
		return err
	})
}

package main

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/protobuf/proto"
)

// ownMember stands for the id of the member that is asked.
const ownMember = 1

// stableSort is the number of keys up to which etcd's way of sorting keeps keys that compare equal
// in key order.
const stableSort = 12

// blur takes out of an answer what cannot be the same on two servers, and no more:
//   - ids of clusters and members, and terms, are only there or not
//   - of sizes and indexes it only counts that they are not 0
//   - seconds left of a lease may have passed
//   - lists in no order are sorted
func blur(s *side, m proto.Message, request proto.Message) proto.Message {
	if h, ok := m.(interface{ GetHeader() *pb.ResponseHeader }); ok {
		blurHeader(s, h.GetHeader())
	}
	switch m := m.(type) {
	case *pb.PutResponse:
		blurLease(m.PrevKv)
	case *pb.DeleteRangeResponse:
		blurLeases(m.PrevKvs)
	case *pb.RangeResponse:
		q, _ := request.(*pb.RangeRequest)
		blurRange(m, q)
	case *pb.TxnResponse:
		q, _ := request.(*pb.TxnRequest)
		blurTxn(m, q)
	case *pb.LeaseTimeToLiveResponse:
		slices.SortFunc(m.Keys, bytes.Compare)
		if m.TTL > 0 && m.GrantedTTL-m.TTL < 60 {
			m.TTL = m.GrantedTTL
		}
	case *pb.LeaseLeasesResponse:
		slices.SortFunc(m.Leases, func(a, b *pb.LeaseStatus) int { return compareInts(a.ID, b.ID) })
	case *pb.StatusResponse:
		blurStatus(s, m)
	case *pb.MemberListResponse:
		for _, member := range m.Members {
			s.self = member.ID
			member.ID, member.Name, member.ClientURLs, member.PeerURLs = 1, there(member.Name), []string{}, []string{}
		}
	case *pb.AlarmResponse:
		for _, a := range m.Alarms {
			a.MemberID = symbol(s, a.MemberID)
		}
		slices.SortFunc(m.Alarms, func(a, b *pb.AlarmMember) int {
			return compareInts(int64(a.MemberID)*10+int64(a.Alarm), int64(b.MemberID)*10+int64(b.Alarm))
		})
	case *pb.HashKVResponse:
		m.Hash = 1
	}
	return m
}

// blurLease hides an id that the server has chosen.
func blurLease(kv *mvccpb.KeyValue) {
	if kv.GetLease() > 1<<32 && kv.Lease < math.MaxInt64 {
		kv.Lease = 1 << 32
	}
}

func blurLeases(kvs []*mvccpb.KeyValue) {
	for _, kv := range kvs {
		blurLease(kv)
	}
}

func compareInts(a, b int64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

func there(s string) string {
	if s == "" {
		return ""
	}
	return "there"
}

func sign(n int64) int64 { return int64(compareInts(n, 0)) }

func symbol(s *side, member uint64) uint64 {
	if member == s.self {
		return ownMember
	}
	return member
}

func blurHeader(s *side, h *pb.ResponseHeader) {
	if h == nil {
		return
	}
	if h.MemberId != 0 {
		s.self = h.MemberId
	}
	h.ClusterId, h.MemberId, h.RaftTerm = min(h.ClusterId, 1), min(h.MemberId, 1), min(h.RaftTerm, 1)
}

// blurRange: 3.7 leaves the lease out of an answer of keys only, 3.6 does not.
func blurRange(m *pb.RangeResponse, q *pb.RangeRequest) {
	blurLeases(m.Kvs)
	if q.GetKeysOnly() {
		for _, kv := range m.Kvs {
			kv.Lease = 0
		}
	}
	if q.GetSortTarget() == pb.RangeRequest_KEY || len(m.Kvs) == 0 || m.Count <= stableSort {
		return
	}
	// Keys that compare equal may be in any order, and of those at the limit any may be left out.
	last := m.Kvs[len(m.Kvs)-1]
	slices.SortStableFunc(m.Kvs, func(a, b *mvccpb.KeyValue) int {
		if sameRank(q.SortTarget, a, b) {
			return bytes.Compare(a.Key, b.Key)
		}
		return 0
	})
	for i, kv := range m.Kvs {
		if m.More && sameRank(q.SortTarget, kv, last) {
			m.Kvs[i] = &mvccpb.KeyValue{}
		}
	}
}

func sameRank(target pb.RangeRequest_SortTarget, a, b *mvccpb.KeyValue) bool {
	switch target {
	case pb.RangeRequest_VERSION:
		return a.Version == b.Version
	case pb.RangeRequest_CREATE:
		return a.CreateRevision == b.CreateRevision
	case pb.RangeRequest_MOD:
		return a.ModRevision == b.ModRevision
	case pb.RangeRequest_VALUE:
		return bytes.Equal(a.Value, b.Value)
	}
	return false
}

func blurTxn(m *pb.TxnResponse, q *pb.TxnRequest) {
	ops := q.GetSuccess()
	if !m.Succeeded {
		ops = q.GetFailure()
	}
	for i, response := range m.Responses {
		blurLease(response.GetResponsePut().GetPrevKv())
		blurLeases(response.GetResponseDeleteRange().GetPrevKvs())
		if i >= len(ops) {
			return
		}
		if inner := response.GetResponseRange(); inner != nil {
			blurRange(inner, ops[i].GetRequestRange())
		}
		if inner := response.GetResponseTxn(); inner != nil {
			blurTxn(inner, ops[i].GetRequestTxn())
		}
	}
}

// blurStatus: the text of an alarm names the member by its number; in 3.6 it ends in a space.
func blurStatus(s *side, m *pb.StatusResponse) {
	m.Version, m.StorageVersion = there(m.Version), there(m.StorageVersion)
	m.DbSize, m.DbSizeInUse = sign(m.DbSize), sign(m.DbSizeInUse)
	m.RaftIndex, m.RaftAppliedIndex, m.RaftTerm = min(m.RaftIndex, 1), min(m.RaftAppliedIndex, 1), min(m.RaftTerm, 1)
	m.Leader = symbol(s, m.Leader)
	for i, e := range m.Errors {
		m.Errors[i] = strings.TrimSpace(strings.ReplaceAll(e, strconv.FormatUint(s.self, 10), "SELF"))
	}
	slices.Sort(m.Errors)
}

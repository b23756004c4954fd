package main

import (
	"context"
	"math"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/proto"
)

func rpcStatus(s *side, ctx context.Context, q *pb.StatusRequest) (*pb.StatusResponse, error) {
	return s.maint.Status(ctx, q)
}

func rpcAlarm(s *side, ctx context.Context, q *pb.AlarmRequest) (*pb.AlarmResponse, error) {
	if q.MemberID == ownMember {
		q = proto.Clone(q).(*pb.AlarmRequest)
		q.MemberID = s.self
	}
	return s.maint.Alarm(ctx, q)
}

func rpcHashKV(s *side, ctx context.Context, q *pb.HashKVRequest) (*pb.HashKVResponse, error) {
	return s.maint.HashKV(ctx, q)
}

func rpcMemberList(s *side, ctx context.Context, q *pb.MemberListRequest) (*pb.MemberListResponse, error) {
	return s.cluster.MemberList(ctx, q)
}

func (r *run) status() { call(r, "status", &pb.StatusRequest{}, rpcStatus) }

func (r *run) memberList() {
	call(r, "member list", &pb.MemberListRequest{Linearizable: r.one(2)}, rpcMemberList)
}

// hashKV: a revision below 0 is hashed by etcd and refused by Muster; of the revisions at which
// compactions were, etcd keeps the answers of that time.
func (r *run) hashKV() {
	r.settle("before a hash")
	q := &pb.HashKVRequest{Revision: pick(r, 0, r.revision, r.revision+1, math.MaxInt64)}
	call(r, "hash kv", q, rpcHashKV)
}

func (r *run) alarms() {
	call(r, "alarm", &pb.AlarmRequest{
		Action:   pick[pb.AlarmRequest_AlarmAction](r, 0, 0, 2), // an unknown one ends etcd
		MemberID: pick[uint64](r, 0, ownMember, 12345),
		Alarm:    pick[pb.AlarmType](r, 0, 1, 2, 3, -1),
	}, rpcAlarm)
}

// alarmed raises an alarm, sends some requests under it, and takes it back.
func (r *run) alarmed() {
	r.settle("before an alarm")
	kind := pick(r, pb.AlarmType_NOSPACE, pb.AlarmType_NOSPACE, pb.AlarmType_CORRUPT)
	member := pick[uint64](r, ownMember, ownMember, 0, 12345)
	call(r, "alarm", &pb.AlarmRequest{Action: pb.AlarmRequest_ACTIVATE, MemberID: member, Alarm: kind}, rpcAlarm)
	for range 6 {
		pick(r, r.put, r.txn, r.deleteRange, r.rangeKeys, r.grant, r.revoke, r.keepAlive, r.timeToLive, r.alarms, r.status)()
	}
	r.disarm()
}

// disarm takes back every alarm that there is.
func (r *run) disarm() {
	for _, member := range []uint64{ownMember, 0, 12345} {
		for _, kind := range []pb.AlarmType{pb.AlarmType_NOSPACE, pb.AlarmType_CORRUPT, -1, 3} {
			call(r, "alarm", &pb.AlarmRequest{Action: pb.AlarmRequest_DEACTIVATE, MemberID: member, Alarm: kind}, rpcAlarm)
		}
	}
}

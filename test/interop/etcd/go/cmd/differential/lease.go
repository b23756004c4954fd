package main

import (
	"context"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/proto"
)

func rpcGrant(s *side, ctx context.Context, q *pb.LeaseGrantRequest) (*pb.LeaseGrantResponse, error) {
	return s.lease.LeaseGrant(ctx, q)
}

func rpcRevoke(s *side, ctx context.Context, q *pb.LeaseRevokeRequest) (*pb.LeaseRevokeResponse, error) {
	return s.lease.LeaseRevoke(ctx, q)
}

func rpcTimeToLive(s *side, ctx context.Context, q *pb.LeaseTimeToLiveRequest) (*pb.LeaseTimeToLiveResponse, error) {
	return s.lease.LeaseTimeToLive(ctx, q)
}

func rpcLeases(s *side, ctx context.Context, q *pb.LeaseLeasesRequest) (*pb.LeaseLeasesResponse, error) {
	return s.lease.LeaseLeases(ctx, q)
}

// rpcKeepAlive renews over a stream of its own, which it half-closes; the stream must end well.
func rpcKeepAlive(s *side, ctx context.Context, q *pb.LeaseKeepAliveRequest) (*pb.LeaseKeepAliveResponse, error) {
	stream, err := s.lease.LeaseKeepAlive(ctx)
	if err != nil {
		return nil, err
	}
	if err := stream.Send(q); err != nil {
		return nil, err
	}
	stream.CloseSend()
	answer, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	if more, err := stream.Recv(); err == nil {
		return more, nil
	} else if err.Error() != "EOF" {
		return nil, err
	}
	return answer, nil
}

func (r *run) grant() {
	call(r, "grant", &pb.LeaseGrantRequest{ID: r.leaseID(), TTL: r.ttl()}, rpcGrant)
}

func (r *run) revoke() {
	call(r, "revoke", &pb.LeaseRevokeRequest{ID: pick(r, 0, 777, r.leaseID(), r.leaseID())}, rpcRevoke)
}

func (r *run) timeToLive() {
	call(r, "time to live", &pb.LeaseTimeToLiveRequest{ID: pick(r, 0, r.leaseID(), r.leaseID()), Keys: r.one(2)}, rpcTimeToLive)
}

func (r *run) leases() { call(r, "leases", &pb.LeaseLeasesRequest{}, rpcLeases) }

func (r *run) keepAlive() {
	call(r, "keep alive", &pb.LeaseKeepAliveRequest{ID: pick(r, 0, 777, r.leaseID(), r.leaseID())}, rpcKeepAlive)
}

// chosenLease lives through a lease whose id the servers choose, with a short or odd TTL: it is
// granted and revoked in one step, so that it does not expire between.
func (r *run) chosenLease() {
	ttl := pick[int64](r, 0, -1, 1, 2, 3, 60, -1<<63)
	key := r.fullKey()
	var ids = map[*side]int64{}
	each := func(what string, f func(ctx context.Context, s *side) (proto.Message, error)) {
		r.note(what)
		a, b := r.servers.both(func(ctx context.Context, s *side) (proto.Message, error) {
			m, err := f(ctx, s)
			if err != nil {
				return nil, err
			}
			return blur(s, m, nil), nil
		})
		if a.err == nil {
			r.learn(a.message)
		}
		if !a.equal(b) {
			r.differ(what, a.String(), b.String())
		}
	}
	a, b := r.servers.both(func(ctx context.Context, s *side) (proto.Message, error) {
		return s.lease.LeaseGrant(ctx, &pb.LeaseGrantRequest{TTL: ttl})
	})
	if a.err != nil || b.err != nil {
		if !a.equal(b) {
			r.differ("grant with a chosen id", a.String(), b.String())
		}
		return
	}
	ids[r.servers.a] = a.message.(*pb.LeaseGrantResponse).ID
	ids[r.servers.b] = b.message.(*pb.LeaseGrantResponse).ID
	r.t.True(ids[r.servers.b] > 0, "a chosen lease id is %d", ids[r.servers.b])
	for _, x := range []answer{a, b} {
		x.message.(*pb.LeaseGrantResponse).ID = 1
	}
	ma, mb := blur(r.servers.a, a.message, nil), blur(r.servers.b, b.message, nil)
	if !proto.Equal(ma, mb) {
		r.differ("grant with a chosen id", a.String(), b.String())
	}
	each("put with the chosen lease", func(ctx context.Context, s *side) (proto.Message, error) {
		return s.kv.Put(ctx, &pb.PutRequest{Key: key, Lease: ids[s]})
	})
	each("time to live of the chosen lease", func(ctx context.Context, s *side) (proto.Message, error) {
		m, err := s.lease.LeaseTimeToLive(ctx, &pb.LeaseTimeToLiveRequest{ID: ids[s], Keys: true})
		if err == nil {
			m.ID = 1
		}
		return m, err
	})
	each("put without a lease", func(ctx context.Context, s *side) (proto.Message, error) {
		return s.kv.Put(ctx, &pb.PutRequest{Key: key})
	})
	each("revoke the chosen lease", func(ctx context.Context, s *side) (proto.Message, error) {
		return s.lease.LeaseRevoke(ctx, &pb.LeaseRevokeRequest{ID: ids[s]})
	})
}

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"interop/target"
)

const (
	callLimit = 10 * time.Second
	seedLimit = 10 * time.Minute
)

// side is one of the two servers.
type side struct {
	conn    *grpc.ClientConn
	kv      pb.KVClient
	lease   pb.LeaseClient
	watch   pb.WatchClient
	cluster pb.ClusterClient
	maint   pb.MaintenanceClient
	self    uint64 // its member id, once an answer has told it
}

func newSide(endpoint string) *side {
	conn := target.Conn(endpoint)
	return &side{conn: conn, kv: pb.NewKVClient(conn), lease: pb.NewLeaseClient(conn), watch: pb.NewWatchClient(conn),
		cluster: pb.NewClusterClient(conn), maint: pb.NewMaintenanceClient(conn)}
}

// pair is both servers; parted once their states differ.
type pair struct {
	a, b   *side
	parted bool
}

func newPair(a, b string) *pair { return &pair{a: newSide(a), b: newSide(b)} }

// answer is what a server said to one call.
type answer struct {
	message proto.Message
	err     error
}

func (x answer) String() string {
	if x.err != nil {
		s := status.Convert(x.err)
		return fmt.Sprintf("%d %q", s.Code(), s.Message())
	}
	return fmt.Sprintf("{%s}", prototext.MarshalOptions{}.Format(x.message))
}

func (x answer) equal(y answer) bool {
	if x.err != nil || y.err != nil {
		s, u := status.Convert(x.err), status.Convert(y.err)
		return s.Code() == u.Code() && s.Message() == u.Message()
	}
	return proto.Equal(x.message, y.message)
}

// both asks both servers at the same time.
func (p *pair) both(f func(ctx context.Context, s *side) (proto.Message, error)) (a, b answer) {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	var wait sync.WaitGroup
	ask := func(s *side, to *answer) {
		message, err := f(ctx, s)
		*to = answer{message: message, err: err}
	}
	wait.Go(func() { ask(p.a, &a) })
	wait.Go(func() { ask(p.b, &b) })
	wait.Wait()
	return a, b
}

package main

import (
	"context"
	"fmt"
	"math/rand"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"interop/check"
)

const (
	differencesMax = 8  // of one seed; then it ends
	recentMax      = 12 // requests shown before a difference
)

// run is one seed on both servers.
type run struct {
	t       *check.T
	servers *pair
	rnd     *rand.Rand
	seed    int64
	trace   bool
	ended   bool // by too many differences, or because the servers have parted
	done    int  // requests so far

	revision, compacted int64 // as far as is known from the answers of A
	streams             []*stream
	recent              []string
	differences         int
}

func newRun(t *check.T, servers *pair, seed int64, trace bool) *run {
	return &run{t: t, servers: servers, rnd: rand.New(rand.NewSource(seed)), seed: seed, trace: trace}
}

// step sends one request of a random kind.
func (r *run) step() {
	kinds := []struct {
		weight int
		do     func()
	}{
		{30, r.put}, {25, r.rangeKeys}, {10, r.deleteRange}, {25, r.txn}, {3, r.compact},
		{4, r.grant}, {3, r.revoke}, {4, r.timeToLive}, {2, r.leases}, {4, r.keepAlive}, {1, r.chosenLease},
		{6, r.watchCreate}, {3, r.watchCancel}, {3, r.watchProgress}, {1, r.watchEmpty}, {1, r.watchStream},
		{1, r.status}, {1, r.memberList}, {1, r.hashKV}, {1, r.alarms}, {1, r.alarmed}, {1, r.large},
	}
	sum := 0
	for _, k := range kinds {
		sum += k.weight
	}
	n := r.rnd.Intn(sum)
	for _, k := range kinds {
		if n -= k.weight; n < 0 {
			r.done++
			k.do()
			return
		}
	}
}

// note remembers a request for the report of a difference.
func (r *run) note(what string) {
	if r.trace {
		check.Remark("%s", what)
	}
	if len(r.recent) == recentMax {
		r.recent = r.recent[1:]
	}
	r.recent = append(r.recent, what)
}

// differ reports a difference, and ends the seed if the servers do not hold the same any more.
func (r *run) differ(what, a, b string) {
	if r.ended {
		return // what follows from it says nothing new
	}
	r.differences++
	fmt.Printf("# seed %d request %d differs: %.1500s\n#   A %.3000s\n#   B %.3000s\n", r.seed, r.done, what, a, b)
	r.t.Errorf("request %d, %.150s: A says %.200s, B %.200s", r.done, what, a, b)
	if !r.sameState() {
		r.ended, r.servers.parted = true, true
		for _, line := range r.recent {
			fmt.Printf("#   before: %.400s\n", line)
		}
	}
	if r.differences >= differencesMax {
		r.ended = true
	}
}

// sameState compares everything that is kept, and the revisions.
func (r *run) sameState() bool {
	a, b := r.servers.both(func(ctx context.Context, s *side) (proto.Message, error) {
		answer, err := s.kv.Range(ctx, &pb.RangeRequest{Key: []byte{0}, RangeEnd: []byte{0}})
		if err != nil {
			return nil, err
		}
		return blur(s, answer, nil), nil
	})
	if !a.equal(b) {
		fmt.Printf("#   states differ: A %.3000s\n#   B %.3000s\n", a, b)
	}
	return a.equal(b)
}

// call sends one request to both and compares. It returns A's answer, nil if that was an error.
func call[Q, R proto.Message](r *run, name string, request Q, f func(s *side, ctx context.Context, q Q) (R, error)) R {
	var none R
	what := name + " {" + prototext.MarshalOptions{}.Format(request) + "}"
	r.note(what)
	a, b := r.servers.both(func(ctx context.Context, s *side) (proto.Message, error) {
		message, err := f(s, ctx, request)
		if err != nil {
			return nil, err
		}
		return blur(s, message, request), nil
	})
	if a.err == nil {
		r.learn(a.message)
	}
	if !a.equal(b) {
		r.differ(what, a.String(), b.String())
	}
	if a.err != nil {
		return none
	}
	return a.message.(R)
}

// learn takes the revision out of a header.
func (r *run) learn(message proto.Message) {
	if m, ok := message.(interface{ GetHeader() *pb.ResponseHeader }); ok {
		r.revision = max(r.revision, m.GetHeader().GetRevision())
	}
}

// clear removes what an earlier seed left: alarms, keys, leases.
func (r *run) clear() {
	r.disarm()
	call(r, "delete all", &pb.DeleteRangeRequest{Key: []byte{0}, RangeEnd: []byte{0}}, rpcDelete)
	if list := call(r, "leases", &pb.LeaseLeasesRequest{}, rpcLeases); list != nil {
		for _, l := range list.Leases {
			call(r, "revoke", &pb.LeaseRevokeRequest{ID: l.ID}, rpcRevoke)
		}
	}
	// At a compaction at 0, which a fresh server allows, etcd remembers its hash as that of the newest.
	at := &pb.CompactionRequest{Revision: r.revision}
	if call(r, "compact", at, rpcCompact) != nil {
		r.compacted = at.Revision
	}
	r.watchStream()
}

// finish waits for the events that are still under way and ends the streams.
func (r *run) finish() {
	if !r.ended {
		r.settle("the end")
	}
	for _, s := range r.streams {
		s.close()
	}
}

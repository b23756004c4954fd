package main

import (
	"fmt"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/encoding/prototext"
)

const (
	sentinelID   = 1 << 40
	streamsMax   = 3
	watchersMax  = 12                     // creates on one stream
	settleLimit  = 3 * time.Second        // until both have said the same
	catchUpPause = 250 * time.Millisecond // etcd looks for watchers behind ten times a second
)

var sentinel = []byte("sentinel")

func createRequest(c *pb.WatchCreateRequest) *pb.WatchRequest {
	return &pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{CreateRequest: c}}
}

func (r *run) sendWatch(s *stream, m *pb.WatchRequest) {
	r.note(fmt.Sprintf("watch stream %p: {%s}", s, prototext.MarshalOptions{}.Format(m)))
	if m.GetCreateRequest() != nil {
		s.sent++
	}
	s.send(m)
}

// watchStream opens a stream, for the oldest one if there are many. Most have a sentinel: a watcher
// of a key that is put to find out whether all events before it have come.
func (r *run) watchStream() {
	if len(r.streams) == streamsMax {
		r.settle("before a stream is closed")
		r.streams[0].close()
		r.streams = r.streams[1:]
	}
	s, err := newStream(r.servers)
	r.t.Must("open a watch stream", err)
	r.streams = append(r.streams, s)
	if !r.one(4) {
		s.hasSentinel = true
		r.sendWatch(s, createRequest(&pb.WatchCreateRequest{Key: sentinel, WatchId: sentinelID}))
	}
	r.answered(s)
}

func (r *run) createRequest() *pb.WatchCreateRequest {
	c := &pb.WatchCreateRequest{
		Key:      r.key(),
		PrevKv:   r.one(2),
		Fragment: r.one(4),
	}
	c.RangeEnd = r.end(c.Key)
	if r.one(2) {
		c.StartRevision = r.at()
	}
	if r.one(4) {
		for range 1 + r.rnd.Intn(2) {
			c.Filters = append(c.Filters, pick[pb.WatchCreateRequest_FilterType](r, 0, 1, 1, 0, 7))
		}
	}
	if r.one(4) {
		c.WatchId = pick[int64](r, 1, 2, 3, 7, -1, -7, 1<<62)
	}
	return c
}

// watchCreate sends one or several creates at once, some of them to be refused.
func (r *run) watchCreate() {
	s := pick(r, r.streams...)
	if s.sent >= watchersMax {
		r.watchStream()
		s = r.streams[len(r.streams)-1]
	}
	past := false
	for range 1 + r.rnd.Intn(2) {
		c := r.createRequest()
		r.sendWatch(s, createRequest(c))
		past = past || (c.StartRevision > 0 && c.StartRevision <= r.revision)
	}
	r.answered(s)
	if past {
		time.Sleep(catchUpPause)
	}
	r.settle("after a create")
}

func (r *run) watchCancel() {
	r.settle("before a cancel")
	s := pick(r, r.streams...)
	r.sendWatch(s, &pb.WatchRequest{RequestUnion: &pb.WatchRequest_CancelRequest{
		CancelRequest: &pb.WatchCancelRequest{WatchId: pick[int64](r, 0, 1, 2, 3, 7, -1, -7, 99)}}})
	r.fence(s)
	r.settle("after a cancel")
}

func (r *run) watchProgress() {
	r.settle("before a progress request")
	s := pick(r, r.streams...)
	r.sendWatch(s, &pb.WatchRequest{RequestUnion: &pb.WatchRequest_ProgressRequest{
		ProgressRequest: &pb.WatchProgressRequest{}}})
	r.fence(s)
	r.settle("after a progress request")
}

func (r *run) watchEmpty() {
	s := pick(r, r.streams...)
	r.sendWatch(s, &pb.WatchRequest{})
	r.fence(s)
}

// fence waits until a stream's earlier requests are handled: behind them goes a create that is
// refused, and thus answered.
func (r *run) fence(s *stream) {
	r.sendWatch(s, createRequest(&pb.WatchCreateRequest{Key: []byte("b"), RangeEnd: []byte("a")}))
	r.answered(s)
}

// answered waits until both servers have answered every create of a stream.
func (r *run) answered(s *stream) {
	done := func(h *heard) bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.created >= s.sent || h.ended
	}
	r.await(func() bool { return done(s.a) && done(s.b) })
}

// await gives a condition some time. What it leaves undone is told by settle.
func (r *run) await(f func() bool) {
	for end := time.Now().Add(settleLimit); !f() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

// settle waits until all events so far have come from both servers, and compares.
func (r *run) settle(why string) {
	if r.ended {
		return
	}
	put := call(r, "put", &pb.PutRequest{Key: sentinel}, rpcPut)
	if put == nil {
		return // an alarm: nothing was written
	}
	for _, s := range r.streams {
		seen := func(h *heard) bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.sentinel >= put.Header.Revision || h.ended
		}
		if s.hasSentinel {
			r.await(func() bool { return seen(s.a) && seen(s.b) })
		}
		r.await(func() bool { what, _, _ := s.difference(); return what == "" })
		if what, a, b := s.difference(); what != "" {
			r.differ(fmt.Sprintf("watch stream %p %s: %s", s, why, what), a, b)
			s.forget()
		}
		r.rules(s)
	}
}

// rules reports what a server must not do whatever the other one does.
func (r *run) rules(s *stream) {
	for name, h := range map[string]*heard{"A": s.a, "B": s.b} {
		h.mu.Lock()
		if len(h.wrong) > 0 {
			r.t.Errorf("%s breaks a rule of watching: %s", name, strings.Join(h.wrong, "; "))
			h.wrong = nil
		}
		h.mu.Unlock()
	}
}

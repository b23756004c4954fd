package main

import (
	"context"
	"fmt"
	"sync"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// partMax is max-request-bytes + 512 KiB, where an answer is cut if that was asked for, and some room.
const partMax = 2<<20 + 10<<10

// heard is what one server has said on one watch stream, in the form in which both are compared:
// events by watcher, for the order between watchers is free, and so is the number of answers that
// they come in. What must hold in any case is checked as it comes in.
type heard struct {
	rpc pb.Watch_WatchClient

	mu       sync.Mutex
	answers  []string           // to creates and cancels, in order
	progress []string           // on request
	events   map[int64][]string // of a watcher, and its end by compaction
	last     map[int64]int64    // the newest revision of a watcher's events
	cut      map[int64]bool     // its last answer was a part with more to come
	asked    []bool             // of each create: may its answers be cut
	mayCut   map[int64]bool     // the same by watcher, once it is created
	created  int
	canceled int
	sentinel int64 // the newest revision that the sentinel has shown
	ended    bool
	wrong    []string
}

func (h *heard) listen() {
	for {
		m, err := h.rpc.Recv()
		h.mu.Lock()
		if err != nil {
			s := status.Convert(err)
			h.answers = append(h.answers, fmt.Sprintf("stream ended: %d %s", s.Code(), s.Message()))
			h.ended = true
			h.mu.Unlock()
			return
		}
		h.take(m)
		h.mu.Unlock()
	}
}

func (h *heard) take(m *pb.WatchResponse) {
	if m.Header.GetClusterId() == 0 || m.Header.GetMemberId() == 0 || m.Header.GetRaftTerm() == 0 {
		h.wrong = append(h.wrong, fmt.Sprintf("a header is not whole: %v", m))
	}
	switch {
	case m.Created || (m.Canceled && m.CompactRevision == 0):
		h.answers = append(h.answers, fmt.Sprintf("%v id %d created %v canceled %v reason %q fragment %v events %d",
			m.Header.Revision, m.WatchId, m.Created, m.Canceled, m.CancelReason, m.Fragment, len(m.Events)))
		if m.Created {
			h.mayCut[m.WatchId] = h.created < len(h.asked) && h.asked[h.created]
			h.created++
			delete(h.last, m.WatchId)
		} else {
			h.canceled++
		}
	case m.Canceled:
		h.events[m.WatchId] = append(h.events[m.WatchId], fmt.Sprintf("%v compacted at %d reason %q events %d",
			m.Header.Revision, m.CompactRevision, m.CancelReason, len(m.Events)))
	case len(m.Events) == 0:
		h.progress = append(h.progress, fmt.Sprintf("%v id %d", m.Header.Revision, m.WatchId))
	default:
		h.takeEvents(m)
	}
}

func (h *heard) takeEvents(m *pb.WatchResponse) {
	id, last := m.WatchId, m.Events[len(m.Events)-1].Kv.ModRevision
	if first := m.Events[0].Kv.ModRevision; first < h.last[id] || (first == h.last[id] && !h.cut[id]) {
		h.wrong = append(h.wrong, fmt.Sprintf("watcher %d is sent revision %d after %d", id, first, h.last[id]))
	}
	if m.Header.Revision < last {
		h.wrong = append(h.wrong, fmt.Sprintf("watcher %d: events of %d with a header of %d", id, last, m.Header.Revision))
	}
	if m.Fragment && !h.mayCut[id] {
		h.wrong = append(h.wrong, fmt.Sprintf("watcher %d is sent a part at %d that it did not ask for", id, last))
	}
	if n := proto.Size(m); h.mayCut[id] && len(m.Events) > 1 && n > partMax {
		h.wrong = append(h.wrong, fmt.Sprintf("watcher %d is sent %d events of %d bytes at %d in one part", id, len(m.Events), n, last))
	}
	h.last[id], h.cut[id] = last, m.Fragment
	for _, e := range m.Events {
		for _, kv := range []*mvccpb.KeyValue{e.Kv, e.PrevKv} {
			blurLease(kv)
			shorten(kv)
		}
		h.events[id] = append(h.events[id], e.String())
	}
	if id == sentinelID {
		h.sentinel = last
	}
}

// stream is one watch stream, open to both servers.
type stream struct {
	a, b        *heard
	cancel      context.CancelFunc
	hasSentinel bool
	sent        int // creates
}

func newHeard(ctx context.Context, s *side) (*heard, error) {
	rpc, err := s.watch.Watch(ctx)
	if err != nil {
		return nil, err
	}
	h := &heard{rpc: rpc, events: map[int64][]string{}, last: map[int64]int64{}, cut: map[int64]bool{}, mayCut: map[int64]bool{}}
	go h.listen()
	return h, nil
}

func newStream(p *pair) (*stream, error) {
	ctx, cancel := context.WithCancel(context.Background())
	a, err := newHeard(ctx, p.a)
	if err != nil {
		cancel()
		return nil, err
	}
	b, err := newHeard(ctx, p.b)
	if err != nil {
		cancel()
		return nil, err
	}
	return &stream{a: a, b: b, cancel: cancel}, nil
}

func (s *stream) send(m *pb.WatchRequest) {
	if c := m.GetCreateRequest(); c != nil {
		for _, h := range []*heard{s.a, s.b} {
			h.mu.Lock()
			h.asked = append(h.asked, c.Fragment)
			h.mu.Unlock()
		}
	}
	s.a.rpc.Send(m) // an ended stream shows in what was heard
	s.b.rpc.Send(m)
}

func (s *stream) close() { s.cancel() }

// difference tells the first thing in which the two servers differ, "" if there is none.
func (s *stream) difference() (what, a, b string) {
	s.a.mu.Lock()
	defer s.a.mu.Unlock()
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	if what, a, b = firstDifference("answers", s.a.answers, s.b.answers); what != "" {
		return what, a, b
	}
	if what, a, b = firstDifference("progress", s.a.progress, s.b.progress); what != "" {
		return what, a, b
	}
	ids := map[int64]bool{}
	for id := range s.a.events {
		ids[id] = true
	}
	for id := range s.b.events {
		ids[id] = true
	}
	for id := range ids {
		if what, a, b = firstDifference(fmt.Sprintf("events of %d", id), s.a.events[id], s.b.events[id]); what != "" {
			return what, a, b
		}
	}
	return "", "", ""
}

func firstDifference(what string, a, b []string) (string, string, string) {
	for i := range max(len(a), len(b)) {
		x, y := "nothing", "nothing"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf("%s, number %d", what, i), x, y
		}
	}
	return "", "", ""
}

// forget drops what was compared, so that a difference is told once.
func (s *stream) forget() {
	for _, h := range []*heard{s.a, s.b} {
		h.mu.Lock()
		h.answers, h.progress, h.events = nil, nil, map[int64][]string{}
		h.mu.Unlock()
	}
}

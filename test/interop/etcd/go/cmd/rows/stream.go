package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"interop/check"
)

// stream is one watch stream whose answers are taken one by one.
type stream struct {
	t      *check.T
	rpc    pb.Watch_WatchClient
	answer chan *pb.WatchResponse
	err    chan error
}

// open starts a watch stream that lasts as long as the check.
func (s *server) open(t *check.T) *stream {
	ctx, cancel := context.WithCancel(t.Ctx)
	t.Cleanup(cancel)
	rpc, err := s.watch.Watch(ctx)
	t.Must("open a watch stream", err)
	w := &stream{t: t, rpc: rpc, answer: make(chan *pb.WatchResponse, 100), err: make(chan error, 1)}
	go func() {
		for {
			r, err := rpc.Recv()
			if err != nil {
				w.err <- err
				return
			}
			select {
			case w.answer <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	return w
}

func (w *stream) send(r *pb.WatchRequest) { w.t.Must("send on the watch stream", w.rpc.Send(r)) }

// create asks for a watcher and returns the answer, which must be the next one on the stream.
func (w *stream) create(r *pb.WatchCreateRequest) *pb.WatchResponse {
	w.send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{CreateRequest: r}})
	answer := w.next("answer to a create")
	w.t.True(answer.Created, "answer to a create is %s", describeWatch(answer))
	w.t.Eq("events in the answer to a create", len(answer.Events), 0)
	return answer
}

func (w *stream) cancel(id int64) {
	w.send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_CancelRequest{
		CancelRequest: &pb.WatchCancelRequest{WatchId: id}}})
}

func (w *stream) askProgress() {
	w.send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_ProgressRequest{
		ProgressRequest: &pb.WatchProgressRequest{}}})
}

// next is the next answer of any kind.
func (w *stream) next(what string) *pb.WatchResponse {
	select {
	case r := <-w.answer:
		return r
	case err := <-w.err:
		w.t.Fatalf("%s: stream ended: %v", what, err)
	case <-time.After(10 * time.Second):
		w.t.Fatalf("%s: nothing within 10 s", what)
	}
	panic("not reached")
}

// expect holds the next answer, written by describeWatch, to a text.
func (w *stream) expect(what, want string) *pb.WatchResponse {
	r := w.next(what)
	w.t.Eq(what, describeWatch(r), want)
	return r
}

// events collects n events of one watcher, over as many answers as they come in.
func (w *stream) events(id int64, n int) (texts []string, answers []*pb.WatchResponse) {
	for len(texts) < n {
		r := w.next(fmt.Sprintf("event %d of %d", len(texts)+1, n))
		if r.WatchId != id || r.Created || r.Canceled || len(r.Events) == 0 {
			w.t.Fatalf("after %d of %d events came %s", len(texts), n, describeWatch(r))
		}
		for _, e := range r.Events {
			texts = append(texts, describeEvent(e))
		}
		answers = append(answers, r)
	}
	w.t.Eq("number of events", len(texts), n)
	return texts, answers
}

// describeWatch writes an answer as: id N [created] [canceled] [compacted at N] [reason] [events].
func describeWatch(r *pb.WatchResponse) string {
	parts := []string{fmt.Sprintf("id %d", r.WatchId)}
	if r.Created {
		parts = append(parts, "created")
	}
	if r.Canceled {
		parts = append(parts, "canceled")
	}
	if r.CompactRevision != 0 {
		parts = append(parts, fmt.Sprintf("compacted at %d", r.CompactRevision))
	}
	if r.CancelReason != "" {
		parts = append(parts, fmt.Sprintf("reason %q", r.CancelReason))
	}
	if r.Fragment {
		parts = append(parts, "fragment")
	}
	for _, e := range r.Events {
		parts = append(parts, describeEvent(e))
	}
	return strings.Join(parts, " ")
}

// watchKey asks for one key from now on.
func watchKey(key string) *pb.WatchCreateRequest { return &pb.WatchCreateRequest{Key: []byte(key)} }

// watchSpan asks for a prefix from a revision on.
func watchSpan(prefix string, from int64) *pb.WatchCreateRequest {
	return &pb.WatchCreateRequest{Key: []byte(prefix), RangeEnd: prefixEnd(prefix), StartRevision: from}
}

package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"

	"interop/check"
)

// orderRules are what a watcher may rely on while many write.
func orderRules(c *check.Suite, s *server) {
	const p = "rules/order/"
	c.Run("rule_writers_at_a_time_are_seen_in_order_whole_and_once", func(t *check.T) { s.seesWriters(t, p+"many/") })
	c.Run("rule_cancel_under_writes_is_followed_by_silence", func(t *check.T) { s.silentAfterCancel(t, p+"cancel/") })
}

const (
	orderWriters = 8
	orderWrites  = 60 // of each writer
)

// written is what every revision did, by those who wrote it.
type written struct {
	mu   sync.Mutex
	did  map[int64]string
	errs []error
	last int64
}

func (w *written) note(r *pb.ResponseHeader, err error, did ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.errs = append(w.errs, err)
		return
	}
	if w.did[r.Revision] != "" {
		w.errs = append(w.errs, fmt.Errorf("two writes got revision %d", r.Revision))
	}
	w.did[r.Revision] = strings.Join(did, " ")
	w.last = max(w.last, r.Revision)
}

// write puts, and puts and deletes in one txn, keys that are this writer's alone.
func (w *written) write(t *check.T, s *server, p string) {
	for i := range orderWrites {
		a, b := fmt.Sprintf("%sa", p), fmt.Sprintf("%sb", p)
		value := fmt.Sprint(i)
		if i%3 != 2 {
			r, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(a), Value: []byte(value)})
			w.note(r.GetHeader(), err, "PUT "+a+"="+value)
			continue
		}
		r, err := s.kv.Txn(t.Ctx, &pb.TxnRequest{Success: ops(opPut(b, value), opDelete(a, ""), opPut(b+"2", value))})
		w.note(r.GetHeader(), err, "PUT "+b+"="+value, "DELETE "+a, "PUT "+b+"2="+value)
	}
}

// seen takes a watcher's answers: revisions ascend without a gap and each comes whole in one answer.
type seen struct {
	t    *check.T
	did  map[int64]string
	last int64
}

func (v *seen) take(r *pb.WatchResponse) {
	here := map[int64][]string{}
	for _, e := range r.Events {
		revision := e.Kv.ModRevision
		if len(here[revision]) == 0 && revision != v.last+1 {
			v.t.Fatalf("revision %d follows %d", revision, v.last)
		}
		v.last = revision
		text := "PUT " + string(e.Kv.Key) + "=" + string(e.Kv.Value)
		if e.Type == mvccpb.Event_DELETE {
			text = "DELETE " + string(e.Kv.Key)
		}
		here[revision] = append(here[revision], text)
	}
	for revision, texts := range here {
		v.did[revision] = strings.Join(texts, " ")
	}
	v.t.True(r.Header.Revision >= v.last, "events up to %d have a header of %d", v.last, r.Header.Revision)
}

// seesWriters watches from before the first write, asking for progress all the time, and once more
// from the first revision when half is written.
func (s *server) seesWriters(t *check.T, p string) {
	now := s.revision(t)
	w := &written{did: map[int64]string{}}
	early, cameLate := s.open(t), false
	early.create(watchSpan(p, now+1))
	var group sync.WaitGroup
	for i := range orderWriters {
		group.Go(func() { w.write(t, s, fmt.Sprintf("%s%d/", p, i)) })
	}
	end := now + orderWriters*orderWrites
	v := &seen{t: t, did: map[int64]string{}, last: now}
	told := 0
	for v.last < end {
		early.askProgress()
		r := early.next(fmt.Sprintf("event after %d, up to %d", v.last, end))
		if len(r.Events) == 0 {
			told++
			t.Eq("watcher of progress", r.WatchId, int64(-1))
			t.True(r.Header.Revision == v.last, "progress says %d when events up to %d have come", r.Header.Revision, v.last)
			continue
		}
		v.take(r)
		if !cameLate && v.last > now+(end-now)/2 {
			cameLate = true
			s.seesAll(t, p, now, end)
		}
	}
	group.Wait()
	t.Eq("errors of the writers", len(w.errs), 0)
	t.Eq("last revision", w.last, end)
	for revision := now + 1; revision <= end; revision++ {
		if v.did[revision] != w.did[revision] {
			t.Fatalf("revision %d is seen as %q, it was %q", revision, v.did[revision], w.did[revision])
		}
	}
	check.Remark("progress was told %d times under %d writes", told, end-now)
}

// seesAll has a watcher catch up with writes under way.
func (s *server) seesAll(t *check.T, p string, now, end int64) {
	late := s.open(t)
	late.create(watchSpan(p, now+1))
	v := &seen{t: t, did: map[int64]string{}, last: now}
	for v.last < end {
		v.take(late.next(fmt.Sprintf("event after %d for who came late", v.last)))
	}
	t.Eq("revisions of who came late", int64(len(v.did)), end-now)
}

// silentAfterCancel creates and cancels watchers on a stream that has events all the time: npm's client
// ends itself over an answer for a watcher that it has canceled.
func (s *server) silentAfterCancel(t *check.T, p string) {
	w := s.open(t)
	w.create(watchKey(p + "k")) // id 0 stays
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if _, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: []byte(p + "k"), Value: fmt.Append(nil, i)}); err != nil {
				done <- err
				return
			}
		}
	}()
	var canceled []int64
	// until takes answers up to the one wanted; none may be for a canceled watcher.
	until := func(what string, holds func(r *pb.WatchResponse) bool) {
		for {
			r := w.next(what)
			t.True(!slices.Contains(canceled, r.WatchId), "after watcher %d was canceled comes %s", r.WatchId, describeWatch(r))
			if holds(r) {
				return
			}
		}
	}
	for id := int64(1); id <= 40; id++ {
		w.send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{CreateRequest: watchKey(p + "k")}})
		until("created", func(r *pb.WatchResponse) bool { return r.Created && r.WatchId == id })
		until("event", func(r *pb.WatchResponse) bool { return r.WatchId == id && len(r.Events) > 0 })
		w.cancel(id)
		until("canceled", func(r *pb.WatchResponse) bool { return r.WatchId == id && r.Canceled })
		canceled = append(canceled, id)
	}
	for range 20 {
		until("event of the first watcher", func(r *pb.WatchResponse) bool { return r.WatchId == 0 && len(r.Events) > 0 })
	}
	close(stop)
	t.Must("put", <-done)
}

package main

import (
	"context"
	"fmt"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"interop/check"
)

func watchRows(c *check.Suite, s *server) {
	const p = "rows/watch/"
	c.Run("16_watch_ids", func(t *check.T) {
		w := s.open(t)
		now := s.put(t, p+"ids", "0")
		created := w.create(watchKey(p + "ids"))
		t.Eq("first create", describeWatch(created), "id 0 created")
		hasHeader(t, "created", created.Header)
		t.Eq("revision of created", created.Header.Revision, now)
		revision := s.put(t, p+"ids", "1")
		event := w.expect("event", fmt.Sprintf("id 0 PUT %sids=1 %d/%d/2", p, now, revision))
		t.Eq("revision of the event's header", event.Header.Revision, revision)
		hasHeader(t, "event", event.Header)
		t.Eq("second create", describeWatch(w.create(watchKey(p+"other"))), "id 1 created")
		explicit := watchKey(p + "other")
		explicit.WatchId = 77
		t.Eq("create with an id", describeWatch(w.create(explicit)), "id 77 created")
		t.Eq("create after it", describeWatch(w.create(watchKey(p+"other"))), "id 2 created")
		used := watchKey(p + "other")
		used.WatchId = 1
		t.Eq("create with a used id", describeWatch(w.create(used)),
			`id -1 created canceled reason "mvcc: duplicate watch ID provided on the WatchStream"`)
		s.put(t, p+"ids", "2")
		r := w.next("event after the refusal")
		t.Eq("watcher of the event after the refusal", r.WatchId, int64(0))
	})
	c.Run("17_events_of_one_txn_come_together_in_order", func(t *check.T) {
		created := s.put(t, p+"one/w1", "0")
		w := s.open(t)
		w.create(watchSpan(p+"one/", 0))
		n := s.mustTxn(t, opPut(p+"one/w3", "3"), opPut(p+"one/w2", "2"), opDelete(p+"one/w1", "")).Header.Revision
		t.Eq("revision of the txn", n, created+1)
		w.expect("answer", fmt.Sprintf("id 0 PUT %[1]sone/w3=3 %[2]d/%[2]d/1 PUT %[1]sone/w2=2 %[2]d/%[2]d/1 DELETE %[1]sone/w1= 0/%[2]d/0", p, n))
	})
	c.Run("18_cancel_empty_request_half_close", func(t *check.T) {
		w := s.open(t)
		w.create(watchKey(p + "cancel"))
		now := s.put(t, p+"cancel/other", "1")
		w.cancel(0)
		t.Eq("revision of the canceled answer", w.expect("answer to cancel", "id 0 canceled").Header.Revision, now)
		w.cancel(0)
		w.cancel(12345)
		w.send(&pb.WatchRequest{})
		s.put(t, p+"cancel", "1")
		t.Eq("create after cancels and an empty request", describeWatch(w.create(watchKey(p+"cancel"))), "id 1 created")
		t.Must("half-close", w.rpc.CloseSend())
		r := s.put(t, p+"cancel", "2")
		w.expect("event after the half-close", fmt.Sprintf("id 1 PUT %scancel=2 %d/%d/2", p, r-1, r))
		r = s.put(t, p+"cancel", "3")
		w.expect("second event after the half-close", fmt.Sprintf("id 1 PUT %scancel=3 %d/%d/3", p, r-2, r))
	})
	c.Run("19_start_in_the_past_and_filters", func(t *check.T) { s.watchThePast(t, p+"past/") })
	c.Run("20_start_in_the_future", func(t *check.T) {
		w := s.open(t)
		now := s.revision(t)
		w.create(watchSpan(p+"future/", now+3))
		for i := 1; i <= 4; i++ {
			s.put(t, p+"future/k", fmt.Sprint(i))
		}
		w.expect("first event", fmt.Sprintf("id 0 PUT %sfuture/k=3 %d/%d/3", p, now+1, now+3))
		w.expect("second event", fmt.Sprintf("id 0 PUT %sfuture/k=4 %d/%d/4", p, now+1, now+4))
	})
	c.Run("rule_start_in_the_future_outlasts_a_stream_that_fell_behind", func(t *check.T) { s.futureBehind(t, p+"ahead/") })
	c.Run("28_prev_kv_that_is_compacted_is_left_out", func(t *check.T) {
		first := s.put(t, p+"prev", "1")
		second := s.put(t, p+"prev", "2")
		third := s.put(t, p+"prev", "3")
		_, err := s.kv.Compact(t.Ctx, &pb.CompactionRequest{Revision: second, Physical: true})
		t.Must("compact", err)
		w := s.open(t)
		create := watchSpan(p+"prev", second)
		create.PrevKv = true
		w.create(create)
		texts, _ := w.events(0, 2)
		t.Eq("event at the compacted revision", texts[0], fmt.Sprintf("PUT %sprev=2 %d/%d/2", p, first, second))
		t.Eq("event after it", texts[1], fmt.Sprintf("PUT %sprev=3 %d/%d/3 was %sprev=2 %d/%d/2", p, first, third, p, first, second))
	})
}

func (s *server) watchThePast(t *check.T, p string) {
	first := s.put(t, p+"a", "1")
	s.put(t, p+"b", "1")
	s.mustTxn(t, opDelete(p+"a", ""))
	last := s.put(t, "rows/watch/unrelated", "1")
	put := fmt.Sprintf(" PUT %[1]sa=1 %[2]d/%[2]d/1 PUT %[1]sb=1 %[3]d/%[3]d/1", p, first, first+1)
	gone := fmt.Sprintf(" DELETE %sa= 0/%d/0", p, first+2)

	w := s.open(t)
	w.create(watchSpan(p, first))
	r := w.expect("all events", "id 0"+put+gone)
	t.Eq("header revision of the past", r.Header.Revision, last)

	filtered := func(filters ...pb.WatchCreateRequest_FilterType) *pb.WatchCreateRequest {
		create := watchSpan(p, first)
		create.Filters = filters
		return create
	}
	w.create(filtered(pb.WatchCreateRequest_NOPUT))
	w.expect("without puts", "id 1"+gone)
	w.create(filtered(pb.WatchCreateRequest_NODELETE))
	w.expect("without deletes", "id 2"+put)

	// With both filters nothing comes: the next thing about watcher 0 of this stream is its end.
	w = s.open(t)
	w.create(filtered(pb.WatchCreateRequest_NOPUT, pb.WatchCreateRequest_NODELETE))
	w.create(watchKey(p + "b"))
	s.put(t, p+"b", "2")
	r = w.next("event of the other watcher")
	t.Eq("watcher of the event", r.WatchId, int64(1))
	w.cancel(0)
	w.expect("end of the watcher with both filters", "id 0 canceled")
}

// futureBehind has a stream fall behind by events that nobody reads, while another watcher of it waits
// for a revision far off.
func (s *server) futureBehind(t *check.T, p string) {
	ctx, cancel := context.WithCancel(t.Ctx)
	defer cancel()
	w, err := s.watch.Watch(ctx)
	t.Must("open", err)
	now := s.revision(t)
	const puts = 40 // of 64 KiB: more than a connection's windows and a server's buffers take
	for _, create := range []*pb.WatchCreateRequest{watchSpan(p+"k", 0), watchSpan(p, now+puts+2)} {
		t.Must("create", w.Send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{CreateRequest: create}}))
		_, err := w.Recv()
		t.Must("created", err)
	}
	value := string(make([]byte, 64<<10))
	for range puts {
		s.put(t, p+"k", value)
	}
	heard := 0
	for heard < puts {
		r, err := w.Recv()
		t.Must(fmt.Sprintf("event after %d", heard), err)
		if r.WatchId != 0 {
			t.Fatalf("the watcher from %d on is sent %d", now+puts+2, r.Events[0].Kv.ModRevision)
		}
		heard += len(r.Events)
	}
	s.put(t, p+"early", "1") // one too early
	at := s.put(t, p+"due", "1")
	t.Eq("revision of the last put", at, now+puts+2)
	r, err := w.Recv()
	t.Must("the first event", err)
	t.Eq("first event of the watcher from far on", describeWatch(r), fmt.Sprintf("id 1 PUT %[1]sdue=1 %[2]d/%[2]d/1", p, at))
}

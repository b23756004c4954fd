package main

import (
	"fmt"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"interop/check"
)

// watchRules are rules of the text beside the numbered rows.
func watchRules(c *check.Suite, s *server) {
	const p = "rules/watch/"
	c.Run("rule_watch_below_compaction_is_canceled", func(t *check.T) {
		old := s.put(t, p+"old", "1")
		s.put(t, p+"old", "2")
		now := s.put(t, p+"old", "3")
		_, err := s.kv.Compact(t.Ctx, &pb.CompactionRequest{Revision: now})
		t.Must("compact", err)
		w := s.open(t)
		t.Eq("answer to create", describeWatch(w.create(watchSpan(p, old))), "id 0 created")
		r := w.expect("end", fmt.Sprintf("id 0 canceled compacted at %d", now))
		t.Eq("header revision of the end", r.Header.GetRevision(), int64(0))
		w.create(watchSpan(p+"old", now))
		w.expect("watch at the compacted revision", fmt.Sprintf("id 1 PUT %sold=3 %d/%d/3", p, old, now))
	})
	c.Run("rule_watcher_ended_by_compaction_waits_for_its_cancel", func(t *check.T) {
		old := s.put(t, p+"ended", "1")
		now := s.put(t, p+"ended", "2")
		_, err := s.kv.Compact(t.Ctx, &pb.CompactionRequest{Revision: now})
		t.Must("compact", err)
		w := s.open(t)
		w.create(watchSpan(p, old))
		w.expect("end", fmt.Sprintf("id 0 canceled compacted at %d", now))
		w.askProgress() // not answered
		r := w.create(&pb.WatchCreateRequest{Key: []byte(p), WatchId: 0})
		t.Eq("next id", r.WatchId, int64(1))
		w.cancel(0)
		w.expect("answer to the cancel", "id 0 canceled")
		w.askProgress()
		w.expect("progress", "id -1")
	})
	c.Run("rule_progress_begins_when_the_start_has_come", func(t *check.T) {
		now := s.put(t, p+"start", "1")
		w := s.open(t)
		w.create(watchSpan(p+"start", now+1))
		w.askProgress() // not answered
		w.create(&pb.WatchCreateRequest{Key: []byte("b"), RangeEnd: []byte("a")})
		next := s.put(t, p+"start", "2")
		w.expect("event", fmt.Sprintf("id 0 PUT %sstart=2 %d/%d/2", p, now, next))
		w.askProgress()
		w.expect("progress", "id -1")
	})
	c.Run("rule_prev_kv_is_of_the_revision_before", func(t *check.T) {
		at := s.put(t, p+"twice", "0")
		w := s.open(t)
		create := watchSpan(p+"twice", 0)
		create.PrevKv = true
		w.create(create)
		n := s.mustTxn(t, opTxn(ops(opPut(p+"twice", "1"), opPut(p+"twicenew", "1")), nil),
			opTxn(ops(opDelete(p+"twice", p+"twicex")), nil)).Header.Revision
		was := fmt.Sprintf("was %stwice=0 %d/%d/1", p, at, at)
		w.expect("events", fmt.Sprintf("id 0 PUT %[1]stwice=1 %[2]d/%[3]d/2 %[4]s PUT %[1]stwicenew=1 %[3]d/%[3]d/1"+
			" DELETE %[1]stwice= 0/%[3]d/0 %[4]s DELETE %[1]stwicenew= 0/%[3]d/0", p, at, n, was))
	})
	c.Run("rule_delete_at_the_compacted_revision_is_kept", func(t *check.T) {
		s.put(t, p+"gone", "1")
		gone := s.mustTxn(t, opDelete(p+"gone", "")).Header.Revision
		s.put(t, p+"after", "1")
		_, err := s.kv.Compact(t.Ctx, &pb.CompactionRequest{Revision: gone, Physical: true})
		t.Must("compact", err)
		w := s.open(t)
		w.create(watchSpan(p+"gone", gone))
		w.expect("event", fmt.Sprintf("id 0 DELETE %sgone= 0/%d/0", p, gone))
	})
	c.Run("rule_refused_creates", func(t *check.T) {
		s.put(t, p+"refused", "1")
		w := s.open(t)
		for end, key := range map[string]string{"rules/a": "rules/b", "rules/c": "rules/c"} {
			r := w.create(&pb.WatchCreateRequest{Key: []byte(key), RangeEnd: []byte(end)})
			t.Eq("empty range", describeWatch(r), `id -1 created canceled reason "mvcc: watcher range is empty"`)
		}
		for _, create := range []*pb.WatchCreateRequest{watchSpan(p, -1),
			{Key: []byte("b"), RangeEnd: []byte("a"), StartRevision: -1}} {
			t.Eq("negative start", describeWatch(w.create(create)),
				`id -1 created canceled reason "etcdserver: mvcc: required revision has been compacted"`)
		}
		t.Eq("create after refusals", describeWatch(w.create(watchKey(p+"refused"))), "id 0 created")
	})
	c.Run("rule_empty_key_to_open_end_watches_all", func(t *check.T) {
		w := s.open(t)
		w.create(&pb.WatchCreateRequest{RangeEnd: []byte{0}})
		n := s.put(t, p+"all", "1")
		w.expect("event", fmt.Sprintf("id 0 PUT %[1]sall=1 %[2]d/%[2]d/1", p, n))
		w.create(&pb.WatchCreateRequest{Key: []byte("rules/z"), RangeEnd: []byte{0}})
		w.cancel(0)
		w.expect("end of the first", "id 0 canceled")
		s.put(t, p+"all", "2")
		n = s.put(t, "rules/z", "1")
		w.expect("event from a key on", fmt.Sprintf("id 1 PUT rules/z=1 %[1]d/%[1]d/1", n))
	})
	c.Run("rule_progress_on_request", func(t *check.T) {
		w := s.open(t)
		now := s.put(t, p+"progress", "1")
		w.askProgress() // no watcher yet: no answer
		w.create(watchKey(p + "progress"))
		w.askProgress()
		r := w.expect("progress", "id -1")
		t.Eq("revision of progress", r.Header.Revision, now)
		next := s.put(t, p+"progress", "2")
		w.askProgress()
		w.expect("event before progress", fmt.Sprintf("id 0 PUT %sprogress=2 %d/%d/2", p, now, next))
		r = w.expect("progress after the event", "id -1")
		t.Eq("revision of progress", r.Header.Revision, next)
	})
	c.Run("rule_delete_range_is_one_revision_in_key_order", func(t *check.T) {
		w := s.open(t)
		create := watchSpan(p+"many/", 0)
		create.PrevKv = true
		b := s.put(t, p+"many/b", "2")
		a := s.put(t, p+"many/a", "1")
		w.create(create)
		n := s.mustTxn(t, opDelete(p+"many/", p+"many0")).Header.Revision
		w.expect("answer", fmt.Sprintf(
			"id 0 DELETE %[1]smany/a= 0/%[2]d/0 was %[1]smany/a=1 %[3]d/%[3]d/1 DELETE %[1]smany/b= 0/%[2]d/0 was %[1]smany/b=2 %[4]d/%[4]d/1",
			p, n, a, b))
	})
	c.Run("rule_two_watchers_of_a_stream_are_apart", func(t *check.T) {
		w := s.open(t)
		w.create(watchKey(p + "twice"))
		w.create(watchKey(p + "twice"))
		n := s.put(t, p+"twice", "1")
		seen := map[int64]string{}
		for range 2 {
			r := w.next("event")
			seen[r.WatchId] = describeWatch(r)
		}
		for id := range int64(2) {
			t.Eq("event", seen[id], fmt.Sprintf("id %[1]d PUT %[2]stwice=1 %[3]d/%[3]d/1", id, p, n))
		}
	})
}

package main

import (
	"fmt"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/proto"

	"interop/check"
)

const maxAnswer = 2 << 20 // max-request-bytes + 512 KiB: a bigger answer is cut if fragments are asked for

// historyRows are about watchers that start far behind.
func historyRows(c *check.Suite, s *server) {
	c.RunFor(time.Minute, "21_behind_by_2500_revisions", func(t *check.T) {
		p := "rows/behind/"
		first := s.revision(t) + 1
		s.putMany(t, p, 2500)
		now := s.revision(t)
		t.Eq("revision after 2500 puts", now, first+2499)
		w := s.open(t)
		w.create(watchSpan(p, first))
		_, answers := w.events(0, 2500)
		var sizes []int
		revision := first
		for _, r := range answers {
			sizes = append(sizes, len(r.Events))
			t.Eq("header revision", r.Header.Revision, now)
			for _, e := range r.Events {
				if e.Kv.ModRevision != revision {
					t.Fatalf("event has revision %d, want %d", e.Kv.ModRevision, revision)
				}
				revision++
			}
		}
		t.Eq("events in each answer", sizes, []int{1000, 1000, 500})
	})
	c.Run("21_fragments_stay_under_2_MiB", func(t *check.T) {
		p := "rows/fragment/"
		value := string(make([]byte, 10000))
		first := s.revision(t) + 1
		for start := 0; start < 271; start += 100 {
			var puts []*pb.RequestOp
			for i := start; i < min(start+100, 271); i++ {
				puts = append(puts, opPut(fmt.Sprintf("%s%03d", p, i), value))
			}
			s.mustTxn(t, puts...)
		}
		whole := s.open(t)
		whole.create(watchSpan(p, first))
		_, answers := whole.events(0, 271)
		t.Eq("answers without fragments", len(answers), 1)
		t.Eq("fragment flag without fragments", answers[0].Fragment, false)

		cut := s.open(t)
		create := watchSpan(p, first)
		create.Fragment = true
		cut.create(create)
		_, answers = cut.events(0, 271)
		t.True(len(answers) > 1, "271 events of 10,000 bytes came in one answer")
		i := 0
		for n, r := range answers {
			t.True(proto.Size(r) <= maxAnswer+10240, "part %d has %d bytes", n, proto.Size(r))
			t.Eq(fmt.Sprintf("fragment flag of part %d", n), r.Fragment, n < len(answers)-1)
			t.Eq(fmt.Sprintf("header of part %d", n), r.Header.Revision, answers[0].Header.Revision)
			for _, e := range r.Events {
				if want := fmt.Sprintf("%s%03d", p, i); string(e.Kv.Key) != want {
					t.Fatalf("event %d is of %s", i, e.Kv.Key)
				}
				i++
			}
		}
		_, err := s.kv.DeleteRange(t.Ctx, &pb.DeleteRangeRequest{Key: []byte(p), RangeEnd: prefixEnd(p)})
		t.Must("delete", err)
	})
}

// putMany writes n keys, each a revision of its own, several at a time.
func (s *server) putMany(t *check.T, prefix string, n int) {
	const writers = 25
	errs := make(chan error, writers)
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for i := writer; i < n; i += writers {
				_, err := s.kv.Put(t.Ctx, &pb.PutRequest{Key: fmt.Appendf(nil, "%s%05d", prefix, i), Value: []byte("v")})
				if err != nil {
					errs <- err
					return
				}
			}
		})
	}
	group.Wait()
	select {
	case err := <-errs:
		t.Fatalf("put: %v", err)
	default:
	}
}

// progressRow needs a server whose progress interval is 500 ms.
func progressRow(c *check.Suite, s *server) {
	c.Run("27_progress_of_idle_watchers", func(t *check.T) {
		w := s.open(t)
		now := s.put(t, "rows/progress/other", "1")
		quiet := watchKey("rows/progress/quiet")
		w.create(quiet)
		told := watchKey("rows/progress/told")
		told.ProgressNotify = true
		w.create(told)
		start := time.Now()
		for n := 1; n <= 3; n++ {
			r := w.expect(fmt.Sprintf("progress %d", n), "id 1")
			t.Eq("header revision", r.Header.Revision, now)
		}
		took := time.Since(start)
		t.True(took > 900*time.Millisecond && took < 4*time.Second, "three progress answers took %v", took)

		// The tick after an event is skipped: half an interval must pass between event and progress.
		revision := s.put(t, "rows/progress/told", "1")
		event := time.Now()
		t.Eq("revision of the event", w.next("event").Header.Revision, revision)
		r := w.expect("progress after the event", "id 1")
		t.Eq("header revision after the event", r.Header.Revision, revision)
		t.True(time.Since(event) > 450*time.Millisecond, "progress came %v after an event", time.Since(event))
	})
}

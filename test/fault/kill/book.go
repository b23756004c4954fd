package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const leaseTTL = 120

// One writer counts up in pairs of keys: each write is a transaction that sets both to the same number,
// so a half of one is seen.
type writer struct {
	acked, tried int64 // numbers
	revision     int64 // of the last acknowledged write
}

type book struct {
	writers []writer
	revs    map[int64]string // every acknowledged revision and what was written in it
	leases  map[clientv3.LeaseID]bool
	first   int64 // revision from which the next check reads the history
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	mutex   sync.Mutex
}

func newBook(n int) *book {
	return &book{
		writers: make([]writer, n),
		revs:    map[int64]string{},
		leases:  map[clientv3.LeaseID]bool{},
		first:   2, // a fresh store is at revision 1
	}
}

func (b *book) acked() (n int64) {
	for _, w := range b.writers {
		n += w.acked
	}
	return n
}

func left(i int) string  { return fmt.Sprintf("kill/left/%03d", i) }
func right(i int) string { return fmt.Sprintf("kill/right/%03d", i) }

func (b *book) grant(client *clientv3.Client, t *tally) clientv3.LeaseID {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	granted, err := client.Grant(ctx, leaseTTL)
	if err != nil {
		t.check(false, "a lease is granted: %v", err)
		return 0
	}
	if _, err = client.Put(ctx, fmt.Sprintf("kill/lease/%x", granted.ID), "held", clientv3.WithLease(granted.ID)); err != nil {
		t.check(false, "a key is put with a lease: %v", err)
		return 0
	}
	b.leases[granted.ID] = true
	return granted.ID
}

// load starts all writers and returns the revision before their first write.
func (b *book) load(client *clientv3.Client, lease clientv3.LeaseID) int64 {
	b.ctx, b.cancel = context.WithCancel(context.Background())
	first := int64(1)
	if answer, err := client.Get(b.ctx, "health"); err == nil {
		first = answer.Header.Revision + 1
	}
	for i := range b.writers {
		b.running.Add(1)
		go b.write(client, i)
	}
	return first
}

func (b *book) write(client *clientv3.Client, i int) {
	defer b.running.Done()
	w := &b.writers[i]
	for b.ctx.Err() == nil {
		number := w.tried + 1
		w.tried = number
		value := strconv.FormatInt(number, 10)
		answer, err := client.Txn(b.ctx).Then(clientv3.OpPut(left(i), value), clientv3.OpPut(right(i), value)).Commit()
		if err != nil {
			return // killed or stopped: this number is in doubt
		}
		w.acked, w.revision = number, answer.Header.Revision
		b.mutex.Lock()
		b.revs[answer.Header.Revision] = fmt.Sprintf("%d=%d", i, number)
		b.mutex.Unlock()
	}
}

// stop waits for the writers and returns how many writes are in doubt.
func (b *book) stop() (doubt int) {
	b.cancel()
	b.running.Wait()
	for _, w := range b.writers {
		if w.tried > w.acked {
			doubt++
		}
	}
	return doubt
}

// pairs is the work of etcd's client.
type pairs struct {
	*book
	client *clientv3.Client
}

func (p *pairs) verify(round int, s *server, t *tally) (err error) {
	if p.client, err = s.dial(); err == nil {
		p.book.verify(round, p.client, t)
	}
	return err
}

func (p *pairs) begin(_ *server, t *tally) error {
	p.first = p.load(p.client, p.grant(p.client, t))
	return nil
}

func (p *pairs) stop() int {
	doubt := p.book.stop()
	p.client.Close()
	return doubt
}

// verify holds what the server has against the book.
func (b *book) verify(round int, client *clientv3.Client, t *tally) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	b.verifyPairs(ctx, round, client, t)
	b.verifyHistory(ctx, round, client, t)
	for id := range b.leases {
		answer, err := client.TimeToLive(ctx, id, clientv3.WithAttachedKeys())
		ok := err == nil && answer.TTL > 0 && answer.TTL <= leaseTTL && len(answer.Keys) == 1
		if !ok {
			t.check(false, "round %d: lease %x is alive with at most its time and its key: %v %+v", round, id, err, answer)
			return
		}
	}
	t.check(true, "")
}

func (b *book) verifyPairs(ctx context.Context, round int, client *clientv3.Client, t *tally) {
	lost, half := 0, 0
	for i := range b.writers {
		w := &b.writers[i]
		answer, err := client.Txn(ctx).Then(clientv3.OpGet(left(i)), clientv3.OpGet(right(i))).Commit()
		if err != nil {
			t.check(false, "round %d: pair %d is read: %v", round, i, err)
			return
		}
		a := number(answer.Responses[0].GetResponseRange().Kvs)
		if a != number(answer.Responses[1].GetResponseRange().Kvs) {
			half++
		}
		if a < w.acked || a > w.tried {
			lost++
			fmt.Printf("# round %d: writer %d has %d, acknowledged %d, tried %d\n", round, i, a, w.acked, w.tried)
		}
		w.acked, w.tried = a, max(a, w.tried) // a write in doubt has happened, or never will
	}
	t.check(lost == 0, "round %d: every acknowledged write is there: %d are not", round, lost)
	t.check(half == 0, "round %d: no half of a transaction: %d halves", round, half)
}

func number(kvs []*mvccpb.KeyValue) int64 {
	if len(kvs) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(string(kvs[0].Value), 10, 64)
	return n
}

// verifyHistory watches from the first revision of the last round to the present one.
func (b *book) verifyHistory(ctx context.Context, round int, client *clientv3.Client, t *tally) {
	now, err := client.Get(ctx, "health")
	if err != nil {
		t.check(false, "round %d: the revision is read: %v", round, err)
		return
	}
	end := now.Header.Revision
	if b.first > end {
		t.check(true, "")
		return
	}
	// Something to end with: the watch below is over when it has come.
	ending, err := client.Put(ctx, "kill/end", strconv.Itoa(round))
	if err != nil {
		t.check(false, "round %d: the ending is put: %v", round, err)
		return
	}
	watch, stop := context.WithCancel(ctx)
	defer stop()
	previous, seen, gap := b.first-1, map[int64]string{}, ""
	for answer := range client.Watch(watch, "kill/", clientv3.WithPrefix(), clientv3.WithRev(b.first)) {
		for _, event := range answer.Events {
			revision := event.Kv.ModRevision
			if revision < previous || (revision == previous && seen[revision] == "") {
				gap = fmt.Sprintf("revision %d came after %d", revision, previous)
			}
			if revision > previous+1 {
				gap = fmt.Sprintf("revision %d follows %d", revision, previous)
			}
			key := string(event.Kv.Key)
			if strings.HasPrefix(key, "kill/left/") {
				i, _ := strconv.Atoi(key[len("kill/left/"):])
				if seen[revision] != "" {
					gap = fmt.Sprintf("revision %d came twice", revision)
				}
				seen[revision] = fmt.Sprintf("%d=%s", i, event.Kv.Value)
			} else if seen[revision] == "" {
				seen[revision] = key
			}
			previous = revision
		}
		if answer.Err() != nil {
			gap = answer.Err().Error()
		}
		if previous >= ending.Header.Revision || gap != "" {
			break
		}
	}
	t.check(gap == "", "round %d: the history has no gap and no repeat: %s", round, gap)
	missing := 0
	for revision, what := range b.revs {
		if revision >= b.first && revision <= end && seen[revision] != what {
			missing++
			fmt.Printf("# round %d: revision %d is %q in the history, %q was acknowledged\n", round, revision, seen[revision], what)
		}
	}
	t.check(missing == 0 && previous >= ending.Header.Revision, "round %d: the history holds every acknowledged revision: %d are not there", round, missing)
	b.revs = map[int64]string{}
}

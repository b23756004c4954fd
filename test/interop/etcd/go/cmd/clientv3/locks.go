package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"

	"interop/check"
)

// session opens a concurrency session that is closed at the check's end.
func session(t *check.T, c *clientv3.Client, ttl int) *concurrency.Session {
	s, err := concurrency.NewSession(c, concurrency.WithTTL(ttl))
	t.Must("session", err)
	t.Cleanup(func() { s.Close() })
	return s
}

// waits tells that something started in the background did not end yet.
func waits(t *check.T, what string, done <-chan error) {
	select {
	case err := <-done:
		t.Fatalf("%s did not wait: %v", what, err)
	case <-briefly(t).Done():
	}
}

func lockChecks(s suite) {
	const p = "clientv3/mutex"
	s.with("mutex_of_two_sessions", func(t *check.T, c *clientv3.Client) {
		first, second := session(t, c, 10), session(t, c, 10)
		a, b := concurrency.NewMutex(first, p), concurrency.NewMutex(second, p)
		t.Must("lock a", a.Lock(t.Ctx))
		t.Eq("key", a.Key(), fmt.Sprintf("%s/%x", p, first.Lease()))
		t.True(errors.Is(b.TryLock(t.Ctx), concurrency.ErrLocked), "try-lock of a held mutex succeeds")
		done := make(chan error, 1)
		go func() { done <- b.Lock(t.Ctx) }()
		waits(t, "lock b", done)
		t.Must("unlock a", a.Unlock(t.Ctx))
		t.Must("lock b", check.Receive(t, 5*time.Second, "lock b", done))
		r, err := c.Txn(t.Ctx).If(b.IsOwner()).Commit()
		t.Must("txn", err)
		t.Eq("b is owner", r.Succeeded, true)
		r, err = c.Txn(t.Ctx).If(a.IsOwner()).Commit()
		t.Must("txn", err)
		t.Eq("a is owner", r.Succeeded, false)
	})
	s.with("mutex_passes_when_its_holder_dies", func(t *check.T, c *clientv3.Client) {
		first, second := session(t, c, 2), session(t, c, 10)
		a, b := concurrency.NewMutex(first, p+"-dies"), concurrency.NewMutex(second, p+"-dies")
		t.Must("lock a", a.Lock(t.Ctx))
		done := make(chan error, 1)
		go func() { done <- b.Lock(t.Ctx) }()
		waits(t, "lock b", done)
		first.Orphan() // keep-alives end, as in a killed process
		start := time.Now()
		t.Must("lock b", check.Receive(t, 6*time.Second, "lock b", done))
		check.Remark("a mutex passed %v after its holder died, TTL 2 s", time.Since(start).Round(time.Millisecond))
		t.Eq("key of the dead holder", value(t, c, a.Key()), "-")
	})
	s.with("mutex_waiter_that_gives_up_leaves_no_key", func(t *check.T, c *clientv3.Client) {
		a, b := concurrency.NewMutex(session(t, c, 10), p+"-gives-up"), concurrency.NewMutex(session(t, c, 10), p+"-gives-up")
		t.Must("lock a", a.Lock(t.Ctx))
		t.True(b.Lock(briefly(t)) != nil, "lock of a held mutex succeeds")
		r, err := c.Get(t.Ctx, p+"-gives-up/", clientv3.WithPrefix())
		t.Must("get", err)
		t.Eq("keys", len(r.Kvs), 1)
	})
	s.with("mutex_excludes", func(t *check.T, c *clientv3.Client) {
		var group sync.WaitGroup
		inside, most, rounds := 0, 0, 0
		var errs []error
		var guard sync.Mutex
		for range 4 {
			m := concurrency.NewMutex(session(t, c, 10), p+"-many")
			group.Go(func() {
				for range 5 {
					err := m.Lock(t.Ctx)
					guard.Lock()
					inside++
					most = max(most, inside)
					rounds++
					errs = append(errs, err)
					guard.Unlock()
					guard.Lock()
					inside--
					guard.Unlock()
					errs2 := m.Unlock(t.Ctx)
					guard.Lock()
					errs = append(errs, errs2)
					guard.Unlock()
				}
			})
		}
		group.Wait()
		t.Must("lock and unlock", errors.Join(errs...))
		t.Eq("rounds", rounds, 20)
		t.Eq("most holders at a time", most, 1)
	})
}

func electionChecks(s suite) {
	const p = "clientv3/election"
	s.with("election_of_two_sessions", func(t *check.T, c *clientv3.Client) {
		first, second := session(t, c, 10), session(t, c, 10)
		a, b := concurrency.NewElection(first, p), concurrency.NewElection(second, p)
		_, err := a.Leader(t.Ctx)
		t.True(errors.Is(err, concurrency.ErrElectionNoLeader), "leader before the election: %v", err)
		t.Must("campaign a", a.Campaign(t.Ctx, "a"))
		ctx, cancel := context.WithCancel(t.Ctx)
		defer cancel()
		seen := b.Observe(ctx)
		observe := func(want string) {
			r := check.Receive(t, 10*time.Second, "leader "+want, seen)
			t.Eq("observed leader", string(r.Kvs[0].Value), want)
		}
		observe("a")
		t.Must("proclaim", a.Proclaim(t.Ctx, "a again"))
		observe("a again")
		done := make(chan error, 1)
		go func() { done <- b.Campaign(t.Ctx, "b") }()
		waits(t, "campaign b", done)
		t.Must("resign", a.Resign(t.Ctx))
		t.Must("campaign b", check.Receive(t, 5*time.Second, "campaign b", done))
		observe("b")
		leader, err := a.Leader(t.Ctx)
		t.Must("leader", err)
		t.Eq("leader", string(leader.Kvs[0].Value), "b")
		t.Eq("leader's key", string(leader.Kvs[0].Key), fmt.Sprintf("%s/%x", p, second.Lease()))
		t.True(errors.Is(a.Proclaim(t.Ctx, "x"), concurrency.ErrElectionNotLeader), "a who resigned can proclaim")
	})
	s.with("election_goes_on_when_the_leader_ends", func(t *check.T, c *clientv3.Client) {
		first, second := session(t, c, 10), session(t, c, 10)
		a, b := concurrency.NewElection(first, p+"-ends"), concurrency.NewElection(second, p+"-ends")
		t.Must("campaign a", a.Campaign(t.Ctx, "a"))
		done := make(chan error, 1)
		go func() { done <- b.Campaign(t.Ctx, "b") }()
		waits(t, "campaign b", done)
		t.Must("close", first.Close())
		t.Must("campaign b", check.Receive(t, 5*time.Second, "campaign b", done))
		t.Eq("key of the closed session", value(t, c, a.Key()), "-")
	})
}

func stmChecks(s suite) {
	const p = "clientv3/stm/"
	transfer := func(t *check.T, c *clientv3.Client, level concurrency.Isolation) {
		from, to := fmt.Sprintf("%s%d/from", p, level), fmt.Sprintf("%s%d/to", p, level)
		put(t, c, from, "100")
		put(t, c, to, "0")
		var group sync.WaitGroup
		errs := make(chan error, 4)
		for range 4 {
			group.Go(func() {
				for range 5 {
					_, err := concurrency.NewSTM(c, func(stm concurrency.STM) error {
						var a, b int
						fmt.Sscan(stm.Get(from), &a)
						fmt.Sscan(stm.Get(to), &b)
						stm.Put(from, fmt.Sprint(a-1))
						stm.Put(to, fmt.Sprint(b+1))
						return nil
					}, concurrency.WithIsolation(level), concurrency.WithAbortContext(t.Ctx))
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
			t.Fatalf("stm: %v", err)
		default:
		}
		t.Eq("left", value(t, c, from), "80")
		t.Eq("moved", value(t, c, to), "20")
	}
	s.with("stm_serializable_snapshot", func(t *check.T, c *clientv3.Client) {
		transfer(t, c, concurrency.SerializableSnapshot)
	})
	s.with("stm_serializable", func(t *check.T, c *clientv3.Client) { transfer(t, c, concurrency.Serializable) })
	s.with("stm_repeatable_reads", func(t *check.T, c *clientv3.Client) { transfer(t, c, concurrency.RepeatableReads) })
	s.with("stm_delete", func(t *check.T, c *clientv3.Client) {
		put(t, c, p+"gone", "v")
		_, err := concurrency.NewSTM(c, func(stm concurrency.STM) error { stm.Del(p + "gone"); return nil })
		t.Must("stm", err)
		t.Eq("value", value(t, c, p+"gone"), "-")
	})
}

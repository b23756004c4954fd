package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hashicorp/consul/api"
)

const sessionTTL = 2 * time.Minute

// A lock that two sessions take in turn. While one holds it, the other must not get it: before a kill or after it.
type lock struct {
	key      string
	sessions [2]string
	holder   string // by the last acknowledged step; empty: nobody
	next     string // what a step that is in doubt would make it
	inDoubt  bool
	acked    atomic.Int64 // steps
}

// prepare makes the sessions once: they outlive every kill.
func (l *lock) prepare(client *api.Client) error {
	for i := range l.sessions {
		if l.sessions[i] != "" {
			continue
		}
		id, _, err := client.Session().CreateNoChecks(&api.SessionEntry{
			Name: l.key, TTL: sessionTTL.String(), LockDelay: time.Millisecond,
		}, nil)
		if err != nil {
			return err
		}
		l.sessions[i] = id
	}
	return nil
}

func (l *lock) acquire(client *api.Client, session string) (bool, error) {
	got, _, err := client.KV().Acquire(&api.KVPair{Key: l.key, Session: session, Value: []byte(session)}, nil)
	return got, err
}

func (l *lock) release(client *api.Client, session string) (bool, error) {
	got, _, err := client.KV().Release(&api.KVPair{Key: l.key, Session: session, Value: []byte(session)}, nil)
	return got, err
}

// step does one thing that makes NEXT the holder; it must succeed. False: it is in doubt.
func (l *lock) step(t *tally, next string, do func() (bool, error)) bool {
	l.next, l.inDoubt = next, true
	got, err := do()
	if err != nil {
		return false
	}
	if !got {
		t.check(false, "%s: a step that nothing is in the way of is refused: %q to %q", l.key, l.holder, next)
	}
	l.holder, l.inDoubt = next, false
	l.acked.Add(1)
	return true
}

func (l *lock) load(ctx context.Context, client *api.Client, t *tally) {
	if l.holder != "" && !l.step(t, "", func() (bool, error) { return l.release(client, l.holder) }) {
		return
	}
	for i := 0; ctx.Err() == nil; i++ {
		mine, other := l.sessions[i%2], l.sessions[(i+1)%2]
		if !l.step(t, mine, func() (bool, error) { return l.acquire(client, mine) }) {
			return
		}
		got, err := l.acquire(client, other)
		if err != nil {
			return
		}
		if got {
			t.check(false, "%s: two sessions hold it", l.key)
		}
		if !l.step(t, "", func() (bool, error) { return l.release(client, mine) }) {
			return
		}
	}
}

// verify holds the lock after a restart against what was acknowledged: who holds it, and that nobody else gets it.
func (l *lock) verify(client *api.Client) error {
	for _, id := range l.sessions {
		if id == "" {
			return nil // before the first load
		}
		if entry, _, err := client.Session().Info(id, nil); err != nil || entry == nil {
			return fmt.Errorf("session %s is gone: %v", id, err)
		}
	}
	pair, _, err := client.KV().Get(l.key, nil)
	if err != nil {
		return err
	}
	holder := ""
	if pair != nil {
		holder = pair.Session
	}
	if holder != l.holder && !(l.inDoubt && holder == l.next) {
		return fmt.Errorf("%q holds it, acknowledged is %q, in doubt (%v) %q", holder, l.holder, l.inDoubt, l.next)
	}
	l.holder, l.inDoubt = holder, false
	type answer struct {
		session string
		got     bool
		err     error
	}
	answers := make(chan answer, 2)
	for _, id := range l.sessions {
		go func() {
			got, err := l.acquire(client, id)
			answers <- answer{id, got, err}
		}()
	}
	won := ""
	for range l.sessions {
		a := <-answers
		if a.err != nil {
			return a.err
		}
		if a.got && won != "" {
			return fmt.Errorf("both sessions got it")
		}
		if a.got {
			won = a.session
		}
	}
	if won == "" || (holder != "" && won != holder) {
		return fmt.Errorf("%q held it, then %q got it", holder, won)
	}
	l.holder = won
	return nil
}

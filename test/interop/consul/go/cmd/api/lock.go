package main

import (
	"time"

	"github.com/hashicorp/consul/api"

	"interop/check"
)

// soon waits for what comes on a channel or its closing; false if it does not.
func soon[T any](c <-chan T) bool {
	select {
	case <-c:
		return true
	case <-time.After(15 * time.Second):
		return false
	}
}

func lockChecks(s suite) {
	s.run("lock_goes_from_one_to_the_next", func(t *check.T) {
		first, err := s.client.LockKey("lock/a")
		t.Must("first", err)
		second, err := s.client.LockKey("lock/a")
		t.Must("second", err)
		lost, err := first.Lock(nil)
		t.Must("lock", err)
		got := make(chan error, 1)
		go func() {
			_, err := second.Lock(nil)
			got <- err
		}()
		select {
		case err := <-got:
			t.Errorf("held by both: %v", err)
		case <-time.After(300 * time.Millisecond):
		}
		t.Must("unlock", first.Unlock())
		t.True(soon(lost), "the first is not told that it lost it")
		t.Must("the second's lock", <-got)
		t.Fails("destroy while it is held", first.Destroy(), api.ErrLockInUse.Error())
		t.Must("unlock", second.Unlock())
		t.Must("destroy", second.Destroy())
	})
	s.run("holder_is_told_when_its_session_ends", func(t *check.T) {
		lock, err := s.client.LockKey("lock/b")
		t.Must("lock key", err)
		lost, err := lock.Lock(nil)
		t.Must("lock", err)
		_, err = s.client.Session().Destroy(s.get(t, "lock/b").Session, nil)
		t.Must("destroy session", err)
		t.True(soon(lost), "it is not told")
	})
	s.run("lock_that_is_tried_once_gives_up", func(t *check.T) {
		holder, err := s.client.LockKey("lock/c")
		t.Must("lock key", err)
		_, err = holder.Lock(nil)
		t.Must("lock", err)
		other, err := s.client.LockOpts(&api.LockOptions{Key: "lock/c", LockTryOnce: true, LockWaitTime: 200 * time.Millisecond})
		t.Must("lock opts", err)
		lost, err := other.Lock(nil)
		t.Must("try", err)
		t.True(lost == nil, "it is held by both")
		t.Must("unlock", holder.Unlock())
	})
	s.run("semaphore_lets_so_many_in", func(t *check.T) {
		var all []*api.Semaphore
		for range 3 {
			one, err := s.client.SemaphorePrefix("semaphore/a", 2)
			t.Must("semaphore", err)
			all = append(all, one)
		}
		for _, one := range all[:2] {
			_, err := one.Acquire(nil)
			t.Must("acquire", err)
		}
		got := make(chan error, 1)
		go func() {
			_, err := all[2].Acquire(nil)
			got <- err
		}()
		select {
		case err := <-got:
			t.Errorf("held by three: %v", err)
		case <-time.After(300 * time.Millisecond):
		}
		t.Must("release", all[0].Release())
		t.Must("the third", <-got)
		for _, one := range all[1:] {
			t.Must("release", one.Release())
		}
		t.Must("destroy", all[0].Destroy())
	})
}

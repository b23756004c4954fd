package main

import (
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
	recipe "go.etcd.io/etcd/client/v3/experimental/recipes"

	"interop/check"
)

// recipeChecks are queues, barriers and the lock of readers and writers that come with the client.
func recipeChecks(s suite) {
	const p = "clientv3/recipes/"
	s.with("recipes_queues", func(t *check.T, c *clientv3.Client) {
		queue := recipe.NewQueue(c, p+"queue")
		for i := range 5 {
			t.Must("enqueue", queue.Enqueue(fmt.Sprint(i)))
		}
		for i := range 5 {
			got, err := queue.Dequeue()
			t.Must("dequeue", err)
			t.Eq("dequeued", got, fmt.Sprint(i))
		}
		waiting := make(chan string, 1)
		go func() {
			got, err := queue.Dequeue()
			waiting <- fmt.Sprint(got, " ", err)
		}()
		t.Must("enqueue for who waits", queue.Enqueue("late"))
		t.Eq("who waited", check.Receive(t, check.Limit, "dequeue", waiting), "late <nil>")

		first := recipe.NewPriorityQueue(c, p+"priority")
		for i, priority := range []uint16{3, 1, 2, 1} {
			t.Must("enqueue", first.Enqueue(fmt.Sprint(i), priority))
		}
		var order string
		for range 4 {
			got, err := first.Dequeue()
			t.Must("dequeue", err)
			order += got
		}
		t.Eq("order of priorities", order, "1320")
	})
	s.with("recipes_barriers", func(t *check.T, c *clientv3.Client) {
		barrier := recipe.NewBarrier(c, p+"barrier")
		t.Must("hold", barrier.Hold())
		done := make(chan error, 1)
		go func() { done <- recipe.NewBarrier(c, p+"barrier").Wait() }()
		waits(t, "wait", done)
		t.Must("release", barrier.Release())
		t.Must("wait", check.Receive(t, check.Limit, "wait", done))

		a, b := session(t, c, 10), session(t, c, 10)
		first, second := recipe.NewDoubleBarrier(a, p+"double", 2), recipe.NewDoubleBarrier(b, p+"double", 2)
		go func() { done <- first.Enter() }()
		waits(t, "enter alone", done)
		t.Must("enter as the second", second.Enter())
		t.Must("enter", check.Receive(t, check.Limit, "enter", done))
		go func() { done <- first.Leave() }()
		waits(t, "leave alone", done)
		t.Must("leave as the second", second.Leave())
		t.Must("leave", check.Receive(t, check.Limit, "leave", done))
	})
	s.with("recipes_readers_and_writers", func(t *check.T, c *clientv3.Client) {
		lock := func() *recipe.RWMutex { return recipe.NewRWMutex(session(t, c, 10), p+"rw") }
		first, second, writer := lock(), lock(), lock()
		t.Must("read lock", first.RLock())
		t.Must("second read lock", second.RLock())
		done := make(chan error, 1)
		go func() { done <- writer.Lock() }()
		waits(t, "write lock", done)
		t.Must("read unlock", first.RUnlock())
		waits(t, "write lock beside one reader", done)
		t.Must("second read unlock", second.RUnlock())
		t.Must("write lock", check.Receive(t, check.Limit, "write lock", done))
		t.Must("write unlock", writer.Unlock())
	})
}

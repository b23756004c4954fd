package main

import (
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.etcd.io/etcd/client/v3/leasing"
	"go.etcd.io/etcd/client/v3/mirror"
	"go.etcd.io/etcd/client/v3/namespace"
	"go.etcd.io/etcd/client/v3/ordering"

	"interop/check"
	"interop/target"
)

func namespaceChecks(s suite) {
	const p = "clientv3/namespace/"
	s.with("namespace_hides_its_prefix", func(t *check.T, c *clientv3.Client) {
		kv, watcher, lease := namespace.NewKV(c.KV, p), namespace.NewWatcher(c.Watcher, p), namespace.NewLease(c.Lease, p)
		ch := watcher.Watch(t.Ctx, "", clientv3.WithPrefix(), clientv3.WithCreatedNotify())
		check.Receive(t, 10*time.Second, "created", ch)
		granted, err := lease.Grant(t.Ctx, 60)
		t.Must("grant", err)
		put(t, kv, "a", "1", clientv3.WithLease(granted.ID))
		t.Eq("value inside", value(t, kv, "a"), "1")
		t.Eq("value outside", value(t, c, p+"a"), "1")
		t.Eq("event", collect(t, ch, "", 1), "PUT a=1")
		put(t, c, "clientv3/namespace0", "outside")
		r, err := kv.Get(t.Ctx, "\x00", clientv3.WithFromKey())
		t.Must("get all", err)
		t.Eq("keys inside", len(r.Kvs), 1)
		left, err := lease.TimeToLive(t.Ctx, granted.ID, clientv3.WithAttachedKeys())
		t.Must("time to live", err)
		t.Eq("keys on the lease", fmt.Sprintf("%s", left.Keys), "[a]")
		txn, err := kv.Txn(t.Ctx).If(clientv3.Compare(clientv3.Value("a"), "=", "1")).
			Then(clientv3.OpDelete("", clientv3.WithPrefix()), clientv3.OpPut("b", "2")).Commit()
		if err == nil {
			t.Errorf("a put inside a deleted range was accepted: %v", txn)
		}
		_, err = kv.Delete(t.Ctx, "", clientv3.WithPrefix())
		t.Must("delete all", err)
		t.Eq("neighbour", value(t, c, "clientv3/namespace0"), "outside")
	})
	s.with("ordering_refuses_nothing_on_one_server", func(t *check.T, c *clientv3.Client) {
		kv := ordering.NewKV(c.KV, ordering.NewOrderViolationSwitchEndpointClosure(c))
		for i := range 20 {
			put(t, kv, p+"ordered", fmt.Sprint(i))
			t.Eq("value", value(t, kv, p+"ordered", clientv3.WithSerializable()), fmt.Sprint(i))
		}
	})
}

func leasingChecks(s suite) {
	s.with("leasing_two_clients", func(t *check.T, c *clientv3.Client) {
		const p, leases = "clientv3/leasing/", "clientv3/leasing-leases/"
		a, closeA, err := leasing.NewKV(c, leases, concurrency.WithTTL(10))
		t.Must("first", err)
		t.Cleanup(closeA)
		b, closeB, err := leasing.NewKV(target.NewClient(t, s.endpoint), leases, concurrency.WithTTL(10))
		t.Must("second", err)
		t.Cleanup(closeB)
		put(t, c, p+"k", "1")
		t.Eq("value read by a", value(t, a, p+"k"), "1")
		t.Eq("value read from a's cache", value(t, a, p+"k"), "1")
		t.True(value(t, c, leases+p+"k") != "-", "a holds no leasing key")
		put(t, a, p+"k", "2")
		t.Eq("a's own write", value(t, a, p+"k"), "2")
		t.Eq("a's write read by b", value(t, b, p+"k"), "2")
		put(t, b, p+"k", "3") // takes the ownership of the key from a
		t.Eq("b's write read by a", value(t, a, p+"k"), "3")
		r, err := b.Txn(t.Ctx).If(clientv3.Compare(clientv3.Value(p+"k"), "=", "3")).
			Then(clientv3.OpPut(p+"k", "4"), clientv3.OpPut(p+"l", "1")).Commit()
		t.Must("txn", err)
		t.Eq("txn succeeded", r.Succeeded, true)
		t.Eq("txn's write read by a", value(t, a, p+"k"), "4")
		_, err = a.Delete(t.Ctx, p, clientv3.WithPrefix())
		t.Must("delete", err)
		t.Eq("value after delete", value(t, b, p+"k"), "-")
	})
}

func mirrorChecks(s suite) {
	s.with("mirror_base_and_updates", func(t *check.T, c *clientv3.Client) {
		const p = "clientv3/mirror/"
		const n = 2500 // more than two pages
		for start := 0; start < n; start += 100 {
			var puts []clientv3.Op
			for i := start; i < start+100; i++ {
				puts = append(puts, clientv3.OpPut(fmt.Sprintf("%s%05d", p, i), "v"))
			}
			_, err := c.Txn(t.Ctx).Then(puts...).Commit()
			t.Must("fill", err)
		}
		syncer := mirror.NewSyncer(c, p, 0)
		base, errs := syncer.SyncBase(t.Ctx)
		seen := map[string]bool{}
		for r := range base {
			for _, kv := range r.Kvs {
				seen[string(kv.Key)] = true
			}
		}
		t.Must("sync base", <-errs)
		t.Eq("keys", len(seen), n)
		put(t, c, p+"new", "1")
		ctx, cancel := context.WithCancel(t.Ctx)
		defer cancel()
		ch := syncer.SyncUpdates(ctx)
		t.Eq("update", collect(t, ch, p, 1), "PUT new=1")
		_, err := c.Delete(t.Ctx, p, clientv3.WithPrefix())
		t.Must("delete", err)
		gone := 0
		for gone < n+1 {
			r := check.Receive(t, 10*time.Second, "deletes", ch)
			t.Must("watch", r.Err())
			gone += len(r.Events)
		}
		t.Eq("deletes", gone, n+1)
	})
}

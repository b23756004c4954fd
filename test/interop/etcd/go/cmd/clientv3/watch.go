package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"interop/check"
)

// collect takes n events from a watch, written as "PUT k=v" or "DELETE k".
func collect(t *check.T, ch clientv3.WatchChan, prefix string, n int) string {
	var all []string
	for len(all) < n {
		r := check.Receive(t, 10*time.Second, fmt.Sprintf("event %d of %d", len(all)+1, n), ch)
		t.Must("watch", r.Err())
		for _, e := range r.Events {
			text := e.Type.String() + " " + strings.TrimPrefix(string(e.Kv.Key), prefix)
			if e.Type == clientv3.EventTypePut {
				text += "=" + string(e.Kv.Value)
			}
			if e.PrevKv != nil {
				text += " was " + string(e.PrevKv.Value)
			}
			all = append(all, text)
		}
	}
	return strings.Join(all, ", ")
}

func watchChecks(s suite) {
	const p = "clientv3/watch/"
	s.with("watch_prefix_from_an_old_revision", func(t *check.T, c *clientv3.Client) {
		first := put(t, c, p+"old/a", "1")
		put(t, c, p+"old/b", "2")
		_, err := c.Delete(t.Ctx, p+"old/a")
		t.Must("delete", err)
		ch := c.Watch(t.Ctx, p+"old/", clientv3.WithPrefix(), clientv3.WithRev(first), clientv3.WithPrevKV())
		t.Eq("past", collect(t, ch, p+"old/", 3), "PUT a=1, PUT b=2, DELETE a was 1")
		put(t, c, p+"old/b", "3")
		t.Eq("present", collect(t, ch, p+"old/", 1), "PUT b=3 was 2")
	})
	s.with("watch_created_filter_progress_cancel", func(t *check.T, c *clientv3.Client) {
		ctx, cancel := context.WithCancel(t.Ctx)
		defer cancel()
		ch := c.Watch(ctx, p+"f", clientv3.WithCreatedNotify(), clientv3.WithFilterPut())
		r := check.Receive(t, 10*time.Second, "created", ch)
		t.Eq("created", r.Created, true)
		put(t, c, p+"f", "1")
		_, err := c.Delete(t.Ctx, p+"f")
		t.Must("delete", err)
		t.Eq("events", collect(t, ch, p, 1), "DELETE f")
		now := put(t, c, p+"unwatched", "1")
		t.Must("request progress", c.RequestProgress(ctx))
		r = check.Receive(t, 10*time.Second, "progress", ch)
		t.True(r.IsProgressNotify(), "answer is no progress: %v", r)
		t.Eq("revision of progress", r.Header.Revision, now)
		cancel()
		t.Until(5*time.Second, "channel closes", func() error {
			select {
			case _, open := <-ch:
				if !open {
					return nil
				}
			default:
			}
			return errors.New("open")
		})
	})
	s.with("watch_many_keys_on_one_stream", func(t *check.T, c *clientv3.Client) {
		const n = 50
		var channels []clientv3.WatchChan
		for i := range n {
			channels = append(channels, c.Watch(t.Ctx, fmt.Sprintf("%smany/%02d", p, i), clientv3.WithCreatedNotify()))
		}
		for _, ch := range channels {
			check.Receive(t, 10*time.Second, "created", ch)
		}
		for i := range n {
			put(t, c, fmt.Sprintf("%smany/%02d", p, i), "v")
		}
		for i, ch := range channels {
			t.Eq("event", collect(t, ch, p, 1), fmt.Sprintf("PUT many/%02d=v", i))
		}
	})
	s.with("watch_of_a_compacted_revision", func(t *check.T, c *clientv3.Client) {
		old := put(t, c, p+"compacted", "1")
		now := put(t, c, p+"compacted", "2")
		_, err := c.Compact(t.Ctx, now)
		t.Must("compact", err)
		ch := c.Watch(t.Ctx, p+"compacted", clientv3.WithRev(old))
		r := check.Receive(t, 10*time.Second, "end", ch)
		t.Eq("compact revision", r.CompactRevision, now)
		t.True(errors.Is(r.Err(), rpctypes.ErrCompacted), "error is %v", r.Err())
		t.Eq("canceled", r.Canceled, true)
	})
	s.with("watch_fragments_are_joined", func(t *check.T, c *clientv3.Client) {
		first := int64(0)
		for i := range 4 {
			revision := put(t, c, fmt.Sprintf("%sbig/%d", p, i), strings.Repeat("x", 1000000))
			if i == 0 {
				first = revision
			}
		}
		ch := c.Watch(t.Ctx, p+"big/", clientv3.WithPrefix(), clientv3.WithRev(first), clientv3.WithFragment())
		seen := 0
		for seen < 4 {
			r := check.Receive(t, 10*time.Second, "large events", ch)
			t.Must("watch", r.Err())
			seen += len(r.Events)
		}
		t.Eq("events", seen, 4)
	})
}

func leaseChecks(s suite) {
	const p = "clientv3/lease/"
	s.with("lease_is_kept_alive_beyond_its_ttl", func(t *check.T, c *clientv3.Client) {
		lease, err := c.Grant(t.Ctx, 2)
		t.Must("grant", err)
		put(t, c, p+"kept", "v", clientv3.WithLease(lease.ID))
		ctx, cancel := context.WithCancel(t.Ctx)
		defer cancel()
		alive, err := c.KeepAlive(ctx, lease.ID)
		t.Must("keep alive", err)
		start := time.Now()
		for time.Since(start) < 4500*time.Millisecond {
			r := check.Receive(t, 3*time.Second, "keep-alive answer", alive)
			t.Eq("TTL", r.TTL, int64(2))
		}
		t.Eq("value after more than two TTLs", value(t, c, p+"kept"), "v")
		ch := c.Watch(t.Ctx, p+"kept")
		cancel()
		stopped := time.Now()
		t.Eq("event after the end of keep-alive", collect(t, ch, p, 1), "DELETE kept")
		t.True(time.Since(stopped) < 4*time.Second, "the key went after %v", time.Since(stopped))
	})
	s.with("lease_once_time_to_live_revoke", func(t *check.T, c *clientv3.Client) {
		lease, err := c.Grant(t.Ctx, 30)
		t.Must("grant", err)
		put(t, c, p+"a", "v", clientv3.WithLease(lease.ID))
		once, err := c.KeepAliveOnce(t.Ctx, lease.ID)
		t.Must("keep alive once", err)
		t.Eq("TTL", once.TTL, int64(30))
		left, err := c.TimeToLive(t.Ctx, lease.ID, clientv3.WithAttachedKeys())
		t.Must("time to live", err)
		t.True(left.TTL >= 28 && left.TTL <= 30, "TTL left is %d", left.TTL)
		t.Eq("keys", len(left.Keys), 1)
		list, err := c.Leases(t.Ctx)
		t.Must("leases", err)
		found := false
		for _, l := range list.Leases {
			found = found || l.ID == lease.ID
		}
		t.True(found, "the lease is not in the list")
		_, err = c.Revoke(t.Ctx, lease.ID)
		t.Must("revoke", err)
		t.Eq("value after revoke", value(t, c, p+"a"), "-")
		left, err = c.TimeToLive(t.Ctx, lease.ID)
		t.Must("time to live", err)
		t.Eq("TTL of a revoked lease", left.TTL, int64(-1))
	})
	s.with("keep_alive_ends_when_the_lease_is_revoked", func(t *check.T, c *clientv3.Client) {
		lease, err := c.Grant(t.Ctx, 3)
		t.Must("grant", err)
		alive, err := c.KeepAlive(t.Ctx, lease.ID)
		t.Must("keep alive", err)
		check.Receive(t, 3*time.Second, "keep-alive answer", alive)
		_, err = c.Revoke(t.Ctx, lease.ID)
		t.Must("revoke", err)
		t.Until(6*time.Second, "channel closes", func() error {
			select {
			case _, open := <-alive:
				if !open {
					return nil
				}
			default:
			}
			return errors.New("open")
		})
	})
}

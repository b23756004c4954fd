package main

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"interop/check"
	"interop/target"
	"interop/who"
)

type job struct {
	suite    *check.Suite
	endpoint string
	registry *registry
	backends map[string]*process
	client   *clientv3.Client
	calls    *caller
	list     *list
}

// registration is what the registry holds for one backend.
type registration struct{ create, lease int64 }

func (j *job) play() {
	var before map[string]registration
	j.suite.Run("client_sees_two_backends", func(t *check.T) {
		j.registry.up(t)
		j.startBackend(t, "a")
		j.startBackend(t, "b")
		j.startClient(t)
		t.Until(10*time.Second, "the list holds a and b", func() error { return j.list.is("a b") })
		t.Until(10*time.Second, "calls reach a and b", func() error { return j.calls.reach("a b") })
	})
	if j.calls == nil {
		return
	}
	j.suite.Run("killed_backend_leaves_within_ttl_and_a_second", func(t *check.T) { j.killBackend(t, "b", "a") })
	j.suite.Run("backend_that_comes_back_is_used_again", func(t *check.T) {
		j.startBackend(t, "b")
		t.Until(5*time.Second, "the list holds a and b", func() error { return j.list.is("a b") })
		took := t.Until(10*time.Second, "calls reach a and b", func() error { return j.calls.reach("a b") })
		check.Remark("calls reached it %v after its registration", took.Round(time.Millisecond))
		before = j.registered(t)
		t.Eq("number of registrations", len(before), 2)
	})
	j.suite.Run("registry_killed_and_restarted_keeps_every_registration", func(t *check.T) {
		j.calls.forget()
		j.registry.kill()
		j.registry.up(t)
		start := time.Now()
		// Longer than a TTL: whoever did not get its lease renewed would be gone.
		for time.Since(start) < (ttl+2)*time.Second {
			t.Eq("registrations", fmt.Sprint(j.registered(t)), fmt.Sprint(before))
			t.Must("list", j.list.is("a b"))
			for name, p := range j.backends {
				t.True(!p.ended(), "backend %s lost its lease", name)
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Until(5*time.Second, "calls reach a and b", func() error { return j.calls.reach("a b") })
		t.Eq("calls that failed since the kill", strings.Join(j.calls.failures(), ", "), "")
		t.True(j.calls.total() > 100, "only %d calls were made meanwhile", j.calls.total())
	})
	j.suite.Run("client_hears_of_a_new_backend_after_the_restart", func(t *check.T) {
		j.startBackend(t, "c")
		took := t.Until(5*time.Second, "the list holds a, b and c", func() error { return j.list.is("a b c") })
		t.Until(5*time.Second, "calls reach a, b and c", func() error { return j.calls.reach("a b c") })
		check.Remark("the client heard %v after the registration", took.Round(time.Millisecond))
	})
	j.suite.Run("killed_backend_leaves_after_the_restart_too", func(t *check.T) { j.killBackend(t, "a", "b c") })
}

// killBackend kills one and sees it leave the client's list within a TTL and a second.
func (j *job) killBackend(t *check.T, name, rest string) {
	j.backends[name].kill()
	delete(j.backends, name)
	took := t.Until((ttl+1)*time.Second, "the list holds "+rest, func() error { return j.list.is(rest) })
	check.Remark("%s left the list %v after its end, TTL %d s", name, took.Round(time.Millisecond), ttl)
	j.calls.forget()
	t.Until(5*time.Second, "calls reach "+rest, func() error { return j.calls.reach(rest) })
	t.Eq("calls that failed after it left", strings.Join(j.calls.failures(), ", "), "")
}

func (j *job) startClient(t *check.T) {
	client, err := target.Client(j.endpoint)
	t.Must("client", err)
	conn, err := who.Dial(client, service)
	t.Must("dial", err)
	j.client = client
	j.list, err = follow(client)
	t.Must("watch endpoints", err)
	j.calls = call(conn)
}

// registered reads the registrations. While the registry is down the client waits for it.
func (j *job) registered(t *check.T) map[string]registration {
	ctx, cancel := context.WithTimeout(t.Ctx, 10*time.Second)
	defer cancel()
	r, err := j.client.Get(ctx, service+"/", clientv3.WithPrefix())
	t.Must("get registrations", err)
	all := map[string]registration{}
	for _, kv := range r.Kvs {
		all[strings.TrimPrefix(string(kv.Key), service+"/")] = registration{kv.CreateRevision, kv.Lease}
	}
	return all
}

func (j *job) end() {
	for _, p := range j.backends {
		p.kill()
	}
	if j.registry.process != nil {
		j.registry.kill()
	}
}

func join(set map[string]bool) string {
	var names []string
	for name := range set {
		names = append(names, name)
	}
	sort.Strings(names)
	return strings.Join(names, " ")
}

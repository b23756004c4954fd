package main

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
	"google.golang.org/grpc"

	"interop/check"
	"interop/who"
)

func namingChecks(s suite) {
	const service = "clientv3/naming/shop"
	s.with("endpoints_manager", func(t *check.T, c *clientv3.Client) {
		manager, err := endpoints.NewManager(c, service)
		t.Must("manager", err)
		updates, err := manager.NewWatchChannel(t.Ctx)
		t.Must("watch", err)
		lease, err := c.Grant(t.Ctx, 60)
		t.Must("grant", err)
		t.Must("add a", manager.AddEndpoint(t.Ctx, service+"/a",
			endpoints.Endpoint{Addr: "10.0.0.1:80", Metadata: "one"}, clientv3.WithLease(lease.ID)))
		t.Eq("stored value", value(t, c, service+"/a"), `{"Op":0,"Addr":"10.0.0.1:80","Metadata":"one"}`)
		t.Eq("update", nextUpdate(t, updates), "add "+service+"/a 10.0.0.1:80")
		t.Must("add and remove at once", manager.Update(t.Ctx, []*endpoints.UpdateWithOpts{
			endpoints.NewAddUpdateOpts(service+"/b", endpoints.Endpoint{Addr: "10.0.0.2:80"}),
			endpoints.NewDeleteUpdateOpts(service + "/a"),
		}))
		t.Eq("update", nextUpdate(t, updates), "add "+service+"/b 10.0.0.2:80, delete "+service+"/a ")
		list, err := manager.List(t.Ctx)
		t.Must("list", err)
		t.Eq("list", fmt.Sprint(list), fmt.Sprint(endpoints.Key2EndpointMap{service + "/b": {Addr: "10.0.0.2:80"}}))
		t.Must("delete", manager.DeleteEndpoint(t.Ctx, service+"/b"))
		t.Eq("update", nextUpdate(t, updates), "delete "+service+"/b ")
	})
	s.with("resolver_with_round_robin", func(t *check.T, c *clientv3.Client) {
		roundRobin(t, c, service+"-rr")
	})
}

// nextUpdate takes one batch of endpoint changes.
func nextUpdate(t *check.T, ch endpoints.WatchChannel) string {
	var all []string
	for _, u := range check.Receive(t, 10*time.Second, "endpoint update", ch) {
		verb := map[endpoints.Operation]string{endpoints.Add: "add", endpoints.Delete: "delete"}[u.Op]
		all = append(all, fmt.Sprintf("%s %s %s", verb, u.Key, u.Endpoint.Addr))
	}
	return strings.Join(all, ", ")
}

func roundRobin(t *check.T, c *clientv3.Client, service string) {
	manager, err := endpoints.NewManager(c, service)
	t.Must("manager", err)
	add := func(name string) *grpc.Server {
		addr, server, err := who.Serve(name)
		t.Must("serve", err)
		t.Cleanup(server.Stop)
		t.Must("add", manager.AddEndpoint(t.Ctx, service+"/"+name, endpoints.Endpoint{Addr: addr}))
		return server
	}
	add("a")
	add("b")
	conn, err := who.Dial(c, service)
	t.Must("dial", err)
	t.Cleanup(func() { conn.Close() })
	took := t.Until(10*time.Second, "calls reach a and b", func() error { return reach(t.Ctx, conn, "a b") })
	add("c")
	more := t.Until(5*time.Second, "calls reach a new backend", func() error { return reach(t.Ctx, conn, "a b c") })
	t.Must("delete", manager.DeleteEndpoint(t.Ctx, service+"/a"))
	less := t.Until(5*time.Second, "calls leave a removed backend", func() error { return reach(t.Ctx, conn, "b c") })
	check.Remark("round robin: first calls after %v, a new backend after %v, one less after %v", took, more, less)
}

// reach makes a dozen calls and tells whether they were answered by exactly these backends.
func reach(ctx context.Context, conn *grpc.ClientConn, want string) error {
	seen := map[string]bool{}
	for range 12 {
		name, err := who.Ask(ctx, conn)
		if err != nil {
			return err
		}
		seen[name] = true
	}
	var names []string
	for name := range seen {
		names = append(names, name)
	}
	sort.Strings(names)
	if got := strings.Join(names, " "); got != want {
		return fmt.Errorf("calls reached %s, want %s", got, want)
	}
	return nil
}

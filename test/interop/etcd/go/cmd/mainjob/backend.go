package main

import (
	"context"
	"fmt"
	"os"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"

	"interop/target"
	"interop/who"
)

// backend serves calls and keeps itself registered. It registers once: if its lease is lost it
// says so and ends, where a real service would register again.
func backend(endpoint, name, key string) {
	fail := func(what string, err error) {
		fmt.Printf("%s: %v\n", what, err)
		os.Exit(1)
	}
	addr, _, err := who.Serve(name)
	if err != nil {
		fail("serve", err)
	}
	client, err := target.Client(endpoint)
	if err != nil {
		fail("client", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	lease, err := client.Grant(ctx, ttl)
	if err != nil {
		fail("grant", err)
	}
	alive, err := client.KeepAlive(context.Background(), lease.ID)
	if err != nil {
		fail("keep alive", err)
	}
	manager, err := endpoints.NewManager(client, service)
	if err != nil {
		fail("manager", err)
	}
	err = manager.AddEndpoint(ctx, key, endpoints.Endpoint{Addr: addr}, clientv3.WithLease(lease.ID))
	if err != nil {
		fail("register", err)
	}
	fmt.Println("registered")
	for range alive {
	}
	fail("lease is lost", context.Canceled)
}

// Command clientv3 drives a server with the Go client and every package that comes with it.
//
//	clientv3 [-endpoint HOST:PORT]
package main

import (
	"context"
	"time"

	"go.etcd.io/etcd/api/v3/version"
	clientv3 "go.etcd.io/etcd/client/v3"

	"interop/check"
	"interop/target"
)

// suite is a check.Suite whose checks get a client of their own.
type suite struct {
	*check.Suite
	endpoint string
}

func (s suite) with(name string, f func(t *check.T, client *clientv3.Client)) {
	s.Run(name, func(t *check.T) { f(t, target.NewClient(t, s.endpoint)) })
}

func main() {
	endpoint := target.Endpoint()
	s := suite{check.New("clientv3-" + version.Version), endpoint}
	s.with("starts_with_nothing", func(t *check.T, client *clientv3.Client) { // another version may have run before
		_, err := client.Delete(t.Ctx, "clientv3/", clientv3.WithPrefix())
		t.Must("delete", err)
	})
	kvChecks(s)
	errorChecks(s)
	watchChecks(s)
	leaseChecks(s)
	namingChecks(s)
	lockChecks(s)
	electionChecks(s)
	stmChecks(s)
	namespaceChecks(s)
	leasingChecks(s)
	mirrorChecks(s)
	kubernetesChecks(s)
	recipeChecks(s)
	s.Exit()
}

// put writes a key and returns its revision.
func put(t *check.T, kv clientv3.KV, key, value string, opts ...clientv3.OpOption) int64 {
	r, err := kv.Put(t.Ctx, key, value, opts...)
	t.Must("put "+key, err)
	return r.Header.Revision
}

// value reads a key; an absent one reads as "-".
func value(t *check.T, kv clientv3.KV, key string, opts ...clientv3.OpOption) string {
	r, err := kv.Get(t.Ctx, key, opts...)
	t.Must("get "+key, err)
	if len(r.Kvs) == 0 {
		return "-"
	}
	return string(r.Kvs[0].Value)
}

// briefly is a context that ends while something is being waited for in vain.
func briefly(t *check.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Ctx, 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

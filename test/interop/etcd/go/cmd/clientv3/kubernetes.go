package main

import (
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/kubernetes"
	"go.uber.org/zap"

	"interop/check"
)

// kubernetesChecks are what a kube-apiserver asks of its storage, through the package made for it.
func kubernetesChecks(s suite) {
	s.Run("kubernetes_pages_and_optimistic_writes", func(t *check.T) {
		const p = "clientv3/registry/pods/"
		c, err := kubernetes.New(clientv3.Config{Endpoints: []string{s.endpoint}, DialTimeout: 5 * time.Second, Logger: zap.NewNop()})
		t.Must("client", err)
		t.Cleanup(func() { c.Close() })
		put := func(key, value string, expected int64) kubernetes.PutResponse {
			r, err := c.Kubernetes.OptimisticPut(t.Ctx, key, []byte(value), expected, kubernetes.PutOptions{GetOnFailure: true})
			t.Must("put "+key, err)
			return r
		}
		var first int64
		for i := range 7 {
			r := put(fmt.Sprintf("%s%d", p, i), "1", 0)
			t.Eq("created", r.Succeeded, true)
			if i == 0 {
				first = r.Revision
			}
		}
		again := put(p+"0", "2", 0)
		t.Eq("created again", again.Succeeded, false)
		t.Eq("what is there", string(again.KV.Value), "1")
		t.Eq("its revision", again.KV.ModRevision, first)
		updated := put(p+"0", "2", first)
		t.Eq("updated", updated.Succeeded, true)
		pages(t, c, p, updated.Revision)

		gone, err := c.Kubernetes.OptimisticDelete(t.Ctx, p+"0", first, kubernetes.DeleteOptions{GetOnFailure: true})
		t.Must("delete", err)
		t.Eq("deleted at an old revision", gone.Succeeded, false)
		t.Eq("what is there", string(gone.KV.Value), "2")
		gone, err = c.Kubernetes.OptimisticDelete(t.Ctx, p+"0", updated.Revision, kubernetes.DeleteOptions{})
		t.Must("delete", err)
		t.Eq("deleted", gone.Succeeded, true)
		t.Eq("revision of the delete", gone.Revision, updated.Revision+1)
		n, err := c.Kubernetes.Count(t.Ctx, p, kubernetes.CountOptions{})
		t.Must("count", err)
		t.Eq("count", n, int64(6))
		got, err := c.Kubernetes.Get(t.Ctx, p+"0", kubernetes.GetOptions{Revision: first})
		t.Must("get", err)
		t.Eq("value at the first revision", string(got.KV.Value), "1")
	})
	s.Run("old_clusters_are_refused_by_version_and_this_is_none", func(t *check.T) {
		c, err := clientv3.New(clientv3.Config{Endpoints: []string{s.endpoint}, DialTimeout: 5 * time.Second,
			RejectOldCluster: true, Logger: zap.NewNop()})
		t.Must("client", err)
		t.Cleanup(func() { c.Close() })
		t.Must("sync", c.Sync(t.Ctx))
		t.Eq("endpoints of the member list", c.Endpoints(), []string{"http://" + s.endpoint})
		put(t, c, "clientv3/synced", "1")
	})
}

// pages lists in pages of three at one revision, while a key of the first page changes.
func pages(t *check.T, c *kubernetes.Client, p string, revision int64) {
	o := kubernetes.ListOptions{Limit: 3}
	var all, left string
	for {
		r, err := c.Kubernetes.List(t.Ctx, p, o)
		t.Must("list", err)
		for _, kv := range r.Kvs {
			all += string(kv.Key[len(p):]) + "=" + string(kv.Value) + " "
		}
		left += fmt.Sprint(r.Count, " ")
		if int64(len(r.Kvs)) >= r.Count {
			break
		}
		if o.Revision == 0 {
			t.Eq("revision of the first page", r.Revision, revision)
			o.Revision = r.Revision
		}
		o.Continue = string(r.Kvs[len(r.Kvs)-1].Key) + "\x00"
	}
	t.Eq("all pages", all, "0=2 1=1 2=1 3=1 4=1 5=1 6=1 ")
	t.Eq("counts from each page on", left, "7 4 1 ")
}

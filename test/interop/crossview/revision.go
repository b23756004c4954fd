package main

import (
	"fmt"

	"github.com/hashicorp/consul/api"
	clientv3 "go.etcd.io/etcd/client/v3"

	"interop/check"
)

// revisions are where one thing happened, by each view that says so.
type revisions map[string]int64

// same notes a failure unless all are one, and returns it.
func (r revisions) same(t *check.T, when string) (one int64) {
	for _, revision := range r {
		if one == 0 {
			one = revision
		}
		t.True(revision == one, "%s the revisions are %v", when, r)
	}
	return one
}

// sameRevision holds the revision of each view against the others while nothing else writes.
func sameRevision(t *check.T, through string) {
	service := "cross-revision-" + through
	prefix := "services/" + service + "/"
	etcd, consul := newEtcd(t), newConsul(t)
	before, err := etcd.Get(t.Ctx, prefix, clientv3.WithPrefix())
	t.Must("get", err)
	events := etcd.Watch(t.Ctx, prefix, clientv3.WithPrefix(), clientv3.WithRev(before.Header.Revision+1))

	last := before.Header.Revision
	step := func(when string, instances int) {
		r := revisions{}
		kvs, err := etcd.Get(t.Ctx, prefix, clientv3.WithPrefix())
		t.Must("get", err)
		t.Eq("keys "+when, len(kvs.Kvs), instances)
		r["etcd header"] = kvs.Header.Revision
		for _, kv := range kvs.Kvs {
			r["etcd mod_revision"] = kv.ModRevision
		}
		watched := check.Receive(t, soon, "event of "+when, events)
		t.Must("watch", watched.Err())
		r["etcd event"] = watched.Events[len(watched.Events)-1].Kv.ModRevision

		entries, meta, err := consul.Health().Service(service, "", true, nil)
		t.Must("health", err)
		t.Eq("healthy "+when, len(entries), instances)
		r["X-Consul-Index of health"] = int64(meta.LastIndex)
		rows, meta, err := consul.Catalog().Service(service, "", nil)
		t.Must("catalog", err)
		t.Eq("listed "+when, len(rows), instances)
		r["X-Consul-Index of the catalog"] = int64(meta.LastIndex)
		now := r.same(t, when)
		t.True(now > last, "%s the revision is %d, it was %d before", when, now, last)
		last = now
	}

	o := startOwner(t, through, service)
	step("after it has registered", 1)
	o.change(t)
	step("after a change", 1)
	asleep := make(chan error, 1)
	go func() { // who waits with the revision of one view is woken by the next one
		_, meta, err := consul.Health().Service(service, "", true, &api.QueryOptions{WaitIndex: uint64(last)})
		if err == nil && int64(meta.LastIndex) <= last {
			err = fmt.Errorf("it was woken at %d, and waited for more than %d", meta.LastIndex, last)
		}
		asleep <- err
	}()
	o.leave(t)
	t.Must("a query that waited", check.Receive(t, soon, "answer of a query that waits", asleep))
	step("after it has left", 0)
}

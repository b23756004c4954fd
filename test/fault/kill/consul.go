package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/consul/api"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	consulWriters = 16 // of each kind
	checkTTL      = 10 * time.Minute
)

// A count is one row that a writer counts up, one registration after the other.
type count struct {
	kind         kind
	name         string
	acked, tried atomic.Int64
}

// A kind of write: each sets every part of one registration to a number; reading it back finds that number in all of
// them, in every view, or says what is half.
type kind struct {
	name  string
	write func(c *api.Client, name string, n int64) error
	read  func(ctx context.Context, v *views, name string) (int64, error)
}

var kinds = []kind{
	{"pair", writePair, readPair},
	{"service", writeService, readService},
	{"node", writeNode, readNode},
}

// views of one server.
type views struct {
	consul *api.Client
	etcd   *clientv3.Client
}

// registry is the work of Consul's clients: pairs, services of the agent, nodes of the catalog, locks.
type registry struct {
	counts  []*count
	locks   []*lock
	index   uint64 // the greatest that was seen
	cancel  context.CancelFunc
	running sync.WaitGroup
}

func newRegistry() *registry {
	r := &registry{}
	for _, k := range kinds {
		for i := range consulWriters {
			r.counts = append(r.counts, &count{kind: k, name: fmt.Sprintf("kill-%s-%02d", k.name, i)})
		}
	}
	for i := range consulWriters / 2 {
		r.locks = append(r.locks, &lock{key: fmt.Sprintf("kill-lock/%02d", i)})
	}
	return r
}

func (r *registry) acked() (n int64) {
	for _, c := range r.counts {
		n += c.acked.Load()
	}
	for _, l := range r.locks {
		n += l.acked.Load()
	}
	return n
}

func (r *registry) begin(s *server, t *tally) error {
	client, err := s.consul()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	for _, c := range r.counts {
		r.running.Go(func() { c.load(ctx, client) })
	}
	for _, l := range r.locks {
		if err := l.prepare(client); err != nil {
			return err
		}
		r.running.Go(func() { l.load(ctx, client, t) })
	}
	return nil
}

func (r *registry) stop() (doubt int) {
	r.cancel()
	r.running.Wait()
	for _, c := range r.counts {
		if c.tried.Load() > c.acked.Load() {
			doubt++
		}
	}
	for _, l := range r.locks {
		if l.inDoubt {
			doubt++
		}
	}
	return doubt
}

func (c *count) load(ctx context.Context, client *api.Client) {
	for ctx.Err() == nil {
		n := c.tried.Add(1)
		if c.kind.write(client, c.name, n) != nil {
			return // killed: this number is in doubt
		}
		c.acked.Store(n)
	}
}

func (r *registry) verify(round int, s *server, t *tally) error {
	client, err := s.consul()
	if err != nil {
		return err
	}
	etcd, err := s.dial()
	if err != nil {
		return err
	}
	defer etcd.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	v := &views{client, etcd}
	lost, half := map[string]int{}, map[string]int{}
	for _, c := range r.counts {
		n, err := c.kind.read(ctx, v, c.name)
		if err != nil {
			half[c.kind.name]++
			fmt.Printf("# round %d: %s: %v\n", round, c.name, err)
			continue
		}
		if n < c.acked.Load() || n > c.tried.Load() {
			lost[c.kind.name]++
			fmt.Printf("# round %d: %s has %d, acknowledged %d, tried %d\n", round, c.name, n, c.acked.Load(), c.tried.Load())
		}
		c.acked.Store(n) // a write in doubt has happened, or never will
	}
	for _, k := range kinds {
		t.check(lost[k.name] == 0, "round %d: every acknowledged %s is there: %d are not", round, k.name, lost[k.name])
		t.check(half[k.name] == 0, "round %d: no %s is half there: %d are", round, k.name, half[k.name])
	}
	for _, l := range r.locks {
		err := l.verify(client)
		t.check(err == nil, "round %d: %s is held as it was acknowledged, and by one: %v", round, l.key, err)
	}
	_, meta, err := client.KV().List("kill", nil)
	if err != nil {
		return err
	}
	t.check(meta.LastIndex >= r.index, "round %d: the index is %d, it was %d before", round, meta.LastIndex, r.index)
	r.index = meta.LastIndex
	return nil
}

// number of a text, 0 of none.
func parse(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// agree is the number that all parts have, or an error.
func agree(parts map[string]string) (int64, error) {
	first, begun := "", false
	for _, text := range parts {
		if begun && text != first {
			return 0, fmt.Errorf("its parts are %v", parts)
		}
		first, begun = text, true
	}
	return parse(first), nil
}

func writePair(c *api.Client, name string, n int64) error {
	_, err := c.KV().Put(&api.KVPair{Key: name, Flags: uint64(n), Value: []byte(strconv.FormatInt(n, 10))}, nil)
	return err
}

func readPair(_ context.Context, v *views, name string) (int64, error) {
	pair, _, err := v.consul.KV().Get(name, nil)
	if err != nil || pair == nil {
		return 0, err
	}
	return agree(map[string]string{"value": string(pair.Value), "flags": strconv.FormatUint(pair.Flags, 10)})
}

func writeService(c *api.Client, name string, n int64) error {
	text := strconv.FormatInt(n, 10)
	return c.Agent().ServiceRegister(&api.AgentServiceRegistration{
		ID: name, Name: name, Address: "10.9.0.1", Port: 80, Meta: map[string]string{"n": text},
		Check: &api.AgentServiceCheck{TTL: checkTTL.String(), Notes: text, Status: api.HealthPassing},
	})
}

func readService(ctx context.Context, v *views, name string) (int64, error) {
	parts := map[string]string{}
	services, err := v.consul.Agent().ServicesWithFilter("ID == `" + name + "`")
	if err != nil {
		return 0, err
	}
	parts["agent"] = metaOf(services[name])
	entries, _, err := v.consul.Health().Service(name, "", true, nil)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		parts["health"] = e.Service.Meta["n"]
		for _, check := range e.Checks {
			if check.ServiceID == name {
				parts["check"] = check.Notes
			}
		}
	}
	if len(entries) == 0 {
		parts["health"] = ""
	}
	got, err := v.etcd.Get(ctx, "services/"+name+"/", clientv3.WithPrefix())
	if err != nil {
		return 0, err
	}
	parts["etcd"] = ""
	for _, kv := range got.Kvs {
		var shown struct{ Metadata struct{ N string } }
		if err := json.Unmarshal(kv.Value, &shown); err != nil {
			return 0, err
		}
		parts["etcd"] = shown.Metadata.N
	}
	return agree(parts)
}

func metaOf(s *api.AgentService) string {
	if s == nil {
		return ""
	}
	return s.Meta["n"]
}

func writeNode(c *api.Client, name string, n int64) error {
	text := strconv.FormatInt(n, 10)
	_, err := c.Catalog().Register(&api.CatalogRegistration{
		Node: name, Address: "10.8.0.1", NodeMeta: map[string]string{"n": text},
		Service: &api.AgentService{ID: name, Service: name, Port: 80, Meta: map[string]string{"n": text}},
		Check:   &api.AgentCheck{Node: name, CheckID: name, Name: name, ServiceID: name, Status: api.HealthPassing, Output: text},
	}, nil)
	return err
}

func readNode(_ context.Context, v *views, name string) (int64, error) {
	entries, _, err := v.consul.Health().Service(name, "", true, nil)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	e := entries[0]
	parts := map[string]string{"node": e.Node.Meta["n"], "service": e.Service.Meta["n"], "checks": "none"}
	for _, check := range e.Checks {
		parts["checks"] = check.Output
	}
	return agree(parts)
}

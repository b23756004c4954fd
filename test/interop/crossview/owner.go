package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/hashicorp/consul/api"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"

	"interop/target"
)

// A registrar puts the instance of this process into the registry by one protocol and keeps it there.
type registrar interface {
	// register says where the instance is; said again, that it has moved.
	register(service, host string, port int, meta map[string]string) error
	// leave takes it out, as a process that ends in order does.
	leave() error
}

// registrars by name: one protocol more is one line here and one in main's table.
var registrars = map[string]func() (registrar, error){
	"consul": newConsulRegistrar,
	"etcd":   newEtcdRegistrar,
	"both":   newBoth,
}

// own is the whole life of an owner: it registers the first of two places (host:port), and then does what standard
// input says: "change" moves to the second one, "leave" takes it out. It answers each with a line.
func own(how, service string, places []string) error {
	r, err := registrars[how]()
	if err != nil {
		return err
	}
	words := bufio.NewScanner(os.Stdin)
	for i, place := range places {
		host, text, _ := net.SplitHostPort(place)
		port, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		if err := r.register(service, host, port, metaOf(i+1)); err != nil {
			return err
		}
		fmt.Println("registered")
		if !words.Scan() || words.Text() != "change" {
			break
		}
	}
	if words.Text() != "leave" {
		return fmt.Errorf("told %q", words.Text())
	}
	if err := r.leave(); err != nil {
		return err
	}
	fmt.Println("left")
	words.Scan() // whoever started it kills it: a connection that closes must not be what takes it out
	return nil
}

type consulRegistrar struct {
	client *api.Client
	id     string
	beats  bool
}

func newConsulRegistrar() (registrar, error) {
	client, err := api.NewClient(api.DefaultConfig())
	return &consulRegistrar{client: client}, err
}

func (r *consulRegistrar) register(service, host string, port int, meta map[string]string) error {
	r.id = service + "-1"
	err := r.client.Agent().ServiceRegister(&api.AgentServiceRegistration{
		ID: r.id, Name: service, Address: host, Port: port, Meta: meta,
		Check: &api.AgentServiceCheck{
			CheckID: "alive-" + service, TTL: ttl.String(), DeregisterCriticalServiceAfter: deregisterAfter.String(),
		},
	})
	if err != nil || r.beats {
		return err
	}
	r.beats = true
	err = r.pass()
	go func() {
		for range time.Tick(ttl / 6) {
			_ = r.pass() // after leave there is nothing to pass; what is lost otherwise is seen by who looks for it
		}
	}()
	return err
}

func (r *consulRegistrar) pass() error {
	return r.client.Agent().UpdateTTL("alive-"+r.id[:len(r.id)-2], "", api.HealthPassing)
}

func (r *consulRegistrar) leave() error { return r.client.Agent().ServiceDeregister(r.id) }

type etcdRegistrar struct {
	client *clientv3.Client
	lease  clientv3.LeaseID
}

func newEtcdRegistrar() (registrar, error) {
	client, err := target.Client(os.Getenv("ETCD_ENDPOINT"))
	return &etcdRegistrar{client: client}, err
}

func (r *etcdRegistrar) register(service, host string, port int, meta map[string]string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if r.lease == 0 {
		lease, err := r.client.Grant(ctx, int64(ttl/time.Second))
		if err != nil {
			return err
		}
		r.lease = lease.ID
		if _, err := r.client.KeepAlive(context.Background(), r.lease); err != nil {
			return err
		}
	}
	manager, err := endpoints.NewManager(r.client, "services/"+service)
	if err != nil {
		return err
	}
	return manager.AddEndpoint(ctx, "services/"+service+"/1",
		endpoints.Endpoint{Addr: net.JoinHostPort(host, strconv.Itoa(port)), Metadata: meta}, clientv3.WithLease(r.lease))
}

func (r *etcdRegistrar) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := r.client.Revoke(ctx, r.lease)
	return err
}

// both registers through both, as a process does that moves from one to the other.
type both []registrar

func newBoth() (registrar, error) {
	etcd, err := newEtcdRegistrar()
	if err != nil {
		return nil, err
	}
	consul, err := newConsulRegistrar()
	return both{etcd, consul}, err
}

func (b both) register(service, host string, port int, meta map[string]string) (err error) {
	for i := 0; i < len(b) && err == nil; i++ {
		err = b[i].register(service, host, port, meta)
	}
	return err
}

func (b both) leave() (err error) {
	for i := 0; i < len(b) && err == nil; i++ {
		err = b[i].leave()
	}
	return err
}

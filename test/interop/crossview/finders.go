package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"interop/check"
	"interop/target"
	"interop/who"
)

// A finder looks for the instances of a service by one protocol.
type finder struct {
	name  string
	shows shows
	// open returns what sees them: each instance as text, as `as` writes it. It is called once a check, before
	// anything is registered.
	open func(t *check.T, service string) func(ctx context.Context) ([]string, error)
	// listsCritical: what is critical is listed until it is deregistered.
	listsCritical bool
}

// shows says what of an instance a view carries.
type shows struct{ host, port, meta, version bool }

// as is an instance as a view with S shows it. The version is what the backend itself says when it is called.
func (s shows) as(host string, port, version int, meta map[string]string) string {
	var parts []string
	if s.host {
		parts = append(parts, host)
	}
	if s.port {
		parts = append(parts, strconv.Itoa(port))
	}
	if s.meta {
		parts = append(parts, fmt.Sprint(meta))
	}
	if s.version {
		parts = append(parts, "answers "+strconv.Itoa(version))
	}
	return strings.Join(parts, " ")
}

var finders = []finder{
	{"grpc-dials-etcd", shows{version: true}, openChannel, false},
	{"etcd-endpoints", shows{host: true, port: true, meta: true}, openManager, false},
	{"dig-A", shows{host: true}, openDigA, false},
	{"dig-SRV", shows{host: true, port: true}, openDigSRV, false},
	{"consul-health", shows{host: true, port: true, meta: true}, openHealth, false},
	{"consul-catalog", shows{host: true, port: true, meta: true}, openCatalog, true},
}

func newEtcd(t *check.T) *clientv3.Client { return target.NewClient(t, os.Getenv("ETCD_ENDPOINT")) }

func newConsul(t *check.T) *api.Client {
	client, err := api.NewClient(api.DefaultConfig())
	t.Must("client of Consul", err)
	return client
}

// openChannel dials etcd:///services/... and sees who answers calls.
func openChannel(t *check.T, service string) func(ctx context.Context) ([]string, error) {
	conn, err := who.Dial(newEtcd(t), "services/"+service)
	t.Must("dial", err)
	t.Cleanup(func() { conn.Close() })
	return func(ctx context.Context) ([]string, error) {
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		version, err := who.Ask(short, conn)
		switch status.Code(err) {
		case codes.OK:
			return []string{"answers " + version}, nil
		case codes.Unavailable, codes.DeadlineExceeded: // nobody is there, or not yet resolved
			return nil, nil
		}
		return nil, err
	}
}

func openManager(t *check.T, service string) func(ctx context.Context) ([]string, error) {
	manager, err := endpoints.NewManager(newEtcd(t), "services/"+service)
	t.Must("manager", err)
	return func(ctx context.Context) ([]string, error) {
		list, err := manager.List(ctx)
		var seen []string
		for _, endpoint := range list {
			host, port, err := net.SplitHostPort(endpoint.Addr)
			if err != nil {
				return nil, err
			}
			seen = append(seen, fmt.Sprintf("%s %s %v", host, port, endpoint.Metadata))
		}
		return seen, err
	}
}

// dig asks and returns the rows of the answer, or of the additional section, that are of TYPE: their data.
func dig(ctx context.Context, service, question, section, kind string) (rows [][]string, err error) {
	host, port, err := net.SplitHostPort(os.Getenv("DNS_ENDPOINT"))
	if err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, "dig", "@"+host, "-p", port, service+".service.consul", question,
		"+noall", "+"+section, "+tries=1", "+time=2").Output()
	if err != nil {
		return nil, fmt.Errorf("dig: %w: %s", err, out)
	}
	for _, line := range strings.Split(string(out), "\n") {
		if fields := strings.Fields(line); len(fields) > 4 && fields[3] == kind {
			rows = append(rows, append([]string{fields[0]}, fields[4:]...))
		}
	}
	return rows, nil
}

func openDigA(_ *check.T, service string) func(ctx context.Context) ([]string, error) {
	return func(ctx context.Context) ([]string, error) {
		rows, err := dig(ctx, service, "A", "answer", "A")
		var seen []string
		for _, row := range rows {
			seen = append(seen, row[1])
		}
		return seen, err
	}
}

// openDigSRV sees the port in the answer and the address of its target in the additional section.
func openDigSRV(_ *check.T, service string) func(ctx context.Context) ([]string, error) {
	return func(ctx context.Context) ([]string, error) {
		rows, err := dig(ctx, service, "SRV", "answer", "SRV")
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		more, err := dig(ctx, service, "SRV", "additional", "A")
		var seen []string
		for _, row := range rows {
			host := "without an address"
			for _, a := range more {
				if a[0] == row[4] {
					host = a[1]
				}
			}
			seen = append(seen, host+" "+row[3])
		}
		return seen, err
	}
}

func openHealth(t *check.T, service string) func(ctx context.Context) ([]string, error) {
	client := newConsul(t)
	return func(ctx context.Context) ([]string, error) {
		entries, _, err := client.Health().Service(service, "", true, (&api.QueryOptions{}).WithContext(ctx))
		var seen []string
		for _, e := range entries {
			seen = append(seen, fmt.Sprintf("%s %d %v", e.Service.Address, e.Service.Port, e.Service.Meta))
		}
		return seen, err
	}
}

func openCatalog(t *check.T, service string) func(ctx context.Context) ([]string, error) {
	client := newConsul(t)
	return func(ctx context.Context) ([]string, error) {
		rows, _, err := client.Catalog().Service(service, "", (&api.QueryOptions{}).WithContext(ctx))
		var seen []string
		for _, r := range rows {
			seen = append(seen, fmt.Sprintf("%s %d %v", r.ServiceAddress, r.ServicePort, r.ServiceMeta))
		}
		return seen, err
	}
}

// sees waits until a view shows exactly WANT ("" is nothing) and tells how long that took.
func sees(t *check.T, limit time.Duration, when string, look func(ctx context.Context) ([]string, error), want string) time.Duration {
	return t.Until(limit, when, func() error {
		seen, err := look(t.Ctx)
		if err != nil {
			return err
		}
		sort.Strings(seen)
		if got := strings.Join(seen, "; "); got != want {
			return fmt.Errorf("it sees %q, want %q", got, want)
		}
		return nil
	})
}

package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
	"google.golang.org/grpc"

	"interop/who"
)

// list follows the registered endpoints by a watch.
type list struct {
	sync.Mutex
	names  map[string]bool
	closed bool
}

func follow(client *clientv3.Client) (*list, error) {
	manager, err := endpoints.NewManager(client, service)
	if err != nil {
		return nil, err
	}
	updates, err := manager.NewWatchChannel(context.Background())
	if err != nil {
		return nil, err
	}
	l := &list{names: map[string]bool{}}
	go func() {
		for batch := range updates {
			l.Lock()
			for _, u := range batch {
				name := strings.TrimPrefix(u.Key, service+"/")
				if u.Op == endpoints.Add {
					l.names[name] = true
				} else {
					delete(l.names, name)
				}
			}
			l.Unlock()
		}
		l.Lock()
		l.closed = true
		l.Unlock()
	}()
	return l, nil
}

func (l *list) is(want string) error {
	l.Lock()
	defer l.Unlock()
	if got := join(l.names); got != want || l.closed {
		return fmt.Errorf("list holds %s, want %s (watch ended: %v)", got, want, l.closed)
	}
	return nil
}

// caller makes a call every few milliseconds, always.
type caller struct {
	sync.Mutex
	recent []string // who answered the last calls
	failed []string
	count  int
}

func call(conn *grpc.ClientConn) *caller {
	c := &caller{}
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			name, err := who.Ask(ctx, conn)
			cancel()
			c.Lock()
			c.count++
			if err != nil {
				c.failed = append(c.failed, err.Error())
			} else {
				c.recent = append(c.recent, name)
			}
			if len(c.recent) > 12 {
				c.recent = c.recent[1:]
			}
			c.Unlock()
		}
	}()
	return c
}

// forget starts the counts anew.
func (c *caller) forget() {
	c.Lock()
	defer c.Unlock()
	c.recent, c.failed, c.count = nil, nil, 0
}

// reach tells whether the last dozen calls were answered by exactly these backends.
func (c *caller) reach(want string) error {
	c.Lock()
	defer c.Unlock()
	seen := map[string]bool{}
	for _, name := range c.recent {
		seen[name] = true
	}
	if got := join(seen); got != want || len(c.recent) < 12 {
		return fmt.Errorf("the last %d calls were answered by %q, want %q", len(c.recent), got, want)
	}
	return nil
}

func (c *caller) failures() []string {
	c.Lock()
	defer c.Unlock()
	return c.failed
}

func (c *caller) total() int {
	c.Lock()
	defer c.Unlock()
	return c.count
}

// The loads of etcd's protocol.
package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func dial() *clientv3.Client {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{*endpoint}, DialTimeout: 5 * time.Second, Logger: zap.NewNop()})
	must(err)
	return client
}

func put(seconds float64) {
	client, value := dial(), strings.Repeat("v", 256)
	_, err := client.Put(context.Background(), "one/first", value)
	must(err)
	var times []time.Duration
	run := begin()
	for n := 0; time.Since(run.began).Seconds() < seconds; n++ {
		at := time.Now()
		_, err := client.Put(context.Background(), fmt.Sprintf("one/%d", n%1000), value)
		must(err)
		times = append(times, time.Since(at))
	}
	run.report(len(times), times)
}

// openWatchers spreads N watchers of one key over ten connections and returns what counts their events.
func openWatchers(n int, seen func()) {
	var open sync.WaitGroup
	clients := make([]*clientv3.Client, 10)
	for i := range clients {
		clients[i] = dial()
	}
	for i := 0; i < n; i++ {
		open.Add(1)
		channel := clients[i%len(clients)].Watch(context.Background(), "watched", clientv3.WithCreatedNotify())
		go func() {
			created := false
			for answer := range channel {
				must(answer.Err())
				if answer.Created && !created {
					created = true
					open.Done()
				}
				for range answer.Events {
					seen()
				}
			}
		}()
	}
	open.Wait()
}

func watch(n, rounds int) {
	var left atomic.Int64
	done := make(chan struct{}, 1)
	openWatchers(n, func() {
		if left.Add(-1) == 0 {
			done <- struct{}{}
		}
	})
	client := dial()
	var times []time.Duration
	run := begin()
	for i := 0; i < rounds; i++ {
		left.Store(int64(n))
		at := time.Now()
		_, err := client.Put(context.Background(), "watched", fmt.Sprint(i))
		must(err)
		select {
		case <-done:
		case <-time.After(30 * time.Second):
			must(fmt.Errorf("%d of %d watchers were not told", left.Load(), n))
		}
		times = append(times, time.Since(at))
	}
	run.report(rounds*n, times)
}

func lease(seconds float64) {
	client := dial()
	ids := make([]int64, 1000)
	for i := range ids {
		granted, err := client.Grant(context.Background(), 600)
		must(err)
		ids[i] = int64(granted.ID)
	}
	var ops atomic.Int64
	var mutex sync.Mutex
	var all []time.Duration
	var running sync.WaitGroup
	run := begin()
	for c := 0; c < 16; c++ {
		conn, err := grpc.NewClient(*endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
		must(err)
		for s := 0; s < 10; s++ {
			running.Add(1)
			go func(worker int) {
				defer running.Done()
				stream, err := pb.NewLeaseClient(conn).LeaseKeepAlive(context.Background())
				must(err)
				var times []time.Duration
				for n := worker; time.Since(run.began).Seconds() < seconds; n += 160 {
					at := time.Now()
					must(stream.Send(&pb.LeaseKeepAliveRequest{ID: ids[n%len(ids)]}))
					answer, err := stream.Recv()
					must(err)
					if answer.TTL == 0 {
						must(fmt.Errorf("a lease is gone"))
					}
					times = append(times, time.Since(at))
					ops.Add(1)
				}
				mutex.Lock()
				all = append(all, times...)
				mutex.Unlock()
			}(c*10 + s)
		}
	}
	running.Wait()
	run.report(int(ops.Load()), all)
}

func fill(keys int) {
	value := strings.Repeat("v", 256)
	var next atomic.Int64
	var running sync.WaitGroup
	run := begin()
	for c := 0; c < 16; c++ {
		client := dial()
		for s := 0; s < 8; s++ {
			running.Add(1)
			go func() {
				defer running.Done()
				for n := next.Add(100) - 100; n < int64(keys); n = next.Add(100) - 100 {
					ops := make([]clientv3.Op, 0, 100)
					for i := n; i < n+100 && i < int64(keys); i++ {
						ops = append(ops, clientv3.OpPut(fmt.Sprintf("fill/%09d", i), value))
					}
					_, err := client.Txn(context.Background()).Then(ops...).Commit()
					must(err)
				}
			}()
		}
	}
	running.Wait()
	run.report(keys, nil)
}

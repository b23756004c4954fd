// The load that needs a real client: prints one JSON object a line.
//
//	bench -endpoint 127.0.0.1:2379 put -seconds 3          one client, one put at a time
//	bench -endpoint ... watch -watchers 1000 -rounds 20    one put to the last of N watchers
//	bench -endpoint ... lease -seconds 3                   160 keepalive streams on 16 connections
//	bench -endpoint ... fill -keys 100000                  keys of 256 bytes
//	bench -endpoint ... hold -watchers 10000               opens watchers and waits for standard input's end
//
// With -pid it also gives the CPU time that process took an operation, from the first measured one to the last: what
// opens connections, watchers and leases before them is left out.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

var (
	endpoint = flag.String("endpoint", "127.0.0.1:2379", "host:port")
	pid      = flag.Int("pid", 0, "the server's, for its CPU time")
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func dial() *clientv3.Client {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{*endpoint}, DialTimeout: 5 * time.Second, Logger: zap.NewNop()})
	must(err)
	return client
}

func percentile(times []time.Duration, p float64) float64 {
	if len(times) == 0 {
		return 0
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	return times[int(p*float64(len(times)-1))].Seconds() * 1000
}

// serverCPU reads the server's CPU clock (clock_getcpuclockid(3)): nanoseconds of all its threads.
func serverCPU() time.Duration {
	var t syscall.Timespec
	clock := uintptr(^*pid)<<3 | 2
	if *pid != 0 {
		_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&t)), 0)
		if errno != 0 {
			must(errno)
		}
	}
	return time.Duration(t.Nano())
}

// A run is what is measured, from its begin to its report.
type run struct {
	began time.Time
	cpu   time.Duration
}

func begin() run { return run{time.Now(), serverCPU()} }

func (r run) report(ops int, times []time.Duration) {
	took, cpu := time.Since(r.began), serverCPU()-r.cpu
	figures := map[string]any{
		"ops": ops, "seconds": took.Seconds(), "rate": float64(ops) / took.Seconds(),
		"p50_ms": percentile(times, 0.50), "p99_ms": percentile(times, 0.99),
	}
	if *pid != 0 {
		figures["cpu_us"] = cpu.Seconds() * 1e6 / float64(ops)
	}
	json.NewEncoder(os.Stdout).Encode(figures)
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

func main() {
	flag.Parse()
	kind := flag.Arg(0)
	flags := flag.NewFlagSet(kind, flag.ExitOnError)
	seconds := flags.Float64("seconds", 3, "")
	watchers := flags.Int("watchers", 1000, "")
	rounds := flags.Int("rounds", 20, "")
	keys := flags.Int("keys", 100000, "")
	if flag.NArg() > 1 {
		must(flags.Parse(flag.Args()[1:]))
	}
	switch kind {
	case "put":
		put(*seconds)
	case "watch":
		watch(*watchers, *rounds)
	case "lease":
		lease(*seconds)
	case "fill":
		fill(*keys)
	case "hold":
		openWatchers(*watchers, func() {})
		fmt.Println("open")
		io.Copy(io.Discard, os.Stdin)
	default:
		must(fmt.Errorf("what? put, watch, lease, fill or hold"))
	}
}

// The load that needs a real client: prints one JSON object a line.
//
// Of etcd's protocol:
//
//	bench -endpoint 127.0.0.1:2379 put -seconds 3          one client, one put at a time
//	bench -endpoint ... watch -watchers 1000 -rounds 20    one put to the last of N watchers
//	bench -endpoint ... lease -seconds 3                   160 keepalive streams on 16 connections
//	bench -endpoint ... fill -keys 100000                  keys of 256 bytes
//	bench -endpoint ... hold -watchers 10000               opens watchers and waits for standard input's end
//
// Of Consul's:
//
//	bench -endpoint 127.0.0.1:8500 register -instances 10  of a service "web" (or -services 100), each a node and a check
//	bench -endpoint ... wake -waiters 1000 -rounds 20      one change to the last of N blocking queries
//	bench -endpoint ... wait -waiters 10000                opens blocking queries and waits for standard input's end
//
// With -pid it also gives the CPU time that process took an operation, from the first measured one to the last: what
// opens connections, watchers and leases before them is left out.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"syscall"
	"time"
	"unsafe"
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
	print(ops, time.Since(r.began), serverCPU()-r.cpu, times)
}

// print writes what OPS operations took, and the server's CPU time for them.
func print(ops int, took, cpu time.Duration, times []time.Duration) {
	figures := map[string]any{
		"ops": ops, "seconds": took.Seconds(), "rate": float64(ops) / took.Seconds(),
		"p50_ms": percentile(times, 0.50), "p99_ms": percentile(times, 0.99),
	}
	if *pid != 0 {
		figures["cpu_us"] = cpu.Seconds() * 1e6 / float64(ops)
	}
	json.NewEncoder(os.Stdout).Encode(figures)
}

// hold keeps what is open until standard input ends.
func hold() {
	fmt.Println("open")
	io.Copy(io.Discard, os.Stdin)
}

func main() {
	flag.Parse()
	kind := flag.Arg(0)
	flags := flag.NewFlagSet(kind, flag.ExitOnError)
	seconds := flags.Float64("seconds", 3, "")
	watchers := flags.Int("watchers", 1000, "")
	rounds := flags.Int("rounds", 20, "")
	waiters := flags.Int("waiters", 1000, "")
	instances := flags.Int("instances", 10, "")
	services := flags.Int("services", 1, "")
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
		hold()
	case "register":
		register(*instances, *services)
	case "wake":
		wake(*waiters, *rounds)
	case "wait":
		openWaiters(*waiters).ask()
		hold()
	default:
		must(fmt.Errorf("what? put, watch, lease, fill, hold, register, wake or wait"))
	}
}

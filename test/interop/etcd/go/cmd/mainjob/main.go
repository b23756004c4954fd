// Command mainjob plays what a registry is for: services register under leases, a gRPC client
// finds them, one dies, comes back, and then the registry itself dies under all of them.
//
//	mainjob -endpoint HOST:PORT -log FILE SERVER-COMMAND...
//
// It starts the server with the given command, which must listen on the endpoint, and again with
// the same command after killing it. The backends are processes of their own (mainjob backend).
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"

	"go.etcd.io/etcd/api/v3/version"

	"interop/check"
	"interop/target"
)

const (
	service = "mainjob/shop"
	ttl     = 5 // seconds
)

// Children are told to die with the thread that started them: that must be the main thread.
func init() { runtime.LockOSThread() }

func main() {
	if len(os.Args) == 5 && os.Args[1] == "backend" {
		backend(os.Args[2], os.Args[3], os.Args[4])
	}
	log := flag.String("log", os.DevNull, "file for the server's log")
	endpoint := target.Endpoint()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: mainjob -endpoint HOST:PORT -log FILE SERVER-COMMAND...")
		os.Exit(2)
	}
	j := &job{
		suite:    check.New("mainjob-" + version.Version),
		endpoint: endpoint,
		registry: &registry{command: flag.Args(), log: *log, endpoint: endpoint},
		backends: map[string]*process{},
	}
	j.play()
	j.end()
	j.suite.Exit()
}

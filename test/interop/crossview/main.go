// Command crossview registers through each protocol and looks through each other: one registry, many views.
// One row of its table is a pair of (registers through, found through); a protocol more is a line in each list.
//
// Servers are told by ETCD_ENDPOINT, DNS_ENDPOINT and CONSUL_HTTP_ADDR (host:port, one server).
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"interop/check"
)

const (
	firstHost, secondHost = "127.0.0.1", "127.0.0.2"

	ttl             = 3 * time.Second  // of a lease, of a TTL check
	deregisterAfter = time.Minute      // of a critical service: the least that Consul takes
	reap            = 30 * time.Second // how often such services are looked for

	soon   = 5 * time.Second // a deadline, not what is expected
	atOnce = time.Second     // after an orderly end
	late   = 2 * time.Second // after a TTL: the store's step of a second, the view's way, a busy machine
)

func metaOf(version int) map[string]string {
	return map[string]string{"version": strconv.Itoa(version), "zone": "z" + strconv.Itoa(version)}
}

// throughs are the protocols one registers through, and how long after its owner's death an instance is deregistered:
// until then it is critical, which one view lists. Who registers twice makes two revisions.
var throughs = []struct {
	name         string
	deregistered time.Duration
	twice        bool
}{
	{"consul", ttl + deregisterAfter + reap, false},
	{"etcd", ttl, false},
	{"both", ttl + deregisterAfter + reap, true},
}

func init() { runtime.LockOSThread() }

func main() {
	if len(os.Args) == 6 && os.Args[1] == "owner" {
		if err := own(os.Args[2], os.Args[3], os.Args[4:]); err != nil {
			fmt.Fprintln(os.Stderr, "owner:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	go func() {
		s := check.New("crossview")
		for _, through := range throughs {
			if through.twice {
				continue
			}
			s.Run(through.name+"_revision_is_the_same_in_all_views", func(t *check.T) { sameRevision(t, through.name) })
		}
		var rows sync.WaitGroup
		for _, through := range throughs {
			for _, f := range finders {
				removed := ttl
				if f.listsCritical {
					removed = through.deregistered
				}
				rows.Go(func() {
					s.RunFor(2*time.Minute, through.name+"_is_found_by_"+f.name, func(t *check.T) { pair(t, through.name, f, removed) })
				})
			}
		}
		rows.Wait()
		s.Exit()
	}()
	for f := range starts {
		f()
	}
}

// pair is the life of an instance as one view shows it. REMOVED is how long after its owner's death it may be seen.
func pair(t *check.T, through string, f finder, removed time.Duration) {
	service := "cross-" + through + "-" + f.name
	look := f.open(t, service)
	sees(t, soon, "nothing is there before", look, "")

	o := startOwner(t, through, service)
	found := sees(t, soon, "it is found", look, f.shows.as(firstHost, o.ports[0], 1, metaOf(1)))
	o.change(t)
	changed := sees(t, soon, "a change is seen", look, f.shows.as(secondHost, o.ports[1], 2, metaOf(2)))
	o.leave(t)
	left := sees(t, atOnce, "an orderly end removes it at once", look, "")
	o.kill()

	o = startOwner(t, through, service)
	want := f.shows.as(firstHost, o.ports[0], 1, metaOf(1))
	sees(t, soon, "it is found again", look, want)
	for alive := time.Now(); time.Since(alive) < ttl+late; time.Sleep(100 * time.Millisecond) {
		sees(t, atOnce, "it stays as long as its owner lives", look, want)
	}
	o.kill()
	gone := sees(t, removed+late, "its owner's death removes it", look, "")
	t.True(gone > ttl/3, "a death took it out after %v: as if it had left", gone)
	check.Remark("%s by %s: found after %v, changed %v, left %v, gone %v after its owner's death", through, f.name,
		ms(found), ms(changed), ms(left), ms(gone))
}

func ms(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
